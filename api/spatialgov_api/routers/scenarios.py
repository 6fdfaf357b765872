"""Scenarios: work out, list, look at, compare."""

from typing import Annotated

from fastapi import APIRouter, Query

from spatialgov.allocation import Scenario
from spatialgov_api.dependencies import AreaHere, Identifier, Who, WorkspaceHere
from spatialgov_api.scenario_schemas import (
    ScenarioAnswer,
    ScenarioComparisonAnswer,
    ScenarioRequest,
    ScenariosAnswer,
)

__all__ = ["router"]

router = APIRouter(tags=["scenarios"])

Ids = Annotated[
    list[Annotated[int, Query(ge=1, le=2**31 - 1)]],
    Query(alias="id", min_length=2, max_length=10, description="Numbers of scenarios; repeated."),
]


@router.get("/scenarios", summary="All scenarios")
def scenarios(workspace: WorkspaceHere, area: AreaHere) -> ScenariosAnswer:
    """Give all scenarios, the oldest first: those whose whole ground is the asker's."""
    return ScenariosAnswer.of(workspace.scenarios.records(area=area))


@router.post("/scenarios", status_code=201, summary="Work out a scenario")
def make_scenario(workspace: WorkspaceHere, area: AreaHere, who: Who, request: ScenarioRequest) -> ScenarioAnswer:
    """Work out what would become of the grids, and keep it with a draft of them. Of a large city, ask for a job."""
    base = workspace.scenarios.base(request.plan)
    workspace.plans.require_plan(base, area)
    made = workspace.scenarios.make(
        Scenario.of(request.scenario.model_dump()), name=request.name, plan_id=base, who=who
    )
    return ScenarioAnswer.model_validate(made.as_dict())


@router.get("/scenarios/compare", summary="Compare scenarios")
def compare_scenarios(workspace: WorkspaceHere, area: AreaHere, ids: Ids) -> ScenarioComparisonAnswer:
    """Put two scenarios or more side by side with the plan in force."""
    return ScenarioComparisonAnswer.model_validate(workspace.scenarios.compare(ids, area=area).as_dict())


@router.get("/scenarios/{scenario_id}", summary="One scenario")
def scenario(workspace: WorkspaceHere, area: AreaHere, scenario_id: Identifier) -> ScenarioAnswer:
    """Give a scenario with its figures and what they stand on."""
    return ScenarioAnswer.model_validate(workspace.scenarios.record(scenario_id, area=area).as_dict())

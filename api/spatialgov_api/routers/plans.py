"""Plans: make, list, look at, compare, check, publish, delete."""

from fastapi import APIRouter, Response
from starlette.convertors import IntegerConvertor, register_url_convertor

from spatialgov_api.dependencies import AreaHere, AsOf, Identifier, Limit, Offset, WorkspaceHere
from spatialgov_api.document import PROBLEM
from spatialgov_api.edition_schemas import PublishAnswer
from spatialgov_api.geojson import GEOJSON, feature_collection
from spatialgov_api.schemas import (
    AlternativesRequest,
    CheckAnswer,
    ComparisonAnswer,
    PlanAnswer,
    PlanRequest,
    PlansAnswer,
    RebalanceAnswer,
    RebalanceRequest,
)

__all__ = ["router"]

router = APIRouter(tags=["plans"])


class _Number(IntegerConvertor):
    """Digits, no more than Python turns into a number: /plans/alternatives is none, so that GET has no route there."""

    regex = "[0-9]{1,4000}"


register_url_convertor("number", _Number())


@router.get("/plans", summary="All plans")
def plans(workspace: WorkspaceHere, area: AreaHere) -> PlansAnswer:
    """Give all plans with their measures, oldest first: those whose whole ground is the asker's."""
    return PlansAnswer(plans=[PlanAnswer.of(record) for record in workspace.plans.records(area=area)])


@router.post("/plans", status_code=201, summary="Partition the units")
def make_plan(workspace: WorkspaceHere, area: AreaHere, request: PlanRequest) -> PlanAnswer:
    """Divide the latest units into grids and keep the plan as a draft."""
    workspace.plans.require_units(area, today=request.today)
    return PlanAnswer.of(workspace.plans.make(**request.model_dump()))


@router.post("/plans/alternatives", status_code=201, summary="Partition the units in several ways")
def make_alternatives(workspace: WorkspaceHere, area: AreaHere, request: AlternativesRequest) -> PlansAnswer:
    """Keep several good plans that differ as drafts, the best first; fewer where fewer were found."""
    workspace.plans.require_units(area, today=request.today)
    options = request.model_dump(exclude={"alternatives"})
    records = workspace.plans.alternatives(request.alternatives, **options)
    return PlansAnswer(plans=[PlanAnswer.of(record) for record in records])


@router.get("/plans/{plan_id:number}", summary="One plan")
def plan(workspace: WorkspaceHere, plan_id: Identifier) -> PlanAnswer:
    """Give a plan with its measures."""
    return PlanAnswer.of(workspace.plans.record(plan_id))


@router.delete(
    "/plans/{plan_id:number}",
    status_code=204,
    summary="Delete a plan",
    responses={409: {"description": "An edition, a scenario or another plan needs it.", "content": PROBLEM}},
)
def delete_plan(workspace: WorkspaceHere, plan_id: Identifier) -> None:
    """Delete a plan and its journal, unless an edition, a scenario or a plan that was made from it needs it.

    Its number is never given again.
    """
    workspace.plans.delete(plan_id)


@router.get("/plans/{plan_id}/grids", summary="A plan's grids", response_class=Response, responses=GEOJSON)
def plan_grids(workspace: WorkspaceHere, plan_id: Identifier) -> Response:
    """Give the grids of a plan as GeoJSON."""
    return feature_collection(workspace.plans.load(plan_id).grids(), plan=plan_id)


@router.post("/plans/{plan_id}/rebalance", status_code=201, summary="Balance with few moves")
def rebalance_plan(workspace: WorkspaceHere, plan_id: Identifier, request: RebalanceRequest) -> RebalanceAnswer:
    """Keep a child of the plan whose grids are in their band, with as few households as possible in another grid."""
    child, frontier, step = workspace.plans.rebalance(plan_id, **request.model_dump())
    return RebalanceAnswer.model_validate(
        {
            "plan": PlanAnswer.of(child),
            "chosen": step.as_dict(),
            "steps": [one.as_dict() for one in frontier.steps],
        }
    )


@router.get("/plans/{plan_id}/compare/{other_id}", summary="Compare two plans")
def compare_plans(workspace: WorkspaceHere, plan_id: Identifier, other_id: Identifier) -> ComparisonAnswer:
    """Tell what moves where between two plans of the same units, and give every measure of both."""
    found = workspace.plans.compare(plan_id, other_id)
    return ComparisonAnswer.model_validate({"a": plan_id, "b": other_id, **found.as_dict()})


@router.post("/plans/{plan_id}/check", summary="Check a plan")
def check_plan(workspace: WorkspaceHere, plan_id: Identifier) -> CheckAnswer:
    """List what forbids publishing and which grids miss their target; a sound draft becomes ``checked``."""
    faults = workspace.plans.check(plan_id)
    state = workspace.plans.record(plan_id).state
    listed = [fault.as_dict() for fault in faults]
    return CheckAnswer.model_validate({"plan": plan_id, "state": state, "faults": listed})


@router.post("/plans/{plan_id}/publish", status_code=201, summary="Publish a plan")
def publish_plan(workspace: WorkspaceHere, area: AreaHere, plan_id: Identifier) -> PublishAnswer:
    """Put a plan in force as a new edition and assign the incidents to its grids."""
    workspace.plans.require_edition(area)
    edition = workspace.plans.publish(plan_id)
    return PublishAnswer.of(edition, workspace.locations.assign_incidents())


@router.get("/grids", summary="The grids in force", response_class=Response, responses=GEOJSON)
def grids(
    workspace: WorkspaceHere, area: AreaHere, as_of: AsOf = None, limit: Limit = 10_000, offset: Offset = 0
) -> Response:
    """Give the grids of the edition in force, or of the one that was in force at a time, as GeoJSON."""
    edition = workspace.store.edition(as_of=as_of)
    frame = workspace.analysis.grids(edition.id, area=area)
    return feature_collection(frame.iloc[offset : offset + limit], matched=len(frame), edition=edition.id)

"""Plans: make, list, look at, edit, check, publish."""

from fastapi import APIRouter, Response

from spatialgov_api.dependencies import AsOf, Identifier, Limit, Offset, WorkspaceHere
from spatialgov_api.geojson import GEOJSON, feature_collection
from spatialgov_api.schemas import CheckAnswer, MoveRequest, PlanAnswer, PlanRequest, PlansAnswer, PublishAnswer

__all__ = ["router"]

router = APIRouter(tags=["plans"])


@router.get("/plans", summary="All plans")
def plans(workspace: WorkspaceHere) -> PlansAnswer:
    """Give all plans with their measures, oldest first."""
    return PlansAnswer(plans=[PlanAnswer.of(record) for record in workspace.plans.records()])


@router.post("/plans", status_code=201, summary="Partition the units")
def make_plan(workspace: WorkspaceHere, request: PlanRequest) -> PlanAnswer:
    """Divide the latest units into grids and keep the plan as a draft."""
    return PlanAnswer.of(workspace.plans.make(**request.model_dump()))


@router.get("/plans/{plan_id}", summary="One plan")
def plan(workspace: WorkspaceHere, plan_id: Identifier) -> PlanAnswer:
    """Give a plan with its measures."""
    return PlanAnswer.of(workspace.plans.record(plan_id))


@router.get("/plans/{plan_id}/grids", summary="A plan's grids", response_class=Response, responses=GEOJSON)
def plan_grids(workspace: WorkspaceHere, plan_id: Identifier) -> Response:
    """Give the grids of a plan as GeoJSON."""
    return feature_collection(workspace.plans.load(plan_id).grids(), plan=plan_id)


@router.post("/plans/{plan_id}/moves", status_code=201, summary="Move units")
def move_units(workspace: WorkspaceHere, plan_id: Identifier, request: MoveRequest) -> PlanAnswer:
    """Keep a child of the plan in which some units have changed their grid."""
    return PlanAnswer.of(workspace.plans.move(plan_id, request.moves, name=request.name))


@router.post("/plans/{plan_id}/check", summary="Check a plan")
def check_plan(workspace: WorkspaceHere, plan_id: Identifier) -> CheckAnswer:
    """List what forbids publishing and which grids miss their target; a sound draft becomes ``checked``."""
    faults = workspace.plans.check(plan_id)
    state = workspace.plans.record(plan_id).state
    listed = [fault.as_dict() for fault in faults]
    return CheckAnswer.model_validate({"plan": plan_id, "state": state, "faults": listed})


@router.post("/plans/{plan_id}/publish", status_code=201, summary="Publish a plan")
def publish_plan(workspace: WorkspaceHere, plan_id: Identifier) -> PublishAnswer:
    """Put a plan in force as a new edition and assign the incidents to its grids."""
    edition = workspace.plans.publish(plan_id)
    counts = workspace.locations.assign_incidents()
    return PublishAnswer(
        edition=edition.id,
        plan=plan_id,
        valid_from=edition.valid_from.isoformat(),
        incidents_located=counts["located"],
        incidents_outside=counts["outside"],
    )


@router.get("/grids", summary="The grids in force", response_class=Response, responses=GEOJSON)
def grids(workspace: WorkspaceHere, as_of: AsOf = None, limit: Limit = 10_000, offset: Offset = 0) -> Response:
    """Give the grids of the edition in force, or of the one that was in force at a time, as GeoJSON."""
    edition = workspace.store.edition(as_of=as_of)
    frame = workspace.store.edition_grids(edition.id)
    return feature_collection(frame.iloc[offset : offset + limit], matched=len(frame), edition=edition.id)

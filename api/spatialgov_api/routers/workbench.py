"""What the planner's page asks: the units of a plan, its grids by position, what lies around."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from spatialgov_api.dependencies import AreaHere, Identifier, WorkspaceHere
from spatialgov_api.workbench_schemas import OpenPlanAnswer, SurroundingsAnswer

__all__ = ["router"]

router = APIRouter(tags=["workbench"])

_UNITS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Columns by name, and shapes as whole numbers.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "The units that the ETag stands for still hold."},
}


@router.get("/plans/{plan_id}/units", summary="A plan's units", response_class=Response, responses=_UNITS)
def plan_units(workspace: WorkspaceHere, plan_id: Identifier, if_none_match: Annotated[str, Header()] = "") -> Response:
    """Give the units of a plan in a compact form, with their neighbours; plans of the same units share it.

    `ids`, `households`, `population`, `area_m2`, `workload`; `levels`: which of its `codes` each unit has; `edges`:
    pairs of units that share a border, and which of the pairs lie on a `hard` barrier; `shapes`: vertices, each as the
    difference from the one before, in steps of `step` degrees (WGS 84), and how many a ring, polygon and unit have.
    """
    units = workspace.workbench.units(plan_id)
    if units.tag in (known.strip().removeprefix("W/") for known in if_none_match.split(",")):
        return Response(status_code=304, headers={"etag": units.tag})
    return Response(units.body, media_type="application/json", headers={"etag": units.tag})


@router.get("/plans/{plan_id}/open", summary="A plan to be edited")
def open_plan(workspace: WorkspaceHere, plan_id: Identifier) -> OpenPlanAnswer:
    """Give a plan's grids, the grid of every unit by position, and the journal entry after which it is so."""
    return OpenPlanAnswer.of(workspace.workbench.open(plan_id))


@router.get("/plans/{plan_id}/surroundings", summary="What lies around a plan's units")
def surroundings(workspace: WorkspaceHere, area: AreaHere, plan_id: Identifier) -> SurroundingsAnswer:
    """Give jurisdictions, barriers, roads and places to draw a plan with."""
    return SurroundingsAnswer.model_validate(workspace.workbench.surroundings(plan_id, area=area))

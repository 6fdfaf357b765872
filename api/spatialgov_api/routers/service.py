"""Who serves whom along the roads, which roads to watch, and patrol beats."""

from typing import Annotated

from fastapi import APIRouter, Body, Response

from spatialgov.workspace.plain import rows
from spatialgov.workspace.service_results import beats_about, checkpoints_about, service_about
from spatialgov_api.dependencies import AreaHere, WorkspaceHere
from spatialgov_api.geojson import GEOJSON, feature_collection
from spatialgov_api.service_schemas import BeatsRequest, CheckpointsRequest, ServicePointsRequest

__all__ = ["router"]

router = APIRouter(tags=["service"])

_POINTS = Body(openapi_examples={"sample": {"value": {"new": 2, "goal": "cover", "within_min": 15}}})
_EXITS = Body(openapi_examples={"sample": {"value": {"area": "990101001000", "posts": {"trunk": 4}}}})
_BEATS = Body(openapi_examples={"sample": {"value": {"area": "990101001001", "shift_h": 3}}})


@router.post("/service-points", summary="Who serves which grid", response_class=Response, responses=GEOJSON)
def service_points(
    workspace: WorkspaceHere, area: AreaHere, asked: Annotated[ServicePointsRequest, _POINTS]
) -> Response:
    """Give the centres with what each serves as GeoJSON, the new ones last; `grids` says which serves which.

    `mean_s` and, for new centres, `placed` come with what no other choice can be better than (`bound`) and the `gap`;
    `basis` names plan, edition, speeds and seed. Nothing is changed.
    """
    plan = workspace.service_analysis.service_points(asked.question(area))
    return feature_collection(plan.centres, **service_about(plan), grids=rows(plan.grids))


@router.post("/checkpoints", summary="Which roads out to watch", response_class=Response, responses=GEOJSON)
def checkpoints(workspace: WorkspaceHere, area: AreaHere, asked: Annotated[CheckpointsRequest, _EXITS]) -> Response:
    """Give the checkpoints that nobody can leave the jurisdiction without passing, as GeoJSON: a minimum cut."""
    plan = workspace.service_analysis.checkpoints(asked.question(area))
    return feature_collection(plan.exits, **checkpoints_about(plan))


@router.post("/beats", summary="Patrol beats", response_class=Response, responses=GEOJSON)
def beats(workspace: WorkspaceHere, area: AreaHere, asked: Annotated[BeatsRequest, _BEATS]) -> Response:
    """Give patrol beats as closed walks, as GeoJSON; `over_shift` flags those that a shift is too short for."""
    plan = workspace.service_analysis.beats(asked.question(area))
    return feature_collection(plan.beats, **beats_about(plan))

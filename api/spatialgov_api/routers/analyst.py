"""What the analyst's page asks: the ground, what a view holds, its hot and cold cells, and its density as a picture."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from spatialgov.workspace.incident_profile import profile_of
from spatialgov.workspace.incident_significance import significant_cells
from spatialgov_api.dependencies import (
    AreaHere,
    ChosenArea,
    CountMinimum,
    Resolution,
    ViewQuery,
    WorkspaceHere,
    ZoneHere,
)
from spatialgov_api.encoded_answer import encoded_answer
from spatialgov_api.etags import KnownTags
from spatialgov_api.feature_files import FEATURES, FileWanted, feature_file
from spatialgov_api.geojson import feature_collection
from spatialgov_api.incident_schemas import Bandwidth, CellSide, PictureAnswer, ProfileAnswer, ProfileStep

__all__ = ["router"]

router = APIRouter(tags=["incident analysis"])

_GROUND: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Layers of a map, and what their names are.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    304: {"description": "What the ETag stands for still holds."},
}


@router.get("/analyst/ground", summary="What lies under the analyst's map", response_class=Response, responses=_GROUND)
def ground(
    request: Request, workspace: WorkspaceHere, area: AreaHere, zone: ZoneHere, known: KnownTags = ""
) -> Response:
    """Give the jurisdictions and the grids in force to draw a map with.

    `timezone` of the service; `edition` in force or null; `jurisdictions` with the `place` of each name; `boxes` by
    code, "" for all: west, south,
    east, north; `layers`, a FeatureCollection each. Degrees, WGS 84.
    """
    return encoded_answer(request, workspace.ground_layers.encoded(area, zone), known)


@router.get("/analyst/surroundings", summary="Roads and barriers", response_class=Response, responses=_GROUND)
def surroundings(request: Request, workspace: WorkspaceHere, known: KnownTags = "") -> Response:
    """Give roads and barriers to draw a map with, a FeatureCollection each."""
    return encoded_answer(request, workspace.ground_layers.surroundings(), known)


@router.get("/analyst/profile", summary="Incidents of a view by time, hour of the week and category")
def profile(
    workspace: WorkspaceHere,
    area: ChosenArea,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: ViewQuery,
    step: Annotated[ProfileStep, Query(description="What `over_time` is made of.")] = "week",
) -> ProfileAnswer:
    """Count the incidents of a view by what can be chosen, each as if nothing were chosen there: null is too few.

    `over_time` is of all that is known, from `first_days` on; no `hours` where one of them has too few to be shown.
    """
    found = profile_of(workspace.analysis, period, step=step, zone=zone, minimum=minimum, area=area)
    return ProfileAnswer(timezone=zone, minimum=minimum, step=step, **found.as_dict())


@router.get("/analyst/density", summary="Density of incidents as a picture")
def density(
    workspace: WorkspaceHere,
    area: ChosenArea,
    period: ViewQuery,
    cell_m: Annotated[CellSide, Query()] = 100,
    bandwidth_m: Bandwidth = None,
) -> PictureAnswer:
    """Give incidents per km², as `/density` does, cell by cell for a map.

    `corners`: longitude and latitude of the north-western, north-eastern, south-eastern and south-western one;
    `values`: base64 of unsigned 16-bit numbers, the low byte first, from the north; 0 lies outside, 1 to 65535 is from
    0 to `most`.
    """
    found = workspace.incident_analysis.density(period, cell_m=cell_m, bandwidth_m=bandwidth_m, area=area)
    return PictureAnswer.model_validate(found.about() | found.picture())


@router.get("/significance", summary="Hot and cold cells", response_class=Response, responses=FEATURES)
def significance(
    workspace: WorkspaceHere,
    area: ChosenArea,
    minimum: CountMinimum,
    period: ViewQuery,
    resolution: Resolution = 9,
    file: FileWanted = None,
) -> Response:
    """Give the H3 cells with more or fewer incidents around them than chance explains (Gi*), as GeoJSON.

    `confidence` is the highest of 90, 95 and 99 %, after correction for many cells. Where small counts are hidden
    `incidents` of few or none, `z` and `p` are null.
    """
    found = significant_cells(workspace.analysis, period, resolution=resolution, minimum=minimum, area=area)
    if file:
        return feature_file(found.cells, file, "hot-and-cold-cells")
    return feature_collection(found.cells, **found.about())

"""Incidents, heat map, and a summary."""

from fastapi import APIRouter, Response

from spatialgov.workspace.categories import categories_in_force
from spatialgov_api.dependencies import (
    AreaHere,
    ChosenArea,
    CountMinimum,
    Limit,
    Offset,
    Resolution,
    ViewQuery,
    WorkspaceHere,
)
from spatialgov_api.feature_files import FEATURES, FileWanted, feature_file
from spatialgov_api.geojson import feature_collection
from spatialgov_api.schemas import CategoriesAnswer, SummaryAnswer

__all__ = ["router"]

router = APIRouter(tags=["analysis"])


@router.get("/summary", summary="What the store holds")
def summary(workspace: WorkspaceHere, area: AreaHere, minimum: CountMinimum) -> SummaryAnswer:
    """Give the jurisdiction, counts, and the edition in force; a number of incidents that is too small is left out."""
    found = SummaryAnswer.model_validate(workspace.analysis.summary(area=area))
    if 0 < found.counts["incidents"] < minimum:
        del found.counts["incidents"]
    return found


@router.get("/incidents", summary="Incidents", response_class=Response, responses=FEATURES)
def incidents(
    workspace: WorkspaceHere,
    area: ChosenArea,
    period: ViewQuery,
    limit: Limit = 1000,
    offset: Offset = 0,
    file: FileWanted = None,
) -> Response:
    """Give incidents of a period as GeoJSON, a page at a time."""
    page, matched = workspace.analysis.incident_page(period, limit=limit, offset=offset, area=area)
    return feature_file(page, file, "incidents") if file else feature_collection(page, matched=matched)


@router.get("/categories", summary="Incident categories")
def categories(workspace: WorkspaceHere) -> CategoriesAnswer:
    """Give the list of categories in force: the latest that was loaded, or the big classes of GB/T 30428.2."""
    return CategoriesAnswer.model_validate(categories_in_force(workspace.store).as_dict())


@router.get("/heatmap", summary="Incidents per H3 cell", response_class=Response, responses=FEATURES)
def heatmap(
    workspace: WorkspaceHere,
    area: ChosenArea,
    minimum: CountMinimum,
    period: ViewQuery,
    resolution: Resolution = 9,
    file: FileWanted = None,
) -> Response:
    """Give H3 cells with their incidents as GeoJSON; cells with too few are suppressed and counted."""
    found = workspace.analysis.heat_map(resolution, period, minimum=minimum, area=area)
    if file:
        return feature_file(found.cells, file, "incidents-by-cell")
    return feature_collection(found.cells, resolution=resolution, minimum=minimum, suppressed=found.suppressed)

"""Incidents, heat map, and a summary."""

from fastapi import APIRouter, Response

from spatialgov.workspace.categories import categories_in_force
from spatialgov_api.dependencies import (
    AreaHere,
    CountMinimum,
    Limit,
    Offset,
    PeriodQuery,
    Resolution,
    WorkspaceHere,
)
from spatialgov_api.geojson import GEOJSON, feature_collection
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


@router.get("/incidents", summary="Incidents", response_class=Response, responses=GEOJSON)
def incidents(
    workspace: WorkspaceHere, area: AreaHere, period: PeriodQuery, limit: Limit = 1000, offset: Offset = 0
) -> Response:
    """Give incidents of a period as GeoJSON, a page at a time."""
    page, matched = workspace.analysis.incident_page(period, limit=limit, offset=offset, area=area)
    return feature_collection(page, matched=matched)


@router.get("/categories", summary="Incident categories")
def categories(workspace: WorkspaceHere) -> CategoriesAnswer:
    """Give the list of categories in force: the latest that was loaded, or the big classes of GB/T 30428.2."""
    return CategoriesAnswer.model_validate(categories_in_force(workspace.store).as_dict())


@router.get("/heatmap", summary="Incidents per H3 cell", response_class=Response, responses=GEOJSON)
def heatmap(
    workspace: WorkspaceHere, area: AreaHere, minimum: CountMinimum, period: PeriodQuery, resolution: Resolution = 9
) -> Response:
    """Give H3 cells with their incidents as GeoJSON; cells with too few are suppressed and counted."""
    found = workspace.analysis.heat_map(resolution, period, minimum=minimum, area=area)
    return feature_collection(found.cells, resolution=resolution, minimum=minimum, suppressed=found.suppressed)

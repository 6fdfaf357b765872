"""The pages: start page, self-hosted API reference, and the maps."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, HTMLResponse

from spatialgov.language import current_language
from spatialgov_api.dependencies import AreaHere, CountMinimum, PeriodQuery, Resolution, WorkspaceHere
from spatialgov_maps import static_dir
from spatialgov_maps.base import Map, html
from spatialgov_maps.workspace_maps import (
    map_of_coverage,
    map_of_incidents,
    map_of_plan,
    map_of_recommendations,
)

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PlanId = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


def _page(m: Map) -> HTMLResponse:
    return HTMLResponse(html(m, home_url=f"../?lang={current_language()}"))


@router.get("/")
def start_page() -> FileResponse:
    """Give the start page."""
    return FileResponse(static_dir() / "index.html")


@router.get("/docs")
def api_reference() -> FileResponse:
    """Give the API reference."""
    return FileResponse(static_dir() / "docs.html")


@router.get("/maps/plan")
def plan_page(workspace: WorkspaceHere, area: AreaHere, plan: PlanId = None) -> HTMLResponse:
    """Draw a plan, or the grids in force."""
    return _page(map_of_plan(workspace, plan, area=area))


@router.get("/maps/heatmap")
def heat_page(
    workspace: WorkspaceHere, area: AreaHere, minimum: CountMinimum, period: PeriodQuery, resolution: Resolution = 10
) -> HTMLResponse:
    """Draw the heat map and the hot spots; cells with too few incidents are suppressed and counted."""
    return _page(map_of_incidents(workspace, period, resolution, minimum=minimum, area=area))


@router.get("/maps/coverage")
def coverage_page(workspace: WorkspaceHere, area: AreaHere) -> HTMLResponse:
    """Draw what the cameras see."""
    return _page(map_of_coverage(workspace, area=area))


@router.get("/maps/recommendations")
def recommendation_page(workspace: WorkspaceHere, area: AreaHere) -> HTMLResponse:
    """Draw what to change."""
    return _page(map_of_recommendations(workspace, area=area))

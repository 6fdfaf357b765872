"""Reports to take along: one HTML file each, that opens without a network."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from spatialgov.workspace import Permission, RemedyWish
from spatialgov_api.coverage_schemas import ClassName, Weights, weights_of
from spatialgov_api.dependencies import ChosenArea, CountMinimum, PrincipalHere, ViewQuery, WorkspaceHere, ZoneHere

__all__ = ["router"]

router = APIRouter(tags=["incident analysis"])

_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "One HTML file.", "content": {"text/html": {"schema": {"type": "string"}}}}
}


@router.get("/analyst/report", summary="Report as one file", response_class=HTMLResponse, responses=_PAGE)
def report(
    workspace: WorkspaceHere,
    principal: PrincipalHere,
    area: ChosenArea,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: ViewQuery,
    tab: Annotated[
        Literal["incidents", "coverage"] | None,
        Query(description="What it is about; both by default, as far as the account may see them."),
    ] = None,
    needed: Annotated[ClassName, Query(alias="class", description="Class of picture (EN 62676-4).")] = "detect",
    weights: Weights = None,
    p: Annotated[int, Query(ge=0, le=100, description="New cameras at most.")] = 10,
) -> HTMLResponse:
    """Give maps, tables and their basis of a view as one HTML file, in the language of who asks (`lang`), for A4 too.

    It needs no other file and asks no host for anything.
    """
    from spatialgov_maps.analyst_report import REPORT_PARTS, report_of_analysis  # with folium, which is dear
    from spatialgov_maps.base import html

    if tab == "coverage":
        principal.require(Permission.CAMERAS)
    parts = REPORT_PARTS if tab is None else (tab,)
    if Permission.CAMERAS not in principal.permissions:
        parts = tuple(part for part in parts if part != "coverage")
    found = report_of_analysis(
        workspace,
        period,
        parts=parts,
        needed=needed,
        wish=RemedyWish(p=p, weights=weights_of(weights)),
        zone=zone,
        minimum=minimum,
        area=area,
    )
    name = f"report-{datetime.now(UTC):%Y-%m-%d}.html"
    return HTMLResponse(html(found), headers={"content-disposition": f'attachment; filename="{name}"'})

"""The pages: start page, self-hosted API reference, and the maps, whose folium is dear to import."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from spatialgov.allocation.assessment import PeriodKind
from spatialgov.incidents import Against, FrameKind
from spatialgov.language import current_language
from spatialgov.workspace import AssessmentQuestion, BeatQuestion, CheckpointQuestion, RemedyWish, ServiceQuestion
from spatialgov.workspace.incident_frames import Earlier
from spatialgov_api.advice_schemas import AdviceHere
from spatialgov_api.coverage_schemas import LevelQuery, QuestionHere, Weights, weights_of
from spatialgov_api.dependencies import (
    AreaHere,
    CountMinimum,
    Identifier,
    PeriodQuery,
    Resolution,
    WorkspaceHere,
    ZoneHere,
)
from spatialgov_api.field_worker import field_worker
from spatialgov_api.incident_schemas import CellSide, Horizon
from spatialgov_api.page_files import PageFiles
from spatialgov_api.service_schemas import Goal, Jurisdiction, Kinds, Speeds
from spatialgov_maps import static_dir

if TYPE_CHECKING:
    from spatialgov_maps.base import WebPage

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PlanId = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


def _page(m: "WebPage", home: str = "../") -> HTMLResponse:
    from spatialgov_maps.base import html

    return HTMLResponse(html(m, home_url=f"{home}?lang={current_language()}"))


def _page_file(request: Request, name: str) -> HTMLResponse:
    files: PageFiles = request.app.state.page_files
    return files.page(name)


@router.get("/")
def start_page(request: Request) -> HTMLResponse:
    """Give the start page."""
    return _page_file(request, "index.html")


@router.get("/workbench")
def workbench_page(request: Request) -> HTMLResponse:
    """Give the planner's page."""
    return _page_file(request, "workbench.html")


@router.get("/analyst")
def analyst_page(request: Request) -> HTMLResponse:
    """Give the analyst's page."""
    return _page_file(request, "analyst.html")


@router.get("/field")
def field_page() -> FileResponse:
    """Give the page for field staff, whose worker keeps its files by a version of its own."""
    return FileResponse(static_dir() / "field.html")


@router.get("/field-worker.js")
def field_page_worker() -> Response:
    """Give what lets the field page work without a network; its scope is the page, not the service."""
    return field_worker()


@router.get("/docs")
def api_reference(request: Request) -> HTMLResponse:
    """Give the API reference."""
    return _page_file(request, "docs.html")


@router.get("/maps/plan")
def plan_page(workspace: WorkspaceHere, area: AreaHere, plan: PlanId = None) -> HTMLResponse:
    """Draw a plan, or the grids in force."""
    from spatialgov_maps.workspace_maps import map_of_plan

    return _page(map_of_plan(workspace, plan, area=area))


@router.get("/maps/heatmap")
def heat_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: PeriodQuery,
    resolution: Resolution = 10,
) -> HTMLResponse:
    """Draw the heat map and the hot spots; cells with too few incidents are suppressed and counted."""
    from spatialgov_maps.workspace_maps import map_of_incidents

    return _page(map_of_incidents(workspace, period, resolution, zone=zone, minimum=minimum, area=area))


@router.get("/maps/times")
def times_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: PeriodQuery,
    kind: Annotated[FrameKind, Query(alias="by", description="What a frame of the slider is.")] = "hour",
    resolution: Resolution = 9,
) -> HTMLResponse:
    """Draw the heat map with a time slider; in each frame, counts that are too small are suppressed."""
    from spatialgov_maps.incident_maps import map_of_times

    return _page(map_of_times(workspace, period, kind, resolution=resolution, zone=zone, minimum=minimum, area=area))


@router.get("/maps/hotspots")
def hot_spot_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: PeriodQuery,
    against: Annotated[Against, Query(description="What incidents are expected in proportion to.")] = "even",
    resolution: Resolution = 10,
) -> HTMLResponse:
    """Draw the hot spots by several methods, each with the question that it answers."""
    from spatialgov_maps.incident_maps import map_of_hot_spots

    return _page(
        map_of_hot_spots(
            workspace, period, against=against, resolution=resolution, zone=zone, minimum=minimum, area=area
        )
    )


@router.get("/maps/clock")
def clock_page(
    workspace: WorkspaceHere, area: AreaHere, minimum: CountMinimum, zone: ZoneHere, period: PeriodQuery
) -> HTMLResponse:
    """Draw the hours of the week."""
    from spatialgov_maps.incident_maps import clock_of

    return _page(clock_of(workspace, period, zone=zone, minimum=minimum, area=area))


@router.get("/maps/change")
def change_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: PeriodQuery,
    compared_with: Annotated[Earlier, Query(description="The time just before, or a year earlier.")] = "before",
    resolution: Resolution = 9,
) -> HTMLResponse:
    """Draw a period beside one before it, and what changed by more than chance explains."""
    from spatialgov_maps.incident_maps import map_of_change

    return _page(
        map_of_change(workspace, period, compared_with, resolution=resolution, zone=zone, minimum=minimum, area=area)
    )


@router.get("/maps/forecast")
def forecast_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    zone: ZoneHere,
    period: PeriodQuery,
    horizon_days: Annotated[Horizon, Query(description="Days.")] = 7,
    cell_m: Annotated[CellSide, Query()] = 100.0,
) -> HTMLResponse:
    """Draw what is expected in the next days, with the hit rate of the back-test."""
    from spatialgov_maps.incident_maps import map_of_forecast

    return _page(map_of_forecast(workspace, period, horizon_days=horizon_days, cell_m=cell_m, zone=zone, area=area))


@router.get("/maps/coverage")
def coverage_page(workspace: WorkspaceHere, question: QuestionHere, level: LevelQuery = None) -> HTMLResponse:
    """Draw what the cameras cover."""
    from spatialgov_maps.coverage_maps import map_of_coverage

    return _page(map_of_coverage(workspace, question, level))


@router.get("/maps/gaps")
def gap_page(workspace: WorkspaceHere, question: QuestionHere, weights: Weights = None) -> HTMLResponse:
    """Draw what the cameras do not cover, and why."""
    from spatialgov_maps.coverage_maps import map_of_gaps

    return _page(map_of_gaps(workspace, question, weights=weights_of(weights)))


@router.get("/maps/sites")
def site_page(
    workspace: WorkspaceHere,
    question: QuestionHere,
    weights: Weights = None,
    p: Annotated[int, Query(ge=0, le=100, description="New cameras at most.")] = 10,
) -> HTMLResponse:
    """Draw what to do about gaps, and what is covered before and after."""
    from spatialgov_maps.coverage_maps import map_of_sites

    return _page(map_of_sites(workspace, question, RemedyWish(p=p, weights=weights_of(weights))))


@router.get("/maps/recommendations")
def recommendation_page(workspace: WorkspaceHere, question: AdviceHere) -> HTMLResponse:
    """Draw what to change, and list it."""
    from spatialgov_maps.workspace_maps import map_of_recommendations

    return _page(map_of_recommendations(workspace, question))


@router.get("/maps/service-points")
def service_point_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    kinds: Kinds = None,
    new: Annotated[int, Query(ge=0, le=100, description="New centres.")] = 0,
    goal: Goal = "median",
    within_min: Annotated[float, Query(gt=0, le=1440, alias="within", description="Minutes.")] = 15,
    speeds: Speeds = "walking",
) -> HTMLResponse:
    """Draw which centre serves which grid, and where new ones should stand."""
    from spatialgov_maps.service_maps import map_of_service_points

    question = ServiceQuestion(
        tuple(kinds or ("service_centre",)), new=new, goal=goal, within_min=within_min, speeds=speeds, area=area
    )
    return _page(map_of_service_points(workspace, question))


@router.get("/maps/checkpoints")
def checkpoint_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    code: Jurisdiction = None,
    belt_m: Annotated[float, Query(ge=0, le=1_000_000, alias="belt", description="Metres.")] = 2000,
) -> HTMLResponse:
    """Draw where to stand so that nobody leaves a jurisdiction unseen."""
    from spatialgov_maps.service_maps import map_of_checkpoints

    return _page(map_of_checkpoints(workspace, CheckpointQuestion(code, belt_m, area=area)))


@router.get("/maps/beats")
def beat_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    code: Jurisdiction = None,
    beats: Annotated[int | None, Query(ge=1, le=100_000)] = None,
    shift_h: Annotated[float, Query(gt=0, le=24, alias="shift", description="Hours.")] = 4,
    speeds: Speeds = "walking",
) -> HTMLResponse:
    """Draw the patrol beats of a jurisdiction."""
    from spatialgov_maps.service_maps import map_of_beats

    question = BeatQuestion(code, beats, shift_h, speeds=speeds, time_limit_s=5, area=area)
    return _page(map_of_beats(workspace, question))


@router.get("/maps/scenario/{scenario_id}")
def scenario_page(workspace: WorkspaceHere, area: AreaHere, scenario_id: Identifier) -> HTMLResponse:
    """Draw a scenario: the table before and after, and both maps."""
    from spatialgov_maps.scenario_report import report_of_scenario

    return _page(report_of_scenario(workspace, scenario_id, area=area), home="../../")


@router.get("/maps/assessment")
def assessment_page(
    workspace: WorkspaceHere,
    area: AreaHere,
    zone: ZoneHere,
    every: Annotated[PeriodKind, Query(description="The last that has ended.")] = "month",
) -> HTMLResponse:
    """Draw how the grids in force did beside their peers."""
    from spatialgov_maps.assessment_map import map_of_assessment

    return _page(map_of_assessment(workspace, AssessmentQuestion(every, zone=zone), area=area))

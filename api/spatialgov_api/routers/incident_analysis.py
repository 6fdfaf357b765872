"""What incidents show: where they gather, how that changes, when they happen, and where they are expected."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from spatialgov.incidents import Against, CellMethod, Method
from spatialgov.incidents.changes import Step as SeriesStep
from spatialgov.incidents.review import Span
from spatialgov.workspace import Period
from spatialgov.workspace.incident_analysis import Exposure
from spatialgov.workspace.incident_results import TrendOf, about_hot_spots
from spatialgov.workspace.incident_times import DAYS, DISTANCES_M
from spatialgov.workspace.time_steps import Every
from spatialgov_api.dependencies import (
    AreaHere,
    ChosenArea,
    CountMinimum,
    Moment,
    PeriodQuery,
    PublicMinimum,
    Resolution,
    ViewQuery,
    WorkspaceHere,
    ZoneHere,
)
from spatialgov_api.feature_files import FEATURES, FileWanted, feature_file
from spatialgov_api.geojson import GEOJSON, feature_collection
from spatialgov_api.incident_schemas import (
    Bandwidth,
    CellSide,
    ClockAnswer,
    Days,
    Distances,
    Horizon,
    NearRepeatAnswer,
    Permutations,
    SeasonsAnswer,
)

__all__ = ["router"]

router = APIRouter(tags=["incident analysis"])

Alpha = Annotated[float, Query(gt=0, lt=1, description="Tolerated share of false discoveries.")]
Top = Annotated[int, Query(ge=1, le=20_000, description="How many cells, the highest first.")]


@router.get("/hotspots", summary="Hot spots", response_class=Response, responses=GEOJSON)
def hotspots(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    period: PeriodQuery,
    resolution: Resolution = 10,
    alpha: Alpha = 0.05,
    method: Annotated[Method, Query(description="Each answers another `question`.")] = "gi_star",
    against: Annotated[Against, Query(description="What incidents are expected in proportion to.")] = "even",
) -> Response:
    """Give the places where incidents gather more than chance explains, ranked, as GeoJSON.

    With counts, rates, and the relative risk with its 95 % interval. `outside` counts the incidents off the ground in
    force; null where it is too small to be shown.
    """
    found = workspace.analysis.hot_spots(
        resolution, period, alpha=alpha, method=method, against=against, minimum=minimum, area=area
    )
    return feature_collection(found.spots, **about_hot_spots(found, minimum))


@router.get("/review", summary="Rolling review of hot spots", response_class=Response, responses=GEOJSON)
def review(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: PeriodQuery,
    every: Annotated[Span, Query(description="Length of a window.")] = "month",
    windows: Annotated[int, Query(ge=2, le=24, description="How many windows.")] = 2,
    last_year: Annotated[bool, Query(description="The same windows of the years before instead.")] = False,
    resolution: Resolution = 10,
    alpha: Alpha = 0.05,
    method: Annotated[CellMethod, Query(description="How they are found.")] = "gi_star",
    against: Annotated[Against, Query(description="What incidents are expected in proportion to.")] = "even",
) -> Response:
    """Give the places that were hot in the last window or in the one before, as GeoJSON: new, gone, persistent.

    The last window ends at `until`, or at the midnight after the last incident. Counts, and what tells of them, are
    null where they are too small to be shown.
    """
    found = workspace.incident_analysis.review(
        period, every=every, windows=windows, last_year=last_year, resolution=resolution, alpha=alpha, method=method,
        against=against, zone=zone, minimum=minimum, area=area,
    )  # fmt: skip
    return feature_collection(found.places, **found.about())


@router.get("/clock", summary="Incidents by hour and weekday")
def clock(
    workspace: WorkspaceHere, area: AreaHere, minimum: CountMinimum, zone: ZoneHere, period: PeriodQuery
) -> ClockAnswer:
    """Count incidents by the 168 hours of the week, in the service's time zone, and say which hours stand out.

    Where one of them is too small to be shown there are the margins alone, for with them it could be worked out.
    """
    found = workspace.incident_times.clock(period, zone=zone, minimum=minimum, area=area)
    return ClockAnswer.model_validate(found.about())


@router.get("/seasons", summary="Incidents over time")
def seasons(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: PeriodQuery,
    step: Annotated[SeriesStep, Query(description="What the series is made of.")] = "week",
) -> SeasonsAnswer:
    """Give incidents over time, the rhythm of week and year, and the days on which the level changed.

    Where a number is too small to be shown there are the other steps' numbers alone.
    """
    found = workspace.incident_times.seasons(period, step=step, zone=zone, minimum=minimum, area=area)
    return SeasonsAnswer.model_validate(found.about())


@router.get("/density", summary="Density of incidents", response_class=Response, responses=FEATURES)
def density(
    workspace: WorkspaceHere,
    area: ChosenArea,
    period: ViewQuery,
    cell_m: Annotated[CellSide, Query()] = 100,
    bandwidth_m: Bandwidth = None,
    barriers: Annotated[bool, Query(description="Whether rivers and railways stop an incident's influence.")] = False,
    per: Annotated[Exposure | None, Query(description="A rate per 1,000 households or per km of road.")] = None,
    before_since: Annotated[Moment | None, Query(description="The change from the period that begins here.")] = None,
    before_until: Annotated[Moment | None, Query(description="The change from the period that ends here.")] = None,
    top: Top = 2000,
    file: FileWanted = None,
) -> Response:
    """Give the cells with most incidents per km² as GeoJSON: a Gaussian kernel, corrected at the border.

    Or with the highest rate, or the largest ratio to the period before. `column` names what they are ranked by.
    """
    before = None if before_since is None and before_until is None else Period(before_since, before_until)
    found = workspace.incident_analysis.density(
        period, cell_m=cell_m, bandwidth_m=bandwidth_m, barriers=barriers, per=per, before=before, area=area
    )
    if file:
        return feature_file(found.cells(top), file, "density")
    return feature_collection(found.cells(top), matched=found.n_cells, **found.about())


@router.get("/emerging", summary="Emerging hot spots", response_class=Response, responses=FEATURES)
def emerging(
    workspace: WorkspaceHere,
    area: ChosenArea,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: ViewQuery,
    resolution: Resolution = 10,
    every: Annotated[Every, Query(description="Length of a step.")] = "month",
    trend: Annotated[
        TrendOf, Query(description="Of a cell's share of all, so that a season is none; or its count.")
    ] = "share",
    alpha: Alpha = 0.05,
    file: FileWanted = None,
) -> Response:
    """Give the H3 cells that have one of the 17 patterns over whole weeks, months or seasons, or a trend, as GeoJSON.

    Cells with too few incidents are left out; `last` is null where it is too small to be shown.
    """
    found = workspace.incident_analysis.emerging(
        period, resolution=resolution, every=every, trend=trend, alpha=alpha, zone=zone, minimum=minimum, area=area
    )
    if file:
        return feature_file(found.cells, file, "emerging")
    return feature_collection(found.cells, **found.about())


@router.get("/near-repeat", summary="Near repeats")
def near_repeat(
    workspace: WorkspaceHere,
    area: AreaHere,
    period: PeriodQuery,
    distances_m: Annotated[Distances | None, Query(description="Limits of the bands, metres: 0 to 500.")] = None,
    days: Annotated[Days | None, Query(description="Limits of the bands, days: 3 to 28.")] = None,
    permutations: Annotated[Permutations, Query()] = 999,
) -> NearRepeatAnswer:
    """Test whether incidents near each other in space are also near in time (Knox); for long work ask for a job."""
    found = workspace.incident_times.near_repeat(
        period, distances_m=distances_m or DISTANCES_M, days=days or DAYS, permutations=permutations, area=area
    )
    return NearRepeatAnswer.model_validate(found.about())


@router.get("/forecast", summary="Forecast of incidents", response_class=Response, responses=GEOJSON)
def forecast(
    workspace: WorkspaceHere,
    area: AreaHere,
    zone: ZoneHere,
    period: PeriodQuery,
    horizon_days: Annotated[Horizon, Query(description="Days.")] = 7,
    cell_m: Annotated[CellSide, Query()] = 100,
    top: Top = 500,
) -> Response:
    """Give the cells where most incidents are expected, with intervals, as GeoJSON, and how that was tried.

    It begins at `until`, or the day after the last incident. `coverage` and `total_coverage` are the shares of the top
    cells' counts, and of the totals, that lay within their intervals in the back-test, to be compared with
    `confidence`; null without one. For long work ask for a job.
    """
    found = workspace.incident_times.forecast(period, horizon_days=horizon_days, cell_m=cell_m, zone=zone, area=area)
    return feature_collection(found.cells(top), matched=found.n_cells, **found.about())


@router.get("/incidents/coarse", summary="Incidents, coarsened", response_class=Response, responses=GEOJSON)
def coarse_incidents(
    workspace: WorkspaceHere,
    area: AreaHere,
    zone: ZoneHere,
    period: PeriodQuery,
    minimum: PublicMinimum,
) -> Response:
    """Give incidents by category, whole month and H3 cell as GeoJSON, each row of many: the same for every role.

    The cell is the finest, from resolution 9 to 6, in which there are enough; no incident is in two rows.
    """
    found = workspace.incident_analysis.coarse(period, minimum=minimum, zone=zone, area=area)
    return feature_collection(found, minimum=minimum)

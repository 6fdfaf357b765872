"""What incidents show: density, emerging hot spots, near repeats, forecasts; and incidents coarsened for the public."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from spatialgov_api.dependencies import (
    AreaHere,
    CountMinimum,
    PeriodQuery,
    PublicMinimum,
    Resolution,
    WorkspaceHere,
    ZoneHere,
)
from spatialgov_api.geojson import GEOJSON, feature_collection
from spatialgov_api.incident_schemas import CellSide, Days, Distances, Horizon, NearRepeatAnswer, Permutations

__all__ = ["router"]

router = APIRouter(tags=["incident analysis"])

Alpha = Annotated[float, Query(gt=0, lt=1, description="Tolerated share of false discoveries.")]
Top = Annotated[int, Query(ge=1, le=20_000, description="How many cells, the highest first.")]


@router.get("/density", summary="Density of incidents", response_class=Response, responses=GEOJSON)
def density(
    workspace: WorkspaceHere,
    area: AreaHere,
    period: PeriodQuery,
    cell_m: Annotated[CellSide, Query()] = 100,
    bandwidth_m: Annotated[
        float | None,
        Query(ge=10, le=20_000, description="Of the kernel, metres; the likeliest by cross-validation when left out."),
    ] = None,
    barriers: Annotated[bool, Query(description="Whether rivers and railways stop an incident's influence.")] = False,
    top: Top = 2000,
) -> Response:
    """Give the cells with most incidents per km² as GeoJSON: a Gaussian kernel, corrected at the border."""
    found = workspace.incident_analysis.density(
        period, cell_m=cell_m, bandwidth_m=bandwidth_m, barriers=barriers, area=area
    )
    return feature_collection(found.cells(top), matched=found.n_cells, **found.about())


@router.get("/emerging", summary="Emerging hot spots", response_class=Response, responses=GEOJSON)
def emerging(
    workspace: WorkspaceHere,
    area: AreaHere,
    minimum: CountMinimum,
    zone: ZoneHere,
    period: PeriodQuery,
    resolution: Resolution = 9,
    every: Annotated[Literal["week", "month", "season"], Query(description="Length of a step.")] = "month",
    alpha: Alpha = 0.05,
) -> Response:
    """Give the H3 cells that have one of the 17 patterns over whole weeks, months or seasons, or a trend, as GeoJSON.

    Cells with too few incidents are left out; `last` is null where it is too small to be shown.
    """
    found = workspace.incident_analysis.emerging(
        period, resolution=resolution, every=every, alpha=alpha, zone=zone, minimum=minimum, area=area
    )
    return feature_collection(found.cells, **found.about())


@router.get("/near-repeat", summary="Near repeats")
def near_repeat(
    workspace: WorkspaceHere,
    area: AreaHere,
    period: PeriodQuery,
    distances_m: Annotated[Distances, Query(description="Limits of the bands, metres.")] = [0, 100, 200, 300, 400, 500],  # noqa: B006
    days: Annotated[Days, Query(description="Limits of the bands, days.")] = [3, 7, 14, 21, 28],  # noqa: B006
    permutations: Annotated[Permutations, Query()] = 999,
) -> NearRepeatAnswer:
    """Test whether incidents near each other in space are also near in time (Knox); for long work ask for a job."""
    found = workspace.incident_analysis.near_repeat(
        period, distances_m=distances_m, days=days, permutations=permutations, area=area
    )
    return NearRepeatAnswer.of(found)


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

    It begins at `until`, or the day after the last incident. For long work ask for a job.
    """
    found = workspace.incident_analysis.forecast(period, horizon_days=horizon_days, cell_m=cell_m, zone=zone, area=area)
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

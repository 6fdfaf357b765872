"""What incidents show: density, emerging hot spots, near repeats, forecasts, and what of it the public may see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
from shapely.geometry.base import BaseGeometry

from spatialgov.incidents import (
    NO_PATTERN,
    WITHHELD,
    Raster,
    bandwidth,
    cell_centres,
    cell_frame,
    cell_names,
    cell_neighbours,
    cells_covering,
    coarse_levels,
    density,
    emerging,
    forecast,
    h3_cells,
    knox,
    shown_counts,
)
from spatialgov.partition import Progress, Step
from spatialgov.projection import WGS84, metric_crs, project
from spatialgov.store import Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.incident_results import DensityResult, EmergingResult, ForecastResult, NearRepeatResult
from spatialgov.workspace.time_steps import DEFAULT_ZONE, Every, local_days, moment_of, steps_of, whole_steps, zone_of

__all__ = ["COARSE_RESOLUTIONS", "IncidentAnalysis"]

COARSE_RESOLUTIONS = (9, 8, 7, 6)
"""H3 resolutions of coarsened places, the finest first: 0.1 km² to 36 km²."""

_DISTANCES_M = (0.0, 100.0, 200.0, 300.0, 400.0, 500.0)
_DAYS = (3.0, 7.0, 14.0, 21.0, 28.0)


class IncidentAnalysis:
    """The analyses of incidents beyond counts.

    Each takes the `Area` that the asker is limited to, None for no limit: what lies outside is left out before
    anything is counted. Where there is a `minimum`, it is the fewest incidents that the asker may see counted; what
    has none is for whoever may see single incidents.
    """

    def __init__(self, store: Store, analysis: Analysis) -> None:
        self._store = store
        self._analysis = analysis

    def density(
        self,
        period: Period,
        *,
        cell_m: float = 100.0,
        bandwidth_m: float | None = None,
        barriers: bool = False,
        area: Area | None = None,
    ) -> DensityResult:
        """Give the density of incidents over the ground in force.

        Parameters
        ----------
        period
            Which incidents.
        cell_m
            Side of a cell.
        bandwidth_m
            Standard deviation of the kernel, half a cell or more; None: the likeliest by cross-validation.
        barriers
            Whether hard barriers stop an incident's influence.
        area
            What the asker is limited to.

        Raises
        ------
        NothingPublishedError
            When there is no ground in force.
        InputError
            When cells or bandwidth can't be used.
        """
        scene = self._scene(self._analysis.incidents(period, area=area), area)
        x_m, y_m = scene.x_m[scene.inside], scene.y_m[scene.inside]
        raster = Raster.over(scene.boundary_m.bounds, cell_m)
        # a bandwidth below half a cell would show the raster, not the incidents
        width = max(bandwidth(x_m, y_m), cell_m / 2) if bandwidth_m is None else bandwidth_m
        lines = self._hard_barriers(scene.crs) if barriers else None
        values = density(
            x_m,
            y_m,
            scene.boundary_m.bounds,
            cell_m,
            width,
            boundary=scene.boundary_m,
            barriers=None if lines is None or lines.empty else lines.union_all(),
        )
        return DensityResult(
            raster,
            scene.crs,
            values,
            width,
            bandwidth_m is None,
            0 if lines is None else len(lines),
            len(x_m),
            int((~scene.inside).sum()),
        )

    def emerging(
        self,
        period: Period,
        *,
        resolution: int = 9,
        every: Every = "month",
        alpha: float = 0.05,
        zone: str = DEFAULT_ZONE,
        minimum: int = 1,
        area: Area | None = None,
    ) -> EmergingResult:
        """Class H3 cells by how their hot and cold spots came and went, step by step.

        Parameters
        ----------
        period
            Which incidents; the whole steps that lie in it, and in the time that the store has incidents of.
        resolution
            H3 resolution.
        every
            Length of a step.
        alpha
            Share of false discoveries tolerated.
        zone
            IANA time zone of the steps.
        minimum
            Fewest incidents that may be shown: cells and counts with fewer are left out.
        area
            What the asker is limited to.

        Raises
        ------
        NothingPublishedError
            When there is no ground in force.
        InputError
            When the resolution or the step is none, or there are too many of either.
        """
        local = zone_of(zone)
        ground = self._analysis.ground(area=area)
        frame = self._analysis.incidents(period, area=area)
        edges = whole_steps(*self._span(period, frame, local, area), every)
        cells = cells_covering(ground, resolution)
        counts = np.zeros((len(cells), max(len(edges) - 1, 0)), dtype=np.int64)
        own = h3_cells(frame.geometry.x, frame.geometry.y, resolution)
        position = np.minimum(np.searchsorted(cells, own), len(cells) - 1)
        step = steps_of(local_days(frame["occurred_at"], local), edges)
        held = (cells[position] == own) & (step >= 0)
        np.add.at(counts, (position[held], step[held]), 1)
        found = emerging(counts, cell_neighbours(cells), alpha)
        total = counts.sum(axis=1)
        shown = (found.course != NO_PATTERN) | found.rising | found.falling
        shown &= shown_counts(total, minimum)
        table = cell_frame(cells[shown], total[shown]).rename(columns={"count": "n_incidents"})
        table = table.drop(columns=["area_km2", "incidents_per_km2"])
        last = counts[:, -1] if counts.shape[1] else total
        columns = {
            "course": found.course,
            "last": pd.array(np.where(shown_counts(last, minimum), last, -1), dtype="Int64"),
            "hot_steps": found.hot.sum(axis=1),
            "cold_steps": found.cold.sum(axis=1),
            "rising": found.rising,
            "falling": found.falling,
            "tau": found.trend.tau,
            "p": found.trend.p,
        }
        for name, values in columns.items():
            table.insert(len(table.columns) - 1, name, values[shown])
        table["last"] = table["last"].mask(table["last"] < 0)
        return EmergingResult(
            table.sort_values("n_incidents", ascending=False, kind="stable", ignore_index=True),
            [moment_of(day, local) for day in edges],
            len(cells),
            every,
            resolution,
            alpha,
        )

    def near_repeat(
        self,
        period: Period,
        *,
        distances_m: Sequence[float] = _DISTANCES_M,
        days: Sequence[float] = _DAYS,
        permutations: int = 999,
        seed: int = 0,
        area: Area | None = None,
        progress: Progress | None = None,
    ) -> NearRepeatResult:
        """Test whether incidents near each other in space are also near in time; see `spatialgov.incidents.knox`."""
        frame = self._analysis.incidents(period, area=area)
        x_m, y_m = _in_plane(frame)
        day = local_days(frame["occurred_at"], zone_of("UTC"))
        found = knox(
            x_m, y_m, day, distances_m, days, permutations=permutations, seed=seed, progress=_counted(progress)
        )
        return NearRepeatResult(found, len(frame))

    def forecast(
        self,
        period: Period,
        *,
        horizon_days: int = 7,
        cell_m: float = 100.0,
        windows: int = 26,
        confidence: float = 0.8,
        zone: str = DEFAULT_ZONE,
        area: Area | None = None,
        progress: Progress | None = None,
    ) -> ForecastResult:
        """Forecast incidents of the chosen categories on the ground in force, by what did best in the back-test.

        Parameters
        ----------
        period
            Which incidents it may know; the forecast begins at `until`, or the day after the last incident. Where
            categories are chosen, the others help where they show the same places.
        horizon_days
            How many days.
        cell_m
            Side of a cell.
        windows
            Windows of the back-test.
        confidence
            Share of the counts that the intervals shall hold, at least.
        zone
            IANA time zone whose midnights days begin at.
        area
            What the asker is limited to.
        progress
            Called with how many windows are done.

        Raises
        ------
        NothingPublishedError
            When there is no ground in force.
        InputError
            When an option can't be met.
        """
        local = zone_of(zone)
        own = self._analysis.incidents(period, area=area)  # an unknown category is refused here
        frame = own if not period.categories else self._analysis.incidents(replace(period, categories=None), area=area)
        scene = self._scene(frame, area)
        mine = frame["category"].isin(period.categories or frame["category"]).to_numpy(dtype=np.bool_)
        day = local_days(frame["occurred_at"], local)
        if period.until is not None:
            start = _day_of(period.until, local)
        else:
            start = float(np.floor(day.max() if len(day) else _day_of(datetime.now(UTC), local))) + 1.0
        found = forecast(
            scene.x_m,
            scene.y_m,
            day,
            scene.boundary_m.bounds,
            horizon_days=horizon_days,
            start_day=start,
            own=mine,
            boundary=scene.boundary_m,
            cell_m=cell_m,
            windows=windows,
            confidence=confidence,
            progress=_counted(progress),
        )
        return ForecastResult(
            found,
            scene.crs,
            moment_of(start, local),
            moment_of(start + horizon_days, local),
            int((mine & scene.inside).sum()),
        )

    def coarse(
        self, period: Period, *, minimum: int, zone: str = DEFAULT_ZONE, area: Area | None = None
    ) -> gpd.GeoDataFrame:
        """Give incidents with place and time coarsened, so that each is one of many that look the same.

        Parameters
        ----------
        period
            Which incidents; widened to whole months.
        minimum
            Fewest incidents of a row.
        zone
            IANA time zone of the months.
        area
            What the asker is limited to.

        Returns
        -------
        geopandas.GeoDataFrame
            ``category``, ``month`` (2026-05), ``cell`` and ``resolution`` (the finest of `COARSE_RESOLUTIONS` at which
            there are enough), ``incidents``; the cell's middle, EPSG:4326. No incident is in two rows. A row is the
            same whatever other months and categories are asked for, so that answers can't be played off against each
            other.
        """
        local = zone_of(zone)
        frame = self._analysis.incidents(_whole_months(period, local), area=area)
        month = frame["occurred_at"].dt.tz_convert(local).dt.strftime("%Y-%m").to_numpy()
        stratum, _ = pd.factorize(pd.MultiIndex.from_arrays([frame["category"], month]))
        cells = [h3_cells(frame.geometry.x, frame.geometry.y, resolution) for resolution in COARSE_RESOLUTIONS]
        level = coarse_levels(cells, stratum.astype(np.int64), minimum)
        kept = level != WITHHELD
        cell = np.choose(np.maximum(level, 0), cells) if len(frame) else np.empty(0, dtype=np.uint64)
        columns = {
            "category": frame["category"].to_numpy(),
            "month": month,
            "cell": cell,
            "resolution": np.array(COARSE_RESOLUTIONS)[level],
        }
        groups = pd.DataFrame(columns)[kept].groupby(list(columns)).size().rename("incidents").reset_index()
        held = groups["cell"].to_numpy(dtype=np.uint64)
        return gpd.GeoDataFrame(groups.assign(cell=cell_names(held)), geometry=cell_centres(held), crs=WGS84)

    def _scene(self, frame: gpd.GeoDataFrame, area: Area | None) -> "_Scene":
        """Put incidents and the ground in force into one metric plane."""
        ground = gpd.GeoSeries([self._analysis.ground(area=area)], crs=WGS84)
        west, south, east, north = (float(limit) for limit in ground.total_bounds)
        crs = metric_crs((west + east) / 2, (south + north) / 2)
        x_m, y_m = project(frame.geometry.x, frame.geometry.y, crs)
        boundary_m = ground.to_crs(crs).iloc[0]
        inside = np.asarray(gpd.GeoSeries.from_xy(x_m, y_m).intersects(boundary_m), dtype=np.bool_)
        return _Scene(crs, boundary_m, x_m, y_m, inside)

    def _hard_barriers(self, crs: pyproj.CRS) -> gpd.GeoSeries:
        lines = self._store.layer("barriers")
        return lines[lines["effect"] == "hard"].geometry.to_crs(crs)

    def _span(self, period: Period, frame: gpd.GeoDataFrame, zone: ZoneInfo, area: Area | None) -> tuple[float, float]:
        """Give the days that incidents are known of: from the first of any category to the last, inside the period."""
        if period.categories:
            frame = self._analysis.incidents(replace(period, categories=None), area=area)
        if frame.empty:
            return 0.0, 0.0
        days = local_days(frame["occurred_at"], zone)
        first, last = float(np.floor(days.min())), float(np.floor(days.max())) + 1.0
        if period.since is not None:
            first = max(first, _day_of(period.since, zone))
        if period.until is not None:
            last = min(last, _day_of(period.until, zone))
        return first, max(first, last)


@dataclass(frozen=True, eq=False, slots=True)
class _Scene:
    """Incidents and the ground in force, metres of one plane; `inside` says which incidents lie on the ground."""

    crs: pyproj.CRS
    boundary_m: BaseGeometry
    x_m: npt.NDArray[np.float64]
    y_m: npt.NDArray[np.float64]
    inside: npt.NDArray[np.bool_]


def _in_plane(frame: gpd.GeoDataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the places of incidents in metres, in the plane for the middle of them."""
    if frame.empty:
        return np.empty(0), np.empty(0)
    west, south, east, north = (float(limit) for limit in frame.total_bounds)
    return project(frame.geometry.x, frame.geometry.y, metric_crs((west + east) / 2, (south + north) / 2))


def _whole_months(period: Period, zone: ZoneInfo) -> Period:
    """Widen a period to the months that it touches."""
    since, until = period.since, period.until
    if since is not None:
        since = since.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    if until is not None:
        within = (until - timedelta(microseconds=1)).astimezone(zone)
        year, month = divmod(within.year * 12 + within.month, 12)
        until = datetime(year, month + 1, 1, tzinfo=zone)
    return replace(period, since=since, until=until)


def _day_of(moment: datetime, zone: ZoneInfo) -> float:
    return float(local_days(pd.Series([pd.Timestamp(moment)]), zone)[0])


def _counted(progress: Progress | None) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(Step(done, total))

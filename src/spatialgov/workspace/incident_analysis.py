"""Where incidents gather, how that changes, and what of it the public may see."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.bulk import Hands
from spatialgov.errors import InputError
from spatialgov.incidents import (
    NO_PATTERN,
    WITHHELD,
    Against,
    CellMethod,
    Raster,
    StudyArea,
    bandwidth,
    cell_centres,
    cell_names,
    coarse_levels,
    density,
    density_change,
    emerging,
    h3_cells,
    households_in,
    rate_surface,
    review_of,
    road_km_in,
    shown_counts,
    windows_before,
)
from spatialgov.incidents.in_parts import CubeSlice, density_of_cube
from spatialgov.incidents.review import Span
from spatialgov.incidents.times import zone_named
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.store import Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.incident_ground import IncidentGround, Scene, day_of
from spatialgov.workspace.incident_results import EmergingResult, ReviewResult, SurfaceResult, TrendOf
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.time_steps import DEFAULT_ZONE, Every, moment_of, whole_steps

__all__ = ["COARSE_RESOLUTIONS", "EXPOSURES", "Exposure", "IncidentAnalysis"]

COARSE_RESOLUTIONS = (9, 8, 7, 6)
"""H3 resolutions of coarsened places, the finest first: 0.1 km² to 36 km²."""

Exposure = Literal["households", "roads"]
"""What rates are per."""
EXPOSURES: tuple[Exposure, ...] = get_args(Exposure)

_MOST_BANDWIDTHS = 1000
_BLANK = ("per_day_before", "per_day_after", "rate_ratio", "ratio_low", "ratio_high", "p", "p_adjusted")
"""Columns of a review that tell a count."""


class IncidentAnalysis:
    """The analyses of where incidents gather.

    Each takes the `Area` that the asker is limited to, None for no limit: what lies outside is left out before
    anything is counted. A `minimum` is the fewest incidents that the asker may see counted; what has none is for
    whoever may see single incidents. All but `coarse` raise `NothingPublishedError` where no ground is in force.
    """

    def __init__(self, store: Store, analysis: Analysis) -> None:
        self._analysis = analysis
        self._ground = IncidentGround(store, analysis)
        self._bandwidths_m = Kept(_MOST_BANDWIDTHS)

    def density(
        self,
        period: Period,
        *,
        cell_m: float = 100.0,
        bandwidth_m: float | None = None,
        barriers: bool = False,
        per: Exposure | None = None,
        before: Period | None = None,
        area: Area | None = None,
        hands: Hands | None = None,
    ) -> SurfaceResult:
        """Give the density of incidents over the ground in force, their rate, or how the density changed.

        Parameters
        ----------
        period
            Which incidents.
        cell_m
            Side of a cell.
        bandwidth_m
            Standard deviation of the kernel, three quarters of a cell or more; None: the likeliest by
            cross-validation.
        barriers
            Whether hard barriers stop an incident's influence; of a plain density only.
        per
            A rate per 1,000 households or per km of road instead.
        before
            The change from this period instead; both must have a beginning and an end. Its categories and hours are
            those of `period`.
        area
            What the asker is limited to.
        hands
            Who computes a plain density without barriers in parts; None to compute it here.

        Raises
        ------
        InputError
            When cells or bandwidth can't be used, or the options don't go together.
        """
        if sum((barriers, per is not None, before is not None)) > 1:
            raise InputError(
                t("Barriers, rates and a period before don't go together.", "阻隔、比率与对照时段不能同时使用。"),
                remedy=t("Ask for one of them.", "请只选其一。"),
            )
        scene = self._scene(period, area)
        x_m, y_m = scene.x_m[scene.inside], scene.y_m[scene.inside]
        # a bandwidth much smaller than a cell would show the raster, not the incidents
        width = max(self._bandwidth_m(period, area, scene), cell_m * 0.75) if bandwidth_m is None else bandwidth_m
        raster, n_barriers = Raster.over(scene.bounds, cell_m), 0
        if per is not None:
            columns = self._rate(scene, raster, width, per, area)
        elif before is not None:
            columns = self._change(scene, period, before, cell_m, width, area)
        elif hands is not None and not barriers and (in_file := self._in_file(period, area, hands)) is not None:
            values = density_of_cube(hands, in_file, raster, scene.crs, width, scene.boundary_m)
            columns = {"incidents_per_km2": values}
        else:
            lines = self._hard_barriers(scene) if barriers else None
            n_barriers = 0 if lines is None else len(lines)
            values = density(
                x_m, y_m, scene.bounds, cell_m, width,
                boundary=scene.boundary_m, barriers=lines.union_all() if n_barriers and lines is not None else None,
            )  # fmt: skip
            columns = {"incidents_per_km2": values}
        return SurfaceResult(
            raster,
            scene.crs,
            columns,
            next(iter(columns)),
            width,
            bandwidth_m is None,
            n_barriers,
            len(x_m),
            int((~scene.inside).sum()),
        )

    def _bandwidth_m(self, period: Period, area: Area | None, scene: Scene) -> float:
        """Give the likeliest bandwidth, which takes long to find for many incidents and is asked for with every map."""
        _, held = self._analysis.chosen(period, area=area)
        incidents = period.since, period.until, tuple(period.categories or ()), period.hours
        key = held.revision, *incidents, area, scene.bounds, scene.boundary_m.area
        return self._bandwidths_m.get(key, lambda: bandwidth(scene.x_m[scene.inside], scene.y_m[scene.inside]))

    def _in_file(self, period: Period, area: Area | None, hands: Hands) -> CubeSlice | None:
        found, held = self._analysis.chosen(period, area=area)
        return held.in_file(found, hands)

    def _scene(self, period: Period, area: Area | None) -> Scene:
        return self._ground.scene(*self._analysis.places(period, area=area), area)

    def _rate(
        self, scene: Scene, raster: Raster, width: float, per: Exposure, area: Area | None
    ) -> dict[str, npt.NDArray[Any]]:
        known = self._analysis.units(area=area) if per == "households" else self._ground.layer("roads")
        if known is None:
            raise InputError(
                t("The store has no {what}.", "数据库中没有{what}。", what=_exposure_name(per)),
                remedy=t("Import them: spatialgov import.", "请先导入：spatialgov import。"),
            )
        squares = raster.polygons(scene.crs).to_crs(WGS84)
        exposure = households_in(squares, known) / 1000 if per == "households" else road_km_in(squares, known)
        x_m, y_m = scene.x_m[scene.inside], scene.y_m[scene.inside]
        found = rate_surface(x_m, y_m, exposure, scene.bounds, raster.cell_m, width, boundary=scene.boundary_m)
        name = "per_1000_households" if per == "households" else "per_road_km"
        return {name: found.rate, "low": found.low, "high": found.high, "floored": found.floored}

    def _change(
        self, scene: Scene, period: Period, before: Period, cell_m: float, width: float, area: Area | None
    ) -> dict[str, npt.NDArray[Any]]:
        earlier = self._scene(replace(before, categories=period.categories, hours=period.hours), area)
        found = density_change(
            (earlier.x_m[earlier.inside], earlier.y_m[earlier.inside]),
            (scene.x_m[scene.inside], scene.y_m[scene.inside]),
            (_length_days(before), _length_days(period)),
            scene.bounds,
            cell_m,
            width,
            boundary=scene.boundary_m,
        )
        columns = {
            name: getattr(found, name) for name in ("ratio", "low", "high", "difference", "before", "after", "p")
        }
        return columns | {"change": np.select([found.more, found.fewer], ["grown", "shrunk"], "steady")}

    def _hard_barriers(self, scene: Scene) -> gpd.GeoSeries | None:
        lines = self._ground.layer("barriers")
        return None if lines is None else lines[lines["effect"] == "hard"].geometry.to_crs(scene.crs)

    def review(
        self,
        period: Period,
        *,
        every: Span = "month",
        windows: int = 2,
        last_year: bool = False,
        resolution: int = 10,
        alpha: float = 0.05,
        method: CellMethod = "gi_star",
        against: Against = "even",
        zone: str = DEFAULT_ZONE,
        minimum: int = 1,
        area: Area | None = None,
    ) -> ReviewResult:
        """Say which hot spots are new, gone or persistent since the last week, month or season (定期滚动排查).

        Parameters
        ----------
        period
            Which incidents; the last window ends at `until`, or at the midnight after the last incident of any
            category; its `since` does not matter.
        every
            Length of a window.
        windows
            How many, two or more.
        last_year
            Whether the windows before are the same weeks, months or seasons of the years before.
        resolution, alpha, method, against
            As for `hot_spots`; the scans take too long for it.
        zone
            IANA time zone of the windows.
        minimum
            Fewest incidents that may be shown.
        area
            What the asker is limited to.

        Raises
        ------
        InputError
            When an option is none.
        """
        local = zone_named(zone)
        span = self._ground.span(period, local, area)
        last = day_of(datetime.now(local), local) if span is None else span[1]
        until = period.until.astimezone(local) if period.until is not None else moment_of(np.floor(last), local)
        times = windows_before(until, every, count=windows, last_year=last_year)
        ground = self._analysis.study_area(resolution, area=area)
        parts = [replace(period, since=since, until=end) for since, end in times]
        counts, outside = self._counts(parts, ground, area)
        if against == "incidents":
            ground = self._analysis.among_all_categories(ground, parts, area=area)
        days = [_length_days(part) for part in parts]
        found = review_of(counts, days, ground, alpha=alpha, method=method, against=against, outside=outside)
        places = found.places
        for name, total in zip(("n_before", "n_after"), found.counts[-2:], strict=True):
            places[name] = _masked(places[name], _shown_parts(places[name], total, minimum))
        places = places[places[["n_before", "n_after"]].notna().any(axis=1)].reset_index(drop=True)
        hidden = places[["n_before", "n_after"]].isna().any(axis=1)
        for name in _BLANK:
            places[name] = places[name].mask(hidden)
        places["rank"] = np.arange(1, len(places) + 1)
        windows_shown = [(pd.Timestamp(since), pd.Timestamp(end)) for since, end in times]
        return ReviewResult(found, places, windows_shown, [_shown(n, minimum) for n in found.counts])

    def emerging(
        self,
        period: Period,
        *,
        resolution: int = 10,
        every: Every = "month",
        trend: TrendOf = "share",
        alpha: float = 0.05,
        zone: str = DEFAULT_ZONE,
        minimum: int = 1,
        area: Area | None = None,
    ) -> EmergingResult:
        """Class H3 cells by how their hot and cold spots came and went, step by step.

        Parameters
        ----------
        period
            Which incidents; the whole steps that lie in it, and in the time that incidents of any category are known
            of.
        resolution
            H3 resolution.
        every
            Length of a step.
        trend
            Of a cell's share of all that was counted, or of its count.
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
        InputError
            When the resolution or the step is none, or there are too many of either.
        """
        local = zone_named(zone)
        span = self._ground.span(period, local, area)
        edges = [] if span is None else [moment_of(day, local) for day in whole_steps(*span, every)]
        ground = self._analysis.study_area(resolution, area=area)
        parts = [replace(period, since=since, until=until) for since, until in pairwise(edges)]
        counts, _ = self._counts(parts, ground, area)
        common = counts.sum(axis=0) if trend == "share" and counts.any() else None
        found = emerging(counts, ground.neighbours, alpha, common=common)
        total = counts.sum(axis=1)
        last = pd.Series(counts[:, -1] if counts.shape[1] else total)
        table = ground.frame.drop(columns="area_km2").assign(
            course=found.course, n_incidents=total, last=_masked(last, shown_counts(last, minimum)),
            hot_steps=found.hot.sum(axis=1), cold_steps=found.cold.sum(axis=1),
            rising=found.rising, falling=found.falling, z=found.trend.z, p=found.trend.p,
        )  # fmt: skip
        table = table[[*(name for name in table if name != "geometry"), "geometry"]]
        of_note = (found.course != NO_PATTERN) | found.rising | found.falling
        table = table[of_note & shown_counts(total, minimum)]
        return EmergingResult(
            table.sort_values("n_incidents", ascending=False, kind="stable", ignore_index=True),
            edges,
            len(ground.cells),
            every,
            trend,
            resolution,
            alpha,
        )

    def _counts(
        self, parts: Sequence[Period], ground: StudyArea, area: Area | None
    ) -> tuple[npt.NDArray[np.int64], int]:
        """Count the incidents of some periods in cells: (cells, periods), and how many lie in none."""
        counts, outside = np.zeros((len(ground.cells), len(parts)), dtype=np.int64), 0
        for number, part in enumerate(parts):
            counts[:, number], lost = ground.placed(*self._analysis.cell_counts(ground.resolution, part, area=area))
            outside += lost
        return counts, outside

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
        local = zone_named(zone)
        frame = self._ground.incidents(_whole_months(period, local), area)
        month = frame["occurred_at"].dt.tz_convert(local).dt.strftime("%Y-%m").to_numpy(dtype=object)
        category = frame["category"].to_numpy(dtype=object)
        stratum, _ = pd.factorize(pd.MultiIndex.from_arrays([category, month]))
        cells = [h3_cells(frame.geometry.x, frame.geometry.y, resolution) for resolution in COARSE_RESOLUTIONS]
        level = coarse_levels(cells, stratum.astype(np.int64), minimum)
        kept = np.flatnonzero(level != WITHHELD)
        columns = {
            "category": category[kept],
            "month": month[kept],
            "cell": np.stack(cells)[level[kept], kept],
            "resolution": np.array(COARSE_RESOLUTIONS)[level[kept]],
        }
        groups = pd.DataFrame(columns).groupby(list(columns)).size().rename("incidents").reset_index()
        held = groups["cell"].to_numpy(dtype=np.uint64)
        groups = groups.astype({"category": "str", "month": "str"})  # of no rows, too
        return gpd.GeoDataFrame(groups.assign(cell=cell_names(held)), geometry=cell_centres(held), crs=WGS84)


def _shown(count: int, minimum: int) -> int | None:
    return None if 0 < count < minimum else count


def _shown_parts(parts: "pd.Series[int]", total: int, minimum: int) -> npt.NDArray[np.bool_]:
    """Say which parts of a total may be shown, what is in none of them being one more."""
    rest = max(total - int(parts.sum()), 0)
    return shown_counts([*parts.tolist(), rest], minimum)[:-1]


def _masked(counts: "pd.Series[int]", shown: npt.NDArray[np.bool_]) -> "pd.Series[int]":
    return counts.astype("Int64").mask(~shown)


def _exposure_name(per: Exposure) -> str:
    return t("units with households", "带户数的基本单元") if per == "households" else t("roads", "道路")


def _length_days(period: Period) -> float:
    if period.since is None or period.until is None:
        raise InputError(
            t("A comparison needs periods with a beginning and an end.", "比较时段须有起止时间。"),
            remedy=t("Give both, for example since and until.", "请同时给出起止时间，如 since 与 until。"),
        )
    return (period.until - period.since).total_seconds() / 86400


def _whole_months(period: Period, zone: ZoneInfo) -> Period:
    """Widen a period to all hours of the months that it touches."""
    since, until = period.since, period.until
    if since is not None:
        since = since.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0)
    if until is not None:
        within = (until - timedelta(microseconds=1)).astimezone(zone)
        year, month = divmod(within.year * 12 + within.month, 12)
        until = datetime(year, month + 1, 1, tzinfo=zone)
    return replace(period, since=since, until=until, hours=None)

"""When incidents happen, whether they repeat near each other, and where they are expected next."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.bulk import Hands
from spatialgov.incidents import (
    aoristic_weights,
    change_points,
    clock,
    daily_counts,
    forecast,
    knox,
    seasonality,
    shown_counts,
)
from spatialgov.incidents.changes import Step as SeriesStep
from spatialgov.incidents.in_parts import walked_in_parts
from spatialgov.incidents.seasons import Factors
from spatialgov.incidents.times import zone_named
from spatialgov.partition import Progress, Step
from spatialgov.projection import metric_crs, project
from spatialgov.store import Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.incident_ground import IncidentGround, day_of
from spatialgov.workspace.incident_time_results import ClockResult, ForecastResult, NearRepeatResult, SeasonsResult
from spatialgov.workspace.time_steps import DEFAULT_ZONE, local_days, moment_of

__all__ = ["DAYS", "DISTANCES_M", "IncidentTimes"]

DISTANCES_M = (0.0, 100.0, 200.0, 300.0, 400.0, 500.0)
"""Limits of the bands of distance that near repeats are looked for in; 0 is the same place."""
DAYS = (3.0, 7.0, 14.0, 21.0, 28.0)
"""Limits of their bands of time."""

_HOUR = pd.Timedelta(hours=1)


class IncidentTimes:
    """The analyses of when incidents happen; `Area` and `minimum` as for `IncidentAnalysis`."""

    def __init__(self, store: Store, analysis: Analysis) -> None:
        self._ground = IncidentGround(store, analysis)

    def clock(
        self, period: Period, *, zone: str = DEFAULT_ZONE, minimum: int = 1, area: Area | None = None
    ) -> ClockResult:
        """Count incidents by weekday and hour of local time, and say which hours stand out.

        What is not known to the hour counts with a share in each hour that it may have happened in; where small counts
        are hidden it is left out, for shares can't be hidden.

        Parameters
        ----------
        period
            Which incidents; of all hours of the week, so that they can be compared.
        zone
            IANA name of the time zone whose clock is meant.
        minimum
            Fewest incidents that may be shown. Where an hour of the week has fewer, only the margins are given.
        area
            What the asker is limited to.

        Raises
        ------
        InputError
            When there is no such zone.
        """
        frame = self._ground.incidents(replace(period, hours=None), area)
        since, until = self._known_time(period, zone, area)
        rough = (frame["occurred_until"] - frame["occurred_at"] > _HOUR).to_numpy(dtype=np.bool_)
        weights = None
        if minimum > 1:
            frame = frame[~rough]
        elif rough.any():
            weights = aoristic_weights(frame["occurred_at"], frame["occurred_until"], "hour_of_week", timezone=zone)
        found = clock(frame["occurred_at"], zone, since=since, until=until, weights=weights)
        counts = found.counts.astype(np.int64) if weights is None else found.counts.round(2)
        hours = pd.DataFrame(
            {
                "weekday": np.repeat(np.arange(7), 24),
                "hour": np.tile(np.arange(24), 7),
                "incidents": counts.ravel(),
                "exposure_hours": found.exposure_hours.ravel(),
                "ratio": found.even.ratio.ravel(),
                "low": found.even.low.ravel(),
                "high": found.even.high.ravel(),
                "more": found.even.more.ravel(),
                "fewer": found.even.fewer.ravel(),
                "unusual": found.independent.more.ravel(),
            }
        )
        if _has_small(counts, minimum):
            hours = hours.iloc[:0]
        total, n_rough = round(float(found.counts.sum())), int(rough.sum())
        by_hour, by_weekday = counts.sum(axis=0), counts.sum(axis=1)
        return ClockResult(
            found,
            hours,
            pd.DataFrame({"hour": np.arange(24), "incidents": _shown_or_missing(by_hour, minimum)}),
            pd.DataFrame({"weekday": np.arange(7), "incidents": _shown_or_missing(by_weekday, minimum)}),
            None if 0 < total < minimum else total,
            None if 0 < n_rough < minimum else n_rough,
        )

    def seasons(
        self,
        period: Period,
        *,
        step: SeriesStep = "week",
        zone: str = DEFAULT_ZONE,
        minimum: int = 1,
        area: Area | None = None,
    ) -> SeasonsResult:
        """Give incidents over time with the rhythm of week and year, and the days on which their level changed.

        Parameters
        ----------
        period
            Which incidents.
        step
            ``day``, ``week`` or ``month``.
        zone
            IANA name of the time zone whose days count.
        minimum
            Fewest incidents that may be shown. Where a step has fewer, only the steps' counts are given.
        area
            What the asker is limited to.

        Raises
        ------
        InputError
            When there is no such zone or step.
        """
        frame = self._ground.incidents(period, area)
        since, until = self._known_time(period, zone, area)
        daily = daily_counts(frame["occurred_at"], zone, since=since, until=until)
        found, rhythm = change_points(daily, step), seasonality(daily)
        counts = found.counts.astype(np.int64)
        hidden = _has_small(counts, minimum)
        series = pd.DataFrame(
            {
                "first_day": pd.Series(found.first_days.tolist(), dtype=object),
                "incidents": _shown_or_missing(counts, minimum),
                "expected": np.where(hidden, np.nan, found.expected),
            }
        )
        weekdays, months = (None, None) if hidden else (rhythm.weekdays, rhythm.months)
        return SeasonsResult(
            found.step,
            series,
            () if hidden else found.changes,
            _factors(weekdays, "weekday", 0),
            _factors(months, "month", 1),
            np.nan if weekdays is None else weekdays.p,
            np.nan if months is None else months.p,
            () if hidden else found.adjusted,
            zone,
        )

    def near_repeat(
        self,
        period: Period,
        *,
        distances_m: Sequence[float] = DISTANCES_M,
        days: Sequence[float] = DAYS,
        permutations: int = 999,
        area: Area | None = None,
        progress: Progress | None = None,
    ) -> NearRepeatResult:
        """Test whether incidents near each other in space are also near in time; see `spatialgov.incidents.knox`."""
        frame = self._ground.incidents(period, area)
        x_m, y_m = np.empty(0), np.empty(0)
        if len(frame):
            west, south, east, north = (float(limit) for limit in frame.total_bounds)
            plane = metric_crs((west + east) / 2, (south + north) / 2)
            x_m, y_m = project(frame.geometry.x, frame.geometry.y, plane)
        day = local_days(frame["occurred_at"], zone_named("UTC"))
        found = knox(x_m, y_m, day, distances_m, days, permutations=permutations, progress=_counted(progress))
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
        hands: Hands | None = None,
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
            IANA name of the time zone whose midnights days begin at.
        area
            What the asker is limited to.
        progress
            Called with how many windows of the back-test are done.
        hands
            Who makes the surfaces of the back-test in parts; None to make them here.

        Raises
        ------
        NothingPublishedError
            When no ground is in force.
        InputError
            When an option can't be met.
        """
        local = zone_named(zone)
        own = self._ground.incidents(period, area)  # an unknown category is refused here
        frame = self._ground.of_all_categories(period, own, area)
        scene = self._ground.scene(frame.geometry.x, frame.geometry.y, area)
        mine = frame["category"].isin(period.categories or frame["category"]).to_numpy(dtype=np.bool_)
        day = local_days(frame["occurred_at"], local)
        if period.until is not None:
            start = day_of(period.until, local)
        else:
            start = float(np.floor(day.max() if len(day) else day_of(datetime.now(UTC), local))) + 1.0
        found = forecast(
            scene.x_m,
            scene.y_m,
            day,
            scene.bounds,
            horizon_days=horizon_days,
            start_day=start,
            own=mine,
            boundary=scene.boundary_m,
            cell_m=cell_m,
            windows=windows,
            confidence=confidence,
            progress=_counted(progress),
            walking=None if hands is None else walked_in_parts(hands),
        )
        end = moment_of(start + horizon_days, local)
        return ForecastResult(found, scene.crs, moment_of(start, local), end, int((mine & scene.inside).sum()))

    def _known_time(self, period: Period, zone: str, area: Area | None) -> tuple[datetime | None, datetime | None]:
        """Give the time that incidents of any category are known of: hours and days without any count too."""
        local = zone_named(zone)
        span = self._ground.span(period, local, area)
        if span is None or span[0] == span[1]:
            return None, None
        return moment_of(span[0], local).to_pydatetime(), moment_of(span[1], local).to_pydatetime()


def _has_small(counts: npt.NDArray[Any], minimum: int) -> bool:
    return minimum > 1 and bool(((counts > 0) & (counts < minimum)).any())


def _shown_or_missing(counts: npt.NDArray[Any], minimum: int) -> "pd.Series[Any]":
    if counts.dtype.kind == "f":  # shares of incidents, for whoever may see all
        return pd.Series(counts.round(2))
    return pd.Series(counts, dtype="Int64").mask(~shown_counts(counts, minimum))


def _factors(found: Factors | None, name: str, first: int) -> pd.DataFrame | None:
    if found is None:
        return None
    columns = {"factor": found.factor, "low": found.low, "high": found.high}
    return pd.DataFrame({name: np.arange(first, first + len(found.factor)), **columns})


def _counted(progress: Progress | None) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(Step(done, total))

"""What the public may see of incidents: no hidden count can be worked out from the rest of an answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from spatialgov.incidents import StudyArea, h3_counts, hot_spots_of, study_area
from spatialgov.store import Store
from spatialgov.workspace import Analysis, IncidentAnalysis, IncidentTimes, Period

MINIMUM = 5
ZONE = ZoneInfo("Asia/Shanghai")
BEGIN = datetime(2026, 3, 2, tzinfo=ZONE)  # a Monday
GROUND = shapely.box(118.30, 35.10, 118.325, 35.12)


@lru_cache
def ground(resolution: int) -> StudyArea:
    return study_area(GROUND, resolution)


class Town:
    """Stands for `Analysis` over given incidents: hours after `BEGIN` and places on the ground, from 0 to 1."""

    def __init__(self, incidents: Sequence[tuple[int, float, float]]) -> None:
        west, south, east, north = GROUND.bounds
        x = [west + one[1] * (east - west) for one in incidents]
        y = [south + one[2] * (north - south) for one in incidents]
        when = pd.Series([BEGIN + timedelta(hours=one[0]) for one in incidents], dtype="datetime64[us, Asia/Shanghai]")
        self.frame = gpd.GeoDataFrame(
            {"category": "0101", "occurred_at": when, "occurred_until": pd.Series(pd.NaT, when.index, when.dtype)},
            geometry=gpd.points_from_xy(x, y),
            crs=4326,
        )

    def incidents(self, period: Period, *, area: object = None) -> gpd.GeoDataFrame:
        del area
        when = self.frame["occurred_at"]
        held = np.ones(len(when), dtype=bool)
        if period.since is not None:
            held &= (when >= period.since).to_numpy()
        if period.until is not None:
            held &= (when < period.until).to_numpy()
        return self.frame[held]

    def span(self, period: Period, *, area: object = None) -> tuple[datetime, datetime] | None:
        when = self.incidents(period, area=area)["occurred_at"]
        return None if when.empty else (when.min(), when.max())

    def cell_counts(self, resolution: int, period: Period, *, area: object = None) -> Any:
        points = self.incidents(period, area=area).geometry
        return h3_counts(points.x, points.y, resolution)

    def study_area(self, resolution: int, *, area: object = None) -> StudyArea:
        del area
        return ground(resolution)


def times(town: Town) -> IncidentTimes:
    return IncidentTimes(cast("Store", None), cast("Analysis", town))


def places(town: Town) -> IncidentAnalysis:
    return IncidentAnalysis(cast("Store", None), cast("Analysis", town))


def sizes(n: int, equations: list[tuple[list[int], int]], asked: int) -> tuple[float, float]:
    """Give the least and the largest value that one of n counts can have when some sums of them are known."""
    known = np.zeros((len(equations), n))
    for row, (members, _) in enumerate(equations):
        known[row, members] = 1
    sums = np.array([total for _, total in equations], dtype=float)
    wanted = np.zeros(n)
    wanted[asked] = 1
    found = [linprog(sign * wanted, A_eq=known, b_eq=sums, bounds=(0, None)) for sign in (1, -1)]
    least, most = (one.fun if one.success else None for one in found)
    return float(least or 0), np.inf if most is None else -float(most)  # no limit, where little is known


def shown_rows(table: pd.DataFrame) -> list[tuple[int, int]]:
    return [(k, int(n)) for k, n in enumerate(table["incidents"]) if not pd.isna(n)]


def check_hidden(counts: Sequence[int], shown: Sequence[int | None]) -> None:
    """Nothing small is shown, and what is hidden differs among itself or is all that there is."""
    assert all(one is None or one == count for one, count in zip(shown, counts, strict=True))
    assert not any(one is not None and 0 < one < MINIMUM for one in shown)
    hidden = [count for one, count in zip(shown, counts, strict=True) if one is None]
    if len(hidden) < len(counts):
        assert not hidden or (len(set(hidden)) > 1 and sum(hidden) >= MINIMUM)


hours = st.lists(st.integers(0, 14 * 24 - 1), min_size=1, max_size=400)
gathered = st.builds(
    lambda spread, more: spread + more,
    hours,
    st.lists(st.sampled_from([8, 9, 32, 33, 176, 200]), max_size=200),
)


@settings(max_examples=10, deadline=None)
@given(gathered)
def test_no_hour_of_the_week_can_be_worked_out_from_the_margins(when: list[int]) -> None:
    town = Town([(hour, 0.5, 0.5) for hour in when])
    found = times(town).clock(Period(), minimum=MINIMUM)
    week = np.zeros((7, 24), dtype=np.int64)
    for hour in when:
        week[hour // 24 % 7, hour % 24] += 1
    for axis, table in ((0, found.by_hour), (1, found.by_weekday)):
        told = [None if pd.isna(n) else int(n) for n in table["incidents"]]
        check_hidden(week.sum(axis=axis).tolist(), told)
    small = np.flatnonzero(((week > 0) & (week < MINIMUM)).ravel())
    if not len(small):
        assert found.hours["incidents"].tolist() == week.ravel().tolist()
        return
    assert found.hours.empty
    cell = np.arange(168).reshape(7, 24)
    equations = [(cell[:, hour].tolist(), n) for hour, n in shown_rows(found.by_hour)]
    equations += [(cell[day].tolist(), n) for day, n in shown_rows(found.by_weekday)]
    if found.total is not None:
        equations.append((cell.ravel().tolist(), found.total))
    for asked in small[:2].tolist():
        low, high = sizes(168, equations, asked)
        assert high - low >= 1, (asked, week.ravel()[asked])


def test_hours_are_shown_where_none_is_small() -> None:
    town = Town([(hour, 0.5, 0.5) for hour in range(7 * 24) for _ in range(MINIMUM)])
    assert len(times(town).clock(Period(), minimum=MINIMUM).hours) == 168


@settings(max_examples=20, deadline=None)
@given(gathered, st.sampled_from(["day", "week", "month"]))
def test_no_step_of_time_can_be_worked_out_from_the_others(when: list[int], step: Any) -> None:
    town = Town([(hour, 0.5, 0.5) for hour in when])
    exact = times(town).seasons(Period(), step=step)
    found = times(town).seasons(Period(), step=step, minimum=MINIMUM)
    told = [None if pd.isna(n) else int(n) for n in found.series["incidents"]]
    check_hidden(exact.series["incidents"].tolist(), told)
    if any(0 < n < MINIMUM for n in exact.series["incidents"]):
        assert found.series["expected"].isna().all()
        assert (len(found.changes), found.weekdays, found.months) == (0, None, None)


spots = st.lists(
    st.tuples(st.integers(0, 14 * 24 - 1), st.floats(0.05, 0.95), st.floats(0.05, 0.95)), min_size=1, max_size=30
)


@settings(max_examples=8, deadline=None)
@given(spots, st.lists(st.integers(0, 9), min_size=2, max_size=6))
def test_no_place_of_a_review_can_be_worked_out_from_the_totals(spread: Any, heaps: list[int]) -> None:
    incidents = list(spread)
    for k, size in enumerate(heaps):  # places that are hot in the first week, in the second, or in both
        incidents += [(24 * (3 + 7 * (k % 2)) + j, 0.1 + 0.14 * k, 0.3 + 0.3 * (k % 2)) for j in range(size)]
    until = BEGIN + timedelta(days=14)
    asked: dict[str, Any] = {"every": "week", "windows": 2, "resolution": 10}
    exact = places(Town(incidents)).review(Period(until=until), **asked)
    found = places(Town(incidents)).review(Period(until=until), minimum=MINIMUM, **asked)
    true = {shape.wkb: row for shape, row in zip(exact.places.geometry, exact.places.itertuples(), strict=True)}
    for name in ("n_before", "n_after"):
        counts = [int(getattr(row, name)) for row in true.values()]
        told = {s.wkb: n for s, n in zip(found.places.geometry, found.places[name], strict=True) if not pd.isna(n)}
        rest = max(exact.review.counts[-2:][name == "n_after"] - sum(counts), 0)
        shown = [told.get(key) for key in true]
        assert not any(one is not None and 0 < one < MINIMUM for one in shown)
        if None in shown:
            check_hidden([*counts, rest], [*shown, None])
    hidden = found.places[["n_before", "n_after"]].isna().any(axis=1)
    told_by = ["rate_ratio", "ratio_low", "ratio_high", "p", "p_adjusted", "per_day_before", "per_day_after"]
    assert found.places.loc[hidden, told_by].isna().all(axis=None)
    assert all(n is None or n == 0 or n >= MINIMUM for n in found.counts)
    if None in found.counts:
        assert found.about()["overall"] is None


@settings(max_examples=8, deadline=None)
@given(spots, st.integers(0, 40))
def test_no_cell_that_emerges_can_be_worked_out(spread: Any, size: int) -> None:
    incidents = [*spread, *((24 * 9 + j % 100, 0.5, 0.5) for j in range(size))]
    found = places(Town(incidents)).emerging(Period(), every="week", resolution=9, minimum=MINIMUM)
    assert ((found.cells["n_incidents"] == 0) | (found.cells["n_incidents"] >= MINIMUM)).all()
    last = found.cells["last"].dropna()
    assert ((last == 0) | (last >= MINIMUM)).all()


@pytest.mark.parametrize("heap", [3, 6, 30])
def test_hot_spots_with_few_incidents_are_left_out(heap: int) -> None:
    incidents = [(0, 0.5, 0.5)] * heap + [(0, 0.2, 0.2)] * 40
    counts, outside = ground(9).placed(*Town(incidents).cell_counts(9, Period()))
    exact = hot_spots_of(counts, ground(9), method="excess")
    assert (heap == 3) or {heap, 40} <= set(exact.spots["n_incidents"])
    found = exact.at_least(MINIMUM).spots
    assert (found["n_incidents"] >= MINIMUM).all()
    assert found["rank"].tolist() == list(range(1, len(found) + 1))
    assert outside == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60 * 24), st.floats(0.05, 0.95), st.floats(0.05, 0.95)), max_size=120))
def test_coarse_incidents_do_not_depend_on_what_else_is_asked_for(incidents: Any) -> None:
    analysis = places(Town(incidents))
    every = analysis.coarse(Period(), minimum=MINIMUM)
    assert (every["incidents"] >= MINIMUM).all()
    assert every["incidents"].sum() <= len(incidents)
    assert set(every.columns) == {"category", "month", "cell", "resolution", "incidents", "geometry"}
    part = analysis.coarse(
        Period(BEGIN + timedelta(days=35, hours=7), BEGIN + timedelta(days=36, minutes=1)), minimum=MINIMUM
    )
    pd.testing.assert_frame_equal(part, every[every["month"] == "2026-04"].reset_index(drop=True), check_dtype=False)

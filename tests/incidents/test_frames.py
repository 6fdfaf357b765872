"""Incidents by cell and frame: every incident in its frame, exposure as the calendar has it, small counts hidden."""

from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.errors import InputError
from spatialgov.incidents import FRAME_KINDS, FrameKind, time_frames
from spatialgov.language import using_language
from spatialgov.projection import WGS84

ZONE = "Asia/Shanghai"


def incidents(times: list[str], places: int = 1) -> gpd.GeoDataFrame:
    points = [shapely.Point(116.0 + 0.01 * (i % places), 34.0) for i in range(len(times))]
    occurred = pd.to_datetime(pd.Series(times, dtype="object"), utc=True, format="ISO8601")
    return gpd.GeoDataFrame({"occurred_at": occurred}, geometry=points, crs=WGS84)


def random_incidents(n: int = 2000) -> gpd.GeoDataFrame:
    random = np.random.default_rng(5)
    minutes = random.integers(0, 90 * 24 * 60, n)
    times = pd.Timestamp("2025-11-20T00:00+08:00") + pd.to_timedelta(minutes, unit="min")
    places = random.normal((116.0, 34.0), 0.01, (n, 2))
    return gpd.GeoDataFrame({"occurred_at": times}, geometry=shapely.points(places), crs=WGS84)


@pytest.mark.parametrize("kind", FRAME_KINDS)
def test_each_incident_is_in_the_frame_of_its_local_time(kind: FrameKind) -> None:
    frame = random_incidents()
    found = time_frames(frame, 8, kind, ZONE, minimum=1)
    assert found.counts.sum() == found.cells["count"].sum() == len(frame)
    local = frame["occurred_at"].dt.tz_convert(ZONE)
    expected = {
        "hour": local.dt.hour,
        "weekday": local.dt.day_of_week,
        "week": local.dt.tz_localize(None).dt.to_period("W-SUN").dt.start_time.dt.date,
        "month": local.dt.strftime("%Y-%m-01"),
    }[kind]
    by_hand = expected.astype(str).value_counts()
    keys = [str(key) for key in found.keys.tolist()]
    assert dict(zip(keys, found.totals.tolist(), strict=True)) == {key: by_hand.get(key, 0) for key in keys}
    assert set(by_hand.index) <= set(keys)


def test_a_month_that_the_period_cuts_is_looked_at_for_less() -> None:
    since, until = datetime.fromisoformat("2025-12-22T00:00+08:00"), datetime.fromisoformat("2026-02-09T00:00+08:00")
    found = time_frames(random_incidents(), 8, "month", ZONE, since=since, until=until, minimum=1)
    assert found.keys.astype(str).tolist() == ["2025-12-01", "2026-01-01", "2026-02-01"]
    assert found.weeks.tolist() == pytest.approx([10 / 7, 31 / 7, 8 / 7])
    weekly = time_frames(random_incidents(), 8, "week", ZONE, since=since, until=until, minimum=1)
    assert weekly.weeks.tolist() == [1.0] * 7  # whole weeks, across the turn of the year
    hours = time_frames(random_incidents(), 8, "hour", ZONE, since=since, until=until, minimum=1)
    assert hours.weeks.tolist() == pytest.approx([49 / 7] * 24)


@pytest.mark.parametrize("kind", FRAME_KINDS)
def test_the_sum_over_frames_does_not_tell_a_hidden_count(kind: FrameKind) -> None:
    frame = random_incidents()
    exact, public = (time_frames(frame, 8, kind, ZONE, minimum=minimum) for minimum in (1, 5))
    known = exact.cells.set_index("cell")["count"]
    for cell, row in zip(public.cells["cell"], public.counts, strict=True):
        whole = exact.counts[known.index.get_loc(cell)]
        hidden = whole[row == 0][whole[row == 0] > 0]
        assert (row[row > 0] >= 5).all()
        assert len(hidden) == 0 or (len(hidden) > 1 and hidden.sum() >= 5)
    assert public.suppressed.sum() == (exact.counts > 0).sum() - (public.counts > 0).sum()


@pytest.mark.parametrize("kind", FRAME_KINDS)
@pytest.mark.parametrize("n", [0, 1, 10])
def test_next_to_nothing(kind: FrameKind, n: int) -> None:
    frame = incidents([f"2025-12-31T23:59:{k:02d}+08:00" for k in range(n)])
    found = time_frames(frame, 10, kind, ZONE, minimum=1)
    assert len(found.keys) == len(found.weeks) == len(found.totals) == found.counts.shape[1]
    assert found.totals.sum() == n
    assert time_frames(frame, 10, kind, ZONE).counts.sum() == (n if n >= 5 else 0)


def test_midnight_belongs_to_the_new_day() -> None:
    frame = incidents(["2025-12-31T23:59:59.999999+08:00", "2026-01-01T00:00:00+08:00"])
    assert time_frames(frame, 9, "month", ZONE, minimum=1).totals.tolist() == [1, 1]
    assert time_frames(frame, 9, "weekday", ZONE, minimum=1).totals.tolist() == [0, 0, 1, 1, 0, 0, 0]
    assert time_frames(frame, 9, "hour", "UTC", minimum=1).totals[[15, 16]].tolist() == [1, 1]


def rough_incidents() -> gpd.GeoDataFrame:
    """Give a day, a night, an hour across midnight, and three exact times, all of Thursday 2026-01-01 at first."""
    times = [f"2026-01-01T{clock}:00+08:00" for clock in ("00:00", "22:00", "23:30", "08:00", "09:00", "09:59")]
    hours = pd.Series([24, 9, 1, np.nan, np.nan, np.nan])
    frame = incidents(times)
    return frame.assign(occurred_until=frame["occurred_at"] + pd.to_timedelta(hours, unit="h"))


@pytest.mark.parametrize(("kind", "rough"), [("hour", 2), ("weekday", 2), ("week", 0), ("month", 0)])
def test_what_is_not_known_to_the_hour_or_day_is_in_no_frame_of_them(kind: FrameKind, rough: int) -> None:
    found = time_frames(rough_incidents(), 9, kind, ZONE, minimum=1)
    assert found.rough == rough
    assert found.totals.sum() == found.counts.sum() == 6 - rough
    if kind == "hour":
        assert {hour: n for hour, n in enumerate(found.totals) if n} == {8: 1, 9: 2, 23: 1}
    if kind == "weekday":
        assert found.totals.tolist() == [0, 0, 0, 4, 0, 0, 0]


def test_few_that_are_in_no_frame_are_not_told() -> None:
    day = rough_incidents().iloc[:1]
    assert time_frames(pd.concat([day] * 4), 9, "hour", ZONE, minimum=5).rough == -1
    many = time_frames(pd.concat([day] * 5), 9, "hour", ZONE, minimum=5)
    assert (many.rough, len(many.cells)) == (5, 0)
    # a cell of 25, as other pages show it, of which 24 are at hours: the rest would be known
    known = rough_incidents().iloc[[3, 4]]
    found = time_frames(pd.concat([*[known] * 12, day]), 9, "hour", ZONE, minimum=5)
    assert found.counts.sum() < 24
    assert found.rough == -1


def test_too_many_frames_are_refused_with_a_remedy() -> None:
    frame = incidents(["2020-01-01T00:00+08:00", "2026-01-01T00:00+08:00"])
    with using_language("en"), pytest.raises(InputError, match="314 frames") as caught:
        time_frames(frame, 9, "week", ZONE)
    assert "months" in str(caught.value.remedy)
    assert len(time_frames(frame, 9, "month", ZONE).keys) == 73

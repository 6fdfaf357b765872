"""Aoristic weights: shares that sum to one, and equal a count minute by minute."""

from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.incidents import aoristic_weights

SHANGHAI = "Asia/Shanghai"


def series(*times: str | None, tz: str = SHANGHAI) -> Any:
    naive = pd.Series([pd.NaT if time is None else pd.Timestamp(time) for time in times], dtype="datetime64[us]")
    return naive.dt.tz_localize(tz).dt.tz_convert("UTC")


def weights(at: str, until: str | None, bins: Any = "hour_of_week", timezone: str | None = SHANGHAI) -> Any:
    zone = timezone or SHANGHAI
    return aoristic_weights(series(at, tz=zone), series(until, tz=zone), bins, timezone=timezone).toarray()[0]


def test_an_exact_time_is_one_hour() -> None:
    found = weights("2026-05-01T14:59:59", None)  # a Friday
    assert np.flatnonzero(found).tolist() == [4 * 24 + 14]
    assert found.sum() == 1


def test_an_interval_over_midnight_sunday() -> None:
    found = weights("2026-05-03T22:30", "2026-05-04T01:30")
    assert np.flatnonzero(found).tolist() == [0, 1, 6 * 24 + 22, 6 * 24 + 23]
    assert found[[6 * 24 + 22, 6 * 24 + 23, 0, 1]] == pytest.approx([1 / 6, 1 / 3, 1 / 3, 1 / 6])


def test_weeks_count_alike() -> None:
    assert weights("2026-05-01", "2026-05-15") == pytest.approx(np.full(168, 1 / 168))
    found = weights("2026-05-01", "2026-05-09")  # 192 hours
    assert found.sum() == pytest.approx(1)
    assert found[4 * 24] == pytest.approx(2 / 192)
    assert found[5 * 24] == pytest.approx(1 / 192)


def test_an_hour_that_clocks_leave_out_counts_nothing_and_one_that_comes_twice_double() -> None:
    spring = weights("2026-03-29T00:00", "2026-03-30T00:00", timezone="Europe/Berlin")
    assert spring[6 * 24 + 2] == 0
    assert spring.sum() == pytest.approx(1)
    autumn = weights("2026-10-25T00:00", "2026-10-26T00:00", timezone="Europe/Berlin")
    assert autumn[6 * 24 + 2] == pytest.approx(2 / 25)


def test_days_and_other_edges() -> None:
    days = pd.date_range("2026-05-01", "2026-05-04", tz=SHANGHAI)
    assert weights("2026-05-01T12:00", "2026-05-03T12:00", days).tolist() == [0.25, 0.5, 0.25]
    assert weights("2026-05-02T00:00", None, days).tolist() == [0, 1, 0], "a bin has its lower edge"
    assert weights("2026-05-01T00:00", "2026-05-02T00:00", days).tolist() == [1, 0, 0]
    assert weights("2026-04-30T12:00", "2026-05-01T12:00", days).tolist() == [0.5, 0, 0], "what is before is left out"
    assert weights("2026-05-03T12:00", "2026-05-09T12:00", days).tolist() == [0, 0, pytest.approx(1 / 12)]
    for outside in ("2026-04-30T23:59:59", "2026-05-04T00:00"):
        assert weights(outside, None, days).tolist() == [0, 0, 0]
    assert weights("2026-04-01", "2026-04-02", days).sum() == weights("2026-06-01", "2026-06-02", days).sum() == 0


def test_no_incident_at_all() -> None:
    nothing = series()
    assert aoristic_weights(nothing, nothing, "hour_of_week", timezone=SHANGHAI).shape == (0, 168)


ZONES = st.sampled_from([SHANGHAI, "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"])


@settings(max_examples=40, deadline=None)
@given(
    zone=ZONES,
    start=st.datetimes(pd.Timestamp("2026-01-01").to_pydatetime(), pd.Timestamp("2026-12-31").to_pydatetime()),
    minutes=st.integers(0, 6 * 24 * 60),
)
def test_equals_a_count_of_minutes(zone: str, start: Any, minutes: int) -> None:
    begin = pd.Timestamp(start).floor("min").tz_localize("UTC")
    found = aoristic_weights(
        pd.Series([begin]), pd.Series([begin + pd.Timedelta(minutes=minutes)]), "hour_of_week", timezone=zone
    ).toarray()[0]
    every = pd.date_range(begin, periods=max(minutes, 1), freq="min").tz_convert(ZoneInfo(zone))
    counted = np.bincount(24 * every.day_of_week + every.hour, minlength=168) / len(every)
    assert found == pytest.approx(counted, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.none() | st.integers(0, 10**6)), max_size=8),
    st.sets(st.integers(-10, 2 * 10**6 + 10), min_size=2, max_size=9),
)
def test_equals_the_overlaps_one_by_one(rows: list[tuple[int, int | None]], cuts: set[int]) -> None:
    def moments(values: list[Any]) -> Any:
        return pd.Series(pd.to_datetime(pd.array(values, dtype="Int64"), unit="s", utc=True)).dt.as_unit("us")

    edges = sorted(cuts)
    at, until = [a for a, _ in rows], [None if w is None else a + w for a, w in rows]
    found = aoristic_weights(moments(at), moments(until), pd.DatetimeIndex(moments(edges))).toarray()
    for row, (a, width) in enumerate(rows):
        for k, (low, high) in enumerate(pairwise(edges)):
            share = float(low <= a < high) if not width else max(0, min(a + width, high) - max(a, low)) / width
            assert found[row, k] == pytest.approx(share)


def test_what_can_not_be_weighed() -> None:
    at, none = series("2026-05-01"), series(None)
    with pytest.raises(InputError, match="time zone"):
        aoristic_weights(at, none, "hour_of_week")
    with pytest.raises(InputError, match="no time zone"):
        aoristic_weights(at.dt.tz_localize(None), none, "hour_of_week", timezone=SHANGHAI)
    with pytest.raises(InputError, match="ascend"):
        aoristic_weights(at, none, pd.DatetimeIndex(["2026-05-02", "2026-05-01"], tz=SHANGHAI))
    with pytest.raises(InputError, match="before it occurred"):
        aoristic_weights(at, series("2026-04-30"), "hour_of_week", timezone=SHANGHAI)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.incidents import WeekHours
from spatialgov.incidents.cube import Cube, LocalHours
from spatialgov.incidents.times import zone_named

ZONE = "Europe/Berlin"
hours_of_week = st.sets(st.integers(0, 167), min_size=1)


@given(hours_of_week)
def test_hours_are_read_singly_and_as_ranges(hours: set[int]) -> None:
    assert WeekHours.parse(",".join(map(str, hours)), ZONE).hours == tuple(sorted(hours))
    first, last = min(hours), max(hours)
    assert WeekHours.parse(f"{first}-{last}", ZONE).hours == tuple(range(first, last + 1))
    assert np.flatnonzero(WeekHours(tuple(sorted(hours)), ZONE).table()).tolist() == sorted(hours)


@pytest.mark.parametrize("text", ["", ",", "x", "168", "5-3", "-1", "1-", "0-168", "1;2", "0-5,", "１", "1e2"])
def test_what_is_no_hour_of_the_week_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no hour of the week"):
        WeekHours.parse(text, ZONE)


@given(
    st.lists(st.tuples(st.integers(0, 400 * 24 * 60), st.sampled_from([0, 1, 59, 60, 61, 600])), max_size=30),
    hours_of_week,
)
def test_a_table_and_the_cube_choose_the_same(minutes: list[tuple[int, int]], hours: set[int]) -> None:
    """Across changes of clocks, and what is known to the hour only as well as what is not."""
    begin = pd.Timestamp("2025-09-01", tz="UTC")
    at = pd.Series([begin + pd.Timedelta(minutes=m) for m, _ in minutes], dtype="datetime64[us, UTC]")
    ends = pd.Series([begin + pd.Timedelta(minutes=m + rough) for m, rough in minutes], dtype="datetime64[us, UTC]")
    chosen = WeekHours(tuple(sorted(hours)), ZONE)
    held = chosen.hold(at, ends.where(ends > at))
    times, until = (one.dt.tz_localize(None).to_numpy().view(np.int64) for one in (at, ends))
    n = len(minutes)
    cube = Cube.build(np.arange(n), times, until, np.zeros(n), np.zeros(n), np.zeros(n), ["0101"])
    clock = LocalHours.of(cube.time_us, cube.until_us, zone_named(ZONE))
    found = cube.slice(hours=clock, open_hours=chosen.table())
    assert sorted(cube.ids[found.positions()].tolist()) == np.flatnonzero(held).tolist()

"""Counts by grid, heat maps, and what may be shown."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.incidents import counts_by_grid, heat_map, shown_counts


def incidents(places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(place) for place in places], crs=4326)


def test_counts_by_grid_and_category() -> None:
    frame = incidents([(118.31, 35.11)] * 5).assign(category=["0102", "0101", "0101", "0101", "0301"])
    table = counts_by_grid(frame, np.array([2, 0, 0, 2, -1], dtype=np.int32), ["a", "b", "c"])
    assert table.to_dict("index") == {
        "a": {"0101": 2, "0102": 0},
        "b": {"0101": 0, "0102": 0},
        "c": {"0101": 1, "0102": 1},
    }
    assert counts_by_grid(frame[:0], np.empty(0, np.int32), ["a"]).shape == (1, 0)


def test_heat_map_hides_small_counts_and_says_so() -> None:
    places = [(118.301, 35.101)] * 5 + [(118.33, 35.12)] * 2 + [(118.315, 35.11)] * 3
    public = heat_map(incidents(places), 9)
    assert public.cells["count"].tolist() == [5]
    assert public.suppressed == 2
    everything = heat_map(incidents(places), 9, minimum=1)
    assert everything.cells["count"].sum() == 10
    assert everything.suppressed == 0


def test_heat_map_of_nothing() -> None:
    empty = heat_map(incidents([]), 9)
    assert len(empty.cells) == 0
    assert empty.cells.crs == 4326


# what may be shown in public ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([], []),
        ([9, 0, 7], [True, True, True]),
        ([9, 4, 7, 20], [True, False, False, True]),  # one hidden cell is the total less the others: 7 goes with it
        ([9, 1, 1, 20], [False, False, False, True]),  # so are two that make 2 together
        ([9, 3, 3, 20], [True, False, False, True]),
        ([9, 4, 0], [False, False, True]),
        ([3], [False]),
    ],
)
def test_no_hidden_count_can_be_worked_out_from_the_total(counts: list[int], shown: list[bool]) -> None:
    assert shown_counts(counts, 5).tolist() == shown


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(1, 8))
def test_hidden_counts_hide_each_other(counts: list[int], minimum: int) -> None:
    shown = shown_counts(counts, minimum)
    held = np.array(counts, dtype=np.int64)
    assert not (shown & (held > 0) & (held < minimum)).any()
    hidden = held[~shown]
    if len(hidden) and shown[held > 0].any():
        assert len(hidden) > 1
        assert hidden.sum() >= minimum
    if minimum == 1:
        assert shown.all()

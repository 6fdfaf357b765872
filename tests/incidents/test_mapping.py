"""Counts by grid, heat maps, and what may be shown."""

import geopandas as gpd
import numpy as np
import shapely

from spatialgov.incidents import counts_by_grid, heat_map


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

"""Heat maps and hot spots."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.incidents import counts_by_grid, heat_map, hot_spots

TOWN = shapely.box(118.30, 35.10, 118.34, 35.13)


def incidents(places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(place) for place in places], crs=4326)


def scattered(n: int, seed: int) -> list[tuple[float, float]]:
    rng = np.random.default_rng(seed)
    west, south, east, north = TOWN.bounds
    return [(float(x), float(y)) for x, y in zip(rng.uniform(west, east, n), rng.uniform(south, north, n), strict=True)]


def gathered(n: int, lon: float, lat: float) -> list[tuple[float, float]]:
    rng = np.random.default_rng(n)
    return [(float(x), float(y)) for x, y in rng.normal((lon, lat), 0.0008, (n, 2))]


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


def test_planted_spots_are_found_and_ranked() -> None:
    places = scattered(300, 1) + gathered(120, 118.31, 35.11) + gathered(60, 118.33, 35.12)
    found = hot_spots(incidents(places), TOWN, resolution=10)
    spots = found.spots
    assert spots["rank"].tolist() == [1, 2]
    assert spots.geometry.iloc[0].contains(shapely.Point(118.31, 35.11))
    assert spots.geometry.iloc[1].contains(shapely.Point(118.33, 35.12))
    hot = found.cells[found.cells["hot"]]
    assert spots["n_hot_cells"].sum() == len(hot)
    ground = found.cells[found.cells.representative_point().within(spots.union_all())]
    assert set(hot["cell"]) <= set(ground["cell"])
    assert (ground.loc[~ground["hot"], "count"] > found.cells["count"].mean()).all()
    assert spots["n_cells"].sum() == len(ground)
    assert spots["n_incidents"].sum() == ground["count"].sum()
    assert spots["area_km2"].sum() == pytest.approx(ground["area_km2"].sum())
    assert spots["lowest_p"].min() == hot["p_upper"].min()
    mean = found.cells["count"].mean()
    np.testing.assert_allclose(spots["expected"], spots["n_cells"] * mean)
    np.testing.assert_allclose(spots["ratio"], spots["n_incidents"] / spots["expected"])
    assert (spots["ratio"] > 2).all()


def test_incidents_outside_are_counted_apart() -> None:
    found = hot_spots(incidents([(118.32, 35.11), (118.6, 35.4)]), TOWN, resolution=9)
    assert found.outside == 1
    assert found.cells["count"].sum() == 1


def test_cells_without_incidents_count() -> None:
    found = hot_spots(incidents(scattered(40, 2)), TOWN, resolution=10)
    assert (found.cells["count"] == 0).sum() > 100
    assert found.cells.union_all().covers(TOWN)


@pytest.mark.parametrize("places", [[], [(118.32, 35.11)], [(118.32, 35.11)] * 500], ids=["none", "one", "one point"])
def test_few_incidents_are_no_trouble(places: list[tuple[float, float]]) -> None:
    found = hot_spots(incidents(places), TOWN, resolution=10)
    assert found.cells["count"].sum() == len(places)
    assert len(found.spots) <= 1
    assert list(found.spots.columns[-1:]) == ["geometry"]
    assert found.spots.crs == 4326


def test_even_spread_gives_no_hot_spot() -> None:
    found = [hot_spots(incidents(scattered(200, seed)), TOWN, resolution=10) for seed in range(12)]
    assert sum(len(one.spots) > 0 for one in found) <= 2

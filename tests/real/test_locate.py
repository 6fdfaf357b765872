"""The locator over real census tracts."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest

from spatialgov.locate import Locator


@pytest.mark.parametrize("name", ["ri_tracts.gpkg", "nh_tracts.gpkg"])
def test_agrees_with_sjoin(real_data: Path, name: str) -> None:
    tracts = gpd.read_file(real_data / name).rename(columns={"unit_id": "code"})[["code", "geometry"]]
    locator = Locator.build(tracts)
    west, south, east, north = tracts.total_bounds
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(west, east, 100_000), rng.uniform(south, north, 100_000)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326)
    joined = gpd.sjoin(points, tracts, predicate="within")
    expected = np.full(len(points), -1)
    expected[joined.index] = joined["index_right"]
    assert (expected >= 0).sum() > 10_000
    np.testing.assert_array_equal(locator.locate_many(lon, lat), expected)
    assert locator.codes == tracts["code"].tolist()

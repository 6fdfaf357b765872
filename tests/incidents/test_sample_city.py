"""The sample city: its incidents are sound, and its planted hot spots are found."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from spatialgov.incidents import hot_spots, read_categories, read_incidents
from spatialgov.sample import boundaries_dir


@pytest.fixture(scope="module")
def city() -> Path:
    return boundaries_dir() / "sample"


@pytest.fixture(scope="module")
def incidents(city: Path) -> gpd.GeoDataFrame:
    read = read_incidents(city / "incidents.csv", datum="wgs84", timezone="Asia/Shanghai")
    assert read.faults == ()
    assert read.dropped_columns == ()
    return read.frame


def test_every_category_is_in_the_list(city: Path, incidents: gpd.GeoDataFrame) -> None:
    assert set(incidents["category"]) <= set(read_categories(city / "incident_categories.csv")["code"])


def test_planted_hot_spots_come_first(city: Path, incidents: gpd.GeoDataFrame) -> None:
    levels = gpd.read_file(city / "jurisdictions.geojson")
    district = levels.loc[levels["level"] == "district"].geometry.iloc[0]
    planted = json.loads((city / "manifest.json").read_text(encoding="utf-8"))["planted"]
    assert len(planted) == 3
    for spot in planted:
        first = pd.Timestamp(spot["from"], tz="Asia/Shanghai")
        end = pd.Timestamp(spot["to"], tz="Asia/Shanghai") + pd.Timedelta(days=1)
        then = incidents["occurred_at"].between(first, end, inclusive="left")
        found = hot_spots(incidents[then & (incidents["category"] == spot["category"])], district, resolution=10).spots
        assert found.geometry.iloc[0].contains(shapely.Point(spot["lon"], spot["lat"])), spot["course"]
        assert found["n_incidents"].iloc[0] > 0.8 * spot["incidents"]
        assert len(found) <= 2

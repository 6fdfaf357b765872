"""Rolling review and rates on real vehicle thefts (Portland): what is shuffled in time did not change."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry.base import BaseGeometry

from spatialgov.incidents import density_change, review, review_of, study_area, windows_before

ZONE = ZoneInfo("America/Los_Angeles")
RESOLUTION = 9


@pytest.fixture(scope="module")
def city(real_data: Path) -> BaseGeometry:
    districts = gpd.read_parquet(real_data / "portland_districts.parquet")
    ground: BaseGeometry = gpd.GeoSeries([districts.union_all().buffer(1)], crs="EPSG:2913").to_crs(4326).iloc[0]
    return ground


@pytest.fixture(scope="module")
def thefts(real_data: Path) -> gpd.GeoDataFrame:
    table = pd.read_parquet(real_data / "portland_nij_vehicle_theft.parquet")
    points = gpd.GeoSeries.from_xy(table["x_ft"], table["y_ft"], crs="EPSG:2913").to_crs(4326)
    occurred_at = table["occ_date"].dt.tz_localize("America/Los_Angeles")
    return gpd.GeoDataFrame({"occurred_at": occurred_at}, geometry=points.to_numpy(), crs=4326)


def test_years_are_reviewed(thefts: gpd.GeoDataFrame, city: BaseGeometry) -> None:
    windows = windows_before(datetime(2016, 12, 1, tzinfo=ZONE), "year", count=3)
    found = review(thefts, city, windows, resolution=RESOLUTION, simulations=49)
    assert len(found.places) > 3
    assert {"new", "gone"} & set(found.places["state"])
    assert found.places.geometry.is_valid.all()
    occurred = thefts["occurred_at"]
    held = tuple(int(((occurred >= since) & (occurred < until)).sum()) for since, until in windows)
    assert sum(found.counts) + found.outside == sum(held)
    assert (found.places["ratio_low"] <= found.places["rate_ratio"]).all()


@pytest.mark.parametrize("days", [(365, 365), (730, 182)])
def test_thefts_shuffled_in_time_give_no_change(
    thefts: gpd.GeoDataFrame, city: BaseGeometry, days: tuple[int, int]
) -> None:
    """Places stay, dates are dealt out anew: at 5 %, 4 of 16 or fewer in 99 of 100 runs."""
    area = study_area(city, RESOLUTION)
    points = thefts.geometry
    day = (thefts["occurred_at"] - thefts["occurred_at"].min()).dt.days.to_numpy()
    rng = np.random.default_rng(0)
    false, places = 0, 0
    for seed in range(16):
        shuffled = rng.permutation(day)
        windows = [shuffled < days[0], (shuffled >= days[0]) & (shuffled < sum(days))]
        counts = np.column_stack([area.counts(points.x[one], points.y[one])[0] for one in windows])
        found = review_of(counts, days, area, simulations=39, seed=seed)
        places += len(found.places)
        false += bool((found.places["change"] != "steady").any())
    assert places > 30
    assert false <= 4


def test_densities_of_thefts_shuffled_in_time_do_not_change(thefts: gpd.GeoDataFrame) -> None:
    plane = thefts.to_crs(32610).geometry
    x, y = plane.x.to_numpy(), plane.y.to_numpy()
    day = (thefts["occurred_at"] - thefts["occurred_at"].min()).dt.days.to_numpy()
    bounds = tuple(plane.total_bounds)
    rng = np.random.default_rng(1)
    any_found, rejected = 0, []
    for _ in range(40):
        shuffled = rng.permutation(day)
        one, other = shuffled < 365, (shuffled >= 365) & (shuffled < 456)
        found = density_change((x[one], y[one]), (x[other], y[other]), (365, 91), bounds, 200, 500)
        any_found += bool((found.more | found.fewer).any())
        rejected.append((found.p <= 0.05).mean())
    assert any_found <= 5
    assert np.mean(rejected) <= 0.05

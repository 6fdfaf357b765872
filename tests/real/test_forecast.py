"""Forecast of real thefts and burglaries (Portland, the challenge of the US National Institute of Justice)."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.incidents import forecast

FOOT_M = 0.3048


@pytest.fixture(scope="module")
def city(real_data: Path) -> BaseGeometry:
    districts = gpd.read_parquet(real_data / "portland_districts.parquet").union_all().buffer(1)
    shape: BaseGeometry = shapely.transform(districts, lambda feet: feet * FOOT_M)
    return shape


@pytest.mark.parametrize(("crime", "least"), [("vehicle_theft", 25.0), ("burglary", 9.0)])
def test_the_forecast_beats_kernels_and_chance(real_data: Path, city: BaseGeometry, crime: str, least: float) -> None:
    """At 0.25 of 147.7 square miles, in cells of 250 feet, with a year of windows of 28 days."""
    table = pd.read_parquet(real_data / f"portland_nij_{crime}.parquet")
    x, y = (table[axis].to_numpy() * FOOT_M for axis in ("x_ft", "y_ft"))
    day = (table["occ_date"] - pd.Timestamp("2012-03-01")).dt.days.to_numpy().astype(np.float64)
    share = 0.25 / 147.7
    found = forecast(
        x, y, day, city.bounds, boundary=city, cell_m=250 * FOOT_M, horizon_days=28, start_day=1826, windows=13,
        area_shares=[share, 0.05],
    )  # fmt: skip
    pai = dict(zip(found.backtest.methods, found.backtest.pai[:, 0].tolist(), strict=True))
    assert pai["used"] > least
    assert pai[found.method] > 1.1 * pai["kde"]
    happened = ((day >= 1826) & (day < 1826 + 28)).sum()
    assert found.total_low <= happened <= found.total_high or abs(happened / found.total - 1) < 0.25
    hit = np.isin(found.raster.cells_of(x, y), np.argsort(-np.nan_to_num(found.expected).ravel())[:3000])
    assert hit[(day >= 1826) & (day < 1854)].mean() > 0.12
    assert 0.74 < found.coverage < 0.87  # of 80 %
    assert found.total_coverage > 0.4  # of thirteen, in a year of growth

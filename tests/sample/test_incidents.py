"""Incidents: their rhythm, where they gather, and the three planted hot spots."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely

from spatialgov.projection import metric_crs, project


def _share(incidents: pd.DataFrame, category: str, mask: "pd.Series[bool]") -> float:
    own = incidents["category"] == category
    return float((own & mask).sum() / own.sum())


def test_sixty_thousand_over_eighteen_months(incidents: pd.DataFrame, jurisdictions: gpd.GeoDataFrame) -> None:
    assert len(incidents) == 60_000
    assert incidents["source_id"].is_unique
    assert incidents["occurred_at"].is_monotonic_increasing
    assert incidents["occurred_at"].iloc[0].date() == date(2025, 5, 1)
    assert incidents["occurred_at"].iloc[-1].date() == date(2026, 10, 31)
    points = shapely.points(incidents["lon"], incidents["lat"])
    district = jurisdictions.geometry.iloc[0]
    shapely.prepare(district)
    assert shapely.contains(district, points).all()


def test_categories_are_city_management(incidents: pd.DataFrame, committed: Any) -> None:
    categories = pd.read_csv(committed / "incident_categories.csv", dtype=str)
    assert categories["code"].str.fullmatch(r"\d{4}").all()
    assert set(incidents["category"]) == set(categories["code"])
    assert len(categories) == 12


def test_closing_is_told_consistently(incidents: pd.DataFrame) -> None:
    closed = incidents["status"] == "closed"
    assert set(incidents["status"]) == {"open", "handled", "closed"}
    assert (incidents["closed_at"].notna() == closed).all()
    assert ((incidents["closed_level"] != "") == closed).all()
    assert (incidents.loc[closed, "closed_at"] > incidents.loc[closed, "occurred_at"]).all()
    assert set(incidents.loc[closed, "closed_level"]) == {"grid", "community", "subdistrict"}
    assert 0.9 < closed.mean() < 0.995
    assert set(incidents["channel"]) == {
        "patrol", "service_request", "object_collection", "dispatch", "public_report",
    }  # fmt: skip


def test_hours_days_and_months_have_their_rhythm(incidents: pd.DataFrame) -> None:
    hour, weekday, month = (getattr(incidents["occurred_at"].dt, part) for part in ("hour", "day_of_week", "month"))
    # Lamps go out at dusk, traders come with the evening, noise at night; hardly anything happens at three.
    assert _share(incidents, "0302", hour.between(18, 21)) > 0.5
    assert _share(incidents, "0501", hour.between(17, 20)) > 0.3
    assert _share(incidents, "0106", hour.between(20, 23)) > 0.4
    assert float((hour == 3).mean()) < 0.015
    # Bills are stuck on working days; noise is a matter of weekends.
    assert _share(incidents, "0201", weekday >= 5) < 0.25
    assert _share(incidents, "0106", weekday >= 5) > 0.32
    # Storms fell trees in July and August (4 of 18 months, 22 %), most of them on a few days.
    assert _share(incidents, "0401", month.isin([7, 8])) > 0.38
    trees = incidents.loc[incidents["category"] == "0401", "occurred_at"].dt.date.value_counts()
    assert trees.iloc[:12].sum() > 0.15 * trees.sum()
    # The Spring Festival is quiet.
    days = incidents["occurred_at"].dt.date
    festival = ((days >= date(2026, 2, 16)) & (days <= date(2026, 2, 22))).sum() / 7
    january = ((days >= date(2026, 1, 5)) & (days <= date(2026, 1, 25))).sum() / 21
    assert festival < 0.85 * january


def test_incidents_follow_people(incidents: pd.DataFrame, units: gpd.GeoDataFrame) -> None:
    points = shapely.points(incidents["lon"], incidents["lat"])
    _, position = shapely.STRtree(units.geometry.to_numpy()).query(points, predicate="intersects")
    count = np.bincount(position, minlength=len(units))
    density = pd.Series(count).groupby(units["kind"]).sum() / units.groupby("kind")["area_m2"].sum()
    assert density["market"] > density["commercial"] > density["farmland"]
    assert density["old_town"] > 5 * density["farmland"]
    assert density["residential"] > 5 * density["farmland"]


@pytest.fixture(scope="module")
def plane(incidents: pd.DataFrame, manifest: Mapping[str, Any]) -> Any:
    crs = metric_crs(manifest["centre"]["lon"], manifest["centre"]["lat"])
    x_m, y_m = project(incidents["lon"], incidents["lat"], crs)

    def away_m(spot: Mapping[str, Any]) -> npt.NDArray[np.float64]:
        cx_m, cy_m = project(spot["lon"], spot["lat"], crs)
        return np.hypot(x_m - cx_m, y_m - cy_m)

    return away_m


def _per_month(incidents: pd.DataFrame, spot: Mapping[str, Any], away_m: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
    """Give the counts in a hot spot of its category for each of the 18 months."""
    own = incidents[(incidents["category"] == spot["category"]) & (away_m <= spot["radius_m"])]
    month = (own["occurred_at"].dt.year - 2025) * 12 + own["occurred_at"].dt.month - 5
    return np.bincount(month, minlength=18)


def test_the_planted_hot_spots_are_denser_than_anything_around(
    incidents: pd.DataFrame, manifest: Mapping[str, Any], units: gpd.GeoDataFrame, plane: Any
) -> None:
    assert [spot["course"] for spot in manifest["planted"]] == ["stable", "emerging", "fading"]
    for spot in manifest["planted"]:
        counts = _per_month(incidents, spot, plane(spot))
        assert counts.sum() >= spot["incidents"]
        expected = (incidents["category"] == spot["category"]).sum() * np.pi * spot["radius_m"] ** 2
        assert counts.sum() > 6 * expected / units["area_m2"].sum()


def test_the_planted_hot_spots_run_their_course(
    incidents: pd.DataFrame, manifest: Mapping[str, Any], plane: Any
) -> None:
    stable, emerging, fading = (_per_month(incidents, spot, plane(spot)) for spot in manifest["planted"])
    assert stable.min() > 0.5 * stable.mean()
    assert emerging[12:].mean() > 3 * emerging[:12].mean()
    assert emerging[15:].sum() > 1.3 * emerging[12:15].sum()
    assert fading[:6].mean() > 3 * fading[10:].mean()
    assert fading[:3].sum() > 1.5 * fading[5:8].sum()

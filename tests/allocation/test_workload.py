"""The workload: the stated sum, its profiles, and weights fitted to handling times."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from spatialgov.allocation import (
    DEDICATED,
    RURAL,
    URBAN,
    WorkloadProfile,
    fit_profile,
    handling_times,
    profile_named,
    profiles,
    read_profiles,
    trip_minutes,
    workload,
)
from spatialgov.allocation.network import road_network
from spatialgov.allocation.workload import DAYS_A_MONTH, PARTS
from spatialgov.errors import InputError, MissingColumnError, NotFoundError, UnreadableFileError
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]

PROFILE = WorkloadProfile(
    "test", "1", minutes_per_household=2.0, minutes_per_person=3.0, minutes_per_floating_person=1.0,
    minutes_per_incident=5.0, minutes_by_category={"02": 10.0, "0203": 20.0}, trips_per_incident=1.0,
    trips_by_category={"02": 2.0}, trip_minutes=4.0, minutes_per_place=7.0, minutes_by_place={"market": 70.0},
    minutes_per_road_km={"primary": 100.0}, minutes_per_km2=1000.0,
)  # fmt: skip


def middle(plan: Plan, row: int) -> Point:
    return plan.units.frame.geometry.iloc[row].centroid


def points(plan: Plan, rows: list[int], **columns: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=[middle(plan, row) for row in rows], crs=4326)


def test_workload_is_the_stated_sum(lattice: Lattice) -> None:
    plan = lattice([[10, 0]], ["AB"])
    incidents = points(plan, [0, 0, 0, 1], category=["0101", "0299", "0203", "0101"])
    places = points(plan, [1, 1], kind=["market", "school"])
    found = workload(plan.units, PROFILE, incidents=incidents, months=2.0, places=places)
    month = found.parts * DAYS_A_MONTH
    area_km2 = plan.units.frame["area_m2"].to_numpy() / 1e6
    assert list(found.parts.columns) == list(PARTS)
    assert month["households"].tolist() == pytest.approx([20, 0])
    assert month["population"].tolist() == pytest.approx([90, 0])
    assert month["incidents"].tolist() == pytest.approx([(5 + 10 + 20) / 2, 2.5])
    assert month["travel"].tolist() == pytest.approx([(1 + 2 + 2) * 4 / 2, 2])
    assert month["places"].tolist() == pytest.approx([0, 77])
    assert month["area"].tolist() == pytest.approx((area_km2 * 1000).tolist())
    assert found.minutes == pytest.approx(found.parts.sum(axis=1).to_numpy())
    assert found.by_grid(plan)["workload"].sum() == pytest.approx(found.minutes.sum())
    assert found.basis()["profile"]["version"] == "1"
    assert found.basis()["trips"] == "assumed"


def test_a_road_on_a_border_is_shared(lattice: Lattice) -> None:
    plan = lattice([[1, 1]], ["AB"])
    west, south, _, north = plan.units.frame.geometry.iloc[1].bounds
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary", "alley"]},
        geometry=[LineString([(west, south), (west, north)]), LineString([(west + 5e-4, south), (west + 5e-4, north)])],
        crs=4326,
    )
    patrol = workload(plan.units, PROFILE, roads=roads).parts["patrol"].to_numpy() * DAYS_A_MONTH
    assert patrol[0] == pytest.approx(patrol[1])
    assert patrol.sum() == pytest.approx(100 * 0.111, rel=0.01)


def test_floating_population_counts_where_it_is_known(lattice: Lattice) -> None:
    plan = lattice([[1, 1]], ["AB"])
    frame = plan.units.frame.assign(floating_population=["30", "0"])
    found = workload(replace(plan.units, frame=frame), PROFILE)
    assert (found.parts["floating_population"] * DAYS_A_MONTH).tolist() == pytest.approx([30, 0])


def test_trips_follow_the_roads(lattice: Lattice) -> None:
    plan = lattice([[1] * 5], ["AAAAA"])
    line = LineString([middle(plan, 0), middle(plan, 4)])
    network = road_network(gpd.GeoDataFrame({"road_class": ["residential"]}, geometry=[line], crs=4326))
    trips = trip_minutes(plan, network, otherwise=99.0)
    assert trips[2] == pytest.approx(0, abs=0.5)
    assert trips[0] == pytest.approx(trips[4], rel=0.1)
    assert 2 * 0.15 / 5 * 60 < trips[0] < 2 * 0.25 / 5 * 60
    found = workload(plan.units, PROFILE, trip_minutes=trips)
    assert found.basis()["trips"] == "network"


def test_what_does_not_fit_is_refused(lattice: Lattice) -> None:
    plan = lattice([[1, 1]], ["AB"])
    incidents = points(plan, [0], category=["0101"])
    for months in (None, 0.0, float("nan")):
        with pytest.raises(InputError, match="months"):
            workload(plan.units, PROFILE, incidents=incidents, months=months)
    for trips in ([1.0], [1.0, -1.0], [1.0, np.nan]):
        with pytest.raises(InputError, match="Trips"):
            workload(plan.units, PROFILE, trip_minutes=trips)
    with pytest.raises(MissingColumnError):
        workload(plan.units, PROFILE, places=points(plan, [0], name=["x"]))


def test_the_profiles_that_come_along_are_named_versioned_and_sourced() -> None:
    assert list(profiles()) == ["urban", "rural", "dedicated"]
    for profile in (URBAN, RURAL, DEDICATED):
        assert profile is profile_named(profile.name)
        assert profile.version
        assert profile.basis == "assumed"
        assert set(profile.source) == {"en", "zh"}
    with pytest.raises(NotFoundError, match="suburban"):
        profile_named("suburban")


def test_a_profile_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(PROFILE.as_dict()), encoding="utf-8")
    assert read_profiles(file) == (PROFILE,)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"version": "1"}, "no name"),
        ({"name": "x", "version": 1}, "no version"),
        ({"name": "x", "version": "1", "minutes": 3}, "'minutes'"),
        ({"name": "x", "version": "1", "minutes_per_km2": -1}, "minutes_per_km2 is -1"),
        ({"name": "x", "version": "1", "minutes_per_km2": "many"}, "minutes_per_km2 is 'many'"),
        ({"name": "x", "version": "1", "minutes_by_place": 3}, "minutes_by_place is 3"),
        ({"name": "x", "version": "1", "minutes_by_place": {"market": None}}, "market"),
        ({"name": "x", "version": "1", "basis": "guessed"}, "guessed"),
        ([], "no profiles"),
        ([3], "no profiles"),
    ],
)
def test_what_is_no_profile(tmp_path: Path, content: object, said: str) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_profiles(file)


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text("{", encoding="utf-8")
    for path in (file, tmp_path / "missing.json"):
        with pytest.raises(UnreadableFileError):
            read_profiles(path)


def test_fitted_weights_are_found_among_outliers() -> None:
    rng = np.random.default_rng(1)
    category = np.repeat(["0101", "0203", "0909"], [400, 300, 10])
    trips = rng.uniform(5, 25, len(category))
    minutes = np.select([category == "0101", category == "0203"], [30.0, 90.0], 5.0) + 1.0 * trips
    minutes += rng.normal(0, 4, len(category))
    minutes[::20] += 3000  # forgotten cases
    fit = fit_profile(URBAN, category, np.abs(minutes), trip_minutes=trips)
    table = {row["category"]: row for row in fit.table.to_dict("records")}
    assert list(table) == ["0101", "0203"]  # ten times of 0909 are too few
    for code, true in (("0101", 30.0), ("0203", 90.0)):
        assert table[code]["minutes"] == pytest.approx(true, abs=3)
        assert table[code]["low"] < table[code]["minutes"] < table[code]["high"]
        assert table[code]["high"] - table[code]["low"] < 6
    assert fit.per_trip_minute is not None
    assert fit.per_trip_minute[1] < 1.0 < fit.per_trip_minute[2]
    assert fit.profile.basis == "fitted"
    assert fit.profile.version != URBAN.version
    assert fit.profile.minutes_by_category["0101"] == table["0101"]["minutes"]
    assert json.loads(json.dumps(fit.as_dict()))["scale"] == 1


def test_intervals_hold_what_they_promise() -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        took = np.maximum(60 + rng.standard_t(3, 200) * 5, 1)
        table = fit_profile(URBAN, ["0101"] * 200, took).table
        held += bool(table["low"].iloc[0] <= 60 <= table["high"].iloc[0])
    assert 88 <= held <= 100


def test_elapsed_times_keep_the_level_of_the_profile() -> None:
    category = ["0101"] * 50 + ["0203"] * 50
    fit = fit_profile(URBAN, category, [100.0] * 50 + [300.0] * 50, measured="elapsed")
    fitted = fit.table["minutes"].to_numpy()
    assert fitted[1] / fitted[0] == pytest.approx(3)
    assert fitted.sum() == pytest.approx(URBAN.handling_minutes(["0101", "0203"]).sum())


def test_handling_times_are_those_of_closed_incidents() -> None:
    start = pd.Timestamp("2026-01-01T00:00Z")
    frame = pd.DataFrame(
        {
            "category": ["0101", "0203", "0101"],
            "occurred_at": [start] * 3,
            "closed_at": [start + pd.Timedelta(minutes=90), pd.NaT, start],
        }
    )
    category, minutes = handling_times(frame)
    assert (category.tolist(), minutes.tolist()) == (["0101"], [90.0])


def test_what_cannot_be_fitted() -> None:
    with pytest.raises(InputError, match="No category"):
        fit_profile(URBAN, ["0101"], [3.0])
    with pytest.raises(InputError, match="Row 2"):
        fit_profile(URBAN, ["0101", "0101"], [3.0, -1.0])
    with pytest.raises(InputError, match="differ"):
        fit_profile(URBAN, ["0101"], [3.0, 1.0])
    with pytest.raises(InputError, match="level"):
        fit_profile(URBAN, ["0101"], [3.0], level=95)

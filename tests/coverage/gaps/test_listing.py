from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import DEMAND_KINDS, REASONS, gaps, measure, states_of
from tests.coverage_cases import areas_of, demands_of, frame_of, here, sight_of

GRIDS = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]


def found_in(areas: list[Any], *cameras: dict[str, Any], houses: list[Any] | None = None, **layers: Any) -> Any:
    buildings = frame_of(houses or [], building_id=[f"h{i}" for i in range(len(houses or []))])
    states = states_of(
        sight_of(*cameras, buildings=houses or []), demands_of(areas_of(*areas), buildings=buildings, **layers)
    )
    return states, gaps(states)


def patch(found: gpd.GeoDataFrame, reason: str) -> pd.Series:
    (row,) = np.flatnonzero((found["reason"] == reason) & (found["form"] == "patch") & ~found["sliver"])
    return found.iloc[row]


def test_every_reason_by_hand() -> None:
    # In strips of 10 m from the west; the camera stands at the origin and looks east.
    strip = [shapely.box(10 * i, 0, 10 * (i + 1), 100) for i in range(10)]
    camera = {
        "azimuth_deg": 90.0, "fov_deg": 180.0, "fov_least_deg": 180.0, "fov_most_deg": 180.0, "at": (0, 50),
        "certain": strip[0], "possible": shapely.union_all(strip[0:2]), "turning": strip[2], "low_class": strip[3],
        "range_least_m": 10.0, "range_m": 10.0, "range_most_m": 0.01, "near_m": 0.0, "missing": ("range_m",),
    }  # fmt: skip
    broken = {"possible": strip[4], "status": "broken", "working": False}
    _, found = found_in(GRIDS[:1], camera, broken)
    sizes = found.groupby("reason")["size_m2"].sum()
    assert sizes["data_missing"] == pytest.approx(1_000, rel=1e-6)
    assert sizes["turned_away"] == pytest.approx(1_000, rel=1e-6)
    assert sizes["class_too_low"] == pytest.approx(1_000, rel=1e-6)
    assert sizes["out_of_service"] == pytest.approx(1_000, rel=1e-6)
    assert sizes["no_camera"] == pytest.approx(5_000, rel=1e-6)
    assert patch(found, "data_missing")[["state", "camera_id", "attribute"]].tolist() == ["uncertain", "c0", "range_m"]
    assert patch(found, "out_of_service")["camera_id"] == "c1"
    assert patch(found, "turned_away")["camera_id"] == patch(found, "class_too_low")["camera_id"] == "c0"
    assert patch(found, "no_camera")[["camera_id", "attribute", "building_id"]].tolist() == ["", "", ""]
    assert found["state"].eq("gap").sum() == (found["reason"] != "data_missing").sum()
    (shape,) = here(found[found["reason"] == "turned_away"])
    assert shape.symmetric_difference(strip[2]).area < 1e-3


def test_the_cheapest_remedy_gives_the_reason() -> None:
    whole = GRIDS[0]
    everything = {"turning": whole, "low_class": whole, "range_most_m": 200.0, "at": (50, 50), "azimuth_deg": 0.0}
    broken = {"possible": shapely.box(0, 0, 50, 100), "status": "broken", "working": False}
    planned = {"possible": whole, "status": "planned", "working": False}
    _, found = found_in(GRIDS[:1], everything, broken, planned)
    assert found.groupby("reason")["size_m2"].sum().to_dict() == pytest.approx(
        {"out_of_service": 5_000, "turned_away": 5_000}, rel=1e-6
    )


def test_what_a_building_hides_and_what_is_below_the_mast() -> None:
    # Eastwards from the west side: a field of 90°, a dead zone of 10 m, and two houses one behind the other.
    houses = [shapely.box(30, 45, 40, 55), shapely.box(50, 45, 60, 55)]
    camera = {
        "at": (0, 50), "azimuth_deg": 90.0, "near_m": 10.0, "range_least_m": 100.0, "range_m": 100.0,
        "range_most_m": 100.0, "certain": shapely.box(10, 0, 30, 100),
    }  # fmt: skip
    _, found = found_in(GRIDS[:1], camera, houses=houses)
    below, hidden = patch(found, "below_camera"), found[(found["reason"] == "hidden") & ~found["sliver"]]
    assert below["size_m2"] == pytest.approx(np.pi * 100 / 4, rel=1e-3)
    assert below["camera_id"] == "c0"
    assert set(hidden["camera_id"]) == {"c0"}
    # Seen from the camera the first house stands before the second, whatever part of its shadow is looked at.
    behind = hidden[[shape.intersects(shapely.box(41, 49, 49, 51)) for shape in here(hidden)]]
    assert behind["building_id"].tolist() == ["h0"]


def test_the_missing_figure_that_decides_is_named() -> None:
    vague = {
        "at": (0, 50), "azimuth_deg": 90.0, "fov_least_deg": 30.0, "fov_most_deg": 110.0, "range_least_m": 20.0,
        "range_most_m": 100.0, "missing": ("fov_deg", "range_m"),
    }  # fmt: skip
    for place, attribute in (((80, 50), "range_m"), ((10, 60), "fov_deg"), ((60, 100), "fov_deg, range_m")):
        _, found = found_in(GRIDS[:1], {**vague, "possible": shapely.Point(place).buffer(3)})
        assert patch(found, "data_missing")["attribute"] == attribute
    blind = {**vague, "azimuth_deg": np.nan, "missing": ("azimuth_deg", "range_m")}
    for place, attribute in (((10, 60), "azimuth_deg"), ((80, 50), "azimuth_deg, range_m")):
        _, found = found_in(GRIDS[:1], {**blind, "possible": shapely.Point(place).buffer(3)})
        assert patch(found, "data_missing")["attribute"] == attribute


def test_large_gaps_are_cut_and_slivers_gathered() -> None:
    hairs = [shapely.box(0, 10 * i, 100, 10 * i + 9.8) for i in range(3)]  # leaves two lines 0.2 m wide between
    camera = {"at": (-500, 0), "certain": shapely.union_all([*hairs, shapely.box(0, 29.8, 100, 100)])}
    roads = frame_of(
        [shapely.LineString([(50, 0), (50, 100)]), shapely.LineString([(1000, 500), (1900, 500)])],
        road_id=["short", "long"], name="", road_class="alley",
    )  # fmt: skip
    _, found = found_in([GRIDS[0], shapely.box(1000, 0, 1900, 1000)], camera, roads=roads)
    slivers = found[found["sliver"]].set_index("form")
    assert slivers.loc["patch", "size_m2"] == pytest.approx(40, rel=1e-6)
    assert slivers.loc["road", "size_m"] == pytest.approx(0.4, rel=1e-6)
    assert len(slivers) == 2
    whole = found[~found["sliver"]]
    west, south, east, north = np.array([shape.bounds for shape in here(whole)]).T
    assert max((east - west).max(), (north - south).max()) <= 200.001
    assert len(whole[whole["form"] == "road"]) == 5
    assert (
        whole.loc[whole["form"] == "road", ["road_id", "road_class", "size_m"]].to_numpy().tolist()
        == [["long", "alley", pytest.approx(180, rel=1e-6)]] * 5
    )
    assert whole["size_m2"].sum() == pytest.approx(900_000, rel=1e-6)


def test_where_all_is_covered_there_are_no_gaps() -> None:
    _, found = found_in(GRIDS, {"certain": shapely.box(-10, -10, 210, 110)})
    assert found.empty
    assert {"gap_id", "state", "reason", "weight"} <= set(found.columns)


def test_ranks_by_weight() -> None:
    incidents = frame_of(
        [shapely.Point(150, 50)] * 8 + [shapely.Point(50, 50)], category="0101",
        occurred_at=pd.Timestamp("2026-05-01T01:00Z"),
    )  # fmt: skip
    _, found = found_in(GRIDS, {"at": (-500, 0)}, incidents=incidents)
    assert found["code"].tolist() == ["b", "a"]
    assert found["gap_id"].tolist() == ["G00001", "G00002"]
    assert found["incidents"].tolist() == [8, 1]
    assert found["weight"].tolist() == pytest.approx([250 + 500 * 8 / 9, 250 + 500 / 9], rel=1e-6)


corner = st.integers(-20, 200)
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), corner, st.integers(-20, 100), st.integers(1, 60),
    st.integers(1, 60),
)  # fmt: skip
cameras = st.builds(
    lambda at, near, certain, more, low, turning, status: {
        "at": at, "near_m": near, "certain": certain, "possible": certain.union(more), "low_class": low,
        "turning": turning, "status": status, "working": status == "in_service", "missing": ("azimuth_deg",),
    },
    st.tuples(corner, st.integers(0, 100)), st.integers(0, 20), boxes, boxes, boxes, boxes,
    st.sampled_from(["in_service", "broken", "planned"]),
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(cameras, min_size=1, max_size=4), st.lists(boxes, max_size=3))
def test_objects_add_up_to_the_measure(looks: list[dict[str, Any]], houses: list[Any]) -> None:
    roads = frame_of(
        [shapely.LineString([(0, 25), (120, 25), (120, 90)]), shapely.LineString([(100, 0), (100, 100)])],
        road_id=["r", "border"], name="", road_class="primary",
    )  # fmt: skip
    places = frame_of([shapely.Point(x, y) for x in (20, 90, 150) for y in (20, 70)], place_id=list("abcdef"), kind="x")
    states, found = found_in(GRIDS, *looks, houses=houses, roads=roads, places=places)
    table = measure(states)
    weights = states.demands.unit_weights()
    for state in ("gap", "uncertain"):
        for kind, column in (("ground", "size_m2"), ("road", "size_m"), ("place", "places")):
            whole = found[found["state"] == state][column].sum()
            assert whole == pytest.approx(table.loc[table["kind"] == kind, state].sum(), rel=1e-6, abs=0.1)
        expected = sum(weights[kind] * table.loc[table["kind"] == kind, state].sum() for kind in DEMAND_KINDS)
        assert found.loc[found["state"] == state, "weight"].sum() == pytest.approx(expected, rel=1e-6, abs=0.02)
    by_area = found.groupby("code")[["size_m2", "size_m"]].sum().reindex(["a", "b"], fill_value=0.0)
    ground = table[table["kind"] == "ground"].set_index("code")
    assert by_area["size_m2"].to_numpy() == pytest.approx((ground["gap"] + ground["uncertain"]).to_numpy(), abs=0.1)
    assert set(found["reason"]) <= set(REASONS)
    assert (found["reason"].eq("data_missing") == found["state"].eq("uncertain")).all()
    # No bit of ground is in two objects.
    patches = shapely.make_valid(here(found[found["form"] == "patch"]))
    one, two = shapely.STRtree(patches).query(patches, predicate="intersects")
    assert shapely.area(shapely.intersection(patches[one[one < two]], patches[two[one < two]])).sum() < 0.01
    assert found.geometry.is_valid.all()

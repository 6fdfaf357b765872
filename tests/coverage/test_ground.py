from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.coverage import isovists, sectors, snap_faults, visible_ground
from spatialgov.coverage.ground import FACADE_GAP_M
from spatialgov.projection import metric_crs

PLANE = metric_crs(117.0, 34.0)
X_M, Y_M = 500_000.0, 3_764_000.0
"""A place on the central meridian, in the metres of PLANE."""


def cameras_at(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    usual = {
        "kind": "fixed", "height_m": 4.0, "azimuth_deg": 0.0, "fov_deg": 90.0, "range_m": 50.0,
        "status": "in_service", "owner": "", "x": 0.0, "y": 0.0,
    }  # fmt: skip
    table = gpd.GeoDataFrame([{"camera_id": f"c{i}", **usual, **row} for i, row in enumerate(rows)])
    points = gpd.points_from_xy(X_M + table["x"], Y_M + table["y"], crs=PLANE)
    return table.drop(columns=["x", "y"]).set_geometry(points).to_crs(4326)


def frame_of(*shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=PLANE).translate(X_M, Y_M)).to_crs(4326)


def test_sectors_are_nominal() -> None:
    cameras = cameras_at(
        {}, {"azimuth_deg": np.nan, "status": "broken"}, {"azimuth_deg": np.nan, "fov_deg": 360.0, "kind": "dome"}
    ).set_axis([5, 3, 8])
    drawn = sectors(cameras)
    assert list(drawn.index) == [5, 3, 8]
    assert drawn.crs == "EPSG:4326"
    assert drawn["direction_known"].tolist() == [True, False, True]
    assert drawn["nominal_area_m2"].tolist() == pytest.approx([np.pi * 625, np.pi * 2500, np.pi * 2500], rel=1e-4)
    assert drawn.to_crs(PLANE).area.tolist() == pytest.approx(drawn["nominal_area_m2"].tolist(), rel=1e-6)


def test_only_working_cameras_of_known_direction_see() -> None:
    cameras = cameras_at(
        {}, {"status": "broken"}, {"status": "planned"}, {"azimuth_deg": np.nan},
        {"azimuth_deg": np.nan, "fov_deg": 360.0},
    )  # fmt: skip
    assert visible_ground(cameras)["camera_id"].tolist() == ["c0", "c4"]


def test_a_wall_takes_its_shadow_from_the_nominal_area() -> None:
    wall = frame_of(shapely.box(-60, 20, 60, 25))
    visible = visible_ground(cameras_at({}, {"azimuth_deg": 180.0}), wall)
    assert visible["nominal_area_m2"].tolist() == pytest.approx([np.pi * 625] * 2, rel=1e-4)
    assert visible["seen_area_m2"].tolist() == pytest.approx([400, np.pi * 625], rel=1e-4)
    assert visible.to_crs(PLANE).area.tolist() == pytest.approx(visible["seen_area_m2"].tolist(), rel=1e-6)


def test_a_camera_inside_a_footprint_hangs_on_the_nearest_facade() -> None:
    house = frame_of(shapely.box(-10, -10, 10, 10))
    cameras = cameras_at({"y": 7.0}, {"y": 7.0, "azimuth_deg": 180.0}, {"y": 12.0}).set_axis(["a", "b", "c"])
    visible = visible_ground(cameras, house)
    assert visible["snapped_m"].tolist() == pytest.approx([3 + FACADE_GAP_M] * 2 + [0], abs=1e-6)
    at_the_facade = isovists(0, 10 + FACADE_GAP_M, 50, 0, 90, gpd.GeoSeries([shapely.box(-10, -10, 10, 10)]))[0]
    assert visible["seen_area_m2"].iloc[0] == pytest.approx(at_the_facade.area, rel=1e-6)
    assert visible["seen_area_m2"].iloc[1] < 1  # it faces its own wall
    faults = snap_faults(cameras, visible)
    assert [(f.item, f.severity, f.kind) for f in faults] == [
        ("c0", "warning", "inside_building"),
        ("c1", "warning", "inside_building"),
    ]
    assert (faults[0].lon, faults[0].lat) == pytest.approx(tuple(cameras.geometry.iloc[0].coords[0]))


def test_a_facade_on_an_alley_narrower_than_the_gap() -> None:
    houses = frame_of(shapely.box(-10, -10, 10, 10), shapely.box(-10, 10.03, 10, 30))
    visible = visible_ground(cameras_at({"y": 9.0, "fov_deg": 360.0}), houses)
    assert visible["snapped_m"].iloc[0] == pytest.approx(1.0, abs=1e-6)
    # the alley of 20 m, and what its two ends let through
    assert 0.6 < visible["seen_area_m2"].iloc[0] < 10


def test_no_cameras() -> None:
    none = cameras_at({}).iloc[:0]
    assert visible_ground(none, frame_of(shapely.box(0, 0, 1, 1))).empty
    assert sectors(none).empty


def test_a_camera_far_off_does_not_spoil_the_others() -> None:
    house = frame_of(shapely.box(-60, 20, 60, 25))
    near = cameras_at({}, {"azimuth_deg": 30.0}, {"azimuth_deg": 60.0})
    stray = near.iloc[:1].assign(camera_id="s").set_geometry([shapely.Point(-62.9, -34.0)], crs=4326)
    both = visible_ground(gpd.GeoDataFrame(gpd.pd.concat([near, stray], ignore_index=True)), house)
    alone = visible_ground(near, house)
    assert both["seen_area_m2"].iloc[:3].tolist() == pytest.approx(alone["seen_area_m2"].tolist(), rel=1e-9)

"""Surveillance cameras and buildings of central München, from OpenStreetMap."""

import runpy
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from spatialgov.coverage import Obstacles, coverage_by_grid, isovists, sectors, snap_faults, visible_ground
from spatialgov.coverage._kernels import TOUCH_M
from spatialgov.projection import metric_crs

CONFTEST = Path(__file__).parents[1] / "coverage" / "conftest.py"
PLANE = metric_crs(11.575, 48.137)


@pytest.fixture(scope="module")
def cameras(real_data: Path) -> gpd.GeoDataFrame:
    frame = pyogrio.read_dataframe(real_data / "osm" / "munchen.osm.pbf", layer="points",
                                   columns=["osm_id", "other_tags"], where="man_made = 'surveillance'")  # fmt: skip
    direction = frame["other_tags"].str.extract(r'"camera:direction"=>"(\d+)"')[0].astype(float)
    known = {"kind": "fixed", "height_m": 4.0, "fov_deg": 70.0, "range_m": 60.0, "status": "in_service", "owner": ""}
    table = gpd.GeoDataFrame({"camera_id": frame["osm_id"], "azimuth_deg": direction, **known})
    return table.set_geometry(frame.geometry)


@pytest.fixture(scope="module")
def buildings(real_data: Path) -> gpd.GeoDataFrame:
    frame = pyogrio.read_dataframe(real_data / "osm" / "munchen.osm.pbf", layer="multipolygons",
                                   columns=["building"], where="building IS NOT NULL AND building <> 'no'")  # fmt: skip
    return gpd.GeoDataFrame(frame)


@pytest.mark.parametrize("all_round", [True, False])
def test_isovists_equal_shadows(cameras: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, all_round: bool) -> None:
    seen_by_shadows: Any = runpy.run_path(str(CONFTEST))["seen_by_shadows"]
    footprints = buildings.to_crs(PLANE).geometry.to_numpy()
    solids = Obstacles.build(footprints)
    x, y = shapely.get_coordinates(cameras.to_crs(PLANE).geometry).T.copy()
    # Those that were mapped inside a house stand on its wall here: a wall is the harder place.
    solid = solids.solid_at(x, y)
    inside = np.flatnonzero(solid >= 0)
    walls = shapely.boundary(solids.solids[solid[inside]])
    path = shapely.shortest_line(shapely.points(x[inside], y[inside]), walls)
    x[inside], y[inside] = shapely.get_coordinates(shapely.get_point(path, -1)).T
    fov = np.full(len(x), 360.0 if all_round else 70.0)
    azimuth = np.zeros(len(x)) if all_round else cameras["azimuth_deg"].fillna(45.0).to_numpy()
    seen = isovists(x, y, 60.0, azimuth, fov, solids)
    assert len(seen) >= 100
    assert len(inside) > 50
    assert shapely.is_valid(seen).all()
    for i, view in enumerate(seen):
        oracle = seen_by_shadows(x[i], y[i], 60.0, azimuth[i], fov[i], footprints)
        assert abs(view.area - oracle.area) <= 1e-5 * oracle.area + TOUCH_M * 60


def test_only_cameras_of_known_direction_cover(cameras: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> None:
    visible = visible_ground(cameras, buildings)
    assert set(visible["camera_id"]) == set(cameras["camera_id"][cameras["azimuth_deg"].notna()])
    assert (visible["seen_area_m2"] <= visible["nominal_area_m2"] * (1 + 1e-9)).all()
    assert len(snap_faults(cameras, visible)) == (visible["snapped_m"] > 0).sum() > 0
    whole = gpd.GeoDataFrame({"code": ["centre"]}, geometry=[shapely.box(*buildings.total_bounds)], crs=4326)
    true = coverage_by_grid(whole, visible, buildings)
    nominal = coverage_by_grid(whole, sectors(cameras).loc[visible.index], buildings)
    ground = whole.to_crs(PLANE).union_all().difference(buildings.to_crs(PLANE).union_all())
    assert true["ground_m2"].iloc[0] == pytest.approx(ground.area, rel=1e-6)
    # Sectors drawn through walls promise more than the cameras see.
    assert nominal["seen_m2"].iloc[0] > 1.1 * true["seen_m2"].iloc[0]

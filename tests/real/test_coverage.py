"""Surveillance cameras and buildings of central München, from OpenStreetMap."""

import runpy
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.coverage import Obstacles, Sight, isovists, read_cameras, see, sight_faults, union_by_area, views_of
from spatialgov.coverage.sight._kernels import TOUCH_M
from spatialgov.osm_layers import read_buildings
from spatialgov.projection import metric_crs

CONFTEST = Path(__file__).parents[1] / "coverage" / "conftest.py"
PLANE = metric_crs(11.575, 48.137)


@pytest.fixture(scope="module")
def extract(real_data: Path) -> Path:
    return real_data / "osm" / "munchen.osm.pbf"


@pytest.fixture(scope="module")
def cameras(extract: Path) -> gpd.GeoDataFrame:
    return read_cameras(extract, datum="wgs84").frame


@pytest.fixture(scope="module")
def buildings(extract: Path) -> gpd.GeoDataFrame:
    return read_buildings(extract).frame


@pytest.fixture(scope="module")
def sight(cameras: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> Sight:
    return see(views_of(cameras), buildings, crs=PLANE)


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
    assert len(inside) > 20
    assert shapely.is_valid(seen).all()
    for i, view in enumerate(seen):
        oracle = seen_by_shadows(x[i], y[i], 60.0, azimuth[i], fov[i], footprints)
        assert abs(view.area - oracle.area) <= 1e-5 * oracle.area + TOUCH_M * 60


def test_nothing_is_certain_of_a_camera_without_a_direction(sight: Sight) -> None:
    table = sight.views.table
    unknown = (table["azimuth_deg"].isna() & (table["fov_least_deg"] < 360)).to_numpy()
    assert 50 < unknown.sum() < len(table)
    assert shapely.is_empty(sight.certain[unknown]).all()
    assert (shapely.area(sight.certain[~unknown]) > 0).sum() > 10
    assert (shapely.area(sight.possible) > 0).mean() > 0.95


def test_the_layers_of_a_camera(sight: Sight) -> None:
    solids = shapely.union_all(sight.obstacles.solids)
    for shapes in (sight.certain, sight.usual, sight.possible, sight.low_class, sight.turning):
        assert shapely.is_valid(shapes).all()
        on_ground = ~sight.rooftop
        assert (shapely.area(shapely.intersection(shapes[on_ground], solids)) < 1e-4).all()
    assert (shapely.area(shapely.difference(sight.certain, sight.possible)) < 1e-4).all()
    assert (shapely.area(shapely.intersection(sight.low_class, sight.possible)) < 1e-4).all()
    assert (shapely.area(shapely.intersection(sight.turning, sight.possible)) < 1e-4).all()


def test_cameras_mapped_inside_houses_are_listed(sight: Sight) -> None:
    listed = [fault.item for fault in sight_faults(sight) if fault.kind == "inside_building"]
    assert listed == sight.views.table["camera_id"][sight.snapped_m > 0].tolist()
    assert len(listed) > 20


def test_circles_and_cones_promise_more_than_is_seen(sight: Sight) -> None:
    table = sight.views.table
    middles = shapely.get_coordinates(shapely.points(sight.x_m, sight.y_m))
    west, south, east, north = np.r_[middles.min(axis=0) - 100, middles.max(axis=0) + 100]
    squares = [
        shapely.box(x, y, x + 200, y + 200) for x in np.arange(west, east, 200) for y in np.arange(south, north, 200)
    ]
    areas = shapely.difference(np.array(squares, dtype=object), shapely.union_all(sight.obstacles.solids))
    known = table["azimuth_deg"].notna().to_numpy()
    for fov, which, least in ((360.0, np.ones(len(table), dtype=bool), 1.3), (70.0, known, 1.1)):
        x_m, y_m = sight.x_m[which], sight.y_m[which]
        azimuth = table["azimuth_deg"].to_numpy()[which]
        drawn, seen = (
            shapely.area(union_by_area(isovists(x_m, y_m, 60.0, azimuth, fov, walls), areas)).sum()
            for walls in (None, sight.obstacles)
        )
        assert drawn > least * seen > 0

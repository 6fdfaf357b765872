"""Where pixels lie, against pyproj's Web Mercator."""

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov_maps.mercator import PixelGrid

to_plane = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)


@pytest.mark.parametrize("bounds", [(116.5, 33.8, 116.7, 34.0), (-70.0, -60.0, 20.0, 70.0), (10.0, 59.0, 10.01, 59.02)])
def test_pixels_are_even_squares_of_the_projection(bounds: tuple[float, float, float, float]) -> None:
    grid = PixelGrid.over(bounds, 50.0 if bounds[2] - bounds[0] < 1 else 50_000.0)
    x, y = to_plane.transform(*grid.middles())
    x, y = x.reshape(grid.height, grid.width), y.reshape(grid.height, grid.width)
    side = 6378137 * grid.step_rad
    assert np.diff(x, axis=1) == pytest.approx(side, rel=1e-6)
    assert np.diff(y, axis=0) == pytest.approx(-side, rel=1e-6)
    west, south, east, north = to_plane.transform_bounds(*grid.bounds)
    assert [west, north] == pytest.approx([x[0, 0] - side / 2, y[0, 0] + side / 2], abs=1e-3)
    assert [east, south] == pytest.approx([x[-1, -1] + side / 2, y[-1, -1] - side / 2], abs=1e-3)
    covered = grid.bounds
    assert covered[0] <= bounds[0]
    assert covered[1] <= bounds[1]
    assert covered[2] >= bounds[2]
    assert covered[3] >= bounds[3] - 1e-12


def test_a_pixel_is_as_large_as_asked_for_on_the_ground() -> None:
    grid = PixelGrid.over((116.5, 33.8, 116.7, 34.0), 50.0)
    lon, lat = grid.middles()
    middle = grid.height // 2 * grid.width
    _, _, apart_m = pyproj.Geod(ellps="sphere").inv(lon[middle], lat[middle], lon[middle + 1], lat[middle + 1])
    assert apart_m == pytest.approx(50.0, rel=1e-3)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_place_is_found_in_its_pixel(east: float, north: float) -> None:
    grid = PixelGrid.over((116.5, 33.8, 116.7, 34.0), 300.0)
    lon, lat = 116.5 + 0.2 * east, 33.8 + 0.2 * north
    column, row = grid.pixel_of(lon, lat)
    lons, lats = (v.reshape(grid.height, grid.width) for v in grid.middles())
    nearest = (min(int(row), grid.height - 1), min(int(column), grid.width - 1))
    half_lon, half_lat = np.diff(lons[0, :2])[0] / 2, -np.diff(lats[:2, 0])[0] / 2
    assert abs(lons[nearest] - lon) <= half_lon * 1.001
    assert abs(lats[nearest] - lat) <= half_lat * 1.01

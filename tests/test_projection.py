"""The metric plane."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.errors import CoordinateError
from spatialgov.language import using_language
from spatialgov.projection import WGS84, geocentric, metric_crs, metric_frame, project, unproject

GEOD = pyproj.Geod(ellps="WGS84")


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (75.0, 39.0, 4534),  # the first and the last zone of China
        (135.0, 48.0, 4554),
        (116.4, 39.9, 4548),  # 117° E
        (73.0, 39.0, 4534),
        (136.0, 48.0, 4554),
        (-71.4, 41.8, 32619),  # Rhode Island
        (151.2, -33.9, 32756),  # Sydney, south
        (180.0, 10.0, 32660),
        (-180.0, 10.0, 32601),
    ],
)
def test_choice_of_the_plane(lon: float, lat: float, epsg: int) -> None:
    assert metric_crs(lon, lat).to_epsg() == epsg


@given(lon=st.floats(73.5, 135.5), lat=st.floats(17.5, 54.0))
def test_zone_of_china_is_the_nearest_meridian(lon: float, lat: float) -> None:
    epsg = metric_crs(lon, lat).to_epsg()
    assert epsg is not None
    assert abs(75 + 3 * (epsg - 4534) - lon) <= 1.5 + 1e-9


def test_zones_are_three_degrees_apart() -> None:
    for epsg in (4534, 4548, 4554):
        operation = pyproj.CRS.from_epsg(epsg).coordinate_operation
        assert operation is not None
        values = {parameter.name: float(parameter.value) for parameter in operation.params}
        assert values["Longitude of natural origin"] == 75 + 3 * (epsg - 4534)


@pytest.mark.parametrize(("lon", "lat"), [(181.0, 0.0), (0.0, 91.0), (np.nan, 0.0), (0.0, np.inf)])
def test_not_on_earth(lon: float, lat: float) -> None:
    with using_language("en"), pytest.raises(CoordinateError, match="not on Earth") as caught:
        metric_crs(lon, lat)
    assert caught.value.remedy


@pytest.mark.parametrize("place", [(116.4, 39.9), (-71.4, 41.8), (151.2, -33.9)])
def test_plane_is_metres_east_and_north(place: tuple[float, float]) -> None:
    lon, lat = place
    crs = metric_crs(lon, lat)
    x_m, y_m = project([lon, lon + 0.01, lon], [lat, lat, lat + 0.01], crs)
    for end, azimuth in ((1, 90.0), (2, 0.0)):
        dx, dy = x_m[end] - x_m[0], y_m[end] - y_m[0]
        _, _, distance_m = GEOD.inv(lon, lat, (lon + 0.01, lon)[end - 1], (lat, lat + 0.01)[end - 1])
        assert np.hypot(dx, dy) == pytest.approx(distance_m, rel=1e-3)
        assert np.degrees(np.arctan2(dx, dy)) == pytest.approx(azimuth, abs=3.0)  # meridian convergence


def test_unproject_is_the_inverse() -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(115.0, 118.0, 10_000), rng.uniform(20.0, 50.0, 10_000)
    crs = metric_crs(116.4, 39.9)
    back_lon, back_lat = unproject(*project(lon, lat, crs), crs)
    np.testing.assert_allclose(back_lon, lon, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back_lat, lat, rtol=0, atol=1e-9)


def test_metric_frame() -> None:
    square = shapely.box(116.40, 39.90, 116.41, 39.91)
    frame = gpd.GeoDataFrame({"unit_id": ["a"]}, geometry=[square], crs=WGS84, index=[7])
    metric = metric_frame(frame)
    assert metric.crs == pyproj.CRS.from_epsg(4548)
    assert list(metric.index) == [7]
    area_m2, _ = GEOD.geometry_area_perimeter(square)
    assert metric.area.iloc[0] == pytest.approx(abs(area_m2), rel=1e-3)
    other = pyproj.CRS.from_epsg(32650)
    assert metric_frame(frame, other).crs == other


def test_places_in_space() -> None:
    places = geocentric([0.0, 90.0, 180.0, 7.0], [0.0, 0.0, 0.0, 90.0])
    a_m, b_m = GEOD.a, GEOD.b
    np.testing.assert_allclose(places, [(a_m, 0, 0), (0, a_m, 0), (-a_m, 0, 0), (0, 0, b_m)], rtol=0, atol=1e-6)

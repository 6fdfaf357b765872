"""Datums: published values, a plain scalar twin, round trips, and what is said about bad coordinates."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.datum import (
    DATUMS,
    _bd09_of_wgs84,
    _gcj02_of_wgs84,
    _solve,
    check_coordinates,
    from_wgs84,
    parse_datum,
    place_to_wgs84,
    to_wgs84,
)
from spatialgov.errors import CoordinateError, DatumError
from spatialgov.language import using_language

FloatArray = npt.NDArray[np.float64]

A_M = 6378245.0
EE = 0.00669342162296594323
SHIFTED = ("gcj02", "bd09")


def gcj02_twin(lon: float, lat: float) -> tuple[float, float]:
    """Give GCJ-02 by the formula as it is published, one plain number at a time."""
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    d_lat += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lat += (20.0 * math.sin(y * pi) + 40.0 * math.sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * pi) + 320 * math.sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    d_lon += (20.0 * math.sin(6.0 * x * pi) + 20.0 * math.sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lon += (20.0 * math.sin(x * pi) + 40.0 * math.sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * math.sin(x / 12.0 * pi) + 300.0 * math.sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = lat / 180.0 * pi
    magic = 1 - EE * math.sin(phi) ** 2
    d_lat = (d_lat * 180.0) / ((A_M * (1 - EE)) / (magic * math.sqrt(magic)) * pi)
    d_lon = (d_lon * 180.0) / (A_M / math.sqrt(magic) * math.cos(phi) * pi)
    return lon + d_lon, lat + d_lat


def bd09_twin(lon: float, lat: float) -> tuple[float, float]:
    """Give BD-09 by Baidu's formula on top of the twin of GCJ-02."""
    x, y = gcj02_twin(lon, lat)
    z = math.sqrt(x * x + y * y) + 0.00002 * math.sin(y * math.pi * 3000.0 / 180.0)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * math.pi * 3000.0 / 180.0)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def apart_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Give the distance of two near locations."""
    return 111_320.0 * math.hypot((lon_a - lon_b) * math.cos(math.radians(lat_a)), lat_a - lat_b)


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Have the loops compiled before an example is timed."""
    to_wgs84(116.404, 39.915, "bd09")


def test_published_gcj02_value() -> None:
    lon, lat = from_wgs84(116.404, 39.915, "gcj02")
    assert lon == pytest.approx(116.41024449916938, abs=1e-11)
    assert lat == pytest.approx(39.91640428150164, abs=1e-11)


def test_published_bd09_value() -> None:
    lon, lat = from_wgs84(*to_wgs84(116.404, 39.915, "gcj02"), "bd09")
    assert lon == pytest.approx(116.41036949371029, abs=1e-9)
    assert lat == pytest.approx(39.92133699351021, abs=1e-9)


@given(lon=st.floats(-175, 175), lat=st.floats(-80, 80))
def test_forward_equals_plain_twin(lon: float, lat: float) -> None:
    assert from_wgs84(lon, lat, "gcj02") == pytest.approx(gcj02_twin(lon, lat), abs=1e-10)
    assert from_wgs84(lon, lat, "bd09") == pytest.approx(bd09_twin(lon, lat), abs=1e-10)


@pytest.mark.parametrize("datum", SHIFTED)
@given(lon=st.floats(-175, 175), lat=st.floats(-80, 80))
def test_round_trip_under_a_millimetre(datum: str, lon: float, lat: float) -> None:
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert apart_m(lon, lat, float(back_lon), float(back_lat)) < 1e-3


@pytest.mark.parametrize("datum", SHIFTED)
def test_round_trip_over_china_in_bulk(datum: str) -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(73, 136, 50_000), rng.uniform(17, 54, 50_000)
    # the root in the formula has no derivative on the meridian of 105°: points on and next to it
    lon[:1000] = 105.0 + rng.choice([0.0, 1e-15, -1e-14, 1e-12, 1e-9], 1000)
    back_lon, back_lat = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert back_lon.shape == (50_000,)
    assert 111_320.0 * np.hypot((back_lon - lon) * np.cos(np.radians(lat)), back_lat - lat).max() < 1e-4


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_equal_datums_leave_coordinates_alone(datum: str) -> None:
    lon, lat = np.array([[116.4, 73.0]]), np.array([[39.9, -90.0]])
    for verb in (to_wgs84, from_wgs84):
        new_lon, new_lat = verb(lon, lat, datum)
        np.testing.assert_array_equal(new_lon, lon)
        np.testing.assert_array_equal(new_lat, lat)


def test_no_rectangle_decides() -> None:
    lon, lat = from_wgs84(-71.4, 41.8, "gcj02")
    assert apart_m(-71.4, 41.8, float(lon), float(lat)) > 10


@pytest.mark.parametrize(
    ("name", "datum"),
    [
        ("GCJ-02", "gcj02"),
        ("gcj02", "gcj02"),
        ("gcj_02", "gcj02"),
        ("BD09", "bd09"),
        ("BD-09", "bd09"),
        ("WGS-84", "wgs84"),
        (" WGS 84 ", "wgs84"),
        ("EPSG:4326", "wgs84"),
        ("CGCS2000", "cgcs2000"),
        ("EPSG:4490", "cgcs2000"),
    ],
)
def test_parse_datum(name: str, datum: str) -> None:
    assert parse_datum(name) == datum


@pytest.mark.parametrize("name", ["", "beijing54", "wgs", "EPSG:3857", "gcj02x"])
def test_unknown_datum_lists_the_four(name: str) -> None:
    with using_language("en"), pytest.raises(DatumError) as caught:
        parse_datum(name)
    assert all(datum in caught.value.remedy for datum in DATUMS)
    with pytest.raises(DatumError):
        to_wgs84(116.4, 39.9, name)


@pytest.mark.parametrize(
    ("lon", "lat", "problem"),
    [
        (math.nan, 39.9, "missing"),
        (116.4, math.inf, "missing"),
        (39.9, 116.4, "swapped"),
        (440_000.0, 4_400_000.0, "metres"),
        (200.0, 10.0, "not on Earth"),
        (10.0, 200.0, "not on Earth"),
        (180.0000001, 0.0, "not on Earth"),
    ],
)
def test_bad_coordinate_says_which_and_what(lon: float, lat: float, problem: str) -> None:
    with using_language("en"):
        with pytest.raises(CoordinateError, match=problem) as alone:
            check_coordinates(lon, lat)
        assert "Row" not in str(alone.value)
        with pytest.raises(CoordinateError, match=rf"^Row 3: .*{problem}"):
            check_coordinates([1.0, 2.0, lon, math.nan], [3.0, 4.0, lat, 5.0])
    with using_language("zh"), pytest.raises(CoordinateError, match="第 2 行:经度"):
        to_wgs84([1.0, lon], [3.0, lat], "gcj02")
    assert alone.value.remedy


def test_edges_of_the_earth_are_good() -> None:
    check_coordinates([-180.0, 180.0, 0.0], [-90.0, 90.0, 0.0])
    check_coordinates([], [])


def test_lengths_must_agree() -> None:
    with using_language("en"), pytest.raises(CoordinateError, match="2 and 1"):
        check_coordinates([1.0, 2.0], [3.0])


@pytest.mark.parametrize("datum", SHIFTED)
def test_no_inverse_at_a_pole(datum: str) -> None:
    with using_language("en"), pytest.raises(CoordinateError, match=r"Row 2: .*pole"):
        to_wgs84([116.4, 30.0], [39.9, 89.999999], datum)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize(
    "box", [(73.0, 3.0, 135.0, 54.0), (104.99, 34.99, 105.01, 35.01), (-179.0, -80.0, 179.0, 80.0)]
)
def test_the_compiled_loop_equals_the_plain_one(datum: str, box: tuple[float, float, float, float]) -> None:
    lon, lat = np.random.default_rng(1).uniform(box[:2], box[2:], (20_000, 2)).T
    theirs = from_wgs84(lon, lat, datum)
    many = to_wgs84(*theirs, datum)
    few = _solve(_bd09_of_wgs84 if datum == "bd09" else _gcj02_of_wgs84, *theirs)
    for found, plain, true in zip(many, few, (lon, lat), strict=True):
        np.testing.assert_allclose(found, plain, rtol=0, atol=2e-10)  # 20 µm
        np.testing.assert_allclose(found, true, rtol=0, atol=2e-10)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_location_is_the_same_in_any_company(datum: str) -> None:
    """Files are read in batches: their size must not show, nor that some lie where the loop does not converge."""
    lon, lat = np.random.default_rng(6).uniform((-179.0, -85.0), (179.0, 85.0), (6000, 2)).T
    whole = to_wgs84(lon, lat, datum)
    for size in (1, 7, 100, 2500):
        parts = [to_wgs84(lon[i : i + size], lat[i : i + size], datum) for i in range(0, min(100 * size, 6000), size)]
        for axis, expected in zip(zip(*parts, strict=True), whole, strict=True):
            found = np.concatenate(axis)
            np.testing.assert_array_equal(found, expected[: len(found)])


def test_many_locations_of_which_one_is_at_a_pole() -> None:
    lon, lat = np.full(6000, 116.0), np.full(6000, 39.0)
    lat[1234] = 90.0
    with pytest.raises(CoordinateError, match="Row 1235"):
        to_wgs84(lon, lat, "gcj02")
    lat[1234] = 39.0
    found = to_wgs84(lon.reshape(60, 100), lat.reshape(60, 100), "gcj02")
    assert found[0].shape == (60, 100)


@pytest.mark.parametrize("datum", DATUMS)
def test_one_place_comes_back_as_many_do(datum: str) -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(73, 135, 300), rng.uniform(4, 53, 300)
    many = to_wgs84(lon, lat, datum)
    one = [place_to_wgs84(x, y, datum) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    np.testing.assert_allclose(np.transpose(one), many, rtol=0, atol=1e-10)
    for bad in ((float("nan"), 30.0), (116.0, 91.0), (181.0, 0.0)):
        with pytest.raises(CoordinateError):
            place_to_wgs84(*bad, datum)
    with pytest.raises(DatumError):
        place_to_wgs84(116.0, 33.0, "beijing54")

"""Datums of coordinates met in China, and the way between each of them and WGS 84.

Every input names its datum and nothing is guessed: there is no "inside China" rectangle (it would shift Hanoi by
441 m), the formulas apply wherever the caller says that they do. CGCS2000 equals WGS 84 for our purpose and is
labelled apart. GCJ-02 (AMap, Tencent) and BD-09 (Baidu) are in no CRS registry; their forward formulas are the
published ones, and the way back solves them to well under a millimetre.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from spatialgov.errors import CoordinateError, DatumError
from spatialgov.language import t
from spatialgov.threads import share_out

__all__ = ["DATUMS", "Datum", "check_coordinates", "from_wgs84", "parse_datum", "place_to_wgs84", "to_wgs84"]

Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = get_args(Datum)

FloatArray = npt.NDArray[np.float64]
_Forward = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

_ALIASES: dict[str, Datum] = {
    "wgs84": "wgs84",
    "epsg4326": "wgs84",
    "crs84": "wgs84",
    "ogccrs84": "wgs84",
    "cgcs2000": "cgcs2000",
    "epsg4490": "cgcs2000",
    "gcj02": "gcj02",
    "bd09": "bd09",
    "bd09ll": "bd09",
}

# The ellipsoid of Krasovsky 1940, whatever the data's own: the constants of the published GCJ-02 formula.
_A_M = 6378245.0
_EE = 0.00669342162296594323
_BD_FREQUENCY = np.pi * 3000.0 / 180.0

_SOLVED_DEG = 1e-10
"""The last fixed-point step, about 10 µm on the ground; the error left is a hundredth of it."""
_MAX_STEPS = 50


def parse_datum(name: str) -> Datum:
    """Give the datum that a name means: any case, with or without hyphens, or its EPSG number.

    Parameters
    ----------
    name
        For example ``GCJ-02``, ``gcj02``, ``BD09``, ``WGS-84``, ``CGCS2000``, ``EPSG:4490``.

    Raises
    ------
    DatumError
        When the name means none of the four.
    """
    if name in _ALIASES:  # at once, for it is asked with every location
        return _ALIASES[name]
    key = "".join(c for c in str(name).lower() if c.isalnum())
    try:
        return _ALIASES[key]
    except KeyError:
        raise DatumError(
            t("Unknown datum “{name}”.", "未知的坐标基准“{name}”。", name=name),
            remedy=t(
                "Name one of wgs84, cgcs2000, gcj02 (AMap, Tencent), bd09 (Baidu).",
                "请写明 wgs84、cgcs2000、gcj02(高德、腾讯)、bd09(百度)之一。",
            ),
        ) from None


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[FloatArray, FloatArray]:
    """Give locations of a datum in WGS 84.

    Parameters
    ----------
    lon, lat
        Degrees in `datum`, scalars or arrays of one shape.
    datum
        Name of the datum of the input (see `parse_datum`).

    Returns
    -------
    lon, lat
        Degrees, WGS 84, float64, of the shape of the input; when nothing has to change they are the input itself,
        not a copy. GCJ-02 and BD-09 are solved to less than 1 mm, each location in the same way to the last bit
        whatever others come with it: files may be read in batches of any size.

    Raises
    ------
    DatumError
        When the datum is unknown.
    CoordinateError
        When a location is not on Earth (see `check_coordinates`), or so near a pole that the formula has no inverse.
    """
    parsed = parse_datum(datum)
    lon, lat = _checked(lon, lat)
    if parsed in ("wgs84", "cgcs2000"):
        return lon, lat
    forward = _bd09_of_wgs84 if parsed == "bd09" else _gcj02_of_wgs84
    found_lon, found_lat = _solve_many(lon, lat, is_bd09=parsed == "bd09")
    left = np.isnan(found_lon)
    if not left.any():
        return found_lon, found_lat
    try:
        found_lon[left], found_lat[left] = _solve(forward, lon[left], lat[left])
    except CoordinateError:
        return _solve(forward, lon, lat)  # which tells the row
    return found_lon, found_lat


def place_to_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """Give one location in WGS 84 as `to_wgs84` does, in a microsecond or two instead of fifty."""
    parsed = parse_datum(datum)
    if parsed in ("gcj02", "bd09") and -180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0:
        x, y = _compiled().place_on_wgs84(lon, lat, parsed == "bd09")
        if x == x:  # noqa: PLR0124 - not NaN
            return x, y
    shifted_lon, shifted_lat = to_wgs84(lon, lat, parsed)
    return float(shifted_lon), float(shifted_lat)


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[FloatArray, FloatArray]:
    """Give WGS 84 locations in another datum: the inverse of `to_wgs84`, with the same shapes and errors."""
    parsed = parse_datum(datum)
    lon, lat = _checked(lon, lat)
    if parsed == "gcj02":
        return _gcj02_of_wgs84(lon, lat)
    if parsed == "bd09":
        return _bd09_of_wgs84(lon, lat)
    return lon, lat


def check_coordinates(lon: npt.ArrayLike, lat: npt.ArrayLike) -> None:
    """Check that locations are places on Earth: finite, longitude within ±180, latitude within ±90 degrees.

    Parameters
    ----------
    lon, lat
        Degrees in any datum, scalars or arrays of one shape.

    Raises
    ------
    CoordinateError
        When one is not. The message names the first bad position (counted from 1) and what is wrong with it: missing
        or infinite, axes that look swapped, metres instead of degrees, or out of range.
    """
    _checked(lon, lat)


def _checked(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    lon = np.asarray(lon, dtype=np.float64)
    lat = np.asarray(lat, dtype=np.float64)
    if lon.shape != lat.shape:
        raise CoordinateError(
            t(
                "Longitudes and latitudes differ in number: {lon} and {lat}.",
                "经度与纬度的数量不一致:{lon} 与 {lat}。",
                lon=lon.size,
                lat=lat.size,
            ),
            remedy=t("Give one latitude for each longitude.", "请为每个经度给出一个纬度。"),
        )
    good = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)  # false for NaN too
    if not good.all():
        position = int(np.argmin(good))
        raise _coordinate_error(lon, lat, position, *_problem_and_remedy(lon.flat[position], lat.flat[position]))
    return lon, lat


def _problem_and_remedy(lon: float, lat: float) -> tuple[str, str]:
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return (
            t("is missing or not finite", "缺失或不是有限数值"),
            t("Remove the location or fill it in.", "请删除或补全该坐标。"),
        )
    if abs(lon) <= 90.0 < abs(lat) <= 180.0:
        return (
            t("looks as if its axes were swapped", "坐标轴似乎颠倒了"),
            t("Give longitude first, then latitude.", "请先给出经度,再给出纬度。"),
        )
    if abs(lon) > 360.0 or abs(lat) > 360.0:
        return (
            t("looks like metres, not degrees", "似乎是米而不是度"),
            t("Name the CRS of the data, or give degrees.", "请写明数据的坐标系,或改用经纬度。"),
        )
    return (
        t("is not on Earth", "不在地球上"),
        t("Longitude lies within ±180 and latitude within ±90 degrees.", "经度应在 ±180 度以内,纬度应在 ±90 度以内。"),
    )


def _coordinate_error(lon: FloatArray, lat: FloatArray, position: int, problem: str, remedy: str) -> CoordinateError:
    values = {"lon": float(lon.flat[position]), "lat": float(lat.flat[position]), "problem": problem}
    if lon.ndim == 0:
        message = t("Longitude {lon}, latitude {lat} {problem}.", "经度 {lon}、纬度 {lat} {problem}。", **values)
    else:
        message = t(
            "Row {row}: longitude {lon}, latitude {lat} {problem}.",
            "第 {row} 行:经度 {lon}、纬度 {lat} {problem}。",
            row=position + 1,
            **values,
        )
    return CoordinateError(message, remedy=remedy)


def _gcj02_of_wgs84(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """GCJ-02 from WGS 84 by the published formula (as in eviltransform), without its rectangle."""
    x, y = lon - 105.0, lat - 35.0
    pi = np.pi
    common = 20.0 * np.sin(6.0 * pi * x) + 20.0 * np.sin(2.0 * pi * x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north_m += (2.0 / 3.0) * (common + 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi / 3.0 * y))
    north_m += (2.0 / 3.0) * (160.0 * np.sin(pi / 12.0 * y) + 320.0 * np.sin(pi / 30.0 * y))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east_m += (2.0 / 3.0) * (common + 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi / 3.0 * x))
    east_m += (2.0 / 3.0) * (150.0 * np.sin(pi / 12.0 * x) + 300.0 * np.sin(pi / 30.0 * x))
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    meridian_m = _A_M * (1.0 - _EE) / (magic * np.sqrt(magic))
    parallel_m = _A_M / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _bd09_of_wgs84(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """BD-09 from WGS 84: Baidu's published shift on top of GCJ-02."""
    x, y = _gcj02_of_wgs84(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_FREQUENCY)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_FREQUENCY)
    return radius * np.cos(theta) + 0.0065, radius * np.sin(theta) + 0.006


@cache
def _compiled() -> Any:
    """Give the compiled loops: numba is heavy, and most commands need no shift."""
    from spatialgov import _kernels

    return _kernels


def _solve_many(lon: FloatArray, lat: FloatArray, *, is_bd09: bool) -> tuple[FloatArray, FloatArray]:
    """Do what `_solve` does in a compiled loop, by Newton's method; NaN where it does not converge."""
    kernels = _compiled()
    axes = [np.ascontiguousarray(axis).ravel().view() for axis in (lon, lat)]
    for solve in (kernels.gcj02_of_bd09, kernels.wgs84_of_gcj02) if is_bd09 else (kernels.wgs84_of_gcj02,):
        for axis in axes:
            axis.flags.writeable = False  # one compiled version serves all
        found = [np.empty(lon.size), np.empty(lon.size)]
        share_out(lon.size, partial(_solve_part, solve, [*axes, *found]))
        axes = found
    return axes[0].reshape(lon.shape), axes[1].reshape(lon.shape)


def _solve_part(solve: Callable[..., None], arrays: Sequence[FloatArray], part: slice) -> None:
    solve(*(values[part] for values in arrays))


def _solve(forward: _Forward, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Find the locations that `forward` takes to (lon, lat), by fixed-point steps.

    The shift changes by less than 1 % of a move between locations, so each step leaves less than a hundredth of the
    error, everywhere but within a few degrees of the poles, where the formula divides by the cosine of the latitude.
    """
    found_lon, found_lat = lon, lat
    unsolved = np.ones(lon.shape, dtype=bool)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # near a pole the steps run away
        for _ in range(_MAX_STEPS):
            image_lon, image_lat = forward(found_lon, found_lat)
            # what is solved stays as it is, however long others take
            step_lon, step_lat = np.where(unsolved, lon - image_lon, 0.0), np.where(unsolved, lat - image_lat, 0.0)
            found_lon, found_lat = found_lon + step_lon, found_lat + step_lat
            unsolved = ~(np.maximum(np.abs(step_lon), np.abs(step_lat)) <= _SOLVED_DEG)
            if not unsolved.any():
                return found_lon, found_lat
    position = int(np.argmax(unsolved))
    problem = t("is too near a pole for this datum", "过于接近极点,不适用该坐标基准")
    remedy = t("Check the datum and the axis order.", "请检查坐标基准和坐标轴顺序。")
    raise _coordinate_error(lon, lat, position, problem, remedy)

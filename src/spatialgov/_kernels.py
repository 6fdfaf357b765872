"""The hot loops of the core's single modules, compiled: datums on their way back to WGS 84.

The loops have no branches, and what they call is put into them (``forceinline``: by the compiler, in a tenth of the
time that numba's own ``inline`` takes), so that it takes several locations at a time.
"""

import math

import numpy as np
from numba import njit

# As in `spatialgov.datum`, which has the same formulas for arrays and tells where they come from.
_A_M = 6378245.0
_EE = 0.00669342162296594323
_BD_HALF_TURNS = 3000.0 / 180.0
_DEGREES = 180.0 / math.pi
_ROUND = 1.5 * 2.0**52
"""Added and taken away again, this leaves the nearest whole number."""

_SOLVED_DEG = 1e-10
# A Newton step so long leaves an error of 1e-12 degrees: the shift bends by 0.04 a degree, its slopes here are right
# to 1e-6. Not at longitude 105 and latitude 35, where the square roots of the formula have no slope.
_SOLVED_BY_NEWTON_DEG = 2e-6
_NEAR_ROOT_DEG = 0.01


@njit(cache=True, error_model="numpy", forceinline=True)
def _sin_cos(t):
    """Sine and cosine of `t` half turns, to 1e-16: Taylor's series within an eighth of a turn of the axes."""
    quarter = (2.0 * t + _ROUND) - _ROUND
    z = math.pi * (t - 0.5 * quarter)
    w = z * z
    s = z * (1.0 + w * (-1.0 / 6 + w * (1.0 / 120 + w * (-1.0 / 5040 + w * (1.0 / 362880 + w * (
        -1.0 / 39916800 + w * (1.0 / 6227020800 + w * (-1.0 / 1307674368000))
    ))))))  # fmt: skip
    c = 1.0 + w * (-0.5 + w * (1.0 / 24 + w * (-1.0 / 720 + w * (1.0 / 40320 + w * (
        -1.0 / 3628800 + w * (1.0 / 479001600 + w * (-1.0 / 87178291200 + w / 20922789888000))
    )))))  # fmt: skip
    # quarter turns, from -2 to 2
    quarter -= 4.0 * ((0.25 * quarter + _ROUND) - _ROUND)
    odd = abs(quarter) == 1.0
    sine, cosine = (c if odd else s), (s if odd else c)
    half = abs(quarter) == 2.0
    return (
        -sine if half | (quarter == -1.0) else sine,
        -cosine if half | (quarter == 1.0) else cosine,
    )  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _gcj02(lon, lat):
    """GCJ-02 from WGS 84 and its slopes: lon, lat, d lon / d lon, d lon / d lat, d lat / d lon, d lat / d lat."""
    x, y = lon - 105.0, lat - 35.0
    third, pi = 2.0 / 3.0, math.pi
    sin_x, cos_x = _sin_cos(x)
    sin_2x, cos_2x = 2.0 * sin_x * cos_x, 1.0 - 2.0 * sin_x * sin_x
    sin_6x, cos_6x = sin_2x * (3.0 - 4.0 * sin_2x * sin_2x), cos_2x * (4.0 * cos_2x * cos_2x - 3.0)
    sin_12th_x, cos_12th_x = _sin_cos(x / 12.0)
    sin_6th_x, cos_6th_x = 2.0 * sin_12th_x * cos_12th_x, 1.0 - 2.0 * sin_12th_x * sin_12th_x
    sin_3rd_x, cos_3rd_x = 2.0 * sin_6th_x * cos_6th_x, 1.0 - 2.0 * sin_6th_x * sin_6th_x
    sin_30th_x, cos_30th_x = _sin_cos(x / 30.0)
    sin_y, cos_y = _sin_cos(y)
    sin_12th_y, cos_12th_y = _sin_cos(y / 12.0)
    sin_6th_y, cos_6th_y = 2.0 * sin_12th_y * cos_12th_y, 1.0 - 2.0 * sin_12th_y * sin_12th_y
    sin_3rd_y, cos_3rd_y = 2.0 * sin_6th_y * cos_6th_y, 1.0 - 2.0 * sin_6th_y * sin_6th_y
    sin_30th_y, cos_30th_y = _sin_cos(y / 30.0)
    root = math.sqrt(abs(x))
    root_slope = (0.5 if x > 0.0 else -0.5) / (root + 1e-3)

    common = 20.0 * (sin_6x + sin_2x)
    common_slope = pi * (120.0 * cos_6x + 40.0 * cos_2x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += third * (common + 20.0 * sin_y + 40.0 * sin_3rd_y + 160.0 * sin_12th_y + 320.0 * sin_30th_y)
    north_by_x = 2.0 + 0.1 * y + 0.2 * root_slope + third * common_slope
    north_by_y = 3.0 + 0.4 * y + 0.1 * x
    north_by_y += (
        third * pi * (20.0 * cos_y + 40.0 / 3.0 * cos_3rd_y + 160.0 / 12.0 * cos_12th_y + 320.0 / 30.0 * cos_30th_y)
    )
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += third * (common + 20.0 * sin_x + 40.0 * sin_3rd_x + 150.0 * sin_12th_x + 300.0 * sin_30th_x)
    east_by_x = 1.0 + 0.2 * x + 0.1 * y + 0.1 * root_slope + third * common_slope
    east_by_x += (
        third * pi * (20.0 * cos_x + 40.0 / 3.0 * cos_3rd_x + 150.0 / 12.0 * cos_12th_x + 300.0 / 30.0 * cos_30th_x)
    )
    east_by_y = 2.0 + 0.1 * x

    sine, cosine = _sin_cos(lat / 180.0)
    magic = 1.0 - _EE * sine * sine
    north_deg = _DEGREES * magic * math.sqrt(magic) / (_A_M * (1.0 - _EE))
    east_deg = _DEGREES * math.sqrt(magic) / (_A_M * cosine)
    # the slope of the degree's length itself, by the sphere but for a hundredth
    turn = sine / (cosine * _DEGREES)
    return (
        lon + east * east_deg, lat + north * north_deg,
        1.0 + east_by_x * east_deg, (east_by_y + east * turn) * east_deg,
        north_by_x * north_deg, 1.0 + north_by_y * north_deg,
    )  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _turned(x, y, near_x, near_y):
    """(x, y) turned and shrunk back as Baidu turned and stretched it, if it was near (near_x, near_y) before."""
    _, turn = _sin_cos(near_x * _BD_HALF_TURNS)
    stretch, _ = _sin_cos(near_y * _BD_HALF_TURNS)
    angle = 0.000003 * turn
    shrink = 1.0 - 0.00002 * stretch / math.sqrt(x * x + y * y)
    cosine = 1.0 - 0.5 * angle * angle
    return (x * cosine + y * angle) * shrink, (y * cosine - x * angle) * shrink


@njit(cache=True, nogil=True, error_model="numpy")
def gcj02_of_bd09(lon, lat, out_lon, out_lat):
    """Undo Baidu's shift by fixed-point steps, each of which leaves a fiftieth of the error; NaN if not."""
    for i in range(len(lon)):
        x, y = lon[i] - 0.0065, lat[i] - 0.006
        # loops that are unrolled by hand, for one inside would keep the outer one from being vectorised
        x1, y1 = _turned(x, y, x, y)
        x1, y1 = _turned(x, y, x1, y1)
        x1, y1 = _turned(x, y, x1, y1)
        x1, y1 = _turned(x, y, x1, y1)
        x2, y2 = _turned(x, y, x1, y1)
        solved = (abs(x2 - x1) <= _SOLVED_DEG) & (abs(y2 - y1) <= _SOLVED_DEG)
        out_lon[i] = x2 if solved else np.nan
        out_lat[i] = y2 if solved else np.nan


@njit(cache=True, error_model="numpy", forceinline=True)
def _newton(x, y, found_x, found_y):
    """One step towards the place whose GCJ-02 is (x, y)."""
    image_x, image_y, xx, xy, yx, yy = _gcj02(found_x, found_y)
    off_x, off_y = x - image_x, y - image_y
    determinant = xx * yy - xy * yx
    return (off_x * yy - off_y * xy) / determinant, (off_y * xx - off_x * yx) / determinant


@njit(cache=True, nogil=True, error_model="numpy")
def wgs84_of_gcj02(lon, lat, out_lon, out_lat):
    """Undo GCJ-02 by three steps of Newton's method; NaN where these are not enough."""
    for i in range(len(lon)):
        x, y = lon[i], lat[i]
        step_x, step_y = _newton(x, y, x, y)
        found_x, found_y = x + step_x, y + step_y
        step_x, step_y = _newton(x, y, found_x, found_y)
        found_x, found_y = found_x + step_x, found_y + step_y
        step_x, step_y = _newton(x, y, found_x, found_y)
        found_x, found_y = found_x + step_x, found_y + step_y
        near_root = abs(found_x - 105.0) < _NEAR_ROOT_DEG
        enough = _SOLVED_DEG if near_root else _SOLVED_BY_NEWTON_DEG
        solved = (abs(step_x) <= enough) & (abs(step_y) <= enough)
        out_lon[i] = found_x if solved else np.nan
        out_lat[i] = found_y if solved else np.nan


@njit(cache=True, nogil=True)
def place_on_wgs84(lon, lat, is_bd09):
    """One location from GCJ-02 or BD-09, by the loops for many; NaN where they don't converge."""
    x, y = np.full(1, lon), np.full(1, lat)
    found_x, found_y = np.empty(1), np.empty(1)
    if is_bd09:
        gcj02_of_bd09(x, y, found_x, found_y)
        x[0], y[0] = found_x[0], found_y[0]
    wgs84_of_gcj02(x, y, found_x, found_y)
    return found_x[0], found_y[0]

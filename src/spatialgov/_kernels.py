"""The hot loops of the core's single modules, compiled: datums on their way back to WGS 84."""

import math

import numpy as np
from numba import njit

# As in `spatialgov.datum`, which has the same formulas for arrays and tells where they come from.
_A_M = 6378245.0
_EE = 0.00669342162296594323
_BD_FREQUENCY = math.pi * 3000.0 / 180.0

_MAX_STEPS = 50
_SOLVED_DEG = 1e-10
# A Newton step so long leaves an error of 1e-12 degrees: the shift bends by 0.04 a degree, its slopes here are right
# to 1e-6. Not at longitude 105 and latitude 35, where the square roots of the formula have no slope.
_SOLVED_BY_NEWTON_DEG = 2e-6
_NEAR_ROOT_DEG = 0.01


@njit(cache=True, error_model="numpy")
def _gcj02(lon, lat):
    """GCJ-02 from WGS 84 and its slopes: lon, lat, d lon / d lon, d lon / d lat, d lat / d lon, d lat / d lat."""
    x, y = lon - 105.0, lat - 35.0
    third, pi = 2.0 / 3.0, math.pi
    sin_x, cos_x = math.sin(pi * x), math.cos(pi * x)
    sin_2x, cos_2x = 2.0 * sin_x * cos_x, 1.0 - 2.0 * sin_x * sin_x
    sin_6x, cos_6x = sin_2x * (3.0 - 4.0 * sin_2x * sin_2x), cos_2x * (4.0 * cos_2x * cos_2x - 3.0)
    sin_12th_x, cos_12th_x = math.sin(pi / 12.0 * x), math.cos(pi / 12.0 * x)
    sin_6th_x, cos_6th_x = 2.0 * sin_12th_x * cos_12th_x, 1.0 - 2.0 * sin_12th_x * sin_12th_x
    sin_3rd_x, cos_3rd_x = 2.0 * sin_6th_x * cos_6th_x, 1.0 - 2.0 * sin_6th_x * sin_6th_x
    sin_30th_x, cos_30th_x = math.sin(pi / 30.0 * x), math.cos(pi / 30.0 * x)
    sin_y, cos_y = math.sin(pi * y), math.cos(pi * y)
    sin_12th_y, cos_12th_y = math.sin(pi / 12.0 * y), math.cos(pi / 12.0 * y)
    sin_6th_y, cos_6th_y = 2.0 * sin_12th_y * cos_12th_y, 1.0 - 2.0 * sin_12th_y * sin_12th_y
    sin_3rd_y, cos_3rd_y = 2.0 * sin_6th_y * cos_6th_y, 1.0 - 2.0 * sin_6th_y * sin_6th_y
    sin_30th_y, cos_30th_y = math.sin(pi / 30.0 * y), math.cos(pi / 30.0 * y)
    root = math.sqrt(abs(x))
    root_slope = math.copysign(0.5 / max(root, 0.1 * _NEAR_ROOT_DEG), x)

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

    phi = math.radians(lat)
    sine, cosine = math.sin(phi), math.cos(phi)
    magic = 1.0 - _EE * sine * sine
    north_deg = math.degrees(magic * math.sqrt(magic) / (_A_M * (1.0 - _EE)))
    east_deg = math.degrees(math.sqrt(magic) / (_A_M * cosine))
    # the slope of the degree's length itself, by the sphere but for a hundredth
    turn = math.radians(1.0) * sine / cosine
    return (
        lon + east * east_deg, lat + north * north_deg,
        1.0 + east_by_x * east_deg, (east_by_y + east * turn) * east_deg,
        north_by_x * north_deg, 1.0 + north_by_y * north_deg,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _gcj02_of_bd09(x, y):
    """Baidu's shift undone by fixed-point steps: it turns and stretches by little, which changes slowly."""
    x, y = x - 0.0065, y - 0.006
    radius = math.hypot(x, y)
    found_x, found_y = x, y
    for _ in range(_MAX_STEPS):
        angle = 0.000003 * math.cos(found_x * _BD_FREQUENCY)
        shrink = 1.0 - 0.00002 * math.sin(found_y * _BD_FREQUENCY) / radius
        cosine = 1.0 - 0.5 * angle * angle
        next_x, next_y = (x * cosine + y * angle) * shrink, (y * cosine - x * angle) * shrink
        step = max(abs(next_x - found_x), abs(next_y - found_y))
        found_x, found_y = next_x, next_y
        if step <= _SOLVED_DEG:
            return found_x, found_y
    return math.nan, math.nan


@njit(cache=True, nogil=True, error_model="numpy")
def wgs84_of(lon, lat, is_bd09, out_lon, out_lat):
    """Fill in the WGS 84 of GCJ-02 or BD-09 locations; NaN where no step leads there."""
    for i in range(len(lon)):
        x, y = lon[i], lat[i]
        if is_bd09:
            x, y = _gcj02_of_bd09(x, y)
        found_x, found_y = x, y
        solved = False
        for _ in range(_MAX_STEPS):
            image_x, image_y, xx, xy, yx, yy = _gcj02(found_x, found_y)
            off_x, off_y = x - image_x, y - image_y
            determinant = xx * yy - xy * yx
            step_x, step_y = (off_x * yy - off_y * xy) / determinant, (off_y * xx - off_x * yx) / determinant
            found_x, found_y = found_x + step_x, found_y + step_y
            near_root = abs(found_x - 105.0) < _NEAR_ROOT_DEG
            step = max(abs(step_x), abs(step_y))
            if step <= (_SOLVED_DEG if near_root else _SOLVED_BY_NEWTON_DEG):
                solved = True
                break
        out_lon[i] = found_x if solved else np.nan
        out_lat[i] = found_y if solved else np.nan

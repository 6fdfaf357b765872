"""The drawing plane of the sample city: metres east and north of a made-up centre, and from there to degrees."""

import math
from typing import Final

__all__ = ["CENTRE_LAT", "CENTRE_LON", "UNIT_DIGITS", "Point", "to_azimuth_deg", "to_degrees"]

Point = tuple[float, float]

CENTRE_LON: Final = 116.6
CENTRE_LAT: Final = 33.9
UNIT_DIGITS: Final = 7
"""Decimals of a degree in units, grids and jurisdictions: about 1 cm, the grid that the plan is snapped to."""

_TURN_RAD: Final = math.radians(-5.5)
_SEMI_MAJOR_M: Final = 6378137.0
_ECCENTRICITY_SQUARED: Final = 0.00669437999014


def _metres_per_degree() -> tuple[float, float]:
    """Give the length of a degree of longitude and of latitude at the centre (WGS 84 radii of curvature)."""
    latitude = math.radians(CENTRE_LAT)
    root = math.sqrt(1 - _ECCENTRICITY_SQUARED * math.sin(latitude) ** 2)
    prime_vertical_m = _SEMI_MAJOR_M / root
    meridian_m = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / root**3
    return math.radians(1) * prime_vertical_m * math.cos(latitude), math.radians(1) * meridian_m


_LON_M, _LAT_M = _metres_per_degree()
_COS, _SIN = math.cos(_TURN_RAD), math.sin(_TURN_RAD)


def to_degrees(x_m: float, y_m: float, digits: int = UNIT_DIGITS) -> tuple[float, float]:
    """Give ``(lon, lat)`` in degrees, WGS 84, rounded, of a point of the drawing plane.

    The map is affine (a turn, so that the streets don't run due north, and a scale): straight lines stay straight and
    a vertex shared in the plane is the same pair of numbers in every file.
    """
    east_m = x_m * _COS - y_m * _SIN
    north_m = x_m * _SIN + y_m * _COS
    return round(CENTRE_LON + east_m / _LON_M, digits), round(CENTRE_LAT + north_m / _LAT_M, digits)


def to_azimuth_deg(dx_m: float, dy_m: float) -> float:
    """Give the direction of a vector of the drawing plane, degrees clockwise from north, 0 ≤ azimuth < 360."""
    east_m = dx_m * _COS - dy_m * _SIN
    north_m = dx_m * _SIN + dy_m * _COS
    return round(math.degrees(math.atan2(east_m, north_m)) % 360, 1) % 360

"""Pictures that lie exactly on the map: pixels in the projection that Leaflet draws in (Web Mercator, EPSG:3857).

A picture that is drawn between two corners is stretched evenly in that projection, in which a degree of latitude is
longer towards the poles. So pixels are laid out evenly there, and each asks what is at its middle: nothing is warped.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PixelGrid"]

_FARTHEST_LAT = 85.05
"""Web Mercator ends a little beyond."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PixelGrid:
    """Pixels over a rectangle of the map, from its north-western corner.

    Attributes
    ----------
    west, north
        Degrees, WGS 84: the outer corner of the first pixel.
    step_rad
        Side of a pixel in the projection, in radians of longitude.
    width, height
        Numbers of columns and rows.
    """

    west: float
    north: float
    step_rad: float
    width: int
    height: int

    @classmethod
    def over(cls, bounds: npt.ArrayLike, pixel_m: float) -> "PixelGrid":
        """Give the grid that covers a rectangle.

        Parameters
        ----------
        bounds
            (4,) west, south, east, north in degrees, WGS 84.
        pixel_m
            Side of a pixel on the ground, at the middle of the rectangle.
        """
        west, south, east, north = np.asarray(bounds, dtype=np.float64).tolist()
        south, north = max(south, -_FARTHEST_LAT), min(north, _FARTHEST_LAT)
        step = pixel_m / (6_371_009.0 * math.cos(math.radians((south + north) / 2)))
        width = max(math.ceil(math.radians(east - west) / step), 1)
        height = max(math.ceil((_up(north) - _up(south)) / step), 1)
        return cls(west, north, step, width, height)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all pixels, degrees."""
        south = float(_latitude(_up(self.north) - self.height * self.step_rad))
        return self.west, south, self.west + math.degrees(self.width * self.step_rad), self.north

    def middles(self) -> tuple[Floats, Floats]:
        """Give longitude and latitude of the middle of each pixel, degrees: (height · width,) row by row."""
        lon = self.west + np.degrees((np.arange(self.width) + 0.5) * self.step_rad)
        lat = _latitude(_up(self.north) - (np.arange(self.height) + 0.5) * self.step_rad)
        return np.tile(lon, self.height), np.repeat(lat, self.width)

    def pixel_of(self, lon: float, lat: float) -> tuple[float, float]:
        """Give column and row of a place, with fractions; the middle of the first pixel is (0.5, 0.5)."""
        return math.radians(lon - self.west) / self.step_rad, (_up(self.north) - _up(lat)) / self.step_rad

    def pixels_of(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Give what `pixel_of` gives for each of (n,) places."""
        up = np.arcsinh(np.tan(np.radians(lat)))
        return np.radians(lon - self.west) / self.step_rad, (_up(self.north) - up) / self.step_rad


def _up(lat: float) -> float:
    """Give the height of a latitude in the projection."""
    return math.asinh(math.tan(math.radians(lat)))


def _latitude(up: npt.ArrayLike) -> Floats:
    return np.degrees(np.arctan(np.sinh(up)))

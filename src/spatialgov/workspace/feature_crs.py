"""The coordinate reference systems in which features are exchanged: their URIs and the order of their axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import ParameterError
from spatialgov.language import t
from spatialgov.projection import WGS84, metric_crs, project, unproject

__all__ = ["CRS84", "ExchangeCrs", "bbox_shape", "exchange_crs"]

_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@dataclass(frozen=True, slots=True)
class ExchangeCrs:
    """A coordinate reference system as other software knows it.

    Attributes
    ----------
    uri
        Its name at the OGC.
    crs
        The same for PROJ.
    swapped
        Whether its first axis points north: EPSG:4326 gives the latitude first.
    """

    uri: str
    crs: pyproj.CRS
    swapped: bool

    def from_wgs84(self, shapes: Any) -> Any:
        """Give shapes in longitude and latitude in this system, with its order of axes."""
        return self._moved(shapes, project) if self.crs != WGS84 or self.swapped else shapes

    def to_wgs84(self, shapes: Any) -> Any:
        """Give shapes in this system in longitude and latitude."""
        return self._moved(shapes, unproject) if self.crs != WGS84 or self.swapped else shapes

    def _moved(self, shapes: Any, move: Any) -> Any:
        inward = self.swapped and move is unproject

        def moved(xy: Any) -> Any:
            xy = xy[:, ::-1] if inward else xy
            found = xy if self.crs == WGS84 else np.column_stack(move(xy[:, 0], xy[:, 1], self.crs))
            return found[:, ::-1] if self.swapped and not inward else found

        return shapely.transform(shapes, moved)


CRS84 = ExchangeCrs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84, swapped=False)
"""Longitude and latitude, WGS 84: what GeoJSON is in."""

_LAT_LON = ExchangeCrs(f"{_EPSG}4326", WGS84, swapped=True)
_WEB_MERCATOR = ExchangeCrs(f"{_EPSG}3857", pyproj.CRS.from_epsg(3857), swapped=False)


def exchange_crs(lon: float, lat: float) -> list[ExchangeCrs]:
    """Give the systems for data around a location: CRS84, EPSG:4326, EPSG:3857, and the metric plane there."""
    plane = metric_crs(lon, lat)
    swapped = plane.axis_info[0].direction == "north"
    return [CRS84, _LAT_LON, _WEB_MERCATOR, ExchangeCrs(f"{_EPSG}{plane.to_epsg()}", plane, swapped)]


def bbox_shape(numbers: Sequence[float], crs: ExchangeCrs) -> BaseGeometry:
    """Give a box, as the parameter ``bbox`` describes it, as a shape in longitude and latitude.

    Parameters
    ----------
    numbers
        The lower and the upper corner, two numbers or three each, in the order of the system's axes; heights don't
        count. In degrees a box whose west is east of its east crosses the date line.
    crs
        The system that it is in.

    Raises
    ------
    ParameterError
        When it is no box, or not on Earth.
    """
    (west, south), (east, north) = numbers[:2], numbers[-2:]
    if crs.swapped:
        west, south, east, north = south, west, north, east
    crosses = crs.crs == WGS84 and west > east
    if south > north or (west > east and not crosses):
        raise _no_box(numbers)
    if crosses:
        shape: BaseGeometry = shapely.union(
            shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)
        )
        return shape
    shape = shapely.box(west, south, east, north)
    if crs.crs == WGS84:
        return shape
    side = max(east - west, north - south)
    bent = shapely.segmentize(shape, side / 16) if side > 0 else shape  # its sides are no straight lines in degrees
    plain = ExchangeCrs(crs.uri, crs.crs, swapped=False)  # the corners are east, north by now
    found: BaseGeometry = plain.to_wgs84(bent)
    if not np.isfinite(shapely.get_coordinates(found)).all():
        raise _no_box(numbers)
    return found


def _no_box(numbers: Sequence[float]) -> ParameterError:
    shown = ",".join(f"{number:g}" for number in numbers)
    return ParameterError(
        t("bbox={box} is no box on Earth.", "bbox={box} 不是地球上的有效范围。", box=shown),
        remedy=t(
            "Give west,south,east,north in degrees, or name its system with bbox-crs.",
            "请按 西,南,东,北（度）给出，或用 bbox-crs 指明坐标系。",
        ),
    )

"""The locator: which grid a location lies in."""

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.datum import check_coordinates, parse_datum, to_wgs84
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate import _kernels
from spatialgov.locate.cells import Cells, build_cells
from spatialgov.locate.edges import Edges, edges_of
from spatialgov.locate.file import open_file, save_file
from spatialgov.locate.grids import checked_grids, refuse

__all__ = ["Locator", "Match"]

_M2_PER_SQUARE_DEG = 111_320.0**2
_UNSHIFTED = ("wgs84", "cgcs2000")


@dataclass(frozen=True, slots=True)
class Match:
    """Where a location lies.

    Attributes
    ----------
    code
        Code of the grid, None outside all of them.
    on_border
        Whether the location lies exactly on a border, shared or outer.
    lon, lat
        The location in degrees, WGS 84.
    """

    code: str | None
    on_border: bool
    lon: float
    lat: float


class Locator:
    """An exact index over the grids of one edition; make one with `build` or `open`.

    Answers equal those of exact arithmetic on the coordinates as they are stored; only where the border of one grid
    lacks vertices of its neighbour's, and lies within 2 cm of it, are the two made one first.

    A location on a border belongs to the grid at the place a little to the east of it and much less to the north, so
    every location inside the jurisdiction, and on its border to the west and south, has exactly one grid; two
    jurisdictions that share a border share out its locations in the same way. Longitudes compare as numbers: nothing
    wraps round at ±180°.

    Attributes
    ----------
    codes
        Codes of the grids, in the order of the frame that the locator was built from.
    faults
        Warnings from building: gaps, borders that had to be joined, heights that were left out.
    """

    def __init__(self, cells: Cells, codes: list[str], faults: list[Fault]) -> None:
        self._cells = cells
        self._arguments = cells.arguments
        self.codes = codes
        self.faults = faults

    @classmethod
    def build(cls, grids: gpd.GeoDataFrame) -> Self:
        """Build a locator over grids that do not overlap.

        Parameters
        ----------
        grids
            Columns ``code`` (text) and geometry (Polygon or MultiPolygon), EPSG:4326. Holes, enclaves, several parts,
            gaps, and neighbours with different vertices on their common border are all right.

        Raises
        ------
        FaultyDataError
            When grids overlap, a code is missing or given twice, or a geometry is missing or invalid.
        DatumError
            When the frame is not in EPSG:4326.
        InputError
            When there is no grid (`MissingColumnError`: no column ``code``).
        CoordinateError
            When the grids reach beyond the Earth.
        """
        codes, polygons, faults = checked_grids(grids)
        edges, border_faults = edges_of(polygons, codes)
        refuse(border_faults)
        locator = cls(build_cells(edges, len(codes)), codes, faults + border_faults)
        locator.faults += _gaps(locator, edges)
        return locator

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a saved locator: the file is mapped read-only and shared with all who have it open.

        Raises
        ------
        StoreError
            When the file can't be read, is foreign, of another version, truncated or damaged: build it again.
        """
        return cls(*open_file(Path(path)))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the locator to one file, written beside `path` and renamed into place.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        save_file(Path(path), self._cells, self.codes, self.faults)

    def locate(self, lon: float, lat: float, datum: str = "wgs84") -> str | None:
        """Give the code of the grid that a location lies in, None outside.

        Raises
        ------
        CoordinateError, DatumError
            When the location is not on Earth, or the datum unknown.
        """
        position, _, _, _ = self._locate(lon, lat, datum)
        return self.codes[position] if position >= 0 else None

    def find(self, lon: float, lat: float, datum: str = "wgs84") -> Match:
        """Give the grid that a location lies in, and whether it lies on a border; raises as `locate`."""
        position, on_border, lon, lat = self._locate(lon, lat, datum)
        return Match(self.codes[position] if position >= 0 else None, on_border, lon, lat)

    def locate_many(self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str = "wgs84") -> npt.NDArray[np.int32]:
        """Give the positions in `codes` of the grids of many locations; the work releases the GIL.

        Parameters
        ----------
        lon, lat
            Degrees in `datum`, shape (n,).

        Returns
        -------
        ndarray
            int32 (n,), -1 outside.

        Raises
        ------
        CoordinateError
            When a location is not on Earth, with its row: take such rows out first.
        DatumError
            When the datum is unknown.
        """
        lon, lat = to_wgs84(np.atleast_1d(lon), np.atleast_1d(lat), datum)
        positions = np.empty(len(lon), dtype=np.int32)
        _kernels.locate_points(_read_only(lon), _read_only(lat), positions, np.empty(0, dtype=np.bool_), *self._arguments)
        return positions

    def _locate(self, lon: float, lat: float, datum: str) -> tuple[int, bool, float, float]:
        lon, lat = float(lon), float(lat)
        if datum not in _UNSHIFTED and parse_datum(datum) not in _UNSHIFTED:
            shifted_lon, shifted_lat = to_wgs84(lon, lat, datum)
            lon, lat = float(shifted_lon), float(shifted_lat)
        elif not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
            check_coordinates(lon, lat)
        position, on_border = _kernels.locate_point(lon, lat, *self._arguments)
        return position, on_border, lon, lat


def _read_only(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give a contiguous read-only view: one compiled version of the kernel serves all."""
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view


def _gaps(locator: Locator, edges: Edges) -> list[Fault]:
    """Find ground that grids enclose and none of them has."""
    faces = shapely.get_parts(shapely.polygonize(edges.outer.lines()))
    places = shapely.get_coordinates(shapely.point_on_surface(faces))
    none = locator.locate_many(places[:, 0], places[:, 1]) < 0
    faults: list[Fault] = []
    for face, (lon, lat) in zip(faces[none], places[none].tolist(), strict=True):
        area_m2 = shapely.area(face) * _M2_PER_SQUARE_DEG * math.cos(math.radians(lat))
        message = t(
            "{area:,.2f} m² near longitude {lon:.6f}, latitude {lat:.6f} lie in no grid.",
            "经度 {lon:.6f}、纬度 {lat:.6f} 附近有 {area:,.2f} 平方米不属于任何网格。",
            area=area_m2,
            lon=lon,
            lat=lat,
        )
        remedy = t("Give the ground to a grid, unless it is meant to be left out.", "如非有意留空,请将其划入某个网格。")
        faults.append(Fault("gap", message, remedy, severity="warning", column="geometry", lon=lon, lat=lat))
    return faults

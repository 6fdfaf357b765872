"""The locator: which grid a location lies in."""

import math
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.array_file import read_only
from spatialgov.datum import check_coordinates, parse_datum, place_to_wgs84, to_wgs84
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate import _kernels
from spatialgov.locate.cells import Cells, build_cells
from spatialgov.locate.edges import Edges, edges_of
from spatialgov.locate.file import open_file, save_file
from spatialgov.locate.grids import checked_grids, refuse
from spatialgov.locate.register import Register, make_register
from spatialgov.threads import share_out

__all__ = ["Locator", "Match"]

FloatArray = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int32]

_M2_PER_SQUARE_DEG = 111_320.0**2
_UNSHIFTED = ("wgs84", "cgcs2000")

_NO_CHAIN: Mapping[str, str] = MappingProxyType({})


class Match(NamedTuple):
    """Where a location lies (a tuple, which is the quickest to make).

    Attributes
    ----------
    code
        Code of the grid, None outside all of them.
    on_border
        Whether the location lies exactly on a border, shared or outer.
    lon, lat
        The location in degrees, WGS 84.
    others
        Codes of the other grids whose border the location lies on, sorted.
    chain
        Level → code of the jurisdictions above the grid, from the top down, as far as its parent's code says them.
    """

    code: str | None
    on_border: bool
    lon: float
    lat: float
    others: tuple[str, ...] = ()
    chain: Mapping[str, str] = _NO_CHAIN


class Locator:
    """An exact index over the grids of one edition; make one with `build` or `open`.

    Answers equal those of exact arithmetic on the coordinates as they are stored; only where the border of one grid
    lacks vertices of its neighbour's, and lies within 2 cm of it, are the two made one first.

    A location on a border belongs to the grid at the place a little to the east of it and much less to the north, so
    every location inside the jurisdiction, and on its border to the west and south, has exactly one grid; two
    jurisdictions that share a border share out its locations in the same way. Longitudes compare as numbers: nothing
    wraps round at ±180°.
    """

    def __init__(self, cells: Cells, register: Callable[[], Register], check: Callable[[], None] | None = None) -> None:
        self._cells = cells
        self._read_register = register
        self._check = check

    @classmethod
    def build(cls, grids: gpd.GeoDataFrame) -> Self:
        """Build a locator over grids that do not overlap.

        Parameters
        ----------
        grids
            Columns ``code`` (text) and geometry (Polygon or MultiPolygon), EPSG:4326; with ``parent_code``, answers
            have the chain of jurisdictions. Holes, enclaves, several parts, gaps, and neighbours with different
            vertices on their common border are all right.

        Raises
        ------
        FaultyDataError
            When grids overlap, a code is missing or given twice, or a geometry is missing or invalid.
        DatumError
            When the frame is not in EPSG:4326.
        InputError
            When there is no grid (`MissingColumnError`: no column ``code``), or there are too many.
        CoordinateError
            When the grids reach beyond the Earth.
        """
        codes, polygons, faults = checked_grids(grids)
        edges, border_faults = edges_of(polygons, codes)
        refuse(border_faults)
        parents = grids["parent_code"].tolist() if "parent_code" in grids.columns else None
        register = make_register(codes, parents, faults + border_faults)
        locator = cls(build_cells(edges, len(codes)), lambda: register)
        register.faults.extend(_gaps(locator, edges))
        return locator

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a saved locator: the file is mapped read-only and shared with all who have it open.

        This takes milliseconds. The content is checked before the first answer, or by `verify`.

        Raises
        ------
        StoreError
            When the file can't be read, is foreign, of another version, or truncated: build it again.
        """
        stored = open_file(Path(path))
        return cls(stored.cells, stored.register, stored.check)

    def verify(self) -> None:
        """Check the content of the file that the locator was opened from, unless that has been done.

        Every first answer does so too: about 0.1 s for 200,000 grids whose file is in memory.

        Raises
        ------
        StoreError
            When it is damaged; no answer comes from it then.
        """
        if self._check is not None:
            self._check()
            self._check = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the locator to one file, written beside `path` and renamed into place.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        self.verify()
        save_file(Path(path), self._cells, self._register)

    @cached_property
    def codes(self) -> list[str]:
        """Codes of the grids, in the order of the frame that the locator was built from."""
        return self._register.codes

    @property
    def faults(self) -> list[Fault]:
        """Warnings from building: gaps, borders that had to be joined, heights that were left out."""
        return self._register.faults

    @cached_property
    def chains(self) -> list[dict[str, str]]:
        """The chains of jurisdictions that occur: level → code, from the top down."""
        return self._register.chains

    @property
    def chain_of(self) -> Positions:
        """Place in `chains` of each grid's chain, int32, in the order of `codes`."""
        return self._register.chain_of

    @property
    def edges(self) -> Edges:
        """The borders that answers go by, each once, with the positions of the grids beside it (plus 1)."""
        self.verify()
        return Edges(self._cells.ends, self._cells.sides)

    def locate(self, lon: float, lat: float, datum: str = "wgs84") -> str | None:
        """Give the code of the grid that a location lies in, None outside.

        Raises
        ------
        CoordinateError, DatumError
            When the location is not on Earth, or the datum unknown.
        """
        lon, lat = _on_wgs84(lon, lat, datum)
        position = _kernels.locate_point(lon, lat, *self._quick)
        if position == _kernels.ASK_BLOCK:
            position, _ = _kernels.ask_block(lon, lat, *self._arguments)
        return self.codes[position] if position >= 0 else None

    def find(self, lon: float, lat: float, datum: str = "wgs84") -> Match:
        """Give all about the place of a location; raises as `locate`."""
        lon, lat = _on_wgs84(lon, lat, datum)
        position = _kernels.locate_point(lon, lat, *self._quick)
        if position != _kernels.ASK_BLOCK:
            if position < 0:
                return Match(None, False, lon, lat)
            code, chain = self._named[position]
            return Match(code, False, lon, lat, (), chain)
        position, meeting = _kernels.ask_block(lon, lat, *self._arguments)
        around = set(meeting.ravel().tolist()) - {0, position + 1}
        others = tuple(sorted(self.codes[face - 1] for face in around))
        named = self._named[position] if position >= 0 else (None, _NO_CHAIN)
        return Match(named[0], len(meeting) > 0, lon, lat, others, named[1])

    def locate_many(self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str = "wgs84") -> Positions:
        """Give the positions in `codes` of the grids of many locations, on all cores when there are very many.

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
        lon, lat = _arrays_on_wgs84(lon, lat, datum)
        return self._locate_many(lon, lat, np.empty(0, dtype=np.bool_))

    def find_many(
        self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str = "wgs84"
    ) -> tuple[Positions, npt.NDArray[np.bool_]]:
        """Give what `locate_many` gives, and whether each location lies exactly on a border."""
        lon, lat = _arrays_on_wgs84(lon, lat, datum)
        on_border = np.zeros(len(lon), dtype=np.bool_)
        return self._locate_many(lon, lat, on_border), on_border

    def border_m(self, lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str = "wgs84") -> FloatArray:
        """Give the distance of each location to the border of its grid, NaN outside all grids.

        Metres on the ellipsoid, to a millionth for distances to 10 km; the border towards other grids counts as that
        towards the outside. Raises as `locate_many`.
        """
        lon, lat = _arrays_on_wgs84(lon, lat, datum)
        positions = self._locate_many(lon, lat, np.empty(0, dtype=np.bool_))
        distance_m = np.empty(len(lon))

        def measure(part: slice) -> None:
            _kernels.border_distances(lon[part], lat[part], positions[part], distance_m[part], *self._arguments)

        share_out(len(lon), measure)
        return distance_m

    def _locate_many(self, lon: FloatArray, lat: FloatArray, on_border: npt.NDArray[np.bool_]) -> Positions:
        positions = np.empty(len(lon), dtype=np.int32)
        arguments = self._arguments

        def locate(part: slice) -> int:
            bad: int = _kernels.locate_points(lon[part], lat[part], positions[part], on_border[part], *arguments)
            return bad

        if any(share_out(len(lon), locate)):
            check_coordinates(lon, lat)
        return positions

    @cached_property
    def _register(self) -> Register:
        self.verify()
        return self._read_register()

    @cached_property
    def _named(self) -> list[tuple[str, Mapping[str, str]]]:
        """Code and chain of each grid: one look for an answer."""
        chains = [MappingProxyType(chain) for chain in self.chains]
        return [(code, chains[i]) for code, i in zip(self.codes, self.chain_of.tolist(), strict=True)]

    @cached_property
    def _arguments(self) -> tuple[Any, ...]:
        self.verify()
        return self._cells.arguments

    @cached_property
    def _quick(self) -> tuple[Any, ...]:
        self.verify()
        return self._cells.quick


def _on_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]:
    lon, lat = float(lon), float(lat)
    if parse_datum(datum) not in _UNSHIFTED:
        return place_to_wgs84(lon, lat, datum)
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        check_coordinates(lon, lat)
    return lon, lat


def _arrays_on_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[FloatArray, FloatArray]:
    """Give read-only arrays on WGS 84; those that need no shift are checked by the kernel, which reads them anyway."""
    x, y = np.atleast_1d(np.asarray(lon, dtype=np.float64)), np.atleast_1d(np.asarray(lat, dtype=np.float64))
    if parse_datum(datum) not in _UNSHIFTED or x.shape != y.shape:
        x, y = to_wgs84(x, y, datum)
    return read_only(x), read_only(y)


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

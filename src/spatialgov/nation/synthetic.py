"""A made-up nation with the real number of jurisdictions at each level, the same for every seed.

It stands on a lattice of some hundred million cells: every jurisdiction is a rectangle of cells in that of its parent,
and the corners of the cells are moved a little, each by a hash of its place, so that borders are as crooked as real
ones and still the same on both sides. Only the rectangles are kept (24 bytes a grid); the shapes of a city are made
when they are asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import WGS84

__all__ = ["COUNTS", "Counts", "SyntheticNation"]

IntArray = npt.NDArray[np.int64]
RectangleArray = npt.NDArray[np.int32]

_PROVINCES = (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
              61, 62, 63, 64, 65)  # fmt: skip
_BOUNDS_DEG = (73.5, 18.2, 135.0, 53.5)
_CELLS_PER_GRID = 24
_CROOKED = 0.3
"""Corners of cells move by up to this much of a cell: below half of one no two borders ever cross."""
_EVENNESS = 4.0
"""Shape of the gamma distribution of the sizes of jurisdictions: the largest are some four times the mean."""
_DIGITS = (2, 2, 3, 3, 3)
"""Of the codes of city, district, subdistrict, community and grid inside their parents."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jurisdictions there are at each level, and grids.

    Attributes
    ----------
    provinces, cities, districts, subdistricts, communities, grids
        Each at least as many as the level above has.
    """

    provinces: int
    cities: int
    districts: int
    subdistricts: int
    communities: int
    grids: int

    @property
    def levels(self) -> tuple[int, ...]:
        """From the top down."""
        return (self.provinces, self.cities, self.districts, self.subdistricts, self.communities, self.grids)


COUNTS = Counts(31, 342, 2_978, 41_352, 620_573, 4_500_000)
"""The division codes of 2023 (National Bureau of Statistics), and the grids that the nation says it has."""


@dataclass(frozen=True, eq=False)
class SyntheticNation:
    """Grids of a made-up nation, sorted by code.

    Attributes
    ----------
    code
        int64 (n,): codes of the grids, 15 digits.
    rectangle
        int32 (n, 4): column and row of the first cell, numbers of columns and rows.
    households
        int16 (n,): 300 to 500.
    columns, rows
        Size of the lattice.
    """

    code: IntArray
    rectangle: RectangleArray
    households: npt.NDArray[np.int16]
    columns: int
    rows: int

    @classmethod
    def build(cls, counts: Counts = COUNTS, seed: int = 0) -> "SyntheticNation":
        """Share the nation out, level by level.

        Raises
        ------
        InputError
            When there are fewer jurisdictions at a level than above it, or more than codes can tell apart.
        """
        _check(counts)
        rng = np.random.default_rng(seed)
        parents = [np.zeros(counts.provinces, dtype=np.int64)]
        for above, here in zip(counts.levels, counts.levels[1:], strict=False):
            parents.append(np.repeat(np.arange(above), _shares(here, above, rng)))
        sizes = [np.ones(counts.grids, dtype=np.int64)]
        for parent in parents[:0:-1]:
            sizes.insert(0, np.bincount(parent, sizes[0]).astype(np.int64))
        columns = int(np.ceil(np.sqrt(counts.grids * _CELLS_PER_GRID * 1.6)))
        rows = int(np.ceil(counts.grids * _CELLS_PER_GRID / columns))
        rectangle = np.array([[0, 0, columns, rows]], dtype=np.int64)
        for parent, size in zip(parents, sizes, strict=True):
            rectangle = _laid_out(rectangle, parent, size)
        code = np.array(_PROVINCES, dtype=np.int64)[: counts.provinces]
        for parent, digits in zip(parents[1:], _DIGITS, strict=True):
            first = np.searchsorted(parent, np.arange(len(code)))
            code = code[parent] * 10**digits + np.arange(len(parent)) - first[parent] + 1
        households = rng.integers(300, 501, counts.grids).astype(np.int16)
        return cls(code, rectangle.astype(np.int32), households, columns, rows)

    @cached_property
    def cities(self) -> list[str]:
        """Division codes of the cities, sorted."""
        return [f"{prefix:04d}00000000" for prefix in np.unique(self.code // 10**11).tolist()]

    def grids(self, city: str) -> gpd.GeoDataFrame:
        """Give the grids of a city.

        Returns
        -------
        GeoDataFrame
            ``code``, ``parent_code``, ``households``, Polygons, EPSG:4326.

        Raises
        ------
        InputError
            When there is no such city.
        """
        begin, end = self._rows_of(city)
        code = self.code[begin:end]
        columns = {
            "code": [f"{number:015d}" for number in code.tolist()],
            "parent_code": [f"{number:012d}" for number in (code // 1000).tolist()],
            "households": self.households[begin:end],
        }
        return gpd.GeoDataFrame(columns, geometry=self._polygons(self.rectangle[begin:end]), crs=WGS84)

    def points(self, n: int, rng: np.random.Generator) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Draw locations from the whole nation, evenly: (n,) longitudes and latitudes in degrees, WGS 84."""
        west, south, east, north = _BOUNDS_DEG
        return rng.uniform(west, east, n), rng.uniform(south, north, n)

    def each_city(self) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
        """Give one city after the other."""
        return ((city, self.grids(city)) for city in self.cities)

    def _rows_of(self, city: str) -> tuple[int, int]:
        if city not in self.cities:
            raise InputError(
                t("The nation has no city {city}.", "全国表中没有城市 {city}。", city=city),
                remedy=t("Cities are: {first} …", "城市代码形如：{first} ……", first=self.cities[0]),
            )
        prefix = int(city[:4])
        begin, end = np.searchsorted(self.code // 10**11, [prefix, prefix + 1])
        return int(begin), int(end)

    def _polygons(self, rectangle: RectangleArray) -> npt.NDArray[np.object_]:
        x, y, width, height = rectangle.astype(np.int64).T
        around = 2 * (width + height)
        ring = np.repeat(np.arange(len(x)), around)
        k = np.arange(len(ring)) - np.repeat(np.cumsum(around) - around, around)
        w, h = width[ring], height[ring]
        # Along the south, the east, the north and the west side, each from its first corner on.
        column = np.clip(k, 0, w) - np.clip(k - w - h, 0, w)
        row = np.clip(k - w, 0, h) - np.clip(k - 2 * w - h, 0, h)
        corners = self._corners(x[ring] + column, y[ring] + row)
        return np.asarray(shapely.polygons(shapely.linearrings(corners, indices=ring)))

    def _corners(self, column: IntArray, row: IntArray) -> npt.NDArray[np.float64]:
        """Give where the corners of cells lie, degrees."""
        west, south, east, north = _BOUNDS_DEG
        number = (column * (self.rows + 1) + row).astype(np.uint64)
        aside, up = (_hash(number * np.uint64(2) + np.uint64(i)) for i in (0, 1))
        lon = west + (column + _CROOKED * aside) * ((east - west) / self.columns)
        lat = south + (row + _CROOKED * up) * ((north - south) / self.rows)
        return np.column_stack([lon, lat])


def _check(counts: Counts) -> None:
    levels = counts.levels
    most = (len(_PROVINCES), *(levels[i] * (10**digits - 1) for i, digits in enumerate(_DIGITS)))
    for above, here, room in zip((1, *levels), levels, most, strict=False):
        if not above <= here <= room:
            raise InputError(
                t(
                    "{here:,} jurisdictions do not go into {above:,} above them.",
                    "{above:,} 个上级区划无法容纳 {here:,} 个下级区划。",
                    here=here,
                    above=above,
                ),
                remedy=t("Give {low:,} to {high:,}.", "请给出 {low:,} 至 {high:,}。", low=above, high=room),
            )


def _shares(children: int, parents: int, rng: np.random.Generator) -> IntArray:
    """Give each parent a number of children, one or more."""
    weight = rng.gamma(_EVENNESS, size=parents)
    return 1 + rng.multinomial(children - parents, weight / weight.sum()).astype(np.int64)


def _laid_out(rectangle: IntArray, parent: IntArray, size: IntArray) -> IntArray:
    """Share the rectangles of parents out among children, (n,) sorted by parent, by their size: rows of columns."""
    n = np.bincount(parent, minlength=len(rectangle))
    x, y, width, height = rectangle.T
    rows = np.rint(np.sqrt(n * height / width)).astype(np.int64)
    rows = np.clip(rows, -(-n // width), np.minimum(height, n))
    first = np.cumsum(n) - n
    row = (np.arange(len(parent)) - first[parent]) * rows[parent] // n[parent]
    number = (np.cumsum(rows) - rows)[parent] + row  # of the row, among those of all parents
    parent_of_row = np.repeat(np.arange(len(rectangle)), rows)
    weight_of_row = np.bincount(number, size).astype(np.int64)
    low, high = _cuts(parent_of_row, weight_of_row, height)
    left, right = _cuts(number, size, width[parent_of_row])
    return np.column_stack([x[parent] + left, (y[parent_of_row] + low)[number], right - left, (high - low)[number]])


def _cuts(group: IntArray, weight: IntArray, length: IntArray) -> tuple[IntArray, IntArray]:
    """Cut the length of each group into pieces by weight, none of them empty: where each begins and ends."""
    count = np.bincount(group, minlength=len(length))
    first = np.cumsum(count) - count
    total = np.bincount(group, weight, len(length)).astype(np.int64)
    upto = np.cumsum(weight)
    upto -= (upto[first] - weight[first])[group]
    place = np.arange(len(group)) - first[group]
    free = (length - count)[group]
    end = place + 1 + upto * free // total[group]
    begin = place + (upto - weight) * free // total[group]
    return begin, end


def _hash(number: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Give numbers of [-1, 1) that look random (splitmix64; Steele, Lea & Flood 2014)."""
    mixed = number + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0

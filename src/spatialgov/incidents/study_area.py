"""The ground of an analysis: its cells, which of them touch, and who is exposed in them."""

from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import InputError
from spatialgov.incidents.cells import cell_frame, cell_neighbours, cells_covering, h3_counts
from spatialgov.incidents.exposure import floored, households_in, road_km_in
from spatialgov.language import t

__all__ = ["Against", "StudyArea", "study_area"]

Against = Literal["even", "households", "roads", "incidents"]
"""What incidents are expected in proportion to: ground, households, km of road, or the incidents of all categories."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class StudyArea:
    """The H3 cells over an area.

    Attributes
    ----------
    cells
        uint64 (n,), every cell that shares ground with the area, ascending.
    frame
        ``cell`` (H3 name), ``area_km2``, polygons in EPSG:4326; as `cells`.
    neighbours
        (n, n) sparse 0/1 matrix with the diagonal: which cells touch.
    households, road_km, incidents
        float64 (n,) in each cell, or None where not known; `incidents` are those of all categories.
    resolution
        Of H3.
    """

    cells: npt.NDArray[np.uint64]
    frame: gpd.GeoDataFrame
    neighbours: sp.csr_array
    households: Floats | None
    road_km: Floats | None
    resolution: int
    incidents: Floats | None = None

    def counts(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Ints, int]:
        """Count locations (degrees, WGS 84) in the cells: int64 (n,), and how many lie in none of them."""
        return self.placed(*h3_counts(lon, lat, self.resolution))

    def placed(self, cells: npt.NDArray[np.uint64], counts: Ints) -> tuple[Ints, int]:
        """Put counts of some cells, as `h3_counts` gives them, in their places: int64 (n,), and what lies outside."""
        found = np.zeros(len(self.cells), dtype=np.int64)
        position = np.minimum(np.searchsorted(self.cells, cells), len(self.cells) - 1)
        inside = self.cells[position] == cells
        found[position[inside]] = counts[inside]
        return found, int(counts[~inside].sum())

    def with_incidents(self, counts: Ints) -> "StudyArea":
        """Give the same area with the incidents of all categories in its cells, (n,)."""
        return replace(self, incidents=counts.astype(np.float64))

    def exposure(self, against: Against) -> Floats:
        """Give what incidents are expected in proportion to, with a floor (see `floored`): float64 (n,).

        Raises
        ------
        InputError
            When that is not known, or there is none.
        """
        if against == "even":
            return np.ones(len(self.cells))
        known = {"households": self.households, "roads": self.road_km, "incidents": self.incidents}.get(against)
        if known is None or not known.any():
            raise InputError(
                t("There are no {what} to compare with.", "没有可供比较的数据：{what}。", what=against),
                remedy=t(
                    "Load units with households, or roads; or compare with an even spread.",
                    "请载入带户数的基本单元或道路；或与均匀分布比较。",
                ),
            )
        return floored(known)


def study_area(
    boundary: BaseGeometry,
    resolution: int,
    *,
    units: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
) -> StudyArea:
    """Prepare the ground of an analysis.

    Parameters
    ----------
    boundary
        The area that incidents could have been reported from: Polygon or MultiPolygon, EPSG:4326. Its cells without
        incidents count too.
    resolution
        H3 resolution, 0 to 15; 10 is about 0.015 km².
    units
        Polygons with ``households``; None: rates per household are not known.
    roads
        Lines; None: rates per km of road are not known.

    Raises
    ------
    InputError
        When the boundary is no polygon, or too large for the resolution.
    """
    cells = cells_covering(boundary, resolution)
    frame = cell_frame(cells, np.zeros(len(cells), dtype=np.int64))[["cell", "area_km2", "geometry"]]
    return StudyArea(
        cells,
        frame,
        cell_neighbours(cells),
        None if units is None else households_in(frame, units),
        None if roads is None else road_km_in(frame, roads),
        resolution,
    )

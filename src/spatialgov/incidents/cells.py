"""H3 cells: counting locations in them, covering an area with them, their neighbours, shapes and areas.

A cell is its 64-bit number (uint64) in arrays, and its 15-character name in tables and files.
"""

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import h3
import h3.api.numpy_int as h3_numbers
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from spatialgov.datum import check_coordinates
from spatialgov.errors import InputError
from spatialgov.incidents.lattice import cells_of, counted_cells, numbered_cells
from spatialgov.language import t
from spatialgov.projection import WGS84, metric_frame
from spatialgov.time_limit import check_time

__all__ = [
    "cell_centres",
    "cell_frame",
    "cell_names",
    "cell_neighbours",
    "cells_covering",
    "h3_cells",
    "h3_counts",
    "h3_numbers_of",
    "outline",
]

FINEST_RESOLUTION = 15
MOST_CELLS = 2_000_000
"""Above this an area is not covered: the caller meant a coarser resolution."""
_KM2 = 1e-6

Cells = npt.NDArray[np.uint64]


def h3_counts(lon: npt.ArrayLike, lat: npt.ArrayLike, resolution: int) -> tuple[Cells, npt.NDArray[np.int64]]:
    """Count locations in H3 cells.

    Parameters
    ----------
    lon, lat
        (n,) degrees, WGS 84.
    resolution
        0 (continents) to 15 (a square metre); 9 is about 0.1 km², 10 about 0.015 km².

    Returns
    -------
    cells, counts
        The cells that hold a location, ascending, and how many each holds.

    Raises
    ------
    CoordinateError
        When a location is not a place.
    InputError
        When the resolution is not one of H3.
    """
    return counted_cells(*_checked(lon, lat, resolution), resolution)


def h3_cells(lon: npt.ArrayLike, lat: npt.ArrayLike, resolution: int) -> Cells:
    """Give the H3 cell of each location.

    Parameters
    ----------
    lon, lat
        (n,) degrees, WGS 84.
    resolution
        0 to 15.

    Returns
    -------
    uint64 (n,)
        Exactly `h3.latlng_to_cell` of each.

    Raises
    ------
    CoordinateError
        When a location is not a place.
    InputError
        When the resolution is not one of H3.
    """
    return cells_of(*_checked(lon, lat, resolution), resolution)


def h3_numbers_of(lon: npt.ArrayLike, lat: npt.ArrayLike, resolution: int) -> tuple[Cells, npt.NDArray[np.int32]]:
    """Give the H3 cells that hold a location, ascending, and the position among them of each location's cell.

    Takes and raises what `h3_counts` does; the positions are int32 (n,).
    """
    return numbered_cells(*_checked(lon, lat, resolution), resolution)


def _checked(
    lon: npt.ArrayLike, lat: npt.ArrayLike, resolution: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give longitudes and latitudes as (n,) float64, once they and the resolution are known to be sound."""
    _check_resolution(resolution)
    x, y = np.asarray(lon, dtype=np.float64).ravel(), np.asarray(lat, dtype=np.float64).ravel()
    check_coordinates(x, y)
    return x, y


def cells_covering(area: BaseGeometry, resolution: int) -> Cells:
    """Give every cell that shares ground with an area, ascending.

    Parameters
    ----------
    area
        Polygon or MultiPolygon, degrees, WGS 84.
    resolution
        0 to 15.

    Raises
    ------
    InputError
        When the area is no polygon, or would need more than `MOST_CELLS` cells (the remedy names the finest
        resolution that does not).
    """
    _check_resolution(resolution)
    if area.is_empty or area.geom_type not in {"Polygon", "MultiPolygon"}:
        raise InputError(
            t("The area to cover is not a polygon.", "要覆盖的范围不是多边形。"),
            remedy=t("Pass the boundary as a Polygon or MultiPolygon.", "请传入 Polygon 或 MultiPolygon 边界。"),
        )
    _check_size(area, resolution)
    check_time()
    flat = h3.geo_to_h3shape(shapely.force_2d(area))
    cells = h3_numbers.h3shape_to_cells_experimental(flat, resolution, contain="overlap")
    return np.unique(np.asarray(cells, dtype=np.uint64))


def cell_neighbours(cells: Cells) -> sp.csr_array:
    """Give which of the cells touch which, as a 0/1 matrix with the diagonal.

    Parameters
    ----------
    cells
        (n,) cells of one resolution, ascending, each once.

    Returns
    -------
    scipy.sparse.csr_array
        (n, n), int64.
    """
    n = len(cells)
    if n == 0:
        return sp.csr_array((0, 0), dtype=np.int64)
    rings = [h3_numbers.grid_disk(cell, 1) for cell in _in_time(cells)]
    around = np.concatenate(rings)
    own = np.repeat(np.arange(n), [len(ring) for ring in rings])
    position = np.minimum(np.searchsorted(cells, around), n - 1)
    present = cells[position] == around
    ones = np.ones(int(present.sum()), dtype=np.int64)
    return sp.csr_array((ones, (own[present], position[present])), shape=(n, n))


def cell_names(cells: Cells) -> list[str]:
    """Give the name of each cell, as files and browsers write it."""
    return [h3.int_to_str(cell) for cell in cells.tolist()]


def cell_centres(cells: Cells) -> gpd.GeoSeries:
    """Give the middle of each cell: points, EPSG:4326."""
    places = [h3_numbers.cell_to_latlng(cell) for cell in cells.tolist()]
    return gpd.GeoSeries([shapely.Point(lon, lat) for lat, lon in places], crs=WGS84)


def cell_frame(cells: Cells, counts: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    """Give the cells as polygons with what they hold.

    Parameters
    ----------
    cells
        (n,) cells.
    counts
        (n,) incidents in each.

    Returns
    -------
    geopandas.GeoDataFrame
        ``cell`` str, ``count`` int64, ``area_km2`` float64 (in the metric plane), ``incidents_per_km2`` float64,
        Polygon geometry, EPSG:4326.
    """
    frame = gpd.GeoDataFrame({"cell": cell_names(cells), "count": counts}, geometry=_polygons(cells), crs=WGS84)
    area_km2 = metric_frame(frame).area.to_numpy() * _KM2 if len(frame) else np.empty(0)
    frame.insert(2, "area_km2", area_km2)
    frame.insert(3, "incidents_per_km2", counts / area_km2)
    return frame


def outline(cells: Cells) -> BaseGeometry:
    """Give the outline of cells that lie together: Polygon or MultiPolygon, degrees, WGS 84."""
    geo: dict[str, Any] = h3_numbers.cells_to_geo(cells.tolist())
    return shape(geo)


def _in_time(cells: Cells) -> Iterator[int]:
    """Give the cells one by one, as long as there is time."""
    for i, cell in enumerate(cells.tolist()):
        if i % 1000 == 0:
            check_time()
        yield cell


def _polygons(cells: Cells) -> npt.NDArray[np.object_]:
    corners = [h3_numbers.cell_to_boundary(cell) for cell in _in_time(cells)]
    places = np.array([corner for ring in corners for corner in ring], dtype=np.float64).reshape(-1, 2)
    rings = shapely.linearrings(places[:, ::-1], indices=np.repeat(np.arange(len(cells)), list(map(len, corners))))
    return np.asarray(shapely.polygons(rings))


def _check_resolution(resolution: int) -> None:
    if not 0 <= resolution <= FINEST_RESOLUTION:
        raise InputError(
            t("There is no H3 resolution {r}.", "H3 没有 {r} 级。", r=resolution),
            remedy=t("Choose one from 0 to 15; 9 is about 0.1 km².", "请选择 0 到 15 级；9 级约 0.1 平方公里。"),
        )


def _check_size(area: BaseGeometry, resolution: int) -> None:
    area_km2 = float(metric_frame(gpd.GeoDataFrame(geometry=[area], crs=WGS84)).area.iloc[0]) * _KM2
    needed = area_km2 / h3.average_hexagon_area(resolution, unit="km^2")
    if needed <= MOST_CELLS:
        return
    fits = max(r for r in range(resolution) if area_km2 / h3.average_hexagon_area(r, unit="km^2") <= MOST_CELLS)
    raise InputError(
        t(
            "{area:.0f} km² at H3 resolution {r} need about {n:.0f} cells; the limit is {limit}.",
            "{area:.0f} 平方公里在 H3 {r} 级约需 {n:.0f} 个单元，上限为 {limit}。",
            area=area_km2,
            r=resolution,
            n=needed,
            limit=MOST_CELLS,
        ),
        remedy=t("Use resolution {r} or below.", "请使用 {r} 级或更低。", r=fits),
    )

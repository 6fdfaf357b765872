"""A raster of square cells in the metric plane: what densities, forecasts and scans are computed on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["MOST_RASTER_CELLS", "Raster", "checked_points"]

MOST_RASTER_CELLS = 25_000_000
"""Above this a raster is not made: the caller meant larger cells (or degrees were passed for metres)."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Raster:
    """Square cells over a rectangle. Row 0 is the southernmost, column 0 the westernmost.

    Attributes
    ----------
    x0_m, y0_m
        South-western corner, metres.
    cell_m
        Side of a cell.
    nx, ny
        Numbers of columns and rows.
    """

    x0_m: float
    y0_m: float
    cell_m: float
    nx: int
    ny: int

    @classmethod
    def over(cls, bounds: Sequence[float], cell_m: float) -> "Raster":
        """Give the raster that covers a rectangle from its south-western corner on.

        Parameters
        ----------
        bounds
            x_min, y_min, x_max, y_max in metres. The last row and column may reach beyond it.
        cell_m
            Side of a cell.

        Raises
        ------
        InputError
            When the rectangle is empty, the cells are no size, or there would be more than `MOST_RASTER_CELLS`.
        """
        x0, y0, x1, y1 = (float(v) for v in bounds)
        if not (all(map(math.isfinite, (x0, y0, x1, y1, cell_m))) and x1 > x0 and y1 > y0 and cell_m > 0):
            raise InputError(
                t(
                    "Bounds {b} with cells of {c} m are no raster.",
                    "范围 {b} 与 {c} 米的单元构不成栅格。",
                    b=(x0, y0, x1, y1),
                    c=cell_m,
                ),
                remedy=t(
                    "Pass x_min, y_min, x_max, y_max in metres, and a cell size above zero.",
                    "请传入以米计的 x_min、y_min、x_max、y_max，以及大于零的单元边长。",
                ),
            )
        wide, high = (x1 - x0) / cell_m, (y1 - y0) / cell_m
        if wide * high > MOST_RASTER_CELLS:
            fits = math.sqrt((x1 - x0) * (y1 - y0) / MOST_RASTER_CELLS)
            raise InputError(
                t(
                    "Cells of {c} m over {w:.0f} × {h:.0f} m are more than {limit} cells.",
                    "{w:.0f} × {h:.0f} 米范围内 {c} 米的单元超过 {limit} 个。",
                    c=cell_m,
                    w=x1 - x0,
                    h=y1 - y0,
                    limit=MOST_RASTER_CELLS,
                ),
                remedy=t("Use cells of {m:.0f} m or more.", "请使用 {m:.0f} 米以上的单元。", m=math.ceil(fits)),
            )
        # a rectangle of whole cells must not gain a column by the rounding of its division
        return cls(x0, y0, float(cell_m), math.ceil(wide - 1e-9), math.ceil(high - 1e-9))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.ny, self.nx

    @property
    def cell_km2(self) -> float:
        """Area of a cell, km²."""
        return self.cell_m * self.cell_m * 1e-6

    def centres(self) -> tuple[Floats, Floats]:
        """Give the middle of each column (nx,) and of each row (ny,), metres."""
        return (
            self.x0_m + (np.arange(self.nx, dtype=np.float64) + 0.5) * self.cell_m,
            self.y0_m + (np.arange(self.ny, dtype=np.float64) + 0.5) * self.cell_m,
        )

    def cells_of(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Ints:
        """Give the cell (row × nx + column) of each point, -1 outside the raster."""
        column = np.floor((np.asarray(x_m, dtype=np.float64) - self.x0_m) / self.cell_m)
        row = np.floor((np.asarray(y_m, dtype=np.float64) - self.y0_m) / self.cell_m)
        inside = (column >= 0) & (column < self.nx) & (row >= 0) & (row < self.ny)
        return np.where(inside, row * self.nx + column, -1).astype(np.int64)

    def counts(self, x_m: npt.ArrayLike, y_m: npt.ArrayLike) -> Ints:
        """Count points in cells: (ny, nx)."""
        cells = self.cells_of(x_m, y_m)
        return np.bincount(cells[cells >= 0], minlength=self.nx * self.ny).reshape(self.shape).astype(np.int64)

    def polygons(self, crs: pyproj.CRS) -> gpd.GeoDataFrame:
        """Give the cells as squares of a metric plane, row after row."""
        west, south = np.meshgrid(*(middle - self.cell_m / 2 for middle in self.centres()))
        squares = shapely.box(west, south, west + self.cell_m, south + self.cell_m).ravel()
        return gpd.GeoDataFrame(geometry=squares, crs=crs)

    def inside(
        self, boundary: BaseGeometry | None, rows: slice = slice(None), columns: slice = slice(None)
    ) -> npt.NDArray[np.bool_]:
        """Say of each cell whether its middle lies within a boundary (metres): (ny, nx). Without one, all do.

        With `rows` and `columns` of these cells alone.
        """
        middles_x, middles_y = self.centres()
        middles_x, middles_y = middles_x[columns], middles_y[rows]
        shape = len(middles_y), len(middles_x)
        if boundary is None:
            return np.ones(shape, dtype=np.bool_)
        if boundary.is_empty or boundary.geom_type not in {"Polygon", "MultiPolygon"}:
            raise InputError(
                t("The boundary is not a polygon.", "边界不是多边形。"),
                remedy=t("Pass a Polygon or MultiPolygon in metres.", "请传入以米计的 Polygon 或 MultiPolygon。"),
            )
        shapely.prepare(boundary)
        x, y = np.meshgrid(middles_x, middles_y)
        return np.asarray(shapely.contains_xy(boundary, x.ravel(), y.ravel())).reshape(shape)


def checked_points(x_m: npt.ArrayLike, y_m: npt.ArrayLike, *others: npt.ArrayLike) -> tuple[Floats, ...]:
    """Give coordinates (and what goes with each point) as rows of numbers of one length, all finite.

    Raises
    ------
    InputError
        When the lengths differ, or a value is missing or infinite: the message names its position, counted from 1.
    """
    columns = tuple(np.ascontiguousarray(column, dtype=np.float64).ravel() for column in (x_m, y_m, *others))
    if len({len(column) for column in columns}) != 1:
        raise InputError(
            t(
                "The columns of the points differ in length: {n}.",
                "各点的数据列长度不一致：{n}。",
                n=", ".join(str(len(column)) for column in columns),
            ),
            remedy=t("Give every column one value a point.", "每列须为每个点给出一个值。"),
        )
    for column in columns:
        if not (finite := np.isfinite(column)).all():
            first = int(np.argmin(finite))
            raise InputError(
                t("Point {i} has the value {v}.", "第 {i} 个点的值为 {v}。", i=first + 1, v=column[first]),
                remedy=t("Leave points without a place or a time out.", "请去掉没有位置或时间的点。"),
            )
    return columns

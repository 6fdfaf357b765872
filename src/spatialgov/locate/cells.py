"""The cell table: a raster over the grids whose crowded cells are split again, built for `_kernels`."""

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.locate import _kernels
from spatialgov.locate.edges import Edges

__all__ = ["Cells", "build_cells"]

_CELLS_PER_GRID = 256
_CELLS_PER_EDGE = 4
_MIN_CELLS = 2**12
_MAX_CELLS = 2**24
"""4 bytes each in the table, 16 more while it is built."""
_MIN_SIDE_DEG = 2.0**-15
_CROWDED = 12
"""A cell that more edges touch is split."""
_MAX_SPLITS = 3

UInt32Array = npt.NDArray[np.uint32]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """What `_kernels` reads: all arrays read-only, whether built or mapped from a file.

    Attributes
    ----------
    x_scale, y_scale
        Cells per degree, powers of two.
    col0, row0
        Column and row of the first cell, counted from 0° in cells.
    n_cols, n_rows
        Size of the raster.
    table
        uint32: the raster row by row from the south, then blocks of 8 x 8 cells. An entry is a face (0 outside, k for
        grid k - 1), or a record (`_kernels.RECORD` + its number), or a block (`_kernels.BLOCK` + its number).
    faces, starts, edge_ids
        Records: the face of the cell's lower left corner, uint32 (r,), and the edges that touch the cell, int32, as
        ``edge_ids[starts[i]:starts[i + 1]]``, int64 (r + 1,).
    ends, labels
        Edges: ``x1, y1, x2, y2``, float64 (m, 4), degrees, running upward; XOR of the faces on both sides, uint32 (m,).
    """

    x_scale: float
    y_scale: float
    col0: int
    row0: int
    n_cols: int
    n_rows: int
    table: UInt32Array
    faces: UInt32Array
    starts: Int64Array
    edge_ids: Int32Array
    ends: npt.NDArray[np.float64]
    labels: UInt32Array

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(array := getattr(self, field.name), np.ndarray):
                array.flags.writeable = False  # one compiled version of each kernel serves all

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """The fields in the order in which the kernels take them."""
        return tuple(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class _Level:
    """The cells of one size: where they are, the face of their corner, and the edges that touch them.

    `cols` and `rows` have the shape of the raster (views that take no memory), or are flat.
    """

    cols: Int64Array
    rows: Int64Array
    faces: UInt32Array
    starts: Int64Array
    edge_ids: Int32Array

    @property
    def counts(self) -> Int64Array:
        return np.diff(self.starts)

    def pick(self, chosen: npt.NDArray[np.bool_]) -> "_Level":
        """Give the chosen cells only."""
        counts = self.counts
        where = chosen.reshape(self.cols.shape)
        ids = self.edge_ids[np.repeat(chosen, counts)]
        return _Level(self.cols[where], self.rows[where], self.faces[chosen], _starts(counts[chosen]), ids)


def build_cells(edges: Edges, n_grids: int) -> Cells:
    """Build the table over the edges of `n_grids` grids."""
    ends, labels = edges.ends, edges.labels
    west, east = float(ends[:, 0::2].min()), float(ends[:, 0::2].max())
    south, north = float(ends[:, 1].min()), float(ends[:, 3].max())
    wanted = min(max(_CELLS_PER_GRID * n_grids, _CELLS_PER_EDGE * len(labels), _MIN_CELLS), _MAX_CELLS)
    x_scale, y_scale = _scales(west, south, east, north, wanted)
    col0, row0 = math.floor(west * x_scale), math.floor(south * y_scale)
    n_cols, n_rows = math.floor(east * x_scale) - col0 + 1, math.floor(north * y_scale) - row0 + 1

    level = _raster(edges, x_scale, y_scale, col0, row0, n_cols, n_rows)
    table: list[UInt32Array] = []
    records: list[_Level] = []
    n_blocks = n_records = 0
    for depth in range(_MAX_SPLITS + 1):
        counts = level.counts
        crowded = (counts > _CROWDED) & (depth < _MAX_SPLITS)
        recorded = (counts > 0) & ~crowded
        entries = level.faces.copy()
        entries[recorded] = _kernels.RECORD + np.arange(n_records, n_records + recorded.sum(), dtype=np.uint32)
        entries[crowded] = _kernels.BLOCK + np.arange(n_blocks, n_blocks + crowded.sum(), dtype=np.uint32)
        table.append(entries)
        records.append(level.pick(recorded))
        n_records += int(recorded.sum())
        n_blocks += int(crowded.sum())
        if not crowded.any():
            break
        scale = float(_kernels.SPLIT**depth)
        level = _split(level.pick(crowded), edges, x_scale * scale, y_scale * scale)

    return Cells(
        x_scale,
        y_scale,
        col0,
        row0,
        n_cols,
        n_rows,
        table=np.concatenate(table),
        faces=np.concatenate([part.faces for part in records]),
        starts=_starts(np.concatenate([part.counts for part in records])),
        edge_ids=np.concatenate([part.edge_ids for part in records]),
        ends=ends,
        labels=labels,
    )


def _starts(counts: npt.NDArray[np.integer[Any]]) -> Int64Array:
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _scales(west: float, south: float, east: float, north: float, wanted: int) -> tuple[float, float]:
    """Cells per degree, powers of two, for about `wanted` cells that are nearly square on the ground."""
    shrink = max(math.cos(math.radians((south + north) / 2)), 0.05)
    width, height = east - west, north - south
    y_side = 2.0 ** round(math.log2(max(math.sqrt(width * shrink * height / wanted), _MIN_SIDE_DEG)))
    x_side = 2.0 ** round(math.log2(y_side / shrink))
    while (width / x_side + 1.0) * (height / y_side + 1.0) > 2.0 * wanted:
        x_side, y_side = 2.0 * x_side, 2.0 * y_side
    return 1.0 / x_side, 1.0 / y_side


def _raster(edges: Edges, x_scale: float, y_scale: float, col0: int, row0: int, n_cols: int, n_rows: int) -> _Level:
    place = (edges.ends, edges.labels, x_scale, y_scale, col0, row0, n_cols, n_rows)
    counts = np.zeros(n_rows * n_cols, dtype=np.int32)
    toggles = np.zeros(n_rows * n_cols, dtype=np.uint32)
    nothing = np.zeros(0, dtype=np.int64)
    _kernels.rasterize(*place, counts, toggles, nothing, np.zeros(0, dtype=np.int32))
    faces = np.bitwise_xor.accumulate(toggles.reshape(n_rows, n_cols), axis=1).ravel()
    starts = _starts(counts)
    edge_ids = np.zeros(starts[-1], dtype=np.int32)
    _kernels.rasterize(*place, counts, toggles, starts[:-1].copy(), edge_ids)
    cols = np.broadcast_to(np.arange(col0, col0 + n_cols), (n_rows, n_cols))
    rows = np.broadcast_to(np.arange(row0, row0 + n_rows)[:, None], (n_rows, n_cols))
    return _Level(cols, rows, faces, starts, edge_ids)


def _split(crowded: _Level, edges: Edges, x_scale: float, y_scale: float) -> _Level:
    """Give the parts of crowded cells, block by block; the scales are those of the crowded cells."""
    place = (crowded.cols, crowded.rows, crowded.faces, crowded.starts, crowded.edge_ids, edges.ends, edges.labels)
    side = _kernels.SPLIT
    counts = np.zeros(len(crowded.cols) * side * side, dtype=np.int32)
    faces = np.zeros(len(counts), dtype=np.uint32)
    nothing = np.zeros(0, dtype=np.int64)
    _kernels.split_cells(*place, x_scale, y_scale, counts, faces, nothing, np.zeros(0, dtype=np.int32))
    starts = _starts(counts)
    edge_ids = np.zeros(starts[-1], dtype=np.int32)
    _kernels.split_cells(*place, x_scale, y_scale, counts, faces, starts, edge_ids)
    part = np.arange(side * side)
    cols = (crowded.cols[:, None] * side + part % side).ravel()
    rows = (crowded.rows[:, None] * side + part // side).ravel()
    return _Level(cols, rows, faces, starts, edge_ids)

"""The cell table: a raster over the grids whose cells are divided where there are borders, built for `_kernels`."""

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.locate import _kernels
from spatialgov.locate.edges import Edges
from spatialgov.locate.growing import Growing
from spatialgov.locate.raster import _kernels as raster

__all__ = ["Cells", "build_cells"]

_PARTS = _kernels.SPLIT**2
_PARTS_PER_GRID = 168
_PARTS_PER_EDGE = 2
_MIN_PARTS = 2**14
_MOST_BY_GRIDS = 2**23
"""Parts take 4 bytes each in the table, and those on a border some 25 in the records: few grids get many parts, for
speed, many grids as many as their edges need."""
_MIN_SIDE_DEG = 2.0**-15
_CROWDED = 8
"""A part that more edges touch becomes a block."""

UInt32Array = npt.NDArray[np.uint32]
Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """What `_kernels` reads: all arrays read-only, whether built or mapped from a file.

    Attributes
    ----------
    x_scale, y_scale
        Cells of the raster per degree, powers of two.
    col0, row0
        Column and row of the first cell, counted from 0° in cells.
    n_cols, n_rows
        Size of the raster.
    table
        uint32: the raster row by row from the south, a 0 for what lies outside, then blocks of 8 x 8 parts. An entry
        is a face (0 outside, k for grid k - 1), or a block (`_kernels.BLOCK` + its number: every cell of the raster
        that an edge touches), or, for a part only, a record (`_kernels.RECORD` + its place in `records`).
    records
        uint32: faces and rounded edges of the parts that few edges touch, see `_kernels`.
    faces, starts, edge_ids
        Blocks: the face of the lower left corner, uint32 (b,), and the edges that touch the block, int32, as
        ``edge_ids[starts[i]:starts[i + 1]]``, int64 (b + 1,).
    ends, sides
        Edges: ``x1, y1, x2, y2``, float64 (m, 4), degrees, running upward; face on the left and right, uint32 (m, 2).
    """

    x_scale: float
    y_scale: float
    col0: int
    row0: int
    n_cols: int
    n_rows: int
    table: UInt32Array
    records: UInt32Array
    faces: UInt32Array
    starts: Int64Array
    edge_ids: Int32Array
    ends: npt.NDArray[np.float64]
    sides: UInt32Array

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(array := getattr(self, field.name), np.ndarray):
                array.flags.writeable = False  # one compiled version of each kernel serves all

    @cached_property
    def arguments(self) -> tuple[Any, ...]:
        """The fields in the order in which the kernels take them."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @property
    def quick(self) -> tuple[Any, ...]:
        """The first of them, which decide all but one location in a thousand."""
        return self.arguments[:8]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Blocks of one size: where they are, the face of their corner, and the edges that touch them."""

    cols: Int64Array
    rows: Int64Array
    faces: UInt32Array
    starts: Int64Array
    edge_ids: Int32Array

    @classmethod
    def room(cls, n: int, n_ids: int) -> "_Blocks":
        """Give room for `n` blocks."""
        starts = np.zeros(n + 1, dtype=np.int64)
        arrays = (np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.empty(n, dtype=np.uint32))
        return cls(*arrays, starts, np.empty(n_ids, dtype=np.int32))


def build_cells(edges: Edges, n_grids: int) -> Cells:
    """Build the table over the edges of `n_grids` grids.

    Raises
    ------
    InputError
        When there are more grids than a record can tell apart (67 million).
    """
    if n_grids > _kernels.MAX_FACE:
        raise InputError(
            t(
                "{n:,} grids are too many for one locator (at most {most:,}).",
                "网格数 {n:,} 超出单个定位索引的上限 {most:,}。",
                n=n_grids,
                most=_kernels.MAX_FACE,
            ),
            remedy=t("Build one for each province.", "请按省分别生成。"),
        )
    ends = edges.ends
    west, east = float(ends[:, 0::2].min()), float(ends[:, 0::2].max())
    south, north = float(ends[:, 1].min()), float(ends[:, 3].max())
    parts = max(min(_PARTS_PER_GRID * n_grids, _MOST_BY_GRIDS), _PARTS_PER_EDGE * len(ends), _MIN_PARTS)
    x_scale, y_scale = _scales(west, south, east, north, parts // _PARTS)
    col0, row0 = math.floor(west * x_scale), math.floor(south * y_scale)
    n_cols, n_rows = math.floor(east * x_scale) - col0 + 1, math.floor(north * y_scale) - row0 + 1

    top, blocks = _raster(edges, x_scale, y_scale, col0, row0, n_cols, n_rows)
    table, records = Growing(np.uint32), Growing(np.uint32)
    table.take(len(top))[:] = top
    levels: list[_Blocks] = []
    n_blocks = 0
    for depth in range(_kernels.DEPTH):
        levels.append(blocks)
        n_blocks += len(blocks.cols)
        scale = float(_kernels.SPLIT**depth)
        crowded = _CROWDED if depth < _kernels.DEPTH - 1 else len(ends)
        place = (edges.ends, edges.sides, x_scale * scale, y_scale * scale, crowded)
        blocks = _split(blocks, place, n_blocks, table, records)
        if len(blocks.cols) == 0:
            break
    if records.size > _kernels.INDEX:
        raise InputError(
            t("The borders of the grids are too long for one locator.", "网格边界过长,超出单个定位索引的容量。"),
            remedy=t("Build one for each province.", "请按省分别生成。"),
        )
    return Cells(
        x_scale,
        y_scale,
        col0,
        row0,
        n_cols,
        n_rows,
        table=table.array,
        records=records.array,
        faces=np.concatenate([level.faces for level in levels]),
        starts=_starts(np.concatenate([np.diff(level.starts) for level in levels])),
        edge_ids=np.concatenate([level.edge_ids for level in levels]),
        ends=edges.ends,
        sides=edges.sides,
    )


def _starts(counts: npt.NDArray[np.integer[Any]]) -> Int64Array:
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def _scales(west: float, south: float, east: float, north: float, wanted: int) -> tuple[float, float]:
    """Cells per degree, powers of two, for about `wanted` cells that are at most 3 times as long as wide."""
    shrink = max(math.cos(math.radians((south + north) / 2)), 0.05)
    width, height = east - west, north - south
    y_side = 2.0 ** round(math.log2(max(math.sqrt(width * shrink * height / wanted), _MIN_SIDE_DEG)))
    x_side = 2.0 ** round(math.log2(max(width * height / (wanted * y_side), y_side)))
    while (width / x_side + 1.0) * (height / y_side + 1.0) > 2.0 * wanted:
        x_side, y_side = 2.0 * x_side, 2.0 * y_side
    return 1.0 / x_side, 1.0 / y_side


def _raster(
    edges: Edges, x_scale: float, y_scale: float, col0: int, row0: int, n_cols: int, n_rows: int
) -> tuple[UInt32Array, _Blocks]:
    """Give the entries of the raster, and the blocks that its cells with edges are."""
    place = (edges.ends, edges.sides, x_scale, y_scale, col0, row0, n_cols, n_rows)
    counts = np.zeros(n_rows * n_cols, dtype=np.int32)
    toggles = np.zeros(n_rows * n_cols, dtype=np.uint32)
    nothing = np.zeros(0, dtype=np.int64)
    raster.rasterize(*place, counts, toggles, nothing, np.zeros(0, dtype=np.int32))
    faces = np.bitwise_xor.accumulate(toggles.reshape(n_rows, n_cols), axis=1).ravel()
    starts = _starts(counts)
    edge_ids = np.empty(starts[-1], dtype=np.int32)
    raster.rasterize(*place, counts, toggles, starts[:-1].copy(), edge_ids)
    (touched,) = np.nonzero(counts)
    blocks = _Blocks(
        touched % n_cols + col0, touched // n_cols + row0, faces[touched], _starts(counts[touched]), edge_ids
    )
    entries = np.append(faces, np.uint32(0))
    entries[touched] = _kernels.BLOCK + np.arange(len(touched), dtype=np.uint32)
    return entries, blocks


def _split(blocks: _Blocks, place: tuple[Any, ...], n_blocks: int, table: Growing, records: Growing) -> _Blocks:
    """Add the entries of the parts of blocks, and their records; give the blocks among them.

    `n_blocks` is the number of blocks so far.
    """
    own = (blocks.cols, blocks.rows, blocks.faces, blocks.starts, blocks.edge_ids, *place)
    entries = table.take(len(blocks.cols) * _PARTS)
    inner = _Blocks.room(0, 0)
    into = (inner.cols, inner.rows, inner.faces, np.empty(0, dtype=np.int64), inner.edge_ids)
    begun = records.size
    most, n_inner, n_ids = raster.split_blocks(*(*own, entries, records.array, begun, n_blocks, *into))
    inner = _Blocks.room(n_inner, n_ids)
    into = (inner.cols, inner.rows, inner.faces, inner.starts, inner.edge_ids)
    records.take(most - begun)
    used, _, _ = raster.split_blocks(*(*own, entries, records.array, begun, n_blocks, *into))
    records.size = used
    return inner

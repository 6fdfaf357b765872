"""How much a file may hold. All limits stand here; each is far above what a city has, and bounds time and memory.

A file says things about itself that need not be true, and a small one can unfold into terabytes. So what is counted is
counted before the costly step: bytes before text is decoded, rows and columns before a table is made, vertices before
anything geometric is done with a shape.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.errors import TooLargeError
from spatialgov.language import t

__all__ = [
    "MOST_BATCH_BYTES",
    "MOST_CELLS",
    "MOST_COLUMNS",
    "MOST_PACK_RATIO",
    "MOST_RINGS",
    "MOST_ROWS",
    "MOST_TEXT_BYTES",
    "MOST_TEXT_VERTICES",
    "MOST_UNPACKED_BYTES",
    "MOST_VERTICES",
    "check_bytes",
    "check_shapes",
    "check_table",
    "check_vertices",
]

MOST_TEXT_BYTES = 2**30
"""Of a file that is read as one text: GeoJSON, CSV."""
MOST_TEXT_VERTICES = 10_000_000
"""In all shapes of a GeoJSON: each costs a hundred bytes of memory until it is read."""
MOST_BATCH_BYTES = 2**24
"""Of a file that is read batch by batch: from so much on a batch is full, however few its rows."""
MOST_UNPACKED_BYTES = 2 * 2**30
"""That an archive or a Parquet file unfolds into."""
MOST_PACK_RATIO = 200
"""To which size one byte of an archive of more than 100 MiB unpacked may unfold; tables of a Shapefile reach 50."""
MOST_ROWS = 5_000_000
MOST_COLUMNS = 2_000
MOST_CELLS = 100_000_000
"""Rows times columns."""
MOST_VERTICES = 1_000_000
"""Of the shape of one row; the outline of a province has fewer than 100,000."""
MOST_RINGS = 100_000
"""Of the shape of one row."""

_RING_VERTICES = 4
"""No ring has fewer."""


def check_bytes(path: Path, size: int, most: int = MOST_TEXT_BYTES) -> None:
    """Refuse a file, or what it unfolds into, above a size.

    Raises
    ------
    TooLargeError
    """
    if size > most:
        raise TooLargeError(
            t(
                "{file} holds {size:,} MiB; the limit is {most:,} MiB.",
                "{file} 的内容达 {size:,} MiB，上限为 {most:,} MiB。",
                file=path.name,
                size=size >> 20,
                most=most >> 20,
            ),
            remedy=t(
                "Send it in parts, or as a GeoPackage.",
                "请分成几个文件，或改用 GeoPackage。",
            ),
        )


def check_table(path: Path, rows: int, columns: int) -> None:
    """Refuse a table of too many rows, columns or cells.

    Raises
    ------
    TooLargeError
    """
    if rows > MOST_ROWS or columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        raise TooLargeError(
            t(
                "{file} has {rows:,} rows and {columns:,} columns; the limits are {most_rows:,} rows, "
                "{most_columns:,} columns and {most_cells:,} cells in all.",
                "{file} 有 {rows:,} 行、{columns:,} 列；上限为 {most_rows:,} 行、{most_columns:,} 列、"
                "共 {most_cells:,} 格。",
                file=path.name,
                rows=rows,
                columns=columns,
                most_rows=MOST_ROWS,
                most_columns=MOST_COLUMNS,
                most_cells=MOST_CELLS,
            ),
            remedy=t("Leave columns out, or send it in parts.", "请删去不需要的列，或分成几个文件。"),
        )


def check_vertices(path: Path, vertices: int, *, row: int | None = None) -> None:
    """Refuse too many vertices: in the shape of a row (from 1), or in all shapes of a text when no row is given.

    Raises
    ------
    TooLargeError
    """
    if row is None and vertices > MOST_TEXT_VERTICES:
        raise TooLargeError(
            t(
                "{file} has about {n:,} vertices; the limit for text is {most:,}.",
                "{file} 约有 {n:,} 个顶点，文本格式的上限为 {most:,}。",
                file=path.name,
                n=vertices,
                most=MOST_TEXT_VERTICES,
            ),
            remedy=t(
                "Send it in parts, or as a GeoPackage.",
                "请分成几个文件，或改用 GeoPackage。",
            ),
        )
    if row is not None and vertices > MOST_VERTICES:
        raise _too_detailed(path, row, t("vertices", "个顶点"), vertices, MOST_VERTICES)


def check_shapes(path: Path, geometry: npt.NDArray[np.object_]) -> None:
    """Refuse a shape of too many vertices or rings, before anything is computed from it.

    Parameters
    ----------
    geometry
        object, shape (n,): shapely geometries or None.

    Raises
    ------
    TooLargeError
        With the row.
    """
    vertices = shapely.get_num_coordinates(geometry)
    for i in np.flatnonzero(vertices > min(MOST_VERTICES, _RING_VERTICES * MOST_RINGS)).tolist():
        check_vertices(path, int(vertices[i]), row=i + 1)
        rings = len(shapely.get_rings(geometry[i]))
        if rings > MOST_RINGS:
            raise _too_detailed(path, i + 1, t("rings", "个环"), rings, MOST_RINGS)


def _too_detailed(path: Path, row: int, what: str, n: int, most: int) -> TooLargeError:
    return TooLargeError(
        t(
            "{file}, row {row}: the shape has {n:,} {what}; the limit is {most:,}.",
            "{file} 第 {row} 行：图形有 {n:,} {what}，上限为 {most:,}。",
            file=path.name,
            row=row,
            n=n,
            what=what,
            most=most,
        ),
        remedy=t("Simplify the shape, or cut it into several rows.", "请简化图形，或将其拆为多行。"),
    )

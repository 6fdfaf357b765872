"""Shapes as well-known text and binary, but none so deeply nested that GEOS runs out of stack, which ends the process.

GEOS reads a collection inside a collection by calling itself. 10,000 levels, which fit in 90 kB, are more than a
thread's stack holds. What is data has one level, a collection of multipolygons two.
"""

import re
import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["MOST_LEVELS", "SAFE_BYTES", "from_wkb", "from_wkt", "nested_too_deep"]

MOST_LEVELS = 16
SAFE_BYTES = 9 * 200
"""A level takes 9 bytes at least; 200 levels do no harm."""
_COLLECTION = re.compile("collection", re.IGNORECASE)
_PARTED = re.compile(rb"\x01[\x04-\x07\x09-\x0c\xe8-\xff][\x00-\x0f]\x00|\x00[\x00-\xff]\x00[\x00-\x0f][\x04-\xff]")
"""What may be the head of a shape with parts; a coordinate may look like one too."""
_POINT, _LINE, _POLYGON, _CIRCULAR = 1, 2, 3, 8
_Z, _M, _SRID = 0x8000_0000, 0x4000_0000, 0x2000_0000
"""Flags of the extended form; ISO adds 1000 for Z, 2000 for M."""

Shapes = npt.NDArray[np.object_]


def from_wkt(cells: Shapes) -> Shapes:
    """Read well-known text, object (n,); None where it is none, or nested too deeply."""
    flat = [None if cell is None or len(_COLLECTION.findall(cell)) > MOST_LEVELS else cell for cell in cells]
    return np.asarray(shapely.from_wkt(np.array(flat, dtype=object), on_invalid="ignore"), dtype=object)


def from_wkb(cells: Sequence[bytes | None]) -> Shapes:
    """Read well-known binary, (n,); None where it is none, or nested too deeply."""
    flat = [None if cell is None or nested_too_deep(cell) else cell for cell in cells]
    return np.asarray(shapely.from_wkb(np.array(flat, dtype=object), on_invalid="ignore"), dtype=object)


def nested_too_deep(cell: bytes) -> bool:
    """Whether a shape in well-known binary has more levels than data have, or can't be read at all."""
    if len(cell) < SAFE_BYTES or len(_PARTED.findall(cell)) <= MOST_LEVELS:
        return False
    try:
        return _levels(cell) > MOST_LEVELS
    except (struct.error, IndexError):
        return False  # it ends too early, and GEOS says so


def _levels(cell: bytes) -> int:
    """Count the levels of a shape, no further than the limit; the form is that of OGC 06-103r4 §8.2 and of PostGIS."""
    left, at, deepest = [1], 0, 0
    while left and deepest <= MOST_LEVELS:
        if not left[-1]:
            left.pop()
            continue
        left[-1] -= 1
        order = "<" if cell[at] == 1 else ">"
        (kind,) = struct.unpack_from(f"{order}I", cell, at + 1)
        at += 9 if kind & _SRID else 5
        shape, dimensions = (kind & 0xFFFF) % 1000, (kind & 0xFFFF) // 1000
        n_values = 2 + bool(kind & _Z or dimensions in (1, 3)) + bool(kind & _M or dimensions in (2, 3))
        if shape == _POINT:
            at += 8 * n_values
            continue
        (n,) = struct.unpack_from(f"{order}I", cell, at)
        at += 4
        if shape in (_LINE, _CIRCULAR):
            at += 8 * n_values * n
        elif shape == _POLYGON:
            for _ in range(n):
                (vertices,) = struct.unpack_from(f"{order}I", cell, at)
                at += 4 + 8 * n_values * vertices
        else:
            left.append(n)
            deepest = max(deepest, len(left))
    return deepest

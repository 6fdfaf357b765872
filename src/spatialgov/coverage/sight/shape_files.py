"""Shapes in files of arrays (`spatialgov.array_file`), as their WKB, which is exact."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.array_file import ArrayFile

__all__ = ["as_wkb", "shapes_in"]

Shapes = npt.NDArray[np.object_]


def as_wkb(shapes: Mapping[str, Shapes]) -> dict[str, npt.NDArray[Any]]:
    """Give the WKB of arrays of shapes end to end, and where each one ends: what `shapes_in` reads."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, values in shapes.items():
        parts: list[bytes] = shapely.to_wkb(values).tolist()
        arrays[f"{name}.wkb"] = np.frombuffer(b"".join(parts), dtype=np.uint8)
        arrays[f"{name}.ends"] = np.cumsum([0, *map(len, parts)])
    return arrays


def shapes_in(file: ArrayFile, name: str, rows: npt.NDArray[np.int64] | None = None) -> Shapes:
    """Read an array of shapes, or some rows of it."""
    content, ends = file.arrays[f"{name}.wkb"], file.arrays[f"{name}.ends"]
    chosen = np.arange(len(ends) - 1) if rows is None else rows
    begin, end = ends[chosen].tolist(), ends[chosen + 1].tolist()
    found = np.empty(len(chosen), dtype=object)
    found[:] = shapely.from_wkb([content[a:b].tobytes() for a, b in zip(begin, end, strict=True)])
    return found

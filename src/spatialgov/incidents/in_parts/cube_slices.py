"""The incidents of a period and of some categories, in a cube that a worker maps, some at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.incidents.cube import Cube

__all__ = ["AT_ONCE", "BYTES_AT_ONCE", "CubeSlice", "opened_cube"]

AT_ONCE = 2**20
"""Incidents that are looked at together."""
BYTES_AT_ONCE = 100 * AT_ONCE
"""About the memory that takes."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CubeSlice:
    """Which incidents of a cube.

    Attributes
    ----------
    cube
        Its file.
    first, last
        The incidents of the period: from position `first` to before `last`, see `spatialgov.incidents.cube.Slice`.
    categories
        Codes; None for all.
    """

    cube: Path
    first: int
    last: int
    categories: tuple[str, ...] | None = None

    def basis(self) -> dict[str, Any]:
        """Give what tells these incidents from all others: the size and the time of the file among it."""
        about = self.cube.stat()
        wanted = None if self.categories is None else sorted(self.categories)
        return {"cube": [self.cube.name, about.st_size, about.st_mtime_ns], "rows": [self.first, self.last, wanted]}

    def places(self, first: int, last: int) -> Iterator[tuple[Floats, Floats]]:
        """Give longitude and latitude of those from position `first` to before `last` of the cube, in their order."""
        cube = opened_cube(self.cube)
        wanted = None if self.categories is None else np.isin(cube.categories, list(self.categories))
        for begin in range(max(first, self.first), min(last, self.last), AT_ONCE):
            rows = slice(begin, min(begin + AT_ONCE, last, self.last))
            lon, lat = cube.lon[rows], cube.lat[rows]
            if wanted is None:
                yield lon, lat
            else:
                chosen = wanted[cube.category[rows]]
                yield lon[chosen], lat[chosen]


@lru_cache(maxsize=1)
def opened_cube(path: Path) -> Cube:
    """Map a cube, once in a process."""
    return Cube.open(path)

"""The incidents of a period and of some categories, in a cube that a worker maps, some at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.bulk import Shelf
from spatialgov.incidents.cube import Cube
from spatialgov.places import Place, here, state

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
        Its file; beside the parts, where workers do them (`lent`).
    first, last
        The incidents of the period: from position `first` to before `last`, see `spatialgov.incidents.cube.Slice`.
    categories
        Codes; None for all.
    shipped
        Whether the file is there for the parts alone, to be removed in the end.
    """

    cube: Place
    first: int
    last: int
    categories: tuple[str, ...] | None = None
    shipped: bool = False

    def lent(self, folder: Place) -> "CubeSlice | None":
        """Give the same incidents of the same file in the folder of the parts; None where it has just been replaced.

        It stays there when the incidents change and the store's cube becomes another one.

        Raises
        ------
        StoreError, InputError
            When it can't be put into a folder, or into an object store.
        """
        assert isinstance(self.cube, Path)
        try:
            return replace(self, cube=Shelf.at(folder).lend(self.cube), shipped=True)
        except FileNotFoundError:
            return None

    def belongings(self) -> Sequence[Place]:
        """Give the file, where it is there for the parts alone."""
        return (self.cube,) if self.shipped else ()

    def basis(self) -> dict[str, Any]:
        """Give what tells these incidents from all others: the size and the time of the file among it."""
        wanted = None if self.categories is None else sorted(self.categories)
        return {"cube": [self.cube.name, *state(self.cube)[1:]], "rows": [self.first, self.last, wanted]}

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
def opened_cube(place: Place) -> Cube:
    """Map a cube, once in a process."""
    return Cube.open(here(place))

"""The incidents of a period and of some categories, in a cube that a worker maps, some at a time."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.errors import StoreError
from spatialgov.incidents.cube import Cube
from spatialgov.language import t

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
    shipped
        Whether the file is there for the parts alone, to be removed in the end.
    """

    cube: Path
    first: int
    last: int
    categories: tuple[str, ...] | None = None
    shipped: bool = False

    def beside(self, folder: Path) -> "CubeSlice | None":
        """Give the same incidents of the same file in the folder of the parts; None where it has just been replaced.

        It stays there when the incidents change and the store's cube becomes another one. It takes no room where both
        are in one file system.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        target = folder / self.cube.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                _link_or_copy(self.cube, target)
        except OSError as error:
            if not self.cube.exists():
                return None
            message = t(
                "{file} can't be written ({error}).", "无法写入 {file}（{error}）。", file=target, error=error.strerror
            )
            remedy = t("Check the folder and its free space.", "请检查文件夹及其剩余空间。")
            raise StoreError(message, remedy=remedy) from error
        return replace(self, cube=target, shipped=True)

    def belongings(self) -> Sequence[Path]:
        """Give what `Job.belongings` gives of them."""
        return (self.cube,) if self.shipped else ()

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


def _link_or_copy(path: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as beside:
        made = Path(beside) / target.name
        try:
            os.link(path, made)
        except FileNotFoundError:
            raise
        except OSError:  # another file system, or one without links
            shutil.copy2(path, made)  # with its time, which tells it from others
        made.replace(target)


@lru_cache(maxsize=1)
def opened_cube(path: Path) -> Cube:
    """Map a cube, once in a process."""
    return Cube.open(path)

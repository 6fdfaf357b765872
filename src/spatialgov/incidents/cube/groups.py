"""What incidents are counted by: a column that says which group each belongs to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from spatialgov.array_file import FileKind, open_arrays, save_arrays
from spatialgov.incidents.cells import h3_numbers_of
from spatialgov.language import t
from spatialgov.locate import Locator

__all__ = ["Groups", "h3_groups", "located_groups"]

_GROUPS = FileKind(
    b"SGGROUPS",
    2,
    lambda: t("file of groups of incidents", "事件分组文件"),
    lambda: t("Delete it; it is made anew from the store.", "请将其删除；会由数据库重新生成。"),
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Groups:
    """Which group each incident of a cube belongs to.

    Attributes
    ----------
    of
        int32 (n,), position in `keys`; -1 for none.
    keys
        (g,) what the groups are: codes of areas, numbers of H3 cells.
    """

    of: npt.NDArray[np.int32]
    keys: npt.NDArray[Any]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open saved groups: the file is mapped and shared with all who have it open, once its checksums are right.

        Raises
        ------
        StoreError
            When the file can't be read, is foreign, of another version, or damaged.
        """
        file = open_arrays(path, _GROUPS)
        file.check()
        return cls(**file.arrays)

    def save(self, path: Path) -> None:
        """Save the groups to one file, written beside `path` and renamed into place.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        save_arrays(path, _GROUPS, {}, {"of": self.of, "keys": self.keys})


def h3_groups(lon: Floats, lat: Floats, resolution: int) -> Groups:
    """Group locations (degrees, WGS 84) by H3 cell; the keys are the cells that hold one, uint64, ascending.

    Raises
    ------
    CoordinateError
        When a location is not a place.
    InputError
        When the resolution is not one of H3.
    """
    cells, number = h3_numbers_of(lon, lat, resolution)
    return Groups(number, cells)


def located_groups(lon: Floats, lat: Floats, locator: Locator) -> Groups:
    """Group locations (degrees, WGS 84) by the area that they lie in; the keys are the codes of all areas, text."""
    return Groups(locator.locate_many(lon, lat), np.array(locator.codes, dtype=np.str_))

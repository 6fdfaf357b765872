"""What the parts of a job are made from: one file, written once, which every worker maps, or fetches and maps."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from spatialgov.array_file import ArrayFile, FileKind, open_arrays, save_arrays
from spatialgov.bulk.job import Job
from spatialgov.bulk.shelf import Shelf
from spatialgov.language import t
from spatialgov.places import Place, here

__all__ = ["DataJob", "open_data", "save_data"]

_DATA = FileKind(
    b"SGPARTS\0",
    1,
    lambda: t("file of a job", "作业数据文件"),
    lambda: t("Run the same command again.", "请重新运行同一命令。"),
)


def save_data(
    folder: Place, name: str, scalars: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[np.generic]]
) -> Place:
    """Write a file that is named by what it holds, so that the same data is the same file.

    Raises
    ------
    StoreError
        When it can't be written.
    """
    shelf = Shelf.at(folder)
    with shelf.making() as beside:
        made = Path(beside) / name
        save_arrays(made, _DATA, scalars, arrays)
        with made.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        return shelf.put(made, f"{name}-{digest}.arrays")


@lru_cache(maxsize=2)
def open_data(place: Place) -> ArrayFile:
    """Map what `save_data` has written, and check it: once in a process.

    Raises
    ------
    StoreError
        When it can't be read, or is damaged.
    """
    file = open_arrays(here(place), _DATA)
    file.check()
    return file


@dataclass(frozen=True)
class DataJob(Job):
    """A job whose parts are made from such a file, and leave arrays.

    Attributes
    ----------
    data
        The file, of this job alone.
    """

    suffix: ClassVar[str] = ".arrays"
    data: Place

    def basis(self) -> Mapping[str, Any]:
        """Give the name of the data, which tells what it holds."""
        return {"data": self.data.name}

    def belongings(self) -> Sequence[Place]:
        """Give the file with the data."""
        return (self.data,)

"""Incidents of a cube counted in H3 cells, in parts: a part is a stretch of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from spatialgov.array_file import FileKind, open_arrays, save_arrays
from spatialgov.bulk import Done, Job, Part
from spatialgov.incidents.cells import h3_counts
from spatialgov.incidents.in_parts.cube_slices import AT_ONCE, BYTES_AT_ONCE, CubeSlice
from spatialgov.language import t
from spatialgov.places import Place

__all__ = ["CellCounts"]

_PART = 16 * AT_ONCE
"""Incidents of a part: a second's work or two."""
_BYTES_PER_CELL = 64

_COUNTS = FileKind(
    b"SGCOUNTS",
    1,
    lambda: t("file of counts", "计数文件"),
    lambda: t("Run the same command again.", "请重新运行同一命令。"),
)

Cells = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CellCounts(Job):
    """Count incidents in H3 cells, see `spatialgov.incidents.h3_counts`.

    Attributes
    ----------
    incidents
        Which.
    resolution
        Of H3.
    """

    name: ClassVar[str] = "cell-counts"
    suffix: ClassVar[str] = ".arrays"
    incidents: CubeSlice
    resolution: int

    def basis(self) -> Mapping[str, Any]:
        """Give the incidents and the resolution."""
        return {**self.incidents.basis(), "resolution": self.resolution}

    def belongings(self) -> Sequence[Place]:
        """Give the file of the incidents, where it is there for this alone."""
        return self.incidents.belongings()

    def parts(self, memory: int) -> list[Part]:
        """Give stretches of the cube, which is in the order of time."""
        most = BYTES_AT_ONCE + _BYTES_PER_CELL * _PART
        size = _PART if most <= memory else AT_ONCE
        begins = range(self.incidents.first, self.incidents.last, size)
        ends = [min(begin + size, self.incidents.last) for begin in begins]
        return [
            Part(i, {"rows": [begin, end]}, BYTES_AT_ONCE + _BYTES_PER_CELL * (end - begin))
            for i, (begin, end) in enumerate(zip(begins, ends, strict=True))
        ]

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        """Count those of a stretch."""
        counted = [h3_counts(lon, lat, self.resolution) for lon, lat in self.incidents.places(*part.about["rows"])]
        cells, counts = _added(counted)
        save_arrays(result, _COUNTS, {}, {"cells": cells, "counts": counts})
        return {}

    def finish(self, done: Sequence[Done]) -> tuple[Cells, Ints]:
        """Give the cells that hold an incident, ascending, and how many each holds."""
        total = _added([])
        for one in done:
            file = open_arrays(one.file, _COUNTS)
            file.check()
            total = _added([total, (file.arrays["cells"], file.arrays["counts"])])
        return total


def _added(counted: Sequence[tuple[Cells, Ints]]) -> tuple[Cells, Ints]:
    cells = np.concatenate([np.empty(0, dtype=np.uint64), *(one for one, _ in counted)])
    counts = np.concatenate([np.empty(0, dtype=np.int64), *(one for _, one in counted)])
    found, group = np.unique(cells, return_inverse=True)
    total = np.zeros(len(found), dtype=np.int64)
    np.add.at(total, group, counts)
    return found, total

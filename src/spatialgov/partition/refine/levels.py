"""The levels that the engine works on: the graph itself, and coarser ones in which pairs of units move together."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.refine._kernels import match_units

__all__ = ["Level"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Level:
    """Units, or groups of units, with their borders and loads: the arrays that the kernels take.

    `perimeter_m`, `area_m2` and `free` have shape (n,), `load` (n, m); the graph is in CSR form.
    """

    indptr: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    border_m: Floats
    perimeter_m: Floats
    area_m2: Floats
    load: Floats
    free: npt.NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.indptr) - 1

    @classmethod
    def of(
        cls, graph: ContiguityGraph, load: Floats, free: npt.NDArray[np.bool_], discount: Floats | float = 1.0
    ) -> Self:
        """Give the finest level.

        Parameters
        ----------
        load
            float64, shape (n, m).
        free
            bool, shape (n,): units that may change their part.
        discount
            Share of each half-edge's length that counts, shape (2 m,) or one for all.
        """
        border_m = graph.border_m * discount
        perimeter_m = graph.outer_border_m + _sum_up(graph.sources(), border_m, graph.n)
        return cls(graph.indptr, graph.indices, border_m, perimeter_m, graph.area_m2, np.ascontiguousarray(load), free)

    def coarser(self, labels: Labels, most: Floats, rng: np.random.Generator) -> "tuple[Level, Labels]":
        """Pair units inside their parts.

        Parameters
        ----------
        labels
            Part of each unit.
        most
            float64, shape (m,): largest load of a pair.

        Returns
        -------
        Level
            The coarser level.
        ndarray
            int64, shape (n,): the coarse unit of each unit.
        """
        coarse, count = match_units(
            self.indptr, self.indices, self.border_m, self.area_m2, self.load, labels, rng.permutation(self.n), most
        )  # fmt: skip
        source = np.repeat(coarse, np.diff(self.indptr))
        target = coarse[self.indices]
        inner = source == target
        borders = csr_array(
            (self.border_m[~inner], (source[~inner], target[~inner])), shape=(count, count)
        )  # repeated borders are added up
        borders.sum_duplicates()
        swallowed = _sum_up(source[inner], self.border_m[inner], count)
        free = np.ones(count, bool)
        free[coarse[~self.free]] = False
        level = Level(
            indptr=borders.indptr.astype(np.int64),
            indices=borders.indices.astype(np.int32),
            border_m=borders.data,
            perimeter_m=_sum_up(coarse, self.perimeter_m, count) - swallowed,
            area_m2=_sum_up(coarse, self.area_m2, count),
            load=np.column_stack([_sum_up(coarse, column, count) for column in self.load.T]),
            free=free,
        )
        return level, coarse


def _sum_up(group: Labels, values: Floats, count: int) -> Floats:
    return np.bincount(group, values, count).astype(np.float64)

"""What is left to choose once fixed sites stand and everything that makes no difference is gone."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from spatialgov.coverage.siting.instance import Floats, Instance, Ints, Matrix
from spatialgov.row_groups import row_groups

__all__ = ["PROVED", "Problem", "problem_of"]

_FINEST = 2**52
"""Worths add up to less than this, so that sums in floating point are exact too."""
_SLACK = 1e-9
"""Share of the room by which a sum of costs may be over it: sums of fractions are not exact."""

PROVED = 1e-8
"""Share of a limit by which rounded numbers may miss it and still be said to meet it."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Sites that may be chosen, and groups of demand that the same of them see.

    Attributes
    ----------
    site
        int64, shape (n,): numbers of the sites in the instance.
    by_site, by_demand
        site × demand and demand × site, CSR of float64 ones, sorted.
    worth
        int64, shape (m,): what a view of the demand counts, in units of `unit`.
    unit
        Weight that a worth of 1 stands for.
    whole
        Whether worths are the weights exactly; else they are rounded, to less than a billionth of all.
    lacking
        int64, shape (m,): views that still count.
    cost
        float64, shape (n,).
    room
        What may be spent on them.
    foes
        site × site, CSR, symmetric: sites that exclude each other.
    """

    site: Ints
    by_site: Matrix
    by_demand: Matrix
    worth: Ints
    unit: float
    whole: bool
    lacking: Ints
    cost: Floats
    room: float
    foes: Matrix

    @property
    def open(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.site) > 0 and float(self.cost.min()) <= self.room

    @property
    def costs_differ(self) -> bool:
        """Whether the cost of a site is more than a count."""
        return bool((self.cost != 1.0).any())

    @cached_property
    def arrays(self) -> tuple[Any, ...]:
        """What the kernels call ``problem``."""
        by_site, by_demand, foes = self.by_site, self.by_demand, self.foes
        return (
            by_site.indptr.astype(np.int64),
            by_site.indices.astype(np.int32),
            by_demand.indptr.astype(np.int64),
            by_demand.indices.astype(np.int32),
            self.worth,
            self.cost,
            foes.indptr.astype(np.int64),
            foes.indices.astype(np.int32),
        )

    def worth_of(self, sites: Ints) -> int:
        """Give what sites, by position, are worth together."""
        seen = np.rint(self.by_site[sites].sum(axis=0)).astype(np.int64)
        return int(self.worth @ np.minimum(seen, self.lacking))

    def allows(self, sites: Ints) -> bool:
        """Say whether sites, by position, fit into the room and don't exclude each other."""
        return float(self.cost[sites].sum()) <= self.room and self.foes[sites][:, sites].nnz == 0

    def meets(self, value: int, limit: float) -> bool:
        """Say whether a worth is as good as a limit; to `PROVED` of it where worths are rounded."""
        return limit <= (value if self.whole else value * (1 + PROVED))

    def state(self) -> tuple[Any, ...]:
        """Give what the kernels call ``state``, with no site chosen."""
        n = len(self.site)
        gain = np.rint(self.by_site @ self.worth.astype(np.float64)).astype(np.int64)
        return self.lacking.copy(), gain, gain.copy(), np.zeros(n, np.int64), np.zeros(n, np.bool_)


def problem_of(instance: Instance, room: float) -> Problem:
    """Reduce an instance.

    Fixed sites are set up and paid for, and what excludes them goes. Demand that lacks nothing, weighs nothing or is
    seen by no site goes, demand that the same sites see becomes one; so do sites that see nothing, or cost more than
    is left. None of it changes the best choice.

    Parameters
    ----------
    instance
        What is asked.
    room
        What may be spent, the fixed sites counted.
    """
    cover, fixed = instance.cover, instance.fixed
    n = cover.shape[1]
    held = np.zeros(n)
    held[fixed] = 1.0
    left = (room - float(instance.cost[fixed].sum())) * (1 + _SLACK)
    lacking = np.maximum(instance.need - instance.base - np.rint(cover @ held).astype(np.int64), 0)
    free = (held == 0) & (instance.foes @ held == 0) & (instance.cost <= left)
    live = np.flatnonzero((lacking > 0) & (instance.value > 0))
    seen = sparse.csc_array(cover[live])
    free &= np.diff(seen.indptr) > 0
    site = np.flatnonzero(free)
    rows = sparse.csr_array(seen[:, site])
    rows.sort_indices()
    degree = np.diff(rows.indptr).astype(np.int64)
    lacking = np.minimum(lacking[live], degree)
    group, first = _groups(rows, lacking)
    value = np.bincount(group, weights=instance.value[live], minlength=len(first) + 1)[:-1]
    by_demand = rows[first]
    lacking = lacking[first]
    unit = instance.grain or float(value @ lacking) / _FINEST or 1.0
    return Problem(
        site=site,
        by_site=_sorted(sparse.csr_array(by_demand.T)),
        by_demand=by_demand,
        worth=np.rint(value / unit).astype(np.int64),
        unit=unit,
        whole=instance.grain > 0,
        lacking=lacking,
        cost=instance.cost[site],
        room=left,
        foes=_sorted(sparse.csr_array(instance.foes[site][:, site])),
    )


def _sorted(matrix: Matrix) -> Matrix:
    matrix.sort_indices()
    return matrix


def _groups(rows: Matrix, lacking: Ints) -> tuple[Ints, Ints]:
    """Give for every row the number of its group, and for every group its first row; rows without sites come last.

    Rows are one group when they have the same sites and lack the same number of views: found by a hash, and compared.
    """
    degree = np.diff(rows.indptr).astype(np.int64)
    salt = np.random.default_rng(0).integers(0, 2**63, rows.shape[1], dtype=np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(salt[rows.indices], dtype=np.uint64)])
    first, group = row_groups(degree, lacking, np.diff(sums[rows.indptr]))
    mine = np.repeat(rows.indptr[:-1].astype(np.int64), degree)
    within = np.arange(rows.nnz) - mine
    other = rows.indptr.astype(np.int64)[np.repeat(first[group], degree)] + within
    if (differs := rows.indices != rows.indices[other]).any():  # a collision of hashes: those rows stay alone
        apart = np.unique(np.repeat(np.arange(len(degree)), degree)[differs])
        group[apart] = len(first) + np.arange(len(apart))
        first = np.concatenate([first, apart])
    empty = degree[first] == 0
    number = np.where(empty, int((~empty).sum()), np.cumsum(~empty) - 1)
    return number[group], first[~empty]

"""Chosen sites, in order, with what each adds."""

from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

import numpy as np
from scipy import sparse

from spatialgov.coverage.siting.instance import Floats, Instance, Ints

__all__ = ["Siting", "in_order"]


@dataclass(frozen=True, eq=False)
class Siting:
    """Chosen sites, what they cover, and how good that is.

    Attributes
    ----------
    sites
        int64: columns of `cover`; the fixed ones first, then by what each adds to those before it.
    gains
        float64, aligned with `sites`: weight that each adds to those before it.
    covered
        Weight that is covered, what `base` covers included: ``before + gains.sum()``.
    before
        Weight that `base` covers without any site.
    total
        The whole weight.
    cost
        What the sites cost together; their number where no costs were given.
    bound
        Proven limit: no choice covers more (`maximal_covering`), no choice that reaches the share costs less
        (`least_sites`).
    gap
        How far from the limit the choice may be at most: ``(bound - covered) / (bound - before)``, the share of the
        possible gain that may be missing; for `least_sites` ``(cost - bound) / cost``.
    proved
        Whether the choice meets the limit, so that nothing is better; by less than a millionth of a percent where
        weights are not whole.
    cut_short
        Whether the clock ended the work. If not, the same arguments give the same answer on every run.
    """

    sites: Ints
    gains: Floats
    covered: float
    before: float
    total: float
    cost: float
    bound: float
    gap: float
    proved: bool
    cut_short: bool


def in_order(instance: Instance, chosen: Ints) -> tuple[Ints, Floats]:
    """Put the fixed sites first, then of the chosen again and again the one that adds most, while one adds anything."""
    free = np.setdiff1d(chosen, instance.fixed)
    columns = np.concatenate([instance.fixed, free])
    seen = sparse.csc_array(instance.cover[:, columns])
    demand = np.split(seen.indices, seen.indptr[1:-1])
    lacking = instance.need - instance.base

    def gain(k: int) -> float:
        rows = demand[k]
        return float(instance.value[rows] @ (lacking[rows] > 0))

    order: list[int] = []
    gains: list[float] = []

    def add(k: int) -> None:
        order.append(k)
        gains.append(gain(k))
        lacking[demand[k]] -= 1

    for k in range(len(instance.fixed)):
        add(k)
    # What a site adds only falls, so an entry that is still first once it is up to date is the largest.
    heap = [(-gain(k), k) for k in range(len(instance.fixed), len(columns))]
    heapify(heap)
    while heap:
        value, k = heap[0]
        now = gain(k)
        if now == 0.0:
            heappop(heap)
        elif now < -value:
            heapreplace(heap, (-now, k))
        else:
            heappop(heap)
            add(k)
    return columns[order], np.array(gains)

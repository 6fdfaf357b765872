"""Sites that cover the most weight with p of them, or within a budget."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from spatialgov.coverage.siting._kernels import fill
from spatialgov.coverage.siting.instance import (
    Floats,
    Instance,
    Ints,
    checked_budget,
    checked_instance,
    checked_p,
    checked_time,
)
from spatialgov.coverage.siting.problem import problem_of
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["Siting", "maximal_covering"]


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
        Whether the choice meets the limit: nothing is better.
    cut_short
        Whether the time limit ended the search. If not, the same arguments give the same sites on every run.
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


def maximal_covering(
    cover: object,
    weight: npt.ArrayLike,
    p: int | None = None,
    *,
    seed: int = 0,
    time_limit_s: float = 10.0,
    base: npt.ArrayLike | None = None,
    cost: npt.ArrayLike | None = None,
    budget: float | None = None,
    need: npt.ArrayLike | None = None,
    conflicts: object = None,
    fixed: Sequence[int] | npt.ArrayLike = (),
) -> Siting:
    """Choose the sites that together cover the most weight.

    Parameters
    ----------
    cover
        demand × site, a scipy.sparse matrix (CSR) of ones: row i, column j where site j covers demand i.
    weight
        Shape (demand,), finite, none below 0, whole or not.
    p
        Number of sites at most, the fixed ones counted. Sites that would add nothing are not chosen.
    seed
        Of the search's random numbers.
    time_limit_s
        When the search stops, seconds; a fraction of a second gives a quick answer, with its bound.
    base
        Shape (demand,), int: how often each demand is covered already, 0 when not given.
    cost, budget
        Instead of p: what each site costs, shape (site,), above 0, and what all of them may cost, the fixed ones
        counted.
    need
        Shape (demand,), int: by how many sites a demand should be covered, 1 when not given. Each of them counts an
        equal part of the weight: a demand that needs 2 and has 1 is half covered (backup coverage, Hogan & ReVelle
        1986).
    conflicts
        site × site, a scipy.sparse matrix of ones: pairs that may not both be chosen (on one pole, too near). One
        triangle is enough; the diagonal is ignored.
    fixed
        Sites that are chosen in any case.

    Returns
    -------
    Siting

    Raises
    ------
    InputError
        When the arguments make no sense; says which row or site, and what to do.
    """
    begun = time.monotonic()
    instance = checked_instance(cover, weight, base=base, need=need, cost=cost, conflicts=conflicts, fixed=fixed)
    until = begun + checked_time(time_limit_s)
    room = _room(instance, p, cost, budget)
    problem = problem_of(instance, room)
    state = problem.state()
    fill(problem.arrays, state, problem.room, cost is not None)
    return siting_of(instance, problem.site[state[4]], instance.total, False)


def _room(instance: Instance, p: int | None, cost: object, budget: float | None) -> float:
    """Check that there is one limit, and give it."""
    if (p is None) == (budget is None) or (cost is None) != (budget is None):
        raise InputError(
            t("The limit is either p, or cost with budget.", "限制条件应为 p，或 cost 与 budget 二者并用。"),
            remedy=t("Give p alone, or cost and budget without p.", "请仅给出 p，或给出 cost 与 budget 而不给 p。"),
        )
    return checked_p(p, instance) if budget is None else checked_budget(budget, instance)


def siting_of(instance: Instance, chosen: Ints, bound: float, cut_short: bool) -> Siting:
    """Put chosen sites in order, with what each adds, beside the bound of what can be covered."""
    sites, gains = in_order(instance, chosen)
    before = instance.covered([])
    covered = instance.covered(sites)
    bound = max(bound, covered)
    reach = bound - before
    return Siting(
        sites=sites,
        gains=gains,
        covered=covered,
        before=before,
        total=instance.total,
        cost=float(instance.cost[sites].sum()),
        bound=bound,
        gap=(bound - covered) / reach if reach > 0 else 0.0,
        proved=bound == covered,
        cut_short=cut_short,
    )


def in_order(instance: Instance, chosen: Ints) -> tuple[Ints, Floats]:
    """Order sites: the fixed first, then again and again the one that adds most; those that add nothing are left out."""
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

"""The fewest sites, or the cheapest, that cover enough."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.siting._kernels import put
from spatialgov.coverage.siting.bound import Relaxation
from spatialgov.coverage.siting.exact import SMALL, solve
from spatialgov.coverage.siting.instance import (
    Floats,
    Instance,
    Ints,
    checked_instance,
    checked_seed,
    checked_share,
    checked_time,
)
from spatialgov.coverage.siting.problem import PROVED, Problem, problem_of
from spatialgov.coverage.siting.result import Siting, in_order
from spatialgov.coverage.siting.search import LONG, Choice, Effort, extended, greedy, improve
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["least_sites"]

_SEARCH, _BOUND = 0.5, 0.3
"""Shares of the time for the search and for the bound; the exact solution may take what is left."""
_TRIFLE = 1e-6
"""Where costs are not whole, a choice that is cheaper by a smaller share than this is not looked for."""


def least_sites(
    cover: object,
    weight: npt.ArrayLike,
    share: float,
    *,
    seed: int = 0,
    time_limit_s: float = 10.0,
    base: npt.ArrayLike | None = None,
    cost: npt.ArrayLike | None = None,
    need: npt.ArrayLike | None = None,
    conflicts: object = None,
    fixed: Sequence[int] | npt.ArrayLike = (),
) -> Siting:
    """Choose the fewest sites, or the cheapest, that cover a share of the weight.

    Parameters
    ----------
    cover, weight, seed, time_limit_s, base, need, conflicts, fixed
        As for `maximal_covering`.
    share
        Of the whole weight, above 0 and up to 1; what `base` covers counts.
    cost
        Shape (site,), above 0: the sum is least. When not given, the number of sites is.

    Returns
    -------
    Siting
        Its `bound` and `gap` are those of `cost`.

    Raises
    ------
    InputError
        When the arguments make no sense, or the share can't be reached; says by how much.
    """
    begun = time.monotonic()
    instance = checked_instance(cover, weight, base=base, need=need, cost=cost, conflicts=conflicts, fixed=fixed)
    seconds = checked_time(time_limit_s)
    asked = checked_share(share, instance)
    problem = problem_of(instance, math.inf)
    missing = (asked - instance.covered(instance.fixed)) / problem.unit
    if missing <= 0:
        return _siting(instance, problem, _Found(np.empty(0, np.int64), 0.0, True, False))
    # What is asked for may be short by a rounding error of the share, and so may the worths.
    missing *= 1 - PROVED if not problem.whole else 1 - PROVED / 1000
    target = min(math.ceil(missing), int(problem.worth @ problem.lacking))
    found = _cheapest(problem, target, checked_seed(seed), begun, seconds)
    if (reached := problem.worth_of(found.sites)) < target:
        covered = instance.covered(instance.fixed) + reached * problem.unit
        raise InputError(
            t(
                "No choice without conflicts was found that covers {share:.2%} of the weight; the best covers "
                "{found:.2%}.",
                "未找到既无冲突又覆盖 {share:.2%} 权重的方案；最好的方案覆盖 {found:.2%}。",
                share=share,
                found=covered / instance.total,
            ),
            remedy=t(
                "Ask for a smaller share, allow more time, add candidates or loosen the minimum spacing.",
                "请降低目标比例、延长时间、增加候选点位，或放宽最小间距。",
            ),
        )
    return _siting(instance, problem, found)


@dataclass(frozen=True, eq=False)
class _Found:
    """Positions of sites in a problem, the least such sites can cost, whether they do, and whether the clock cut in."""

    sites: Ints
    least: float
    proved: bool
    cut_short: bool


def _cheapest(problem: Problem, target: int, seed: int, begun: float, seconds: float) -> _Found:
    """Find sites that are worth the target, make them cheaper, bound what is left to save, and solve what is small."""
    steps = _Steps(problem.cost)
    best: Ints | None = None
    choice = greedy(problem, enough=target)
    effort = Effort(seed, _SEARCH * seconds, begun + 1.2 * _SEARCH * seconds)
    while True:
        improve(choice, effort, LONG, enough=target)
        if choice.value < target:
            break
        best = _without_needless(choice, target)
        smaller = replace(problem, room=steps.below(best))
        if not smaller.open:
            return _Found(best, steps.spent(best), True, effort.cut_short)
        choice = extended(smaller, _kept(smaller, best))
    if best is None:
        return _Found(choice.sites, 0.0, False, effort.cut_short)
    # The bound and the solution are those of choices that are cheaper than the best one so far.
    short = target - 1 if problem.whole else math.floor(target * (1 - 2 * PROVED))
    relaxation = Relaxation(smaller)
    late = relaxation.improve(short, _BOUND * seconds, time.monotonic() + _BOUND * seconds) or effort.cut_short
    if smaller.meets(short, relaxation.limit):
        return _Found(best, steps.spent(best), True, late)
    least = min(steps.up(relaxation.least_room(target)), steps.spent(best))
    must, may = relaxation.settled(short)
    left = begun + seconds - time.monotonic()
    if left > 0 and problem.by_site[may].nnz <= SMALL:
        solution = solve(smaller, must, may, left, target=target)
        late |= solution.cut_short
        if solution.sites is not None and smaller.allows(solution.sites) and problem.worth_of(solution.sites) >= target:
            best = solution.sites
        least = max(least, min(steps.up(solution.limit), steps.spent(best)))
    return _Found(best, least, least > steps.below(best), late)


class _Steps:
    """The sums that costs can make: multiples of a step where all are whole."""

    def __init__(self, cost: Floats) -> None:
        self._cost = cost
        self._step = float(np.gcd.reduce(cost.astype(np.int64))) if (cost == np.floor(cost)).all() else 0.0

    def spent(self, sites: Ints) -> float:
        """Give what sites cost together."""
        return float(self._cost[sites].sum())

    def below(self, sites: Ints) -> float:
        """Give what cheaper ones may cost at most."""
        spent = self.spent(sites)
        return spent - self._step if self._step else spent * (1 - _TRIFLE)

    def up(self, cost: float) -> float:
        """Give the smallest sum of costs that is no less."""
        return math.ceil(cost / self._step - _TRIFLE) * self._step if self._step and cost < math.inf else cost


def _without_needless(choice: Choice, target: int) -> Ints:
    """Leave out what a choice does not need for the target, the dearest first."""
    problem, loss, value = choice.problem, choice.state[2], choice.value
    for site in sorted(choice.sites.tolist(), key=lambda one: (-problem.cost[one], loss[one])):
        if value - loss[site] >= target:
            value -= int(loss[site])
            put(problem.arrays, choice.state, site, -1)
    return choice.sites


def _kept(problem: Problem, sites: Ints) -> Ints:
    """Leave out of sites those that are worth least for their cost, until the others fit into the room."""
    seen = problem.by_site[sites]
    needed = problem.worth * (seen.sum(axis=0) <= problem.lacking)
    order = np.argsort(-(seen @ needed.astype(np.float64)) / problem.cost[sites], kind="stable")
    return sites[order[np.cumsum(problem.cost[sites][order]) <= problem.room]]


def _siting(instance: Instance, problem: Problem, found: _Found) -> Siting:
    """Give the sites as they were asked for, beside the bound of their cost."""
    sites, gains = in_order(instance, problem.site[found.sites])
    cost = float(instance.cost[sites].sum())
    bound = cost if found.proved else min(float(instance.cost[instance.fixed].sum()) + found.least, cost)
    return Siting(
        sites=sites,
        gains=gains,
        covered=instance.covered(sites),
        before=instance.covered([]),
        total=instance.total,
        cost=cost,
        bound=bound,
        gap=(cost - bound) / cost if cost else 0.0,
        proved=found.proved,
        cut_short=found.cut_short,
    )

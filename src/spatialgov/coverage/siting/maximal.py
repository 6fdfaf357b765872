"""Sites that cover the most weight with p of them, or within a budget."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.siting.bound import Relaxation
from spatialgov.coverage.siting.exact import SMALL, solve
from spatialgov.coverage.siting.instance import (
    Instance,
    Ints,
    checked_budget,
    checked_instance,
    checked_p,
    checked_seed,
    checked_time,
)
from spatialgov.coverage.siting.problem import Problem, problem_of
from spatialgov.coverage.siting.result import Siting, in_order
from spatialgov.coverage.siting.search import ANY, LONG, SHORT, Effort, extended, greedy, improve
from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["maximal_covering"]

_SEARCH, _BOUND, _EXACT = 0.3, 0.2, 0.1
"""Shares of the time for the search, and each time for the bound and for the exact solution."""


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
        How much work is done: what a slow machine does in so many seconds. Others have the answer earlier, and it is
        the same every time; where the clock ends the work even so (`Siting.cut_short`), it may differ from run to
        run. A fraction of a second gives a quick answer, with its bound.
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
    seconds = checked_time(time_limit_s)
    problem = problem_of(instance, _room(instance, p, cost, budget))
    return _siting(instance, problem, _cover_most(problem, checked_seed(seed), begun, seconds))


@dataclass(frozen=True, eq=False)
class _Found:
    """Positions of sites in a problem, their worth, its limit, and whether the clock cut in."""

    sites: Ints
    value: int
    limit: float
    cut_short: bool


def _cover_most(problem: Problem, seed: int, begun: float, seconds: float) -> _Found:
    """Search, bound, and where little is left open, solve; a longer search if that proves nothing."""
    if not problem.open:
        return _Found(np.empty(0, np.int64), 0, 0.0, False)
    choice = greedy(problem)
    relaxation = Relaxation(problem)
    limit, known, late = relaxation.limit, -1, False
    effort = Effort(seed, _SEARCH * seconds, begun + 1.5 * _SEARCH * seconds)
    for patience in (SHORT, LONG):
        improve(choice, effort, patience, enough=int(limit) if problem.whole else ANY)
        if choice.value == known:
            break
        known = choice.value
        late |= relaxation.improve(known, _BOUND * seconds, time.monotonic() + _BOUND * seconds)
        limit = min(limit, relaxation.limit)
        must, may = relaxation.settled(known)
        left = min(begun + seconds - time.monotonic(), _EXACT * seconds)
        if not problem.meets(known, limit) and left > 0 and problem.by_site[may].nnz <= SMALL:
            solution = solve(problem, must, may, left)
            late |= solution.cut_short
            if solution.sites is not None and problem.allows(solution.sites):
                choice = max(choice, extended(problem, solution.sites), key=lambda one: one.value)
            limit = min(limit, max(solution.limit, choice.value))
        if problem.meets(choice.value, limit):
            break
    return _Found(choice.sites, choice.value, limit, late or effort.cut_short)


def _siting(instance: Instance, problem: Problem, found: _Found) -> Siting:
    """Give the sites as they were asked for, beside the bound in weight."""
    sites, gains = in_order(instance, problem.site[found.sites])
    before, covered = instance.covered([]), instance.covered(sites)
    proved = problem.meets(found.value, found.limit)
    bound = covered if proved else instance.covered(instance.fixed) + found.limit * problem.unit
    return Siting(
        sites=sites,
        gains=gains,
        covered=covered,
        before=before,
        total=instance.total,
        cost=float(instance.cost[sites].sum()),
        bound=bound,
        gap=(bound - covered) / (bound - before) if bound > before else 0.0,
        proved=proved,
        cut_short=found.cut_short,
    )


def _room(instance: Instance, p: int | None, cost: object, budget: float | None) -> float:
    """Check that there is one limit, and give it."""
    if (p is None) == (budget is None) or (cost is None) != (budget is None):
        raise InputError(
            t("The limit is either p, or cost with budget.", "限制条件应为 p，或 cost 与 budget 二者并用。"),
            remedy=t("Give p alone, or cost and budget without p.", "请仅给出 p，或给出 cost 与 budget 而不给 p。"),
        )
    return checked_p(p, instance) if budget is None else checked_budget(budget, instance)

"""Sites that cover the most weight with p of them, or within a budget."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.siting.bound import Relaxation
from spatialgov.coverage.siting.exact import SMALL, solve
from spatialgov.coverage.siting.instance import (
    Floats,
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

__all__ = ["covering_curve", "maximal_covering"]

_SEARCH, _BOUND = 0.4, 0.3
"""Shares of the time for the search and for the bound; the exact solution may take what is left."""


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
    seconds = checked_time(time_limit_s)
    problem = problem_of(instance, _room(instance, p, cost, budget))
    return _siting(instance, problem, _cover_most(problem, checked_seed(seed), begun, seconds))


def covering_curve(
    cover: object,
    weight: npt.ArrayLike,
    sizes: Sequence[int],
    *,
    seed: int = 0,
    time_limit_s: float = 10.0,
    base: npt.ArrayLike | None = None,
    need: npt.ArrayLike | None = None,
    conflicts: object = None,
    fixed: Sequence[int] | npt.ArrayLike = (),
) -> list[Siting]:
    """Choose sites for several numbers of them: what each further site would bring.

    Parameters
    ----------
    cover, weight, seed, base, need, conflicts, fixed
        As for `maximal_covering`.
    sizes
        Numbers of sites, rising; the fixed ones counted.
    time_limit_s
        For all of them together, seconds.

    Returns
    -------
    list of Siting
        One for each size. More sites never cover less; the sites of one size need not be among those of the next.

    Raises
    ------
    InputError
        When the arguments make no sense.
    """
    begun = time.monotonic()
    instance = checked_instance(cover, weight, base=base, need=need, cost=None, conflicts=conflicts, fixed=fixed)
    seconds = checked_time(time_limit_s)
    rooms = [checked_p(p, instance) for p in sizes]
    if not rooms or any(one >= next_one for one, next_one in pairwise(rooms)):
        raise InputError(
            t("The sizes {sizes} do not rise.", "各数量 {sizes} 未按从小到大排列。", sizes=list(sizes)),
            remedy=t("Name each number of sites once, the smallest first.", "请从小到大列出各点位数量，每个只写一次。"),
        )
    whole = problem_of(instance, rooms[-1])
    found: _Found | None = None
    sitings = []
    for i, room in enumerate(rooms):
        problem = replace(whole, room=whole.room - (rooms[-1] - room))
        now = time.monotonic()
        share = max(begun + seconds - now, 0.0) / (len(rooms) - i)
        found = _cover_most(problem, checked_seed(seed), now, share, before=found)
        sitings.append(_siting(instance, problem, found))
    return sitings


@dataclass(frozen=True, eq=False)
class _Found:
    """Positions of sites in a problem, their worth, its limit, the prices behind it, and whether the clock cut in."""

    sites: Ints
    value: int
    limit: float
    prices: Floats | None
    cut_short: bool


def _cover_most(problem: Problem, seed: int, begun: float, seconds: float, before: _Found | None = None) -> _Found:
    """Search, bound, and where little is left open, solve; a longer search if that proves nothing.

    From what was found for fewer sites, if given.
    """
    if not problem.open:
        return _Found(np.empty(0, np.int64), 0, 0.0, None, False)
    choice = greedy(problem)
    if before is not None:
        choice = max(choice, extended(problem, before.sites), key=lambda one: one.value)
    relaxation = Relaxation(problem, None if before is None else before.prices)
    limit, known, late = relaxation.limit, -1, False
    effort = Effort(seed, _SEARCH * seconds, begun + 1.2 * _SEARCH * seconds)
    for patience in (SHORT, LONG):
        improve(choice, effort, patience, enough=int(limit) if problem.whole else ANY)
        if choice.value > known:
            late |= relaxation.improve(choice.value, _BOUND * seconds, time.monotonic() + _BOUND * seconds)
            limit, known = min(limit, relaxation.limit), choice.value
        must, may = relaxation.settled(known)
        left = begun + seconds - time.monotonic()
        if not problem.meets(known, limit) and left > 0 and problem.by_site[may].nnz <= SMALL:
            solution = solve(problem, must, may, left)
            late |= solution.cut_short
            if solution.sites is not None and problem.allows(solution.sites):
                choice = max(choice, extended(problem, solution.sites), key=lambda one: one.value)
            limit = min(limit, max(solution.limit, choice.value))
        if problem.meets(choice.value, limit):
            break
    return _Found(choice.sites, choice.value, limit, relaxation.prices, late or effort.cut_short)


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

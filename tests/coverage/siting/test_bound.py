"""The bound by itself: it holds, and what it settles is settled, against trying everything."""

import math
import time

import numpy as np
import pytest

from spatialgov.coverage.siting.bound import Relaxation
from spatialgov.coverage.siting.exact import solve
from spatialgov.coverage.siting.instance import checked_instance
from spatialgov.coverage.siting.problem import Problem, problem_of
from tests.coverage.siting.cases import random_case

Choices = list[tuple[float, float, np.ndarray]]


def every_choice(seed: int, *, with_cost: bool) -> tuple[Problem, Choices]:
    """Give a problem, and the worth and the cost of every choice that its rules allow."""
    case = random_case(seed, whole=seed % 3 > 0, rules=seed % 2 > 0)
    instance = checked_instance(
        case.cover,
        case.weight,
        base=case.base,
        need=case.need,
        cost=case.cost if with_cost else None,
        conflicts=case.conflicts,
        fixed=case.fixed,
    )
    room = (case.spent(case.fixed) if with_cost else len(case.fixed)) + 3.0 + seed % 3
    of = problem_of(instance, room)
    assert of.open
    choices: Choices = []
    for number in range(2 ** len(of.site)):
        sites = np.flatnonzero([number >> i & 1 for i in range(len(of.site))])
        if of.allows(sites):
            choices.append((float(of.worth_of(sites)), float(of.cost[sites].sum()), sites))
    return of, choices


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("with_cost", [False, True])
def test_the_limit_holds_and_what_is_settled_is_settled(seed: int, with_cost: bool) -> None:
    of, choices = every_choice(seed, with_cost=with_cost)
    best = max(worth for worth, _, _ in choices)
    relaxation = Relaxation(of)
    assert relaxation.limit >= best
    relaxation.improve(int(best), 1.0, time.monotonic() + 60)
    assert best <= relaxation.limit <= float(of.worth @ of.lacking) * (1 + 1e-8)
    for known in (int(best) - 1, int(best * 0.9)):
        must, may = relaxation.settled(known)
        for worth, _, sites in choices:
            if worth > known * (1 + 1e-7):
                assert may[sites].all()
                assert np.isin(np.flatnonzero(must), sites).all()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("with_cost", [False, True])
def test_the_least_room_is_no_more_than_what_is_needed(seed: int, with_cost: bool) -> None:
    of, choices = every_choice(seed, with_cost=with_cost)
    target = int(0.8 * max(worth for worth, _, _ in choices))
    relaxation = Relaxation(of)
    relaxation.improve(target, 1.0, time.monotonic() + 60)
    needed = min(cost for worth, cost, _ in choices if worth >= target)
    assert 0.0 <= relaxation.least_room(target) <= needed * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("with_cost", [False, True])
def test_the_exact_solution_is_the_best_of_all(seed: int, with_cost: bool) -> None:
    of, choices = every_choice(seed, with_cost=with_cost)
    best = max(worth for worth, _, _ in choices)
    nothing, everything = np.zeros(len(of.site), np.bool_), np.ones(len(of.site), np.bool_)
    found = solve(of, nothing, everything, 60.0)
    assert found.sites is not None
    assert of.allows(found.sites)
    assert of.worth_of(found.sites) == pytest.approx(best, rel=1e-7)
    assert found.limit == pytest.approx(best, rel=1e-7)
    target = int(0.7 * best)
    found = solve(of, nothing, everything, 60.0, target=target)
    least = min(cost for worth, cost, _ in choices if worth >= target)
    assert found.sites is not None
    assert of.worth_of(found.sites) >= target
    assert of.cost[found.sites].sum() == least
    assert least * (1 - 1e-6) <= found.limit <= least
    too_much = solve(of, nothing, everything, 60.0, target=2 * int(of.worth @ of.lacking))
    assert (too_much.sites, too_much.limit) == (None, math.inf)

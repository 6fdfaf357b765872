"""The compiled loops against plain twins."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import sparse

from spatialgov.coverage.siting._kernels import cliques, fill, put, search
from spatialgov.coverage.siting.instance import checked_instance
from spatialgov.coverage.siting.problem import Problem, problem_of
from tests.coverage.siting.cases import Ints, random_case

ANY = 2**62


def problem(seed: int, room: float, *, with_cost: bool = False, demands: int = 120, sites: int = 40) -> Problem:
    case = random_case(seed, demands=demands, sites=sites)
    instance = checked_instance(
        case.cover,
        case.weight,
        base=case.base,
        need=case.need,
        cost=case.cost if with_cost else None,
        conflicts=case.conflicts,
        fixed=(),
    )
    return problem_of(instance, room)


def value(of: Problem, sites: Ints) -> int:
    """Worth of sites, counted plainly."""
    seen = of.by_site.toarray()[sites].sum(axis=0)
    return int((of.worth * np.minimum(seen, of.lacking)).sum())


def plain_state(of: Problem, chosen: np.ndarray) -> tuple[np.ndarray, ...]:
    """Give the state of a choice, from scratch."""
    seen = of.by_site.toarray()
    short = (of.lacking - seen[chosen].sum(axis=0)).astype(np.int64)
    gain = seen @ (of.worth * (short > 0))
    loss = seen @ (of.worth * (short >= 0))
    return short, gain, loss, of.foes.toarray()[:, chosen].sum(axis=1), chosen


def assert_state(of: Problem, state: tuple[np.ndarray, ...]) -> None:
    for found, plain in zip(state, plain_state(of, state[4]), strict=True):
        assert_array_equal(found, plain)


@pytest.mark.parametrize("seed", range(6))
def test_putting_in_and_taking_out_keeps_the_state(seed: int) -> None:
    of = problem(seed, 10.0)
    state = of.state()
    assert_state(of, state)
    rng = np.random.default_rng(seed)
    for _ in range(60):
        site = int(rng.integers(len(of.site)))
        put(of.arrays, state, site, -1 if state[4][site] else 1)
        assert_state(of, state)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("by_cost", [False, True])
def test_filling_takes_the_best_again_and_again(seed: int, by_cost: bool) -> None:
    of = problem(seed, 14.0, with_cost=True)
    state = of.state()
    gained, room = fill(of.arrays, state, of.room, by_cost, ANY)
    taken: list[int] = []
    left = of.room
    while True:
        _, gain, _, blocked, chosen = plain_state(of, np.isin(np.arange(len(of.site)), taken))
        worth = np.where(~chosen & (blocked == 0) & (of.cost <= left), gain / (of.cost if by_cost else 1.0), 0.0)
        if worth.max() <= 0:
            break
        taken.append(int(worth.argmax()))
        left -= of.cost[taken[-1]]
    assert_array_equal(np.flatnonzero(state[4]), sorted(taken))
    assert gained == value(of, np.array(taken))
    assert room == pytest.approx(left)
    assert_state(of, state)


def test_filling_stops_when_it_is_enough() -> None:
    of = problem(1, 40.0)
    state = of.state()
    enough = int(np.sort(state[1])[-1]) + 1
    gained, _ = fill(of.arrays, state, of.room, False, enough)
    assert gained >= enough
    assert state[4].sum() == 2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("with_cost", [False, True])
def test_searching_never_loses_and_keeps_the_rules(seed: int, with_cost: bool) -> None:
    of = problem(seed, 10.0, with_cost=with_cost)
    state = of.state()
    before, room = fill(of.arrays, state, of.room, with_cost, ANY)
    rng = np.array([seed + 1], np.uint64)
    for rounds in (0, 1, 50):
        gained, room, since, visits = search(of.arrays, state, room, with_cost, ANY, rounds, rng)
        assert gained >= 0
        before += gained
        assert before == value(of, np.flatnonzero(state[4]))
        assert room == pytest.approx(of.room - of.cost[state[4]].sum())
        assert room >= 0
        assert of.allows(np.flatnonzero(state[4]))
        assert 0 <= since <= rounds
        assert visits > 0
        assert_state(of, state)


@pytest.mark.parametrize("seed", range(6))
def test_no_swap_is_left_that_gains(seed: int) -> None:
    of = problem(seed, 8.0)
    state = of.state()
    start = np.argsort(state[1])  # a poor one
    room = of.room
    for site in start.tolist():
        if room >= 1 and not state[3][site]:
            put(of.arrays, state, site, 1)
            room -= 1
    search(of.arrays, state, room, False, ANY, 0, np.ones(1, np.uint64))
    sites = np.flatnonzero(state[4])
    best = value(of, sites)
    for out in sites.tolist():
        others = sites[sites != out]
        for enters in np.setdiff1d(np.arange(len(of.site)), sites):
            swapped = np.append(others, enters)
            assert value(of, swapped) <= best or not of.allows(swapped)


def test_the_same_numbers_lead_to_the_same_choice() -> None:
    of = problem(3, 10.0)
    found = []
    for _ in range(2):
        state = of.state()
        _, room = fill(of.arrays, state, of.room, False, ANY)
        search(of.arrays, state, room, False, ANY, 0, np.array([5], np.uint64))
        search(of.arrays, state, room, False, ANY, 100, np.array([5], np.uint64))
        found.append(state[4])
    assert_array_equal(*found)


@pytest.mark.parametrize("seed", range(8))
def test_groups_are_cliques_made_one_by_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    half = np.triu(rng.random((n, n)) < rng.choice([0.05, 0.3, 0.8]), 1)
    graph = sparse.csr_array((half | half.T).astype(np.int8))
    found = cliques(graph.indptr.astype(np.int64), graph.indices.astype(np.int32))
    groups: list[list[int]] = []
    for i in range(n):
        joins = [group for group in groups if graph[[i]].toarray()[0, group].all()]
        if joins:
            max(joins, key=len).append(i)
        else:
            groups.append([i])
    dense = graph.toarray()
    for group in range(found.max() + 1):
        members = np.flatnonzero(found == group)
        assert (dense[np.ix_(members, members)] + np.eye(len(members)) == 1).all()
    assert found.max() + 1 == len(groups)
    assert sorted(np.bincount(found).tolist()) == sorted(len(group) for group in groups)

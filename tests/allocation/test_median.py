from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation import SiteChoice, p_median
from spatialgov.allocation._kernels import fill_greedily, raise_bound, search_swaps
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import using_language

Floats = npt.NDArray[np.float64]


def cheapest(cost: Floats, p: int) -> float:
    """Try all sites."""
    return float(min(cost[:, list(sites)].min(axis=1).sum() for sites in combinations(range(cost.shape[1]), p)))


def check(found: SiteChoice, distance: Floats, weight: Floats, p: int) -> None:
    assert len(set(found.sites.tolist())) == p
    assert np.array_equal(found.sites, np.sort(found.sites))
    assert np.array_equal(found.assignment, found.sites[distance[:, found.sites].argmin(axis=1)])
    served = weight * distance[np.arange(len(distance)), found.assignment]
    assert found.cost == pytest.approx(served.sum())
    assert found.bound <= found.cost


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_small_cases_are_solved_and_proved(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 8))
    p = data.draw(st.integers(1, m))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    whole = data.draw(st.booleans())
    distance = rng.integers(0, 9, (n, m)).astype(np.float64) if whole else rng.random((n, m))
    weight = rng.integers(0, 4, n).astype(np.float64)
    found = p_median(distance, p, weight=weight)
    check(found, distance, weight, p)
    best = cheapest(distance * weight[:, None], p)
    assert found.cost == pytest.approx(best)
    assert found.bound <= best + 1e-9
    assert found.proved


def test_a_wide_matrix_of_floats_is_proved() -> None:
    rng = np.random.default_rng(3)
    rows, sites = rng.random((120, 2)), rng.random((30, 2))
    distance = np.hypot(*(rows[:, None] - sites[None]).transpose(2, 0, 1))
    found = p_median(distance, 4)
    check(found, distance, np.ones(120), 4)
    assert found.proved
    assert found.cost == pytest.approx(cheapest(distance, 4))
    again = p_median(distance, 4)
    assert np.array_equal(found.sites, again.sites)


def test_the_search_keeps_its_sums_right_and_stops_where_no_swap_helps() -> None:
    rng = np.random.default_rng(5)
    cost = rng.random((60, 25))
    near = np.argsort(cost, axis=1).astype(np.int32)
    ranked = np.take_along_axis(cost, near, axis=1)
    sites = rng.choice(25, 6, replace=False)
    total = search_swaps(cost, near, ranked, sites, 0, 1)
    assert total == pytest.approx(cost[:, sites].min(axis=1).sum())
    for slot in range(6):
        for other in set(range(25)) - set(sites.tolist()):
            swapped = sites.copy()
            swapped[slot] = other
            assert cost[:, swapped].min(axis=1).sum() >= total - 1e-9
    kicked = sites.copy()
    assert search_swaps(cost, near, ranked, kicked, 300, 1) <= total
    assert len(set(kicked.tolist())) == 6


def test_greedy_takes_the_best_site_each_time() -> None:
    cost = np.random.default_rng(6).random((40, 15))
    chosen: list[int] = []
    for _ in range(5):
        totals = [np.inf if j in chosen else cost[:, [*chosen, j]].min(axis=1).sum() for j in range(15)]
        chosen.append(int(np.argmin(totals)))
    assert fill_greedily(cost, 5).tolist() == chosen


def test_the_bound_is_that_of_its_prices() -> None:
    rng = np.random.default_rng(8)
    rows, places = rng.random((50, 2)), rng.random((20, 2))
    cost = np.hypot(*(rows[:, None] - places[None]).transpose(2, 0, 1))
    near = np.argsort(cost, axis=1).astype(np.int32)
    ranked = np.take_along_axis(cost, near, axis=1)
    state = np.zeros(20, np.int8)
    state[[3, 4]] = 1, -1
    price, saving, chosen = ranked[:, 1].copy(), np.zeros(20), np.zeros(20, np.bool_)
    bound = raise_bound(near, ranked, 5, state, price, 20.0, 400, np.inf, saving, chosen)
    expected = np.maximum(price[:, None] - cost, 0.0).sum(axis=0)
    assert saving == pytest.approx(expected)
    assert chosen[3]
    assert not chosen[4]
    free = np.sort(np.delete(expected, [3, 4]))[::-1]
    assert bound == pytest.approx(price.sum() - expected[3] - free[:4].sum())
    others = [sites for sites in combinations(range(20), 5) if 3 in sites and 4 not in sites]
    best = min(cost[:, list(sites)].min(axis=1).sum() for sites in others)
    assert 0.97 * best < bound <= best


def test_places_out_of_reach_are_served_by_those_that_reach_them() -> None:
    distance = np.full((6, 6), np.inf)
    distance[:3, :3] = [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    distance[3:, 3:] = [[0, 4, 9], [4, 0, 5], [9, 5, 0]]
    found = p_median(distance, 2)
    assert found.sites.tolist() == [1, 4]
    assert found.cost == 11
    assert found.proved
    with pytest.raises(InfeasibleError, match=r"3 are left out\. 2 sites are enough"):
        p_median(distance, 1)
    unweighted = p_median(distance, 1, weight=[1, 1, 1, 0, 0, 0])
    assert unweighted.sites.tolist() == [1]
    assert unweighted.assignment.tolist() == [1, 1, 1, -1, -1, -1]


@pytest.mark.parametrize(
    ("distance", "p", "words"),
    [
        ([1.0, 2.0], 1, "must be a matrix"),
        (np.zeros((0, 3)), 1, "must be a matrix"),
        ([[0.0, np.nan]], 1, "Row 1, column 2 of the distances is nan"),
        ([[0.0, 1.0], [-1.0, 0.0]], 1, "Row 2, column 1 of the distances is -1"),
        ([[0.0, 1.0], [np.inf, np.inf]], 1, "Row 2 can be served by no site"),
        ([[0.0, 1.0]], 0, "p is 0, but there are 2 sites"),
        ([[0.0, 1.0]], 3, "p is 3, but there are 2 sites"),
    ],
)
def test_what_is_no_matrix_is_refused(distance: npt.ArrayLike, p: int, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        p_median(distance, p)
    assert caught.value.remedy
    with using_language("zh"), pytest.raises(InputError) as caught:
        p_median(distance, p)
    assert any("\u4e00" <= c <= "\u9fff" for c in caught.value.message)


@pytest.mark.parametrize("weight", [[1.0], [1.0, -1.0], [1.0, np.nan]])
def test_weights_that_do_not_fit_are_refused(weight: list[float]) -> None:
    with pytest.raises(InputError, match="for each of 2 rows"):
        p_median([[0.0, 1.0], [1.0, 0.0]], 1, weight=weight)

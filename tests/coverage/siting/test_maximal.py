"""Sites that cover most: against trying everything, and what is refused."""

import re
import time
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from spatialgov.coverage import Siting, maximal_covering
from spatialgov.errors import InputError
from spatialgov.language import using_language
from tests.coverage.siting.cases import Case, random_case


def check(case: Case, found: Siting, best: float, *, cost: bool) -> None:
    """The answer is what it says it is, and the bound holds."""
    sites = found.sites.tolist()
    assert len(set(sites)) == len(sites)
    assert sites[: len(case.fixed)] == case.fixed
    assert found.covered == pytest.approx(case.value(sites))
    assert found.before == pytest.approx(case.value([]))
    assert found.covered == pytest.approx(found.before + found.gains.sum())
    assert found.total == pytest.approx(case.weight.sum())
    assert found.cost == (case.spent(sites) if cost else len(sites))
    foes = case.conflicts.toarray() + case.conflicts.toarray().T
    assert not foes[np.ix_(found.sites, found.sites)].any()
    assert found.bound >= best * (1 - 1e-9)
    assert found.covered <= found.bound
    assert found.gap == pytest.approx((found.bound - found.covered) / max(found.bound - found.before, 1e-300))
    assert not found.proved or found.covered == pytest.approx(best, rel=1e-7)


@pytest.mark.parametrize("seed", range(24))
def test_p_sites_are_the_best_of_all(seed: int) -> None:
    case = random_case(seed, whole=seed % 3 > 0, rules=seed % 4 > 0)
    p = 1 + seed % 4
    best = max(case.value(sites) for sites in case.choices() if len(sites) <= p)
    found = maximal_covering(
        case.cover,
        case.weight,
        p,
        base=case.base,
        need=case.need,
        conflicts=case.conflicts,
        fixed=case.fixed,
    )
    check(case, found, best, cost=False)
    assert found.covered == pytest.approx(best)
    assert found.proved
    assert found.gap == 0.0
    assert len(found.sites) <= p


@pytest.mark.parametrize("seed", range(24))
def test_a_budget_is_spent_as_well_as_can_be(seed: int) -> None:
    case = random_case(seed, whole=seed % 3 > 0, rules=seed % 4 > 0)
    budget = case.spent(case.fixed) + 1 + seed % 10
    best = max(case.value(sites) for sites in case.choices() if case.spent(sites) <= budget)
    found = maximal_covering(
        case.cover,
        case.weight,
        base=case.base,
        need=case.need,
        conflicts=case.conflicts,
        fixed=case.fixed,
        cost=case.cost,
        budget=budget,
    )
    check(case, found, best, cost=True)
    assert found.covered == pytest.approx(best)
    assert found.proved
    assert found.cost <= budget


def streets(seed: int, demands: int = 1500, sites: int = 300) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Make demand and sites in a square of 10 km, sites 500 m from it, and where the sites are."""
    rng = np.random.default_rng(seed)
    demand, site = rng.random((demands, 2)) * 10_000, rng.random((sites, 2)) * 10_000
    near = np.hypot(*(demand[:, None] - site[None]).transpose(2, 0, 1)) < 500
    return sparse.csr_array(near.astype(np.int8)), rng.integers(1, 100, demands).astype(np.float64), site


def test_the_same_arguments_give_the_same_answer() -> None:
    cover, weight, _ = streets(1)
    one, other = (maximal_covering(cover, weight, 25, seed=3) for _ in range(2))
    assert not one.cut_short
    assert one.sites.tolist() == other.sites.tolist()
    assert (one.covered, one.bound) == (other.covered, other.bound)


def test_sites_come_by_what_they_add() -> None:
    cover, weight, _ = streets(2)
    found = maximal_covering(cover, weight, 25)
    assert (np.diff(found.gains) <= 0).all()
    for k in (1, 10, 25):
        seen = cover[:, found.sites[:k]].sum(axis=1) > 0
        assert weight[seen].sum() == found.gains[:k].sum()


def test_it_beats_greedy_and_its_bound_is_near() -> None:
    cover, weight, _ = streets(3)
    found = maximal_covering(cover, weight, 40)
    left, greedy = weight.copy(), 0.0
    for _ in range(40):
        gains = cover.T @ left
        greedy += gains.max()
        left[cover[:, [int(gains.argmax())]].toarray().ravel() > 0] = 0.0
    assert found.covered > greedy
    assert found.gap <= 0.01


def test_sites_keep_their_distance() -> None:
    cover, weight, site = streets(4)
    apart_m = np.hypot(*(site[:, None] - site[None]).transpose(2, 0, 1))
    found = maximal_covering(cover, weight, 40, conflicts=sparse.csr_array((apart_m < 900).astype(np.int8)))
    between_m = apart_m[np.ix_(found.sites, found.sites)]
    assert (between_m[~np.eye(len(found.sites), dtype=bool)] >= 900).all()
    assert len(found.sites) == 40


def test_of_eight_directions_on_a_pole_one_is_chosen() -> None:
    cover, weight, _ = streets(5)
    pole = np.arange(300) // 8
    found = maximal_covering(cover, weight, 20, conflicts=sparse.csr_array((pole[:, None] == pole).astype(np.int8)))
    assert len(np.unique(pole[found.sites])) == len(found.sites) == 20
    assert found.gap <= 0.02


def test_a_second_view_counts_the_other_half() -> None:
    cover = np.array([[1, 1, 0], [0, 0, 1]])
    found = maximal_covering(cover, [10.0, 4.0], 2, need=[2, 1])
    assert found.sites.tolist() == [0, 1]
    assert found.gains.tolist() == [5.0, 5.0]
    assert found.proved
    assert maximal_covering(cover, [10.0, 4.0], 1, need=[2, 1], base=[2, 0]).sites.tolist() == [2]


def test_sites_that_add_nothing_are_not_chosen() -> None:
    found = maximal_covering(np.eye(3), [1.0, 0.0, 2.0], 3)
    assert found.sites.tolist() == [2, 0]
    assert found.proved
    assert maximal_covering(np.eye(2), [1.0, 1.0], 2, base=[1, 1]).sites.tolist() == []
    assert maximal_covering(np.eye(2), [1.0, 0.0], 1, fixed=[1]).sites.tolist() == [1]


def test_fixed_sites_take_all_the_places() -> None:
    found = maximal_covering(np.eye(3), [1.0, 2.0, 3.0], 2, fixed=[0, 1])
    assert found.sites.tolist() == [0, 1]
    assert (found.covered, found.bound, found.proved) == (3.0, 3.0, True)


def test_weights_of_any_size() -> None:
    cover, weight, _ = streets(6, 400, 60)
    found = maximal_covering(cover, weight, 8)
    for factor in (1e-12, 1e12, 1 / 3):
        scaled = maximal_covering(cover, weight * factor, 8)
        assert scaled.covered == pytest.approx(found.covered * factor)
        assert scaled.bound >= found.covered * factor * (1 - 1e-9)


def test_a_quick_answer_comes_with_its_bound() -> None:
    cover, weight, _ = streets(7, 4000, 3000)
    maximal_covering(cover, weight, 5, time_limit_s=0.01)
    begun = time.process_time()
    found = maximal_covering(cover, weight, 100, time_limit_s=0.2)
    assert time.process_time() - begun < 5.0
    assert len(found.sites) == 100
    assert found.covered <= found.bound <= weight.sum()


TWICE = sparse.csr_array((np.ones(2), np.array([1, 1]), np.array([0, 2, 2])), shape=(2, 3))
EYE = sparse.csr_array(np.eye(3))
BAD: dict[str, tuple[Any, Any, dict[str, Any], str]] = {
    "p 0": (EYE, [1, 1, 1], {"p": 0}, "p is 0"),
    "p -1": (EYE, [1, 1, 1], {"p": -1}, "p is -1"),
    "p too large": (EYE, [1, 1, 1], {"p": 4}, "p is 4, and there are 3 sites"),
    "p a fraction": (EYE, [1, 1, 1], {"p": 1.5}, "1.5 is not a whole number"),
    "p a truth": (EYE, [1, 1, 1], {"p": True}, "True is not a whole number"),
    "no limit": (EYE, [1, 1, 1], {}, "either p, or cost with budget"),
    "two limits": (EYE, [1, 1, 1], {"p": 1, "cost": [1, 1, 1], "budget": 2}, "either p, or cost with budget"),
    "budget alone": (EYE, [1, 1, 1], {"budget": 2}, "either p, or cost with budget"),
    "cost without budget": (EYE, [1, 1, 1], {"p": 2, "cost": [1, 1, 1]}, "either p, or cost with budget"),
    "budget too small": (EYE, [1, 1, 1], {"cost": [3, 4, 5], "budget": 2}, "pays for no site: the cheapest costs 3"),
    "budget NaN": (EYE, [1, 1, 1], {"cost": [3, 4, 5], "budget": np.nan}, "not a finite number"),
    "cost 0": (EYE, [1, 1, 1], {"cost": [3, 0, 5], "budget": 9}, re.escape("cost[1] is 0.0")),
    "weight below 0": (EYE, [1, -2, 1], {"p": 1}, re.escape("weight[1] is -2.0")),
    "weight NaN": (EYE, [1, 1, np.nan], {"p": 1}, re.escape("weight[2] is nan")),
    "weight a word": (EYE, [1, 1, "x"], {"p": 1}, "holds something that is no number"),
    "weights all 0": (EYE, [0, 0, 0], {"p": 1}, "Every weight is 0"),
    "weights too few": (EYE, [1, 1], {"p": 1}, re.escape("the shape (2,), and cover asks for (3,)")),
    "no entry": (sparse.csr_array((3, 2)), [1, 1, 1], {"p": 1}, "No site covers any demand"),
    "no row": (sparse.csr_array((0, 2)), [], {"p": 1}, "No site covers any demand"),
    "not a matrix": ("cover", [1], {"p": 1}, "cover is not a matrix"),
    "one dimension": (np.ones(3), [1], {"p": 1}, "1 dimension"),
    "an entry of 2": (2 * EYE, [1, 1, 1], {"p": 1}, "row 0, column 0: 2.0 is neither 0 nor 1"),
    "an entry NaN": (np.nan * EYE, [1, 1, 1], {"p": 1}, "nan is neither"),
    "an entry twice": (TWICE, [1, 1], {"p": 1}, "row 0: column 1 is listed twice"),
    "base below 0": (EYE, [1, 1, 1], {"p": 1, "base": [0, -1, 0]}, re.escape("base[1] is -1.0")),
    "need 0": (EYE, [1, 1, 1], {"p": 1, "need": [1, 1, 0]}, re.escape("need[2] is 0.0")),
    "need a fraction": (EYE, [1, 1, 1], {"p": 1, "need": [1.5, 1, 1]}, re.escape("need[0] is 1.5")),
    "conflicts of another size": (EYE, [1, 1, 1], {"p": 1, "conflicts": np.eye(2)}, "shape .2, 2., and there are 3"),
    "fixed unknown": (EYE, [1, 1, 1], {"p": 1, "fixed": [3]}, "names site 3, and there are 3"),
    "fixed twice": (EYE, [1, 1, 1], {"p": 2, "fixed": [1, 1]}, "names site 1 twice"),
    "fixed too many": (EYE, [1, 1, 1], {"p": 1, "fixed": [0, 1]}, "2 sites are fixed, more than p = 1"),
    "fixed too dear": (EYE, [1, 1, 1], {"fixed": [0, 1], "cost": [3, 4, 5], "budget": 6}, "fixed sites cost 7"),
    "fixed in conflict": (
        EYE,
        [1, 1, 1],
        {"p": 2, "fixed": [2, 0], "conflicts": np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]])},
        "Sites 2 and 0 are both fixed",
    ),
    "no time": (EYE, [1, 1, 1], {"p": 1, "time_limit_s": 0}, "time_limit_s is 0"),
    "seed below 0": (EYE, [1, 1, 1], {"p": 1, "seed": -1}, "seed is -1"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    cover, weight, options, message = BAD[name]
    with using_language("en"), pytest.raises(InputError, match=message) as refused:
        maximal_covering(cover, weight, **options)
    assert refused.value.remedy
    with using_language("zh"), pytest.raises(InputError) as refused:
        maximal_covering(cover, weight, **options)
    assert re.search(r"[一-鿿]", refused.value.message)
    assert re.search(r"[一-鿿]", refused.value.remedy)

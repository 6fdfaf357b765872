"""The fewest or cheapest sites: against trying everything, and what is refused."""

import re

import numpy as np
import pytest
from scipy import sparse

from spatialgov.coverage import least_sites
from spatialgov.errors import InputError
from spatialgov.language import using_language
from tests.coverage.siting.cases import random_case
from tests.coverage.siting.test_maximal import streets

SHARES = [0.3, 0.6, 0.8]


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("with_cost", [False, True])
def test_sites_are_the_fewest_or_cheapest_of_all(seed: int, with_cost: bool) -> None:
    case = random_case(seed, whole=seed % 3 > 0, rules=seed % 4 > 0)
    reach = max(case.value(sites) for sites in case.choices()) / case.weight.sum()
    share = reach * (SHARES[seed % 3] if seed % 5 else 1 - 1e-12)
    enough = share * case.weight.sum() * (1 - 1e-9)
    spent = case.spent if with_cost else len
    least = min(spent(sites) for sites in case.choices() if case.value(sites) >= enough)
    found = least_sites(
        case.cover,
        case.weight,
        share,
        base=case.base,
        need=case.need,
        conflicts=case.conflicts,
        fixed=case.fixed,
        cost=case.cost if with_cost else None,
    )
    assert found.covered >= enough
    assert found.covered == pytest.approx(case.value(found.sites.tolist()))
    assert found.cost == spent(found.sites.tolist()) == least
    assert found.bound == least
    assert found.proved
    assert found.gap == 0.0


def test_a_whole_cover_of_streets() -> None:
    cover, weight, _ = streets(11)
    reach = float(weight[cover.sum(axis=1) > 0].sum() / weight.sum())
    found = least_sites(cover, weight, reach * 0.9)
    assert found.covered >= 0.9 * reach * weight.sum() * (1 - 1e-12)
    assert found.bound <= found.cost == len(found.sites)
    assert found.gap <= 0.05
    assert not found.cut_short
    again = least_sites(cover, weight, reach * 0.9)
    assert again.sites.tolist() == found.sites.tolist()


def test_what_base_covers_may_be_enough() -> None:
    found = least_sites(np.eye(2), [1.0, 1.0], 0.5, base=[1, 0])
    assert (len(found.sites), found.cost, found.bound, found.gap, found.proved) == (0, 0.0, 0.0, 0.0, True)


def test_costs_that_are_not_whole() -> None:
    cover = np.array([[1, 1, 0], [1, 0, 1]])
    found = least_sites(cover, [1.0, 1.0], 1.0, cost=[0.7, 0.3, 0.35])
    assert sorted(found.sites.tolist()) == [1, 2]
    assert found.cost == pytest.approx(0.65)
    assert found.proved


def test_a_share_out_of_reach_says_what_is_in_reach() -> None:
    with (
        using_language("en"),
        pytest.raises(InputError, match=re.escape("All 1 sites together cover 75.00%")) as refused,
    ):
        least_sites(np.array([[1], [0]]), [3.0, 1.0], 0.9)
    assert "smaller share" in refused.value.remedy
    pair = sparse.csr_array(np.array([[0, 1], [0, 0]]))
    with using_language("en"), pytest.raises(InputError, match=re.escape("the best covers 60.00%")):
        least_sites(np.eye(2), [3.0, 2.0], 0.9, conflicts=pair, time_limit_s=1)


@pytest.mark.parametrize("share", [0, -0.5, 1.2, np.nan, "much"])
def test_a_share_is_a_share(share: object) -> None:
    for language in ("en", "zh"):
        with using_language(language), pytest.raises(InputError) as refused:
            least_sites(np.eye(2), [1.0, 1.0], share)
        assert refused.value.remedy

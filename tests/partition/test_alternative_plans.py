from collections.abc import Callable

import numpy as np
import pytest

from spatialgov.errors import InputError
from spatialgov.partition.alternative_plans import alternatives, distances, plan_cost
from spatialgov.partition.comparison import distance
from spatialgov.partition.refine import BORDER_SHARE
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]


@pytest.fixture(scope="module")
def plans(lattice: Lattice) -> list[Plan]:
    units = lattice(np.random.default_rng(3).integers(5, 15, (14, 14)).tolist(), ["a" * 14] * 14).units
    return alternatives(units, 4, slack=0.1, apart=0.1, households_per_grid=200, within="community_code")


def test_they_are_sound_good_and_apart(plans: list[Plan]) -> None:
    assert len(plans) == 4
    costs = [plan_cost(plan) for plan in plans]
    assert costs[0] == min(costs)
    assert max(costs) <= 1.1 * costs[0]
    for i, plan in enumerate(plans):
        assert plan.faults() == []
        assert len(plan.codes) == len(plans[0].codes)
        assert all(distance(plan, other) >= 0.1 for other in plans[:i])
    assert len({plan.settings.seed for plan in plans}) == 4


def test_their_distances_are_a_table(plans: list[Plan]) -> None:
    table = distances(plans)
    assert table.index.equals(table.columns)
    assert (table.index.to_numpy() == np.arange(1, 5)).all()
    assert (np.diag(table) == 0).all()
    assert (table.to_numpy() == table.to_numpy().T).all()
    assert table.loc[1, 3] == pytest.approx(distance(plans[0], plans[2]))


def test_what_is_not_different_is_not_given_twice(lattice: Lattice) -> None:
    units = lattice([[10, 10, 10, 10]], ["aaaa"]).units
    assert len(alternatives(units, 3, grids=2)) == 1


def test_cost_grows_with_raggedness_and_imbalance_but_not_with_dedicated_grids(lattice: Lattice) -> None:
    even = [[200] * 4] * 2
    square = plan_cost(lattice([[100] * 4] * 2, ["aabb", "aabb"]))
    assert square == pytest.approx((1 + BORDER_SHARE) * 200 / np.sqrt(4 * np.pi * 40_000)), (
        "the lattice has no outer border"
    )
    assert plan_cost(lattice([[100] * 4] * 2, ["aaaa", "bbbb"])) > square
    assert plan_cost(lattice(even, ["aabb", "aabb"])) > square
    assert plan_cost(lattice([[1]], ["a"], kinds={"a": "dedicated"})) == 0


def test_none_is_no_number_of_alternatives(lattice: Lattice) -> None:
    with pytest.raises(InputError, match="at least 1"):
        alternatives(lattice([[1, 2]], ["ab"]).units, 0)

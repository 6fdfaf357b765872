from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.measures import MEASURES
from spatialgov.partition.comparison import compare, distance
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]
HOUSEHOLDS = [[1, 2, 3, 4], [5, 6, 7, 0]]
divisions = st.lists(st.sampled_from("abcd."), min_size=8, max_size=8).filter(lambda letters: set(letters) != {"."})
quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def plan_of(lattice: Lattice, letters: list[str]) -> Plan:
    return lattice(HOUSEHOLDS, ["".join(letters[:4]), "".join(letters[4:])])


def test_a_moved_unit_is_named_with_both_grids(lattice: Lattice) -> None:
    plan = lattice(HOUSEHOLDS, ["aabb", "aabb"])
    found = compare(plan, plan.move({"u1": "b"}))
    assert found.moved.to_dict("records") == [
        {"unit_id": "u1", "code_a": "a", "code_b": "b", "households": 2, "population": 6}
    ]
    assert (found.households_moved, found.units_moved) == (2, 1)
    assert found.share_moved == pytest.approx(2 / 28)
    assert found.matches[["code_a", "code_b", "households", "units"]].to_numpy().tolist() == [
        ["a", "a", 12, 3],
        ["b", "b", 14, 4],
    ]
    assert found.transfer_table().to_numpy().tolist() == [[12, 2], [0, 14]]
    assert found.transfer_table("units").loc["a", "b"] == 1
    assert found.metrics.index.tolist() == list(MEASURES)
    deviations = found.metrics.to_numpy()[found.metrics.index == "max_deviation_pct"]
    assert deviations.ravel().tolist() == pytest.approx([100 * (1 - 14 / 400), 97])


def test_other_codes_are_no_difference(lattice: Lattice) -> None:
    found = compare(lattice(HOUSEHOLDS, ["aabb", "aabb"]), lattice(HOUSEHOLDS, ["xxaa", "xxaa"]))
    assert found.moved.empty
    assert found.matches[["code_a", "code_b"]].to_numpy().tolist() == [["a", "x"], ["b", "a"]]


def test_a_unit_that_lost_its_grid_has_moved(lattice: Lattice) -> None:
    found = compare(lattice(HOUSEHOLDS, ["aabb", "aabb"]), lattice(HOUSEHOLDS, [".abb", "aabb"]))
    assert found.moved[["unit_id", "code_a", "code_b"]].to_numpy().tolist() == [["u0", "a", ""]]


@quick
@given(divisions, divisions)
def test_no_other_matching_leaves_more_households_in_place(
    lattice: Lattice, letters_a: list[str], letters_b: list[str]
) -> None:
    a, b = plan_of(lattice, letters_a), plan_of(lattice, letters_b)
    households = np.array(HOUSEHOLDS).ravel()
    best = 0
    for order in permutations("abcd"):
        renamed = [dict(zip("abcd", order, strict=True)).get(letter, ".") for letter in letters_a]
        best = max(best, int(households[[x == y for x, y in zip(renamed, letters_b, strict=True)]].sum()))
    found = compare(a, b)
    assert found.households_moved == 28 - best
    assert found.transfers["households"].sum() == 28
    assert found.transfers["units"].sum() == 8
    assert found.transfers.loc[~found.transfers["matched"], "units"].sum() == found.units_moved
    assert found.matches["code_a"].is_unique
    assert found.matches["code_b"].is_unique


@quick
@given(divisions, divisions)
def test_distance_is_a_distance(lattice: Lattice, letters_a: list[str], letters_b: list[str]) -> None:
    a, b = plan_of(lattice, letters_a), plan_of(lattice, letters_b)
    assert distance(a, b) == pytest.approx(distance(b, a))
    assert distance(a, b) == pytest.approx(compare(a, b).share_moved)
    assert distance(a, a) == 0


def test_units_count_where_nobody_lives(lattice: Lattice) -> None:
    a, b = (lattice([[0, 0, 0, 0]], [grids]) for grids in ("aabb", "aaab"))
    assert distance(a, b) == 0.25


def test_plans_of_other_units_are_refused(lattice: Lattice) -> None:
    with pytest.raises(InputError, match="different units"):
        compare(lattice([[1, 2]], ["ab"]), lattice([[1, 2, 3]], ["abb"]))

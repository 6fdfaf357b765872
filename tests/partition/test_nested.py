from collections.abc import Callable

import numpy as np
import pytest

import spatialgov as sg
from spatialgov.errors import InfeasibleError, InputError, MissingColumnError
from spatialgov.partition import misses
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]
EVEN = [[10] * 8] * 8
HALVES = ["AAAABBBB"] * 8


def test_grids_nest_in_their_parents_and_carry_their_codes(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8, parents=HALVES).units
    plan = sg.partition(units, households_per_grid=80, within="community_code")
    assert plan.codes == ["A001", "A002", "A003", "A004", "B001", "B002", "B003", "B004"]
    assert plan.faults() == []
    assert misses(plan) == []
    parents = units.frame["community_code"].to_numpy()
    assert (plan.assignment().str[0].to_numpy() == parents).all()
    assert plan.table["parent_code"].tolist() == ["A"] * 4 + ["B"] * 4


@pytest.mark.parametrize(
    ("target", "grids"),
    [
        ({"households_per_grid": 64}, 10),
        ({"population_per_grid": 960}, 2),
        ({"area_per_grid_m2": 40_000}, 16),
        ({"grids": 7}, 7),
    ],
)
def test_every_target_gives_its_number_of_grids(lattice: Lattice, target: dict[str, float], grids: int) -> None:
    units = lattice(EVEN, ["a" * 8] * 8).units
    plan = sg.partition(units, **target)  # type: ignore[arg-type]
    assert plan.metrics()["grids"] == grids
    assert plan.metrics()["non_contiguous"] == 0
    assert plan.tally.households.sum() == 640


def test_without_a_target_it_is_four_hundred_households(lattice: Lattice) -> None:
    units = lattice([[50] * 4] * 4, ["aaaa"] * 4).units
    assert sg.partition(units).metrics()["grids"] == 2


def test_area_limit_makes_more_grids_and_is_explained(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8).units
    plan = sg.partition(units, households_per_grid=320, max_area_m2=160_000)
    assert len(plan.codes) == 4
    assert plan.tally.area_m2.max() <= 160_000
    assert [fault.kind for fault in misses(plan)] == ["off_target"] * 4


def test_a_miss_names_the_nearest_feasible_value(lattice: Lattice) -> None:
    units = lattice([[10] * 5], ["aaaaa"]).units
    (first, *_) = misses(sg.partition(units, households_per_grid=38))
    assert "holds 50 households in all, 50 for each of 1 grids" in first.message
    assert "nearest feasible target here is 50" in first.remedy


def test_a_unit_too_large_is_named(lattice: Lattice) -> None:
    units = lattice([[10, 90, 10, 10]], ["aaaa"]).units
    said = [fault.message for fault in misses(sg.partition(units, households_per_grid=40))]
    assert any("one of its units alone holds 90 households" in message for message in said)


def test_an_island_is_a_grid_of_its_own(lattice: Lattice) -> None:
    units = lattice([[10, 10, 0, 2]], ["aaaa"], parents=["AABB"]).units
    plan = sg.partition(units, households_per_grid=20, within="community_code")
    assert plan.metrics()["non_contiguous"] == 0
    assert plan.codes == ["A001", "B001"]


def test_progress_reaches_the_end(lattice: Lattice) -> None:
    seen: list[tuple[int, int]] = []
    units = lattice(EVEN, ["a" * 8] * 8, parents=HALVES).units
    sg.partition(
        units, households_per_grid=80, within="community_code", progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 2), (2, 2)]


def test_bad_requests_say_what_to_do(lattice: Lattice) -> None:
    units = lattice([[10, 10], [10, 10]], ["aa", "aa"]).units
    with pytest.raises(InputError, match="Two targets"):
        sg.partition(units, grids=2, households_per_grid=10)
    with pytest.raises(InfeasibleError, match="at most 4"):
        sg.partition(units, grids=5)
    with pytest.raises(InputError, match="at least 1"):
        sg.partition(units, grids=0)
    with pytest.raises(InputError, match="above 0"):
        sg.partition(units, households_per_grid=-1)
    with pytest.raises(InputError, match="above 0"):
        sg.partition(units, households_per_grid=float("nan"))
    with pytest.raises(MissingColumnError, match="'ward'"):
        sg.partition(units, within="ward")
    empty = lattice([[0, 0]], ["aa"]).units
    with pytest.raises(InputError, match="nothing to balance"):
        sg.partition(empty, households_per_grid=10)
    assert sg.partition(empty, grids=2).settings.balance == "area_m2"


def test_parts_are_divided_by_area_where_nobody_lives(lattice: Lattice) -> None:
    units = lattice([[10] * 4, [0] * 4], ["aaaa"] * 2, parents=["AAAA", "BBBB"]).units
    plan = sg.partition(units, households_per_grid=20, within="community_code", max_area_m2=20_000)
    assert np.bincount(plan.labels).tolist() == [2, 2, 2, 2]

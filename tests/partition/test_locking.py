"""What is locked stays as it is, and everything else is divided around it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spatialgov as sg
from spatialgov.errors import InfeasibleError, InputError, NotFoundError
from spatialgov.partition import misses
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]
EVEN = [[10] * 8] * 8
HALVES = ["AAAABBBB"] * 8
TODAY = ["ppppqqqq", "ppppqqqq", "rrrrssss", "rrrrssss", "ttttuuuu", "ttttuuuu", "ttttuuuu", "ttttuuuu"]
some = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


def units_of(plan: Plan, code: str) -> set[str]:
    assignment = plan.assignment()
    return set(assignment[assignment == code].index)


@some
@given(st.sets(st.sampled_from("pqrstu"), min_size=1), st.integers(0, 3))
def test_locked_grids_stay_exactly_as_they_are(lattice: Lattice, locked: set[str], seed: int) -> None:
    today = lattice(EVEN, TODAY, parents=HALVES, kinds={"r": "dedicated"})
    today.table.loc[today.table["code"] == "p", "name"] = "Old Town"
    plan = sg.partition(
        today.units, households_per_grid=40, within="community_code", today=today, locked=sorted(locked), seed=seed
    )
    assert plan.faults() == []
    for code in locked:
        assert units_of(plan, code) == units_of(today, code)
        theirs, ours = (one.table.set_index("code").loc[[code]].to_numpy().tolist() for one in (today, plan))
        assert ours == theirs
    assert not set(plan.codes) - locked & set(today.codes), "no new grid takes a code of today's"
    assert len(set(plan.codes)) == len(plan.codes)


def test_locked_grids_count_towards_the_number(lattice: Lattice) -> None:
    today = lattice(EVEN, TODAY, parents=HALVES, kinds={"r": "dedicated"})
    plan = sg.partition(today.units, grids=9, within="community_code", today=today, locked=["p", "t"])
    assert len(plan.codes) == 9
    besides = sg.partition(today.units, grids=9, within="community_code", today=today, locked=["p", "r"])
    assert len(besides.codes) == 10, "dedicated grids don't count"
    with pytest.raises(InfeasibleError, match=r"3 grids were asked for and 2 are locked.*needs 2 to 40") as caught:
        sg.partition(today.units, grids=3, within="community_code", today=today, locked=["p", "t"])
    assert "Ask for 4 to 42" in caught.value.remedy
    everything = sg.partition(today.units, grids=6, today=lattice(EVEN, TODAY), locked="pqrstu")
    assert everything.codes == list("pqrstu")


def test_a_locked_grid_off_target_is_said_to_be_locked(lattice: Lattice) -> None:
    today = lattice(EVEN, TODAY, parents=HALVES)
    plan = sg.partition(today.units, households_per_grid=80, within="community_code", today=today, locked=["t"])
    (fault,) = misses(plan, locked=["t"])
    assert fault.item == "t"
    assert "it is locked" in fault.message


@some
@given(st.lists(st.integers(0, 31), min_size=2, max_size=6, unique=True), st.integers(0, 2))
def test_units_locked_to_a_grid_end_in_it(lattice: Lattice, numbers: list[int], seed: int) -> None:
    today = lattice(EVEN, TODAY, parents=["A" * 8] * 4 + ["B" * 8] * 4)
    today.table.loc[today.table["code"] == "q", "name"] = "North"
    locked = {f"u{numbers[0]}": "q", f"u{numbers[1]}": "new"} | {f"u{i}": "q" for i in numbers[2:]}
    plan = sg.partition(
        today.units, households_per_grid=80, within="community_code", today=today, locked_units=locked, seed=seed
    )
    assignment = plan.assignment()
    assert all(assignment[unit] == code for unit, code in locked.items())
    assert plan.faults() == []
    assert plan.table.set_index("code").loc["q", "name"] == "North"
    assert not {"p", "r", "s", "t", "u"} & set(plan.codes)


def test_more_codes_than_grids_ask_for_more_grids(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8).units
    locked = {"u0": "X", "u7": "Y", "u63": "Z"}
    plan = sg.partition(units, households_per_grid=640, locked_units=locked)
    assert sorted(plan.codes) == ["X", "Y", "Z"]
    with pytest.raises(InfeasibleError, match="3 are needed"):
        sg.partition(units, grids=2, locked_units=locked)


def test_what_can_not_be_locked_is_named_with_a_remedy(lattice: Lattice) -> None:
    today = lattice(EVEN, TODAY, parents=HALVES)
    units = today.units

    def refused(kind: type[Exception], match: str, **options: object) -> None:
        with pytest.raises(kind, match=match) as caught:
            sg.partition(units, households_per_grid=80, within="community_code", **options)  # type: ignore[arg-type]
        assert getattr(caught.value, "remedy", "")

    refused(InputError, "no plan is given", locked=["p"])
    refused(NotFoundError, "no grid px", today=today, locked=["px"])
    pieces = today.move({"u63": "q", "u62": "q"})
    refused(
        InfeasibleError, "Grid q can't be locked: it is in 2 pieces, one of them with unit u6", today=pieces, locked="q"
    )
    astride = today.move({"u4": "p"})
    refused(InfeasibleError, r"Grid p .* straddles A \(unit u0\) and B \(unit u4\)", today=astride, locked=["p"])
    refused(NotFoundError, "u99", locked_units={"u99": "p"})
    refused(InfeasibleError, "Units u0 and u4 are locked to grid p", locked_units={"u0": "p", "u4": "p"})
    refused(InputError, "Unit u0 is locked to grid q, but grid p", today=today, locked="p", locked_units={"u0": "q"})
    refused(InputError, "Unit u9 .* locked as it is, without", today=today, locked="q", locked_units={"u9": "q"})
    walled = {"u0": "x", "u1": "y", "u8": "y", "u9": "y", "u2": "x"}
    refused(InfeasibleError, "grids x, y can't be joined", locked_units=walled)
    units.frame["kind"] = np.where(units.frame["unit_id"] == "u9", "campus", "block")
    refused(InfeasibleError, "Unit u9 .* dedicated", dedicated=["campus"], locked_units={"u9": "x"})


def test_a_lock_across_a_barrier_holds_but_units_apart_are_refused(lattice: Lattice) -> None:
    today = lattice(EVEN, TODAY)
    graph = today.units.graph
    pairs, border_m, _ = graph.edges()
    wall = (pairs // 8 == [0, 1]).all(axis=1).astype(np.int8)
    walled = sg.ContiguityGraph.from_edges(64, pairs, border_m, graph.outer_border_m, graph.area_m2, graph.xy_m, wall)
    units = replace(today.units, graph=walled)
    plan = sg.partition(units, households_per_grid=80, today=today, locked=["p"])
    assert units_of(plan, "p") == units_of(today, "p")
    with pytest.raises(InfeasibleError, match="Units u0 and u8"):
        sg.partition(units, households_per_grid=80, locked_units={"u0": "p", "u8": "p"})


def test_a_unit_in_its_own_locked_grid_may_be_locked_too(lattice: Lattice) -> None:
    today = lattice(EVEN, TODAY, parents=HALVES)
    plan = sg.partition(
        today.units, households_per_grid=80, within="community_code", today=today, locked="p", locked_units={"u0": "p"}
    )
    assert units_of(plan, "p") == units_of(today, "p")

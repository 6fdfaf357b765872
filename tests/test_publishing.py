"""What forbids publishing beyond a plan's own faults; `tests/workspace/test_refusals.py` has each from end to end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pytest

from spatialgov.plan import Plan, PlanSettings
from spatialgov.publishing import publishing_faults

Lattice = Callable[..., Plan]
P, Q = "990101001001", "990101001002"


def of_codes(plan: Plan, **codes: str) -> Plan:
    """Give the plan with other codes for its grids, in division P."""
    table = plan.table.assign(code=[codes.get(code, code) for code in plan.codes], parent_code=P)
    return replace(plan, table=table)


def kinds(plan: Plan, in_force: gpd.GeoDataFrame | None = None, ever: gpd.GeoDataFrame | None = None) -> list[Any]:
    none = plan.grids().iloc[:0]
    faults = publishing_faults(plan, none if in_force is None else in_force, none if ever is None else ever)
    assert all(fault.lon is not None and fault.lat is not None and fault.remedy for fault in faults)
    return [(fault.kind, fault.item) for fault in faults]


@pytest.fixture
def plan(lattice: Lattice) -> Plan:
    """Give four grids of two units each, in a row."""
    made = lattice([[1] * 8], ["AABBCCDD"])
    units = replace(made.units, frame=made.units.frame.drop(columns="community_code"))
    free = replace(made, units=units, settings=PlanSettings())
    return of_codes(free, A=f"{P}001", B=f"{P}002", C=f"{P}003", D=f"{P}004")


def test_a_sound_plan(plan: Plan) -> None:
    assert kinds(plan) == []
    assert kinds(plan, plan.grids(), plan.grids()) == []


@pytest.mark.parametrize("code", ["", "A", f"{P}1", f"{P}000", f"{P}0001", f"{Q}001", f"{P}00x", f"{P}٠٠١", f" {P}001"])
def test_malformed_codes(plan: Plan, code: str) -> None:
    assert kinds(of_codes(plan, **{f"{P}001": code})) == [("malformed_code", code)]


@pytest.mark.parametrize(
    ("code", "sound"), [("A-1", True), ("x" * 33, False), ("a b", False), ("", False), ("一", False)]
)
def test_codes_of_parents_that_are_no_divisions(plan: Plan, code: str, sound: bool) -> None:
    other = replace(plan, table=plan.table.assign(parent_code="tract 7", code=["A", "B", "C", code]))
    assert kinds(other) == ([] if sound else [("malformed_code", code)])


def test_a_code_for_two_grids(plan: Plan) -> None:
    assert kinds(of_codes(plan, **{f"{P}002": f"{P}001"})) == [("duplicate_code", f"{P}001")]


def test_a_code_in_force_keeps_half_of_the_ground_of_either(plan: Plan) -> None:
    before = plan.grids()
    ids = plan.units.frame["unit_id"].tolist()
    assert kinds(plan.move({ids[2]: f"{P}001", ids[3]: f"{P}001"}), before, before) == [], "it took in its neighbour"
    assert kinds(plan.move({ids[1]: f"{P}002"}), before, before) == [], "it gave up half"
    drifted = plan.move({ids[0]: f"{P}009", ids[1]: f"{P}009", ids[4]: f"{P}001", ids[5]: f"{P}001"})
    assert ("code_clash", f"{P}001") in kinds(drifted, before, before)


def test_a_retired_code_returns_only_with_its_own_ground(plan: Plan) -> None:
    ever = plan.grids()
    in_force = ever[ever["code"] != f"{P}001"]
    assert kinds(plan, in_force, ever) == []
    ids = plan.units.frame["unit_id"].tolist()
    assert kinds(plan.move({ids[2]: f"{P}001"}), in_force, ever) == [("retired_code", f"{P}001")]


def test_a_grid_over_two_communities_of_a_plan_without_nesting(lattice: Lattice) -> None:
    made = lattice([[1] * 4], ["AABB"], parents=["PPPQ"])
    free = replace(made, settings=PlanSettings(), table=made.table.assign(parent_code=""))
    assert kinds(free) == [("two_communities", "B")]
    no_codes = made.units.frame.assign(community_code="")
    assert kinds(replace(free, units=replace(made.units, frame=no_codes))) == []

"""Levels that grids nest in: which is the finest, what contradicts itself, what a plan says about each."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.errors import FaultyDataError, InputError, MissingColumnError
from spatialgov.nesting import levels_of_units, parent_of_units, within_columns
from spatialgov.plan import Plan, PlanSettings
from spatialgov.units import Units

Lattice = Callable[..., Plan]
LEVELS = ("district_code", "subdistrict_code", "community_code")


def nested_units(lattice: Lattice) -> Units:
    """Give 4 × 8 units: two subdistricts of two communities each, in one district."""
    units = lattice([[10] * 8] * 4, ["a" * 8] * 4, parents=["AABBCCDD"] * 4).units
    communities = units.frame["community_code"]
    return replace(
        units,
        frame=units.frame.assign(
            subdistrict_code=communities.map({"A": "S", "B": "S", "C": "T", "D": "T"}), district_code="X"
        ),
    )


def test_within_may_be_one_column_or_several() -> None:
    assert within_columns(None) == ()
    assert within_columns("a") == ("a",)
    assert within_columns(["a", "b", "a"]) == ("a", "b")
    assert PlanSettings(within=["a"]).within == "a"
    assert PlanSettings(within=()).within is None
    assert PlanSettings(within=["a", "b"]) == PlanSettings(within=("a", "b"))
    stored = PlanSettings(within=LEVELS).as_dict()
    assert PlanSettings(**(stored | {"within": list(stored["within"])})).within == LEVELS


@pytest.mark.parametrize("order", [LEVELS, LEVELS[::-1], (LEVELS[1], LEVELS[2], LEVELS[0])])
def test_the_finest_level_gives_the_parents(lattice: Lattice, order: tuple[str, ...]) -> None:
    units = nested_units(lattice)
    assert list(levels_of_units(units, order)) == list(LEVELS[::-1])
    assert parent_of_units(units, order).tolist() == units.frame["community_code"].tolist()
    assert set(parent_of_units(units, None)) == {""}


def test_of_levels_with_as_many_values_the_later_one_is_finer(lattice: Lattice) -> None:
    units = nested_units(lattice)
    units.frame["ward"] = units.frame["community_code"].str.lower()
    assert next(iter(levels_of_units(units, ("ward", "community_code")))) == "community_code"
    assert next(iter(levels_of_units(units, ("community_code", "ward")))) == "ward"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("ST")), min_size=8, max_size=8))
def test_contradictions_are_found_and_named(lattice: Lattice, rows: list[tuple[str, str]]) -> None:
    units = lattice([[1] * 8], ["a" * 8]).units
    units.frame["fine"], units.frame["coarse"] = ([row[i] for row in rows] for i in (0, 1))
    # nothing contradicts itself as long as one column says everything about the other
    fine, coarse = {f for f, _ in rows}, {c for _, c in rows}
    if len(set(rows)) == max(len(fine), len(coarse)):
        levels_of_units(units, ("coarse", "fine"))
        return
    with pytest.raises(FaultyDataError) as caught:
        levels_of_units(units, ("coarse", "fine"))
    wrong = {int(fault.row or 0) - 1 for fault in caught.value.faults}
    sound = [rows[i] for i in range(8) if i not in wrong]
    inner = 1 if len(coarse) > len(fine) else 0
    assert len(set(sound)) == len({row[inner] for row in sound}), "without the rows named, the rest agrees"


def test_a_community_in_two_subdistricts_is_refused_with_the_row(lattice: Lattice) -> None:
    units = nested_units(lattice)
    units.frame.loc[9, "subdistrict_code"] = "T"
    with pytest.raises(FaultyDataError, match="contradict each other in 1 units") as caught:
        parent_of_units(units, LEVELS)
    (fault,) = caught.value.faults
    assert (fault.row, fault.column, fault.item) == (10, "subdistrict_code", "u9")
    assert "community_code A lies in subdistrict_code T here, but most of its units lie in S" in fault.message
    assert "nest in each other" in caught.value.remedy
    assert parent_of_units(units, "community_code")[9] == "A", "one level alone can't contradict itself"


def test_a_missing_parent_or_column_is_named_at_every_level(lattice: Lattice) -> None:
    units = nested_units(lattice)
    with pytest.raises(MissingColumnError, match="'ward'"):
        parent_of_units(units, (*LEVELS, "ward"))
    units.frame.loc[3, "subdistrict_code"] = ""
    with pytest.raises(InputError, match="Row 4, column subdistrict_code"):
        parent_of_units(units, LEVELS)


def test_a_plan_is_checked_at_every_level(lattice: Lattice) -> None:
    units = nested_units(lattice)
    today = {f"u{i}": "abcd"[i % 8 // 2] for i in range(32)}
    plan = Plan.from_assignment(units, today, PlanSettings(within=LEVELS))
    assert plan.faults() == []
    inside = plan.move({"u2": "a"}).faults()
    assert [(fault.kind, fault.item) for fault in inside] == [("not_nested", "a")]
    assert "belongs to community_code A but holds unit u2 of B" in inside[0].message
    across = plan.move({"u4": "b"}).faults()
    assert ["belongs to subdistrict_code S but holds unit u4 of T" in fault.message for fault in across] == [True]
    both = plan.move({"u2": "a", "u4": "b", "u3": "c"}).faults()
    assert {(fault.item, fault.message.split()[4]) for fault in both if fault.kind == "not_nested"} == {
        ("a", "community_code"), ("b", "subdistrict_code"), ("c", "subdistrict_code"),
    }  # fmt: skip


def test_a_plan_is_summed_up_by_any_level(lattice: Lattice) -> None:
    units = nested_units(lattice)
    codes = [f"{'ABCD'[i % 8 // 2]}{i // 16}" for i in range(32)]
    codes[0], codes[9] = "", "B0"  # one unit without a grid, one grid across two communities
    plan = Plan.from_assignment(
        units, dict(zip(units.frame["unit_id"], codes, strict=True)), PlanSettings(target=40, within=LEVELS)
    )
    by = plan.summary("community_code")
    assert by.index.tolist() == ["A", "B", "C", "D"]
    assert by[["grids", "units", "households", "population"]].to_numpy()[0].tolist() == [3, 8, 80, 240]
    assert by.loc["C", "area_m2"] == pytest.approx(8 * 100.0**2)
    held = {"A0": 20, "A1": 40, "B0": 50, "B1": 40}
    off = [100 * (held[code] / 40 - 1) for code in ("A0", "A1", "B0")]
    deviation = by[["min_deviation_pct", "mean_deviation_pct", "max_deviation_pct"]].to_numpy()
    assert deviation[0].tolist() == pytest.approx([min(off), np.mean(off), max(off)])
    assert plan.summary("district_code")["grids"].tolist() == [8]
    assert plan.summary("subdistrict_code")["households"].tolist() == [160, 160]
    with pytest.raises(MissingColumnError, match="'ward'"):
        plan.summary("ward")


def test_dedicated_grids_count_but_have_no_deviation(lattice: Lattice) -> None:
    plan = lattice([[10, 10, 10, 10]], ["aabb"], parents=["AABB"], kinds={"b": "dedicated"})
    by = plan.summary("community_code")
    assert by["grids"].tolist() == [1, 1]
    assert by["max_deviation_pct"].isna().tolist() == [False, True]

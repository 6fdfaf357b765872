"""Gaps of plans against every division there is."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

import spatialgov as sg
from spatialgov.partition import gaps, misses
from spatialgov.partition.gaps import summary
from spatialgov.partition.inertia import moment_of_inertia
from spatialgov.plan import Plan, PlanSettings

Lattice = Callable[..., Plan]


def least_inertia(plan: Plan, k: int, lower: float, upper: float) -> float:
    """Try every division into connected parts within the limits."""
    units = plan.units
    load = units.frame["households"].to_numpy(dtype=np.float64)
    whole = nx.Graph(units.graph.edges()[0].tolist())
    least = math.inf
    for code in itertools.product(range(k), repeat=len(units)):
        labels = np.array(code)
        held = np.bincount(labels, load, k)
        if held.min() < lower or held.max() > upper or len(set(code)) < k:
            continue
        if all(nx.is_connected(whole.subgraph(np.flatnonzero(labels == a).tolist())) for a in range(k)):
            least = min(least, 1e6 * moment_of_inertia(units.graph.xy_m, load, labels))
    return least


@pytest.mark.parametrize("limits", [(None, None), (20, 40), (27, None)])
def test_the_optimum_lies_between_the_bound_and_the_plan(
    lattice: Lattice, limits: tuple[float | None, float | None]
) -> None:
    units = lattice([[9, 14, 7], [12, 3, 11], [8, 16, 10]], ["aaa"] * 3).units
    plan = sg.partition(
        units, grids=3, tolerance=0.2, minimum=limits[0], maximum=limits[1], objective="moment_of_inertia"
    )
    (gap,) = gaps(plan)
    lower, upper = limits[0] or 24, limits[1] or 36
    assert (gap.units, gap.grids, gap.parent_code, gap.feasible) == (9, 3, "", True)
    assert (gap.lower, gap.upper) == pytest.approx((lower, upper))
    optimum = least_inertia(plan, 3, lower, upper)
    assert gap.bound <= optimum * (1 + 1e-6)
    assert gap.inertia == pytest.approx(optimum)
    assert gap.gap_pct == pytest.approx(100 * (gap.inertia / gap.bound - 1), abs=1e-3)


def test_each_ground_has_its_own_and_the_limits_are_those_that_the_plan_keeps(lattice: Lattice) -> None:
    plan = lattice([[10] * 8] * 4, ["aaabbccc", "aaabbccc", "aaabbccc", "aaabbddd"], parents=["XXXXXYYY"] * 4)
    found = gaps(plan)
    assert [(gap.parent_code, gap.units, gap.grids) for gap in found] == [("X", 20, 2), ("Y", 12, 2)]
    assert (found[1].lower, found[1].upper) == (30, 90)
    assert summary(found)["largest_gap_pct"] == max(gap.gap_pct for gap in found) > 5
    assert summary([])["mean_gap_pct"] == 0


def test_dedicated_grids_and_ground_without_grids_are_left_out(lattice: Lattice) -> None:
    plan = lattice([[10] * 4] * 2, ["aabb", "aabb"])
    table = plan.table.assign(kind=["general", "dedicated"])
    assert [gap.units for gap in gaps(replace(plan, table=table))] == [4]
    bare = plan.labels.copy()
    bare[0] = -1
    assert gaps(replace(plan, labels=bare)) == []


def test_what_is_proven_to_be_infeasible_is_said_with_the_nearest_limits(lattice: Lattice) -> None:
    units = lattice([[100, 100, 100, 100, 100]], ["aaaaa"]).units
    plan = sg.partition(units, grids=2, minimum=240, maximum=260)
    assert [gap.feasible for gap in gaps(plan)] == [False]
    faults = misses(plan)
    assert [fault.kind for fault in faults] == ["out_of_limits"] * 2
    assert "proven" in faults[0].message
    assert "200 to 300 can be kept" in faults[0].remedy
    assert "40 beyond" in faults[0].remedy


def test_contiguity_may_be_what_forbids_it(lattice: Lattice) -> None:
    units = lattice([[50, 50, 10, 10]], ["aaaa"]).units
    plan = sg.partition(units, grids=2, minimum=60, maximum=60)
    assert "connected grids" in misses(plan)[0].message


def test_a_plan_by_hand_hears_of_a_better_division(lattice: Lattice) -> None:
    plan = lattice([[10] * 6], ["aabbbb"])
    settings = PlanSettings(target=30, minimum=25, maximum=35, within=plan.settings.within)
    (first, *_) = misses(replace(plan, settings=settings))
    assert "another division" in first.message

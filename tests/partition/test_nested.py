import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import spatialgov as sg
from spatialgov.errors import InfeasibleError, InputError, MissingColumnError
from spatialgov.measures import Tally
from spatialgov.partition import Step, misses
from spatialgov.partition.alternative_plans import plan_cost
from spatialgov.plan import Plan, PlanSettings

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


def test_progress_reaches_the_end_and_the_cost_only_falls(lattice: Lattice) -> None:
    seen: list[Step] = []
    rows = np.random.default_rng(1).integers(5, 15, (8, 8)).tolist()
    units = lattice(rows, ["a" * 8] * 8, parents=HALVES).units
    plan = sg.partition(units, households_per_grid=80, within="community_code", tolerance=0.3, progress=seen.append)
    assert [(step.done, step.total, step.begun) for step in seen[-1:]] == [(2, 2, 2)]
    assert len(seen) > 4, "better divisions are told, not only parts that are done"
    for before, after in pairwise(seen):
        assert after.done >= before.done
        assert before.cost is not None
        assert after.cost is not None
        assert after.cost <= before.cost or after.begun > before.begun
    assert seen[-1].cost == pytest.approx(plan_cost(plan) * 8, rel=0.05)


def test_ground_of_one_grid_costs_nothing(lattice: Lattice) -> None:
    seen: list[Step] = []
    sg.partition(lattice([[10, 10]], ["aa"]).units, grids=1, progress=seen.append)
    assert seen == [Step(1, 1, 1, 0.0)]


def test_several_quantities_are_balanced_at_once(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8, parents=HALVES).units
    units.frame["population"] = np.where(np.arange(64) // 8 % 2 == 0, 50, 10)  # rows in turn: grids of even rows
    alone = sg.partition(units, households_per_grid=40, within="community_code")
    both = sg.partition(units, households_per_grid=40, within="community_code", also={"population": 0.05})
    assert alone.settings.also == {}
    assert alone.metrics()["max_deviation_also_pct"] == 0
    assert both.metrics()["max_deviation_also_pct"] <= 5
    assert both.metrics()["max_deviation_pct"] <= 5
    assert misses(both) == []
    assert PlanSettings(**json.loads(json.dumps(both.settings.as_dict()))) == both.settings


def test_grids_beyond_what_is_balanced_too_are_listed(lattice: Lattice) -> None:
    units = lattice([[10] * 6], ["aaabbb"], parents=["AAAAAA"]).units
    units.frame["workload"] = [10.0, 10, 10, 90, 20, 10]
    settings = PlanSettings("households", 30, also={"workload": 0.1, "population": 0.1})
    plan = Plan.from_assignment(units, dict(zip(units.frame["unit_id"], "aaabbb", strict=True)), settings)
    assert plan.deviation_also_pct()["workload"].tolist() == pytest.approx([-60, 60])
    assert plan.metrics()["max_deviation_also_pct"] == pytest.approx(60)
    few, many = misses(plan)
    assert few.kind == many.kind == "off_target_also"
    assert "holds 30 minutes of work a day and misses the mean of 75" in few.message
    assert "One of its units alone holds 90" in many.remedy


def test_dedicated_grids_and_unassigned_units_are_left_out_of_the_mean(lattice: Lattice) -> None:
    units = lattice([[10] * 6], ["aabb.c"], kinds={"c": "dedicated"}).units
    settings = PlanSettings("households", 20, also={"population": 0.1})
    table = pd.DataFrame({"code": ["a", "b", "c"], "kind": ["general", "general", "dedicated"]})
    codes = {unit: code for unit, code in zip(units.frame["unit_id"], "aabb.c", strict=True) if code != "."}
    plan = Plan.from_assignment(units, codes, settings, table)
    assert plan.deviation_also_pct()["population"].tolist() == [0, 0, 0]


def test_grids_share_the_workload(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8).units
    units.frame["workload"] = np.random.default_rng(2).uniform(10, 50, 64)
    plan = sg.partition(units, workload_per_grid=240)
    assert plan.settings.balance == "workload"
    assert plan.metrics()["max_deviation_pct"] < 10
    assert plan.grids()["workload"].sum() == pytest.approx(units.frame["workload"].sum())
    moved = plan.move({plan.assignment().index[0]: plan.codes[-1]})
    assert moved.tally.workload.tolist() == pytest.approx(Tally.of(units, moved.labels, len(moved.codes)).workload)
    assert "workload" not in sg.partition(lattice(EVEN, ["a" * 8] * 8).units, grids=2).grids()


def test_columns_that_cannot_be_balanced_are_refused(lattice: Lattice) -> None:
    units = lattice([[10, 10], [10, 10]], ["aa", "aa"]).units
    units.frame["shops"] = ["1", "2", "many", "3"]
    with pytest.raises(MissingColumnError, match="“workload” is missing"):
        sg.partition(units, workload_per_grid=10)
    with pytest.raises(InputError, match="Row 3, column shops: 'many' is no number"):
        sg.partition(units, grids=2, also={"shops": 0.1})
    with pytest.raises(InputError, match="balanced by households already"):
        sg.partition(units, grids=2, also={"households": 0.1})
    with pytest.raises(InputError, match="also population is 0"):
        sg.partition(units, grids=2, also={"population": 0.0})
    with pytest.raises(InputError, match="2 quantities at once"):
        sg.partition(units, grids=2, also={"population": 0.1}, objective="moment_of_inertia")


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


def test_hard_limits_choose_the_number_of_grids(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8).units
    plan = sg.partition(units, households_per_grid=100, minimum=60, maximum=110)
    assert plan.tally.households.min() >= 60
    assert plan.tally.households.max() <= 110
    assert [fault for fault in misses(plan) if fault.kind == "out_of_limits"] == []


def test_limits_that_a_community_cannot_meet_are_explained(lattice: Lattice) -> None:
    units = lattice([[10] * 5], ["aaaaa"]).units
    plan = sg.partition(units, households_per_grid=40, minimum=30, maximum=45)
    faults = misses(plan)
    assert {fault.kind for fault in faults} == {"out_of_limits"}
    assert "limits of 30 to 45" in faults[0].message
    assert faults[0].remedy
    with pytest.raises(InputError, match="outside the limits"):
        sg.partition(units, households_per_grid=20, minimum=30)


def test_dedicated_kinds_are_cut_out_first(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8).units
    units.frame["kind"] = np.where(np.arange(64) % 8 < 2, "campus", "residential")
    plan = sg.partition(units, households_per_grid=80, dedicated=["campus"])
    kinds = plan.table["kind"].tolist()
    assert sorted(kinds) == ["dedicated"] + ["general"] * 6
    inside = plan.units.frame["kind"].to_numpy() == "campus"
    assert set(plan.labels[inside]) == {kinds.index("dedicated")}
    assert misses(plan) == []
    assert plan.faults() == []


def test_barriers_of_the_units_are_obeyed(lattice: Lattice) -> None:
    units = lattice(EVEN, ["a" * 8] * 8).units
    pairs, border_m, _ = units.graph.edges()
    wall = (pairs // 8 == [2, 3]).all(axis=1)
    graph = units.graph
    walled = sg.ContiguityGraph.from_edges(
        64, pairs, border_m, graph.outer_border_m, graph.area_m2, graph.xy_m, barrier=wall.astype(np.int8)
    )
    plan = sg.partition(replace(units, graph=walled), households_per_grid=80)
    assert (plan.labels[pairs[wall, 0]] != plan.labels[pairs[wall, 1]]).all()
    assert len(plan.codes) == 8

"""Rebalancing: proven on small lattices by enumeration and an exact solver; against peers on the sample city."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp
from scipy.sparse import csr_array

from spatialgov.allocation import recommend
from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InputError, NotFoundError
from spatialgov.partition import partition
from spatialgov.partition.rebalancing import Frontier, rebalance
from spatialgov.partition.rebalancing._kernels import in_pieces
from spatialgov.plan import Plan, PlanSettings
from spatialgov.sample import boundaries_dir
from spatialgov.units import Units, read_units

Lattice = Callable[..., Plan]
Labels = npt.NDArray[np.int64]
BAND = (300, 500)


def breach_of(held: npt.NDArray[Any], lower: float = BAND[0], upper: float = BAND[1]) -> float:
    return float(np.maximum(np.maximum(lower - held, held - upper), 0).sum())


def kept(home: Labels, labels: Labels, weight: npt.NDArray[np.float64]) -> float:
    """Give the weight that stays where it is when the parts take today's codes as well as can be."""
    shared = np.zeros((labels.max() + 1, home.max() + 1))
    np.add.at(shared, (labels, home), weight)
    return float(shared[linear_sum_assignment(shared, maximize=True)].sum())


def check(plan: Plan, frontier: Frontier, untouched: set[str]) -> None:
    """Check everything that a frontier promises, from the plans alone."""
    lower, upper = frontier.lower, frontier.upper
    today, households = plan.assignment(), plan.units.frame["households"].to_numpy()
    parents = plan.units.frame["community_code"].to_numpy()
    assert frontier.steps[0].units_moved == 0
    for before, after in zip(frontier.steps, frontier.steps[1:], strict=False):
        assert (before.households_moved, before.units_moved) < (after.households_moved, after.units_moved)
        assert before.breach > after.breach
    for step in frontier.shortlist(6):
        child = step.plan
        assert child.parent is plan
        away = (today != child.assignment()).to_numpy()
        assert step.households_moved == households[away].sum()
        assert step.units_moved == away.sum() == len(step.moves)
        general = child.table["kind"].to_numpy() == "general"
        held = child.tally.households[general].astype(float)
        assert step.breach == breach_of(held, lower, upper)
        assert step.out_of_band == ((held < lower) | (held > upper)).sum()
        assert step.max_deviation_pct == pytest.approx(child.metrics()["max_deviation_pct"])
        parts_today = dict(zip(plan.codes, plan.tally.n_parts, strict=True))
        for code, parts in zip(child.codes, child.tally.n_parts, strict=True):
            assert parts == 1 or parts == parts_today[code]
        for code in untouched:
            assert set(today.index[today == code]) == set(child.assignment().index[child.assignment() == code])
        for code in set(child.codes) - untouched:
            assert len(set(parents[child.assignment() == code])) == 1
        assert child.tally.households.sum() == plan.tally.households.sum()


# Small lattices


def connected_divisions(graph: ContiguityGraph) -> Iterator[Labels]:
    """Give every division of a small graph into connected parts, once each."""

    def grow(labels: list[int], u: int, parts: int) -> Iterator[Labels]:
        if u == graph.n:
            found = np.array(labels)
            if graph.components(found).max() + 1 == parts:
                yield found
            return
        for part in range(parts + 1):
            yield from grow([*labels, part], u + 1, max(parts, part + 1))

    yield from grow([], 0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_a_small_lattice_has_the_frontier_that_enumeration_gives(lattice: Lattice, seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = lattice(rng.integers(20, 260, (2, 4)).tolist(), ["aabb", "aaab"] if seed % 2 else ["abcc", "abbc"])
    home = plan.labels.astype(np.int64)
    weight = plan.units.frame["households"].to_numpy(float)
    every = [
        (round(weight.sum() - kept(home, labels, weight)), breach_of(np.bincount(labels, weight)))
        for labels in connected_divisions(plan.units.graph)
    ]
    frontier = rebalance(plan, seed=seed)
    check(plan, frontier, set())
    for moved, breach in every:
        step = frontier.within(breach)
        assert step is not None
        assert step.households_moved <= moved


def fewest_moved(graph: ContiguityGraph, weight: npt.NDArray[np.float64], home: Labels, k: int) -> float:
    """Give the fewest households to move so that every grid lies in the band: exactly, by HiGHS.

    Today's grids come first of `k`; each may be empty. Contiguity is a flow from every unit to a root of its grid.
    """
    n, source = graph.n, graph.sources()
    m = len(source)
    unit, edge, grid = np.eye(n), np.arange(m), np.eye(k)
    weigh = np.kron(weight[None, :], grid)
    arrives, leaves = np.zeros((n, m)), np.zeros((n, m))
    arrives[graph.indices, edge], leaves[source, edge] = 1.0, 1.0
    ones, each, none = np.kron(np.ones(n), grid), np.eye(n * k), np.zeros
    # columns: unit in grid (n k), root (n k), flow over a half-edge (m k), grid is there (k)
    blocks = [
        (np.hstack([np.kron(unit, np.ones(k)), none((n, n * k + m * k + k))]), 1.0, 1.0),
        (np.hstack([weigh, none((k, n * k + m * k)), -BAND[0] * grid]), 0.0, np.inf),
        (np.hstack([weigh, none((k, n * k + m * k)), -BAND[1] * grid]), -np.inf, 0.0),
        (np.hstack([none((k, n * k)), ones, none((k, m * k)), -grid]), 0.0, 0.0),
        (np.hstack([-each, each, none((n * k, m * k + k))]), -np.inf, 0.0),
        (np.hstack([-each, n * each, np.kron(arrives - leaves, grid), none((n * k, k))]), 0.0, np.inf),
        *((np.hstack([-n * np.kron(end.T, grid), none((m * k, n * k)), np.eye(m * k), none((m * k, k))]), -np.inf, 0.0)
          for end in (arrives, leaves)),
    ]  # fmt: skip
    cost = np.zeros(2 * n * k + m * k + k)
    cost[: n * k] = np.repeat(weight, k)
    cost[np.arange(n) * k + home] = 0.0
    whole = np.ones(len(cost), np.int64)
    whole[2 * n * k : 2 * n * k + m * k] = 0
    upper = np.where(whole == 1, 1.0, np.inf)
    constraints = [LinearConstraint(csr_array(rows), least, most) for rows, least, most in blocks]
    solved = milp(cost, integrality=whole, bounds=Bounds(0, upper), constraints=constraints, options={"time_limit": 60})
    assert solved.status == 0, solved.message
    return float(solved.fun)


THREE = ["aaaab", "aabbb", "aaccc", "ccccc"]


@pytest.mark.parametrize(("seed", "grids"), [(0, ["aaabb"] * 5), (1, THREE), (2, THREE)])
def test_a_small_community_is_solved_to_the_optimum(lattice: Lattice, seed: int, grids: list[str]) -> None:
    households = np.random.default_rng(seed).integers(10, 90, (len(grids), 5))
    plan = lattice(households.tolist(), grids)
    weight, home = households.ravel().astype(float), plan.labels.astype(np.int64)
    optimum = fewest_moved(plan.units.graph, weight, home, len(plan.codes) + 1)
    best = rebalance(plan, seed=seed).best
    assert best.breach == 0
    assert 0 < best.households_moved == round(optimum)


@settings(deadline=None, max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_whatever_the_city_a_frontier_keeps_its_promises(lattice: Lattice, seed: int) -> None:
    rng = np.random.default_rng(seed)
    households = np.where(rng.random((6, 8)) < 0.3, 0, rng.integers(0, 150, (6, 8)))
    plan = lattice(
        households.tolist(),
        ["aabbccdd", "aabbccdd", "aaebccdd", "feebghhh", "feebgghh", "ffbbgghi"],
        parents=["PPPPQQQQ"] * 6,
        kinds={"e": "dedicated"},
        max_area_m2=140_000 if seed % 2 else None,
    )
    frontier = rebalance(plan, locked={"h"}, seed=seed)
    check(plan, frontier, {"e", "h"})
    if seed % 2:
        assert (frontier.best.plan.tally.area_m2 <= 140_001).all()
    again = rebalance(plan, locked={"h"}, seed=seed)
    assert [step.moves for step in again.steps] == [step.moves for step in frontier.steps]


def test_a_large_grid_is_split_and_its_larger_part_keeps_the_code(lattice: Lattice) -> None:
    plan = lattice([[100] * 7], ["aaaaaaa"])
    best = rebalance(plan).best
    assert (best.households_moved, best.units_moved, best.out_of_band) == (300, 3, 0)
    assert best.plan.codes == ["a", "P001"]
    assert best.plan.tally.households.tolist() == [400, 300]


def test_a_small_grid_is_merged_into_its_neighbour(lattice: Lattice) -> None:
    plan = lattice([[50, 50, 100, 200, 100]], ["aabbb"])
    best = rebalance(plan).best
    assert best.plan.codes == ["b"]
    assert (best.households_moved, best.breach) == (100, 0)


def test_units_go_through_a_chain_of_grids(lattice: Lattice) -> None:
    plan = lattice([[100] * 12], ["aaaaaabbbccc"])
    best = rebalance(plan, households=(400, 400)).best
    assert dict(best.moves) == {"u4": "b", "u5": "b", "u8": "c"}
    assert (best.households_moved, best.breach, best.max_deviation_pct) == (300, 0, 0)


def test_what_cannot_be_touched_still_counts(lattice: Lattice) -> None:
    plan = lattice([[100, 100, 100, 700]], ["aaab"])
    (only,) = rebalance(plan, locked=["b"]).steps
    assert (only.out_of_band, only.breach, only.plan.assignment().to_dict()) == (1, 200, plan.assignment().to_dict())
    with pytest.raises(NotFoundError, match="z"):
        rebalance(plan, locked=["z"])
    with pytest.raises(InputError, match="500–300"):
        rebalance(plan, households=(500, 300))


def test_a_plan_by_area_has_its_own_limits(lattice: Lattice) -> None:
    base = lattice([[1, 1, 1, 1, 1, 9]], ["aaaaab"])
    for wanted in (
        PlanSettings("area_m2", 30_000, within="community_code"),
        PlanSettings("area_m2", 30_000, 0.5, within="community_code", minimum=30_000, maximum=30_000),
    ):
        plan = Plan(base.units, base.labels, base.table, wanted)
        best = rebalance(plan).best
        assert best.plan.tally.area_m2.tolist() == [30_000, 30_000]
        assert (best.households_moved, best.breach) == (2, 0)


def test_no_grid_crosses_a_hard_barrier(lattice: Lattice) -> None:
    plan = lattice([[200, 200, 200, 100]], ["aaab"])
    graph = plan.units.graph
    pairs, border_m, _ = graph.edges()
    closed = ContiguityGraph.from_edges(4, pairs, border_m, area_m2=graph.area_m2, xy_m=graph.xy_m, barrier=[0, 0, 3])
    walled = Plan(replace(plan.units, graph=closed), plan.labels, plan.table, plan.settings)
    assert rebalance(plan).best.plan.tally.households.tolist() == [400, 300]
    assert rebalance(walled).best.plan.assignment()["u2"] != "b"


def test_many_grids_of_one_parent_are_searched_in_blocks(lattice: Lattice) -> None:
    letters = [chr(0x4E00 + i) for i in range(48)]
    rows = ["".join(letters[12 * (r // 2) + c // 2] for c in range(24)) for r in range(8)]
    rng = np.random.default_rng(5)
    plan = lattice(rng.integers(40, 160, (8, 24)).tolist(), rows)
    seen: list[tuple[int, int]] = []
    frontier = rebalance(plan, progress=lambda step: seen.append((step.done, step.total)))
    assert len(seen) > 1
    assert seen[-1] == (len(seen), len(seen))
    check(plan, frontier, set())
    assert frontier.best.breach == 0


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_pieces_are_those_of_the_plain_graph(lattice: Lattice, labels: list[int]) -> None:
    graph = lattice([[1] * 4] * 3, ["aaaa"] * 3).units.graph
    part, piece = np.array(labels), np.empty(12, np.int64)
    broken = in_pieces(graph.indptr, graph.indices, part, 4, piece, np.empty(12, np.int64))
    assert piece.tolist() == graph.components(part).tolist()
    assert broken == (len(set(piece.tolist())) > len(set(labels)))


# The sample city


@pytest.fixture(scope="module")
def today() -> Plan:
    city = boundaries_dir() / "sample"
    pairs = pd.read_csv(city / "grids_today_units.csv", dtype=str)
    return Plan.from_assignment(
        read_units(city / "units.geojson"),
        dict(zip(pairs["unit_id"], pairs["grid_code"], strict=True)),
        PlanSettings(within="community_code"),
        gpd.read_file(city / "grids_today.geojson"),
    )


@pytest.fixture(scope="module")
def frontier(today: Plan) -> Frontier:
    return rebalance(today)


@pytest.fixture(scope="module")
def general(today: Plan) -> Plan:
    """Give today's plan of the units in general grids alone: what every competitor may divide."""
    rows = np.flatnonzero((today.table["kind"].to_numpy() == "general")[today.labels])
    old = today.units
    units = Units(old.frame.iloc[rows].reset_index(drop=True), old.graph.subgraph(rows), old.crs, (), (), old.datum)
    return Plan.from_assignment(units, today.assignment()[units.frame["unit_id"]], today.settings, today.table)


def no_fewer(general: Plan, frontier: Frontier, labels: Labels) -> tuple[float, float]:
    """Check that a division moves no fewer households than the frontier does at its balance; give (moved, breach)."""
    weight = general.units.frame["households"].to_numpy(float)
    moved = weight.sum() - kept(general.labels.astype(np.int64), labels, weight)
    breach = breach_of(np.bincount(labels, weight)[np.bincount(labels) > 0])
    step = frontier.within(breach)
    assert step is not None
    assert step.households_moved <= moved
    return moved, breach


def test_the_sample_city_is_brought_into_the_band(today: Plan, frontier: Frontier) -> None:
    check(today, frontier, set(today.table.loc[today.table["kind"] != "general", "code"]))
    assert frontier.steps[0].out_of_band == 72
    assert frontier.best.out_of_band == 0
    assert frontier.best.households_moved < 7200
    assert frontier.best.plan.faults() == []


def test_fresh_partitions_move_more(general: Plan, frontier: Frontier) -> None:
    for seed in range(4):
        for target in (380, 430):
            fresh = partition(
                general.units, households_per_grid=target, within="community_code", tolerance=0.2,
                minimum=BAND[0], maximum=BAND[1], effort="quick", seed=seed,
            )  # fmt: skip
            moved, _ = no_fewer(general, frontier, fresh.labels.astype(np.int64))
            assert moved > 2 * frontier.best.households_moved


def test_recommendations_taken_one_after_the_other_move_more(general: Plan, frontier: Frontier) -> None:
    plan = general
    for _ in range(6):
        found = recommend(plan, households=BAND)
        for one in found:
            plan = plan.move(one.moves)
            no_fewer(general, frontier, plan.labels.astype(np.int64))
        if not found:
            break


def test_metis_moves_more(general: Plan, frontier: Frontier) -> None:
    pymetis = pytest.importorskip("pymetis", reason="METIS is not installed")
    parents = general.units.frame["community_code"].to_numpy()
    weight = general.units.frame["households"].to_numpy()
    for seed in range(5):
        for target in (360, 400, 450):
            labels, first = np.empty(len(parents), np.int64), 0
            for parent in np.unique(parents):
                rows = np.flatnonzero(parents == parent)
                graph = general.units.graph.subgraph(rows)
                k = round(weight[rows].sum() / target)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    _, part = pymetis.part_graph(
                        k, xadj=graph.indptr, adjncy=graph.indices, vweights=weight[rows],
                        eweights=np.maximum(graph.border_m, 1).astype(np.int64), contiguous=True,
                        options=pymetis.Options(seed=seed),
                    )  # fmt: skip
                labels[rows] = first + np.array(part)
                first += k
            no_fewer(general, frontier, labels)

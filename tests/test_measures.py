"""Every measure against a computation of its own, from its definition and in plain loops."""

import runpy
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.contiguity import ContiguityGraph
from spatialgov.language import using_language
from spatialgov.measures import MEASURES
from spatialgov.plan import Plan
from spatialgov.projection import metric_frame

Lattice = Callable[..., Plan]
ROOT = Path(__file__).parents[1]
HOUSEHOLDS = [[10, 0, 30, 40], [50, 60, 0, 80], [90, 5, 15, 25]]

lattices = st.lists(st.text("abc.", min_size=4, max_size=4), min_size=3, max_size=3).filter(
    lambda rows: set("".join(rows)) != {"."}
)
many = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def members(plan: Plan) -> list[list[int]]:
    return [np.flatnonzero(plan.labels == grid).tolist() for grid in range(len(plan.codes))]


def with_barriers(plan: Plan, barriers: dict[tuple[int, int], int]) -> Plan:
    graph = plan.units.graph
    pairs, border_m, _ = graph.edges()
    barrier = [barriers.get((a, b), 0) for a, b in pairs.tolist()]
    walled = ContiguityGraph.from_edges(
        graph.n, pairs, border_m, graph.outer_border_m, graph.area_m2, graph.xy_m, barrier
    )
    return replace(plan, units=replace(plan.units, graph=walled))


@many
@given(lattices)
def test_deviations(lattice: Lattice, rows: list[str]) -> None:
    plan = lattice(HOUSEHOLDS, rows)
    load = np.ravel(HOUSEHOLDS)
    off = sorted(abs(sum(load[u] for u in units) / 400 - 1) * 100 for units in members(plan))
    metrics = plan.metrics()
    assert metrics["max_deviation_pct"] == pytest.approx(off[-1])
    assert metrics["mean_deviation_pct"] == pytest.approx(sum(off) / len(off))
    assert metrics["off_target"] == sum(value > 5 for value in off)
    rank = 0.95 * (len(off) - 1)
    low = int(rank)
    between = off[low] + (rank - low) * (off[min(low + 1, len(off) - 1)] - off[low])
    assert metrics["p95_deviation_pct"] == pytest.approx(between)


@many
@given(lattices)
def test_borders_between_grids(lattice: Lattice, rows: list[str]) -> None:
    plan = lattice(HOUSEHOLDS, rows)
    across = sum(row[i] != row[i + 1] for row in rows for i in range(3))
    down = sum(rows[j][i] != rows[j + 1][i] for j in range(2) for i in range(4))
    metrics = plan.metrics()
    assert metrics["cut_edges"] == across + down
    assert metrics["cut_length_m"] == pytest.approx(100 * (across + down))
    assert metrics["unassigned_units"] == "".join(rows).count(".")


@many
@given(lattices)
def test_moment_of_inertia(lattice: Lattice, rows: list[str]) -> None:
    """About the centre, the moment is Σ over pairs of p·q·distance² / Σ p: no centre is needed."""
    plan = lattice(HOUSEHOLDS, rows)
    people = plan.units.frame["population"].tolist()
    total = 0.0
    for units in members(plan):
        pairs = sum(
            people[a] * people[b] * sum((plan.units.graph.xy_m[a] - plan.units.graph.xy_m[b]) ** 2) / 1e6
            for a, b in combinations(units, 2)
        )
        total += pairs / max(sum(people[u] for u in units), 1)
    assert plan.metrics()["moment_of_inertia"] == pytest.approx(total)


@settings(many, max_examples=10)
@given(lattices)
def test_reock(lattice: Lattice, rows: list[str]) -> None:
    plan = lattice(HOUSEHOLDS, rows)
    shapes = metric_frame(plan.units.frame, plan.units.crs).geometry.to_numpy()
    scores = []
    for units in members(plan):
        corners = {complex(*xy) for xy in shapely.get_coordinates(shapes[units]).tolist()}
        scores.append(len(units) * 100.0**2 / (np.pi * smallest_circle_m(corners) ** 2))
    assert plan.metrics()["mean_reock"] == pytest.approx(sum(scores) / len(scores), rel=1e-6)


def smallest_circle_m(points: set[complex]) -> float:
    """Try every circle over two or three of the outermost points; the smallest that holds all of them."""
    angles = np.exp(1j * np.linspace(0, 2 * np.pi, 720, endpoint=False))
    listed = np.array(sorted(points, key=lambda p: (p.real, p.imag)))
    outer = listed[np.unique([np.argmax((listed * turn).real) for turn in angles])]
    best = np.inf
    for a, b in combinations(outer, 2):
        best = min(best, holding(listed, (a + b) / 2, abs(a - b) / 2))
    for a, b, c in combinations(outer, 3):
        z = (c - a) / (b - a)
        if abs(z.imag) > 1e-9:
            centre = a + (b - a) * (z - abs(z) ** 2) / (2j * z.imag)
            best = min(best, holding(listed, centre, abs(a - centre)))
    return float(best)


def holding(points: Any, centre: complex, radius: float) -> float:
    return radius if np.all(abs(points - centre) <= radius * (1 + 1e-9)) else np.inf


def test_a_square_has_a_known_compactness(lattice: Lattice) -> None:
    plan = lattice([[1, 1], [1, 1]], ["aa", "aa"])
    graph = replace(plan.units.graph, outer_border_m=np.full(4, 200.0))
    assert replace(plan, units=replace(plan.units, graph=graph)).metrics()["mean_polsby_popper"] == pytest.approx(
        np.pi / 4
    )


def test_barriers_inside_grids_are_counted(lattice: Lattice) -> None:
    plan = with_barriers(lattice([[1, 1, 1, 1]], ["aab."]), {(0, 1): 2, (1, 2): -1, (2, 3): 1})
    assert plan.metrics()["barrier_crossings"] == 1, "only that between u0 and u1 runs inside a grid"
    assert plan.move({"u2": "a"}).metrics()["barrier_crossings"] == 2
    for walled in (plan, plan.move({"u2": "a"}), plan.move({"u2": "a", "u3": "a"})):
        ends = walled.labels.tolist()
        metrics = walled.metrics()
        assert metrics["hard_barrier_crossings"] == sum(ends[a] == ends[a + 1] for a in (0, 2))
        assert metrics["soft_barrier_crossings"] == (ends[1] == ends[2])
    nobody = with_barriers(lattice([[1, 1, 1]], ["a.."]), {(1, 2): 1})
    assert nobody.metrics()["barrier_crossings"] == 0, "units without a grid are in no grid"


@many
@given(lattices, st.lists(st.sampled_from(["", "East Gate", "Mill"]), min_size=12, max_size=12))
def test_named_places_that_are_split(lattice: Lattice, rows: list[str], names: list[str]) -> None:
    plan = lattice(HOUSEHOLDS, rows, parents=["AABB"] * 3)
    assert plan.metrics()["split_places"] == 0, "units without a column of names"
    plan = replace(plan, units=replace(plan.units, frame=plan.units.frame.assign(name=names)))
    letters = "".join(rows)
    split = 0
    for parent in ((0, 1), (2, 3)):
        for name in ("East Gate", "Mill"):
            inside = [i for i in range(12) if i % 4 in parent and names[i] == name and letters[i] != "."]
            split += len({letters[i] for i in inside}) > 1
    assert plan.metrics()["split_places"] == split


def test_households_moved_are_counted_against_the_first_plan(lattice: Lattice) -> None:
    plan = lattice([[10, 20, 40, 80]], ["aab."])
    assert plan.metrics()["households_moved"] == 0
    once = plan.move({"u1": "b"})
    assert once.metrics()["households_moved"] == 20
    assert once.move({"u2": "a", "u3": "a"}).metrics()["households_moved"] == 140
    assert once.move({"u1": "a"}).metrics()["households_moved"] == 0, "there and back again"


def test_a_plan_without_grids_has_figures(lattice: Lattice) -> None:
    metrics = lattice([[1, 2]], [".."]).metrics()
    assert metrics["unassigned_units"] == 2
    assert all(np.isfinite(value) for value in metrics.values())


def test_every_measure_has_a_name_in_both_languages_and_a_formula() -> None:
    for key, measure in MEASURES.items():
        assert measure.key == key
        assert measure.version >= 1
        assert measure.formula.endswith(".")
        with using_language("zh"):
            assert any("一" <= letter <= "鿿" for letter in measure.title)
    titles = [measure.title for measure in MEASURES.values()]
    assert len(set(titles)) == len(titles)


def test_the_page_on_measures_is_up_to_date() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "write_measures_reference.py"))
    written = (ROOT / "docs" / "measures.md").read_text(encoding="utf-8")
    assert tool["reference"]() == written, "run: python tools/write_measures_reference.py"

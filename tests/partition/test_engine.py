import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.partition import _kernels, apportion, assign

SIDE_M = 100.0


def lattice(columns: int, rows: int, without: frozenset[tuple[int, int]] = frozenset()) -> ContiguityGraph:
    """Make squares in columns and rows; the pairs in `without` share no border."""
    number = {(i, j): j * columns + i for j in range(rows) for i in range(columns)}
    edges = [
        (a, number[near])
        for (i, j), a in number.items()
        for near in ((i + 1, j), (i, j + 1))
        if near in number and (a, number[near]) not in without
    ]
    n = columns * rows
    degree = np.bincount(np.array(edges, dtype=np.int64).ravel(), minlength=n)
    return ContiguityGraph.from_edges(
        n,
        edges,
        np.full(len(edges), SIDE_M),
        outer_border_m=SIDE_M * (4 - degree),
        area_m2=np.full(n, SIDE_M**2),
        xy_m=[(i * SIDE_M, j * SIDE_M) for i, j in number],
    )


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_exactly_k_connected_parts(columns: int, rows: int, data: st.DataObject) -> None:
    graph = lattice(columns, rows)
    weight = data.draw(st.lists(st.integers(0, 50), min_size=graph.n, max_size=graph.n).filter(any))
    k = data.draw(st.integers(1, graph.n))
    labels = assign(graph, weight, k)
    assert labels.dtype == np.int32
    assert sorted(set(labels.tolist())) == list(range(k))
    assert graph.components(labels).max() + 1 == k


def test_even_ground_is_divided_evenly_and_compactly() -> None:
    labels = assign(lattice(12, 12), np.ones(144), 9)
    assert np.bincount(labels).tolist() == [16] * 9
    graph = lattice(12, 12)
    pairs, border_m, _ = graph.edges()
    cut_m = border_m[labels[pairs[:, 0]] != labels[pairs[:, 1]]].sum()
    assert cut_m <= 1.15 * 48 * SIDE_M  # nine squares of 4 × 4 have a cut of 48 sides


def test_no_part_crosses_a_missing_border() -> None:
    wall = frozenset({(r * 6 + 2, r * 6 + 3) for r in range(6)})
    graph = lattice(6, 6, wall)
    labels = assign(graph, np.ones(36), 4)
    west = np.arange(36) % 6 < 3
    assert set(labels[west]).isdisjoint(labels[~west])


def test_same_seed_same_parts() -> None:
    graph, weight = lattice(10, 10), np.arange(100.0)
    assert assign(graph, weight, 7, seed=3).tolist() == assign(graph, weight, 7, seed=3).tolist()


def test_area_limit_is_kept_where_it_can_be() -> None:
    graph = lattice(10, 4)
    weight = np.zeros(40)
    weight[:8] = 10  # all people in one corner: by weight alone the other parts would be huge
    labels = assign(graph, weight, 5, max_area_m2=12 * SIDE_M**2)
    assert np.bincount(labels).max() <= 12


@pytest.mark.parametrize(
    ("weight", "k", "error", "said"),
    [
        (np.ones(4), 5, InfeasibleError, "at most 4"),
        (np.ones(3), 2, InputError, "shape"),
        (np.array([1.0, -1, 1, 1]), 2, InputError, "unit 1"),
        (np.array([1.0, np.nan, 1, 1]), 2, InputError, "unit 1"),
        (np.zeros(4), 2, InputError, "all weights are 0"),
    ],
)
def test_what_cannot_be_done_is_said(
    weight: npt.NDArray[np.float64], k: int, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        assign(lattice(2, 2), weight, k)


def test_fewer_parts_than_pieces_is_infeasible() -> None:
    graph = lattice(4, 1, frozenset({(1, 2)}))
    with pytest.raises(InfeasibleError, match="at least 2"):
        assign(graph, np.ones(4), 1)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=5), st.integers(0, 8))
def test_apportion_is_the_webster_share(weight: list[int], extra: int) -> None:
    k = len(weight) + extra
    share = apportion(weight, k, most=[k] * len(weight))
    assert share.sum() == k
    assert share.min() >= 1
    for i, j in itertools.permutations(range(len(weight)), 2):
        # no seat can be claimed more strongly by another area than by the one that has it
        if share[i] > 1:
            assert weight[i] / (share[i] - 0.5) >= weight[j] / (share[j] + 0.5) - 1e-9


# The compiled loops against plain twins


def test_nearest_power_centre_equals_numpy() -> None:
    rng = np.random.default_rng(1)
    x, y, cx, cy, power = (rng.random(n) for n in (200, 200, 9, 9, 9))
    candidates = np.asarray(cKDTree(np.column_stack([cx, cy])).query(np.column_stack([x, y]), k=9)[1], dtype=np.int64)
    labels = np.empty(200, np.int64)
    _kernels.nearest_power_centre(x, y, cx, cy, power, candidates, labels)
    distance = (x[:, None] - cx) ** 2 + (y[:, None] - cy) ** 2 - power
    assert labels.tolist() == distance.argmin(axis=1).tolist()


def test_part_cost_equals_the_formula() -> None:
    for weight, area, perimeter in itertools.product((0.0, 95.0, 130.0), (1e4, 4e4), (400.0, 900.0)):
        deviation = abs(weight / 100 - 1)
        beyond, over = max(deviation - 0.05, 0), max(area / 2e4 - 1, 0)
        penalty = 0.02 * deviation**2 + beyond**2 + 0.05 * beyond + over**2 + 0.05 * over
        expected = 60 * penalty + perimeter / math.sqrt(4 * math.pi * area)
        assert _kernels.part_cost(weight, area, perimeter, 100.0, 0.05, 2e4, 60.0) == pytest.approx(expected)


def test_repair_keeps_the_heaviest_piece_of_each_part() -> None:
    graph = lattice(5, 1)
    labels = np.array([0, 1, 0, 0, 1])
    weight = np.array([1.0, 5, 3, 3, 1])
    moved = _kernels.repair(graph.indptr, graph.indices, graph.border_m, weight, labels, 2)
    assert moved == 2
    assert labels.tolist() == [1, 1, 0, 0, 0]


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 7), st.integers(2, 7), st.integers(2, 5), st.integers(0, 2**31))
def test_repair_makes_parts_connected(columns: int, rows: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = lattice(columns, rows)
    labels = rng.integers(0, k, graph.n)
    before = labels.copy()
    _kernels.repair(graph.indptr, graph.indices, graph.border_m, np.ones(graph.n), labels, k)
    assert labels.min() >= 0
    assert graph.components(labels).max() + 1 == len(set(before.tolist()))


def test_anneal_equals_its_python_twin_and_keeps_parts_connected() -> None:
    loops: list[Any] = [_kernels.anneal, _kernels.anneal.py_func]
    graph = lattice(8, 8)
    start = (np.arange(64) % 8 // 2 + 4 * (np.arange(64) // 32)).astype(np.int64)
    weight = np.random.default_rng(5).integers(1, 20, 64).astype(np.float64)
    runs = []
    for loop in loops:
        labels = start.copy()
        moves = loop(
            graph.indptr, graph.indices, graph.border_m, graph.perimeter_m, graph.area_m2, weight, labels, 8,
            weight.sum() / 8, 0.03, math.inf, 60.0, 4000, 0.3, 0.003, np.random.default_rng(9),
        )  # fmt: skip
        runs.append((moves, labels.tolist()))
        assert graph.components(labels).max() + 1 == 8
    assert runs[0] == runs[1]
    assert runs[0][0] > 0

    def worst(labels: npt.NDArray[np.int64]) -> float:
        return float(np.abs(np.bincount(labels, weight) / (weight.sum() / 8) - 1).max())

    assert worst(np.array(runs[0][1])) < worst(start)

"""The compiled loops of the engine against plain twins."""

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.refine import Level
from spatialgov.partition.refine import _kernels as refining
from spatialgov.partition.start import _kernels as starting
from spatialgov.partition.start import hilbert_order

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
SIDE_M = 100.0
# numba's dispatchers take what mypy can't see
start_kernels: Any = starting
kernels: Any = refining
NO_LIMITS = {"lower": np.array([0.0]), "upper": np.array([np.inf])}


def level(columns: int, rows: int, weight: npt.ArrayLike | None = None) -> Level:
    """Make squares of 100 m, numbered row by row."""
    n = columns * rows
    number = np.arange(n).reshape(rows, columns)
    edges = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    graph = ContiguityGraph.from_edges(
        n,
        edges,
        np.full(len(edges), SIDE_M),
        outer_border_m=SIDE_M * (4 - np.bincount(edges.ravel(), minlength=n)),
        area_m2=np.full(n, SIDE_M**2),
    )
    load = np.ones((n, 1)) if weight is None else np.asarray(weight, dtype=np.float64).reshape(n, -1)
    return Level.of(graph, load, np.ones(n, bool))


def arrays(of: Level) -> tuple[Any, ...]:
    return of.indptr, of.indices, of.border_m, of.perimeter_m, of.area_m2, of.load


def components(of: Level, labels: Labels) -> int:
    graph = ContiguityGraph(
        of.indptr, of.indices, of.border_m, of.area_m2, of.area_m2, np.zeros((of.n, 2)), np.zeros(0, np.int8)
    )
    return int(graph.components(labels).max()) + 1


BORDER_PRICE = 3e-4
"""Of a metre: for a side of 100 m about a tenth of its raggedness."""


def plain_cost(
    of: Level, labels: Labels, k: int, target: Floats, tolerance: Floats, lower: Floats, upper: Floats, price: float,
    border_price: float,
) -> float:  # fmt: skip
    """Work out the whole cost of a partition of 8 × 8 squares: shapely merges them, numpy adds up."""
    total = 0.0
    squares = np.array([shapely.box(i % 8, i // 8, i % 8 + 1, i // 8 + 1) for i in range(of.n)])
    for part in range(k):
        shape = shapely.union_all(squares[labels == part])
        total += border_price * SIDE_M * shape.length
        total += SIDE_M * shape.length / math.sqrt(4 * math.pi * SIDE_M**2 * shape.area)
        total += price * plain_imbalance(of.load[labels == part].sum(axis=0), target, tolerance, lower, upper)
    return total


def plain_imbalance(held: Floats, target: Floats, tolerance: Floats, lower: Floats, upper: Floats) -> float:
    soft = np.isfinite(tolerance)
    deviation = np.abs(held / target - 1)
    over = np.maximum(held - upper, lower - held) / target
    beyond = np.maximum(np.where(soft, deviation - np.where(soft, tolerance, 0), over), 0)
    gentle = soft & (np.arange(len(held)) > 0)
    slope = np.where(gentle, np.minimum(beyond, 0.1), beyond)
    return float((0.02 * deviation[soft] ** 2).sum() + (beyond * slope + 0.05 * beyond).sum())


def test_hilbert_keys_walk_from_cell_to_neighbouring_cell() -> None:
    side = 16
    x, y = (axis.ravel().astype(np.int64) for axis in np.meshgrid(np.arange(side), np.arange(side)))
    key = start_kernels.hilbert_key(x, y)
    assert len(set(key.tolist())) == side * side
    order = np.argsort(key)
    steps = np.abs(np.diff(x[order])) + np.abs(np.diff(y[order]))
    assert steps.tolist() == [1] * (side * side - 1)


def test_hilbert_order_is_a_permutation_also_of_one_point() -> None:
    assert hilbert_order(np.zeros((1, 2))).tolist() == [0]
    assert sorted(hilbert_order(np.random.default_rng(1).random((50, 2))).tolist()) == list(range(50))


def test_nearest_power_centre_equals_numpy() -> None:
    rng = np.random.default_rng(1)
    x, y, cx, cy, power = (rng.random(n) for n in (200, 200, 9, 9, 9))
    near = np.array([rng.permutation(9)[:5] for _ in range(9)])
    near[:, 0] = np.arange(9)
    start = rng.integers(0, 9, 200)
    labels = start.copy()
    start_kernels.nearest_power_centre(x, y, cx, cy, power, near, labels)
    distance = (x[:, None] - cx) ** 2 + (y[:, None] - cy) ** 2 - power
    rows = np.arange(200)[:, None]
    assert labels.tolist() == near[start][rows, distance[rows, near[start]].argmin(axis=1)[:, None]].ravel().tolist()


def test_repair_keeps_the_heaviest_piece_of_each_part() -> None:
    of = level(5, 1)
    labels = np.array([0, 1, 0, 0, 1])
    moved = start_kernels.repair(of.indptr, of.indices, of.border_m, np.array([1.0, 5, 3, 3, 1]), labels, 2)
    assert moved == 2
    assert labels.tolist() == [1, 1, 0, 0, 0]


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 7), st.integers(2, 7), st.integers(2, 5), st.integers(0, 2**31))
def test_repair_makes_parts_connected(columns: int, rows: int, k: int, seed: int) -> None:
    of = level(columns, rows)
    labels = np.random.default_rng(seed).integers(0, k, of.n)
    before = set(labels.tolist())
    start_kernels.repair(of.indptr, of.indices, of.border_m, of.load[:, 0], labels, k)
    assert labels.min() >= 0
    assert components(of, labels) == len(before)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 7), st.integers(2, 7), st.integers(0, 2**31))
def test_a_coarser_level_has_the_same_sums(columns: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    of = level(columns, rows, rng.integers(1, 5, columns * rows))
    labels = rng.integers(0, 3, of.n)
    coarse, group = of.coarser(labels, np.array([6.0]), rng)
    pairs = np.bincount(group)
    assert set(pairs.tolist()) <= {1, 2}
    for members in (np.flatnonzero(group == g) for g in range(coarse.n)):
        assert len(set(labels[members].tolist())) == 1
        assert len(members) == 1 or (
            of.load[members].sum() <= 6 and members[1] in of.indices[of.indptr[members[0]] : of.indptr[members[0] + 1]]
        )
    assert coarse.load.sum() == of.load.sum()
    assert coarse.area_m2.sum() == of.area_m2.sum()
    inside = of.perimeter_m.sum() - coarse.perimeter_m.sum()
    assert inside == 2 * SIDE_M * (pairs == 2).sum()
    assert (
        coarse.perimeter_m
        - np.bincount(np.repeat(np.arange(coarse.n), np.diff(coarse.indptr)), coarse.border_m, coarse.n)
    ).sum() == pytest.approx(2 * SIDE_M * (columns + rows))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 300), st.sampled_from([0.0, 0.05, math.inf])), min_size=1, max_size=3),
    st.floats(0, 90),
    st.floats(110, 200),
)
def test_imbalance_and_breach_equal_the_formula(held: list[tuple[float, float]], low: float, high: float) -> None:
    m = len(held)
    amount, tolerance = np.array([h for h, _ in held]), np.array([tol for _, tol in held])
    target, lower, upper = np.full(m, 100.0), np.full(m, low), np.full(m, high)
    assert kernels.imbalance(amount, target, tolerance, lower, upper) == pytest.approx(
        plain_imbalance(amount, target, tolerance, lower, upper)
    )
    broken = np.maximum(np.maximum(amount - high, low - amount), 0).sum() / 100
    assert kernels.breach(amount, target, lower, upper) == pytest.approx(broken)


def test_units_are_paired_only_where_the_pair_is_small_enough_in_every_quantity() -> None:
    of = level(4, 1, [[1, 1], [1, 9], [1, 1], [1, 1]])
    coarse, group = of.coarser(np.zeros(4, np.int64), np.array([2.0, 9.0]), np.random.default_rng(0))
    assert group.tolist() == [0, 1, 2, 2]
    assert coarse.load.tolist() == [[1, 1], [1, 9], [2, 2]]


def _start() -> tuple[Level, Labels, tuple[Floats, Floats, Floats, Floats]]:
    weight = np.random.default_rng(5).integers(1, 20, 64).astype(np.float64)
    labels = (np.arange(64) % 8 // 2 + 4 * (np.arange(64) // 32)).astype(np.int64)
    limits = (np.array([weight.sum() / 8]), np.array([0.03]), np.array([0.0]), np.array([np.inf]))
    return level(8, 8, weight), labels, limits


def test_border_rises_equal_the_cost_before_and_after() -> None:
    of, labels, limits = _start()
    found = kernels.border_rises(*arrays(of), labels, 8, *limits, 60.0, BORDER_PRICE)
    expected = []
    base = plain_cost(of, labels, 8, *limits, 60.0, BORDER_PRICE)
    source = np.repeat(np.arange(of.n), np.diff(of.indptr))
    for u, v in zip(source.tolist(), of.indices.tolist(), strict=True):
        if labels[u] != labels[v]:
            moved = labels.copy()
            moved[u] = labels[v]
            expected.append(plain_cost(of, moved, 8, *limits, 60.0, BORDER_PRICE) - base)
    assert found == pytest.approx(expected, abs=1e-9)


def test_anneal_lowers_the_cost_and_keeps_parts_connected() -> None:
    of, start, limits = _start()
    labels = start.copy()
    moves = kernels.anneal(*arrays(of), of.free, labels, 8, *limits, 60.0, BORDER_PRICE, 200, 0.3, 0.003, 9)
    assert moves > 0
    assert components(of, labels) == 8
    assert plain_cost(of, labels, 8, *limits, 60.0, BORDER_PRICE) < plain_cost(
        of, start, 8, *limits, 60.0, BORDER_PRICE
    )


def test_anneal_when_cold_only_goes_downhill_to_a_state_that_no_move_betters() -> None:
    of, start, limits = _start()
    labels = start.copy()
    kernels.anneal(*arrays(of), of.free, labels, 8, *limits, 60.0, BORDER_PRICE, 300, 1e-9, 1e-9, 9)
    best = plain_cost(of, labels, 8, *limits, 60.0, BORDER_PRICE)
    for u in range(of.n):
        for v in of.indices[of.indptr[u] : of.indptr[u + 1]].tolist():
            moved = labels.copy()
            moved[u] = labels[v]
            if len(set(moved.tolist())) == 8 and components(of, moved) == 8:
                assert plain_cost(of, moved, 8, *limits, 60.0, BORDER_PRICE) >= best - 1e-9


def test_units_that_are_not_free_stay() -> None:
    of, start, limits = _start()
    free = np.arange(64) % 3 != 0
    annealed, mended = start.copy(), start.copy()
    assert kernels.anneal(*arrays(of), free, annealed, 8, *limits, 60.0, BORDER_PRICE, 200, 0.3, 0.003, 9) > 0
    narrow = (limits[0], limits[0] * 0.99, limits[0] * 1.01)
    assert kernels.mend(*arrays(of), free, mended, 8, *narrow, np.array([9, 9]), 50, 50) > 0
    for labels in (annealed, mended):
        assert labels[~free].tolist() == start[~free].tolist()


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 8), st.integers(2, 8), st.integers(2, 6), st.integers(0, 2**31), st.integers(1, 4))
def test_mend_lowers_the_breaches_and_keeps_parts_connected(
    columns: int, rows: int, k: int, seed: int, depth: int
) -> None:
    rng = np.random.default_rng(seed)
    of = level(columns, rows, rng.integers(0, 9, columns * rows) + 0.5)
    labels = rng.integers(0, k, of.n)
    start_kernels.repair(of.indptr, of.indices, of.border_m, of.load[:, 0], labels, k)
    parts = len(set(labels.tolist()))
    target = np.array([of.load.sum() / k])
    lower, upper = target * 0.9, target * 1.1

    def broken() -> float:
        held = np.bincount(labels, of.load[:, 0], k)
        return float(np.maximum(np.maximum(held - upper, lower - held), 0).sum())

    before = broken()
    taken = kernels.mend(*arrays(of), of.free, labels, k, target, lower, upper, np.full(depth, 8), 100, 100)
    assert broken() < before if taken else broken() == before
    assert components(of, labels) == len(set(labels.tolist())) == parts


def test_mend_finds_a_chain_through_a_part_that_is_full() -> None:
    of = level(9, 1)
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])
    target = np.array([3.0])
    assert kernels.mend(*arrays(of), of.free, labels, 3, target, target, target, np.array([4]), 9, 9) == 0
    assert kernels.mend(*arrays(of), of.free, labels, 3, target, target, target, np.array([4, 4]), 9, 9) == 1
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_kernels_are_compiled_from_what_python_would_run() -> None:
    of, start, limits = _start()
    results = []
    loops: list[Any] = [kernels.anneal, kernels.anneal.py_func]
    for loop in loops:
        labels = start.copy()
        with np.errstate(over="ignore"):
            loop(*arrays(of), of.free, labels, 8, *limits, 60.0, BORDER_PRICE, 5, 0.3, 0.003, 9)
        results.append(labels.tolist())
    assert results[0] == results[1]
    assert list(itertools.chain(results[0])) != start.tolist()

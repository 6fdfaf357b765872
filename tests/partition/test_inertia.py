"""Division by moment of inertia: kernels against plain twins, tiny lattices against every division there is."""

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.partition.inertia import _kernels, divide_by_inertia, moment_of_inertia
from spatialgov.partition.inertia.centres import Points, search_centres

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
SIDE_M = 1000.0
# numba's dispatchers take what mypy can't see
kernels: Any = _kernels


def lattice(columns: int, rows: int) -> ContiguityGraph:
    """Make squares of 1 km, numbered row by row."""
    n = columns * rows
    number = np.arange(n).reshape(rows, columns)
    edges = np.concatenate(
        [
            np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.column_stack([number[:-1].ravel(), number[1:].ravel()]),
        ]
    )
    xy_m = SIDE_M * np.column_stack([np.arange(n) % columns, np.arange(n) // columns])
    return ContiguityGraph.from_edges(n, edges, np.full(len(edges), SIDE_M), xy_m=xy_m)


def plain_inertia(xy_km: Floats, weight: Floats, labels: Labels) -> float:
    """Try every unit of a part as its centre."""
    total = 0.0
    for part in np.unique(labels):
        at, mass = xy_km[labels == part], weight[labels == part]
        total += min(sum(m * math.dist(p, c) ** 2 for p, m in zip(at, mass, strict=True)) for c in at)
    return total / 1e6


def breach(weight: Floats, labels: Labels, k: int, lower: float, upper: float) -> float:
    held = np.bincount(labels, weight, k)
    return float(np.maximum(np.maximum(held - upper, lower - held), 0).sum())


def every_division(graph: ContiguityGraph, k: int) -> list[Labels]:
    found = []
    for code in itertools.product(range(k), repeat=graph.n - 1):
        labels = np.array((0, *code))
        first = [labels.tolist().index(a) if a in code or a == 0 else graph.n for a in range(k)]
        if first == sorted(first) and first[-1] < graph.n and graph.components(labels).max() + 1 == k:
            found.append(labels)
    return found


def test_the_measure_is_the_least_sum_over_all_centres() -> None:
    rng = np.random.default_rng(1)
    xy_m, weight, labels = rng.uniform(0, 9e3, (40, 2)), rng.integers(0, 50, 40).astype(float), rng.integers(0, 5, 40)
    expected = plain_inertia(xy_m / 1000, weight, labels)
    assert moment_of_inertia(xy_m, weight, labels) == pytest.approx(expected, rel=1e-12)
    labels[labels == 4] = -1
    of = labels >= 0
    expected = plain_inertia(xy_m[of] / 1000, weight[of], labels[of])
    assert moment_of_inertia(xy_m, weight, labels) == pytest.approx(expected, rel=1e-12)


def test_great_circles_agree_with_the_plane_near_the_equator_and_know_a_quarter_of_the_earth() -> None:
    rng = np.random.default_rng(2)
    lonlat, weight = rng.uniform(-0.05, 0.05, (30, 2)), rng.integers(1, 50, 30)
    labels = rng.integers(0, 3, 30)
    metres = np.radians(lonlat) * 6371008.8
    plane = moment_of_inertia(metres, weight, labels)
    assert moment_of_inertia(lonlat, weight, labels, geographic=True) == pytest.approx(plane, rel=1e-6)
    quarter_km = 6371.0088 * math.pi / 2
    value = moment_of_inertia([[10.0, 0.0], [70.0, 90.0]], [1.0, 1.0], [0, 0], geographic=True)
    assert value == pytest.approx(quarter_km**2 / 1e6)


def _points(n: int, seed: int, slack: float, k: int) -> Points:
    rng = np.random.default_rng(seed)
    mass = rng.integers(1, 30, n).astype(float)
    mean = mass.sum() / k
    return Points.of(rng.uniform(0, 2e4, (n, 2)), mass, mean * (1 - slack), mean * (1 + slack))


def _transport(points: Points, centres: Labels) -> float:
    n, k = points.n, len(centres)
    held = np.kron(points.mass, np.eye(k))
    result = linprog(
        (points.mass[:, None] * points.square(centres)).ravel(),
        A_ub=np.concatenate([held, -held]),
        b_ub=[points.upper] * k + [-points.lower] * k,
        A_eq=np.kron(np.eye(n), np.ones(k)),
        b_eq=np.ones(n),
    )
    assert result.fun is not None
    return float(result.fun)


@pytest.mark.parametrize(("seed", "slack", "k"), [(0, 0.0, 3), (1, 0.01, 4), (2, 0.2, 6), (3, 0.5, 3)])
def test_prices_settle_at_the_transport_optimum(seed: int, slack: float, k: int) -> None:
    points = _points(120, seed, slack, k)
    centres = np.random.default_rng(seed).choice(120, k, replace=False)
    price, labels = np.zeros(k), np.empty(120, np.int64)
    square = points.square(centres)
    dual = kernels.settle_prices(
        square, points.mass, points.lower, points.upper, price, 0.005 * points.gaps(centres), 500, np.inf, labels
    )
    optimum = _transport(points, centres)
    assert dual <= optimum * (1 + 1e-9)
    assert dual >= optimum * (1 - 5e-3)
    limit = np.where(price > 0, points.upper, points.lower)
    assert dual == pytest.approx((points.mass * (square + price).min(axis=1)).sum() - (price * limit).sum())
    assert labels.tolist() == (square + price).argmin(axis=1).tolist()


def test_the_search_leaves_no_better_centre_nearby_and_knows_what_it_found() -> None:
    points = _points(60, 4, 0.05, 3)
    best = search_centres(points, 3, 10, 4, 59, np.random.default_rng(0))[0]
    optimum = _transport(points, best.units)
    assert best.dual == pytest.approx(optimum, rel=5e-3)
    others = [
        _transport(points, np.array([*np.delete(best.units, a), j]))
        for a in range(3)
        for j in set(range(60)) - set(best.units.tolist())
    ]
    assert optimum <= min(others) * (1 + 5e-3)


def test_nearest_units_are_the_best_centres() -> None:
    points = _points(50, 5, 0.1, 4)
    labels = np.arange(50) % 4
    centres = np.zeros(4, np.int64)
    kernels.nearest_units(points.x, points.y, points.mass, labels, 4, centres)
    for part, centre in enumerate(centres.tolist()):
        of = np.flatnonzero(labels == part)
        about = (points.mass[of, None] * ((points.x[of, None] - points.x[of]) ** 2)).sum(axis=0)
        about += (points.mass[of, None] * ((points.y[of, None] - points.y[of]) ** 2)).sum(axis=0)
        assert centre == of[np.argmin(about)]


@pytest.mark.parametrize("limits", [(0.0, 1e9), (100.0, 120.0), (30.0, 60.0), (0.0, 40.0)])
def test_centres_are_worth_a_fractional_knapsack(limits: tuple[float, float]) -> None:
    points = _points(30, 6, 0.1, 4)
    limits = limits[0], min(limits[1], float(points.mass.sum()))
    worth = np.random.default_rng(6).uniform(0, 150, 30)
    threshold = np.empty(30)
    value = kernels.weigh_centres(points.x, points.y, points.mass, worth, *limits, threshold)
    for j in range(30):
        ratio = points.square(np.array([j]))[:, 0] - worth
        plain = linprog(
            points.mass * ratio, A_ub=[points.mass, -points.mass], b_ub=[limits[1], -limits[0]], bounds=(0, 1)
        )
        assert value[j] == pytest.approx(plain.fun, rel=1e-9, abs=1e-9)


def _state(seed: int) -> tuple[ContiguityGraph, Points, Labels, Labels]:
    graph = lattice(8, 8)
    weight = np.random.default_rng(seed).integers(1, 9, 64).astype(float)
    points = Points.of(graph.xy_m, weight, weight.sum() / 4 * 0.95, weight.sum() / 4 * 1.05)
    labels = np.repeat(np.arange(4), 16)
    centres = np.zeros(4, np.int64)
    kernels.nearest_units(points.x, points.y, weight, labels, 4, centres)
    return graph, points, labels, centres


def about_centres(of: Points, labels: Labels, centres: Labels) -> float:
    own = centres[labels]
    return float((of.mass * ((of.x - of.x[own]) ** 2 + (of.y - of.y[own]) ** 2)).sum())


@pytest.mark.parametrize("seed", range(4))
def test_exchange_ends_where_no_move_and_no_swap_pays(seed: int) -> None:
    graph, of, labels, centres = _state(seed)
    start = (breach(of.mass, labels, 4, of.lower, of.upper), about_centres(of, labels, centres))
    args = (of.x, of.y, of.mass, of.mass, labels, 4, centres, of.lower, of.upper, 100)
    assert kernels.exchange(graph.indptr, graph.indices, *args) > 0

    def worth(after: Labels) -> tuple[float, float]:
        return round(breach(of.mass, after, 4, of.lower, of.upper), 6), about_centres(of, after, centres) + 1e-9

    end = worth(labels)
    assert end < start
    assert graph.components(labels).max() + 1 == 4
    pairs, _, _ = graph.edges()
    moves = [(u, labels[v]) for u, v in np.concatenate([pairs, pairs[:, ::-1]]).tolist() if labels[u] != labels[v]]
    for (u, b), (v, c) in itertools.product(moves, repeat=2):
        after = labels.copy()
        after[u] = b
        if (u, b) != (v, c) and labels[v] == b and u != v:
            after[v] = c
        if len(set(after.tolist())) == 4 and graph.components(after).max() + 1 == 4:
            assert worth(after) >= (end[0], end[1] - 2e-9)


def test_annealing_keeps_parts_connected_and_lowers_the_inertia() -> None:
    graph, of, labels, centres = _state(1)
    before = about_centres(of, labels, centres)
    start = labels.copy()
    results = []
    loops: list[Any] = [kernels.anneal_inertia, kernels.anneal_inertia.py_func]
    for loop in loops:  # compiled from what Python would run
        labels = start.copy()
        with np.errstate(over="ignore"):
            moves = loop(
                graph.indptr, graph.indices, of.x, of.y, of.mass, of.mass, labels, 4, centres, np.zeros(4), of.lower,
                of.upper, np.full(4, 5.0), 0.03, 1.0, 30, 0.3, 0.005, 7,
            )  # fmt: skip
        assert moves > 0
        results.append(labels.tolist())
    assert results[0] == results[1]
    assert graph.components(labels).max() + 1 == 4
    assert about_centres(of, labels, centres) < before
    assert breach(of.mass, labels, 4, of.lower, of.upper) < 0.1 * of.mass.sum()


@pytest.mark.parametrize(("columns", "rows", "k", "slack"), [(3, 3, 2, 0.2), (4, 2, 3, 0.4), (5, 2, 2, 0.05)])
def test_tiny_lattices_are_divided_as_well_as_can_be(columns: int, rows: int, k: int, slack: float) -> None:
    graph = lattice(columns, rows)
    weight = np.random.default_rng(columns).integers(0, 9, graph.n).astype(float)
    lower, upper = weight.sum() / k * (1 - slack), weight.sum() / k * (1 + slack)
    labels = divide_by_inertia(graph, weight, k, lower, upper)
    found = (breach(weight, labels, k, lower, upper), moment_of_inertia(graph.xy_m, weight, labels))
    optimum = min(
        (breach(weight, every, k, lower, upper), moment_of_inertia(graph.xy_m, weight, every))
        for every in every_division(graph, k)
    )
    assert found == pytest.approx(optimum, rel=1e-9)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 8), st.integers(1, 8), st.data())
def test_exactly_k_connected_parts_whatever_the_weights_and_limits(
    columns: int, rows: int, data: st.DataObject
) -> None:
    graph = lattice(columns, rows)
    weight = data.draw(st.lists(st.integers(0, 40), min_size=graph.n, max_size=graph.n))
    k = data.draw(st.integers(1, graph.n))
    lower = data.draw(st.integers(0, 100))
    upper = lower + data.draw(st.integers(0, 100))
    labels = divide_by_inertia(graph, weight, k, lower, upper, effort="quick")
    assert labels.dtype == np.int64
    assert sorted(set(labels.tolist())) == list(range(k))
    assert graph.components(labels).max() + 1 == k


def test_many_parts_within_their_limits() -> None:
    graph = lattice(50, 40)
    labels = divide_by_inertia(graph, np.ones(2000), 200, 8, 12)
    assert np.bincount(labels, minlength=200).min() >= 8
    assert np.bincount(labels).max() <= 12
    assert graph.components(labels).max() + 1 == 200
    squares = 2000 * 2 * (3.16**2 / 12) / 1e6  # 200 squares of 10 units
    assert moment_of_inertia(graph.xy_m, np.ones(2000), labels) < 1.25 * squares


def test_same_seed_same_parts() -> None:
    graph = lattice(9, 9)
    weight = np.arange(81.0)
    one, two = (divide_by_inertia(graph, weight, 5, 600, 700, seed=3) for _ in range(2))
    assert one.tolist() == two.tolist()


@pytest.mark.parametrize(
    ("weight", "k", "limits", "error", "said"),
    [
        ([1, 1, 1], 2, (0, 3), InputError, "4 finite"),
        ([1, 1, -1, 1], 2, (0, 3), InputError, "negative"),
        ([1, 1, np.nan, 1], 2, (0, 3), InputError, "finite"),
        ([1, 1, 1, 1], 2, (3, 2), InputError, "3 to 2"),
        ([1, 1, 1, 1], 5, (0, 3), InfeasibleError, "5 parts"),
    ],
)
def test_what_cannot_be_done_is_said(
    weight: list[float], k: int, limits: tuple[float, float], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        divide_by_inertia(lattice(2, 2), weight, k, *limits)


def test_a_graph_in_pieces_is_refused() -> None:
    graph = ContiguityGraph.from_edges(4, [[0, 1], [2, 3]], [1.0, 1.0])
    with pytest.raises(InputError, match="not all connected"):
        divide_by_inertia(graph, np.ones(4), 2, 1, 3)

"""Verdicts about hard limits against every division there is."""

import itertools
import math

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.feasible import decide, keep_limits

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def lattice(width: int, height: int) -> ContiguityGraph:
    """Give unit squares of 100 m, numbered along rows."""
    at = np.arange(width * height).reshape(height, width)
    edges = np.concatenate(
        [np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]), np.column_stack([at[:-1].ravel(), at[1:].ravel()])]
    )
    xy_m = 100.0 * np.column_stack([at.ravel() % width, at.ravel() // width])
    n = width * height
    return ContiguityGraph.from_edges(n, edges, np.full(len(edges), 100.0), area_m2=np.full(n, 1e4), xy_m=xy_m)


def least_breaches(graph: ContiguityGraph, weight: Floats, k: int, lower: float, upper: float) -> tuple[float, float]:
    """Try every assignment into k parts, none empty: the least worst breach of all, and of the connected ones."""
    whole = nx.Graph(graph.edges()[0].tolist())
    whole.add_nodes_from(range(graph.n))
    of_all = of_connected = math.inf
    for code in itertools.product(range(k), repeat=graph.n - 1):
        labels = np.array([0, *code])
        held = np.bincount(labels, weight, k)
        breach = float(np.maximum(np.maximum(held - upper, lower - held), 0.0).max())
        of_all = min(of_all, breach)
        if breach < of_connected and len(set(labels.tolist())) == k:
            parts = [whole.subgraph(np.flatnonzero(labels == a).tolist()) for a in range(k)]
            if all(nx.is_connected(part) for part in parts):
                of_connected = breach
    return of_all, of_connected


def worst(labels: Labels, weight: Floats, k: int, lower: float, upper: float) -> float:
    held = np.bincount(labels, weight, k)
    return float(np.maximum(np.maximum(held - upper, lower - held), 0.0).max())


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from([(2, 2), (4, 1), (3, 2), (7, 1), (4, 2), (3, 3)]),
    st.integers(1, 3),
    st.integers(0, 2**31),
    st.floats(0.0, 0.4),
)
def test_verdicts_are_those_of_trying_everything(shape: tuple[int, int], k: int, seed: int, slack: float) -> None:
    graph = lattice(*shape)
    weight = np.random.default_rng(seed).integers(0, 12, graph.n).astype(float)
    mean = float(weight.sum()) / k
    lower, upper = math.floor(mean * (1 - slack)), math.ceil(mean * (1 + slack))
    of_all, of_connected = least_breaches(graph, weight, k, lower, upper)
    verdict = decide(graph, weight, k, lower, upper)
    assert verdict.feasible is (of_connected == 0)
    assert verdict.breach == pytest.approx(of_connected, abs=1e-4)
    assert verdict.least_breach == pytest.approx(of_connected, abs=1e-3)
    assert verdict.touching is (of_all == 0)
    assert verdict.labels is not None
    assert worst(verdict.labels, weight, k, lower, upper) == pytest.approx(of_connected, abs=1e-9)
    assert sorted(set(verdict.labels.tolist())) == list(range(k))
    assert graph.components(verdict.labels).max() == k - 1


def test_a_division_beyond_its_limits_is_replaced_where_there_is_a_better_one() -> None:
    graph = lattice(6, 4)
    weight = np.ones(24)
    columns = np.minimum(np.arange(24) % 6 // 2, 1)  # 8 and 16
    labels = keep_limits(graph, weight, columns, 2, 11, 13)
    assert worst(labels, weight, 2, 11, 13) == 0
    assert graph.components(labels).max() == 1
    within = keep_limits(graph, weight, columns, 2, 8, 16)
    assert within is columns


def test_what_can_not_be_mended_comes_as_near_as_can_be() -> None:
    graph = lattice(5, 1)
    weight = np.array([1.0, 1.0, 9.0, 1.0, 1.0])
    assert worst(keep_limits(graph, weight, np.array([0, 1, 1, 1, 1]), 2, 6, 7), weight, 2, 6, 7) == 4
    verdict = decide(graph, weight, 2, 6, 7)
    assert (verdict.feasible, verdict.touching) == (False, False)
    assert verdict.least_breach == pytest.approx(4)


@pytest.mark.parametrize("unit", [1, 10])
def test_contiguity_alone_can_forbid_a_division(unit: float) -> None:
    graph, weight = lattice(4, 1), unit * np.array([5.0, 5.0, 1.0, 1.0])
    verdict = decide(graph, weight, 2, 6 * unit, 6 * unit)
    assert (verdict.feasible, verdict.touching) == (False, True)
    assert (verdict.least_breach, verdict.breach) == pytest.approx((unit, unit))


def test_nobody_lives_here() -> None:
    assert decide(lattice(3, 1), np.zeros(3), 2, 0, math.inf).feasible is True

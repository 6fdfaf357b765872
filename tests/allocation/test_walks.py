import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation.walks import closed_walk, least_repetition

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def connected_graph(rng: np.random.Generator, n: int, more: int) -> tuple[Ints, Ints, Floats]:
    """Give a random tree and some edges more: loops and parallel ones too."""
    tail = np.concatenate([rng.integers(0, np.arange(1, n)), rng.integers(0, n, more)])
    head = np.concatenate([np.arange(1, n), rng.integers(0, n, more)])
    return tail, head, rng.random(len(tail))


def least_by_matching(tail: Ints, head: Ints, length: Floats) -> float:
    graph = nx.MultiGraph()
    for a, b, metres in zip(tail.tolist(), head.tolist(), length, strict=True):
        graph.add_edge(a, b, metres=metres)
    way = dict(nx.all_pairs_dijkstra_path_length(graph, weight="metres"))
    odd = [node for node in graph if graph.degree(node) % 2]
    pairs = nx.Graph()
    pairs.add_weighted_edges_from((a, b, way[a][b]) for a in odd for b in odd if a < b)
    return float(sum(way[a][b] for a, b in nx.min_weight_matching(pairs)))


def check_walk(tail: Ints, head: Ints, twice: npt.NDArray[np.bool_]) -> None:
    edges, forward = closed_walk(tail, head, twice)
    assert np.array_equal(np.bincount(edges, minlength=len(tail)), 1 + twice)
    begins, ends = np.where(forward, tail[edges], head[edges]), np.where(forward, head[edges], tail[edges])
    assert np.array_equal(begins, np.roll(ends, 1))


@settings(max_examples=30, deadline=None)
@given(n=st.integers(2, 14), more=st.integers(0, 14), seed=st.integers(0, 10**6))
def test_the_walk_is_as_short_as_the_matching_says(n: int, more: int, seed: int) -> None:
    tail, head, length = connected_graph(np.random.default_rng(seed), n, more)
    twice, bound = least_repetition(tail, head, length)
    least = least_by_matching(tail, head, length)
    assert length[twice].sum() == pytest.approx(least, abs=1e-7)
    assert bound == pytest.approx(least, abs=1e-6)
    check_walk(tail, head, twice)


def test_out_of_time_the_walk_is_still_closed_and_the_bound_holds() -> None:
    tail, head, length = connected_graph(np.random.default_rng(1), 60, 40)
    twice, bound = least_repetition(tail, head, length, seconds=0.0)
    check_walk(tail, head, twice)
    assert bound <= least_by_matching(tail, head, length) + 1e-9 <= length[twice].sum() + 2e-9


def test_a_round_way_repeats_nothing_and_a_dead_end_is_walked_back() -> None:
    ring = np.array([0, 1, 2]), np.array([1, 2, 0])
    twice, bound = least_repetition(*ring, np.ones(3))
    assert not twice.any()
    assert bound == 0
    twice, bound = least_repetition(np.array([0, 1, 2, 2]), np.array([1, 2, 0, 3]), np.array([1.0, 1, 1, 7]))
    assert twice.tolist() == [False, False, False, True]
    assert bound == 7

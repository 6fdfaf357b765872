import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.partition import apportion, assign

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

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InputError

EDGES = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1), st.integers(0, 5)).filter(lambda e: e[0] != e[1]),
            max_size=40,
        ),
    )
)


def _graph(n: int, edges: list[tuple[int, int, int]]) -> ContiguityGraph:
    return ContiguityGraph.from_edges(n, [e[:2] for e in edges], [e[2] for e in edges], outer_border_m=np.ones(n))


def _twin(n: int, edges: list[tuple[int, int, int]]) -> "nx.Graph[int]":
    twin: nx.Graph[int] = nx.Graph()
    twin.add_nodes_from(range(n))
    for a, b, length in edges:
        if length:
            twin.add_edge(a, b, length=length + (twin[a][b]["length"] if twin.has_edge(a, b) else 0))
    return twin


@given(EDGES)
def test_graph_equals_networkx(case: tuple[int, list[tuple[int, int, int]]]) -> None:
    graph, twin = _graph(*case), _twin(*case)
    pairs, border_m, _ = graph.edges()
    assert {(int(a), int(b)): w for (a, b), w in zip(pairs, border_m, strict=True)} == {
        (min(a, b), max(a, b)): w for a, b, w in twin.edges(data="length")
    }
    expected = {u: 1 + sum(twin[u][v]["length"] for v in twin[u]) for u in twin}
    assert graph.perimeter_m.tolist() == [expected[u] for u in range(graph.n)]


@given(EDGES, st.data())
def test_components_equal_networkx(case: tuple[int, list[tuple[int, int, int]]], data: st.DataObject) -> None:
    graph, twin = _graph(*case), _twin(*case)
    group = np.array(data.draw(st.lists(st.integers(0, 2), min_size=graph.n, max_size=graph.n)))
    twin.remove_edges_from([(a, b) for a, b in twin.edges if group[a] != group[b]])
    found = graph.components(group)
    assert {frozenset(np.flatnonzero(found == c).tolist()) for c in set(found.tolist())} == {
        frozenset(c) for c in nx.connected_components(twin)
    }


@given(EDGES, st.data())
def test_subgraph_keeps_every_perimeter(case: tuple[int, list[tuple[int, int, int]]], data: st.DataObject) -> None:
    graph = _graph(*case)
    chosen = data.draw(st.lists(st.integers(0, graph.n - 1), unique=True, min_size=1))
    part = graph.subgraph(chosen)
    assert part.perimeter_m.tolist() == graph.perimeter_m[chosen].tolist()
    twin = _twin(*case).subgraph(chosen)
    pairs, _, _ = part.edges()
    assert {frozenset(chosen[i] for i in pair) for pair in pairs.tolist()} == {frozenset(e) for e in twin.edges}


@given(EDGES)
def test_closing_a_border_makes_it_outer_border(case: tuple[int, list[tuple[int, int, int]]]) -> None:
    graph = _graph(*case)
    closed = (graph.sources() % 2) != (graph.indices % 2)
    opened = graph.without(closed)
    assert opened.perimeter_m.tolist() == graph.perimeter_m.tolist()
    assert len(opened.indices) == int((~closed).sum())


@pytest.mark.parametrize(("flags", "hardest"), [([0, 3], 3), ([-2, 0], -2), ([-2, 1], 1), ([-1, -4], -4), ([0, 0], 0)])
def test_barrier_of_a_repeated_pair_is_the_hardest(flags: list[int], hardest: int) -> None:
    graph = ContiguityGraph.from_edges(2, [(0, 1), (1, 0)], [1.0, 2.0], barrier=flags)
    assert graph.barrier.tolist() == [hardest, hardest]
    assert graph.border_m.tolist() == [3.0, 3.0]


@pytest.mark.parametrize(
    ("n", "edges", "border_m", "said"),
    [
        (2, [(0, 2)], [1.0], "names unit 2"),
        (2, [(1, 1)], [1.0], "to itself"),
        (2, [(0, 1)], [-1.0], "border_m"),
        (2, [(0, 1)], [float("nan")], "border_m"),
        (2, [(0, 1)], [1.0, 2.0], "shape"),
    ],
)
def test_bad_edges_are_named(n: int, edges: list[tuple[int, int]], border_m: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ContiguityGraph.from_edges(n, edges, border_m)


def test_outer_borders_a_hair_below_zero_are_zero() -> None:
    graph = ContiguityGraph.from_edges(2, [(0, 1)], [1.0], outer_border_m=[-5e-12, 2.0])
    assert graph.outer_border_m.tolist() == [0.0, 2.0]
    with pytest.raises(InputError, match="outer_border_m"):
        ContiguityGraph.from_edges(2, [(0, 1)], [1.0], outer_border_m=[-1.0, 2.0])

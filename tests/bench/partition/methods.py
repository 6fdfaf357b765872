"""Who divides: METIS, GerryChain and ours, each given the graph in its own form before the clock starts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.partition import ContiguityGraph, assign
from tests.bench.partition.instances import Arrays, without_barriers

__all__ = ["METHODS", "OURS", "prepare"]

Labels = npt.NDArray[np.int32]
Run = Callable[[], Labels]

METHODS = {
    "metis": "METIS",
    "metis_tight": "METIS, ufactor 10",
    "metis_thorough": "METIS, 5 cuts × 50 iterations",
    "metis_broken": "METIS, parts may be broken",
    "gerrychain": "GerryChain, recursive tree, 5 %",
    "gerrychain_quick": "GerryChain, the same over rustworkx",
    "quick": "ours, quick",
    "default": "ours, default",
    "best": "ours, best",
}
OURS = ("quick", "default", "best")

_METIS_OPTIONS: dict[str, dict[str, int]] = {
    "metis": {"contig": 1},
    "metis_tight": {"contig": 1, "ufactor": 10},
    "metis_thorough": {"contig": 1, "ncuts": 5, "niter": 50},
    "metis_broken": {"contig": 0},
}


def prepare(method: str, graph: Arrays, k: int, seed: int, *, hard_barriers: bool) -> Run:
    """Give the call that is to be timed: nothing of it is done yet, but all it needs is in memory and compiled."""
    if method in OURS:
        return _ours(method, graph, k, seed, hard_barriers=hard_barriers)
    ground = without_barriers(graph) if hard_barriers else graph
    if method.startswith("gerrychain"):
        return _gerrychain(ground, k, seed, quick=method == "gerrychain_quick")
    return _metis(method, ground, k, seed)


def _ours(effort: Any, graph: Arrays, k: int, seed: int, *, hard_barriers: bool) -> Run:
    ours = _contiguity(graph, barrier=graph["barrier"] if hard_barriers else None)
    _warm_up()
    return lambda: assign(ours, graph["pop"], k, 0.03, effort=effort, seed=seed)


def _contiguity(graph: Arrays, barrier: npt.NDArray[np.int8] | None) -> ContiguityGraph:
    return ContiguityGraph.from_edges(
        graph["n"], graph["edges"], graph["w"], graph["ext"], graph["area"], graph["xy"], barrier
    )


def _warm_up() -> None:
    """Have the kernels compiled and loaded, those that barriers need too, on a lattice of 20 × 20."""
    side = 20
    number = np.arange(side * side).reshape(side, side)
    across, down = (number[:, :-1], number[:, 1:]), (number[:-1], number[1:])
    edges = np.concatenate([np.column_stack([a.ravel(), b.ravel()]) for a, b in (across, down)])
    xy = np.column_stack(np.divmod(number.ravel(), side)).astype(np.float64)
    barrier = (edges % side == [side // 2 - 1, side // 2]).all(axis=1).astype(np.int8)
    for walls in (None, barrier):
        lattice = ContiguityGraph.from_edges(side**2, edges, np.ones(len(edges)), xy_m=xy, barrier=walls)
        assign(lattice, 1 + number.ravel() % 7, 20, effort="quick")


def _metis(method: str, graph: Arrays, k: int, seed: int) -> Run:
    import pymetis

    csr = _contiguity(graph, None)
    integer = pymetis.zero_copy_dtype()
    adjacency = pymetis.CSRAdjacency(csr.indptr.astype(integer), csr.indices.astype(integer))
    border = np.maximum(np.rint(csr.border_m), 1).astype(integer)
    people = graph["pop"].astype(integer)
    options = pymetis.Options(seed=seed, **_METIS_OPTIONS[method])
    return lambda: np.asarray(
        pymetis.part_graph(
            k, adjacency, vweights=people, eweights=border, recursive=False, options=options
        ).vertex_part,
        dtype=np.int32,
    )  # fmt: skip


def _gerrychain(graph: Arrays, k: int, seed: int, *, quick: bool) -> Run:
    """Over a networkx graph, as its documentation has it, or over rustworkx; at 3 % it draws many more trees."""
    import gerrychain
    import networkx as nx
    from gerrychain.partition import recursive_tree_part

    plain = nx.Graph()
    plain.add_nodes_from((unit, {"pop": people}) for unit, people in enumerate(graph["pop"].tolist()))
    plain.add_edges_from(graph["edges"].tolist())
    wrapped = gerrychain.Graph.from_networkx(plain)
    if quick:
        wrapped = wrapped.convert_from_nx_to_rx()
    mean = float(graph["pop"].sum()) / k

    def run() -> Labels:
        # both number the units in the order in which they were added
        part = recursive_tree_part(wrapped, range(k), mean, "pop", 0.05, rng=seed)
        return np.array([part[unit] for unit in range(graph["n"])], dtype=np.int32)

    return run

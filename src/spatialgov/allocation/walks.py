"""Closed walks over every street: which to walk twice, so that the way is shortest, and the walk itself."""

import math
import time

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

from spatialgov.partition.highs import milp
from spatialgov.time_limit import check_time

__all__ = ["closed_walk", "least_repetition"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TRIFLE = 1e-9
"""Of the longest edge: what an edge costs that is walked twice anyhow."""


def least_repetition(tail: Ints, head: Ints, length: Floats, *, seconds: float = math.inf) -> tuple[Bools, float]:
    """Choose the edges to walk twice, so that a closed walk passes every edge and is as short as can be.

    Parameters
    ----------
    tail, head
        int64, shape (m,): the nodes of each edge of a connected graph; edges may be parallel or loops.
    length
        Shape (m,), ≥ 0.
    seconds
        Time that it may take, about.

    Returns
    -------
    twice : ndarray
        bool, shape (m,).
    bound
        No closed walk repeats less than this length.

    Notes
    -----
    The Chinese postman's problem (Guan 1962): the edges walked twice make the number of ends at every node even. Some
    of them leave each set of nodes with an odd number of odd ones (Edmonds & Johnson 1973): linear programmes with such
    sets, more of them while the solution leaves too little, then integer programmes. Out of time, the edges are those
    of a tree, and the bound says what that may cost.
    """
    from scipy.optimize import Bounds, LinearConstraint

    until = time.perf_counter() + seconds
    nodes, ends = np.unique(np.concatenate([tail, head]), return_inverse=True)
    n, m = len(nodes), len(tail)
    a, b = ends[:m], ends[m:]
    edge = np.flatnonzero(a != b)
    a, b, price = a[edge], b[edge], np.asarray(length, dtype=np.float64)[edge]
    k = len(edge)
    twice = np.zeros(m, dtype=bool)
    degree = np.bincount(np.concatenate([a, b]), minlength=n)
    odd = degree % 2
    if not odd.any():
        return twice, 0.0
    at_node = csr_array((np.ones(2 * k), (np.concatenate([a, b]), np.tile(np.arange(k), 2))), shape=(n, k))
    cuts = [at_node[np.flatnonzero(odd)]]
    least, whole = 0.0, 0
    while True:
        check_time()
        solution = milp(
            price,
            integrality=np.full(k, whole),
            bounds=Bounds(0.0, 1.0),
            constraints=LinearConstraint(vstack(cuts).tocsr(), 1.0, np.inf),
            options={"time_limit": max(until - time.perf_counter(), 0.01)} if seconds < math.inf else {},
        )
        if solution.status == 0:
            least = max(least, float(solution.mip_dual_bound if whole else solution.fun))
        share = np.zeros(k) if solution.x is None else solution.x
        new = _odd_sets(a, b, odd, share)
        if (new is None and whole) or time.perf_counter() > until:
            break
        if new is not None:
            cuts.append(new)
        else:
            whole = 1
    chosen = _along_a_tree(a, b, odd, price * (1.0 - share) + _TRIFLE * (price.max() + 1.0))
    twice[edge[chosen]] = True
    return twice, min(least, float(price[chosen].sum()))


def _along_a_tree(a: Ints, b: Ints, odd: Ints, price: Floats) -> Bools:
    """Give the edges of the cheapest tree that make all nodes even when walked twice."""
    n = len(odd)
    low, high = np.minimum(a, b), np.maximum(a, b)
    first = np.lexsort((price, high, low))
    first = first[
        np.r_[True, (np.diff(low[first]) != 0) | (np.diff(high[first]) != 0)]
    ]  # the cheapest of parallel ones
    tree = minimum_spanning_tree(csr_array((price[first], (low[first], high[first])), shape=(n, n)))
    order, before = breadth_first_order(tree, 0, directed=False)
    ends = zip(low[first].tolist(), high[first].tolist(), strict=True)
    edge_of = dict(zip(ends, first.tolist(), strict=True))
    parity = odd.copy()
    chosen = np.zeros(len(a), dtype=bool)
    for node in order[:0:-1].tolist():
        if parity[node] % 2:
            up = int(before[node])
            parity[up] += 1
            chosen[edge_of[min(node, up), max(node, up)]] = True
    return chosen


def _odd_sets(a: Ints, b: Ints, odd: Ints, x: Floats) -> csr_array | None:
    """Find sets of nodes with an odd number of odd ones that too little leads out of, as rows; None if there are none.

    Looked for among the parts that edges above a level join.
    """
    n, found = len(odd), {}
    for level in (1e-6, 0.3, 0.6):
        used = x > level
        joined = csr_array((np.ones(used.sum()), (a[used], b[used])), shape=(n, n))
        _, group = connected_components(joined, directed=False)
        size = np.bincount(group)
        parity = np.bincount(group, odd) % 2
        leaving = group[a] != group[b]
        sides = np.concatenate([group[a[leaving]], group[b[leaving]]])
        flow = np.bincount(sides, np.tile(x[leaving], 2), len(size))
        for g in np.flatnonzero((parity == 1) & (flow < 1.0 - 1e-6) & (size > 1)).tolist():
            row = np.flatnonzero(leaving & ((group[a] == g) | (group[b] == g)))
            found[row.tobytes()] = row
    if not found:
        return None
    rows = list(found.values())
    return csr_array(
        (
            np.ones(sum(len(row) for row in rows)),
            (np.repeat(np.arange(len(rows)), [len(row) for row in rows]), np.concatenate(rows)),
        ),
        shape=(len(rows), len(a)),
    )


def closed_walk(tail: Ints, head: Ints, twice: Bools) -> tuple[Ints, Bools]:
    """Give a closed walk that passes every edge, those of `twice` twice (Hierholzer 1873).

    Parameters
    ----------
    tail, head
        int64, shape (m,): a connected graph.
    twice
        bool, shape (m,), from `least_repetition`.

    Returns
    -------
    edges : ndarray
        int64, in the order of the walk.
    forward : ndarray
        bool: whether each is walked from its tail to its head.
    """
    edge = np.concatenate([np.arange(len(tail)), np.flatnonzero(twice)]).tolist()
    start, end = tail[edge].tolist(), head[edge].tolist()
    ways: dict[int, list[int]] = {}
    for i, (a, b) in enumerate(zip(start, end, strict=True)):
        ways.setdefault(a, []).append(i)
        ways.setdefault(b, []).append(i)
    walked = [False] * len(edge)
    path: list[tuple[int, int]] = [(start[0], -1)]  # a node, and the step that led to it
    steps: list[tuple[int, bool]] = []
    while path:
        node, step = path[-1]
        while ways[node] and walked[ways[node][-1]]:
            ways[node].pop()
        if ways[node]:
            onward = ways[node].pop()
            walked[onward] = True
            path.append((end[onward] if start[onward] == node else start[onward], onward))
        else:
            path.pop()
            if step >= 0:
                steps.append((edge[step], start[step] == node))  # backwards: the walk is turned round
    return np.array([e for e, _ in steps], dtype=np.int64), np.array([f for _, f in steps], dtype=bool)

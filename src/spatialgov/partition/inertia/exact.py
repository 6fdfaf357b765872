"""Units shared out among fixed centres as well as can be: an integer program, connected by cuts."""

import math
import time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.highs import milp
from spatialgov.partition.inertia.centres import Points

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

__all__ = ["SMALL", "share_out"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

SMALL = 6_000
"""Up to so many pairs of a unit and a centre a problem is small enough."""
_ROUNDS = 12
"""Turns of solving and cutting at most; what is still in pieces then is given up."""
_NODES = 300
"""Nodes of the search tree at most, in each turn: a limit that is the same on every machine."""


def share_out(
    points: Points,
    load: Floats,
    centres: Labels,
    graph: ContiguityGraph | None = None,
    *,
    cutoff: float = math.inf,
    seconds: float = math.inf,
) -> Labels | None:
    """Give every unit to one of the centres, within the limits, with the least inertia about them.

    Parameters
    ----------
    points
        Places, masses and limits.
    load
        Shape (n,): what a unit weighs against the limits.
    centres
        int64, shape (k,): units, each of which stays in its own part.
    graph
        Parts must be connected in it; None when they need not be.
    cutoff
        Divisions with a larger inertia (mass × km²) are of no use.
    seconds
        Time that it may take; when not given, only the number of nodes is limited, and the result is always the same.

    Returns
    -------
    ndarray
        int64, shape (n,); None where none was found in the time.

    Notes
    -----
    The assignment problem is solved by HiGHS. While a part is in pieces, a cut forbids each piece away from the centre
    unless a unit around it comes along (Carvajal et al. 2013), and the problem is solved again.
    """
    from scipy.optimize import Bounds, LinearConstraint

    n, k = points.n, len(centres)
    cost = (points.mass[:, None] * points.square(centres)).ravel()
    column = np.arange(n * k)
    once = csr_array((np.ones(n * k), (column // k, column)), shape=(n, n * k))
    held = csr_array((np.repeat(load, k), (column % k, column)), shape=(k, n * k))
    rows = [LinearConstraint(once, 1.0, 1.0), LinearConstraint(held, points.lower, points.upper)]
    least = np.zeros((n, k))
    least[centres, np.arange(k)] = 1.0
    scale = float(points.mass.sum())
    cuts: list[csr_array] = []
    until = time.perf_counter() + seconds
    for _ in range(_ROUNDS):
        more = [LinearConstraint(vstack(cuts).tocsr(), -np.inf, 0.0)] if cuts else []
        found: OptimizeResult = milp(
            cost / scale,
            integrality=np.ones(n * k, np.int64),
            bounds=Bounds(least.ravel(), 1.0),
            constraints=rows + more,
            options={
                "node_limit": _NODES,
                "mip_rel_gap": 1e-5,
                "time_limit": max(until - time.perf_counter(), 0.01),
            },
        )
        if found.x is None or float(found.fun) * scale >= cutoff:
            return None
        labels: Labels = found.x.reshape(n, k).argmax(axis=1).astype(np.int64)
        if graph is None:
            return labels
        new = [_cut(graph, labels, piece, k) for piece in _strays(graph, labels, centres)]
        if not new:
            return labels
        cuts += new
    return None


def _strays(graph: ContiguityGraph, labels: Labels, centres: Labels) -> list[Labels]:
    """Give the pieces of parts that their centres are not in."""
    component = graph.components(labels)
    pieces = np.setdiff1d(component, component[centres])
    return [np.flatnonzero(component == piece) for piece in pieces]


def _cut(graph: ContiguityGraph, labels: Labels, piece: Labels, k: int) -> csr_array:
    """Forbid the units of a piece their part unless one of the units around the piece is in it; rows ≤ 0."""
    part = int(labels[piece[0]])
    around = np.setdiff1d(
        np.concatenate([graph.indices[graph.indptr[u] : graph.indptr[u + 1]] for u in piece.tolist()]), piece
    )
    m, width = len(piece), len(around)
    row = np.concatenate([np.arange(m), np.repeat(np.arange(m), width)])
    column = np.concatenate([piece, np.tile(around, m)]) * k + part
    value = np.concatenate([np.ones(m), np.full(m * width, -1.0)])
    return csr_array((value, (row, column)), shape=(m, len(labels) * k))

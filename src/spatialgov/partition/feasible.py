"""Whether small ground can be divided within hard limits at all: found, or proven impossible."""

import math
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt
from scipy.sparse import block_array, csr_array

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.highs import milp
from spatialgov.partition.inertia import settle
from spatialgov.partition.inertia.centres import Points, search_centres
from spatialgov.partition.inertia.exact import share_out

__all__ = ["MOST_GRIDS", "MOST_UNITS", "Verdict", "decide", "keep_limits"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

MOST_UNITS, MOST_GRIDS = 150, 12
"""What counts as small here."""
_TRIFLE = 1e-6
"""A breach below this share of the mean is the solver's rounding."""
_STARTS, _SETS = 10, 3
"""How many sets of centres are tried, and about how many of them parts are looked for."""
_REMEMBERED = 200
"""Verdicts that are kept: a plan is checked more than once."""
_INFEASIBLE = 2
"""What HiGHS answers, by `milp`, when it has proven that there is no solution."""
_KNOWN: "dict[tuple[bytes | float, ...], Verdict]" = {}
_LOCK = Lock()


@dataclass(frozen=True, eq=False, slots=True)
class Verdict:
    """What is known about dividing some ground within limits.

    Attributes
    ----------
    feasible
        Whether there is a division within the limits; None where the time ran out before that was known.
    touching
        Whether a proof that there is none needs contiguity: False when no way of sharing the units out, touching or
        not, keeps the limits.
    least_breach
        Proven: in every division some part is at least so far beyond its limits, in the unit of the weight.
    breach
        By how much the worst part of `labels` is beyond its limits: limits wider by so much can be kept.
    labels
        int64, shape (n,), the best connected division found; None where none was found.
    """

    feasible: bool | None
    touching: bool
    least_breach: float
    breach: float
    labels: Labels | None


def decide(
    graph: ContiguityGraph,
    weight: npt.ArrayLike,
    k: int,
    lower: float,
    upper: float,
    *,
    known: Labels | None = None,
    time_limit_s: float = 5.0,
) -> Verdict:
    """Find a division into `k` connected parts within limits, or prove that there is none.

    Parameters
    ----------
    graph
        Connected, small; with barriers left out.
    weight
        Shape (n,), not negative.
    k
        Number of parts, 1 … n.
    lower, upper
        Hard limits of a part's weight; `upper` may be infinite.
    known
        int64, shape (n,), values 0 … k - 1: connected parts, the best that are known.
    time_limit_s
        Seconds for each of the programs. Answers are remembered.

    Notes
    -----
    Both are integer programs, solved by HiGHS, for the smallest breach of the limits by the worst part. The first
    shares units out among bins. The second grows `k` trees from roots along borders; the weight flows from each root
    along its tree, as much as its units need (a single-commodity flow, as in Shirabe 2009), so that each tree is one
    part, and no part needs a number that could be swapped for another's.
    """
    load = np.ascontiguousarray(weight, dtype=np.float64)
    mean = float(load.sum()) / k or 1.0
    question = _Question(graph, load / mean, k, float(lower) / mean, min(float(upper) / mean, float(k)))
    key = (*question.key(), mean)
    with _LOCK:
        verdict = _KNOWN.pop(key, None)
    if verdict is None:
        verdict = _decided(question, known, time_limit_s, mean)
    with _LOCK:
        _KNOWN[key] = verdict
        if len(_KNOWN) > _REMEMBERED:
            del _KNOWN[next(iter(_KNOWN))]
    return verdict


@dataclass(frozen=True, eq=False, slots=True)
class _Question:
    """A graph with loads and limits in units of the mean part."""

    graph: ContiguityGraph
    load: Floats
    k: int
    lower: float
    upper: float

    def key(self) -> tuple[bytes | float, ...]:
        of = self.graph
        return of.indptr.tobytes(), of.indices.tobytes(), self.load.tobytes(), self.k, self.lower, self.upper

    def worst_breach(self, labels: Labels | None) -> float:
        if labels is None:
            return math.inf
        held = np.bincount(labels, self.load, self.k)
        return float(np.maximum(np.maximum(held - self.upper, self.lower - held), 0.0).max())


def _decided(of: _Question, known: Labels | None, seconds: float, mean: float) -> Verdict:
    aside = _least_breach_of_bins(of, seconds)
    labels, least, impossible = known, aside, aside > _TRIFLE
    if not impossible:
        labels = _better(of, labels, _about_centres(of, seconds))
    if not impossible and of.worst_breach(labels) > _TRIFLE:
        bound, grown = _grow_trees(of, 0.0, 0.0, seconds)
        impossible, labels = math.isinf(bound), _better(of, labels, grown)
    if impossible and of.worst_breach(labels) > aside + _TRIFLE:
        least, grown = _grow_trees(of, aside, min(of.worst_breach(labels), float(of.k)), seconds)
        labels = _better(of, labels, grown)
    breach = of.worst_breach(labels)
    feasible = True if breach <= _TRIFLE else (False if impossible else None)
    return Verdict(feasible, aside <= _TRIFLE, float(min(least, breach)) * mean, breach * mean, labels)


def _better(of: _Question, one: Labels | None, other: Labels | None) -> Labels | None:
    return min((one, other), key=of.worst_breach)


def _about_centres(of: _Question, seconds: float) -> Labels | None:
    """Look for connected parts within the limits about good centres; None where none is found."""
    if of.k == 1 or of.load.sum() == 0:
        return None
    points = Points.of(of.graph.xy_m, of.load + _TRIFLE, of.lower, of.upper)
    found = search_centres(points, of.k, _STARTS, _SETS, 0, np.random.default_rng(0))
    shares = (share_out(points, of.load, centres.units, of.graph, seconds=seconds / _SETS) for centres in found)
    return next((labels for labels in shares if labels is not None), None)


def _least_breach_of_bins(of: _Question, seconds: float) -> float:
    """Give a proven lower bound of the worst breach, whatever touches what."""
    from scipy.optimize import Bounds, LinearConstraint

    load = np.sort(of.load[of.load > 0])[::-1]
    n, k = len(load), of.k
    column = np.arange(n * k)
    once = csr_array((np.ones(n * k), (column // k, column)), shape=(n, n * k + 1))
    held = csr_array((np.repeat(load, k), (column % k, column)), shape=(k, n * k + 1))
    breach = csr_array((np.ones(k), (np.arange(k), np.full(k, n * k))), shape=(k, n * k + 1))
    # bins are alike: the i-th unit goes to one of the first i + 1
    open_ = np.tri(n, k).ravel()
    found = milp(
        np.append(np.zeros(n * k), 1.0),
        integrality=np.append(np.ones(n * k), 0.0),
        bounds=Bounds(0.0, np.append(open_, np.inf)),
        constraints=[
            LinearConstraint(once, 1.0, 1.0),
            LinearConstraint(held + breach, of.lower, np.inf),
            LinearConstraint(held - breach, -np.inf, of.upper),
        ],
        options={"time_limit": seconds},
    )
    return max(float(found.mip_dual_bound or 0.0), 0.0)


def _grow_trees(of: _Question, least: float, most: float, seconds: float) -> tuple[float, Labels | None]:
    """Look for connected parts that are `least` to `most` beyond their limits, as little as can be.

    Gives a proven lower bound of the breach (infinite where there are no such parts), and the best parts found.
    """
    from scipy.optimize import Bounds, LinearConstraint

    # Variables: arc is used (a), unit is a root (n), flow along the arc (a), flow into a root (n), worst breach (1).
    arcs = np.column_stack([of.graph.sources(), of.graph.indices]).astype(np.int64)
    n, a = len(of.load), len(arcs)
    arc, one, capacity = np.arange(a), np.ones(a), min(of.upper + most, float(of.k))
    into, out_of = (csr_array((one, (arcs[:, end], arc)), shape=(n, a)) for end in (1, 0))
    unit, along, ones = csr_array(np.eye(n)), csr_array((one, (arc, arc))), csr_array(np.ones((n, 1)))
    # what flows into a unit leaves out the unit that it comes from
    room = csr_array((capacity - of.load[arcs[:, 0]], (arc, arc)), shape=(a, a))
    blocks = [
        [into, unit, None, None, None],  # one arc leads to each unit that is no root
        [None, None, into - out_of, unit, None],  # each unit keeps its own weight
        [None, -of.lower * unit, None, unit, ones],
        [None, -of.upper * unit, None, unit, -ones],
        [None, -capacity * unit, None, unit, None],
        [-room, None, along, None, None],
        [None, csr_array(np.ones((1, n))), None, None, None],
    ]
    low: list[npt.ArrayLike] = [
        np.ones(n),
        of.load,
        np.zeros(n),
        np.full(n, -np.inf),
        np.full(n, -np.inf),
        np.full(a, -np.inf),
        [of.k],
    ]
    high: list[npt.ArrayLike] = [np.ones(n), of.load, np.full(n, np.inf), np.zeros(n), np.zeros(n), np.zeros(a), [of.k]]
    free = np.full(a + n, np.inf)
    found = milp(
        np.append(np.zeros(2 * (a + n)), 1.0),
        integrality=np.append(np.ones(a + n), np.zeros(a + n + 1)),
        bounds=Bounds(
            np.append(np.zeros(2 * (a + n)), least),
            np.concatenate([np.ones(a + n), free, [most]]),
        ),
        constraints=LinearConstraint(block_array(blocks).tocsr(), np.concatenate(low), np.concatenate(high)),
        options={"time_limit": seconds},
    )
    if found.status == _INFEASIBLE:
        return math.inf, None
    labels = None if found.x is None else _trees(arcs, found.x[:a] > 0.5, found.x[a : a + n] > 0.5)
    return max(float(found.mip_dual_bound or 0.0), least), labels


def _trees(arcs: Labels, used: npt.NDArray[np.bool_], root: npt.NDArray[np.bool_]) -> Labels:
    """Number the trees. Units without weight that no root feeds join a neighbour."""
    labels = np.full(len(root), -1, np.int64)
    labels[root] = np.arange(np.count_nonzero(root))
    for ways in (arcs[used], arcs):
        while len(new := ways[(labels[ways[:, 0]] >= 0) & (labels[ways[:, 1]] < 0)]):
            labels[new[:, 1]] = labels[new[:, 0]]
    return labels


def keep_limits(
    graph: ContiguityGraph, weight: npt.ArrayLike, labels: Labels, k: int, lower: float, upper: float
) -> Labels:
    """Give a division of small ground that keeps hard limits better than `labels` do; these where there is none.

    Parameters
    ----------
    graph, weight, k, lower, upper
        As for `decide`.
    labels
        int64, shape (n,), values 0 … k - 1: the division that the engine found.
    """
    load = np.asarray(weight, dtype=np.float64)
    held = np.bincount(labels, load, k)
    breach = float(np.maximum(held - upper, lower - held).max())
    if breach <= 0 or graph.n > MOST_UNITS or k > MOST_GRIDS:
        return labels
    verdict = decide(graph, load, k, lower, upper, known=labels)
    if verdict.labels is None or verdict.breach >= breach:
        return labels
    return settle(graph, load, verdict.labels, k, lower - verdict.breach, upper + verdict.breach)

"""Parts about their centres: connected, within limits, and with their people as near to the middle as can be."""

import math
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.partition.inertia._kernels import anneal_inertia, exchange, nearest_units
from spatialgov.partition.inertia.centres import Centres, Points, search_centres
from spatialgov.partition.inertia.exact import SMALL, share_out
from spatialgov.partition.inertia.measure import moment_of_inertia
from spatialgov.partition.refine import Level, mend_all
from spatialgov.partition.start import hilbert_order, start
from spatialgov.partition.start._kernels import repair

__all__ = ["divide_by_inertia", "moment_of_inertia", "settle"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

_HOT, _COLD = 0.3, 0.005
"""First and last temperature of annealing, in units of a mean unit moved by the extent of a part."""
_SOFT, _FIRM = 0.03, 1.0
"""First and last price of weight beyond the limits, in units of the squared extent of a part."""
_SETTLING = 20
"""Turns at most of exchanges and centres, which settle after a few."""
_LITTLE = 0.005
"""A gain below this share is not worth an integer program."""
_MOST_WORK = 4_000_000
"""Up to so many units × parts² centres are searched for, beyond it power diagrams must do."""


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much work goes into a problem of 10,000 pairs of a unit and a centre; larger ones get less of each.

    Attributes
    ----------
    starts, keep, tries
        See `search_centres`.
    polishes
        How often sets of centres are made into connected parts.
    rounds, sweeps
        Rounds of a polish, sweeps of annealing in each.
    exact
        About how many sets of centres the units of a small problem are shared out exactly.
    """

    starts: int
    keep: int
    tries: int
    polishes: int
    rounds: int
    sweeps: int
    exact: int

    def search(self, points: Points, k: int, rng: np.random.Generator) -> list[Centres]:
        pairs = points.n * k
        starts = min(self.starts, self.starts * 10_000 // pairs + 1)
        tries = min(self.tries, self.tries * 40_000 // (pairs * k))
        return search_centres(points, k, starts, self.keep, tries, rng)

    def attempts(self, n: int, k: int) -> int:
        return min(self.polishes, self.polishes * 40_000 // (n * max(k, 20)) + 1)


Effort = Literal["quick", "default", "best"]
_BUDGETS: dict[Effort, _Budget] = {
    "quick": _Budget(starts=12, keep=2, tries=20, polishes=2, rounds=2, sweeps=60, exact=0),
    "default": _Budget(starts=40, keep=6, tries=60, polishes=16, rounds=3, sweeps=150, exact=3),
    "best": _Budget(starts=150, keep=24, tries=200, polishes=160, rounds=3, sweeps=250, exact=8),
}


@dataclass(frozen=True, eq=False, slots=True)
class _Problem:
    """A connected graph in Hilbert order, its loads, and the same as points in the plane."""

    graph: ContiguityGraph
    load: Floats
    points: Points
    k: int
    lower: float
    upper: float

    @classmethod
    def of(cls, graph: ContiguityGraph, load: Floats, k: int, lower: float, upper: float) -> Self:
        """Give units without people a trifle of mass, so that they go where they are near."""
        mass = load + 1e-6 * float(load.mean()) if load.any() else np.ones(graph.n)
        mean = float(mass.sum()) / k
        lower, upper = float(lower), float(upper)  # the kernels would be compiled again for whole numbers
        points = Points.of(graph.xy_m, mass, min(lower, mean), min(max(upper, mean), mean * k))
        return cls(graph, load, points, k, lower, upper)

    def breach(self, labels: Labels) -> float:
        held = np.bincount(labels, self.load, self.k)
        return float(np.maximum(np.maximum(held - self.upper, self.lower - held), 0.0).sum())

    def mend(self, labels: Labels) -> None:
        """Bring parts within the limits by chains of moves, in place."""
        level = Level.of(self.graph, self.load[:, None], np.ones(self.graph.n, bool))
        target, lower, upper = (np.array([value]) for value in (self.load.sum() / self.k, self.lower, self.upper))
        mend_all(level, labels, self.k, target, lower, upper)

    def score(self, labels: Labels) -> tuple[float, float]:
        """Give the total breach of the limits, then the inertia: what is less is better."""
        trifle = 1e-9 * float(self.load.sum())
        breach = self.breach(labels)
        centres = np.zeros(self.k, np.int64)
        of = self.points
        nearest_units(of.x, of.y, of.mass, labels, self.k, centres)
        own = centres[labels]
        inertia = float((of.mass * ((of.x - of.x[own]) ** 2 + (of.y - of.y[own]) ** 2)).sum())
        return (breach if breach > trifle else 0.0, inertia)


def divide_by_inertia(
    graph: ContiguityGraph,
    weight: npt.ArrayLike,
    k: int,
    lower: float,
    upper: float,
    *,
    effort: Effort = "default",
    seed: int = 0,
) -> Labels:
    """Divide a connected graph into exactly `k` connected parts within limits, with a small moment of inertia.

    Parameters
    ----------
    graph
        Connected; `xy_m` must be set.
    weight
        Shape (n,), not negative: people or households of each unit. They count against the limits and in the inertia.
    k
        Number of parts.
    lower, upper
        Least and largest weight of a part. Where no division within them is found, the one with the least total breach
        is given.
    effort
        ``quick``, ``default`` or ``best``: how many centres and divisions about them are tried.
    seed
        The same seed gives the same parts.

    Returns
    -------
    ndarray
        int64, shape (n,), values 0 … k - 1, none of them missing.

    Raises
    ------
    InputError
        When the weights or limits make no sense, or the graph is not connected.
    InfeasibleError
        When there are fewer units than parts.

    See Also
    --------
    moment_of_inertia : the measure.
    spatialgov.partition.bounds.inertia_bound : how much better any division could be.

    Notes
    -----
    About fixed centres the best division, connected or not, is a transport problem: its dual has one price for each
    part, and units go to the nearest centre at these prices (Hess et al. 1965; Cohen-Addad, Klein & Young 2018). So
    sets of centre units are compared by their dual, which is a proven bound for each, by a local search from many
    starts. The best sets are made into connected parts: stray pieces join their neighbours, then annealing and
    exchanges of single units and of pairs about the centres, which move into the middle of their parts in between.
    """
    load = _checked(graph, weight, k, lower, upper)
    if k == 1:
        return np.zeros(graph.n, np.int64)
    order = hilbert_order(graph.xy_m)
    problem = _Problem.of(graph.subgraph(order), load[order], k, lower, upper)
    labels = np.empty(graph.n, np.int64)
    labels[order] = _best_division(problem, _BUDGETS[effort], np.random.default_rng(seed))
    return labels


def settle(
    graph: ContiguityGraph, weight: npt.ArrayLike, labels: npt.ArrayLike, k: int, lower: float, upper: float
) -> Labels:
    """Lower the inertia of a division by exchanges of units, without a new breach of the limits.

    Parameters
    ----------
    graph, weight, k, lower, upper
        As for `divide_by_inertia`.
    labels
        Integers, shape (n,), values 0 … k - 1, each at least once: connected parts.

    Returns
    -------
    ndarray
        int64, shape (n,).
    """
    problem = _Problem.of(graph, _checked(graph, weight, k, lower, upper), k, lower, upper)
    settled, centres = np.array(labels, dtype=np.int64), np.zeros(k, np.int64)
    nearest_units(problem.points.x, problem.points.y, problem.points.mass, settled, k, centres)
    _settle(problem, settled, centres)
    return settled


def _best_division(problem: _Problem, budget: _Budget, rng: np.random.Generator) -> Labels:
    attempts = budget.attempts(problem.graph.n, problem.k)
    if problem.graph.n * problem.k**2 <= _MOST_WORK:
        found = budget.search(problem.points, problem.k, rng)
    else:
        found = [_power_diagram(problem, rng) for _ in range(attempts)]
    best: Labels | None = None
    least = (math.inf, math.inf)
    for attempt in range(attempts):
        # The duals are proven: centres whose dual is above the best division can't give a better one.
        hopeful = [centres for centres in found if least[0] > 0 or centres.dual < least[1]] or found[:1]
        labels = _divide_about(problem, hopeful[attempt % len(hopeful)], budget, rng)
        score = problem.score(labels)
        if best is None or score < least:
            best, least = labels, score
    assert best is not None
    for centres in found[: budget.exact] if problem.graph.n * problem.k <= SMALL else []:
        exact = _shared_out(problem, centres, least)
        if exact is not None and (score := problem.score(exact)) < least:
            best, least = exact, score
    return best


def _power_diagram(problem: _Problem, rng: np.random.Generator) -> Centres:
    """Give centres for a problem too large for all distances; nothing is known about their prices and their dual."""
    labels = start(problem.graph, problem.points.mass, problem.k, rng, np.full(problem.graph.n, -1, np.int64))
    return Centres(np.zeros(problem.k, np.int64), np.zeros(problem.k), labels, 0.0)


def _divide_about(problem: _Problem, about: Centres, budget: _Budget, rng: np.random.Generator) -> Labels:
    """Make the nearest centres into connected parts within the limits, the best of several rounds."""
    graph, of, k = problem.graph, problem.points, problem.k
    labels = about.labels.copy()
    repair(graph.indptr, graph.indices, graph.border_m, of.mass, labels, k)
    centres = about.units.copy()
    nearest_units(of.x, of.y, of.mass, labels, k, centres)
    best, least = labels.copy(), problem.score(labels)
    for cooler in 0.5 ** np.arange(budget.rounds):
        anneal_inertia(
            graph.indptr, graph.indices, of.x, of.y, of.mass, problem.load, labels, k, centres, about.price,
            problem.lower, problem.upper, of.gaps(centres) / 6, _SOFT / cooler, _FIRM / cooler, budget.sweeps,
            _HOT * cooler, _COLD, int(rng.integers(2**31)),
        )  # fmt: skip
        # Exchanges pay any inertia for balance: where no prices have brought it near, chains of moves get it cheaper.
        if about.price.any():
            _settle(problem, labels, centres)
        if problem.breach(labels) > 0:
            problem.mend(labels)
            nearest_units(of.x, of.y, of.mass, labels, k, centres)
        _settle(problem, labels, centres)
        score = problem.score(labels)
        if score < least:
            best, least = labels.copy(), score
    return best


def _shared_out(problem: _Problem, about: Centres, least: tuple[float, float]) -> Labels | None:
    """Share the units out about their centres exactly, where that can give a better score than the `least`."""
    cutoff = least[1] if least[0] == 0 else math.inf
    if about.dual >= cutoff * (1 - _LITTLE):
        return None
    # Units without people weigh enough for the solver to see them.
    points = replace(problem.points, mass=problem.load + 1e-4 * float(problem.points.mass.mean()))
    labels = share_out(points, problem.load, about.units, problem.graph, cutoff=cutoff)
    if labels is not None:
        _settle(problem, labels, about.units.copy())
    return labels


def _settle(problem: _Problem, labels: Labels, centres: Labels) -> None:
    """Exchange units about the centres and put these into the middle of their parts, in turns; in place."""
    graph, of, k = problem.graph, problem.points, problem.k
    for _ in range(_SETTLING):
        exchange(
            graph.indptr, graph.indices, of.x, of.y, of.mass, problem.load, labels, k, centres, problem.lower,
            problem.upper, 50,
        )  # fmt: skip
        before = centres.copy()
        nearest_units(of.x, of.y, of.mass, labels, k, centres)
        if (before == centres).all():
            break


def _checked(graph: ContiguityGraph, weight: npt.ArrayLike, k: int, lower: float, upper: float) -> Floats:
    load = np.array(weight, dtype=np.float64)
    if load.shape != (graph.n,) or not np.isfinite(load).all() or (load < 0).any():
        raise InputError(
            t(
                "The weights must be {n} finite numbers, none of them negative.",
                "权重必须为 {n} 个有限的非负数。",
                n=graph.n,
            )
        )
    if not 0 <= lower <= upper:
        raise InputError(
            t(
                "The limits {lower} to {upper} of a part make no sense.",
                "网格上下限 {lower} 至 {upper} 无效。",
                lower=lower,
                upper=upper,
            ),
            remedy=t("Give 0 ≤ lower ≤ upper.", "应满足 0 ≤ 下限 ≤ 上限。"),
        )
    if not 1 <= k <= graph.n:
        raise InfeasibleError(
            t(
                "{k} parts can't be made of {n} units.",
                "{n} 个基本单元无法划分为 {k} 个部分。",
                k=k,
                n=graph.n,
            )
        )
    if graph.components().max() > 0:
        raise InputError(
            t("The units are not all connected.", "基本单元并非全部连通。"),
            remedy=t("Divide each connected piece on its own.", "请分别划分各连通部分。"),
        )
    return load

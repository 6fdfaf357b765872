"""The partition engine: a contiguity graph with loads in, connected and balanced parts out."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.partition._kernels import anneal, border_rises, breach, imbalance, mend, nearest_power_centre, repair
from spatialgov.partition.levels import Level, hilbert_order

__all__ = ["Effort", "apportion", "assign"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Effort = Literal["quick", "default", "best"]

_PRICE = 60.0
"""Price of imbalance against raggedness: 5 points beyond the tolerance cost as much as a disc turned into a strip."""
_AIM = 0.75
"""Share of the tolerance that annealing aims at: what it leaves beyond the tolerance is little enough to be mended."""
_HOT, _COLD = 1.7, 0.025
"""First and last temperature, in units of the median rise of a move at the start."""
_LEVELS, _FEW_UNITS = 3, 30
"""Coarser levels; only one where parts have fewer units than this, because groups of them would be too few."""
_COARSE = 1.5
"""Groups of units can't be balanced as finely as units: the tolerance is wider for them by this factor."""
_PAIR_SHARE = 0.2
"""A group of units that moves as one holds at most this share of a part."""
_MEND_WIDTHS = (np.array([24, 12, 12]), np.array([48, 16, 12, 8]))
"""How many moves are looked at in each link of a mending chain; the longer chains only where the shorter fail."""


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much work goes into a problem.

    Attributes
    ----------
    offers
        Moves to be offered in all, shared out among the starts; few units get more sweeps and more starts.
    least_sweeps, most_sweeps
        Bounds of the sweeps of one start.
    starts_below, most_starts
        Starts are made as long as their units don't exceed `starts_below`, at most `most_starts`, at least one.
    """

    offers: float
    least_sweeps: int
    most_sweeps: int
    starts_below: int
    most_starts: int

    def starts(self, n: int) -> int:
        return int(min(max(self.starts_below // n, 1), self.most_starts))

    def sweeps(self, n: int) -> int:
        wanted = min(self.offers / n, 2.5 * self.most_sweeps) / self.starts(n)
        return int(min(max(wanted, self.least_sweeps), self.most_sweeps))


_BUDGETS: dict[Effort, _Budget] = {
    "quick": _Budget(3e6, 20, 400, 0, 1),
    "default": _Budget(2e7, 60, 6000, 4000, 16),
    "best": _Budget(2e8, 200, 20_000, 20_000, 48),
}


def apportion(weight: npt.ArrayLike, k: int, *, most: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Share `k` grids out among areas by their weight, at least one each (Webster's method).

    Parameters
    ----------
    weight
        Shape (areas,), not negative.
    k
        Number of grids, at least the number of areas.
    most
        Integers, shape (areas,): no area gets more (it has no more units).

    Returns
    -------
    ndarray
        int64, shape (areas,), adding up to `k`.

    Raises
    ------
    InfeasibleError
        When `k` is below the number of areas or above the sum of `most`; the message gives the nearest feasible k.
    """
    load = np.asarray(weight, dtype=np.float64)
    limit = np.asarray(most, dtype=np.int64)
    if k < len(load):
        raise InfeasibleError(
            t(
                "{k} grids were asked for, but the area has {parts} parts that share no border.",
                "要求划分 {k} 个网格，但区域由 {parts} 个互不相邻的部分组成。",
                k=k,
                parts=len(load),
            ),
            remedy=t("Ask for at least {parts} grids.", "请至少划分 {parts} 个网格。", parts=len(load)),
        )
    if k > int(limit.sum()):
        raise InfeasibleError(
            t(
                "{k} grids were asked for, but there are {n} units, and a unit is never split.",
                "要求划分 {k} 个网格，但只有 {n} 个基本单元，而基本单元不可拆分。",
                k=k,
                n=int(limit.sum()),
            ),
            remedy=t("Ask for at most {n} grids.", "请最多划分 {n} 个网格。", n=int(limit.sum())),
        )
    share = np.ones(len(load), np.int64)
    for _ in range(k - len(load)):
        claim = np.where(share < limit, load / (share + 0.5), -1.0)
        share[int(np.argmax(claim))] += 1
    return share


def assign(
    graph: ContiguityGraph,
    weight: npt.ArrayLike,
    k: int,
    tolerance: float = 0.03,
    *,
    max_area_m2: float | None = None,
    effort: Effort = "default",
    seed: int = 0,
) -> npt.NDArray[np.int32]:
    """Divide the units into exactly `k` connected parts of about equal weight and compact shape.

    Components of the graph are divided apart from each other, so no part ever crosses a missing border.

    Parameters
    ----------
    graph
        Units and their shared borders; `xy_m` and `area_m2` must be set.
    weight
        Shape (n,), not negative: households, population, area or workload of each unit.
    k
        Number of parts.
    tolerance
        Relative deviation from the mean weight of a component's parts that every part should stay within.
    max_area_m2
        Largest area of a part, m²; None for no limit. A target, like the tolerance.
    effort
        ``quick``, ``default`` or ``best``: how long to look for more compact parts.
    seed
        The same seed gives the same parts.

    Returns
    -------
    ndarray
        int32, shape (n,), values 0 … k - 1, none of them missing.

    Raises
    ------
    InputError
        When the weights don't fit the graph or are negative, not finite or all zero.
    InfeasibleError
        When `k` parts can't be made, with the nearest feasible number.

    Notes
    -----
    A balanced power diagram along a Hilbert curve gives the start. Then parts are annealed on coarser levels, where
    groups of units move together, down to the units themselves. What is still beyond the tolerance is mended by
    chains of moves from part to part.
    """
    load = _checked_weight(weight, graph.n)
    component = graph.components()
    members = [np.flatnonzero(component == c) for c in range(int(component.max()) + 1)]
    share = apportion([load[m].sum() for m in members], k, most=[len(m) for m in members])
    labels = np.empty(graph.n, np.int32)
    first = 0
    for units, parts in zip(members, share.tolist(), strict=True):
        # Neighbours in the plane lie near each other in memory from here on.
        near = units[hilbert_order(graph.xy_m[units])]
        part = _divide(graph.subgraph(near), load[near], parts, tolerance, max_area_m2, _BUDGETS[effort], seed)
        labels[near] = first + part
        first += parts
    return labels


@dataclass(frozen=True, eq=False, slots=True)
class _Goal:
    """What parts aim at: weight and area in columns, float64 (2,) each."""

    target: Floats
    tolerance: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def of(cls, total: float, k: int, tolerance: float, max_area_m2: float | None) -> "_Goal":
        mean = total / k
        limit = math.inf if max_area_m2 is None else max_area_m2
        return cls(
            target=np.array([mean, 1.0 if max_area_m2 is None else limit]),
            tolerance=np.array([tolerance * _AIM, math.inf]),
            lower=np.array([mean * (1 - tolerance), 0.0]),
            upper=np.array([mean * (1 + tolerance), limit]),
        )

    def cost(self, level: Level, labels: Labels, k: int) -> float:
        """Give raggedness, imbalance and breaches of the limits, summed over the parts: less is better."""
        source = np.repeat(labels, np.diff(level.indptr))
        inner = source == labels[level.indices]
        perimeter = np.bincount(labels, level.perimeter_m, k) - np.bincount(source[inner], level.border_m[inner], k)
        area = np.bincount(labels, level.area_m2, k)
        held = np.column_stack([np.bincount(labels, column, k) for column in level.load.T])
        broken = sum(breach(row, self.target, self.lower, self.upper) for row in held)
        unfair = sum(imbalance(row, self.target, self.tolerance, self.lower, self.upper) for row in held)
        return float((perimeter / np.sqrt(4 * np.pi * area)).sum()) + _PRICE * (unfair + broken)


def _divide(
    graph: ContiguityGraph,
    weight: Floats,
    k: int,
    tolerance: float,
    max_area_m2: float | None,
    budget: _Budget,
    seed: int,
) -> Labels:
    """Divide a connected graph: several starts, the best result."""
    if k == 1:
        return np.zeros(graph.n, np.int64)
    if weight.sum() == 0:  # nobody lives here: an even share of the ground is what is left to balance
        weight = graph.area_m2
    goal = _Goal.of(float(weight.sum()), k, tolerance, max_area_m2)
    finest = Level.of(graph, np.column_stack([weight, graph.area_m2]), np.ones(graph.n, bool))
    best: Labels | None = None
    least = math.inf
    for start in range(budget.starts(graph.n)):
        rng = np.random.default_rng([seed, start])
        labels = _power_diagram(graph.xy_m, weight, k, rng)
        repair(graph.indptr, graph.indices, graph.border_m, weight, labels, k)
        _fill_empty_parts(graph, labels, k)
        labels = _refine(finest, labels, k, goal, budget.sweeps(graph.n), rng)
        cost = goal.cost(finest, labels, k)
        if best is None or cost < least:
            best, least = labels, cost
    assert best is not None
    return best


def _refine(finest: Level, labels: Labels, k: int, goal: _Goal, sweeps: int, rng: np.random.Generator) -> Labels:
    """Anneal from the coarsest level to the finest, then mend what is beyond the limits."""
    levels, groups = [finest], []
    coarse_labels = labels
    depth_of_groups = _LEVELS if finest.n >= _FEW_UNITS * k else 1
    for _ in range(depth_of_groups):
        level, group = levels[-1].coarser(coarse_labels, _PAIR_SHARE * goal.target[0], rng)
        coarse = np.empty(level.n, np.int64)
        coarse[group] = coarse_labels
        levels.append(level)
        groups.append(group)
        coarse_labels = coarse
    rises = border_rises(
        finest.indptr, finest.indices, finest.border_m, finest.perimeter_m, finest.area_m2, finest.load,
        labels, k, goal.target, goal.tolerance, goal.lower, goal.upper, _PRICE,
    )  # fmt: skip
    uphill = rises[rises > 0]
    scale = float(np.median(uphill)) if len(uphill) else 0.1
    labels = coarse_labels
    for depth in range(depth_of_groups, -1, -1):
        level = levels[depth]
        tolerance = goal.tolerance * (_COARSE if depth else 1.0)
        if depth < depth_of_groups:
            labels = labels[groups[depth]]
        anneal(
            level.indptr, level.indices, level.border_m, level.perimeter_m, level.area_m2, level.load, level.free,
            labels, k, goal.target, tolerance, goal.lower, goal.upper, _PRICE, sweeps,
            _HOT * scale * 0.5 ** (depth_of_groups - depth), _COLD * scale, int(rng.integers(2**31)),
        )  # fmt: skip
    for width in _MEND_WIDTHS:
        mend(
            finest.indptr, finest.indices, finest.border_m, finest.perimeter_m, finest.area_m2, finest.load,
            finest.free, labels, k, goal.target, goal.lower, goal.upper, width, 10 * k,
        )  # fmt: skip
    return labels


def _power_diagram(xy_m: Floats, weight: Floats, k: int, rng: np.random.Generator) -> Labels:
    """Start: equal runs along the Hilbert curve, then Lloyd steps on a power diagram whose weights chase the balance.

    `xy_m` comes in Hilbert order. Idea: Cohen-Addad, Klein & Young, *Balanced centroidal power diagrams for
    redistricting* (2018).
    """
    mass = weight + 1e-6 * max(float(weight.mean()), 1e-9)
    reached = np.cumsum(mass)
    # Where the runs begin is what tells one start from another.
    run = (reached - mass / 2) / reached[-1] * k + rng.random() - 0.5
    labels = np.clip(run.astype(np.int64), 0, k - 1)
    x, y = np.ascontiguousarray(xy_m[:, 0]), np.ascontiguousarray(xy_m[:, 1])
    mean = reached[-1] / k
    power = np.zeros(k)
    centre_x, centre_y = np.full(k, x.mean()), np.full(k, y.mean())
    best, least = labels, math.inf
    steps = 40 if len(weight) <= 200_000 else 16
    for step in range(steps):
        held = np.bincount(labels, mass, k)
        if step < steps * 0.75:
            full = held > 0
            centre_x[full] = np.bincount(labels, mass * x, k)[full] / held[full]
            centre_y[full] = np.bincount(labels, mass * y, k)[full] / held[full]
        if step % 4 == 0:
            centres = np.column_stack([centre_x, centre_y])
            distance, near = cKDTree(centres).query(centres, k=min(12, k))
            near = np.ascontiguousarray(near, dtype=np.int64)
            spacing = distance[:, min(3, k - 1)] ** 2
        nearest_power_centre(x, y, centre_x, centre_y, power, near, labels)
        deviation = np.bincount(labels, mass, k) / mean - 1.0
        unfair = float(np.minimum(np.abs(deviation), 2.0).mean())
        if unfair < least:
            best, least = labels.copy(), unfair
        power -= (0.35 if step < steps * 0.6 else 0.2) * spacing * np.clip(deviation, -0.6, 0.6)
    return best


def _fill_empty_parts(graph: ContiguityGraph, labels: Labels, k: int) -> None:
    """Give every empty part one unit, taken from the largest part so that this one stays connected."""
    for empty in np.flatnonzero(np.bincount(labels, minlength=k) == 0):
        donor = int(np.argmax(np.bincount(labels, minlength=k)))
        units = np.flatnonzero(labels == donor)
        labels[units[_last_reached(graph.subgraph(units))]] = empty


def _last_reached(graph: ContiguityGraph) -> int:
    """Give the unit that a breadth-first walk reaches last: taking it away never cuts a connected graph."""
    order = [0]
    seen = {0}
    for u in order:
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
            if v not in seen:
                seen.add(v)
                order.append(v)
    return order[-1]


def _checked_weight(weight: npt.ArrayLike, n: int) -> Floats:
    load = np.array(weight, dtype=np.float64)
    if load.shape != (n,):
        raise InputError(
            t(
                "There are {n} units, but the weights have shape {shape}.",
                "共有 {n} 个单元，但权重的形状为 {shape}。",
                n=n,
                shape=load.shape,
            )
        )
    bad = ~(load >= 0) | np.isinf(load)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            t("The weight of unit {row} is {value}.", "单元 {row} 的权重为 {value}。", row=row, value=float(load[row])),
            remedy=t("Weights are finite and not negative.", "权重必须为有限的非负数。"),
        )
    if n == 0 or load.sum() == 0:
        raise InputError(
            t("There is nothing to balance: all weights are 0.", "没有可均衡的对象：所有权重均为 0。"),
            remedy=t("Balance by area instead.", "请改为按面积均衡。"),
        )
    return load

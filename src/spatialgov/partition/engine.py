"""The partition engine: a contiguity graph with loads in, connected and balanced parts out."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.partition.refine import Goal, Level, refine
from spatialgov.partition.start import hilbert_order, start

__all__ = ["Effort", "apportion", "assign"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Effort = Literal["quick", "default", "best"]


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
    goal = Goal.of(float(weight.sum()), k, tolerance, max_area_m2)
    finest = Level.of(graph, np.column_stack([weight, graph.area_m2]), np.ones(graph.n, bool))
    best: Labels | None = None
    least = math.inf
    for attempt in range(budget.starts(graph.n)):
        rng = np.random.default_rng([seed, attempt])
        labels = start(graph, weight, k, rng)
        labels = refine(finest, labels, k, goal, budget.sweeps(graph.n), rng)
        cost = goal.cost(finest, labels, k)
        if best is None or cost < least:
            best, least = labels, cost
    assert best is not None
    return best


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

"""The partition engine: a contiguity graph with weights in, connected and balanced parts out."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.partition._kernels import anneal, nearest_power_centre, part_cost, repair

__all__ = ["apportion", "assign"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]

_STAGES = ((60.0, 600, 0.3, 0.003), (600.0, 300, 0.02, 0.001))
"""Price of imbalance against raggedness, proposals a unit, first and last temperature. The shape is found while
imbalance is cheap; then its price rises, so that what is left beyond the tolerance is worked off."""
_STARTS_BUDGET = 4000
"""Units that all starts together may hold: few units get many starts."""
_MAX_STARTS = 16


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
    seed: int = 0,
) -> Labels:
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
        Relative deviation from the mean weight of a component's parts that costs (almost) nothing.
    max_area_m2
        Largest area of a part, m²; None for no limit. A target, like the tolerance.
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
    """
    load = _checked_weight(weight, graph.n)
    component = graph.components()
    members = [np.flatnonzero(component == c) for c in range(int(component.max()) + 1)]
    share = apportion([load[m].sum() for m in members], k, most=[len(m) for m in members])
    labels = np.empty(graph.n, np.int32)
    first = 0
    for units, parts in zip(members, share.tolist(), strict=True):
        labels[units] = first + _divide(graph.subgraph(units), load[units], parts, tolerance, max_area_m2, seed)
        first += parts
    return labels


@dataclass(frozen=True, slots=True)
class _Goal:
    target: float
    tolerance: float
    max_area_m2: float

    def cost(self, graph: ContiguityGraph, load: Floats, labels: npt.NDArray[np.int64], k: int) -> float:
        source = graph.sources()
        inner = labels[source] == labels[graph.indices]
        perimeter = np.bincount(labels, graph.perimeter_m, k) - np.bincount(
            labels[source[inner]], graph.border_m[inner], k
        )
        weight, area = np.bincount(labels, load, k), np.bincount(labels, graph.area_m2, k)
        price = _STAGES[-1][0]
        costs = [
            part_cost(w, a, p, self.target, self.tolerance, self.max_area_m2, price)
            for w, a, p in zip(weight, area, perimeter, strict=True)
        ]
        return float(sum(costs))


def _divide(
    graph: ContiguityGraph, load: Floats, k: int, tolerance: float, max_area_m2: float | None, seed: int
) -> npt.NDArray[np.int64]:
    """Divide a connected graph: several starts, the cheapest result."""
    if k == 1:
        return np.zeros(graph.n, np.int64)
    if load.sum() == 0:  # nobody lives here: an even share of the ground is what is left to balance
        load = graph.area_m2
    goal = _Goal(float(load.sum()) / k, tolerance, math.inf if max_area_m2 is None else max_area_m2)
    best: npt.NDArray[np.int64] | None = None
    lowest = math.inf
    starts = min(max(_STARTS_BUDGET // graph.n, 1), _MAX_STARTS)
    for start in range(starts):
        rng = np.random.default_rng([seed, start])
        labels = _power_diagram(graph.xy_m, load, k, rng)
        repair(graph.indptr, graph.indices, graph.border_m, load, labels, k)
        _fill_empty_parts(graph, labels, k)
        for price, proposals, hot, cold in _STAGES:
            anneal(
                graph.indptr, graph.indices, graph.border_m, graph.perimeter_m, graph.area_m2, load, labels, k,
                goal.target, goal.tolerance, goal.max_area_m2, price,
                proposals * graph.n, hot, cold, rng,
            )  # fmt: skip
        cost = goal.cost(graph, load, labels, k)
        if best is None or cost < lowest:
            best, lowest = labels, cost
    assert best is not None
    return best


def _power_diagram(xy_m: Floats, load: Floats, k: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Start: centres at random units, then Lloyd steps on a power diagram whose weights chase the balance.

    Idea: Cohen-Addad, Klein & Young, *Balanced centroidal power diagrams for redistricting* (2018).
    """
    trifle = 1e-6 * max(float(load.mean()), 1e-9)
    mass = load + trifle
    x, y = np.ascontiguousarray(xy_m[:, 0]), np.ascontiguousarray(xy_m[:, 1])
    chosen = rng.choice(len(load), k, replace=False, p=mass / mass.sum())
    centre_x, centre_y = x[chosen].copy(), y[chosen].copy()
    power = np.zeros(k)
    labels = np.zeros(len(load), np.int64)
    best, least = labels, math.inf
    near = min(10, k)
    for step in range(40):
        if step % 4 == 0:
            centres = np.column_stack([centre_x, centre_y])
            tree = cKDTree(centres)
            candidates = np.asarray(tree.query(xy_m, k=near)[1], dtype=np.int64).reshape(len(load), -1)
            spacing = np.asarray(tree.query(centres, k=min(4, k))[0]).reshape(k, -1)[:, -1] ** 2
        nearest_power_centre(x, y, centre_x, centre_y, power, candidates, labels)
        held = np.bincount(labels, mass, k)
        deviation = held / (mass.sum() / k) - 1.0
        unfair = float(np.minimum(np.abs(deviation), 2.0).mean())
        if unfair < least:
            best, least = labels.copy(), unfair
        power -= (0.35 if step < 24 else 0.2) * spacing * np.clip(deviation, -0.6, 0.6)
        if step < 30:
            full = held > 0
            centre_x[full] = (np.bincount(labels, mass * x, k)[full]) / held[full]
            centre_y[full] = (np.bincount(labels, mass * y, k)[full]) / held[full]
    return best


def _fill_empty_parts(graph: ContiguityGraph, labels: npt.NDArray[np.int64], k: int) -> None:
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

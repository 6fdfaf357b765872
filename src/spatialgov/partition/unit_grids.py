"""Unit grids (万米单元网格): regular grids of about 10,000 m² along units' borders, nested in the grids of a plan."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.partition.dividing import Progress, Step
from spatialgov.partition.engine import Request, divide
from spatialgov.plan import Plan, PlanSettings
from spatialgov.units import Units

__all__ = ["unit_grids"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

_GRID_COLUMN = "grid_code"
"""Column of a unit grid plan's units: the code of the grid that each lies in."""

_LARGEST = 1.3
"""No unit grid of several units is larger than this share of the target: cut in two it comes as near."""
_MOST_SETS = 6000
"""Where more sets of units than these could be unit grids, the engine divides: there units are small, and many fit."""
_DIVES = 8
"""So many of the sets that the relaxed problem takes in part are tried first, each to a whole solution."""
_WHOLE = 1 - 1e-6
"""A share above is a whole set; below the rest to 1 it is none."""
_OFF_TARGET, _DEVIATION, _SHAPE = 2.0, 1.0, 0.5
"""Prices for a grid's ground: beyond the tolerance, per relative deviation, per share that it lacks to a square."""
_LEAST_SHARE = 0.5
"""A grid smaller than this share of the target is priced as if it had it, so that slivers cost something."""


def unit_grids(
    plan: Plan,
    area_m2: float = 10_000.0,
    tolerance: float = 0.10,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """Cut the grids of a plan into unit grids of about the same area, along the borders of the units.

    As much ground as can be lies in unit grids within the tolerance; then deviations are small, and grids as square
    as the units allow. A unit above ``area_m2 · (1 + tolerance)`` stays alone; `spatialgov.partition.misses` names
    it. No unit grid crosses a hard barrier.

    Parameters
    ----------
    plan
        Every unit has a grid. Dedicated grids are cut, too.
    area_m2
        Area of a unit grid, m².
    tolerance
        Relative deviation from it that is on target.
    seed
        For ground with so many small units that not all sets of them are weighed up.
    progress
        Called with (pieces of ground done, pieces in all).

    Returns
    -------
    Plan
        Its grids are of the kind ``unit``, their parents are the grids of `plan`, which its units name in the column
        ``grid_code``. Codes have three more digits than the parent's: 18 inside a grid of 15 digits.

    Raises
    ------
    InputError
        When a unit has no grid, or the area or the tolerance is not above 0.
    CodeError
        When a grid would be cut into more than 999.

    Notes
    -----
    Every connected set of units that could be a unit grid is a column of a set partitioning problem (Garfinkel &
    Nemhauser, *Optimal political districting by implicit enumeration techniques*, 1970). HiGHS solves it relaxed;
    where sets are taken in part, they are taken whole one after another, and the rest is solved again.
    """
    settings = PlanSettings("area_m2", area_m2, tolerance, _GRID_COLUMN, seed=seed)
    units = _with_grids(plan)
    graph = units.graph.without(units.graph.barrier > 0)
    alone = graph.area_m2 > area_m2 * (1 + tolerance)
    group = np.where(alone, len(plan.codes) + np.arange(graph.n), plan.labels)
    component = graph.components(group)
    order = np.argsort(component, kind="stable")
    pieces = np.split(order, np.cumsum(np.bincount(component))[:-1])
    goal = _Goal(area_m2, tolerance, seed)
    labels = np.empty(graph.n, np.int32)
    count = 0
    for done, rows in enumerate(pieces, start=1):
        part = _divided(graph.subgraph(rows), goal, graph.n)
        labels[rows] = count + part
        count += int(part.max()) + 1
        if progress is not None:
            progress(Step(done, len(pieces)))
    return Plan.from_labels(units, labels, settings, ["unit"] * count)


def _with_grids(plan: Plan) -> Units:
    """Give the plan's units with the code of their grid."""
    codes = plan.assignment()
    if (without := codes.isna().to_numpy()).any():
        raise InputError(
            t(
                "Unit {unit} has no grid, so it can't have a unit grid inside one.",
                "单元 {unit} 未划入任何网格，无法在其中划分单元网格。",
                unit=codes.index[int(np.argmax(without))],
            ),
            remedy=t("Give every unit a grid first.", "请先将每个单元划入网格。"),
        )
    return replace(plan.units, frame=plan.units.frame.assign(**{_GRID_COLUMN: codes.to_numpy(dtype=object)}))


@dataclass(frozen=True, slots=True)
class _Goal:
    """What unit grids should be like: see `unit_grids`."""

    area_m2: float
    tolerance: float
    seed: int

    def price(self, area_m2: Floats, perimeter_m: Floats) -> Floats:
        """Give what grids of these areas and perimeters cost."""
        share = area_m2 / self.area_m2
        deviation = np.abs(share - 1)
        square = np.minimum(16 * area_m2 / np.maximum(perimeter_m, 1e-9) ** 2, 1.0)
        price = _OFF_TARGET * (deviation > self.tolerance) + _DEVIATION * deviation + _SHAPE * (1 - square)
        return np.asarray(np.maximum(share, _LEAST_SHARE) * price, dtype=np.float64)


def _divided(graph: ContiguityGraph, goal: _Goal, of_all: int) -> Labels:
    """Give the unit grid of each unit of a connected piece of ground, numbered from 0."""
    if graph.n == 1:
        return np.zeros(1, np.int64)
    sets = _connected_sets(graph, _LARGEST * goal.area_m2)
    return _by_engine(graph, goal, of_all) if sets is None else _best_sets(graph, sets, goal)


def _by_engine(graph: ContiguityGraph, goal: _Goal, of_all: int) -> Labels:
    """Divide into the two numbers of grids that the area suggests, and give the cheaper division."""
    request = Request(tolerance=goal.tolerance, seed=goal.seed)
    fewest = max(int(graph.area_m2.sum() / goal.area_m2), 1)
    counts = [k for k in (fewest, fewest + 1) if k <= graph.n]
    divisions = [divide(graph, graph.area_m2[:, None], k, request, of_all=of_all) for k in counts]
    return min(divisions, key=lambda labels: float(goal.price(*_measured(graph, _membership(labels))).sum()))


def _membership(labels: Labels) -> csc_array:
    return csc_array((np.ones(len(labels)), (np.arange(len(labels)), labels)))


def _measured(graph: ContiguityGraph, member: csc_array) -> tuple[Floats, Floats]:
    """Give area and perimeter of sets of units; `member` has a row a unit and a column a set."""
    pairs, border_m, _ = graph.edges()
    inside = member[pairs[:, 0]].multiply(member[pairs[:, 1]]).T @ border_m
    return member.T @ graph.area_m2, member.T @ graph.perimeter_m - 2 * inside


def _best_sets(graph: ContiguityGraph, sets: list[tuple[int, ...]], goal: _Goal) -> Labels:
    """Choose sets that cover every unit once, at little more than the least price."""
    unit = np.concatenate([np.array(members) for members in sets])
    number = np.repeat(np.arange(len(sets)), [len(members) for members in sets])
    member = csc_array((np.ones(len(unit)), (unit, number)), shape=(graph.n, len(sets)))
    price = goal.price(*_measured(graph, member))
    share = _shares(member, price)
    certain = np.flatnonzero(share > _WHOLE)
    open_ = np.flatnonzero((share > 1 - _WHOLE) & (share <= _WHOLE))
    first = open_[np.argsort(-share[open_], kind="stable")[:_DIVES]]
    covers = [_dive(member, price, [*certain, column]) for column in first.tolist()] or [certain]
    best = member[:, min(covers, key=lambda cover: float(price[cover].sum()))]
    return np.asarray(best @ np.arange(best.shape[1]), dtype=np.int64)


def _shares(member: csc_array, price: Floats) -> Floats:
    """Give how much of each set the relaxed problem takes, 0 … 1: parts of sets may cover a unit together."""
    from scipy.optimize import linprog

    relaxed = linprog(price, A_eq=member, b_eq=np.ones(member.shape[0]), method="highs")  # type: ignore[call-overload]
    return np.asarray(relaxed.x, dtype=np.float64)


def _dive(member: csc_array, price: Floats, taken: list[int]) -> Labels:
    """Complete a cover: take what the relaxed problem takes whole, or else most of, and solve it for what is left."""
    taken = list(taken)
    while True:
        covered = np.asarray(member[:, taken].sum(axis=1)) > 0
        left = np.flatnonzero(~covered)
        if not len(left):
            return np.array(taken, np.int64)
        columns = np.flatnonzero(member.T @ covered.astype(np.float64) == 0)
        share = _shares(member[left][:, columns], price[columns])
        whole = columns[share > _WHOLE].tolist()
        taken += whole or [int(columns[np.argmax(share)])]


def _connected_sets(graph: ContiguityGraph, most_m2: float) -> list[tuple[int, ...]] | None:
    """Give every connected set of units up to an area, each once; None when there are too many.

    Enumeration by extension (Wernicke, *Efficient detection of network motifs*, 2006): a set grows only by units after
    its first one that no unit of it has been next to before.
    """
    beside = np.split(graph.indices, graph.indptr[1:-1])
    near = [set(units.tolist()) for units in beside]
    area_m2 = graph.area_m2.tolist()
    sets: list[tuple[int, ...]] = []
    for root in range(graph.n):
        first = {v for v in near[root] if v > root}
        stack: list[tuple[tuple[int, ...], float, list[int], set[int]]]
        stack = [((root,), area_m2[root], sorted(first), first | {root})]
        while stack:
            members, area, candidates, seen = stack.pop()
            sets.append(members)
            if len(sets) > _MOST_SETS:
                return None
            for place, unit in enumerate(candidates):
                if area + area_m2[unit] <= most_m2:
                    new = {v for v in near[unit] if v > root and v not in seen}
                    rest = [*candidates[place + 1 :], *sorted(new)]
                    stack.append(((*members, unit), area + area_m2[unit], rest, seen | new))
    return sets

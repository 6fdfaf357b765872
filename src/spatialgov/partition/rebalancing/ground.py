"""The grounds of a rebalancing: sets of grids that can give units to each other, each searched on its own."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.partition.engine import assign
from spatialgov.plan import Balance, Plan, parent_of_units

__all__ = ["Ground", "beyond", "grounds", "movable_grids"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_GRIDS = 30
"""A ground with more grids is searched in blocks of about two thirds as many: chains of moves are short."""


@dataclass(frozen=True, eq=False, slots=True)
class Ground:
    """Connected units of one parent whose grids may be changed.

    Attributes
    ----------
    rows
        int64, shape (n,): positions of its units.
    graph
        Of those units alone, without hard barriers.
    households, load
        float64, shape (n,): what it costs to move a unit, and what grids share.
    measured
        float64, shape (n,): what the plan's target is about.
    home
        int64, shape (n,): each unit's grid today, as a position in `grids`.
    grids
        int64: today's grids, as positions in the plan's table.
    """

    rows: Ints
    graph: ContiguityGraph
    households: Floats
    load: Floats
    measured: Floats
    home: Ints
    grids: Ints


def beyond(held: Floats, lower: float, upper: float) -> Floats:
    """Give by how much each grid misses the band, never negative."""
    return np.maximum(np.maximum(lower - held, held - upper), 0.0)


def movable_grids(plan: Plan, locked: Collection[str]) -> npt.NDArray[np.bool_]:
    """Tell which grids may be changed: general ones in one piece, inside one parent, not locked.

    A grid that hangs together only across a hard barrier counts as one in pieces.

    Raises
    ------
    NotFoundError
        When a locked grid is not there.
    """
    codes = plan.table["code"].to_numpy()
    if unknown := sorted(set(locked) - set(codes)):
        raise NotFoundError(
            t("There is no grid {code} to lock.", "没有可锁定的网格 {code}。", code=unknown[0]),
            remedy=t("Lock grids of this plan by their codes.", "请使用本方案中的网格代码。"),
        )
    held = np.flatnonzero(plan.labels >= 0)
    piece = _open_graph(plan).components(plan.labels)[held]
    pieces = np.bincount(plan.labels[held][np.unique(piece, return_index=True)[1]], minlength=len(codes))
    movable = (plan.table["kind"].to_numpy() == "general") & (pieces == 1) & ~np.isin(codes, list(locked))
    number = np.unique(parent_of_units(plan.units, plan.settings.within)[held], return_inverse=True)[1]
    least, most = np.full(len(codes), len(held)), np.full(len(codes), -1)
    np.minimum.at(least, plan.labels[held], number)
    np.maximum.at(most, plan.labels[held], number)
    return np.asarray(movable & (least == most), dtype=bool)


def grounds(plan: Plan, movable: npt.NDArray[np.bool_], by: Balance) -> Iterator[Ground]:
    """Give the connected sets of movable grids inside each parent, large ones in blocks; grids share `by`."""
    rows = np.flatnonzero((plan.labels >= 0) & np.append(movable, False)[plan.labels])
    if len(rows) == 0:
        return
    parents = np.unique(parent_of_units(plan.units, plan.settings.within)[rows], return_inverse=True)[1]
    graph = _open_graph(plan).subgraph(rows)
    component = graph.components(parents)
    for c in range(int(component.max()) + 1):
        inside = np.flatnonzero(component == c)
        block = _blocks(graph.subgraph(inside), plan.labels[rows[inside]])
        for b in range(int(block.max()) + 1):
            chosen = inside[block == b]
            yield _ground(plan, rows[chosen], graph.subgraph(chosen), by)


def _ground(plan: Plan, rows: Ints, graph: ContiguityGraph, by: Balance) -> Ground:
    grids, home = np.unique(plan.labels[rows], return_inverse=True)
    column = {name: plan.units.amounts(name)[rows] for name in ("households", by, plan.settings.balance)}
    return Ground(
        rows,
        graph,
        column["households"],
        column[by],
        column[plan.settings.balance],
        home.astype(np.int64),
        grids.astype(np.int64),
    )


def _open_graph(plan: Plan) -> ContiguityGraph:
    """Give the units' graph without hard barriers."""
    graph = plan.units.graph
    return graph.without(graph.barrier > 0)


def _blocks(graph: ContiguityGraph, labels: npt.NDArray[np.int32]) -> Ints:
    """Give each unit's block: connected sets of whole grids."""
    grids, grid = np.unique(labels, return_inverse=True)
    if len(grids) <= _MOST_GRIDS:
        return np.zeros(graph.n, np.int64)
    pairs, border_m, _ = graph.edges()
    ends = grid[pairs]
    between = ends[:, 0] != ends[:, 1]
    area_m2 = np.bincount(grid, graph.area_m2)
    centre = [np.bincount(grid, graph.area_m2 * graph.xy_m[:, axis]) / area_m2 for axis in (0, 1)]
    of_grids = ContiguityGraph.from_edges(
        len(grids), ends[between], border_m[between], area_m2=area_m2, xy_m=np.column_stack(centre)
    )
    count = math.ceil(len(grids) / (_MOST_GRIDS * 2 / 3))
    return assign(of_grids, np.ones(len(grids)), count, 0.2, effort="quick")[grid].astype(np.int64)

"""Who covers when a post is away: the grid itself, or a neighbour that can carry the work of both."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from spatialgov.allocation.staffing.shifts import Shifts, Targets
from spatialgov.plan import Plan

__all__ = ["cover_absence", "neighbouring_grids"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ELSEWHERE = 10.0
"""Weighs more than any utilisation: a grid of another parent covers only where none of the same does."""
_NOBODY = 1e6


def neighbouring_grids(plan: Plan) -> Ints:
    """Give the pairs of grids (positions in `Plan.table`) that share an open border, each both ways, shape (m, 2)."""
    graph = plan.units.graph
    open_graph = graph.without(graph.barrier > 0)
    pairs = np.column_stack([plan.labels[open_graph.sources()], plan.labels[open_graph.indices]]).astype(np.int64)
    pairs = pairs[(pairs >= 0).all(axis=1) & (pairs[:, 0] != pairs[:, 1])]
    return np.unique(pairs, axis=0).reshape(-1, 2)


def cover_absence(grids: pd.DataFrame, neighbours: npt.ArrayLike, shifts: Shifts, targets: Targets) -> pd.DataFrame:
    """Say of every grid who covers when one of its posts is away: takes over its incidents; its other work waits.

    Parameters
    ----------
    grids
        `code`, `kind`, `parent_code`, `posts`, `work_min_a_day` and `incident_min_a_day`, a row a grid.
    neighbours
        Pairs of rows that lie beside each other, both ways (`neighbouring_grids`).
    shifts
        What a post can do in a day.
    targets
        How much of its time may be taken while it covers (`utilisation_in_absence`).

    Returns
    -------
    DataFrame
        A row a grid: ``code``; ``covered_by``, a neighbour's code, its own where the other posts of the grid can do it,
        "" for nobody; ``utilisation`` meanwhile, of the posts of both, NaN for nobody; and ``why`` nobody
        can: ``no_post`` to be away, ``no_neighbour``, ``too_busy`` (all neighbours), ``taken`` (those that could
        cover others).

    Notes
    -----
    Each post covers one other grid at most, those of dedicated grids none: an assignment that leaves as few grids as
    can be without cover, crosses as few parents' borders, and then has the least utilisation in all.
    """
    n = len(grids)
    posts, work = grids["posts"].to_numpy(np.int64), grids["work_min_a_day"].to_numpy(np.float64)
    waits = (work - grids["incident_min_a_day"].to_numpy(np.float64)) / np.maximum(posts, 1)
    left = work - waits
    parents, codes = grids["parent_code"].to_numpy(object), grids["code"].to_numpy(object)
    lends = (grids["kind"].to_numpy() != "dedicated") & (posts > 0)
    limit = targets.utilisation_in_absence + 1e-9

    def used(minutes: Floats, by: Ints) -> Floats:
        share: Floats = np.divide(minutes, by * shifts.minutes_a_day, np.full(len(by), np.inf), where=by > 0)
        return share

    alone = used(left, posts - 1)
    own = (posts > 1) & (alone <= limit)
    pairs = np.asarray(neighbours, np.int64).reshape(-1, 2)
    pairs = pairs[lends[pairs[:, 1]] & (posts[pairs[:, 0]] > 0)]
    together = used(left[pairs[:, 0]] + work[pairs[:, 1]], posts[pairs[:, 0]] - 1 + posts[pairs[:, 1]])
    able = together <= limit
    asks = ~own & (posts > 0)
    edge = np.flatnonzero(able & asks[pairs[:, 0]])
    chosen = _matched(n, posts, pairs[edge], together[edge] + _ELSEWHERE * (
        parents[pairs[edge, 0]] != parents[pairs[edge, 1]]
    ), asks)  # fmt: skip
    covered = np.full(n, "", object)
    utilisation = np.where(own, alone, np.nan)
    covered[own] = codes[own]
    picked = edge[chosen]
    covered[pairs[picked, 0]] = codes[pairs[picked, 1]]
    utilisation[pairs[picked, 0]] = together[picked]
    beside, could = np.bincount(pairs[:, 0], minlength=n) > 0, np.bincount(pairs[able, 0], minlength=n) > 0
    why = np.select([covered != "", posts == 0, ~beside, ~could], ["", "no_post", "no_neighbour", "too_busy"], "taken")
    return pd.DataFrame({"code": codes, "covered_by": covered, "utilisation": utilisation, "why": why.astype(object)})


def _matched(n: int, posts: Ints, pairs: Ints, weight: Floats, asks: npt.NDArray[np.bool_]) -> Ints:
    """Give the chosen pairs: at most one of each grid that asks, as many of each that lends as it has posts."""
    rows = np.flatnonzero(asks)
    if len(rows) == 0 or len(pairs) == 0:
        return np.zeros(0, np.int64)
    place = np.full(n, -1)
    place[rows] = np.arange(len(rows))
    begins = np.concatenate([[0], np.cumsum(posts)])
    times = posts[pairs[:, 1]]
    pair = np.repeat(np.arange(len(pairs)), times)
    within = np.arange(len(pair)) - np.repeat(np.cumsum(times) - times, times)
    column = begins[pairs[pair, 1]] + within
    nobody = begins[-1] + np.arange(len(rows))
    matrix = csr_array(
        (
            np.concatenate([weight[pair] + 1.0, np.full(len(rows), _NOBODY)]),  # an explicit 0 would count as no edge
            (np.concatenate([place[pairs[pair, 0]], np.arange(len(rows))]), np.concatenate([column, nobody])),
        ),
        shape=(len(rows), int(begins[-1]) + len(rows)),
    )
    row, taken = min_weight_full_bipartite_matching(matrix)
    pair_of = {(int(pairs[p, 0]), int(c)): int(p) for p, c in zip(pair.tolist(), column.tolist(), strict=True)}
    found = [pair_of[int(rows[r]), int(c)] for r, c in zip(row, taken, strict=True) if c < begins[-1]]
    return np.array(sorted(found), np.int64)

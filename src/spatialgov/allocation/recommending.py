"""What to change in a plan: which grids to split, to merge, or to relieve of a few units, ranked, each tried out."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from spatialgov.allocation.band import HOUSEHOLDS, Band
from spatialgov.contiguity import ContiguityGraph
from spatialgov.language import t
from spatialgov.partition import assign
from spatialgov.plan import Plan, parent_of_units
from spatialgov.time_limit import check_time

__all__ = ["Kind", "Recommendation", "recommend"]

Kind = Literal["split", "merge", "move"]

_MORE_PARTS = 2
"""A split is tried with so many parts more than the fewest, where large units leave no better line."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One change of a plan, measured before and after.

    Attributes
    ----------
    kind
        ``split`` one grid, ``merge`` two, or ``move`` units from one to another.
    grids
        Codes of the grids that it touches.
    households_moved
        Households that would belong to another grid.
    before, after
        Code → households of those grids. A new grid has a placeholder code (the split grid's, ``-2``, ``-3`` …).
    moves
        Unit → code, as `Plan.move` takes it.
    grids_gained, households_gained
        Fewer grids outside the band, and fewer households above or below it.
    reason
        For a planner, in the language in force when it was made.
    """

    kind: Kind
    grids: tuple[str, ...]
    households_moved: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    moves: Mapping[str, str]
    grids_gained: int
    households_gained: int
    reason: str

    @property
    def gain(self) -> tuple[float, float]:
        """Grids, then households, brought into the band for each household that has to move."""
        cost = max(self.households_moved, 1)
        return self.grids_gained / cost, self.households_gained / cost

    def as_dict(self) -> dict[str, Any]:
        """Give the recommendation as a plain mapping, for JSON."""
        return asdict(self)


def recommend(
    plan: Plan, *, households: tuple[int, int] = HOUSEHOLDS, limit: int | None = None, seed: int = 0
) -> list[Recommendation]:
    """Recommend changes that bring grids into their band of households.

    No two of them touch the same grid, so that each holds whichever others are taken, in any order. What is left
    out of band after all of them may be helped by recommendations on the plan that they lead to.

    Parameters
    ----------
    plan
        Only its general grids that are in one piece and inside one parent are touched, and never across parents.
    households
        Fewest and most households of a grid.
    limit
        Longest list; None for all.
    seed
        Of the engine that draws the line of a split.

    Returns
    -------
    list of Recommendation
        The largest `Recommendation.gain` first. Each leaves its grids connected and within the plan's largest area,
        puts no grid further out of the band than it was, and makes no new grid outside it.

    Raises
    ------
    InputError
        When the band is none.
    """
    ground = _Ground(plan, Band.of(households))
    found = [*_splits(ground, seed), *_merges(ground), *_moves(ground)]
    found.sort(key=lambda one: (-one.gain[0], -one.gain[1], one.grids))
    chosen: list[Recommendation] = []
    touched: set[str] = set()
    for one in found:
        if touched.isdisjoint(one.grids):
            touched.update(one.grids)
            chosen.append(one)
    return chosen[:limit]


class _Ground:
    """The plan as arrays, and the one place where a change is checked and measured."""

    def __init__(self, plan: Plan, band: Band) -> None:
        self.band = band
        self.graph: ContiguityGraph = plan.units.graph
        self.codes = plan.codes
        self.unit_ids = plan.units.frame["unit_id"].to_numpy()
        self.households: Ints = plan.units.frame["households"].to_numpy(np.int64)
        self.totals: Ints = plan.tally.households
        self.max_area_m2 = plan.settings.max_area_m2 or math.inf
        self.movable = _movable(plan)
        self.pairs = _adjacent_grids(plan, self.movable)
        self._order = np.argsort(plan.labels, kind="stable")
        self._ends = np.searchsorted(plan.labels[self._order], np.arange(len(self.codes) + 1))

    def rows(self, grid: int) -> Ints:
        return self._order[self._ends[grid] : self._ends[grid + 1]]

    def connected(self, rows: Ints) -> bool:
        return bool(self.graph.subgraph(rows).components().max() == 0)

    def measured(self, kind: Kind, grids: Sequence[int], target: Mapping[int, str]) -> Recommendation | None:
        """Measure the change that gives the units (rows) of `target` to other codes; None when it must not be."""
        check_time()
        before = {self.codes[grid]: int(self.totals[grid]) for grid in grids}
        held: dict[str, list[int]] = {}
        for grid in grids:
            for row in self.rows(grid).tolist():
                held.setdefault(target.get(row, self.codes[grid]), []).append(row)
        members = {code: np.array(rows, dtype=np.int64) for code, rows in held.items()}
        after = {code: int(self.households[rows].sum()) for code, rows in members.items()}
        worse = any(self.band.miss(after[code]) > self.band.miss(before.get(code, self.band.most)) for code in after)
        if worse or not all(self._sound(rows) for rows in members.values()):
            return None
        misses = [[self.band.miss(count) for count in totals.values()] for totals in (before, after)]
        out_before, out_after = (sum(miss > 0 for miss in side) for side in misses)
        households_gained = sum(misses[0]) - sum(misses[1])
        if households_gained <= 0 or out_after > out_before:
            return None
        return Recommendation(
            kind=kind,
            grids=tuple(before),
            households_moved=int(self.households[list(target)].sum()),
            before=before,
            after=after,
            moves={str(self.unit_ids[row]): code for row, code in target.items()},
            grids_gained=out_before - out_after,
            households_gained=households_gained,
            reason=_reason(kind, self.band, before, after, len(target)),
        )

    def _sound(self, rows: Ints) -> bool:
        return self.connected(rows) and float(self.graph.area_m2[rows].sum()) <= self.max_area_m2


def _movable(plan: Plan) -> npt.NDArray[np.bool_]:
    """Tell which grids may be touched: general ones in one piece inside one parent."""
    movable = (plan.table["kind"].to_numpy() == "general") & (plan.tally.n_parts == 1)
    if plan.settings.within is not None:
        held = np.flatnonzero(plan.labels >= 0)
        of_unit = parent_of_units(plan.units, plan.settings.within)[held]
        of_grid = plan.table["parent_code"].to_numpy()[plan.labels[held]]
        movable[plan.labels[held][of_unit != of_grid]] = False
    return np.asarray(movable, dtype=bool)


def _adjacent_grids(plan: Plan, movable: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Give each pair of movable grids of one parent that share a border, the smaller position first."""
    pairs = np.sort(plan.labels[plan.units.graph.edges()[0]], axis=1)
    pairs = np.unique(pairs[(pairs[:, 0] >= 0) & (pairs[:, 0] != pairs[:, 1])], axis=0)
    parent = plan.table["parent_code"].to_numpy()
    fits = movable[pairs].all(axis=1) & (parent[pairs[:, 0]] == parent[pairs[:, 1]])
    return [(int(a), int(b)) for a, b in pairs[fits]]


def _splits(ground: _Ground, seed: int) -> Iterator[Recommendation]:
    """Cut each grid above the band into the fewest parts that fit it; the largest part keeps the code."""
    band = ground.band
    for grid in np.flatnonzero(ground.movable & (ground.totals > band.most)).tolist():
        rows, total = ground.rows(grid), int(ground.totals[grid])
        fewest, most = max(2, math.ceil(total / max(band.most, 1))), total // max(band.least, 1)
        for k in range(fewest, min(most, len(rows), fewest + _MORE_PARTS) + 1):
            mean = total / k
            slack = min(mean - band.least, band.most - mean) / mean
            load = ground.households[rows].astype(np.float64)
            parts = assign(ground.graph.subgraph(rows), load, k, slack, max_area_m2=_limit(ground), seed=seed)
            codes = _part_codes(ground, grid, np.bincount(parts, load, k).astype(np.float64))
            target = {
                row: codes[part]
                for row, part in zip(rows.tolist(), parts.tolist(), strict=True)
                if codes[part] != ground.codes[grid]
            }
            if found := ground.measured("split", [grid], target):
                yield found
                break


def _limit(ground: _Ground) -> float | None:
    return None if math.isinf(ground.max_area_m2) else ground.max_area_m2


def _part_codes(ground: _Ground, grid: int, load: npt.NDArray[np.float64]) -> list[str]:
    """Name the parts of a split: the grid's code for the largest, free placeholders for the others."""
    own, taken = ground.codes[grid], set(ground.codes)
    free = (f"{own}-{number}" for number in range(2, len(load) + len(taken) + 2) if f"{own}-{number}" not in taken)
    keeps = int(np.argmax(load))
    return [own if part == keeps else next(free) for part in range(len(load))]


def _merges(ground: _Ground) -> Iterator[Recommendation]:
    """Join each grid below the band with a neighbour where both together don't exceed it; the larger keeps the code."""
    for pair in ground.pairs:
        small, large = sorted(pair, key=lambda grid: int(ground.totals[grid]))
        both = int(ground.totals[small] + ground.totals[large])
        if ground.totals[small] < ground.band.least and both <= ground.band.most:
            target = dict.fromkeys(ground.rows(small).tolist(), ground.codes[large])
            if found := ground.measured("merge", [small, large], target):
                yield found


def _moves(ground: _Ground) -> Iterator[Recommendation]:
    """Hand units over a border, one by one, as long as giver and taker come nearer to the band."""
    for pair in ground.pairs:
        for giver, taker in (pair, pair[::-1]):
            if ground.totals[giver] > ground.band.most or ground.totals[taker] < ground.band.least:
                handed = _handed_over(ground, giver, taker)
                target = dict.fromkeys(handed, ground.codes[taker])
                if handed and (found := ground.measured("move", [giver, taker], target)):
                    yield found


def _handed_over(ground: _Ground, giver: int, taker: int) -> list[int]:
    """Choose the units (rows) that the giver hands over, greedily."""
    band, graph = ground.band, ground.graph
    keeps, takes = set(ground.rows(giver).tolist()), set(ground.rows(taker).tolist())
    given, received = int(ground.totals[giver]), int(ground.totals[taker])
    handed: list[int] = []
    while len(keeps) > 1:
        best: tuple[int, int, int] | None = None
        for row in sorted(keeps):
            moved = int(ground.households[row])
            losses = band.miss(given - moved) - band.miss(given), band.miss(received + moved) - band.miss(received)
            candidate = (sum(losses), moved, row)
            beside = graph.indices[graph.indptr[row] : graph.indptr[row + 1]].tolist()
            better = max(losses) <= 0 and sum(losses) < 0 and (best is None or candidate < best)
            if better and not takes.isdisjoint(beside) and ground.connected(np.array(sorted(keeps - {row}))):
                best = candidate
        if best is None:
            break
        _, moved, row = best
        keeps.remove(row)
        takes.add(row)
        handed.append(row)
        given, received = given - moved, received + moved
    return handed


def _reason(kind: Kind, band: Band, before: Mapping[str, int], after: Mapping[str, int], n_units: int) -> str:
    values: dict[str, object] = {"least": band.least, "most": band.most, "n": n_units}
    codes, counts = list(before), list(before.values())
    parts = " + ".join(str(count) for count in after.values())
    values |= {"a": codes[0], "a_before": counts[0], "parts": parts}
    if kind == "split":
        return t(
            "Grid {a} has {a_before} households, more than {most}: split it into {parts}.",
            "网格 {a} 有 {a_before} 户，超过 {most} 户：拆分为 {parts} 户。",
            **values,
        )
    values |= {"b": codes[1], "b_before": counts[1]}
    if kind == "merge":
        return t(
            "Grid {a} has {a_before} households, fewer than {least}: merge it with {b} ({b_before}) to {parts}.",
            "网格 {a} 仅 {a_before} 户，不足 {least} 户：与网格 {b}（{b_before} 户）合并为 {parts} 户。",
            **values,
        )
    values |= {"a_after": after[codes[0]], "b_after": after[codes[1]]}
    return t(
        "Move {n} unit(s) from grid {a} to {b}: {a_before} → {a_after} and {b_before} → {b_after} households, band "
        "{least}–{most}.",
        "将 {n} 个基本单元由网格 {a} 划入 {b}：{a_before} → {a_after} 户，{b_before} → {b_after} 户，"
        "区间 {least}–{most} 户。",
        **values,
    )

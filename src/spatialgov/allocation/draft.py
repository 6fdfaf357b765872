"""A plan while changes are tried on it, and the one place where a change is checked and measured."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from spatialgov.allocation.band import Limit, Limits, posts_of
from spatialgov.allocation.recommendation import Costs, Kind, Recommendation, reason_for
from spatialgov.partition.rebalancing.ground import movable_grids
from spatialgov.plan import Plan, parent_of_units
from spatialgov.time_limit import check_time

__all__ = ["Change", "Draft"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Target = Mapping[int, str]
"""Row of a unit → code of the grid that it goes to."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that keeps all rules: which units go where, and what a recommendation says of it."""

    target: Target
    recommendation: Recommendation = field(repr=False)


class Draft:
    """Grids as lists of units, changed in place.

    Parameters
    ----------
    plan
        Where it starts.
    limits, posts, costs
        What changes are measured by.
    locked
        Codes of grids that stay as they are.
    fixed
        Units that stay in their grid.
    """

    def __init__(
        self,
        plan: Plan,
        limits: Limits,
        posts: Mapping[str, int],
        costs: Costs,
        locked: Collection[str] = (),
        fixed: Collection[str] = (),
    ) -> None:
        self.plan, self.limits, self.costs = plan, limits, costs
        graph = plan.units.graph
        self.graph = graph.without(graph.barrier > 0)
        self.unit_ids = plan.units.frame["unit_id"].to_numpy(object)
        self.amounts = np.column_stack([plan.units.amounts(name) for name in limits.names])
        self.households: Ints = plan.units.frame["households"].to_numpy(np.int64)
        self.parents = parent_of_units(plan.units, plan.settings.within)
        self.max_area_m2 = plan.settings.max_area_m2 or math.inf
        self.fixed = frozenset(plan.units.positions(sorted(fixed)).tolist())
        self.posts = dict(zip(plan.codes, posts_of(plan.codes, posts).tolist(), strict=True))
        self.kinds = dict(zip(plan.codes, plan.table["kind"], strict=True))
        self.movable = {code for code, may in zip(plan.codes, movable_grids(plan, locked), strict=True) if may}
        self.codes = np.append(plan.table["code"].to_numpy(object), "")[plan.labels]
        order = np.argsort(plan.labels, kind="stable")
        ends = np.searchsorted(plan.labels[order], np.arange(len(plan.codes) + 1))
        self.members: dict[str, Ints] = {
            code: order[ends[grid] : ends[grid + 1]].astype(np.int64) for grid, code in enumerate(plan.codes)
        }
        self._also = _Also(plan)

    def held(self, code: str) -> dict[Limit, float]:
        """Give what a grid holds of everything that is limited."""
        return self._named(self.amounts[self.members[code]].sum(axis=0))

    def _named(self, sums: Floats) -> dict[Limit, float]:
        return dict(zip(self.limits.names, sums.tolist(), strict=True))

    def misses(self, code: str) -> dict[Limit, float]:
        """Give by how much a grid misses each limit; nothing for one that is not general."""
        if self.kinds[code] != "general":
            return dict.fromkeys(self.limits.names, 0.0)
        return self.limits.miss(self.held(code), self.posts[code])

    def is_out(self, code: str) -> bool:
        """Tell whether a grid breaks a limit."""
        return any(self.misses(code).values())

    def placeholder(self, code: str, taken: Collection[str] = ()) -> str:
        """Give a code that is free for a grid made of another."""
        base = code
        number = 2
        while f"{base}-{number}" in self.kinds or f"{base}-{number}" in taken:
            number += 1
        return f"{base}-{number}"

    def measured(
        self, kind: Kind, grids: Sequence[str], target: Target, *, kinds: Mapping[str, str] | None = None, use: str = ""
    ) -> Change | None:
        """Measure a change; None when it must not be made.

        It must bring grids inside their limits, more than before; leave none further out, in one piece inside one
        parent, and with what is also shared no less fairly; and keep what is locked, fixed or too large already.

        Parameters
        ----------
        grids
            Codes of the grids that it takes units from or gives them to, new ones left out.
        target
            Where units go.
        kinds
            Code → kind of new grids that are not general.
        use
            What ground is dedicated.
        """
        check_time()
        made = {code: (kinds or {}).get(code, "general") for code in target.values() if code not in self.members}
        after = self._sums_after(grids, target, made)
        limited = {code for code in after if made.get(code, "general") == "general"}
        before_miss = {code: self.misses(code) for code in grids}
        none = dict.fromkeys(self.limits.names, 0.0)
        after_miss = {
            code: self.limits.miss(self._named(after[code]), self.posts.get(code, 1)) if code in limited else none
            for code in after
        }
        worse = any(
            miss > before_miss.get(code, none)[name]
            for code, found in after_miss.items()
            for name, miss in found.items()
        )
        gained = sum(any(found.values()) for found in before_miss.values())
        gained -= sum(any(found.values()) for found in after_miss.values())
        if worse or gained < 1 or not self.fixed.isdisjoint(target) or not self.movable.issuperset(grids):
            return None
        members = self._members_after(grids, target)
        if not all(self._sound(code, rows) for code, rows in members.items()) or not self._also.fair(
            self, grids, members
        ):
            return None
        moved = int(self.households[list(target)].sum())
        posts_after = sum(self.posts.get(code, 1) for code in after)
        held_before = {code: self.held(code) for code in grids}
        held_after = {code: self._named(sums) for code, sums in after.items()}
        found = Recommendation(
            kind=kind,
            grids=tuple(grids),
            households_moved=moved,
            before={code: round(held["households"]) for code, held in held_before.items()},
            after={code: round(held["households"]) for code, held in held_after.items()},
            moves={str(self.unit_ids[row]): code for row, code in target.items()},
            grids_gained=gained,
            households_gained=round(
                sum(m["households"] for m in before_miss.values()) - sum(m["households"] for m in after_miss.values())
            ),
            reason=reason_for(kind, self.limits, held_before, held_after, self.posts, n_units=len(target), use=use),
            kinds={code: kind_ for code, kind_ in made.items() if kind_ != "general"},
            cost_minutes=self.costs.of(moved, posts_after - sum(self.posts[code] for code in grids)),
            further={
                name: {
                    "before": {code: held[name] for code, held in held_before.items()},
                    "after": {code: held[name] for code, held in held_after.items()},
                }
                for name in self.limits.names[1:]
            },
        )
        return Change(target, found)

    def staffed(self, code: str) -> Change | None:
        """Measure the posts that bring a grid inside its limits; None where posts don't help."""
        held, posts, misses = self.held(code), self.posts[code], self.misses(code)
        over = [name for name, miss in misses.items() if miss and name != "area_m2"]
        if not over:
            return None
        needed = max(math.ceil(held[name] / self.limits.band(name).most - 1e-9) for name in over)
        if needed <= posts or any(self.limits.miss(held, needed).values()):
            return None
        household_band = self.limits.band("households", posts), self.limits.band("households", needed)
        gained = round(household_band[0].miss(held["households"]) - household_band[1].miss(held["households"]))
        count, further = {code: round(held["households"])}, self.limits.names[1:]
        found = Recommendation(
            kind="staff", grids=(code,), households_moved=0, before=count, after=count, moves={}, grids_gained=1,
            households_gained=gained,
            reason=reason_for("staff", self.limits, {code: held}, {code: held}, self.posts, needed={code: needed}),
            posts={code: needed},
            cost_minutes=self.costs.of(0, needed - posts),
            further={name: {"before": {code: held[name]}, "after": {code: held[name]}} for name in further},
        )  # fmt: skip
        return Change({}, found)

    def take(self, change: Change) -> None:
        """Make a change that was measured on the draft as it is."""
        one = change.recommendation
        self.posts |= one.posts
        self._also.counted(self, one)
        if not change.target:
            return
        members = self._members_after(one.grids, change.target)
        for code in one.grids:
            if code not in members:
                del self.members[code], self.kinds[code], self.posts[code]
                self.movable.discard(code)
        for code, rows in members.items():
            self.members[code] = rows
            self.codes[rows] = code
            if code not in self.kinds:
                self.kinds[code], self.posts[code] = one.kinds.get(code, "general"), 1
                if self.kinds[code] == "general":
                    self.movable.add(code)

    def neighbours(self, code: str) -> list[str]:
        """Give the codes of the movable grids of the same parent that share an open border with a grid."""
        rows = self.members[code]
        beside = np.concatenate([self.beside(row) for row in rows.tolist()])
        found = set(self.codes[beside[self.parents[beside] == self.parents[rows[0]]]].tolist())
        return sorted((found - {code}) & self.movable)

    def beside(self, row: int) -> npt.NDArray[np.int32]:
        """Give the units (rows) that share an open border with a unit."""
        return self.graph.indices[self.graph.indptr[row] : self.graph.indptr[row + 1]]

    def _sums_after(self, grids: Sequence[str], target: Target, made: Mapping[str, str]) -> dict[str, Floats]:
        """Sum up what the grids hold after a change; those that are left without units go."""
        sums = {code: self.amounts[self.members[code]].sum(axis=0) for code in grids}
        sums |= {code: np.zeros(len(self.limits.names)) for code in made}
        left = {code: len(self.members[code]) for code in grids}
        for row, code in target.items():
            sums[self.codes[row]] = sums[self.codes[row]] - self.amounts[row]
            sums[code] = sums[code] + self.amounts[row]
            left[self.codes[row]] -= 1
            left[code] = left.get(code, 0) + 1
        return {code: held for code, held in sums.items() if left[code]}

    def _members_after(self, grids: Sequence[str], target: Target) -> dict[str, Ints]:
        held: dict[str, list[int]] = {}
        for grid in grids:
            for row in self.members[grid].tolist():
                held.setdefault(target.get(row, grid), []).append(row)
        return {code: np.sort(np.array(rows, dtype=np.int64)) for code, rows in held.items()}

    def _sound(self, code: str, rows: Ints) -> bool:
        parents = self.parents[rows]
        limit_m2 = self.max_area_m2
        if code in self.members:
            limit_m2 = max(limit_m2, float(self.graph.area_m2[self.members[code]].sum()) * (1 + 1e-12))
        fits = float(self.graph.area_m2[rows].sum()) <= limit_m2
        return fits and bool((parents == parents[0]).all()) and self.connected(rows)

    def connected(self, rows: Ints) -> bool:
        """Tell whether units hang together, without hard barriers."""
        return bool(self.graph.subgraph(rows).components().max() == 0)


class _Also:
    """What grids also share fairly (`PlanSettings.also`): no change may make the worst of its grids worse."""

    def __init__(self, plan: Plan) -> None:
        self.tolerances = dict(plan.settings.also)
        if not self.tolerances:
            return
        self.columns = {name: plan.units.amounts(name) for name in self.tolerances}
        self.ground = plan.ground_of_units()
        held = plan.labels >= 0
        n = int(self.ground.max(initial=-1)) + 1
        self.totals = {name: np.bincount(self.ground[held], column[held], n) for name, column in self.columns.items()}
        first = np.flatnonzero(held)[np.unique(plan.labels[held], return_index=True)[1]]
        self.grids = np.bincount(self.ground[first], minlength=n)

    def fair(self, draft: Draft, grids: Sequence[str], members: Mapping[str, Ints]) -> bool:
        if not self.tolerances:
            return True
        before = [draft.members[code] for code in grids]
        more = len(members) - len(before)
        after = list(members.values())
        return all(self._worst(name, after, more) <= self._worst(name, before, 0) + 1e-9 for name in self.tolerances)

    def _worst(self, name: str, grids: Sequence[Ints], more: int) -> float:
        ground = int(self.ground[grids[0][0]])
        mean = self.totals[name][ground] / max(self.grids[ground] + more, 1)
        if mean <= 0:
            return 0.0
        off = [abs(float(self.columns[name][rows].sum()) / mean - 1) - self.tolerances[name] for rows in grids]
        return float(max(0.0, *off))

    def counted(self, draft: Draft, one: Recommendation) -> None:
        """Keep the number of grids on the ground."""
        if self.tolerances and one.moves:
            ground = int(self.ground[draft.members[one.grids[0]][0]])
            self.grids[ground] += len(one.after) - len(one.before)

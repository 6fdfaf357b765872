"""What to change in a plan: a short ranked list of changes, each tried out, that leads to grids inside their limits."""

import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from spatialgov.allocation.band import HOUSEHOLDS, Limits
from spatialgov.allocation.boundary_changes import dedications, merges, moves, splits
from spatialgov.allocation.destination import steps_to_balance
from spatialgov.allocation.draft import Change, Draft
from spatialgov.allocation.recommendation import Costs, Recommendation, taken
from spatialgov.partition.rebalancing.ground import Ground, grounds, movable_grids
from spatialgov.plan import Plan

__all__ = ["cures", "recommend"]


def recommend(
    plan: Plan,
    *,
    households: tuple[int, int] = HOUSEHOLDS,
    limits: Limits | None = None,
    posts: Mapping[str, int] | None = None,
    costs: Costs | None = None,
    locked: Collection[str] = (),
    fixed: Collection[str] = (),
    limit: int | None = None,
    seed: int = 0,
) -> list[Recommendation]:
    """Recommend changes that bring grids inside their limits, to be taken in turn.

    Each brings grids inside their limits, more than before, and leaves none further out. One that changes the same
    grids as one before it says so (`Recommendation.needs`); apart from that they may be taken in any order.

    Parameters
    ----------
    plan
        Only its general grids that are in one piece and inside one parent are touched, never across parents or hard
        barriers; what they also share (`PlanSettings.also`) gets no less fair.
    households
        Fewest and most households of a grid, where no `limits` are given.
    limits
        All limits, of area and workload too. With workload the units need the column ``workload`` (minutes a day).
    posts
        Code → posts of a grid; 1 where it says nothing. Posts are recommended only when they are given, or when the
        workload is limited.
    costs
        What tells which of two cures is cheaper.
    locked
        Codes of grids that stay as they are.
    fixed
        Units that stay in their grid.
    limit
        Longest list; None for all.
    seed
        Of the searches.

    Returns
    -------
    list of Recommendation
        The cheapest first (`Recommendation.rank`), but for what it needs. Each leaves its grids connected and within
        the plan's largest area, and makes no new grid outside its limits.

    Raises
    ------
    InputError
        When a band is none, or posts are no counts of 1 or more.
    NotFoundError
        When a locked grid or a fixed unit is not there.
    MissingColumnError
        When the workload is limited and the units have none.

    Notes
    -----
    First grids that are mostly of a dedicated use are dedicated. Then rebalancing gives the division that moves fewest
    households, which is taken apart into steps that each help by themselves; splits, merges, single moves and
    dedicated ground do the rest, and all of it where that comes out better. Grids that no boundary helps get posts,
    and so do those with too much work where posts are cheaper.
    """
    found = _Search(plan, limits or Limits(households), posts, costs or Costs(), locked, fixed, seed).found()
    return _ranked(found)[:limit]


def cures(
    plan: Plan,
    recommendations: Sequence[Recommendation],
    *,
    limits: Limits,
    posts: Mapping[str, int] | None = None,
    costs: Costs | None = None,
) -> pd.DataFrame:
    """Say of each grid outside its limits whether a boundary or a staffing change is the cheaper cure.

    Parameters
    ----------
    plan, limits, posts, costs
        As for `recommend`.
    recommendations
        What that gave.

    Returns
    -------
    DataFrame
        A row a grid that is out: `code`, ``cure`` (``boundary``, ``staffing``, ``nothing``), ``recommendation`` (number
        of the one that brings it inside, 0 for none), ``boundary_minutes`` and ``staffing_minutes``: the costs, NaN
        where there is no such cure. A recommendation's cost is shared by the grids that it brings inside.
    """
    draft = Draft(plan, limits, posts or {}, costs or Costs())
    rows = []
    for code in [code for code in draft.kinds if draft.is_out(code)]:
        number, one = next(
            ((i, one) for i, one in reversed(list(enumerate(recommendations, 1))) if code in one.before), (0, None)
        )
        posted = draft.staffed(code)
        staffing = posted.recommendation.cost_minutes if posted else math.nan
        by_boundary = one is not None and one.kind != "staff"
        boundary = one.cost_minutes / one.grids_gained if one is not None and by_boundary else math.nan
        rows.append((code, _CURE[None if one is None else by_boundary], number, boundary, staffing))
    return pd.DataFrame(rows, columns=["code", "cure", "recommendation", "boundary_minutes", "staffing_minutes"])


_CURE = {None: "nothing", True: "boundary", False: "staffing"}


class _Search:
    """The changes of a plan, ground by ground."""

    def __init__(
        self,
        plan: Plan,
        limits: Limits,
        posts: Mapping[str, int] | None,
        costs: Costs,
        locked: Collection[str],
        fixed: Collection[str],
        seed: int,
    ) -> None:
        self.plan, self.limits, self.posts, self.costs = plan, limits, posts or {}, costs
        self.staffing = posts is not None or limits.workload is not None
        self.locked, self.fixed, self.seed = locked, fixed, seed

    def draft(self, plan: Plan) -> Draft:
        there = set(plan.codes)
        locked = [code for code in self.locked if code in there or plan is self.plan]
        return Draft(plan, self.limits, self.posts, self.costs, locked, self.fixed)

    def found(self) -> list[list[Recommendation]]:
        """Give the changes in sequences: those of one depend on each other, in their order."""
        draft = self.draft(self.plan)
        dedicated = []
        for code in [code for code in draft.kinds if draft.is_out(code)]:
            if change := _cheapest(dedications(draft, code, whole=True)):
                draft.take(change)
                dedicated.append(change.recommendation)
        start = taken(self.plan, dedicated)
        sequences = [[one.recommendation for one in part] for part in self._by_ground(start)]
        end = self.draft(start)
        for sequence in sequences:
            _retake(end, sequence)
        staffed = [
            change.recommendation
            for code in end.kinds
            if self.staffing and code not in self.locked and end.is_out(code) and (change := end.staffed(code))
        ]
        return [dedicated, *sequences, staffed]

    def _by_ground(self, plan: Plan) -> Iterator[list[Change]]:
        balanced, greedy = self.draft(plan), self.draft(plan)
        movable = movable_grids(plan, [code for code in self.locked if code in set(plan.codes)])
        for number, ground in enumerate(grounds(plan, movable, "households")):
            codes = {plan.codes[grid] for grid in ground.grids}
            if not any(balanced.is_out(code) for code in codes):
                continue
            first = self._balanced(balanced, ground, codes, number)
            if self._left_out(balanced, codes, first) == 0:
                yield first
                continue
            second = list(_one_by_one(greedy, codes, self.seed))
            yield min(
                (first, second),
                key=lambda changes: (
                    self._left_out(balanced if changes is first else greedy, codes, changes),
                    sum(change.recommendation.cost_minutes for change in changes),
                ),
            )

    def _balanced(self, draft: Draft, ground: Ground, codes: set[str], number: int) -> list[Change]:
        steps: list[Change] = []
        if any(draft.misses(code)["households"] for code in codes):
            steps += steps_to_balance(draft, ground, self.seed, number)
        steps += _one_by_one(draft, _now(draft, codes, steps), self.seed)
        return steps

    def _left_out(self, draft: Draft, codes: set[str], changes: Sequence[Change]) -> int:
        return sum(draft.is_out(code) for code in _now(draft, codes, changes))


def _now(draft: Draft, codes: Iterable[str], changes: Sequence[Change]) -> set[str]:
    """Give the grids of a ground after some changes."""
    made = {code for change in changes for code in change.recommendation.after}
    return {code for code in {*codes, *made} if code in draft.kinds}


def _one_by_one(draft: Draft, codes: Collection[str], seed: int) -> Iterator[Change]:
    """Take the cheapest cure of a ground's grids again and again, until none helps."""
    left = set(codes)
    known: dict[str, list[Change]] = {}
    while True:
        for code in sorted(left):
            if code in draft.kinds and draft.is_out(code) and code not in known:
                known[code] = [*merges(draft, code), *moves(draft, code), *splits(draft, code, seed)]
                known[code] += [*dedications(draft, code, whole=False), *_staffed_if_work(draft, code)]
        change = _cheapest(change for changes in known.values() for change in changes)
        if change is None:
            return
        draft.take(change)
        touched = change.recommendation.touched
        left |= set(change.recommendation.after)
        stale = {code for code, changes in known.items() if code in touched or any(
            not touched.isdisjoint(one.recommendation.grids) for one in changes
        ) or (code in draft.movable and not touched.isdisjoint(draft.neighbours(code)))}  # fmt: skip
        known = {code: changes for code, changes in known.items() if code not in stale}
        yield change


def _staffed_if_work(draft: Draft, code: str) -> list[Change]:
    """Give the posts that a grid needs whose only trouble is its work: whether boundaries are cheaper is compared."""
    misses = draft.misses(code)
    only_work = misses.get("workload", 0.0) > 0 and not any(m for name, m in misses.items() if name != "workload")
    change = draft.staffed(code) if only_work else None
    return [change] if change else []


def _cheapest(changes: Iterable[Change]) -> Change | None:
    return min(changes, key=lambda change: change.recommendation.rank, default=None)


def _retake(draft: Draft, sequence: Iterable[Recommendation]) -> None:
    """Take changes that were found on a draft like this one."""
    for one in sequence:
        rows = draft.plan.units.positions(list(one.moves)).tolist()
        draft.take(Change(dict(zip(rows, one.moves.values(), strict=True)), one))


def _ranked(sequences: Sequence[Sequence[Recommendation]]) -> list[Recommendation]:
    """Put the sequences together, the cheapest first, and say which changes need which."""
    earlier: list[Recommendation] = [one for sequence in sequences for one in sequence]
    needs = [
        [i for i in range(place) if not earlier[i].touched.isdisjoint(earlier[place].touched)]
        for place in range(len(earlier))
    ]
    number: dict[int, int] = {}
    ready = [(earlier[i].rank, i) for i in range(len(earlier)) if not needs[i]]
    heapq.heapify(ready)
    ranked: list[Recommendation] = []
    while ready:
        _, place = heapq.heappop(ready)
        number[place] = len(ranked) + 1
        ranked.append(replace(earlier[place], needs=tuple(sorted(number[i] for i in needs[place]))))
        for later in range(place + 1, len(earlier)):
            if place in needs[later] and all(i in number for i in needs[later]):
                heapq.heappush(ready, (earlier[later].rank, later))
    return ranked

"""What to change: the grids held against their limits, what cures them, and a draft in which it is tried."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from spatialgov.allocation import (
    HOUSEHOLDS,
    URBAN,
    EditionGrids,
    Limits,
    Recommendation,
    WorkloadProfile,
    cures,
    recommend,
    review_over_time,
    with_needs,
    workload_limits,
)
from spatialgov.codes import number_grids
from spatialgov.errors import InputError, NotFoundError, OutdatedListError
from spatialgov.language import current_language, t
from spatialgov.plan import Plan
from spatialgov.store import PlanRecord, Store
from spatialgov.workspace.advice_state import DATA, AdviceState, changes_text
from spatialgov.workspace.areas import Area, no_grid_in_area
from spatialgov.workspace.kept import Kept
from spatialgov.workspace.plans import Plans
from spatialgov.workspace.stored_workload import stored_workload

__all__ = ["Advice", "AdviceResult", "Question"]

_MOST_KEPT = 8
"""So many lists stay in memory, each with its plan."""


@dataclass(frozen=True, slots=True)
class Question:
    """What grids should keep, and what may be done.

    Attributes
    ----------
    plan_id
        A stored plan; the one in force by default.
    households
        Fewest and most of a grid.
    area_m2
        Least and most; None for no limit.
    workload_tolerance
        Relative deviation from the mean workload of a post that is allowed; None for no limit.
    profile
        Weights of the workload. None for the units' own ``workload``, or where they have none the urban profile.
    fit
        Whether the weights of incidents are fitted to the handling times in the store.
    posts
        Code → posts of a grid; None where staffing is not in question.
    locked
        Codes of grids that stay as they are.
    seed
        Of the search.
    area
        The ground that the asker is limited to: other grids stay as they are, and are not told of.

    Raises
    ------
    InputError
        When a profile or a fit is named and the workload is not limited.
    """

    plan_id: int | None = None
    households: tuple[int, int] = HOUSEHOLDS
    area_m2: tuple[float, float] | None = None
    workload_tolerance: float | None = None
    profile: WorkloadProfile | None = None
    fit: bool = False
    posts: Mapping[str, int] | None = None
    locked: tuple[str, ...] = ()
    seed: int = 0
    area: Area | None = None

    def __post_init__(self) -> None:
        if self.workload_tolerance is None and (self.fit or self.profile is not None):
            raise InputError(
                t(
                    "A profile or a fit says nothing without a limit of the workload.",
                    "未限定工作量时，参数与拟合无意义。",
                ),
                remedy=t("Give the workload tolerance too: 0.3 is 30 %.", "请同时给出工作量容差：0.3 即 30%。"),
            )

    def as_dict(self) -> dict[str, Any]:
        """Give the question as plain values; the plan is left out, which may be that in force."""
        return {
            "households": list(self.households),
            "area_m2": None if self.area_m2 is None else list(self.area_m2),
            "workload_tolerance": self.workload_tolerance,
            "profile": None if self.profile is None else self.profile.as_dict(),
            "fit": self.fit,
            "posts": None if self.posts is None else dict(self.posts),
            "locked": sorted(self.locked),
            "seed": self.seed,
            "jurisdictions": None if self.area is None else sorted(self.area.granted),
        }


@dataclass(frozen=True, eq=False, slots=True)
class AdviceResult:
    """What to change, and what that stands on.

    Attributes
    ----------
    recommendations
        In their order.
    plan_id
        The plan that they are about.
    basis
        What a report cites: plan, journal entry, edition, limits, seed, and of the workload profile, formula's version
        and months.
    state
        What the list stands on; its token is given back when one is taken.
    plan
        With the workload that was used.
    limits
        What grids should keep.
    """

    recommendations: list[Recommendation]
    plan_id: int
    basis: Mapping[str, Any]
    state: AdviceState
    plan: Plan = field(repr=False)
    limits: Limits = field(repr=False)


class Advice:
    """The recommendations of a workspace."""

    def __init__(self, store: Store, plans: Plans) -> None:
        self._store = store
        self._plans = plans
        self._lists = Kept(_MOST_KEPT)

    def recommend(self, question: Question) -> AdviceResult:
        """Say which grids to split, merge, change, dedicate or staff (`spatialgov.allocation.recommend`).

        A list is kept until what it stands on changes.

        Raises
        ------
        NothingPublishedError
            When no plan is named and none is in force.
        NotFoundError
            When there is no such plan, or no such grid to lock or to give posts, or none of it is the asker's.
        InputError
            When a limit is none.
        """
        plan_id = self._store.edition().plan_id if question.plan_id is None else question.plan_id
        if question.plan_id is not None:
            self._plans.require_plan(plan_id, question.area)
        record = self._store.plan(plan_id)
        editions = [one.id for one in self._store.editions() if one.plan_id == plan_id]
        revisions = {name: self._store.revision(name) for name in _data(question)}
        key = (
            (plan_id, record.created_at, self._plans.sequence(plan_id), tuple(editions)),
            (str(question.as_dict()), str(revisions), self._store.revision("jurisdictions"), current_language()),
        )
        return self._lists.get(key, lambda: self._listed(plan_id, question, editions[-1:], revisions))

    def _listed(
        self, plan_id: int, question: Question, edition: list[int], revisions: Mapping[str, str | None]
    ) -> AdviceResult:
        plan, sequence = self._plans.load_with_sequence(plan_id)
        own = _own_grids(plan, question)
        plan, limits, basis = self._measured(plan, question, own)
        locked = {*question.locked, *set(plan.codes).difference(own)}
        found = recommend(plan, limits=limits, posts=question.posts, locked=locked, seed=question.seed)
        state = AdviceState.of(plan_id, sequence, question.as_dict(), revisions, found)
        cited = {
            "plan": plan_id, "sequence": sequence, "edition": edition[0] if edition else None, **basis,
            "limits": limits.as_dict(), "seed": question.seed,
        }  # fmt: skip
        return AdviceResult(found, plan_id, cited, state, plan, limits)

    def review(self, question: Question, *, now: datetime | None = None) -> tuple[pd.DataFrame, AdviceResult]:
        """Hold the grids in force against their limits, over all editions, with the cheaper cure of each.

        Returns
        -------
        table, result
            `spatialgov.allocation.review_over_time` joined with `spatialgov.allocation.cures`; and the
            recommendations that the cures refer to.

        Raises
        ------
        NothingPublishedError
            When no plan is in force.
        NotFoundError
            When none of its grids is the asker's.
        """
        result, area = self.recommend(replace(question, plan_id=None)), question.area
        editions = [
            EditionGrids(one.id, one.valid_from, grids if area is None else area.grids(grids))
            for one in self._store.editions()
            for grids in [self._store.edition_grids(one.id)]
        ]
        newest = max(editions, key=lambda one: (one.valid_from, one.edition))
        in_force = newest.grids
        if result.limits.workload is not None:
            carried = dict(zip(result.plan.codes, result.plan.tally.workload.tolist(), strict=True))
            in_force = in_force.assign(workload=in_force["code"].map(carried).fillna(0.0))
        editions = [replace(one, grids=in_force) if one is newest else one for one in editions]
        table = review_over_time(editions, limits=result.limits, posts=question.posts, now=now or datetime.now(UTC))
        cured = cures(result.plan, result.recommendations, limits=result.limits, posts=question.posts)
        table = table.merge(cured, on="code", how="left")
        return table.fillna({"cure": "", "recommendation": 0}), result

    def take(
        self, question: Question, number: int, *, who: str, name: str | None = None, token: str | None = None
    ) -> tuple[PlanRecord, list[Recommendation]]:
        """Make a draft with a recommendation taken, and those that it needs: entries of its journal, to be undone.

        Parameters
        ----------
        question
            What the list was asked for with: the same question gives the same list.
        number
            In that list, from 1.
        who
            The account of the post.
        name
            Of the draft; by default the plan's with the number.
        token
            Of the list that the number was chosen from (`AdviceState.token`); None for the list as it is now.

        Returns
        -------
        draft, taken

        Raises
        ------
        InputError
            When the list has no such number, the token is none, or the recommendation moves nothing: posts are no part
            of a plan.
        NotFoundError
            When there is no such plan, or not all of its ground is the asker's.
        OutdatedListError
            When the list would be another one by now; nothing is changed.
        """
        result = self.recommend(question)
        self._plans.require_plan(result.plan_id, question.area)
        if token is not None:
            self._require_same(result, AdviceState.of_token(token))
        chosen = [result.recommendations[i - 1] for i in with_needs(result.recommendations, number)]
        if not any(one.moves for one in chosen):
            raise InputError(
                t(
                    "Recommendation {n} moves no units: there is nothing to draft.",
                    "第 {n} 条建议不调整单元，无需草稿。",
                    n=number,
                ),
                remedy=t(
                    "Posts are no part of a plan: enter them in the table of posts, and ask again.",
                    "岗位不属于划分方案：请写入岗位数表后重新查看。",
                ),
            )
        codes = self._new_codes(result.plan, chosen)
        record = self._store.plan(result.plan_id)
        title = name or t("{plan}, recommendation {n}", "{plan}·建议 {n}", plan=record.name, n=number)
        with self._store.as_one_change():
            draft = self._plans.copy(result.plan_id, name=title, at=result.state.sequence)
            for entry, one in enumerate(one for one in chosen if one.moves):
                moves = {unit: codes.get(code, code) for unit, code in one.moves.items()}
                kinds = {codes.get(code, code): kind for code, kind in one.kinds.items()}
                self._plans.move(draft.id, moves, who=who, expects=entry, why=one.reason, kinds=kinds)
        return self._store.plan(draft.id), chosen

    def _require_same(self, result: AdviceResult, seen: AdviceState) -> None:
        """Raise `OutdatedListError` when a list is not the one that was seen."""
        now = result.state
        if now.same_list(seen):
            return
        changed = now.changed_since(seen)
        entries = self._plans.journal(now.plan_id, since=seen.sequence)[1] if "journal" in changed else []
        raise OutdatedListError(
            t("The list has changed since: {why}.", "清单已变化：{why}。", why=changes_text(changed)),
            token=now.token,
            changed=changed,
            plan_id=now.plan_id,
            sequence=now.sequence,
            changes=[entry.as_dict() for entry in entries],
            remedy=t("Look at the new list, and choose from it.", "请查看新的清单后再选择。"),
        )

    def _measured(self, plan: Plan, question: Question, own: Collection[str]) -> tuple[Plan, Limits, dict[str, Any]]:
        """Give the plan with its workload where that is limited, the limits, and what a report cites of it."""
        limits = Limits(question.households, question.area_m2)
        if question.workload_tolerance is None:
            return plan, limits, {}
        plan, basis = self.with_workload(plan, question.profile, fit=question.fit, area=question.area)
        band = workload_limits(plan, question.workload_tolerance, question.posts, among=own)
        return plan, replace(limits, workload=band), {"workload": basis}

    def with_workload(
        self, plan: Plan, profile: WorkloadProfile | None = None, *, fit: bool = False, area: Area | None = None
    ) -> tuple[Plan, dict[str, Any]]:
        """Give a plan whose units have their workload, and what a report cites of it.

        Without a profile (and nothing to fit) it is the units' own; where they have none, it is computed by the urban
        profile. Computed ones are from what is stored (incidents of an area only), with the ways along the stored
        roads.
        """
        if profile is None and not fit and "workload" in plan.units.frame:
            return plan, {"profile": None, "column": "workload"}
        found = stored_workload(self._store, plan, profile or URBAN, fit=fit, area=area)
        frame = plan.units.frame.copy()
        frame["workload"] = found.workload.minutes
        measured = replace(plan, units=replace(plan.units, frame=frame))
        return measured, found.basis()

    def _new_codes(self, plan: Plan, chosen: list[Recommendation]) -> dict[str, str]:
        """Give the new grids the next free numbers of their parents in place of their placeholders."""
        known = set(plan.codes)
        founded: dict[str, Recommendation] = {}
        for one in chosen:
            founded |= {code: one for code in one.moves.values() if code not in known and code not in founded}
        graph, parents, centres = plan.units.graph, [], []
        of_grid = dict(zip(plan.codes, plan.table["parent_code"], strict=True))
        for code, one in founded.items():
            units = plan.units.positions([unit for unit, there in one.moves.items() if there == code])
            centres.append(np.average(graph.xy_m[units], axis=0, weights=graph.area_m2[units]))
            parents.append(of_grid[plan.codes[plan.labels[units[0]]]])
        x_m, y_m = np.reshape(centres, (-1, 2)).T
        numbers = number_grids(parents, x_m, y_m, taken=[*plan.codes, *self._store.codes_ever_used()])
        return dict(zip(founded, numbers, strict=True))


def _data(question: Question) -> tuple[str, ...]:
    """Name the kinds of stored data that a list is made of."""
    return DATA if question.workload_tolerance is not None else ("barriers",)


def _own_grids(plan: Plan, question: Question) -> set[str]:
    """Give the grids that the asker may see changed: all, or those of the area.

    Raises
    ------
    NotFoundError
        When there is none of them, or a grid that the question names is none of them.
    """
    own = set(plan.codes if question.area is None else question.area.grids(plan.table)["code"])
    if question.area is not None and not own:
        raise no_grid_in_area()
    if unknown := sorted({*question.locked, *(question.posts or {})} - own):
        raise NotFoundError(
            t("There is no grid {code} in this plan.", "本方案中没有网格 {code}。", code=unknown[0]),
            remedy=t("Name grids of this plan by their codes.", "请使用本方案中的网格代码。"),
        )
    return own

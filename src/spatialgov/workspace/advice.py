"""What to change: the grids held against their limits, what cures them, and a draft in which it is tried."""

import math
from collections.abc import Mapping
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
    fit_profile,
    handling_times,
    recommend,
    review_over_time,
    trip_minutes,
    with_needs,
    workload,
    workload_limits,
)
from spatialgov.allocation.network import road_network
from spatialgov.allocation.workload import DAYS_A_MONTH
from spatialgov.codes import number_grids
from spatialgov.language import t
from spatialgov.plan import Plan
from spatialgov.store import PlanRecord, Store
from spatialgov.workspace.plans import Plans

__all__ = ["Advice", "AdviceResult", "Question"]


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
        What a report cites: plan, edition, limits, and of the workload profile, formula's version and months.
    plan
        With the workload that was used.
    limits
        What grids should keep.
    """

    recommendations: list[Recommendation]
    plan_id: int
    basis: Mapping[str, Any]
    plan: Plan = field(repr=False)
    limits: Limits = field(repr=False)


class Advice:
    """The recommendations of a workspace."""

    def __init__(self, store: Store, plans: Plans) -> None:
        self._store = store
        self._plans = plans

    def recommend(self, question: Question) -> AdviceResult:
        """Say which grids to split, merge, change, dedicate or staff (`spatialgov.allocation.recommend`).

        Raises
        ------
        NothingPublishedError
            When no plan is named and none is in force.
        NotFoundError
            When there is no such plan, or no such grid to lock.
        InputError
            When a limit is none.
        """
        plan_id = self._store.edition().plan_id if question.plan_id is None else question.plan_id
        plan, limits, basis = self._measured(plan_id, question)
        found = recommend(plan, limits=limits, posts=question.posts, locked=question.locked, seed=question.seed)
        return AdviceResult(found, plan_id, basis, plan, limits)

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
        """
        result = self.recommend(replace(question, plan_id=None))
        editions = [
            EditionGrids(one.id, one.valid_from, self._store.edition_grids(one.id)) for one in self._store.editions()
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
        self, question: Question, number: int, *, who: str, name: str | None = None
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

        Returns
        -------
        draft, taken

        Raises
        ------
        InputError
            When the list has no such number.
        """
        result = self.recommend(question)
        chosen = [result.recommendations[i - 1] for i in with_needs(result.recommendations, number)]
        codes = self._new_codes(result.plan, chosen)
        record = self._store.plan(result.plan_id)
        title = name or t("{plan}, recommendation {n}", "{plan}·建议 {n}", plan=record.name, n=number)
        with self._store.as_one_change():
            draft = self._plans.copy(result.plan_id, name=title)
            for entry, one in enumerate(one for one in chosen if one.moves):
                moves = {unit: codes.get(code, code) for unit, code in one.moves.items()}
                kinds = {codes.get(code, code): kind for code, kind in one.kinds.items()}
                self._plans.move(draft.id, moves, who=who, expects=entry, why=one.reason, kinds=kinds)
        return self._store.plan(draft.id), chosen

    def _measured(self, plan_id: int, question: Question) -> tuple[Plan, Limits, dict[str, Any]]:
        """Give the plan with its workload where that is limited, the limits, and what a report cites."""
        plan = self._plans.load(plan_id)
        editions = [one.id for one in self._store.editions() if one.plan_id == plan_id]
        basis: dict[str, Any] = {"plan": plan_id, "edition": editions[-1] if editions else None}
        limits = Limits(question.households, question.area_m2)
        if question.workload_tolerance is not None:
            plan, basis["workload"] = self.with_workload(plan, question.profile, fit=question.fit)
            limits = replace(limits, workload=workload_limits(plan, question.workload_tolerance, question.posts))
        return plan, limits, basis | {"limits": limits.as_dict()}

    def with_workload(
        self, plan: Plan, profile: WorkloadProfile | None = None, *, fit: bool = False
    ) -> tuple[Plan, dict[str, Any]]:
        """Give a plan whose units have their workload, and what a report cites of it.

        Without a profile (and nothing to fit) it is the units' own; where they have none, it is computed by the urban
        profile. Computed ones are from what is stored, with the ways along the stored roads.
        """
        if profile is None and not fit and "workload" in plan.units.frame:
            return plan, {"profile": None, "column": "workload"}
        profile = profile or URBAN
        incidents, roads = self._store.incidents(), self._store.layer("roads")
        fitted = None
        if fit:
            fitted = fit_profile(profile, *handling_times(incidents), measured="elapsed")
            profile = fitted.profile
        months = None
        if len(incidents):
            days = (incidents["occurred_at"].max() - incidents["occurred_at"].min()).total_seconds() / 86_400
            months = max(math.ceil(days), 1) / DAYS_A_MONTH
        trips = None if roads.empty else trip_minutes(plan, road_network(roads), otherwise=profile.trip_minutes)
        found = workload(
            plan.units,
            profile,
            incidents=incidents if len(incidents) else None,
            months=months,
            places=self._store.layer("places"),
            roads=None if roads.empty else roads,
            trip_minutes=trips,
        )
        frame = plan.units.frame.copy()
        frame["workload"] = found.minutes
        measured = replace(plan, units=replace(plan.units, frame=frame))
        return measured, found.basis() | ({} if fitted is None else {"fit": fitted.as_dict()})

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

"""How many posts the grids need, who stands where, and who covers: by what is in the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from spatialgov.allocation import URBAN, WorkloadProfile
from spatialgov.allocation.staffing import (
    Post,
    Posting,
    Requirement,
    Shifts,
    Staffing,
    Targets,
    assign_posts,
    cover_absence,
    grid_demand,
    handling_cv,
    neighbouring_grids,
    staffing,
)
from spatialgov.incidents.times import zone_named
from spatialgov.plan import grid_centres
from spatialgov.store import Store
from spatialgov.workspace.areas import Area
from spatialgov.workspace.plain import plain, rows
from spatialgov.workspace.plans import Plans
from spatialgov.workspace.stored_workload import stored_workload
from spatialgov.workspace.time_steps import DEFAULT_ZONE

__all__ = ["StaffingAnalysis", "StaffingQuestion", "StaffingResult"]

_EXPONENTIAL = 1.0


@dataclass(frozen=True, slots=True)
class StaffingQuestion:
    """What posts should reach, and which there are.

    Attributes
    ----------
    plan_id
        A stored plan; the one in force by default.
    profile
        Weights of the workload; the urban profile by default.
    fit
        Whether the weights of incidents are fitted to the handling times in the store, and their variation taken from
        there.
    cv
        Coefficient of variation of handling times within a category; None for what the fit gives, or 1 without.
    shifts, targets
        When somebody is on duty, and what is asked.
    budget
        Posts for all grids; None for those that there are, or where none are named for as many as are needed.
    posts
        Those that there are; None where their assignment is not in question.
    requirements
        Skills that grids require of their posts.
    """

    plan_id: int | None = None
    profile: WorkloadProfile | None = None
    fit: bool = False
    cv: float | None = None
    shifts: Shifts = field(default_factory=Shifts)
    targets: Targets = field(default_factory=Targets)
    budget: int | None = None
    posts: tuple[Post, ...] | None = None
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class StaffingResult:
    """Posts for each grid, and what that stands on.

    Attributes
    ----------
    staffing
        How many each grid needs and gets.
    cover
        Who covers when one is away: `spatialgov.allocation.staffing.cover_absence`.
    posting
        Which post stands where; None where that was not in question.
    plan_id
        The plan that it is about.
    basis
        What a report cites: plan, edition, workload profile, formulas' versions, shifts, targets.
    """

    staffing: Staffing
    cover: pd.DataFrame
    posting: Posting | None
    plan_id: int
    basis: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Give the result as plain values, for JSON."""
        posting = self.posting
        return {
            "totals": self.staffing.totals(),
            "grids": rows(self.staffing.grids),
            "cover": rows(self.cover),
            "posts": None if posting is None else rows(posting.posts),
            "unmet": None if posting is None else rows(posting.unmet),
            "faults": [fault.as_dict() for fault in self.staffing.faults],
            "basis": plain(self.basis),
        }


class StaffingAnalysis:
    """The staffing of a workspace's plans."""

    def __init__(self, store: Store, plans: Plans) -> None:
        self._store = store
        self._plans = plans

    def staff(
        self, question: StaffingQuestion, *, zone: str = DEFAULT_ZONE, area: Area | None = None
    ) -> StaffingResult:
        """Say how many posts each grid needs, who gets them, which post stands where, and who covers.

        Parameters
        ----------
        question
            What is asked.
        zone
            Whose clock the hours of duty are read from.
        area
            The ground that the asker is limited to: its grids, and the incidents in it.

        Raises
        ------
        NothingPublishedError
            When no plan is named and none is in force.
        NotFoundError
            When there is no such plan.
        InputError
            When a figure is none, or a post or a requirement names a grid that is not there.
        """
        if question.plan_id is not None and area is not None:
            self._plans.require_plan(question.plan_id, area)
        plan_id = self._store.edition().plan_id if question.plan_id is None else question.plan_id
        plan = self._plans.load(plan_id)
        found = stored_workload(self._store, plan, question.profile or URBAN, fit=question.fit, area=area)
        cv = question.cv
        if cv is None:
            cv = (handling_cv(found.incidents) if question.fit else None) or _EXPONENTIAL
        incidents = found.incidents if len(found.incidents) else None
        demand = grid_demand(plan, found.workload, incidents, trip_minutes=found.trip_minutes, cv=cv)
        table = plan.table if area is None else area.grids(plan.table)
        kept = table.index.to_numpy()
        local = found.incidents["occurred_at"].dt.tz_convert(zone_named(zone))
        peak = question.shifts.peak(np.bincount(local.dt.hour, minlength=24))
        budget = question.budget
        if budget is None and question.posts is not None:
            budget = len(question.posts)
        staffed = staffing(demand.iloc[kept], question.shifts, question.targets, budget=budget, peak=peak)

        place = np.full(len(plan.table), -1)
        place[kept] = np.arange(len(kept))
        pairs = place[neighbouring_grids(plan)]
        beside = pairs[(pairs >= 0).all(axis=1)]
        carried = staffed.grids.assign(parent_code=table["parent_code"].to_numpy())
        cover = cover_absence(carried, beside, question.shifts, question.targets)
        posting = None
        if question.posts is not None:
            x_m, y_m = grid_centres(plan.units, plan.labels, len(plan.table))
            codes = table["code"].tolist()
            xy_m = dict(zip(codes, zip(x_m[kept].tolist(), y_m[kept].tolist(), strict=True), strict=True))
            wanted = dict(zip(codes, staffed.grids["posts"].tolist(), strict=True))
            posting = assign_posts(question.posts, wanted, xy_m, question.requirements)
        basis = {
            "plan": plan_id,
            "edition": self._edition_of(plan_id),
            "workload": found.basis(),
            "handling_cv": cv,
            "time_zone": zone,
            **staffed.basis(),
        }
        return StaffingResult(staffed, cover, posting, plan_id, basis)

    def _edition_of(self, plan_id: int) -> int | None:
        """Give the latest edition that a plan was published as."""
        return next((one.id for one in reversed(self._store.editions()) if one.plan_id == plan_id), None)

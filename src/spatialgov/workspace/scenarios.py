"""Scenarios: worked out, kept with their draft, listed, compared, and given to the maps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import spatialgov
from spatialgov.allocation import Outcome, Scenario, work_out
from spatialgov.errors import InputError, NothingPublishedError
from spatialgov.language import t
from spatialgov.partition import Comparison, Progress, compare
from spatialgov.plan import Plan
from spatialgov.store import Edition, ScenarioRecord, Store, no_such_scenario
from spatialgov.workspace.advice import Advice
from spatialgov.workspace.areas import Area, Areas
from spatialgov.workspace.plans import Plans
from spatialgov.workspace.scenario_results import ScenarioComparison, default_name

__all__ = ["Scenarios", "ShownScenario"]

_MOST_COMPARED = 10


@dataclass(frozen=True, eq=False, slots=True)
class ShownScenario:
    """A scenario with its plans as they were when it was worked out, for a map.

    Attributes
    ----------
    record, scenario
        As it is stored, and what it asks.
    before, after
        The plan that it started from, and the one that came of it.
    comparison
        What moves where between them.
    edited
        Whether the draft has been edited since.
    """

    record: ScenarioRecord
    scenario: Scenario
    before: Plan
    after: Plan
    comparison: Comparison
    edited: bool


class Scenarios:
    """The scenarios of a workspace."""

    def __init__(self, store: Store, plans: Plans, advice: Advice, areas: Areas) -> None:
        self._store = store
        self._plans = plans
        self._advice = advice
        self._areas = areas

    def base(self, plan_id: int | None = None) -> int:
        """Give the plan that a scenario starts from: the one that is named, or the one in force.

        Raises
        ------
        NothingPublishedError
            When none is named and none is in force.
        """
        return self._store.edition().plan_id if plan_id is None else plan_id

    def make(
        self,
        scenario: Scenario,
        *,
        name: str | None = None,
        plan_id: int | None = None,
        who: str = "local",
        progress: Progress | None = None,
    ) -> ScenarioRecord:
        """Work out a scenario and keep it with a draft plan: both, or where it fails nothing.

        Parameters
        ----------
        scenario
            What is asked.
        name
            For people, of the scenario and its draft.
        plan_id
            The plan that it starts from; the one in force by default.
        who
            The account of the post.
        progress
            Called as parts of the ground are done.

        Raises
        ------
        NothingPublishedError
            When no plan is named and none is in force.
        NotFoundError
            When the plan, a grid or a community that is named is not there.
        InputError, InfeasibleError, CodeError
            See `spatialgov.allocation.work_out`.
        """
        base_id = self.base(plan_id)
        sequence = self._plans.sequence(base_id)
        plan = self._plans.load(base_id, at=sequence)
        workload: dict[str, Any] | None = None
        if scenario.staffing:
            plan, workload = self._advice.with_workload(plan, scenario.profile)
        outcome = work_out(plan, scenario, retired=self._store.codes_ever_used(), progress=progress)
        basis = self._basis(base_id, sequence, outcome) | {"workload": workload}
        title = name or default_name(scenario)
        with self._store.as_one_change():
            draft = self._plans.keep(outcome.after, base_id, title)
            return self._store.scenarios.add(
                name=title,
                who=who,
                base_id=base_id,
                plan_id=draft.id,
                description=scenario.as_dict(),
                outcome=outcome.as_dict(),
                basis=basis,
            )

    def _basis(self, base_id: int, sequence: int, outcome: Outcome) -> dict[str, Any]:
        editions = [one.id for one in self._store.editions() if one.plan_id == base_id]
        return {
            "plan": base_id,
            "sequence": sequence,
            "edition": editions[-1] if editions else None,
            "unit_set": self._store.plan(base_id).unit_set_id,
            "limits": {
                "households": list(outcome.scenario.band),
                "workload": None if outcome.posts is None else list(outcome.posts.limit_minutes),
            },
            "version": spatialgov.__version__,
        }

    def records(self, *, area: Area | None = None) -> list[ScenarioRecord]:
        """Give all scenarios, the oldest first; only those whose whole ground lies in the area, if one is given."""
        return [one for one in self._store.scenarios.records() if self._is_in(one, area)]

    def record(self, scenario_id: int, *, area: Area | None = None) -> ScenarioRecord:
        """Give a scenario; raise `NotFoundError` when it is not there, or its ground is not wholly in the area."""
        found = self._store.scenarios.record(scenario_id)
        if not self._is_in(found, area):
            raise no_such_scenario(scenario_id)
        return found

    def _is_in(self, record: ScenarioRecord, area: Area | None) -> bool:
        return area is None or self._areas.holds_unit_set(self._store.plan(record.plan_id).unit_set_id, area)

    def compare(self, ids: Sequence[int], *, area: Area | None = None) -> ScenarioComparison:
        """Put scenarios side by side with the plan in force.

        Raises
        ------
        InputError
            When fewer than two are named, or more than ten.
        NotFoundError
            When one is not there, or not wholly in the area.
        """
        chosen = list(dict.fromkeys(ids))
        if not 2 <= len(chosen) <= _MOST_COMPARED:
            raise InputError(
                t("{n} scenarios can't be compared.", "无法比较 {n} 个情景。", n=len(chosen)),
                remedy=t("Name 2 to {n}.", "请给出 2 至 {n} 个情景编号。", n=_MOST_COMPARED),
            )
        found = [self.record(one, area=area) for one in chosen]
        edition = self._in_force()
        in_force = None
        if edition is not None and self._areas.holds_unit_set(self._store.plan(edition.plan_id).unit_set_id, area):
            in_force = self._plans.record(edition.plan_id)
        return ScenarioComparison(in_force, None if in_force is None or edition is None else edition.id, found)

    def _in_force(self) -> Edition | None:
        try:
            return self._store.edition()
        except NothingPublishedError:
            return None

    def shown(self, scenario_id: int, *, area: Area | None = None) -> ShownScenario:
        """Give a scenario with its plans, as they were when it was worked out."""
        record = self.record(scenario_id, area=area)
        before = self._plans.load(record.base_id, at=record.basis["sequence"])
        after = self._plans.load(record.plan_id, at=0)
        edited = self._plans.sequence(record.plan_id) > 0
        scenario = Scenario.of(record.description)
        return ShownScenario(record, scenario, before, after, compare(before, after), edited)

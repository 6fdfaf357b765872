"""Scenarios that were worked out: what was asked, the draft that came of it, the figures and what they stand on."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa

from spatialgov.acts import add_details
from spatialgov.errors import NotFoundError
from spatialgov.language import t
from spatialgov.store.database import Database
from spatialgov.store.models import ScenarioRow, table_of
from spatialgov.store.plans import existing_plan
from spatialgov.store.records import ScenarioRecord

__all__ = ["ScenarioTable", "no_such_scenario"]

_SCENARIO = table_of(ScenarioRow)


class ScenarioTable:
    """The scenarios of a store; a method is one transaction, like those of `Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        *,
        name: str,
        who: str,
        base_id: int,
        plan_id: int,
        description: Mapping[str, Any],
        outcome: Mapping[str, Any],
        basis: Mapping[str, Any],
    ) -> ScenarioRecord:
        """Keep a scenario with its draft, which is there already.

        Parameters
        ----------
        name, who
            For people, and the account of the post.
        base_id, plan_id
            The plan that it starts from, and the draft that came of it.
        description, outcome, basis
            What JSON can hold; numpy numbers become plain ones, NaN and infinity become None.

        Raises
        ------
        NotFoundError
            When a plan is not there.
        """
        values = {
            "name": name,
            "created_at": datetime.now(UTC),
            "who": who,
            "base_id": base_id,
            "plan_id": plan_id,
            "description": description,
            "outcome": outcome,
            "basis": basis,
        }
        with self._database.write() as connection:
            for plan in (base_id, plan_id):
                existing_plan(connection, plan)
            scenario_id = cast("int", connection.scalar(sa.insert(_SCENARIO).returning(_SCENARIO.c.id), values))
            add_details(scenario=scenario_id)
        return self.record(scenario_id)

    def records(self, ids: Collection[int] | None = None) -> list[ScenarioRecord]:
        """Give scenarios, the oldest first: all, or those of some numbers."""
        query = sa.select(_SCENARIO).order_by(_SCENARIO.c.id)
        if ids is not None:
            query = query.where(_SCENARIO.c.id.in_(ids))
        with self._database.read() as connection:
            return [ScenarioRecord(**row._mapping) for row in connection.execute(query)]

    def record(self, scenario_id: int) -> ScenarioRecord:
        """Give a scenario, or raise `NotFoundError`."""
        found = self.records([scenario_id])
        if not found:
            raise no_such_scenario(scenario_id)
        return found[0]


def no_such_scenario(scenario_id: int) -> NotFoundError:
    """Give the error for a scenario that is not there, or that its asker shall not know of."""
    return NotFoundError(
        t("There is no scenario {id}.", "没有编号为 {id} 的情景。", id=scenario_id),
        remedy=t("List the scenarios to see their numbers.", "请查看情景列表中的编号。"),
    )

"""Plans: which unit belongs to which grid, with what was intended and what was measured."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from spatialgov.acts import add_details
from spatialgov.errors import ConflictError, InputError, NotFoundError
from spatialgov.language import t
from spatialgov.store.database import Database
from spatialgov.store.frames import insert_rows, read_frame, rows_of
from spatialgov.store.layers import existing_unit_set
from spatialgov.store.models import PlanGrid, PlanRow, PlanUnit, Unit, table_of
from spatialgov.store.records import PlanRecord, PlanState

__all__ = [
    "add_plan",
    "assignment_of",
    "existing_plan",
    "no_such_plan",
    "plan",
    "plan_assignment",
    "plan_grids",
    "plans",
    "set_plan_state",
]

_PLAN, _UNIT = table_of(PlanRow), table_of(PlanUnit)


def add_plan(
    database: Database,
    *,
    name: str,
    unit_set_id: int,
    assignment: "Mapping[str, str | None] | pd.Series[Any]",
    grids: pd.DataFrame,
    parent_id: int | None,
    settings: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> int:
    """See `Store.add_plan`."""
    with database.write() as connection:
        existing_unit_set(connection, unit_set_id)
        if parent_id is not None:
            existing_plan(connection, parent_id)
        grid_rows = rows_of(PlanGrid, grids, connection, unique="code")
        unit_rows = _unit_rows(connection, unit_set_id, assignment, {row["code"] for row in grid_rows})
        values = {
            "name": name,
            "state": "draft",
            "created_at": datetime.now(UTC),
            "parent_id": parent_id,
            "unit_set_id": unit_set_id,
            "settings": settings,
            "metrics": metrics,
        }
        plan_id = cast("int", connection.scalar(sa.insert(_PLAN).returning(_PLAN.c.id), values))
        for row in grid_rows + unit_rows:
            row["plan_id"] = plan_id
        insert_rows(connection, PlanGrid, grid_rows)
        insert_rows(connection, PlanUnit, unit_rows)
        add_details(plan=plan_id)
    return plan_id


def _unit_rows(
    connection: Connection,
    unit_set_id: int,
    assignment: "Mapping[str, str | None] | pd.Series[Any]",
    codes: set[str],
) -> list[dict[str, Any]]:
    query = sa.select(Unit.unit_id, Unit.id).where(Unit.unit_set_id == unit_set_id)
    known = {unit_id: row_id for unit_id, row_id in connection.execute(query)}  # noqa: C416
    codes_by_unit: dict[str, str | None] = dict.fromkeys(known)
    for unit_id, value in assignment.items():
        code = None if pd.isna(value) else value
        if unit_id not in known:
            raise InputError(
                t(
                    "The plan assigns unit {id}, which is not among its units.",
                    "方案中的单元 {id} 不在该批基本单元中。",
                    id=unit_id,
                )
            )
        if code is not None and code not in codes:
            raise InputError(
                t(
                    "The plan puts unit {id} into grid {code}, which it doesn't have.",
                    "方案将单元 {id} 划入网格 {code}，但方案中没有该网格。",
                    id=unit_id,
                    code=code,
                )
            )
        codes_by_unit[unit_id] = code
    return [
        {"unit_row": known[unit_id], "grid_code": code, "base_code": code} for unit_id, code in codes_by_unit.items()
    ]


def plans(database: Database) -> list[PlanRecord]:
    """See `Store.plans`."""
    with database.read() as connection:
        return [_record(row) for row in connection.execute(sa.select(_PLAN).order_by(_PLAN.c.id))]


def plan(database: Database, plan_id: int) -> PlanRecord:
    """See `Store.plan`."""
    with database.read() as connection:
        return existing_plan(connection, plan_id)


def existing_plan(connection: Connection, plan_id: int) -> PlanRecord:
    """Give a plan, or raise `NotFoundError`."""
    row = connection.execute(sa.select(_PLAN).where(_PLAN.c.id == plan_id)).one_or_none()
    if row is None:
        raise no_such_plan(plan_id)
    return _record(row)


def no_such_plan(plan_id: int) -> NotFoundError:
    """Give the error for a plan that is not there, or that its asker shall not know of."""
    return NotFoundError(
        t("There is no plan {id}.", "没有编号为 {id} 的方案。", id=plan_id),
        remedy=t("List the plans to see their numbers.", "请查看方案列表中的编号。"),
    )


def _record(row: Row[Any]) -> PlanRecord:
    return PlanRecord(**row._mapping)


def plan_assignment(database: Database, plan_id: int) -> "pd.Series[Any]":
    """See `Store.plan_assignment`."""
    with database.read() as connection:
        existing_plan(connection, plan_id)
        return assignment_of(connection, plan_id)


def assignment_of(
    connection: Connection, plan_id: int, column: "sa.ColumnElement[str | None]" = _UNIT.c.grid_code
) -> "pd.Series[Any]":
    """Give unit → a code of its row in the plan, in the order of the units."""
    query = (
        sa.select(Unit.unit_id, column)
        .join(_UNIT, _UNIT.c.unit_row == Unit.id)
        .where(_UNIT.c.plan_id == plan_id)
        .order_by(Unit.id)
    )
    rows = connection.execute(query).all()
    unit_ids = pd.Index([row[0] for row in rows], dtype="str", name="unit_id")
    return pd.Series([row[1] for row in rows], index=unit_ids, dtype=object, name="grid_code")


def plan_grids(database: Database, plan_id: int) -> pd.DataFrame:
    """See `Store.plan_grids`."""
    with database.read() as connection:
        existing_plan(connection, plan_id)
        return read_frame(connection, PlanGrid, PlanGrid.plan_id == plan_id).drop(columns="made_by")


def set_plan_state(database: Database, plan_id: int, state: PlanState) -> None:
    """See `Store.set_plan_state`."""
    with database.write() as connection:
        if "published" in (state, existing_plan(connection, plan_id).state):
            raise ConflictError(
                t("The state of a published plan can't be set by hand.", "已发布方案的状态不能手动更改。"),
                remedy=t(
                    "Publish a plan to put it in force; the one before is retired.", "发布新方案后，原方案自动停用。"
                ),
            )
        connection.execute(sa.update(_PLAN).where(_PLAN.c.id == plan_id).values(state=state))

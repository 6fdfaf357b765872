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
from spatialgov.store.models import (
    EditionRow,
    PlanEntry,
    PlanGrid,
    PlanMove,
    PlanRow,
    PlanUnit,
    ScenarioRow,
    Unit,
    table_of,
)
from spatialgov.store.notes import read_note, write_note
from spatialgov.store.records import PlanRecord, PlanState

__all__ = [
    "add_plan",
    "assignment_of",
    "delete_plan",
    "existing_plan",
    "insert_plan",
    "no_such_plan",
    "plan",
    "plan_assignment",
    "plan_grids",
    "plans",
    "set_plan_state",
]

_PLAN, _UNIT = table_of(PlanRow), table_of(PlanUnit)
_NEWEST = "newest_deleted_plan"
"""Note of the highest number that a deleted plan had."""


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
        plan_id = insert_plan(connection, values)
        for row in grid_rows + unit_rows:
            row["plan_id"] = plan_id
        insert_rows(connection, PlanGrid, grid_rows)
        insert_rows(connection, PlanUnit, unit_rows)
        add_details(plan=plan_id)
    return plan_id


def insert_plan(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add the row of a plan and give its number: one that no plan ever had.

    SQLite would give the number of the newest plan again once that is deleted, and a page that still shows it would
    write into another plan.
    """
    deleted = int(read_note(connection, _NEWEST) or 0)
    if connection.dialect.name == "sqlite":
        number = 1 + max(connection.scalar(sa.select(sa.func.max(_PLAN.c.id))) or 0, deleted)
    else:
        sequence = sa.func.pg_get_serial_sequence(_PLAN.name, "id")
        number = cast("int", connection.scalar(sa.select(sa.func.nextval(sequence))))
        if number <= deleted:  # the store is a copy, whose sequence goes on from the plans that are there
            number = cast("int", connection.scalar(sa.select(sa.func.setval(sequence, deleted + 1))))
    return cast("int", connection.scalar(sa.insert(_PLAN).returning(_PLAN.c.id), {**values, "id": number}))


def delete_plan(database: Database, plan_id: int) -> None:
    """See `Store.delete_plan`."""
    with database.write() as connection:
        record = existing_plan(connection, plan_id)
        _refuse_needed(connection, plan_id)
        entry = table_of(PlanEntry)
        of_plan = sa.select(entry.c.id).where(entry.c.plan_id == plan_id)
        connection.execute(sa.delete(PlanMove).where(PlanMove.entry_id.in_(of_plan)))
        for model in (PlanEntry, PlanUnit, PlanGrid):  # the grids after the units that name them
            table = table_of(model)
            connection.execute(sa.delete(table).where(table.c.plan_id == plan_id))
        connection.execute(sa.delete(_PLAN).where(_PLAN.c.id == plan_id))
        write_note(connection, _NEWEST, str(max(plan_id, int(read_note(connection, _NEWEST) or 0))))
        add_details(plan=plan_id, name=record.name)


def _refuse_needed(connection: Connection, plan_id: int) -> None:
    """Refuse to delete a plan that others stand on; `ConflictError` names the first few of them."""
    edition, scenario = table_of(EditionRow), table_of(ScenarioRow)
    of_scenario = sa.or_(scenario.c.base_id == plan_id, scenario.c.plan_id == plan_id)
    needed_by = [
        (t("editions", "版本"), sa.select(edition.c.id).where(edition.c.plan_id == plan_id)),
        (
            t("plans made from it", "由其生成的方案"),
            sa.select(_PLAN.c.id).where(_PLAN.c.parent_id == plan_id),
        ),
        (t("scenarios", "情景"), sa.select(scenario.c.id).where(of_scenario)),
    ]
    needs = []
    for what, query in needed_by:
        if found := connection.scalars(query.order_by("id")).all():
            needs.append(f"{what} {', '.join(map(str, found[:5]))}{' …' if len(found) > 5 else ''}")
    if needs:
        raise ConflictError(
            t("Plan {id} is needed: {what}.", "方案 {id} 仍被使用：{what}。", id=plan_id, what="; ".join(needs)),
            remedy=t(
                "What was in force stays. Delete drafts made from it first.",
                "曾经生效的方案须保留；由其生成的草稿可先行删除。",
            ),
        )


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

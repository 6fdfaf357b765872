"""Editions: what was published, when it was in force, and where its grids come from."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.acts import add_details
from spatialgov.errors import ConflictError, InputError, NotFoundError, NothingPublishedError
from spatialgov.language import t
from spatialgov.store.column_types import checked_time
from spatialgov.store.database import Database
from spatialgov.store.frames import insert_rows, read_frame, rows_of
from spatialgov.store.journal_reading import sequence_of
from spatialgov.store.models import (
    LINEAGE_RELATIONS,
    EditionGrid,
    EditionLineage,
    EditionRow,
    Incident,
    PlanRow,
    table_of,
)
from spatialgov.store.plans import existing_plan
from spatialgov.store.reading import note_edition
from spatialgov.store.records import Basis, Edition

__all__ = [
    "codes_ever_used",
    "edition",
    "edition_grids",
    "editions",
    "grids_ever",
    "lineage",
    "newest_edition_id",
    "publish",
]

_EDITION = table_of(EditionRow)


def publish(
    database: Database,
    plan_id: int,
    grids: gpd.GeoDataFrame,
    *,
    lineage: pd.DataFrame,
    valid_from: datetime,
    basis: Basis | None,
    build_locator: Callable[[int], str] | None,
) -> Edition:
    """See `Store.publish`."""
    with database.write() as connection:
        grid_rows = rows_of(EditionGrid, grids, connection, unique="code")
        lineage_rows = _lineage_rows(connection, lineage, {row["code"] for row in grid_rows})
        _refuse_changed(connection, plan_id, basis)
        _end_newest(connection, plan_id, checked_time(valid_from))
        values = {"plan_id": plan_id, "valid_from": valid_from}
        edition_id = cast("int", connection.scalar(sa.insert(_EDITION).returning(_EDITION.c.id), values))
        for row in grid_rows + lineage_rows:
            row["edition_id"] = edition_id
        add_details(plan=plan_id, edition=edition_id)
        insert_rows(connection, EditionGrid, grid_rows)
        insert_rows(connection, EditionLineage, lineage_rows)
        _set_state(connection, plan_id, "published")
        connection.execute(sa.update(Incident).where(Incident.grid_code.is_not(None)).values(grid_code=None))
        if build_locator is not None:
            locator_file = build_locator(edition_id)
            this = _EDITION.c.id == edition_id
            connection.execute(sa.update(_EDITION).where(this).values(locator_file=locator_file))
        note_edition(edition_id)
        return _one(connection, _EDITION.c.id == edition_id)


def _lineage_rows(connection: Connection, lineage: pd.DataFrame, codes: set[str]) -> list[dict[str, Any]]:
    rows = rows_of(EditionLineage, lineage, connection)
    for number, row in enumerate(rows, 1):
        if row["relation"] not in LINEAGE_RELATIONS or row["code"] not in codes:
            raise InputError(
                t(
                    "Lineage, row {row}: grid {code} {relation} is not a relation of a grid of this edition.",
                    "沿革第 {row} 行：网格 {code} 的 {relation} 不是本版网格的有效沿革关系。",
                    row=number,
                    code=row["code"],
                    relation=row["relation"],
                ),
                remedy=t("Relations: {names}.", "可用关系：{names}。", names=", ".join(LINEAGE_RELATIONS)),
            )
    return rows


def _refuse_changed(connection: Connection, plan_id: int, basis: Basis | None) -> None:
    existing_plan(connection, plan_id)
    if basis is None:
        return
    remedy = t("Check it again and publish again.", "请重新检查后再发布。")
    if sequence_of(connection, plan_id) != basis.sequence:
        message = t("Plan {id} was changed while it was being checked.", "方案 {id} 在检查期间被更改。", id=plan_id)
        raise ConflictError(message, remedy=remedy)
    if newest_edition_id(connection) != basis.edition_id:
        message = t("Another plan was published meanwhile.", "其间已有其他方案发布。")
        raise ConflictError(message, remedy=remedy)


def _end_newest(connection: Connection, plan_id: int, valid_from: datetime) -> None:
    if existing_plan(connection, plan_id).state == "published":
        raise ConflictError(
            t("Plan {id} is in force already.", "方案 {id} 已经生效。", id=plan_id),
            remedy=t("Publish another plan.", "请发布其他方案。"),
        )
    newest_id = newest_edition_id(connection)
    if newest_id is None:
        return
    newest = _one(connection, _EDITION.c.id == newest_id)
    if valid_from <= newest.valid_from:
        raise ConflictError(
            t(
                "The newest edition is valid from {time}.",
                "最新版本自 {time} 起生效。",
                time=newest.valid_from.isoformat(),
            ),
            remedy=t("Publish with a later date.", "请使用更晚的生效时间。"),
        )
    connection.execute(sa.update(_EDITION).where(_EDITION.c.id == newest_id).values(valid_to=valid_from))
    _set_state(connection, newest.plan_id, "retired")


def _set_state(connection: Connection, plan_id: int, state: str) -> None:
    connection.execute(sa.update(PlanRow).where(PlanRow.id == plan_id).values(state=state))


def newest_edition_id(connection: Connection) -> int | None:
    """Give the number of the edition that has no end, or None when nothing is published."""
    return connection.scalar(sa.select(_EDITION.c.id).where(_EDITION.c.valid_to.is_(None)))


def editions(database: Database) -> list[Edition]:
    """See `Store.editions`."""
    with database.read() as connection:
        return [Edition(**row._mapping) for row in connection.execute(sa.select(_EDITION).order_by(_EDITION.c.id))]


def edition(database: Database, edition_id: int | None, as_of: datetime | None) -> Edition:
    """See `Store.edition`."""
    with database.read() as connection:
        if edition_id is not None:
            found = _one(connection, _EDITION.c.id == edition_id)
            note_edition(found.id)
            return found
        if as_of is None:
            in_force: sa.ColumnElement[bool] = _EDITION.c.valid_to.is_(None)
        else:
            moment = checked_time(as_of)
            ended = _EDITION.c.valid_to <= moment
            in_force = sa.and_(_EDITION.c.valid_from <= moment, sa.or_(_EDITION.c.valid_to.is_(None), ~ended))
        row = connection.execute(sa.select(_EDITION).where(in_force)).one_or_none()
    if row is None:
        raise NothingPublishedError(
            t("No plan is published.", "尚未发布任何方案。")
            if as_of is None
            else t("No plan was in force at {time}.", "{time} 时没有生效的方案。", time=as_of.isoformat()),
            remedy=t("Publish a plan first.", "请先发布方案。"),
        )
    note_edition(row.id)
    return Edition(**row._mapping)


def _one(connection: Connection, condition: sa.ColumnElement[bool]) -> Edition:
    row = connection.execute(sa.select(_EDITION).where(condition)).one_or_none()
    if row is None:
        raise NotFoundError(t("There is no such edition.", "没有该版本。"))
    return Edition(**row._mapping)


def edition_grids(database: Database, edition_id: int) -> gpd.GeoDataFrame:
    """See `Store.edition_grids`."""
    with database.read() as connection:
        _one(connection, _EDITION.c.id == edition_id)
        return cast("gpd.GeoDataFrame", read_frame(connection, EditionGrid, EditionGrid.edition_id == edition_id))


def lineage(database: Database, edition_id: int) -> pd.DataFrame:
    """See `Store.lineage`."""
    with database.read() as connection:
        _one(connection, _EDITION.c.id == edition_id)
        return read_frame(connection, EditionLineage, EditionLineage.edition_id == edition_id)


def codes_ever_used(database: Database) -> set[str]:
    """See `Store.codes_ever_used`."""
    with database.read() as connection:
        return set(connection.scalars(sa.select(EditionGrid.code).distinct()))


def grids_ever(database: Database, codes: Collection[str]) -> gpd.GeoDataFrame:
    """See `Store.grids_ever`."""
    with database.read() as connection:
        wanted = EditionGrid.code.in_(sorted(codes))
        return cast("gpd.GeoDataFrame", read_frame(connection, EditionGrid, wanted))

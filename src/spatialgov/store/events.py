"""What happens and what watches: incidents, their categories, and cameras. Loading is idempotent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import geopandas as gpd
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import ConflictError
from spatialgov.language import t
from spatialgov.store.column_types import checked_time
from spatialgov.store.database import Database
from spatialgov.store.editions import newest_edition_id
from spatialgov.store.frames import insert_rows, read_frame, rows_of
from spatialgov.store.geometry_type import SRID
from spatialgov.store.layers import replace
from spatialgov.store.models import Camera, Incident, IncidentCategory, Row, frame_columns, table_of
from spatialgov.store.records import LoadCounts

__all__ = ["assign_incidents", "cameras", "categories", "incidents", "replace_categories", "upsert"]


def replace_categories(database: Database, frame: pd.DataFrame) -> int:
    """See `Store.replace_categories`."""
    return replace(database, IncidentCategory, "code", frame)


def categories(database: Database) -> pd.DataFrame:
    """See `Store.categories`."""
    with database.read() as connection:
        return read_frame(connection, IncidentCategory)


def upsert(database: Database, model: type[Row], key: str, frame: gpd.GeoDataFrame) -> LoadCounts:
    """Load rows known by their `key`: new ones are added, others replaced where a value differs.

    The rows go to a temporary table first; the database compares them there, so that nothing is read back.
    """
    table = table_of(model)
    with database.write() as connection:
        rows = rows_of(model, frame.drop(columns="grid_code", errors="ignore"), connection, unique=key)
        names = [column.name for column in frame_columns(model)]
        staged = _stage(connection, [table.c[name] for name in names], rows)
        loaded = [name for name in names if name != "grid_code"]
        differs = sa.or_(*(table.c[name].is_distinct_from(staged.c[name]) for name in loaded))
        same_key = table.c[key] == staged.c[key]
        # grid_code is NULL in the staged row: what moved or changed must be assigned again
        replaced = sa.update(table).where(same_key, differs).values({name: staged.c[name] for name in names})
        updated = connection.execute(replaced).rowcount
        known = sa.exists().where(same_key)
        new = sa.select(*(staged.c[name] for name in names)).where(~known).order_by(staged.c.position)
        added = sa.insert(table).from_select(names, new)
        accepted = connection.execute(added, execution_options={"preserve_rowcount": True}).rowcount
        staged.drop(connection)
    return LoadCounts(accepted=accepted, unchanged=len(rows) - accepted - updated, updated=updated)


def incidents(
    database: Database,
    since: datetime | None,
    until: datetime | None,
    categories: Sequence[str] | None,
    bbox: tuple[float, float, float, float] | None,
) -> gpd.GeoDataFrame:
    """See `Store.incidents`."""
    conditions: list[sa.ColumnElement[bool]] = []
    if since is not None:
        conditions.append(Incident.occurred_at >= checked_time(since))
    if until is not None:
        conditions.append(Incident.occurred_at < checked_time(until))
    if categories is not None:
        conditions.append(Incident.category.in_(categories))
    with database.read() as connection:
        if bbox is not None and connection.dialect.name == "postgresql":
            conditions.append(table_of(Incident).c.geometry.op("&&")(sa.func.ST_MakeEnvelope(*bbox, SRID)))
        frame = cast("gpd.GeoDataFrame", read_frame(connection, Incident, *conditions))
    if bbox is None:
        return frame
    # SQLite has no spatial index, and PostGIS compares boxes in single precision: the exact answer is found here
    west, south, east, north = bbox
    inside = frame.geometry.x.between(west, east) & frame.geometry.y.between(south, north)
    return frame[inside].reset_index(drop=True)


def assign_incidents(database: Database, codes: "Mapping[str, str | None] | pd.Series[Any]", edition_id: int) -> int:
    """See `Store.assign_incidents`."""
    table = table_of(Incident)
    columns = [table.c.source_id, table.c.grid_code]
    rows = [{"source_id": key, "grid_code": None if pd.isna(code) else code} for key, code in codes.items()]
    with database.write() as connection:
        if newest_edition_id(connection) != edition_id:
            raise ConflictError(
                t("Edition {id} is not the newest.", "第 {id} 版不是最新版本。", id=edition_id),
                remedy=t("Assign the incidents by the newest edition.", "请按最新版本重新归属事件。"),
            )
        staged = _stage(connection, columns, rows)
        matched = sa.update(table).where(table.c.source_id == staged.c.source_id)
        count = connection.execute(matched.values(grid_code=staged.c.grid_code)).rowcount
        staged.drop(connection)
    return count


def cameras(database: Database) -> gpd.GeoDataFrame:
    """See `Store.cameras`."""
    with database.read() as connection:
        return cast("gpd.GeoDataFrame", read_frame(connection, Camera))


def _stage(connection: Connection, columns: list[sa.Column[Any]], rows: list[dict[str, Any]]) -> sa.Table:
    """Put the rows into a temporary table of this connection, numbered in their order."""
    copies = [sa.Column(column.name, column.type) for column in columns]
    staged = sa.Table(
        f"staged_{columns[0].table.name}",
        sa.MetaData(),
        sa.Column("position", sa.Integer, primary_key=True),
        *copies,
        prefixes=["TEMPORARY"],
    )
    staged.create(connection)
    insert_rows(connection, staged, [{"position": position, **row} for position, row in enumerate(rows)])
    return staged

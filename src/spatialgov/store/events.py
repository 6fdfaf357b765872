"""What happens and what watches: incidents, their categories, and cameras. Loading is idempotent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import ConflictError
from spatialgov.language import t
from spatialgov.store.column_types import checked_time
from spatialgov.store.database import Database
from spatialgov.store.editions import newest_edition_id
from spatialgov.store.frames import as_read, frame_of, insert_rows, read_frame, rows_of, values_of
from spatialgov.store.geometry_type import SRID
from spatialgov.store.models import Camera, Incident, IncidentCategory, Row, frame_columns, table_of
from spatialgov.store.notes import append_revision, new_revision
from spatialgov.store.records import LoadCounts
from spatialgov.store.staging import staged_rows

__all__ = [
    "Locate",
    "add_categories",
    "assign_incidents",
    "cameras",
    "categories",
    "category_codes",
    "incident_batches",
    "incident_count",
    "incidents",
    "locate_incidents",
    "upsert",
]

Locate = Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.object_]]
"""Longitudes and latitudes (WGS 84) → the grid code of each place, None outside all grids."""

_BATCH_ROWS = 50_000

_DERIVED_FROM = {"incidents": ("category", "occurred_at", "occurred_until", "geometry")}
"""What is derived from a kind of data depends on these columns only; by default on all."""


def add_categories(database: Database, frame: pd.DataFrame, valid_from: datetime | None) -> tuple[int, bool]:
    """See `Store.add_categories`."""
    with database.write() as connection:
        newest = connection.scalar(sa.select(sa.func.max(IncidentCategory.version))) or 0
        known = read_frame(connection, IncidentCategory, IncidentCategory.version == newest)
        given = frame.assign(version=newest + 1, valid_from=checked_time(valid_from or datetime.now(UTC)))
        rows = rows_of(IncidentCategory, given, connection, unique="code")
        columns = ["code", "name", "name_en"]
        same = [[row[name] for name in columns] for row in rows] == known[columns].to_numpy(dtype=object).tolist()
        if newest and same and (valid_from is None or valid_from == known["valid_from"].iloc[0]):
            return newest, False
        insert_rows(connection, IncidentCategory, rows)
        new_revision(connection, "categories")
        return newest + 1, True


def categories(database: Database, as_of: datetime | None) -> pd.DataFrame:
    """See `Store.categories`."""
    moment = checked_time(as_of or datetime.now(UTC))
    in_force = (
        sa.select(IncidentCategory.version)
        .where(IncidentCategory.valid_from <= moment)
        .order_by(IncidentCategory.valid_from.desc(), IncidentCategory.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    with database.read() as connection:
        return read_frame(connection, IncidentCategory, IncidentCategory.version == in_force)


def category_codes(database: Database) -> list[str]:
    """See `Store.category_codes`."""
    with database.read() as connection:
        return list(connection.scalars(sa.select(IncidentCategory.code).distinct().order_by(IncidentCategory.code)))


def upsert(
    database: Database,
    kind: str,
    model: type[Row],
    key: str,
    frames: Iterable[gpd.GeoDataFrame],
    *,
    edition_id: int | None = None,
    dry_run: bool = False,
) -> LoadCounts:
    """Load rows known by their `key`: new ones are added, others replaced where a value differs.

    The rows go to a temporary table first, frame by frame as they come, which takes no lock; then the database compares
    them and takes over what is new, in one transaction. Nothing is read back.

    Parameters
    ----------
    kind
        What the rows are, for their revision (`spatialgov.store.notes`).
    frames
        No key may come twice in all of them.
    edition_id
        The edition that the column `grid_code` of the frames belongs to. Without one, or when another one is in force
        by now, what is new or changes has none, and must be assigned.
    dry_run
        Whether only to count.
    """
    table = table_of(model)
    names = [column.name for column in frame_columns(model)]
    columns = [table.c[name] for name in names]
    with database.connect() as connection, staged_rows(connection, f"staged_{table.name}", columns) as staged:
        for frame in frames:
            given = frame if edition_id is not None else frame.drop(columns="grid_code", errors="ignore")
            staged.add(values_of(model, given, connection, unique=key, bound=True))
        rows = staged.table
        same_key = table.c[key] == rows.c[key]
        loaded = [name for name in names if name != "grid_code"]
        differs = _differs(table, rows, loaded)
        with connection.begin():
            staged.prepare()
            known, updated = _compared(connection, table, rows, same_key, differs)
        if dry_run or (known == staged.count and not updated):
            return LoadCounts(staged.count - known, known - updated, updated)
        with database.write_on(connection):
            staged.prepare()
            assigned = edition_id is not None and newest_edition_id(connection) == edition_id
            values: dict[str, sa.ColumnElement[Any]] = {name: rows.c[name] for name in names}
            if "grid_code" in values and not assigned:
                values["grid_code"] = sa.null()
            rewritten = _any_differs(connection, table, rows, same_key, _DERIVED_FROM.get(kind, loaded))
            # the two were counted before this one's turn came: another may have written since
            updated = connection.execute(sa.update(table).where(same_key, differs).values(values)).rowcount
            new = sa.select(*values.values()).where(~sa.exists().where(same_key)).order_by(rows.c.position)
            added = sa.insert(table).from_select(names, new)
            accepted = connection.execute(added, execution_options={"preserve_rowcount": True}).rowcount
            if rewritten:
                new_revision(connection, kind)
            elif updated or accepted:
                append_revision(connection, kind)
    return LoadCounts(accepted, staged.count - accepted - updated, updated, assigned)


def _differs(table: sa.Table, rows: sa.Table, names: Iterable[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(table.c[name].is_distinct_from(rows.c[name]) for name in names))


def _any_differs(
    connection: Connection,
    table: sa.Table,
    rows: sa.Table,
    same_key: sa.ColumnElement[bool],
    names: Iterable[str],
) -> bool:
    """Say whether a staged row differs in one of these columns from the one that has its key."""
    found = sa.select(sa.literal(1)).select_from(rows.join(table, same_key)).where(_differs(table, rows, names))
    return connection.scalar(found.limit(1)) is not None


def _compared(
    connection: Connection,
    table: sa.Table,
    rows: sa.Table,
    same_key: sa.ColumnElement[bool],
    differs: sa.ColumnElement[bool],
) -> tuple[int, int]:
    """Count the staged rows whose key is known, and those of them that differ."""
    counts = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sa.case((differs, 1), else_=0)), 0))
    known, updated = connection.execute(counts.select_from(rows.join(table, same_key))).one()
    return int(known), int(updated)


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


def incident_count(database: Database, since: datetime, until: datetime) -> int:
    """See `Store.incident_count`."""
    within = (Incident.occurred_at >= checked_time(since), Incident.occurred_at < checked_time(until))
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(Incident).where(*within)).scalar_one()


def incident_batches(
    database: Database, since: datetime, until: datetime, names: Sequence[str]
) -> Iterator[gpd.GeoDataFrame]:
    """See `Store.incident_batches`."""
    table = table_of(Incident)
    columns = [table.c[name] for name in names]
    within = (table.c.occurred_at >= checked_time(since), table.c.occurred_at < checked_time(until))
    last = 0
    while True:
        with database.read() as connection:
            asked = sa.select(table.c.id, *(as_read(column, connection.dialect) for column in columns))
            page = asked.where(*within, table.c.id > last).order_by(table.c.id).limit(_BATCH_ROWS)
            rows = connection.execute(page).all()
        if not rows:
            return
        last = rows[-1][0]
        yield cast("gpd.GeoDataFrame", frame_of(columns, [row[1:] for row in rows]))


def assign_incidents(database: Database, codes: "Mapping[str, str | None] | pd.Series[Any]", edition_id: int) -> int:
    """See `Store.assign_incidents`."""
    table = table_of(Incident)
    columns = [table.c.source_id, table.c.grid_code]
    with database.connect() as connection, staged_rows(connection, "staged_codes", columns) as staged:
        given = [None if pd.isna(code) else code for _, code in codes.items()]
        staged.add({"source_id": list(codes.keys()), "grid_code": given})
        with database.write_on(connection):
            _check_newest(connection, edition_id)
            matched = sa.update(table).where(table.c.source_id == staged.table.c.source_id)
            return connection.execute(matched.values(grid_code=staged.table.c.grid_code)).rowcount


def locate_incidents(database: Database, locate: Locate, edition_id: int) -> tuple[int, int]:
    """See `Store.locate_incidents`."""
    table = table_of(Incident)
    asked = sa.select(table.c.id, as_read(table.c.geometry, database.dialect), table.c.grid_code).order_by(table.c.id)
    columns: list[sa.Column[Any]] = [
        sa.Column("incident_id", sa.Integer),
        sa.Column("before", sa.Text),
        table.c.grid_code,
    ]
    last, located, outside = 0, 0, 0
    with database.connect() as connection, staged_rows(connection, "staged_codes", columns) as staged:
        while True:
            with connection.begin():
                rows = connection.execute(asked.where(table.c.id > last).limit(_BATCH_ROWS)).all()
            if not rows:
                break
            ids, places, before = (list(column) for column in zip(*rows, strict=True))
            points = shapely.from_wkb(np.array(places, dtype=object))
            codes = locate(shapely.get_x(points), shapely.get_y(points)).tolist()
            changed = [i for i, code in enumerate(codes) if code != before[i]]
            parts = {"incident_id": ids, "before": before, "grid_code": codes}
            staged.add({name: [values[i] for i in changed] for name, values in parts.items()})
            last = ids[-1]
            located += sum(code is not None for code in codes)
            outside += sum(code is None for code in codes)
        with database.write_on(connection):
            staged.prepare()
            _check_newest(connection, edition_id)
            found = staged.table.c
            # a code that is not what it was has been set by a loader since, from the place that it loaded
            same = sa.and_(table.c.id == found.incident_id, table.c.grid_code.is_not_distinct_from(found.before))
            connection.execute(sa.update(table).where(same).values(grid_code=found.grid_code))
    return located, outside


def _check_newest(connection: Connection, edition_id: int) -> None:
    if newest_edition_id(connection) != edition_id:
        raise ConflictError(
            t("Edition {id} is not the newest.", "第 {id} 版不是最新版本。", id=edition_id),
            remedy=t("Assign the incidents by the newest edition.", "请按最新版本重新归属事件。"),
        )


def cameras(database: Database) -> gpd.GeoDataFrame:
    """See `Store.cameras`."""
    with database.read() as connection:
        return cast("gpd.GeoDataFrame", read_frame(connection, Camera))

"""Incidents by columns, for what counts many of them, and a few of them by their ids, for what shows them."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.store.database import Database
from spatialgov.store.frames import as_read, read_frame
from spatialgov.store.models import Incident, table_of
from spatialgov.store.notes import read_note, revision_key
from spatialgov.store.records import IncidentColumns

__all__ = ["incident_columns", "incident_page", "incident_revisions"]

_BATCH_ROWS = 600
"""Fewer new objects than make Python look for garbage: with 50,000 rows at a time a million take thrice as long."""

_WKB_POINT = np.dtype([("byte_order", "u1"), ("kind", "<u4"), ("lon", "<f8"), ("lat", "<f8")])
"""How `spatialgov.store.frames.encoded` writes a point for SQLite."""

_Columns = tuple[npt.NDArray[Any], ...]


def incident_page(database: Database, ids: npt.NDArray[np.int64]) -> gpd.GeoDataFrame:
    """See `Store.incident_page`."""
    with database.read() as connection:
        return cast("gpd.GeoDataFrame", read_frame(connection, Incident, Incident.id.in_(ids.tolist())))


def incident_revisions(database: Database) -> tuple[str, ...]:
    """See `Store.incident_revisions`."""
    with database.read() as connection:
        return _revisions(connection)


def incident_columns(database: Database, after: int) -> IncidentColumns:
    """See `Store.incident_columns`."""
    postgresql = database.dialect.name == "postgresql"
    query = _query(database.dialect).where(table_of(Incident).c.id > after)
    number: dict[str, int] = {}
    dtypes = (np.int64, np.int64, np.int64, np.int32, np.float64, np.float64)
    parts = [tuple(np.empty(0, dtype) for dtype in dtypes)]
    with database.read() as connection:
        revisions = _revisions(connection)
        for rows in _batches(connection, query):
            ids, codes, *others = zip(*rows, strict=True)
            category = np.fromiter((number.setdefault(code, len(number)) for code in codes), np.int32, len(codes))
            time_us, until_us, lon, lat = _from_postgresql(*others) if postgresql else _from_sqlite(*others)
            parts.append((np.array(ids, dtype=np.int64), time_us, until_us, category, lon, lat))
    all_ids, times, ends, category, lon, lat = (np.concatenate(column) for column in zip(*parts, strict=True))
    return IncidentColumns(revisions, all_ids, times, ends, category, lon, lat, tuple(number))


def _revisions(connection: Connection) -> tuple[str, ...]:
    return tuple((read_note(connection, revision_key("incidents")) or "").split())


def _query(dialect: sa.Dialect) -> sa.Select[Any]:
    """Ask for times and places in the way that takes the least to turn them into numbers."""
    table = table_of(Incident)
    moments = (table.c.occurred_at, sa.func.coalesce(table.c.occurred_until, table.c.occurred_at))
    if dialect.name == "postgresql":
        times = (_since_1970_us(moment) for moment in moments)
        places = (sa.func.ST_X(table.c.geometry), sa.func.ST_Y(table.c.geometry))
        return sa.select(table.c.id, table.c.category, *times, *places)
    written = (sa.type_coerce(moment, sa.Text) for moment in moments)
    return sa.select(table.c.id, table.c.category, *written, as_read(table.c.geometry, dialect))


def _since_1970_us(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.round(sa.extract("epoch", moment) * 1_000_000), sa.BigInteger)


def _batches(connection: Connection, query: sa.Select[Any]) -> Iterator[Sequence[Any]]:
    """Give the rows as the driver does: SQLAlchemy's own would take three times as long."""
    text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    # a cursor with a name stays on the server, which sends so many rows at a time
    name = {"name": "incidents"} if connection.dialect.name == "postgresql" else {}
    with closing(cast("Any", connection.connection).cursor(**name)) as cursor:
        cursor.execute(text)
        while rows := cursor.fetchmany(_BATCH_ROWS):
            yield rows


def _from_postgresql(time_us: Any, until_us: Any, lon: Any, lat: Any) -> _Columns:
    times = np.array(time_us, dtype=np.int64), np.array(until_us, dtype=np.int64)
    return *times, np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)


def _from_sqlite(at: Any, until: Any, places: Any) -> _Columns:
    points = np.frombuffer(b"".join(places), dtype=_WKB_POINT)
    times = (np.array(written, dtype="datetime64[us]").view(np.int64) for written in (at, until))
    return *times, points["lon"], points["lat"]

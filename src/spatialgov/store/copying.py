"""A whole store into another one, on the same backend or the other, row for row and in one transaction."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import ConflictError
from spatialgov.language import t
from spatialgov.store.column_types import PlainJson
from spatialgov.store.database import Database
from spatialgov.store.frames import as_read, encoded
from spatialgov.store.geometry_type import ShapelyGeometry
from spatialgov.store.models import Base

__all__ = ["CopyProgress", "copy", "row_counts"]

CopyProgress = Callable[[str, int, int], None]
"""Is told the table, how many of its rows are copied, and how many it has."""

_BATCH = 5000
"""Rows in memory at a time."""


def copy(
    source: Database, target: Database, *, replace: bool = False, progress: CopyProgress | None = None
) -> dict[str, int]:
    """Copy all rows of a store into another one; give their number by table.

    The source is read as one snapshot, while others may write to it. The target changes in one transaction: whoever
    reads it sees what it held before or all of the copy, also when the work is killed.

    Parameters
    ----------
    replace
        Delete what the target holds. Otherwise it must be empty.

    Raises
    ------
    ConflictError
        When the target holds something and `replace` is not set.
    """
    tables = Base.metadata.sorted_tables
    with source.read() as reading, target.write() as writing:
        expected = row_counts(reading)
        if replace:
            with _without_triggers(writing):
                for table in reversed(tables):
                    writing.execute(sa.delete(table))
        elif held := sum(row_counts(writing).values()):
            raise ConflictError(
                t("The store {where} holds {n} rows.", "数据库 {where} 中已有 {n} 行数据。", where=target.shown_url,
                  n=held),
                remedy=t(
                    "Name an empty one, or let its content be replaced: --replace.",
                    "请指定空数据库，或用 --replace 替换其内容。",
                ),
            )  # fmt: skip
        for table in tables:
            done = 0
            with closing(_batches(table, reading, writing.dialect.name)) as batches:
                for rows in batches:
                    writing.execute(_insert(table), rows)
                    done += len(rows)
                    if progress is not None:
                        progress(table.name, done, expected[table.name])
        if writing.dialect.name == "postgresql":
            for table in tables:
                _set_sequence(writing, table)
    return expected


def row_counts(connection: Connection) -> dict[str, int]:
    """Give how many rows each table has."""
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in Base.metadata.sorted_tables
    }


@contextmanager
def _without_triggers(connection: Connection) -> Iterator[None]:
    """Let rows be deleted that may otherwise only be added; part of the transaction."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all()
        for name, _ in found:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        yield
        for _, sql in found:
            connection.exec_driver_sql(sql)
        return
    _set_triggers(connection, "DISABLE")
    yield
    _set_triggers(connection, "ENABLE")


def _set_triggers(connection: Connection, state: str) -> None:
    for table in Base.metadata.sorted_tables:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} {state} TRIGGER USER")


def _insert(table: sa.Table) -> sa.Insert:
    return sa.insert(table).values({column.name: _parameter(column) for column in table.columns})


def _parameter(column: sa.Column[Any]) -> sa.BindParameter[Any]:
    """Give the value to insert; None in a JSON column that may be empty means that it is empty, not JSON's null."""
    empty_json = isinstance(column.type, PlainJson) and column.nullable
    return sa.bindparam(column.name, type_=sa.JSON(none_as_null=True) if empty_json else column.type)


def _batches(table: sa.Table, reading: Connection, dialect: str) -> Generator[list[dict[str, Any]]]:
    """Give the rows of a table as the other backend's driver takes them, in the order of their keys."""
    query = sa.select(*(as_read(column, reading.dialect) for column in table.columns)).order_by(*table.primary_key)
    places = [i for i, column in enumerate(table.columns) if isinstance(column.type, ShapelyGeometry)]
    names = table.columns.keys()
    with reading.execute(query.execution_options(yield_per=_BATCH)) as result:
        for part in result.partitions():
            columns: list[Any] = list(zip(*part, strict=True))
            for place in places:
                columns[place] = encoded(shapely.from_wkb(np.array(columns[place], dtype=object)), dialect)
            yield [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _set_sequence(connection: Connection, table: sa.Table) -> None:
    """Let the next row's number follow the highest; unlike ``setval``, this is part of the transaction."""
    key = table.primary_key.columns[0]
    sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(table.name, key.name)))
    if sequence is not None:
        highest = connection.scalar(sa.select(sa.func.max(key))) or 0
        connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART WITH {highest + 1}")

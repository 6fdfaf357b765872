"""Temporary tables: rows that wait beside the store, which takes no lock, to be taken over in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.store.column_types import PlainText, checked_text

__all__ = ["StagedRows", "staged_rows"]

_MANY = 1000
_CACHE_KIB = 131_072
_USUAL_CACHE_KIB = 2_000


class StagedRows:
    """Rows in a temporary table of a connection, numbered in their order by its column `position`.

    Attributes
    ----------
    table
        The temporary table.
    count
        How many there are.
    """

    def __init__(self, connection: Connection, name: str, columns: Sequence[sa.Column[Any]]) -> None:
        self.count = 0
        self._connection = connection
        self.table = sa.Table(
            name,
            sa.MetaData(),
            sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
            *(sa.Column(column.name, column.type) for column in columns),
            prefixes=["TEMPORARY"],
        )

    def prepare(self) -> None:
        """Make the database ready, within a transaction, to take over many rows at once.

        PostgreSQL joins them by hashing: it would take a table that it knows as empty for one to be read again for
        every row, and read it again and again while it fills. SQLite goes by its indexes, which keys in no order touch
        all over: held in memory, a third of the time is enough.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.exec_driver_sql(f"ANALYZE {self.table.name}")
            if self.count >= _MANY:
                self._connection.exec_driver_sql("SET LOCAL enable_nestloop = off")
        elif self.count >= _MANY:
            self._connection.exec_driver_sql(f"PRAGMA main.cache_size = -{_CACHE_KIB}")

    def add(self, values: Mapping[str, Sequence[Any]]) -> None:
        """Append rows, given column by column, as `spatialgov.store.frames.values_of` gives them `bound`."""
        connection, names = self._connection, [column.name for column in self.table.columns][1:]
        ready = [_checked(self.table.c[name], values[name]) for name in names]
        rows = zip(range(self.count, self.count + len(ready[0])), *ready, strict=True)
        into = f"{self.table.name} (position, {', '.join(names)})"
        with connection.begin():
            if connection.dialect.name == "postgresql":  # several times as quick as INSERT
                cursor: Any = connection.connection.cursor()
                with cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            elif ready[0]:
                marks = ", ".join("?" * (len(names) + 1))
                connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(rows))
        self.count += len(ready[0])


def _checked(column: sa.Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    """Give values, of which texts are checked as the column's type would check each."""
    if isinstance(column.type, PlainText):
        joined = "".join(filter(None, values))
        if "\0" in joined or not joined.isprintable():
            for value in values:
                if value is not None:
                    checked_text(value)
    return values


@contextmanager
def staged_rows(connection: Connection, name: str, columns: Sequence[sa.Column[Any]]) -> Iterator[StagedRows]:
    """Give an empty temporary table with columns like these; it is dropped at the end."""
    staged = StagedRows(connection, name, columns)
    with connection.begin():
        staged.table.create(connection)
    try:
        yield staged
    finally:
        if not connection.invalidated:
            with connection.begin():
                staged.table.drop(connection)
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA main.cache_size = -{_USUAL_CACHE_KIB}")

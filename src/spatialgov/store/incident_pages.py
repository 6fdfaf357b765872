"""Incidents in the order of their first loading, a page at a time: rows that are added meanwhile come at the end."""

import operator
from collections.abc import Callable, Sequence
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from spatialgov.filters import Condition
from spatialgov.store.column_types import checked_time
from spatialgov.store.database import Database
from spatialgov.store.frames import as_read, frame_of
from spatialgov.store.models import Incident, frame_columns, table_of

__all__ = ["incidents_after"]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def incidents_after(
    database: Database, after: int, conditions: Sequence[Condition], ids: npt.NDArray[np.int64] | None, limit: int
) -> tuple[npt.NDArray[np.int64], gpd.GeoDataFrame]:
    """See `Store.incidents_after`."""
    table = table_of(Incident)
    columns = frame_columns(Incident)
    with database.read() as connection:
        asked = sa.select(table.c.id, *(as_read(column, connection.dialect) for column in columns))
        wanted = [_met(table.c[condition.column], condition) for condition in conditions]
        if ids is not None:
            wanted.append(table.c.id.in_(ids.tolist()))
        page = asked.where(table.c.id > after, *wanted).order_by(table.c.id).limit(limit)
        found = connection.execute(page).all()
    ids = np.array([row[0] for row in found], dtype=np.int64)
    return ids, cast("gpd.GeoDataFrame", frame_of(columns, [row[1:] for row in found]))


def _met(column: sa.ColumnElement[Any], condition: Condition) -> sa.ColumnElement[bool]:
    """Give the condition with its value bound as a parameter."""
    if condition.op == "in":
        return column.in_(condition.value)
    value = condition.value if isinstance(condition.value, str) else checked_time(condition.value)
    return cast("sa.ColumnElement[bool]", _COMPARE[condition.op](column, value))

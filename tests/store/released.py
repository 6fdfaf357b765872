"""Stores of released versions, with rows in every table: what migrations are tested on.

The rows of revision 0001 are frozen here: a small town with two editions, as that release wrote it. Tables that came
later are filled by the types and the checks of their columns, so that this file need not follow every revision.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.store.column_types import PlainJson, PlainText, UtcDateTime
from spatialgov.store.database import Database
from spatialgov.store.geometry_type import ShapelyGeometry
from spatialgov.store.schema import VERSION_TABLE, bring_up_to_date

__all__ = ["make_released", "rows_by_table"]

_MORNING = datetime(2026, 1, 1, 8, 30, 0, 123456, tzinfo=UTC)
_EVENING = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
_WEST, _EAST = shapely.box(116.0, 33.0, 116.1, 33.1), shapely.box(116.1, 33.0, 116.2, 33.1)
_LINE = shapely.LineString([(116.0, 33.0), (116.1, 33.1), (116.123456789012345, 33.2)])
_POINT = shapely.Point(116.050000000000006, 33.05)
_C = "999901001001"

ROWS_0001: dict[str, list[dict[str, Any]]] = {
    "note": [{"key": "sample_city", "value": "没有 'quotes' \"here\""}],
    "jurisdiction": [
        {"id": 3, "code": "999901000000", "level": "district", "name": "区", "name_en": "D", "parent_code": "",
         "geometry": shapely.union(_WEST, _EAST)},
        {"id": 5, "code": _C, "level": "community", "name": "社区", "name_en": "", "parent_code": "999901000000",
         "geometry": shapely.MultiPolygon([shapely.box(116.0, 33.0, 116.2, 33.1)])},
    ],
    "unit_set": [{"id": 2, "name": "units", "datum": "gcj02", "source": "units.gpkg", "imported_at": _MORNING}],
    "unit": [
        {"id": 7, "unit_set_id": 2, "unit_id": "u7", "kind": "", "households": 2**40, "population": 0,
         "area_m2": 1e6 / 3, "parents": {"community_code": _C, "tract": None}, "geometry": _WEST},
        {"id": 8, "unit_set_id": 2, "unit_id": "u8", "kind": "market", "households": 0, "population": 5,
         "area_m2": 0.1, "parents": {"community_code": _C, "workload": 1.5}, "geometry": _EAST},
    ],
    "building": [
        {"id": 1, "building_id": "b1", "kind": "house", "height_m": 12.5, "storeys": 4, "geometry": _WEST},
        {"id": 4, "building_id": "b2", "kind": "", "height_m": None, "storeys": None, "geometry": _EAST},
    ],
    "road": [{"id": 1, "road_id": "r", "name": "路", "name_en": "", "road_class": "alley", "geometry": _LINE}],
    "barrier": [
        {"id": 1, "barrier_id": "x", "kind": "river", "name": "河", "name_en": "R", "effect": "hard",
         "geometry": _LINE}
    ],
    "place": [{"id": 1, "place_id": "p", "kind": "school", "name": "一小", "name_en": "", "geometry": _POINT}],
    "exclusion_zone": [
        {"id": 1, "zone_id": "z", "kind": "no_view", "name": "z", "name_en": "", "geometry": _WEST}
    ],
    "address": [
        {"id": 1, "address_id": "a", "street": "人民路", "number": "1", "building": "", "geometry": _POINT}
    ],
    "incident_category": [{"id": 1, "code": "0101", "name": "占道", "name_en": "Stall"}],
    "incident": [
        {"id": 9, "source_id": "s1", "category": "0101", "occurred_at": _MORNING, "status": "closed",
         "closed_at": _EVENING, "closed_level": "grid", "channel": "patrol", "grid_code": f"{_C}002",
         "geometry": _POINT},
        {"id": 10, "source_id": "s2", "category": "0101", "occurred_at": _EVENING, "status": "open",
         "closed_at": None, "closed_level": "", "channel": "", "grid_code": None, "geometry": _POINT},
    ],
    "camera": [
        {"id": 1, "camera_id": "k", "kind": "dome", "height_m": None, "azimuth_deg": None, "fov_deg": 360.0,
         "range_m": 80.0, "status": "in_service", "owner": "", "geometry": _POINT}
    ],
    "plan": [
        {"id": 1, "name": "今天", "state": "retired", "created_at": _MORNING, "parent_id": None, "unit_set_id": 2,
         "settings": {"within": ["community_code"]}, "metrics": {"grids": 2.0, "none": None}},
        {"id": 4, "name": "new", "state": "published", "created_at": _EVENING, "parent_id": 1, "unit_set_id": 2,
         "settings": {}, "metrics": {}},
    ],
    "plan_grid": [
        {"id": 1, "plan_id": 1, "code": f"{_C}001", "name": "一", "kind": "general", "parent_code": _C},
        {"id": 2, "plan_id": 1, "code": f"{_C}002", "name": "", "kind": "dedicated", "parent_code": _C},
        {"id": 3, "plan_id": 4, "code": f"{_C}002", "name": "二", "kind": "general", "parent_code": _C},
    ],
    "plan_unit": [
        {"id": 1, "plan_id": 1, "unit_row": 7, "grid_code": f"{_C}001"},
        {"id": 2, "plan_id": 1, "unit_row": 8, "grid_code": f"{_C}002"},
        {"id": 3, "plan_id": 4, "unit_row": 7, "grid_code": f"{_C}002"},
        {"id": 4, "plan_id": 4, "unit_row": 8, "grid_code": f"{_C}002"},
    ],
    "edition": [
        {"id": 1, "plan_id": 1, "valid_from": _MORNING, "valid_to": _EVENING, "locator_file": "edition-000001.locator"},
        {"id": 2, "plan_id": 4, "valid_from": _EVENING, "valid_to": None, "locator_file": None},
    ],
    "edition_grid": [
        {"id": 1, "edition_id": 1, "code": f"{_C}001", "name": "一", "kind": "general", "parent_code": _C,
         "households": 2**40, "population": 0, "area_m2": 1e6 / 3, "n_units": 1, "geometry": _WEST},
        {"id": 2, "edition_id": 1, "code": f"{_C}002", "name": "", "kind": "dedicated", "parent_code": _C,
         "households": 0, "population": 5, "area_m2": 0.1, "n_units": 1, "geometry": _EAST},
        {"id": 3, "edition_id": 2, "code": f"{_C}002", "name": "二", "kind": "general", "parent_code": _C,
         "households": 2**40, "population": 5, "area_m2": 7.0, "n_units": 2, "geometry": shapely.union(_WEST, _EAST)},
    ],
    "edition_lineage": [
        {"id": 1, "edition_id": 2, "code": f"{_C}002", "from_code": f"{_C}001", "relation": "merged_into"},
        {"id": 2, "edition_id": 2, "code": f"{_C}002", "from_code": f"{_C}002", "relation": "kept"},
    ],
}  # fmt: skip


def make_released(database: Database, revision: str) -> dict[str, list[dict[str, Any]]]:
    """Make a store of a release in an empty database and fill every table; give its rows.

    The rows of 0001 are written by 0001's schema and brought to the revision by the migrations between, as in a town
    that has used every version.
    """
    with database.write() as connection:
        bring_up_to_date(connection, "0001")
        for table in _tables(connection):
            connection.execute(sa.insert(table), ROWS_0001[table.name])
        if revision != "0001":
            bring_up_to_date(connection, revision)
        for table in _tables(connection):
            if not connection.scalar(sa.select(sa.func.count()).select_from(table)):
                connection.execute(sa.insert(table), [_some_row(connection, table)])
        _set_sequences(connection)
    return rows_by_table(database)


def rows_by_table(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Give all rows as plain values, in the order of their keys."""
    with database.read() as connection:
        return {
            table.name: [
                {name: _plain(value) for name, value in row._mapping.items()}
                for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in _tables(connection)
        }


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.to_wkb(value)
    return json.dumps(value) if isinstance(value, dict | list) else value


def _tables(connection: Connection) -> list[sa.Table]:
    """Give the tables as they are in the database, with types that read and write alike on both backends."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    for table in metadata.tables.values():
        for column in table.columns:
            column.type = _type(column)
    return [table for table in metadata.sorted_tables if table.name not in (VERSION_TABLE, "spatial_ref_sys")]


def _type(column: sa.Column[Any]) -> Any:
    if column.name == "geometry":
        return ShapelyGeometry()
    if isinstance(column.type, sa.DateTime):
        return UtcDateTime()
    if isinstance(column.type, sa.JSON):
        return PlainJson()
    return PlainText() if isinstance(column.type, sa.Text) else column.type


def _some_row(connection: Connection, table: sa.Table) -> dict[str, Any]:
    checks = " ".join(str(check["sqltext"]) for check in sa.inspect(connection).get_check_constraints(table.name))
    return {column.name: _some_value(connection, column, checks) for column in table.columns}


def _some_value(connection: Connection, column: sa.Column[Any], checks: str) -> Any:
    for key in column.foreign_keys:
        return connection.scalar(sa.select(key.column).limit(1))
    if allowed := re.search(rf"\b{column.name}\b[^']*'([^']*)'", checks):
        return allowed[1]
    kinds = {PlainText: "a", UtcDateTime: _MORNING, PlainJson: {"a": 1}, ShapelyGeometry: _POINT}
    return kinds.get(type(column.type), True if isinstance(column.type, sa.Boolean) else 1)


def _set_sequences(connection: Connection) -> None:
    """Leave PostgreSQL's sequences as a town's use would have."""
    if connection.dialect.name == "postgresql":
        for table in _tables(connection):
            if "id" in table.columns:
                highest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), highest)))

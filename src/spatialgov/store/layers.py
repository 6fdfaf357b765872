"""Jurisdictions, basic units, and the layers that are replaced as a whole."""

import math
from datetime import UTC, datetime
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import InputError, NotFoundError
from spatialgov.language import t
from spatialgov.store.database import Database
from spatialgov.store.frames import insert_rows, read_frame, rows_of
from spatialgov.store.models import (
    LAYERS,
    Camera,
    Incident,
    Jurisdiction,
    ResponsiblePost,
    Row,
    Unit,
    UnitSet,
    frame_columns,
)
from spatialgov.store.notes import new_revision
from spatialgov.store.records import UnitSetRecord

__all__ = [
    "add_unit_set",
    "counts",
    "existing_unit_set",
    "jurisdictions",
    "layer",
    "replace",
    "replace_jurisdictions",
    "replace_layer",
    "replace_responsible_posts",
    "responsible_posts",
    "unit_set",
    "unit_sets",
]


def replace(database: Database, kind: str, model: type[Row], key: str | None, frame: pd.DataFrame) -> int:
    """Put the rows of a frame in place of all of a `kind`; `key` is a column of the table without duplicates."""
    with database.write() as connection:
        rows = rows_of(model, frame, connection, unique=key)
        connection.execute(sa.delete(model))
        new_revision(connection, kind)
        return insert_rows(connection, model, rows)


def replace_jurisdictions(database: Database, frame: gpd.GeoDataFrame) -> int:
    """See `Store.replace_jurisdictions`."""
    return replace(database, "jurisdictions", Jurisdiction, "code", frame)


def jurisdictions(database: Database, level: str | None) -> gpd.GeoDataFrame:
    """See `Store.jurisdictions`."""
    conditions = () if level is None else (Jurisdiction.level == level,)
    with database.read() as connection:
        return cast("gpd.GeoDataFrame", read_frame(connection, Jurisdiction, *conditions))


def replace_layer(database: Database, kind: str, frame: gpd.GeoDataFrame) -> int:
    """See `Store.replace_layer`."""
    model = _layer_model(kind)
    return replace(database, kind, model, frame_columns(model)[0].name, frame)


def layer(database: Database, kind: str) -> gpd.GeoDataFrame:
    """See `Store.layer`."""
    model = _layer_model(kind)
    with database.read() as connection:
        return cast("gpd.GeoDataFrame", read_frame(connection, model))


def _layer_model(kind: str) -> type[Row]:
    if kind not in LAYERS:
        raise InputError(
            t("There is no layer {kind!r}.", "没有图层 {kind!r}。", kind=kind),
            remedy=t("Layers: {names}.", "可用图层：{names}。", names=", ".join(LAYERS)),
        )
    return LAYERS[kind]


def replace_responsible_posts(database: Database, frame: pd.DataFrame) -> int:
    """See `Store.replace_responsible_posts`."""
    return replace(database, "responsible_posts", ResponsiblePost, None, frame)


def responsible_posts(database: Database) -> pd.DataFrame:
    """See `Store.responsible_posts`."""
    with database.read() as connection:
        return read_frame(connection, ResponsiblePost)


def add_unit_set(database: Database, frame: gpd.GeoDataFrame, *, name: str, datum: str, source: str) -> int:
    """See `Store.add_unit_set`."""
    with database.write() as connection:
        rows = rows_of(Unit, frame.assign(parents=_parents(frame)), connection, unique="unit_id")
        values = {"name": name, "datum": datum, "source": source, "imported_at": datetime.now(UTC)}
        unit_set_id = cast("int", connection.scalar(sa.insert(UnitSet).returning(UnitSet.id), values))
        for row in rows:
            row["unit_set_id"] = unit_set_id
        insert_rows(connection, Unit, rows)
    return unit_set_id


def _parents(frame: pd.DataFrame) -> "pd.Series[Any]":
    """Give what the columns beyond a unit's own say, a mapping a row."""
    own = {column.name for column in frame_columns(Unit)} - {"parents"}
    values: dict[str, list[Any]] = {}
    for name in (str(column) for column in frame.columns if column not in own):
        series = frame[name].astype(object)
        values[name] = [None if lost else value for value, lost in zip(series, series.isna(), strict=True)]
        for row, value in enumerate(values[name], 1):
            if name == "workload" and isinstance(value, float) and math.isfinite(value):
                continue  # minutes a day; a code with a fraction would be a mistake
            if not isinstance(value, str | int | np.integer | None):
                raise InputError(
                    t(
                        "unit, row {row}: {column} ({value!r}) is neither text nor a whole number.",
                        "unit 第 {row} 行：{column}（{value!r}）既不是文本也不是整数。",
                        row=row,
                        column=name,
                        value=value,
                    ),
                    remedy=t("Leave the column out, or convert it.", "请去掉该列或转换其类型。"),
                )
    rows = zip(*values.values(), strict=True) if values else [()] * len(frame)
    return pd.Series([dict(zip(values, row, strict=True)) for row in rows], index=frame.index, dtype=object)


def unit_sets(database: Database) -> list[UnitSetRecord]:
    """See `Store.unit_sets`."""
    n_units = sa.select(sa.func.count()).where(Unit.unit_set_id == UnitSet.id).scalar_subquery()
    query = sa.select(UnitSet.id, UnitSet.name, UnitSet.datum, UnitSet.source, UnitSet.imported_at, n_units).order_by(
        UnitSet.id
    )
    with database.read() as connection:
        return [UnitSetRecord(*row) for row in connection.execute(query)]


def unit_set(database: Database, unit_set_id: int | None) -> gpd.GeoDataFrame:
    """See `Store.unit_set`."""
    with database.read() as connection:
        found = existing_unit_set(connection, unit_set_id)
        frame = read_frame(connection, Unit, Unit.unit_set_id == found)
    parents = pd.DataFrame(frame["parents"].tolist(), index=frame.index)
    own = frame.drop(columns=["parents", "geometry"])
    return gpd.GeoDataFrame(pd.concat([own, parents], axis=1), geometry=frame["geometry"])


def existing_unit_set(connection: Connection, unit_set_id: int | None) -> int:
    """Give the number of a unit set (None: of the latest), or raise `NotFoundError`."""
    query = sa.select(sa.func.max(UnitSet.id))
    if unit_set_id is not None:
        query = query.where(UnitSet.id == unit_set_id)
    found = connection.scalar(query)
    if found is None:
        raise NotFoundError(
            t("There are no such units in the store.", "数据库中没有这批基本单元。"),
            remedy=t("Import units first.", "请先导入基本单元。"),
        )
    return int(found)


def counts(database: Database) -> dict[str, int]:
    """See `Store.counts`."""
    tables: dict[str, type[Row]] = {**LAYERS, "incidents": Incident, "cameras": Camera}
    with database.read() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
            for name, model in tables.items()
        }

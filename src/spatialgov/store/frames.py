"""Frames to rows and back, a column at a time, by the columns of the models."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import InputError, MissingColumnError
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.store.column_types import PlainJson, PlainText, UtcDateTime
from spatialgov.store.geometry_type import SRID, ShapelyGeometry
from spatialgov.store.models import Row, frame_columns, table_of

__all__ = ["as_read", "encoded", "frame_of", "insert_rows", "read_frame", "rows_of", "values_of"]

_Values = list[Any]


def rows_of(
    model: type[Row], frame: pd.DataFrame, connection: Connection, *, unique: str | None = None
) -> list[dict[str, Any]]:
    """Give the rows to insert for a frame, checked and converted, in the frame's order.

    Parameters
    ----------
    model
        The table; `frame_columns` says what the frame must have. A column that may be empty or has a default may be
        missing, and a missing value becomes the default.
    frame
        In EPSG:4326 when the table has a geometry. Columns that the table doesn't have are left out.
    connection
        Says which backend the geometries are encoded for.
    unique
        A column without duplicates.

    Raises
    ------
    MissingColumnError, InputError
        With the table, the column and the first row (from 1) that does not fit.
    """
    values = values_of(model, frame, connection, unique=unique)
    names = list(values)
    return [dict(zip(names, row, strict=True)) for row in zip(*values.values(), strict=True)]


def values_of(
    model: type[Row], frame: pd.DataFrame, connection: Connection, *, unique: str | None = None, bound: bool = False
) -> dict[str, list[Any]]:
    """Give what `rows_of` gives column by column; `bound`: times as the column's type would give them to the driver."""
    dialect = connection.dialect.name
    values = {column.name: _values(column, frame, dialect, bound) for column in frame_columns(model)}
    if unique is not None:
        twice = pd.Series(values[unique], dtype=object).duplicated().to_numpy()
        _refuse(table_of(model).c[unique], twice, t("is in the data twice", "重复出现"), values[unique])
    return values


def insert_rows(connection: Connection, into: type[Row] | sa.Table, rows: list[dict[str, Any]]) -> int:
    """Insert the rows, if there are any, and give their number."""
    if rows:
        connection.execute(sa.insert(into), rows)
    return len(rows)


def read_frame(connection: Connection, model: type[Row], *conditions: sa.ColumnElement[bool]) -> pd.DataFrame:
    """Give the rows that meet all conditions, in the order in which they came: a GeoDataFrame if there is a geometry.

    Times are UTC, missing numbers NaN, missing texts None.
    """
    columns = frame_columns(model)
    query = sa.select(*(as_read(column, connection.dialect) for column in columns))
    return frame_of(columns, connection.execute(query.where(*conditions).order_by(model.id)).all())


def frame_of(columns: Sequence[sa.Column[Any]], rows: Sequence[Any]) -> pd.DataFrame:
    """Give rows that were selected by `as_read` of these columns as `read_frame` does."""
    by_column: Iterable[Any] = zip(*rows, strict=True) if rows else ([] for _ in columns)
    data = {column.name: _series(column, list(values)) for column, values in zip(columns, by_column, strict=True)}
    if "geometry" not in data:
        return pd.DataFrame(data)
    return gpd.GeoDataFrame(data, geometry="geometry", crs=WGS84)


def _values(column: sa.Column[Any], frame: pd.DataFrame, dialect: str, bound: bool) -> _Values:
    """Give the values of one column of a frame as the driver takes them; see `rows_of`."""
    default = _default(column)
    if column.name not in frame.columns:
        if default is None and not column.nullable:
            raise MissingColumnError(
                t(
                    "{what} has no column {column}.",
                    "{what} 缺少列 {column}。",
                    what=column.table.name,
                    column=column.name,
                ),
                remedy=t("Add it, or name the column that holds it.", "请补充该列，或指明对应的列名。"),
            )
        return [default] * len(frame)
    if isinstance(column.type, ShapelyGeometry):
        return _geometries(column, frame, dialect)
    series = frame[column.name]
    missing = series.isna().to_numpy(dtype=bool)
    if default is None and not column.nullable:
        _refuse(column, missing, t("is missing", "缺失"))
    convert = _converter(column)
    if bound and convert is _times and dialect == "sqlite":
        convert = _times_as_text
    values = convert(column, series, missing)
    for position in np.flatnonzero(missing):
        values[position] = default
    return values


def _default(column: sa.Column[Any]) -> Any:
    default = column.default
    return default.arg if isinstance(default, sa.ColumnDefault) and default.is_scalar else None


def _refuse(column: sa.Column[Any], wrong: Any, problem: str, values: Any = None) -> None:
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    shown = "" if values is None else f" ({str(values[row])[:60]!r})"
    raise InputError(
        t(
            "{what}, row {row}: {column}{shown} {problem}.",
            "{what} 第 {row} 行：{column}{shown} {problem}。",
            what=column.table.name,
            row=row + 1,
            column=column.name,
            shown=shown,
            problem=problem,
        ),
        remedy=t("Correct the row and try again.", "请更正该行后重试。"),
    )


def _converter(column: sa.Column[Any]) -> Callable[[sa.Column[Any], "pd.Series[Any]", Any], _Values]:
    if isinstance(column.type, PlainText):
        return _texts
    if isinstance(column.type, UtcDateTime):
        return _times
    if isinstance(column.type, PlainJson):
        return lambda _column, series, _missing: series.tolist()
    return _whole_numbers if isinstance(column.type, sa.BigInteger) else _numbers


def _texts(column: sa.Column[Any], series: "pd.Series[Any]", missing: Any) -> _Values:
    values = series.astype(object).tolist()
    if set(map(type, values)) == {str}:
        return values
    wrong = np.fromiter((not isinstance(value, str) for value in values), dtype=bool, count=len(values))
    _refuse(column, wrong & ~missing, t("is not text", "不是文本"), values)
    return values


def _times(column: sa.Column[Any], series: "pd.Series[Any]", missing: Any) -> _Values:
    return [None] * len(series) if missing.all() else list(_utc(column, series, missing).dt.to_pydatetime())


def _times_as_text(column: sa.Column[Any], series: "pd.Series[Any]", missing: Any) -> _Values:
    """Give times as SQLAlchemy writes those of this type into SQLite: in UTC without saying so."""
    if missing.all():
        return [None] * len(series)
    naive = _utc(column, series, missing).dt.tz_localize(None).to_numpy("datetime64[us]")
    letters = np.datetime_as_string(naive, unit="us").astype("U26").view("U1").reshape(-1, 26)
    letters[:, 10] = " "
    texts: _Values = letters.reshape(-1).view("U26").tolist()
    return texts


def _utc(column: sa.Column[Any], series: "pd.Series[Any]", missing: Any) -> "pd.Series[Any]":
    try:
        times = pd.to_datetime(series)
    except (ValueError, TypeError) as error:
        raise InputError(
            t(
                "{what}: {column} is not a time: {detail}",
                "{what}：{column} 不是时间：{detail}",
                what=column.table.name,
                column=column.name,
                detail=error,
            )
        ) from error
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        _refuse(column, ~missing, t("has no time zone", "没有时区"), series.tolist())
    utc: pd.Series[Any] = times.dt.tz_convert("UTC").dt.floor("us")
    return utc


def _numbers(column: sa.Column[Any], series: "pd.Series[Any]", missing: Any) -> _Values:
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse(column, ~np.isfinite(numbers) & ~missing, t("is not a number", "不是数字"), series.tolist())
    return numbers.tolist()


def _whole_numbers(column: sa.Column[Any], series: "pd.Series[Any]", missing: Any) -> _Values:
    if pd.api.types.is_integer_dtype(series.dtype) and not missing.any():
        return series.to_numpy(dtype=np.int64).tolist()
    numbers = np.array(_numbers(column, series, missing))
    fraction = ~missing & (numbers != np.floor(numbers))
    _refuse(column, fraction, t("is not a whole number", "不是整数"), series.tolist())
    return [None if lost else int(number) for number, lost in zip(numbers, missing, strict=True)]


def _geometries(column: sa.Column[Any], frame: pd.DataFrame, dialect: str) -> _Values:
    crs = getattr(frame[column.name], "crs", None)
    if crs is None or not crs.equals(WGS84, ignore_axis_order=True):
        raise InputError(
            t("{what}: the frame is not in EPSG:4326.", "{what}：数据不是 EPSG:4326 坐标系。", what=column.table.name),
            remedy=t("Convert it first.", "请先转换坐标系。"),
        )
    geometry = frame[column.name].to_numpy()
    _refuse(column, shapely.is_missing(geometry) | shapely.is_empty(geometry), t("is missing", "缺失"))
    _refuse(column, shapely.has_z(geometry), t("has a third dimension", "含有第三维坐标"))
    if isinstance(column.type, ShapelyGeometry) and column.type.geometry_type == "POINT":
        _refuse(column, shapely.get_type_id(geometry) != shapely.GeometryType.POINT, t("is not a point", "不是点"))
    return encoded(geometry, dialect)


def encoded(geometry: Any, dialect: str) -> _Values:
    """Give shapely geometries as the backend's driver takes them."""
    if dialect == "sqlite":
        return list(shapely.to_wkb(geometry))
    return list(shapely.to_wkb(shapely.set_srid(geometry, SRID), hex=True, include_srid=True))


def as_read(column: sa.Column[Any], dialect: sa.Dialect) -> sa.ColumnElement[Any]:
    """Give the expression to select: geometries as WKB, to be decoded all at once."""
    if not isinstance(column.type, ShapelyGeometry):
        return column
    if dialect.name == "sqlite":
        return sa.type_coerce(column, sa.LargeBinary)
    return sa.func.ST_AsBinary(column, type_=sa.LargeBinary).label(column.name)


def _series(column: sa.Column[Any], values: _Values) -> Any:
    if isinstance(column.type, ShapelyGeometry):
        return gpd.GeoSeries(shapely.from_wkb(np.array(values, dtype=object)), crs=WGS84)
    if isinstance(column.type, UtcDateTime):
        return pd.Series(pd.to_datetime(values, utc=True)).dt.as_unit("us")
    if isinstance(column.type, sa.BigInteger) and not column.nullable:
        return pd.Series(values, dtype=np.int64)
    if isinstance(column.type, sa.BigInteger | sa.Double):
        return pd.Series(values, dtype=np.float64)
    if isinstance(column.type, PlainText) and not column.nullable:
        return pd.Series(values, dtype="str")
    return pd.Series(values, dtype=object)

"""`read_vector` and `read_table`: any file of places, or of attributes, as one kind of frame."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.datum import Datum
from spatialgov.errors import InputError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io.cells import numbers, texts
from spatialgov.vector_io.datums import resolve, to_degrees
from spatialgov.vector_io.formats import RawRows, read_rows
from spatialgov.vector_io.limits import check_shapes, check_vertices
from spatialgov.vector_io.well_known import from_wkt

__all__ = [
    "PLACE_COLUMNS",
    "VectorData",
    "damaged_faults",
    "has_place_columns",
    "read_table",
    "read_vector",
    "with_places",
]

_WKT_COLUMNS = ("wkt", "geometry", "geom", "the_geom")
_LON_COLUMNS = ("lon", "lng", "longitude", "经度")
_LAT_COLUMNS = ("lat", "latitude", "纬度")
PLACE_COLUMNS = (*_WKT_COLUMNS, *_LON_COLUMNS, *_LAT_COLUMNS)
"""Columns that hold the geometry of a table, in lower case."""


@dataclass(frozen=True)
class VectorData:
    """The rows of a vector file.

    Attributes
    ----------
    frame
        Attributes and ``geometry`` (2-D, degrees, EPSG:4326). Row ``n`` (a RangeIndex) is row ``n + 1`` of the input.
        From CSV every attribute is text; see `spatialgov.vector_io.numbers` and `texts`.
    datum
        The datum that the input was in: one of the four named ones; ``wgs84`` for a CRS on another datum, which
        PROJ has converted.
    crs
        The CRS of the input, for people, or empty when it was plain degrees.
    layer
        The layer that was read, or None for a format without layers.
    dropped_z
        Whether heights (or measures) were left out.
    faults
        Rows without a usable geometry, where a cause is known (``invalid_coordinate``, ``invalid_geometry``); their
        geometry is None, as it is for rows that simply have none.
    """

    frame: gpd.GeoDataFrame
    datum: Datum
    crs: str
    layer: str | None
    dropped_z: bool
    faults: tuple[Fault, ...]


def read_vector(
    path: str | os.PathLike[str], *, datum: str | None = None, crs: Any = None, layer: str | None = None
) -> VectorData:
    """Read a file of places in any known format, CRS and datum.

    The format follows from the content: GeoPackage, GeoJSON, Shapefile (also zipped), GeoParquet, FlatGeobuf, and
    tables (CSV in UTF-8, UTF-16 or GB18030; Parquet) with a column of WKT (``wkt``, ``geometry``, ``geom``) or of
    longitude and latitude (``lon``/``lat``, ``longitude``/``latitude``, 经度/纬度), which then leave the attributes.

    Parameters
    ----------
    path
        The file.
    datum
        ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``: needed when the file has no CRS, and for the last two, which
        no CRS can express. GeoJSON is WGS 84 by RFC 7946 unless another one is named.
    crs
        Anything that `pyproj.CRS` takes, for a file that has none or a wrong one: it takes the place of the file's.
    layer
        Layer to read; needed when several have geometry.

    Raises
    ------
    UnreadableFileError
        When the file is missing, empty, truncated or of no known format.
    DatumError
        When nobody says which coordinates the file has, or two say different things.
    CoordinateError
        When the CRS or the order of the axes is wrong.
    InputError
        When the layer has to be named, or there is no geometry.
    """
    file = Path(path)
    rows = read_rows(file, layer, spatial=True)
    if rows.geometry is None:
        rows = with_places(file, rows, list(rows.frame.columns))
    assert rows.geometry is not None  # with_places gives one, or raises
    check_shapes(file, rows.geometry)
    source = resolve(file.name, rows.crs, datum, crs, is_geojson=rows.is_geojson)
    dropped_z = bool((shapely.has_z(rows.geometry) | shapely.has_m(rows.geometry)).any())
    geometry, faults = to_degrees(file.name, shapely.force_2d(rows.geometry), source)
    frame = gpd.GeoDataFrame(rows.frame, geometry=gpd.GeoSeries(geometry, crs=WGS84), crs=WGS84)
    return VectorData(
        frame=frame,
        datum=source.datum,
        crs="" if source.crs is None else source.crs.to_string(),
        layer=rows.layer,
        dropped_z=dropped_z,
        faults=tuple(sorted([*damaged_faults(rows.damaged), *faults], key=lambda fault: fault.row or 0)),
    )


def read_table(path: str | os.PathLike[str], *, layer: str | None = None) -> pd.DataFrame:
    """Read a table of attributes: CSV (every cell text, empty ones None), Parquet, or a layer of a GeoPackage.

    The geometry of a layer is left out. Row ``n`` (a RangeIndex) is row ``n + 1`` of the input.

    Raises
    ------
    UnreadableFileError
        When the file is missing, empty, truncated or of no known format.
    InputError
        When there are several layers and none is named.
    """
    return read_rows(Path(path), layer, spatial=False).frame


def with_places(file: Path, rows: RawRows, names: Sequence[str]) -> RawRows:
    """Take the geometry of a plain table from its columns; `names` are all that the file has."""
    frame = rows.frame
    if wkt := _column(frame, _WKT_COLUMNS):
        geometry, damaged = _from_wkt(file, texts(frame[wkt]))
        return RawRows(frame.drop(columns=wkt), geometry, damaged=damaged)
    lon, lat = _column(frame, _LON_COLUMNS), _column(frame, _LAT_COLUMNS)
    if lon and lat:
        geometry, damaged = _from_degrees(frame, lon, lat)
        return RawRows(frame.drop(columns=[lon, lat]), geometry, damaged=damaged)
    raise InputError(
        t("{file} has no geometry.", "{file} 中没有几何。", file=file.name),
        remedy=t(
            "Give it a column “wkt”, or columns “lon” and “lat”. It has: {names}.",
            "请提供 wkt 列，或 lon 与 lat（经度、纬度）列。现有列：{names}。",
            names=", ".join(names),
        ),
    )


def has_place_columns(frame: pd.DataFrame) -> bool:
    """Whether a plain table has columns that hold its geometry."""
    return bool(_column(frame, _WKT_COLUMNS) or (_column(frame, _LON_COLUMNS) and _column(frame, _LAT_COLUMNS)))


def _column(frame: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((column for column in frame.columns if column.lower() in names), None)


def _from_wkt(file: Path, cells: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], dict[int, str]]:
    for i, cell in enumerate(cells):
        check_vertices(file, 0 if cell is None else cell.count(","), row=i + 1)
    geometry = from_wkt(cells)
    lost = [i for i, cell in enumerate(cells) if cell is not None and geometry[i] is None]
    reason = t("it is no WKT", "不是有效的 WKT")
    return geometry, dict.fromkeys(lost, reason)


def _from_degrees(frame: pd.DataFrame, lon: str, lat: str) -> tuple[npt.NDArray[np.object_], dict[int, str]]:
    x, x_wrong = numbers(frame[lon])
    y, y_wrong = numbers(frame[lat])
    geometry = np.full(len(frame), None, dtype=object)
    there = np.isfinite(x) & np.isfinite(y)
    geometry[there] = shapely.points(x[there], y[there])
    reason = t("“{lon}” and “{lat}” are not both numbers", "“{lon}”与“{lat}”不都是数字", lon=lon, lat=lat)
    half = np.isfinite(x) != np.isfinite(y)
    return geometry, dict.fromkeys(np.flatnonzero(x_wrong | y_wrong | half).tolist(), reason)


def damaged_faults(reasons: dict[int, str]) -> list[Fault]:
    """List the rows whose geometry can't be parsed."""
    return [
        Fault(
            "invalid_geometry",
            t("The geometry can't be read: {reason}.", "无法读取几何：{reason}。", reason=reason.rstrip(".")),
            t("Correct it or remove the row.", "请更正，或删除该行。"),
            row=position + 1,
            column="geometry",
        )
        for position, reason in reasons.items()
    ]

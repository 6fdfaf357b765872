"""`write_vector`: a file is written whole or not at all."""

import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.vector_io.text import guard_cell

__all__ = ["SHORT_NAMES", "short_names", "write_vector"]

_GEOJSON_DECIMALS = 7
"""One centimetre, as RFC 7946 advises."""
_MOST_LETTERS = 10
"""Of a column of a Shapefile."""
SHORT_NAMES = {
    "parent_code": "parent",
    "community_code": "community",
    "subdistrict_code": "subdistr",
    "district_code": "district",
}
"""Our columns that are too long for a Shapefile, and what they are called there."""


def write_vector(
    frame: pd.DataFrame | Mapping[str, pd.DataFrame], path: str | os.PathLike[str], *, layer: str | None = None
) -> None:
    """Write a frame, or several as layers, in the format of the suffix; an interrupted write leaves the old file.

    ``.gpkg`` takes any number of layers, with or without geometry, in the CRS of each. ``.geojson`` (7 decimals) and
    ``.csv`` (WKT in a column ``wkt``, UTF-8 with BOM so that Excel shows Chinese) are WGS 84. ``.parquet`` is
    GeoParquet. In CSV, text that a spreadsheet would run as a formula (``=``, ``+``, ``-``, ``@`` and the like in
    front) gets an apostrophe before it, which `read_vector` and `read_table` take away again; numbers stay as they are.
    ``.zip`` is a Shapefile for each layer, in its CRS (``.prj``) and UTF-8 (``.cpg``); columns have at most 10 letters
    there (`short_names`), times are text in ISO 8601.

    Parameters
    ----------
    frame
        A frame, or a mapping of layer name → frame.
    path
        The file; its folder must exist.
    layer
        Name of the layer of a single frame; the stem of the path when not given.

    Raises
    ------
    InputError
        When the suffix is none of these, the format takes one layer only, a frame has a geometry but no CRS, or the
        file can't be written.
    """
    target = Path(path)
    layers = dict(frame) if isinstance(frame, Mapping) else {layer or target.stem: frame}
    write = {
        ".gpkg": _geopackage, ".geojson": _geojson, ".csv": _csv, ".parquet": _parquet, ".zip": _shapefiles,
    }.get(target.suffix.lower())  # fmt: skip
    if write is None:
        raise InputError(
            t("“{file}” names no format that can be written.", "无法写入“{file}”这种格式。", file=target.name),
            remedy=t(
                "Use .gpkg, .geojson, .parquet, .csv or .zip.", "请使用 .gpkg、.geojson、.parquet、.csv 或 .zip。"
            ),
        )
    if not layers or (len(layers) > 1 and write not in (_geopackage, _shapefiles)):
        raise InputError(
            t(
                "{file} takes one layer, not {n}.",
                "{file} 只能写一个图层，而不是 {n} 个。",
                file=target.name,
                n=len(layers),
            ),
            remedy=t("Write a GeoPackage (.gpkg).", "请写为 GeoPackage（.gpkg）。"),
        )
    for name, part in layers.items():
        if isinstance(part, gpd.GeoDataFrame) and part.crs is None:
            raise InputError(t("Layer “{name}” has no CRS.", "图层“{name}”没有坐标系。", name=name))
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            part_written = Path(folder) / target.name
            write(layers, part_written)
            with part_written.open("rb") as file:
                os.fsync(file.fileno())
            part_written.replace(target)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise InputError(
            t("{file} can't be written: {reason}.", "无法写入 {file}：{reason}。", file=target, reason=error),
            remedy=t("Check the folder and its free space.", "请检查文件夹及其剩余空间。"),
        ) from error


def _geopackage(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")


def _geojson(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    ((name, frame),) = layers.items()
    if not isinstance(frame, gpd.GeoDataFrame):
        raise _no_geometry(path)
    pyogrio.write_dataframe(
        frame.to_crs(WGS84), path, layer=name, driver="GeoJSON", COORDINATE_PRECISION=_GEOJSON_DECIMALS
    )


def _parquet(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    (frame,) = layers.values()
    frame.to_parquet(path, index=False)


def _shapefiles(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    parts = path.with_suffix("")
    parts.mkdir()
    for name, frame in layers.items():
        if not isinstance(frame, gpd.GeoDataFrame):
            raise _no_geometry(path)
        columns = [str(column) for column in frame.columns if column != frame.geometry.name]
        times = [column for column in columns if pd.api.types.is_datetime64_any_dtype(frame[column])]
        as_text = {c: frame[c].map(lambda at: None if pd.isna(at) else at.isoformat()) for c in times}
        named = frame.assign(**as_text).rename(columns=short_names(columns))
        pyogrio.write_dataframe(named, parts / f"{name}.shp", driver="ESRI Shapefile", encoding="UTF-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(parts.iterdir()):
            archive.write(part, part.name)


def short_names(columns: Iterable[str]) -> dict[str, str]:
    """Give each column its name in a Shapefile: ours by `SHORT_NAMES`, others cut, and numbered where they clash."""
    found: dict[str, str] = {}
    for column in columns:
        short, n = SHORT_NAMES.get(column, column)[:_MOST_LETTERS], 1
        while short.lower() in (other.lower() for other in found.values()):
            n += 1
            short = f"{column[: _MOST_LETTERS - 1 - len(str(n))]}_{n}"
        found[column] = short
    return found


def _csv(layers: Mapping[str, pd.DataFrame], path: Path) -> None:
    (frame,) = layers.values()
    if isinstance(frame, gpd.GeoDataFrame):
        wkt = shapely.to_wkt(frame.geometry.to_crs(WGS84).to_numpy(), rounding_precision=-1)
        frame = pd.DataFrame(frame.drop(columns=frame.geometry.name)).assign(wkt=wkt)
    guarded = frame.apply(_guarded)
    guarded.columns = pd.Index([guard_cell(str(name)) for name in frame.columns])
    # RFC 4180's line ends: cells with either half of one are quoted
    guarded.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _guarded(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    return column.map(lambda cell: guard_cell(cell) if isinstance(cell, str) else cell)


def _no_geometry(path: Path) -> InputError:
    return InputError(
        t("{file} needs a geometry.", "{file} 需要几何。", file=path.name),
        remedy=t("Write a .csv or a .gpkg.", "请写为 .csv 或 .gpkg。"),
    )

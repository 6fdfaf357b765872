"""Read a plan that `Plan.write` wrote, or any table that gives units their grids."""

import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from spatialgov.errors import InputError, MissingColumnError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.plan import Plan, PlanSettings
from spatialgov.topology import degree_shapes, metric_shapes
from spatialgov.units import Units
from spatialgov.vector_io import read_table, read_vector, texts
from spatialgov.vector_io.files import local_path
from spatialgov.vector_io.geopackage import check_geopackage
from spatialgov.vector_io.writing import SHORT_NAMES

__all__ = ["cut_units", "read_division", "read_plan"]

_LEAST_STRIP_M = 1.0
"""A unit is cut where a border leaves a strip of it outside that is wider; less is what rounding leaves."""
_LONG_NAMES = {short: long for long, short in SHORT_NAMES.items()}


def read_plan(path: str | Path, units: Units, settings: PlanSettings) -> Plan:
    """Read which grid each unit belongs to.

    Parameters
    ----------
    path
        A plan's GeoPackage or zipped Shapefiles (layers `units` and `grids`), or a CSV or Parquet table with `unit_id`
        and `grid_code`.
    units
        The units that the plan divides. Units that the file leaves out have no grid.
    settings
        What the plan is measured against.

    Raises
    ------
    UnreadableFileError
        When the file is missing, damaged, or of a format that can't be read.
    MissingColumnError
        When it lacks `unit_id` or `grid_code`.
    InputError
        When a unit stands in it twice.
    NotFoundError
        When it names a unit that is not there.
    """
    file = Path(path)
    rows = _units_table(file)
    _require_columns(file, rows, "unit_id", "grid_code")
    given = pd.Series(texts(rows["grid_code"]), index=texts(rows["unit_id"]))
    if (again := given.index.duplicated()).any():
        row = int(again.argmax())
        raise InputError(
            t(
                "Row {row}: unit {unit} stands in the file twice.",
                "第 {row} 行：单元 {unit} 在文件中重复出现。",
                row=row + 1,
                unit=given.index[row],
            ),
            remedy=t("A unit belongs to one grid: delete one of the rows.", "一个单元只属于一个网格：请删除其中一行。"),
        )
    table = None
    if "grids" in _layers(file):
        table = read_table(file, layer="grids").rename(columns=_LONG_NAMES)
        table["code"] = texts(table["code"])
    return Plan.from_assignment(units, given, settings, table)


def _units_table(file: Path) -> pd.DataFrame:
    return read_table(file, layer="units" if file.suffix.lower() == ".gpkg" or "units" in _layers(file) else None)


def _require_columns(file: Path, rows: pd.DataFrame, *names: str) -> None:
    for name in names:
        if name not in rows:
            raise MissingColumnError(
                t("{file} has no column {name}.", "{file} 没有 {name} 列。", file=file.name, name=name),
                remedy=t("A plan is a table of unit_id and grid_code.", "方案是含 unit_id 与 grid_code 两列的表格。"),
            )


def read_division(path: str | Path) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read which grid each unit belongs to, or where grids are drawn, without asking what units there are.

    Parameters
    ----------
    path
        A GeoPackage or a zipped Shapefile: a plan's own (layer `units`), one with `unit_id` and `grid_code`, or old
        boundaries: polygons with a `code` (or `grid_code`), in the layer `grids` or the only one.

    Returns
    -------
    DataFrame or GeoDataFrame
        `unit_id` and `grid_code`; or, of drawn grids, `code` and polygons (EPSG:4326). Text or None, in the order of
        the file.

    Raises
    ------
    UnreadableFileError, DatumError, CoordinateError
        See `spatialgov.vector_io.read_vector`.
    MissingColumnError
        When it has none of these columns.
    InputError
        When it has several layers, and none of them is `units` or `grids`.
    """
    file = Path(path)
    if file.suffix.lower() == ".gpkg":
        check_geopackage(file)  # before GDAL lists its layers
    layers = _layers(file)
    named = next((name for name in ("units", "grids") if name in layers), None)
    rows = read_table(file, layer=named)
    if {"unit_id", "grid_code"} <= set(rows):
        return pd.DataFrame({name: texts(rows[name]) for name in ("unit_id", "grid_code")})
    code = next((name for name in ("code", "grid_code") if name in rows), None)
    if code is None:
        raise MissingColumnError(
            t("{file} has no column {name}.", "{file} 没有 {name} 列。", file=file.name, name="code"),
            remedy=t(
                "Give units their unit_id and grid_code, or polygons their code.",
                "请提供含 unit_id 与 grid_code 的单元，或含 code 的多边形。",
            ),
        )
    drawn = read_vector(file, layer=named).frame
    return gpd.GeoDataFrame({"code": texts(drawn[code])}, geometry=drawn.geometry, crs=drawn.crs)


def cut_units(path: str | Path, plan: Plan) -> list[Fault]:
    """List the units that the grids drawn in a plan's GeoPackage cut, each with a place that lies outside its grid.

    Parameters
    ----------
    path
        The file; others than GeoPackages and zipped Shapefiles draw no grids.
    plan
        What `read_plan` read from it.
    """
    file = Path(path)
    if "grids" not in _layers(file):
        return []
    drawn = _drawn(file)
    if not isinstance(drawn, gpd.GeoDataFrame) or drawn.crs is None:
        return []
    metric = metric_shapes(drawn.geometry.to_crs(4326).to_numpy(), plan.units.crs)
    shapes = dict(zip(texts(drawn["code"]), metric, strict=True))
    units = plan.units.frame
    held = metric_shapes(units.geometry.to_numpy(), plan.units.crs)
    codes = plan.assignment().to_numpy()
    grids = np.array([shapes.get(code) for code in codes], dtype=object)
    strips = shapely.buffer(shapely.difference(held, shapely.make_valid(grids)), -_LEAST_STRIP_M / 2)
    faults = []
    for row in np.flatnonzero(~shapely.is_missing(strips) & ~shapely.is_empty(strips)).tolist():
        place = degree_shapes(shapely.point_on_surface(strips[row : row + 1]), plan.units.crs)[0]
        unit = str(units["unit_id"].iloc[row])
        message = t(
            "Grid {code} as drawn cuts unit {unit}, which the file gives it.",
            "网格 {code} 的边界切分了归属于它的单元 {unit}。",
            code=codes[row],
            unit=unit,
        )
        remedy = t(
            "Units are never cut: change the table of units instead of the drawing.",
            "基本单元不得切分：请修改单元归属表，而不是网格边界。",
        )
        faults.append(Fault("unit_cut", message, remedy, item=unit, lon=place.x, lat=place.y))
    return faults


def _drawn(file: Path) -> pd.DataFrame:
    if file.suffix.lower() == ".zip":
        return read_vector(file, layer="grids").frame
    drawn: pd.DataFrame = pyogrio.read_dataframe(file, layer="grids")
    return drawn


def _layers(file: Path) -> set[str]:
    """Name the layers of a GeoPackage and the Shapefiles of an archive; none of other files, nor of damaged ones."""
    if file.suffix.lower() == ".gpkg":
        return {str(name) for name, _ in pyogrio.list_layers(local_path(file))}
    if file.suffix.lower() != ".zip":
        return set()
    try:
        with zipfile.ZipFile(file) as archive:
            return {Path(name).stem for name in archive.namelist() if name.lower().endswith(".shp")}
    except (OSError, zipfile.BadZipFile):
        return set()  # which reading it will say

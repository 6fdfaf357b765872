"""Read a plan that `Plan.write` wrote, or any table that gives units their grids."""

from pathlib import Path

import pandas as pd
import pyogrio

from spatialgov.errors import InputError, MissingColumnError
from spatialgov.language import t
from spatialgov.plan import Plan, PlanSettings
from spatialgov.units import Units
from spatialgov.vector_io import read_table, texts
from spatialgov.vector_io.files import local_path

__all__ = ["read_plan"]


def read_plan(path: str | Path, units: Units, settings: PlanSettings) -> Plan:
    """Read which grid each unit belongs to.

    Parameters
    ----------
    path
        A plan's GeoPackage (layers `units` and `grids`), or a CSV or Parquet table with `unit_id` and `grid_code`.
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
    is_plan = file.suffix.lower() == ".gpkg"
    rows = read_table(file, layer="units" if is_plan else None)
    for name in ("unit_id", "grid_code"):
        if name not in rows:
            raise MissingColumnError(
                t("{file} has no column {name}.", "{file} 没有 {name} 列。", file=file.name, name=name),
                remedy=t("A plan is a table of unit_id and grid_code.", "方案是含 unit_id 与 grid_code 两列的表格。"),
            )
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
    table = read_table(file, layer="grids") if is_plan and _has_grids(file) else None
    if table is not None:
        table["code"] = texts(table["code"])
    return Plan.from_assignment(units, given, settings, table)


def _has_grids(file: Path) -> bool:
    return "grids" in {str(name) for name, _ in pyogrio.list_layers(local_path(file))}

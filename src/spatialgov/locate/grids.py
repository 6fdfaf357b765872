"""What a locator asks of a frame of grids before it indexes them."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.datum import check_coordinates
from spatialgov.errors import DatumError, FaultyDataError, InputError, MissingColumnError
from spatialgov.faults import Fault, errors_only
from spatialgov.language import t
from spatialgov.projection import WGS84

__all__ = ["checked_grids", "refuse"]

_NAMED = 5
"""The first faults are told in the message, all of them are in the error's list."""


def checked_grids(grids: gpd.GeoDataFrame) -> tuple[list[str], npt.NDArray[np.object_], list[Fault]]:
    """Give the codes and the two-dimensional polygons of grids, and warnings.

    Raises
    ------
    InputError
        When there is no grid; `MissingColumnError` without ``code``; `DatumError` when the frame is not in EPSG:4326;
        `CoordinateError` when it reaches beyond the Earth; `FaultyDataError` with every missing or repeated code and
        every missing, empty or invalid geometry.
    """
    if "code" not in grids.columns:
        raise MissingColumnError(
            t("The grids have no column “code”.", "网格数据缺少“code”列。"),
            remedy=t("Name the column of the grid codes “code”.", "请将网格编码列命名为“code”。"),
        )
    if len(grids) == 0:
        raise InputError(
            t("There is no grid to locate in.", "没有可供定位的网格。"),
            remedy=t("Give at least one grid.", "请至少提供一个网格。"),
        )
    _check_crs(grids.crs)
    codes = grids["code"].tolist()
    polygons = np.asarray(grids.geometry.array, dtype=object)
    faults = _code_faults(codes) + _geometry_faults(polygons, codes)
    refuse(faults)
    if shapely.has_z(polygons).any():
        polygons = shapely.force_2d(polygons)
    west, south, east, north = shapely.total_bounds(polygons)
    check_coordinates([west, east], [south, north])
    return codes, polygons, faults


def refuse(faults: Sequence[Fault]) -> None:
    """Raise `FaultyDataError` when there is an ``error`` among the faults."""
    errors = errors_only(faults)
    if errors:
        more = len(errors) - _NAMED
        told = " ".join(fault.message for fault in errors[:_NAMED])
        rest = t(" And {n} more.", "另有 {n} 处。", n=more) if more > 0 else ""
        raise FaultyDataError(
            t("The grids can't be located in: ", "网格数据有误,无法用于定位:") + told + rest,
            errors,
            remedy=errors[0].remedy,
        )


def _check_crs(crs: pyproj.CRS | None) -> None:
    if crs is None:
        raise DatumError(
            t("The grids name no CRS.", "网格数据没有写明坐标系。"),
            remedy=t("Set the CRS that they are in, then to_crs(4326).", "请先设定其坐标系,再执行 to_crs(4326)。"),
        )
    if not WGS84.equals(crs, ignore_axis_order=True):
        raise DatumError(
            t(
                "The grids are in {name}, not in WGS 84 (EPSG:4326).",
                "网格数据的坐标系为 {name},不是 WGS 84(EPSG:4326)。",
                name=crs.name,
            ),
            remedy=t("Transform them with to_crs(4326).", "请用 to_crs(4326) 转换。"),
        )


def _code_faults(codes: Sequence[object]) -> list[Fault]:
    if set(map(type, codes)) == {str} and len(different := set(codes)) == len(codes) and "" not in different:
        return []
    remedy = t("Give each grid one code of its own, as text.", "请为每个网格给出唯一的文本编码。")
    first_row: dict[object, int] = {}
    faults: list[Fault] = []
    for row, code in enumerate(codes, start=1):
        if not isinstance(code, str) or not code:
            message = t("Row {row}: the grid has no code that is text.", "第 {row} 行:网格没有文本编码。", row=row)
            faults.append(Fault("missing_value", message, remedy, row=row, column="code"))
        elif first_row.setdefault(code, row) != row:
            message = t(
                "Rows {first} and {row} have the same code {code}.",
                "第 {first} 行与第 {row} 行的编码同为 {code}。",
                first=first_row[code],
                row=row,
                code=code,
            )
            faults.append(Fault("duplicate_id", message, remedy, row=row, column="code", item=code))
    return faults


def _geometry_faults(polygons: npt.NDArray[np.object_], codes: Sequence[object]) -> list[Fault]:
    areal = np.isin(shapely.get_type_id(polygons), (3, 6))
    empty = shapely.is_missing(polygons) | shapely.is_empty(polygons)
    valid = shapely.is_valid(polygons)
    faults = [
        _geometry_fault(row, str(codes[row]), polygons[row], bool(empty[row]), bool(areal[row]))
        for row in np.flatnonzero(empty | ~areal | ~valid).tolist()
    ]
    n_3d = int(shapely.has_z(polygons).sum())
    if n_3d:
        message = t("{n} grids have heights, which were left out.", "有 {n} 个网格带有高程,已忽略。", n=n_3d)
        faults.append(Fault("three_dimensional", message, severity="warning", column="geometry"))
    return faults


def _geometry_fault(row: int, code: str, polygon: BaseGeometry | None, empty: bool, areal: bool) -> Fault:
    values = {"row": row + 1, "code": code}
    if empty or polygon is None:
        kind = "missing_geometry"
        message = t("Row {row}, grid {code}: no geometry.", "第 {row} 行,网格 {code}:没有几何图形。", **values)
        remedy = t("Draw the grid or leave it out.", "请绘制该网格,或将其删除。")
    elif not areal:
        kind = "invalid_geometry"
        message = t(
            "Row {row}, grid {code}: a {type}, not a polygon.",
            "第 {row} 行,网格 {code}:几何类型为 {type},不是多边形。",
            type=polygon.geom_type,
            **values,
        )
        remedy = t("Give the grid as a polygon.", "请以多边形给出该网格。")
    else:
        kind = "invalid_geometry"
        reason = shapely.is_valid_reason(polygon)
        message = t(
            "Row {row}, grid {code}: invalid polygon ({reason}).",
            "第 {row} 行,网格 {code}:多边形无效({reason})。",
            reason=reason,
            **values,
        )
        remedy = t("Repair the ring at that place.", "请修正该处的边界环。")
    return Fault(kind, message, remedy, row=row + 1, column="geometry", item=code)

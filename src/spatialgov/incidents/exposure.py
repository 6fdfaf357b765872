"""Who and what incidents can happen to: households and km of road in cells of any shape."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import metric_frame
from spatialgov.time_limit import check_time

__all__ = ["FLOOR_SHARE", "floored", "households_in", "road_km_in"]

FLOOR_SHARE = 0.05
"""No cell counts as exposed to less than this share of the mean exposure: one household on empty ground would make
any incident there an endless rate."""

_AT_ONCE = 200_000  # pairs cut at a time: bounds the memory, and lets the time limit be looked at

Floats = npt.NDArray[np.float64]


def households_in(areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> Floats:
    """Give the households of each area, those of a unit being spread evenly over its ground.

    Parameters
    ----------
    areas
        (n,) polygons that don't overlap: H3 cells, `Raster.polygons`, grids.
    units
        Polygons with ``households`` ≥ 0.

    Returns
    -------
    float64 (n,)
        What lies outside all areas is in none of them.

    Raises
    ------
    InputError
        When ``households`` is missing or no number ≥ 0 in some row, or a row is no polygon.
    """
    if "households" not in units:
        raise InputError(
            t("The units have no column households.", "基本单元没有 households 列。"),
            remedy=t("Give the households of each unit.", "请给出每个单元的户数。"),
        )
    amounts = units["households"].to_numpy(dtype=np.float64, na_value=np.nan)
    if not (good := amounts >= 0).all():
        row = int(np.argmin(good))
        raise InputError(
            t(
                "Row {row}, households: {value} is not a number ≥ 0.",
                "第 {row} 行 households：{value} 不是非负数。",
                row=row + 1,
                value=amounts[row],
            ),
            remedy=t("Write 0 where nobody lives.", "无人居住处请填 0。"),
        )
    _check_shapes(units, {"Polygon", "MultiPolygon"})
    return _shared_out(areas, units, lambda whole: amounts, shapely.area)


def road_km_in(areas: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> Floats:
    """Give the length of roads in each area.

    Parameters
    ----------
    areas
        (n,) polygons that don't overlap.
    roads
        Lines.

    Returns
    -------
    float64 (n,)
        Kilometres.

    Raises
    ------
    InputError
        When a row is no line.
    """
    _check_shapes(roads, {"LineString", "MultiLineString"})
    return _shared_out(areas, roads, lambda length_m: length_m / 1000, shapely.length)


def floored(exposure: npt.ArrayLike) -> Floats:
    """Give the exposure with a floor of `FLOOR_SHARE` of its mean."""
    values = np.asarray(exposure, dtype=np.float64)
    return np.maximum(values, FLOOR_SHARE * values.mean()) if values.size else values


def _check_shapes(frame: gpd.GeoDataFrame, kinds: set[str]) -> None:
    if not (good := frame.geom_type.isin(kinds).to_numpy()).all():
        row = int(np.argmin(good))
        raise InputError(
            t(
                "Row {row} is a {kind}, not a {kinds}.",
                "第 {row} 行的几何是 {kind}，应为 {kinds}。",
                row=row + 1,
                kind=frame.geom_type.iloc[row],
                kinds=", ".join(sorted(kinds)),
            ),
            remedy=t("Leave it out, or give its ground or course.", "请去掉该行，或给出其范围或走向。"),
        )


def _shared_out(
    areas: gpd.GeoDataFrame,
    features: gpd.GeoDataFrame,
    amounts_of: Callable[[Floats], Floats],
    size: Callable[[npt.NDArray[np.object_]], Floats],
) -> Floats:
    """Share the amount of each feature out over the areas by the part of its size (area, length) that lies in each."""
    found = np.zeros(len(areas))
    if not len(areas) or not len(features):
        return found
    plane = areas if areas.crs is not None and areas.crs.is_projected else metric_frame(areas)
    cells = plane.geometry.to_numpy()
    shapes = metric_frame(features, plane.crs).geometry.to_numpy()
    whole = size(shapes)
    amounts = np.divide(amounts_of(whole), whole, out=np.zeros(len(whole)), where=whole > 0)
    shapely.prepare(shapes)
    cell, feature = shapely.STRtree(shapes).query(cells, predicate="intersects")
    for first in range(0, len(cell), _AT_ONCE):
        check_time()
        here, there = cell[first : first + _AT_ONCE], feature[first : first + _AT_ONCE]
        part = cells[here]
        cut = ~shapely.covers(shapes[there], part)
        part[cut] = shapely.intersection(part[cut], shapes[there[cut]])
        found += np.bincount(here, size(part) * amounts[there], minlength=len(cells))
    return found

"""What is wrong with areas that should cover a ground once, as faults with their row and place."""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import metric_crs
from spatialgov.topology.ground import Gaps, Overlaps, degree_shapes, gaps, metric_shapes, overlaps

__all__ = ["check_coverage", "islands"]

Shapes = npt.NDArray[np.object_]
Mask = npt.NDArray[np.bool_]

_POLYGONAL = (3, 6)
_NAMED = 5
"""So many of the areas around a gap are named."""


def check_coverage(frame: gpd.GeoDataFrame, item_column: str, *, gap_width_m: float = 1.0) -> list[Fault]:
    """List what is wrong with the geometry of areas that should cover a ground once.

    Parameters
    ----------
    frame
        EPSG:4326; rows of the faults are positions + 1.
    item_column
        Column with the identifiers.
    gap_width_m
        Cracks between neighbours up to this width are told.

    Returns
    -------
    list of Fault
        Errors: ``missing_geometry``, ``wrong_geometry_type``, ``invalid_geometry``, ``overlap`` (at the later row of
        the two) and ``gap`` (ground without area, enclosed by areas). Warnings: ``border_mismatch`` (vertices that
        a neighbour lacks, or a crack), ``multipart``.
    """
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    faults, sound = _check_shapes(frame, item_column, shapes)
    if not sound.any():
        return faults
    usable = _only(shapes, sound)
    west, south, east, north = shapely.total_bounds(usable)
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    # GEOS marks every area whose border doesn't match its neighbours', though not the one around a contained area.
    unmatched = _has_edges(shapely.coverage_invalid_edges(usable))
    double = overlaps(usable, crs, among=unmatched)
    faults += _overlap_faults(frame, item_column, double)
    ground = np.asarray(
        shapely.make_valid(_only(shapes, np.isin(shapely.get_type_id(shapes), _POLYGONAL))), dtype=object
    )  # ground with an unsound border is not a gap too
    matched = bool(sound.all() and not unmatched.any())
    faults += _gap_faults(frame[item_column].to_numpy(), gaps(ground, crs, matched=matched))
    cracked = shapely.coverage_invalid_edges(metric_shapes(usable, crs), gap_width_m)
    cracked[np.unique(double.pairs)] = None  # told already
    faults += _mismatch_faults(frame, item_column, degree_shapes(cracked, crs))
    return faults


def islands(frame: gpd.GeoDataFrame, item_column: str, component: npt.ArrayLike) -> list[Fault]:
    """Warn of areas that no shared border joins to the largest connected part.

    Parameters
    ----------
    frame
        EPSG:4326.
    item_column
        Column with the identifiers.
    component
        Integers, shape (n,): the connected component of each area (`ContiguityGraph.components`).

    Returns
    -------
    list of Fault
        A warning ``island`` for each component but the largest, at its first area.
    """
    labels = np.asarray(component)
    if not len(labels):
        return []
    sizes = np.bincount(labels)
    largest = int(sizes.argmax())
    faults = []
    for label in np.flatnonzero(sizes):
        if label == largest:
            continue
        position, size = int(np.argmax(labels == label)), int(sizes[label])
        message = (
            t("It shares a border with no other.", "它与其他任何单元都没有公共边界。")
            if size == 1
            else t("It and {n} others are cut off from the rest.", "它与另外 {n} 个单元同其余部分不相连。", n=size - 1)
        )
        remedy = t("Fine for a real island; otherwise close the gap.", "若确为孤岛则无碍；否则请补上缺口。")
        faults.append(_fault(frame, item_column, "island", position, message, remedy, severity="warning"))
    return faults


def _fault(
    frame: gpd.GeoDataFrame, item_column: str, kind: str, position: int, message: str, remedy: str, **more: Any
) -> Fault:
    shape = frame.geometry.iloc[position]
    if "lon" not in more and shape is not None and not shape.is_empty:
        point = shape.centroid if not shape.is_valid else shape.representative_point()
        more |= {"lon": point.x, "lat": point.y}
    item = frame[item_column].iloc[position]
    return Fault(kind, message, remedy, row=position + 1, item=None if pd.isna(item) else str(item) or None, **more)


def _check_shapes(frame: gpd.GeoDataFrame, item_column: str, shapes: Shapes) -> tuple[list[Fault], Mask]:
    """List the faults of each geometry on its own, and tell which ones are sound."""
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    wrong = ~missing & ~np.isin(shapely.get_type_id(shapes), _POLYGONAL)
    invalid = ~missing & ~wrong & ~shapely.is_valid(shapes)
    faults = []
    for position in np.flatnonzero(missing | wrong | invalid):
        p, shape = int(position), shapes[position]
        if missing[p]:
            faults.append(
                _fault(
                    frame,
                    item_column,
                    "missing_geometry",
                    p,
                    t("It has no geometry.", "没有几何。"),
                    t("Draw it or remove the row.", "请补绘，或删除该行。"),
                    column="geometry",
                )
            )
        elif wrong[p]:
            faults.append(
                _fault(
                    frame,
                    item_column,
                    "wrong_geometry_type",
                    p,
                    t("It is a {type}, not an area.", "它是 {type}，不是面。", type=shape.geom_type),
                    t("Give a polygon.", "请提供多边形。"),
                    column="geometry",
                )
            )
        else:
            faults.append(_invalid_fault(frame, item_column, p, shape))
    several = ~missing & ~wrong & (shapely.get_num_geometries(shapes) > 1)
    for position in np.flatnonzero(several):
        faults.append(
            _fault(
                frame,
                item_column,
                "multipart",
                int(position),
                t("It has {n} parts.", "它由 {n} 个部分组成。", n=shapely.get_num_geometries(shapes[position])),
                t("Fine if it is meant; otherwise make each part its own.", "若有意如此则无碍；否则请拆分。"),
                severity="warning",
            )
        )
    return faults, ~(missing | wrong | invalid)


def _invalid_fault(frame: gpd.GeoDataFrame, item_column: str, position: int, shape: Any) -> Fault:
    """Name the place that GEOS gives with its reason: ``Self-intersection[116.1 33.9]``."""
    reason, _, place = shapely.is_valid_reason(shape).partition("[")
    where: dict[str, float] = {}
    if place:
        lon, lat = (float(v) for v in place.rstrip("]").split()[:2])
        where = {"lon": lon, "lat": lat}
    return _fault(
        frame,
        item_column,
        "invalid_geometry",
        position,
        t("Its border is not sound: {reason}.", "边界无效：{reason}。", reason=_reason(reason)),
        t("Redraw it so that it doesn't cross itself.", "请重绘，使其不自相交。"),
        column="geometry",
        **where,
    )


def _reason(geos: str) -> str:
    known = {
        "Self-intersection": t("it crosses itself (a bow-tie)", "自相交（蝴蝶结）"),
        "Ring Self-intersection": t("it touches itself", "环自相接"),
        "Hole lies outside shell": t("a hole lies outside", "洞在外环之外"),
        "Too few points in geometry component": t("a ring has too few points", "环的点数不足"),
    }
    return known.get(geos.strip(), geos.strip())


def _overlap_faults(frame: gpd.GeoDataFrame, item_column: str, found: Overlaps) -> list[Fault]:
    items = frame[item_column].to_numpy()
    remedy = t("Move the border so that the ground belongs to one of them.", "请调整边界，使该地块只属于其中一个。")
    return [
        _fault(
            frame,
            item_column,
            "overlap",
            int(j),
            t(
                "{b} (row {b_row}) overlaps {a} (row {a_row}) by {area} m².",
                "{b}（第 {b_row} 行）与 {a}（第 {a_row} 行）重叠 {area} 平方米。",
                a=items[i],
                b=items[j],
                a_row=int(i) + 1,
                b_row=int(j) + 1,
                area=f"{area:,.2f}",
            ),
            remedy,
            column="geometry",
            lon=float(lon),
            lat=float(lat),
        )
        for (i, j), area, lon, lat in zip(found.pairs, found.area_m2, found.lon, found.lat, strict=True)
    ]


def _gap_faults(items: npt.NDArray[Any], found: Gaps) -> list[Fault]:
    faults = []
    for area, lon, lat, around in zip(found.area_m2, found.lon, found.lat, found.around, strict=True):
        names = ", ".join(str(item) for item in items[around[:_NAMED]]) + (" …" if len(around) > _NAMED else "")
        message = t(
            "A gap of {area} m² belongs to none; around it: {names}.",
            "有 {area} 平方米的缺口不属于任何单元；周围为：{names}。",
            area=f"{area:,.2f}",
            names=names,
        )
        remedy = t(
            "Give the ground to a neighbour, or make it one of its own.", "请将该地块并入相邻单元，或单独成一个。"
        )
        faults.append(Fault("gap", message, remedy, column="geometry", lon=float(lon), lat=float(lat)))
    return faults


def _mismatch_faults(frame: gpd.GeoDataFrame, item_column: str, edges: Shapes) -> list[Fault]:
    """Warn at each area with edges (degrees) that don't match its neighbours'."""
    message = t(
        "Its border doesn't match its neighbours' here: a vertex is missing on one side, or there is a crack.",
        "此处边界与相邻单元不吻合：一侧缺少顶点，或有裂缝。",
    )
    remedy = t("Snap the borders together if there is a crack.", "若有裂缝，请将边界吸附到一起。")
    faults = []
    for position in np.flatnonzero(_has_edges(edges)):
        place = shapely.line_interpolate_point(shapely.get_geometry(edges[position], 0), 0.5, normalized=True)
        faults.append(
            _fault(
                frame,
                item_column,
                "border_mismatch",
                int(position),
                message,
                remedy,
                severity="warning",
                column="geometry",
                lon=place.x,
                lat=place.y,
            )
        )
    return faults


def _only(shapes: Shapes, keep: Mask) -> Shapes:
    """Give the shapes, with None for those that are not kept."""
    kept = shapes.copy()
    kept[~keep] = None
    return kept


def _has_edges(edges: Shapes) -> Mask:
    has: Mask = ~(shapely.is_missing(edges) | shapely.is_empty(edges))
    return has

"""What cameras see as frames for maps and tables, and what was odd about where they stand."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.sight.isovists import isovists, polygonal
from spatialgov.coverage.sight.seeing import Sight
from spatialgov.coverage.sight.shapes import no_shapes
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import WGS84, unproject

__all__ = ["SEEN", "sectors", "seen_ground", "sight_faults", "visible_ground"]

ALONE_M = 1_000.0
"""A camera that has no building within this distance is likely to be misplaced: in the sea, in another city."""
CROWD = 20
"""So many cameras at one point are likely to have got the location of something else: an office, a default."""
LEAST_MORE_M2 = 0.01
"""What a camera perhaps sees more is rounding below this."""


def sectors(sight: Sight) -> gpd.GeoDataFrame:
    """Give the nominal sector of every camera, as if there were no buildings: for maps, not for coverage.

    Returns
    -------
    GeoDataFrame
        Indexed like ``sight.views.table``, EPSG:4326: ``camera_id``, ``kind``, ``status``, ``direction_known`` (bool;
        where it is not, the sector is the whole disc in which the true one lies), ``nominal_area_m2``, polygon.
    """
    table = sight.views.table
    known = (table["azimuth_deg"].notna() | (table["fov_least_deg"] >= 360.0)).to_numpy()
    fov_deg = np.where(known, table["fov_deg"], 360.0)
    shapes = isovists(sight.x_m, sight.y_m, table["range_m"], table["azimuth_deg"], fov_deg)
    table = table[["camera_id", "kind", "status"]].assign(direction_known=known, nominal_area_m2=shapely.area(shapes))
    return gpd.GeoDataFrame(table, geometry=shapes, crs=sight.crs).to_crs(WGS84)


def visible_ground(sight: Sight) -> gpd.GeoDataFrame:
    """Give the ground that each working camera sees with its usual figures.

    Left out are cameras that are not in service, and those of unknown direction: nothing is covered by them for
    certain (`sectors` has the disc that they may see a part of).

    Returns
    -------
    GeoDataFrame
        Indexed like ``sight.views.table``, EPSG:4326: ``camera_id``, ``seen_area_m2``, ``nominal_area_m2`` (of the
        sector without buildings), ``snapped_m`` (how far the camera was moved out of a footprint, 0 for most), and the
        seen ground, which is empty for a camera that faces its own wall.
    """
    nominal = sectors(sight)
    chosen = (nominal["direction_known"] & sight.views.table["working"]).to_numpy()
    table = nominal.loc[chosen, ["camera_id", "nominal_area_m2"]]
    table.insert(1, "seen_area_m2", shapely.area(sight.usual[chosen]))
    table["snapped_m"] = sight.snapped_m[chosen]
    return gpd.GeoDataFrame(table, geometry=sight.usual[chosen], crs=sight.crs).to_crs(WGS84)


SEEN = ("certain", "perhaps")
"""What `seen_ground` tells apart: seen whatever the missing figures are, and only if they turn out well."""


def seen_ground(sight: Sight, rows: npt.ArrayLike) -> gpd.GeoDataFrame:
    """Give what cameras see, for certain and perhaps, and the figures that it comes from; for maps.

    Parameters
    ----------
    sight
        What the cameras see.
    rows
        (n,) positions in ``sight.views.table``.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, a row a camera with what it sees for certain (empty for one that does not work), then a row for each
        working one that perhaps sees more: ``seen`` (`SEEN`), ``camera_id``, ``kind``, ``status``, ``working``,
        ``lon``, ``lat`` (where it is taken to be), ``snapped_m``, ``height_m``, ``azimuth_deg`` (NaN: unknown),
        ``fov_deg``, ``near_m``, ``range_m``, ``missing`` (columns, with commas) and ``seen_m2``.
    """
    chosen = np.asarray(rows, dtype=np.int64)
    table = sight.views.table.iloc[chosen]
    lon, lat = unproject(sight.x_m[chosen], sight.y_m[chosen], sight.crs)
    names = ["camera_id", "kind", "status", "working", "height_m", "azimuth_deg", "fov_deg", "near_m", "range_m"]
    figures = table[names].assign(
        lon=lon, lat=lat, snapped_m=sight.snapped_m[chosen], missing=[", ".join(lacks) for lacks in table["missing"]]
    )
    works = table["working"].to_numpy(dtype=bool)
    certain = np.where(works, sight.certain[chosen], no_shapes(len(chosen)))
    more = np.flatnonzero(works & (shapely.area(sight.possible[chosen]) > shapely.area(certain) + LEAST_MORE_M2))
    perhaps = polygonal(shapely.difference(sight.possible[chosen][more], certain[more]))
    shapes = np.concatenate([certain, perhaps])
    frame = pd.concat([figures, figures.iloc[more]], ignore_index=True)
    frame.insert(0, "seen", np.repeat(SEEN, [len(certain), len(perhaps)]).astype(object))
    return gpd.GeoDataFrame(frame.assign(seen_m2=shapely.area(shapes)), geometry=shapes, crs=sight.crs).to_crs(WGS84)


def sight_faults(sight: Sight) -> list[Fault]:
    """List, as warnings, where cameras and buildings can't be as they are written down.

    Returns
    -------
    list of Fault
        ``inside_building``: a camera that was moved out of a footprint; ``no_building_near``: none within `ALONE_M`;
        ``crowded_point``: `CROWD` cameras or more at one point; ``sees_nothing``: it faces its own wall, or the near
        edge of its picture is beyond its range; ``crossing_rings``: a building that was made valid.
    """
    return [
        *_inside_buildings(sight),
        *_alone(sight),
        *_crowded(sight),
        *_blind(sight),
        *_repaired(sight),
    ]


def _inside_buildings(sight: Sight) -> Iterator[Fault]:
    remedy = t("Correct its location on the ground.", "请实地核对点位。")
    for i in np.flatnonzero(sight.snapped_m > 0.0).tolist():
        message = t(
            "Camera {camera} lies {metres:.1f} m inside a building and was taken to hang on its nearest facade.",
            "摄像机 {camera} 的点位在建筑物内 {metres:.1f} 米，已按最近的外墙计算。",
            camera=_name(sight, i),
            metres=sight.snapped_m[i],
        )
        yield _fault("inside_building", message, remedy, sight, i)


def _alone(sight: Sight) -> Iterator[Fault]:
    if not len(sight.obstacles.solids):
        return
    places = np.column_stack([sight.x_m, sight.y_m])
    somewhere = np.flatnonzero(np.isfinite(places).all(axis=1))
    points = shapely.points(places[somewhere])
    near, _ = sight.obstacles.tree.query_nearest(points, max_distance=ALONE_M, all_matches=False)
    alone = np.ones(len(places), dtype=np.bool_)
    alone[somewhere[near]] = False
    for i in np.flatnonzero(alone).tolist():
        message = t(
            "No building is within {metres:,.0f} m of camera {camera}.",
            "摄像机 {camera} 周围 {metres:,.0f} 米内没有建筑物。",
            camera=_name(sight, i),
            metres=ALONE_M,
        )
        remedy = t("Check its location and its datum.", "请核对点位及其坐标基准。")
        yield _fault("no_building_near", message, remedy, sight, i)


def _crowded(sight: Sight) -> Iterator[Fault]:
    places = sight.views.table[["lon", "lat"]].to_numpy()
    _, first, count = np.unique(places, axis=0, return_index=True, return_counts=True)
    for i, cameras in zip(first[count >= CROWD].tolist(), count[count >= CROWD].tolist(), strict=True):
        message = t(
            "{cameras:,} cameras are at one and the same point, {camera} among them.",
            "{cameras:,} 台摄像机位于同一点位，其中有 {camera}。",
            camera=_name(sight, i),
            cameras=cameras,
        )
        remedy = t("Check whether this is a default or an office.", "请核对该点位是否为缺省值或单位地址。")
        yield _fault("crowded_point", message, remedy, sight, i)


def _blind(sight: Sight) -> Iterator[Fault]:
    for i in np.flatnonzero(shapely.is_empty(sight.possible)).tolist():
        message = t(
            "Camera {camera} sees no ground at all.", "摄像机 {camera} 看不到任何地面。", camera=_name(sight, i)
        )
        remedy = t(
            "Check its direction, its range and its tilt: it may face its own wall.",
            "请核对其朝向、可视距离和俯角：可能正对自身所在的墙面。",
        )
        yield _fault("sees_nothing", message, remedy, sight, i)


def _repaired(sight: Sight) -> Iterator[Fault]:
    buildings = sight.obstacles
    broken = np.flatnonzero(buildings.repaired)
    west, south, east, north = shapely.bounds(buildings.footprints[broken]).T
    lon, lat = unproject((west + east) / 2, (south + north) / 2, sight.crs)
    for i, x, y in zip(broken.tolist(), lon.tolist(), lat.tolist(), strict=True):
        name = str(buildings.building_id[i]) or t("in row {row}", "第 {row} 行", row=i + 1)
        yield Fault(
            kind="crossing_rings",
            message=t(
                "The outline of building {name} crosses itself; its valid form was used.",
                "建筑物 {name} 的轮廓自相交，已按修复后的形状计算。",
                name=name,
            ),
            remedy=t("Correct its outline.", "请更正其轮廓。"),
            severity="warning",
            row=i + 1,
            item=str(buildings.building_id[i]) or None,
            lon=x if np.isfinite(x) else None,
            lat=y if np.isfinite(y) else None,
        )


def _name(sight: Sight, row: int) -> str:
    return str(sight.views.table["camera_id"].iloc[row])


def _fault(kind: str, message: str, remedy: str, sight: Sight, row: int) -> Fault:
    place = sight.views.table[["lon", "lat"]].iloc[row]
    return Fault(
        kind=kind,
        message=message,
        remedy=remedy,
        severity="warning",
        item=_name(sight, row),
        lon=float(place["lon"]),
        lat=float(place["lat"]),
    )

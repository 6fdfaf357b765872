"""The ground that cameras are meant to see, and the ground that they do see among the buildings."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.coverage._kernels import TOUCH_M
from spatialgov.coverage.isovists import Obstacles, isovists
from spatialgov.coverage.views import views_of
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import WGS84, metric_crs, project

__all__ = ["FACADE_GAP_M", "sectors", "snap_faults", "visible_ground"]

FACADE_GAP_M = 0.05
"""A camera whose point lies inside a footprint is taken to hang this far before the nearest facade."""

FloatArray = npt.NDArray[np.float64]


def sectors(cameras: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the nominal sector of every camera, as if there were no buildings: for maps, not for coverage.

    Parameters
    ----------
    cameras
        `Cameras.frame`.

    Returns
    -------
    GeoDataFrame
        Indexed like `cameras`, EPSG:4326: ``camera_id``, ``kind``, ``status``, ``direction_known`` (bool; where it is
        not, the sector is the whole disc in which the true one lies), ``nominal_area_m2``, polygon.
    """
    x_m, y_m, crs = _plane(cameras)
    views = views_of(cameras).table
    known = _direction_known(views)
    fov = np.where(known, views["fov_deg"], 360.0)
    shapes = isovists(x_m, y_m, views["range_m"], views["azimuth_deg"], fov)
    table = cameras[["camera_id", "kind", "status"]].assign(direction_known=known, nominal_area_m2=shapely.area(shapes))
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs).to_crs(WGS84)


def visible_ground(cameras: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Give the ground that each working camera sees among the buildings.

    Left out are cameras that are not in service, and those of unknown direction: nothing is covered by them for
    certain (`sectors` has the disc that they may see a part of). What else a camera does not say is the usual of
    `views_of`. Heights are not used: every building hides what is behind it.

    Parameters
    ----------
    cameras
        `Cameras.frame`.
    buildings
        Footprints, EPSG:4326 (any CRS that is named); None for open ground.

    Returns
    -------
    GeoDataFrame
        Indexed like `cameras`, EPSG:4326: ``camera_id``, ``seen_area_m2``, ``nominal_area_m2`` (of the sector without
        buildings), ``snapped_m`` (how far the camera was moved out of a footprint, 0 for most; `snap_faults` lists
        them), and the seen ground, which is empty for a camera that faces its own wall.
    """
    views = views_of(cameras).table
    sees = views["working"].to_numpy() & _direction_known(views)
    working, views = cameras[sees], views[sees]
    x_m, y_m, crs = _plane(working)
    solids = Obstacles.build([] if buildings is None else buildings.geometry.to_crs(crs))
    x_m, y_m, snapped_m = _snap_out(x_m, y_m, solids)
    view = (x_m, y_m, views["range_m"], views["azimuth_deg"], views["fov_deg"])
    seen = isovists(*view, solids)
    table = working[["camera_id"]].assign(
        seen_area_m2=shapely.area(seen), nominal_area_m2=shapely.area(isovists(*view)), snapped_m=snapped_m
    )
    return gpd.GeoDataFrame(table, geometry=seen, crs=crs).to_crs(WGS84)


def snap_faults(cameras: gpd.GeoDataFrame, visible: gpd.GeoDataFrame) -> list[Fault]:
    """List the cameras that `visible_ground` has moved out of a footprint, as warnings.

    Parameters
    ----------
    cameras, visible
        The input and the result of `visible_ground`.
    """
    moved = visible[visible["snapped_m"] > 0]
    lon, lat = shapely.get_coordinates(cameras.geometry.loc[moved.index]).T.tolist()
    return [
        Fault(
            kind="inside_building",
            message=t(
                "Camera {camera} lies {metres:.1f} m inside a building and was taken to hang on its nearest facade.",
                "摄像机 {camera} 的点位在建筑物内 {metres:.1f} 米，已按最近的外墙计算。",
                camera=camera_id,
                metres=snapped_m,
            ),
            remedy=t("Correct its location on the ground.", "请实地核对点位。"),
            severity="warning",
            item=str(camera_id),
            lon=x,
            lat=y,
        )
        for camera_id, snapped_m, x, y in zip(moved["camera_id"], moved["snapped_m"], lon, lat, strict=True)
    ]


def _direction_known(views: pd.DataFrame) -> npt.NDArray[np.bool_]:
    return np.asarray(views["azimuth_deg"].notna() | (views["fov_least_deg"] >= 360.0), dtype=bool)


def _plane(cameras: gpd.GeoDataFrame) -> tuple[FloatArray, FloatArray, pyproj.CRS]:
    """Positions in the metric plane around the median camera, which a few misplaced ones don't move."""
    lon, lat = shapely.get_coordinates(cameras.geometry.to_crs(WGS84)).T
    crs = metric_crs(float(np.median(lon)), float(np.median(lat))) if len(lon) else metric_crs(0.0, 0.0)
    return *project(lon, lat, crs), crs


def _snap_out(x_m: FloatArray, y_m: FloatArray, solids: Obstacles) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Move the cameras inside solids before the nearest wall; give how far each was moved."""
    solid = solids.solid_at(x_m, y_m)
    inside = np.flatnonzero(solid >= 0)
    camera = np.column_stack([x_m, y_m])
    moved = camera.copy()
    path = shapely.shortest_line(shapely.points(camera[inside]), shapely.boundary(solids.solids[solid[inside]]))
    wall = shapely.get_coordinates(shapely.get_point(path, -1))
    depth = np.linalg.norm(wall - camera[inside], axis=1, keepdims=True)
    before = wall + FACADE_GAP_M * (wall - camera[inside]) / np.maximum(depth, TOUCH_M)
    # In an alley narrower than the gap that is inside the house opposite: such a camera stays on the wall itself.
    free = solids.solid_at(*before.T) < 0
    moved[inside] = np.where(free[:, None], before, wall)
    return moved[:, 0], moved[:, 1], np.linalg.norm(moved - camera, axis=1)

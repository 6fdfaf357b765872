"""What of each grid the cameras see, and what they don't."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from spatialgov.coverage.isovists import polygonal
from spatialgov.projection import WGS84, metric_crs
from spatialgov.time_limit import check_time

__all__ = ["coverage_by_grid"]

GeometryArray = npt.NDArray[np.object_]


def coverage_by_grid(
    grids: gpd.GeoDataFrame,
    visible: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None = None,
    *,
    zones: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Measure for each grid the ground that should be seen, the part that is, and draw the part that is not.

    Parameters
    ----------
    grids
        ``code`` and polygons.
    visible
        What `spatialgov.coverage.visible_ground` gives: the views may overlap.
    buildings
        Footprints, which are no ground.
    zones
        Exclusion zones with a column ``kind``: the ground of ``no_view`` zones should not be seen and does not count;
        the other kinds restrict where cameras stand, not what counts.

    Returns
    -------
    GeoDataFrame
        Indexed like `grids`, EPSG:4326: ``code``; ``area_m2``; ``ground_m2``, the area less buildings and zones;
        ``seen_m2`` and ``uncovered_m2``, which add up to it; ``seen_share``, NaN where there is no ground; geometry:
        the uncovered ground, exact. Areas in the metric plane of the grids.
    """
    if not len(grids):
        return _result(grids, np.empty(0), np.empty(0), np.empty(0, dtype=object), WGS84)
    west, south, east, north = (float(v) for v in grids.total_bounds)
    crs = metric_crs((west + east) / 2, (south + north) / 2)
    whole = polygonal(np.asarray(grids.geometry.to_crs(crs), dtype=object))
    ground = whole
    hidden_view = None if zones is None else zones[zones["kind"] == "no_view"]
    for taken in (buildings, hidden_view):
        ground = ground if taken is None else _less(ground, taken, crs)
    return _result(grids, shapely.area(whole), shapely.area(ground), _less(ground, visible, crs), crs)


def _less(areas: GeometryArray, taken: gpd.GeoDataFrame, crs: pyproj.CRS) -> GeometryArray:
    """Each area without the shapes of a frame."""
    # A plane change can bend a hair-thin view over itself, so shapes are made valid in the plane they are used in.
    shapes = polygonal(np.asarray(taken.geometry.to_crs(crs), dtype=object))
    area, shape = shapely.STRtree(shapes).query(areas, predicate="intersects")
    order = np.argsort(area, kind="stable")
    groups = np.split(shape[order], np.searchsorted(area[order], np.arange(1, len(areas))))
    left = areas.copy()
    for i, group in enumerate(groups):
        check_time()
        # Not coverage_union, which is silently wrong where shapes overlap.
        left[i] = shapely.difference(areas[i], shapely.disjoint_subset_union_all(shapes[group]))
    return left


def _result(
    grids: gpd.GeoDataFrame,
    area_m2: npt.NDArray[np.float64],
    ground_m2: npt.NDArray[np.float64],
    uncovered: GeometryArray,
    crs: pyproj.CRS,
) -> gpd.GeoDataFrame:
    uncovered_m2 = shapely.area(uncovered)
    seen_m2 = np.maximum(ground_m2 - uncovered_m2, 0.0)
    table = grids[["code"]].assign(
        area_m2=area_m2,
        ground_m2=ground_m2,
        seen_m2=seen_m2,
        uncovered_m2=uncovered_m2,
        seen_share=np.divide(seen_m2, ground_m2, out=np.full(len(grids), np.nan), where=ground_m2 > 0),
    )
    return gpd.GeoDataFrame(table, geometry=uncovered, crs=crs).to_crs(WGS84)

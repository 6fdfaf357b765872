"""What a camera on a roof does not see of the ground around it: the shadows that roofs throw from its eye, exactly.

A building is a prism over its footprint. From an eye at height h, a wall of height w < h at distance d hides the ground
behind it as far as d · h / (h - w); a wall as high as the eye hides all. The ground is flat.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.coverage.sight._kernels import TOUCH_M
from spatialgov.coverage.sight.isovists import Obstacles

__all__ = ["hidden_below"]

_FAR = 1.1
"""Shadows without an end are drawn as long as so many sights."""


def hidden_below(x_m: float, y_m: float, height_m: float, reach_m: float, obstacles: Obstacles) -> BaseGeometry:
    """Give the ground that is built on or hidden from an eye above the roof it stands on.

    Parameters
    ----------
    x_m, y_m, height_m
        The eye; height above the ground, metres.
    reach_m
        Buildings farther than this are left out.
    obstacles
        The buildings; those of unknown height count as higher than the eye.
    """
    eye = shapely.Point(x_m, y_m)
    near = np.sort(obstacles.footprint_tree.query(eye, predicate="dwithin", distance=reach_m))
    parts, house = shapely.get_parts(obstacles.footprints[near], return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    at = np.array([x_m, y_m])
    points = points - at
    goes_on = ring[1:] == ring[:-1]
    start, end = points[:-1][goes_on], points[1:][goes_on]
    wall_m = obstacles.height_m[near][house[part[ring[:-1][goes_on]]]]
    # Where a sight line leaves a house is enough: between where it enters and there is the house itself.
    across = start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0]
    leaves = across > 0.0
    start, end, wall_m = start[leaves], end[leaves], wall_m[leaves]
    away_m = across[leaves] / np.linalg.norm(end - start, axis=1)
    endless = _FAR * reach_m / np.maximum(away_m, TOUCH_M)
    over = wall_m < height_m
    longer = np.where(over, height_m / np.where(over, height_m - wall_m, 1.0), np.inf)
    stretch = np.maximum(np.minimum(longer, endless), 1.0)[:, None]
    shadows = shapely.polygons(np.stack([start, end, end * stretch, start * stretch], axis=1) + at)
    return shapely.union_all(np.concatenate([parts, shadows]))

"""Many overlapping shapes laid over many areas: what of each area they cover, exactly."""

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.coverage.sight.isovists import polygonal
from spatialgov.time_limit import check_time

__all__ = ["union_by_area"]

GeometryArray = npt.NDArray[np.object_]


def union_by_area(shapes: GeometryArray, areas: GeometryArray) -> GeometryArray:
    """Give for each area the union of what lies in it of all shapes.

    Not by `shapely.coverage_union`, which is silently wrong, or fails, where shapes overlap.

    Parameters
    ----------
    shapes
        (m,) valid polygons, metric plane; they may overlap and be empty.
    areas
        (n,) valid polygons in the same plane.

    Returns
    -------
    ndarray
        (n,) valid polygons or multipolygons, empty where no shape reaches the area.
    """
    area, shape = shapely.STRtree(shapes).query(areas, predicate="intersects")
    order = np.lexsort((shape, area))  # a union depends, in its last bits, on the order of what is united
    area, shape = area[order], shape[order]
    covered = np.full(len(areas), shapely.Polygon(), dtype=object)
    for pairs in np.split(np.arange(len(area)), np.flatnonzero(np.diff(area)) + 1):
        check_time()
        whole = shapely.disjoint_subset_union_all(shapes[shape[pairs]])
        covered[area[pairs[:1]]] = shapely.intersection(whole, areas[area[pairs[:1]]])
    return polygonal(covered)

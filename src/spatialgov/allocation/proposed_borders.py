"""The ground that recommendations change, the lines that they draw there, and those that they take away."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.allocation.recommendation import Recommendation
from spatialgov.plan import Plan
from spatialgov.topology import dissolve

__all__ = ["changed_ground", "proposed_borders"]

Objects = npt.NDArray[np.object_]


def proposed_borders(plan: Plan, recommendations: Sequence[Recommendation]) -> gpd.GeoDataFrame:
    """Give the borders of grids that change when recommendations are taken in turn; all lie along borders of units.

    Parameters
    ----------
    plan
        That they are about.
    recommendations
        From `spatialgov.allocation.recommend`, from the first on.

    Returns
    -------
    GeoDataFrame
        ``number`` (in the list, from 1), ``kind`` of the recommendation, ``change`` (``new`` or ``gone``) and lines,
        EPSG:4326: at most one row each.
    """
    shapes = plan.units.frame.geometry.to_numpy()
    codes = np.append(plan.table["code"].to_numpy(object), "")[plan.labels]
    rows: list[tuple[int, str, str]] = []
    lines: list[BaseGeometry] = []
    for number, one in enumerate(recommendations, start=1):
        if not one.moves:
            continue
        touched = np.flatnonzero(np.isin(codes, list(one.touched)))
        before = _borders(shapes[touched], codes[touched])
        codes[plan.units.positions(list(one.moves))] = list(one.moves.values())
        after = _borders(shapes[touched], codes[touched])
        for change, line in (("new", after.difference(before)), ("gone", before.difference(after))):
            if not line.is_empty:
                rows.append((number, one.kind, change))
                lines.append(shapely.line_merge(line))
    frame = pd.DataFrame(rows, columns=["number", "kind", "change"])
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(lines, crs=plan.units.frame.crs))


def _borders(shapes: Objects, codes: Objects) -> BaseGeometry:
    """Give the borders of the grids that units make, as one set of lines."""
    names, labels = np.unique(codes, return_inverse=True)
    borders: BaseGeometry = shapely.union_all(shapely.boundary(dissolve(shapes, labels.astype(np.int32), len(names))))
    return borders


def changed_ground(plan: Plan, recommendations: Sequence[Recommendation]) -> gpd.GeoSeries:
    """Give what each recommendation is about: the ground that gets another grid, or the grids that get posts.

    Returns
    -------
    GeoSeries
        Polygons, EPSG:4326, aligned with the recommendations.
    """
    shapes = plan.units.frame.geometry.to_numpy()
    codes = np.append(plan.table["code"].to_numpy(object), "")[plan.labels]
    ground = []
    for one in recommendations:
        rows = plan.units.positions(list(one.moves))
        if not one.moves:
            rows = np.flatnonzero(np.isin(codes, list(one.grids)))
        codes[rows] = list(one.moves.values()) or codes[rows]
        ground.append(dissolve(shapes[rows], np.zeros(len(rows), np.int32), 1)[0])
    return gpd.GeoSeries(ground, crs=plan.units.frame.crs)

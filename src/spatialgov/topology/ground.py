"""Ground that belongs to two areas, or that areas enclose and none of them has.

A line that is straight in one plane is bent in another, by up to L²/8R. Such a sliver is no fault of the data, so an
overlap or a gap counts only where it is there in degrees and in the metric plane alike.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from spatialgov.projection import project, unproject

__all__ = ["Gaps", "Overlaps", "degree_shapes", "gaps", "metric_shapes", "overlaps"]

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LEAST_AREA_M2 = 0.01
_LEAST_WIDTH_M = 0.01


@dataclass(frozen=True)
class Overlaps:
    """Ground that belongs to two areas.

    Attributes
    ----------
    pairs
        int64, shape (m, 2), positions of the areas, the smaller first, sorted.
    area_m2, lon, lat
        float64, shape (m,): its size and a place in it (degrees, WGS 84).
    """

    pairs: Ints
    area_m2: Floats
    lon: Floats
    lat: Floats


@dataclass(frozen=True)
class Gaps:
    """Ground that areas enclose and none of them has.

    Attributes
    ----------
    area_m2, lon, lat
        float64, shape (g,): its size and a place in it (degrees, WGS 84).
    around
        For each gap the positions of the areas at its border, int64.
    """

    area_m2: Floats
    lon: Floats
    lat: Floats
    around: tuple[Ints, ...]


def metric_shapes(shapes: Shapes, crs: pyproj.CRS) -> Shapes:
    """Give geometries in degrees (WGS 84) in a metric plane; None stays None."""
    moved: Shapes = shapely.transform(shapes, lambda xy: np.column_stack(project(xy[:, 0], xy[:, 1], crs)))
    return moved


def degree_shapes(shapes: Shapes, crs: pyproj.CRS) -> Shapes:
    """Give geometries of a metric plane in degrees (WGS 84): the inverse of `metric_shapes`."""
    moved: Shapes = shapely.transform(shapes, lambda xy: np.column_stack(unproject(xy[:, 0], xy[:, 1], crs)))
    return moved


def overlaps(shapes: Shapes, crs: pyproj.CRS, *, among: npt.NDArray[np.bool_] | None = None) -> Overlaps:
    """Find ground that belongs to two areas, beyond 0.01 m² and 1 cm of width.

    Parameters
    ----------
    shapes
        Valid polygonal geometries in degrees (WGS 84), shape (n,), or None.
    crs
        The metric plane that areas are measured in.
    among
        bool, shape (n,): areas of which at least one is in every overlap, where they are known; all when not given.
    """
    chosen = np.flatnonzero(np.ones(len(shapes), dtype=bool) if among is None else among)
    one, two = shapely.STRtree(shapes).query(shapes[chosen], predicate="intersects")
    one = chosen[one]
    pairs = np.unique(np.sort(np.column_stack([one, two])[one != two], axis=1), axis=0).astype(np.int64)
    degrees = _both(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    some = shapely.area(degrees) > 0.0
    pairs, degrees = pairs[some], degrees[some]
    plane = _both(metric_shapes(shapes[pairs[:, 0]], crs), metric_shapes(shapes[pairs[:, 1]], crs))
    common = _both(plane, metric_shapes(degrees, crs))
    wide = _is_wide(common)
    lon, lat = _places(common[wide], crs)
    return Overlaps(pairs[wide], shapely.area(common[wide]), lon, lat)


def gaps(shapes: Shapes, crs: pyproj.CRS, *, matched: bool = False) -> Gaps:
    """Find enclosed ground that no area has, beyond 0.01 m² and 1 cm of width.

    Parameters
    ----------
    shapes
        Polygonal geometries in degrees (WGS 84), shape (n,), or None.
    crs
        The metric plane that areas are measured in.
    matched
        Whether the areas are known to be a valid coverage (`shapely.coverage_is_valid`), which is quicker.
    """
    there = np.flatnonzero(~shapely.is_missing(shapes))
    union = shapely.coverage_union_all(shapes[there]) if matched else shapely.union_all(shapes[there])
    rings, of_part = shapely.get_rings(shapely.get_parts(union), return_index=True)
    # A hole in an island in a hole is in both: joined first, it counts once.
    holes = shapely.union_all(metric_shapes(shapely.polygons(rings[np.diff(of_part, prepend=-1) == 0]), crs))
    tree = shapely.STRtree(metric_shapes(shapes[there], crs))
    found: list[shapely.Geometry] = []
    for hole in shapely.get_parts(holes):
        inside = tree.geometries[tree.query(hole, predicate="intersects")]
        found += list(shapely.get_parts(shapely.difference(hole, shapely.union_all(inside))))
    rest = np.asarray(found, dtype=object)
    rest = rest[_is_wide(rest)]
    around = [there[np.sort(tree.query(gap, predicate="dwithin", distance=_LEAST_WIDTH_M))] for gap in rest]
    return Gaps(shapely.area(rest), *_places(rest, crs), tuple(around))


def _both(one: Shapes, two: Shapes) -> Shapes:
    """Give the ground that geometries have in common, polygons only."""
    common: Shapes = shapely.intersection(one, two)
    mixed = shapely.get_type_id(common) == 7
    common[mixed] = [shapely.union_all([p for p in c.geoms if p.area > 0]) for c in common[mixed]]
    return common


def _is_wide(shapes: Shapes) -> npt.NDArray[np.bool_]:
    area, border = shapely.area(shapes), shapely.length(shapes)
    wide: npt.NDArray[np.bool_] = (area >= _LEAST_AREA_M2) & (2.0 * area >= _LEAST_WIDTH_M * border)
    return wide


def _places(shapes: Shapes, crs: pyproj.CRS) -> tuple[Floats, Floats]:
    points = shapely.point_on_surface(shapes)
    return unproject(shapely.get_x(points), shapely.get_y(points), crs)

"""Isovists: the ground that a camera sees among buildings, exactly, in the plane.

Walls are taken as higher than every sight line (heights are not used), glass as opaque. The visible region is exact:
it is bounded by pieces of walls, by sight lines through corners, and by the range. Only the arc of the range is drawn
with chords that end at whole degrees, placed so that each cuts off as much as it adds: open ground has the area of the
true sector, and a chord stays within 2.6e-5 of the range from its arc (3 mm at 100 m). The sectors of a camera are
pieces of one and the same disc, so a narrower field or a shorter sight never sticks out of a wider one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.coverage.sight._kernels import CHORD_RAD, TOUCH_M, cell_lists, visible_rings
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.threads import share_out

__all__ = ["Obstacles", "isovists", "polygonal"]

_CHORD_ENDS = float(np.sqrt(CHORD_RAD / np.sin(CHORD_RAD)))
"""Where the chords meet, in ranges: the polygon of the chords then has the area of the disc."""

_STRIP_M = 100.0
_SHARE = 2048
"""Cameras that are a thread's worth of work."""

FloatArray = npt.NDArray[np.float64]
GeometryArray = npt.NDArray[np.object_]
Footprints = gpd.GeoSeries | GeometryArray | Sequence[BaseGeometry | None]


def polygonal(geometries: GeometryArray) -> GeometryArray:
    """Give polygons made valid and flat: crossing rings are noded, heights dropped, parts without area left out.

    Parameters
    ----------
    geometries
        (n,) object array: geometries of any kind, or None.

    Returns
    -------
    ndarray
        (n,) valid polygons or multipolygons, empty where nothing has an area.
    """
    flat: GeometryArray = shapely.force_2d(geometries).copy()
    flat[shapely.is_missing(flat)] = shapely.Polygon()
    broken = ~shapely.is_valid(flat)
    flat[broken] = shapely.make_valid(flat[broken], method="structure", keep_collapsed=False)
    for i in np.flatnonzero(~np.isin(shapely.get_type_id(flat), (3, 6))):
        parts = shapely.get_parts(shapely.get_parts(flat[i]))
        flat[i] = shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])
    return flat


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Footprints that block the view, dissolved into solids that neither overlap nor share a wall, and their index.

    Build it once when several calls look at the same city.

    Attributes
    ----------
    solids
        (s,) valid polygons, metric plane.
    footprints
        (n,) the footprints that were given, made valid; empty where there was nothing with an inside.
    height_m
        (n,) float64: their heights, NaN where unknown: such a building hides all that is behind it.
    building_id
        (n,) their names.
    repaired
        (n,) bool: whether a footprint crossed itself, or was broken otherwise, and was made valid.
    """

    solids: GeometryArray
    footprints: GeometryArray
    height_m: FloatArray
    building_id: npt.NDArray[np.object_]
    repaired: npt.NDArray[np.bool_]

    @classmethod
    def build(
        cls, footprints: Footprints, height_m: npt.ArrayLike = np.nan, building_id: npt.ArrayLike = ""
    ) -> "Obstacles":
        """Dissolve footprints.

        Parameters
        ----------
        footprints
            Geometries in a metric plane. Self-crossing polygons are made valid first; missing and empty ones and what
            is no polygon have no inside and block nothing.
        height_m
            (n,) or scalar: heights above the ground, NaN for unknown. Only cameras on roofs look over them.
        building_id
            (n,) or scalar: names, for what is said of single buildings.
        """
        given: GeometryArray = np.asarray(footprints, dtype=object)
        valid = polygonal(given)
        sound = valid[~shapely.is_empty(valid)]
        return cls(
            shapely.get_parts(shapely.disjoint_subset_union_all(sound)) if len(sound) else sound,
            valid,
            np.broadcast_to(np.asarray(height_m, dtype=np.float64), valid.shape),
            np.broadcast_to(np.asarray(building_id, dtype=object), valid.shape),
            ~shapely.is_valid(given) & ~shapely.is_missing(given),
        )

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The solids in a tree."""
        return shapely.STRtree(self.solids)

    @cached_property
    def footprint_tree(self) -> shapely.STRtree:
        """The footprints in a tree."""
        return shapely.STRtree(self.footprints)

    @cached_property
    def edges(self) -> FloatArray:
        """(m, 4) walls: start and end, x and y in metres, the solid on the left."""
        if not len(self.solids):
            return np.empty((0, 4))
        # Dissolving leaves edges of 1e-17 m, whose direction says nothing to a camera that stands there.
        tidy = shapely.remove_repeated_points(self.solids, TOUCH_M)
        rings = shapely.get_rings(shapely.orient_polygons(tidy))
        points, ring = shapely.get_coordinates(rings, return_index=True)
        goes_on = ring[1:] == ring[:-1]
        return np.hstack([points[:-1][goes_on], points[1:][goes_on]])

    @cached_property
    def index(self) -> tuple[float, float, float, int, int, npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """The walls by cell, as the kernel takes them: corner, cell size, numbers of cells, start, items."""
        if not len(self.edges):
            return 0.0, 0.0, 1.0, 1, 1, np.zeros(2, np.int64), np.empty(0, np.int32)
        x0_m, y0_m, x1_m, y1_m = (float(v) for v in shapely.total_bounds(self.solids))
        # About as many cells as walls, also when one stray building makes the extent huge.
        longer, shorter = max(x1_m - x0_m, y1_m - y0_m), min(x1_m - x0_m, y1_m - y0_m)
        cell_m = max(np.sqrt(longer * shorter / len(self.edges)), longer / len(self.edges))
        nx, ny = int((x1_m - x0_m) / cell_m) + 1, int((y1_m - y0_m) / cell_m) + 1
        return x0_m, y0_m, cell_m, nx, ny, *cell_lists(self.edges, x0_m, y0_m, cell_m, nx, ny)

    def solid_at(self, x_m: FloatArray, y_m: FloatArray) -> npt.NDArray[np.int64]:
        """Give for each of the (n,) locations the position of the solid that holds it, -1 in the open.

        Locations nearer than `TOUCH_M` to the wall are on it, not inside.
        """
        points: GeometryArray = np.asarray(shapely.points(np.column_stack([x_m, y_m])))
        found = np.full(len(points), -1, dtype=np.int64)
        point, solid = self.tree.query(points, predicate="within")
        deep = shapely.distance(points[point], shapely.boundary(self.solids[solid])) > TOUCH_M
        found[point[deep]] = solid[deep]
        return found


def isovists(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    range_m: npt.ArrayLike,
    azimuth_deg: npt.ArrayLike,
    fov_deg: npt.ArrayLike,
    obstacles: Obstacles | Footprints | None = None,
) -> GeometryArray:
    """Give the ground that each camera sees: its sector, cut by the walls around it.

    Parameters
    ----------
    x_m, y_m
        (n,) or scalar: positions in a metric plane. A camera may stand on a wall, at a corner or in a courtyard.
    range_m
        (n,) or scalar: how far it sees, metres.
    azimuth_deg
        (n,) or scalar: the middle of the field of view, clockwise from north (any turn); NaN for unknown.
    fov_deg
        (n,) or scalar: horizontal field of view; 360 and more is all round, whatever the azimuth.
    obstacles
        Footprints in the same plane (overlaps are dissolved, self-crossing polygons made valid, holes are
        courtyards), or `Obstacles` built before, or None for open ground.

    Returns
    -------
    ndarray
        (n,) valid polygons (a multipolygon where the views meet only in the camera), without the insides of solids.
        Empty for a camera inside a solid, with a range or field of view that is missing or not above 0, an infinite
        one, a position that is not finite, or an unknown azimuth unless it sees all round.

    Raises
    ------
    InputError
        When the inputs differ in length.
    """
    columns = [np.atleast_1d(v).astype(float) for v in (x_m, y_m, range_m, azimuth_deg, fov_deg)]
    try:
        x, y, reach, azimuth, fov = np.broadcast_arrays(*columns)
    except ValueError:
        raise InputError(
            t("The columns of the cameras differ in length.", "摄像机各列的长度不一致。"),
            remedy=t("Give one value for each camera, or one for all.", "请为每台摄像机给出一个值，或只给一个公用值。"),
        ) from None
    solid = obstacles if isinstance(obstacles, Obstacles) else Obstacles.build([] if obstacles is None else obstacles)
    whole = fov >= 360.0
    fov, azimuth = np.where(whole, 360.0, fov), np.where(whole, 0.0, azimuth)
    sees = np.isfinite([x, y, reach, azimuth, fov]).all(axis=0) & (reach > 0.0) & (fov > 0.0)
    sees[sees] = solid.solid_at(x[sees], y[sees]) < 0
    # Neighbours one after another find the same walls still at hand.
    order = np.flatnonzero(sees)
    order = order[np.lexsort((y[order], x[order] // _STRIP_M))]
    cameras = (
        x[order],
        y[order],
        reach[order] * _CHORD_ENDS,
        np.radians(90.0 - azimuth[order] % 360.0),
        np.where(whole, np.pi, np.radians(fov) / 2.0)[order],
    )
    walls = (solid.edges, *solid.index)

    def look(part: slice) -> GeometryArray:
        return _polygons(*visible_rings(*walls, *(column[part] for column in cameras)))

    seen = np.full(len(x), shapely.Polygon(), dtype=object)
    seen[order] = np.concatenate(share_out(len(order), look, share=_SHARE))
    return seen


def _polygons(points: FloatArray, offsets: npt.NDArray[np.int64]) -> GeometryArray:
    """Polygons of open rings; empty where a ring has no area."""
    count = np.diff(offsets)
    polygons = np.full(len(count), shapely.Polygon(), dtype=object)
    real = count >= 3
    ring = np.repeat(np.arange(real.sum()), count[real])
    polygons[real] = shapely.polygons(shapely.linearrings(points[np.repeat(real, count)], indices=ring))
    return polygonal(polygons)

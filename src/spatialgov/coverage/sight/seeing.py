"""What each camera sees among the buildings: for certain, usually, and at most.

A camera whose point lies inside a footprint is taken to hang before the nearest facade, unless it is mounted above the
roof: then it looks over what is lower (`spatialgov.coverage.sight.roofs`). All others look at walls that are higher
than every sight line (`spatialgov.coverage.sight.isovists`). Ground under the mast that is below the picture is not
seen.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.coverage.cameras.views import Views
from spatialgov.coverage.sight._kernels import TOUCH_M
from spatialgov.coverage.sight.isovists import Obstacles, isovists, polygonal
from spatialgov.coverage.sight.roofs import hidden_below
from spatialgov.projection import metric_crs, project
from spatialgov.row_groups import row_groups
from spatialgov.time_limit import check_time

__all__ = ["FACADE_GAP_M", "FIGURES", "Looks", "Sight", "look", "places_of", "see", "surroundings"]

FACADE_GAP_M = 0.05
"""A camera whose point lies inside a footprint is taken to hang this far before the nearest facade."""

_AT_ONCE_M2 = 2e8
"""Squares of ranges that are looked at between two glances at the clock: 20,000 cameras of 100 m, or two of 10 km."""
_NEAR_STEP_DEG = 10.0
"""Angle of the chords around the dead zone under a mast, some metres wide: they stay within 2 cm of its edge."""
_AT_THE_WALL = -1.0
"""In the place of a height on a roof: the camera hangs lower than the roofs."""
FIGURES = (
    "lon", "lat", "height_m", "azimuth_deg", "near_m", "range_least_m", "range_m", "range_most_m", "sight_m",
    "fov_least_deg", "fov_deg", "fov_most_deg",
)  # fmt: skip
"""Columns of `Views.table` that say, with ``kind``, what a camera sees."""

FloatArray = npt.NDArray[np.float64]
GeometryArray = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Sight:
    """The ground that cameras see, each array aligned with ``views.table``.

    All cameras are here, whatever their status: combine with ``views.table["working"]``. No polygon reaches into a
    building, and in each row `certain` ⊆ `usual` ⊆ `possible` where the direction is known.

    Attributes
    ----------
    views
        What the cameras can see by their figures.
    crs
        The metric plane of all that follows.
    obstacles
        The buildings.
    x_m, y_m
        (n,) float64: where the cameras are taken to be.
    snapped_m
        (n,) float64: how far they were moved out of a footprint, 0 for most.
    rooftop
        (n,) bool: whether they stand on a roof, and look over what is lower.
    certain
        (n,) polygons: seen at the needed class whatever the missing figures are (the least range and field); empty
        when the direction is unknown.
    usual
        (n,) polygons: seen with the usual figures; empty when the direction is unknown.
    possible
        (n,) polygons: seen with the most range and field; all round when the direction is unknown.
    low_class
        (n,) polygons: in sight, but too far for the needed class.
    turning
        (n,) polygons: what a PTZ camera does not see in its home position (not in `possible`) but could turn to; empty
        for the others.
    """

    views: Views
    crs: pyproj.CRS
    obstacles: Obstacles
    x_m: FloatArray
    y_m: FloatArray
    snapped_m: FloatArray
    rooftop: npt.NDArray[np.bool_]
    certain: GeometryArray
    usual: GeometryArray
    possible: GeometryArray
    low_class: GeometryArray
    turning: GeometryArray

    def moved(self, rows: npt.ArrayLike, views: Views) -> "Sight":
        """Give the sight after some cameras were moved, turned, changed or added; only these are looked at anew.

        Parameters
        ----------
        rows
            Positions in ``views.table`` of the cameras that changed.
        views
            The new views: those of the cameras here, in the same order, then those of cameras that were added.
        """
        known = len(self.x_m)
        anew = np.union1d(np.asarray(rows, dtype=np.int64), np.arange(known, len(views.table)))
        fresh = look(views.table.iloc[anew], self.crs, self.obstacles)
        arrays: dict[str, Any] = {}
        for name, values in fresh._asdict().items():
            arrays[name] = np.empty(len(views.table), dtype=values.dtype)
            arrays[name][:known] = getattr(self, name)
            arrays[name][anew] = values
        return replace(self, views=views, **arrays)


def see(views: Views, buildings: gpd.GeoDataFrame | None, *, crs: pyproj.CRS | None = None) -> Sight:
    """Give what each camera sees among buildings.

    Parameters
    ----------
    views
        What `spatialgov.coverage.views_of` gives.
    buildings
        Footprints in any CRS that is named, with ``building_id`` and ``height_m`` (metres above the ground, NaN for
        unknown) where they have them; None for open ground. Self-crossing ones are made valid.
    crs
        The metric plane; by default the one around the median camera, which a few misplaced ones don't move.
    """
    plane, obstacles = surroundings(views, buildings, crs)
    return Sight(views, plane, obstacles, **look(views.table, plane, obstacles)._asdict())


def surroundings(
    views: Views, buildings: gpd.GeoDataFrame | None, crs: pyproj.CRS | None = None
) -> tuple[pyproj.CRS, Obstacles]:
    """Give the plane that `see` looks in, and the buildings in it; it takes the same."""
    lon, lat = views.table["lon"].to_numpy(), views.table["lat"].to_numpy()
    if crs is None:
        crs = metric_crs(float(np.median(lon)), float(np.median(lat))) if len(lon) else metric_crs(0.0, 0.0)
    obstacles = Obstacles.build([])
    if buildings is not None and len(buildings):
        height_m = buildings.get("height_m", pd.Series(np.nan, buildings.index))
        names = buildings.get("building_id", pd.Series("", buildings.index))
        obstacles = Obstacles.build(
            buildings.geometry.to_crs(crs),
            height_m.to_numpy(dtype=np.float64, na_value=np.nan),
            names.fillna("").astype(str).to_numpy(dtype=object),
        )
    return crs, obstacles


class Looks(NamedTuple):
    """The arrays of `Sight`."""

    x_m: FloatArray
    y_m: FloatArray
    snapped_m: FloatArray
    rooftop: npt.NDArray[np.bool_]
    certain: GeometryArray
    usual: GeometryArray
    possible: GeometryArray
    low_class: GeometryArray
    turning: GeometryArray


def look(table: pd.DataFrame, crs: pyproj.CRS, obstacles: Obstacles) -> Looks:
    """Look from every row of a table with `FIGURES` and ``kind``, such as `Views.table`."""
    of = {name: table[name].to_numpy(dtype=np.float64) for name in FIGURES}
    (x_m, y_m), (out_x_m, out_y_m), rooftop = places_of(table, crs, obstacles)
    azimuth, near_m, most_m = of["azimuth_deg"], of["near_m"], of["range_most_m"]
    fov_most = np.where(np.isnan(azimuth), 360.0, of["fov_most_deg"])
    farther_m = np.where(of["sight_m"] > most_m, of["sight_m"], 0.0)
    turns_m = np.where(table["kind"] == "ptz", most_m, 0.0)
    views = (
        (of["range_least_m"], of["fov_least_deg"], near_m),
        (of["range_m"], of["fov_deg"], near_m),
        (most_m, fov_most, near_m),
        (farther_m, fov_most, near_m),
        (turns_m, np.full(len(table), 360.0), np.zeros(len(table))),
    )
    eyes = np.column_stack([out_x_m, out_y_m, np.where(rooftop, of["height_m"], _AT_THE_WALL)])
    rows = np.vstack([np.column_stack([eyes, azimuth, *view]) for view in views])
    certain, usual, possible, farther, turned = np.split(_seen(rows, obstacles), len(views))
    more = np.flatnonzero(~shapely.is_empty(farther) | ~shapely.is_empty(turned))
    # Less the sector as it were without buildings: what is seen of it is `possible` already.
    sector = isovists(out_x_m[more], out_y_m[more], most_m[more], azimuth[more], fov_most[more])
    sector = _without_discs(sector, out_x_m[more], out_y_m[more], near_m[more])
    for shapes in (farther, turned):
        shapes[more] = polygonal(shapely.difference(shapes[more], sector))
    snapped_m = np.hypot(out_x_m - x_m, out_y_m - y_m)
    return Looks(out_x_m, out_y_m, snapped_m, rooftop, certain, usual, possible, farther, turned)


def places_of(
    table: pd.DataFrame, crs: pyproj.CRS, obstacles: Obstacles
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray], npt.NDArray[np.bool_]]:
    """Give x and y of cameras as they are written down, where they are taken to be, and which stand on roofs."""
    x_m, y_m = project(table["lon"].to_numpy(), table["lat"].to_numpy(), crs)
    rooftop = _on_roofs(x_m, y_m, table["height_m"].to_numpy(dtype=np.float64), obstacles)
    out_x_m, out_y_m = _snap_out(x_m, y_m, obstacles)
    out_x_m[rooftop], out_y_m[rooftop] = x_m[rooftop], y_m[rooftop]
    return (x_m, y_m), (out_x_m, out_y_m), rooftop


def _seen(rows: FloatArray, obstacles: Obstacles) -> GeometryArray:
    """Give the visible ground of views: rows of x, y, height on a roof, azimuth, range, field of view, nearest ground.

    Views that are the same are looked at once: those of a camera that lacks no figure, and of cameras at one place.
    """
    rows[:, 3] = np.where(rows[:, 5] >= 360.0, 0.0, rows[:, 3])
    seen = np.full(len(rows), shapely.Polygon(), dtype=object)
    sees = np.isfinite(rows).all(axis=1) & (rows[:, 4] > rows[:, 6]) & (rows[:, 5] > 0.0)
    rows = rows[sees]
    first, which = row_groups(*rows.T)
    views = rows[first]
    found = np.full(len(views), shapely.Polygon(), dtype=object)
    batch = (np.cumsum(views[:, 4] ** 2) // _AT_ONCE_M2).astype(np.int64)
    for part in np.split(np.arange(len(views)), np.flatnonzero(np.diff(batch)) + 1):
        check_time()
        for low, walls in ((True, obstacles), (False, None)):
            these = part[(views[part, 2] == _AT_THE_WALL) == low]
            x_m, y_m, _, azimuth, range_m, fov, near_m = views[these].T
            found[these] = _without_discs(isovists(x_m, y_m, range_m, azimuth, fov, walls), x_m, y_m, near_m)
    _hide_below(found, views, obstacles)
    seen[sees] = found[which]
    return seen


def _hide_below(found: GeometryArray, views: FloatArray, obstacles: Obstacles) -> None:
    """Take from the views of cameras on roofs what the roofs hide, in place."""
    above = np.flatnonzero(views[:, 2] != _AT_THE_WALL)
    first, place = row_groups(*views[above, :3].T)
    for i, (x_m, y_m, height_m) in enumerate(views[above[first], :3].tolist()):
        check_time()
        own = above[place == i]
        hidden = hidden_below(x_m, y_m, height_m, float(views[own, 4].max()), obstacles)
        found[own] = polygonal(shapely.difference(found[own], hidden))


def _without_discs(shapes: GeometryArray, x_m: FloatArray, y_m: FloatArray, radius_m: FloatArray) -> GeometryArray:
    """Take from each shape the disc around its camera, drawn with chords but of its true area."""
    cut = np.flatnonzero((radius_m > 0.0) & ~shapely.is_empty(shapes))
    turn = np.radians(np.arange(0.0, 360.0, _NEAR_STEP_DEG))
    ends = np.sqrt(turn[1] / np.sin(turn[1]))
    circle = ends * np.column_stack([np.cos(turn), np.sin(turn)])
    middles = np.column_stack([x_m, y_m])[cut]
    discs = shapely.polygons(middles[:, None, :] + radius_m[cut, None, None] * circle)
    left = shapes.copy()
    left[cut] = polygonal(shapely.difference(shapes[cut], discs))
    return left


def _on_roofs(x_m: FloatArray, y_m: FloatArray, height_m: FloatArray, obstacles: Obstacles) -> npt.NDArray[np.bool_]:
    """Whether cameras are inside footprints and above all roofs that are there."""
    on_roof = obstacles.solid_at(x_m, y_m) >= 0
    inside = np.flatnonzero(on_roof)
    points = shapely.points(np.column_stack([x_m, y_m])[inside])
    point, house = obstacles.footprint_tree.query(points, predicate="intersects")
    # No camera is above a height that nobody knows.
    above = obstacles.height_m[house] < height_m[inside[point]]
    on_roof[inside[point[~above]]] = False
    return on_roof


def _snap_out(x_m: FloatArray, y_m: FloatArray, obstacles: Obstacles) -> tuple[FloatArray, FloatArray]:
    """Move the cameras inside solids before the nearest wall."""
    solid = obstacles.solid_at(x_m, y_m)
    inside = np.flatnonzero(solid >= 0)
    moved = np.column_stack([x_m, y_m])
    camera = moved[inside]
    path = shapely.shortest_line(shapely.points(camera), shapely.boundary(obstacles.solids[solid[inside]]))
    wall = shapely.get_coordinates(shapely.get_point(path, -1))
    depth = np.linalg.norm(wall - camera, axis=1, keepdims=True)
    before = wall + FACADE_GAP_M * (wall - camera) / np.maximum(depth, TOUCH_M)
    # In an alley narrower than the gap that is inside the house opposite: such a camera stays on the wall itself.
    free = obstacles.solid_at(*before.T) < 0
    moved[inside] = np.where(free[:, None], before, wall)
    return moved[:, 0].copy(), moved[:, 1].copy()

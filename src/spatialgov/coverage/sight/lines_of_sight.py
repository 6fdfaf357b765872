"""Which places lie in a clear line of sight from where cameras hang, and in which direction: point by point.

For candidates in eight directions and cameras that may be turned: what is seen all round is found once, and each
direction takes its sector of it. Walls are higher than every sight line, as in `spatialgov.coverage.sight.isovists`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from spatialgov.coverage.sight._kernels import clear_lines
from spatialgov.coverage.sight.isovists import Obstacles
from spatialgov.threads import share_out
from spatialgov.time_limit import check_time

__all__ = ["Eyes", "LinesOfSight", "in_sector", "lines_of_sight"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_AT_ONCE = 4_000
"""Cameras between two glances at the clock."""


class Eyes(NamedTuple):
    """Where cameras hang, (n,) metres, and from where to where they see."""

    x_m: FloatArray
    y_m: FloatArray
    near_m: FloatArray
    range_m: FloatArray


@dataclass(frozen=True, eq=False)
class LinesOfSight:
    """Clear lines of sight, by camera.

    Attributes
    ----------
    start
        (cameras + 1,) int64: camera i has the lines ``start[i]:start[i + 1]``.
    point
        (n,) int64: the place that each ends at.
    bearing_deg
        (n,) float64: its direction, clockwise from north in [0, 360).
    """

    start: IntArray
    point: IntArray
    bearing_deg: FloatArray

    @property
    def camera(self) -> IntArray:
        """(n,) int64: the camera that each line begins at."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    def only(self, chosen: Mask) -> "LinesOfSight":
        """Give the lines that are marked."""
        count = np.bincount(self.camera[chosen], minlength=len(self.start) - 1)
        return LinesOfSight(np.concatenate([[0], np.cumsum(count)]), self.point[chosen], self.bearing_deg[chosen])


def lines_of_sight(eyes: Eyes, places: KDTree, obstacles: Obstacles) -> LinesOfSight:
    """Find which places cameras see all round.

    Parameters
    ----------
    eyes
        The cameras; one inside a solid sees nothing.
    places
        (p, 2) places in the open, metres, in a tree.
    obstacles
        The solids, same plane.
    """
    blind = obstacles.solid_at(eyes.x_m, eyes.y_m) >= 0
    eyes = eyes._replace(range_m=np.where(blind, 0.0, eyes.range_m))
    parts = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for begin in range(0, len(eyes.x_m), _AT_ONCE):
        check_time()
        some = Eyes(*(column[begin : begin + _AT_ONCE] for column in eyes))
        camera, point, bearing_deg = _clear(some, places, obstacles)
        parts.append((camera + begin, point, bearing_deg))
    camera, point, bearing_deg = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    start = np.concatenate([[0], np.cumsum(np.bincount(camera, minlength=len(eyes.x_m)))])
    return LinesOfSight(start, point, bearing_deg)


def _clear(eyes: Eyes, places: KDTree, obstacles: Obstacles) -> tuple[IntArray, IntArray, FloatArray]:
    """Give camera, place and bearing of the clear lines of some cameras, by camera."""
    tree = KDTree(np.column_stack([eyes.x_m, eyes.y_m]))
    pairs = tree.sparse_distance_matrix(places, float(eyes.range_m.max(initial=0.0)), output_type="ndarray")
    camera, point, distance_m = pairs["i"], pairs["j"], pairs["v"]
    reached = (distance_m >= eyes.near_m[camera]) & (distance_m <= eyes.range_m[camera]) & (distance_m > 0.0)
    camera, point = camera[reached], point[reached]
    order = np.argsort(camera, kind="stable")
    camera, point = camera[order].astype(np.int64), point[order].astype(np.int64)
    walls = (obstacles.edges, *obstacles.index)
    ends = (eyes.x_m[camera], eyes.y_m[camera], *np.ascontiguousarray(places.data[point].T))
    clear = share_out(len(camera), lambda part: clear_lines(*walls, *(end[part] for end in ends)))
    seen = np.concatenate(clear)
    east_m, north_m = ends[2] - ends[0], ends[3] - ends[1]
    bearing_deg = np.degrees(np.arctan2(east_m[seen], north_m[seen])) % 360.0 % 360.0
    return camera[seen], point[seen], bearing_deg


def in_sector(bearing_deg: FloatArray, azimuth_deg: npt.ArrayLike, fov_deg: npt.ArrayLike) -> Mask:
    """Tell which bearings lie in a field of view; the arguments broadcast."""
    turn = np.abs((bearing_deg - np.asarray(azimuth_deg) + 180.0) % 360.0 - 180.0)
    return np.asarray(turn <= np.asarray(fov_deg) / 2.0)

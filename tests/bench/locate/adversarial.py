"""Points that a rounding would misjudge, against rational arithmetic."""

from fractions import Fraction

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.locate import Locator
from tests.bench.locate.tilings import make_tiling

__all__ = ["differences"]

Floats = npt.NDArray[np.float64]


def differences(n: int) -> dict[str, float]:
    """Ask for `n` adversarial points in several sets of grids; give the points, and how often the owner is not right.

    ``shared`` of the points lie exactly on a border, which a look at all grids gives no owner or several.
    """
    sets = [make_tiling(2000, 40, seed=3).polygons, *map(np.array, _hand_made())]
    each = [n // 2] + [n // (2 * len(sets) - 2)] * (len(sets) - 1)
    figures = {"points": 0, "wrong": 0, "many": 0, "shared": 0}
    for seed, (polygons, m) in enumerate(zip(sets, each, strict=True)):
        frame = gpd.GeoDataFrame({"code": [str(i) for i in range(len(polygons))]}, geometry=polygons, crs=4326)
        locator = Locator.build(frame)
        points = _points(polygons, locator, m, seed)
        positions, on_border = locator.find_many(points[:, 0], points[:, 1])
        truth = _Truth(polygons)
        for (x, y), position in zip(points.tolist(), positions.tolist(), strict=True):
            owners = truth.owners(x, y)
            figures["many"] += len(owners) > 1
            figures["wrong"] += position != (owners[0] if owners else -1)
        figures["points"] += len(points)
        figures["shared"] += int(on_border.sum())
    return {name: float(value) for name, value in figures.items()}


def _hand_made() -> list[list[BaseGeometry]]:
    """Give an enclave with a courtyard, rings that touch in a point, both ends of the world, and level edges."""
    box = shapely.box
    middle, wedge = box(101, 31, 102, 32), shapely.Polygon([(100.5, 30), (100.75, 30.5), (100.25, 30.5)])
    enclave = [box(100, 30, 104, 34).difference(middle), middle.difference(box(101.25, 31.25, 101.5, 31.5))]
    touching = [box(100, 30, 101, 31).difference(wedge), wedge]
    ends = [box(179, -1, 180, 1), box(-180, -1, -179, 1), box(-179, -1, -178, 1)]
    x, y = 116.1 + np.arange(4) / 10, 39.9 + np.arange(4) / 10
    level = [box(x[i], y[j], x[i + 1], y[j + 1]) for i in range(3) for j in range(3)]
    return [[*grids] for grids in (enclave, touching, ends, level)]


def _points(polygons: npt.NDArray[np.object_], locator: Locator, n: int, seed: int) -> Floats:
    """Give vertices, middles of edges, both moved by an ulp, corners of cells and of the box, and random points."""
    rng = np.random.default_rng(seed)
    rings = shapely.get_rings(polygons)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    edges = np.hstack([xy[:-1], xy[1:]])[ring[1:] == ring[:-1]]
    k = max(n // 6, 1)
    edges = edges[rng.integers(0, len(edges), k)]
    vertices, middles = edges[:, :2], (edges[:, :2] + edges[:, 2:]) / 2
    west, south, east, north = shapely.total_bounds(polygons)
    within = rng.uniform((west, south), (east, north), (k, 2))
    scale = np.array([locator._cells.x_scale, locator._cells.y_scale]) * 8
    corners = np.array([(x, y) for x in (west, east) for y in (south, north)])[rng.integers(0, 4, k)]
    on = np.vstack([vertices, middles, corners])
    moved = np.nextafter(on, on + rng.choice([-1.0, 0.0, 1.0], on.shape))
    sides = np.where(rng.random((k, 2)) < 0.7, np.round(within * scale) / scale, within)
    every = np.vstack([on, moved, within, sides])
    chosen: Floats = np.clip(every[rng.permutation(len(every))[:n]], (-180, -90), (180, 90))
    return chosen


class _Truth:
    """Owners by the half-open rule in rational arithmetic, polygon by polygon."""

    def __init__(self, polygons: npt.NDArray[np.object_]) -> None:
        self._tree = shapely.STRtree(polygons)
        self._edges = []
        for polygon in polygons:
            rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)]
            self._edges.append(np.vstack([np.hstack([ring[:-1], ring[1:]]) for ring in rings]))

    def owners(self, x: float, y: float) -> list[int]:
        """Give the grids left of which an odd number of edges passes."""
        # a point on the border of a box is in the box
        near = self._tree.query(shapely.Point(x, y))
        return [grid for grid in near.tolist() if self._inside(self._edges[grid], x, y)]

    @staticmethod
    def _inside(edges: Floats, x: float, y: float) -> bool:
        passing = edges[(edges[:, 1] <= y) != (edges[:, 3] <= y)]
        px, py = Fraction(x), Fraction(y)
        left = 0
        for x1, y1, x2, y2 in passing.tolist():
            a, b = Fraction(x1), Fraction(y1)
            left += a + (py - b) / (Fraction(y2) - b) * (Fraction(x2) - a) <= px
        return left % 2 == 1

"""What is asked: Voronoi tilings whose shared borders are divided and jittered, and points on them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Voronoi

__all__ = ["BOX", "Tiling", "make_tiling", "random_points"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BOX = (113.0, 22.0, 115.0, 24.0)
"""West, south, east, north of every tiling, degrees."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """Grids that tile `BOX`: ring i is ``xy[starts[i]:starts[i + 1]]``, closed."""

    xy: Floats
    starts: Ints

    @property
    def polygons(self) -> npt.NDArray[np.object_]:
        """Give the grids as shapely polygons."""
        ring = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return np.asarray(shapely.polygons(shapely.linearrings(self.xy, indices=ring)))

    def frame(self) -> gpd.GeoDataFrame:
        """Give the grids as a frame with 15-digit codes and the 12-digit codes of their communities."""
        polygons = self.polygons
        number = np.arange(len(polygons))
        parent = [f"440106{1 + n // 100_000:03d}{1 + n // 500 % 200:03d}" for n in number.tolist()]
        code = [f"{above}{1 + n % 500:03d}" for above, n in zip(parent, number.tolist(), strict=True)]
        return gpd.GeoDataFrame({"code": code, "parent_code": parent}, geometry=polygons, crs=4326)


def make_tiling(n: int, vertices: int, seed: int = 1) -> Tiling:
    """Give `n` grids with `vertices` vertices each in the mean.

    The cells of a Voronoi diagram; their borders are divided, and the new vertices moved at random inside the kite
    between the border and the two seeds, so that no border crosses another and both neighbours have the same vertices.
    """
    rng = np.random.default_rng(seed)
    seeds = rng.random((n, 2))
    near = 4.0 / np.sqrt(n)
    mirrored = [seeds]
    for axis in (0, 1):
        for side in (0.0, 1.0):
            image = seeds[np.abs(seeds[:, axis] - side) < near].copy()
            image[:, axis] = 2.0 * side - image[:, axis]
            mirrored.append(image)
    sites = np.vstack(mirrored)
    diagram = Voronoi(sites)
    corner = diagram.vertices.copy()
    for side in (0.0, 1.0):
        corner[np.abs(corner - side) < 1e-12] = side
    ends = np.asarray(diagram.ridge_vertices)
    cells = diagram.ridge_points.astype(np.int64)
    ours = (cells < n).any(axis=1)
    ends, cells = ends[ours], cells[ours]

    start, stop = corner[ends[:, 0]], corner[ends[:, 1]]
    length = np.hypot(*(stop - start).T)
    inner = np.asarray((cells < n).all(axis=1))
    per_length = vertices * n / (length * (1 + inner)).sum()
    parts = np.maximum(1, np.rint(length * per_length + rng.random(len(length)) - 0.5)).astype(np.int64)
    path, first = _paths(start, stop, length, parts, inner, sites[cells[:, 0]], rng)
    return _rings(path, first, parts, cells, sites, start, stop, n)


def _paths(
    start: Floats, stop: Floats, length: Floats, parts: Ints, inner: npt.NDArray[np.bool_], site: Floats,
    rng: np.random.Generator,
) -> tuple[Floats, Ints]:  # fmt: skip
    """Give the vertices of all ridges one after the other, in the unit square, and where each ridge begins."""
    first = np.concatenate([[0], np.cumsum(parts + 1)])
    ridge = np.repeat(np.arange(len(parts)), parts + 1)
    k = np.arange(len(ridge)) - first[ridge]
    share = parts[ridge]
    at_end = (k == 0) | (k == share)
    along = k / share + np.where(at_end, 0.0, (rng.random(len(k)) - 0.5) * 0.5 / share)
    way = (stop - start) / np.maximum(length, 1e-300)[:, None]
    normal = np.column_stack([-way[:, 1], way[:, 0]])
    foot = ((site - start) * way).sum(axis=1) / np.maximum(length, 1e-300)
    height = np.abs(((site - start) * normal).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = np.where(foot[ridge] > 0, along / foot[ridge], np.inf)
        falling = np.where(foot[ridge] < 1, (1 - along) / (1 - foot[ridge]), np.inf)
    room = np.minimum(0.6 * height[ridge] * np.minimum(rising, falling), 0.45 * length[ridge] / share)
    aside = np.where(at_end | ~inner[ridge], 0.0, (rng.random(len(k)) - 0.5) * 2 * room)
    path = start[ridge] + along[:, None] * (stop - start)[ridge] + aside[:, None] * normal[ridge]
    path[first[:-1]] = start
    path[first[1:] - 1] = stop
    return path, first


def _rings(
    path: Floats, first: Ints, parts: Ints, cells: Ints, sites: Floats, start: Floats, stop: Floats, n: int
) -> Tiling:
    """Put the ridges round each cell together; cells are convex, so their order is that of the angle."""
    cell = np.concatenate([cells[:, 0], cells[:, 1]])
    ridge = np.tile(np.arange(len(cells)), 2)
    own = cell < n
    cell, ridge = cell[own], ridge[own]
    one, other = start[ridge] - sites[cell], stop[ridge] - sites[cell]
    middle = one + other
    order = np.lexsort((np.arctan2(middle[:, 1], middle[:, 0]), cell))
    cell, ridge = cell[order], ridge[order]
    backward = (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])[order] < 0
    count = parts[ridge]
    piece = np.repeat(np.arange(len(ridge)), count)
    k = np.arange(len(piece)) - np.concatenate([[0], np.cumsum(count)])[piece]
    k = np.where(backward[piece], count[piece] - k, k)
    xy = path[first[ridge[piece]] + k]
    opens = np.concatenate([[0], np.cumsum(np.bincount(cell[piece], minlength=n))])
    # close every ring: its first vertex again behind its last
    closed = np.insert(xy, opens[1:], xy[opens[:-1]], axis=0)
    west, south, east, north = BOX
    # every vertex is scaled by the same operations, so shared ones stay the same to the last bit
    return Tiling(closed * [east - west, north - south] + [west, south], opens + np.arange(n + 1))


def random_points(n: int, seed: int = 7) -> tuple[Floats, Floats]:
    """Give longitudes and latitudes, evenly over `BOX`."""
    west, south, east, north = BOX
    rng = np.random.default_rng(seed)
    return rng.uniform(west, east, n), rng.uniform(south, north, n)

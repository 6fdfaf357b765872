"""Which areas share a border.

Borders are matched exactly, on the coordinates as they stand: neighbours that were drawn with the same vertices share
the same segments. Where one side lacks a vertex of the other (a T-junction), or drew it a hair beside, what is left
is measured against each other within a tolerance.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from spatialgov.projection import project

__all__ = ["SharedBorders", "shared_borders"]

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NEAR_M = 0.01
"""Borders closer than this are shared."""
_LEAST_BORDER_M = 0.05
"""A border that is found by tolerance alone is longer than this; below, it is two corners that meet."""
_EARTH_M = 6371008.8


@dataclass(frozen=True)
class SharedBorders:
    """Which areas share a border, and how long it is.

    Attributes
    ----------
    edges
        int32, shape (m, 2), positions of the areas, the smaller first, sorted; each pair once.
    border_m
        float64, shape (m,), metres, above 0.
    outer_border_m
        float64, shape (n,), metres: the part of each area's border that it shares with none.
    """

    edges: npt.NDArray[np.int32]
    border_m: Floats
    outer_border_m: Floats


def shared_borders(frame: gpd.GeoDataFrame, crs: pyproj.CRS) -> SharedBorders:
    """Find the borders that areas share; a point touch is no border.

    Parameters
    ----------
    frame
        Polygons and multipolygons, EPSG:4326; missing geometries have no border.
    crs
        The metric plane that lengths are measured in.

    Returns
    -------
    SharedBorders
        By position in the frame.
    """
    n = len(frame)
    owner, ends, key = _segments(np.asarray(frame.geometry.to_numpy(), dtype=object))
    xy = np.column_stack(project(ends[..., 0].ravel(), ends[..., 1].ravel(), crs)).reshape(-1, 2, 2)
    length = np.hypot(*(xy[:, 1] - xy[:, 0]).T)
    order = np.lexsort((owner, key))
    first, second = _equal_pairs(key[order], owner[order])
    one, two = order[first], order[second]

    alone = np.ones(len(owner), dtype=bool)
    alone[one] = alone[two] = False
    near_one, near_two, near_m = _near_pairs(xy[alone], owner[alone])
    pair = np.concatenate([_pair_key(owner[one], owner[two], n), _pair_key(near_one, near_two, n)])
    exact = np.concatenate([np.ones(len(one), dtype=bool), np.zeros(len(near_one), dtype=bool)])
    shared, inverse = np.unique(pair, return_inverse=True)
    border: Floats = np.bincount(inverse, np.concatenate([length[one], near_m]), len(shared)).astype(np.float64)
    touching = (np.bincount(inverse, exact, len(shared)) > 0) | (border > _LEAST_BORDER_M)
    shared, border = shared[touching], border[touching]

    edges = np.column_stack([shared // max(n, 1), shared % max(n, 1)]).astype(np.int32)
    perimeter = np.bincount(owner, length, n)
    inner = np.bincount(edges.ravel(), np.repeat(border, 2), n)
    return SharedBorders(edges, border, np.maximum(perimeter - inner, 0.0))


def _segments(shapes: Shapes) -> tuple[Ints, Floats, Ints]:
    """Give every border segment: owner (s,), ends in degrees (s, 2, 2), and a key that equal segments share."""
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    polygonal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, of_part = shapely.get_rings(parts[polygonal], return_index=True)
    xy, of_ring = shapely.get_coordinates(rings, return_index=True)
    _, vertex = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    start = np.flatnonzero((of_ring[1:] == of_ring[:-1]) & (vertex[1:] != vertex[:-1]))
    low = np.minimum(vertex[start], vertex[start + 1]).astype(np.int64)
    high = np.maximum(vertex[start], vertex[start + 1]).astype(np.int64)
    owner = of_shape[polygonal][of_part[of_ring[start]]].astype(np.int64)
    return owner, np.stack([xy[start], xy[start + 1]], axis=1), low * (len(xy) + 1) + high


def _equal_pairs(key: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """Give the pairs of positions with the same key and different owners; keys are sorted, runs are short."""
    firsts, seconds = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    step = 1
    while step < len(key) and len(same := np.flatnonzero(key[step:] == key[:-step])):
        other = same[owner[same] != owner[same + step]]
        firsts.append(other)
        seconds.append(other + step)
        step += 1
    return np.concatenate(firsts), np.concatenate(seconds)


def _near_pairs(xy: Floats, owner: Ints) -> tuple[Ints, Ints, Floats]:
    """Give owners and common length of segments (s, 2, 2), in metres, that run along each other within tolerance."""
    lines = np.asarray(shapely.linestrings(xy), dtype=object)
    reach = _NEAR_M + _bend_m(np.hypot(*(xy[:, 1] - xy[:, 0]).T))
    one, two = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=reach)
    foreign = owner[one] != owner[two]
    pairs = np.unique(np.sort(np.column_stack([one, two])[foreign], axis=1), axis=0)
    one, two = pairs[:, 0], pairs[:, 1]
    longer = np.where(reach[one] >= reach[two], one, two)
    shorter = one + two - longer
    origin, along = xy[longer, 0], xy[longer, 1] - xy[longer, 0]
    length = np.hypot(*along.T)
    along = along / length[:, None]
    ends = xy[shorter] - origin[:, None, :]
    at = np.einsum("sij,sj->si", ends, along)
    off = ends[..., 0] * along[:, None, 1] - ends[..., 1] * along[:, None, 0]
    # The distance from the longer line at both ends of the stretch that they have in common.
    low, high = np.clip(at, 0.0, length[:, None]).T
    slope = np.divide(off[:, 1] - off[:, 0], at[:, 1] - at[:, 0], out=np.zeros(len(at)), where=at[:, 1] != at[:, 0])
    far = np.maximum(*(np.abs(off[:, 0] + slope * (end - at[:, 0])) for end in (low, high)))
    common = np.where(far <= reach[longer], np.abs(high - low), 0.0)
    some = common > 0.0
    return owner[one[some]], owner[two[some]], common[some]


def _bend_m(length_m: Floats) -> Floats:
    """How far a straight line of one plane may lie from its chord in another: L²/8R, twice that in high latitudes."""
    return length_m**2 / (4.0 * _EARTH_M)


def _pair_key(one: Ints, two: Ints, n: int) -> Ints:
    return np.minimum(one, two) * n + np.maximum(one, two)

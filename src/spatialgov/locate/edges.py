"""From grids to edges: every border once, with the grid on each side, checked so that every place has one owner."""

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate._kernels import TINY

__all__ = ["Edges", "edges_of"]

JOIN_DEG = 2e-7
"""Borders of neighbours nearer than this (2 cm) are one: rounding to 7 decimals can part them by 1.4e-7."""
_UNSEEN_DEG = 1e-12
"""A border moved by less (0.1 µm, rounding) is not told."""
_MAX_JOINS = 5

FloatArray = npt.NDArray[np.float64]
UInt32Array = npt.NDArray[np.uint32]
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Edges:
    """The borders of grids, each once.

    Attributes
    ----------
    ends
        ``x1, y1, x2, y2``, float64 (m, 4), degrees, running upward: ``y1 < y2``, or level and ``x1 < x2``.
    left, right
        Face on each side, uint32 (m,): 0 = outside, k = grid k - 1.
    """

    ends: FloatArray
    left: UInt32Array
    right: UInt32Array

    @property
    def labels(self) -> UInt32Array:
        """What changes when the edge is crossed: the XOR of the faces on both sides."""
        return self.left ^ self.right

    @property
    def outer(self) -> "Edges":
        """The edges with a grid on one side only."""
        return self._pick((self.left == 0) | (self.right == 0))

    def _pick(self, chosen: npt.NDArray[np.bool_]) -> "Edges":
        return Edges(self.ends[chosen], self.left[chosen], self.right[chosen])

    def lines(self) -> Geometries:
        """Give the edges as shapely LineStrings."""
        return np.asarray(shapely.linestrings(self.ends.reshape(-1, 2, 2)))


def edges_of(polygons: Geometries, codes: list[str]) -> tuple[Edges, list[Fault]]:
    """Give the edges of valid, two-dimensional polygons, and what is wrong between them.

    Neighbours whose common border has other vertices on one side than on the other are joined: nothing moves where the
    vertices lie on the line, and the border moves by less than `JOIN_DEG` where they lie beside it. Borders that match
    vertex by vertex are never touched.

    Returns
    -------
    edges
        Every border once. Without an ``error`` among the faults every place has at most one owner.
    faults
        ``overlap`` (error) for each pair of grids, ``unmatched_border`` (warning) when vertices were moved.
    """
    # part by part: the boxes of scattered grids would all overlap, and shapely take a hundred times as long
    parts, grid_of_part = shapely.get_parts(polygons, return_index=True)
    face_of_part = grid_of_part.astype(np.uint32) + np.uint32(1)
    edges, overlaps = _merge(_half_edges(parts, face_of_part))
    moved: list[FloatArray] = []
    for _ in range(_MAX_JOINS):
        joined, places = _join(edges)
        moved.append(places)
        if joined is edges:
            break
        edges, more = _merge(joined)
        overlaps += more
    if not shapely.coverage_is_valid(parts):
        overlaps += _crossings(edges) + _insides(edges, parts, face_of_part)
    return edges, _join_faults(np.vstack(moved)) + _overlap_faults(overlaps, codes)


_Overlap = tuple[int, int, float, float]
"""Positions of two grids, and a place (lon, lat)."""


def _half_edges(parts: Geometries, face_of_part: UInt32Array) -> Edges:
    """Give each side of each ring its own edge, the grid on its left or right."""
    # exteriors run counterclockwise and holes clockwise, so that the inside lies on the left
    rings, part_of_ring = shapely.get_rings(shapely.orient_polygons(parts), return_index=True)
    xy, ring_of_vertex = shapely.get_coordinates(rings, return_index=True)
    xy = np.where(np.abs(xy) < TINY, 0.0, xy)
    same_ring = ring_of_vertex[1:] == ring_of_vertex[:-1]
    ends = np.hstack([xy[:-1], xy[1:]])[same_ring]
    face = face_of_part[part_of_ring[ring_of_vertex[:-1][same_ring]]]
    return Edges(ends, face, np.zeros_like(face))


def _merge(edges: Edges) -> tuple[Edges, list[_Overlap]]:
    """Make every edge run upward and unite equal ones; two grids on the same side of an edge overlap."""
    x1, y1, x2, y2 = edges.ends.T
    down = (y1 > y2) | ((y1 == y2) & (x1 > x2))
    ends = np.where(down[:, None], edges.ends[:, [2, 3, 0, 1]], edges.ends)
    left = np.where(down, edges.right, edges.left)
    right = np.where(down, edges.left, edges.right)
    longer_than_0 = (x1 != x2) | (y1 != y2)
    ends, left, right = ends[longer_than_0], left[longer_than_0], right[longer_than_0]

    order = np.lexsort(ends.T)
    ends, left, right = ends[order], left[order], right[order]
    first = np.flatnonzero(np.r_[True, (ends[1:] != ends[:-1]).any(axis=1)])
    group = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(ends)]))
    merged = Edges(ends[first], np.maximum.reduceat(left, first), np.maximum.reduceat(right, first))
    overlaps: list[_Overlap] = []
    for side, owner in ((left, merged.left[group]), (right, merged.right[group])):
        twice = (side != 0) & (side != owner)
        middle = _middles(ends[twice])
        overlaps += _overlaps(side[twice], owner[twice], middle)
    between_two = merged.left != merged.right  # not a slit inside one grid
    return merged._pick(between_two), overlaps


def _join(edges: Edges) -> tuple[Edges, FloatArray]:
    """Join outer edges of different grids that lie on each other; give the places that moved.

    Without anything to join, `edges` itself comes back.
    """
    is_outer = (edges.left == 0) | (edges.right == 0)
    outer = edges._pick(is_outer)
    vertices, index = np.unique(outer.ends.reshape(-1, 2), axis=0, return_inverse=True)
    face = np.repeat(outer.left | outer.right, 2)
    faces_of = csr_array((np.ones(len(face), dtype=np.int32), (index, face)))  # vertex x face

    one, other = _twins(vertices, faces_of)
    if len(one):
        return replace(edges, ends=_replaced(edges.ends, vertices[other], vertices[one])), vertices[one]

    lines = outer.lines()
    at_vertex, at_edge = shapely.STRtree(lines).query(shapely.points(vertices), predicate="dwithin", distance=JOIN_DEG)
    foreign = _lookup(faces_of, at_vertex, face[::2][at_edge]) == 0
    at_vertex, at_edge = at_vertex[foreign], at_edge[foreign]
    if len(at_edge) == 0:
        return edges, vertices[:0]
    beside = shapely.distance(lines[at_edge], shapely.points(vertices[at_vertex])) > _UNSEEN_DEG
    divided = _insert(outer, at_edge, vertices[at_vertex])
    inner = edges._pick(~is_outer)
    both = Edges(*(np.concatenate([getattr(e, f.name) for e in (inner, divided)]) for f in fields(Edges)))
    return both, vertices[at_vertex[beside]]


def _twins(vertices: FloatArray, faces_of: csr_array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give pairs of vertices of different grids, each the other's nearest and within the distance of joining."""
    _, two_nearest = cKDTree(vertices).query(vertices, k=2, distance_upper_bound=JOIN_DEG)
    nearest = np.asarray(two_nearest)[:, 1]  # the first is the vertex itself
    near = np.flatnonzero(nearest < len(vertices))
    other = nearest[near]
    mutual = (nearest[other] == near) & (near < other)
    near, other = near[mutual], other[mutual]
    strangers = np.asarray((faces_of[near] * faces_of[other]).sum(axis=1)).ravel() == 0
    return near[strangers], other[strangers]


def _replaced(ends: FloatArray, old: FloatArray, new: FloatArray) -> FloatArray:
    """Give the ends of edges with some vertices replaced."""
    order = np.lexsort((old[:, 1], old[:, 0]))
    keys = np.ascontiguousarray(old[order]).view(np.complex128).ravel()  # complex numbers sort by x, then y
    xy = np.ascontiguousarray(ends).reshape(-1, 2).copy()
    every = xy.view(np.complex128).ravel()
    at = np.minimum(np.searchsorted(keys, every), len(keys) - 1)
    hit = np.flatnonzero(keys[at] == every)
    xy[hit] = new[order][at[hit]]
    return xy.reshape(-1, 4)


def _lookup(table: csr_array, row: npt.NDArray[np.int64], col: UInt32Array) -> npt.NDArray[np.int32]:
    return np.asarray(table[row, col.astype(np.int64)]).ravel()


def _insert(edges: Edges, at_edge: npt.NDArray[np.int64], xy: FloatArray) -> Edges:
    """Divide edges at points."""
    start, stop = edges.ends[:, :2], edges.ends[:, 2:]
    along = ((xy - start[at_edge]) * (stop - start)[at_edge]).sum(axis=1)
    every = np.arange(len(edges.ends))
    edge = np.concatenate([every, at_edge, every])
    point = np.concatenate([start, xy, stop])
    order = np.lexsort((np.concatenate([np.full(len(every), -np.inf), along, np.full(len(every), np.inf)]), edge))
    edge, point = edge[order], point[order]
    same = edge[1:] == edge[:-1]
    ends = np.hstack([point[:-1], point[1:]])[same]
    owner = edge[:-1][same]
    return Edges(ends, edges.left[owner], edges.right[owner])


def _crossings(edges: Edges) -> list[_Overlap]:
    """Find edges that cross: the grids inside of both overlap there."""
    lines = edges.lines()
    first, second = shapely.STRtree(lines).query(lines, predicate="crosses")
    once = first < second
    first, second = first[once], second[once]
    places = shapely.get_coordinates(shapely.centroid(shapely.intersection(lines[first], lines[second])))
    overlaps: list[_Overlap] = []
    for one in (edges.left, edges.right):
        for other in (edges.left, edges.right):
            both = (one[first] != 0) & (other[second] != 0)
            overlaps += _overlaps(one[first][both], other[second][both], places[both])
    return overlaps


def _insides(edges: Edges, parts: Geometries, face_of_part: UInt32Array) -> list[_Overlap]:
    """Find outer edges that lie inside another grid: the grid that they bound is in it, at least partly."""
    outer = edges.outer
    middle = _middles(outer.ends)
    edge, part = shapely.STRtree(parts).query(shapely.points(middle), predicate="within")
    return _overlaps((outer.left | outer.right)[edge], face_of_part[part], middle[edge])


def _middles(ends: FloatArray) -> FloatArray:
    middles: FloatArray = (ends[:, :2] + ends[:, 2:]) / 2
    return middles


def _overlaps(one: UInt32Array, other: UInt32Array, places: FloatArray) -> list[_Overlap]:
    """Give the pairs of different faces as pairs of positions."""
    rows = zip(one.tolist(), other.tolist(), places.tolist(), strict=True)
    return [(min(a, b) - 1, max(a, b) - 1, lon, lat) for a, b, (lon, lat) in rows if a != b]


def _overlap_faults(overlaps: list[_Overlap], codes: list[str]) -> list[Fault]:
    places = {(a, b): (lon, lat) for a, b, lon, lat in reversed(overlaps)}
    return [
        Fault(
            "overlap",
            t("Grids {one} and {other} overlap.", "网格 {one} 与 {other} 重叠。", one=codes[a], other=codes[b]),
            t("Give the common ground to one of them.", "请将重叠部分划归其中一个网格。"),
            row=a + 1,
            column="geometry",
            item=codes[a],
            lon=lon,
            lat=lat,
        )
        for (a, b), (lon, lat) in sorted(places.items())
    ]


def _join_faults(moved: FloatArray) -> list[Fault]:
    if len(moved) == 0:
        return []
    return [
        Fault(
            "unmatched_border",
            t(
                "{n} vertices of shared borders lay beside the neighbour's border and were joined to it.",
                "有 {n} 个共用边界顶点未落在相邻网格的边界上,已并入该边界。",
                n=len(moved),
            ),
            t(
                "Nothing moved by more than 2 cm; to be rid of this, give both grids the same vertices.",
                "移动均不超过 2 厘米;如需消除,请让相邻网格使用相同的顶点。",
            ),
            severity="warning",
            column="geometry",
            lon=float(moved[0, 0]),
            lat=float(moved[0, 1]),
        )
    ]

"""From grids to edges: every border once, with the grid on each side, checked so that every place has one owner."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.locate.growing import Growing
from spatialgov.locate.raster import _kernels as raster
from spatialgov.row_groups import row_groups

__all__ = ["Edges", "edges_of"]

JOIN_DEG = 2e-7
"""Borders of neighbours nearer than this (2 cm) are one: rounding to 7 decimals can part them by 1.4e-7."""
_UNSEEN_DEG = 1e-12
"""A border moved by less (0.1 µm, rounding) is not told."""
_MAX_JOINS = 5
_BATCH = 8192
"""So many grids are taken apart at a time: the memory for it is small beside that of the edges."""

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
    sides
        Face on the left and on the right, uint32 (m, 2): 0 = outside, k = grid k - 1.
    """

    ends: FloatArray
    sides: UInt32Array

    @property
    def left(self) -> UInt32Array:
        """Face on the left of each edge."""
        return self.sides[:, 0]

    @property
    def right(self) -> UInt32Array:
        """Face on the right of each edge."""
        return self.sides[:, 1]

    @property
    def outer(self) -> "Edges":
        """The edges with a grid on one side only."""
        return self.pick((self.left == 0) | (self.right == 0))

    def pick(self, chosen: npt.NDArray[np.bool_]) -> "Edges":
        """Give the chosen edges."""
        return Edges(self.ends[chosen], self.sides[chosen])

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
    edges, overlaps = _of_rings(polygons)
    moved: list[FloatArray] = []
    for _ in range(_MAX_JOINS):
        joined, places = _join(edges)
        moved.append(places)
        if joined is edges:
            break
        edges, more = _merge([joined], len(joined.ends))
        overlaps += more
    overlaps += _foreign_ground(edges, polygons)
    return edges, _join_faults(np.vstack(moved)) + _overlap_faults(overlaps, codes)


_Overlap = tuple[int, int, float, float]
"""Positions of two grids, and a place (lon, lat)."""


def _of_rings(polygons: Geometries) -> tuple[Edges, list[_Overlap]]:
    """Unite the edges of all rings, some thousand grids at a time."""
    batches = range(0, len(polygons), _BATCH)
    most = int(shapely.get_num_coordinates(polygons).sum())
    return _merge((_half_edges(polygons[i : i + _BATCH], i) for i in batches), most)


def _half_edges(polygons: Geometries, position: int) -> Edges:
    """Give each side of each ring its own edge, the grid on its left; `position` is that of the first grid."""
    parts, grid_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    outer = np.diff(part_of_ring, prepend=-1) > 0  # the first ring of each part
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    ends, ring_of_edge = np.empty((len(ring), 4)), np.empty(len(ring), dtype=np.int64)
    m = raster.ring_edges(xy, ring, outer, ends, ring_of_edge)
    face_of_ring = grid_of_part[part_of_ring] + (position + 1)
    sides = np.zeros((m, 2), dtype=np.uint32)
    sides[:, 0] = face_of_ring[ring_of_edge[:m]]
    return Edges(ends[:m], sides)


def _merge(batches: Iterable[Edges], most: int) -> tuple[Edges, list[_Overlap]]:
    """Make every edge run upward and unite equal ones, `most` at most; two grids on the same side overlap."""
    slots = np.full(most + most // 4 + 1, -1, dtype=np.int32)
    ends, sides = Growing(np.float64, columns=(4,), room=most), Growing(np.uint32, columns=(2,), room=most)
    overlaps: list[_Overlap] = []
    for batch in batches:
        begun = ends.size
        ends.take(len(batch.ends))
        sides.take(len(batch.ends))
        twice = np.empty((2 * len(batch.ends), 3), dtype=np.uint32)
        ends.size, n_twice = raster.unite(batch.ends, batch.sides, slots, ends.array, sides.array, begun, twice)
        sides.size = ends.size
        edge, one, other = twice[:n_twice].T
        overlaps += _overlaps(one, other, _middles(ends.array[edge]))
    ends.size = sides.size = raster.drop_slits(ends.array, sides.array)
    return Edges(ends.array, sides.array), overlaps


def _join(edges: Edges) -> tuple[Edges, FloatArray]:
    """Join outer edges of different grids that lie on each other; give the places that moved.

    Without anything to join, `edges` itself comes back.
    """
    is_outer = (edges.left == 0) | (edges.right == 0)
    outer = edges.pick(is_outer)
    ends = outer.ends.reshape(-1, 2)
    first, index = row_groups(*ends.T)
    vertices = ends[first]
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
    inner = edges.pick(~is_outer)
    both = Edges(np.concatenate([inner.ends, divided.ends]), np.concatenate([inner.sides, divided.sides]))
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
    return Edges(ends, edges.sides[owner])


def _foreign_ground(edges: Edges, polygons: Geometries) -> list[_Overlap]:
    """Find grids that overlap without sharing a side of an edge.

    Ground that two grids cover is bounded, somewhere, by an edge that only one of them has: between two grids the
    number of grids does not change. So what lies near no outer edge needs no look.
    """
    outer = edges.outer
    tree = shapely.STRtree(polygons)
    _, near = tree.query(outer.lines())
    # part by part: the boxes of scattered grids would all overlap, and shapely take a hundred times as long
    near = np.unique(near)
    parts, index = shapely.get_parts(polygons[near], return_index=True)
    if shapely.coverage_is_valid(parts):
        return []
    faces = near.astype(np.uint32) + np.uint32(1)
    around = edges.pick(np.asarray(np.isin(edges.sides, faces).any(axis=1)))
    return _crossings(around) + _insides(outer, parts, faces[index])


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


def _insides(outer: Edges, parts: Geometries, face_of_part: UInt32Array) -> list[_Overlap]:
    """Find outer edges that lie inside another grid: the grid that they bound is in it, at least partly."""
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

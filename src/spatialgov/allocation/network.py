"""The road network: the roads' lines, cut where they meet and joined into a graph, its faults listed."""

from dataclasses import dataclass, replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from spatialgov.errors import InputError, MissingColumnError
from spatialgov.faults import Fault
from spatialgov.language import t
from spatialgov.projection import metric_crs, unproject
from spatialgov.topology import degree_shapes, metric_shapes

__all__ = ["RoadNetwork", "connected_parts", "main_parts", "road_network"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

_SAME_M = 1e-6
"""Points of a line so close together are one."""
_NEARLY_M = 10.0
"""A dead end so near another road looks as if it should meet it."""


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """Segments of roads between junctions and dead ends; every one may be travelled both ways.

    Attributes
    ----------
    crs
        The metric plane.
    xy_m
        float64, shape (n, 2): junctions and dead ends, east and north, metres.
    tail, head
        int64, shape (m,): the nodes that each segment runs from and to, in the direction of its line.
    length_m
        float64, shape (m,).
    lines
        object, shape (m,): the segments' lines in the metric plane.
    road
        int64, shape (m,): the road that each is a part of, as its row in `roads`, from 0.
    road_class
        object, shape (m,): that road's class.
    roads
        The layer that the network was made from (EPSG:4326).
    part
        int64, shape (m,): the connected part that each segment belongs to; 0 is the longest, in metres of road.
    faults
        Warnings: parts that nothing joins to the longest one (``island``), dead ends just short of another road
        (``dangling``), roads that run on top of one another (``overlap``), roads of no length.
    """

    crs: pyproj.CRS
    xy_m: Floats
    tail: Ints
    head: Ints
    length_m: Floats
    lines: Shapes
    road: Ints
    road_class: Shapes
    roads: gpd.GeoDataFrame
    part: Ints
    faults: tuple[Fault, ...]

    @property
    def n_nodes(self) -> int:
        """Number of junctions and dead ends."""
        return len(self.xy_m)

    def where(self, keep: Bools) -> "RoadNetwork":
        """Give the network of some segments, bool (m,); junctions, roads and faults stay those of the whole."""
        own = {name: getattr(self, name)[keep] for name in ("tail", "head", "length_m", "lines", "road", "part")}
        return replace(self, **own, road_class=self.road_class[keep])

    def frame(self, segments: npt.ArrayLike | None = None) -> gpd.GeoDataFrame:
        """Give segments as a table: ``road_id``, ``name``, ``name_en`` (where the roads have them), class, length.

        Parameters
        ----------
        segments
            Positions; all when not given.
        """
        chosen = np.arange(len(self.tail)) if segments is None else np.asarray(segments, dtype=np.int64)
        known = [column for column in ("road_id", "name", "name_en") if column in self.roads]
        table = self.roads[known].iloc[self.road[chosen]].reset_index(drop=True)
        table["road_class"] = self.road_class[chosen]
        table["length_m"] = self.length_m[chosen]
        return gpd.GeoDataFrame(table, geometry=degree_shapes(self.lines[chosen], self.crs), crs="EPSG:4326")


def road_network(roads: gpd.GeoDataFrame, *, crs: pyproj.CRS | None = None, join_m: float = 0.5) -> RoadNetwork:
    """Make the network of a layer of roads: cut at crossings and where one ends on another, ends joined.

    Parameters
    ----------
    roads
        Lines (EPSG:4326) with ``road_class``. Roads that cross meet: what passes over or under another one must not be
        in the layer, or be cut out of it.
    crs
        The metric plane; the one for the middle of the roads when not given.
    join_m
        Ends so near each other, or so near another road, meet there.

    Raises
    ------
    MissingColumnError
        When there is no column `road_class`.
    InputError
        When there are no roads, or one is no line, with its row.
    """
    lines, road = _lines(roads)
    if crs is None:
        west, south, east, north = (float(v) for v in shapely.total_bounds(lines))
        crs = metric_crs((west + east) / 2, (south + north) / 2)
    lines, road, faults = _sound(metric_shapes(lines, crs), lines, road)
    pieces, source = _cut(lines, *_meetings(lines, join_m))
    ends = shapely.get_coordinates(np.column_stack([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)]))
    node, xy_m = _joined(ends, join_m)
    tail, head, length = node[0::2], node[1::2], shapely.length(pieces)
    keep = (tail != head) | (length > 4 * join_m)  # else the trifle between an end and the road that it meets
    twice = _twice(tail, head, pieces, length, join_m) & keep
    keep &= ~twice
    road = road[source]
    faults += _overlaps(pieces[twice], road[twice], crs)
    used, compact = np.unique(np.concatenate([tail[keep], head[keep]]), return_inverse=True)
    tail, head = compact[: keep.sum()], compact[keep.sum() :]
    pieces, length, road, xy_m = pieces[keep], length[keep], road[keep], xy_m[used]
    part = connected_parts(tail, head, length, len(xy_m))
    faults += _islands(part, tail, length, road, xy_m, crs)
    faults += _dangling(tail, head, pieces, road, xy_m, crs)
    classes = roads["road_class"].to_numpy(dtype=object)[road]
    return RoadNetwork(crs, xy_m, tail, head, length, pieces, road, classes, roads, part, tuple(faults))


def _lines(roads: gpd.GeoDataFrame) -> tuple[Shapes, Ints]:
    """Give the roads as single lines, and the row of each."""
    if "road_class" not in roads:
        raise MissingColumnError(
            t("Roads have no column “road_class”.", "道路数据没有 road_class 列。"),
            remedy=t(
                "Give each road its class: trunk, primary, secondary, residential, alley or track.",
                "请为每条道路注明等级：trunk、primary、secondary、residential、alley 或 track。",
            ),
        )
    if len(roads) == 0:
        raise InputError(
            t("There are no roads.", "没有道路数据。"),
            remedy=t("Import a layer of roads first.", "请先导入道路图层。"),
        )
    shapes = roads.geometry.to_numpy()
    kinds = shapely.get_type_id(shapes)
    wrong = ~np.isin(kinds, (1, 5)) | shapely.is_empty(shapes) | ~np.isfinite(shapely.bounds(shapes)).all(axis=1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            t("Row {row} of the roads is no line.", "道路数据第 {row} 行不是线。", row=row + 1),
            remedy=t("Leave it out or give it a line.", "请删除该行，或补上线几何。"),
        )
    lines, index = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    return lines, index.astype(np.int64)


def _sound(metric: Shapes, degrees: Shapes, road: Ints) -> tuple[Shapes, Ints, list[Fault]]:
    """Leave out lines without length, cut lines that cross themselves."""
    empty = ~(shapely.length(metric) > _SAME_M)
    faults = [
        Fault(
            "no_length",
            t("The road has no length.", "该道路没有长度。"),
            t("Leave it out or draw it anew.", "请删除或重新绘制。"),
            "warning",
            row=int(road[i]) + 1,
            lon=float(shapely.get_coordinates(degrees[i])[0, 0]),
            lat=float(shapely.get_coordinates(degrees[i])[0, 1]),
        )
        for i in np.flatnonzero(empty)
    ]
    metric, road = metric[~empty], road[~empty]
    if len(metric) == 0:
        raise InputError(
            t("No road has any length.", "所有道路都没有长度。"),
            remedy=t("Check the datum and the coordinates.", "请检查坐标基准和坐标。"),
        )
    simple = shapely.is_simple(metric)
    noded, index = shapely.get_parts(shapely.node(metric[~simple]), return_index=True)
    return np.concatenate([metric[simple], noded]), np.concatenate([road[simple], road[~simple][index]]), faults


def _meetings(lines: Shapes, join_m: float) -> tuple[Ints, Floats]:
    """Give where lines meet others: the line, and the metres along it."""
    tree = shapely.STRtree(lines)
    a, b = tree.query(lines, predicate="intersects")
    a, b = a[a < b], b[a < b]
    xy, which = shapely.get_coordinates(shapely.intersection(lines[a], lines[b]), return_index=True)
    common = shapely.points(xy)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end, other = tree.query(ends, predicate="dwithin", distance=join_m)
    strange = end % len(lines) != other
    end, other = end[strange], other[strange]
    line = np.concatenate([a[which], b[which], other])
    points = np.concatenate([common, common, ends[end]])
    return line.astype(np.int64), shapely.line_locate_point(lines[line], points)


def _cut(lines: Shapes, line: Ints, along_m: Floats) -> tuple[Shapes, Ints]:
    """Cut the lines at places along them; give the pieces, each in its line's direction, and their lines."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    first = np.r_[True, owner[1:] != owner[:-1]]
    step = np.where(first, 0.0, np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T))
    total = np.cumsum(step)
    at = total - np.repeat(total[first], np.diff(np.r_[np.flatnonzero(first), len(xy)]))
    is_end = first | np.r_[first[1:], True]
    owner = np.concatenate([owner, line])
    at = np.concatenate([at, along_m])
    xy = np.concatenate([xy, shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along_m))])
    is_end = np.concatenate([is_end, np.ones(len(line), dtype=bool)])
    order = np.lexsort((at, owner))
    owner, at, xy, is_end = owner[order], at[order], xy[order], is_end[order]
    new = np.flatnonzero(np.r_[True, (owner[1:] != owner[:-1]) | (np.diff(at) > _SAME_M)])
    node = np.flatnonzero(np.logical_or.reduceat(is_end, new))
    owner, xy = owner[new], xy[new]
    begins = node[:-1][owner[node[:-1]] == owner[node[1:]]]
    stops = node[1:][owner[node[:-1]] == owner[node[1:]]]
    count = stops - begins + 1
    piece = np.repeat(np.arange(len(begins)), count)
    vertex = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + begins[piece]
    return shapely.linestrings(xy[vertex], indices=piece), owner[begins].astype(np.int64)


def _joined(ends: Floats, join_m: float) -> tuple[Ints, Floats]:
    """Join ends that lie together: the node of each, and the nodes' places."""
    same, node = np.unique(ends, axis=0, return_inverse=True)
    pairs = cKDTree(same).query_pairs(join_m, output_type="ndarray")
    near = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(same), len(same)))
    n, group = connected_components(near, directed=False)
    count = np.bincount(group, minlength=n)
    xy_m = np.column_stack([np.bincount(group, same[:, axis], n) / count for axis in (0, 1)])
    return group[node.ravel()].astype(np.int64), xy_m


def _twice(tail: Ints, head: Ints, pieces: Shapes, length: Floats, join_m: float) -> Bools:
    """Tell which pieces run where an earlier one does, between the same nodes."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((length, high, low))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(pieces, 0.5, normalized=True))
    twice = np.zeros(len(tail), dtype=bool)
    for one, other in pairwise(order.tolist()):
        twice[other] = (
            low[one] == low[other]
            and high[one] == high[other]
            and bool(length[other] - length[one] <= join_m)
            and bool(np.hypot(*(middle[one] - middle[other])) <= join_m)
        )
    return twice


def connected_parts(tail: Ints, head: Ints, length: Floats, n: int) -> Ints:
    """Number the connected parts, the longest first; give that of each segment."""
    joined = csr_array((np.ones(len(tail)), (tail, head)), shape=(n, n))
    count, group = connected_components(joined, directed=False)
    own = group[tail]
    rank = np.empty(count, np.int64)
    rank[np.argsort(-np.bincount(own, length, count), kind="stable")] = np.arange(count)
    return rank[own]


def main_parts(network: RoadNetwork, least_share: float = 0.02) -> RoadNetwork:
    """Give a network without the connected parts that hold less than a share of its length.

    A place snaps to the nearest road: where that is a scrap of a path that nothing joins, no way leads from it.
    """
    length = np.bincount(network.part, network.length_m)
    return network.where((length >= least_share * length.sum())[network.part])


def _overlaps(pieces: Shapes, road: Ints, crs: pyproj.CRS) -> list[Fault]:
    middle = shapely.get_coordinates(shapely.line_interpolate_point(pieces, 0.5, normalized=True))
    lon, lat = unproject(middle[:, 0], middle[:, 1], crs)
    return [
        Fault(
            "overlap",
            t("The road runs on top of another one here; it counts once.", "此处该道路与另一条道路重叠，只计一次。"),
            t("Leave one of them out.", "请删除其中一条。"),
            "warning",
            row=row + 1,
            lon=float(x),
            lat=float(y),
        )
        for row, x, y in zip(road.tolist(), lon, lat, strict=True)
    ]


def _islands(part: Ints, tail: Ints, length: Floats, road: Ints, xy_m: Floats, crs: pyproj.CRS) -> list[Fault]:
    numbers, first, count = np.unique(part, return_index=True, return_counts=True)
    metres = np.bincount(part, length)
    lon, lat = unproject(xy_m[tail[first], 0], xy_m[tail[first], 1], crs)
    return [
        Fault(
            "island",
            t(
                "Nothing joins this road to the network, nor the others of its part: {n} segments, {m:.0f} m.",
                "该道路及其相连部分未接入路网：{n} 段，{m:.0f} 米。",
                n=int(count[i]),
                m=float(metres[i]),
            ),
            t("Draw the road that joins it.", "请补绘连接道路。"),
            "warning",
            row=int(road[first[i]]) + 1,
            lon=float(lon[i]),
            lat=float(lat[i]),
        )
        for i in numbers[1:].tolist()
    ]


def _dangling(tail: Ints, head: Ints, pieces: Shapes, road: Ints, xy_m: Floats, crs: pyproj.CRS) -> list[Fault]:
    """List dead ends that lie near a road which their own segment doesn't meet."""
    degree = np.bincount(np.concatenate([tail, head]), minlength=len(xy_m))
    own = np.full(len(xy_m), -1)
    own[tail], own[head] = np.arange(len(tail)), np.arange(len(tail))
    ends = np.flatnonzero(degree == 1)
    end, near = shapely.STRtree(pieces).query(shapely.points(xy_m[ends]), predicate="dwithin", distance=_NEARLY_M)
    mine = own[ends[end]]
    met = np.zeros(len(near), dtype=bool)
    for a in (tail, head):
        for b in (tail, head):
            met |= a[near] == b[mine]
    found = np.unique(ends[end[~met]])
    lon, lat = unproject(xy_m[found, 0], xy_m[found, 1], crs)
    return [
        Fault(
            "dangling",
            t("The road ends just short of another one.", "该道路在另一条道路前不远处中断。"),
            t("Lengthen it if they meet.", "若两路相接，请将其延长。"),
            "warning",
            row=int(road[own[node]]) + 1,
            lon=float(x),
            lat=float(y),
        )
        for node, x, y in zip(found.tolist(), lon, lat, strict=True)
    ]

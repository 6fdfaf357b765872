"""Checkpoints on the roads out of an area: the fewest that no way out can miss."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow
from shapely.geometry.base import BaseGeometry

from spatialgov.allocation.network import RoadNetwork
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.topology import degree_shapes, metric_shapes

__all__ = ["Checkpoints", "checkpoints"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_CUT_M = 25.0
"""A dead end so near the border that the roads were cut at leads on beyond it."""
_MOST_POSTS = 1_000
"""Of one checkpoint; the solver counts in 32 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoints:
    """Road segments that every way out of an area passes one of.

    Attributes
    ----------
    frame
        GeoDataFrame (EPSG:4326), a row each, the nearest to the area first: ``road_id``, ``name``, ``name_en`` (where
        the roads have them), ``road_class``, ``posts`` int64, ``distance_m`` from the area (0 inside), and the middle
        of the segment as a point.
    segments
        int64: the segments, in the order of the frame.
    posts
        Posts of all of them; no other checkpoints need fewer (the largest number of ways out that share no road).
    posts_at_border
        Posts when every road that crosses the border of the area has its own checkpoint.
    """

    frame: gpd.GeoDataFrame
    segments: Ints
    posts: int
    posts_at_border: int


def checkpoints(
    network: RoadNetwork,
    area: BaseGeometry,
    *,
    belt_m: float = 2_000.0,
    posts: Mapping[str, int] | None = None,
    cut_at: BaseGeometry | None = None,
) -> Checkpoints:
    """Choose the roads to watch so that nobody leaves an area unseen, with the fewest posts.

    Parameters
    ----------
    network
        The roads in the area and around it.
    area
        Polygon in degrees (WGS 84).
    belt_m
        Who is farther than this from the area has left. The checkpoints stand within the belt or on the border, as near
        to the area as the fewest posts allow.
    posts
        Class of road → posts that a checkpoint there takes; 1 for those not named.
    cut_at
        Polygon (WGS 84) that the layer of roads was cut at, if it was: dead ends within 25 m of its border lead out.

    Raises
    ------
    InputError
        When the area is no polygon, no junction lies in it or beyond the belt, or a number of posts is none.

    Notes
    -----
    A minimum cut of the network between the junctions in the area and those beyond the belt (Ford & Fulkerson 1956).
    """
    need = _posts(network, posts or {})
    ground = _ground(network, area, belt_m)
    leads_on = _cut_ends(network, cut_at)
    places = shapely.points(network.xy_m)
    distance = shapely.distance(places, ground)
    inside, outside = (distance == 0) & ~leads_on, (distance > belt_m) | leads_on
    for there, message in (
        (inside, t("No junction of the roads lies in the area.", "区域内没有道路节点。")),
        (
            outside,
            t("No road leads farther than {m:g} m from the area.", "没有道路通往区域外 {m:g} 米以远。", m=belt_m),
        ),
    ):
        if not there.any():
            raise InputError(
                message,
                remedy=t(
                    "Give the roads in the area and around it, a larger area, or a smaller belt.",
                    "请提供区域内及周边的道路，或扩大区域、缩小缓冲带。",
                ),
            )
    node = np.cumsum(~inside & ~outside) + 1  # the area is node 0, all beyond the belt node 1
    node[inside], node[outside] = 0, 1
    cut = _minimum_cut(node[network.tail], node[network.head], need)
    where = shapely.line_interpolate_point(network.lines[cut], 0.5, normalized=True)
    away = shapely.distance(network.lines[cut], ground)
    order = np.lexsort((cut, away))
    frame = network.frame(cut[order]).drop(columns="length_m")
    frame["posts"] = need[cut[order]]
    frame["distance_m"] = away[order]
    points = degree_shapes(where[order], network.crs)
    crossing = inside[network.tail] != inside[network.head]
    return Checkpoints(
        gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=points, crs="EPSG:4326"),
        cut[order],
        int(need[cut].sum()),
        int(need[crossing].sum()),
    )


def _cut_ends(network: RoadNetwork, cut_at: BaseGeometry | None) -> Bools:
    """Tell which nodes are dead ends where the layer of roads was cut."""
    if cut_at is None:
        return np.zeros(network.n_nodes, dtype=bool)
    degree = np.bincount(np.concatenate([network.tail, network.head]), minlength=network.n_nodes)
    border: BaseGeometry = shapely.boundary(metric_shapes(np.array([cut_at], dtype=object), network.crs)[0])
    return np.asarray((degree == 1) & shapely.dwithin(shapely.points(network.xy_m), border, _CUT_M))


def _minimum_cut(tail: Ints, head: Ints, capacity: Ints) -> Ints:
    """Give the edges of the minimum cut between node 0 and node 1 that is nearest to node 0; both ways are open."""
    n = int(max(tail.max(), head.max(), 1)) + 1
    apart = tail != head
    ends = np.concatenate([tail[apart], head[apart]]), np.concatenate([head[apart], tail[apart]])
    room = csr_array((np.tile(capacity[apart], 2).astype(np.int32), ends), shape=(n, n))
    left = csr_array(room - maximum_flow(room, 0, 1).flow)
    left.eliminate_zeros()
    reached = np.zeros(n, dtype=bool)
    reached[breadth_first_order(left, 0, return_predecessors=False)] = True
    return np.flatnonzero(reached[tail] != reached[head])


def _posts(network: RoadNetwork, posts: Mapping[str, int]) -> Ints:
    for name, count in posts.items():
        if not (isinstance(count, int | np.integer) and 1 <= count <= _MOST_POSTS):
            raise InputError(
                t("A checkpoint on {name} takes {n} posts.", "{name} 上的卡点需要 {n} 个岗位。", name=name, n=count),
                remedy=t("Give a whole number from 1 to {most}.", "请给出 1 至 {most} 的整数。", most=_MOST_POSTS),
            )
    return np.array([posts.get(name, 1) for name in network.road_class.tolist()], dtype=np.int64)


def _ground(network: RoadNetwork, area: BaseGeometry, belt_m: float) -> BaseGeometry:
    if not (np.isfinite(belt_m) and belt_m >= 0):
        raise InputError(
            t("The belt is {m} m wide.", "缓冲带宽度为 {m} 米。", m=belt_m),
            remedy=t("Give zero or more metres.", "请给出非负的米数。"),
        )
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty or not area.is_valid:
        raise InputError(
            t("The area is no sound polygon.", "区域不是有效的面。"),
            remedy=t("Give one polygon, or several that don't overlap.", "请给出一个面，或互不重叠的多个面。"),
        )
    ground: BaseGeometry = metric_shapes(np.array([area], dtype=object), network.crs)[0]
    shapely.prepare(ground)
    return ground

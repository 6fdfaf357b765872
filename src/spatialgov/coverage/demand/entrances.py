"""Compounds, and where one gets into them."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatialgov.coverage.demand.stretches import Axis, cuts_of, times_in
from spatialgov.coverage.sight.isovists import polygonal
from spatialgov.coverage.sight.shapes import point_shapes
from spatialgov.topology import dissolve

__all__ = ["CLOSED_KINDS", "STREETS", "compounds_of", "entrances_of"]

STREETS = ("trunk", "primary", "secondary", "tertiary", "residential")
"""Classes of road, the greatest first, that end a compound; alleys, service roads and tracks lie inside."""

CLOSED_KINDS = ("residential", "campus", "market", "public", "industrial", "commercial")
"""Kinds of unit that have a perimeter with entrances; villages, old lanes, fields and parks are open."""

_ALONG_M = 1.0
"""A road this near to a border runs along it."""
_INSIDE_M = 0.5
"""A road has crossed a perimeter when it gets this far inside."""
_ONE_GATE_M = 8.0
"""Crossings nearer to each other than this are one entrance: two carriageways, a path beside a drive."""
_LEAST_BORDER_M = 0.5

Shapes = npt.NDArray[np.object_]


def compounds_of(units: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join neighbouring units of one kind where no street runs between them.

    Parameters
    ----------
    units
        ``unit_id``, ``kind``, polygons, metric plane.
    roads
        ``road_class``, lines, the same plane.

    Returns
    -------
    GeoDataFrame
        ``compound_id`` (its first unit's), ``kind``, ``units`` (how many), polygons; only of `CLOSED_KINDS`.
    """
    closed = units[units["kind"].isin(CLOSED_KINDS)].reset_index(drop=True)
    shapes = polygonal(closed.geometry.to_numpy())
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    kind = closed["kind"].to_numpy()
    pair = (one < two) & (kind[one] == kind[two])
    one, two = one[pair], two[pair]
    rings = shapely.boundary(shapes)
    border = shapely.intersection(rings[one], rings[two])
    border_m = shapely.length(border)
    streets = roads.geometry.to_numpy()[roads["road_class"].isin(STREETS).to_numpy()]
    axis = Axis.of(border)
    beside = axis.within(shapely.buffer(streets, _ALONG_M, quad_segs=2))
    cuts = cuts_of(axis, beside)
    piece_m = np.diff(cuts) * (times_in(beside, cuts) > 0)
    along_m = np.bincount(axis.line_at((cuts[:-1] + cuts[1:]) / 2), piece_m, len(border))
    joined = (border_m > _LEAST_BORDER_M) & (along_m < 0.5 * border_m)
    n, label = _groups(len(closed), one[joined], two[joined])
    first = pd.Series(np.arange(len(closed))).groupby(label).first().to_numpy()
    table = {
        "compound_id": closed["unit_id"].to_numpy()[first],
        "kind": kind[first],
        "units": np.bincount(label, minlength=n),
    }
    return gpd.GeoDataFrame(table, geometry=dissolve(shapes, label.astype(np.int32), n), crs=units.crs)


def entrances_of(perimeters: Shapes, roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give where roads cross perimeters.

    A road that runs along a perimeter does not cross it. Where no road crosses, one entrance is assumed: where the
    perimeter is nearest to its middle on the greatest street that runs along it, else where it is nearest to a road.

    Parameters
    ----------
    perimeters
        (n,) polygons, metric plane.
    roads
        ``road_class``, lines, the same plane.

    Returns
    -------
    DataFrame
        ``perimeter`` (position), ``x_m``, ``y_m``, ``assumed`` (bool); by perimeter. None for a perimeter when there
        are no roads at all.
    """
    lines = roads.geometry.to_numpy()
    if not len(perimeters) or not len(lines):
        return pd.DataFrame(
            {"perimeter": np.empty(0, np.int64), "x_m": np.empty(0), "y_m": np.empty(0), "assumed": np.empty(0, bool)}
        )
    crossed, x_m, y_m = _crossings(perimeters, lines)
    shut = np.setdiff1d(np.arange(len(perimeters)), crossed)
    gates = _likely_gates(perimeters[shut], lines, roads["road_class"].to_numpy())
    return (
        pd.DataFrame(
            {
                "perimeter": np.concatenate([crossed, shut]),
                "x_m": np.concatenate([x_m, gates[:, 0]]),
                "y_m": np.concatenate([y_m, gates[:, 1]]),
                "assumed": np.repeat([False, True], [len(crossed), len(shut)]),
            }
        )
        .sort_values(["perimeter", "x_m", "y_m"], kind="stable")
        .reset_index(drop=True)
    )


def _crossings(
    perimeters: Shapes, lines: Shapes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Where lines get inside: perimeter, x and y, one for all that are near to each other."""
    inner = shapely.buffer(perimeters, -_INSIDE_M, join_style="mitre")
    at, line = shapely.STRtree(lines).query(inner, predicate="intersects")
    pieces, pair = shapely.get_parts(shapely.intersection(lines[line], inner[at]), return_index=True)
    long = (shapely.get_type_id(pieces) == 1) & ~shapely.is_empty(pieces)
    pieces, of = pieces[long], at[pair[long]]
    ends = np.concatenate([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)])
    of = np.tile(of, 2)
    on_ring = shapely.distance(ends, shapely.boundary(inner)[of]) < 1e-6
    ends, of = ends[on_ring], of[on_ring]
    gates = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(shapely.boundary(perimeters)[of], ends), 0))
    where = point_shapes(gates)
    one, two = shapely.STRtree(where).query(where, predicate="dwithin", distance=_ONE_GATE_M)
    same = of[one] == of[two]
    n, label = _groups(len(gates), one[same], two[same])
    first = np.full(n, len(gates))
    np.minimum.at(first, label, np.arange(len(gates)))
    return of[first], gates[first, 0], gates[first, 1]


def _likely_gates(perimeters: Shapes, lines: Shapes, road_class: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Give for each perimeter where its gate most likely is: (n, 2) metres."""
    rank = np.array([STREETS.index(c) if c in STREETS else len(STREETS) for c in road_class])
    ring = shapely.boundary(perimeters)
    tree = shapely.STRtree(lines)
    at, line = tree.query(ring, predicate="dwithin", distance=_ALONG_M)
    best = np.full(len(perimeters), -1)
    shared_m = shapely.length(shapely.intersection(lines[line], shapely.buffer(ring, _ALONG_M, quad_segs=1)[at]))
    order = np.lexsort((-shared_m, rank[line], at))
    at, line = at[order], line[order]
    has, first = np.unique(at, return_index=True)
    best[has] = line[first]
    lone = np.flatnonzero(best < 0)
    if len(lone):
        near, found = tree.query_nearest(ring[lone], all_matches=False)
        best[lone[near]] = found
    # The street's part along the perimeter; where none is, its nearest place.
    beside = shapely.intersection(lines[best], shapely.buffer(ring, 2 * _ALONG_M, quad_segs=1))
    street = np.where(shapely.is_empty(beside), lines[best], beside)
    from_middle = shapely.shortest_line(shapely.point_on_surface(perimeters), street)
    from_middle = np.where(shapely.is_empty(beside), shapely.shortest_line(perimeters, street), from_middle)
    on_street = shapely.get_point(from_middle, -1)
    return shapely.get_coordinates(shapely.get_point(shapely.shortest_line(ring, on_street), 0))


def _groups(n: int, one: npt.NDArray[np.int64], two: npt.NDArray[np.int64]) -> tuple[int, npt.NDArray[np.int64]]:
    found, label = connected_components(coo_array((np.ones(len(one)), (one, two)), shape=(n, n)), directed=False)
    return found, label.astype(np.int64)

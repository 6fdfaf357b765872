"""What cameras should see, each kind apart: public ground, roads, key places, where people live, incidents.

Whatever lies in a `no_view` zone is none of it; the other kinds of zone restrict where cameras stand, not what counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.coverage.demand.entrances import compounds_of, entrances_of
from spatialgov.coverage.demand.points import incident_points, place_points, population_points
from spatialgov.coverage.demand.stretches import Axis, cuts_of, times_in
from spatialgov.coverage.demand.study_areas import StudyAreas
from spatialgov.coverage.sight.isovists import Obstacles, polygonal
from spatialgov.coverage.sight.shapes import point_shapes
from spatialgov.coverage.zones import zone_shapes
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.projection import metric_crs
from spatialgov.time_limit import check_time

__all__ = ["DEMAND_KINDS", "Demands", "RoadDemand", "demands"]

DEMAND_KINDS: Mapping[str, str] = {
    "ground": "m2",
    "road": "m",
    "place": "places",
    "population": "people",
    "incident": "incidents",
}
"""Kind of demand → what it is counted in."""

ON_BORDER_M = 0.01
"""A road or a point this near to several areas belongs to the first of them."""

_CLEAR_M = 0.1
"""A place nearer to a wall than this is moved away from it: what is exactly on a wall is neither seen nor unseen."""

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RoadDemand:
    """Roads on one axis, cut so that between two cuts all is of one area or none of it counts.

    Attributes
    ----------
    table
        A row a road: ``road_id``, ``name``, ``road_class``.
    lines
        (roads,) LineStrings or MultiLineStrings.
    axis
        The roads end to end.
    cuts
        (c,) float64, metres on the axis.
    area
        (c - 1,) int64: the area of each piece, -1 for what should not be seen: outside, in a house, in a zone.
    """

    table: pd.DataFrame
    lines: Shapes
    axis: Axis
    cuts: Floats
    area: Ints


@dataclass(frozen=True, eq=False)
class Demands:
    """What should be seen.

    Attributes
    ----------
    crs
        The metric plane of everything here.
    areas
        What it is measured by.
    outline
        (areas,) polygons: each area less the `no_view` zones.
    ground
        (areas,) polygons: the same less buildings.
    roads
        Length of road.
    points
        A row a place where something should be seen: ``kind`` (place, population, incident), ``class`` (kind of place,
        kind of unit, category), ``item`` (place or unit), ``hour`` (0 to 23 on the clock, -1 where not known or of no
        meaning), ``amount`` (the entrances of a key place share 1; people; incidents), ``area``, ``x_m``, ``y_m``.
        What lies in a house is looked for before its front.
    compounds
        Those whose middle lies in an area: ``compound_id``, ``kind``, ``units``, ``area``, polygons; see
        `compounds_of`.
    gates
        Their entrances: ``perimeter`` (row of `compounds`), ``x_m``, ``y_m``, ``assumed``; see `entrances_of`.
    left_out
        What lies outside all areas or in a `no_view` zone: kind → number of points.
    """

    crs: pyproj.CRS
    areas: StudyAreas
    outline: Shapes
    ground: Shapes
    roads: RoadDemand
    points: pd.DataFrame
    compounds: gpd.GeoDataFrame
    gates: pd.DataFrame
    left_out: Mapping[str, int]

    @cached_property
    def point_tree(self) -> shapely.STRtree:
        """The points in a tree."""
        return shapely.STRtree(point_shapes(self.points[["x_m", "y_m"]].to_numpy()))

    def unit_weights(self, weights: Mapping[str, float] | None = None) -> dict[str, float]:
        """Give what one unit of each kind weighs: a m² of ground, a m of road, a place, an inhabitant, an incident.

        All that should be seen weighs 1,000 together.

        Parameters
        ----------
        weights
            Kind (`DEMAND_KINDS`) → its part among the others, 0 and more; all alike when not given. What there is
            nothing of takes no part.

        Raises
        ------
        InputError
            When a kind is unknown, or a part is no number of 0 or more.
        """
        parts = dict.fromkeys(DEMAND_KINDS, 1.0) if weights is None else dict(weights)
        for kind, part in parts.items():
            if kind not in DEMAND_KINDS or not (np.isfinite(part) and part >= 0):
                raise InputError(
                    t("Weight {kind} = {part} can't be used.", "权重 {kind} = {part} 无效。", kind=kind, part=part),
                    remedy=t(
                        "Give a number of 0 or more for some of: {names}.",
                        "请为下列类型给出不小于 0 的数：{names}。",
                        names=", ".join(DEMAND_KINDS),
                    ),
                )
        amounts = {
            "ground": float(shapely.area(self.ground).sum()),
            "road": float(np.diff(self.roads.cuts)[self.roads.area >= 0].sum()),
            **self.points.groupby("kind")["amount"].sum().to_dict(),
        }
        there = {kind: part for kind, part in parts.items() if amounts.get(kind, 0.0) > 0}
        total = sum(there.values())
        return {kind: 1000.0 * there[kind] / total / amounts[kind] if there.get(kind) else 0.0 for kind in DEMAND_KINDS}


def demands(
    areas: StudyAreas,
    *,
    buildings: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    zones: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    units: gpd.GeoDataFrame | None = None,
    incidents: gpd.GeoDataFrame | None = None,
    timezone: str = "UTC",
    crs: pyproj.CRS | None = None,
) -> Demands:
    """Find what should be seen.

    Parameters
    ----------
    areas
        What it is measured by.
    buildings
        Footprints; ``kind`` and ``storeys`` say where people live.
    roads
        ``road_id``, ``name``, ``road_class``, lines.
    zones
        ``kind``, polygons.
    places
        ``place_id``, ``kind``, points.
    units
        ``unit_id``, ``kind``, ``population``, polygons.
    incidents
        ``category``, ``occurred_at`` (aware; also ``occurred_until``, where the time is known roughly), points.
    timezone
        Whose clock the hours of incidents are told by.
    crs
        The metric plane, that of the `Sight` they are to be seen with; the one of the areas when not given.

    Raises
    ------
    InputError
        When a row of the areas is no polygon, or the time zone is unknown.
    """
    if crs is None:
        west, south, east, north = (float(v) for v in areas.frame.total_bounds)
        crs = metric_crs((west + east) / 2, (south + north) / 2)
    shapes = _area_shapes(areas, crs)
    houses = _table(buildings, crs, {"kind": "", "storeys": np.nan})
    solids = Obstacles.build(houses.geometry)
    unseen = zone_shapes(zones, "no_view", crs)[0]
    outline = _less(shapes, unseen)
    ways = _table(roads, crs, {"road_id": "", "name": "", "road_class": ""})
    ways = ways[np.isin(shapely.get_type_id(ways.geometry.to_numpy()), (1, 5))].reset_index(drop=True)
    blocks = _table(units, crs, {"unit_id": "", "kind": "", "population": 0})
    compounds = compounds_of(blocks, ways)
    gates = entrances_of(compounds.geometry.to_numpy(), ways)
    gates["x_m"], gates["y_m"] = outdoors(gates["x_m"].to_numpy(), gates["y_m"].to_numpy(), solids)
    tree = shapely.STRtree(shapes)
    points, left_out = _counted(
        [
            place_points(_table(places, crs, {"place_id": "", "kind": ""}), compounds, gates, houses, ways),
            population_points(blocks, houses, ways),
            incident_points(_table(incidents, crs, {"category": "", "occurred_at": pd.NaT}), timezone),
        ],
        tree,
        solids,
        _deep_in(unseen),
    )
    compounds, gates = _inside(compounds, gates, tree)
    return Demands(
        crs,
        areas,
        outline,
        _less(outline, solids.solids),
        _road_demand(ways, tree, solids.solids, unseen),
        points,
        compounds,
        gates,
        left_out,
    )


def area_of(tree: shapely.STRtree, points: Shapes) -> Ints:
    """Give the first of the areas that each point lies in or on the border of, -1 for none."""
    area = np.full(len(points), len(tree.geometries), dtype=np.int64)
    point, found = tree.query(points, predicate="dwithin", distance=ON_BORDER_M)
    np.minimum.at(area, point, found)
    return np.where(area == len(tree.geometries), -1, area)


def _inside(
    compounds: gpd.GeoDataFrame, gates: pd.DataFrame, tree: shapely.STRtree
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Give the compounds that lie in an area, and their entrances."""
    area = area_of(tree, shapely.point_on_surface(compounds.geometry.to_numpy()))
    kept = np.flatnonzero(area >= 0)
    place = np.full(len(compounds), -1)
    place[kept] = np.arange(len(kept))
    perimeter = place[gates["perimeter"].to_numpy(dtype=np.int64)]
    own = gates.assign(perimeter=perimeter)[perimeter >= 0].reset_index(drop=True)
    return compounds.iloc[kept].assign(area=area[kept]).reset_index(drop=True), own


def _area_shapes(areas: StudyAreas, crs: pyproj.CRS) -> Shapes:
    given = areas.frame.geometry.to_crs(crs).to_numpy()
    wrong = ~np.isin(shapely.get_type_id(given), (3, 6))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            t(
                "Area {code} (row {row}) is no polygon.",
                "第 {row} 行的区域 {code} 不是面。",
                code=areas.frame["code"].iloc[row],
                row=row + 1,
            ),
            remedy=t("Give the ground of each area.", "请给出每个区域的范围。"),
        )
    return polygonal(given)


def _table(frame: gpd.GeoDataFrame | None, crs: pyproj.CRS, columns: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """The rows of a frame that are somewhere, in the metric plane, with every column that is asked for."""
    if frame is None:
        empty = {name: np.empty(0, dtype=object) for name in columns}
        return gpd.GeoDataFrame(empty, geometry=np.empty(0, dtype=object), crs=crs)
    there = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(crs).reset_index(drop=True)
    return there.assign(**{name: value for name, value in columns.items() if name not in there})


def _deep_in(zones: Shapes) -> Shapes:
    """Give zones without their borders: the street along a zone is none of it."""
    return np.asarray(shapely.buffer(zones, -ON_BORDER_M, join_style="mitre"), dtype=object)


def _less(areas: Shapes, taken: Shapes) -> Shapes:
    """Each area without shapes."""
    area, shape = shapely.STRtree(taken).query(areas, predicate="intersects")
    order = np.argsort(area, kind="stable")
    groups = np.split(shape[order], np.searchsorted(area[order], np.arange(1, len(areas))))
    left = areas.copy()
    for i, group in enumerate(groups):
        check_time()
        if len(group):
            # Not coverage_union, which is silently wrong where shapes overlap.
            left[i] = shapely.difference(areas[i], shapely.disjoint_subset_union_all(taken[group]))
    return polygonal(left)


def _road_demand(roads: gpd.GeoDataFrame, tree: shapely.STRtree, solids: Shapes, unseen: Shapes) -> RoadDemand:
    axis = Axis.of(roads.geometry.to_numpy())
    built = axis.within(solids)
    cuts = cuts_of(axis, built, axis.within(tree.geometries), axis.within(unseen))
    middle = point_shapes(axis.points_at((cuts[:-1] + cuts[1:]) / 2))
    area = area_of(tree, middle)
    area[times_in(built, cuts) > 0] = -1
    area[shapely.STRtree(middle).query(_deep_in(unseen), predicate="intersects")[1]] = -1
    table = pd.DataFrame(roads[["road_id", "name", "road_class"]])
    return RoadDemand(table, roads.geometry.to_numpy(), axis, cuts, area)


def _counted(
    kinds: list[pd.DataFrame], tree: shapely.STRtree, solids: Obstacles, unseen: Shapes
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The points that count, with their areas, those in houses moved before the front; and how many don't, by kind."""
    points = pd.concat(kinds, ignore_index=True)
    where = point_shapes(points[["x_m", "y_m"]].to_numpy(dtype=np.float64))
    area = area_of(tree, where)
    area[shapely.STRtree(where).query(unseen, predicate="intersects")[1]] = -1
    points["x_m"], points["y_m"] = outdoors(points["x_m"].to_numpy(), points["y_m"].to_numpy(), solids)
    points["area"] = area
    left_out = points["kind"][area < 0].value_counts()
    counted = points[area >= 0].reset_index(drop=True)
    return counted, {str(kind): int(n) for kind, n in left_out.items()}


def outdoors(x_m: Floats, y_m: Floats, solids: Obstacles) -> tuple[Floats, Floats]:
    """Move the places inside houses and on their walls a little before the nearest wall."""
    points = np.column_stack([x_m, y_m])
    where = point_shapes(points)
    near = np.unique(solids.tree.query(where, predicate="dwithin", distance=_CLEAR_M)[0])
    if not len(near):
        return x_m, y_m
    _, solid = solids.tree.query_nearest(where[near], all_matches=False)
    path = shapely.shortest_line(where[near], shapely.boundary(solids.solids[solid]))
    wall = shapely.get_coordinates(shapely.get_point(path, -1))
    # Outwards is the mean of the directions in which there is no house, whatever corner this is.
    turn = np.arange(8) * np.pi / 4
    ways = np.column_stack([np.cos(turn), np.sin(turn)])
    around = (wall[:, None] + 2 * _CLEAR_M * ways).reshape(-1, 2)
    free = (solids.solid_at(around[:, 0], around[:, 1]) < 0).reshape(-1, 8)
    out = free @ ways
    length = np.hypot(*out.T)[:, None]
    points[near] = wall + np.divide(2 * _CLEAR_M * out, length, out=np.zeros_like(out), where=length > _CLEAR_M)
    return points[:, 0], points[:, 1]

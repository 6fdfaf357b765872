"""Gaps gathered into sites that a crew can visit."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.demands import Demands
from spatialgov.coverage.sight.shapes import point_shapes
from spatialgov.projection import WGS84

__all__ = ["REACH_M", "visit_sites"]

REACH_M = 75.0
"""From a site a crew looks at all gaps that come this near."""

_SUMS = ("weight", "size_m2", "size_m", "places", "people", "incidents")

Ints = npt.NDArray[np.int64]


def visit_sites(gaps: gpd.GeoDataFrame, demands: Demands, *, reach_m: float = REACH_M) -> gpd.GeoDataFrame:
    """Gather gaps into places on roads, the weightiest first.

    The weightiest gap that is left gives the next site: the place on a road that is nearest to its middle; and takes
    all that is left within reach of this place with it. Slivers are not visited.

    Parameters
    ----------
    gaps
        From `spatialgov.coverage.gaps`, or any of its rows.
    demands
        Whose roads are travelled on. Without roads a site is in the middle of its first gap.
    reach_m
        How near a gap must come to the site, metres.

    Returns
    -------
    GeoDataFrame
        EPSG:4326, points: ``site_id`` (``S0001`` is the weightiest), ``gaps`` (how many), ``gap_ids``, ``codes`` of
        the areas, ``reasons`` (the weightiest first) and ``camera_ids`` to look after, each a text with commas;
        ``road_id`` and ``road_name`` where the site is, "" without roads; ``weight``, ``size_m2``, ``size_m``,
        ``places``, ``people``, ``incidents`` of the gaps together.
    """
    found = gaps[~gaps["sliver"]].sort_values("weight", ascending=False, kind="stable").reset_index(drop=True)
    shapes = found.geometry.to_crs(demands.crs).to_numpy()
    place, road = _on_roads(shapes, demands)
    site = _gathered(shapes, point_shapes(place), reach_m)
    first = np.unique(site, return_index=True)[1]
    by_site = found.drop(columns="geometry").groupby(site)
    names = demands.roads.table
    on_road = road[first] >= 0
    table = (
        by_site[list(_SUMS)]
        .sum()
        .assign(
            gaps=by_site.size(),
            gap_ids=by_site["gap_id"].agg(", ".join),
            codes=by_site["code"].agg(_listed),
            reasons=by_site["reason"].agg(_listed),
            camera_ids=by_site["camera_id"].agg(_listed),
            **{
                column: np.where(on_road, names[source].to_numpy(dtype=object)[road[first]], "") if len(names) else ""
                for column, source in (("road_id", "road_id"), ("road_name", "name"))
            },
        )
    )
    sites = gpd.GeoDataFrame(table, geometry=point_shapes(place[first]), crs=demands.crs)
    sites = sites.sort_values("weight", ascending=False, kind="stable").reset_index(drop=True)
    sites["site_id"] = [f"S{k:04d}" for k in range(1, len(sites) + 1)]
    order = ["site_id", "gaps", "gap_ids", "codes", "reasons", "camera_ids", "road_id", "road_name", *_SUMS, "geometry"]
    return sites[order].to_crs(WGS84)


def _on_roads(shapes: npt.NDArray[np.object_], demands: Demands) -> tuple[npt.NDArray[np.float64], Ints]:
    """Give for each gap the place on a road that is nearest to its middle, and the road, -1 for none."""
    middle = shapely.point_on_surface(shapes)
    place, road = shapely.get_coordinates(middle), np.full(len(shapes), -1)
    axis = demands.roads.axis
    if len(axis.line) and len(shapes):
        edges = axis.tree.geometries
        gap, edge = axis.tree.query_nearest(middle, all_matches=False)
        place[gap] = shapely.get_coordinates(shapely.get_point(shapely.shortest_line(edges[edge], middle[gap]), 0))
        road[gap] = axis.line[edge]
    return place, road


def _gathered(shapes: npt.NDArray[np.object_], places: npt.NDArray[np.object_], reach_m: float) -> Ints:
    """Number the sites: gaps are taken in their order, each with all that are left within reach of its place."""
    origin, near = shapely.STRtree(shapes).query(places, predicate="dwithin", distance=reach_m)
    order = np.argsort(origin, kind="stable")
    origin, near = origin[order], near[order]
    ends = np.searchsorted(origin, np.arange(len(shapes) + 1))
    site = np.full(len(shapes), -1)
    number = 0
    for gap in range(len(shapes)):
        if site[gap] >= 0:
            continue
        own = near[ends[gap] : ends[gap + 1]]
        site[own[site[own] < 0]] = number
        site[gap] = number  # its own place may be farther from it than the reach
        number += 1
    return site


def _listed(values: pd.Series) -> str:
    """Give different values in their order."""
    return ", ".join(dict.fromkeys(value for value in values if value))

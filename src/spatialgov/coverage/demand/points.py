"""Key places, people and incidents as points where something should be seen."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.entrances import entrances_of
from spatialgov.incidents.moments import HOUR_US, offsets_us
from spatialgov.incidents.times import zone_named

__all__ = ["incident_points", "place_points", "population_points"]

_OWN_GROUND = ("campus", "market", "public", "industrial", "commercial")
"""Kinds of compound that are the place that lies in them; in a residential one a place is only its building."""
_LIVED_IN = ("house", "residential", "dormitory", "apartments", "detached", "terrace")
_NEAR_M = 5.0
"""A place this near to a building is in it."""

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


def place_points(
    places: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    gates: pd.DataFrame,
    buildings: gpd.GeoDataFrame,
    roads: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Give the entrances of key places, which share 1: of their compound, else of their building, else the place."""
    where = shapely.centroid(places.geometry.to_numpy())
    own = compounds["kind"].isin(_OWN_GROUND).to_numpy()
    compound = _first_of(shapely.STRtree(compounds.geometry.to_numpy()), where, 0.0)
    compound = np.where((compound >= 0) & own[compound] if len(own) else False, compound, -1)
    building = _first_of(shapely.STRtree(buildings.geometry.to_numpy()), where, _NEAR_M)
    building = np.where(compound >= 0, -1, building)
    built = np.flatnonzero(building >= 0)
    doors = entrances_of(buildings.geometry.to_numpy()[building[built]], roads)
    ways_in = pd.concat(
        [
            pd.DataFrame({"place": np.arange(len(places)), "perimeter": compound}).merge(gates, on="perimeter"),
            doors.assign(place=built[doors["perimeter"].to_numpy()]),
        ]
    )
    bare = np.setdiff1d(np.arange(len(places)), ways_in["place"])
    lone = pd.DataFrame({"place": bare, "x_m": shapely.get_x(where[bare]), "y_m": shapely.get_y(where[bare])})
    found = pd.concat([ways_in[["place", "x_m", "y_m"]], lone]).sort_values(["place", "x_m", "y_m"], kind="stable")
    row = found["place"].to_numpy(dtype=np.int64)
    share = 1.0 / np.bincount(row, minlength=len(places))[row]
    return _points("place", places["kind"].to_numpy()[row], places["place_id"].to_numpy()[row], share, found)


def population_points(units: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the people of each unit at the fronts of its houses, by floor area; without houses, in its middle."""
    people = units["population"].to_numpy(dtype=np.float64, na_value=0.0)
    settled = units[people > 0].reset_index(drop=True)
    people = people[people > 0]
    shapes = buildings.geometry.to_numpy()
    unit = _first_of(shapely.STRtree(settled.geometry.to_numpy()), shapely.point_on_surface(shapes), 0.0)
    lived_in = buildings["kind"].isin(_LIVED_IN).to_numpy()
    homes_there = np.zeros(len(settled), dtype=bool)
    homes_there[unit[lived_in & (unit >= 0)]] = True
    counts = (unit >= 0) & (lived_in | ~homes_there[unit] if len(settled) else False)
    home, of = np.flatnonzero(counts), unit[counts]
    storeys = np.nan_to_num(buildings["storeys"].to_numpy(dtype=np.float64, na_value=np.nan)[home], nan=1.0)
    floor_m2 = np.maximum(shapely.area(shapes[home]) * np.maximum(storeys, 1.0), 1e-9)
    share = floor_m2 / np.bincount(of, floor_m2, minlength=len(settled))[of]
    fronts = _fronts(shapes[home], roads.geometry.to_numpy())
    empty = np.setdiff1d(np.arange(len(settled)), of)
    middles = shapely.get_coordinates(shapely.point_on_surface(settled.geometry.to_numpy()[empty]))
    row = np.concatenate([of, empty])
    amount = np.concatenate([people[of] * share, people[empty]])
    xy = np.vstack([fronts, middles])
    found = pd.DataFrame({"x_m": xy[:, 0], "y_m": xy[:, 1]})
    return _points("population", settled["kind"].to_numpy()[row], settled["unit_id"].to_numpy()[row], amount, found)


def incident_points(incidents: gpd.GeoDataFrame, timezone: str) -> pd.DataFrame:
    """Give incidents, with the hour on the clock where it is known."""
    zone = zone_named(timezone)
    begin = pd.DatetimeIndex(pd.to_datetime(incidents["occurred_at"], utc=True))
    hour = np.full(len(incidents), -1, dtype=np.int64)
    known = ~np.asarray(begin.isna())
    if "occurred_until" in incidents:
        until = pd.DatetimeIndex(pd.to_datetime(incidents["occurred_until"], utc=True))
        known &= ~np.asarray(until - begin > pd.Timedelta(hours=1))
    utc_us = np.asarray(begin[known].as_unit("us").asi8, dtype=np.int64)
    hour[known] = (utc_us + offsets_us(utc_us, zone)) // HOUR_US % 24
    xy = shapely.get_coordinates(shapely.centroid(incidents.geometry.to_numpy()))
    found = pd.DataFrame({"x_m": xy[:, 0], "y_m": xy[:, 1]})
    points = _points("incident", incidents["category"].to_numpy(), "", np.ones(len(incidents)), found)
    return points.assign(hour=hour)


def _points(kind: str, classes: object, item: object, amount: Floats, where: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": kind,
            "class": classes,
            "item": item,
            "hour": np.int64(-1),
            "amount": amount,
            "x_m": where["x_m"].to_numpy(dtype=np.float64),
            "y_m": where["y_m"].to_numpy(dtype=np.float64),
        }
    )


def _first_of(tree: shapely.STRtree, points: Shapes, reach_m: float) -> npt.NDArray[np.int64]:
    """The nearest of the shapes within reach of each point, the first of several; -1 for none."""
    found = np.full(len(points), -1, dtype=np.int64)
    if len(tree.geometries):
        point, shape = tree.query_nearest(points, max_distance=max(reach_m, 1e-6))
        found[point[::-1]] = shape[::-1]
    return found


def _fronts(houses: Shapes, roads: Shapes) -> Floats:
    """The place of each house that is nearest to a road; without roads its middle."""
    if not len(roads) or not len(houses):
        return shapely.get_coordinates(shapely.point_on_surface(houses))
    house, road = shapely.STRtree(roads).query_nearest(houses, all_matches=False)
    path = shapely.shortest_line(houses[house], roads[road])
    fronts: Floats = shapely.get_coordinates(shapely.get_point(path, 0))
    return fronts

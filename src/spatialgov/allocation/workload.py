"""Workload: what the staff of a grid must carry, minutes a day, by weights that are stated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.allocation.profiles import URBAN, WorkloadProfile
from spatialgov.columns import require_columns
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.topology import metric_shapes
from spatialgov.units import Units

if TYPE_CHECKING:
    from spatialgov.plan import Plan

__all__ = ["FORMULA_VERSION", "PARTS", "Workload", "points_in_units", "workload"]

FORMULA_VERSION = "2"
"""Of the sum in `workload`; cited with the profile wherever a workload is shown."""

PARTS = ("households", "population", "floating_population", "incidents", "travel", "places", "patrol", "area")
"""What workload comes from."""

DAYS_A_MONTH = 365.25 / 12
_PIECE_M, _REACH_M = 20.0, 15.0
"""Roads are counted in pieces of this length; each goes in equal shares to the units within reach of its middle."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Workload:
    """The workload of units.

    Attributes
    ----------
    parts
        Minutes a day by what they come from (`PARTS`), a row a unit, indexed by ``unit_id``.
    profile
        The weights.
    months
        That the incidents were counted over; None without incidents.
    network
        Whether the trips were taken from a road network, not assumed.
    """

    parts: pd.DataFrame
    profile: WorkloadProfile
    months: float | None
    network: bool

    @property
    def minutes(self) -> Floats:
        """Minutes a day of each unit, shape (n,)."""
        total: Floats = self.parts.to_numpy(np.float64).sum(axis=1)
        return total

    def by_grid(self, plan: "Plan") -> pd.DataFrame:
        """Sum up by the grids of a plan of the same units: `PARTS` and ``workload``, indexed by code, minutes a day."""
        held = plan.labels >= 0
        sums = {
            name: np.bincount(plan.labels[held], self.parts[name].to_numpy()[held], len(plan.table)) for name in PARTS
        }
        table = pd.DataFrame(sums, index=pd.Index(plan.codes, name="code"))
        return table.assign(workload=table.sum(axis=1))

    def basis(self) -> dict[str, Any]:
        """Say what the figures stand on, for a report's JSON: profile, formula's version, months, source of trips."""
        return {
            "profile": self.profile.as_dict(),
            "formula_version": FORMULA_VERSION,
            "months": self.months,
            "trips": "network" if self.network else "assumed",
        }


def workload(
    units: Units,
    profile: WorkloadProfile = URBAN,
    *,
    incidents: gpd.GeoDataFrame | None = None,
    months: float | None = None,
    places: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    trip_minutes: npt.ArrayLike | None = None,
) -> Workload:
    """Give the workload of every unit: the weighted sum of what is there and what happens there.

    Parameters
    ----------
    units
        With ``households``, ``population``, ``area_m2`` and, where it is known, ``floating_population``.
    profile
        The weights.
    incidents
        Points (EPSG:4326) with ``category``; each counts in the unit that it lies in.
    months
        How long they were collected; needed with incidents.
    places
        Points with ``kind``.
    roads
        Lines with ``road_class``. A road along a border is shared by the units beside it.
    trip_minutes
        Shape (n,): minutes there and back from the post to each unit over the road network
        (`spatialgov.allocation.network`); the profile's assumption when not given.

    Raises
    ------
    MissingColumnError
        When a layer lacks its column.
    InputError
        When the trips don't fit the units, or the months are missing or not above 0.
    """
    over = _checked_months(incidents, months)
    trips = _checked_trips(trip_minutes, len(units), profile)
    n, frame = len(units), units.frame
    floating = units.amounts("floating_population") if "floating_population" in frame else np.zeros(n)
    handling: Floats = np.zeros(n)
    travel: Floats = np.zeros(n)
    if incidents is not None and over is not None:
        require_columns(t("incidents", "事件"), ("category",), incidents.columns)
        unit, row = points_in_units(frame, incidents)
        category = incidents["category"].to_numpy(object)[row]
        handling += np.bincount(unit, profile.handling_minutes(category), n) / over
        travel += np.bincount(unit, profile.trips(category), n) / over * trips
    visits: Floats = np.zeros(n)
    if places is not None:
        require_columns(t("places", "场所"), ("kind",), places.columns)
        unit, row = points_in_units(frame, places)
        visits += np.bincount(unit, profile.place_minutes(places["kind"].to_numpy(object)[row]), n)
    a_month: Mapping[str, Floats] = {
        "households": frame["households"].to_numpy(np.float64) * profile.minutes_per_household,
        "population": frame["population"].to_numpy(np.float64) * profile.minutes_per_person,
        "floating_population": floating * profile.minutes_per_floating_person,
        "incidents": handling,
        "travel": travel,
        "places": visits,
        "patrol": np.zeros(n) if roads is None else _patrol(units, roads, profile),
        "area": frame["area_m2"].to_numpy(np.float64) / 1e6 * profile.minutes_per_km2,
    }
    parts = pd.DataFrame(a_month, index=pd.Index(frame["unit_id"], name="unit_id")) / DAYS_A_MONTH
    return Workload(parts, profile, over, trip_minutes is not None)


def _checked_months(incidents: gpd.GeoDataFrame | None, months: float | None) -> float | None:
    if incidents is None:
        return None
    if months is None or not 0 < months < np.inf:
        raise InputError(
            t("Incidents of {months} months say nothing.", "{months} 个月的事件无法折算。", months=months),
            remedy=t("Say how many months they were collected over.", "请给出事件的收集月数。"),
        )
    return float(months)


def _checked_trips(trip_minutes: npt.ArrayLike | None, n: int, profile: WorkloadProfile) -> Floats:
    if trip_minutes is None:
        return np.full(n, profile.trip_minutes)
    trips = np.asarray(trip_minutes, np.float64)
    if trips.shape != (n,) or not (np.isfinite(trips) & (trips >= 0)).all():
        raise InputError(
            t("Trips must be one number, zero or more, for each of {n} units.", "须为 {n} 个单元各给出非负行程。", n=n),
            remedy=t("Units that no road reaches need an assumption.", "道路不可达的单元请给出假设值。"),
        )
    return trips


def points_in_units(
    frame: gpd.GeoDataFrame, points: gpd.GeoDataFrame
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give ``(unit, row)`` of the points that lie in a unit; one on a border counts in the first."""
    row, unit = shapely.STRtree(frame.geometry.to_numpy()).query(points.geometry.to_numpy(), predicate="intersects")
    order = np.lexsort((unit, row))
    row, unit = row[order], unit[order]
    first = np.append(True, row[1:] != row[:-1]) if len(row) else np.zeros(0, bool)
    return unit[first].astype(np.int64), row[first].astype(np.int64)


def _patrol(units: Units, roads: gpd.GeoDataFrame, profile: WorkloadProfile) -> Floats:
    """Give the minutes a month of each unit for the roads in it and along it."""
    require_columns(t("roads", "道路"), ("road_class",), roads.columns)
    weight = np.array([profile.minutes_per_road_km.get(str(name), 0.0) for name in roads["road_class"]], np.float64)
    lines = metric_shapes(roads.geometry.to_numpy(), units.crs)
    lines, weight = lines[weight > 0], weight[weight > 0]
    corner, line = shapely.get_coordinates(shapely.segmentize(lines, _PIECE_M), return_index=True)
    same = line[1:] == line[:-1]
    start, end = corner[:-1][same], corner[1:][same]
    minutes = np.hypot(*(end - start).T) / 1000 * weight[line[:-1][same]]
    middles = shapely.points((start + end) / 2)
    tree = shapely.STRtree(metric_shapes(units.frame.geometry.to_numpy(), units.crs))
    piece, unit = tree.query(middles, predicate="dwithin", distance=_REACH_M)
    shares = np.bincount(piece, minlength=len(middles))
    return np.bincount(unit, minutes[piece] / shares[piece], len(units)).astype(np.float64)

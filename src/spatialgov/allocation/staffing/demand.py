"""The work of each grid as staffing needs it: how often incidents come, how long each takes, how far the way is."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.allocation.fitting import FEWEST, handling_times
from spatialgov.allocation.workload import DAYS_A_MONTH, Workload, points_in_units
from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.plan import Plan

__all__ = ["grid_demand", "handling_cv"]

Floats = npt.NDArray[np.float64]


def grid_demand(
    plan: Plan,
    found: Workload,
    incidents: gpd.GeoDataFrame | None,
    *,
    trip_minutes: npt.ArrayLike | None = None,
    cv: float = 1.0,
) -> pd.DataFrame:
    """Give what `spatialgov.allocation.staffing.staffing` takes, for the grids of a plan.

    Parameters
    ----------
    plan
        The grids.
    found
        The workload of its units, from the same incidents.
    incidents
        Points (EPSG:4326) with ``category``.
    trip_minutes
        Shape (n,): minutes there and back for each unit; the profile's assumption when not given.
    cv
        Coefficient of variation of the handling time of incidents of one category.

    Returns
    -------
    DataFrame
        A row a grid, in the order of `Plan.table`: ``code``, ``kind`` and `DEMAND`. A grid without incidents has the
        minutes of all others.

    Raises
    ------
    InputError
        When the coefficient of variation is no number of 0 or more.
    """
    if not 0 <= cv < np.inf:
        raise InputError(
            t("The coefficient of variation is {value}.", "变异系数为 {value}。", value=cv),
            remedy=t("Give a number, zero or more; 1 for exponential times.", "请给出非负数；指数分布时为 1。"),
        )
    profile, k = found.profile, len(plan.table)
    table = plan.table[["code", "kind"]].reset_index(drop=True)
    by_grid = found.by_grid(plan)
    other = by_grid["workload"] - by_grid["incidents"] - by_grid["travel"]
    trips = np.full(len(plan.units), profile.trip_minutes) if trip_minutes is None else np.asarray(trip_minutes)
    if incidents is None or found.months is None or len(incidents) == 0:
        return table.assign(
            incidents_a_day=0.0,
            service_min=0.0,
            service_cv=cv,
            way_min=profile.trip_minutes / 2,
            other_min_a_day=other.to_numpy(),
        )
    unit, row = points_in_units(plan.units.frame, incidents)
    inside = plan.labels[unit] >= 0
    unit, row = unit[inside], row[inside]
    grid = plan.labels[unit]
    category = incidents["category"].to_numpy(object)[row]
    handling, way = profile.handling_minutes(category), trips[unit] / 2.0
    took = handling + 2.0 * way * profile.trips(category)
    squared = took**2 + (cv * handling) ** 2
    count = np.bincount(grid, minlength=k)
    mean, mean_way = (_means(grid, values, count) for values in (took, way))
    variance = np.maximum(_means(grid, squared, count) - mean**2, 0.0)
    spread = np.divide(np.sqrt(variance), mean, np.zeros(k), where=mean > 0)
    return table.assign(
        incidents_a_day=count / (found.months * DAYS_A_MONTH),
        service_min=mean,
        service_cv=spread,
        way_min=mean_way,
        other_min_a_day=np.maximum(other.to_numpy(), 0.0),
    )


def _means(grid: npt.NDArray[np.int32], values: Floats, count: npt.NDArray[np.int64]) -> Floats:
    """Give the mean of each grid; that of all where it has none."""
    overall = float(values.mean()) if len(values) else 0.0
    sums = np.bincount(grid, values, len(count))
    means: Floats = np.divide(sums, count, np.full(len(count), overall), where=count > 0)
    return means


def handling_cv(incidents: pd.DataFrame) -> float | None:
    """Give the coefficient of variation of handling times within a category; None where too few were closed.

    Notes
    -----
    As of lognormal times whose spread is the median absolute deviation of their logarithms from their category's
    median, so that forgotten cases don't carry it away. The times are those from report to end, which vary no less
    than the work itself.
    """
    category, minutes = handling_times(incidents)
    if len(minutes) < FEWEST:
        return None
    logs = pd.Series(np.log(minutes))
    off = logs - logs.groupby(category).transform("median")
    sigma = 1.4826 * float(off.abs().median())
    return float(np.sqrt(np.expm1(min(sigma, 2.0) ** 2)))

"""The ways of a grid's staff: from the middle of the grid to each of its units and back, along the roads."""

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.allocation.network import RoadNetwork
from spatialgov.allocation.travel import WALKING, SpeedProfile, snap, travel_times
from spatialgov.plan import Plan

__all__ = ["trip_minutes"]

_AT_ONCE = 64
"""So many grids are looked at together, with their own units."""


def trip_minutes(
    plan: Plan, network: RoadNetwork, *, speeds: SpeedProfile = WALKING, otherwise: float
) -> npt.NDArray[np.float64]:
    """Give the minutes there and back from the middle of each unit's grid to the unit, along the roads.

    Parameters
    ----------
    plan
        Whose staff goes there.
    network
        The roads.
    speeds
        How fast.
    otherwise
        Minutes to units that have no grid, or that no road reaches from its middle.

    Returns
    -------
    ndarray
        float64, shape (n,), as `spatialgov.allocation.workload` takes them.
    """
    k = len(plan.table)
    minutes = np.full(len(plan.units), otherwise)
    to_units = shapely.point_on_surface(plan.units.frame.geometry.to_numpy())
    lon, lat = shapely.get_x(to_units), shapely.get_y(to_units)
    held = plan.labels >= 0
    part, area_m2 = plan.labels[held], plan.units.graph.area_m2[held]
    total = np.bincount(part, area_m2, k)
    posts = [np.bincount(part, area_m2 * axis[held], k) / total for axis in (lon, lat)]
    for first in range(0, k, _AT_ONCE):
        grids = np.arange(first, min(first + _AT_ONCE, k))
        rows = np.flatnonzero((plan.labels >= grids[0]) & (plan.labels <= grids[-1]))
        origins = snap(network, posts[0][grids], posts[1][grids])
        seconds = travel_times(network, origins, snap(network, lon[rows], lat[rows]), speeds)
        own = seconds[plan.labels[rows] - first, np.arange(len(rows))]
        minutes[rows] = np.where(np.isfinite(own), 2 * own / 60, otherwise)
    return minutes

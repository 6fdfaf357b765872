"""The workload of a plan's units by what is in the store."""

import math
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from spatialgov.allocation import (
    HandlingFit,
    Workload,
    WorkloadProfile,
    fit_profile,
    handling_times,
    trip_minutes,
    workload,
)
from spatialgov.allocation.network import road_network
from spatialgov.allocation.workload import DAYS_A_MONTH
from spatialgov.plan import Plan
from spatialgov.store import Store
from spatialgov.workspace.areas import Area

__all__ = ["StoredWorkload", "stored_workload"]


@dataclass(frozen=True, eq=False, slots=True)
class StoredWorkload:
    """A workload and what it was computed from.

    Attributes
    ----------
    workload
        Of the units.
    incidents
        Those in the store, of the area that was asked for.
    trip_minutes
        There and back, for each unit, along the stored roads; None without roads.
    fit
        Of the weights to the handling times; None where that was not asked for.
    """

    workload: Workload
    incidents: gpd.GeoDataFrame
    trip_minutes: npt.NDArray[np.float64] | None
    fit: HandlingFit | None

    def basis(self) -> dict[str, Any]:
        """Say what the figures stand on, for a report's JSON."""
        return self.workload.basis() | ({} if self.fit is None else {"fit": self.fit.as_dict()})


def stored_workload(
    store: Store, plan: Plan, profile: WorkloadProfile, *, fit: bool, area: Area | None = None
) -> StoredWorkload:
    """Compute the units' workload from what is stored, with the ways along the stored roads.

    Raises
    ------
    InputError
        When the weights are to be fitted and there are too few handling times.
    """
    incidents, roads = store.incidents(), store.layer("roads")
    months = None
    if len(incidents):
        days = (incidents["occurred_at"].max() - incidents["occurred_at"].min()).total_seconds() / 86_400
        months = max(math.ceil(days), 1) / DAYS_A_MONTH
    if area is not None:
        incidents = area.among(incidents)
    fitted = None
    if fit:
        fitted = fit_profile(profile, *handling_times(incidents), measured="elapsed")
        profile = fitted.profile
    trips = None if roads.empty else trip_minutes(plan, road_network(roads), otherwise=profile.trip_minutes)
    found = workload(
        plan.units,
        profile,
        incidents=incidents if len(incidents) else None,
        months=months,
        places=store.layer("places"),
        roads=None if roads.empty else roads,
        trip_minutes=trips,
    )
    return StoredWorkload(found, incidents, trips, fitted)

"""Allocation: the workload of grids, their review against limits, and what to change."""

from spatialgov.allocation.band import HOUSEHOLDS, Band, Limits, State, review, workload_limits
from spatialgov.allocation.profiles import (
    DEDICATED,
    RURAL,
    URBAN,
    WorkloadProfile,
    profile_named,
    profiles,
    read_profiles,
)
from spatialgov.allocation.recommendation import KINDS, Costs, Kind, Recommendation, taken, with_needs
from spatialgov.allocation.recommending import recommend
from spatialgov.allocation.workload import Workload, workload

__all__ = [
    "DEDICATED",
    "HOUSEHOLDS",
    "KINDS",
    "RURAL",
    "URBAN",
    "Band",
    "Costs",
    "Kind",
    "Limits",
    "Recommendation",
    "State",
    "Workload",
    "WorkloadProfile",
    "profile_named",
    "profiles",
    "read_profiles",
    "recommend",
    "review",
    "taken",
    "with_needs",
    "workload",
    "workload_limits",
]

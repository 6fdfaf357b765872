"""Allocation: the workload of grids, their review against limits, and what to change."""

from spatialgov.allocation.band import HOUSEHOLDS, Band, Limits, State, review, workload_limits
from spatialgov.allocation.fitting import HandlingFit, fit_profile, handling_times
from spatialgov.allocation.history import EditionGrids, Trend, review_over_time
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
from spatialgov.allocation.recommending import cures, recommend
from spatialgov.allocation.workload import Workload, workload

__all__ = [
    "DEDICATED",
    "HOUSEHOLDS",
    "KINDS",
    "RURAL",
    "URBAN",
    "Band",
    "Costs",
    "EditionGrids",
    "HandlingFit",
    "Kind",
    "Limits",
    "Recommendation",
    "State",
    "Trend",
    "Workload",
    "WorkloadProfile",
    "cures",
    "fit_profile",
    "handling_times",
    "profile_named",
    "profiles",
    "read_profiles",
    "recommend",
    "review",
    "review_over_time",
    "taken",
    "with_needs",
    "workload",
    "workload_limits",
]

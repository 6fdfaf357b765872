"""Allocation: the workload of grids, their review, what to change; service points and whom they serve."""

from spatialgov.allocation.assigning import CentreAssignment, assign_to_centres
from spatialgov.allocation.band import HOUSEHOLDS, Band, Limits, State, read_posts, review, workload_limits
from spatialgov.allocation.centre import p_center
from spatialgov.allocation.fitting import HandlingFit, fit_profile, handling_times
from spatialgov.allocation.history import EditionGrids, Trend, review_over_time
from spatialgov.allocation.median import SiteChoice, p_median
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
from spatialgov.allocation.trips import trip_minutes
from spatialgov.allocation.workload import Workload, workload

__all__ = [
    "DEDICATED",
    "HOUSEHOLDS",
    "KINDS",
    "RURAL",
    "URBAN",
    "Band",
    "CentreAssignment",
    "Costs",
    "EditionGrids",
    "HandlingFit",
    "Kind",
    "Limits",
    "Recommendation",
    "SiteChoice",
    "State",
    "Trend",
    "Workload",
    "WorkloadProfile",
    "assign_to_centres",
    "cures",
    "fit_profile",
    "handling_times",
    "p_center",
    "p_median",
    "profile_named",
    "profiles",
    "read_posts",
    "read_profiles",
    "recommend",
    "review",
    "review_over_time",
    "taken",
    "trip_minutes",
    "with_needs",
    "workload",
    "workload_limits",
]

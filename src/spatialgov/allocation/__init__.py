"""Allocation: the workload of grids, their review against a band of households, and what to change."""

from spatialgov.allocation.assigning import CentreAssignment, assign_to_centres
from spatialgov.allocation.band import HOUSEHOLDS, Band, State, review
from spatialgov.allocation.centre import p_center
from spatialgov.allocation.median import SiteChoice, p_median
from spatialgov.allocation.recommending import Kind, Recommendation, recommend
from spatialgov.allocation.workload import RURAL, URBAN, WorkloadProfile, workload

__all__ = [
    "HOUSEHOLDS",
    "RURAL",
    "URBAN",
    "Band",
    "CentreAssignment",
    "Kind",
    "Recommendation",
    "SiteChoice",
    "State",
    "WorkloadProfile",
    "assign_to_centres",
    "p_center",
    "p_median",
    "recommend",
    "review",
    "workload",
]

"""Allocation: the workload of grids, their review against a band of households, and what to change."""

from spatialgov.allocation.band import HOUSEHOLDS, Band, State, review
from spatialgov.allocation.recommending import Kind, Recommendation, recommend
from spatialgov.allocation.workload import RURAL, URBAN, WorkloadProfile, workload

__all__ = [
    "HOUSEHOLDS",
    "RURAL",
    "URBAN",
    "Band",
    "Kind",
    "Recommendation",
    "State",
    "WorkloadProfile",
    "recommend",
    "review",
    "workload",
]

"""Staffing: how many posts each grid needs, which post stands where, and who covers when one is away."""

from spatialgov.allocation.staffing.cover import cover_absence, neighbouring_grids
from spatialgov.allocation.staffing.demand import grid_demand, handling_cv
from spatialgov.allocation.staffing.need import DEMAND, Staffing, staffing
from spatialgov.allocation.staffing.posting import Posting, assign_posts
from spatialgov.allocation.staffing.queueing import Waiting, waiting
from spatialgov.allocation.staffing.roster import (
    Post,
    Requirement,
    RosterFile,
    posts_of_counts,
    read_requirements,
    read_roster,
    skills_in,
)
from spatialgov.allocation.staffing.shifts import Shifts, Targets
from spatialgov.allocation.staffing.simulation import Simulated, simulate

__all__ = [
    "DEMAND",
    "Post",
    "Posting",
    "Requirement",
    "RosterFile",
    "Shifts",
    "Simulated",
    "Staffing",
    "Targets",
    "Waiting",
    "assign_posts",
    "cover_absence",
    "grid_demand",
    "handling_cv",
    "neighbouring_grids",
    "posts_of_counts",
    "read_requirements",
    "read_roster",
    "simulate",
    "skills_in",
    "staffing",
    "waiting",
]

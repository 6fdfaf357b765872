"""Allocation: workload and review of grids, what to change; service points, checkpoints and patrol beats on roads."""

from spatialgov.allocation.assigning import CentreAssignment, assign_to_centres
from spatialgov.allocation.band import HOUSEHOLDS, Band, Limits, State, read_posts, review, workload_limits
from spatialgov.allocation.beats import Beats, patrol_beats
from spatialgov.allocation.centre import p_center
from spatialgov.allocation.checkpoints import Checkpoints, checkpoints
from spatialgov.allocation.fitting import HandlingFit, fit_profile, handling_times
from spatialgov.allocation.history import EditionGrids, Trend, review_over_time
from spatialgov.allocation.median import SiteChoice, p_median
from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.allocation.profiles import (
    DEDICATED,
    RURAL,
    URBAN,
    WorkloadProfile,
    profile_named,
    profiles,
    read_profiles,
)
from spatialgov.allocation.proposed_borders import changed_ground, proposed_borders
from spatialgov.allocation.recommendation import KINDS, Costs, Kind, Recommendation, taken, with_needs
from spatialgov.allocation.recommending import cures, recommend
from spatialgov.allocation.service_points import Goal, NewCentres, Service, place_centres, serve_grids
from spatialgov.allocation.travel import DRIVING, WALKING, Snapped, SpeedProfile, snap, travel_times
from spatialgov.allocation.trips import trip_minutes
from spatialgov.allocation.workload import Workload, workload

__all__ = [
    "DEDICATED",
    "DRIVING",
    "HOUSEHOLDS",
    "KINDS",
    "RURAL",
    "URBAN",
    "WALKING",
    "Band",
    "Beats",
    "CentreAssignment",
    "Checkpoints",
    "Costs",
    "EditionGrids",
    "Goal",
    "HandlingFit",
    "Kind",
    "Limits",
    "NewCentres",
    "Recommendation",
    "RoadNetwork",
    "Service",
    "SiteChoice",
    "Snapped",
    "SpeedProfile",
    "State",
    "Trend",
    "Workload",
    "WorkloadProfile",
    "assign_to_centres",
    "changed_ground",
    "checkpoints",
    "cures",
    "fit_profile",
    "handling_times",
    "p_center",
    "p_median",
    "patrol_beats",
    "place_centres",
    "profile_named",
    "profiles",
    "proposed_borders",
    "read_posts",
    "read_profiles",
    "recommend",
    "review",
    "review_over_time",
    "road_network",
    "serve_grids",
    "snap",
    "taken",
    "travel_times",
    "trip_minutes",
    "with_needs",
    "workload",
    "workload_limits",
]

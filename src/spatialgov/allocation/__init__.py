"""Allocation: workload and review of grids, what to change; service points, checkpoints and patrol beats on roads."""

from spatialgov.allocation.assigning import CentreAssignment, assign_to_centres
from spatialgov.allocation.band import HOUSEHOLDS, Band, State, review
from spatialgov.allocation.beats import Beats, patrol_beats
from spatialgov.allocation.centre import p_center
from spatialgov.allocation.checkpoints import Checkpoints, checkpoints
from spatialgov.allocation.median import SiteChoice, p_median
from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.allocation.recommending import Kind, Recommendation, recommend
from spatialgov.allocation.service_points import Goal, NewCentres, Service, place_centres, serve_grids
from spatialgov.allocation.travel import DRIVING, WALKING, Snapped, SpeedProfile, snap, travel_times
from spatialgov.allocation.workload import RURAL, URBAN, WorkloadProfile, workload

__all__ = [
    "DRIVING",
    "HOUSEHOLDS",
    "RURAL",
    "URBAN",
    "WALKING",
    "Band",
    "Beats",
    "CentreAssignment",
    "Checkpoints",
    "Goal",
    "Kind",
    "NewCentres",
    "Recommendation",
    "RoadNetwork",
    "Service",
    "SiteChoice",
    "Snapped",
    "SpeedProfile",
    "State",
    "WorkloadProfile",
    "assign_to_centres",
    "checkpoints",
    "p_center",
    "p_median",
    "patrol_beats",
    "place_centres",
    "recommend",
    "review",
    "road_network",
    "serve_grids",
    "snap",
    "travel_times",
    "workload",
]

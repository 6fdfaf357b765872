"""Allocation: workload and review of grids, what to change, scenarios; service points, checkpoints, patrol beats.

`spatialgov.allocation.staffing` says how many posts each grid needs, `spatialgov.allocation.assessment` how grids did
by week, month, quarter and year.
"""

from spatialgov.allocation.assigning import CentreAssignment, assign_to_centres
from spatialgov.allocation.band import HOUSEHOLDS, Band, Limits, State, read_posts, review, workload_limits
from spatialgov.allocation.beats import Beats, patrol_beats
from spatialgov.allocation.centre import p_center
from spatialgov.allocation.checkpoints import Checkpoints, checkpoints
from spatialgov.allocation.fitting import HandlingFit, fit_profile, handling_times
from spatialgov.allocation.history import EditionGrids, Trend, review_over_time
from spatialgov.allocation.median import SiteChoice, p_median
from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.allocation.post_shares import PostShares, post_shares, share_posts
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
from spatialgov.allocation.scenarios import METHODS, Method, Outcome, Scenario, work_out
from spatialgov.allocation.service_centres import Centres, judged_centres, read_centres
from spatialgov.allocation.service_point_file import read_service_points
from spatialgov.allocation.service_points import Goal, NewCentres, Service, place_centres, serve_grids
from spatialgov.allocation.standards import CentreStandard, centre_standard, hold_against, read_standard, with_people
from spatialgov.allocation.travel import DRIVING, WALKING, Snapped, SpeedProfile, snap, travel_times
from spatialgov.allocation.trips import trip_minutes
from spatialgov.allocation.workload import Workload, workload

__all__ = [
    "DEDICATED",
    "DRIVING",
    "HOUSEHOLDS",
    "KINDS",
    "METHODS",
    "RURAL",
    "URBAN",
    "WALKING",
    "Band",
    "Beats",
    "CentreAssignment",
    "CentreStandard",
    "Centres",
    "Checkpoints",
    "Costs",
    "EditionGrids",
    "Goal",
    "HandlingFit",
    "Kind",
    "Limits",
    "Method",
    "NewCentres",
    "Outcome",
    "PostShares",
    "Recommendation",
    "RoadNetwork",
    "Scenario",
    "Service",
    "SiteChoice",
    "Snapped",
    "SpeedProfile",
    "State",
    "Trend",
    "Workload",
    "WorkloadProfile",
    "assign_to_centres",
    "centre_standard",
    "changed_ground",
    "checkpoints",
    "cures",
    "fit_profile",
    "handling_times",
    "hold_against",
    "judged_centres",
    "p_center",
    "p_median",
    "patrol_beats",
    "place_centres",
    "post_shares",
    "profile_named",
    "profiles",
    "proposed_borders",
    "read_centres",
    "read_posts",
    "read_profiles",
    "read_service_points",
    "read_standard",
    "recommend",
    "review",
    "review_over_time",
    "road_network",
    "serve_grids",
    "share_posts",
    "snap",
    "taken",
    "travel_times",
    "trip_minutes",
    "with_needs",
    "with_people",
    "work_out",
    "workload",
    "workload_limits",
]

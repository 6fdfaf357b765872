"""What the cameras see among the buildings, which gaps they leave, and what to do about them."""

from spatialgov.coverage.cameras.reading import Cameras, read_cameras
from spatialgov.coverage.cameras.views import CLASSES, Views, views_of
from spatialgov.coverage.demand.demands import DEMAND_KINDS, Demands, demands
from spatialgov.coverage.demand.sampling import samples
from spatialgov.coverage.demand.study_areas import StudyAreas, study_areas
from spatialgov.coverage.gaps.causes import REASONS
from spatialgov.coverage.gaps.closure import Closure, closure
from spatialgov.coverage.gaps.listing import gaps
from spatialgov.coverage.gaps.redundancy import Redundancy, redundancy
from spatialgov.coverage.gaps.states import States, measure, states_of
from spatialgov.coverage.gaps.survey import survey_gains
from spatialgov.coverage.gaps.visits import visit_sites
from spatialgov.coverage.remedies.candidates import Candidates, Device, candidates
from spatialgov.coverage.remedies.changes import Change, Changes, changed_cameras, judged_changes, read_changes
from spatialgov.coverage.remedies.planning import Costs, RemedyPlan, plan_remedies
from spatialgov.coverage.remedies.what_if import WhatIf, what_if
from spatialgov.coverage.sight.ground import sectors, seen_ground, sight_faults, visible_ground
from spatialgov.coverage.sight.isovists import Obstacles, isovists
from spatialgov.coverage.sight.overlay import union_by_area
from spatialgov.coverage.sight.seeing import Sight, see
from spatialgov.coverage.siting import Siting, least_sites, maximal_covering

__all__ = [
    "CLASSES",
    "DEMAND_KINDS",
    "REASONS",
    "Cameras",
    "Candidates",
    "Change",
    "Changes",
    "Closure",
    "Costs",
    "Demands",
    "Device",
    "Obstacles",
    "Redundancy",
    "RemedyPlan",
    "Sight",
    "Siting",
    "States",
    "StudyAreas",
    "Views",
    "WhatIf",
    "candidates",
    "changed_cameras",
    "closure",
    "demands",
    "gaps",
    "isovists",
    "judged_changes",
    "least_sites",
    "maximal_covering",
    "measure",
    "plan_remedies",
    "read_cameras",
    "read_changes",
    "redundancy",
    "samples",
    "sectors",
    "see",
    "seen_ground",
    "sight_faults",
    "states_of",
    "study_areas",
    "survey_gains",
    "union_by_area",
    "views_of",
    "visible_ground",
    "visit_sites",
    "what_if",
]

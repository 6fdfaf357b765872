"""What the cameras see among the buildings, which gaps they leave, and what to do about them."""

from spatialgov.coverage.cameras import Cameras, read_cameras
from spatialgov.coverage.candidates import Candidates, Device, candidates
from spatialgov.coverage.changes import Change, Changes, changed_cameras, judged_changes, read_changes
from spatialgov.coverage.closure import Closure, closure
from spatialgov.coverage.demand import DEMAND_KINDS, Demands, demands
from spatialgov.coverage.gap_causes import REASONS
from spatialgov.coverage.gaps import gaps
from spatialgov.coverage.ground import sectors, sight_faults, visible_ground
from spatialgov.coverage.isovists import Obstacles, isovists
from spatialgov.coverage.overlay import union_by_area
from spatialgov.coverage.redundancy import Redundancy, redundancy
from spatialgov.coverage.remedies import Costs, RemedyPlan, plan_remedies
from spatialgov.coverage.sampling import samples
from spatialgov.coverage.sight import Sight, see
from spatialgov.coverage.siting import Siting, least_sites, maximal_covering
from spatialgov.coverage.states import States, measure, states_of
from spatialgov.coverage.study_areas import StudyAreas, study_areas
from spatialgov.coverage.survey import survey_gains
from spatialgov.coverage.views import CLASSES, Views, views_of
from spatialgov.coverage.visits import visit_sites
from spatialgov.coverage.what_if import WhatIf, what_if

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

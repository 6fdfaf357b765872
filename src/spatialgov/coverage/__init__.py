"""What the cameras see among the buildings, what of all that should be seen they don't, and why."""

from spatialgov.coverage.by_grid import coverage_by_grid
from spatialgov.coverage.cameras import Cameras, read_cameras
from spatialgov.coverage.closure import Closure, closure
from spatialgov.coverage.demand import DEMAND_KINDS, Demands, demands
from spatialgov.coverage.gap_causes import REASONS
from spatialgov.coverage.gaps import gaps
from spatialgov.coverage.ground import sectors, sight_faults, visible_ground
from spatialgov.coverage.isovists import Obstacles, isovists
from spatialgov.coverage.overlay import union_by_area
from spatialgov.coverage.redundancy import Redundancy, redundancy
from spatialgov.coverage.sampling import samples
from spatialgov.coverage.sight import Sight, see
from spatialgov.coverage.states import States, measure, states_of
from spatialgov.coverage.study_areas import StudyAreas, study_areas
from spatialgov.coverage.survey import survey_gains
from spatialgov.coverage.views import CLASSES, Views, views_of
from spatialgov.coverage.visits import visit_sites

__all__ = [
    "CLASSES",
    "DEMAND_KINDS",
    "REASONS",
    "Cameras",
    "Closure",
    "Demands",
    "Obstacles",
    "Redundancy",
    "Sight",
    "States",
    "StudyAreas",
    "Views",
    "closure",
    "coverage_by_grid",
    "demands",
    "gaps",
    "isovists",
    "measure",
    "read_cameras",
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
]

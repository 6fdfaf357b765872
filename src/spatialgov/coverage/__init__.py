"""What the cameras see among the buildings, and what of each grid they don't."""

from spatialgov.coverage.cameras import Cameras, read_cameras
from spatialgov.coverage.gaps import coverage_by_grid
from spatialgov.coverage.ground import sectors, sight_faults, visible_ground
from spatialgov.coverage.isovists import Obstacles, isovists
from spatialgov.coverage.overlay import union_by_area
from spatialgov.coverage.sight import Sight, see
from spatialgov.coverage.siting import Siting, covering_curve, least_sites, maximal_covering
from spatialgov.coverage.views import CLASSES, Views, views_of

__all__ = [
    "CLASSES",
    "Cameras",
    "Obstacles",
    "Sight",
    "Siting",
    "Views",
    "coverage_by_grid",
    "covering_curve",
    "isovists",
    "least_sites",
    "maximal_covering",
    "read_cameras",
    "sectors",
    "see",
    "sight_faults",
    "union_by_area",
    "views_of",
    "visible_ground",
]

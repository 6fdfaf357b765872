"""What the cameras see among the buildings, and what of each grid they don't."""

from spatialgov.coverage.cameras import Cameras, read_cameras
from spatialgov.coverage.gaps import coverage_by_grid
from spatialgov.coverage.ground import sectors, snap_faults, visible_ground
from spatialgov.coverage.isovists import Obstacles, isovists
from spatialgov.coverage.siting import Siting, covering_curve, least_sites, maximal_covering

__all__ = [
    "Cameras",
    "Obstacles",
    "Siting",
    "coverage_by_grid",
    "covering_curve",
    "isovists",
    "least_sites",
    "maximal_covering",
    "read_cameras",
    "sectors",
    "snap_faults",
    "visible_ground",
]

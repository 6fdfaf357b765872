"""What the cameras see among the buildings, and what of each grid they don't."""

from spatialgov.coverage.cameras import Cameras, read_cameras
from spatialgov.coverage.candidates import Candidates, Device, candidates
from spatialgov.coverage.changes import Change, Changes, changed_cameras, judged_changes, read_changes
from spatialgov.coverage.ground import sectors, sight_faults, visible_ground
from spatialgov.coverage.isovists import Obstacles, isovists
from spatialgov.coverage.overlay import union_by_area
from spatialgov.coverage.remedies import Costs, RemedyPlan, plan_remedies
from spatialgov.coverage.sight import Sight, see
from spatialgov.coverage.siting import Siting, least_sites, maximal_covering
from spatialgov.coverage.views import CLASSES, Views, views_of
from spatialgov.coverage.what_if import WhatIf, what_if

__all__ = [
    "CLASSES",
    "Cameras",
    "Candidates",
    "Change",
    "Changes",
    "Costs",
    "Device",
    "Obstacles",
    "RemedyPlan",
    "Sight",
    "Siting",
    "Views",
    "WhatIf",
    "candidates",
    "changed_cameras",
    "isovists",
    "judged_changes",
    "least_sites",
    "maximal_covering",
    "plan_remedies",
    "read_cameras",
    "read_changes",
    "sectors",
    "see",
    "sight_faults",
    "union_by_area",
    "views_of",
    "visible_ground",
    "what_if",
]

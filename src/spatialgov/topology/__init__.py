"""The invariants of a coverage (units, grids): no overlap, no gap, sound rings; and which areas share a border."""

from spatialgov.topology.borders import SharedBorders, shared_borders
from spatialgov.topology.checks import check_coverage, islands
from spatialgov.topology.dissolving import dissolve
from spatialgov.topology.ground import Gaps, Overlaps, degree_shapes, gaps, metric_shapes, overlaps

__all__ = [
    "Gaps",
    "Overlaps",
    "SharedBorders",
    "check_coverage",
    "degree_shapes",
    "dissolve",
    "gaps",
    "islands",
    "metric_shapes",
    "overlaps",
    "shared_borders",
]

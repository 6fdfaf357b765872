"""One cube of incidents, place × time, behind all counts: any slice of it by any grouping, in milliseconds.

A `Cube` holds the incidents as columns sorted by time. What they are counted by are more columns: `Groups` (grids,
units, communities, H3 cells, cells of a raster, whatever says which one each incident belongs to) and `LocalHours` (the
hour on the clock of a time zone, and with it the day, the week, the month and the hour of the week). They are made once
and kept; counting a `Slice` is one pass over those of its columns that matter.
"""

from spatialgov.incidents.cube.columns import Cube, Slice
from spatialgov.incidents.cube.groups import Groups, h3_groups, located_groups
from spatialgov.incidents.cube.hours import TIME_UNITS, LocalHours, TimeUnit

__all__ = [
    "TIME_UNITS",
    "Cube",
    "Groups",
    "LocalHours",
    "Slice",
    "TimeUnit",
    "h3_groups",
    "located_groups",
]

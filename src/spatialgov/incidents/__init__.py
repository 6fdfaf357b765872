"""Incidents: reading them, counting them in cells, and finding where they gather.

An incident is a category, a place, a time and a status; never a person.
"""

from spatialgov.incidents.cells import cell_frame, cell_names, cell_neighbours, cells_covering, h3_cells, h3_counts
from spatialgov.incidents.density import bandwidth, density
from spatialgov.incidents.mapping import PUBLIC_MINIMUM, HeatMap, HotSpots, counts_by_grid, heat_map, hot_spots
from spatialgov.incidents.raster import Raster
from spatialgov.incidents.reading import CHANNELS, CLOSED_LEVELS, STATUSES, Incidents, read_categories, read_incidents
from spatialgov.incidents.significance import GetisOrd, benjamini_hochberg, getis_ord

__all__ = [
    "CHANNELS",
    "CLOSED_LEVELS",
    "PUBLIC_MINIMUM",
    "STATUSES",
    "GetisOrd",
    "HeatMap",
    "HotSpots",
    "Incidents",
    "Raster",
    "bandwidth",
    "benjamini_hochberg",
    "cell_frame",
    "cell_names",
    "cell_neighbours",
    "cells_covering",
    "counts_by_grid",
    "density",
    "getis_ord",
    "h3_cells",
    "h3_counts",
    "heat_map",
    "hot_spots",
    "read_categories",
    "read_incidents",
]

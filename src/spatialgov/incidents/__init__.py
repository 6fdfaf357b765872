"""Incidents: reading them, counting them in cells, and finding where they gather.

An incident is a category, a place, a time and a status; never a person.
"""

from spatialgov.incidents.aoristic import aoristic_weights
from spatialgov.incidents.backtest import Backtest
from spatialgov.incidents.categories import event_classes, read_categories
from spatialgov.incidents.cells import cell_frame, cell_names, cell_neighbours, cells_covering, h3_cells, h3_counts
from spatialgov.incidents.changes import Change, ChangePoints, change_points
from spatialgov.incidents.clock import Clock, clock
from spatialgov.incidents.duplicates import near_duplicates
from spatialgov.incidents.emergence import COURSES, NO_PATTERN, Emerging, emerging
from spatialgov.incidents.excess_risk import Excess, dispersion, excess, expected_from
from spatialgov.incidents.forecasting import Forecast, feedback_note, forecast
from spatialgov.incidents.kernel_density import bandwidth, density
from spatialgov.incidents.mapping import (
    PUBLIC_MINIMUM,
    HeatMap,
    HotSpots,
    counts_by_grid,
    heat_map,
    hot_spots,
    shown_counts,
)
from spatialgov.incidents.moments import Daily, daily_counts
from spatialgov.incidents.near_repeat import NearRepeat, knox
from spatialgov.incidents.quality import Quality, quality
from spatialgov.incidents.raster import Raster
from spatialgov.incidents.reading import (
    CHANNELS,
    CLOSED_LEVELS,
    LOCATION_SOURCES,
    STATUSES,
    Incidents,
    read_incidents,
)
from spatialgov.incidents.scanning import Cluster, scan
from spatialgov.incidents.seasons import Factors, Seasonality, seasonality
from spatialgov.incidents.significance import GetisOrd, benjamini_hochberg, getis_ord
from spatialgov.incidents.times import PRECISIONS
from spatialgov.incidents.trends import RelativeTrend, Trend, mann_kendall, relative_trend

__all__ = [
    "CHANNELS",
    "CLOSED_LEVELS",
    "COURSES",
    "LOCATION_SOURCES",
    "NO_PATTERN",
    "PRECISIONS",
    "PUBLIC_MINIMUM",
    "STATUSES",
    "Backtest",
    "Change",
    "ChangePoints",
    "Clock",
    "Cluster",
    "Daily",
    "Emerging",
    "Excess",
    "Factors",
    "Forecast",
    "GetisOrd",
    "HeatMap",
    "HotSpots",
    "Incidents",
    "NearRepeat",
    "Quality",
    "Raster",
    "RelativeTrend",
    "Seasonality",
    "Trend",
    "aoristic_weights",
    "bandwidth",
    "benjamini_hochberg",
    "cell_frame",
    "cell_names",
    "cell_neighbours",
    "cells_covering",
    "change_points",
    "clock",
    "counts_by_grid",
    "daily_counts",
    "density",
    "dispersion",
    "emerging",
    "event_classes",
    "excess",
    "expected_from",
    "feedback_note",
    "forecast",
    "getis_ord",
    "h3_cells",
    "h3_counts",
    "heat_map",
    "hot_spots",
    "knox",
    "mann_kendall",
    "near_duplicates",
    "quality",
    "read_categories",
    "read_incidents",
    "relative_trend",
    "scan",
    "seasonality",
    "shown_counts",
]

"""Incidents: reading them, counting them in cells, and finding where they gather.

An incident is a category, a place, a time and a status; never a person.
"""

from spatialgov.incidents.aoristic import aoristic_weights
from spatialgov.incidents.backtest import Backtest
from spatialgov.incidents.categories import event_classes, read_categories
from spatialgov.incidents.cells import (
    cell_centres,
    cell_frame,
    cell_names,
    cell_neighbours,
    cells_covering,
    h3_cells,
    h3_counts,
)
from spatialgov.incidents.changes import Change, ChangePoints, change_points
from spatialgov.incidents.clock import Clock, clock
from spatialgov.incidents.comparison import Comparison, compare_periods
from spatialgov.incidents.duplicates import near_duplicates
from spatialgov.incidents.emergence import COURSES, NO_PATTERN, Emerging, emerging
from spatialgov.incidents.excess_risk import Excess, dispersion, excess, expected_from
from spatialgov.incidents.exposure import households_in, road_km_in
from spatialgov.incidents.forecasting import Forecast, feedback_note, forecast
from spatialgov.incidents.frames import FRAME_KINDS, FrameKind, TimeFrames, frame_calendar, time_frames, time_frames_of
from spatialgov.incidents.kernel_density import bandwidth, density
from spatialgov.incidents.mapping import HeatMap, counts_by_grid, heat_map, heat_map_of
from spatialgov.incidents.moments import Daily, daily_counts
from spatialgov.incidents.near_repeat import NearRepeat, knox
from spatialgov.incidents.privacy import PUBLIC_MINIMUM, WITHHELD, coarse_levels, shown_counts
from spatialgov.incidents.quality import Quality, quality
from spatialgov.incidents.raster import Raster
from spatialgov.incidents.rates import DensityChange, RateSurface, density_change, rate_surface
from spatialgov.incidents.reading import (
    CHANNELS,
    CLOSED_LEVELS,
    LOCATION_SOURCES,
    STATUSES,
    Incidents,
    read_incidents,
)
from spatialgov.incidents.review import Review, Span, review, review_of, windows_before
from spatialgov.incidents.risk import RateRatio, rate_ratio, risk_interval
from spatialgov.incidents.scanning import Cluster, scan, scan_irregular
from spatialgov.incidents.seasons import Factors, Seasonality, seasonality
from spatialgov.incidents.significance import GetisOrd, benjamini_hochberg, getis_ord
from spatialgov.incidents.spots import METHODS, CellMethod, HotSpots, Method, hot_spots, hot_spots_of, question
from spatialgov.incidents.study_area import Against, StudyArea, study_area
from spatialgov.incidents.suppression import shown_table
from spatialgov.incidents.times import PRECISIONS
from spatialgov.incidents.trends import RelativeTrend, Trend, mann_kendall, relative_trend
from spatialgov.incidents.week_hours import WeekHours

__all__ = [
    "CHANNELS",
    "CLOSED_LEVELS",
    "COURSES",
    "FRAME_KINDS",
    "LOCATION_SOURCES",
    "METHODS",
    "NO_PATTERN",
    "PRECISIONS",
    "PUBLIC_MINIMUM",
    "STATUSES",
    "WITHHELD",
    "Against",
    "Backtest",
    "CellMethod",
    "Change",
    "ChangePoints",
    "Clock",
    "Cluster",
    "Comparison",
    "Daily",
    "DensityChange",
    "Emerging",
    "Excess",
    "Factors",
    "Forecast",
    "FrameKind",
    "GetisOrd",
    "HeatMap",
    "HotSpots",
    "Incidents",
    "Method",
    "NearRepeat",
    "Quality",
    "Raster",
    "RateRatio",
    "RateSurface",
    "RelativeTrend",
    "Review",
    "Seasonality",
    "Span",
    "StudyArea",
    "TimeFrames",
    "Trend",
    "WeekHours",
    "aoristic_weights",
    "bandwidth",
    "benjamini_hochberg",
    "cell_centres",
    "cell_frame",
    "cell_names",
    "cell_neighbours",
    "cells_covering",
    "change_points",
    "clock",
    "coarse_levels",
    "compare_periods",
    "counts_by_grid",
    "daily_counts",
    "density",
    "density_change",
    "dispersion",
    "emerging",
    "event_classes",
    "excess",
    "expected_from",
    "feedback_note",
    "forecast",
    "frame_calendar",
    "getis_ord",
    "h3_cells",
    "h3_counts",
    "heat_map",
    "heat_map_of",
    "hot_spots",
    "hot_spots_of",
    "households_in",
    "knox",
    "mann_kendall",
    "near_duplicates",
    "quality",
    "question",
    "rate_ratio",
    "rate_surface",
    "read_categories",
    "read_incidents",
    "relative_trend",
    "review",
    "review_of",
    "risk_interval",
    "road_km_in",
    "scan",
    "scan_irregular",
    "seasonality",
    "shown_counts",
    "shown_table",
    "study_area",
    "time_frames",
    "time_frames_of",
    "windows_before",
]

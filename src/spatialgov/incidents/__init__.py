"""Incidents: reading them, counting them in cells, and finding where they gather.

An incident is a category, a place, a time and a status; never a person.
"""

from spatialgov.incidents.backtest import Backtest
from spatialgov.incidents.cells import cell_frame, cell_names, cell_neighbours, cells_covering, h3_cells, h3_counts
from spatialgov.incidents.emergence import COURSES, NO_PATTERN, Emerging, emerging
from spatialgov.incidents.excess_risk import Excess, dispersion, excess, expected_from
from spatialgov.incidents.exposure import households_in, road_km_in
from spatialgov.incidents.forecasting import Forecast, forecast
from spatialgov.incidents.kernel_density import bandwidth, density
from spatialgov.incidents.mapping import PUBLIC_MINIMUM, HeatMap, counts_by_grid, heat_map, shown_counts
from spatialgov.incidents.near_repeat import NearRepeat, knox
from spatialgov.incidents.raster import Raster
from spatialgov.incidents.rates import DensityChange, RateSurface, density_change, rate_surface
from spatialgov.incidents.reading import CHANNELS, CLOSED_LEVELS, STATUSES, Incidents, read_categories, read_incidents
from spatialgov.incidents.review import Review, Span, review, review_of, windows_before
from spatialgov.incidents.risk import RateRatio, rate_ratio, risk_interval
from spatialgov.incidents.scanning import Cluster, scan, scan_irregular
from spatialgov.incidents.significance import GetisOrd, benjamini_hochberg, getis_ord
from spatialgov.incidents.spots import METHODS, CellMethod, HotSpots, Method, hot_spots, hot_spots_of, question
from spatialgov.incidents.study_area import Against, StudyArea, study_area
from spatialgov.incidents.trends import Trend, mann_kendall

__all__ = [
    "CHANNELS",
    "CLOSED_LEVELS",
    "COURSES",
    "METHODS",
    "NO_PATTERN",
    "PUBLIC_MINIMUM",
    "STATUSES",
    "Against",
    "Backtest",
    "CellMethod",
    "Cluster",
    "DensityChange",
    "Emerging",
    "Excess",
    "Forecast",
    "GetisOrd",
    "HeatMap",
    "HotSpots",
    "Incidents",
    "Method",
    "NearRepeat",
    "Raster",
    "RateRatio",
    "RateSurface",
    "Review",
    "Span",
    "StudyArea",
    "Trend",
    "bandwidth",
    "benjamini_hochberg",
    "cell_frame",
    "cell_names",
    "cell_neighbours",
    "cells_covering",
    "counts_by_grid",
    "density",
    "density_change",
    "dispersion",
    "emerging",
    "excess",
    "expected_from",
    "forecast",
    "getis_ord",
    "h3_cells",
    "h3_counts",
    "heat_map",
    "hot_spots",
    "hot_spots_of",
    "households_in",
    "knox",
    "mann_kendall",
    "question",
    "rate_ratio",
    "rate_surface",
    "read_categories",
    "read_incidents",
    "review",
    "review_of",
    "risk_interval",
    "road_km_in",
    "scan",
    "scan_irregular",
    "shown_counts",
    "study_area",
    "windows_before",
]

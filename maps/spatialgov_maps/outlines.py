"""Outlines as they are drawn; without folium, so that answers for maps need not import it."""

import geopandas as gpd
import pyproj

from spatialgov.projection import WGS84

__all__ = ["simplified"]

_SIMPLE_M = 0.6
"""By so much a drawn outline may differ from the true one."""


def simplified(shapes: gpd.GeoSeries, crs: pyproj.CRS, step_m: float = _SIMPLE_M) -> gpd.GeoSeries:
    """Drop the corners that no eye can tell: in the metric plane, so that all directions are alike; gives EPSG:4326."""
    return shapes.to_crs(crs).simplify(step_m).to_crs(WGS84)

"""Arrays of shapes in a metric plane, and their way out in degrees."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.coverage.sight.isovists import polygonal
from spatialgov.projection import WGS84

__all__ = ["in_degrees", "no_shapes", "point_shapes", "segment_shapes"]

Shapes = npt.NDArray[np.object_]


def point_shapes(xy_m: npt.NDArray[np.float64]) -> Shapes:
    """Give (n,) points of (n, 2) coordinates."""
    return np.asarray(shapely.points(xy_m), dtype=object).reshape(-1)


def segment_shapes(ends_m: npt.NDArray[np.float64]) -> Shapes:
    """Give (n,) straight lines between two points each: (n, 2, 2) coordinates, or (n, 4)."""
    return np.asarray(shapely.linestrings(ends_m.reshape(-1, 2, 2)), dtype=object).reshape(-1)


def no_shapes(*size: int) -> Shapes:
    """Give an array of empty polygons."""
    return np.full(size, shapely.Polygon(), dtype=object)


def in_degrees(table: pd.DataFrame, shapes: Shapes, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Give a frame in EPSG:4326 of shapes in a metric plane.

    The change of plane can bend a hair-thin polygon over itself, and such a one is made valid.
    """
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs).to_crs(WGS84)
    moved = frame.geometry.to_numpy().copy()
    broken = np.flatnonzero(~shapely.is_valid(moved))
    moved[broken] = polygonal(moved[broken])
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=WGS84))

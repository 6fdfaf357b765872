"""Results go out in degrees, and sound."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from spatialgov.coverage.isovists import polygonal
from spatialgov.projection import WGS84

__all__ = ["in_degrees"]


def in_degrees(table: pd.DataFrame, shapes: npt.NDArray[np.object_], crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Give a frame in EPSG:4326 of shapes in a metric plane.

    The change of plane can bend a hair-thin polygon over itself, and such a one is made valid.
    """
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs).to_crs(WGS84)
    moved = frame.geometry.to_numpy().copy()
    broken = np.flatnonzero(~shapely.is_valid(moved))
    moved[broken] = polygonal(moved[broken])
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=WGS84))

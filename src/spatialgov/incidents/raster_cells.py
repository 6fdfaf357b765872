"""The cells of a raster as polygons, for files and maps."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from spatialgov.incidents.raster import Raster
from spatialgov.projection import WGS84, unproject

__all__ = ["raster_frame"]


def raster_frame(
    raster: Raster, crs: pyproj.CRS, columns: Mapping[str, npt.NDArray[Any]], chosen: npt.NDArray[np.bool_]
) -> gpd.GeoDataFrame:
    """Give cells of a raster as polygons with their values.

    Parameters
    ----------
    raster
        The cells.
    crs
        The plane that the raster's metres are of.
    columns
        Name → values, (ny, nx).
    chosen
        Which cells to give, bool (ny, nx).

    Returns
    -------
    geopandas.GeoDataFrame
        ``row`` (0 is the southernmost), ``column`` (0 the westernmost), the columns, squares in EPSG:4326.
    """
    row, column = np.nonzero(chosen)
    steps = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])
    x_m = raster.x0_m + (column[:, None] + steps[:, 0]) * raster.cell_m
    y_m = raster.y0_m + (row[:, None] + steps[:, 1]) * raster.cell_m
    squares = shapely.polygons(np.stack(unproject(x_m, y_m, crs), axis=-1).reshape(-1, 5, 2))
    values = {name: table[chosen] for name, table in columns.items()}
    return gpd.GeoDataFrame({"row": row, "column": column, **values}, geometry=squares, crs=WGS84)

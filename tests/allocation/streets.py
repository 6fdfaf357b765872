"""Made-up streets for the tests: a chessboard of roads around 117° E, 34° N."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.projection import metric_crs, unproject

__all__ = ["CRS", "EAST", "NORTH", "chessboard", "degrees", "roads_of"]

CRS: pyproj.CRS = metric_crs(117.0, 34.0)
EAST, NORTH = 500_000.0, 3_763_000.0
"""Where the town begins, in the plane."""

Line = Sequence[tuple[float, float]]


def degrees(shape: BaseGeometry) -> BaseGeometry:
    """Give a shape in metres from the town's corner in degrees."""

    def moved(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(unproject(xy[:, 0] + EAST, xy[:, 1] + NORTH, CRS))

    result: BaseGeometry = shapely.transform(shape, moved)
    return result


def roads_of(lines: Sequence[Line], classes: Sequence[str] | str = "residential") -> gpd.GeoDataFrame:
    """Give roads along lines in metres from the town's corner."""
    names = [classes] * len(lines) if isinstance(classes, str) else list(classes)
    return gpd.GeoDataFrame(
        {"road_id": [f"R{i + 1}" for i in range(len(lines))], "name": "", "road_class": names},
        geometry=[degrees(shapely.LineString(line)) for line in lines],
        crs="EPSG:4326",
    )


def chessboard(columns: int, rows: int, side_m: float = 100.0) -> gpd.GeoDataFrame:
    """Give streets straight through: `columns` × `rows` blocks."""
    along = [[(0.0, y * side_m), (columns * side_m, y * side_m)] for y in range(rows + 1)]
    across = [[(x * side_m, 0.0), (x * side_m, rows * side_m)] for x in range(columns + 1)]
    return roads_of([*along, *across])

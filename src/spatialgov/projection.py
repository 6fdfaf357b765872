"""The plane that metric work happens in: lengths in metres, areas in m².

Inside China the CGCS2000 3-degree Gauss-Krüger zone of the data (EPSG:4534 at 75° E … EPSG:4554 at 135° E), elsewhere
the UTM zone. Axis order is always east, north.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyproj

from spatialgov.errors import CoordinateError
from spatialgov.language import t

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["WGS84", "geocentric", "metric_crs", "metric_frame", "project", "unproject"]

WGS84 = pyproj.CRS.from_epsg(4326)
"""The storage and exchange frame: longitude, latitude, degrees, WGS 84."""

_GEOCENTRIC = pyproj.CRS.from_epsg(4978)
_FIRST_ZONE_EPSG = 4534
_FIRST_MERIDIAN = 75
_CHINA = (73.0, 17.0, 136.0, 54.5)
"""West, south, east, north. Only the choice of a plane depends on it, never a shift of a coordinate."""


def metric_crs(lon: float, lat: float) -> pyproj.CRS:
    """Give the metric plane for data centred on a location.

    Parameters
    ----------
    lon, lat
        Degrees, WGS 84.

    Raises
    ------
    CoordinateError
        When the location is not on Earth.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise CoordinateError(
            t(
                "Longitude {lon}, latitude {lat} is not on Earth.",
                "经度 {lon}、纬度 {lat} 不在地球上。",
                lon=lon,
                lat=lat,
            ),
            remedy=t("Check the axis order and the CRS.", "请检查坐标轴顺序和坐标系。"),
        )
    west, south, east, north = _CHINA
    if west <= lon <= east and south <= lat <= north:
        zone = min(max(round((lon - _FIRST_MERIDIAN) / 3), 0), 20)
        return pyproj.CRS.from_epsg(_FIRST_ZONE_EPSG + zone)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def project(
    lon: npt.ArrayLike, lat: npt.ArrayLike, crs: pyproj.CRS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give ``(x_m, y_m)``, east and north in metres, of locations in degrees (WGS 84)."""
    x_m, y_m = _transformer(WGS84, crs).transform(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    return np.asarray(x_m), np.asarray(y_m)


def unproject(
    x_m: npt.ArrayLike, y_m: npt.ArrayLike, crs: pyproj.CRS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give ``(lon, lat)`` in degrees (WGS 84) of points in metres: the inverse of `project`."""
    lon, lat = _transformer(crs, WGS84).transform(np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64))
    return np.asarray(lon), np.asarray(lat)


def geocentric(lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Give locations in degrees (WGS 84) as places in space, metres from the centre of the Earth, float64 (n, 3).

    What is nearest there is nearest on the ground, wherever on Earth: no plane has to be chosen.
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return np.column_stack(_transformer(WGS84, _GEOCENTRIC).transform(lon, lat, np.zeros(lon.shape)))


@lru_cache(maxsize=64)
def _transformer(source: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    # Making one takes tens of milliseconds, using it microseconds; pyproj's transformers are safe across threads.
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def metric_frame(frame: "gpd.GeoDataFrame", crs: pyproj.CRS | None = None) -> "gpd.GeoDataFrame":
    """Give the frame in a metric plane: `crs`, or the plane for the middle of its bounds."""
    if crs is None:
        west, south, east, north = (float(v) for v in frame.total_bounds)
        crs = metric_crs((west + east) / 2, (south + north) / 2)
    metric: Any = frame.to_crs(crs)
    return metric  # type: ignore[no-any-return]

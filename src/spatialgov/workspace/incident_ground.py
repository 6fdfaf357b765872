"""What incident analyses start from: incidents and the ground in force in one metric plane, and the time they cover."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.projection import WGS84, metric_crs, project
from spatialgov.store import Store
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.time_steps import local_days

__all__ = ["IncidentGround", "Scene", "day_of"]


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """Incidents and the ground in force, metres of one plane.

    Attributes
    ----------
    crs, boundary_m
        The plane, and the ground.
    x_m, y_m
        (n,) the incidents.
    inside
        bool (n,), which of them lie on the ground.
    """

    crs: pyproj.CRS
    boundary_m: BaseGeometry
    x_m: npt.NDArray[np.float64]
    y_m: npt.NDArray[np.float64]
    inside: npt.NDArray[np.bool_]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """x_min, y_min, x_max, y_max of the ground."""
        west, south, east, north = self.boundary_m.bounds
        return west, south, east, north


class IncidentGround:
    """Incidents, ground and what is on it, for an area that the asker is limited to."""

    def __init__(self, store: Store, analysis: Analysis) -> None:
        self._store = store
        self._analysis = analysis

    def incidents(self, period: Period, area: Area | None) -> gpd.GeoDataFrame:
        """Give the incidents of a period."""
        return self._analysis.incidents(period, area=area)

    def of_all_categories(self, period: Period, own: gpd.GeoDataFrame, area: Area | None) -> gpd.GeoDataFrame:
        """Give the incidents of a period whatever their category; `own` are those of the period's categories."""
        return own if not period.categories else self.incidents(replace(period, categories=None), area)

    def shape(self, area: Area | None) -> BaseGeometry:
        """Give the ground in force, EPSG:4326."""
        return self._analysis.ground(area=area)

    def scene(self, lon: npt.ArrayLike, lat: npt.ArrayLike, area: Area | None) -> Scene:
        """Put incidents (degrees, WGS 84) and the ground in force into one metric plane."""
        ground = gpd.GeoSeries([self.shape(area)], crs=WGS84)
        west, south, east, north = (float(limit) for limit in ground.total_bounds)
        crs = metric_crs((west + east) / 2, (south + north) / 2)
        x_m, y_m = project(lon, lat, crs)
        boundary_m = ground.to_crs(crs).iloc[0]
        shapely.prepare(boundary_m)
        return Scene(crs, boundary_m, x_m, y_m, np.asarray(shapely.intersects_xy(boundary_m, x_m, y_m), dtype=np.bool_))

    def layer(self, kind: str) -> gpd.GeoDataFrame | None:
        """Give a layer; None when it is empty."""
        found = self._store.layer(kind)
        return None if found.empty else found

    def span(self, period: Period, zone: ZoneInfo, area: Area | None) -> tuple[float, float] | None:
        """Give the days (`local_days`) that incidents are known of, inside the period; None where there are none.

        They are known from the first to the last of any category, at any hour: a category without any in between had
        none.
        """
        found = self._analysis.span(replace(period, categories=None, hours=None), area=area)
        if found is None:
            return None
        first, last = np.floor(day_of(found[0], zone)), np.floor(day_of(found[1], zone)) + 1.0
        if period.since is not None:
            first = max(first, day_of(period.since, zone))
        if period.until is not None:
            last = min(last, day_of(period.until, zone))
        return float(first), float(max(first, last))


def day_of(moment: datetime, zone: ZoneInfo) -> float:
    """Give a moment as `local_days` does."""
    return float(local_days(pd.Series([pd.Timestamp(moment)]), zone)[0])

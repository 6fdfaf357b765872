"""A town of two communities with incidents of two categories: mornings in the west, nights in the east."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatialgov.projection import WGS84
from spatialgov.workspace import Workspace
from tests.publishing_cases import EAST, LAT, LON, STEP, WEST, found_town, square

__all__ = ["DISTRICT", "EAST", "N_INCIDENTS", "SUBDISTRICT", "WEST", "ZONE", "found_incident_town"]

DISTRICT, SUBDISTRICT = "990101000000", "990101001000"
ZONE = "Asia/Shanghai"
N_INCIDENTS = 300


def _jurisdictions() -> gpd.GeoDataFrame:
    west = shapely.union_all([square(row, column) for row in range(4) for column in (0, 1)])
    east = shapely.union_all([square(row, column) for row in range(4) for column in (2, 3)])
    town = shapely.union_all([west, east])
    rows = {
        "code": [DISTRICT, SUBDISTRICT, WEST, EAST],
        "level": ["district", "subdistrict", "community", "community"],
        "name": ["区", "街道", "西社区", "东社区"],
        "name_en": ["District", "Town", "West", "East"],
        "parent_code": ["", DISTRICT, SUBDISTRICT, SUBDISTRICT],
    }
    return gpd.GeoDataFrame(rows, geometry=[town, town, west, east], crs=WGS84)


def _incidents() -> gpd.GeoDataFrame:
    """Give 200 mornings of rubbish around one place in the west, 100 nights of parking around one in the east."""
    random = np.random.default_rng(3)
    k = np.arange(N_INCIDENTS)
    in_west = k < 200
    days = pd.Timestamp("2026-03-02", tz=ZONE) + pd.to_timedelta(random.integers(0, 120, N_INCIDENTS), unit="D")
    hours = np.where(in_west, random.integers(7, 12, N_INCIDENTS), random.integers(20, 24, N_INCIDENTS))
    columns = np.where(in_west, 0.8, 3.2) + random.uniform(-0.7, 0.7, N_INCIDENTS)
    rows = np.where(in_west, 1.0, 3.0) + random.uniform(-0.7, 0.7, N_INCIDENTS)
    return gpd.GeoDataFrame(
        {
            "source_id": [f"E{number:03d}" for number in k],
            "category": np.where(in_west, "0101", "0502"),
            "occurred_at": (days + pd.to_timedelta(hours * 60 + random.integers(0, 60, N_INCIDENTS), unit="min")),
            "status": np.where(k % 5 == 0, "open", "closed"),
        },
        geometry=gpd.points_from_xy(LON + STEP * columns, LAT + STEP * rows),
        crs=WGS84,
    )


def found_incident_town(folder: Path, database_url: str | None = None) -> Workspace:
    """Make the workspace of the town, with an edition in force; the caller closes it."""
    workspace = Workspace.open(folder / "town", database_url)
    found_town(workspace, folder)
    workspace.store.replace_jurisdictions(_jurisdictions())
    workspace.store.upsert_incidents(_incidents())
    return workspace

"""A town of four grids in two communities, with cameras, houses and roads, in a workspace."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatialgov.projection import WGS84
from spatialgov.workspace import Workspace
from tests.publishing_cases import EAST, LAT, LON, STEP, WEST, found_town, square

__all__ = ["DISTRICT", "EAST", "STEP", "WEST", "cameras", "fill_with_cameras", "found_camera_town", "place"]

DISTRICT = "990101000000"
_SUBDISTRICT = "990101001000"


def place(column: float, row: float) -> shapely.Point:
    """Give a place, in units from the south-western corner."""
    return shapely.Point(LON + STEP * column, LAT + STEP * row)


def cameras() -> gpd.GeoDataFrame:
    """Give cameras: two that work, one of unknown direction, one that is broken; `edge` looks from west to east."""
    rows = {
        "camera_id": ["west", "edge", "turning", "broken"],
        "kind": ["fixed", "fixed", "fixed", "dome"],
        "height_m": [4.0, 4.0, np.nan, 4.0],
        "azimuth_deg": [0.0, 90.0, np.nan, 180.0],
        "fov_deg": [90.0, 90.0, 90.0, 360.0],
        "range_m": [60.0, 60.0, 60.0, 40.0],
        "status": ["in_service", "in_service", "", "broken"],
        "owner": "city",
    }
    points = [place(0.6, 0.5), place(1.9, 1.6), place(3.4, 3.4), place(3.4, 0.6)]
    return gpd.GeoDataFrame(rows, geometry=points, crs=WGS84)


def _frame(shapes: Sequence[shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, index=range(len(shapes)), geometry=shapes, crs=WGS84)


def fill_with_cameras(workspace: Workspace) -> None:
    """Put cameras, houses, roads, places, zones and incidents into a store, and the jurisdictions."""
    store = workspace.store
    west = shapely.union_all([square(row, column) for row in range(4) for column in (0, 1)])
    east = shapely.union_all([square(row, column) for row in range(4) for column in (2, 3)])
    town = shapely.union_all([west, east])
    store.replace_jurisdictions(
        _frame(
            [town, town, west, east],
            code=[DISTRICT, _SUBDISTRICT, WEST, EAST],
            level=["district", "subdistrict", "community", "community"],
            name=["区", "街道", "西社区", "东社区"],
            name_en=["District", "Town", "West", "East"],
            parent_code=["", DISTRICT, _SUBDISTRICT, _SUBDISTRICT],
        )
    )
    houses = [place(x, y).buffer(STEP / 8, cap_style="square") for x in (0.5, 1.5, 2.5, 3.5) for y in (0.8, 2.8)]
    houses_frame = _frame(
        houses, building_id=[f"h{i}" for i in range(len(houses))], kind="house", height_m=9.0, storeys=3
    )
    roads = [
        shapely.LineString([place(0, 0.5), place(4, 0.5)]),
        shapely.LineString([place(2, 0), place(2, 4)]),
        shapely.LineString([place(0, 3.3), place(4, 3.3)]),
    ]
    store.replace_layer("buildings", houses_frame)
    store.replace_layer(
        "roads",
        _frame(
            roads,
            road_id=["r1", "r2", "r3"],
            name=["一路", "二路", ""],
            name_en="",
            road_class=["trunk", "residential", "alley"],
        ),
    )
    store.replace_layer(
        "places", _frame([place(0.6, 0.75), place(3.5, 3.4)], place_id=["p1", "p2"], kind="school", name="", name_en="")
    )
    zone = place(1.2, 3.5).buffer(STEP / 4)
    store.replace_layer("exclusion_zones", _frame([zone], zone_id=["z1"], kind="no_view", name="", name_en=""))
    store.upsert_cameras(cameras())
    times = pd.to_datetime(["2026-05-01T08:00+08:00", "2026-05-02T20:00+08:00", "2026-06-01T09:00+08:00"], utc=True)
    incidents = {"source_id": ["i1", "i2", "i3"], "category": "0101", "occurred_at": times, "status": "open"}
    store.upsert_incidents(
        gpd.GeoDataFrame(incidents, geometry=[place(0.6, 0.65), place(2.2, 1.6), place(3.3, 3.4)], crs=WGS84)
    )


def found_camera_town(folder: Path, database_url: str | None = None) -> Workspace:
    """Make the workspace of the town, with an edition in force; the caller closes it."""
    workspace = Workspace.open(folder / "town", database_url)
    found_town(workspace, folder)
    fill_with_cameras(workspace)
    return workspace

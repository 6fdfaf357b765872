"""The town of `tests.coverage_town` with service centres, a police box and streets that end at its border."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from spatialgov.projection import WGS84
from spatialgov.workspace import Workspace
from tests.coverage_town import found_camera_town, place

__all__ = ["found_service_town", "service_places"]


def service_places() -> gpd.GeoDataFrame:
    """Give two service centres, in the west and the east, a police box, and two community centres."""
    rows = {
        "place_id": ["c-west", "c-east", "box", "h-west", "h-east"],
        "kind": ["service_centre", "service_centre", "police_station", "community_centre", "community_centre"],
        "name": ["西中心", "东中心", "派出所", "西社区中心", "东社区中心"],
        "name_en": ["West Centre", "East Centre", "Police", "West Community", "East Community"],
    }
    points = [place(0.6, 0.55), place(3.5, 3.35), place(2.05, 2.0), place(1.0, 3.35), place(3.0, 0.45)]
    return gpd.GeoDataFrame(rows, geometry=points, crs=WGS84)


def found_service_town(folder: Path) -> Workspace:
    """Make the workspace of the town, with an edition in force; the caller closes it."""
    workspace = found_camera_town(folder)
    workspace.store.replace_layer("places", service_places())
    roads = workspace.store.layer("roads")
    lane = shapely.LineString([place(3, 0.5), place(3, 3.3)])  # so that a junction lies in the east, too
    more = gpd.GeoDataFrame(
        {"road_id": ["r4"], "name": "", "name_en": "", "road_class": "residential"}, geometry=[lane], crs=WGS84
    )
    workspace.store.replace_layer("roads", gpd.GeoDataFrame(pd.concat([roads, more], ignore_index=True), crs=WGS84))
    return workspace

"""Stores to test on, and small frames of every kind to put into them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.store import Store


@pytest.fixture
def open_store(url: str) -> Iterator[Callable[[], Store]]:
    """Open the store of `url`, also more than once; all are closed at the end."""
    opened: list[Store] = []

    def open_another() -> Store:
        opened.append(Store.open(url))
        return opened[-1]

    yield open_another
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


@dataclass(frozen=True)
class Frames:
    """Small frames of every kind, with what makes storing hard: parts, missing values, quotes, order."""

    jurisdictions: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    layers: dict[str, gpd.GeoDataFrame]
    categories: pd.DataFrame
    incidents: gpd.GeoDataFrame
    cameras: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")


SQUARE = shapely.box(116.0, 33.0, 116.1, 33.1)
HOLED = shapely.Polygon(SQUARE.exterior, [shapely.box(116.02, 33.02, 116.03, 33.03).exterior])
PARTS = shapely.MultiPolygon([shapely.box(116.1, 33.0, 116.2, 33.1), shapely.box(116.3, 33.0, 116.4, 33.1)])
LINE = shapely.LineString([(116.0, 33.0), (116.1, 33.1), (116.123456789012345, 33.2)])
POINT = shapely.Point(116.05, 33.05)
POINT_2 = shapely.Point(116.150000000000006, 33.05)
C1, C2 = "999901001001", "999901001002"


@pytest.fixture
def frames() -> Frames:
    layers = {
        "buildings": frame(
            [HOLED, PARTS], building_id=["b2", "b1"], kind=["house", ""], height_m=[12.5, np.nan], storeys=[4.0, np.nan]
        ),
        "roads": frame([LINE], road_id=["r"], name=["人民路"], name_en=["Renmin Road"], road_class=["primary"]),
        "barriers": frame([LINE], barrier_id=["x"], kind=["river"], name=["河"], name_en=["River"], effect=["hard"]),
        "places": frame([POINT], place_id=["p"], kind=["school"], name=["一小"], name_en=["School 1"]),
        "exclusion_zones": frame([SQUARE], zone_id=["z"], kind=["no_view"], name=["z"], name_en=[""]),
        "addresses": frame([POINT], address_id=["a"], street=["人民路"], number=["1"], building=["2-3"]),
    }
    return Frames(
        jurisdictions=frame(
            [SQUARE, PARTS],
            code=["999901000000", C1],
            level=["district", "community"],
            name=["示例区", "社区"],
            name_en=["Sample", "Community"],
            parent_code=["", "999901001000"],
        ),
        units=frame(
            [PARTS, HOLED, SQUARE],
            unit_id=["u10", "u9", "u1"],
            kind=["residential", "market", "farmland"],
            households=[400, 0, 2**40],
            population=[1000, 0, 3],
            area_m2=[1.5, 1e6 / 3, 0.1],
            community_code=[C1, C2, None],
            tract=["一", "二", "三"],
        ),
        layers=layers,
        categories=pd.DataFrame({"code": ["0101", "0202"], "name": ["占道", "噪声"], "name_en": ["Stall", "Noise"]}),
        incidents=frame(
            [POINT, POINT_2, POINT],
            source_id=["s3", "s1", "s2"],
            category=["0101", "0202", "0101"],
            occurred_at=pd.to_datetime(
                [
                    "2026-01-01T00:00:00.123456+08:00",
                    "2026-02-01T00:00:00.000000+08:00",
                    "2026-03-01T00:00:00.000000+08:00",
                ]
            ),
            occurred_until=pd.to_datetime(["NaT", "2026-02-01T16:00:00+00:00", "NaT"], utc=True),
            time_precision=["exact", "day", "exact"],
            reported_at=pd.to_datetime(["2026-01-01T00:20:00+08:00", "NaT", "NaT"], utc=True),
            status=["open", "closed", "handled"],
            closed_at=pd.to_datetime(["NaT", "2026-02-02T03:04:05+00:00", "NaT"], utc=True),
            closed_level=["", "grid", ""],
            channel=["patrol", "dispatch", "public_report"],
            accuracy_m=[12.5, np.nan, 0.0],
            location_source=["given", "address", "given"],
        ),
        cameras=frame(
            [POINT, POINT_2],
            camera_id=["k2", "k1"],
            post_id=["m1", ""],
            gb_code=["34020000001320000001", ""],
            kind=["fixed", ""],
            height_m=[6.0, np.nan],
            azimuth_deg=[90.0, np.nan],
            azimuth_error_deg=[22.5, np.nan],
            fov_deg=[60.5, 360.0],
            tilt_deg=[10.5, np.nan],
            range_m=[80.0, np.nan],
            width_px=[1920.0, np.nan],
            status=["in_service", ""],
            owner=["traffic", ""],
        ),
        grids=frame(
            [PARTS, HOLED],
            code=[f"{C1}001", f"{C2}001"],
            name=["一格", "二格"],
            kind=["general", "dedicated"],
            parent_code=[C1, C2],
            households=[400, 0],
            population=[1000, 0],
            area_m2=[1.5, 2.5],
            n_units=[1, 1],
        ),
    )


@pytest.fixture
def add_plan(frames: Frames) -> Callable[[Store], int]:
    """Add a plan over `frames.units`, whose unit set is added with the first one."""

    def add(store: Store) -> int:
        if not store.unit_sets():
            store.add_unit_set(frames.units, name="units", datum="wgs84", source="units.gpkg")
        unit_set_id = store.unit_sets()[-1].id
        assignment = {"u10": f"{C1}001", "u9": f"{C2}001", "u1": None}
        return store.add_plan(name="plan", unit_set_id=unit_set_id, assignment=assignment, grids=frames.grids)

    return add

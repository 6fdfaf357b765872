"""A small made-up town: 24 grids in two communities, a river, a railway, roads, hot cells."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.incidents import HeatMap, HotSpots, heat_map, hot_spots
from spatialgov.projection import WGS84
from spatialgov_maps.context import Context

WEST, SOUTH, STEP = 116.0, 34.0, 0.004


@dataclass(frozen=True)
class Town:
    grids: gpd.GeoDataFrame
    heat: HeatMap
    spots: HotSpots
    context: Context


def corner(column: float, row: float) -> tuple[float, float]:
    """A corner of the pattern, bent so that no border is straight along a meridian."""
    return WEST + STEP * (column + 0.13 * np.sin(row * 2)), SOUTH + STEP * (row + 0.13 * np.cos(column * 2))


def _grids() -> gpd.GeoDataFrame:
    shapes: list[shapely.Polygon] = []
    rows: list[dict[str, object]] = []
    for column in range(6):
        for row in range(4):
            ring = [corner(column, row), corner(column + 1, row), corner(column + 1, row + 1), corner(column, row + 1)]
            shapes.append(shapely.Polygon(ring))
            parent = f"99010100{1 if column < 3 else 2:d}001"
            number = len(rows) % 12 + 1
            rows.append(
                {
                    "code": f"{parent}{number:03d}",
                    "name": f"第{number}网格",
                    "kind": "dedicated" if len(rows) == 7 else "general",
                    "parent_code": parent,
                    "households": 250 + 37 * (len(rows) % 9),
                    "population": 700 + 90 * (len(rows) % 9),
                    "area_m2": 160_000.0,
                    "n_units": 12,
                }
            )
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=WGS84)


def _context(grids: gpd.GeoDataFrame) -> Context:
    parents = grids.dissolve("parent_code").reset_index()[["parent_code", "geometry"]]
    jurisdictions = parents.rename(columns={"parent_code": "code"}).assign(
        level="community", name=["河东社区", "河西社区"], name_en=["Hedong", "Hexi"]
    )
    line = shapely.LineString
    barriers = gpd.GeoDataFrame(
        {"kind": ["river", "railway"]},
        geometry=[line([corner(3, y) for y in range(5)]), line([corner(x, 1) for x in range(7)])],
        crs=WGS84,
    )
    roads = gpd.GeoDataFrame(
        {"road_class": ["trunk", "residential"]},
        geometry=[line([corner(x, 2) for x in range(7)]), line([corner(1, y) for y in range(5)])],
        crs=WGS84,
    )
    return Context(jurisdictions, roads, barriers, source="Made-up town")


@pytest.fixture(scope="session")
def town() -> Town:
    grids = _grids()
    random = np.random.default_rng(1)
    spread = random.uniform([WEST, SOUTH], [WEST + 6 * STEP, SOUTH + 4 * STEP], (600, 2))
    gathered = random.normal(corner(4.5, 2.5), STEP / 6, (500, 2))
    points = gpd.GeoDataFrame(geometry=shapely.points(np.vstack([spread, gathered])), crs=WGS84)
    boundary = grids.geometry.union_all()
    return Town(grids, heat_map(points, 10), hot_spots(points, boundary), _context(grids))

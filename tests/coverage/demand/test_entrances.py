from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.coverage.demand.entrances import compounds_of, entrances_of
from tests.coverage_cases import PLANE


def plane(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, index=range(len(shapes)), geometry=shapes, crs=PLANE)


STREET = shapely.LineString([(-50, 0), (250, 0)])


def test_units_are_joined_where_no_street_runs() -> None:
    units = plane(
        [shapely.box(100 * i, 0, 100 * (i + 1), 100) for i in range(5)],
        unit_id=["u0", "u1", "u2", "u3", "u4"],
        kind=["residential", "residential", "residential", "campus", "farmland"],
    )
    roads = plane(
        [shapely.LineString([(100, 0), (100, 100)]), shapely.LineString([(200, 0), (200, 100)])],
        road_class=["alley", "residential"],
    )
    compounds = compounds_of(units, roads)
    assert compounds["compound_id"].tolist() == ["u0", "u2", "u3"]
    assert compounds["units"].tolist() == [2, 1, 1]
    assert compounds["kind"].tolist() == ["residential", "residential", "campus"]
    assert shapely.area(compounds.geometry).tolist() == [20_000, 10_000, 10_000]


def test_a_road_that_crosses_is_an_entrance_and_one_along_is_not() -> None:
    perimeter = np.array([shapely.box(0, 0, 100, 100)])
    through = shapely.LineString([(50, -20), (50, 120)])
    inner = shapely.LineString([(0, 70), (30, 70)])
    gates = entrances_of(perimeter, plane([STREET, through, inner], road_class=["primary", "alley", "alley"]))
    assert gates[["x_m", "y_m"]].to_numpy() == pytest.approx(np.array([[0, 70], [50, 0], [50, 100]]))
    assert gates["perimeter"].tolist() == [0, 0, 0]
    assert not gates["assumed"].any()


def test_carriageways_beside_each_other_are_one_entrance() -> None:
    lanes = [shapely.LineString([(x, -20), (x, 50)]) for x in (40, 44, 48, 80)]
    gates = entrances_of(np.array([shapely.box(0, 0, 100, 100)]), plane(lanes, road_class="alley"))
    assert gates[["x_m", "y_m"]].to_numpy() == pytest.approx(np.array([[40, 0], [80, 0]]))


def test_where_no_road_crosses_a_gate_on_the_greatest_street_is_assumed() -> None:
    perimeters = np.array([shapely.box(0, 0, 100, 100), shapely.box(0, 300, 100, 400)])
    roads = plane([shapely.LineString([(100, 0), (100, 100)]), STREET], road_class=["residential", "primary"])
    gates = entrances_of(perimeters, roads)
    assert gates["assumed"].tolist() == [True, True]
    assert gates[["x_m", "y_m"]].to_numpy() == pytest.approx(np.array([[50, 0], [100, 300]]), abs=0.01)


def test_without_roads_no_entrance_is_known() -> None:
    assert entrances_of(np.array([shapely.box(0, 0, 1, 1)]), plane([], road_class=[])).empty
    assert entrances_of(np.empty(0, dtype=object), plane([STREET], road_class=["trunk"])).empty

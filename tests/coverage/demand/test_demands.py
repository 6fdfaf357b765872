import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.coverage import Demands
from spatialgov.errors import InputError
from tests.coverage_cases import MIDDLE, areas_of, demands_of, frame_of

GRIDS = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]


def road_m(found: Demands) -> list[float]:
    length = np.diff(found.roads.cuts)
    return [float(length[found.roads.area == area].sum()) for area in range(-1, len(found.ground))]


def test_ground_is_less_buildings_and_what_nobody_may_look_at() -> None:
    zones = frame_of(
        [shapely.box(60, 0, 100, 50), shapely.box(100, 0, 150, 100), shapely.box(150, 0, 200, 100)],
        kind=["no_view", "no_install", "consent"],
    )
    houses = frame_of([shapely.box(0, 50, 150, 100), shapely.box(0, 60, 20, 80)], building_id=["h1", "h2"])
    found = demands_of(areas_of(*GRIDS), buildings=houses, zones=zones)
    assert shapely.area(found.ground) == pytest.approx([3_000, 7_500], rel=1e-6)
    assert shapely.area(found.outline) == pytest.approx([8_000, 10_000], rel=1e-6)
    assert len(found.points) == 0
    assert found.left_out == {}


def test_roads_on_the_border_count_once_and_those_in_houses_and_zones_not() -> None:
    roads = frame_of(
        [
            shapely.LineString([(100, 0), (100, 100)]),
            shapely.LineString([(10, 10), (190, 10)]),
            shapely.LineString([(150, 50), (260, 50)]),
            shapely.Point(5, 5),
        ],
        road_id=["border", "through", "out", "none"],
        name="",
        road_class=["primary", "alley", "alley", "alley"],
    )
    houses = frame_of([shapely.box(20, 0, 40, 20)], building_id=["h"])
    zones = frame_of([shapely.box(120, 0, 130, 20)], kind=["no_view"])
    found = demands_of(areas_of(*GRIDS), roads=roads, buildings=houses, zones=zones)
    # outside 60, house 20, zone 10; the first grid has the border and 70 m, the other 80 and 50 m
    assert road_m(found) == pytest.approx([90, 170, 130], rel=1e-6)
    assert found.roads.table["road_id"].tolist() == ["border", "through", "out"]


def test_the_street_along_a_zone_is_none_of_it() -> None:
    zones = frame_of([shapely.box(0, 0, 50, 100)], kind=["no_view"])
    roads = frame_of([shapely.LineString([(50, 0), (50, 100)])], road_id=["r"], name="", road_class="alley")
    incidents = frame_of([shapely.Point(50, 20), shapely.Point(49, 20)], category="0101",
                         occurred_at=pd.Timestamp("2026-05-01T16:30:00Z"))  # fmt: skip
    found = demands_of(areas_of(*GRIDS), roads=roads, zones=zones, incidents=incidents)
    assert road_m(found) == pytest.approx([0, 100, 0], rel=1e-6)
    assert found.left_out == {"incident": 1}


def test_key_places_are_looked_for_at_their_entrances() -> None:
    units = frame_of([shapely.box(0, 0, 50, 50)], unit_id=["u"], kind=["campus"], population=[0])
    roads = frame_of(
        [shapely.LineString([(20, -5), (20, 20)]), shapely.LineString([(-5, 30), (20, 30)])],
        road_id=["r1", "r2"], name="", road_class="alley",
    )  # fmt: skip
    houses = frame_of([shapely.box(120, 40, 140, 60)], building_id=["clinic"])
    places = frame_of(
        [shapely.Point(25, 25), shapely.Point(130, 50), shapely.Point(180, 90), shapely.Point(900, 0)],
        place_id=["school", "clinic", "stop", "far"],
        kind=["school", "hospital", "station", "station"],
    )
    found = demands_of(areas_of(*GRIDS), places=places, units=units, roads=roads, buildings=houses)
    points = found.points.set_index("item")
    assert points.index.tolist() == ["school", "school", "clinic", "stop"]
    assert points["amount"].tolist() == [0.5, 0.5, 1, 1]
    assert points["class"].tolist() == ["school", "school", "hospital", "station"]
    where = points[["x_m", "y_m"]].to_numpy() - MIDDLE
    # The clinic's door is on the facade towards the roads, a little before it.
    assert where == pytest.approx(np.array([[0, 30], [20, 0], [119.8, 40], [180, 90]]), abs=0.3)
    assert where[2, 0] < 120
    assert found.left_out == {"place": 1}


def test_people_are_at_the_fronts_of_their_houses() -> None:
    units = frame_of(
        [shapely.box(0, 0, 100, 50), shapely.box(0, 50, 100, 100), shapely.box(100, 0, 200, 100)],
        unit_id=["built", "empty", "nobody"], kind=["residential", "village", "park"], population=[300, 40, 0],
    )  # fmt: skip
    houses = frame_of(
        [shapely.box(10, 10, 20, 20), shapely.box(40, 10, 50, 20), shapely.box(70, 10, 90, 20)],
        building_id=["low", "high", "shop"], kind=["house", "residential", "commercial"], storeys=[1, 2, 1],
    )  # fmt: skip
    road = frame_of([shapely.LineString([(0, 0), (100, 0)])], road_id=["r"], name="", road_class="residential")
    points = demands_of(areas_of(*GRIDS), units=units, buildings=houses, roads=road).points
    assert points["item"].tolist() == ["built", "built", "empty"]
    assert points["amount"].tolist() == pytest.approx([100, 200, 40])
    where = points[["x_m", "y_m"]].to_numpy() - MIDDLE
    assert where[:2, 1] == pytest.approx(9.8, abs=0.1)
    assert where[2] == pytest.approx([50, 75])


def test_incidents_with_the_hour_on_the_clock() -> None:
    times = pd.to_datetime(["2026-05-01T16:30:00Z", "2026-05-01T23:10:00Z", "2026-05-02T00:00:00Z"])
    until = [pd.Timestamp("2026-05-01T17:00:00Z"), pd.Timestamp("2026-05-02T03:00:00Z"), pd.NaT]
    incidents = frame_of(
        [shapely.Point(10, 10), shapely.Point(110, 10), shapely.Point(100, 50)],
        category=["0101", "0101", "0502"], occurred_at=times, occurred_until=until,
    )  # fmt: skip
    points = demands_of(areas_of(*GRIDS), incidents=incidents, timezone="Asia/Shanghai").points
    assert points["hour"].tolist() == [0, -1, 8]
    assert points["area"].tolist() == [0, 1, 0]
    with pytest.raises(InputError, match="Nowhere"):
        demands_of(areas_of(*GRIDS), incidents=incidents, timezone="Nowhere/At_all")


def test_what_lies_in_a_house_is_looked_for_before_its_wall() -> None:
    houses = frame_of([shapely.box(20, 20, 60, 60), shapely.box(60, 20, 80, 60)], building_id=["h1", "h2"])
    incidents = frame_of(
        [shapely.Point(25, 40), shapely.Point(40, 20), shapely.Point(20, 20), shapely.Point(5, 5)],
        category="0101", occurred_at=pd.Timestamp("2026-05-01T16:30:00Z"),
    )  # fmt: skip
    points = demands_of(areas_of(*GRIDS), incidents=incidents, buildings=houses).points
    where = points[["x_m", "y_m"]].to_numpy() - MIDDLE
    diagonal = 20 - 0.2 * np.sqrt(0.5)
    assert where == pytest.approx(np.array([[19.8, 40], [40, 19.8], [diagonal, diagonal], [5, 5]]), abs=1e-4)


def test_all_that_should_be_seen_weighs_a_thousand() -> None:
    incidents = frame_of([shapely.Point(10, 10)] * 4, category="0101", occurred_at=pd.Timestamp("2026-05-01T16:30Z"))
    road = frame_of([shapely.LineString([(0, 0), (100, 0)])], road_id=["r"], name="", road_class="alley")
    found = demands_of(areas_of(*GRIDS), incidents=incidents, roads=road)
    alike = found.unit_weights()
    assert alike["ground"] * 20_000 == pytest.approx(1000 / 3, rel=1e-6)
    assert alike["road"] * 100 == pytest.approx(1000 / 3, rel=1e-6)
    assert alike["incident"] * 4 == pytest.approx(1000 / 3)
    assert alike["place"] == alike["population"] == 0
    chosen = found.unit_weights({"road": 1, "incident": 3, "place": 5})
    assert chosen["ground"] == 0
    assert chosen["incident"] * 4 == pytest.approx(750)
    for wrong in ({"roads": 1.0}, {"road": -1.0}, {"road": float("nan")}):
        with pytest.raises(InputError, match="ground"):
            found.unit_weights(wrong)


def test_an_area_that_is_no_polygon() -> None:
    with pytest.raises(InputError, match="row 2"):
        demands_of(areas_of(GRIDS[0], shapely.Point(0, 0)))

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import Candidates, Device, Sight, candidates, see, views_of
from spatialgov.coverage.remedies.candidates import BRACKET_M, KERB_M, ONE_PLACE_M
from spatialgov.errors import InputError
from tests.coverage_cases import MIDDLE, PLANE, cameras_of, frame_of

CROSS = frame_of(
    [shapely.LineString([(-200, 0), (0, 0), (200, 0)]), shapely.LineString([(0, -200), (0, 0), (0, 200)])],
    road_id=["east", "north"], road_class=["secondary", "residential"],
)  # fmt: skip
HOUSES = [shapely.box(20, 12, 60, 32), shapely.box(-60, -32, -20, -12)]


def looked(*cameras: dict[str, Any], houses: Any = HOUSES) -> Sight:
    return see(views_of(cameras_of(*cameras)), frame_of(houses) if len(houses) else None, crs=PLANE)


def at(found: Candidates, support: str) -> Any:
    """Places of one kind, in the metres of the town."""
    places = found.places[found.places["support"] == support]
    return places.assign(x=places["x_m"] - MIDDLE[0], y=places["y_m"] - MIDDLE[1])


def test_places_at_a_crossroads_by_hand() -> None:
    found = candidates(looked({"at": (100.0, 9.0), "azimuth_deg": 30.0, "height_m": 5.0}), CROSS)
    (post,) = at(found, "post").itertuples()
    assert (post.x, post.y) == (pytest.approx(100), pytest.approx(9))
    assert (post.on, post.post, post.height_m) == ("c0", 0, 5.0)
    # In a right angle the corner lies a kerb of the wider road off both: nowhere on a carriageway.
    (junction,) = at(found, "junction").itertuples()
    assert (abs(junction.x), abs(junction.y)) == (pytest.approx(8), pytest.approx(8))
    poles = at(found, "pole")
    kerb = poles["on"].map({"east": KERB_M["secondary"], "north": KERB_M["residential"]})
    assert np.where(poles["on"] == "east", poles["y"].abs(), poles["x"].abs()) == pytest.approx(kerb.to_numpy())
    assert set(poles["on"]) == {"east", "north"}
    assert (poles["post"] == -1).all()
    # 120 m of wall 40 m apart, of which only what lies 15 m from a road.
    facades = at(found, "facade")
    assert len(facades)
    walls = shapely.union_all(shapely.boundary(HOUSES))
    assert shapely.distance(walls, shapely.points(facades[["x", "y"]])) == pytest.approx(BRACKET_M, abs=1e-3)
    assert np.minimum(facades["x"].abs(), facades["y"].abs()).max() < 15 + BRACKET_M
    assert found.places["place_id"].is_unique


def test_a_place_has_eight_directions_and_a_facade_those_before_it() -> None:
    found = candidates(looked(), CROSS)
    assert np.all(np.diff(found.place) >= 0)
    counts: Any = pd.Series(found.place).groupby(found.places["support"].to_numpy()[found.place]).value_counts()
    assert set(counts["pole"]) == set(counts["junction"]) == {8}
    assert set(counts["facade"]) == {5}
    east = found.places.index[found.places["on"] == "east"].intersection(at(found, "pole").index)[0]
    assert sorted(found.azimuth_deg[found.place == east]) == pytest.approx(
        [0, 45, 90, 135, 180, 225, 270, 315], abs=1e-6
    )
    for place in at(found, "facade").itertuples():
        solid = HOUSES[0] if place.x > 0 else HOUSES[1]
        for azimuth in np.radians(found.azimuth_deg[found.place == place.Index]):
            look = shapely.Point(place.x + np.sin(azimuth), place.y + np.cos(azimuth))
            assert not solid.contains(look)
    all_round = candidates(looked(), CROSS, device=Device("panoramic", 360.0))
    assert len(all_round) == len(all_round.places)


def test_a_device_reaches_as_far_as_its_class_and_begins_beyond_its_mast() -> None:
    for needed, range_m in (("detect", 50.0), ("recognise", 1920 / (2 * np.tan(np.radians(35)) * 125))):
        sight = see(views_of(cameras_of({}), needed=needed), None, crs=PLANE)
        found = candidates(sight, CROSS)
        assert found.needed == needed
        assert found.places["range_m"].to_numpy() == pytest.approx(range_m)
        assert (found.places["near_m"] > 0).all()
    (high,), (low,) = (set(at(found, kind)["near_m"]) for kind in ("pole", "post"))
    assert high > low


ZONES = st.lists(st.tuples(*[st.floats(-180, 180)] * 2, *[st.floats(5, 150)] * 2), min_size=1, max_size=3)


@settings(max_examples=25, deadline=None)
@given(ZONES, st.floats(7, 90), st.floats(7, 90))
def test_no_candidate_stands_where_none_may(boxes: Any, pole_m: float, facade_m: float) -> None:
    shapes = [shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes]
    zones = frame_of(shapes, zone_id=[f"Z{i}" for i in range(len(shapes))], kind="no_install")
    sight = looked({"at": (100.0, 9.0)})
    found = candidates(sight, CROSS, zones, pole_spacing_m=pole_m, facade_spacing_m=facade_m)
    points = np.asarray(shapely.points(found.places[["x_m", "y_m"]] - MIDDLE))
    # Borders go through degrees and back.
    assert not shapely.intersects(points, shapely.union_all(shapely.buffer(shapes, -1e-3))).any()
    assert (sight.obstacles.solid_at(*found.places[["x_m", "y_m"]].to_numpy().T) < 0).all()
    new = found.places["support"].isin(["pole", "junction"]).to_numpy()
    assert (shapely.distance(points[new], shapely.LineString([(-200, 0), (200, 0)])) > 7.4).all()
    assert (shapely.distance(points[new], shapely.LineString([(0, -200), (0, 200)])) > 3.4).all()
    kinds = found.places["support"].to_numpy()
    apart = kinds[:, None] != kinds
    assert shapely.distance(points[:, None], points)[apart].min(initial=np.inf) >= ONE_PLACE_M - 1e-6


def test_consent_is_flagged_and_the_area_limits() -> None:
    zones = frame_of([shapely.box(0, 0, 300, 300)], zone_id=["Z1"], kind=["consent"])
    found = candidates(looked(), CROSS, zones)
    inside = (found.places["x_m"] >= MIDDLE[0]) & (found.places["y_m"] >= MIDDLE[1])
    assert 0 < inside.sum() < len(inside)
    assert found.places["consent"].tolist() == np.where(inside, "Z1", "").tolist()
    area = frame_of([shapely.box(-300, -300, 0, 0)])
    there = candidates(looked(), CROSS, zones, area=area)
    assert 0 < len(there.places) < len(found.places)
    assert (there.places["consent"] == "").all()
    assert there.left_out["outside"] > 0


def test_without_roads_there_are_posts_and_facades() -> None:
    found = candidates(looked({"at": (100.0, 9.0)}), None)
    assert set(found.places["support"]) == {"post", "facade"}
    bare = candidates(looked(houses=[]), CROSS.iloc[:0])
    assert (len(bare.places), len(bare)) == (0, 0)


def test_a_pole_goes_to_the_other_side_of_the_road_where_a_house_is_in_the_way() -> None:
    road = frame_of([shapely.LineString([(0, 0), (200, 0)])], road_id=["r"], road_class=["residential"])
    row = [shapely.box(-10, 2, 210, 12)]
    found = candidates(looked(houses=row), road, pole_spacing_m=50)
    poles = at(found, "pole")
    assert len(poles) == 4
    assert poles["y"].to_numpy() == pytest.approx([-4.0] * 4)


def test_a_class_of_road_that_is_not_known_has_a_kerb_all_the_same() -> None:
    road = frame_of([shapely.LineString([(0, 0), (200, 0)])], road_id=["r"], road_class=["motorway"])
    assert at(candidates(looked(houses=[]), road), "pole")["y"].abs().to_numpy() == pytest.approx(4.0)


def test_an_existing_post_inside_a_building_keeps_its_place() -> None:
    cameras: Any = cameras_of({"at": (40.0, 14.0), "height_m": 4.0})
    sight = see(views_of(cameras), frame_of(HOUSES, height_m=[20.0, 20.0]), crs=PLANE)
    (post,) = at(candidates(sight, CROSS), "post").itertuples()
    assert post.y < 12
    assert (post.lon, post.lat) == (cameras.geometry[0].x, cameras.geometry[0].y)
    on_roof = see(views_of(cameras.assign(height_m=30.0)), frame_of(HOUSES, height_m=[20.0, 20.0]), crs=PLANE)
    assert on_roof.rooftop.tolist() == [True]
    assert not len(at(candidates(on_roof, CROSS), "post"))


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"pole_spacing_m": 0.0}, "spacing"),
        ({"facade_spacing_m": float("nan")}, "spacing"),
        ({"pole_spacing_m": -5.0}, "spacing"),
    ],
)
def test_a_spacing_that_is_none(wrong: dict[str, float], what: str) -> None:
    with pytest.raises(InputError, match=what):
        candidates(looked(), CROSS, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"kind": "drone"}, {"fov_deg": 0.0}, {"fov_deg": 400.0}, {"range_m": None, "width_px": None}]
)
def test_a_device_that_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError) as error:
        Device(**wrong)
    assert error.value.remedy

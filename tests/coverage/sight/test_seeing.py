from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely

from spatialgov.coverage import Sight, isovists, sectors, see, sight_faults, views_of, visible_ground
from spatialgov.coverage.sight.seeing import FACADE_GAP_M
from spatialgov.errors import TimeLimitError
from spatialgov.projection import metric_crs
from spatialgov.time_limit import time_limit

PLANE = metric_crs(117.0, 34.0)
X_M, Y_M = 500_000.0, 3_764_000.0
"""A place on the central meridian, in the metres of PLANE."""
LAYERS = ("certain", "usual", "possible", "low_class", "turning")


def cameras_at(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Cameras with all figures known; flat lenses look level, so that the dead zone is known too."""
    usual = {
        "post_id": "", "kind": "fixed", "height_m": 4.0, "azimuth_deg": 0.0, "fov_deg": 90.0, "tilt_deg": np.nan,
        "range_m": 50.0, "width_px": np.nan, "status": "in_service", "x": 0.0, "y": 0.0,
    }  # fmt: skip
    table = gpd.GeoDataFrame([{"camera_id": f"c{i}", **usual, **row} for i, row in enumerate(rows)])
    points = gpd.points_from_xy(X_M + table["x"], Y_M + table["y"], crs=PLANE)
    return table.drop(columns=["x", "y"]).set_geometry(points).to_crs(4326)


def frame_of(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=PLANE).translate(X_M, Y_M)).to_crs(4326)


def sight_of(*rows: dict[str, Any], buildings: gpd.GeoDataFrame | None = None) -> Sight:
    return see(views_of(cameras_at(*rows)), buildings, crs=PLANE)


def here(shapes: Any) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.transform(np.asarray(shapes), lambda points: points - (X_M, Y_M)))


def test_a_camera_that_lacks_nothing_sees_the_same_for_certain_and_at_most() -> None:
    sight = sight_of({})
    near_m = sight.views.table["near_m"].iloc[0]
    assert near_m > 0
    expected = np.pi / 4 * (50**2 - near_m**2)
    for name in ("certain", "usual", "possible"):
        assert shapely.area(getattr(sight, name)).tolist() == pytest.approx([expected], rel=1e-4), name
    assert shapely.is_empty(sight.low_class).all()
    assert shapely.is_empty(sight.turning).all()


def test_the_dead_zone_under_the_mast_is_not_seen() -> None:
    wall = frame_of(shapely.box(-60, 20, 60, 25))
    sight = sight_of({}, buildings=wall)
    near_m = sight.views.table["near_m"].iloc[0]
    assert sight.usual[0].area == pytest.approx(400 - np.pi / 4 * near_m**2, rel=1e-4)
    assert sight.usual[0].distance(shapely.Point(X_M, Y_M)) == pytest.approx(near_m, rel=1e-2)
    # A wall nearer than the dead zone hides all.
    assert sight_of({}, buildings=frame_of(shapely.box(-60, 1, 60, 5))).possible[0].is_empty


def test_least_usual_and_most_lie_in_each_other() -> None:
    houses = frame_of(shapely.box(-30, 20, -10, 30), shapely.box(5, 35, 40, 60), shapely.box(25, 5, 30, 10))
    unknown = {"fov_deg": np.nan, "range_m": np.nan}
    sight = sight_of({**unknown}, {**unknown, "azimuth_deg": 45.0}, {"fov_deg": np.nan}, buildings=houses)
    areas = np.array([shapely.area(getattr(sight, name)) for name in ("certain", "usual", "possible")])
    assert (areas > 0).all()
    assert (np.diff(areas[:, :2], axis=0) > 0).all()
    for narrow, wide in (("certain", "usual"), ("usual", "possible")):
        out = shapely.area(shapely.difference(getattr(sight, narrow), getattr(sight, wide)))
        assert (out < 1e-6).all()
    for name in LAYERS:
        assert shapely.is_valid(getattr(sight, name)).all()


def test_nothing_is_seen_for_certain_without_a_direction() -> None:
    sight = sight_of({"azimuth_deg": np.nan}, {"azimuth_deg": np.nan, "fov_deg": 360.0})
    assert shapely.is_empty(sight.certain).tolist() == [True, False]
    assert shapely.is_empty(sight.usual).tolist() == [True, False]
    near_m = sight.views.table["near_m"].tolist()
    discs = [np.pi * (2500 - near**2) for near in near_m]
    assert shapely.area(sight.possible).tolist() == pytest.approx(discs, rel=1e-3)


def test_what_is_in_sight_but_too_far_for_the_class() -> None:
    wall = frame_of(shapely.box(10, 30, 60, 35))
    cameras = cameras_at({"fov_deg": 60.0, "range_m": 60.0})
    near, far = (see(views_of(cameras, needed=name), wall, crs=PLANE) for name in ("observe", "detect"))
    assert far.low_class[0].is_empty
    assert near.low_class[0].area > 100
    assert near.low_class[0].intersection(near.possible[0]).area < 1e-6
    together = near.low_class[0].union(near.possible[0])
    assert together.symmetric_difference(far.possible[0]).area < 1e-4 * together.area


def test_a_ptz_camera_could_turn_to_the_rest_of_its_disc() -> None:
    wall = frame_of(shapely.box(-60, -30, 60, -20))
    sight = sight_of({"kind": "ptz"}, {"kind": "ptz", "azimuth_deg": np.nan}, {}, buildings=wall)
    assert shapely.is_empty(sight.turning).tolist() == [False, False, True]
    disc = isovists(0, 0, 50, 0, 360, gpd.GeoSeries([shapely.box(-60, -30, 60, -20)]))[0]
    both = shapely.union(sight.turning, sight.possible)
    assert shapely.area(both[:2]).tolist() == pytest.approx([disc.area] * 2, rel=1e-6)
    assert (shapely.area(shapely.intersection(sight.turning, sight.possible)) < 1e-6).all()


def test_a_camera_inside_a_footprint_hangs_on_the_nearest_facade() -> None:
    house = frame_of(shapely.box(-10, -10, 10, 10))
    rows = ({"y": 7.0}, {"y": 7.0, "azimuth_deg": 180.0}, {"y": 12.0})
    sight = sight_of(*rows, buildings=house)
    assert sight.snapped_m.tolist() == pytest.approx([3 + FACADE_GAP_M] * 2 + [0], abs=1e-6)
    at_the_facade = sight_of({"y": 10 + FACADE_GAP_M}, buildings=house)
    assert sight.usual[0].area == pytest.approx(at_the_facade.usual[0].area, rel=1e-6)
    assert sight.usual[1].is_empty  # it faces its own wall
    faults = sight_faults(sight)
    assert [(f.item, f.kind, f.severity) for f in faults] == [
        ("c0", "inside_building", "warning"),
        ("c1", "inside_building", "warning"),
        ("c1", "sees_nothing", "warning"),
    ]
    assert (faults[0].lon, faults[0].lat) == pytest.approx(
        tuple(cameras_at(*rows).geometry.iloc[0].coords[0]), abs=1e-9
    )


def test_a_facade_on_an_alley_narrower_than_the_gap() -> None:
    houses = frame_of(shapely.box(-10, -10, 10, 10), shapely.box(-10, 10.03, 10, 30))
    sight = sight_of({"y": 9.0, "fov_deg": 360.0, "kind": "panoramic"}, buildings=houses)
    assert sight.snapped_m[0] == pytest.approx(1.0, abs=1e-6)
    # the alley of 20 m, and what its two ends let through
    assert 0.6 < sight.usual[0].area < 10


def test_a_camera_deep_in_a_solid_block_of_many_houses() -> None:
    block = [shapely.box(i, j, i + 10.5, j + 10.5) for i in range(-40, 40, 10) for j in range(-40, 40, 10)]
    sight = sight_of({"x": 5.0, "y": 3.0, "azimuth_deg": 90.0}, buildings=frame_of(*block))
    assert sight.snapped_m[0] == pytest.approx(35.5 + FACADE_GAP_M)
    assert sight.usual[0].area > 500


def test_a_camera_on_a_roof_looks_over_what_is_lower() -> None:
    shapes = (shapely.box(-10, -10, 10, 10), shapely.box(-10, 20, 10, 30), shapely.box(20, -10, 30, 10))
    around = {"fov_deg": 360.0, "range_m": 100.0, "kind": "panoramic"}
    rows = ({**around, "height_m": 24.0}, {**around, "height_m": 11.0}, {**around, "height_m": 24.0, "x": 25.0})
    sight = sight_of(*rows, buildings=frame_of(*shapes, height_m=[12.0, 12.0, np.nan]))
    # The second hangs lower than its roof, the third stands on one of unknown height.
    assert sight.rooftop.tolist() == [True, False, False]
    assert (sight.snapped_m > 0).tolist() == [False, True, True]
    ground = here(sight.usual[:1])[0]
    # From 24 m over roofs of 12 m every shadow is as long again as the way to the wall that throws it.
    assert ground.intersects(shapely.Point(0, -20.5))
    assert not ground.intersects(shapely.Point(0, -19.5))
    assert ground.intersects(shapely.Point(0, 60.5))
    assert not ground.intersects(shapely.Point(0, 59.5))
    assert not ground.intersects(shapely.Point(99, 0))  # nobody knows how high that one is


def test_only_the_tallest_of_the_roofs_below_counts() -> None:
    shapes = (shapely.box(-10, -10, 10, 10), shapely.box(-2, -2, 2, 2))
    tower = frame_of(*shapes, height_m=[12.0, 30.0])
    rows = ({"height_m": 31.0, "x": 1.0}, {"height_m": 29.0, "x": 1.0}, {"height_m": 29.0, "x": 5.0})
    assert sight_of(*rows, buildings=tower).rooftop.tolist() == [True, False, True]


def test_moving_one_camera_is_the_same_as_looking_again(town: npt.NDArray[np.object_]) -> None:
    west, south = shapely.total_bounds(town)[:2]
    houses = frame_of(*shapely.transform(town, lambda points: points - (west, south)), height_m=[12.0] * len(town))
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = [
        {"x": x, "y": y, "azimuth_deg": z, "kind": kind, "height_m": h}
        for x, y, z, kind, h in zip(
            *rng.uniform(0, 360, (3, 40)), rng.choice(["fixed", "ptz"], 40), rng.choice([4.0, 20.0], 40), strict=True
        )
    ]
    before = sight_of(*rows, buildings=houses)
    rows[7] |= {"x": rows[7]["x"] + 30, "azimuth_deg": 10.0}
    rows[9]["status"] = "broken"
    rows.append({"x": 100.0, "y": 100.0, "kind": "ptz"})
    after = before.moved([7], views_of(cameras_at(*rows)))
    again = sight_of(*rows, buildings=houses)
    for name in ("x_m", "y_m", "snapped_m", "rooftop"):
        assert np.array_equal(getattr(after, name), getattr(again, name)), name
    for name in LAYERS:
        assert shapely.equals_exact(getattr(after, name), getattr(again, name), 0).all(), name
    assert after.usual[5] is before.usual[5]
    assert len(before.usual) == 40
    assert not after.views.table["working"].iloc[9]


def test_four_thousand_cameras_at_one_point() -> None:
    rows = [{"azimuth_deg": float(i % 360)} for i in range(4000)]
    sight = sight_of(*rows, buildings=frame_of(shapely.box(-60, 20, 60, 25)))
    assert sight.usual[0] is sight.usual[360]
    assert [(f.kind, f.item) for f in sight_faults(sight)] == [("crowded_point", "c0")]
    assert "4,000" in sight_faults(sight)[0].message


def test_odd_figures_and_places() -> None:
    bow_tie = shapely.Polygon([(5, 20), (9, 24), (9, 20), (5, 24)])
    houses = frame_of(bow_tie, shapely.box(-60, 60, 60, 65), shapely.Polygon(), building_id=["b1", "", "b3"])
    rows = (
        {"range_m": 0.0}, {"range_m": 10_000.0}, {"azimuth_deg": 725.0}, {"azimuth_deg": 5.0}, {"x": 5_000.0},
        {"fov_deg": 0.0},
    )  # fmt: skip
    sight = sight_of(*rows, buildings=houses)
    assert shapely.is_empty(sight.possible).tolist() == [True, False, False, False, False, True]
    assert sight.usual[2] is sight.usual[3]
    assert [(f.kind, f.item, f.row) for f in sight_faults(sight)] == [
        ("no_building_near", "c4", None), ("sees_nothing", "c0", None), ("sees_nothing", "c5", None),
        ("crossing_rings", "b1", 1),
    ]  # fmt: skip


def test_no_cameras_and_no_buildings() -> None:
    none = cameras_at({}).iloc[:0]
    for buildings in (None, frame_of(), frame_of(shapely.box(0, 0, 1, 1))):
        sight = see(views_of(none), buildings)
        assert visible_ground(sight).empty
        assert sectors(sight).empty
        assert sight_faults(sight) == []
    assert sight_of({}).usual[0].area > 1_000


def test_a_camera_far_off_does_not_spoil_the_others() -> None:
    house = frame_of(shapely.box(-60, 20, 60, 25))
    near = cameras_at({}, {"azimuth_deg": 30.0}, {"azimuth_deg": 60.0})
    stray = near.iloc[:1].assign(camera_id="s").set_geometry([shapely.Point(-62.9, -34.0)], crs=4326)
    both = see(views_of(gpd.GeoDataFrame(gpd.pd.concat([near, stray], ignore_index=True))), house)
    alone = see(views_of(near), house)
    assert shapely.area(both.usual[:3]).tolist() == pytest.approx(shapely.area(alone.usual).tolist(), rel=1e-9)
    assert [(f.kind, f.item) for f in sight_faults(both)] == [("no_building_near", "s")]


def test_the_deadline_stops_the_looking() -> None:
    with time_limit(0.0), pytest.raises(TimeLimitError):
        sight_of({})


def test_frames_for_maps() -> None:
    wall = frame_of(shapely.box(-60, 20, 60, 25))
    rows: tuple[dict[str, Any], ...] = (
        {}, {"azimuth_deg": 180.0, "status": "broken"}, {"azimuth_deg": np.nan}, {"kind": "panoramic", "fov_deg": 360.0}
    )  # fmt: skip
    cameras = cameras_at(*rows).set_axis([5, 3, 8, 1])
    sight = see(views_of(cameras), wall, crs=PLANE)
    drawn = sectors(sight)
    assert list(drawn.index) == [5, 3, 8, 1]
    assert drawn["direction_known"].tolist() == [True, True, False, True]
    assert drawn["nominal_area_m2"].tolist() == pytest.approx([np.pi * 625] * 2 + [np.pi * 2500] * 2, rel=1e-6)
    assert drawn.to_crs(PLANE).area.tolist() == pytest.approx(drawn["nominal_area_m2"].tolist(), rel=1e-6)
    visible = visible_ground(sight)
    assert visible["camera_id"].tolist() == ["c0", "c3"]
    assert visible.to_crs(PLANE).area.tolist() == pytest.approx(visible["seen_area_m2"].tolist(), rel=1e-6)
    assert (visible["seen_area_m2"] < visible["nominal_area_m2"]).all()

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import KDTree

from spatialgov.coverage.sight.isovists import Obstacles, isovists
from spatialgov.coverage.sight.lines_of_sight import Eyes, LinesOfSight, in_sector, lines_of_sight
from spatialgov.errors import TimeLimitError
from spatialgov.time_limit import time_limit

Floats = npt.NDArray[np.float64]


def eyes_at(xy_m: Floats, near_m: float = 0.0, range_m: float = 50.0) -> Eyes:
    x_m, y_m = np.asarray(xy_m, dtype=float).T.copy()
    return Eyes(x_m, y_m, np.full(len(xy_m), near_m), np.full(len(xy_m), range_m))


def pairs(lines: LinesOfSight) -> set[tuple[int, int]]:
    return set(zip(lines.camera.tolist(), lines.point.tolist(), strict=True))


def outdoors(rng: np.random.Generator, n: int, obstacles: Obstacles) -> Floats:
    x0, y0, x1, y1 = shapely.total_bounds(obstacles.solids)
    xy_m = rng.uniform((x0, y0), (x1, y1), (n, 2))
    near = obstacles.tree.query(shapely.points(xy_m), predicate="dwithin", distance=0.01)[0]
    return np.delete(xy_m, near, axis=0)


def test_what_lies_in_clear_sight_lies_in_the_isovist(town: npt.NDArray[np.object_]) -> None:
    obstacles = Obstacles.build(town)
    rng = np.random.default_rng(1)
    eyes, places = outdoors(rng, 60, obstacles), outdoors(rng, 8_000, obstacles)
    seen = isovists(eyes[:, 0], eyes[:, 1], 60.0, 0.0, 360.0, obstacles)
    points = np.asarray(shapely.points(places))
    # The isovist's arc is drawn in chords: what lies near it is left to chance.
    inner = isovists(eyes[:, 0], eyes[:, 1], 59.9, 0.0, 360.0, obstacles)
    expected = {(int(i), int(j)) for i, j in shapely.STRtree(points).query(inner, predicate="contains").T}
    most = {(int(i), int(j)) for i, j in shapely.STRtree(points).query(seen, predicate="dwithin", distance=0.1).T}
    found = pairs(lines_of_sight(eyes_at(eyes, range_m=60.0), KDTree(places), obstacles))
    assert len(expected) > 1_000
    assert expected <= found <= most


@settings(max_examples=60, deadline=None)
@given(
    boxes=st.lists(st.tuples(*[st.integers(-20, 20)] * 2, *[st.integers(1, 12)] * 2), max_size=5),
    ends=st.lists(st.tuples(*[st.integers(-60, 60)] * 2), min_size=2, max_size=8, unique=True),
)
def test_a_line_is_clear_when_it_runs_through_no_solid(boxes: Any, ends: Any) -> None:
    footprints = [shapely.box(x, y, x + w, y + h) for x, y, w, h in boxes]
    obstacles = Obstacles.build(footprints)
    # Half metres for cameras, thirds for places: never on a wall, sometimes through corners.
    eye, *places = (np.array(end) / 2.0 + 0.25 for end in ends)
    places = [np.round(place * 3.0) / 3.0 + 0.1 for place in places]
    if any(shapely.Point(p).within(box) for p in (eye, *places) for box in footprints):
        return
    found = pairs(lines_of_sight(eyes_at(np.array([eye]), range_m=1_000.0), KDTree(np.array(places)), obstacles))
    solid = shapely.union_all(obstacles.solids) if len(obstacles.solids) else shapely.Point()
    for number, place in enumerate(places):
        inside_m = shapely.LineString([eye, place]).intersection(solid.buffer(-1e-9)).length
        if inside_m == 0.0 or inside_m > 1e-6:
            assert ((0, number) in found) == (inside_m == 0.0 and not np.array_equal(eye, place))


def test_along_a_wall_and_past_a_corner_the_view_is_clear() -> None:
    obstacles = Obstacles.build([shapely.box(0, 0, 10, 10)])
    places = np.array([[20.0, 10.0], [20.0, 20.0], [15.0, -5.0], [5.0, -5.0]])
    on_wall_line, diagonal, inside = [-10.0, 10.0], [-10.0, -10.0], [5.0, 5.0]
    found = pairs(lines_of_sight(eyes_at(np.array([on_wall_line, diagonal, inside])), KDTree(places), obstacles))
    assert found == {(0, 0), (0, 1), (1, 2), (1, 3)}


def test_a_camera_on_a_wall_sees_what_is_before_it_only() -> None:
    obstacles = Obstacles.build([shapely.box(0, 0, 10, 10)])
    places = np.array([[5.0, -5.0], [20.0, -1.0], [5.0, 15.0], [20.0, 1.0]])
    assert pairs(lines_of_sight(eyes_at(np.array([[5.0, 0.0]])), KDTree(places), obstacles)) == {(0, 0), (0, 1)}


def test_near_far_and_bearing() -> None:
    places = np.array([[0.0, 4.0], [0.0, 5.0], [30.0, 0.0], [0.0, -50.0], [-51.0, 0.0], [-10.0, 0.0]])
    lines = lines_of_sight(eyes_at(np.array([[0.0, 0.0]]), near_m=5.0), KDTree(places), Obstacles.build([]))
    found = dict(zip(lines.point.tolist(), lines.bearing_deg.tolist(), strict=True))
    assert found == {1: pytest.approx(0.0), 2: pytest.approx(90.0), 3: pytest.approx(180.0), 5: pytest.approx(270.0)}


def test_sectors_reach_over_north() -> None:
    bearing = np.array([350.0, 359.9, 0.0, 10.0, 11.0, 180.0])
    assert in_sector(bearing, 0.0, 20.0).tolist() == [True, True, True, True, False, False]
    assert in_sector(bearing, 355.0, 30.0).tolist() == [True, True, True, True, False, False]
    assert in_sector(bearing, 90.0, 360.0).all()


def test_only_gives_the_marked_lines_of_each_camera() -> None:
    places = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 2.0]])
    lines = lines_of_sight(eyes_at(np.zeros((3, 2))), KDTree(places), Obstacles.build([]))
    north = lines.only(in_sector(lines.bearing_deg, 0.0, 10.0))
    assert pairs(north) == {(i, j) for i in range(3) for j in (0, 2)}
    assert north.start.tolist() == [0, 2, 4, 6]


def test_nobody_looks_at_nothing() -> None:
    none = lines_of_sight(eyes_at(np.empty((0, 2))), KDTree(np.zeros((3, 2))), Obstacles.build([]))
    assert (none.start.tolist(), len(none.point)) == ([0], 0)
    nothing = lines_of_sight(eyes_at(np.zeros((2, 2))), KDTree(np.empty((0, 2))), Obstacles.build([]))
    assert nothing.start.tolist() == [0, 0, 0]


def test_the_clock_is_looked_at() -> None:
    with time_limit(0.0), pytest.raises(TimeLimitError):
        lines_of_sight(eyes_at(np.zeros((1, 2))), KDTree(np.zeros((1, 2))), Obstacles.build([]))

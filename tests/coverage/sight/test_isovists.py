from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import Obstacles, isovists
from spatialgov.coverage.sight._kernels import TOUCH_M, cell_lists
from spatialgov.errors import InputError

Oracle = Callable[..., Any]
Town = npt.NDArray[np.object_]


def assert_same(seen: Any, oracle: Any, x: float, y: float, range_m: float) -> None:
    moved = shapely.transform(seen, lambda c: c - [x, y])
    # A camera nearer than TOUCH_M to a wall stands on it, which moves its view by as much.
    assert moved.symmetric_difference(oracle).area <= 1e-5 * oracle.area + TOUCH_M * range_m


def one(x: float, y: float, range_m: float, azimuth: float, fov: float, obstacles: Any = None) -> Any:
    return isovists([x], [y], [range_m], [azimuth], [fov], obstacles)[0]


def test_open_ground() -> None:
    disc = one(5, 6, 100, np.nan, 360)
    assert disc.area == pytest.approx(1e4 * np.pi, rel=1e-12)
    assert disc.centroid.equals_exact(shapely.Point(5, 6), 1e-9)
    north_east = one(0, 0, 10, 45, 90)
    assert north_east.area == pytest.approx(100 * np.pi / 4, rel=1e-12)
    assert north_east.bounds == pytest.approx((0, 0, 10, 10), rel=3e-5)


@pytest.mark.parametrize(("azimuth", "turned"), [(725, 5), (-90, 270), (360, 0)])
def test_an_azimuth_of_more_than_a_turn_is_the_same_azimuth(azimuth: float, turned: float) -> None:
    assert one(0, 0, 10, azimuth, 60).equals_exact(one(0, 0, 10, turned, 60), 1e-9)


def test_a_wall_hides_what_is_behind_it() -> None:
    seen = one(0, 0, 10, 0, 90, [shapely.box(-20, 5, 20, 6)])
    assert seen.normalize().equals_exact(shapely.Polygon([(0, 0), (5, 5), (-5, 5)]).normalize(), 1e-9)


@pytest.mark.parametrize("name", ["range_m", "azimuth_deg", "fov_deg", "x_m"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -5.0])
def test_what_is_missing_or_zero_sees_nothing(name: str, bad: float) -> None:
    values = {"x_m": 0.0, "y_m": 0.0, "range_m": 10.0, "azimuth_deg": 0.0, "fov_deg": 60.0, name: bad}
    blind = name in {"range_m", "fov_deg"} or not np.isfinite(bad)
    seen = isovists(**values, obstacles=None)[0]
    assert isinstance(seen, shapely.Polygon)
    # an infinite field of view is one of more than a turn
    assert seen.is_empty == (blind and not (name == "fov_deg" and bad == np.inf))


def test_positions_that_are_no_places_see_nothing() -> None:
    seen = isovists([np.inf, 0], [-np.inf, 0], 10, [0, np.inf], 60, [shapely.box(0, 5, 1, 6)])
    assert shapely.is_empty(seen).all()


def test_columns_of_differing_length_are_refused() -> None:
    with pytest.raises(InputError):
        isovists([0, 1], [0, 1], [1, 2, 3], 0, 360)


def test_no_cameras() -> None:
    assert isovists([], [], [], [], [], [shapely.box(0, 0, 1, 1)]).shape == (0,)


def test_inside_a_block_nothing_is_seen() -> None:
    overlapping = [shapely.box(0, 0, 6, 4), shapely.box(4, 0, 10, 4)]
    assert one(5, 2, 50, 0, 360, overlapping).is_empty
    assert one(6, 2, 50, 0, 360, overlapping).is_empty  # a wall that the dissolving removed


def test_obstacles_of_every_sort() -> None:
    bow_tie = shapely.Polygon([(5, -2), (9, 2), (9, -2), (5, 2)])
    flat = shapely.Polygon([(0, 8), (4, 8), (2, 8)])
    high = shapely.Polygon([(-9, -2, 30), (-5, -2, 30), (-5, 2, 30), (-9, 2, 30)])
    fence = shapely.LineString([(-20, 3), (20, 3)])
    mixed: Any = gpd.GeoSeries([bow_tie, flat, high, fence, None, shapely.Polygon()])  # type: ignore[arg-type]
    halves = [shapely.Polygon([(5, -2), (7, 0), (5, 2)]), shapely.Polygon([(9, -2), (7, 0), (9, 2)])]
    plain = one(0, 0, 20, 0, 360, [*halves, shapely.box(-9, -2, -5, 2)])
    assert one(0, 0, 20, 0, 360, mixed).symmetric_difference(plain).area < 1e-9


def test_built_obstacles_serve_again(town: Town) -> None:
    x, y = shapely.get_coordinates(shapely.centroid(town[:20])).T + 17.0
    built = Obstacles.build(town)
    for _ in range(2):
        assert shapely.equals(isovists(x, y, 60, 0, 360, built), isovists(x, y, 60, 0, 360, gpd.GeoSeries(town))).all()


def test_one_camera_alone_and_among_thousands(town: Town) -> None:
    x, y = 500_240.0, 4_400_255.0
    many = isovists(np.full(4000, x), np.full(4000, y), 80, np.arange(4000) % 360, 70, town)
    alone = one(x, y, 80, 123, 70, town)
    assert alone.area > 0
    assert shapely.equals_exact(many[123::360], alone, 0).all()


def test_a_range_of_ten_kilometres(town: Town, shadows: Oracle) -> None:
    x, y = 500_240.0, 4_400_255.0
    assert_same(one(x, y, 10_000, 0, 360, town), shadows(x, y, 10_000, 0, 360, town), x, y, 10_000)


def test_a_stray_building_far_away(town: Town) -> None:
    x, y = 500_240.0, 4_400_255.0
    stray = [*town, shapely.box(9e6, 9e6, 9e6 + 10, 9e6 + 10)]
    assert one(x, y, 80, 0, 360, stray).equals_exact(one(x, y, 80, 0, 360, town), 1e-6)


COURT = shapely.Polygon(
    [(-10, -10), (10, -10), (10, 10), (-10, 10)], [[(-6, -6), (6, -6), (6, 6), (-6, 6)], [(7, 7), (8, 7), (8, 8)]]
)
ALLEY = [shapely.box(0, 0, 30, 20), shapely.box(30.1, 0, 60, 20), shapely.box(20, 25, 40, 30)]
ELL = shapely.Polygon([(0, 0), (20, 0), (20, 8), (8, 8), (8, 20), (0, 20)])
NICHE = shapely.Polygon([(-5, 0), (1, 0), (5, 0), (5, 9), (-5, 9)], [[(1, 0), (0, 5), (1, 6)]])
CORNERS = [shapely.box(0, 0, 10, 10), shapely.box(10, 10, 20, 20)]


@pytest.mark.parametrize(
    ("obstacles", "x", "y"),
    [
        pytest.param([COURT], 1, 2, id="courtyard"),
        pytest.param([COURT], 6, 1, id="on the wall of a courtyard"),
        pytest.param([COURT], 6, 6, id="in the corner of a courtyard"),
        pytest.param([COURT, shapely.box(2, 2, 3, 3)], 0, 0, id="a shed in the courtyard, its corners in line"),
        pytest.param(ALLEY, 30.05, 10, id="in an alley of 0.1 m"),
        pytest.param(ALLEY, 30.1, 10, id="on the wall of an alley of 0.1 m"),
        pytest.param(ALLEY, 30.05, -5, id="looking through an alley of 0.1 m"),
        pytest.param([ELL], 10, 0, id="on a wall"),
        pytest.param([ELL], 10 + 1e-7, -1e-7, id="almost on a wall, outside"),
        pytest.param([ELL], 10 + 1e-7, 1e-7, id="almost on a wall, inside"),
        pytest.param([ELL], 20, 8, id="at a convex corner"),
        pytest.param([ELL], 8, 8, id="at a reflex corner"),
        pytest.param([ELL], 8 + 1e-5, 8 + 1e-5, id="a hair off a reflex corner"),
        pytest.param([ELL], 30, 8, id="in line with a wall"),
        pytest.param([ELL, shapely.box(20, 8, 22, 20)], 8, 14, id="walls that meet"),
        pytest.param(CORNERS, 10, 10, id="where two corners meet"),
        pytest.param([NICHE], 1, 0, id="where a courtyard meets the outer wall"),
        pytest.param(CORNERS, 15, 5, id="before two corners that meet"),
    ],
)
@pytest.mark.parametrize(("azimuth", "fov"), [(0, 360), (0, 180), (45, 90), (200, 300), (315, 1.5)])
def test_hard_places_equal_shadows(
    obstacles: list[Any], x: float, y: float, azimuth: float, fov: float, shadows: Oracle
) -> None:
    seen = one(x, y, 40, azimuth, fov, obstacles)
    assert seen.is_valid
    assert_same(seen, shadows(x, y, 40, azimuth, fov, obstacles), x, y, 40)


def test_a_town_equals_shadows(town: Town, shadows: Oracle) -> None:
    rng = np.random.default_rng(11)
    x, y = 500_000 + rng.uniform(-20, 620, 150), 4_400_000 + rng.uniform(-20, 620, 150)
    wall = [shapely.line_interpolate_point(b.exterior, rng.uniform(0, 1), normalized=True) for b in town[:100]]
    corner = [shapely.get_point(b.exterior, 1) for b in town[100:150]]
    x, y = np.r_[x, shapely.get_x(wall), shapely.get_x(corner)], np.r_[y, shapely.get_y(wall), shapely.get_y(corner)]
    n = len(x)
    range_m, azimuth = rng.uniform(20, 150, n), rng.uniform(0, 360, n)
    fov = np.where(rng.random(n) < 0.5, 360.0, rng.uniform(20, 300, n))
    seen = isovists(x, y, range_m, azimuth, fov, town)
    assert shapely.is_valid(seen).all()
    inside = Obstacles.build(town).solid_at(x, y) >= 0
    assert (shapely.is_empty(seen) >= inside).all()
    for i in np.flatnonzero(~inside):
        turn = 0.0 if fov[i] == 360 else azimuth[i]
        assert_same(seen[i], shadows(x[i], y[i], range_m[i], turn, fov[i], town), x[i], y[i], range_m[i])
    assert 50 < inside.sum() < 150  # of the random ones; both sorts were met


lattice = st.integers(-6, 6)
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), lattice, lattice, st.integers(1, 4), st.integers(1, 4)
)
triangles = st.builds(
    lambda a, b, c: shapely.Polygon([a, b, c]), *(st.tuples(lattice, lattice) for _ in range(3))
).filter(lambda p: p.area > 0)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(boxes, triangles), min_size=1, max_size=8),
    st.tuples(lattice, lattice),
    st.sampled_from([(0, 360), (0, 180), (45, 90), (90, 270), (30, 60)]),
    st.sampled_from([0.5, 3.0, 20.0]),
)
def test_lattice_scenes_equal_shadows(
    shadows: Oracle, shapes: list[Any], camera: tuple[int, int], view: tuple[int, int], range_m: float
) -> None:
    # On a lattice cameras stand on walls and corners, and walls, corners and sight lines fall on each other.
    x, y = camera
    seen = one(x, y, range_m, *view, shapes)
    assert seen.is_valid
    solid, point = shapely.union_all(shapes), shapely.Point(camera)
    if solid.contains(point) and solid.boundary.distance(point) > TOUCH_M:
        assert seen.is_empty
    else:
        assert_same(seen, shadows(x, y, range_m, *view, shapes), x, y, range_m)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(*(st.floats(0, 100) for _ in range(4))), max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_cell_lists_equal_a_plain_search(ends: list[tuple[float, ...]], nx: int, ny: int) -> None:
    edges = np.array(ends).reshape(-1, 4)
    cell_m = 100 / min(nx, ny) + 1e-9
    start, items = cell_lists(edges, 0.0, 0.0, cell_m, nx, ny)
    for cell in range(nx * ny):
        x, y = np.array(divmod(cell, ny)) * cell_m
        box = shapely.box(x, y, x + cell_m, y + cell_m)
        listed = set(items[start[cell] : start[cell + 1]].tolist())
        meets = {k for k, e in enumerate(ends) if shapely.LineString([e[:2], e[2:]]).intersects(box)}
        inner = shapely.box(x + 1e-6, y + 1e-6, x + cell_m - 1e-6, y + cell_m - 1e-6)
        assert {k for k in meets if shapely.LineString([ends[k][:2], ends[k][2:]]).intersects(inner)} <= listed

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import Obstacles
from spatialgov.coverage.sight.roofs import hidden_below

Points = npt.NDArray[np.float64]


def hidden_by_sampling(points: Points, eye: Points, obstacles: Obstacles, step_m: float) -> npt.NDArray[np.bool_]:
    """Whether the sight line to each point passes through a building, by a raster of heights along the line."""
    hidden = np.zeros(len(points), dtype=bool)
    for i, point in enumerate(points):
        along = np.arange(step_m / 2, np.hypot(*(point - eye[:2])), step_m) / np.hypot(*(point - eye[:2]))
        line = eye[:2] + along[:, None] * (point - eye[:2])
        sample, house = obstacles.footprint_tree.query(shapely.points(line), predicate="intersects")
        height_m = np.where(np.isnan(obstacles.height_m), np.inf, obstacles.height_m)[house]
        hidden[i] = (height_m > eye[2] * (1 - along[sample])).any()
    return hidden


boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h),
    st.integers(-40, 35), st.integers(-40, 35), st.integers(2, 20), st.integers(2, 20),
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(boxes, st.sampled_from([3.0, 9.0, 15.0, 40.0, np.nan])), min_size=1, max_size=8))
def test_shadows_equal_sampled_sight_lines(houses: list[tuple[shapely.Polygon, float]]) -> None:
    shapes, heights = zip(*houses, strict=True)
    at = shapely.centroid(shapes[0])
    eye = np.array([at.x, at.y, 20.0])
    # The last house has two parts.
    shapes = (*shapes[:-1], shapely.union(shapes[-1], shapely.box(50, 50, 55, 55)))
    obstacles = Obstacles.build(shapes, heights)
    hidden = hidden_below(at.x, at.y, 20.0, 100.0, obstacles)
    assert hidden.is_valid
    rng = np.random.default_rng(0)
    points = rng.uniform(-60, 60, (150, 2)) + eye[:2]
    points = points[np.hypot(*(points - eye[:2]).T) < 100]
    step_m = 0.1
    # Only points nearer to a border than the steps of the sampling may differ.
    clear = shapely.distance(hidden.boundary, shapely.points(points)) > 4 * step_m
    sampled = hidden_by_sampling(points, eye, obstacles, step_m)
    sampled |= shapely.intersects(shapely.union_all(shapes), shapely.points(points))
    assert (sampled[clear] == shapely.intersects(hidden, shapely.points(points))[clear]).all()


def test_a_roof_without_an_end_hides_all_around_it() -> None:
    house = shapely.box(-10, -10, 10, 10)
    low = hidden_below(0.0, 0.0, 12.0, 100.0, Obstacles.build([house], 9.0))
    assert low.symmetric_difference(shapely.box(-40, -40, 40, 40)).area == pytest.approx(0.0, abs=1e-6)
    # A tall house one side of the eye, wider than it is far: its shadow has no near end.
    tall = hidden_below(0.0, 0.0, 12.0, 100.0, Obstacles.build([house, shapely.box(-80, 10, 80, 20)], [9.0, np.nan]))
    assert tall.contains(shapely.LineString([(-99, 15), (99, 15)]).intersection(shapely.Point(0, 0).buffer(100)))
    assert tall.contains(shapely.Point(0, 100))

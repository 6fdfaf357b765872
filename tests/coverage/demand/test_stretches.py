from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage.demand.stretches import Axis, cuts_of, times_in

ANGLE = shapely.LineString([(0, 0), (10, 0), (10, 10)])


def as_array(*shapes: Any) -> Any:
    return np.array(shapes, dtype=object)


def test_a_line_in_a_box() -> None:
    axis = Axis.of(as_array(ANGLE, shapely.MultiLineString([[(0, 20), (5, 20)], [(5, 20), (5, 30)]])))
    assert axis.start.tolist() == [0, 10, 20, 25, 35]
    assert axis.line.tolist() == [0, 0, 1, 1]
    inside = axis.within(as_array(shapely.box(4, -1, 20, 4), shapely.box(-1, 19, 6, 22)))
    assert sorted(zip(inside.shape.tolist(), inside.low.tolist(), inside.high.tolist(), strict=True)) == [
        (0, 4, 10),
        (0, 10, 14),
        (1, 20, 25),
        (1, 25, 27),
    ]
    assert shapely.get_coordinates(shapely.points(axis.points_at(np.array([0.0, 12.0, 25.0])))).tolist() == [
        [0, 0], [10, 2], [5, 20],
    ]  # fmt: skip


def test_courses_between_places() -> None:
    axis = Axis.of(as_array(ANGLE, shapely.LineString([(0, 50), (3, 50)])))
    lines = axis.lines_between(np.array([0.0, 5.0, 10.0, 20.0, 2.0]), np.array([20.0, 15.0, 20.0, 23.0, 10.0]))
    assert [shapely.get_coordinates(line).tolist() for line in lines] == [
        [[0, 0], [10, 0], [10, 10]],
        [[5, 0], [10, 0], [10, 5]],
        [[10, 0], [10, 10]],
        [[0, 50], [3, 50]],
        [[2, 0], [10, 0]],
    ]


def test_pieces_under_one_number_are_joined() -> None:
    axis = Axis.of(as_array(shapely.LineString([(0, 0), (100, 0)])))
    boxes = as_array(*(shapely.box(x, -1, x + 20, 1) for x in (0, 10, 40, 50)))
    joined = axis.within(boxes).named(np.array([7, 7, 3, 7]))
    assert list(zip(joined.shape.tolist(), joined.low.tolist(), joined.high.tolist(), strict=True)) == [
        (3, 40, 60),
        (7, 0, 30),
        (7, 50, 70),
    ]
    assert times_in(joined, cuts_of(axis, joined)).tolist() == [1, 0, 1, 2, 1, 0]


def test_nothing_at_all() -> None:
    axis = Axis.of(np.empty(0, dtype=object))
    inside = axis.within(as_array(shapely.box(0, 0, 1, 1)))
    assert len(inside.low) == 0
    assert len(inside.named(np.array([0])).low) == 0
    assert times_in(inside, cuts_of(axis, inside)).tolist() == []
    assert axis.lines_between(np.empty(0), np.empty(0)).tolist() == []


coordinate = st.integers(0, 40)
lines = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6, unique=True).map(shapely.LineString)
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), coordinate, coordinate, st.integers(1, 20), st.integers(1, 20)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(lines, min_size=1, max_size=4), st.lists(boxes, min_size=1, max_size=5))
def test_lengths_equal_those_of_shapely(courses: list[Any], shapes: list[Any]) -> None:
    axis = Axis.of(as_array(*courses))
    inside = axis.within(as_array(*shapes))
    cuts = cuts_of(axis, inside)
    held = np.diff(cuts)[times_in(inside, cuts) > 0].sum()
    # Courses may run over themselves, which a geometry of shapely's counts once: edge by edge they don't.
    edges = shapely.linestrings(axis.edges.reshape(-1, 2, 2))
    assert held == pytest.approx(shapely.length(shapely.intersection(edges, shapely.union_all(shapes))).sum(), abs=1e-6)
    assert np.diff(cuts).sum() == pytest.approx(sum(course.length for course in courses))

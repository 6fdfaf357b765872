from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import isovists, union_by_area
from spatialgov.errors import TimeLimitError
from spatialgov.time_limit import time_limit

SQUARES = np.array([shapely.box(x, y, x + 100, y + 100) for x in (0, 100) for y in (0, 100)], dtype=object)

corner = st.floats(-20, 200).map(lambda v: round(v, 1))
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), corner, corner, st.floats(0.5, 80), st.floats(0.5, 80)
)
discs = st.builds(lambda x, y, r: shapely.Point(x, y).buffer(r), corner, corner, st.floats(0.5, 60))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(boxes, discs), max_size=12))
def test_the_same_as_one_union_cut_by_each_area(shapes: list[Any]) -> None:
    found = union_by_area(np.array(shapes, dtype=object), SQUARES)
    whole = shapely.union_all(shapes)
    for area, covered in zip(SQUARES, found, strict=True):
        assert covered.is_valid
        assert covered.symmetric_difference(whole.intersection(area)).area < 1e-6


def test_a_town(town: npt.NDArray[np.object_]) -> None:
    west, south, east, north = shapely.total_bounds(town)
    rng = np.random.default_rng(2)
    n = 300
    views = isovists(rng.uniform(west, east, n), rng.uniform(south, north, n), 80, rng.uniform(0, 360, n), 120, town)
    squares = [
        shapely.box(x, y, x + 60, y + 60) for x in np.arange(west, east, 60) for y in np.arange(south, north, 60)
    ]
    areas = np.array(squares, dtype=object)
    found = union_by_area(views, areas)
    whole = shapely.union_all(views)
    assert shapely.area(found).sum() == pytest.approx(
        shapely.intersection(whole, shapely.union_all(areas)).area, rel=1e-9
    )
    assert shapely.area(found) == pytest.approx(shapely.area(shapely.intersection(whole, areas)), rel=1e-6, abs=1e-6)


def test_nothing_over_nothing() -> None:
    nothing = np.empty(0, dtype=object)
    assert len(union_by_area(SQUARES, nothing)) == 0
    assert shapely.is_empty(union_by_area(nothing, SQUARES)).all()
    assert shapely.is_empty(union_by_area(np.array([shapely.Polygon()]), SQUARES)).all()


def test_an_area_that_is_only_touched_is_not_covered() -> None:
    found = union_by_area(np.array([shapely.box(100, 0, 150, 50)]), SQUARES)
    assert shapely.area(found).tolist() == [0, 0, 2500, 0]
    assert np.isin(shapely.get_type_id(found), (3, 6)).all()


def test_the_deadline_stops_the_work() -> None:
    with time_limit(0.0), pytest.raises(TimeLimitError):
        union_by_area(SQUARES, SQUARES)

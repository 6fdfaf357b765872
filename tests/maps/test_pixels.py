"""The pixels inside shapes, against shapely's own answer for each of their middles."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov_maps.mercator import PixelGrid
from spatialgov_maps.pixels import pixels_inside

GRID = PixelGrid.over([116.0, 34.0, 116.01, 34.008], 10.0)


def by_shapely(shapes: Sequence[shapely.Geometry]) -> npt.NDArray[np.bool_]:
    lon, lat = GRID.middles()
    inside = np.asarray(shapely.contains_xy(shapely.union_all(shapes), lon, lat), dtype=np.bool_)
    return inside.reshape(GRID.height, GRID.width)


Place = st.tuples(st.floats(-0.004, 0.014), st.floats(-0.004, 0.012))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(Place, min_size=3, max_size=7), min_size=1, max_size=5))
def test_pixels_are_those_whose_middle_lies_inside(rings: list[list[tuple[float, float]]]) -> None:
    shapes = [shapely.make_valid(shapely.Polygon([(116 + x, 34 + y) for x, y in ring])) for ring in rings]
    areas = [shape for shape in shapes if shape.geom_type in ("Polygon", "MultiPolygon")]
    drawn = pixels_inside(np.array(areas, dtype=object), GRID)
    # a straight line in degrees and one on the map differ by centimetres
    edges = shapely.union_all([shapely.boundary(shape) for shape in areas]).buffer(1e-6)
    lon, lat = GRID.middles()
    clear = ~shapely.contains_xy(edges, lon, lat).reshape(GRID.height, GRID.width)
    assert (drawn == by_shapely(areas))[clear].all()


def test_holes_stay_open_and_overlaps_count_once() -> None:
    ring = shapely.box(116.001, 34.001, 116.009, 34.007).difference(shapely.box(116.003, 34.003, 116.006, 34.005))
    shapes = [ring, shapely.box(116.002, 34.0, 116.004, 34.004), shapely.Polygon()]
    drawn = pixels_inside(np.array(shapes, dtype=object), GRID)
    assert drawn.any()
    assert (drawn == by_shapely(shapes)).all()


@pytest.mark.parametrize("shapes", [[], [shapely.Polygon()], [shapely.box(10, 10, 11, 11)]])
def test_nothing_is_inside_nothing(shapes: list[shapely.Geometry]) -> None:
    assert not pixels_inside(np.array(shapes, dtype=object), GRID).any()


def test_what_covers_all_covers_all() -> None:
    assert pixels_inside(np.array([shapely.box(100, 20, 130, 50)], dtype=object), GRID).all()

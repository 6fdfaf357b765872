"""H3 cells: counts, cover, neighbours, shapes."""

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.errors import CoordinateError, InputError
from spatialgov.incidents import cell_frame, cell_names, cell_neighbours, cells_covering, h3_counts
from spatialgov.incidents.cells import outline

TOWN = shapely.box(118.30, 35.10, 118.33, 35.12)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=20), st.integers(0, 15))
def test_counts_are_those_of_h3(places: list[tuple[float, float]], resolution: int) -> None:
    lon, lat = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    cells, counts = h3_counts(lon, lat, resolution)
    assert cells.dtype == np.uint64
    assert counts.dtype == np.int64
    each = [h3.latlng_to_cell(y, x, resolution) for x, y in places]
    assert dict(zip(cell_names(cells), counts.tolist(), strict=True)) == {name: each.count(name) for name in each}
    assert (np.diff(cells.astype(object)) > 0).all()


@pytest.mark.parametrize("place", [(np.nan, 35.0), (118.0, np.inf), (35.0, 118.0)])
def test_what_is_no_place_is_refused(place: tuple[float, float]) -> None:
    with pytest.raises(CoordinateError):
        h3_counts([place[0]], [place[1]], 9)


@pytest.mark.parametrize("resolution", [-1, 16])
def test_unknown_resolution(resolution: int) -> None:
    with pytest.raises(InputError, match=str(resolution)):
        h3_counts([118.0], [35.0], resolution)


def test_cover_leaves_no_ground_and_takes_no_stranger() -> None:
    cells = cells_covering(TOWN, 9)
    frame = cell_frame(cells, np.zeros(len(cells), dtype=np.int64))
    assert frame.union_all().covers(TOWN)
    assert frame.intersects(TOWN).all()


def test_cover_of_parts_with_a_hole() -> None:
    ring = shapely.Polygon(TOWN.exterior, [shapely.box(118.31, 35.105, 118.32, 35.115).exterior])
    both = shapely.MultiPolygon([ring, shapely.box(118.40, 35.10, 118.41, 35.11)])
    cells = cells_covering(both, 11)
    frame = cell_frame(cells, np.zeros(len(cells), dtype=np.int64))
    assert not frame.contains(shapely.Point(118.315, 35.11)).any()
    assert frame.contains(shapely.Point(118.405, 35.105)).any()


def test_too_fine_a_cover_is_refused_and_the_finest_possible_named() -> None:
    with pytest.raises(InputError, match="resolution 12 or below"):
        cells_covering(TOWN.buffer(0.1), 15)


def test_a_line_is_no_area() -> None:
    with pytest.raises(InputError):
        cells_covering(shapely.LineString([(118, 35), (119, 35)]), 9)


def test_neighbours_touch() -> None:
    cells = cells_covering(TOWN, 9)
    matrix = cell_neighbours(cells).toarray()
    frame = cell_frame(cells, np.zeros(len(cells), dtype=np.int64))
    shapes = frame.geometry.to_numpy()
    apart_deg = shapely.distance(shapes[:, None], shapes[None, :])
    np.testing.assert_array_equal(matrix, apart_deg < 1e-9)
    assert cell_neighbours(cells[:0]).shape == (0, 0)


def test_area_is_that_of_the_ground() -> None:
    cells, counts = h3_counts([118.3, 118.3, 118.31], [35.1, 35.1, 35.1], 9)
    frame = cell_frame(cells, counts)
    expected_km2 = [h3.cell_area(name, unit="km^2") for name in frame["cell"]]
    np.testing.assert_allclose(frame["area_km2"], expected_km2, rtol=5e-3)  # H3's is that of a sphere
    np.testing.assert_allclose(frame["incidents_per_km2"], counts / frame["area_km2"])
    assert isinstance(frame, gpd.GeoDataFrame)
    assert len(cell_frame(cells[:0], counts[:0])) == 0


def test_outline_has_the_holes() -> None:
    middle = h3.latlng_to_cell(35.1, 118.3, 9)
    ring = np.array(sorted(h3.str_to_int(cell) for cell in h3.grid_ring(middle, 1)), dtype=np.uint64)
    shape = outline(ring)
    assert isinstance(shape, shapely.Polygon)
    assert len(shape.interiors) == 1
    assert not shape.contains(shapely.Point(118.3, 35.1))


def test_polygons_have_the_corners_that_h3_gives_them_around_a_pentagon_too() -> None:
    around = h3.grid_disk(h3.get_pentagons(5)[4], 4)
    cells = np.sort(np.array([h3.str_to_int(cell) for cell in around], dtype=np.uint64))
    shapes = cell_frame(cells, np.ones(len(cells), dtype=np.int64)).geometry
    corners = [h3.cell_to_boundary(h3.int_to_str(cell)) for cell in cells.tolist()]
    assert {len(ring) for ring in corners} >= {6, 7}
    rings = [list(zip(*ring.xy, strict=True))[:-1] for ring in shapes.exterior]
    assert rings == [[(x, y) for y, x in ring] for ring in corners]

"""The locator against a plain twin in rational arithmetic, and against shapely."""

from fractions import Fraction
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay
from shapely.ops import split

from spatialgov.datum import from_wgs84
from spatialgov.errors import CoordinateError, DatumError
from spatialgov.language import using_language
from spatialgov.locate import Locator, Match, _kernels

FloatArray = npt.NDArray[np.float64]


def frame(polygons: Any) -> gpd.GeoDataFrame:
    """Give polygons as a frame of grids with the codes g0, g1, …."""
    geometry = np.asarray(polygons, dtype=object)
    return gpd.GeoDataFrame({"code": [f"g{i}" for i in range(len(geometry))]}, geometry=geometry, crs=4326)


class Twin:
    """Owners and borders by the half-open rule, in rational arithmetic: edges to the left are counted, grid by grid."""

    def __init__(self, grids: gpd.GeoDataFrame) -> None:
        parts, grid = shapely.get_parts(np.asarray(grids.geometry), return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        same = ring[1:] == ring[:-1]
        self.ends = np.hstack([xy[:-1], xy[1:]])[same]
        self.grid = grid[part[ring[:-1][same]]]

    def owners(self, px: float, py: float) -> list[int]:
        passing = (self.ends[:, 1] <= py) != (self.ends[:, 3] <= py)
        inside: set[int] = set()
        for ends, grid in zip(self.ends[passing].tolist(), self.grid[passing].tolist(), strict=True):
            x1, y1, x2, y2 = map(Fraction, ends)
            if x1 + (Fraction(py) - y1) / (y2 - y1) * (x2 - x1) <= Fraction(px):
                inside ^= {grid}
        return sorted(inside)

    def bordering(self, px: float, py: float) -> set[int]:
        """Give the grids whose border the point lies on."""
        found: set[int] = set()
        x, y = self.ends[:, 0::2], self.ends[:, 1::2]
        near = (x.min(axis=1) <= px) & (px <= x.max(axis=1)) & (y.min(axis=1) <= py) & (py <= y.max(axis=1))
        for ends, grid in zip(self.ends[near].tolist(), self.grid[near].tolist(), strict=True):
            x1, y1, x2, y2 = map(Fraction, ends)
            if (x2 - x1) * (Fraction(py) - y1) == (y2 - y1) * (Fraction(px) - x1):
                found.add(grid)
        return found


def triangles(points: FloatArray, n_grids: int, seed: int) -> gpd.GeoDataFrame:
    """Give a triangulation whose triangles are dealt out at random: holes, enclaves, many parts, touching rings."""
    mesh = Delaunay(points)
    polygons = np.asarray(shapely.polygons(points[mesh.simplices]))
    owner = np.random.default_rng(seed).integers(0, n_grids, len(polygons))
    grids = [shapely.coverage_union_all(polygons[owner == i]) for i in range(n_grids) if (owner == i).any()]
    return frame([grid for grid in grids if shapely.is_valid(grid)])


def adversarial_points(grids: gpd.GeoDataFrame, locator: Locator, seed: int, n: int = 60) -> FloatArray:
    """Give vertices, middles of edges, both moved by one ulp, corners and sides of cells, and corners of the box."""
    rng = np.random.default_rng(seed)
    edges = Twin(grids).ends
    edges = edges[rng.integers(0, len(edges), n)]
    level = edges[(edges[:, 1] == edges[:, 3]) | (edges[:, 0] == edges[:, 2])]
    on = np.vstack([edges[:, :2], (edges[:, :2] + edges[:, 2:]) / 2, (level[:, :2] + level[:, 2:]) / 2])
    ulps = np.nextafter(on, on + rng.choice([-1.0, 0.0, 1.0], on.shape))
    west, south, east, north = grids.total_bounds
    box = np.array([(x, y) for x in (west, east) for y in (south, north)])
    inside = np.column_stack([rng.uniform(west, east, n), rng.uniform(south, north, n)])
    cells = locator._cells
    corners = np.round(inside * [cells.x_scale, cells.y_scale]) / [cells.x_scale, cells.y_scale]
    sides = np.column_stack([corners[:, 0], inside[:, 1]])
    # as near to edges, to the meridians of vertices and to the sides of cells as the rounding of records reaches
    units = np.array([1 / cells.x_scale, 1 / cells.y_scale]) / (_kernels.UNITS * _kernels.SPLIT)
    reach = rng.integers(-6, 7, (3 * n, 2)) * units * rng.choice([1.0, 0.5, 1 / _kernels.SPLIT], (3 * n, 1))
    beside = rng.permutation(np.vstack([on, sides]))[: 3 * n]
    beside = np.vstack([beside + reach[: len(beside)], np.column_stack([edges[:, 0], inside[:, 1]]) + reach[:n]])
    points = np.vstack([on, ulps, box, np.nextafter(box, 0.0), inside, corners, sides, beside])
    points[np.abs(points) < _kernels.TINY] = 0.0
    clipped: FloatArray = np.clip(points, (-180.0, -90.0), (180.0, 90.0))
    return clipped


def assert_equals_twin(grids: gpd.GeoDataFrame, locator: Locator, points: FloatArray) -> None:
    """Compare bulk and single answers with the twins; no point may have two owners."""
    twin = Twin(grids)
    positions, on_border = locator.find_many(points[:, 0], points[:, 1])
    assert positions.dtype == np.int32
    for (px, py), position, border in zip(points.tolist(), positions.tolist(), on_border.tolist(), strict=True):
        owners = twin.owners(px, py)
        assert len(owners) <= 1
        expected = owners[0] if owners else -1
        assert position == expected, (px, py)
        code = locator.codes[expected] if owners else None
        assert locator.locate(px, py) == code
        bordering = twin.bordering(px, py)
        others = tuple(sorted(locator.codes[grid] for grid in bordering - {expected}))
        assert locator.find(px, py) == Match(code, bool(bordering), px, py, others)
        assert border == bool(bordering)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_points=st.integers(4, 60),
    n_grids=st.integers(1, 12),
    centre=st.sampled_from([(116.4, 39.9), (0.0, 0.0), (-71.4, 41.8), (179.5, -44.0)]),
    size=st.sampled_from([1e-3, 0.1, 0.4]),
)
def test_random_meshes_equal_twin(
    seed: int, n_points: int, n_grids: int, centre: tuple[float, float], size: float
) -> None:
    points = np.random.default_rng(seed).uniform(-size, size, (n_points, 2)) + centre
    grids = triangles(points, n_grids, seed)
    if len(grids):
        locator = Locator.build(grids)
        assert_equals_twin(grids, locator, adversarial_points(grids, locator, seed, 15))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    points=st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=8, max_size=40, unique=True),
    step=st.sampled_from([0.25, 0.1, 1e-5]),
)
def test_lattice_meshes_equal_twin(seed: int, points: list[tuple[int, int]], step: float) -> None:
    """Many level, upright and parallel edges, vertices on the sides of cells, collinear vertices."""
    lattice = np.array([*points, (-5, -5), (5, -5), (5, 5), (-5, 5)], dtype=np.float64) * step
    grids = triangles(lattice, 6, seed)
    if len(grids):
        locator = Locator.build(grids)
        assert_equals_twin(grids, locator, adversarial_points(grids, locator, seed, 15))


def test_every_inner_point_has_one_owner() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform((113, 22), (114, 23), (200, 2))
    mesh = Delaunay(points)
    grids = frame(shapely.polygons(points[mesh.simplices]))
    locator = Locator.build(grids)
    assert locator.faults == []
    tried = adversarial_points(grids, locator, 3, 400)
    hull = shapely.convex_hull(shapely.multipoints(points))
    tried = tried[
        shapely.contains_properly(hull, shapely.points(tried))
        & (shapely.distance(shapely.boundary(hull), shapely.points(tried)) > 1e-9)
    ]
    assert (locator.locate_many(tried[:, 0], tried[:, 1]) >= 0).all()
    assert_equals_twin(grids, locator, tried[::7])


def test_interior_points_agree_with_shapely() -> None:
    grids = triangles(np.random.default_rng(5).uniform((113, 22), (114, 23), (3000, 2)), 400, 5)
    locator = Locator.build(grids)
    points = np.random.default_rng(6).uniform((112.9, 21.9), (114.1, 23.1), (50_000, 2))
    expected = np.full(len(points), -1)
    parts, grid = shapely.get_parts(np.asarray(grids.geometry), return_index=True)
    point, part = shapely.STRtree(parts).query(shapely.points(points), predicate="within")
    expected[point] = grid[part]
    np.testing.assert_array_equal(locator.locate_many(points[:, 0], points[:, 1]), expected)


def test_dense_town_in_a_large_county_splits_cells() -> None:
    rng = np.random.default_rng(7)
    town = rng.normal((100.01, 30.02), 2e-4, (400, 2))
    county = rng.uniform((95, 25), (105, 35), (20, 2))
    grids = triangles(np.vstack([town, county]), 60, 7)
    locator = Locator.build(grids)
    assert (locator._cells.table >= _kernels.BLOCK).any()
    points = adversarial_points(grids, locator, 7, 60)
    assert_equals_twin(grids, locator, np.vstack([points, rng.normal((100.01, 30.02), 2e-4, (100, 2))]))


def square(west: float, south: float, side: float = 1.0) -> shapely.Polygon:
    return shapely.box(west, south, west + side, south + side)


def test_hole_enclave_and_rings_that_touch() -> None:
    whole = square(0, 0, 4)
    enclave = square(1, 1)
    touching = square(2, 2)  # meets the enclave in a point, and lies in the same ring's inside
    courtyard = square(2.25, 2.25, 0.5)
    around = shapely.Polygon(
        shapely.get_coordinates(whole), [shapely.get_coordinates(enclave), shapely.get_coordinates(touching)]
    )
    ring = touching.difference(courtyard)
    grids = frame([around, enclave, ring])
    locator = Locator.build(grids)
    assert [fault.kind for fault in locator.faults] == ["gap"]
    assert locator.faults[0].severity == "warning"
    assert locator.faults[0].lon == pytest.approx(2.5, abs=0.2)
    lattice = np.array([(x, y) for x in np.arange(-0.25, 4.5, 0.25) for y in np.arange(-0.25, 4.5, 0.25)])
    assert_equals_twin(grids, locator, lattice)
    assert locator.find(2.5, 2.5) == Match(None, False, 2.5, 2.5)
    assert locator.find(2.0, 2.0) == Match("g2", True, 2.0, 2.0, ("g0", "g1"))


def test_neighbour_lacks_the_vertex() -> None:
    """T-junctions exactly on the line, level and upright."""
    grids = frame(
        [shapely.box(0, 0, 1, 2), shapely.box(1, 0, 3, 0.7), shapely.box(1, 0.7, 3, 2), shapely.box(0, 2, 3, 5)]
    )
    locator = Locator.build(grids)
    assert locator.faults == []
    assert_equals_twin(grids, locator, adversarial_points(grids, locator, 0, 60))
    assert locator.locate(1.0, 0.7) == "g2"


def test_neighbours_vertices_beside_the_line_are_joined() -> None:
    slanted = shapely.Polygon([(0, 0), (1, 0), (1.3, 1.1), (0, 1)])
    on_line = (1.1, 1.1 / 3)
    rng = np.random.default_rng(1)
    for _ in range(20):
        middle = rng.normal(on_line, 1e-8)  # outside or inside of the neighbour
        corner = rng.normal((1.3, 1.1), 1e-8)
        one, two = (
            shapely.Polygon(np.array([(1, 0), (2, 0), middle])),
            shapely.Polygon(np.array([(2, 0), corner, middle])),
        )
        locator = Locator.build(frame([slanted, one, two]))
        assert [(fault.kind, fault.severity) for fault in locator.faults] == [("unmatched_border", "warning")]
        assert [locator.locate(*p) for p in [(1.0, 0.5), (1.2, 0.2), (1.5, 0.6)]] == ["g0", "g1", "g2"]
        near = middle + rng.normal(0, 1e-8, (200, 2))
        assert set(locator.locate_many(near[:, 0], near[:, 1]).tolist()) == {0, 1, 2}


@pytest.mark.parametrize("decimals", [7, 9, 15])
def test_rounded_borders_without_the_neighbours_vertices(decimals: int) -> None:
    """As after cutting polygons by hand and writing them with few decimals: no gap, no overlap, the nearest grid."""
    rng = np.random.default_rng(decimals)
    parts: list[Any] = [shapely.box(116.3, 39.9, 116.36, 39.95)]
    for _ in range(80):
        largest = parts.pop(int(np.argmax(shapely.area(parts))))
        angle = rng.uniform(0, np.pi)
        middle, way = np.array(largest.centroid.coords[0]), np.array([np.cos(angle), np.sin(angle)])
        parts += split(largest, shapely.LineString([middle - way, middle + way])).geoms
    grids = frame([shapely.Polygon(np.round(shapely.get_coordinates(part), decimals)) for part in parts])
    locator = Locator.build(grids)
    assert {fault.kind for fault in locator.faults} <= {"unmatched_border"}
    points = rng.uniform((116.3001, 39.9001), (116.3599, 39.9499), (5000, 2))
    positions = locator.locate_many(points[:, 0], points[:, 1])
    assert (positions >= 0).all()
    assert shapely.distance(np.asarray(grids.geometry)[positions], shapely.points(points)).max() < 2e-7


def test_longitudes_do_not_wrap() -> None:
    grids = frame([shapely.box(179, -1, 180, 1), shapely.box(-180, -1, -179, 1)])
    locator = Locator.build(grids)
    points = np.array([(180.0, 0.0), (-180.0, 0.0), (179.0, -1.0), (-179.0, 0.5), (0.0, 0.0)])
    assert_equals_twin(grids, locator, points)
    assert locator.find(180.0, 0.0) == Match(None, True, 180.0, 0.0, ("g0",))
    assert locator.locate(-180.0, 0.0) == "g1"


def test_the_poles_and_the_whole_earth() -> None:
    grids = frame([shapely.box(-180, -90, 0, 90), shapely.box(0, -90, 180, 90)])
    locator = Locator.build(grids)
    assert_equals_twin(grids, locator, adversarial_points(grids, locator, 0, 40))


def test_magnitudes_below_1e_60_count_as_zero() -> None:
    locator = Locator.build(frame([shapely.box(-1, -1, 0, 1), shapely.Polygon([(0, -1), (1, 1), (1e-300, 1)])]))
    assert locator.locate(-5e-324, 5e-324) == "g1"
    assert locator.locate(-1e-59, 0.5) == "g0"


def test_elongated_and_tiny_grids() -> None:
    for shape in (shapely.box(100, 30, 110, 30 + 1e-6), shapely.box(100, 30, 100 + 1e-6, 40), square(100, 30, 1e-8)):
        grids = frame([shape])
        locator = Locator.build(grids)
        assert_equals_twin(grids, locator, adversarial_points(grids, locator, 0, 20))


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09", "GCJ-02"])
def test_datum(datum: str) -> None:
    grids = frame([square(116, 39), square(117, 39)])
    locator = Locator.build(grids)
    lon, lat = np.array([116.5, 116.9999, 117.0001]), np.array([39.5, 39.5, 39.5])
    theirs = from_wgs84(lon, lat, datum)
    assert locator.locate_many(*theirs, datum).tolist() == [0, 0, 1]
    match = locator.find(float(theirs[0][1]), float(theirs[1][1]), datum=datum)
    assert (match.code, match.on_border) == ("g0", False)
    assert (match.lon, match.lat) == pytest.approx((lon[1], lat[1]), abs=1e-9)
    assert locator.locate(float(theirs[0][2]), float(theirs[1][2]), datum) == "g1"


def test_bad_locations_are_named() -> None:
    locator = Locator.build(frame([square(116, 39)]))
    with using_language("en"):
        for lon, lat, problem in [(np.nan, 39.5, "missing"), (np.inf, 39.5, "missing"), (39.5, 116.5, "swapped")]:
            for verb in (locator.locate, locator.find):
                with pytest.raises(CoordinateError, match=problem):
                    verb(lon, lat)
            with pytest.raises(CoordinateError, match=rf"Row 2: .*{problem}"):
                locator.locate_many([116.5, lon], [39.5, lat])
        with pytest.raises(DatumError, match="beijing54"):
            locator.locate(116.5, 39.5, "beijing54")


def test_shapes_of_input() -> None:
    locator = Locator.build(frame([square(116, 39), square(117, 39)]))
    assert locator.locate_many([], []).shape == (0,)
    assert locator.locate_many(116.5, 39.5).tolist() == [0]
    pairs = np.array([(116.5, 39.5), (117.5, 39.5), (118.5, 39.5)])
    assert locator.locate_many(pairs[:, 0], pairs[:, 1]).tolist() == [0, 1, -1]  # not contiguous
    assert locator.locate_many(pairs[:, 0].astype(np.float32), pairs[:, 1]).tolist() == [0, 1, -1]


@given(
    st.tuples(*[st.floats(-180, 180).filter(lambda v: v == 0 or abs(v) >= _kernels.TINY)] * 6),
    st.tuples(st.floats(0, 1), st.integers(-2, 2)),
)
def test_orientation_equals_rational_arithmetic(v: tuple[float, ...], nearly: tuple[float, int]) -> None:
    x1, y1, x2, y2, _, _ = v
    along, ulps = nearly
    near = (x1 + along * (x2 - x1), y1 + along * (y2 - y1) + ulps * float(np.spacing(abs(y1) + 1e-30)))
    for px, py in (v[4:], near):
        determinant = (Fraction(x1) - Fraction(px)) * (Fraction(y2) - Fraction(py)) - (Fraction(y1) - Fraction(py)) * (
            Fraction(x2) - Fraction(px)
        )
        sign = (determinant > 0) - (determinant < 0)
        assert _kernels._orientation(x1, y1, x2, y2, float(px), float(py)) == sign

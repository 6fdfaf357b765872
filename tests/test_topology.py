"""Shared borders against a plain shapely twin, and every fault that a coverage can have."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.projection import metric_crs, project, unproject
from spatialgov.topology import check_coverage, dissolve, gaps, islands, metric_shapes, overlaps, shared_borders

CRS = metric_crs(116.4, 33.9)
WEST_M, SOUTH_M = (float(v) for v in project(116.4, 33.9, CRS))


def area(*shapes: shapely.Geometry | None) -> gpd.GeoDataFrame:
    """Make a frame of shapes in metres east and north of 116.4° E, 33.9° N."""

    def move(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(unproject(xy[:, 0] + WEST_M, xy[:, 1] + SOUTH_M, CRS))

    moved = shapely.transform(np.array(shapes, dtype=object), move)
    return gpd.GeoDataFrame({"code": [f"u{i + 1}" for i in range(len(shapes))]}, geometry=moved, crs=4326)


def rows(n: int, m: int, size_m: float = 100.0) -> list[shapely.Geometry]:
    return [shapely.box(x * size_m, y * size_m, (x + 1) * size_m, (y + 1) * size_m) for y in range(m) for x in range(n)]


def twin(frame: gpd.GeoDataFrame) -> dict[tuple[int, int], float]:
    """Give the shared borders by intersecting every pair of boundaries in the metric plane."""
    boundary = shapely.boundary(metric_shapes(frame.geometry.to_numpy(), CRS))
    length = {
        (i, j): float(shapely.intersection(boundary[i], boundary[j]).length)
        for i in range(len(frame))
        for j in range(i + 1, len(frame))
    }
    return {pair: metres for pair, metres in length.items() if metres > 1e-6}


def as_mapping(frame: gpd.GeoDataFrame) -> dict[tuple[int, int], float]:
    borders = shared_borders(frame, CRS)
    assert borders.edges.dtype == np.int32
    assert borders.edges.shape == (len(borders.border_m), 2)
    return {(int(i), int(j)): float(m) for (i, j), m in zip(borders.edges, borders.border_m, strict=True)}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 40))
def test_borders_of_random_tilings_equal_the_twin(seed: int, n: int) -> None:
    points = np.random.default_rng(seed).uniform(0, 2000, (n, 2))
    frame_m = shapely.box(0, 0, 2000, 2000)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame_m))
    # One rounding for all: clipping moves a shared vertex by a hair, in each cell by another one.
    tiling = shapely.set_precision(shapely.intersection(cells, frame_m), 0.001)
    frame = area(*tiling[~shapely.is_empty(tiling)])
    frame = frame[shapely.coverage_invalid_edges(frame.geometry.to_numpy()) == shapely.LineString()]
    wanted, found = twin(frame), as_mapping(frame)
    assert found.keys() == wanted.keys()
    for pair, metres in found.items():
        assert metres == pytest.approx(wanted[pair], abs=1e-6)
    borders = shared_borders(frame, CRS)
    shared = np.bincount(borders.edges.ravel(), np.repeat(borders.border_m, 2), len(frame))
    perimeter = shapely.length(metric_shapes(frame.geometry.to_numpy(), CRS))
    np.testing.assert_allclose(shared + borders.outer_border_m, perimeter, atol=1e-6)


def test_a_point_touch_is_no_border() -> None:
    assert as_mapping(area(*rows(2, 2))).keys() == {(0, 1), (0, 2), (1, 3), (2, 3)}


@pytest.mark.parametrize("size_m", [1.0, 100.0, 5000.0])
def test_borders_with_vertices_that_one_side_lacks(size_m: float) -> None:
    wide = shapely.box(0, -size_m, 3 * size_m, 0)
    frame = area(*rows(3, 1, size_m), wide)
    assert as_mapping(frame) == pytest.approx(
        {(0, 1): size_m, (1, 2): size_m, (0, 3): size_m, (1, 3): size_m, (2, 3): size_m}, rel=1e-6
    )
    outer = shared_borders(frame, CRS).outer_border_m
    np.testing.assert_allclose(outer, np.array([2, 1, 2, 5]) * size_m, rtol=1e-6, atol=1e-6)


def test_borders_that_were_straight_in_degrees() -> None:
    # A vertex that one side lacks, half-way along 4 km of a parallel: 0.2 m beside the chord in the metric plane.
    west, east = 116.40, 116.44
    frame = gpd.GeoDataFrame(
        {"code": ["a", "b", "c"]},
        geometry=[
            shapely.box(west, 33.90, east, 33.92),
            shapely.box(west, 33.88, (west + east) / 2, 33.90),
            shapely.box((west + east) / 2, 33.88, east, 33.90),
        ],
        crs=4326,
    )
    assert as_mapping(frame).keys() == {(0, 1), (0, 2), (1, 2)}
    assert [f.kind for f in check_coverage(frame, "code") if f.severity == "error"] == []


def test_edges_that_only_come_near_are_no_borders() -> None:
    apart = shapely.box(100.05, 0, 200, 100)  # 5 cm away
    leaning = shapely.Polygon([(0, 100), (-50, 100.5), (-50, 300), (0, 300)])  # meets a corner at a sharp angle
    assert as_mapping(area(*rows(1, 1), apart, leaning)) == {}
    assert as_mapping(area(*rows(1, 1), shapely.box(100.004, 0, 200, 100))) == pytest.approx({(0, 1): 100}, rel=1e-4)


def test_borders_of_odd_shapes() -> None:
    ring = shapely.box(0, 0, 300, 300) - shapely.box(100, 100, 200, 200)
    parts = shapely.MultiPolygon([shapely.box(100, 100, 200, 200), shapely.box(300, 0, 400, 300)])
    frame = area(ring, parts, None, shapely.Polygon(), shapely.Point(1, 1))
    borders = shared_borders(frame, CRS)
    assert borders.edges.tolist() == [[0, 1]]
    assert borders.border_m == pytest.approx([700])
    assert borders.outer_border_m == pytest.approx([900, 500, 0, 0, 0])
    nothing = shared_borders(area(None), CRS)
    assert nothing.edges.shape == (0, 2)


def kinds(*shapes: shapely.Geometry | None, **options: float) -> list[tuple[str, str, int | None]]:
    return [(f.kind, f.severity, f.row) for f in check_coverage(area(*shapes), "code", **options)]


def test_a_sound_coverage_has_no_fault() -> None:
    assert kinds(*rows(4, 3)) == []
    assert kinds() == []


def test_shapes_that_are_not_areas() -> None:
    bow_tie = shapely.Polygon([(200, 0), (300, 100), (300, 0), (200, 100)])
    faults = check_coverage(area(*rows(2, 1), bow_tie, None, shapely.Polygon(), shapely.Point(5, 5)), "code")
    assert [(f.kind, f.row, f.item, f.severity) for f in faults] == [
        ("invalid_geometry", 3, "u3", "error"),
        ("missing_geometry", 4, "u4", "error"),
        ("missing_geometry", 5, "u5", "error"),
        ("wrong_geometry_type", 6, "u6", "error"),
    ]
    x_m, y_m = project([faults[0].lon or 0.0], [faults[0].lat or 0.0], CRS)
    assert (x_m[0] - WEST_M, y_m[0] - SOUTH_M) == pytest.approx((250, 50), abs=0.01)
    assert "bow-tie" in faults[0].message


def overlap(frame: gpd.GeoDataFrame) -> tuple[str, int | None, float, float]:
    (fault,) = (f for f in check_coverage(frame, "code") if f.severity == "error")
    x_m, y_m = project(fault.lon or 0.0, fault.lat or 0.0, CRS)
    return fault.message, fault.row, float(x_m) - WEST_M, float(y_m) - SOUTH_M


def test_overlaps() -> None:
    one = shapely.box(0, 0, 100, 100)
    message, row, x_m, y_m = overlap(area(one, shapely.box(90, 0, 200, 100)))
    assert message.startswith("u2 (row 2) overlaps u1 (row 1) by 1,000.00 m²")
    assert row == 2
    assert 90 < x_m < 100
    assert 0 < y_m < 100
    assert "10,000.00" in overlap(area(one, one))[0]  # a unit twice
    assert "100.00" in overlap(area(one, shapely.box(40, 40, 50, 50)))[0]  # one inside another
    assert "100.00" in overlap(area(shapely.box(40, 40, 50, 50), one))[0]
    assert kinds(one, shapely.box(99.99995, 0, 200, 100))[0][:2] == ("border_mismatch", "warning")  # 0.005 m²


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 12),
)
def test_overlaps_of_random_boxes_equal_the_twin(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)  # no two edges in line: whether corners that touch enclose ground is a hair
    x, y = (np.sort(random.permutation(80)[: 2 * n].reshape(n, 2), axis=1) * 10.0 for _ in range(2))
    boxes = [shapely.box(x[i, 0], y[i, 0], x[i, 1], y[i, 1]) for i in range(n)]
    shapes = area(*boxes).geometry.to_numpy()
    found = overlaps(shapes, CRS)
    common = {(i, j): boxes[i].intersection(boxes[j]).area for i in range(n) for j in range(i + 1, n)}
    wanted = {pair: area_m2 for pair, area_m2 in common.items() if area_m2 > 0}
    assert {(int(i), int(j)): float(a) for (i, j), a in zip(found.pairs, found.area_m2, strict=True)} == pytest.approx(
        wanted, rel=1e-3
    )
    union = shapely.union_all(boxes)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
    enclosed = shapely.difference(shapely.union_all(holes), union)
    assert gaps(shapes, CRS).area_m2.sum() == pytest.approx(float(shapely.area(enclosed)), rel=1e-3)


def test_gaps() -> None:
    shapes = rows(3, 3)
    del shapes[4]
    (fault,) = check_coverage(area(*shapes), "code")
    assert (fault.kind, fault.severity, fault.row) == ("gap", "error", None)
    assert "10,000.00 m²" in fault.message
    assert "u1, u2, u3, u4, u5 …" in fault.message
    assert fault.lon == pytest.approx(116.4 + 150 / 92_600, abs=1e-4)
    notched = [shapely.box(0, 0, 100, 100) - shapely.box(99.5, 40, 100, 60), shapely.box(100, 0, 200, 100)]
    assert ("gap", "error", None) in kinds(*notched)  # 0.5 m wide, enclosed
    island_in_lake = [shapely.box(0, 0, 300, 300) - shapely.box(100, 100, 200, 200), shapely.box(140, 140, 160, 160)]
    within_the_island = [*island_in_lake[:1], island_in_lake[1] - shapely.box(145, 145, 155, 155)]
    assert [f.message[:15] for f in check_coverage(area(*within_the_island), "code") if f.kind == "gap"] == [
        "A gap of 9,600.",
        "A gap of 100.00",
    ]
    (lake,) = (f for f in check_coverage(area(*island_in_lake), "code") if f.kind == "gap")
    assert "9,600.00 m²" in lake.message


def test_an_unsound_border_is_not_a_gap_too() -> None:
    shapes = rows(3, 3)
    shapes[4] = shapely.Polygon([(100, 100), (200, 100), (200, 200), (100, 200), (100, 100), (150, 99), (100, 100)])
    assert not shapely.is_valid(shapes[4])
    assert "gap" not in [kind for kind, *_ in kinds(*shapes)]


def test_cracks_and_missing_vertices_are_warnings() -> None:
    crack = kinds(shapely.box(0, 0, 100, 100), shapely.box(100.3, 0, 200, 100))
    assert crack == [("border_mismatch", "warning", 1), ("border_mismatch", "warning", 2)]
    assert kinds(shapely.box(0, 0, 100, 100), shapely.box(100.3, 0, 200, 100), gap_width_m=0.1) == []
    assert {k[:2] for k in kinds(*rows(2, 1), shapely.box(0, -100, 200, 0))} == {("border_mismatch", "warning")}
    assert kinds(shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(5, 5, 6, 6)])) == [
        ("multipart", "warning", 1)
    ]


def test_islands() -> None:
    frame = area(*rows(3, 1), shapely.box(900, 0, 1000, 100), *[shapely.box(x, 500, x + 50, 550) for x in (0, 50)])
    faults = islands(frame, "code", [0, 0, 0, 1, 2, 2])
    assert [(f.kind, f.severity, f.row, f.item) for f in faults] == [
        ("island", "warning", 4, "u4"),
        ("island", "warning", 5, "u5"),
    ]
    assert islands(frame, "code", np.zeros(6, int)) == []
    assert islands(area(), "code", []) == []


@pytest.mark.parametrize("turn", [shapely.reverse, shapely.normalize])
def test_the_way_round_of_rings_does_not_matter(turn: Callable[[shapely.Geometry], shapely.Geometry]) -> None:
    shapes = rows(3, 2)
    turned = [turn(shape) if i % 2 else shape for i, shape in enumerate(shapes)]
    assert as_mapping(area(*turned)) == pytest.approx(as_mapping(area(*shapes)))
    assert kinds(*turned) == []


def test_dissolve_is_right_where_a_neighbour_lacks_a_vertex() -> None:
    left = shapely.box(0, 0, 1, 2)
    right = [shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)]
    shapes = np.array([left, *right], dtype=object)
    (merged,) = dissolve(shapes, np.zeros(3, np.int32), 1)
    assert merged.equals(shapely.box(0, 0, 2, 2))
    parts = dissolve(shapes, np.array([0, 1, -1], np.int32), 2)
    assert [part.area for part in parts] == [2, 1]

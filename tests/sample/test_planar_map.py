"""The planar map: whatever is cut, the faces stay a coverage and every road stays one path."""

import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.sample.planar_map import PlanarMap
from spatialgov.sample.plane import CENTRE_LAT, CENTRE_LON, to_azimuth_deg, to_degrees
from spatialgov.sample.roads import line_paths

SQUARES = [
    [(0.0, 0.0), (400.0, 0.0), (400.0, 300.0), (0.0, 300.0)],
    [(400.0, 0.0), (700.0, 40.0), (640.0, 310.0), (400.0, 300.0)],
    # Not convex: a chord may leave it and come back.
    [(0.0, 300.0), (400.0, 300.0), (400.0, 600.0), (300.0, 600.0),
     (300.0, 380.0), (90.0, 370.0), (80.0, 600.0), (0.0, 590.0)],
]  # fmt: skip

cuts = st.lists(
    st.tuples(
        st.integers(0, 50),
        st.floats(0.2, 0.8),
        st.floats(0.2, 0.8),
        st.floats(0, math.pi),
        st.sampled_from([3.0, 10.0, 40.0]),
        st.floats(-0.1, 0.1),
    ),
    max_size=25,
)


def _polygons(planar: PlanarMap) -> list[shapely.Polygon]:
    return [shapely.Polygon(planar.ring_m(face)) for face in planar.faces]


@settings(max_examples=60, deadline=None)
@given(cuts)
def test_cuts_leave_a_coverage_of_the_same_ground(plan: list[tuple[int, float, float, float, float, float]]) -> None:
    planar = PlanarMap()
    for ring in SQUARES:
        planar.add_face(ring)
    whole = sum(polygon.area for polygon in _polygons(planar))
    for number, u, v, angle, snap_m, bend in plan:
        face = number % len(planar.faces)
        west, south, east, north = shapely.Polygon(planar.ring_m(face)).bounds
        through = (west + u * (east - west), south + v * (north - south))
        before = len(planar.faces)
        line = planar.add_line("alley")
        other = planar.cut(face, through, (math.cos(angle), math.sin(angle)), line, snap_m=snap_m, bend=bend)
        assert len(planar.faces) == before + (other is not None)
    polygons = _polygons(planar)
    assert shapely.is_valid(polygons).all()
    assert shapely.is_ccw([polygon.exterior for polygon in polygons]).all()
    assert shapely.coverage_is_valid(polygons)
    # A new vertex goes to the next centimetre, so ground may move by half a centimetre along an outer border.
    assert sum(polygon.area for polygon in polygons) == pytest.approx(whole, abs=10)
    for face, polygon in zip(planar.faces, polygons, strict=True):
        assert planar.area_m2(face) == pytest.approx(polygon.area)
        assert polygon.contains(shapely.Point(planar.inside(face)))
        for a, b in planar.edges(face):
            beside = planar.neighbour(a, b)
            assert beside is None or (b, a) in set(planar.edges(beside))
    for paths in line_paths(planar).values():
        assert len(paths) == 1


def test_a_cut_that_would_leave_a_sliver_is_refused() -> None:
    planar = PlanarMap()
    face = planar.add_face(SQUARES[0])
    assert planar.cut(face, (200, 1), (1, 0), None, snap_m=3) is None
    assert planar.cut(face, (200, 900), (1, 0), None, snap_m=3) is None
    # One end on the southern side, the other drawn to its corner.
    assert planar.cut(face, (385, 5), (0.9, 0.4), None, snap_m=15) is None
    assert list(planar.faces) == [face]


def test_the_frame_is_the_smallest_rectangle() -> None:
    planar = PlanarMap()
    face = planar.add_face([(0, 0), (300, 100), (270, 190), (-30, 90)])
    centre, axis, length_m, width_m = planar.frame(face)
    assert centre == pytest.approx((135, 95))
    assert abs(axis[0] * 300 + axis[1] * 100) == pytest.approx(math.hypot(300, 100))
    assert (length_m, width_m) == pytest.approx((math.hypot(300, 100), math.hypot(30, 90)))


def test_the_drawing_plane_turns_and_scales_only() -> None:
    assert to_degrees(0, 0) == (CENTRE_LON, CENTRE_LAT)
    ends = [to_degrees(x, y, 12) for x, y in ((0, 0), (1000, 400), (2000, 800))]
    assert ends[1] == pytest.approx(((ends[0][0] + ends[2][0]) / 2, (ends[0][1] + ends[2][1]) / 2), abs=1e-11)
    # North of the plane lies a little east of north.
    assert to_azimuth_deg(0, 1) == pytest.approx(5.5)
    assert to_azimuth_deg(1, 0) == pytest.approx(95.5)
    assert 0 <= to_azimuth_deg(-0.0959, 1) < 360

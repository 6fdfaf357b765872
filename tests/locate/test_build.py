"""What a locator refuses to be built from, and what it says."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.errors import CoordinateError, DatumError, FaultyDataError, InputError, MissingColumnError
from spatialgov.language import using_language
from spatialgov.locate import Locator


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with using_language("en"):
        yield


def square(west: float, south: float, side: float = 1.0) -> shapely.Polygon:
    return shapely.box(west, south, west + side, south + side)


def frame(*polygons: shapely.Geometry | None, crs: int | None = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": list("abcdefgh"[: len(polygons)])}, geometry=np.array(polygons, dtype=object), crs=crs
    )


@pytest.mark.parametrize(
    "polygons",
    [
        (square(0, 0), square(0.5, 0.5)),  # crossing
        (square(0, 0), square(0, 0)),  # the same ground twice
        (square(0, 0, 3), square(1, 1)),  # one inside the other
        (square(0, 0, 3), square(0, 1)),  # inside, along the border
        (square(0, 0, 2), square(0, 0)),  # inside, in the corner
        (square(0, 0), shapely.box(0.999, 0, 2, 1)),  # a strip
        (square(0, 0), shapely.box(1 - 3e-7, 0, 2, 1)),  # a strip of 3 cm
        (shapely.Polygon([(0, 0), (1, 0), (1, 1)]), shapely.Polygon([(0, 0), (1, 0), (0, 1)])),
    ],
)
def test_overlap(polygons: tuple[shapely.Polygon, ...]) -> None:
    with pytest.raises(FaultyDataError, match="Grids a and b overlap") as caught:
        Locator.build(frame(*polygons, square(10, 10)))
    (fault,) = caught.value.faults
    assert (fault.kind, fault.severity, fault.item, fault.row) == ("overlap", "error", "a", 1)
    assert fault.lon is not None
    assert fault.lat is not None
    common = shapely.intersection_all(polygons)
    assert shapely.distance(common, shapely.Point(fault.lon, fault.lat)) < 1e-9
    assert caught.value.remedy


def test_overlapping_layers_are_all_named() -> None:
    with pytest.raises(FaultyDataError) as caught:
        Locator.build(frame(square(0, 0), square(1, 0), shapely.box(0, 0, 2, 1)))
    assert {fault.message for fault in caught.value.faults} == {"Grids a and c overlap.", "Grids b and c overlap."}


def test_overlap_is_told_when_other_borders_are_joined() -> None:
    junction = (shapely.box(1, 0, 2, 0.5), shapely.box(1, 0.5, 2, 1))
    with pytest.raises(FaultyDataError) as caught:
        Locator.build(frame(square(0, 0), square(0, 0), *junction))
    assert [fault.message for fault in caught.value.faults] == ["Grids a and b overlap."]


def test_touching_grids_do_not_overlap() -> None:
    grids = frame(square(0, 0), square(1, 0), square(1, 1), shapely.Polygon([(0.5, 1), (1, 1.5), (0.5, 2), (0, 1.5)]))
    (fault,) = Locator.build(grids).faults
    assert fault.kind == "gap"  # the triangle between the three


def test_gap_between_grids_is_a_warning_with_its_place() -> None:
    ring = square(0, 0, 3).difference(square(1, 1))
    locator = Locator.build(frame(ring, square(1, 1, 0.5)))
    (fault,) = locator.faults
    assert (fault.kind, fault.severity) == ("gap", "warning")
    assert locator.locate(fault.lon, fault.lat) is None  # type: ignore[arg-type]
    assert "lie in no grid" in fault.message


def test_sliver_is_a_gap() -> None:
    bent = shapely.Polygon([(1, 0), (2, 0), (2, 1), (1, 1), (1.000001, 0.5)])
    (fault,) = Locator.build(frame(square(0, 0), bent)).faults
    assert fault.kind == "gap"


@pytest.mark.parametrize(
    ("polygon", "kind", "message"),
    [
        (None, "missing_geometry", "Row 2, grid b: no geometry"),
        (shapely.Polygon(), "missing_geometry", "Row 2, grid b: no geometry"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "invalid_geometry", "Self-intersection"),
        (shapely.LineString([(0, 0), (1, 1)]), "invalid_geometry", "LineString, not a polygon"),
    ],
)
def test_bad_geometry(polygon: shapely.Geometry | None, kind: str, message: str) -> None:
    with pytest.raises(FaultyDataError, match=message) as caught:
        Locator.build(frame(square(5, 5), polygon))
    (fault,) = caught.value.faults
    assert (fault.kind, fault.row, fault.item) == (kind, 2, "b")


def test_codes() -> None:
    grids = gpd.GeoDataFrame({"code": ["a", None, "a", 3, ""]}, geometry=[square(i, 0) for i in range(5)], crs=4326)
    with pytest.raises(FaultyDataError) as caught:
        Locator.build(grids)
    assert [(f.kind, f.row) for f in caught.value.faults] == [
        ("missing_value", 2),
        ("duplicate_id", 3),
        ("missing_value", 4),
        ("missing_value", 5),
    ]
    with pytest.raises(MissingColumnError, match="code"):
        Locator.build(grids.drop(columns="code"))


def test_many_faults_are_told_shortly() -> None:
    grids = gpd.GeoDataFrame({"code": ["a"] * 20}, geometry=[square(i, 0) for i in range(20)], crs=4326)
    with pytest.raises(FaultyDataError, match="And 14 more") as caught:
        Locator.build(grids)
    assert len(caught.value.faults) == 19


def test_no_grid() -> None:
    with pytest.raises(InputError, match="no grid"):
        Locator.build(frame())


@pytest.mark.parametrize(("crs", "message"), [(None, "name no CRS"), (32650, "UTM"), (4490, "China Geodetic")])
def test_crs(crs: int | None, message: str) -> None:
    with pytest.raises(DatumError, match=message) as caught:
        Locator.build(frame(square(0, 0), crs=crs))
    assert "to_crs(4326)" in caught.value.remedy


def test_beyond_the_earth() -> None:
    with pytest.raises(CoordinateError, match="not on Earth"):
        Locator.build(frame(square(179.5, 0)))
    with pytest.raises(CoordinateError, match="metres"):
        Locator.build(frame(square(440_000, 4_400_000, 100)))


def test_heights_are_left_out_with_a_warning() -> None:
    locator = Locator.build(frame(shapely.force_3d(square(0, 0), 5.0), square(1, 0)))
    assert [(fault.kind, fault.severity) for fault in locator.faults] == [("three_dimensional", "warning")]
    assert locator.locate(0.5, 0.5) == "a"


def test_repeated_vertices_and_index_of_the_frame_do_not_matter() -> None:
    ring = np.array([(0, 0), (1, 0), (1, 0), (1, 1), (0, 1), (0, 0)], dtype=float)
    grids = frame(shapely.Polygon(ring), square(1, 0)).set_index(np.array([7, 7]))
    assert Locator.build(grids).locate_many([0.5, 1.5], [0.5, 0.5]).tolist() == [0, 1]


def test_chinese() -> None:
    with using_language("zh"), pytest.raises(FaultyDataError, match="网格 a 与 b 重叠"):
        Locator.build(frame(square(0, 0), square(0.5, 0.5)))

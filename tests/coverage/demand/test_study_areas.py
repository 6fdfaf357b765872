import pytest
import shapely

from spatialgov.coverage import study_areas
from spatialgov.errors import InputError
from tests.coverage_cases import PLANE, areas_of, frame_of

SQUARES = [shapely.box(100 * i, 0, 100 * (i + 1), 100) for i in range(3)]


def test_grids_know_what_they_lie_in_by_their_codes() -> None:
    areas = areas_of(*SQUARES)
    assert areas.levels == ("grid", "community", "subdistrict", "district", "all")
    assert areas.codes_at("grid").tolist() == ["a", "b", "c"]
    assert areas.codes_at("community").tolist() == ["990101001001", "990101001001", "990101001002"]
    assert areas.codes_at("district").tolist() == ["990101000000"] * 3
    assert areas.codes_at("all").tolist() == ["", "", ""]
    with pytest.raises(InputError, match=r"village.*grid, community"):
        areas.codes_at("village")


def test_jurisdictions_say_what_lies_above_whatever_the_codes() -> None:
    above = frame_of(
        [shapely.box(0, 0, 300, 100)] * 3,
        code=["c1", "s1", "d1"],
        level=["community", "subdistrict", "district"],
        name=["Community", "Subdistrict", "District"],
        parent_code=["s1", "d1", ""],
    )
    grids = frame_of(SQUARES, code=["a", "b", "c"], name="", parent_code=["c1", "c1", "s1"])
    areas = study_areas(grids, above)
    assert areas.codes_at("community").tolist() == ["c1", "c1", ""]
    assert areas.codes_at("district").tolist() == ["d1"] * 3
    assert areas.names == {"c1": "Community", "s1": "Subdistrict", "d1": "District"}


def test_without_grids_the_finest_jurisdictions_are_the_areas() -> None:
    above = frame_of(
        [*SQUARES[:2], shapely.box(0, 0, 300, 100)],
        code=["s1", "s2", "d1"],
        level=["subdistrict", "subdistrict", "district"],
        name=["one", "two", "all"],
        parent_code=["d1", "d1", ""],
    )
    areas = study_areas(None, above)
    assert areas.level == "subdistrict"
    assert areas.frame["code"].tolist() == ["s1", "s2"]
    assert areas.levels == ("subdistrict", "district", "all")


def test_without_any_the_area_is_around_the_cameras() -> None:
    corners = [(0, 0), (400, 0), (400, 300), (0, 300), (200, 100), (200, 90_000)]  # the last one lies in the sea
    cameras = frame_of([shapely.Point(corner) for corner in corners], camera_id=list("abcdef"))
    areas = study_areas(None, None, cameras)
    assert (areas.level, areas.levels) == ("study_area", ("study_area", "all"))
    area = areas.frame.to_crs(PLANE).geometry[0]
    # A rectangle with a rim of 100 m: four sides, and four quarters of a disc, which is drawn with chords.
    assert area.area == pytest.approx(
        400 * 300 + 2 * (400 + 300) * 100 + shapely.Point(0, 0).buffer(100).area, rel=1e-4
    )


def test_there_is_nothing_to_measure_in() -> None:
    with pytest.raises(InputError, match="no cameras"):
        study_areas(None, None, frame_of([], camera_id=[]))

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import read_cameras, views_of
from spatialgov.coverage.cameras.reading import COLUMNS, MANY_AT_ONE_PLACE
from spatialgov.errors import DatumError, MissingColumnError, UnreadableFileError
from spatialgov.language import using_language
from spatialgov.vector_io import write_vector

HEAD = "camera_id,kind,height_m,azimuth_deg,fov_deg,range_m,status,owner,lon,lat"


@pytest.fixture
def csv(tmp_path: Path) -> Any:
    def write(*rows: str, head: str = HEAD) -> Path:
        path = tmp_path / "cameras.csv"
        path.write_text("\n".join([head, *rows]), encoding="utf-8")
        return path

    return write


def test_a_full_row_comes_through_unchanged(csv: Any) -> None:
    cameras = read_cameras(csv("c1,fixed,4.5,90,60,80,in_service,police,116.4,33.9"), datum="wgs84")
    assert list(cameras.frame.columns) == [*COLUMNS, "geometry"]
    assert cameras.frame.crs == "EPSG:4326"
    row = cameras.frame.iloc[0]
    assert tuple(row[HEAD.split(",")[:-2]]) == ("c1", "fixed", 4.5, 90.0, 60.0, 80.0, "in_service", "police")
    assert row[["azimuth_error_deg", "tilt_deg", "width_px"]].isna().all()
    assert (row["post_id"], row["gb_code"]) == ("", "")
    assert row.geometry.equals_exact(shapely.Point(116.4, 33.9), 1e-12)
    assert (cameras.faults, cameras.dropped_columns, cameras.left_out) == ((), (), {})
    assert cameras.unknown == {"tilt_deg": 1, "width_px": 1}
    assert cameras.datum == "wgs84"


def test_every_column_is_read(csv: Any) -> None:
    head = "camera_id,post_id,gb_code,azimuth_deg,azimuth_error_deg,tilt_deg,width_px,lon,lat"
    row = csv("c1,m7,34020000001320000001,90,5,12.5,2560,116.4,33.9", head=head)
    frame = read_cameras(row, datum="wgs84").frame
    assert frame[head.split(",")[:-2]].iloc[0].tolist() == [
        "c1", "m7", "34020000001320000001", 90.0, 5.0, 12.5, 2560.0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "kind", "column"),
    [
        (",fixed,4,90,60,80,in_service,,116.4,33.9", "missing_value", "camera_id"),
        ("c0,fixed,4,90,60,80,in_service,,116.4,33.9", "duplicate_id", "camera_id"),
        ("c1,fixed,4,90,60,80,in_service,,,", "missing_location", "geometry"),
        ("c1,fixed,4,90,60,80,in_service,,east,33.9", "invalid_geometry", "geometry"),
        ("c1,fixed,4,90,60,0,in_service,,116.4,33.9", "out_of_range", "range_m"),
        ("c1,fixed,4,90,60,-3,in_service,,116.4,33.9", "out_of_range", "range_m"),
        ("c1,fixed,4,90,60,10001,in_service,,116.4,33.9", "out_of_range", "range_m"),
        ("c1,fixed,4,90,361,80,in_service,,116.4,33.9", "out_of_range", "fov_deg"),
        ("c1,fixed,-4,90,60,80,in_service,,116.4,33.9", "out_of_range", "height_m"),
        ("c1,fixed,4,90,60,far,in_service,,116.4,33.9", "not_a_number", "range_m"),
        ("c1,fixed,4,90,60,inf,in_service,,116.4,33.9", "not_a_number", "range_m"),
        ("c1,fixed,4,uphill,60,80,in_service,,116.4,33.9", "invalid_direction", "azimuth_deg"),
        ("c1,fixed,4,90;x,60,80,in_service,,116.4,33.9", "invalid_direction", "azimuth_deg"),
        ("c1,drone,4,90,60,80,in_service,,116.4,33.9", "unknown_value", "kind"),
        ("c1,fixed,4,90,60,80,asleep,,116.4,33.9", "unknown_value", "status"),
    ],
)
def test_a_bad_row_is_left_out_and_listed(csv: Any, row: str, kind: str, column: str) -> None:
    path = csv("c0,fixed,4,90,60,80,in_service,,116.4,33.9", row, "c9,ptz,4,90,60,80,planned,,116.5,33.9")
    cameras = read_cameras(path, datum="wgs84")
    assert list(cameras.frame["camera_id"]) == ["c0", "c9"]
    (fault,) = cameras.faults
    assert (fault.kind, fault.column, fault.row, fault.severity) == (kind, column, 2, "error")
    assert fault.remedy
    with using_language("zh"):
        (chinese,) = read_cameras(path, datum="wgs84").faults
    assert chinese.message != fault.message


def test_everything_that_is_wrong_with_a_row_is_listed(csv: Any) -> None:
    cameras = read_cameras(csv("c0,drone,4,x,60,0,in_service,,,"), datum="wgs84")
    assert {fault.column for fault in cameras.faults} == {"kind", "azimuth_deg", "range_m", "geometry"}
    assert cameras.frame.empty


def test_nothing_is_filled_in_and_what_is_unknown_is_counted(csv: Any) -> None:
    path = csv(
        "a,,,,,,,,116.4,33.9",
        "b,dome,,,360,,,,116.4,33.9",
        "c,PTZ,,10,,70,broken,,116.4,33.9",
        "bad,dome,,,,0,,,116.4,33.9",
    )
    cameras = read_cameras(path, datum="wgs84")
    frame = cameras.frame.set_index("camera_id")
    assert list(frame["kind"]) == ["", "dome", "ptz"]
    assert list(frame["status"]) == ["", "", "broken"]
    assert frame["height_m"].isna().all()
    assert frame["fov_deg"].tolist() == pytest.approx([np.nan, 360, np.nan], nan_ok=True)
    assert cameras.unknown == {
        "kind": 1, "height_m": 3, "azimuth_deg": 1, "fov_deg": 2, "tilt_deg": 3, "range_m": 2, "width_px": 3,
        "status": 2,
    }  # fmt: skip


def test_several_directions_are_rows_of_one_post(csv: Any) -> None:
    path = csv(
        "a,fixed,4,90;270,60,80,in_service,,116.4,33.9",
        "b,fixed,4,45-135,,80,in_service,,116.4,33.9",
        "c,ptz,4,45-135,60,80,in_service,,116.4,33.9",
        "d,fixed,4,NE,60,80,in_service,,116.4,33.9",
    )
    cameras = read_cameras(path, datum="wgs84")
    assert cameras.faults == ()
    frame = cameras.frame.set_index("camera_id")
    assert list(frame.index) == ["a#1", "a#2", "b", "c", "d"]
    assert views_of(cameras.frame.iloc[:2]).table["post"].nunique() == 1
    assert frame["azimuth_deg"].tolist() == [90, 270, 90, 90, 45]
    assert frame["fov_deg"].tolist() == [60, 60, 90, 60, 60]
    assert frame["azimuth_error_deg"].tolist() == pytest.approx([np.nan, np.nan, np.nan, 45, 22.5], nan_ok=True)


@pytest.mark.parametrize("first", [True, False])
def test_a_name_that_a_device_of_several_directions_needs(csv: Any, first: bool) -> None:
    rows = ["a,fixed,4,90;270,60,80,in_service,,116.4,33.9", "a#2,fixed,4,1,60,80,in_service,,116.4,33.9"]
    cameras = read_cameras(csv(*(rows if first else rows[::-1])), datum="wgs84")
    assert cameras.frame["camera_id"].tolist() == ["a#2"]
    assert [(f.kind, f.item) for f in cameras.faults] == [("duplicate_id", "a")]


def test_what_can_hardly_be_is_taken_and_pointed_out(csv: Any) -> None:
    path = csv("a,fixed,4,725,60,10000,in_service,,116.4,33.9", "b,fixed,4,0,60,50,in_service,,0,0")
    cameras = read_cameras(path, datum="wgs84")
    assert cameras.frame[["camera_id", "azimuth_deg", "range_m"]].iloc[0].tolist() == ["a", 5.0, 10_000.0]
    assert [(f.kind, f.row, f.severity) for f in cameras.faults] == [
        ("azimuth_turned", 1, "warning"), ("far_range", 1, "warning"), ("missing_location", 2, "error"),
    ]  # fmt: skip


def test_thousands_at_one_place_are_pointed_out_once(csv: Any) -> None:
    rows = [f"c{i},fixed,4,0,60,50,in_service,,116.4,33.9" for i in range(4000)]
    cameras = read_cameras(csv("x,fixed,4,0,60,50,in_service,,116.5,33.9", *rows), datum="wgs84")
    assert len(cameras.frame) == 4001
    (fault,) = cameras.faults
    assert (fault.kind, fault.row, fault.severity) == ("piled", 2, "warning")
    assert "4000" in fault.message
    few = [f"c{i},fixed,4,0,60,50,in_service,,116.4,33.9" for i in range(MANY_AT_ONE_PLACE - 1)]
    assert read_cameras(csv(*few), datum="wgs84").faults == ()


@pytest.mark.parametrize(("word", "degrees"), [("N", 0), ("ne", 45), ("SSW", 202.5), ("东北", 45), ("正西", 270)])
def test_compass_words(csv: Any, word: str, degrees: float) -> None:
    cameras = read_cameras(csv(f"c,fixed,4,{word},60,80,in_service,,116.4,33.9"), datum="wgs84")
    assert cameras.frame["azimuth_deg"].tolist() == [degrees]
    assert cameras.faults == ()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=50))
def test_any_azimuth_is_normalised(tmp_path_factory: pytest.TempPathFactory, degrees: list[float]) -> None:
    path = tmp_path_factory.mktemp("azimuth") / "cameras.csv"
    rows = [f"c{i},fixed,4,{value!r},60,80,in_service,,116.4,33.9" for i, value in enumerate(degrees)]
    path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    cameras = read_cameras(path, datum="wgs84")
    azimuth = cameras.frame["azimuth_deg"].to_numpy()
    assert ((azimuth >= 0) & (azimuth < 360)).all()
    assert np.cos(np.radians(azimuth - degrees)) == pytest.approx(1)
    turned = [i + 1 for i, value in enumerate(degrees) if not 0 <= value <= 360]
    assert [(f.kind, f.severity, f.row) for f in cameras.faults] == [("azimuth_turned", "warning", i) for i in turned]


def test_the_files_own_columns_and_the_dropped_ones(csv: Any) -> None:
    path = csv("7,12,50,Li,116.4,33.9", head="code,dir,reach,keeper,lon,lat")
    cameras = read_cameras(path, datum="gcj02", columns={"camera_id": "code", "azimuth_deg": "dir", "range_m": "reach"})
    assert cameras.frame["camera_id"].tolist() == ["7"]
    assert cameras.dropped_columns == ("keeper",)
    assert "Li" not in cameras.frame.to_json()
    assert cameras.datum == "gcj02"
    assert cameras.frame.geometry[0].distance(shapely.Point(116.4, 33.9)) > 0.001


@pytest.mark.parametrize("name", ["cameras.gpkg", "cameras.geojson", "cameras.parquet"])
def test_other_formats_give_the_same(csv: Any, tmp_path: Path, name: str) -> None:
    plain = read_cameras(csv("a,fixed,4,90,60,80,broken,,116.4,33.9", "b,ptz,,,,,,x,116.5,33.9"), datum="wgs84")
    write_vector(plain.frame, tmp_path / name)
    again = read_cameras(tmp_path / name)
    assert again.frame.drop(columns="geometry").equals(plain.frame.drop(columns="geometry"))
    assert again.frame.geometry.geom_equals_exact(plain.frame.geometry, 1e-9).all()


def test_geometry_that_is_no_point(tmp_path: Path) -> None:
    shapes: list[Any] = [shapely.MultiPoint([(116.4, 33.9)]), shapely.box(116, 33, 117, 34), shapely.Point(), None]
    frame = gpd.GeoDataFrame({"camera_id": list("abcd")}, geometry=shapes, crs=4326)
    frame.to_parquet(tmp_path / "cameras.parquet")
    cameras = read_cameras(tmp_path / "cameras.parquet")
    assert cameras.frame["camera_id"].tolist() == ["a"]
    assert cameras.frame.geometry[0].equals(shapely.Point(116.4, 33.9))
    assert [(f.kind, f.row, f.item) for f in cameras.faults] == [
        ("not_a_point", 2, "b"), ("missing_location", 3, "c"), ("missing_location", 4, "d"),
    ]  # fmt: skip


def test_columns_of_another_dialect_are_dropped_aloud(csv: Any) -> None:
    cameras = read_cameras(csv("c,4,90,ON,116.4,33.9", head="camera_id,height,direction,Status,lon,lat"), datum="wgs84")
    assert cameras.dropped_columns == ("height", "direction", "Status")
    assert cameras.unknown["azimuth_deg"] == 1


def test_files_that_cannot_be_read_at_all(csv: Any, tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match="camera_id"):
        read_cameras(csv("1,116.4,33.9", head="code,lon,lat"), datum="wgs84")
    with pytest.raises(MissingColumnError, match="azimut"):
        read_cameras(csv("1,116.4,33.9", head="camera_id,lon,lat"), datum="wgs84", columns={"azimuth_deg": "azimut"})
    with pytest.raises(DatumError):
        read_cameras(csv("1,116.4,33.9", head="camera_id,lon,lat"))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(UnreadableFileError):
        read_cameras(tmp_path / "empty.csv", datum="wgs84")

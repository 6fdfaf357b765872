import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import Change, changed_cameras, judged_changes, read_changes
from spatialgov.coverage.cameras.reading import COLUMNS
from spatialgov.coverage.remedies.changes import ACTIONS
from spatialgov.datum import from_wgs84
from spatialgov.errors import DatumError, FaultyDataError, UnreadableFileError
from spatialgov.language import using_language
from tests.coverage_cases import cameras_of, frame_of, place_of

HEAD = "action,camera_id,lon,lat,azimuth_deg,height_m,range_m,kind,status"


@pytest.fixture
def cameras() -> gpd.GeoDataFrame:
    return cameras_of({}, {"at": (50.0, 0.0), "status": "broken"}, {"at": (100.0, 0.0), "azimuth_error_deg": 22.5})


@pytest.fixture
def csv(tmp_path: Path) -> Any:
    def write(*rows: str, head: str = HEAD) -> Path:
        path = tmp_path / "changes.csv"
        path.write_text("\n".join([head, *rows]), encoding="utf-8")
        return path

    return write


def test_every_action_from_a_table(csv: Any, cameras: gpd.GeoDataFrame) -> None:
    path = csv(
        "turn,c0,,,北,,,,",
        "repair,c1,,,,,,,",
        "remove,c2,,,,,,,",
        "add,new,116.5,33.9,90,6,80,dome,",
        "move,c1,116.6,33.9,,,,,",
        "set,c0,,,,7.5,,,",
    )
    read = read_changes(path, cameras, datum="wgs84")
    assert read.faults == ()
    assert [change.action for change in read.sound()] == ["turn", "repair", "remove", "add", "move", "set"]
    assert read.changes[0].values["azimuth_deg"] == 0.0
    assert read.changes[0].values["azimuth_error_deg"] == pytest.approx(22.5)
    assert dict(read.changes[3].values) == {
        "azimuth_deg": 90.0, "height_m": 6.0, "range_m": 80.0, "kind": "dome", "lon": 116.5,
        "lat": 33.9,
    }  # fmt: skip
    after: Any = changed_cameras(cameras, read.changes).set_index("camera_id")
    assert after.index.tolist() == ["c0", "c1", "new"]
    assert after.loc["c0", ["azimuth_deg", "height_m"]].tolist() == [0.0, 7.5]
    assert after.loc["c1", "status"] == "in_service"
    assert after.geometry["c1"].x == pytest.approx(116.6)
    assert after.loc["new", ["kind", "status", "owner"]].tolist() == ["dome", "", ""]
    assert after.dtypes["range_m"] == np.float64


def test_json_says_the_same_as_csv(tmp_path: Path, csv: Any, cameras: gpd.GeoDataFrame) -> None:
    path = tmp_path / "changes.json"
    path.write_text(
        json.dumps(
            [
                {"action": "turn", "camera_id": "c0", "azimuth_deg": 12.5},
                {"action": "add", "camera_id": "n", "lon": 116.5, "lat": 33.9, "kind": "ptz"},
            ]
        )
    )
    table = csv("turn,c0,,,12.5,,,,", "add,n,116.5,33.9,,,,ptz,")
    found = [read_changes(one, cameras, datum="wgs84") for one in (path, table)]
    assert found[0].changes == found[1].changes
    assert len(found[0].changes) == 2
    rows = [change.as_dict() for change in found[0].changes]
    assert judged_changes(rows, cameras, datum="wgs84").changes == found[0].changes


def test_coordinates_come_from_their_datum(csv: Any, cameras: gpd.GeoDataFrame) -> None:
    lon, lat = (float(value) for value in from_wgs84(116.5, 33.9, "gcj02"))
    (change,) = read_changes(csv(f"add,n,{lon:.9f},{lat:.9f},,,,,"), cameras, datum="gcj02").changes
    assert (change.values["lon"], change.values["lat"]) == (
        pytest.approx(116.5, abs=1e-7),
        pytest.approx(33.9, abs=1e-7),
    )
    with pytest.raises(DatumError, match="datum"):
        read_changes(csv("add,n,116.5,33.9,,,,,"), cameras)
    assert read_changes(csv("repair,c1,,,,,,,"), cameras).changes == (Change("repair", "c1"),)


@pytest.mark.parametrize(
    ("row", "kind", "column"),
    [
        (",c0,,,,,,,", "missing_value", "action"),
        ("explode,c0,,,,,,,", "unknown_value", "action"),
        ("turn,,,,10,,,,", "missing_value", "camera_id"),
        ("turn,c0,,,,,,,", "missing_value", "azimuth_deg"),
        ("turn,c0,,,uphill,,,,", "invalid_direction", "azimuth_deg"),
        ("turn,c0,,,90;270,,,,", "several_directions", "azimuth_deg"),
        ("turn,c0,,,10,,80,,", "unexpected_value", "range_m"),
        ("turn,c0,116.5,33.9,10,,,,", "unexpected_value", "lon"),
        ("turn,c9,,,10,,,,", "unknown_camera", "camera_id"),
        ("add,c0,116.5,33.9,,,,,", "duplicate_id", "camera_id"),
        ("add,n,116.5,,,,,,", "missing_value", "lat"),
        ("add,n,east,33.9,,,,,", "not_a_number", "lon"),
        ("add,n,33.9,116.5,,,,,", "invalid_geometry", "lon"),
        ("add,n,116.5,33.9,,,0,,", "out_of_range", "range_m"),
        ("add,n,116.5,33.9,,,,drone,", "unknown_value", "kind"),
        ("move,c0,,33.9,,,,,", "missing_value", "lon"),
        ("set,c0,,,,,,,", "missing_value", "action"),
        ("set,c0,,,,,,,asleep", "unknown_value", "status"),
        ("remove,c0,,,,4,,,", "unexpected_value", "height_m"),
    ],
)
def test_a_bad_row_is_named_and_left_out(csv: Any, cameras: gpd.GeoDataFrame, row: str, kind: str, column: str) -> None:
    path = csv("repair,c1,,,,,,,", row, "turn,c2,,,10,,,,")
    read = read_changes(path, cameras, datum="wgs84")
    assert [change.camera_id for change in read.changes] == ["c1", "c2"]
    wrong = [fault for fault in read.faults if fault.severity == "error"]
    assert (kind, column) in {(fault.kind, fault.column) for fault in wrong}
    assert {fault.row for fault in wrong} == {2}
    assert all(fault.remedy for fault in wrong)
    with pytest.raises(FaultyDataError):
        read.sound()
    with using_language("zh"):
        assert {fault.message for fault in read_changes(path, cameras, datum="wgs84").faults}.isdisjoint(
            fault.message for fault in wrong
        )


def test_a_fault_has_the_place_of_its_camera(csv: Any, cameras: gpd.GeoDataFrame) -> None:
    (fault,) = read_changes(csv("turn,c1,,,uphill,,,,"), cameras).faults
    place: Any = cameras.geometry[1]
    assert (fault.lon, fault.lat, fault.item) == (place.x, place.y, "c1")


def test_changes_follow_one_another(csv: Any, cameras: gpd.GeoDataFrame) -> None:
    path = csv("remove,c0,,,,,,,", "turn,c0,,,10,,,,", "add,c0,116.5,33.9,10,,,,", "turn,c0,,,20,,,,")
    read = read_changes(path, cameras, datum="wgs84")
    assert [(fault.row, fault.kind) for fault in read.faults] == [(2, "unknown_camera")]
    after = changed_cameras(cameras, read.changes)
    assert after["camera_id"].tolist() == ["c0", "c1", "c2"]
    assert after["azimuth_deg"][0] == 20.0
    assert np.isnan(after["range_m"][0])  # another camera of the same name: nothing of the old one


def test_a_new_direction_has_its_own_error(cameras: gpd.GeoDataFrame) -> None:
    after = changed_cameras(cameras, [Change("turn", "c2", {"azimuth_deg": 90.0})])
    assert after["azimuth_deg"][2] == 90.0
    assert np.isnan(after["azimuth_error_deg"][2])


def test_what_was_not_asked_for_is_named(csv: Any, cameras: gpd.GeoDataFrame) -> None:
    read = read_changes(csv("repair,c1,because", head="action,camera_id,reason"), cameras)
    assert (read.dropped_columns, len(read.changes)) == (("reason",), 1)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"action": "add"', '"x"', "[" * 100_000])
def test_json_that_is_no_list_of_objects(tmp_path: Path, cameras: gpd.GeoDataFrame, text: str) -> None:
    path = tmp_path / "changes.json"
    path.write_text(text)
    with pytest.raises(UnreadableFileError, match=r"changes\.json"):
        read_changes(path, cameras)


def test_no_changes(cameras: gpd.GeoDataFrame) -> None:
    assert judged_changes([], cameras).changes == ()
    pd.testing.assert_frame_equal(
        pd.DataFrame(changed_cameras(cameras, []).drop(columns="geometry")),
        pd.DataFrame(cameras.drop(columns="geometry")),
        check_dtype=False,
    )


CELLS = st.one_of(
    st.none(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["c0", "c1", "90", "北", "ptz", "\0"])
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"action": st.one_of(st.sampled_from(ACTIONS), CELLS), "camera_id": CELLS},
        optional=dict.fromkeys(("lon", "lat", *COLUMNS[1:]), CELLS),
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_whatever_is_sent_each_row_is_a_change_or_a_fault(rows: list[dict[str, Any]]) -> None:
    there = cameras_of({}, {"at": (50.0, 0.0)})
    read = judged_changes(rows, there, datum="wgs84")
    refused = {fault.row for fault in read.faults if fault.severity == "error"}
    assert len(read.changes) + len(refused) == len(rows)
    after = changed_cameras(there, read.changes)
    assert after["camera_id"].is_unique
    assert not after.geometry.isna().any()


def test_zones_forbid_cameras_and_ask_for_consents(cameras: gpd.GeoDataFrame) -> None:
    squares = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10), shapely.box(40, 0, 50, 10)]
    kinds = ["no_install", "consent", "no_view"]
    zones = frame_of(squares, zone_id=[f"z-{kind}" for kind in kinds], kind=kinds)
    rows = [
        {"action": "add", "camera_id": "in", **place_of(5.0, 5.0)},
        {"action": "move", "camera_id": "c0", **place_of(25.0, 5.0)},
        {"action": "add", "camera_id": "free", **place_of(45.0, 5.0)},
        {"action": "turn", "camera_id": "c0", "azimuth_deg": 90},
    ]
    read = judged_changes(rows, cameras, datum="wgs84", zones=zones)
    assert [(fault.kind, fault.row, fault.severity) for fault in read.faults] == [
        ("no_install", 1, "error"),
        ("consent", 2, "warning"),
    ]
    assert "z-no_install" in read.faults[0].message
    assert [change.camera_id for change in read.changes] == ["c0", "free", "c0"]
    with pytest.raises(FaultyDataError):
        read.sound()
    assert judged_changes(rows, cameras, datum="wgs84").faults == ()

"""Catalogues of GB/T 28181 as platforms answer them, and as tables with their fields."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.coverage import read_cameras
from spatialgov.coverage.cameras.gb28181 import parse_device_code
from spatialgov.errors import DatumError, SpatialGovError, UnreadableFileError
from spatialgov.language import using_language

IPC = "3402000000132{:07d}"
DETAILS = "<PTZType>3</PTZType><DirectionType>6</DirectionType><HorizontalFieldAngle>70</HorizontalFieldAngle>"
PRIVATE = (
    "<Name>张三家门口</Name><Owner>李四</Owner><Address>人民路1号</Address><IPAddress>10.0.0.9</IPAddress>"
    "<Password>geheim</Password><CivilCode>340200</CivilCode>"
)


def item(number: int, info: str = DETAILS, **fields: str) -> str:
    told = {"DeviceID": IPC.format(number), "Status": "ON", "Longitude": "118.33", "Latitude": "31.3"} | fields
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in told.items() if value)
    return f"<Item>{inside}{PRIVATE}<Info>{info}<ContactInfo>王五</ContactInfo></Info></Item>"


def response(*items: str, encoding: str = "GB2312") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\r\n<Response>\r\n<CmdType>Catalog</CmdType><SN>17</SN>'
        f"<DeviceID>34020000002000000001</DeviceID><SumNum>{len(items)}</SumNum>"
        f'<DeviceList Num="{len(items)}">{"".join(items)}</DeviceList></Response>'
    )


@pytest.fixture
def xml(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "catalogue.xml"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_the_parts_of_a_code() -> None:
    code = parse_device_code("34020000991320000001")
    assert code == ("34020000", "99", "132", "0", "000001")
    assert code.is_camera
    with using_language("zh"):
        assert code.type_name == "132 网络摄像机"
    assert parse_device_code("34020000002150000001").is_camera is False  # type: ignore[union-attr]
    for text in (None, "", "340200", "3402000000132000000x", "340200000013200000012"):
        assert parse_device_code(text) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_catalogue_in_any_encoding(xml: Any, encoding: str) -> None:
    info = DETAILS + "<MaxViewDistance>45.5</MaxViewDistance><Resolution>5/6</Resolution><PointType>1</PointType>"
    cameras = read_cameras(xml(response(item(1, info)), encoding), datum="wgs84")
    row = cameras.frame.iloc[0]
    assert row["camera_id"] == row["gb_code"] == "34020000001320000001"
    assert (row["kind"], row["status"], row["owner"], row["post_id"]) == ("fixed", "in_service", "class_1", "")
    told = row[["azimuth_deg", "azimuth_error_deg", "fov_deg", "range_m", "width_px"]]
    assert told.tolist() == [45.0, 22.5, 70.0, 45.5, 1920.0]
    assert (row.geometry.x, row.geometry.y) == (118.33, 31.3)
    assert cameras.faults == ()


def test_nothing_of_a_person_is_read(xml: Any) -> None:
    cameras = read_cameras(xml(response(item(1))), datum="wgs84")
    assert {"Name", "Owner", "Address", "IPAddress", "Password", "ContactInfo"} <= set(cameras.dropped_columns)
    assert not any(
        word in cameras.frame.to_json(ensure_ascii=False) for word in ("张三", "李四", "王五", "geheim", "10.0")
    )


@pytest.mark.parametrize(("number", "azimuth"), list(enumerate([90, 270, 180, 0, 135, 45, 225, 315], start=1)))
def test_the_eight_directions_are_right_to_half_of_45_degrees(xml: Any, number: int, azimuth: float) -> None:
    info = f"<DirectionType>{number}</DirectionType>"
    row = read_cameras(xml(response(item(1, info))), datum="wgs84").frame.iloc[0]
    assert (row["azimuth_deg"], row["azimuth_error_deg"]) == (azimuth, 22.5)


def test_what_is_no_camera_is_left_out_and_counted(xml: Any) -> None:
    text = response(
        item(1),
        item(2, "", DeviceID="340200", Longitude="", Latitude=""),
        item(3, "", DeviceID="34020000002150000001", Longitude=""),
        item(4, "", DeviceID="34020000001180000001"),
        item(5, DETAILS, DeviceID="34020000001180000002"),  # it has a PTZType: a camera, whatever its code says
        item(6, "<RoomType>2</RoomType>"),
        item(7, "<MobileDeviceType>2</MobileDeviceType>"),
    )
    cameras = read_cameras(xml(text), datum="wgs84")
    assert cameras.frame["camera_id"].tolist() == [IPC.format(1), "34020000001180000002"]
    assert sorted(cameras.left_out.values()) == [1, 1, 1, 1, 1]
    assert "no camera: type 215 business group" in cameras.left_out
    assert cameras.faults == ()


def test_an_industry_that_no_table_knows_is_taken(xml: Any) -> None:
    cameras = read_cameras(xml(response(item(1, DeviceID="34020000771310000001"))), datum="wgs84")
    assert cameras.frame["gb_code"].tolist() == ["34020000771310000001"]
    assert cameras.faults == ()


def test_zeros_and_nonsense_are_unknown(xml: Any) -> None:
    info = (
        "<PTZType>0</PTZType><DirectionType>9</DirectionType><HorizontalFieldAngle>0.0</HorizontalFieldAngle>"
        "<MaxViewDistance>far</MaxViewDistance><Resolution>2560*1440</Resolution>"
    )
    cameras = read_cameras(
        xml(response(item(1, info, Status="OFF"), item(2, Longitude="0", Latitude="0.0"))), datum="wgs84"
    )
    row = cameras.frame.iloc[0]
    assert row[["kind", "status", "width_px"]].tolist() == ["", "broken", 2560.0]
    assert row[["azimuth_deg", "fov_deg", "range_m"]].isna().all()
    assert [(f.kind, f.row, f.column, f.severity) for f in cameras.faults] == [
        ("invalid_direction", 1, "DirectionType", "warning"),
        ("not_a_number", 1, "MaxViewDistance", "warning"),
        ("missing_location", 2, "geometry", "error"),
    ]


def test_several_answers_after_each_other(xml: Any) -> None:
    text = "\r\n".join(response(item(number)) for number in range(1, 6))
    assert len(read_cameras(xml(text), datum="wgs84").frame) == 5


def test_a_device_that_answers_twice_is_one(xml: Any) -> None:
    cameras = read_cameras(xml(response(item(1), item(1))), datum="wgs84")
    assert len(cameras.frame) == 1
    assert [fault.kind for fault in cameras.faults] == ["duplicate_id"]


def test_a_table_with_its_fields(tmp_path: Path) -> None:
    path = tmp_path / "devices.csv"
    path.write_text(
        "DeviceID,Name,Password,Longitude,Latitude,PTZType,DirectionType,MaxViewDistance,Status\n"
        "34020000001320000001,门口,geheim,118.33,31.3,1,3,0,ON\n34020000002160000001,组,,,,,,,\n",
        encoding="gb18030",
    )
    cameras = read_cameras(path, datum="gcj02")
    row = cameras.frame.iloc[0]
    assert row[["kind", "azimuth_deg", "azimuth_error_deg"]].tolist() == ["ptz", 180.0, 22.5]
    assert np.isnan(row["range_m"])
    assert cameras.dropped_columns == ("Name", "Password")
    assert cameras.left_out == {"no camera: type 216 virtual organisation": 1}


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            f'<?xml version="1.0"?>{LAUGHS}<Response><Item><DeviceID>&b;</DeviceID></Item></Response>',
            "document type",
        ),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><Response/>', "document type"),
        ("<Response><Item><DeviceID>&x;</DeviceID></Item></Response>", "line 1: the XML is damaged"),
        ("<Response><Item>\n<DeviceID>1</DeviceID>", "line 2: the XML is damaged"),
        ("<Response/>", "no catalogue"),
        ("<osm version='0.6'/>", "no catalogue"),
        ("<" * 100_000, "damaged"),
    ],
)
def test_what_is_refused_as_a_whole(xml: Any, text: str, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read_cameras(xml(text), datum="wgs84")


def test_the_datum_must_be_named(xml: Any) -> None:
    with pytest.raises(DatumError):
        read_cameras(xml(response(item(1))))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="<&>\r\0"), max_size=12) | st.sampled_from(
    ["0", "1", "7", "1/2/6", "1920x1080", "ON", "-5", "1e400", "118.3", "NaN"]
)
FIELDS = ["DeviceID", "Status", "Longitude", "Latitude"]
INFO = ["PTZType", "RoomType", "DirectionType", "Resolution", "HorizontalFieldAngle", "MaxViewDistance", "PointType"]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), CELLS),
    info=st.dictionaries(st.sampled_from(INFO), CELLS),
    cut=st.none() | st.integers(0, 500),
)
def test_any_answer_is_taken_or_refused_in_words(
    tmp_path: Path, fields: dict[str, str], info: dict[str, str], cut: int | None
) -> None:
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in info.items())
    path = tmp_path / "any.xml"
    path.write_text(response(item(1), item(2, inside, **fields))[:cut], encoding="utf-8")
    try:
        cameras = read_cameras(path, datum="wgs84")
    except SpatialGovError:
        return
    errors = {fault.row for fault in cameras.faults if fault.severity == "error"}
    assert len(cameras.frame) + sum(cameras.left_out.values()) + len(errors) == 2

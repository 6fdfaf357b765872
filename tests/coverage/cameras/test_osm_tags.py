"""OpenStreetMap's tags of cameras, in a table of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.coverage import read_cameras
from spatialgov.coverage.cameras.osm_tags import metres
from spatialgov.errors import MissingColumnError


@pytest.fixture
def geojson(tmp_path: Path) -> Any:
    def write(*nodes: dict[str, Any]) -> Path:
        place = {"type": "Point", "coordinates": [11.57, 48.13]}
        features = [
            {
                "type": "Feature",
                "geometry": place,
                "properties": {"@id": f"node/{k}", "man_made": "surveillance"} | node,
            }
            for k, node in enumerate(nodes, start=1)
        ]
        path = tmp_path / "export.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return path

    return write


def test_an_export_of_overpass(geojson: Any) -> None:
    cameras = read_cameras(
        geojson(
            {"camera:type": "fixed", "camera:direction": "NW", "camera:angle": "15", "height": "4.5 m"},
            {"camera:type": "panning", "direction": "90", "operator": "Frau Muster", "operator:type": "public"},
            {"camera:type": "dome", "camera:direction": "90;270", "surveillance": "outdoor", "height": "12'"},
            {"camera:type": "fixed", "camera:direction": "45-135"},
        )
    )
    frame = cameras.frame.set_index("camera_id")
    assert list(frame.index) == ["node/1", "node/2", "node/3#1", "node/3#2", "node/4"]
    assert list(frame["kind"]) == ["fixed", "ptz", "dome", "dome", "fixed"]
    assert frame["azimuth_deg"].tolist() == [315, 90, 90, 270, 90]
    assert frame[["azimuth_error_deg", "tilt_deg", "height_m"]].iloc[0].tolist() == [22.5, 15.0, 4.5]
    assert frame["height_m"].iloc[2] == pytest.approx(3.6576)
    assert frame["fov_deg"].iloc[4] == 90
    assert frame["owner"].iloc[1] == "public"
    assert frame["range_m"].isna().all()
    assert (frame["status"] == "").all()
    assert cameras.faults == ()
    assert "operator" in cameras.dropped_columns
    assert "Muster" not in cameras.frame.to_json()


def test_what_is_no_camera_of_the_street_is_left_out(geojson: Any) -> None:
    cameras = read_cameras(
        geojson(
            {"surveillance:type": "camera"}, {"surveillance:type": "ALPR"}, {"surveillance:type": "guard"},
            {"surveillance:type": "camera;ALPR"}, {"surveillance": "indoor"}, {"man_made": "tower"},
            {"surveillance:type": "seagull"},
        )
    )  # fmt: skip
    assert cameras.frame["camera_id"].tolist() == ["node/1", "node/4"]
    assert cameras.left_out == {
        "not man_made=surveillance": 1, "surveillance=indoor": 1, "surveillance:type=ALPR": 1,
        "surveillance:type=guard": 1, "surveillance:type=…": 1,
    }  # fmt: skip


def test_what_can_not_be_read_is_unknown(geojson: Any) -> None:
    cameras = read_cameras(
        geojson({"camera:type": "camera", "camera:direction": "street", "camera:angle": "120", "height": "high"})
    )
    row = cameras.frame.iloc[0]
    assert row["kind"] == ""
    assert row[["azimuth_deg", "tilt_deg", "height_m"]].isna().all()
    assert {(f.kind, f.column) for f in cameras.faults} == {
        ("unknown_value", "camera:type"), ("invalid_direction", "camera:direction"), ("out_of_range", "camera:angle"),
        ("not_a_number", "height"),
    }  # fmt: skip
    assert {f.severity for f in cameras.faults} == {"warning"}


def test_numbers_of_nodes_alone(tmp_path: Path) -> None:
    path = tmp_path / "nodes.csv"
    path.write_text("osm_id,man_made,camera:type,lon,lat\n17,surveillance,dome,11.57,48.13\n")
    assert read_cameras(path, datum="wgs84").frame["camera_id"].tolist() == ["node/17"]
    path.write_text("man_made,camera:type,lon,lat\nsurveillance,dome,11.57,48.13\n")
    with pytest.raises(MissingColumnError):
        read_cameras(path, datum="wgs84")


@pytest.mark.parametrize(
    ("text", "length"),
    [("4", 4), ("4.5 m", 4.5), ("4,5", 4.5), ("11m", 11), ("10'", 3.048), ("5'6\"", 1.6764), ("6 ft", 1.8288),
     ("high", None), ("", None), ("-3", None), ("1e3", None), ("3 m m", None)],
)  # fmt: skip
def test_lengths(text: str, length: float | None) -> None:
    assert metres(text) == (None if length is None else pytest.approx(length))


@given(st.text(max_size=12) | st.text("0123456789.,'\"m ft", max_size=10))
def test_any_text_is_a_length_or_none(text: str) -> None:
    found = metres(text)
    assert found is None or found >= 0

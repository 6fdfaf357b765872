"""Extracts of OpenStreetMap: what is read of them, and what is found out about damaged ones."""

from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.coverage import read_cameras
from spatialgov.errors import NotFoundError, SpatialGovError, UnreadableFileError
from spatialgov.osm_extract import is_extract, read_features
from spatialgov.osm_layers import ROAD_CLASSES, read_buildings, read_roads
from tests.osm_file import Node, Way, osm_pbf

CORNERS = [Node(k, 11.57 + 0.0001 * x, 48.13 + 0.0001 * y) for k, (x, y) in
           enumerate([(0, 0), (1, 0), (1, 1), (0, 1), (2, 2)], start=1)]  # fmt: skip
RING = [1, 2, 3, 4, 1]


@pytest.fixture
def extract(tmp_path: Path) -> Any:
    def write(*things: Node | Way) -> Path:
        nodes = sorted([*CORNERS, *(one for one in things if isinstance(one, Node))], key=lambda node: node.number)
        path = tmp_path / "town.osm.pbf"
        path.write_bytes(osm_pbf(nodes, [one for one in things if isinstance(one, Way)]))
        return path

    return write


def test_cameras_are_the_nodes_that_say_so(extract: Any) -> None:
    tags = {"man_made": "surveillance", "camera:type": "dome", "camera:direction": "NE", "operator": "Frau Muster"}
    path = extract(Node(10, 11.5701, 48.1302, tags), Node(11, 11.5702, 48.1302, {"man_made": "tower"}))
    assert is_extract(path.read_bytes()[:100])
    cameras = read_cameras(path)
    row = cameras.frame.iloc[0]
    assert row[["camera_id", "kind", "azimuth_deg", "azimuth_error_deg"]].tolist() == ["node/10", "dome", 45.0, 22.5]
    assert (row.geometry.x, row.geometry.y) == pytest.approx((11.5701, 48.1302), abs=1e-9)
    assert len(cameras.frame) == 1
    assert "Muster" not in cameras.frame.to_json()


def test_an_extract_without_cameras(extract: Any) -> None:
    with pytest.raises(NotFoundError, match="no cameras"):
        read_cameras(extract(Way(1, RING, {"building": "yes"})))


def test_buildings_with_heights_and_storeys(extract: Any) -> None:
    path = extract(
        Way(7, RING, {"building": "yes", "height": "12.5 m", "building:levels": "4", "name": "Villa Muster"}),
        Way(8, RING, {"building": "house", "height": "tall", "building:levels": "7;5"}),
        Way(9, RING, {"building": "roof"}),
        Way(10, RING, {"building": "no"}),
        Way(11, RING, {"building": "garage", "location": "underground"}),
    )
    layer = read_buildings(path)
    assert layer.frame["building_id"].tolist() == ["way/7", "way/8"]
    assert layer.frame["kind"].tolist() == ["", "house"]
    assert layer.frame["height_m"].tolist() == pytest.approx([12.5, float("nan")], nan_ok=True)
    assert layer.frame["storeys"].isna().tolist() == [False, True]
    assert layer.frame["storeys"].iloc[0] == 4
    assert set(shapely.get_type_id(layer.frame.geometry.to_numpy())) <= {3, 6}
    assert sum(layer.left_out.values()) == 3
    assert list(layer.frame.columns) == ["building_id", "kind", "height_m", "storeys", "geometry"]


def test_roads_by_class(extract: Any) -> None:
    kinds = [*ROAD_CLASSES, "construction"]
    ways = [Way(k, [1, 2, 5], {"highway": kind, "name": f"路{k}"}) for k, kind in enumerate(kinds, start=1)]
    others = [{"tunnel": "yes"}, {"tunnel": "no"}, {"footway": "sidewalk"}, {"indoor": "yes"}]
    ways += [Way(100 + k, [1, 2, 5], {"highway": "footway"} | tags) for k, tags in enumerate(others)]
    ways += [Way(200, RING, {"highway": "residential", "junction": "roundabout"})]
    layer = read_roads(extract(*ways))
    found = layer.frame.set_index("road_id")["road_class"]
    assert found.loc[[f"way/{k}" for k in range(1, len(kinds))]].tolist() == list(ROAD_CLASSES.values())
    assert {"way/101", "way/200"} <= set(found.index)
    assert sum(layer.left_out.values()) == 4
    assert layer.frame["name"].iloc[0] == "路1"
    assert (layer.frame["name_en"] == "").all()


def test_what_is_read_is_told(extract: Any) -> None:
    told: list[int] = []
    table, shapes = read_features(
        extract(Way(1, RING, {"building": "yes"})), "multipolygons", "building", ["building"], told.append
    )
    assert told == [1]
    assert table["building"].tolist() == ["yes"]
    assert len(shapes) == 1


@pytest.mark.parametrize("cut", [3, 20, -1, -40])
def test_a_truncated_extract_is_not_taken_for_an_empty_one(extract: Any, cut: int) -> None:
    path = extract(Way(1, RING, {"building": "yes"}))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UnreadableFileError, match="damaged"):
        read_buildings(path)


def test_a_changed_byte_is_found(extract: Any) -> None:
    path = extract(Way(1, RING, {"building": "yes"}))
    data = bytearray(path.read_bytes())
    data[-10] ^= 0x55
    path.write_bytes(data)
    with pytest.raises(UnreadableFileError, match="damaged"):
        read_roads(path)


WHOLE = osm_pbf(CORNERS, [Way(1, RING, {"building": "yes"})])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(position=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255), cut=st.none() | st.integers(1, len(WHOLE)))
def test_any_damage_is_told_or_does_not_matter(tmp_path: Path, position: int, byte: int, cut: int | None) -> None:
    data = bytearray(WHOLE)
    data[position] = byte
    path = tmp_path / "any.osm.pbf"
    path.write_bytes(data[:cut])
    try:
        layer = read_buildings(path)
    except SpatialGovError:
        return
    assert len(layer.frame) <= 1

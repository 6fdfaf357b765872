import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from spatialgov.errors import (
    ConflictError,
    FaultyDataError,
    InputError,
    MissingColumnError,
    SpatialGovError,
    UnreadableFileError,
)
from spatialgov.sample import boundaries_dir
from spatialgov.workspace import Workspace
from tests.osm_file import Node, Way, osm_pbf

SAMPLE = boundaries_dir() / "sample"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "data")


def _units_file(folder: Path, **changes: Any) -> Path:
    frame = gpd.GeoDataFrame(
        {"unit_id": ["a", "b"], "households": [10, 20], "population": [30, 60], "community_code": "990101001001"},
        geometry=[shapely.box(116.6, 33.9, 116.601, 33.901), shapely.box(116.601, 33.9, 116.602, 33.901)],
        crs=4326,
    ).assign(**changes)
    frame.to_file(folder / "units.gpkg", layer="units")
    return folder / "units.gpkg"


def test_units_become_a_set(workspace: Workspace, tmp_path: Path) -> None:
    report = workspace.imports.units(_units_file(tmp_path, remark="x"))
    assert (report.accepted, list(report.dropped_columns)) == (2, ["remark"])
    assert workspace.plans.units().frame["unit_id"].tolist() == ["a", "b"]
    assert workspace.plans.units().frame["community_code"].tolist() == ["990101001001"] * 2


def test_the_workload_of_units_comes_back_and_is_balanced(workspace: Workspace, tmp_path: Path) -> None:
    workspace.imports.units(_units_file(tmp_path, workload=[30.5, 40.25], shops=[3, 4]), keep=["shops"])
    units = workspace.plans.units()
    assert units.frame["workload"].tolist() == [30.5, 40.25]
    record = workspace.plans.make(workload_per_grid=35, also={"shops": 0.2}, within="community_code")
    plan = workspace.plans.load(record.id)
    assert (plan.settings.balance, plan.settings.also) == ("workload", {"shops": 0.2})
    assert plan.grids()["workload"].tolist() == [30.5, 40.25]
    assert plan.metrics() == record.metrics
    assert workspace.plans.publish(record.id).id == 1


def test_faulty_units_leave_the_store_as_it_was(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(FaultyDataError, match="negative_count"):
        workspace.imports.units(_units_file(tmp_path, households=[-1, 5]))
    assert workspace.store.unit_sets() == []
    report = workspace.imports.units(_units_file(tmp_path, households=[-1, 5]), keep_sound=True)
    assert report.accepted == 1
    assert [fault.row for fault in report.refused] == [1]


def test_incidents_twice_change_nothing(workspace: Workspace, tmp_path: Path) -> None:
    head = "source_id,category,occurred_at,lon,lat,status,closed_at,closed_level,channel,reporter\n"
    rows = [
        "e1,0101,2026-05-01T08:00:00+08:00,116.6,33.9,open,,,patrol,x",
        "e2,0101,yesterday,116.6,33.9,open,,,patrol,x",
    ]
    file = tmp_path / "incidents.csv"
    file.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    first = workspace.imports.incidents(file, datum="wgs84")
    assert (first.accepted, [f.row for f in first.refused], list(first.dropped_columns)) == (1, [2], ["reporter"])
    second = workspace.imports.incidents(file, datum="wgs84")
    assert (second.accepted, second.unchanged, second.updated) == (0, 1, 0)
    assert "reporter" not in workspace.store.incidents()
    json.dumps(first.as_dict())


def test_a_layer_takes_only_what_was_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    roads = gpd.read_file(SAMPLE / "roads.geojson").head(5).assign(keeper="x")
    roads.to_file(tmp_path / "roads.geojson")
    report = workspace.imports.layer("roads", tmp_path / "roads.geojson")
    assert list(report.dropped_columns) == ["keeper"]
    assert len(workspace.store.layer("roads")) == 5


def test_bad_layers_are_refused_whole(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no layer 'rivers'"):
        workspace.imports.layer("rivers", SAMPLE / "roads.geojson")
    with pytest.raises(MissingColumnError, match="building_id"):
        workspace.imports.layer("buildings", SAMPLE / "roads.geojson")
    roads = gpd.read_file(SAMPLE / "roads.geojson").head(3)
    roads.loc[1, "geometry"] = None
    roads.to_file(tmp_path / "roads.geojson")
    with pytest.raises(FaultyDataError, match="first is row 2"):
        workspace.imports.layer("roads", tmp_path / "roads.geojson")
    assert len(workspace.store.layer("roads")) == 0


def test_bad_addresses_are_refused_and_the_others_go_in(workspace: Workspace, tmp_path: Path) -> None:
    file, head = tmp_path / "addresses.csv", "address_id,street,number,lon,lat,owner\n"
    file.write_text(f"{head}a,人民路,1号,116.6,33.9,x\nb,人民路,3号,,,x\n", encoding="utf-8")
    report = workspace.imports.layer("addresses", file, datum="wgs84")
    assert (report.accepted, [fault.row for fault in report.refused]) == (1, [2])
    assert list(report.dropped_columns) == ["owner"]
    file.write_text(f"{head}b,人民路,3号,,,x\n", encoding="utf-8")
    with pytest.raises(FaultyDataError, match="no row"):
        workspace.imports.layer("addresses", file, datum="wgs84")
    assert workspace.store.layer("addresses")["address_id"].tolist() == ["a"]


def test_the_sample_city_is_not_mixed_with_a_town(workspace: Workspace, tmp_path: Path) -> None:
    workspace.imports.units(_units_file(tmp_path))
    with pytest.raises(ConflictError, match="data of your own"):
        list(workspace.imports.sample_city())


def test_the_sample_city_is_loaded_once(sample_workspace: Workspace) -> None:
    assert list(sample_workspace.imports.sample_city()) == []
    manifest = json.loads((SAMPLE / "manifest.json").read_text(encoding="utf-8"))
    counts = sample_workspace.analysis.summary()["counts"]
    assert counts["units"] == manifest["counts"]["units"]
    assert counts["incidents"] == len(pd.read_csv(SAMPLE / "incidents.csv")) == 60_000
    assert counts["cameras"] == 800


@pytest.mark.parametrize("content", ["", "garbage", "a,b\n1,2\n"])
@pytest.mark.parametrize("kind", ["units", "incidents", "cameras", "jurisdictions", "categories"])
def test_nonsense_is_refused_in_words(workspace: Workspace, tmp_path: Path, kind: str, content: str) -> None:
    file = tmp_path / f"{kind}.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(SpatialGovError) as refused:
        getattr(workspace.imports, kind)(file, **({} if kind == "categories" else {"datum": "wgs84"}))
    assert str(refused.value)
    assert workspace.analysis.summary()["counts"]["incidents"] == 0


TOWN = osm_pbf(
    [Node(1, 11.57, 48.13), Node(2, 11.571, 48.13), Node(3, 11.571, 48.131),
     Node(4, 11.5705, 48.1299, {"man_made": "surveillance", "camera:direction": "90"})],
    [Way(5, [1, 2, 3, 1], {"building": "house", "building:levels": "2"}), Way(6, [1, 2], {"highway": "residential"})],
)  # fmt: skip


def test_an_extract_of_openstreetmap(tmp_path: Path) -> None:
    file = tmp_path / "town.osm.pbf"
    file.write_bytes(TOWN)
    told: list[str] = []
    with Workspace.open(tmp_path / "store") as workspace:
        assert workspace.analysis.source() == ""
        first = list(workspace.imports.osm(file, told.append))
        again = list(workspace.imports.osm(file))
        assert [(r.what, r.accepted, r.unchanged) for r in first] == [
            ("cameras", 1, 0), ("buildings", 1, 0), ("roads", 1, 0),
        ]  # fmt: skip
        assert (again[0].accepted, again[0].unchanged) == (0, 1)
        assert workspace.store.cameras()["camera_id"].tolist() == ["node/4"]
        assert workspace.store.layer("buildings")["storeys"].tolist() == [2]
        assert workspace.store.layer("roads")["road_class"].tolist() == ["residential"]
        assert "OpenStreetMap" in workspace.analysis.source()
    assert len(told) == 2


def test_an_extract_that_is_damaged_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "town.osm.pbf"
    with Workspace.open(tmp_path / "store") as workspace:
        for content in (TOWN[:-5], b"<osm/>", b""):
            file.write_bytes(content)
            with pytest.raises(UnreadableFileError):
                list(workspace.imports.osm(file))
        assert set(workspace.store.counts().values()) == {0}


def test_an_extract_without_buildings_leaves_those_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "town.osm.pbf"
    with Workspace.open(tmp_path / "store") as workspace:
        file.write_bytes(TOWN)
        list(workspace.imports.osm(file))
        file.write_bytes(osm_pbf([Node(9, 11.5, 48.1, {"man_made": "surveillance"})]))
        assert [r.accepted for r in workspace.imports.osm(file)] == [1, 0, 0]
        assert workspace.store.counts()["buildings"] == 1
        assert workspace.store.counts()["cameras"] == 2


def test_cameras_outside_all_jurisdictions_are_pointed_out(tmp_path: Path) -> None:
    file = tmp_path / "cameras.csv"
    with Workspace.open(tmp_path / "store") as workspace:
        area = gpd.GeoDataFrame(
            {"code": ["990101000000"], "level": ["district"], "name": ["区"], "name_en": [""], "parent_code": [""]},
            geometry=[shapely.box(116.0, 33.0, 117.0, 34.0)],
            crs=4326,
        )
        workspace.store.replace_jurisdictions(area)
        file.write_text("camera_id,lon,lat\nin,116.5,33.5\nborder,116,33.5\nsea,124,33\n")
        report = workspace.imports.cameras(file, datum="wgs84")
    assert report.accepted == 3
    assert [(f.kind, f.item) for f in report.warnings] == [("outside_jurisdictions", "sea")]


def test_refused_items_of_a_catalogue_are_mended_as_a_table(tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.xml"
    item = "<Item><DeviceID>3402000000132000000{}</DeviceID><Password>geheim</Password><PTZType>3</PTZType>{}</Item>"
    place = "<Longitude>118.3</Longitude><Latitude>31.3</Latitude>"
    catalogue.write_text(f"<DeviceList>{item.format(1, place)}{item.format(2, '')}</DeviceList>")
    with Workspace.open(tmp_path / "store") as workspace:
        left = tmp_path / "left.csv"
        first = workspace.imports.cameras(catalogue, datum="wgs84", refused=left)
        assert (first.accepted, first.refused_count) == (1, 1)
        text = left.read_text(encoding="utf-8-sig")
        assert "geheim" not in text
        lines = text.splitlines()
        assert lines[0].split(",")[:4] == ["DeviceID", "Longitude", "Latitude", "PTZType"]
        left.write_text(lines[0] + "\n" + lines[1].replace(",,", ",118.4,31.4", 1).replace("31.43", "31.4,3", 1))
        assert workspace.imports.cameras(left, datum="wgs84").accepted == 1
        assert set(workspace.store.cameras()["kind"]) == {"fixed"}

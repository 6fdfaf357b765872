"""Features for other software: pages without a gap or a double, whatever is added meanwhile."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.errors import NotFoundError
from spatialgov.filters import Filter, parse_text
from spatialgov.workspace import COLLECTIONS, Asker, Features, Period, Workspace
from spatialgov.workspace.feature_crs import CRS84, bbox_shape, exchange_crs
from spatialgov.workspace.feature_tables import FeatureQuery, FeatureTable
from tests.coverage_town import EAST, WEST, found_camera_town, place
from tests.publishing_cases import LAT, LON, STEP, moved

ANYONE = Asker()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = found_camera_town(tmp_path_factory.mktemp("features"))
    with workspace:
        yield workspace


def read(features: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(feature) for feature in features]


def walk(workspace: Workspace, name: str, asked: FeatureQuery, asker: Asker = ANYONE) -> list[str]:
    found, after = [], ""
    while True:
        page = workspace.features.page(
            name, FeatureQuery(asked.limit, after, bbox=asked.bbox, where=asked.where, period=asked.period), asker
        )
        found += [feature["id"] for feature in read(page.features)]
        if page.next is None:
            return found
        after = page.next


def where(workspace: Workspace, name: str, text: str) -> Filter:
    return Filter(parse_text(text), workspace.features.kinds(name, ANYONE))


@pytest.mark.parametrize("name", list(COLLECTIONS))
def test_columns_are_those_that_are_told(town: Workspace, name: str) -> None:
    """What a collection is said to hold is what its features have, with values of that kind."""
    kinds = town.features.kinds(name, ANYONE)
    types: dict[str, Any] = {"text": str, "time": str, "integer": int, "number": int | float, "boolean": bool}
    features = read(town.features.page(name, FeatureQuery(), ANYONE).features)
    assert features or name == "hot_spots"
    for feature in features:
        assert set(feature["properties"]) == set(kinds) - {"geometry"}
        for column, value in feature["properties"].items():
            assert value is None or isinstance(value, types[kinds[column]]), (column, value)
        assert str(feature["properties"][COLLECTIONS[name].id_column]) == feature["id"]


@pytest.mark.parametrize("name", ["grids", "units", "incidents", "cameras", "gaps", "jurisdictions"])
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_pages_make_up_the_whole(town: Workspace, name: str, limit: int) -> None:
    whole = town.features.page(name, FeatureQuery(limit=10_000), ANYONE)
    ids = [feature["id"] for feature in read(whole.features)]
    assert whole.matched == len(ids) == len(set(ids))
    assert whole.next is None
    if len(ids) <= 20 or limit > 2:
        assert walk(town, name, FeatureQuery(limit=limit)) == ids


def test_boxes_filters_and_periods(town: Workspace) -> None:
    box = bbox_shape([LON, LAT, LON + 1.5 * STEP, LAT + 1.5 * STEP], CRS84)
    assert walk(town, "units", FeatureQuery(limit=3, bbox=box)) == ["U00", "U01", "U04", "U05"]
    chosen = where(town, "units", f"community_code = '{EAST}' AND households >= 100")
    assert len(walk(town, "units", FeatureQuery(limit=3, where=chosen))) == 8
    assert walk(town, "units", FeatureQuery(limit=1, bbox=box, where=where(town, "units", "unit_id > 'U01'"))) == [
        "U04",
        "U05",
    ]
    day = pd.Timestamp("2026-05-02T00:00Z").to_pydatetime()
    assert walk(town, "incidents", FeatureQuery(limit=1, period=Period(since=day))) == ["i2", "i3"]
    assert walk(town, "incidents", FeatureQuery(limit=1, bbox=box)) == ["i1"]
    for text, expected in [
        ("source_id = 'i2'", ["i2"]),
        ("status = 'open' AND source_id <> 'i2'", ["i1", "i3"]),
        ("occurred_at < '2026-05-02T00:00:00Z'", ["i1"]),
        ("closed_at IS NULL", ["i1", "i2", "i3"]),
    ]:
        assert walk(town, "incidents", FeatureQuery(limit=1, where=where(town, "incidents", text))) == expected
    both = FeatureQuery(limit=5, bbox=box, where=where(town, "incidents", "closed_at IS NULL"))
    assert walk(town, "incidents", both) == ["i1"]
    skipped = town.features.page("incidents", FeatureQuery(limit=1, offset=1), ANYONE)
    assert [one["id"] for one in read(skipped.features)] == ["i2"]


def test_one_feature(town: Workspace) -> None:
    code = town.store.edition_grids(1)["code"].iloc[0]
    assert json.loads(town.features.feature("grids", code, CRS84, ANYONE))["id"] == code
    assert json.loads(town.features.feature("incidents", "i1", CRS84, ANYONE))["properties"]["category"] == "0101"
    for name, wrong in [("grids", "nothing"), ("grids", "9" * 30), ("incidents", "i9"), ("cameras", "")]:
        with pytest.raises(NotFoundError):
            town.features.feature(name, wrong, CRS84, ANYONE)


def test_an_area_limits_all_of_them(town: Workspace) -> None:
    east = Asker(area=town.areas.of([EAST]))
    assert len(walk(town, "units", FeatureQuery(), east)) == 8
    assert set(walk(town, "grids", FeatureQuery(), east)) == {f"{EAST}001", f"{EAST}002"}
    assert walk(town, "jurisdictions", FeatureQuery(), east) == [EAST]
    assert walk(town, "incidents", FeatureQuery(limit=1), east) == ["i2", "i3"]
    assert walk(town, "cameras", FeatureQuery(), east) == ["broken", "turning"]
    with pytest.raises(NotFoundError):
        town.features.feature("incidents", "i1", CRS84, east)
    whole = town.features.page("gaps", FeatureQuery(limit=10_000), ANYONE).features
    assert 0 < len(town.features.page("gaps", FeatureQuery(limit=10_000), east).features) < len(whole)


def test_small_hot_spots_are_left_out(town: Workspace) -> None:
    assert len(town.features.table("hot_spots", Asker(minimum=5))) == 0


def test_systems(town: Workspace) -> None:
    crs84, lat_lon, mercator, plane = town.features.systems()
    assert [one.uri.rpartition("/")[2] for one in (crs84, lat_lon, mercator, plane)] == [
        "CRS84",
        "4326",
        "3857",
        "4548",
    ]
    page = {
        one.uri: np.array(json.loads(town.features.feature("cameras", "west", one, ANYONE))["geometry"]["coordinates"])
        for one in (crs84, lat_lon, mercator, plane)
    }
    assert page[lat_lon.uri].tolist() == page[crs84.uri][::-1].tolist()
    assert page[mercator.uri] == pytest.approx(
        gpd.GeoSeries([place(0.6, 0.5)], crs=4326).to_crs(3857).get_coordinates().to_numpy()[0]
    )
    assert 3.8e6 < page[plane.uri][0] < 4.0e6  # northing first, as the registry has it
    for one in (crs84, lat_lon, mercator, plane):
        west, south, east, north = one.from_wgs84(shapely.box(LON, LAT, LON + 2 * STEP, LAT + STEP)).bounds
        found = bbox_shape([west, south, east, north], one)
        assert shapely.Point(LON + STEP, LAT + STEP / 2).within(found)
        assert found.area == pytest.approx(2 * STEP**2, rel=0.05)


def test_a_box_across_the_date_line() -> None:
    found = bbox_shape([170, -10, -170, 10], CRS84)
    assert found.contains(shapely.Point(175, 0))
    assert found.contains(shapely.Point(-175, 0))
    assert not found.intersects(shapely.Point(0, 0))


def test_a_new_edition_is_taken_up_and_the_old_one_stays(tmp_path: Path) -> None:
    with found_camera_town(tmp_path) as workspace:
        features = workspace.features
        first = features.page("grids", FeatureQuery(limit=1), ANYONE)
        assert first.edition == 1
        workspace.plans.publish(moved(workspace, {"U01": f"{WEST}003"}))
        assert features.page("grids", FeatureQuery(), ANYONE).edition == 2
        assert first.next is not None
        following = features.page("grids", FeatureQuery(limit=10, after=first.next), ANYONE, edition=1)
        assert len(first.features) + len(following.features) == 4
        with pytest.raises(NotFoundError):
            features.page("grids", FeatureQuery(), ANYONE, edition=9)


def cameras(ids: list[int]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": [f"c{i:04d}" for i in ids]}, geometry=[shapely.Point(i, 0) for i in ids], crs=4326)


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.integers(0, 60), min_size=1, max_size=20),
    st.lists(st.tuples(st.sets(st.integers(0, 60), max_size=5), st.integers(1, 4)), min_size=1, max_size=30),
)
def test_rows_that_come_between_pages_make_no_gap_and_no_double(
    there: set[int], steps: list[tuple[set[int], int]]
) -> None:
    found: list[int] = []
    now, after, began = set(there), "", set(there)
    for added, limit in [*steps, *[(set(), 1)] * 70]:
        now |= added
        table = FeatureTable(
            "cameras", cameras(sorted(now, reverse=True)), "code", {"code": "text", "geometry": "geometry"}, None
        )
        page = table.page(FeatureQuery(limit=limit, after=after))
        assert page is not None
        found += [int(feature["id"][1:]) for feature in read(page.features)]
        if page.next is None:
            break
        after = page.next
    assert found == sorted(set(found))
    assert began <= set(found) <= now


def test_incidents_that_come_between_pages_make_no_gap_and_no_double(tmp_path: Path, url: str) -> None:
    def incidents(first: int, n: int) -> gpd.GeoDataFrame:
        times = pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC")[::-1]
        columns = {
            "source_id": [f"s{(first + i) * 7919 % 100_000}" for i in range(n)],
            "category": "0101",
            "occurred_at": times,
            "status": "open",
        }
        return gpd.GeoDataFrame(columns, geometry=[place(1, 1)] * n, crs=4326)

    with Workspace.open(tmp_path, url) as workspace:
        workspace.store.upsert_incidents(incidents(0, 30))
        began = set(workspace.store.incidents()["source_id"])
        found: list[str] = []
        after, added = "", 30
        while True:
            page = workspace.features.page("incidents", FeatureQuery(limit=7, after=after), ANYONE)
            found += [feature["id"] for feature in read(page.features)]
            if page.next is None:
                break
            after = page.next
            if added < 60:
                workspace.store.upsert_incidents(incidents(added, 5))
                added += 5
        assert len(found) == len(set(found))
        assert began < set(found) == set(workspace.store.incidents()["source_id"])


def test_systems_of_data_elsewhere() -> None:
    assert exchange_crs(-0.1, 51.5)[-1].uri.endswith("/32630")


def test_tables_that_are_old_are_let_go(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks for one edition after the other must not fill the memory with them."""
    features = Features(town.store, town.analysis, town.coverage_analysis)
    features.table("grids", ANYONE)
    assert features.table_at_once("grids", None) is not None
    monkeypatch.setattr("spatialgov.workspace.features._FRESH_S", -1)
    assert features.table_at_once("grids", None) is None
    features.table("units", ANYONE)
    assert list(features._fresh) == [("units", None)]


def test_tiles_are_kept_as_far_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = gpd.GeoDataFrame({"code": ["a"]}, geometry=[shapely.box(118, 35, 119, 36)], crs=4326)
    table = FeatureTable("grids", boxes, "code", {"code": "text", "geometry": "geometry"}, None)
    assert table.tile(0, 0, 0, at_once=True) is None  # first of all the shapes are laid out
    first = table.tile(0, 0, 0)
    assert table.tile(0, 0, 0, at_once=True) is first
    at_once, again = table.tile(5, 26, 12, at_once=True), table.tile(5, 26, 12)
    assert at_once is not None
    assert again is not None
    assert (again.tag, gzip.decompress(again.content)) == (at_once.tag, at_once.content)
    monkeypatch.setattr("spatialgov.workspace.feature_tables._AT_ONCE_POINTS", 4)
    assert table.tile(6, 53, 25, at_once=True) is None
    monkeypatch.setattr("spatialgov.workspace.feature_tables._MOST_TILE_BYTES", 2000)
    for x in range(50):  # nothing is in most of them, which takes room too
        table.tile(10, x, 0)
    assert len(table._tiles) < 10
    assert table._tile_bytes <= 2000

"""Editions over HTTP: lists, changes, counts by the grids of the day, rolling back; and what is not published."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from fastapi.testclient import TestClient

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import local_client
from tests.publishing_cases import CASES, WEST, found_town, moved

LON, LAT = 118.3005, 35.1025
HERE = {"lon": LON, "lat": LAT, "datum": "wgs84"}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        yield workspace


@pytest.fixture
def client(town: Workspace) -> TestClient:
    return local_client(create_app(Settings(data_dir=town.data_dir), town.store))


def test_from_edition_to_edition_and_back(town: Workspace, client: TestClient) -> None:
    draft = moved(town, dict.fromkeys(("U08", "U09"), f"{WEST}003"))
    start = town.store.edition().valid_from
    times = [start, *[start + pd.Timedelta(days=1000)] * 6]
    rows = {"source_id": list("abcdefg"), "category": "0101", "occurred_at": pd.to_datetime(times), "status": "open"}
    town.store.upsert_incidents(gpd.GeoDataFrame(rows, geometry=[shapely.Point(LON, LAT)] * 7, crs=4326))
    assert client.post(f"/api/v1/plans/{draft}/publish").json()["incidents_located"] == 7
    first, second = client.get("/api/v1/editions").json()["editions"]
    assert (first["id"], first["plan"], first["valid_to"]) == (1, 1, second["valid_from"])
    assert second["valid_to"] is None
    one = client.get("/api/v1/editions/2").json()
    assert {"code": f"{WEST}003", "from_code": f"{WEST}002", "relation": "split_from"} in one["lineage"]
    assert client.get("/api/v1/editions/9").status_code == 404
    changes = client.get("/api/v1/editions/1/changes/2").json()
    assert (changes["kept"], changes["split"], changes["households_moved"]) == (3, 2, 200)
    assert {row["code"]: row["change"] for row in changes["grids"]}[f"{WEST}003"] == "split"
    assert client.get("/api/v1/editions/1/changes/9").status_code == 404

    day = client.get("/api/v1/incidents/counts", params={"by": "day"}).json()
    counted = {(row["edition"], row["code"]): row["incidents"] for row in day["grids"]}
    assert (day["by"], day["suppressed"], day["before"]) == ("day", 2, 0)
    assert day["minimum"] == Settings().public_minimum
    assert (counted[1, f"{WEST}002"], counted[2, f"{WEST}003"], counted[2, f"{WEST}002"]) == (None, None, 0)
    today = client.get("/api/v1/incidents/counts").json()
    assert {row["code"]: row["incidents"] for row in today["grids"]}[f"{WEST}003"] == 7
    assert client.get("/api/v1/incidents/counts", params={"by": "week"}).status_code == 422

    for as_of, code in ((first["valid_from"], f"{WEST}002"), (second["valid_from"], f"{WEST}003")):
        assert client.get("/api/v1/locate", params=HERE | {"as_of": as_of}).json()["code"] == code
        body = {"datum": "wgs84", "lon": [LON], "lat": [LAT]}
        assert client.post("/api/v1/locate", params={"as_of": as_of}, json=body).json()["codes"] == [code]
    back = client.post("/api/v1/editions/1/republish")
    assert (back.status_code, back.json()["edition"], back.json()["plan"]) == (201, 3, 1)
    assert back.json()["incidents_located"] == 7
    assert client.get("/api/v1/locate", params=HERE).json()["code"] == f"{WEST}002"
    assert client.post("/api/v1/editions/1/republish").json()["code"] == "conflict"


@pytest.mark.parametrize("kind", CASES)
def test_what_must_not_be_published_is_refused_with_its_place(town: Workspace, tmp_path: Path, kind: str) -> None:
    prepare, item, ground = CASES[kind]
    plan = prepare(town, tmp_path)
    before = town.store.editions()
    client = local_client(create_app(Settings(data_dir=town.data_dir), town.store))
    refused = client.post(f"/api/v1/plans/{plan}/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "faulty_data")
    fault = next(fault for fault in refused.json()["faults"] if fault["kind"] == kind)
    assert item in (None, fault["item"])
    assert shapely.Point(fault["lon"], fault["lat"]).within(ground.buffer(1e-9))
    assert town.store.editions() == before
    checked = client.post(f"/api/v1/plans/{plan}/check").json()
    assert checked["state"] == "draft"
    assert kind in {found["kind"] for found in checked["faults"]}

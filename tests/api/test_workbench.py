"""The planner's page over HTTP: its data, and who may have them."""

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pytest

from spatialgov.vector_io import write_vector
from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import TestClient, local_client
from tests.publishing_cases import EAST, WEST, found_town, square


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        yield workspace


@pytest.fixture
def client(town: Workspace) -> TestClient:
    return local_client(create_app(Settings(data_dir=town.data_dir), town.store))


def test_units_are_sent_once(client: TestClient) -> None:
    first = client.get("/api/v1/plans/1/units")
    assert first.json()["ids"][:2] == ["U00", "U01"]
    again = client.get("/api/v1/plans/1/units", headers={"if-none-match": f'"x", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/api/v1/plans/7/units").status_code == 404


def test_an_opened_plan_fits_its_units(client: TestClient) -> None:
    client.post("/api/v1/plans/1/moves", json={"expects": 0, "moves": {"U04": f"{WEST}002"}})
    opened = client.get("/api/v1/plans/2/open").json()
    assert (opened["id"], opened["state"], opened["sequence"]) == (2, "draft", 1)
    assert (opened["settings"]["balance"], opened["settings"]["within"]) == ("households", "community_code")
    assert opened["measures"]["grids"][:2] == ["grids", "网格数"]
    ids = client.get("/api/v1/plans/2/units").json()["ids"]
    codes = [grid["code"] for grid in opened["grids"]]
    told = client.get("/api/v1/plans/2/assignment").json()["assignment"]
    assert {unit: codes[grid] for unit, grid in zip(ids, opened["labels"], strict=True)} == told
    assert client.get("/api/v1/plans/2/surroundings").json()["roads"]["features"] == []


def test_the_page_leads_to_signing_in_and_a_plan_beyond_the_jurisdictions_is_none(
    town: Workspace, client: TestClient
) -> None:
    town.accounts.add("west", role="planner", jurisdictions=[WEST], password=None)
    client.headers["x-api-key"] = town.accounts.add_key("west", "tests")[0]
    assert "workbench/main.mjs" in client.get("/workbench").text
    for what in ("units", "open", "surroundings"):
        assert client.get(f"/api/v1/plans/1/{what}").status_code == 404
    del client.headers["x-api-key"]
    page = client.get("/workbench", headers={"accept": "text/html"}, follow_redirects=False)
    assert page.headers["location"].startswith("./sign-in")


def test_drafts_are_deleted_and_what_is_needed_stays(town: Workspace, client: TestClient) -> None:
    assert client.post("/api/v1/plans/1/copy", json={"name": "Mine"}).json()["id"] == 2
    refused = client.delete("/api/v1/plans/1")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "editions 1; plans made from it 2" in refused.json()["detail"]
    assert client.delete("/api/v1/plans/2").status_code == 204
    assert client.delete("/api/v1/plans/2").status_code == 404
    assert client.get("/api/v1/plans/2/journal").status_code == 404
    assert client.post("/api/v1/plans/1/copy", json={}).json()["id"] == 3
    (entry,) = [entry for entry in town.store.audit.entries() if "DELETE" in entry.action and entry.kind == "change"]
    assert (entry.details["plan"], entry.details["name"]) == (2, "Mine")


def test_a_file_says_what_grids_it_has(town: Workspace, client: TestClient, tmp_path: Path) -> None:
    types = {".gpkg": "application/geopackage+sqlite3", ".zip": "application/zip"}

    def told(file: Path, status: int = 200) -> dict[str, object]:
        answer = client.post(
            "/api/v1/plans/division", content=file.read_bytes(), headers={"content-type": types[file.suffix]}
        )
        assert answer.status_code == status, answer.text
        return answer.json()  # type: ignore[no-any-return]

    plan = town.plans.load(1)
    boundaries = gpd.GeoDataFrame({"code": ["A-1", None]}, geometry=[square(0, 0), square(0, 1)], crs=4326)
    for suffix in types:
        plan.write(tmp_path / f"plan{suffix}")
        table = told(tmp_path / f"plan{suffix}")["table"]
        assert dict(zip(table["unit_id"], table["grid_code"], strict=True)) == plan.assignment().to_dict()  # type: ignore[index]
        write_vector(boundaries.to_crs(4547), tmp_path / f"old{suffix}")
        features = told(tmp_path / f"old{suffix}")["drawn"]["features"]  # type: ignore[index]
        assert [feature["properties"]["code"] for feature in features] == ["A-1", None]
        assert features[0]["geometry"]["coordinates"][0][0] == pytest.approx(square(0, 0).exterior.coords[0], abs=1e-6)
        write_vector(boundaries.drop(columns="code").assign(nr=1), tmp_path / f"nothing{suffix}")
        assert told(tmp_path / f"nothing{suffix}", 422)["code"] == "missing_column"
        (tmp_path / f"torn{suffix}").write_bytes((tmp_path / f"plan{suffix}").read_bytes()[:500])
        assert told(tmp_path / f"torn{suffix}", 422)["code"] == "unreadable_file"
    assert client.post("/api/v1/plans/division", content=b"x", headers={"content-type": "text/csv"}).status_code == 422


def test_a_plan_keeps_the_barriers_that_it_was_made_with(town: Workspace, client: TestClient) -> None:
    river = {"barrier_id": ["r"], "kind": ["river"], "name": [""], "name_en": [""], "effect": ["hard"]}
    west = gpd.GeoSeries([square(0, 0).union(square(3, 0))], crs=4326).total_bounds[2]
    line = f"LINESTRING ({west} 35.09, {west} 35.11)"  # between the first and the second column
    town.store.replace_layer("barriers", gpd.GeoDataFrame(river, geometry=gpd.GeoSeries.from_wkt([line]), crs=4326))
    ask = {"households_per_grid": 400, "effort": "quick"}
    free = client.post("/api/v1/plans", json=ask | {"barriers": {"r": "none"}, "borders": {"hard": [["U03", "U02"]]}})
    assert free.json()["settings"]["barriers"] == {"r": "none"}
    assert free.json()["settings"]["borders"] == {"hard": [["U03", "U02"]]}
    hard = {plan: client.get(f"/api/v1/plans/{plan}/units").json()["hard"] for plan in (1, 2)}
    assert [len(edges) for edges in hard.values()] == [4, 1]
    child = client.post("/api/v1/plans/2/moves", json={"expects": 0, "moves": {"U00": f"{EAST}001"}})
    assert child.status_code == 201
    for wrong in ({"barriers": {"s": "hard"}}, {"borders": {"penalty": [["U03", "U99"]]}}):
        assert client.post("/api/v1/plans", json=ask | wrong).status_code == 404
    assert client.post("/api/v1/plans", json=ask | {"borders": {"hard": [["U03"]]}}).status_code == 422

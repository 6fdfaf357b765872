"""The planner's page over HTTP: its data, and who may have them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import TestClient, local_client
from tests.publishing_cases import WEST, found_town


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

"""The journal over HTTP: move, undo, redo, look, copy; and what the answers to a conflict say."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import local_client
from tests.publishing_cases import WEST, found_town

PLAN = "/api/v1/plans/2"
Post = Callable[..., Any]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "data") as town:
        found_town(town, tmp_path)
        yield town


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    """Give the service of the town to the planner of its west."""
    client = local_client(create_app(Settings(data_dir=workspace.data_dir), workspace.store))
    client.headers["x-api-key"] = key_of(workspace, "west")
    return client


def key_of(workspace: Workspace, planner: str) -> str:
    workspace.accounts.add(planner, role="planner", jurisdictions=["*"], password=None)
    return workspace.accounts.add_key(planner, "tests")[0]


@pytest.fixture
def post(workspace: Workspace, client: TestClient) -> Post:
    """Give a function that changes plan 2, a draft child of the one in force, and checks the status."""
    keys = {"west": client.headers["x-api-key"]} | {name: key_of(workspace, name) for name in ("east", "north")}

    def change(what: str, who: str = "west", status: int = 201, **body: Any) -> Any:
        answer = client.post(f"{PLAN}/{what}", json=body, headers={"x-api-key": keys[who]})
        assert answer.status_code == status, answer.text
        return answer.json()

    assert client.post("/api/v1/plans/1/copy", json={"name": "next year"}).json()["id"] == 2
    return change


def test_a_move_says_what_it_did(client: TestClient, post: Post) -> None:
    done = post("moves", expects=0, why="the market's side", moves={"U04": f"{WEST}002", "U15": None})
    assert (done["plan"], done["sequence"], done["state"]) == (2, 1, "draft")
    assert (done["entry"]["who"], done["entry"]["why"], done["entry"]["kind"]) == ("west", "the market's side", "move")
    assert done["entry"]["moves"][0] == {"unit_id": "U04", "from_code": f"{WEST}001", "to_code": f"{WEST}002"}
    grids = {grid["code"]: grid for grid in done["grids"]}
    assert (grids[f"{WEST}001"]["households"], grids[f"{WEST}002"]["households"]) == (300, 500)
    assert (grids[f"{WEST}001"]["n_units"], grids[f"{WEST}001"]["n_parts"]) == (3, 1)
    told = client.get(f"{PLAN}/assignment").json()
    assert (told["sequence"], told["assignment"]["U04"], told["assignment"]["U15"]) == (1, f"{WEST}002", None)
    before = client.get(f"{PLAN}/assignment", params={"at": 0}).json()
    assert before["assignment"] == client.get("/api/v1/plans/1/assignment").json()["assignment"]
    assert client.get(f"{PLAN}/assignment", params={"at": 2}).status_code == 404
    assert client.get(PLAN).json()["metrics"]["unassigned_units"] == 1


def test_a_grid_comes_and_goes(client: TestClient, post: Post) -> None:
    made = post("moves", expects=0, moves={"U00": f"{WEST}009"})
    assert made["entry"]["made"] == [f"{WEST}009"]
    back = post("undo", expects=1)
    assert back["entry"]["kind"] == "undo"
    assert {grid["code"]: grid["n_units"] for grid in back["grids"]} == {f"{WEST}001": 4, f"{WEST}009": 0}
    drawn = client.get(f"{PLAN}/grids").json()["features"]
    assert f"{WEST}009" not in {feature["properties"]["code"] for feature in drawn}
    again = post("redo", expects=2, why="after all")
    assert (again["sequence"], again["entry"]["of_number"], again["entry"]["why"]) == (3, 1, "after all")
    journal = client.get(f"{PLAN}/journal", params={"since": 1, "limit": 1}).json()
    assert (journal["sequence"], [entry["number"] for entry in journal["entries"]]) == (3, [2])
    assert post("moves", expects=3, moves={"U00": f"{WEST}009"})["entry"] is None


def test_others_were_quicker(client: TestClient, post: Post) -> None:
    post("moves", who="east", expects=0, moves={"U04": f"{WEST}002", "U05": f"{WEST}002"})
    refused = post("moves", who="west", status=409, expects=0, moves={"U05": None, "U00": None})
    assert (refused["code"], refused["plan"], refused["sequence"]) == ("edit_conflict", 2, 1)
    (change,) = refused["changes"]
    assert (change["number"], change["who"], change["kind"]) == (1, "east", "move")
    assert change["moves"] == [{"unit_id": "U05", "from_code": f"{WEST}001", "to_code": f"{WEST}002"}]
    assert post("moves", who="west", expects=0, moves={"U00": None})["sequence"] == 2, "another unit: no conflict"
    assert post("undo", who="north", status=409, expects=2)["code"] == "conflict"
    assert post("undo", who="east", expects=2)["sequence"] == 3
    mine = client.post(f"{PLAN}/copy", json={"name": "Mine", "sequence": 1}).json()
    assert (mine["name"], mine["state"], mine["parent_id"]) == ("Mine", "draft", 2)
    copied = client.get(f"/api/v1/plans/{mine['id']}/assignment").json()
    assert (copied["sequence"], copied["assignment"]["U04"], copied["assignment"]["U00"]) == (
        0,
        f"{WEST}002",
        f"{WEST}001",
    )


def test_the_plan_in_force_gets_a_draft_child(client: TestClient) -> None:
    done = client.post("/api/v1/plans/1/moves", json={"expects": 0, "moves": {"U04": f"{WEST}002"}}).json()
    assert (done["plan"], done["sequence"]) == (2, 1)
    assert client.get(PLAN).json()["parent_id"] == 1
    assert client.get("/api/v1/plans/1/journal").json()["entries"] == []
    assert client.post("/api/v1/plans/1/undo", json={"expects": 0}).json()["code"] == "conflict"


def test_a_checked_plan_is_a_draft_again_after_a_change(client: TestClient, post: Post) -> None:
    post("moves", expects=0, moves={"U04": f"{WEST}002", "U05": f"{WEST}002"})
    assert client.post(f"{PLAN}/check").json()["state"] == "checked"
    assert client.get(PLAN).json()["metrics"]["households_moved"] == 200
    assert post("undo", expects=1)["state"] == "draft"
    assert client.get(PLAN).json()["metrics"]["households_moved"] == 0


def test_a_dedicated_grid_is_left_out_of_the_balance(client: TestClient, post: Post) -> None:
    post("moves", expects=0, moves={f"U{i:02d}": f"{WEST}001" for i in (8, 9)})
    off = client.get(PLAN).json()["metrics"]["max_deviation_pct"]
    done = post("moves", expects=1, kinds={f"{WEST}001": "dedicated", f"{WEST}002": "dedicated"})
    assert (done["entry"]["moves"], done["entry"]["kinds"][f"{WEST}001"]) == ([], ["general", "dedicated"])
    assert {grid["code"]: grid["households"] for grid in done["grids"]} == {f"{WEST}001": 600, f"{WEST}002": 200}
    assert (off, client.get(PLAN).json()["metrics"]["max_deviation_pct"]) == (50, 0)
    kinds = {grid["code"]: grid["kind"] for grid in client.get(f"{PLAN}/open").json()["grids"]}
    assert kinds[f"{WEST}001"] == "dedicated"
    assert post("undo", expects=2)["entry"]["kinds"][f"{WEST}001"] == ["dedicated", "general"]
    assert client.get(PLAN).json()["metrics"]["max_deviation_pct"] == off
    assert post("moves", status=422, expects=3)["code"] == "invalid_request"
    assert post("moves", status=422, expects=3, kinds={f"{WEST}001": "unit"})["code"] == "invalid_request"
    assert post("moves", status=404, expects=3, kinds={f"{WEST}009": "general"})["code"] == "not_found"


def test_without_accounts_undo_takes_back_the_strokes_of_ones_own_browser(workspace: Workspace) -> None:
    client = local_client(create_app(Settings(data_dir=workspace.data_dir), workspace.store))
    client.post("/api/v1/plans/1/copy", json={})

    def change(what: str, browser: str, **body: Any) -> Any:
        return client.post(f"{PLAN}/{what}", json=body, headers={"x-browser": browser} if browser else {})

    assert change("moves", "a1", expects=0, moves={"U00": None}).json()["entry"]["who"] == "local/a1"
    assert change("moves", "b2", expects=1, moves={"U15": None}).json()["sequence"] == 2
    assert change("moves", "", expects=2, moves={"U14": None}).json()["entry"]["who"] == "local"
    undone = change("undo", "a1", expects=3).json()
    assert [move["unit_id"] for move in undone["entry"]["moves"]] == ["U00"]
    assert change("undo", "a1", expects=4).json()["code"] == "conflict"
    assert change("undo", "Robert'); --", expects=4).status_code == 422
    key = key_of(workspace, "west")
    client = local_client(
        create_app(Settings(data_dir=workspace.data_dir), workspace.store), headers={"x-api-key": key}
    )
    assert change("moves", "a1", expects=4, moves={"U00": None}).json()["entry"]["who"] == "west"

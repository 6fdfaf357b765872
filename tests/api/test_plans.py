import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from spatialgov.workspace import Workspace

PLANS = "/api/v1/plans"
JSON = {"content-type": "application/json"}


@pytest.fixture
def version(sample_copy: Workspace) -> Iterator[Callable[[], int]]:
    """Give a question whose answer changes with every commit to the store that changes anything."""
    watcher = sqlite3.connect(sample_copy.data_dir / "spatialgov.db")
    yield lambda: int(watcher.execute("PRAGMA data_version").fetchone()[0])
    watcher.close()


def test_plans_are_listed_with_their_measures(client: TestClient) -> None:
    plans = client.get(PLANS).json()["plans"]
    assert [(plan["id"], plan["state"]) for plan in plans] == [(1, "retired"), (2, "published")]
    assert client.get(f"{PLANS}/2").json() == plans[1]
    assert plans[1]["metrics"]["grids"] == 120
    assert plans[1]["settings"]["within"] == "community_code"


def test_grids_of_a_plan_and_grids_in_force(client: TestClient, sample_workspace: Workspace) -> None:
    drawn = client.get(f"{PLANS}/2/grids")
    assert drawn.headers["content-type"] == "application/geo+json"
    body = drawn.json()
    assert (body["numberMatched"], body["numberReturned"], body["plan"]) == (120, 120, 2)
    assert {f["geometry"]["type"] for f in body["features"]} <= {"Polygon", "MultiPolygon"}
    assert set(body["features"][0]["properties"]) >= {"code", "name", "parent_code", "households", "area_m2"}
    page = client.get("/api/v1/grids", params={"limit": 7, "offset": 115}).json()
    assert (page["numberMatched"], page["numberReturned"], page["edition"]) == (120, 5, 2)
    assert [f["properties"]["code"] for f in page["features"]] == [
        f["properties"]["code"] for f in body["features"][115:]
    ]
    first = sample_workspace.store.editions()[0]
    earlier = client.get("/api/v1/grids", params={"as_of": first.valid_from.isoformat(), "limit": 1}).json()
    assert (earlier["edition"], earlier["numberMatched"]) == (1, 115)
    before = (first.valid_from - timedelta(days=1)).isoformat()
    assert client.get("/api/v1/grids", params={"as_of": before}).json()["code"] == "nothing_published"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{PLANS}/99", 404, "not_found"),
        (f"{PLANS}/99/grids", 404, "not_found"),
        (f"{PLANS}/0", 422, "invalid_request"),
        (f"{PLANS}/{10**30}", 422, "invalid_request"),
        (f"{PLANS}/two", 404, "http_404"),
        ("/api/v1/grids?limit=-1", 422, "invalid_request"),
        ("/api/v1/grids?limit=0", 422, "invalid_request"),
        (f"/api/v1/grids?offset={10**25}", 422, "invalid_request"),
        ("/api/v1/grids?as_of=2026-01-01", 422, "invalid_request"),
    ],
)
def test_bad_questions_are_problems(client: TestClient, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


BAD_CHANGES: list[tuple[str, Any, int, str | None]] = [
    (PLANS, {"grids": 0}, 422, "invalid_request"),
    (PLANS, {"grids": 10**30}, 422, "invalid_request"),
    (PLANS, {"grids": 2}, 422, "infeasible"),
    (PLANS, {"grids": 1_000_000}, 422, "infeasible"),
    (PLANS, {"grids": 100, "households_per_grid": 400}, 422, "invalid_input"),
    (PLANS, {"households_per_grid": "NaN"}, 422, "invalid_request"),
    (PLANS, {"households_per_grid": -400}, 422, "invalid_request"),
    (PLANS, {"max_area_m2": 1e-300}, 422, "invalid_request"),
    (PLANS, {"tolerance": 0}, 422, "invalid_request"),
    (PLANS, {"seed": -1}, 422, "invalid_request"),
    (PLANS, {"workload_per_grid": 480}, 422, "missing_column"),
    (PLANS, {"also": {"population": 0}}, 422, "invalid_request"),
    (PLANS, {"also": {"shops": 0.1}}, 422, "missing_column"),
    (PLANS, {"also": {"kind": 0.1}}, 422, "invalid_input"),
    (PLANS, {"also": {"households": 0.1}}, 422, "invalid_input"),
    (PLANS, {"within": "owner"}, 422, "invalid_request"),
    (PLANS, {"within": "parent_code"}, 422, "missing_column"),
    (PLANS, {"name": ""}, 422, "invalid_request"),
    (PLANS, {"household": 400}, 422, "invalid_request"),
    (f"{PLANS}/99/moves", {"expects": 0, "moves": {"U0001": "990101001001002"}}, 404, "not_found"),
    (f"{PLANS}/2/moves", {"expects": 0, "moves": {"nowhere": "990101001001002"}}, 404, "not_found"),
    (f"{PLANS}/2/moves", {"expects": 0, "moves": {"\ud800\x00": "990101001001002"}}, 422, "invalid_input"),
    (f"{PLANS}/2/moves", {"expects": 0, "moves": {}}, 422, "invalid_request"),
    (f"{PLANS}/2/moves", {"moves": {"U0001": "990101001001002"}}, 422, "invalid_request"),
    (f"{PLANS}/2/moves", {"expects": 1, "moves": {"U0001": "990101001001002"}}, 409, "conflict"),
    (f"{PLANS}/2/moves", {"expects": 0, "moves": {"U0001": "a b; --"}}, 422, "invalid_request"),
    (f"{PLANS}/2/moves", {"expects": 0, "moves": {"U0001": "990101001001002\n"}}, 422, "invalid_request"),
    (f"{PLANS}/2/moves", {"expects": 0, "why": "\x00", "moves": {"U0001": None}}, 422, "invalid_input"),
    (f"{PLANS}/2/copy", {"name": "\x00"}, 422, "invalid_input"),
    (f"{PLANS}/2/copy", {"sequence": 1}, 404, "not_found"),
    (f"{PLANS}/99/copy", {}, 404, "not_found"),
    (f"{PLANS}/2/undo", {"expects": 0}, 409, "conflict"),
    (f"{PLANS}/2/redo", {"expects": 0}, 409, "conflict"),
    (f"{PLANS}/99/undo", {"expects": 0}, 404, "not_found"),
    (f"{PLANS}/2/undo", {}, 422, "invalid_request"),
    ("/api/v1/editions/99/republish", None, 404, "not_found"),
    ("/api/v1/editions/2/republish", None, 409, "conflict"),
    (f"{PLANS}/2/moves", {"expects": 0, "why": "\ud800", "moves": {"U0001": None}}, 422, None),
    (f"{PLANS}/2/publish", None, 409, "conflict"),
    (f"{PLANS}/99/publish", None, 404, "not_found"),
    (f"{PLANS}/99/check", None, 404, "not_found"),
    (f"{PLANS}/alternatives", {"alternatives": 1}, 422, "invalid_request"),
    (f"{PLANS}/99/rebalance", {}, 404, "not_found"),
    (f"{PLANS}/1/rebalance", {"households": [500, 300]}, 422, "invalid_input"),
    (f"{PLANS}/1/rebalance", {"households": [300]}, 422, "invalid_request"),
    (f"{PLANS}/1/rebalance", {"locked": ["nowhere"]}, 404, "not_found"),
    (f"{PLANS}/1/rebalance", {"most_moved": 1, "out_of_band": 1}, 422, "invalid_request"),
]


def test_a_change_that_fails_changes_nothing(own_client: TestClient, version: Callable[[], int]) -> None:
    before = version()
    for path, body, status, code in BAD_CHANGES:
        answer = own_client.post(path, content=None if body is None else json.dumps(body), headers=JSON)
        assert answer.status_code == status, (path, body, answer.text)
        assert code is None or answer.json()["code"] == code, (path, body)
        assert version() == before, (path, body)
    own_client.post(f"{PLANS}/1/check")
    assert version() == before
    assert own_client.post(f"{PLANS}/1/publish").status_code == 201
    assert version() > before  # the watch is not blind


def test_a_plan_is_made_edited_checked_and_published(
    own_client: TestClient, sound_move: dict[str, str], place: tuple[str, float, float]
) -> None:
    also = {"population": 0.3}
    made = own_client.post(PLANS, json={"name": "每格 900 户", "households_per_grid": 900, "also": also, "seed": 3})
    assert made.status_code == 201
    assert made.json()["settings"]["also"] == also
    assert made.json()["metrics"]["max_deviation_also_pct"] > 0
    assert made.json()["name"] == "每格 900 户"
    assert made.json()["state"] == "draft"

    moved = own_client.post(f"{PLANS}/2/moves", json={"expects": 0, "moves": sound_move})
    assert moved.status_code == 201
    child = own_client.get(f"{PLANS}/{moved.json()['plan']}").json()
    assert (child["parent_id"], child["name"]) == (2, "400 households a grid")
    assert (
        child["metrics"]["mean_polsby_popper"] != own_client.get(f"{PLANS}/2").json()["metrics"]["mean_polsby_popper"]
    )

    number = made.json()["id"]
    checked = own_client.post(f"{PLANS}/{number}/check").json()
    assert (checked["plan"], checked["state"]) == (number, "checked")
    assert all(fault["severity"] == "warning" for fault in checked["faults"])

    _, lon, lat = place
    query = {"lon": lon, "lat": lat, "datum": "wgs84"}
    assert own_client.get("/api/v1/locate", params=query).json()["edition"] == 2
    published = own_client.post(f"{PLANS}/{number}/publish")
    assert published.status_code == 201
    assert published.json()["edition"] == 3
    assert (published.json()["incidents_located"], published.json()["incidents_outside"]) == (60_000, 0)
    found = own_client.get("/api/v1/locate", params=query).json()
    assert found["edition"] == 3
    in_force = own_client.get("/api/v1/grids").json()
    assert found["code"] in {f["properties"]["code"] for f in in_force["features"]}
    again = own_client.post(f"{PLANS}/{number}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    old = {"as_of": published.json()["valid_from"].replace("+00:00", "Z")} | query
    assert own_client.get("/api/v1/locate", params=old).json()["edition"] == 3


def test_a_faulty_plan_is_kept_but_not_published(
    own_client: TestClient, sample_copy: Workspace, version: Callable[[], int]
) -> None:
    plan = sample_copy.plans.load(2)
    far = plan.units.frame["unit_id"].tolist()[-1]
    child = own_client.post(f"{PLANS}/2/moves", json={"expects": 0, "moves": {far: plan.codes[0]}}).json()["plan"]
    assert any(f["severity"] == "error" for f in own_client.post(f"{PLANS}/{child}/check").json()["faults"])
    before = version()
    refused = own_client.post(f"{PLANS}/{child}/publish")
    assert (refused.status_code, refused.json()["code"]) == (422, "faulty_data")
    faults = refused.json()["faults"]
    assert {fault["kind"] for fault in faults} >= {"not_contiguous"}
    assert all(fault["message"] for fault in faults)
    assert version() == before


def test_today_is_balanced_with_few_moves(own_client: TestClient, sample_copy: Workspace) -> None:
    today = sample_copy.plans.load(1)
    community = today.table["parent_code"].iloc[0]
    locked = today.table.loc[today.table["parent_code"] != community, "code"].tolist()
    answer = own_client.post(f"{PLANS}/1/rebalance", json={"locked": locked, "name": "少变动"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["plan"]["parent_id"], body["plan"]["name"], body["plan"]["state"]) == (1, "少变动", "draft")
    assert body["chosen"] == body["steps"][-1]
    assert [step["households_moved"] for step in body["steps"]] == sorted(s["households_moved"] for s in body["steps"])
    assert body["steps"][0]["breach"] > body["steps"][-1]["breach"]

    number = body["plan"]["id"]
    compared = own_client.get(f"{PLANS}/1/compare/{number}").json()
    assert compared["households_moved"] <= body["chosen"]["households_moved"]
    assert sum(row["households"] for row in compared["moved"]) == compared["households_moved"]
    assert {row["code_a"] for row in compared["moved"]}.isdisjoint(locked)
    retired = sample_copy.store.codes_ever_used() - set(today.codes)
    assert retired.isdisjoint(sample_copy.plans.load(number).codes)

    kept = own_client.post(f"{PLANS}/1/rebalance", json={"locked": locked, "most_moved": 0}).json()
    assert kept["chosen"]["households_moved"] == 0


def test_alternatives_differ(own_client: TestClient) -> None:
    answer = own_client.post(f"{PLANS}/alternatives", json={"alternatives": 2, "effort": "quick", "name": "A"})
    assert answer.status_code == 201
    first, second = answer.json()["plans"]
    assert [first["name"], second["name"]] == ["A", "A 2"]
    compared = own_client.get(f"{PLANS}/{first['id']}/compare/{second['id']}").json()
    assert compared["share_moved"] > 0.05
    assert compared["metrics"]["grids"] == {"a": first["metrics"]["grids"], "b": second["metrics"]["grids"]}
    assert own_client.get(f"{PLANS}/{first['id']}/compare/999").status_code == 404


def test_levels_and_locks_are_part_of_a_request(own_client: TestClient, sample_copy: Workspace) -> None:
    locked = sample_copy.plans.load(2).codes[0]
    request = {"within": ["subdistrict_code", "community_code"], "today": 2, "locked": [locked], "effort": "quick"}
    made = own_client.post(PLANS, json=request)
    assert made.status_code == 201
    assert made.json()["settings"]["within"] == ["subdistrict_code", "community_code"]
    assert locked in sample_copy.plans.load(made.json()["id"]).codes
    unknown = own_client.post(PLANS, json={"today": 2, "locked": ["12"]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert own_client.post(PLANS, json={"today": 99, "locked": ["12"]}).status_code == 404
    assert own_client.post(PLANS, json={"within": ["kind"]}).status_code == 422

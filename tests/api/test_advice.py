"""Recommendations over HTTP, on a small town: the whole question, the list's token, drafts, and whose grids."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import geopandas as gpd
import pytest
from fastapi.testclient import TestClient

from spatialgov.allocation import profiles
from spatialgov.workspace import EVERYWHERE, Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.advice_schemas import ProfileName
from tests.coverage_town import EAST, found_camera_town
from tests.local_client import local_client
from tests.publishing_cases import WEST

ADVICE = "/api/v1/recommendations"
SMALL = {"households": [150, 250]}
"""The town's four grids hold 400 households each: every one is to be split."""
OWN = {"name": "ours", "version": "1", "minutes_per_household": 6, "minutes_by_category": {"0101": 40}}


@pytest.fixture(scope="module")
def town_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    found_camera_town(folder).close()
    return folder / "town"


@pytest.fixture(scope="module")
def town(town_dir: Path) -> Iterator[Workspace]:
    with Workspace.open(town_dir) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def client(town: Workspace) -> TestClient:
    """Give the service of the town; drafts may be made through it."""
    return local_client(create_app(Settings(data_dir=town.data_dir), town.store))


def test_a_query_and_a_body_ask_the_same(client: TestClient) -> None:
    body = client.post(ADVICE, json=SMALL).json()
    assert [one["kind"] for one in body["recommendations"]] == ["split"] * 4
    assert body["basis"]["limits"]["households"] == [150, 250]
    assert (body["basis"]["plan"], body["basis"]["sequence"], body["basis"]["edition"]) == (1, 0, 1)
    assert client.get(ADVICE, params={"least": 150, "most": 250}).json() == body
    few = client.post(ADVICE, json=SMALL | {"limit": 1, "plan": 1}).json()
    assert few == body | {"recommendations": body["recommendations"][:1]}
    assert client.get(ADVICE).json()["recommendations"] == []


def test_every_part_of_the_question_tells(client: TestClient) -> None:
    codes = [f"{WEST}001", f"{WEST}002"]
    locked = client.post(ADVICE, json=SMALL | {"locked": codes}).json()["recommendations"]
    assert {one["grids"][0][:12] for one in locked} == {EAST}
    posts = client.post(ADVICE, json=SMALL | {"posts": {codes[0]: 2}}).json()["recommendations"]
    assert codes[0] not in {code for one in posts for code in one["grids"]}  # two may hold 400
    again = client.get(ADVICE, params={"least": 150, "most": 250, "post": f"{codes[0]}=2"}).json()
    assert again["recommendations"] == posts
    wide = client.get(ADVICE, params={"least": 100, "most_area_m2": 25_000}).json()
    assert wide["basis"]["limits"]["area_m2"] == [0.0, 25_000.0]
    assert all(set(one["further"]) == {"area_m2"} for one in wide["recommendations"])
    assert wide["recommendations"]


def test_weights_of_ones_own_are_used_and_cited(client: TestClient) -> None:
    named = client.post(ADVICE, json={"workload_tolerance": 0.5, "profile": "rural"}).json()
    own = client.post(ADVICE, json={"workload_tolerance": 0.5, "profile": OWN}).json()
    assert named["basis"]["workload"]["profile"]["name"] == "rural"
    cited = own["basis"]["workload"]
    assert (cited["profile"]["name"], cited["profile"]["minutes_by_category"]) == ("ours", {"0101": 40.0})
    assert (cited["trips"], cited["formula_version"]) == ("network", "2")
    assert own["basis"]["limits"]["workload"] != named["basis"]["limits"]["workload"]
    again = client.post(ADVICE, json={"workload_tolerance": 0.5, "profile": cited["profile"]}).json()
    assert again["token"] == own["token"]  # what an answer shows can be asked with


def test_the_profiles_of_the_product_can_be_named() -> None:
    assert set(get_args(ProfileName)) == set(profiles())


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"households": [300, 150]}, 422, "invalid_input"),
        ({"households": ["150", 300]}, 422, "invalid_request"),
        ({"households": [150]}, 422, "invalid_request"),
        ({"area_m2": [2, 1]}, 422, "invalid_input"),
        ({"fit": True}, 422, "invalid_input"),
        ({"profile": "urban"}, 422, "invalid_input"),
        ({"workload_tolerance": 0}, 422, "invalid_request"),
        ({"workload_tolerance": 0.3, "profile": "suburban"}, 422, "invalid_request"),
        ({"workload_tolerance": 0.3, "profile": OWN | {"minutes_per_km2": -1}}, 422, "invalid_request"),
        ({"workload_tolerance": 0.3, "profile": OWN | {"minutes_per_dog": 1}}, 422, "invalid_request"),
        ({"workload_tolerance": 0.3, "profile": {"name": "none", "version": "1"}}, 422, "invalid_input"),
        ({"workload_tolerance": 0.3, "fit": True}, 422, "invalid_input"),  # three incidents, none closed
        ({"posts": {f"{WEST}001": 0}}, 422, "invalid_request"),
        ({"posts": {"nowhere": 2}}, 404, "not_found"),
        ({"locked": ["nowhere"]}, 404, "not_found"),
        ({"plan": 99}, 404, "not_found"),
        ({"colour": "red"}, 422, "invalid_request"),
    ],
)
def test_wrong_questions_are_problems(client: TestClient, wrong: dict[str, Any], status: int, code: str) -> None:
    answer = client.post(ADVICE, json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    if "plan" not in wrong:
        assert client.post(f"{ADVICE}/review", json=wrong).status_code == status
    taken = client.post(f"{ADVICE}/take", json=wrong | {"number": 1, "token": "x"})
    assert (taken.status_code, taken.json()["code"]) == (status, code)


def test_a_query_must_make_sense(client: TestClient) -> None:
    assert client.get(ADVICE, params={"least_area_m2": 5}).json()["code"] == "invalid_input"
    twice = [f"{WEST}001=2", f"{WEST}001=3"]
    assert client.get(ADVICE, params={"post": twice}).json()["code"] == "invalid_input"
    assert client.get(ADVICE, params={"post": "990101001001001=0"}).json()["code"] == "invalid_request"


def test_the_borders_lie_inside_their_grids(client: TestClient) -> None:
    found = client.get(f"{ADVICE}/borders", params={"least": 150, "most": 250, "limit": 3}).json()
    assert [(f["properties"]["number"], f["properties"]["change"]) for f in found["features"]] == [
        (1, "new"), (2, "new"), (3, "new"),
    ]  # fmt: skip
    assert found["token"] == client.post(ADVICE, json=SMALL).json()["token"]
    assert client.get(f"{ADVICE}/borders").json()["features"] == []


def test_the_review_holds_every_grid_against_its_limits(client: TestClient) -> None:
    body = client.post(f"{ADVICE}/review", json=SMALL | {"workload_tolerance": 2}).json()
    grids = body["grids"]
    assert [grid["code"] for grid in grids] == [f"{c}{n:03d}" for c in (WEST, EAST) for n in (1, 2)]
    assert {(grid["broken"], grid["state"], grid["trend"]) for grid in grids} == {("households", "over", "new")}
    assert {grid["cure"] for grid in grids} == {"boundary"}
    assert sorted(grid["recommendation"] for grid in grids) == [1, 2, 3, 4]
    assert all(grid["workload"] > 0 and grid["out_since"] for grid in grids)
    assert len(body["recommendations"]) == 4
    assert client.post(f"{ADVICE}/review", json={"plan": 1}).status_code == 422


def test_one_is_taken_as_a_draft(client: TestClient) -> None:
    listed = client.post(ADVICE, json=SMALL).json()
    asked = SMALL | {"number": 2, "token": listed["token"], "name": "Try"}
    answer = client.post(f"{ADVICE}/take", json=asked)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["plan"]["name"], body["plan"]["state"], body["plan"]["parent_id"]) == ("Try", "draft", 1)
    assert body["taken"] == listed["recommendations"][1:2]
    entries = client.get(f"/api/v1/plans/{body['plan']['id']}/journal").json()["entries"]
    assert [(entry["who"], entry["why"]) for entry in entries] == [("local", body["taken"][0]["reason"])]
    assert body["sequence"] == 1
    undone = client.post(f"/api/v1/plans/{body['plan']['id']}/undo", json={"expects": 1})
    assert undone.status_code == 201
    assert client.post(f"{ADVICE}/take", json=asked | {"number": 9}).json()["code"] == "invalid_input"


def test_a_list_that_is_no_longer_so_is_refused_and_says_why(client: TestClient, town: Workspace) -> None:
    plan = client.post("/api/v1/plans/1/copy", json={"name": "Mine"}).json()["id"]
    asked = SMALL | {"plan": plan, "number": 1}
    token = client.post(ADVICE, json=SMALL | {"plan": plan}).json()["token"]

    def take(**more: Any) -> Any:
        return client.post(f"{ADVICE}/take", json=asked | {"token": token} | more)

    n_plans = len(town.store.plans())
    other = take(locked=[f"{EAST}001"])
    assert (other.status_code, other.json()["changed"]) == (409, ["question", "list"])
    assert take(token="1.2.three").json()["code"] == "invalid_input"
    move = {"moves": {"U01": f"{WEST}002"}, "expects": 0, "why": "the other side of the road"}
    assert client.post(f"/api/v1/plans/{plan}/moves", json=move).status_code == 201
    problem = take().json()
    assert (problem["status"], problem["code"], problem["plan"]) == (409, "outdated_list", plan)
    assert problem["changed"] == ["journal", "list"]
    assert "the plan was edited" in problem["detail"]
    assert [(entry["number"], entry["why"]) for entry in problem["changes"]] == [(1, "the other side of the road")]
    assert len(town.store.plans()) == n_plans
    assert take(token=problem["token"]).status_code == 201


def test_other_data_that_lead_to_the_same_list_are_no_hindrance(client: TestClient, town: Workspace) -> None:
    asked = SMALL | {"workload_tolerance": 2, "profile": OWN | {"minutes_by_category": {}}}
    token = client.post(ADVICE, json=asked).json()["token"]
    places = town.store.layer("places")
    town.store.replace_layer("places", gpd.GeoDataFrame(places.iloc[:1]))
    assert client.post(ADVICE, json=asked).json()["token"] != token
    assert client.post(f"{ADVICE}/take", json=asked | {"number": 1, "token": token}).status_code == 201


def test_posts_are_no_draft(client: TestClient) -> None:
    asked = {"households": [100, 300], "posts": {}, "locked": [f"{EAST}001", f"{EAST}002", f"{WEST}002"]}
    one_unit = {"area_m2": [30_000, 50_000], **asked}  # no grid may be smaller: only a post helps
    listed = client.post(ADVICE, json=one_unit).json()
    assert [(one["kind"], one["posts"]) for one in listed["recommendations"]] == [("staff", {f"{WEST}001": 2})]
    answer = client.post(f"{ADVICE}/take", json=one_unit | {"number": 1, "token": listed["token"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert "table of posts" in answer.json()["remedy"]


def test_accounts_are_told_of_their_own_grids_only(town_dir: Path, tmp_path: Path) -> None:
    with Workspace.open(shutil.copytree(town_dir, tmp_path / "closed")) as closed:
        check_accounts(closed)


def check_accounts(closed: Workspace) -> None:
    for name, role, codes in [
        ("viewer", "viewer", [EVERYWHERE]),
        ("analyst", "analyst", [EVERYWHERE]),
        ("east", "planner", [EAST]),
        ("nowhere", "planner", []),
    ]:
        closed.accounts.add(name, role=role, jurisdictions=codes, password=None)
    app = create_app(Settings(data_dir=closed.data_dir), closed.store)
    client = local_client(app)

    def ask(name: str, path: str, body: Any = None) -> Any:
        token = app.state.access.tokens.issue(closed.store.accounts.get(name), 5)
        method = "GET" if body is None else "POST"
        return client.request(method, path, headers={"authorization": f"Bearer {token}"}, json=body)

    asked = SMALL | {"workload_tolerance": 2}
    everything = ask("analyst", ADVICE, asked).json()
    assert ask("viewer", ADVICE, asked).status_code == 403
    take = asked | {"number": 1, "token": everything["token"]}
    assert ask("analyst", f"{ADVICE}/take", take).status_code == 403
    mine = ask("east", ADVICE, asked).json()
    assert [one["grids"][0][:12] for one in mine["recommendations"]] == [EAST, EAST]
    assert mine["basis"]["limits"]["workload"] != everything["basis"]["limits"]["workload"]
    assert {grid["code"][:12] for grid in ask("east", f"{ADVICE}/review", asked).json()["grids"]} == {EAST}
    for path in (f"{ADVICE}/borders", "/maps/recommendations"):
        assert WEST not in ask("east", f"{path}?least=150&most=250").text
    assert ask("east", ADVICE, asked | {"locked": [f"{WEST}001"]}).status_code == 404  # as one that is not there
    assert ask("east", f"{ADVICE}?plan=1").status_code == 404
    assert ask("east", f"{ADVICE}/take", take | {"token": mine["token"]}).status_code == 404  # a plan is one thing
    for path, body in (("", asked), ("/review", asked), ("", None), ("/borders", None)):
        assert ask("nowhere", ADVICE + path, body).status_code == 404


def test_the_page_takes_the_whole_question(client: TestClient) -> None:
    query = {"least": 150, "most": 250, "workload_tolerance": 2, "profile": "rural", "post": f"{WEST}001=2"}
    page = client.get("/maps/recommendations", params=query).text
    assert "150 to 250 households a grid" in page
    assert "profile rural" in page
    assert page.count("<li data-number=") == 3
    assert client.get("/maps/recommendations", params={"profile": "suburban"}).status_code == 422

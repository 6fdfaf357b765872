"""Coverage over HTTP, on a small town: what is answered, to whom, and what is refused."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from fastapi.testclient import TestClient

from spatialgov.workspace import EVERYWHERE, CoverageQuestion, Permission, RemedyWish, Workspace
from spatialgov.workspace.rights import PERMISSIONS
from spatialgov_api import Settings, create_app
from tests.coverage_town import EAST, found_camera_town
from tests.local_client import local_client

COVERAGE = "/api/v1/coverage"


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
    """Give the service of the town; nothing may be changed through it."""
    return local_client(create_app(Settings(data_dir=town.data_dir), town.store))


def test_areas_come_with_every_kind_and_what_was_assumed(client: TestClient, town: Workspace) -> None:
    body = client.get(COVERAGE, params={"by": "community"}).json()
    assert (body["numberMatched"], body["needed"], body["level"], body["edition"]) == (2, "detect", "grid", 1)
    assert (body["cameras"], body["working"], body["missing"]["azimuth_deg"]) == (4, 3, 1)
    expected = town.coverage_analysis.by_area(CoverageQuestion(), level="community")
    for feature, row in zip(body["features"], expected.itertuples(), strict=True):
        properties = feature["properties"]
        assert properties["ground_m2"] == pytest.approx(row.ground_m2)
        assert 0 <= properties["road_lower_share"] <= properties["road_upper_share"] <= 1
    finer = client.get(COVERAGE, params={"class": "identify", "by": "all"}).json()["features"][0]["properties"]
    assert finer["ground_covered_m2"] < sum(f["properties"]["ground_covered_m2"] for f in body["features"])


def test_numbers_without_shapes(client: TestClient) -> None:
    body = client.get(f"{COVERAGE}/measures", params={"by": "all", "split": "class"}).json()
    held = [row for row in body["measures"] if row["should_be_seen"] > 0]
    assert {row["class"] for row in held if row["kind"] == "road"} == {"trunk", "residential", "alley"}
    for row in held:
        assert row["covered"] + row["uncertain"] + row["gap"] == pytest.approx(row["should_be_seen"])
    hours = client.get(f"{COVERAGE}/measures", params={"by": "all", "split": "hour"}).json()["measures"]
    assert {row["hour"] for row in hours if row["should_be_seen"]} == {8, 20, 9}


def test_gaps_are_paged_filtered_and_weighed(client: TestClient) -> None:
    whole = client.get(f"{COVERAGE}/gaps").json()
    weights = [feature["properties"]["weight"] for feature in whole["features"]]
    assert weights == sorted(weights, reverse=True)
    page = client.get(f"{COVERAGE}/gaps", params={"limit": 2, "offset": 1}).json()
    assert (page["numberMatched"], page["numberReturned"]) == (whole["numberMatched"], 2)
    assert page["features"] == whole["features"][1:3]
    broken = client.get(f"{COVERAGE}/gaps", params={"reason": "out_of_service", "state": "gap"}).json()
    assert {f["properties"]["reason"] for f in broken["features"]} == {"out_of_service"}
    roads = client.get(f"{COVERAGE}/gaps", params={"weight": ["road=2", "ground=0"]}).json()["features"]
    assert {f["properties"]["form"] for f in roads if f["properties"]["weight"] > 0} == {"road"}
    sites = client.get(f"{COVERAGE}/visits", params={"state": "gap"}).json()
    assert sites["features"][0]["properties"]["site_id"] == "S0001"
    figures = client.get(f"{COVERAGE}/survey").json()["figures"]
    assert {one["camera_id"] for one in figures} == {"turning"}


def test_redundancy_and_closure(client: TestClient) -> None:
    posts = client.get(f"{COVERAGE}/redundancy").json()
    assert {f["properties"]["camera_ids"] for f in posts["features"]} == {"west", "edge", "turning"}
    assert {row["code"] for row in posts["shares"]} == {""}
    closed = client.get(f"{COVERAGE}/closure", params={"longest_break_m": 1000}).json()
    # no break is too long, but nobody looks at the trunk road anywhere
    assert [(row["what"], row["closed"]) for row in closed["summary"] if row["kind"] == "trunk"] == [("road", 0)]


@pytest.mark.parametrize(
    ("page", "english", "chinese"),
    [
        ("coverage", "Camera coverage", "视频监控覆盖"),
        ("gaps", "Coverage gaps", "覆盖盲区"),
        ("sites", "What to do", "处置方案"),
    ],
)
def test_pages_are_served_in_both_languages(client: TestClient, page: str, english: str, chinese: str) -> None:
    for language, heading in (("en", english), ("zh", chinese)):
        answer = client.get(f"/maps/{page}", params={"lang": language})
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert f"<h1>{heading}</h1>" in answer.text


def test_what_if_changes_nothing(client: TestClient) -> None:
    before = client.get("/api/v1/cameras").json()
    changes = [
        {"action": "repair", "camera_id": "broken"},
        {"action": "add", "camera_id": "new", "lon": 118.3005, "lat": 35.1025, "azimuth_deg": 90, "range_m": 40},
    ]
    body = client.post(f"{COVERAGE}/what-if", json={"changes": changes, "datum": "wgs84"}).json()
    ground = next(row for row in body["measures"] if row["kind"] == "ground")
    assert ground["covered_after"] - ground["covered_before"] == pytest.approx(ground["covered_change"])
    assert ground["covered_change"] > 100
    assert client.get("/api/v1/cameras").json() == before


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("", {"by": "street"}),
        ("", {"by": "study_area"}),
        ("", {"class": "blurred"}),
        ("", {"since": "2026-01-01"}),
        ("/measures", {"split": "area"}),
        ("/gaps", {"state": "covered"}),
        ("/gaps", {"reason": "laziness"}),
        ("/gaps", {"weight": "road"}),
        ("/gaps", {"weight": "road=-1"}),
        ("/gaps", {"weight": "trees=1"}),
        ("/gaps", {"weight": "road=1e400"}),
        ("/gaps", {"limit": 0}),
        ("/gaps", {"simplify_m": -1}),
        ("/gaps", {"file": "exe"}),
        ("/seen", {"simplify_m": "inf"}),
        ("/remedies", {"p": 101}),
        ("/surroundings", {}),
        ("/surroundings", {"bbox": "1,2,3"}),
        ("/surroundings", {"bbox": "118.3,35.1,118.2,35.2"}),
        ("/surroundings", {"bbox": "0,0,9,9"}),
        ("/closure", {"longest_break_m": "nan"}),
        ("/closure", {"longest_break_m": -1}),
    ],
)
def test_bad_questions_are_problems(client: TestClient, path: str, query: dict[str, Any]) -> None:
    answer = client.get(COVERAGE + path, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] in ("invalid_request", "invalid_input")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"changes": []},
        {"changes": [{"action": "paint", "camera_id": "west"}]},
        {"changes": [{"action": "turn", "camera_id": "west", "azimuth_deg": "90"}]},
        {"changes": [{"action": "turn", "camera_id": "west", "colour": "red"}]},
        {"changes": [{"action": "turn", "camera_id": "nobody", "azimuth_deg": 90}]},
        {"changes": [{"action": "turn", "camera_id": "west"}]},
        {"changes": [{"action": "move", "camera_id": "west", "lon": 118.3, "lat": 35.1}]},
        {"changes": [{"action": "move", "camera_id": "west", "lon": 118.3, "lat": 95}], "datum": "wgs84"},
        {"changes": [{"action": "remove", "camera_id": "west"}, {"action": "repair", "camera_id": "west"}]},
        {"changes": [{"action": "remove", "camera_id": "west"}], "datum": "moon"},
    ],
)
def test_changes_that_make_no_sense_are_problems(client: TestClient, body: Any) -> None:
    answer = client.post(f"{COVERAGE}/what-if", json=body)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(("lon", "lat"), [(0, 0), (-179.9, 89.9), (180, -90), (-61.7, -35.1), (118.3, 35.1)])
def test_a_camera_may_be_thought_of_anywhere(client: TestClient, lon: float, lat: float) -> None:
    change = {"action": "add", "camera_id": "far", "lon": lon, "lat": lat, "range_m": 10_000, "fov_deg": 360}
    answer = client.post(f"{COVERAGE}/what-if", json={"changes": [change], "datum": "gcj02"})
    assert answer.status_code in (200, 422), answer.text


@pytest.mark.parametrize(
    "options",
    [{"p": 1, "budget": 2}, {"p": -1}, {"share": 0}, {"share": 1.5}, {"remedies": []}, {"remedies": ["pray"]},
     {"weights": {"trees": 1}}, {"device": {"kind": "fixed", "range_m": None, "width_px": None}}, {"cameras": 3}],
)  # fmt: skip
def test_sites_that_make_no_sense_are_refused_at_once(client: TestClient, options: Any) -> None:
    answer = client.post("/api/v1/jobs", json={"kind": "sites", "options": options})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_a_job_of_sites_gives_steps_and_curve(town_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(town_dir, tmp_path / "own")
    with Workspace.open(tmp_path / "own") as own:
        client = local_client(create_app(Settings(data_dir=own.data_dir), own.store))
        options = {"p": 2, "device": {"kind": "dome", "fov_deg": 360, "range_m": 40}, "weights": {"road": 1}}
        asked = client.post("/api/v1/jobs", json={"kind": "sites", "options": options})
        assert asked.status_code == 202, asked.text
        job = own.store.jobs.claim("here", at_most=1)
        assert job is not None
        with own.store.as_one_change():
            own.store.jobs.finish(job.id, "here", own.jobs.run(job, lambda step: None))
        body = client.get(f"{asked.headers['location']}/result").json()
        assert [row["p"] for row in body["curve"]] == [0, 1, 2]
        assert body["covered_after"] > body["covered_before"]
        assert [f["properties"]["remedy"] for f in body["features"]].count("build") == 2
        assert {change["action"] for change in body["changes"]} >= {"add", "repair"}
        coverage = client.post("/api/v1/jobs", json={"kind": "coverage", "options": {"level": "all"}})
        job = own.store.jobs.claim("here", at_most=1)
        assert job is not None
        with own.store.as_one_change():
            own.store.jobs.finish(job.id, "here", own.jobs.run(job, lambda step: None))
        result = client.get(f"{coverage.headers['location']}/result").json()
        assert result == client.get(COVERAGE, params={"by": "all"}).json()


def test_what_each_camera_sees_and_what_stands_around(client: TestClient) -> None:
    whole = client.get(f"{COVERAGE}/seen").json()
    certain = {f["properties"]["camera_id"]: f for f in whole["features"] if f["properties"]["seen"] == "certain"}
    assert set(certain) == {"west", "edge", "turning", "broken"}
    assert certain["broken"]["properties"]["seen_m2"] == 0
    assert certain["west"]["properties"]["missing"] == ""
    assert [f["properties"]["camera_id"] for f in whole["features"] if f["properties"]["seen"] == "perhaps"] == [
        "turning"
    ]
    light = client.get(f"{COVERAGE}/seen", params={"simplify_m": 5}).json()
    assert len(str(light)) < len(str(whole)) / 2
    box = {"bbox": "118.30,35.10,118.3021,35.104"}
    around = client.get(f"{COVERAGE}/surroundings", params=box).json()
    assert (len(around["buildings"]["features"]), len(around["places"]["features"])) == (4, 1)
    assert [f["properties"]["zone_id"] for f in around["exclusion_zones"]["features"]] == ["z1"]


def test_what_if_shows_what_changed_cameras_see_and_keeps_out_of_zones(client: TestClient, town: Workspace) -> None:
    moved = {"action": "move", "camera_id": "west", "lon": 118.3005, "lat": 35.1022}
    body = client.post(f"{COVERAGE}/what-if", json={"changes": [moved], "datum": "wgs84"}).json()
    (seen,) = body["seen"]["features"]
    assert (seen["properties"]["camera_id"], seen["geometry"]["type"]) == ("west", "Polygon")
    assert body["remarks"] == []
    (zone,) = town.store.layer("exclusion_zones").geometry
    looking = {**moved, "lon": zone.centroid.x, "lat": zone.centroid.y}
    private = client.post(f"{COVERAGE}/what-if", json={"changes": [looking], "datum": "wgs84"}).json()
    assert private["no_view_after_m2"] > private["no_view_before_m2"] == body["no_view_after_m2"] == 0


def test_remedies_at_once_are_those_of_the_job(client: TestClient, town: Workspace) -> None:
    body = client.get(f"{COVERAGE}/remedies", params={"p": 2, "weight": ["road=1"]}).json()
    plan = town.coverage_analysis.remedies(CoverageQuestion(), RemedyWish(p=2, weights={"road": 1.0}))
    assert [f["properties"]["camera_id"] for f in body["features"]] == plan.steps["camera_id"].tolist()
    assert [row["p"] for row in body["curve"]] == [0, 1, 2]
    assert body["changes"][0] == {"action": "repair", "camera_id": "broken"}
    chinese = client.get(f"{COVERAGE}/remedies", params={"p": 2, "weight": ["road=1"], "lang": "zh"}).json()
    assert "修复" in chinese["features"][0]["properties"]["reason"]


def test_gaps_come_with_a_place_and_as_a_table(client: TestClient) -> None:
    body = client.get(f"{COVERAGE}/gaps", params={"simplify_m": 2}).json()
    for feature in body["features"]:
        place = shapely.Point(feature["properties"]["lon"], feature["properties"]["lat"])
        assert shapely.from_geojson(json.dumps(feature["geometry"])).distance(place) < 1e-4
    table = client.get(f"{COVERAGE}/gaps", params={"file": "csv"})
    assert table.headers["content-disposition"] == 'attachment; filename="gaps.csv"'
    assert len(table.text.splitlines()) == body["numberMatched"] + 1


def test_one_jurisdiction_alone(client: TestClient) -> None:
    east = client.get(f"{COVERAGE}/seen", params={"area": EAST}).json()
    assert {f["properties"]["camera_id"] for f in east["features"]} == {"turning", "broken"}
    assert client.get(f"{COVERAGE}/seen", params={"area": "990101009999"}).status_code == 404


# who may ask --------------------------------------------------------------------------------------------------------


def test_whoever_sees_cameras_sees_incidents_too() -> None:
    # what cameras cover of incidents tells of their exact places
    for permissions in PERMISSIONS.values():
        assert Permission.CAMERAS not in permissions or Permission.INCIDENTS in permissions


ROUTES = ["", "/measures", "/gaps", "/visits", "/survey", "/redundancy", "/closure", "/seen", "/remedies"]


def test_accounts_are_told_of_their_own_ground_only(town_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(town_dir, tmp_path / "closed")
    with Workspace.open(tmp_path / "closed") as closed:
        for role in ("viewer", "field", "analyst"):
            closed.accounts.add(f"{role}-all", role=role, jurisdictions=[EVERYWHERE], password=None)
        closed.accounts.add("analyst-east", role="analyst", jurisdictions=[EAST], password=None)
        closed.accounts.add("analyst-nowhere", role="analyst", jurisdictions=[], password=None)
        app = create_app(Settings(data_dir=closed.data_dir), closed.store)
        client = local_client(app)

        def ask(name: str, path: str, method: str = "GET", **options: Any) -> Any:
            token = app.state.access.tokens.issue(closed.store.accounts.get(name), 5)
            return client.request(method, path, headers={"authorization": f"Bearer {token}"}, **options)

        for name in ("viewer-all", "field-all"):
            for route in ROUTES:
                assert ask(name, COVERAGE + route).status_code == 403
            assert ask(name, f"{COVERAGE}/what-if", "POST", json={}).status_code == 403
            for page in ("coverage", "gaps", "sites"):
                assert ask(name, f"/maps/{page}").status_code == 403
        for route in ROUTES:
            assert ask("analyst-all", COVERAGE + route).status_code == 200
            text = ask("analyst-east", COVERAGE + route).text
            assert "edge" not in text
            assert '"west' not in text
            assert ask("analyst-nowhere", COVERAGE + route).status_code == 404
        assert {f["properties"]["code"][:12] for f in ask("analyst-east", COVERAGE).json()["features"]} == {EAST}
        mine = ask("analyst-east", "/api/v1/jobs", "POST", json={"kind": "sites"}).json()
        assert mine["options"]["jurisdictions"] == [EAST]
        change = {"changes": [{"action": "remove", "camera_id": "edge"}]}
        assert ask("analyst-east", f"{COVERAGE}/what-if", "POST", json=change).status_code == 422
        assert ask("analyst-all", f"{COVERAGE}/what-if", "POST", json=change).status_code == 200
        page = ask("analyst-east", "/maps/coverage").text
        assert '"edge"' not in page


def test_cameras_keep_what_is_unknown_unknown(client: TestClient) -> None:
    features = client.get("/api/v1/cameras").json()["features"]
    directions = {f["properties"]["camera_id"]: f["properties"]["azimuth_deg"] for f in features}
    assert directions["turning"] is None
    assert gpd.GeoDataFrame.from_features(features).geom_type.eq("Point").all()

"""Service points, checkpoints and beats over HTTP, on a small town: what is answered, to whom, and what is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from spatialgov.workspace import EVERYWHERE, Workspace
from spatialgov_api import Settings, create_app
from tests.coverage_town import EAST, WEST
from tests.local_client import local_client
from tests.service_town import found_service_town

API = "/api/v1"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_service_town(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def client(town: Workspace) -> TestClient:
    """Give the service of the town; nothing may be changed through it."""
    return local_client(create_app(Settings(data_dir=town.data_dir), town.store))


def test_service_points_are_answered_with_bound_gap_and_basis(client: TestClient) -> None:
    body = client.post(f"{API}/service-points", json={}).json()
    assert [f["properties"]["place_id"] for f in body["features"]] == ["c-west", "c-east"]
    assert {row["place_id"] for row in body["grids"]} == {"c-west", "c-east"}
    assert (body["bound_s"], body["gap"], body["placed"]) == (body["mean_s"], 0, None)
    assert body["basis"]["edition"] == 1
    wanted = {"kinds": ["police_station"], "new": 1, "goal": "cover", "within_min": 3, "time_limit_s": 1}
    body = client.post(f"{API}/service-points", json=wanted).json()
    assert [f["properties"]["new"] for f in body["features"]] == [False, True]
    assert body["placed"]["bound"] >= body["placed"]["value"] >= body["placed"]["before"]


def test_checkpoints_and_beats(client: TestClient) -> None:
    body = client.post(f"{API}/checkpoints", json={"posts": {"trunk": 4}}).json()
    assert (body["numberMatched"], body["posts"], body["bound"]) == (6, 12, 12)
    assert body["features"][0]["geometry"]["type"] == "Point"
    body = client.post(f"{API}/beats", json={"beats": 1, "shift_h": 0.1, "time_limit_s": 1}).json()
    assert (body["numberMatched"], body["over_shift"]) == (1, 1)
    assert body["features"][0]["geometry"]["type"] == "LineString"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("service-points", {"new": -1}, 422),
        ("service-points", {"new": 1.5}, 422),
        ("service-points", {"goal": "nearest"}, 422),
        ("service-points", {"within_min": 0}, 422),
        ("service-points", {"capacity": 1}, 422),
        ("service-points", {"capacity": 10, "new": 1, "kinds": ["police_station"]}, 422),
        ("service-points", {"new": 1000}, 422),
        ("service-points", {"kinds": []}, 422),
        ("service-points", {"kinds": ["bank"]}, 404),
        ("service-points", {"town": "west"}, 422),
        ("checkpoints", {"area": "990101009009"}, 404),
        ("checkpoints", {"posts": {"canal": 1}}, 422),
        ("checkpoints", {"posts": {"trunk": 0}}, 422),
        ("checkpoints", {"belt_m": -1}, 422),
        ("beats", {"beats": 0}, 422),
        ("beats", {"beats": 100_000}, 422),
        ("beats", {"beats": 13}, 422),
        ("beats", {"shift_h": 25}, 422),
        ("beats", {"shift_h": 1e-9}, 422),
        ("beats", {"road_classes": ["track"]}, 404),
    ],
)
def test_bad_questions_are_problems(client: TestClient, path: str, body: Any, status: int) -> None:
    answer = client.post(f"{API}/{path}", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("page", "english", "chinese"),
    [
        ("service-points?kind=police_station&new=1&goal=cover&within=3", "Service points", "服务中心"),
        ("checkpoints?belt=100", "Checkpoints", "卡点"),
        ("beats?beats=2&speeds=driving", "Patrol beats", "巡逻段"),
    ],
)
def test_pages_are_served_in_both_languages(client: TestClient, page: str, english: str, chinese: str) -> None:
    for language, heading in (("en", english), ("zh", chinese)):
        answer = client.get(f"/maps/{page}&lang={language}")
        assert answer.status_code == 200, answer.text
        assert f"<h1>{heading}</h1>" in answer.text


def test_accounts_are_told_of_their_own_ground_only(town: Workspace, tmp_path: Path) -> None:
    with found_service_town(tmp_path) as closed:
        for name, role, codes in (
            ("viewer", "viewer", [EVERYWHERE]),
            ("east", "analyst", [EAST]),
            ("nowhere", "analyst", []),
        ):
            closed.accounts.add(name, role=role, jurisdictions=codes, password=None)
        app = create_app(Settings(data_dir=closed.data_dir), closed.store)
        client = local_client(app)

        def ask(name: str, path: str, body: Any = None) -> Any:
            token = app.state.access.tokens.issue(closed.store.accounts.get(name), 5)
            method = "GET" if body is None else "POST"
            return client.request(method, path, json=body, headers={"authorization": f"Bearer {token}"})

        for path in ("service-points", "checkpoints", "beats"):
            assert ask("viewer", f"{API}/{path}", {}).status_code == 403
            assert ask("viewer", f"/maps/{path}").status_code == 403
            assert ask("nowhere", f"{API}/{path}", {}).status_code == 404
        text = ask("east", f"{API}/service-points", {}).text
        assert "c-east" in text
        assert "c-west" not in text
        assert WEST not in text
        assert ask("east", f"{API}/checkpoints", {"area": WEST}).status_code == 404
        assert ask("east", f"{API}/beats", {"area": EAST, "beats": 1}).status_code == 200

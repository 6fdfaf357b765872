"""Jobs over HTTP: asked for, watched, ended, fetched."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import local_client
from tests.soak.small_town import small_town

JOBS = "/api/v1/jobs"


@pytest.fixture(scope="module")
def town_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Give the service of a small town, with its runner, whose process is kept from job to job."""
    with (
        small_town(tmp_path_factory.mktemp("town")) as town,
        local_client(create_app(Settings(data_dir=town.data_dir), town.store)) as client,
    ):
        yield client


def submitted(client: TestClient, kind: str, **options: Any) -> str:
    answer = client.post(JOBS, json={"kind": kind, "options": options})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{JOBS}/{answer.json()['id']}"
    return str(answer.headers["location"])


def ended(client: TestClient, job: str) -> Any:
    end = time.monotonic() + 300  # jobs give way to everything else on a busy machine
    while (said := client.get(job).json())["ended_at"] is None:
        assert time.monotonic() < end, said
        time.sleep(0.05)
    return said


def test_results_are_what_the_routes_of_the_same_work_answer(town_client: TestClient) -> None:
    client = town_client
    asked: dict[str, dict[str, Any]] = {
        "partition": {"within": "community_code", "effort": "quick", "name": "方案"},
        "alternatives": {"alternatives": 2, "within": "community_code", "effort": "quick"},
        "rebalance": {"plan": 1, "households": [425, 435]},
        "check": {"plan": 1},
        "hot_spots": {"resolution": 11, "alpha": 0.5},
        "coverage": {},
        "export": {"what": "plan", "plan": 1},
    }
    jobs = {kind: submitted(client, kind, **options) for kind, options in asked.items()}
    said = {kind: ended(client, job) for kind, job in jobs.items()}
    assert {one["state"] for one in said.values()} == {"done"}
    assert {one["fraction"] for one in said.values()} == {1.0}
    result = {kind: client.get(f"{job}/result") for kind, job in jobs.items()}
    plan = said["partition"]["plans"][0]
    assert result["partition"].json() == client.get(f"/api/v1/plans/{plan}").json()
    assert [one["id"] for one in result["alternatives"].json()["plans"]] == said["alternatives"]["plans"]
    assert result["rebalance"].json()["plan"]["parent_id"] == 1
    assert result["rebalance"].json()["chosen"]["units_moved"] > 0
    assert result["rebalance"].json()["chosen"] in result["rebalance"].json()["steps"]
    assert result["check"].json() == client.post("/api/v1/plans/1/check").json()
    for kind, path in [("hot_spots", "hotspots?resolution=11&alpha=0.5"), ("coverage", "coverage")]:
        assert result[kind].json()["features"]
        assert result[kind].json() == client.get(f"/api/v1/{path}").json()
    assert result["export"].content.startswith(b"SQLite format 3")
    assert result["export"].headers["content-disposition"] == 'attachment; filename="plan-1.gpkg"'
    listed = client.get(JOBS, params={"limit": 3}).json()
    assert [one["kind"] for one in listed["jobs"]] == ["export", "coverage", "hot_spots"]
    assert listed["counts"]["done"] == 7


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"kind": "publish"}, "body"),
        ({}, "body"),
        ({"kind": "partition", "options": {"grids": 0}}, "body.partition.options.grids"),
        ({"kind": "partition", "options": {"grid": 1}}, "body.partition.options.grid"),
        ({"kind": "rebalance", "options": {}}, "body.rebalance.options.plan"),
        ({"kind": "rebalance", "options": {"plan": 1, "most_moved": 1, "out_of_band": 1}}, "body.rebalance.options"),
        ({"kind": "check"}, "body.check.options"),
        ({"kind": "coverage", "options": {"plan": 1}}, "body.coverage.options.plan"),
        ({"kind": "hot_spots", "options": {"since": "yesterday"}}, "body.hot_spots.options.since"),
        ({"kind": "export", "options": {"what": "plan"}}, "body.export.options"),
        ({"kind": "export", "options": {"what": "grids", "format": "exe"}}, "body.export.options.format"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_can_t_be_asked_for_is_refused_at_once(client: TestClient, body: Any, where: str, language: str) -> None:
    answer = client.post(JOBS, json=body, headers={"accept-language": language})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [error["where"] for error in answer.json()["errors"]] == [where]
    assert client.get(JOBS).json()["jobs"] == []


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    for path in ("1", "1/result"):
        assert client.get(f"{JOBS}/{path}").json()["code"] == "not_found"
    assert client.post(f"{JOBS}/1/cancel").status_code == 404
    assert client.post(JOBS, json={"kind": "check", "options": {"plan": 99}}).status_code == 404
    period = {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    wrong = client.post(JOBS, json={"kind": "hot_spots", "options": period})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")


def test_a_job_that_waits_is_ended_at_once(own_client: TestClient) -> None:
    job = submitted(own_client, "coverage")
    assert own_client.get(job).json()["step"] == "Waiting"
    unfinished = own_client.get(f"{job}/result")
    assert (unfinished.status_code, unfinished.json()["code"]) == (409, "conflict")
    said = own_client.post(f"{job}/cancel", headers={"accept-language": "zh"})
    assert (said.status_code, said.json()["state"], said.json()["step"]) == (202, "cancelled", "已取消")
    assert own_client.post(f"{job}/cancel").status_code == 409
    assert own_client.get(f"{job}/result").json()["detail"] == "Job 1 was cancelled."


def test_a_failed_job_says_why_in_the_language_of_who_asked(town_client: TestClient) -> None:
    body = {"kind": "rebalance", "options": {"plan": 1, "locked": ["nowhere"]}}
    job = town_client.post(JOBS, json=body, headers={"accept-language": "zh"}).headers["location"]
    said = ended(town_client, job)
    assert said["state"] == "failed"
    assert "nowhere" in said["error"]["message"]
    assert any("\u4e00" <= character <= "\u9fff" for character in said["error"]["message"])
    assert town_client.get(f"{job}/result").status_code == 409
    assert [one["id"] for one in town_client.get(JOBS, params={"state": "failed"}).json()["jobs"]] == [said["id"]]


def test_progress_is_told_while_a_job_runs(own_client: TestClient, sample_copy: Workspace) -> None:
    with own_client:
        job = submitted(own_client, "alternatives", alternatives=10, within="community_code")
        end = time.monotonic() + 300  # jobs give way to everything else on a busy machine
        while (said := own_client.get(job).json())["fraction"] is None:
            assert time.monotonic() < end, said
            time.sleep(0.05)
        assert 0 < said["fraction"] < 1
        assert said["step"].endswith("parts done")
        assert own_client.post(f"{job}/cancel").json()["cancel_asked"]
        assert ended(own_client, job)["state"] == "cancelled"
    assert len(sample_copy.plans.records()) == 2
    assert not list(Path(sample_copy.data_dir).glob("jobs/*"))

"""Scenarios over HTTP, on a small town: made, listed, compared, shown; only on the asker's ground."""

from collections.abc import Iterator
from typing import Any

import pytest

from spatialgov.partition import Step
from spatialgov.workspace import Workspace
from tests.api.conftest import client_of
from tests.coverage_town import found_camera_town
from tests.local_client import TestClient
from tests.publishing_cases import EAST, WEST

URL = "/api/v1/scenarios"
JOINED = {"merge": [[WEST, EAST]], "method": "keep"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_camera_town(tmp_path_factory.mktemp("scenarios")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def client(town: Workspace) -> TestClient:
    return client_of(town)


def asked(client: TestClient, scenario: dict[str, Any], **more: Any) -> Any:
    return client.post(URL, json={"scenario": scenario, **more})


def test_a_scenario_is_made_listed_and_compared(client: TestClient, town: Workspace) -> None:
    made = asked(client, JOINED, name="合并")
    assert made.status_code == 201, made.text
    first = made.json()
    assert (first["name"], first["base_id"], first["who"]) == ("合并", 1, "local")
    assert first["outcome"]["states"]["after"]["within"] == 4
    assert first["basis"]["edition"] == 1
    second = asked(client, {"post_change": -1, "profile": "rural"}).json()
    assert second["basis"]["workload"]["profile"]["name"] == "rural"
    assert client.get(f"{URL}/{first['id']}").json() == first
    listed = client.get(URL).json()["scenarios"]
    assert [one["id"] for one in listed] == [first["id"], second["id"]]
    assert "outcome" not in listed[0]
    compared = client.get(f"{URL}/compare?id={first['id']}&id={second['id']}").json()
    assert compared["scenarios"] == [first["id"], second["id"]]
    assert {row["key"]: row["scenarios"] for row in compared["rows"]}["posts"] == [None, 3]
    assert client.get(f"/api/v1/plans/{first['plan_id']}").json()["settings"]["merged"] == {EAST: WEST}
    page = client.get(f"/maps/scenario/{first['id']}?lang=zh")
    assert page.status_code == 200
    assert "合并" in page.text
    assert 'href="../../?lang=zh"' in page.text


def test_a_job_does_the_same(client: TestClient, town: Workspace) -> None:
    answer = client.post("/api/v1/jobs", json={"kind": "scenario", "options": {"scenario": {"target": 200}}})
    assert answer.status_code == 202, answer.text
    job = town.store.jobs.claim("here", at_most=1)
    assert job is not None
    assert job.options["plan"] == 1
    steps: list[Step] = []
    with town.store.as_one_change():
        town.store.jobs.finish(job.id, "here", town.jobs.run(job, steps.append))
    result = client.get(f"/api/v1/jobs/{job.id}/result").json()
    assert result["outcome"]["grids"]["new"] == 4
    assert client.get(f"/api/v1/jobs/{job.id}").json()["plans"] == [result["plan_id"]]
    refused = client.post("/api/v1/jobs", json={"kind": "scenario", "options": {"scenario": {"method": "keep"}}})
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("scenario", "status"),
    [
        ({"method": "keep"}, 422),
        ({"merge": [["a"]]}, 422),
        ({"merge": [[WEST, "nowhere"]]}, 404),
        ({"level": "ward"}, 422),
        ({"households": [500, 300]}, 422),
        ({"households": [0, 1], "target": 1e9}, 422),
        ({"tolerance": 1}, 422),
        ({"posts": {WEST + "001": 0}}, 422),
        ({"post_change": -99}, 422),
        ({"seed": -1}, 422),
        ({"colour": "red"}, 422),
    ],
)  # fmt: skip
def test_what_can_not_be_is_said(client: TestClient, town: Workspace, scenario: dict[str, Any], status: int) -> None:
    before = len(town.store.plans())
    answer = asked(client, scenario)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert len(town.store.plans()) == before


def test_one_that_is_not_there(client: TestClient) -> None:
    assert client.get(f"{URL}/999").status_code == 404
    assert client.get("/maps/scenario/999").status_code == 404
    assert client.get(f"{URL}/compare?id=999&id=998").status_code == 404
    assert client.get(f"{URL}/compare?id=1").status_code == 422
    assert asked(client, JOINED, plan=999).status_code == 404


def test_scenarios_are_those_of_the_askers_ground(town: Workspace) -> None:
    made = town.scenarios.make(town_scenario())
    west, whole = town.areas.of([WEST]), town.areas.of(["990101000000"])
    assert town.scenarios.records(area=west) == []
    assert made in town.scenarios.records(area=whole)
    from spatialgov.errors import NotFoundError

    with pytest.raises(NotFoundError, match="no scenario"):
        town.scenarios.record(made.id, area=west)
    with pytest.raises(NotFoundError, match="no plan"):
        town.jobs.submit("scenario", {"scenario": JOINED}, area=west)


def town_scenario() -> Any:
    from spatialgov.allocation import Scenario

    return Scenario.of(JOINED)

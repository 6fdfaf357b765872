"""What an operator sees: health, figures, request ids, the log."""

import json
import logging
import re
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from spatialgov.logs import JsonLines, log_config, request_id
from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import local_client


def counted(client: TestClient, what: str) -> float:
    found = re.search(rf"^{re.escape(what)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return 0.0 if found is None else float(found[1])


def test_alive_and_ready(client: TestClient, empty_client: TestClient) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    for one in (client, empty_client):  # nothing is published there yet: that has to be done with a service that works
        answer = one.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reasons": []})


def test_a_store_that_can_t_be_read_is_not_ready_but_alive(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        client = local_client(create_app(Settings(data_dir=tmp_path), workspace.store))
        workspace.close()
        (tmp_path / "spatialgov.db").write_bytes(b"this is no database" * 500)
        answer = client.get("/readyz", headers={"accept-language": "zh"})
        assert answer.status_code == 503
        assert [reason["check"] for reason in answer.json()["reasons"]] == ["store"]
        assert "无法使用" in answer.json()["reasons"][0]["message"]
        assert client.get("/healthz").status_code == 200
        assert counted(client, "spatialgov_store_up") == 0
        workspace.close()


def test_an_edition_that_can_t_be_opened_is_not_ready(sample_copy: Workspace) -> None:
    client = local_client(create_app(Settings(data_dir=sample_copy.data_dir), sample_copy.store))
    shutil.rmtree(sample_copy.data_dir / "editions")
    assert client.get("/readyz").status_code == 200, "it is built anew"
    again = local_client(create_app(Settings(data_dir=sample_copy.data_dir), sample_copy.store))
    shutil.rmtree(sample_copy.data_dir / "editions")
    (sample_copy.data_dir / "editions").write_text("in the way")
    answer = again.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"][0]["check"]) == (503, "edition")


def test_requests_are_counted_by_route_whatever_is_asked_for(sample_workspace: Workspace) -> None:
    client = local_client(create_app(Settings(data_dir=sample_workspace.data_dir), sample_workspace.store))
    for path in ("/api/v1/plans/98", "/api/v1/plans/99", "/static/css/map.css", "/nowhere", "/nothing", "/"):
        client.get(path)
    client.request("BREW", "/healthz")
    requests = "spatialgov_http_requests_total"
    assert counted(client, f'{requests}{{method="GET",route="/api/v1/plans/{{plan_id}}",status="404"}}') == 2
    assert counted(client, f'{requests}{{method="GET",route="none",status="404"}}') == 2
    assert counted(client, f'{requests}{{method="GET",route="/static",status="200"}}') == 1
    assert counted(client, f'{requests}{{method="GET",route="/",status="200"}}') == 1
    assert counted(client, f'{requests}{{method="other",route="none",status="405"}}') == 1
    timed = 'spatialgov_http_request_seconds_count{method="GET",route="/api/v1/plans/{plan_id}"}'
    assert counted(client, timed) == 2


def test_lookups_on_the_short_path_are_counted(sample_workspace: Workspace, place: tuple[str, float, float]) -> None:
    client = local_client(create_app(Settings(data_dir=sample_workspace.data_dir), sample_workspace.store))
    _, lon, lat = place
    for _ in range(20):
        assert client.get(f"/api/v1/locate?lon={lon:.6f}&lat={lat:.6f}&datum=wgs84").status_code == 200
    assert counted(client, 'spatialgov_http_requests_total{method="GET",route="/api/v1/locate",status="200"}') == 20
    assert counted(client, "spatialgov_locator_edition") == 2
    assert counted(client, "spatialgov_edition") == 2
    assert counted(client, "spatialgov_store_up") == 1
    assert counted(client, 'spatialgov_jobs{state="failed"}') == 0


@pytest.mark.parametrize(
    ("sent", "kept"), [("a.B-9_", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("é", False), ("", False)]
)
def test_every_answer_names_its_request(client: TestClient, sent: str, kept: bool) -> None:
    answer = client.get("/api/v1/plans/99", headers={"x-request-id": sent.encode()})
    named = answer.headers["x-request-id"]
    assert named == answer.json()["request_id"]
    assert (named == sent) == kept
    assert kept or re.fullmatch("[0-9a-f]{16}", named)
    assert len(client.get("/healthz").headers.get_list("x-request-id")) == 1


def test_an_unexpected_error_has_an_id_one_traceback_and_nothing_else(
    sample_workspace: Workspace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("a secret path")

    app = create_app(Settings(data_dir=sample_workspace.data_dir), sample_workspace.store)
    monkeypatch.setattr(sample_workspace.store.__class__, "plans", lambda _store: broken())
    client = local_client(app, raise_server_exceptions=True)  # which would raise what the server is handed
    answer = client.get("/api/v1/plans", headers={"x-request-id": "desk-7"})
    assert (answer.status_code, answer.json()["request_id"], answer.headers["x-request-id"]) == (
        500,
        "desk-7",
        "desk-7",
    )
    assert "secret" not in answer.text
    assert [record.exc_info is not None for record in caplog.records if record.levelno >= logging.ERROR] == [True]


def test_requests_are_logged_where_that_is_wanted(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "spatialgov.access"):
        client.get("/api/v1/plans/99?lang=zh", headers={"x-request-id": "desk-7"})
    (record,) = [one for one in caplog.records if one.name == "spatialgov.access"]
    token = request_id.set("desk-7")
    line = json.loads(JsonLines().format(record))
    request_id.reset(token)
    assert line["ms"] > 0
    wanted = {"level": "info", "request_id": "desk-7", "method": "GET", "status": 404, "who": "local"}
    assert wanted.items() <= line.items()
    assert (line["route"], line["path"]) == ("/api/v1/plans/{plan_id}", "/api/v1/plans/99")
    assert log_config(access=False)["loggers"]["spatialgov.access"]["level"] == "WARNING"


def test_a_line_of_the_log_is_one_line_whatever_it_says() -> None:
    try:
        raise ValueError("two\nlines, 两行")
    except ValueError as error:
        record = logging.makeLogRecord(
            {
                "name": "spatialgov",
                "levelname": "ERROR",
                "msg": "%s",
                "args": (error,),
                "exc_info": (type(error), error, None),
            }
        )
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines, 两行"
    assert "ValueError" in json.loads(line)["traceback"]
    assert "request_id" not in json.loads(line)

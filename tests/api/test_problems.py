"""What all routes share: problems, languages, the description, pages and files."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from spatialgov import errors
from spatialgov.errors import SpatialGovError
from spatialgov.store import database
from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.errors import STATUS, install_error_handlers
from tests.local_client import local_client

EVERY_MAP = [
    "/maps/plan",
    "/maps/heatmap",
    "/maps/hotspots",
    "/maps/coverage",
    "/maps/forecast",
    "/maps/recommendations",
    "/maps/assessment",
]
REPORTS = ["/maps/times", "/maps/times?by=month", "/maps/clock"]


def _below(kind: type[SpatialGovError]) -> set[type[SpatialGovError]]:
    return {kind}.union(*(_below(child) for child in kind.__subclasses__()))


def test_every_error_has_its_status() -> None:
    ours = {kind for kind in _below(SpatialGovError) if kind.__module__.startswith("spatialgov")}
    assert set(STATUS) == ours
    assert all(400 <= status < 600 for status in STATUS.values())
    assert len({kind.code for kind in ours}) == len(ours)
    assert {getattr(errors, name) for name in errors.__all__} == ours


def test_a_problem_says_what_and_what_to_do(client: TestClient) -> None:
    answer = client.get("/api/v1/locate?lon=0&lat=0&datum=wgs84", headers={"x-request-id": "desk-7.1"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:spatialgov:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "Longitude 0.0, latitude 0.0 (wgs84) lies outside all grids.",
        "code": "not_found",
        "request_id": "desk-7.1",
        "remedy": "Check the datum and the order of longitude and latitude.",
    }


@pytest.mark.parametrize(
    ("path", "header", "words"),
    [
        ("/api/v1/plans/99", "zh-CN,zh;q=0.9,en;q=0.8", "没有编号为 99 的方案。"),
        ("/api/v1/plans/99", "en-GB", "There is no plan 99."),
        ("/api/v1/plans/99", "", "There is no plan 99."),
        ("/api/v1/plans/99?lang=zh", "en-GB", "没有编号为 99 的方案。"),
        ("/api/v1/plans/99?lang=en", "zh-CN", "There is no plan 99."),
        ("/api/v1/plans/0?lang=zh", "", "path.plan_id: 不得小于 1"),
        ("/nowhere?lang=zh", "", "此地址没有内容。"),
    ],
)
def test_language_follows_the_request(client: TestClient, path: str, header: str, words: str) -> None:
    assert client.get(path, headers={"accept-language": header}).json()["detail"] == words


def test_wrong_addresses_and_methods_are_problems(client: TestClient) -> None:
    for method, path, status in [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("DELETE", "/api/v1/plans", 405),
        ("PUT", "/api/v1/locate", 405),
        ("OPTIONS", "/api/v1/locate", 405),
        ("POST", "/maps/plan", 405),
        ("PATCH", "/static/css/map.css", 405),
    ]:
        answer = client.request(method, path)
        assert answer.status_code == status, (method, path)
        assert answer.json()["code"] == f"http_{status}"
        assert (status == 404) or answer.headers.get("allow"), (method, path)
    assert client.head("/api/v1/plans").status_code == 405


def test_an_unexpected_error_tells_nothing_and_speaks_the_language(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret path")

    answer = local_client(app).get("/broken?lang=zh")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.json()["detail"].startswith("服务内部错误")
    assert "secret" not in answer.text
    assert "a secret path" in caplog.text


def test_a_locked_store_is_unavailable_and_unchanged(sample_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WAIT_S", 0.2)
    with Workspace.open(sample_copy.data_dir) as impatient:
        client = local_client(create_app(Settings(data_dir=impatient.data_dir), impatient.store))
        with sample_copy.store._database.write():
            answer = client.post("/api/v1/plans/1/publish")
            assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
            assert client.get("/api/v1/plans").status_code == 200
        assert [edition.id for edition in impatient.store.editions()] == [1, 2]


def test_a_damaged_store_is_unavailable(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        client = local_client(create_app(Settings(data_dir=tmp_path), workspace.store))
        file = tmp_path / "spatialgov.db"
        workspace.close()
        file.write_bytes(b"this is no database" * 500)
        answer = client.get("/api/v1/plans")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")


def test_the_application_closes_only_the_store_that_it_opened(sample_copy: Workspace) -> None:
    with local_client(create_app(Settings(data_dir=sample_copy.data_dir))) as client:
        assert client.get("/healthz").json()["status"] == "ok"
    with local_client(create_app(Settings(data_dir=sample_copy.data_dir), sample_copy.store)) as client:
        assert client.get("/api/v1/plans").status_code == 200
    assert len(sample_copy.store.plans()) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/%2e%2e/base.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/css/map.css%00.png",
        "/static/" + "a" * 5000,
        "/static/css",
        "/static/",
        "/static/%ff%fe",
        "/static/C:%5Cwindows",
    ],
)
def test_paths_lead_nowhere_else(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "http_404")


def test_pages_and_files_are_served(client: TestClient) -> None:
    for path, kind in [
        ("/", "text/html"),
        ("/docs", "text/html"),
        ("/static/js/start.js", "text/javascript"),
        ("/static/js/field_pack.mjs", "text/javascript"),
        ("/static/css/start.css", "text/css"),
        ("/openapi.json", "application/json"),
        ("/healthz", "application/json"),
        ("/maps/plan", "text/html"),
        ("/maps/times?by=month", "text/html"),
    ]:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith(kind), path


def test_map_pages_take_the_questions_of_the_api(client: TestClient) -> None:
    assert "Today&#39;s grids" in client.get("/maps/plan?plan=1").text
    page = client.get("/maps/heatmap?since=2026-03-01T00:00:00%2B08:00&until=2026-04-01T00:00:00%2B08:00&lang=zh").text
    assert "2026-03-01 – 2026-03-31 (Asia/Shanghai)" in page
    assert "事件热力图" in page
    assert client.get("/maps/heatmap?since=1950-01-01T00:00:00Z&until=1950-02-01T00:00:00Z").status_code == 200


def test_the_public_minimum_holds_on_the_map(sample_workspace: Workspace) -> None:
    settings = Settings(data_dir=sample_workspace.data_dir, public_minimum=50)
    client = local_client(create_app(settings, sample_workspace.store))
    assert "fewer than 50 incidents" in client.get("/maps/heatmap").text
    assert client.get("/api/v1/heatmap").json()["minimum"] == 50


@pytest.mark.parametrize("path", [*EVERY_MAP, "/maps/gaps", "/maps/sites", "/nowhere/at/all"])
def test_a_browser_gets_a_page_that_says_what_to_do(empty_client: TestClient, path: str) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = empty_client.get(path, headers=browser | {"accept-language": "zh-CN"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert 'lang="zh-CN"' in answer.text
    home = "../../" if path.count("/") == 3 else "../"
    assert f'href="{home}?lang=zh"' in answer.text
    without_an_edition = ("/maps/heatmap", "/maps/coverage", "/maps/gaps", "/maps/sites", "/nowhere/at/all")
    assert ("如何开始" in answer.text) == (path not in without_an_edition)


@pytest.mark.parametrize("path", REPORTS)
def test_reports_of_no_incidents_are_empty_pages(empty_client: TestClient, path: str) -> None:
    answer = empty_client.get(path)
    assert answer.status_code == 200
    assert "no incidents" in answer.text


def test_reports_take_what_they_are_asked_for(client: TestClient) -> None:
    page = client.get("/maps/change?since=2026-03-02T00:00:00%2B08:00&until=2026-03-30T00:00:00%2B08:00&category=0106")
    assert "2026-03-02 – 2026-03-29, compared with 2026-02-02 – 2026-03-01" in page.text
    assert "Noise" in page.text
    page = client.get(
        "/maps/change?compared_with=year&until=2026-10-05T00:00:00%2B08:00&since=2026-09-28T00:00:00%2B08:00"
    )
    assert "compared with 2025-09-29 – 2025-10-05" in page.text
    assert client.get("/maps/times?by=second").status_code == 422
    assert client.get("/maps/times?by=week&since=1950-01-01T00:00:00Z").status_code == 422
    assert client.get("/maps/forecast?horizon_days=3").status_code == 422
    for path in ("times", "clock", "change", "hotspots"):
        early = f"/maps/{path}?since=1950-01-01T00:00:00Z&until=1950-02-01T00:00:00Z"
        assert client.get(early).status_code == 200


def test_a_page_shows_what_was_asked_as_text(client: TestClient) -> None:
    hostile = "<script>alert(1)</script>"
    answer = client.get("/maps/heatmap", params={"category": hostile}, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert hostile not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_software_gets_a_problem_on_an_empty_store(empty_client: TestClient) -> None:
    for path in ["grids", "locate?lon=116&lat=33&datum=wgs84", "hotspots", "recommendations"]:
        answer = empty_client.get(f"/api/v1/{path}", headers={"accept": "text/html"})
        assert (answer.status_code, answer.json()["code"]) == (404, "nothing_published"), path
    assert empty_client.get("/api/v1/coverage").json()["code"] == "not_found"
    assert empty_client.post("/api/v1/plans", json={}).json()["code"] == "nothing_published"
    assert empty_client.get("/maps/plan").json()["code"] == "nothing_published"
    for path in ["incidents", "heatmap", "cameras"]:
        assert empty_client.get(f"/api/v1/{path}").json()["features"] == []
    assert empty_client.get("/api/v1/plans").json() == {"plans": []}
    summary = empty_client.get("/api/v1/summary").json()
    assert (summary["jurisdiction"], summary["edition"], summary["source"]) == (None, None, "")
    assert set(summary["counts"].values()) == {0}


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 404), (None, 404)]
)
def test_a_page_of_another_site_may_change_nothing(client: TestClient, site: str | None, status: int) -> None:
    headers = {} if site is None else {"sec-fetch-site": site}
    answer = client.post("/api/v1/plans/99/publish", headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/v1/plans", headers={"sec-fetch-site": "cross-site"}).status_code == 200

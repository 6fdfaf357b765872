"""Who may ask what: every route and every role, jurisdictions, the open service, the audit log."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from spatialgov.store import ROLES
from spatialgov.workspace import EVERYWHERE, PERMISSIONS, Period, Permission, Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.access import RULES
from spatialgov_api.access.rules import RuleTable
from tests.soak.small_town import small_town

EAST = "990101001000"
"""A subdistrict of the sample city."""

Ask = Callable[..., Any]


def client_of(app: FastAPI, host: str = "127.0.0.1") -> TestClient:
    return TestClient(
        app, f"http://{host}", raise_server_exceptions=False, client=("127.0.0.1", 50000), follow_redirects=False
    )


def add_accounts(workspace: Workspace) -> None:
    """Add an account of each role for all ground, for the east, and for nowhere."""
    for role in ROLES:
        for name, codes in [("all", [EVERYWHERE]), ("east", [EAST]), ("nowhere", [])]:
            workspace.accounts.add(f"{role}-{name}", role=role, jurisdictions=codes, password=None)


def asking(app: FastAPI, workspace: Workspace) -> Ask:
    """Give a function that asks as an account (by a token), or as nobody for the name ""."""
    client = client_of(app)

    def asked(name: str, path: str, *, method: str = "GET", **options: Any) -> Any:
        headers = options.pop("headers", {})
        if name:
            token = app.state.access.tokens.issue(workspace.store.accounts.get(name), 5)
            headers = headers | {"authorization": f"Bearer {token}"}
        return client.request(method, path, headers=headers, **options)

    return asked


@pytest.fixture(scope="module")
def city(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a copy of the sample city with accounts."""
    folder = tmp_path_factory.mktemp("accounts") / "city"
    shutil.copytree(sample_dir, folder)
    with Workspace.open(folder) as workspace:
        add_accounts(workspace)
        yield workspace


@pytest.fixture(scope="module")
def app(city: Workspace) -> FastAPI:
    return create_app(Settings(data_dir=city.data_dir), city.store)


@pytest.fixture(scope="module")
def ask(app: FastAPI, city: Workspace) -> Ask:
    return asking(app, city)


@pytest.fixture(scope="module")
def ask_in_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask the service of a town where every answer is quick."""
    with small_town(tmp_path_factory.mktemp("town")) as town:
        add_accounts(town)
        yield asking(create_app(Settings(data_dir=town.data_dir), town.store), town)


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """Give method and path of every route that the application has."""
    found: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.routes):
        path = route.path_format or route.path or ""
        if not route.methods:
            found.add(("GET", "/static/{path:path}"))  # files
            assert path == "/static/{path}"
        else:
            found |= {(method, path) for method in route.methods - {"HEAD", "OPTIONS"}}
    return found


# every route and every role ----------------------------------------------------------------------------------------


def test_every_route_has_a_rule_and_every_rule_a_route(app: FastAPI) -> None:
    assert routes(app) == set(RULES)


def test_a_rule_is_found_for_the_path_of_its_own_route_only() -> None:
    table = RuleTable(RULES)
    for (method, path), rule in RULES.items():
        assert table.find(method, re.sub(r"\{\w+(:path)?\}", "7", path)) == (rule, path)
    for path in ["/api/v1/plans/1/", "/api/v1/plans/1/2", "/api/v1//plans", "/api/v1/locate\n", "", "/API/v1/plans"]:
        assert table.find("GET", path) is None, path


PUBLIC = {key for key, rule in RULES.items() if rule.permission is None}


def test_what_is_public_is_little() -> None:
    assert {
        ("GET", "/"),
        ("GET", "/static/{path:path}"),
        ("GET", "/field"),
        ("GET", "/field-worker.js"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("POST", "/sign-out"),
        ("POST", "/api/v1/token"),
    } == PUBLIC


@pytest.mark.parametrize("role", ["", *ROLES])
def test_every_route_answers_every_role_as_the_matrix_says(ask_in_town: Ask, role: Any) -> None:
    """A request that is let through is not understood (an impossible number or body), so that nothing changes."""
    for (method, path), rule in RULES.items():
        target = path.replace("{path:path}", "css/start.css")
        target = re.sub(r"\{\w+\}", "0", target) + "?resolution=99&as_of=x&since=x&offset=-1&lang=en"
        answer = ask_in_town(f"{role}-all" if role else "", target, method=method, content=b"{")
        if rule.permission is None:
            assert answer.status_code != 403, path
        elif not role:
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == 'Bearer realm="spatialgov"'
        elif rule.permission in PERMISSIONS[role]:
            assert answer.status_code not in (401, 403), (path, answer.text)
        else:
            assert answer.status_code == 403, path
            assert f"“{rule.permission}”" in answer.json()["detail"]


def test_a_route_without_a_rule_is_refused(city: Workspace) -> None:
    app = create_app(Settings(data_dir=city.data_dir), city.store)
    app.add_api_route("/api/v1/forgotten", lambda: "secret")
    token = app.state.access.tokens.issue(city.store.accounts.get("admin-all"), 5)
    answer = client_of(app).get("/api/v1/forgotten", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert client_of(app).get("/api/v1/forgotten/else").status_code == 404
    assert client_of(app).put("/api/v1/locate").status_code == 405


def test_roles_grow() -> None:
    assert PERMISSIONS["field"] < PERMISSIONS["viewer"] < PERMISSIONS["analyst"] < PERMISSIONS["planner"]
    assert PERMISSIONS["admin"] == set(Permission)


# jurisdictions -----------------------------------------------------------------------------------------------------


def east(workspace: Workspace) -> Any:
    frame = workspace.store.jurisdictions()
    return frame[frame["code"] == EAST].geometry.iloc[0]


def test_incidents_and_cameras_of_a_jurisdiction_and_no_others(ask: Ask, city: Workspace) -> None:
    ground = east(city)
    for path, every in [("incidents", city.store.incidents()), ("cameras", city.store.cameras())]:
        body = ask("analyst-east", f"/api/v1/{path}?limit=10000" if path == "incidents" else f"/api/v1/{path}").json()
        inside = int(every.within(ground).sum())
        assert 0 < body["numberMatched"] < len(every)
        assert abs(body["numberMatched"] - inside) <= int(every.intersects(ground.boundary).sum())
        for feature in body["features"]:
            assert ground.distance(shapely.geometry.shape(feature["geometry"])) < 1e-9
        assert ask("analyst-all", f"/api/v1/{path}").json()["numberMatched"] == len(every)
        assert ask("analyst-nowhere", f"/api/v1/{path}").json()["numberMatched"] == 0


def test_subdistricts_share_out_all_incidents(city: Workspace) -> None:
    frame = city.store.jurisdictions()
    every = city.analysis.incidents(Period())
    parts = [
        city.analysis.incidents(Period(), area=city.areas.of([code]))
        for code in frame.loc[frame["level"] == "subdistrict", "code"]
    ]
    named = [source_id for part in parts for source_id in part["source_id"]]
    assert len(named) == len(set(named)) == len(every)


def test_aggregates_count_only_what_lies_in_the_jurisdiction(ask: Ask, city: Workspace) -> None:
    mine = ask("analyst-east", "/api/v1/incidents?limit=1").json()["numberMatched"]
    cells = ask("analyst-east", "/api/v1/heatmap?resolution=10").json()["features"]
    assert sum(cell["properties"]["count"] for cell in cells) == mine
    assert min(cell["properties"]["count"] for cell in cells) < 5  # an analyst sees exact counts
    counts = ask("analyst-east", "/api/v1/summary").json()["counts"]
    assert counts["incidents"] == mine
    frame = city.store.jurisdictions()
    communities = set(frame.loc[frame["parent_code"] == EAST, "code"])
    assert counts["communities"] == len(communities)
    grids = ask("analyst-east", "/api/v1/grids").json()
    assert {g["properties"]["parent_code"] for g in grids["features"]} == communities
    assert counts["grids"] == grids["numberMatched"] < 120
    covered = ask("analyst-east", "/api/v1/coverage").json()["features"]
    assert {g["properties"]["code"] for g in covered} == {g["properties"]["code"] for g in grids["features"]}
    outline = east(city).buffer(0.01)
    spots = ask("analyst-east", "/api/v1/hotspots").json()
    assert spots["features"]
    assert all(outline.contains(shapely.geometry.shape(spot["geometry"])) for spot in spots["features"])
    assert sum(spot["properties"]["n_incidents"] for spot in spots["features"]) <= mine
    for path in ["hotspots", "recommendations"]:
        assert ask("analyst-nowhere", f"/api/v1/{path}").status_code in (200, 404)
    assert ask("analyst-nowhere", "/api/v1/grids").json()["features"] == []
    assert ask("analyst-nowhere", "/api/v1/summary").json()["counts"]["incidents"] == 0


def test_map_pages_hold_only_the_jurisdiction(ask: Ask, city: Workspace) -> None:
    others = [code for code in city.store.edition_grids(2)["code"] if not code.startswith(EAST[:9])]
    assert others
    for path in ["plan", "heatmap", "coverage", "recommendations"]:
        page = ask("analyst-east", f"/maps/{path}")
        assert page.status_code == 200, page.text[:300]
        assert not any(code in page.text for code in others), path
        assert ask("analyst-nowhere", f"/maps/{path}").status_code in ((200, 404) if path == "heatmap" else (404,))
    for path in ["times", "hotspots", "clock", "change", "forecast"]:
        page = ask("analyst-east", f"/maps/{path}")
        assert page.status_code == 200, page.text[:300]
        assert "Qinglan District" not in page.text, path
        assert ask("analyst-nowhere", f"/maps/{path}").status_code in (200, 404)


def test_a_lookup_outside_the_jurisdiction_is_as_one_outside_all_grids(ask: Ask, city: Workspace) -> None:
    grids = city.store.edition_grids(2)
    here = grids[grids["parent_code"].str.startswith(EAST[:9])].geometry.iloc[0].representative_point()
    there = grids[~grids["parent_code"].str.startswith(EAST[:9])].geometry.iloc[0].representative_point()
    query = "/api/v1/locate?datum=wgs84&lon={0.x}&lat={0.y}"
    assert ask("field-east", query.format(here)).status_code == 200
    answer = ask("field-east", query.format(there))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "outside all grids" in answer.json()["detail"]
    for _ in range(3):  # the second time the short path could answer
        assert ask("field-all", query.format(there)).status_code == 200
        assert ask("field-east", query.format(there)).status_code == 404
        assert ask("analyst-nowhere", query.format(there)).status_code == 404
        assert ask("", query.format(there)).status_code == 401
    assert ask("field-nowhere", query.format(here)).status_code == 404
    many = {"datum": "wgs84", "lon": [here.x, there.x], "lat": [here.y, there.y]}
    codes = ask("field-east", "/api/v1/locate", method="POST", json=many).json()["codes"]
    assert codes[0] is not None
    assert codes[1] is None


def test_an_address_outside_the_jurisdiction_is_none(ask: Ask) -> None:
    path = "/api/v1/addresses?q=望桥路1号2幢"
    found = ask("field-all", path).json()
    assert found["certain"]
    assert ask("field-nowhere", path).json()["candidates"] == []
    codes = [link["code"] for link in found["location"]["chain"]]
    limited = ask("field-east", path).json()
    assert limited["certain"] == (EAST in codes)


def test_a_plan_that_reaches_beyond_the_jurisdictions_is_as_if_it_were_not_there(ask: Ask) -> None:
    assert ask("planner-all", "/api/v1/plans").json()["plans"]
    assert ask("planner-east", "/api/v1/plans").json() == {"plans": []}
    strange = ask("planner-east", "/api/v1/plans/99")
    for method, path, body in [
        ("GET", "plans/2", None),
        ("GET", "plans/+2", None),
        ("GET", "plans/0000000000002", None),
        ("GET", "plans/%202", None),
        ("GET", "plans/2.0", None),
        ("GET", "plans/２/grids", None),
        ("GET", "plans/2/grids", None),
        ("GET", "plans/1/compare/2", None),
        ("GET", "recommendations?plan=2", None),
        ("POST", "plans/2/moves", {"moves": {"U0001": "990101001001002"}}),
        ("POST", "plans/2/check", None),
        ("POST", "plans/1/publish", None),
        ("POST", "plans/1/rebalance", {}),
    ]:
        answer = ask("planner-east", f"/api/v1/{path}", method=method, json=body)
        assert (answer.status_code, answer.json()["code"]) in [
            (404, "not_found"),
            (404, "http_404"),
            (422, "invalid_request"),
        ], path
        assert answer.status_code == 404 or not re.search(r"plans/[0-9]+(/|$)", path)
        assert answer.json()["code"] != "not_found" or answer.json()["remedy"] == strange.json()["remedy"]
    assert ask("planner-east", "/maps/plan?plan=1").status_code == 404


def test_units_beyond_the_jurisdictions_are_not_divided(ask: Ask, city: Workspace) -> None:
    answer = ask("planner-east", "/api/v1/plans", method="POST", json={"grids": 100})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert EAST in answer.json()["detail"]
    with pytest.raises(Exception, match="grids in force reach beyond"):
        city.plans.require_edition(city.areas.of([EAST]))
    city.plans.require_edition(city.areas.of([EVERYWHERE]))


def test_the_code_above_all_others_means_everything(city: Workspace) -> None:
    assert city.areas.of(["990101000000"]) is None
    assert city.areas.of([]) is not None
    unknown = city.areas.of(["110101000000"])
    assert unknown is not None
    assert len(city.analysis.incidents(Period(), area=unknown)) == 0


# suppression -------------------------------------------------------------------------------------------------------


def test_a_viewer_sees_no_small_count(ask: Ask, city: Workspace) -> None:
    for name in ["viewer-all", "viewer-east"]:
        body = ask(name, "/api/v1/heatmap?resolution=11").json()
        assert body["minimum"] == 5
        assert min(cell["properties"]["count"] for cell in body["features"]) >= 5
        assert body["suppressed"] >= 2
        spots = ask(name, "/api/v1/hotspots?resolution=11").json()
        assert all(spot["properties"]["n_incidents"] >= 5 for spot in spots["features"])
    assert ask("viewer-all", "/api/v1/incidents").status_code == 403
    assert ask("field-all", "/api/v1/heatmap").status_code == 403
    assert "fewer than 5 incidents" in ask("viewer-all", "/maps/heatmap?resolution=11").text
    for path in ("times?resolution=10", "times?by=month&resolution=10", "clock", "change"):
        assert "fewer than 5 incidents" in ask("viewer-east", f"/maps/{path}").text.lower(), path
        assert "fewer than 5 incidents" not in ask("analyst-east", f"/maps/{path}").text.lower(), path
    assert ask("viewer-all", "/maps/forecast").status_code == 403


# the audit log -----------------------------------------------------------------------------------------------------


def test_changes_exports_and_refusals_are_in_the_log(ask: Ask, city: Workspace) -> None:
    before = max((entry.id for entry in city.store.audit.entries(limit=1)), default=0)
    assert ask("planner-all", "/api/v1/plans/2/check", method="POST").status_code == 200  # it changes nothing
    child = ask("planner-all", "/api/v1/plans/2/rebalance", method="POST", json={"households": [1, 10_000]}).json()
    assert ask("analyst-east", "/api/v1/incidents?limit=1").status_code == 200
    assert ask("viewer-all", "/api/v1/plans/2/publish", method="POST").status_code == 403
    assert ask("", "/api/v1/plans/2/publish", method="POST").status_code == 401
    assert ask("planner-all", "/api/v1/plans/99/publish", method="POST").status_code == 404
    assert ask("field-all", "/api/v1/locate?lon=0&lat=0&datum=wgs84").status_code == 404
    new = [entry for entry in reversed(city.store.audit.entries(limit=20)) if entry.id > before]
    told = [(e.who, e.action, e.kind, e.outcome) for e in new]
    assert told == [
        ("planner-all", "POST /api/v1/plans/{plan_id}/rebalance", "change", "done"),
        ("analyst-east", "GET /api/v1/incidents", "export", "200"),
        ("viewer-all", "POST /api/v1/plans/{plan_id}/publish", "refused", "403"),
        ("anonymous", "POST /api/v1/plans/{plan_id}/publish", "refused", "401"),
    ]
    assert new[0].details == {"path": "/api/v1/plans/2/rebalance", "plan": child["plan"]["id"]}
    assert {entry.address for entry in new} == {"127.0.0.1"}
    listed = ask("admin-all", "/api/v1/audit?limit=1").json()["entries"][0]
    assert listed["outcome"] == "401"


def test_refusals_do_not_fill_the_log(city: Workspace) -> None:
    client = client_of(create_app(Settings(data_dir=city.data_dir), city.store))
    before = len(city.store.audit.entries())
    for _ in range(60):
        assert client.post("/api/v1/plans/2/publish").status_code == 401
    assert 40 <= len(city.store.audit.entries()) - before <= 45


def test_what_cannot_be_recorded_is_not_given_out(ask: Ask, city: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from spatialgov.errors import StoreError

    def fail(*_: object) -> None:
        raise StoreError("The store is busy.")

    monkeypatch.setattr("spatialgov.store.audit._insert", fail)
    answer = ask("analyst-all", "/api/v1/cameras")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")


# headers, other sites, the open service ----------------------------------------------------------------------------


def test_every_answer_carries_the_security_headers(ask: Ask) -> None:
    for name, path in [("", "/"), ("", "/nowhere"), ("", "/api/v1/grids"), ("viewer-all", "/api/v1/grids")]:
        headers = ask(name, path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers
        assert "access-control-allow-origin" not in headers
    assert "private" in ask("viewer-all", "/api/v1/grids").headers["cache-control"]


def test_hsts_under_https_only(app: FastAPI) -> None:
    client = TestClient(app, "https://127.0.0.1", client=("127.0.0.1", 1))
    assert client.get("/healthz").headers["strict-transport-security"] == "max-age=31536000"


def test_other_origins_are_let_in_only_by_the_settings(city: Workspace) -> None:
    origin = "https://maps.example.org"
    asking = {"origin": origin, "access-control-request-method": "GET"}
    closed = client_of(create_app(Settings(data_dir=city.data_dir), city.store))
    assert closed.options("/api/v1/grids", headers=asking).status_code == 405
    settings = Settings(data_dir=city.data_dir, cors_origins=(origin,))
    client = client_of(create_app(settings, city.store))
    assert client.options("/api/v1/grids", headers=asking).headers["access-control-allow-origin"] == origin
    other = client.options("/api/v1/grids", headers=asking | {"origin": "https://elsewhere.example.org"})
    assert "access-control-allow-origin" not in other.headers
    sent = {"origin": origin, "sec-fetch-site": "cross-site"}
    assert client.post("/api/v1/token", headers=sent, content=b"x").status_code == 422
    assert client.post("/api/v1/token", headers=sent | {"origin": "https://e.org"}, content=b"x").status_code == 403


@pytest.fixture(scope="module")
def open_app(sample_workspace: Workspace) -> FastAPI:
    """Give the application of a store without accounts."""
    return create_app(Settings(data_dir=sample_workspace.data_dir), sample_workspace.store)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost:80", "[::1]:8000", "[::1]", "LOCALHOST", "gis-2:8000"]
)
def test_without_accounts_the_machine_itself_is_answered(open_app: FastAPI, host: str) -> None:
    client = client_of(open_app)
    assert client.get("/api/v1/summary", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example.org"},
        {"host": "127.0.0.1.evil.example.org"},
        {"host": "localhost.evil.example.org:8000"},
        {"host": "evil@127.0.0.1:x"},
        {"host": ""},
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"via": "1.1 proxy"},
    ],
)
def test_without_accounts_others_are_refused(open_app: FastAPI, headers: dict[str, str]) -> None:
    client = client_of(open_app)
    answer = client.get("/api/v1/summary", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "spatialgov account add" in answer.json()["remedy"]


@pytest.mark.parametrize(
    ("address", "status"),
    [("203.0.113.9", 403), ("2001:db8::1", 403), ("::1", 200), ("::ffff:127.0.0.1", 200), ("testclient", 200)],
)
def test_without_accounts_the_address_counts(open_app: FastAPI, address: str, status: int) -> None:
    client = TestClient(open_app, "http://localhost", client=(address, 50000))
    assert client.get("/api/v1/summary").status_code == status


# the short path ----------------------------------------------------------------------------------------------------


def test_the_right_to_look_up_is_known_without_the_store(app: FastAPI, city: Workspace, ask: Ask) -> None:
    access, client = app.state.access, ("127.0.0.1", 1)
    key, _ = city.accounts.add_key("field-east", "device")
    access._read_at = 0
    assert access.allows_locate([(b"x-api-key", key.encode())], client) is None  # the accounts must be read first
    assert ask("field-all", "/api/v1/account").status_code == 200
    right = access.allows_locate([(b"host", b"x"), (b"x-api-key", key.encode())], client)
    assert right is not None
    assert right.covers(["990101000000", EAST, "990101001001"])
    assert not right.covers(["990101000000", "990101002000"])
    token = access.tokens.issue(city.store.accounts.get("field-all"), 5).encode()
    everywhere = access.allows_locate([(b"authorization", b"Bearer " + token)], client)
    assert everywhere is not None
    assert everywhere.covers([])
    for headers in [[], [(b"x-api-key", b"sgk_no")], [(b"authorization", b"Basic eA==")], [(b"cookie", b"a=b")]]:
        assert access.allows_locate(headers, client) is None


# the page that says so ---------------------------------------------------------------------------------------------


def test_the_page_on_access_shows_the_matrix() -> None:
    page = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    assert rows[0] == ["permission", *ROLES]
    shown = {
        row[0].split("`")[1]: {role for role, cell in zip(ROLES, row[1:], strict=True) if cell} for row in rows[2:]
    }
    assert shown == {str(p): {role for role in ROLES if p in PERMISSIONS[role]} for p in Permission}

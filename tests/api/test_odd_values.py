"""Whatever a client sends, the answer is an answer or a problem: never a failure of ours."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app

ODD_TEXT = st.sampled_from(
    ["", " ", "\x00", "\ud800", "\u202e", "１２", "-0", "0x10", "1e400", "-1", "NaN", "inf", "true", "null", "[]",
     "9" * 30, "9" * 5000, "a" * 300, "'; --", "%s{0}", "..", "2026-13-01T00:00:00Z", "2026-11-01T00:00:00+24:00",
     "1900-01-01T00:00:00+14:00", "2200-12-31T23:59:59-12:00", "2026-02-29T00:00:00Z", "1e15", "wgs84", "gcj02"]
) | st.text(max_size=20)  # fmt: skip
NUMBERS = st.floats() | st.integers() | st.integers(-3, 3) | st.sampled_from([2**31, 2**63, 10**400, 116.6, 33.9])
PARAMETERS = ["lon", "lat", "datum", "q", "as_of", "since", "until", "category", "resolution", "alpha", "limit",
              "offset", "plan", "least", "most", "lang", "by", "at", "hours", "area", "file"]  # fmt: skip
QUERIES = st.dictionaries(st.sampled_from(PARAMETERS), ODD_TEXT | NUMBERS.map(str), max_size=6)
SOUND = {"lon": "116.6", "lat": "33.9", "datum": "wgs84", "q": "人民路1号", "resolution": "7"}
READ = ["locate", "addresses", "addresses/nearest", "field-packs/all", "grids", "incidents", "incidents/counts",
        "plans/1/journal", "plans/1/assignment", "editions", "editions/1", "editions/1/changes/1", "heatmap",
        "hotspots", "recommendations", "significance", "analyst/profile", "analyst/density"]  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD_TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["datum", "lon", "lat", "name", "moves", "grids", "households_per_grid", "population_per_grid",
          "area_per_grid_m2", "within", "tolerance", "max_area_m2", "seed", "expects", "why", "sequence"]  # fmt: skip
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4) | VALUES
CHANGES = ["locate", "plans", "plans/1/moves", "plans/1/check", "plans/1/publish", "plans/-1/moves", "plans/1/undo",
           "plans/1/redo", "plans/1/copy", "editions/1/republish", "editions/9/republish"]  # fmt: skip
GENTLY = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def small_client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give the service of a store with a plan of nine units, so that whatever passes is done quickly."""
    folder = tmp_path_factory.mktemp("small")
    source = folder / "units.csv"
    header = "unit_id,kind,households,population,community_code,wkt"
    source.write_text("\n".join([header, *(_square(i) for i in range(9))]), encoding="utf-8")
    addresses = folder / "addresses.csv"
    addresses.write_text("address_id,street,number,lon,lat\na,人民路,1号,116.6005,33.9005\n", encoding="utf-8")
    with Workspace.open(folder) as workspace:
        workspace.imports.layer("addresses", addresses, datum="wgs84")
        workspace.imports.units(source, datum="wgs84", keep=["community_code"])
        workspace.plans.publish(workspace.plans.make(within="community_code").id)
        app = create_app(Settings(data_dir=folder), workspace.store)
        yield TestClient(app, "http://127.0.0.1", raise_server_exceptions=False, client=("127.0.0.1", 50000))


def _square(i: int) -> str:
    west, south = 116.600 + i // 3 / 1000, 33.900 + i % 3 / 1000
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    ring = ",".join(f"{west + dx / 1000:.3f} {south + dy / 1000:.3f}" for dx, dy in corners)
    return f'U{i},block,{100 + i},{300 + i},990101001001,"POLYGON(({ring}))"'


def _is_an_answer(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["detail"]


@GENTLY
@given(path=st.sampled_from(READ), query=QUERIES, sound=st.booleans())
def test_odd_questions(small_client: TestClient, path: str, query: dict[str, str], sound: bool) -> None:
    encoded = {name: value.encode("utf-8", "replace") for name, value in (SOUND | query if sound else query).items()}
    _is_an_answer(small_client.get(f"/api/v1/{path}", params=encoded))


@GENTLY
@given(path=st.sampled_from(CHANGES), body=BODIES)
def test_odd_bodies(small_client: TestClient, path: str, body: Any) -> None:
    text = json.dumps(body).encode("ascii")
    headers = {"content-type": "application/json"}
    _is_an_answer(small_client.post(f"/api/v1/{path}", content=text, headers=headers))


@GENTLY
@given(text=st.binary(max_size=60), kind=st.sampled_from(["application/json", "text/plain", "", "multipart/form-data"]))
def test_odd_bytes(small_client: TestClient, text: bytes, kind: str) -> None:
    _is_an_answer(small_client.post("/api/v1/plans", content=text, headers={"content-type": kind}))


@GENTLY
@given(name=ODD_TEXT)
def test_odd_addresses(small_client: TestClient, name: str) -> None:
    for folder in ("", "static/", "api/v1/", "api/v1/plans/", "maps/"):
        answer = small_client.get(f"/{folder}{quote(name.encode('utf-8', 'replace'), safe='')}", follow_redirects=False)
        assert answer.status_code < 500


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("plans/1/copy", {"sequence": False}),
        ("plans/1/copy", {"sequence": "0"}),
        ("plans", {"grids": "3"}),
        ("plans/1/rebalance", {"households": [True, 500]}),
        ("jobs", {"kind": "export", "options": {"what": "incidents", "since": 0}}),
    ],
)
def test_a_body_is_taken_as_it_is_written(small_client: TestClient, path: str, body: dict[str, Any]) -> None:
    assert small_client.post(f"/api/v1/{path}", json=body).status_code == 422

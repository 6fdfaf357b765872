"""Analyses of incidents over HTTP: answers, problems, jobs, and who may ask for what."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spatialgov.store import ROLES
from spatialgov.workspace import EVERYWHERE, PERMISSIONS, Permission, Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.access import RULES
from tests.local_client import TestClient, local_client

EAST = "990101001000"
COUNTED = ["hotspots", "review", "emerging", "clock", "seasons", "incidents/coarse"]
EXACT = ["density", "near-repeat", "forecast"]
QUICK = {"near-repeat": {"permutations": 9, "category": "0106"}, "forecast": {"category": "0502"}}

Ask = Callable[..., Any]


@pytest.mark.parametrize("path", COUNTED + EXACT)
def test_every_analysis_answers(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1/{path}", params=QUICK.get(path, {"category": "0502"}))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    if "features" in body:
        assert body["features"]
        assert body["numberReturned"] <= body["numberMatched"]
    else:
        assert body.get("bands") or body.get("series") or body["by_hour"]


def test_hot_spots_say_which_question_they_answer(client: TestClient) -> None:
    for method in ("gi_star", "excess", "irregular_scan"):
        query = {"method": method, "against": "households", "category": "0502", "resolution": 9}
        body = client.get("/api/v1/hotspots", params=query, headers={"accept-language": "zh"}).json()
        assert (body["method"], body["against"]) == (method, "households")
        assert "哪些" in body["question"]
        for feature in body["features"]:
            spot = feature["properties"]
            assert spot["risk_low"] <= spot["relative_risk"] <= spot["risk_high"]


def test_a_forecast_says_how_it_was_tried(client: TestClient) -> None:
    body = client.get("/api/v1/forecast", params={"category": "0502", "top": 10, "horizon_days": 14}).json()
    assert (body["numberReturned"], body["start"][:10], body["end"][:10]) == (10, "2026-11-01", "2026-11-15")
    expected = [feature["properties"]["expected"] for feature in body["features"]]
    assert expected == sorted(expected, reverse=True)
    assert body["total"]["low"] <= body["total"]["expected"] <= body["total"]["high"]
    assert 0.5 < body["coverage"] <= 1
    assert 0.5 < body["total_coverage"] <= 1
    assert body["coverage"] != body["total_coverage"]
    assert {row["method"] for row in body["backtest"]} >= {"count", "mixture", "promap", "used"}
    assert body["method"] in {row["method"] for row in body["backtest"]}
    assert "not where all incidents happen" in body["note"]
    assert body["verdict"]


def test_density_by_household_and_against_another_period(client: TestClient) -> None:
    body = client.get("/api/v1/density", params={"per": "households", "top": 5, "cell_m": 200}).json()
    assert body["column"] == "per_1000_households"
    period = {"since": "2026-09-01T00:00:00+08:00", "until": "2026-10-01T00:00:00+08:00"}
    before = {"before_since": "2026-08-01T00:00:00+08:00", "before_until": "2026-09-01T00:00:00+08:00"}
    body = client.get("/api/v1/density", params={**period, **before, "cell_m": 200, "top": 5}).json()
    assert body["column"] == "ratio"
    assert {feature["properties"]["change"] for feature in body["features"]} <= {"grown", "shrunk", "steady"}


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("hotspots", {"method": "magic"}, "invalid_request"),
        ("hotspots", {"against": "luck"}, "invalid_request"),
        ("density", {"cell_m": 1}, "invalid_request"),
        ("density", {"cell_m": "nan"}, "invalid_request"),
        ("density", {"cell_m": 200, "bandwidth_m": 50}, "invalid_input"),
        ("density", {"barriers": True, "per": "roads"}, "invalid_input"),
        ("density", {"before_since": "2026-08-01T00:00:00Z"}, "invalid_input"),
        ("density", {"top": 0}, "invalid_request"),
        ("review", {"every": "day"}, "invalid_request"),
        ("review", {"method": "scan"}, "invalid_request"),
        ("review", {"windows": 1}, "invalid_request"),
        ("review", {"windows": 10**9}, "invalid_request"),
        ("emerging", {"every": "year"}, "invalid_request"),
        ("emerging", {"category": "nonsense"}, "invalid_input"),
        ("seasons", {"step": "hour"}, "invalid_request"),
        ("near-repeat", {"distances_m": [300, 100], "category": "0106"}, "invalid_input"),
        ("near-repeat", {"days": [-1]}, "invalid_request"),
        ("near-repeat", {"days": list(range(40))}, "invalid_request"),
        ("near-repeat", {"permutations": 10**9}, "invalid_request"),
        ("forecast", {"horizon_days": 8}, "invalid_request"),
        ("forecast", {"cell_m": "inf"}, "invalid_request"),
        ("clock", {"since": "2026-08-01"}, "invalid_request"),
    ],
)
def test_bad_questions_are_problems(client: TestClient, path: str, query: dict[str, Any], code: str) -> None:
    answer = client.get(f"/api/v1/{path}", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


@pytest.mark.parametrize("path", COUNTED + EXACT)
@pytest.mark.parametrize("year", [1900, 1950, 2199])
def test_a_time_without_incidents_is_no_trouble(client: TestClient, path: str, year: int) -> None:
    period = {"since": f"{year}-01-01T00:00:00Z", "until": f"{year}-02-01T00:00:00Z"}
    assert client.get(f"/api/v1/{path}", params={**period, "permutations": 9}).status_code == 200


@pytest.mark.parametrize("path", COUNTED + EXACT)
def test_an_empty_store_is_no_trouble(empty_client: TestClient, path: str) -> None:
    answer = empty_client.get(f"/api/v1/{path}")
    without_ground = path in ("clock", "seasons", "incidents/coarse", "near-repeat")
    assert answer.status_code == (200 if without_ground else 404), answer.text


def test_the_time_zone_is_the_services(sample_workspace: Workspace) -> None:
    hours = {}
    for zone in ("Asia/Shanghai", "UTC"):
        app = create_app(Settings(data_dir=sample_workspace.data_dir, timezone=zone), sample_workspace.store)
        body = local_client(app).get("/api/v1/clock").json()
        assert body["timezone"] == zone
        hours[zone] = [row["incidents"] for row in body["by_hour"]]
    assert hours["UTC"] == hours["Asia/Shanghai"][8:] + hours["Asia/Shanghai"][:8]
    with pytest.raises(ValueError, match="time zone"):
        Settings(timezone="Mars/Olympus")


# who may ask for what ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a copy of the sample city with an account of each role for all ground, and for the east."""
    folder = tmp_path_factory.mktemp("analysts") / "city"
    shutil.copytree(sample_dir, folder)
    with Workspace.open(folder) as workspace:
        for role in ROLES:
            for name, codes in [("all", [EVERYWHERE]), ("east", [EAST])]:
                workspace.accounts.add(f"{role}-{name}", role=role, jurisdictions=codes, password=None)
        yield workspace


@pytest.fixture(scope="module")
def ask(city: Workspace) -> Ask:
    """Give a function that asks as an account."""
    app = create_app(Settings(data_dir=city.data_dir), city.store)
    client = local_client(app)

    def asked(name: str, path: str, *, method: str = "GET", **options: Any) -> Any:
        token = app.state.access.tokens.issue(city.store.accounts.get(name), 5)
        return client.request(method, f"/api/v1/{path}", headers={"authorization": f"Bearer {token}"}, **options)

    return asked


def test_what_is_made_of_exact_places_is_for_whoever_may_see_them() -> None:
    for path in EXACT:
        assert RULES["GET", f"/api/v1/{path}"].permission == Permission.INCIDENTS
    for path in COUNTED:
        assert RULES["GET", f"/api/v1/{path}"].permission == Permission.COUNTS
    assert Permission.INCIDENTS not in PERMISSIONS["viewer"]


def test_a_viewer_sees_no_small_count(ask: Ask) -> None:
    """In the east, where incidents are few; an analyst sees them."""
    month = {"since": "2026-10-01T00:00:00+08:00"}
    for category in ("0106", "0502"):
        query = {**month, "category": category}
        clock = ask("viewer-east", "clock", params=query).json()
        assert all(row["incidents"] is None or row["incidents"] not in range(1, 5) for row in clock["by_hour"])
        assert clock["hours"] == []
        assert len(ask("analyst-east", "clock", params=query).json()["hours"]) == 168
        steps = [
            row["incidents"] for row in ask("viewer-east", "seasons", params=query | {"step": "day"}).json()["series"]
        ]
        assert None in steps
        assert not set(steps) & {1, 2, 3, 4}
        for path, name in [("review", "n_after"), ("emerging", "last"), ("hotspots", "n_incidents")]:
            body = ask("viewer-east", path, params=query).json()
            assert not {feature["properties"][name] for feature in body["features"]} & {1, 2, 3, 4}, path


def test_coarse_incidents_are_the_same_for_every_role(ask: Ask) -> None:
    query = {"since": "2026-10-05T11:00:00+08:00", "category": "0106"}
    viewer, analyst = (ask(f"{role}-all", "incidents/coarse", params=query).json() for role in ("viewer", "analyst"))
    assert viewer == analyst
    rows = [feature["properties"] for feature in viewer["features"]]
    assert rows
    assert {row["month"] for row in rows} == {"2026-10"}
    assert min(row["incidents"] for row in rows) >= 5
    assert all(set(row) == {"category", "month", "cell", "resolution", "incidents"} for row in rows)
    exact = ask("analyst-all", "incidents", params={"since": "2026-10-01T00:00:00+08:00", "category": "0106"}).json()
    assert sum(row["incidents"] for row in rows) <= exact["numberMatched"]
    assert ask("field-all", "incidents/coarse").status_code == 403


def test_analysts_ask_for_analyses_and_planners_for_all_jobs(ask: Ask, city: Workspace) -> None:
    forecast = {"kind": "forecast", "options": {"category": ["0502"]}}
    assert ask("viewer-all", "jobs", method="POST", json=forecast).status_code == 403
    mine = ask("analyst-east", "jobs", method="POST", json=forecast).json()
    assert (mine["state"], mine["options"]["jurisdictions"], mine["options"]["zone"]) == (
        "waiting", [EAST], "Asia/Shanghai",
    )  # fmt: skip
    for kind in ({"kind": "partition"}, {"kind": "export", "options": {"what": "incidents"}}):
        refused = ask("analyst-all", "jobs", method="POST", json=kind)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    theirs = ask("planner-all", "jobs", method="POST", json={"kind": "partition"}).json()
    assert ask("analyst-all", f"jobs/{theirs['id']}/cancel", method="POST").status_code == 403
    assert ask("planner-all", f"jobs/{theirs['id']}/cancel", method="POST").status_code == 202
    assert ask("analyst-east", f"jobs/{mine['id']}/cancel", method="POST").status_code == 202
    city.jobs.submit(
        "forecast", {"horizon_days": 7, "cell_m": 200, "zone": "UTC", "category": ["0502"]}, area=city.areas.of([EAST])
    )
    job = city.store.jobs.claim("here", at_most=1)
    assert job is not None
    with city.store.as_one_change():
        city.store.jobs.finish(job.id, "here", city.jobs.run(job, lambda step: None))
    body = ask("analyst-all", f"jobs/{job.id}/result").json()
    whole = ask("analyst-all", "forecast", params={"category": "0502", "cell_m": 200}).json()
    assert 0 < body["n_incidents"] < whole["n_incidents"]
    assert 0 < body["numberMatched"] < whole["numberMatched"]

"""The analyst's page over HTTP: views narrowed to hours and a jurisdiction, files, and what each account may see."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spatialgov.workspace import Period, Workspace
from spatialgov_api import Settings, create_app
from tests.incident_town import EAST, N_INCIDENTS, SUBDISTRICT, WEST, ZONE, found_incident_town
from tests.local_client import TestClient, local_client

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with found_incident_town(tmp_path_factory.mktemp("town")) as workspace:
        for role in ("viewer", "field", "analyst"):
            workspace.accounts.add(role, role=role, jurisdictions=["*"], password=None)
        workspace.accounts.add("west", role="analyst", jurisdictions=[WEST], password=None)
        yield workspace


@pytest.fixture(scope="module")
def ask(town: Workspace) -> Ask:
    client: TestClient = local_client(create_app(Settings(data_dir=town.data_dir), town.store))
    keys = {name: town.accounts.add_key(name, "tests")[0] for name in ("viewer", "field", "analyst", "west")}

    def asked(path: str, who: str = "analyst", known: str = "", **query: Any) -> Any:
        return client.get(path, params=query, headers={"x-api-key": keys[who], "if-none-match": known})

    return asked


def test_the_page_is_for_whoever_may_see_counts(ask: Ask) -> None:
    assert "/analyst/main.mjs" in ask("/analyst", "viewer").text
    assert ask("/analyst", "field").status_code == 403
    assert ask("/api/v1/analyst/density", "viewer").status_code == 403


def test_the_ground_is_that_of_the_account(ask: Ask) -> None:
    ground = ask("/api/v1/analyst/ground", "west").json()
    assert (ground["timezone"], [one["code"] for one in ground["jurisdictions"]]) == (ZONE, [WEST])
    assert ground["jurisdictions"][0]["name_en"] == "West"


@pytest.mark.parametrize("path", ["ground", "surroundings"])
def test_the_ground_is_sent_once(ask: Ask, path: str) -> None:
    first = ask(f"/api/v1/analyst/{path}")
    assert first.headers["content-encoding"] == "gzip"
    assert first.json()
    again = ask(f"/api/v1/analyst/{path}", known=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert ask("/api/v1/analyst/ground", "west", known=first.headers["etag"]).status_code == 200


def test_a_view_is_narrowed_to_hours_and_a_jurisdiction(ask: Ask) -> None:
    def total(**view: Any) -> int:
        found = [
            ask("/api/v1/analyst/profile", **view).json()["total"],
            ask("/api/v1/incidents", limit=1, **view).json()["numberMatched"],
            sum(one["properties"]["count"] for one in ask("/api/v1/heatmap", **view).json()["features"]),
            ask("/api/v1/significance", **view).json()["n_incidents"],
            ask("/api/v1/analyst/density", bandwidth_m=40, cell_m=20, **view).json()["n_incidents"],
        ]
        assert len(set(found)) == 1, found
        return int(found[0])

    nights = ",".join(f"{24 * day + 20}-{24 * day + 23}" for day in range(7))
    assert total() == total(area=SUBDISTRICT) == N_INCIDENTS
    assert total(hours=nights) == total(category="0502") == total(area=EAST, hours=nights) == 100
    assert total(area=WEST) == 200
    assert total(area=WEST, hours=nights) == 0
    assert ask("/api/v1/emerging", hours=nights, every="week").status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"hours": "168"}, 422), ({"hours": ""}, 422), ({"hours": "0-" + "9" * 900}, 422), ({"area": "1"}, 422),
        ({"area": "９" * 12}, 422), ({"area": "9" * 12}, 404), ({"file": "exe"}, 422),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_problem(ask: Ask, query: dict[str, str], status: int) -> None:
    answer = ask("/api/v1/heatmap", **query)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


def test_an_account_chooses_inside_its_own_jurisdictions(ask: Ask) -> None:
    assert ask("/api/v1/analyst/profile", "west").json()["total"] == 200
    assert ask("/api/v1/analyst/profile", "west", area=WEST).json()["total"] == 200
    for beyond in (EAST, SUBDISTRICT):
        answer = ask("/api/v1/analyst/profile", "west", area=beyond)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_viewer_sees_no_small_count(ask: Ask) -> None:
    found = ask("/api/v1/analyst/profile", "viewer", step="day").json()
    assert (found["minimum"], found["hours"], found["total"]) == (5, [], N_INCIDENTS)
    counts = [*found["over_time"], *found["by_hour"], *found["by_weekday"], *found["categories"].values()]
    assert not any(0 < count < 5 for count in counts if count is not None)
    cells = ask("/api/v1/significance", "viewer", resolution=10).json()["features"]
    assert all(cell["properties"]["z"] is None and cell["properties"]["p"] is None for cell in cells)


def test_what_is_shown_is_to_be_had_as_a_file_and_that_is_recorded(ask: Ask, town: Workspace) -> None:
    formula = town.analysis.incidents(Period()).head(1).assign(source_id="=cmd|' /C calc'!A0")
    town.store.upsert_incidents(formula[["source_id", "category", "occurred_at", "status", "geometry"]])
    answer = ask("/api/v1/incidents", file="csv", limit=10_000)
    assert answer.headers["content-disposition"] == 'attachment; filename="incidents.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == N_INCIDENTS + 1
    assert [row["source_id"] for row in rows if "cmd" in row["source_id"]] == ["'=cmd|' /C calc'!A0"]
    for path, column in [("heatmap", "count"), ("significance", "confidence"), ("density", "incidents_per_km2")]:
        table = list(csv.DictReader(io.StringIO(ask(f"/api/v1/{path}", file="csv").content.decode("utf-8-sig"))))
        shown = ask(f"/api/v1/{path}").json()["features"]
        assert [float(row[column]) for row in table] == [one["properties"][column] for one in shown]
    answer = ask("/api/v1/emerging", file="geojson", every="week", resolution=9)
    assert (answer.headers["content-type"], answer.json()["type"]) == ("application/geo+json", "FeatureCollection")
    acts = {(entry.who, entry.action) for entry in town.store.audit.entries(limit=20)}
    assert {("analyst", "GET /api/v1/incidents"), ("analyst", "GET /api/v1/emerging")} <= acts

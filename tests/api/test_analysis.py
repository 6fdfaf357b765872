from typing import Any

import pytest
from fastapi.testclient import TestClient

MONTH = {"since": "2026-03-01T00:00:00+08:00", "until": "2026-04-01T00:00:00+08:00"}


def test_summary_counts_everything(client: TestClient) -> None:
    body = client.get("/api/v1/summary").json()
    assert body["jurisdiction"]["name"] == "青岚区"
    assert body["source"] == "Made-up sample city"
    assert body["counts"]["communities"] == 12
    assert (body["counts"]["grids"], body["counts"]["incidents"], body["counts"]["cameras"]) == (120, 60_000, 800)
    assert body["edition"]["id"] == 2


def test_incidents_come_in_pages_of_a_period(client: TestClient) -> None:
    found = client.get("/api/v1/categories").json()
    assert (found["version"], found["valid_from"] is None) == (1, False)
    categories = found["categories"]
    assert len(categories) == 12
    chosen = categories[0]["code"]
    body = client.get("/api/v1/incidents", params={**MONTH, "category": chosen, "limit": 10}).json()
    assert body["numberReturned"] == 10 < body["numberMatched"]
    for feature in body["features"]:
        properties = feature["properties"]
        assert feature["geometry"]["type"] == "Point"
        assert properties["category"] == chosen
        assert "2026-02-28T16:00:00" <= properties["occurred_at"] < "2026-03-31T16:00:00"
        assert len(properties["grid_code"]) == 15
    last = client.get("/api/v1/incidents", params={**MONTH, "category": chosen, "offset": body["numberMatched"]}).json()
    assert (last["numberReturned"], last["features"]) == (0, [])


def test_heat_map_counts_what_it_suppresses(client: TestClient) -> None:
    body = client.get("/api/v1/heatmap", params={**MONTH, "resolution": 10}).json()
    counts = [feature["properties"]["count"] for feature in body["features"]]
    assert (body["resolution"], body["minimum"]) == (10, 5)
    assert min(counts) >= 5
    assert body["suppressed"] > 0
    matched = client.get("/api/v1/incidents", params={**MONTH, "limit": 1}).json()["numberMatched"]
    assert matched - 4 * body["suppressed"] <= sum(counts) <= matched - body["suppressed"]


def test_hot_spots_are_ranked(client: TestClient) -> None:
    body = client.get("/api/v1/hotspots").json()
    assert [f["properties"]["rank"] for f in body["features"]] == list(range(1, len(body["features"]) + 1))
    assert len(body["features"]) >= 3
    stricter = client.get("/api/v1/hotspots", params={"alpha": 1e-9}).json()
    assert sum(f["properties"]["n_hot_cells"] for f in stricter["features"]) < sum(
        f["properties"]["n_hot_cells"] for f in body["features"]
    )


def test_recommendations_fit_the_band_that_was_asked_for(client: TestClient) -> None:
    body = client.get("/api/v1/recommendations", params={"plan": 1, "limit": 5}).json()
    items = body["recommendations"]
    assert len(items) == 5
    assert {item["kind"] for item in items} <= {"split", "merge", "move", "dedicate", "staff"}
    assert all(item["reason"] and item["grids"] for item in items)
    assert client.get("/api/v1/recommendations").json()["recommendations"] == []
    tight = client.get("/api/v1/recommendations", params={"least": 395, "most": 405}).json()
    assert tight["recommendations"]


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("incidents", {"category": "nonsense"}, 422, "invalid_input"),
        ("incidents", {"category": "\x00"}, 422, "invalid_input"),
        ("incidents", {"since": "2026-03-01T00:00:00"}, 422, "invalid_request"),
        ("incidents", {"since": "0001-01-01T00:00:00+14:00"}, 422, "invalid_request"),
        ("incidents", {"until": "9999-12-31T23:59:59-14:00"}, 422, "invalid_request"),
        ("incidents", {"since": MONTH["until"], "until": MONTH["since"]}, 422, "invalid_input"),
        ("incidents", {"limit": -1}, 422, "invalid_request"),
        ("incidents", {"limit": 10**30}, 422, "invalid_request"),
        ("incidents", {"offset": -1}, 422, "invalid_request"),
        ("heatmap", {"resolution": 15}, 422, "invalid_request"),
        ("heatmap", {"resolution": "nine"}, 422, "invalid_request"),
        ("hotspots", {"alpha": 0}, 422, "invalid_request"),
        ("hotspots", {"alpha": "nan"}, 422, "invalid_request"),
        ("hotspots", {"resolution": -1}, 422, "invalid_request"),
        ("recommendations", {"plan": 99}, 404, "not_found"),
        ("recommendations", {"plan": 2**63}, 422, "invalid_request"),
        ("recommendations", {"least": 500, "most": 300}, 422, "invalid_input"),
        ("recommendations", {"limit": 0}, 422, "invalid_request"),
    ],
)
def test_bad_questions_are_problems(
    client: TestClient, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    answer = client.get(f"/api/v1/{path}", params=query)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize("path", ["incidents", "heatmap", "hotspots"])
def test_a_period_without_incidents_is_empty(client: TestClient, path: str) -> None:
    query = {"since": "1950-01-01T00:00:00Z", "until": "1950-02-01T00:00:00Z"}
    body = client.get(f"/api/v1/{path}", params=query).json()
    assert (body["type"], body["features"]) == ("FeatureCollection", [])

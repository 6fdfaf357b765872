"""Assessment and standards over HTTP."""

from typing import Any

import pytest

from tests.local_client import TestClient

EAST = "990101001000"


def test_assessment(client: TestClient, place: tuple[str, float, float]) -> None:
    code = place[0]
    answers = [
        {"code": code, "period": "2026-10", "answers": 9, "satisfied": 9},
        {"code": "nowhere", "period": "2026-10", "answers": 9, "satisfied": 9},
    ]
    answer = client.post("/api/v1/assessment", json={"limits_by_category": {"04": 2}, "satisfaction": answers})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["basis"]["limits_by_category"] == {"04": 2.0}
    assert [one["label"] for one in body["periods"]] == ["2026-10"]
    assert {one["key"] for one in body["indicators"]} >= {"incidents", "closure", "satisfaction"}
    own = next(row for row in body["grids"] if row["code"] == code and row["indicator"] == "satisfaction")
    assert (own["observations"], own["raw"]) == (9, 1.0)
    assert own["verdict"] == "no_peers"
    assert [fault["item"] for fault in body["faults"]] == ["nowhere"]


def test_standards(client: TestClient) -> None:
    body = {"centres": [{"code": EAST, "posts": 5, "floor_area_m2": 250}, {"code": "0" * 12, "floor_area_m2": 3}]}
    answer = client.post("/api/v1/standards", json=body).json()
    assert answer["centres"][0]["code"] == EAST
    assert answer["centres"][0]["posts_short"] == 3
    assert [fault["row"] for fault in answer["faults"]] == [2]
    own = {"name": "ours", "version": "2", "subdistrict": [{"population_from": 0, "posts": 4, "floor_area_m2": 100}]}
    again = client.post("/api/v1/standards", json=body | {"standard": own}).json()
    assert again["basis"]["standard"] == {"name": "ours", "version": "2", "source": {}}
    assert again["states"]["meets"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("assessment", {"every": "decade"}),
        ("assessment", {"periods": 0}),
        ("assessment", {"periods": "1"}),
        ("assessment", {"until": "2026-11-01"}),
        ("assessment", {"limit_hours": 0}),
        ("assessment", {"limits_by_category": {"": 3}}),
        ("assessment", {"satisfaction": [{"code": "g", "period": "Oct", "answers": 1, "satisfied": 1}]}),
        ("assessment", {"names": []}),
        ("standards", {}),
        ("standards", {"centres": [{"code": EAST}]}),
        ("standards", {"centres": [{"code": EAST, "floor_area_m2": -1}]}),
        ("standards", {"centres": [], "standard": {"name": "x"}}),
        ("standards", {"centres": [], "standard": {"name": "x", "version": "1", "subdistrict": [
            {"population_from": 0, "posts": 1, "floor_area_m2": 1}] * 2}}),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_a_problem(client: TestClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_empty_store_is_a_404(empty_client: TestClient) -> None:
    assert empty_client.post("/api/v1/assessment", json={}).status_code == 404
    assert empty_client.post("/api/v1/standards", json={"centres": []}).status_code == 404

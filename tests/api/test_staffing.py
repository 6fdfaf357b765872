"""``POST /api/v1/staffing``: the sample city's posts, and what can't be asked."""

from typing import Any

import pytest

from tests.local_client import TestClient

PATH = "/api/v1/staffing"


def test_the_posts_of_grids(client: TestClient, place: tuple[str, float, float]) -> None:
    code = place[0]
    asked = {
        "shifts": {"hours_a_day": 12, "days_a_week": 6},
        "targets": {"utilisation": 0.8, "response_min": 45.5, "share": 0.9},
        "budget": 300,
        "roster": [{"post_id": "P1", "code": code, "skills": ["dialect"]}, {"post_id": "P2"}],
        "requirements": [{"code": code, "skills": ["drone"]}],
    }
    response = client.post(PATH, json=asked)
    assert response.status_code == 200
    found = response.json()
    assert found["totals"]["budget"] == 300
    assert sum(row["posts"] for row in found["grids"]) <= 300
    assert len(found["cover"]) == len(found["grids"]) == found["totals"]["grids"]
    assert [row["post_id"] for row in found["posts"]] == ["P1", "P2"]
    assert any(row["code"] == code and row["skills"] == "drone" for row in found["unmet"])
    assert found["basis"]["targets"]["share"] == 0.9


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"budget": -1}, 422, "budget"),
        ({"budget": "many"}, 422, "budget"),
        ({"surprise": 1}, 422, "surprise"),
        ({"shifts": {"hours_a_day": 25}}, 422, "hours_a_day"),
        ({"targets": {"share": 0.9}}, 422, "no response time"),
        ({"targets": {"utilisation": 0.9, "utilisation_in_absence": 0.5}}, 422, "utilisation_in_absence"),
        ({"posts": {"A": 1}, "roster": []}, 422, "not both"),
        ({"requirements": [{"code": "A", "skills": ["x"]}]}, 422, "go with a roster"),
        ({"roster": [{"post_id": "P"}, {"post_id": "P"}]}, 422, "post_id"),
        ({"roster": [{"post_id": "P", "holder": "somebody"}]}, 422, "holder"),
        ({"profile": "suburban"}, 404, "suburban"),
        ({"plan": 99}, 404, "99"),
        ([], 422, ""),
    ],
)
def test_what_cannot_be_asked(client: TestClient, asked: Any, status: int, said: str) -> None:
    response = client.post(PATH, json=asked)
    assert response.status_code == status
    assert said in response.text

"""Answers say which edition they come from; what may lag is read from a replica, and again where that broke off."""

from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from spatialgov.errors import InputError, StoreError
from spatialgov.store import MOST_LAG_S, ReplicaState, Store, current_reading
from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.access import RULES
from spatialgov_api.reading import EDITION_HEADER
from tests.local_client import local_client

IN_FORCE, BEFORE = "2", "1"


def test_answers_name_their_edition(client: TestClient, place: tuple[str, float, float]) -> None:
    _, lon, lat = place
    at = f"lon={lon}&lat={lat}&datum=wgs84"
    first = client.get("/api/v1/editions").json()["editions"][0]
    before = {"params": {"as_of": first["valid_from"]}}
    asked = {
        f"/api/v1/locate?{at}": IN_FORCE,
        f"/api/v1/locate?{at}&as_of={first['valid_from'].replace('+', '%2B')}": BEFORE,
        "/api/v1/locate?lon=0&lat=0&datum=wgs84": IN_FORCE,
        "/api/v1/heatmap?resolution=8": IN_FORCE,
        "/api/v1/cameras": IN_FORCE,
        "/api/v1/editions/1": BEFORE,
        "/api/v1/editions/1/changes/2": IN_FORCE,
        "/ogc/collections/grids/items?limit=1&edition=1": BEFORE,
        "/ogc/collections/cameras/items?limit=1": IN_FORCE,
    }
    for _ in range(2):  # the second time from what is kept
        assert {path: client.get(path).headers.get(EDITION_HEADER) for path in asked} == asked
    many = client.post("/api/v1/locate", json={"datum": "wgs84", "lon": [lon], "lat": [lat]}, **before)
    assert (many.status_code, many.headers[EDITION_HEADER]) == (200, BEFORE)
    assert EDITION_HEADER not in client.get("/healthz").headers


def test_a_store_without_editions_names_none(empty_client: TestClient) -> None:
    answer = empty_client.get("/api/v1/editions")
    assert (answer.status_code, EDITION_HEADER in answer.headers) == (200, False)


def test_only_what_is_in_force_and_what_happened_may_lag() -> None:
    """Drafts, jobs, accounts and the log are read from where they are written."""
    lagging = {path for (_, path), rule in RULES.items() if rule.may_lag}
    parts = {"plans", "scenarios", "jobs", "account", "api-keys", "audit", "token", "recommendations", "workbench"}
    assert not {path for path in lagging if parts & set(path.split("/"))}
    assert not {path for (method, path), rule in RULES.items() if rule.may_lag and rule.kind == "change"}
    assert {"/api/v1/locate", "/api/v1/editions", "/api/v1/heatmap", "/api/v1/cameras"} <= lagging
    assert {f"/ogc/collections/{name}/items" for name in ("grids", "incidents", "cameras", "gaps")} <= lagging


class _Replicated:
    """What a store with a replica does, told by which of the two was asked."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = ReplicaState("in_use", 0.0, True)
        self.breaks_off = 0
        self.asked: list[str] = []
        monkeypatch.setattr(store, "replica_state", lambda: self.state)
        monkeypatch.setattr(store, "categories", self._categories)

    def _categories(self, **_: Any) -> pd.DataFrame:
        this = current_reading()
        assert this is not None
        self.asked.append("replica" if this.may_lag else "primary")
        if this.may_lag and self.breaks_off:
            self.breaks_off -= 1
            this.broken_off, this.may_lag = True, False
            raise StoreError("lost")
        return pd.DataFrame({"version": [], "valid_from": [], "code": [], "name": [], "name_en": []})


@pytest.fixture
def replicated(own_client: TestClient, sample_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> _Replicated:
    return _Replicated(sample_copy.store, monkeypatch)


def test_a_question_that_broke_off_is_asked_again_of_the_primary(
    own_client: TestClient, replicated: _Replicated
) -> None:
    replicated.breaks_off = 1
    assert own_client.get("/api/v1/categories").status_code == 200
    assert replicated.asked == ["replica", "primary"]
    assert own_client.get("/api/v1/categories").status_code == 200
    assert replicated.asked[2:] == ["replica"]


def test_who_has_just_changed_something_reads_from_the_primary(
    own_client: TestClient, replicated: _Replicated, sound_move: dict[str, str]
) -> None:
    own_client.get("/api/v1/categories")
    moved = own_client.post("/api/v1/plans/2/moves", json={"expects": 0, "moves": sound_move})
    assert moved.status_code == 201
    assert f"Max-Age={MOST_LAG_S:.0f};" in moved.headers["set-cookie"]
    own_client.get("/api/v1/categories")
    own_client.cookies.clear()
    own_client.get("/api/v1/categories")
    assert replicated.asked == ["replica", "primary", "replica"]


def test_health_and_figures_tell_how_the_replica_is(own_client: TestClient, replicated: _Replicated) -> None:
    replicated.state = ReplicaState("behind", 12.5, True)
    replica = own_client.get("/healthz").json()["replica"]
    assert replica == {"state": "behind", "lag_seconds": 12.5, "primary_answers": True}
    figures = own_client.get("/metrics").text
    for line in ("replica_in_use 0.0", "replica_lag_seconds 12.5", "primary_answers 1.0"):
        assert f"\nspatialgov_{line}\n" in figures
    replicated.state = ReplicaState("gone", None, False)
    assert "\nspatialgov_replica_lag_seconds NaN\n" in own_client.get("/metrics").text


def test_hosts_that_share_a_folder_must_share_the_secret(sample_workspace: Workspace, tmp_path: Any) -> None:
    with pytest.raises(InputError, match="tokens of its own"):
        create_app(Settings(data_dir=sample_workspace.data_dir, shared_url=str(tmp_path)), sample_workspace.store)
    settings = Settings(data_dir=sample_workspace.data_dir, shared_url=str(tmp_path), secret="s" * 40)  # type: ignore[arg-type]
    assert local_client(create_app(settings, sample_workspace.store)).get("/healthz").json()["replica"] is None

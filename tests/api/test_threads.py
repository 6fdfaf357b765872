import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import thread_time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from spatialgov.workspace import Workspace
from spatialgov.workspace.kept_files import KeptFiles
from spatialgov_api import Settings, create_app
from tests.local_client import local_client
from tests.soak.small_town import small_town

QUESTIONS = ["locate", "grids", "plans", "summary", "cameras", "recommendations", "heatmap", "hotspots", "coverage"]
ROUNDS = 4
PLACE = {"lon": 116.6005, "lat": 33.9005, "datum": "wgs84"}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Workspace]:
    """Give a town that publishes in a moment, so that many answers are given meanwhile."""
    with small_town(tmp_path) as workspace:
        yield workspace


@pytest.fixture
def town_client(town: Workspace) -> TestClient:
    app = create_app(Settings(data_dir=town.data_dir, most_seconds=600), town.store)
    app.openapi()  # makes the routes, as the service does when it begins: FastAPI's can't be made by several threads
    return local_client(app)


@pytest.fixture
def draft(town: Workspace) -> int:
    return town.plans.make(within="community_code", households_per_grid=600, effort="quick").id


def test_many_ask_at_once_while_one_publishes(town_client: TestClient, town: Workspace, draft: int) -> None:
    def ask(number: int) -> tuple[str, int]:
        name = QUESTIONS[number % len(QUESTIONS)]
        answer = town_client.get(f"/api/v1/{name}", params=PLACE if name == "locate" else {})
        return name, answer.status_code

    for edition, plan in enumerate([draft, 1, draft], start=2):
        # several requests need the same result at once, and none of them may see half a file
        for file in filter(Path.is_file, (town.data_dir / "results").rglob("*")):
            file.unlink()
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ask, number) for number in range(ROUNDS * len(QUESTIONS))]
            published = pool.submit(town_client.post, f"/api/v1/plans/{plan}/publish")
            assert {future.result() for future in asked} == {(name, 200) for name in QUESTIONS}
            assert published.result().status_code == 201
        assert town_client.get("/api/v1/locate", params=PLACE).json()["edition"] == edition


def test_two_publish_and_one_wins(town_client: TestClient, town: Workspace, draft: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(town_client.post, [f"/api/v1/plans/{draft}/publish"] * 2))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(town.store.editions()) == 2
    assert town.store.incidents()["grid_code"].notna().all()


def test_a_lookup_reads_no_geometry(sample_workspace: Workspace, place: tuple[str, float, float]) -> None:
    _, lon, lat = place
    sample_workspace.locations.find(lon, lat, "wgs84")
    taken = []
    for _ in range(50):
        begin = thread_time()
        sample_workspace.locations.find(lon, lat, "wgs84")
        taken.append(thread_time() - begin)
    # reading the grids of an edition takes 8 ms and more; the edition's number alone 0.15 ms
    assert sorted(taken)[len(taken) // 2] < 0.003


def test_coverage_of_an_edition_is_not_kept_for_the_one_that_replaces_it(
    town_client: TestClient, town: Workspace, draft: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = KeptFiles.get
    published: list[object] = []

    def get_late(self: KeptFiles[object], *asked: Any) -> object:
        if self._folder.name == "states" and not published:
            published.append(town.plans.publish(draft))
        return get(self, *asked)

    monkeypatch.setattr(KeptFiles, "get", get_late)
    before = town_client.get("/api/v1/coverage").json()
    after = town_client.get("/api/v1/coverage").json()
    shutil.rmtree(town.data_dir / "results")
    anew = local_client(create_app(Settings(data_dir=town.data_dir, most_seconds=600), town.store))
    assert (len(published), after) == (1, anew.get("/api/v1/coverage").json())
    assert before != after

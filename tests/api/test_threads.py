from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from fastapi.testclient import TestClient

from spatialgov.workspace import Workspace

QUESTIONS = ["locate", "grids", "plans", "summary", "cameras", "recommendations", "heatmap", "hotspots", "coverage"]


def test_many_ask_at_once_while_one_publishes(
    own_client: TestClient, sample_copy: Workspace, place: tuple[str, float, float]
) -> None:
    for file in filter(Path.is_file, (sample_copy.data_dir / "results").rglob("*")):
        file.unlink()  # several requests need the same result at once, and none of them may see half a file
    _, lon, lat = place
    query = {"lon": lon, "lat": lat, "datum": "wgs84"}

    def ask(number: int) -> tuple[str, int]:
        name = QUESTIONS[number % len(QUESTIONS)]
        answer = own_client.get(f"/api/v1/{name}", params=query if name == "locate" else {})
        return name, answer.status_code

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, number) for number in range(2 * len(QUESTIONS))]
        published = pool.submit(own_client.post, "/api/v1/plans/1/publish")
        assert {future.result()[1] for future in asked} == {200}
        assert published.result().status_code == 201
    assert own_client.get("/api/v1/locate", params=query).json()["edition"] == 3


def test_two_publish_and_one_wins(own_client: TestClient, sample_copy: Workspace) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(own_client.post, ["/api/v1/plans/1/publish"] * 2))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(sample_copy.store.editions()) == 3
    assert sample_copy.store.incidents()["grid_code"].notna().all()


def test_a_lookup_reads_no_geometry(sample_workspace: Workspace, place: tuple[str, float, float]) -> None:
    _, lon, lat = place
    sample_workspace.locations.find(lon, lat, "wgs84")
    taken = []
    for _ in range(50):
        begin = perf_counter()
        sample_workspace.locations.find(lon, lat, "wgs84")
        taken.append(perf_counter() - begin)
    # reading the grids of an edition takes 8 ms and more; the edition's number alone 0.15 ms
    assert sorted(taken)[len(taken) // 2] < 0.003

"""The national table over HTTP: a made-up nation of four cities, to which cities publish while it is served."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import shapely

from spatialgov.datum import from_wgs84
from spatialgov.nation import Counts, NationalTable, SyntheticNation
from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import TestClient, local_client

NATION = "/api/v1/nation"
LOCATE = f"{NATION}/locate"


@pytest.fixture(scope="module")
def nation() -> SyntheticNation:
    return SyntheticNation.build(Counts(2, 4, 9, 30, 90, 400), seed=1)


@pytest.fixture(scope="module")
def published(nation: SyntheticNation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published") / "nation"
    NationalTable(folder).publish(nation.each_city())
    return folder


@pytest.fixture(autouse=True)
def _looks_at_every_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a service look at the table whenever it is asked, not every quarter of a second."""
    monkeypatch.setattr("spatialgov.workspace.nation._FRESH_S", 0.0)


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    """Give a copy of the table."""
    shutil.copytree(published, tmp_path / "nation")
    return tmp_path / "nation"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "town") as opened:
        yield opened


@pytest.fixture
def client(workspace: Workspace, folder: Path) -> TestClient:
    return local_client(create_app(Settings(data_dir=workspace.data_dir, nation_dir=folder), workspace.store))


def place(nation: SyntheticNation, city: int, grid: int = 0) -> tuple[str, dict[str, Any]]:
    """Give a grid of a city and a place inside it."""
    frame = nation.grids(nation.cities[city])
    point = frame.geometry.iloc[grid].representative_point()
    return str(frame["code"].iloc[grid]), {"lon": point.x, "lat": point.y, "datum": "wgs84"}


def test_one_location(client: TestClient, nation: SyntheticNation) -> None:
    code, query = place(nation, 2)
    x, y = from_wgs84(query["lon"], query["lat"], "gcj02")
    answer = client.get(LOCATE, params={"lon": float(x), "lat": float(y), "datum": "GCJ02"})
    chain = [code[:n].ljust(12, "0") for n in (2, 4, 6, 9, 12)]
    assert answer.json() == {
        "code": code,
        "jurisdiction": nation.cities[2],
        "on_border": False,
        "datum": "gcj02",
        "edition": 1,
        "chain": [
            {"level": level, "code": above}
            for level, above in zip(["province", "city", "district", "subdistrict", "community"], chain, strict=True)
        ],
    }
    kept = client.get(LOCATE, params=query, headers={"if-none-match": answer.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    lon, lat = shapely.get_coordinates(nation.grids(nation.cities[1]).geometry.iloc[3])[0].tolist()
    assert client.get(LOCATE, params={"lon": lon, "lat": lat, "datum": "wgs84"}).json()["on_border"]


def test_many_locations(client: TestClient, nation: SyntheticNation) -> None:
    found = [place(nation, 0), place(nation, 3), place(nation, 0), place(nation, 3, 7)]
    lon, lat = ([*(query[axis] for _, query in found), 0.0] for axis in ("lon", "lat"))
    codes = [*(code for code, _ in found), None]
    answer = client.post(LOCATE, json={"datum": "wgs84", "lon": lon, "lat": lat})
    editions = {nation.cities[0]: 1, nation.cities[3]: 1}
    assert answer.json() == {"editions": editions, "datum": "wgs84", "codes": codes}
    lines = "".join(json.dumps({"lon": x, "lat": y}) + "\n" for x, y in zip(lon, lat, strict=True))
    told = client.post(f"{LOCATE}?datum=wgs84", content=lines, headers={"content-type": "application/x-ndjson"})
    assert [json.loads(line)["code"] for line in told.text.splitlines()] == codes
    table, sink = pa.table({"lon": lon, "lat": lat}), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    kind = {"content-type": "application/vnd.apache.arrow.stream"}
    told = client.post(f"{LOCATE}?datum=wgs84", content=sink.getvalue().to_pybytes(), headers=kind)
    columns = pa.ipc.open_stream(told.content).read_all()
    assert columns["code"].to_pylist() == codes
    assert json.loads(columns.schema.metadata[b"editions"]) == editions


def test_who_has_published(client: TestClient, nation: SyntheticNation) -> None:
    about = client.get(NATION).json()
    assert [entry["code"] for entry in about["jurisdictions"]] == nation.cities
    assert about["grids"] == 400
    code, _ = place(nation, 1)
    for asked in (code, code[:9] + "000", code[:6]):
        assert client.get(f"{NATION}/jurisdictions/{asked}").json() == about["jurisdictions"][1]


def test_a_publication_is_served(client: TestClient, nation: SyntheticNation, folder: Path) -> None:
    code, query = place(nation, 1)
    other = place(nation, 2)[1]
    tags = [client.get(LOCATE, params=asked).headers["etag"] for asked in (query, other)]
    grids = nation.grids(nation.cities[1])
    NationalTable(folder).publish([(nation.cities[1], grids.assign(code=[code[:12] + "999", *grids["code"][1:]]))])
    answer = client.get(LOCATE, params=query, headers={"if-none-match": tags[0]})
    assert (answer.json()["code"], answer.json()["edition"]) == (code[:12] + "999", 2)
    assert client.get(LOCATE, params=other, headers={"if-none-match": tags[1]}).status_code == 304
    entry = client.get(f"{NATION}/jurisdictions/{code}").json()
    assert (entry["edition"], entry["grids"]) == (2, len(grids))


def test_what_is_wrong_is_a_problem(client: TestClient, nation: SyntheticNation) -> None:
    _, query = place(nation, 0)
    for asked, status, code in [
        (query | {"lon": 0, "lat": 0}, 404, "not_found"),
        (query | {"datum": "beijing54"}, 422, "invalid_datum"),
        (query | {"lon": "nan"}, 422, "invalid_coordinate"),
        ({"lon": 1, "lat": 2}, 422, "invalid_request"),
    ]:
        answer = client.get(LOCATE, params=asked)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    for code, status in [("990101", 404), ("99010", 422), ("shanghai", 422), ("１１０１０１", 422)]:
        assert client.get(f"{NATION}/jurisdictions/{code}").status_code == status
    assert client.post(LOCATE, json={"datum": "wgs84", "lon": [500], "lat": [0]}).status_code == 422
    assert client.post(LOCATE, json={"datum": "wgs84", "lon": [], "lat": []}).json()["codes"] == []


def test_a_damaged_folder_is_told_and_harms_no_other_city(
    client: TestClient, nation: SyntheticNation, folder: Path
) -> None:
    ours, other = place(nation, 0)[1], place(nation, 1)[1]
    (file,) = folder.glob(f"{nation.cities[0][:4]}-*.locator")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    answer = client.get(LOCATE, params=ours)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert client.get(LOCATE, params=other).status_code == 200
    (folder / "nation.json").write_text("{")
    assert client.get(LOCATE, params=other).status_code == 200  # it goes on with what it has
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["reasons"][0]["check"]) == (503, "nation")


@pytest.mark.parametrize("index", ["{", '{"version": 1, "router": 1, "jurisdictions": {}}'])
def test_an_index_that_cannot_be_read(client: TestClient, nation: SyntheticNation, folder: Path, index: str) -> None:
    (folder / "nation.json").write_text(index)
    assert client.get(LOCATE, params=place(nation, 0)[1]).status_code == 503
    assert client.get(NATION).status_code == 503


def test_an_index_that_lost_a_city(client: TestClient, nation: SyntheticNation, folder: Path) -> None:
    content = json.loads((folder / "nation.json").read_text())
    del content["jurisdictions"][nation.cities[0]]
    (folder / "nation.json").write_text(json.dumps(content))
    assert client.get(LOCATE, params=place(nation, 0)[1]).status_code == 503


def test_a_file_that_was_pruned_meanwhile(
    client: TestClient, nation: SyntheticNation, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, query = place(nation, 3)
    assert client.get(LOCATE, params=place(nation, 0)[1]).status_code == 200
    monkeypatch.setattr("spatialgov.workspace.nation._FRESH_S", 60.0)
    table, grids = NationalTable(folder), nation.grids(nation.cities[3])
    table.publish([(nation.cities[3], grids.assign(code=[code[:12] + "998", *grids["code"][1:]]))])
    monkeypatch.setattr("spatialgov.nation.table._OLD_S", -1)
    assert table.prune() == 1
    assert client.get(LOCATE, params=query).json()["edition"] == 2


def test_accounts_see_their_own_ground(workspace: Workspace, nation: SyntheticNation, client: TestClient) -> None:
    code, query = place(nation, 1)
    outside = place(nation, 2)[1]
    community = code[:12]
    workspace.accounts.add("field-west", role="field", jurisdictions=[community], password=None)
    token = client.app.state.access.tokens.issue(workspace.store.accounts.get("field-west"), 5)  # type: ignore[attr-defined]
    headers = {"authorization": f"Bearer {token}"}
    assert client.get(LOCATE, params=query).status_code == 401
    assert client.get(LOCATE, params=query, headers=headers).json()["code"] == code
    assert client.get(LOCATE, params=outside, headers=headers).status_code == 404
    both = {"datum": "wgs84"} | {axis: [query[axis], outside[axis]] for axis in ("lon", "lat")}
    answer = client.post(LOCATE, json=both, headers=headers).json()
    assert (answer["codes"], answer["editions"]) == ([code, None], {nation.cities[1]: 1})
    listed = client.get(NATION, headers=headers).json()["jurisdictions"]
    assert [entry["code"] for entry in listed] == [nation.cities[1]]
    assert client.get(f"{NATION}/jurisdictions/{nation.cities[2]}", headers=headers).status_code == 404


def test_nobody_has_published_yet(workspace: Workspace, nation: SyntheticNation, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    app = create_app(Settings(data_dir=workspace.data_dir, nation_dir=folder), workspace.store)
    client, (_, query) = local_client(app), place(nation, 0)
    answer = client.get(LOCATE, params=query)
    assert (answer.status_code, answer.json()["code"]) == (404, "nothing_published")
    assert client.get("/readyz").status_code == 200
    NationalTable(folder).publish([(nation.cities[0], nation.grids(nation.cities[0]))])
    assert client.get(LOCATE, params=query).status_code == 200


def test_without_a_table(workspace: Workspace) -> None:
    client = local_client(create_app(Settings(data_dir=workspace.data_dir), workspace.store))
    answer = client.get(NATION)
    assert (answer.status_code, "--nation" in answer.json()["remedy"]) == (404, True)

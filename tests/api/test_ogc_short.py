"""The short path of /ogc gives what the long way gives, and gives nothing that the long way would not."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from spatialgov_api.ogc import ShortReadings
from tests.coverage_town import EAST, found_camera_town
from tests.local_client import TestClient, local_client

HOST = (b"host", b"127.0.0.1")
TILE = "grids/tiles/WebMercatorQuad/10/405/848"
LOCAL = ("127.0.0.1", 5000)
NAMES = ("content-type", "content-length", "content-crs", "etag", "vary", "content-encoding", "cache-control")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spatialgov.workspace.features._FRESH_S", 3600.0)
        for name in ("_FRESH_S", "_ASK_S", "_STALE_S"):
            patch.setattr(f"spatialgov_api.access.access.{name}", 3600.0)
        with found_camera_town(tmp_path_factory.mktemp("ogc_short")) as workspace:
            yield workspace


@pytest.fixture
def app(town: Workspace) -> FastAPI:
    return create_app(Settings(data_dir=town.data_dir), town.store)


def short_of(app: FastAPI) -> ShortReadings:
    workspace = app.state.workspace
    return ShortReadings(workspace.features, app.state.access, app.state.metrics, workspace.locations)


def asked(short: ShortReadings, rest: str, *headers: tuple[bytes, bytes]) -> tuple[str, dict[str, str], bytes] | None:
    found = short.answer(rest.encode(), [HOST, *headers], LOCAL)
    if found is None:
        return None
    head, body = b"".join(found).split(b"\r\n\r\n", 1)
    line, *lines = head.decode().split("\r\n")
    return line, {name: value for name, _, value in (one.partition(": ") for one in lines)}, body


@pytest.mark.parametrize(
    "rest", ["grids/items?limit=3", "units/items/U03", "units/items?bbox=118.3,35.1,118.3015,35.1015", TILE]
)
def test_it_gives_what_the_long_way_gives(app: FastAPI, rest: str) -> None:
    short, client = short_of(app), local_client(app)
    assert asked(short, rest) is None  # nothing is at hand yet, and the reading must be recorded
    gzip = {"accept-encoding": "gzip"}
    long = client.get(f"/ogc/collections/{rest}", headers=gzip)
    found = asked(short, rest, (b"accept-encoding", b"gzip"))
    assert found is not None
    line, headers, body = found
    assert line == "HTTP/1.1 200 OK"
    expected = long.headers
    for name in NAMES:
        assert headers.get(name) == expected.get(name), name
    assert len(body) == int(headers["content-length"])
    assert "gzip" in headers.get("content-encoding", "") or body == long.content
    assert headers["x-request-id"]
    if rest == TILE:
        again = asked(short, rest, (b"if-none-match", headers["etag"].encode()))
        assert again is not None
        assert (again[0], again[2]) == ("HTTP/1.1 304 Not Modified", b"")


@pytest.mark.parametrize(
    "rest",
    [
        "cameras/items", "incidents/items", "grids/items?limit=x", "grids/items?unknown=1", "grids/items?filter=a%3Db",
        "grids/items/none", "grids/tiles/WebMercatorQuad/99/0/0", "grids/items?edition=9", "grids", "gr%69ds/items",
        "grids/items?as_of=2026-11-01", "../collections/grids/items", "",
    ],
)  # fmt: skip
def test_the_rest_goes_the_long_way(app: FastAPI, rest: str) -> None:
    client = local_client(app)
    for known in ("grids/items", "cameras/items", TILE):
        client.get(f"/ogc/collections/{known}")
    assert asked(short_of(app), rest) is None


def test_what_the_protocol_knows_nothing_of_goes_the_long_way(app: FastAPI) -> None:
    local_client(app).get("/ogc/collections/grids/items")
    short = short_of(app)
    assert asked(short, "grids/items") is not None
    for name in (b"origin", b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id", b"content-length"):
        assert asked(short, "grids/items", (name, b"1")) is None
    assert short.answer(b"grids/items", [(b"host", b"elsewhere.example")], LOCAL) is None
    assert short.answer(b"grids/items", [HOST], ("192.0.2.1", 5000)) is None


def test_rights(tmp_path_factory: pytest.TempPathFactory, town: Workspace) -> None:
    with found_camera_town(tmp_path_factory.mktemp("ogc_short_rights")) as workspace:
        app = create_app(Settings(data_dir=workspace.data_dir), workspace.store)
        keys: dict[str, Any] = {}
        for name, role, area in (("all", "analyst", "*"), ("east", "analyst", EAST), ("field", "field", "*")):
            workspace.accounts.add(name, role=role, jurisdictions=[area], password=None)
            keys[name] = workspace.accounts.add_key(name, "test")[0].encode()
        client: TestClient = local_client(app)
        for key in keys.values():
            for path in ("grids/items", "units/items"):
                client.get(f"/ogc/collections/{path}", headers={"x-api-key": key.decode()})
        short = short_of(app)
        assert asked(short, "units/items", (b"x-api-key", keys["all"])) is not None
        assert asked(short, "grids/items", (b"x-api-key", keys["field"])) is not None
        for path, key in (("units/items", keys["field"]), ("units/items", keys["east"]), ("grids/items", b"x")):
            assert asked(short, path, (b"x-api-key", key)) is None
        assert asked(short, "grids/items") is None

"""Requests that mean harm: each gets a plain refusal that is documented, and nothing changes."""

import asyncio
import gzip
import json
import logging
import time
from collections.abc import Callable, Iterator
from itertools import count, cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from spatialgov.errors import TimeLimitError
from spatialgov.object_store import Remote
from spatialgov.time_limit import time_limit
from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app, middleware
from spatialgov_api.point_columns import ARROW, NDJSON
from tests.local_client import local_client
from tests.soak.small_town import small_town

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with small_town(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def app(town: Workspace) -> FastAPI:
    return create_app(Settings(data_dir=town.data_dir), town.store)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return local_client(app)


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def content(town: Workspace) -> tuple[object, ...]:
    """Give what no read and no refused change may alter."""
    store = town.store
    return store.counts(), len(store.unit_sets()), [e.id for e in store.editions()], store.codes_ever_used()


def refused(answer: Any, status: int, words: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"] + answer.json().get("remedy", "")


# ---- SQL in every string

QUOTES = ["' OR '1'='1", '" OR ""="']
SQL = [
    *QUOTES,
    "1; DROP TABLE plan; --",
    "') UNION SELECT sql FROM sqlite_master --",
    "x' AND (SELECT pg_sleep(600)) IS NULL --",
    "\\'; ATTACH DATABASE '/tmp/evil.db' AS evil; --",
    "%' ESCAPE '!",
    "${jndi:ldap://127.0.0.1/x}",
    "s3://bucket/points.parquet",
    "\x00' --",
]
_QUOTED = 20
"""Letters of what was sent that a message repeats at least."""
TOLD = ("sqlite", "psycopg", "syntax error", "Traceback", "SELECT ")
"""What an answer never says: it would mean that the text came to the database as a part of a query."""


def is_text(schema: dict[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", []), schema.get("items", {})]
    return any(kind.get("type") in ("string", None) for kind in kinds)


def sound_value(parameter: dict[str, Any]) -> str:
    samples = parameter.get("examples", {}).get("sample", {})
    return str(samples.get("value", 1))


def attempts(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str], Any]]:
    """Give requests (method, path, query, body) with SQL in one string each, for each string of each operation.

    Every string meets quotes of both kinds, and of the other texts one in turn.
    """
    others = cycle(SQL[len(QUOTES) :])
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parameters = operation.get("parameters", [])
            needed = {p["name"]: sound_value(p) for p in parameters if p["in"] == "query" and p["required"]}
            place = {p["name"]: "1" for p in parameters if p["in"] == "path"}
            bodies = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            name = bodies.get("$ref", "").rpartition("/")[2]
            body = schemas[name].get("examples", [{}])[0] if name else None
            for p in parameters:
                for text in (*QUOTES, next(others)):
                    if p["in"] == "path":
                        yield method, path.format(**place | {p["name"]: quote(text, safe="")}), needed, body
                    elif is_text(p["schema"]):
                        yield method, path.format(**place), needed | {p["name"]: text}, body
            for field in schemas[name]["properties"] if name else ():
                for value in (*QUOTES, next(others), [QUOTES[0]], {QUOTES[0]: QUOTES[0]}):
                    yield method, path.format(**place), needed, {**(body or {}), field: value}


def test_sql_in_every_string_is_text(
    client: TestClient, town: Workspace, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Remote, "__init__", None)  # nor is a URL a place in a store
    before, tried = content(town), 0
    for method, path, query, body in attempts(document):
        if path.endswith(("/publish", "/check")) or (method == "post" and body is None):
            continue  # no string to fill in
        began = time.monotonic()
        answer = client.request(method, path, params=query, json=body)
        tried += 1
        assert answer.status_code < 500, (method, path, query, body, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            said = answer.text
            for text in SQL:  # what was sent may be quoted, the whole of it or its beginning
                for quoted in (json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]):
                    said = said.replace(quoted, "").replace(quoted[:_QUOTED], "")
            assert not any(words in said for words in TOLD), answer.text
        assert time.monotonic() - began < 300, (path, query)
    assert tried > 300
    after = content(town)
    assert after[1:] == before[1:]  # an incident may be named like that


# ---- bodies

DEEP = "[" * 200_000 + "]" * 200_000


@pytest.mark.parametrize("path", ["locate", "plans", "plans/1/moves", "plans/1/rebalance"])
@pytest.mark.parametrize(
    "body",
    [
        DEEP.encode(),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"seed": ' + b"9" * 100_000 + b"}",
        b'{"name": "\xff\xfe"}',
        b'{"name": "\\ud800"}',
        b"\x1f\x8b\x08\x00garbage",
        b'{"name": "a", "name": ["b"]}',
        b"nul",
        b"",
        b"\x00",
        b"{}" * 1000,
    ],
)
def test_bodies_that_are_no_json_of_ours(client: TestClient, path: str, body: bytes) -> None:
    answer = client.post(f"/api/v1/{path}", content=body, headers=JSON)
    assert answer.status_code in (400, 422)
    refused(answer, answer.status_code)


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 5000,
     "application/x-www-form-urlencoded", "application/json; charset=utf-7", "*/*", "a" * 8000, "é", ";;;"],
)  # fmt: skip
def test_wrong_media_types(client: TestClient, town: Workspace, kind: str) -> None:
    before = content(town)
    for path in ("locate", "plans/1/moves"):
        answer = client.post(f"/api/v1/{path}", content=b"--x\r\n\r\n1", headers={"content-type": kind.encode()})
        assert answer.status_code in (400, 415, 422)
        refused(answer, answer.status_code)
    assert content(town) == before


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, identity", "x" * 1000])
def test_compressed_bodies_are_not_unpacked(client: TestClient, encoding: str) -> None:
    body = gzip.compress(json.dumps({"datum": "wgs84", "lon": [116.6], "lat": [33.9]}).encode())
    for language, words in (("en", "Compressed requests are not read"), ("zh", "不接受压缩的请求内容")):
        headers = JSON | {"content-encoding": encoding, "accept-language": language}
        refused(client.post("/api/v1/locate", content=body, headers=headers), 415, words)
        refused(client.post("/api/v1/plans", content=body, headers=headers), 415, words)
    plain = {"datum": "wgs84", "lon": [116.6], "lat": [33.9]}
    assert client.post("/api/v1/locate", json=plain, headers={"content-encoding": "identity"}).status_code == 200


def test_a_body_in_chunks_without_end(client: TestClient) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 2**20
            yield b" " * 2**20

    for path in ("locate", "plans"):
        refused(client.post(f"/api/v1/{path}", content=chunks(), headers=JSON), 413, "16 MiB")


Message = dict[str, Any]


def talk(app: FastAPI, messages: list[Message], path: str = "/api/v1/locate") -> list[Message]:
    """Send a POST request as a server would, message by message, and then wait as a slow client does."""
    left, said = list(messages), []

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.sleep(60)
        raise AssertionError("nobody waits that long")

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": path,
             "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
             "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return said


def test_a_body_that_comes_too_slowly(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "MOST_SECONDS_TO_SEND", 0.1)
    for path in ("/api/v1/locate", "/api/v1/plans"):
        said = talk(app, [{"type": "http.request", "body": b"{", "more_body": True}], path)
        assert said[0]["status"] == 408
        assert (b"connection", b"close") in said[0]["headers"]
        assert json.loads(said[1]["body"])["code"] == "http_408"


def test_a_client_that_leaves_is_no_failure_of_ours(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for path in ("/api/v1/locate", "/api/v1/plans"):
        talk(app, [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}], path)
    assert "unexpected" not in caplog.text


# ---- Arrow


def stream(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def points(n: int) -> pa.Table:
    return pa.table({"lon": np.full(n, 116.6), "lat": np.full(n, 33.9)})


def post_arrow(client: TestClient, body: bytes) -> Any:
    return client.post("/api/v1/locate?datum=wgs84", content=body, headers={"content-type": ARROW})


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_compressed_arrow_is_not_unpacked(client: TestClient, codec: str) -> None:
    body = stream(points(1_000_000), compression=codec)
    assert len(body) < 200_000
    refused(post_arrow(client, body), 422, "it is compressed")
    words = pa.table({"lon": [116.6], "lat": [33.9], "d": pa.array(["a" * 1000]).dictionary_encode()})
    refused(post_arrow(client, stream(words, compression=codec)), 422, "it is compressed")
    assert post_arrow(client, stream(words)).status_code == 200


def test_arrow_of_more_rows_than_it_holds(client: TestClient) -> None:
    nothing = pa.table({"lon": pa.nulls(5), "lat": pa.nulls(5)})
    assert post_arrow(client, stream(nothing)).status_code in (200, 422)
    for n in (2**62, 2**31, 10**9):
        for table in (nothing, points(5)):
            body = stream(table).replace((5).to_bytes(8, "little"), n.to_bytes(8, "little"))
            answer = post_arrow(client, body)
            refused(answer, 422)


def test_arrow_columns_that_unfold(client: TestClient) -> None:
    n = 100_000
    long = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), ["1" * 1_000_000])
    for column in (long, pa.array([["1"]] * n), pa.array(["116.6"] * n), pa.array([True] * n)):
        answer = post_arrow(client, stream(pa.table({"lon": column, "lat": np.zeros(n)})))
        refused(answer, 422, "lon")


def test_arrow_garbage(client: TestClient) -> None:
    sound, random = stream(points(3)), np.random.default_rng(0)
    for _ in range(300):
        body = bytearray(sound)
        for at in random.integers(0, len(body), 4):
            body[at] = random.integers(256)
        answer = post_arrow(client, bytes(body[: random.integers(1, len(body) + 1)]))
        assert answer.status_code in (200, 422), answer.text


# ---- numbers, names, addresses


@pytest.mark.parametrize("number", ["1e308", "-1e308", "1e400", "nan", "-inf", "9" * 5000, "0x10", "１１６", "1_000"])
def test_numbers_that_are_no_place(client: TestClient, number: str) -> None:
    for datum in ("wgs84", "gcj02", "bd09", "cgcs2000"):
        for lon, lat in ((number, "33.9"), ("116.6", number)):
            answer = client.get("/api/v1/locate", params={"lon": lon, "lat": lat, "datum": datum})
            assert answer.status_code in (404, 422)
            refused(answer, answer.status_code)
        body = f'{{"datum":"{datum}","lon":[{number}],"lat":[33.9]}}'.encode()
        assert client.post("/api/v1/locate", content=body, headers=JSON).status_code in (400, 422)
        line = f'{{"lon":{number},"lat":33.9}}\n'.encode()
        url = f"/api/v1/locate?datum={datum}"
        assert client.post(url, content=line, headers={"content-type": NDJSON}).status_code == 422


@pytest.mark.parametrize("time_text", ["0", "0.5", "1767225600", "1767225600000", "-1e9", "+5", "1e9", "2026"])
def test_a_number_is_no_time(client: TestClient, time_text: str) -> None:
    for path in ("incidents?since=", "heatmap?until=", "grids?as_of="):
        refused(client.get(f"/api/v1/{path}{quote(time_text)}"), 422, "2026-11-01T00:00:00+08:00")


def test_a_list_without_measure(client: TestClient) -> None:
    for query in ("category=a&" * 5000, "category=" + "a" * 50_000, "lon=1&" * 5000):
        refused(client.get(f"/api/v1/incidents?{query}"), 422) if "category" in query else client.get(f"/?{query}")


@pytest.mark.parametrize("host", ["[", "]", "a]b[", "http://[", "\x7f", "é", "a" * 10_000, ""])
def test_a_host_that_is_none(client: TestClient, host: str) -> None:
    for path in ("/nowhere", "/maps/plan?plan=99", "/api/v1/plans/99", "/static/none", "/api/v1/plans/"):
        for accept in ("text/html", "application/json"):
            headers = {"host": host.encode("latin-1"), "accept": accept}
            assert client.get(path, headers=headers, follow_redirects=False).status_code < 500


@pytest.mark.parametrize("name", ["accept-language", "accept", "if-none-match", "range", "cookie", "authorization",
                                  "sec-fetch-site", "content-length", "x-forwarded-for", "x-request-id"])  # fmt: skip
def test_headers_of_any_bytes(client: TestClient, name: str) -> None:
    for value in (b"\xff\xfe", b"a" * 20_000, b"zh;q=" + b"9" * 5000, b"bytes=0-,0-,0-" * 500, b"-1", b'"', b"%00"):
        for path in ("/", "/api/v1/locate?lon=116.6005&lat=33.9005&datum=wgs84", "/static/js/start.js", "/nowhere"):
            if name != "content-length":
                assert client.get(path, headers={name: value}).status_code < 500


def test_every_method_of_an_address_is_named(client: TestClient) -> None:
    assert client.delete("/api/v1/plans").headers["allow"] == "GET, POST"
    assert client.get("/api/v1/plans/alternatives").headers["allow"] == "POST"
    assert client.put("/static/js/start.js").headers["allow"] == "GET, HEAD"


# ---- time


def test_a_question_has_its_time(town: Workspace, document: dict[str, Any]) -> None:
    hasty = create_app(Settings(data_dir=town.data_dir, most_seconds=1e-9), town.store)
    client, before = local_client(hasty), content(town)
    for path in ("incidents", "heatmap", "hotspots", "coverage", "recommendations", "plans", "grids", "cameras"):
        refused(client.get(f"/api/v1/{path}"), 503, "takes longer than 1e-09 seconds")
        assert client.get(f"/api/v1/{path}?lang=zh").json()["detail"].startswith("查询超过")
        assert "503" in document["paths"][f"/api/v1/{path}"]["get"]["responses"]
    refused(client.post("/api/v1/plans", json={}), 503, "nothing was changed")
    assert client.get("/maps/plan").json()["code"] == "time_limit"
    assert client.get("/healthz").status_code == 200
    assert content(town) == before


@pytest.mark.parametrize("what", ["hot_spots", "recommend", "partition"])
def test_costly_work_looks_at_the_clock(town: Workspace, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """The store was quick, and the work after it is not: it ends too."""
    from spatialgov.workspace import Period, Question

    seeds = count()
    works: dict[str, Callable[[], object]] = {
        "hot_spots": lambda: town.analysis.hot_spots(9, Period()),
        "recommend": lambda: town.advice.recommend(Question(households=(100, 200), seed=next(seeds))),  # not kept
        "partition": lambda: town.plans.make(households_per_grid=430, effort="quick"),
    }
    work, before = works[what], content(town)
    work()
    monkeypatch.setattr("spatialgov.store.database.seconds_left", lambda: None)
    with time_limit(0.0), pytest.raises(TimeLimitError):
        work()
    assert what == "partition" or content(town) == before


def test_the_time_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPATIALGOV_MOST_SECONDS", "7.5")
    assert Settings(data_dir=tmp_path).most_seconds == 7.5

"""Answers as gzip: which are, which are not, and what their headers say."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from spatialgov_api.compressing import LEAST_BYTES, CompressionMiddleware
from tests.local_client import TestClient, local_client

LARGE = {"text": "网格" * LEAST_BYTES}


def answer(request: Request) -> Response:
    kind = request.path_params["kind"]
    if kind == "picture":
        return Response(bytes(2 * LEAST_BYTES), media_type="image/png")
    if kind == "pieces":
        return StreamingResponse(_pieces(), media_type="application/json")
    if kind == "packed":
        return JSONResponse(LARGE, headers={"content-encoding": "identity"})
    if kind == "same":
        return Response(status_code=304)
    return JSONResponse({} if kind == "small" else LARGE, headers={"etag": '"7"', "vary": "Accept-Language"})


async def _pieces() -> AsyncIterator[bytes]:
    yield b'{"text":'
    yield b' "' + b"a" * LEAST_BYTES + b'"}'


@pytest.fixture
def client() -> TestClient:
    paths = ("/api/{kind}", "/other/{kind}")
    app = Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path in paths])
    return local_client(CompressionMiddleware(app, "/api/"))


def test_a_large_answer_is_sent_small(client: TestClient) -> None:
    found = client.get("/api/large")
    assert found.json() == LARGE
    assert int(found.headers["content-length"]) < 200
    assert (found.headers["content-encoding"], found.headers["etag"]) == ("gzip", 'W/"7"')
    assert found.headers["vary"] == "Accept-Language, Accept-Encoding"
    plain = client.get("/api/large", headers={"accept-encoding": "identity"})
    assert plain.json() == LARGE
    assert (plain.headers["etag"], plain.headers["vary"]) == ('"7"', "Accept-Language, Accept-Encoding")
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/api/small", "/api/picture", "/api/pieces", "/api/packed", "/api/same", "/other/x"])
def test_other_answers_stay_as_they_are(client: TestClient, path: str) -> None:
    found, plain = client.get(path), client.get(path, headers={"accept-encoding": "identity"})
    assert found.headers.get("content-encoding") != "gzip"
    assert "Accept-Encoding" not in found.headers.get("vary", "")
    assert (found.status_code, found.headers, found.content) == (plain.status_code, plain.headers, plain.content)


def test_answers_to_software_are_sent_at_once(client: TestClient) -> None:
    assert "content-encoding" not in client.post("/api/large").headers

"""The short path over real connections: it says what the long way says, and keeps the order of answers."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from spatialgov.datum import from_wgs84
from spatialgov.workspace import Workspace
from spatialgov_api import LookupProtocol, Settings, create_app
from spatialgov_api.short_locate import ShortLocate

LOCATE = "/api/v1/locate"
Place = tuple[str, float, float]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """A client that sends bytes as they are."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.stream = self.socket.makefile("rb")

    def send(self, *lines: str, body: str = "") -> None:
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def read(self, *, head: bool = False) -> Answer:
        status = int(self.stream.readline().split()[1])
        headers = {}
        while line := self.stream.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            headers[name.lower()] = value
        length = 0 if head or status == 304 else int(headers["content-length"])
        return Answer(status, headers, self.stream.read(length))

    def get(self, target: str, *headers: str) -> Answer:
        self.send(f"GET {target} HTTP/1.1", "Host: localhost", *headers)
        return self.read()

    def closed(self) -> bool:
        return self.stream.read(1) == b""


@pytest.fixture(scope="module")
def serving(sample_workspace: Workspace) -> Iterator[tuple[int, list[bytes]]]:
    """Serve the sample city; gives the port, and the queries that were answered at once."""
    answered: list[bytes] = []
    patch = pytest.MonkeyPatch()
    plain = ShortLocate.answer

    def noted(self: ShortLocate, query: bytes, *about: Any) -> tuple[bytes, bytes] | None:
        found = plain(self, query, *about)
        if found is not None:
            answered.append(query)
        return found

    patch.setattr(ShortLocate, "answer", noted)
    patch.setattr("spatialgov.workspace.locations._FRESH_S", 3600.0)
    for name in ("_FRESH_S", "_ASK_S", "_STALE_S"):
        patch.setattr(f"spatialgov_api.access.access.{name}", 3600.0)
    app = create_app(Settings(data_dir=sample_workspace.data_dir), sample_workspace.store)
    config = uvicorn.Config(app, http=LookupProtocol, log_level="warning", access_log=False, timeout_keep_alive=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield taken.getsockname()[1], answered
        server.should_exit = True
        thread.join()
    patch.undo()


@pytest.fixture
def connect(serving: tuple[int, list[bytes]]) -> Iterator[Callable[[], Connection]]:
    opened: list[Connection] = []

    def another() -> Connection:
        opened.append(Connection(serving[0]))
        return opened[-1]

    another().get(f"{LOCATE}?lon=0&lat=0&datum=wgs84&lang=en")  # the long way, which opens the edition
    serving[1].clear()
    yield another
    for connection in opened:
        connection.stream.close()
        connection.socket.close()


@pytest.fixture
def answered(serving: tuple[int, list[bytes]]) -> list[bytes]:
    return serving[1]


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_it_says_what_the_long_way_says(
    connect: Callable[[], Connection], answered: list[bytes], place: Place, datum: str
) -> None:
    code, lon, lat = place
    x, y = (float(value) for value in from_wgs84(lon, lat, datum))
    query = f"lon={x}&lat={y}&datum={datum}"
    connection = connect()
    long = connection.get(f"{LOCATE}?{query}&lang=en")
    assert (long.status, json.loads(long.body)["code"], answered) == (200, code, [])
    for _ in range(3):
        short = connection.get(f"{LOCATE}?{query}", "Accept: */*")
        assert (short.status, json.loads(short.body)) == (200, json.loads(long.body))
        assert short.headers.keys() == long.headers.keys()
        for name in ("content-type", "etag", "server"):
            assert short.headers[name] == long.headers[name]
    kept = connection.get(f"{LOCATE}?{query}", f"If-None-Match: {short.headers['etag']}")
    assert (kept.status, kept.headers["etag"]) == (304, short.headers["etag"])
    assert connection.get(f"{LOCATE}?{query}", 'If-None-Match: "edition-1"').status == 200
    assert answered == [query.encode()] * 5


def test_what_is_no_plain_lookup_goes_the_long_way(
    connect: Callable[[], Connection], answered: list[bytes], place: Place
) -> None:
    _, lon, lat = place
    connection = connect()
    sound = f"lon={lon}&lat={lat}&datum=wgs84"
    for query, status in {
        "lon=0&lat=0&datum=wgs84": 404,
        f"lon={lon}&lat={lat}": 422,
        f"{sound}&as_of=x": 422,
        f"lon={lon}&lon={lon}&lat={lat}": 422,
        f"lon=1e2&lat={lat}&datum=wgs84": 404,
        f"lon={lon}&lat={lat}&datum=WGS84": 200,
        f"lon=%31{str(lon)[1:]}&lat={lat}&datum=wgs84": 200,
        "lon=999&lat=0&datum=wgs84": 422,
        "lon=0&lat=90&datum=gcj02": 422,
        f"lon={lat}&lat={lon}&datum=wgs84": 422,
        "": 422,
        "lon=&lat=&datum=": 422,
    }.items():
        assert connection.get(f"{LOCATE}?{query}").status == status, query
    assert connection.get(f"{LOCATE}/?{sound}").status in (307, 404)
    connection.send(f"HEAD {LOCATE}?{sound} HTTP/1.1", "Host: localhost")
    assert connection.read(head=True).status == 405
    connection.send(f"GET {LOCATE}?{sound} HTTP/1.1", "Host: localhost", "Content-Length: 3", body="abc")
    assert connection.read().status == 200
    connection.send(f"POST {LOCATE}?{sound} HTTP/1.1", "Host: localhost", "Content-Length: 0")
    assert connection.read().status == 422
    assert answered == []


def test_answers_keep_the_order_of_their_questions(
    connect: Callable[[], Connection], answered: list[bytes], place: Place
) -> None:
    code, lon, lat = place
    short, long = f"{LOCATE}?lon={lon}&lat={lat}&datum=wgs84", f"{LOCATE}?lon=0&lat=0&datum=wgs84"
    connection = connect()
    asked = [short, short, long, short, long, long, short]
    connection.socket.sendall("".join(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n" for target in asked).encode())
    told = [connection.read() for _ in asked]
    assert [answer.status for answer in told] == [200 if target == short else 404 for target in asked]
    assert json.loads(told[0].body)["code"] == code
    assert answered  # the first two at least: nothing was under way
    for part in (f"GET {short[:20]}", f"{short[20:]} HTTP/1.1\r\nHo", "st: localhost\r\n\r", "\n"):
        connection.socket.sendall(part.encode())
        time.sleep(0.02)
    assert connection.read().status == 200


def test_connections_end_as_they_would(connect: Callable[[], Connection], place: Place) -> None:
    _, lon, lat = place
    target = f"{LOCATE}?lon={lon}&lat={lat}&datum=wgs84"
    closing = connect()
    assert closing.get(target, "Connection: close").headers["connection"] == "close"
    assert closing.closed()
    old = connect()
    old.send(f"GET {target} HTTP/1.0", "Host: localhost")
    assert old.read().status == 200
    assert old.closed()
    idle = connect()
    assert idle.get(target).status == 200
    begun = time.monotonic()
    assert idle.closed()
    assert 0.5 < time.monotonic() - begun < 60
    strange = connect()
    strange.send("NONSENSE")
    assert strange.read().status == 400

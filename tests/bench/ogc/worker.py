"""The task in its own process: ``python -m tests.bench.ogc.worker serving GRIDS REQUESTS`` prints a JSON object."""

import gzip
import http.client
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import psycopg

from tests.bench.locate.tilings import BOX
from tests.bench.ogc.servers import fill_database, fill_workspace, grids
from tests.postgres_cluster import NotInstalledError, running_cluster

__all__: list[str] = []

_CLOCK_HZ = os.sysconf("SC_CLK_TCK")
_OURS_MORE = 100
"""We are asked so many times as often as a peer: the clock counts in hundredths of a second."""
_START_S = 120

_PATHS = {
    "ours": ("/ogc/collections/grids", "{z}/{y}/{x}"),
    "tipg": ("/collections/public.grids", "{z}/{x}/{y}"),
    "pygeoapi": ("/collections/grids", "{z}/{y}/{x}"),
}


def serving(n_grids: int, n_requests: int) -> dict[str, float]:
    """Ask each server for the same."""
    frame = grids(n_grids)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name, running_cluster() as cluster:
        folder = Path(name)
        fill_workspace(folder / "town", frame)
        url = _plain(cluster.url(cluster.new_database(bare=True)))
        fill_database(url, frame)
        figures |= _measure("ours", folder / "town", url, n_grids, n_requests * _OURS_MORE)
        for peer in ("tipg", "pygeoapi"):
            if find_spec(peer) is None:
                continue
            try:
                figures |= _measure(peer, folder, url, n_grids, n_requests)
            except (RuntimeError, OSError) as error:
                print(f"  {peer}: {error}", file=sys.stderr)
    return figures


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def _measure(name: str, folder: Path, url: str, n_grids: int, n: int) -> dict[str, float]:
    base, place = _PATHS[name]
    more = "&f=json" if name == "pygeoapi" else ""
    tail = "?f=mvt" if name == "pygeoapi" else ""
    rng = np.random.default_rng(0)
    pages = [f"{base}/items?limit=1000&offset={k}{more}" for k in rng.integers(0, n_grids - 1000, n)]
    side = (BOX[2] - BOX[0]) * math.sqrt(16 / n_grids)
    corners = rng.uniform(BOX[:2], np.array(BOX[2:]) - side, (n, 2))
    boxes = [
        f"{base}/items?limit=100&bbox={x:.6f},{y:.6f},{x + side:.6f},{y + side:.6f}{more}" for x, y in corners.tolist()
    ]
    figures: dict[str, float] = {}
    with _server(name, folder, url) as server:
        for kind, targets in {"items_1000": pages, "items_bbox": boxes}.items():
            server.ask(targets[: max(3, n // 20)])  # makes it ready
            figures[f"{name}_{kind}_ms"], found = server.cost_ms(partial(server.ask, targets))
            if kind == "items_bbox":
                figures[f"{name}_items_bbox_n"] = found / n
        for z in (12, 10):
            tiles = [f"{base}/tiles/WebMercatorQuad/{place.format(z=z, x=x, y=y)}{tail}" for x, y in _tiles(z, rng)]
            first, _ = server.cost_ms(partial(server.ask, tiles))
            again = (tiles * (1 + n // len(tiles)))[:n]
            figures[f"{name}_tile_z{z}_first_ms"] = first
            figures[f"{name}_tile_z{z}_ms"], _ = server.cost_ms(partial(server.ask, again))
    return figures


def _tiles(z: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Give up to 40 tiles inside the box."""

    def at(lon: float, lat: float) -> tuple[int, int]:
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        return int((lon + 180) / 360 * 2**z), int(y * 2**z)

    (west, north), (east, south) = at(BOX[0], BOX[3]), at(BOX[2], BOX[1])
    every = [(x, y) for x in range(west + 1, east) for y in range(north + 1, south)]
    return [every[k] for k in rng.permutation(len(every))[:40]]


class _Server:
    def __init__(self, pid: int, port: int, backends: Callable[[], Sequence[int]]) -> None:
        self._pid = pid
        self._backends = backends
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, targets: Sequence[str]) -> tuple[int, int]:
        """Ask one after the other; give the number of requests, and of features that came."""
        features = 0
        for target in targets:
            self._connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
            answer = self._connection.getresponse()
            body = answer.read()
            if answer.status not in (200, 204):
                raise RuntimeError(f"{target}: {answer.status} {body[:300]!r}")
            if "items?" in target:
                body = gzip.decompress(body) if answer.headers.get("content-encoding") == "gzip" else body
                features += body.count(b'"Feature"')
        return len(targets), features

    def cost_ms(self, work: Callable[[], tuple[int, int]]) -> tuple[float, int]:
        """Give CPU milliseconds of a request, and the features that came."""
        before = self._cpu_s()
        n, features = work()
        return 1e3 * (self._cpu_s() - before) / n, features

    def _cpu_s(self) -> float:
        return sum(_ticks(pid) for pid in (self._pid, *self._backends())) / _CLOCK_HZ


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def _server(name: str, folder: Path, url: str) -> Iterator[_Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.bench.ogc.servers", name, str(port), str(folder), url]
    process = subprocess.Popen(command, start_new_session=True)
    with psycopg.connect(url, autocommit=True) as watching:
        others = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        try:
            _wait_for(port, process)
            yield _Server(process.pid, port, lambda: [row[0] for row in watching.execute(others)])
        finally:
            with suppress(ProcessLookupError):  # it has ended by itself
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(_START_S * 10):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not answer")


def main() -> None:
    """Do the task, print its figures."""
    _, n_grids, n_requests = sys.argv[1:]
    try:
        print(json.dumps(serving(int(n_grids), int(n_requests))))
    except NotInstalledError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()

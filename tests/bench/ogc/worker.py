"""The task in its own process: ``python -m tests.bench.ogc.worker serving GRIDS REQUESTS PYTHON`` prints its figures.

PYTHON is that of the environment with the peers; those that are not there are left out.
"""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import psycopg

from spatialgov.vector_tiles import TileLayer
from tests.bench.locate.tilings import BOX
from tests.bench.ogc.goals import ZOOMS
from tests.bench.ogc.servers import fill_database, fill_workspace, grids
from tests.postgres_cluster import NotInstalledError, running_cluster

__all__: list[str] = []

_START_S = 120
_KIND_S = 3.0
"""So long a server is asked for a kind at most, when a request takes it long."""
_MOST_TILE_MS = 1000.0
"""Where a tile takes a server longer, tiles of farther zooms, which take it even longer, are left out."""
_OURS_MORE = 5
_MOST_TILES = 30

Targets = Mapping[str, Sequence[str]]


def serving(n_grids: int, n_requests: int, python: Path) -> dict[str, float]:
    """Ask each server for the same."""
    frame = grids(n_grids)
    with tempfile.TemporaryDirectory() as name, running_cluster() as cluster:
        folder = Path(name)
        fill_workspace(folder / "town", frame)
        url = cluster.url(cluster.new_database(bare=True)).replace("postgresql+psycopg://", "postgresql://")
        fill_database(url, frame)
        figures = _ours(folder / "town", url, frame, n_requests * _OURS_MORE)
        _write_tiles(folder / "kept", frame)
        for peer, ask in {"tipg": _tipg, "pygeoapi": _pygeoapi}.items():
            try:
                figures |= ask(
                    [str(python), str(Path(__file__).with_name("peers.py")), peer], folder, url, frame, n_requests
                )
            except (RuntimeError, OSError) as error:
                print(f"  {peer}: {error}", file=sys.stderr)
    return figures


# what each is asked ---------------------------------------------------------------------------------------------------


def _ours(folder: Path, url: str, frame: gpd.GeoDataFrame, n: int) -> dict[str, float]:
    base = "/ogc/collections/grids"
    tiles = _tiles(f"{base}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}")
    with _server([sys.executable, "-m", "tests.bench.ogc.servers"], [str(folder)], url) as server:
        items = _items(base, frame["code"].tolist(), n)
        # what a server does once for an edition: read it, encode its features, lay it out for tiles
        once = [f"{base}/items?limit=10000&offset={k}" for k in range(0, len(frame), 10_000)]
        once += [items["items_bbox"][0], tiles[max(ZOOMS)][0]]
        figures = {"ours_once": server.cost_ms(once, seconds=math.inf) * len(once)}
        figures |= server.costs("ours", items)
        figures |= server.costs("ours", {f"tile_z{z}_first": found for z, found in tiles.items()}, seconds=math.inf)
        figures |= server.costs("ours", {f"tile_z{z}_second": found for z, found in tiles.items()}, seconds=math.inf)
        again = {f"tile_z{z}": (found * n)[:n] for z, found in tiles.items()}
        return figures | server.costs("ours", again)


def _tipg(command: list[str], folder: Path, url: str, frame: gpd.GeoDataFrame, n: int) -> dict[str, float]:
    base = "/collections/public.grids"
    with _server(command, [str(folder), url], url) as server:
        tiles = _tiles(f"{base}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}")
        return server.costs("tipg", _items(base, range(1, len(frame) + 1), n)) | _at_once(server, "tipg", tiles)


def _pygeoapi(command: list[str], folder: Path, url: str, frame: gpd.GeoDataFrame, n: int) -> dict[str, float]:
    base, tile = "/collections/grids", "tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt"
    with _server(command, [str(folder), url], url) as server:
        figures = server.costs("pygeoapi", _items(base, range(1, len(frame) + 1), n, "f=json"))
        figures |= _at_once(server, "pygeoapi", _tiles(f"{base}/{tile}"))
        files = {f"tile_z{z}": (found * n)[:n] for z, found in _tiles(f"/collections/kept/{tile}").items()}
        return figures | server.costs("files", files)


def _items(base: str, ids: Sequence[object], n: int, more: str = "") -> Targets:
    """Give the addresses of pages, boxes and single features."""
    rng = np.random.default_rng(0)
    tail = f"&{more}" if more else ""
    side = (BOX[2] - BOX[0]) * math.sqrt(16 / len(ids))
    corners = rng.uniform(BOX[:2], np.array(BOX[2:]) - side, (n, 2)).tolist()
    return {
        "items_1000": [
            f"{base}/items?limit=1000&offset={k}{tail}" for k in rng.integers(0, max(1, len(ids) - 1000), n).tolist()
        ],
        "items_bbox": [
            f"{base}/items?limit=100&bbox={x:.6f},{y:.6f},{x + side:.6f},{y + side:.6f}{tail}" for x, y in corners
        ],
        "item": [f"{base}/items/{ids[k]}{tail.replace('&', '?')}" for k in rng.integers(0, len(ids), n).tolist()],
    }


def _tiles(template: str) -> dict[int, list[str]]:
    """Give the addresses of some tiles of every zoom."""
    return {z: [template.format(z=z, x=x, y=y) for x, y in _places(z)] for z in ZOOMS}


def _places(z: int) -> list[tuple[int, int]]:
    """Give some tiles of a zoom that lie in the box, or those that it lies in."""

    def at(lon: float, lat: float) -> tuple[float, float]:
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
        return (lon + 180) / 360 * 2**z, y * 2**z

    (west, north), (east, south) = at(BOX[0], BOX[3]), at(BOX[2], BOX[1])
    columns = range(math.ceil(west), math.floor(east)) or range(int(west), int(east) + 1)
    rows = range(math.ceil(north), math.floor(south)) or range(int(north), int(south) + 1)
    chosen = np.random.default_rng(z).permutation(len(columns) * len(rows))[:_MOST_TILES].tolist()
    return [(columns[k % len(columns)], rows[k // len(columns)]) for k in chosen]


def _write_tiles(folder: Path, frame: gpd.GeoDataFrame) -> None:
    """Write the tiles as files, for the server that only hands them out."""
    layer = TileLayer("grids", frame.geometry.to_numpy(), frame.drop(columns="geometry"))
    for z in ZOOMS:
        for x, y in _places(z):
            path = folder / str(z) / str(x) / f"{y}.pbf"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(layer.encode(z, x, y) or b"")
    (folder / "metadata.json").write_text(json.dumps({"json": '{"vector_layers": []}'}), encoding="utf-8")


# servers --------------------------------------------------------------------------------------------------------------


def _at_once(server: "_Server", name: str, tiles: Mapping[int, Sequence[str]]) -> dict[str, float]:
    """Ask for tiles that are encoded whenever they are asked for, from near to far, as long as that is quick."""
    figures: dict[str, float] = {}
    for z in sorted(tiles, reverse=True):
        cost = server.cost_ms(tiles[z], _KIND_S)
        figures |= {f"{name}_tile_z{z}": cost, f"{name}_tile_z{z}_first": cost}
        if cost > _MOST_TILE_MS:
            break
    return figures


class _Server:
    def __init__(self, group: int, port: int, backends: Callable[[], Sequence[int]]) -> None:
        self._group = group
        self._backends = backends
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def costs(self, name: str, kinds: Targets, seconds: float = _KIND_S) -> dict[str, float]:
        """Give the cost of each kind, under the server's name."""
        return {f"{name}_{kind}": self.cost_ms(targets, seconds) for kind, targets in kinds.items()}

    def cost_ms(self, targets: Sequence[str], seconds: float) -> float:
        """Ask one after the other, as long as there is time; give CPU milliseconds of a request."""
        before, begun, n = self._cpu_s(), time.monotonic(), 0
        for target in targets:
            self._ask(target)
            n += 1
            if time.monotonic() - begun > seconds:
                break
        return 1e3 * (self._cpu_s() - before) / n

    def _ask(self, target: str) -> None:
        headers = {"Accept-Encoding": "gzip" if "/tiles/" in target else "identity"}
        self._connection.request("GET", target, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"{target}: {answer.status} {body[:300]!r}")
        if "limit=1000&" in target and (found := body.count(b'"Feature"')) != 1000:
            raise RuntimeError(f"{target}: {found} features")

    def _cpu_s(self) -> float:
        """Give the CPU time that the server and the backends of PostgreSQL have taken."""
        pids = [pid for pid in _pids() if _group_of(pid) == self._group]
        return sum(time.clock_gettime(_clock_of(pid)) for pid in (*pids, *self._backends()))


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:  # it has ended
        return None


def _clock_of(pid: int) -> int:
    """Give the clock that counts the CPU time of a process (clock_getcpuclockid of Linux)."""
    return ~pid << 3 | 2


@contextmanager
def _server(command: Sequence[str], arguments: Sequence[str], url: str) -> Iterator[_Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, str(port), *arguments], start_new_session=True)
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
    _, n_grids, n_requests, python = sys.argv[1:]
    try:
        print(json.dumps(serving(int(n_grids), int(n_requests), Path(python))))
    except NotInstalledError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()

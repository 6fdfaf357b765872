"""``python -m tests.bench.locate.service``: lookups over HTTP beside FastAPI's own empty route on the same server."""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from fastapi import FastAPI

from spatialgov.workspace import Workspace
from spatialgov.workspace.demo import run_demo

__all__ = ["empty", "measure", "report"]

LOCATE = "/api/v1/locate"
PLACE = "lon=116.61&lat=33.915"
_CONNECTIONS = 16
_POINTS = 100_000
_CLOCK_HZ = os.sysconf("SC_CLK_TCK")


def empty() -> FastAPI:
    """Make the peer: a FastAPI application with one route that has nothing to do."""
    app = FastAPI()

    @app.get("/empty")
    async def nothing() -> dict[str, int]:
        return {"grid": 123}

    return app


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk and the clock say: requests a second, the 99th percentile, CPU seconds of the server a request."""

    per_second: float
    p99_ms: float
    cpu_us: float


def measure(folder: Path, *, seconds: int, rounds: int) -> dict[str, Any]:
    """Give the median figures of both servers, run in turn, and the cost of many points in one request."""
    with Workspace.open(folder) as workspace:
        for line in run_demo(workspace):
            print(line, file=sys.stderr)
    serve = [sys.executable, "-m", "tests.bench.locate.service", "--serve"]
    loads: dict[str, list[Load]] = {}
    with _server([*serve, "empty"]) as peer, _server([*serve, str(folder)]) as ours:
        for _ in range(rounds):
            loads.setdefault("empty", []).append(_load(peer, "/empty", seconds))
            for datum in ("wgs84", "gcj02"):
                loads.setdefault(datum, []).append(_load(ours, f"{LOCATE}?{PLACE}&datum={datum}", seconds))
        bulk = _bulk(ours, rounds)
    return {"loads": {name: _median(found) for name, found in loads.items()}, "bulk": bulk}


def report(figures: dict[str, Any]) -> str:
    """Give the tables as Markdown."""
    loads, bulk = figures["loads"], figures["bulk"]
    peer = loads["empty"]
    names = {"empty": "FastAPI, empty JSON route", "wgs84": "ours, WGS 84", "gcj02": "ours, GCJ-02"}
    lines = [
        "# Lookups over HTTP",
        "",
        "Written by `make bench-locate`: `GET /api/v1/locate` on the sample city beside a FastAPI application whose",
        "one route has nothing to do. Both run in uvicorn with one worker (ours with the short path of",
        "`spatialgov_api.http_protocol`, as `spatialgov serve` runs it), one after the other",
        f"in each of several rounds, asked by wrk over {_CONNECTIONS} connections on the same machine; medians.",
        "",
        "Must hold: 3.5 × the requests a second of the empty route, and a 99th percentile no worse than its.",
        "",
        "## One location",
        "",
        "| | requests a second | × | p99 ms | CPU µs a request |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, load in loads.items():
        ratio = load.per_second / peer.per_second
        lines.append(
            f"| {names[name]} | {load.per_second:,.0f} | {ratio:.2f} | {load.p99_ms:.2f} | {load.cpu_us:.0f} |"
        )
    lines += [
        "",
        f"## {_POINTS:,} points in one request",
        "",
        "Must hold: 3 × the cost of parsing the body alone. Arrow has nothing to parse.",
        "",
        "| body | parsing it alone, ms | the server's CPU, ms | × |",
        "| --- | --- | --- | --- |",
    ]
    for kind, (alone, whole) in bulk.items():
        lines.append(f"| {kind} | {alone:.1f} | {whole:.1f} | {whole / alone:.2f} |")
    return "\n".join(lines) + "\n"


@contextmanager
def _server(command: list[str]) -> Iterator["_Server"]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([*command, "--port", str(port)], start_new_session=True)
    server = _Server(f"http://127.0.0.1:{port}", process.pid)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{server.url}/openapi.json", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, slots=True)
class _Server:
    url: str
    pid: int

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _CLOCK_HZ


def _load(server: _Server, path: str, seconds: int) -> Load:
    urllib.request.urlopen(server.url + path).close()
    before = server.cpu_s()
    command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}", "--latency", server.url + path]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cpu_s = server.cpu_s() - before
    if "Non-2xx" in said:
        raise RuntimeError(said)
    requests = int(_only(r"(\d+) requests in", said)[0])
    p99, unit = _only(r"99%\s+([\d.]+)(us|ms|s)", said)
    per_second = float(_only(r"Requests/sec:\s+([\d.]+)", said)[0])
    return Load(per_second, float(p99) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit], 1e6 * cpu_s / requests)


def _only(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(text)
    return found.groups()


class _Columns(msgspec.Struct):
    datum: str
    lon: list[float]
    lat: list[float]


class _Point(msgspec.Struct):
    lon: float
    lat: float


def _bulk(server: _Server, rounds: int) -> dict[str, tuple[float, float]]:
    """Give for each kind of body what parsing it costs, and what the server spends on the request, CPU ms."""
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(116.57, 116.63, _POINTS), rng.uniform(33.88, 33.93, _POINTS)
    lines = "".join(f'{{"lon": {x}, "lat": {y}}}\n' for x, y in zip(lon.tolist(), lat.tolist(), strict=True))
    sink = pa.BufferOutputStream()
    table = pa.table({"lon": lon, "lat": lat})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    columns = json.dumps({"datum": "wgs84", "lon": lon.tolist(), "lat": lat.tolist()}).encode()
    kinds: dict[str, tuple[str, bytes, Any]] = {
        "JSON columns": ("application/json", columns, msgspec.json.Decoder(_Columns).decode),
        "NDJSON": ("application/x-ndjson", lines.encode(), msgspec.json.Decoder(_Point).decode_lines),
        "Arrow": (
            "application/vnd.apache.arrow.stream",
            sink.getvalue().to_pybytes(),
            lambda body: pa.ipc.open_stream(body).read_all(),
        ),
    }
    result = {}
    for name, (media_type, body, parse) in kinds.items():
        alone, whole = [], []
        request = urllib.request.Request(
            f"{server.url}{LOCATE}?datum=wgs84", data=body, headers={"content-type": media_type}
        )
        for _ in range(rounds):
            begun = time.process_time()
            for _ in range(20):
                parse(body)
            alone.append((time.process_time() - begun) * 50)
            before = server.cpu_s()
            for _ in range(20):
                with urllib.request.urlopen(request) as answer:
                    answer.read()
            whole.append((server.cpu_s() - before) * 50)
        result[name] = (median(alone), median(whole))
    return result


def _median(found: list[Load]) -> Load:
    return Load(*(median(getattr(load, name) for load in found) for name in ("per_second", "p99_ms", "cpu_us")))


def _serve(what: str, port: int) -> None:
    """Serve as ``spatialgov serve`` does: the same server with the same settings for both."""
    import uvicorn

    from spatialgov_api import LookupProtocol, Settings, create_app

    if what == "empty":
        uvicorn.run(empty(), port=port, log_level="warning", access_log=False)
    else:
        app = create_app(Settings(data_dir=Path(what)))
        uvicorn.run(app, http=LookupProtocol, port=port, log_level="warning", access_log=False)


def main() -> None:
    """Measure and print; with ``--serve`` be one of the servers."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.locate.service", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="of each run of wrk (default 10)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (default 3); medians are shown")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.serve:
        _serve(wanted.serve, wanted.port)
        return
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed; on Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        page = report(measure(Path(folder), seconds=wanted.seconds, rounds=wanted.rounds))
    if wanted.report:
        wanted.report.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()

"""``python -m tests.soak.load``: a server under mixed traffic at half the rate that it can bear, with publications.

It finds the saturating rate first. Then, for as long as it is told to, requests are sent at half of it, on time
whether or not earlier ones are answered; a plan is published every minute and a job is asked for every half minute.
It must hold that no request fails, that a publication is seen by all lookups a second later, that every job is done,
and that the workers' memory does not grow.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spatialgov.workspace import Workspace
from spatialgov.workspace.demo import run_demo

__all__ = ["Soak", "Verdict", "soak"]

FRESH_S = 1.0
"""So long after its publication an edition must be the one that all lookups are answered from."""

MOST_GROWTH = 0.05
"""Growth of a worker's memory, from a straight line through the second half, as a share of it: more is a leak."""

_CONNECTIONS = 32
_FASTER = 1.1
"""A server whose rate rises by more than this from one measurement to the next is still warming up."""
_MOST_WAITING = 2_000
_KEPT_S = 3.0
"""Connections that rest longer are not used again: the server closes them after five seconds."""

_MIX: tuple[tuple[str, float], ...] = (
    ("locate", 80),
    ("locate many", 8),
    ("locate, the long way", 4),
    ("plans", 2),
    ("heatmap", 2),
    ("grids", 2),
    ("jobs", 1),
    ("metrics", 1),
)
_JOBS: tuple[dict[str, Any], ...] = (
    {"kind": "partition", "options": {"effort": "quick", "within": "community_code"}},
    {"kind": "export", "options": {"what": "plan", "plan": 1, "format": "gpkg"}},
    {"kind": "hot_spots", "options": {"resolution": 9}},
    {"kind": "coverage"},
    {"kind": "check", "options": {"plan": 2}},
)


@dataclass(slots=True)
class Verdict:
    """What was measured."""

    seconds: float = 0.0
    saturating_rate: float = 0.0
    rate: float = 0.0
    requests: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    editions: int = 0
    jobs: int = 0
    latency_s: dict[str, "array[float]"] = field(default_factory=dict)
    resident_mb: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    client_cpu: float = 0.0

    def growth(self) -> dict[int, float]:
        """Give for each worker how much a line through the second half of its memory rises, as a share of its mean."""
        found = {}
        for pid, samples in self.resident_mb.items():
            at, resident = np.array(samples[len(samples) // 2 :]).T
            slope = np.polyfit(at, resident, 1)[0] if len(at) > 2 else 0.0
            found[pid] = float(slope * (at[-1] - at[0]) / resident.mean())
        return found

    def holds(self) -> bool:
        """Whether all that must hold does."""
        return not self.errors and all(growth <= MOST_GROWTH for growth in self.growth().values())

    def report(self) -> str:
        """Give the figures as Markdown."""
        lines = [
            f"{self.seconds / 60:.1f} minutes, {self.requests:,} requests at {self.rate:,.0f} a second; saturated at "
            f"{self.saturating_rate:,.0f}. {self.editions} publications, {self.jobs} jobs. The client took "
            f"{self.client_cpu:.0%} of a processor.",
            "",
            f"Errors: {dict(self.errors) or 'none'}.",
            "",
            "| request | n | p50 ms | p99 ms | most ms |",
            "| --- | --- | --- | --- | --- |",
        ]
        for name, taken in sorted(self.latency_s.items()):
            p50, p99, most = 1e3 * np.quantile(taken, [0.5, 0.99, 1])
            lines.append(f"| {name} | {len(taken):,} | {p50:.2f} | {p99:.2f} | {most:.0f} |")
        lines += ["", "| worker | MB at first | MB at last | growth in the second half |", "| --- | --- | --- | --- |"]
        for number, (pid, growth) in enumerate(self.growth().items(), 1):
            samples = self.resident_mb[pid]
            lines.append(f"| {number} | {samples[0][1]:.0f} | {samples[-1][1]:.0f} | {growth:+.1%} |")
        return "\n".join(lines) + "\n"


class _Client:
    """Connections that are kept, and as little work a request as will do."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Give status and body of an answer."""
        reader, writer = await self._connection()
        about = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n" if method != "GET" else ""
        writer.write(f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n{about}\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        content = await reader.readexactly(int(length[1]) if length else 0)
        if b"connection: close" in answer.lower():
            writer.close()
        else:
            self._idle.append((time.monotonic(), reader, writer))
        return int(answer[9:12]), content

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            since, reader, writer = self._idle.pop()
            if time.monotonic() - since < _KEPT_S:
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)

    def close(self) -> None:
        """Close all connections."""
        for _, _, writer in self._idle:
            writer.close()


class Soak:
    """The traffic on one server."""

    def __init__(self, port: int, bounds: tuple[float, float, float, float], seed: int = 0) -> None:
        self._client = _Client(port)
        self._random = random.Random(seed)
        self._bounds = bounds
        self._names, self._weights = zip(*_MIX, strict=True)
        self._newest: tuple[int, float] = (0, 0.0)
        self._in_flight = 0
        self.verdict = Verdict()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    async def saturate(self, seconds: float) -> None:
        """Find out how many requests a second are answered when each connection asks again at once.

        A server that has just begun compiles and opens what it answers from; so it is asked until it gets no faster.
        """
        before = 0.0
        while (rate := await self._saturating_rate(seconds)) > _FASTER * before:
            before = rate
        self.verdict.saturating_rate = max(rate, before)
        self.verdict.latency_s.clear()
        self.verdict.requests = 0

    async def _saturating_rate(self, seconds: float) -> float:
        end, asked = time.monotonic() + seconds, 0

        async def ask_on() -> None:
            nonlocal asked
            while time.monotonic() < end:
                await self._one(self._random.choices(self._names, self._weights)[0], time.monotonic())
                asked += 1

        await asyncio.gather(*(ask_on() for _ in range(_CONNECTIONS)))
        return asked / seconds

    async def run(self, seconds: float, rate: float, *, publish_s: float, job_s: float, pids: list[int]) -> None:
        """Send requests at a rate, publish, and ask for jobs."""
        self.verdict.rate = rate
        begun, cpu = time.monotonic(), time.process_time()
        end = begun + seconds
        beside = [
            asyncio.create_task(self._repeat(end, publish_s, self._publish)),
            asyncio.create_task(self._repeat(end, job_s, self._job)),
            asyncio.create_task(self._repeat(end, max(seconds / 360, 0.5), self._sample(pids, begun))),
        ]
        sent: set[asyncio.Task[None]] = set()
        for number in range(int(seconds * rate)):
            due = begun + number / rate
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            if self._in_flight > _MOST_WAITING:
                self.verdict.errors["left unsent: too many wait for an answer"] += 1
                continue
            name = self._random.choices(self._names, self._weights)[0]
            task = asyncio.create_task(self._one(name, due))
            sent.add(task)
            task.add_done_callback(sent.discard)
        await asyncio.gather(*sent, *beside)
        self.verdict.seconds = time.monotonic() - begun
        self.verdict.client_cpu = (time.process_time() - cpu) / self.verdict.seconds

    async def _repeat(self, end: float, every_s: float, do: Callable[[int], Any]) -> None:
        number = 0
        while time.monotonic() < end:
            due = time.monotonic() + every_s
            await do(number)
            number += 1
            await asyncio.sleep(max(0.0, min(due, end) - time.monotonic()))

    def _sample(self, pids: list[int], begun: float) -> Callable[[int], Any]:
        async def sample(_number: int) -> None:
            for pid in pids:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                at = (time.monotonic() - begun, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
                self.verdict.resident_mb.setdefault(pid, []).append(at)

        return sample

    async def _publish(self, number: int) -> None:
        status, body = await self._client.ask("POST", f"/api/v1/plans/{1 + number % 2}/publish")
        if status != 201:
            self.verdict.errors[f"publish: {status} {body[:200]!r}"] += 1
            return
        self._newest = json.loads(body)["edition"], time.monotonic()
        self.verdict.editions += 1

    async def _job(self, number: int) -> None:
        status, body = await self._client.ask("POST", "/api/v1/jobs", json.dumps(_JOBS[number % len(_JOBS)]).encode())
        job = json.loads(body)
        while status in (200, 202) and job["ended_at"] is None:
            await asyncio.sleep(0.5)
            status, body = await self._client.ask("GET", f"/api/v1/jobs/{job['id']}")
            job = json.loads(body)
        if job.get("state") == "done":
            self.verdict.jobs += 1
        else:
            self.verdict.errors[f"job: {status} {body[:300]!r}"] += 1

    async def _one(self, name: str, due: float) -> None:
        """Send a request and note how long after it was due it was answered."""
        method, path, content = self._request(name)
        self._in_flight += 1
        asked = time.monotonic()
        try:
            status, answer = await self._client.ask(method, path, content)
        except (OSError, EOFError) as error:
            self.verdict.errors[f"{name}: {type(error).__name__}"] += 1
            return
        finally:
            self._in_flight -= 1
        if status not in (200, 404) or (status == 404 and name not in ("locate", "locate, the long way")):
            self.verdict.errors[f"{name}: {status}"] += 1
        elif name == "locate" and status == 200:
            edition, since = self._newest
            if json.loads(answer)["edition"] < edition and asked - since > FRESH_S:
                self.verdict.errors["an edition that was replaced more than a second ago"] += 1
        self.verdict.requests += 1
        self.verdict.latency_s.setdefault(name, array("d")).append(time.monotonic() - due)

    def _request(self, name: str) -> tuple[str, str, bytes]:
        lon, lat = self._place()
        if name == "locate":
            return "GET", f"/api/v1/locate?lon={lon}&lat={lat}&datum=wgs84", b""
        if name == "locate, the long way":
            return "GET", f"/api/v1/locate?lat={lat}&lon={lon}&datum=gcj02&lang=zh", b""
        if name == "locate many":
            places = [self._place() for _ in range(100)]
            body = {"datum": "wgs84", "lon": [x for x, _ in places], "lat": [y for _, y in places]}
            return "POST", "/api/v1/locate", json.dumps(body).encode()
        path = {"plans": "/api/v1/plans", "heatmap": "/api/v1/heatmap", "grids": "/api/v1/grids?limit=50"}
        return "GET", path.get(name) or {"jobs": "/api/v1/jobs?limit=10", "metrics": "/metrics"}[name], b""

    def _place(self) -> tuple[float, float]:
        west, south, east, north = self._bounds
        return round(self._random.uniform(west, east), 6), round(self._random.uniform(south, north), 6)


@asynccontextmanager
async def _server(folder: Path, workers: int) -> AsyncIterator[tuple[int, list[int]]]:
    """Serve a folder; gives the port and the processes that answer."""
    script = Path(sys.executable).with_name("spatialgov")
    command = [script, "serve", "--port", "0", "--data-dir", folder, "--workers", str(workers)]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(list(map(str, command)), stderr=log, start_new_session=True)
        try:
            port = await _port(log)
            client = _Client(port)
            for _ in range(workers * 20):  # until each of them has loaded what it needs
                await _ready(client)
            client.close()
            yield port, _workers(process.pid) if workers > 1 else [process.pid]
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            log.seek(0)
            print(log.read(), file=sys.stderr)


async def _port(log: Any) -> int:
    for _ in range(1200):
        log.seek(0)
        if found := re.search(r"127\.0\.0\.1:(\d+)/", log.read()):
            return int(found[1])
        await asyncio.sleep(0.1)
    raise RuntimeError("the server did not begin")


async def _ready(client: _Client) -> None:
    for _ in range(1200):
        try:
            if (await client.ask("GET", "/readyz"))[0] == 200:
                return
        except (OSError, EOFError):
            pass
        await asyncio.sleep(0.1)
    raise RuntimeError("the server never answered")


def _workers(server: int) -> list[int]:
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return [int(pid) for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]


async def soak(
    folder: Path, *, seconds: float, saturate_s: float, workers: int, publish_s: float, job_s: float
) -> Verdict:
    """Load the server of a folder that holds the sample city; gives what was measured."""
    with Workspace.open(folder) as workspace:
        west, south, east, north = workspace.store.edition_grids(workspace.store.edition().id).total_bounds
    async with _server(folder, workers) as (port, pids):
        traffic = Soak(port, (float(west), float(south), float(east), float(north)))
        try:
            await traffic.saturate(saturate_s)
            half = traffic.verdict.saturating_rate / 2
            await traffic.run(seconds, half, publish_s=publish_s, job_s=job_s, pids=pids)
        finally:
            traffic.close()
    return traffic.verdict


def main() -> int:
    """Run it on the sample city and say whether all holds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spatialgov-soak-") as folder:
        with Workspace.open(folder) as workspace:
            for line in run_demo(workspace):
                print(line, file=sys.stderr)
        verdict = asyncio.run(
            soak(
                Path(folder),
                seconds=60 * options.minutes,
                saturate_s=20,
                workers=options.workers,
                publish_s=60,
                job_s=30,
            )
        )
    print(verdict.report())
    print("holds" if verdict.holds() else "DOES NOT HOLD")
    return 0 if verdict.holds() else 1


if __name__ == "__main__":
    sys.exit(main())

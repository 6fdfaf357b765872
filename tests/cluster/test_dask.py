"""A scheduler and two workers, each with an address of its own: the work ends well whichever of them is lost."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from distributed import Client

from spatialgov.bulk import run
from tests.cluster.network import Network, Node, wait_until
from tests.cluster.slow_sums import SlowSums

UNITS = Path(__file__).parents[2] / "deploy" / "several-hosts"


@dataclass
class Dask:
    """The scheduler and its workers, run as their units say; a worker that ends is started anew, as systemd does."""

    folder: Path
    scheduler: Node
    workers: list[Node]
    _processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"tcp://{self.scheduler.address}:8786"

    def command(self, unit: str, node: Node) -> str:
        text = (UNITS / unit).read_text(encoding="utf-8")
        found = re.search(r"^ExecStart=((?:.*\\\n)*.*)$", text, re.MULTILINE)
        assert found is not None
        command = found[1].replace("\\\n", " ")
        for name, value in {
            "/opt/spatialgov/bin/dask": f"{shlex.quote(sys.executable)} -m dask",
            "${SCHEDULER_ADDRESS}": self.scheduler.address,
            "${WORKER_ADDRESS}": node.address,
            "${WORKER_MEMORY}": "1GB",
            "%H-%i": node.name,
            "/var/cache/spatialgov/dask-%i": str(self.folder / f"local-{node.name}"),
        }.items():
            command = command.replace(name, value)
        return command

    def start(self, unit: str, node: Node) -> None:
        again = f"while :; do {self.command(unit, node)}; sleep 1; done"
        root = str(Path(__file__).parents[2])
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
        log = self.folder / f"{node.name}.log"
        self._processes[node.name] = node.start("sh", "-c", again, log=log, env=env)

    def kill(self, node: Node) -> None:
        """Kill what runs on a node with SIGKILL; it is not started anew."""
        os.killpg(self._processes[node.name].pid, signal.SIGKILL)

    def wait(self, n_workers: int) -> None:
        for _ in wait_until(f"{n_workers} workers", 90):
            try:
                with closing(Client(self.address, timeout=5, set_as_default=False)) as client:
                    if len(client.scheduler_info(n_workers=-1)["workers"]) == n_workers:
                        break
            except OSError:
                continue


@pytest.fixture(scope="module")
def dask(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    made = Dask(
        tmp_path_factory.mktemp("dask"), net.node("scheduler"), [net.node(name) for name in ("worker1", "worker2")]
    )
    made.start("dask-scheduler.service", made.scheduler)
    for worker in made.workers:
        made.start("dask-worker@.service", worker)
    made.wait(2)
    yield made
    for node in [*made.workers, made.scheduler]:
        made.kill(node)


class Running:
    """A job that runs beside the test."""

    def __init__(self, dask: Dask, n_parts: int, takes_s: float) -> None:
        self.job = SlowSums(n_parts, takes_s)
        self.done: list[int] = []
        self.came: list[str] = []
        self._thread = threading.Thread(target=self._run, args=(dask,))
        self._thread.start()

    def _run(self, dask: Dask) -> None:
        told = lambda done, _all: self.done.append(done)  # noqa: E731
        self.came.append(run(self.job, dask.folder / "parts", cluster=dask.address, memory=10**6, progress=told))

    def reached(self, n: int) -> None:
        for _ in wait_until(f"{n} parts are done", 90):
            if self.done and self.done[-1] >= n:
                break

    def result(self) -> str:
        self._thread.join(timeout=180)
        assert self.came, "the job has not ended"
        return self.came[0]


def plain(n_parts: int, folder: Path) -> str:
    return str(run(SlowSums(n_parts, 0.0), folder))


def test_a_worker_that_is_cut_off_for_half_a_minute(dask: Dask, tmp_path: Path) -> None:
    running = Running(dask, 60, 0.8)
    running.reached(6)
    dask.workers[0].cut_off()
    begun = time.monotonic()
    time.sleep(30)
    dask.workers[0].connect()
    assert running.result() == plain(60, tmp_path)
    print(f"cut off for 30 s: ended {time.monotonic() - begun:.0f} s after it began")


def test_a_scheduler_that_is_restarted(dask: Dask, tmp_path: Path) -> None:
    dask.wait(2)
    running = Running(dask, 40, 0.5)
    running.reached(6)
    dask.kill(dask.scheduler)
    begun = time.monotonic()
    time.sleep(2)
    dask.start("dask-scheduler.service", dask.scheduler)
    assert running.result() == plain(40, tmp_path)
    print(f"scheduler killed: ended {time.monotonic() - begun:.0f} s after that")

"""A scheduler and its workers as processes, each of which fails once: the table comes out as of one machine.

Minutes: part of ``make test-cluster``, not of ``make test``.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatialgov.bulk import Part, run
from spatialgov.errors import ClusterError
from spatialgov.locate import Locator, locate_file, point_tables
from spatialgov.locate.in_parts import LocateFile

pytestmark = pytest.mark.skipif(not os.environ.get("SPATIALGOV_TEST_CLUSTER"), reason="make test-cluster")

ROOT = Path(__file__).parents[2]
SIDE = 8


@dataclass(frozen=True)
class Slowly(LocateFile):
    """As it is, but slow enough to be disturbed."""

    seconds: float = 0.3

    def work(self, part: Part, result: Path) -> Mapping[str, Any]:
        time.sleep(self.seconds)
        return super().work(part, result)


@dataclass
class Cluster:
    """Processes of Dask on this machine."""

    folder: Path
    port: int
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        if name == "scheduler":
            arguments = ["scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        else:
            arguments = ["worker", self.address, "--nthreads", "1", "--memory-limit", "1GB", "--no-nanny"]
            arguments += ["--no-dashboard", "--name", name, "--local-directory", str(self.folder)]
        paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "dask", *arguments]
        with (self.folder / f"{name}.log").open("ab") as log:
            env = os.environ | {"PYTHONPATH": paths}
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=env)

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        self.processes[name].send_signal(number)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Cluster(tmp_path, port)
    made.start("scheduler")
    yield made
    for name in list(made.processes):
        made.kill(name)


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a locator of 64 grids, a table of points and the same table located."""
    folder = tmp_path_factory.mktemp("points")
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    grids = gpd.GeoDataFrame(
        {"code": [f"110101001001{i:03d}" for i in range(SIDE**2)], "parent_code": "110101001001"},
        geometry=shapely.box(column, row, column + 1, row + 1),
        crs=4326,
    )
    Locator.build(grids).save(folder / "grids.locator")
    lon, lat = np.random.default_rng(0).uniform(-1, SIDE + 1, (2, 4000)).round(5)
    lines = (f"{i},{x},{y}\n" for i, (x, y) in enumerate(zip(lon, lat, strict=True)))
    (folder / "points.csv").write_text("id,lon,lat\n" + "".join(lines))
    locate_file(Locator.open(folder / "grids.locator"), folder / "points.csv", folder / "whole.csv", datum="gcj02")
    return folder


def job(points: Path, target: Path, seconds: float = 0.3) -> Slowly:
    return Slowly(points / "grids.locator", points / "points.csv", target, "gcj02", seconds=seconds)


def ask() -> None:
    """Have a table located; what this process is started with says where, and by whom."""
    points, target, kept, address = sys.argv[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(point_tables, "_CSV_PIECE", 4000)
        asked = job(Path(points), Path(target))
        run(asked, Path(kept), cluster=address, progress=lambda done, of: print(done, of, flush=True))


def located(
    cluster: Cluster,
    points: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    disturb: Callable[[], None] = lambda: None,
) -> list[int]:
    """Locate in some twenty parts, disturbed after the fifth; the table must be that of one machine."""
    monkeypatch.setattr(point_tables, "_CSV_PIECE", 4000)
    told: list[int] = []
    disturbing = threading.Thread(target=disturb)

    def progress(done: int, _total: int) -> None:
        told.append(done)
        if len(told) == 5:
            disturbing.start()

    run(job(points, tmp_path / "parts.csv"), tmp_path / "kept", cluster=cluster.address, progress=progress)
    disturbing.join()
    assert (tmp_path / "parts.csv").read_bytes() == (points / "whole.csv").read_bytes()
    assert not (tmp_path / "kept").exists()
    return told


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_however_many_workers(
    cluster: Cluster, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    for i in range(workers):
        cluster.start(f"worker-{i}")
    told = located(cluster, points, tmp_path, monkeypatch)
    assert told == list(range(len(told)))


def test_a_worker_is_killed(cluster: Cluster, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.start("worker-0")
    cluster.start("worker-1")
    located(cluster, points, tmp_path, monkeypatch, lambda: cluster.kill("worker-0"))


def test_a_worker_is_cut_off_and_comes_back(
    cluster: Cluster, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off() -> None:
        cluster.signal("worker-0", signal.SIGSTOP)
        time.sleep(15)
        cluster.signal("worker-0", signal.SIGCONT)

    cluster.start("worker-0")
    cluster.start("worker-1")
    located(cluster, points, tmp_path, monkeypatch, cut_off)


def test_the_scheduler_is_started_anew(
    cluster: Cluster, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restart() -> None:
        cluster.kill("scheduler")
        time.sleep(2)
        cluster.start("scheduler")
        cluster.kill("worker-0")  # which has ended by itself; systemd would start it anew
        cluster.start("worker-0")

    cluster.start("worker-0")
    told = located(cluster, points, tmp_path, monkeypatch, restart)
    assert told == sorted(told)


def test_the_one_who_asks_is_killed(
    cluster: Cluster, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.start("worker-0")
    code = f"from {__name__} import ask; ask()"
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    asking = subprocess.Popen(
        [sys.executable, "-c", code, points, tmp_path / "parts.csv", tmp_path / "kept", cluster.address],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert asking.stdout is not None
    for _ in range(6):
        asking.stdout.readline()
    asking.kill()
    asking.wait()
    asking.stdout.close()
    told = located(cluster, points, tmp_path, monkeypatch)
    assert told[0] >= 5


def test_nobody_comes_back(cluster: Cluster, points: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster.start("worker-0")
    with monkeypatch.context() as impatient:

        def end() -> None:
            impatient.setattr("spatialgov.bulk.on_dask._WAIT_S", 3.0)
            impatient.setattr("spatialgov.bulk.on_dask._GIVE_UP_S", 5.0)
            cluster.kill("scheduler")

        with pytest.raises(ClusterError, match="parts are left"):
            located(cluster, points, tmp_path, monkeypatch, end)
    cluster.kill("worker-0")
    cluster.start("scheduler")
    cluster.start("worker-0")
    assert located(cluster, points, tmp_path, monkeypatch)[0] >= 4

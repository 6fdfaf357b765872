"""Dask workers of one thread, each on a core of its own; their CPU time and their memory."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from distributed import Client, LocalCluster

from spatialgov.locate import Locator

__all__ = ["Dask", "cpu_s_of", "dask", "forget_peak", "peak_mb_of"]

_CLOCK_HZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Dask:
    """A scheduler's address, and the process numbers of its workers."""

    address: str
    workers: Sequence[int]


@contextmanager
def dask(n: int, place: Path, locator: Path, memory: str = "4GB") -> Iterator[Dask]:
    """Give a cluster of n workers on this machine that have a locator open already and have compiled what it takes."""
    with (
        LocalCluster(
            n_workers=n,
            threads_per_worker=1,
            processes=True,
            memory_limit=memory,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=os.fspath(place / "dask"),
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        workers = sorted(client.run(os.getpid).values())
        client.run(_warm, os.fspath(locator))
        for worker, core in zip(workers, sorted(os.sched_getaffinity(0)), strict=False):
            for thread in Path(f"/proc/{worker}/task").iterdir():
                os.sched_setaffinity(int(thread.name), {core})
        yield Dask(cluster.scheduler_address, workers)


def _warm(path: str) -> None:
    """Import and compile what parts are done with."""
    import_module("spatialgov.locate.in_parts")
    import_module("spatialgov.bulk.apart")
    locator = Locator.open(path)
    locator.find_many([0.0], [0.0], "gcj02")
    locator.border_m([0.0], [0.0])


def cpu_s_of(processes: Sequence[int]) -> float:
    """Give the CPU seconds of processes so far, with those of children that have ended."""
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _CLOCK_HZ


def forget_peak(process: int) -> None:
    """Let the highest mark of a process's memory start anew."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


def peak_mb_of(process: int) -> float:
    """Give the most memory that a process had at once, mapped files included."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6

"""The parts of a job on a Dask cluster."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager

import spatialgov
from spatialgov.bulk.apart import do_apart
from spatialgov.bulk.crew import FOR_PARTS, Crew
from spatialgov.bulk.job import Job, Part
from spatialgov.bulk.kept import Kept
from spatialgov.errors import ClusterError
from spatialgov.language import current_language, t
from spatialgov.time_limit import check_time

try:
    from distributed import Client, Future, wait
    from distributed.comm.core import CommClosedError
    from distributed.scheduler import KilledWorker
except ModuleNotFoundError as missing:
    raise ClusterError(
        t("Dask is not installed here.", "此处未安装 Dask。"),
        remedy=t("Install it: pip install 'spatialgov[cluster]'.", "请安装：pip install 'spatialgov[cluster]'。"),
    ) from missing

__all__ = ["crew_of", "do_on_cluster"]

_WAIT_S = 30.0
"""So long a scheduler, and its first worker, are waited for."""
_GIVE_UP_S = 300.0
"""So long it goes on without a single part done while the scheduler comes and goes."""
_AGAIN_S = 1.0
_LOOK_S = 2.0
"""So often it looks whether there is still a worker."""
_UNLIMITED = 2**31
"""Bytes for a part where a worker says nothing of its memory."""

_LOST = (CommClosedError, CancelledError, OSError, TimeoutError)
"""What a client says when its scheduler is gone, or has no worker."""


def crew_of(address: str) -> Crew:
    """Give the workers of a scheduler: a thread of each does a part at a time, in its share of the memory.

    Raises
    ------
    ClusterError
        When there is no scheduler or no worker.
    """
    try:
        with _connected(address) as client:
            workers = list(client.scheduler_info(n_workers=-1)["workers"].values())
    except _LOST as error:
        raise _lost(address, None, str(error)) from error
    threads = [int(worker["nthreads"]) for worker in workers]
    shares = [
        int(FOR_PARTS * worker["memory_limit"] / n) if worker["memory_limit"] else _UNLIMITED
        for worker, n in zip(workers, threads, strict=True)
    ]
    return Crew(sum(threads), min(shares), min(shares))


def do_on_cluster(address: str, job: Job, kept: Kept, parts: Sequence[Part], done: Callable[[], None]) -> None:
    """Have parts done by the workers of a scheduler; `done` is called after each.

    A worker that is lost has its parts done by the others. When the scheduler is lost, what is left is sent to the one
    that takes its place at the same address.

    Raises
    ------
    ClusterError
        When there is no scheduler or no worker, a part ends every worker that begins it, or a worker leaves its results
        where they are not seen here. What was done is kept.
    SpatialGovError
        What a part raises.
    """
    left = {part.number: part for part in parts}
    since, reached = time.monotonic(), False
    while left:
        before = len(left)
        try:
            with _connected(address) as client:
                reached = True
                _send(client, job, kept, left, done)
        except _LOST as error:
            if len(left) < before:
                since = time.monotonic()
            if time.monotonic() - since > (_GIVE_UP_S if reached else _WAIT_S):
                raise _lost(address, len(left), str(error)) from error
            time.sleep(_AGAIN_S)


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Connect with a scheduler that has a worker."""
    with (
        Client(address, timeout=_WAIT_S, set_as_default=False, name="spatialgov") as client,
        client.as_current(),  # for `wait`
    ):
        client.wait_for_workers(1, timeout=_WAIT_S)
        yield client


def _send(client: Client, job: Job, kept: Kept, left: dict[int, Part], done: Callable[[], None]) -> None:
    """Send what is left, and take it off as it is done."""
    ours = current_language(), spatialgov.__version__
    # a worker may still be doing the same in another folder, for somebody who was killed: not to be taken for this
    name = f"{kept.place.name}-{hashlib.sha256(str(kept.place).encode()).hexdigest()[:8]}"
    waiting = {
        client.submit(do_apart, job, kept, part, *ours, key=f"{name}-{part.number:06d}", pure=False): part
        for part in left.values()
    }
    worked = time.monotonic()
    try:
        while waiting:
            check_time()
            for future in _finished(list(waiting)):
                part = waiting.pop(future)
                if future.status == "error":  # a result is not asked for: the worker that has it may be gone
                    raise _told(part.number, future.exception())
                if not kept.has_by_now(part):
                    raise _not_seen(kept, part.number)
                del left[part.number]
                done()
            if client.scheduler_info(n_workers=1)["workers"]:
                worked = time.monotonic()
            elif time.monotonic() - worked > _WAIT_S:
                raise TimeoutError(t("no worker", "没有工作进程"))
    finally:
        if waiting and client.status == "running":
            client.cancel(list(waiting))


def _finished(futures: list[Future[int]]) -> list[Future[int]]:
    """Give those that are finished; wait a while for the first."""
    try:
        return list(wait(futures, timeout=_LOOK_S, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []


def _lost(address: str, n: int | None, why: str) -> ClusterError:
    message = t(
        "The cluster at {address} can't be reached, or has no worker ({why}).",
        "无法连接集群 {address}，或集群中没有工作进程（{why}）。",
        address=address,
        why=why or t("no answer", "无响应"),
    )
    if n is not None:
        message += t(" {n:,} parts are left.", "尚有 {n:,} 个分块未完成。", n=n)
    return ClusterError(
        message,
        remedy=t(
            "Start it, and ask for the same again. A command goes on from there: what is done is kept.",
            "请启动集群后重新提交。命令会从中断处继续：已完成的部分会保留。",
        ),
    )


def _told(number: int, error: BaseException) -> BaseException:
    if not isinstance(error, KilledWorker):
        return error
    return ClusterError(
        t(
            "Part {number} ended every worker that began it.",
            "分块 {number} 使执行它的每个工作进程都异常终止。",
            number=number,
        ),
        remedy=t(
            "Most often memory is short: give workers more, or make the parts of a command smaller with --memory; then "
            "ask for the same again.",
            "多为内存不足：请增加工作进程内存，或用 --memory 减小命令的分块，然后重新提交。",
        ),
    )


def _not_seen(kept: Kept, number: int) -> ClusterError:
    return ClusterError(
        t(
            "A worker has done part {number}, but its result is not in {folder} here.",
            "工作进程已完成分块 {number}，但本机的 {folder} 中没有其结果。",
            number=number,
            folder=kept.place,
        ),
        remedy=t("Name a folder that all hosts share, under the same name.", "请指定所有主机以相同路径共享的文件夹。"),
    )

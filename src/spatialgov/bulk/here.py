"""The parts of a job on the cores at hand."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import spatialgov
from spatialgov.bulk.apart import do_apart
from spatialgov.bulk.job import Job, Part
from spatialgov.bulk.kept import Kept
from spatialgov.errors import ClusterError
from spatialgov.language import current_language, t
from spatialgov.time_limit import check_time

__all__ = ["do_here"]

_ALONE_S = 2.0
"""Work that is done so soon is not worth the start of processes, which takes as long."""


def do_here(job: Job, kept: Kept, parts: Sequence[Part], at_once: int, done: Callable[[], None]) -> None:
    """Do parts, in processes of their own where there is much to do; `done` is called after each.

    Raises
    ------
    ClusterError
        When a process is killed. What was done is kept.
    SpatialGovError
        What a part raises.
    """
    left = list(parts)
    begun = time.monotonic()
    while left and (min(at_once, len(left)) == 1 or time.monotonic() - begun < _ALONE_S):
        check_time()
        kept.do(job, left.pop(0))
        done()
    if not left:
        return
    # spawned: a fork of a process with threads may hang
    with ProcessPoolExecutor(min(at_once, len(left)), get_context("spawn"), initializer=_begin) as processes:
        try:
            ours = current_language(), spatialgov.__version__
            for future in as_completed([processes.submit(do_apart, job, kept, part, *ours) for part in left]):
                check_time()
                future.result()
                done()
        except BrokenProcessPool as error:
            raise ClusterError(
                t("A process that did a part was killed.", "执行分块的进程被终止。"),
                remedy=t(
                    "Most often memory is short: make parts smaller with --memory, and run the same command again; "
                    "what is done is kept.",
                    "多为内存不足：请用 --memory 减小分块，然后重新运行同一命令；已完成的部分会保留。",
                ),
            ) from error
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            raise


def _begin() -> None:
    """Have Arrow use one core too: each process has one."""
    import pyarrow as pa

    pa.set_cpu_count(1)

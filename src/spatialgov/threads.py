"""Work on long arrays, shared out among the cores; and what is waited for, side by side."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from itertools import pairwise
from typing import TypeVar

import numpy as np

__all__ = ["cores", "on_cores", "share_out", "side_by_side"]

S = TypeVar("S")
T = TypeVar("T")

_SHARE = 2**17
"""Items that are a thread's worth of work: locations take some milliseconds."""
_REQUESTS = 16
_most: ContextVar[int | None] = ContextVar("spatialgov_cores", default=None)


def cores() -> int:
    """Give how many cores the work at hand may use: all that this process may run on, or as many as `on_cores` says."""
    return _most.get() or _of_this_process()


def _of_this_process() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def on_cores(n: int) -> Iterator[None]:
    """Let the work inside a ``with`` block use so many cores; the others are somebody else's."""
    token = _most.set(n)
    try:
        yield
    finally:
        _most.reset(token)


def share_out(n: int, work: Callable[[slice], T], *, share: int = _SHARE) -> list[T]:
    """Do work on n items part by part, on all cores where that is worth a thread.

    `work` must not hold the interpreter, as compiled loops with ``nogil`` don't; its results come in the order of the
    parts. `share` is how many items are a thread's worth of work.
    """
    workers = min(cores(), -(-n // share))
    if workers <= 1:
        return [work(slice(0, n))]
    ends = np.linspace(0, n, 4 * workers + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(work, (slice(a, b) for a, b in pairwise(ends))))


def side_by_side(work: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """Do work that is mostly waiting, such as requests, on several items at once; errors are told in our language."""
    with ThreadPoolExecutor(_REQUESTS) as threads:
        waiting = [threads.submit(copy_context().run, work, item) for item in items]
        return [one.result() for one in waiting]

"""Work on long arrays, shared out among the cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np

__all__ = ["share_out"]

T = TypeVar("T")

_SHARE = 2**17
"""Items that are a thread's worth of work: locations take some milliseconds."""


def share_out(n: int, work: Callable[[slice], T], *, share: int = _SHARE) -> list[T]:
    """Do work on n items part by part, on all cores where that is worth a thread.

    `work` must not hold the interpreter, as compiled loops with ``nogil`` don't; its results come in the order of the
    parts. `share` is how many items are a thread's worth of work.
    """
    workers = min(os.cpu_count() or 1, -(-n // share))
    if workers <= 1:
        return [work(slice(0, n))]
    ends = np.linspace(0, n, 4 * workers + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(work, (slice(a, b) for a, b in pairwise(ends))))

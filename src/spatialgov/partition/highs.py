"""HiGHS, which solves the integer programmes, kept from writing to standard output."""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

__all__ = ["milp"]


def milp(*args: Any, **options: Any) -> "OptimizeResult":
    """Call `scipy.optimize.milp`; whatever HiGHS writes to standard output goes to standard error.

    HiGHS (1.12) prints a line of its own in some solutions, whatever its options say, and standard output is for
    results: `spatialgov … --json` promises one JSON object there.
    """
    from scipy import optimize

    with _spared_output():
        found: OptimizeResult = optimize.milp(*args, **options)
    return found


_guard = threading.Lock()
_kept: list[int] = []
"""The descriptor that standard output is kept in, while any thread solves."""
_solving = 0


@contextmanager
def _spared_output() -> Iterator[None]:
    global _solving  # noqa: PLW0603 - descriptors belong to the process, so does this count
    with _guard:
        if _solving == 0:
            _kept.append(os.dup(1))
            os.dup2(2, 1)
        _solving += 1
    try:
        yield
    finally:
        with _guard:
            _solving -= 1
            if _solving == 0:
                ctypes.CDLL(None).fflush(None)  # what it printed still waits in the buffer of C's own library
                os.dup2(_kept[-1], 1)
                os.close(_kept.pop())

"""How long a request may take: a deadline that holds for all that is called inside, and that costly loops look at.

The service sets one for each request. What runs beside the requests has none, nor has the command line.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from spatialgov.errors import TimeLimitError
from spatialgov.language import t

__all__ = ["check_time", "seconds_left", "time_limit", "time_limit_error"]

_deadline: ContextVar[tuple[float, float] | None] = ContextVar("spatialgov_deadline", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Set the deadline inside a ``with`` block."""
    token = _deadline.set((time.monotonic() + seconds, seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float | None:
    """Give the time that is left until the deadline, 0 or less when it has passed; None where there is none."""
    deadline = _deadline.get()
    return None if deadline is None else deadline[0] - time.monotonic()


def check_time() -> None:
    """Go on, or stop because the deadline has passed.

    Raises
    ------
    TimeLimitError
    """
    left = seconds_left()
    if left is not None and left <= 0:
        raise time_limit_error()


def time_limit_error() -> TimeLimitError:
    """Give the error for work that was stopped at the deadline."""
    deadline = _deadline.get()
    return TimeLimitError(
        t(
            "The question takes longer than {seconds:g} seconds and was stopped; nothing was changed.",
            "查询超过 {seconds:g} 秒，已停止，未作任何更改。",
            seconds=0.0 if deadline is None else deadline[1],
        ),
        remedy=t(
            "Ask for less: a shorter period, a coarser resolution, fewer grids; or run it from the command line.",
            "请缩小范围：更短的时段、更粗的分辨率、更少的网格；或改用命令行执行。",
        ),
    )

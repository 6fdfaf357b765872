"""Where a question is read from, and which edition its answer comes from: set once where the question comes in.

Like the language and the act, the current reading is a context variable: the service sets one for a request. Without
one, as on the command line, all is read from the primary.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = ["Reading", "asking", "current_reading", "note_edition"]


@dataclass(slots=True)
class Reading:
    """One question.

    Attributes
    ----------
    may_lag
        Whether it may be read from a replica that is a little behind. It turns False as soon as something was read
        from the primary or written: what follows must not be older than that.
    edition
        The newest edition that was asked for in the course of it.
    broken_off
        Whether the replica was lost while it was read from: asked again, the primary answers.
    """

    may_lag: bool
    edition: int | None = None
    broken_off: bool = False


_current: ContextVar[Reading | None] = ContextVar("spatialgov_reading", default=None)


def current_reading() -> Reading | None:
    """Give the reading that this code runs for, or None."""
    return _current.get()


@contextmanager
def asking(this: Reading | None) -> Iterator[None]:
    """Run the block for a reading; None for nobody's."""
    token = _current.set(this)
    try:
        yield
    finally:
        _current.reset(token)


def note_edition(number: int | None) -> None:
    """Remember which edition the current reading has asked for, if there is one."""
    this = _current.get()
    if this is not None and number is not None:
        this.edition = max(number, this.edition or 0)

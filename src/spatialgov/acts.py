"""Who is doing what: set once where a change begins, written to the audit log by the store with the change itself.

The current act is a context variable, like the language: the command line sets it for a command, the service for a
request. Code that knows the numbers of what it makes adds them (`add_details`); nothing else has to know about it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Act", "ActKind", "acting", "add_details", "current_act"]

ActKind = Literal["change", "export", "refused"]


@dataclass(slots=True)
class Act:
    """One change, export or refused attempt.

    Attributes
    ----------
    who
        Name of the account (that of a post, never of a person); ``local`` where there are no accounts, ``cli`` for
        the command line.
    action
        What is done: a route or a command, without its values.
    address
        Where the request came from; "" for the command line.
    kind
        What it is.
    details
        Numbers of what was touched, and other values that a reader of the log needs.
    recorded
        Whether it stands in the log.
    """

    who: str
    action: str
    address: str = ""
    kind: ActKind = "change"
    details: dict[str, Any] = field(default_factory=dict)
    recorded: bool = False


_current: ContextVar[Act | None] = ContextVar("spatialgov_act", default=None)


def current_act() -> Act | None:
    """Give the act that this code runs for, or None."""
    return _current.get()


@contextmanager
def acting(act: Act | None) -> Iterator[None]:
    """Run the block for an act; None for nobody's."""
    token = _current.set(act)
    try:
        yield
    finally:
        _current.reset(token)


def add_details(**details: Any) -> None:
    """Add to the details of the current act, if there is one."""
    if (act := _current.get()) is not None:
        act.details |= details

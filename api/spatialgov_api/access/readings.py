"""What GIS clients read again and again stands in the audit log once an hour for an account, an address and a route."""

import time

from spatialgov.acts import Act

__all__ = ["Readings"]

_AGAIN_S = 3600.0
_MOST_KEPT = 100_000


class Readings:
    """The readings that were recorded within the last hour."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str, str], float] = {}

    def has(self, act: Act) -> bool:
        """Whether this account has read this from this address within the last hour, and that was recorded."""
        return time.monotonic() - self._noted.get((act.who, act.address, act.action), -_AGAIN_S) < _AGAIN_S

    def note(self, act: Act) -> None:
        """Remember that a reading was recorded."""
        if len(self._noted) >= _MOST_KEPT:
            self._noted.clear()
        self._noted[act.who, act.address, act.action] = time.monotonic()

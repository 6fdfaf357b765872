"""Limits of rate: token buckets, kept by each process for itself."""

import math
import time
from collections.abc import Hashable
from threading import Lock

__all__ = ["Buckets"]

_MOST_KEPT = 20_000


class Buckets:
    """A bucket for each key: every request takes one token, and they come back steadily.

    Parameters
    ----------
    per_minute
        Tokens that come back in a minute.
    size
        Tokens of a full bucket: so many requests may come at once.
    """

    def __init__(self, per_minute: float, size: float) -> None:
        self._per_second = per_minute / 60
        self._size = size
        self._left: dict[Hashable, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, key: Hashable) -> int:
        """Take a token; gives 0 when there was one, else how many seconds to wait for the next."""
        now = time.monotonic()
        with self._lock:
            left = self._in(key, now)
            if left < 1:
                return math.ceil((1 - left) / self._per_second)
            if len(self._left) >= _MOST_KEPT:
                self._forget(now)
            self._left.pop(key, None)  # the order of the keys is that of their last use
            self._left[key] = left - 1, now
            return 0

    def wait(self, key: Hashable) -> int:
        """Give how many seconds to wait for a token, 0 when there is one, without taking it."""
        with self._lock:
            left = self._in(key, time.monotonic())
        return 0 if left >= 1 else math.ceil((1 - left) / self._per_second)

    def _in(self, key: Hashable, now: float) -> float:
        left, then = self._left.get(key, (self._size, now))
        return min(self._size, left + (now - then) * self._per_second)

    def _forget(self, now: float) -> None:
        """Forget what is as good as new, and what was used longest ago until there is room for a good while."""
        self._left = {key: kept for key, kept in self._left.items() if self._in(key, now) < self._size}
        for key in list(self._left)[: max(len(self._left) - _MOST_KEPT // 2, 0)]:
            del self._left[key]

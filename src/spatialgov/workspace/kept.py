"""Results that stay in memory for the next one who asks."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

__all__ = ["Kept"]

T = TypeVar("T")


class Kept:
    """Results by what was asked for, the latest of them; whoever asks for one that is being made waits for it.

    Parameters
    ----------
    most
        Size of all that is kept.
    size
        Size of one result; by default each counts as 1. What is larger than `most` by itself is given and not kept.
    """

    def __init__(self, most: int, size: Callable[[Any], int] = lambda _: 1) -> None:
        self._most = most
        self._size = size
        self._made: dict[Hashable, Any] = {}
        self._making = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give the result that is kept under a key, or make it; what `make` raises is not kept."""
        if (found := self._made.get(key)) is None:
            with self._making:
                if (found := self._made.get(key)) is None:
                    found = make()
                    if self._size(found) <= self._most:
                        self._made[key] = found
                    while sum(map(self._size, self._made.values())) > self._most:
                        del self._made[next(iter(self._made))]
        result: T = found
        return result

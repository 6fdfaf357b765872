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
        How many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: dict[Hashable, Any] = {}
        self._making = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Give the result that is kept under a key, or make it; what `make` raises is not kept."""
        if (found := self._made.get(key)) is None:
            with self._making:
                if (found := self._made.get(key)) is None:
                    found = self._made[key] = make()
                    while len(self._made) > self._most:
                        del self._made[next(iter(self._made))]
        result: T = found
        return result

"""Arrays that grow at their end."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Growing"]


class Growing:
    """An array with room behind its items; the operating system gives memory only for what was written to.

    Attributes
    ----------
    size
        Number of items (rows), which may be set back.
    """

    def __init__(self, dtype: npt.DTypeLike, *, columns: tuple[int, ...] = (), room: int = 2**16) -> None:
        self.size = 0
        self._room = np.empty((room, *columns), dtype=dtype)

    @property
    def array(self) -> npt.NDArray[Any]:
        """The items so far."""
        return self._room[: self.size]

    def take(self, n: int) -> npt.NDArray[Any]:
        """Add `n` items, whatever is in them, and give them."""
        begun, self.size = self.size, self.size + n
        if self.size > len(self._room):
            old = self._room[:begun]
            self._room = np.empty((2 * self.size, *old.shape[1:]), dtype=old.dtype)
            self._room[:begun] = old
        return self._room[begun : self.size]

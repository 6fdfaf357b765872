"""Arrays that grow at their end."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Growing"]

_LINE = 64
"""Bytes of a cache line."""


class Growing:
    """An array with room behind its items; the operating system gives memory only for what was written to.

    It starts at a multiple of 64 bytes, so that what fits into a cache line by its number lies in one.

    Attributes
    ----------
    size
        Number of items (rows), which may be set back.
    """

    def __init__(self, dtype: npt.DTypeLike, *, columns: tuple[int, ...] = (), room: int = 2**16) -> None:
        self.size = 0
        self._room = _aligned((room, *columns), np.dtype(dtype))

    @property
    def array(self) -> npt.NDArray[Any]:
        """The items so far."""
        return self._room[: self.size]

    def take(self, n: int) -> npt.NDArray[Any]:
        """Add `n` items, whatever is in them, and give them."""
        begun, self.size = self.size, self.size + n
        if self.size > len(self._room):
            old = self._room[:begun]
            self._room = _aligned((2 * self.size, *old.shape[1:]), old.dtype)
            self._room[:begun] = old
        return self._room[begun : self.size]


def _aligned(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    n_bytes = math.prod(shape) * dtype.itemsize
    raw = np.empty(n_bytes + _LINE, dtype=np.uint8)
    start = -raw.ctypes.data % _LINE
    return raw[start : start + n_bytes].view(dtype).reshape(shape)

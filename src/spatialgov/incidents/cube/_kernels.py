"""Compiled loops of `spatialgov.incidents.cube`: one pass over the incidents of a slice."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["chosen", "tally"]


@njit(inline="always")
def _bin(i: int, category: Any, wanted: Any, inside: Any, hour: Any, bin_of: Any, base: int) -> int:
    """Give the time bin of an incident, -1 where it is not in the slice; see `tally`."""
    if len(wanted) > 0 and not wanted[category[i]]:
        return -1
    if len(inside) > 0 and not inside[i]:
        return -1
    if len(bin_of) > 0:
        return int(bin_of[hour[i] - base])
    return 0


@njit(cache=True, nogil=True)
def tally(
    first: int,
    last: int,
    category: Any,
    wanted: Any,
    inside: Any,
    hour: Any,
    bin_of: Any,
    base: int,
    group: Any,
    counts: Any,
) -> None:
    """Count the incidents of a slice by group and time.

    Parameters
    ----------
    first, last
        The incidents from position `first` to before `last`.
    category, wanted
        int32 (n,), and whether incidents of each category are counted, bool; with length 0 all are.
    inside
        Whether each incident may be counted, bool (n,); with length 0 all may.
    hour, bin_of, base
        int32 (n,), and the bin of each hour from `base` on, int32, -1 for hours that are left out; with length 0 all
        incidents are in bin 0.
    group
        int32 (n,), -1 for none; with length 0 all incidents have none.
    counts
        int64 (groups + 1, bins), added to; the first row is for those without a group.
    """
    for i in range(first, last):
        b = _bin(i, category, wanted, inside, hour, bin_of, base)
        if b >= 0:
            g = group[i] + 1 if len(group) > 0 else 0
            counts[g, b] += 1


@njit(cache=True, nogil=True)
def chosen(
    first: int, last: int, category: Any, wanted: Any, inside: Any, hour: Any, bin_of: Any, base: int
) -> npt.NDArray[np.int64]:
    """Give the positions of the incidents of a slice, ascending; see `tally`."""
    found = np.empty(last - first, dtype=np.int64)
    n = 0
    for i in range(first, last):
        found[n] = i
        if _bin(i, category, wanted, inside, hour, bin_of, base) >= 0:
            n += 1
    return found[:n].copy()

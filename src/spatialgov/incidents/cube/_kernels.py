"""The compiled loop of `spatialgov.incidents.cube`: one pass over the incidents of a slice."""

from typing import Any

import numpy as np
from numba import njit

__all__ = ["tally"]


@njit(cache=True, nogil=True)
def tally(
    first: int,
    last: int,
    category: Any,
    left_out: Any,
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
    category, left_out
        int32 (n,), and of each category -1 when its incidents are left out, else 0, int32; with length 0 none are.
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
    n_bins = counts.shape[1]
    flat = counts.reshape(counts.size)
    # no branch: at random incidents the processor would guess wrong half the time. -1 stays -1 whatever is or-ed to it,
    # and indexes are unsigned: numba then asks none whether it counts from the end
    for i in range(first, last):
        bin_ = np.int32(0)
        if len(bin_of) > 0:
            bin_ = bin_of[np.uint32(hour[i] - base)]
        if len(left_out) > 0:
            bin_ |= left_out[np.uint32(category[i])]
        if len(inside) > 0:
            bin_ |= np.int32(inside[i]) - np.int32(1)
        place = np.int64(bin_)
        if len(group) > 0:
            place += np.int64(group[i] + 1) * n_bins
        counted = bin_ >= 0
        flat[np.uint64(place if counted else 0)] += counted

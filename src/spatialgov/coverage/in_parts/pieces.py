"""How work in space is cut: along Hilbert's curve, into pieces that fit into memory."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.partition.start import hilbert_order

__all__ = ["cut", "in_space", "meeting"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def in_space(boxes: Floats) -> Ints:
    """Give the order of boxes (n, 4) along Hilbert's curve; those that are nowhere come first."""
    middles = np.column_stack([boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]]) / 2
    somewhere = np.isfinite(middles).all(axis=1)
    order = np.concatenate([np.flatnonzero(~somewhere), np.flatnonzero(somewhere)])
    first = int((~somewhere).sum())
    if somewhere.any():
        order[first:] = order[first:][hilbert_order(middles[somewhere])]
    return order.astype(np.int64)


def cut(n: int, size: int, bytes_of: Callable[[int, int], int], memory: int) -> Iterator[tuple[int, int, int]]:
    """Cut n items into pieces of some size, and those that take too much memory into halves.

    Parameters
    ----------
    n, size
        How many items, and how many of them make a piece.
    bytes_of
        Gives the memory that the items from one to before another take.
    memory
        Bytes that a piece may take; one item is never cut.

    Yields
    ------
    The first item, the one after the last, and the bytes.
    """
    waiting = [(begin, min(begin + size, n)) for begin in range(0, n, size)][::-1]
    while waiting:
        begin, end = waiting.pop()
        needed = bytes_of(begin, end)
        if needed <= memory or end - begin == 1:
            yield begin, end, needed
        else:
            middle = (begin + end) // 2
            waiting += [(middle, end), (begin, middle)]


def meeting(boxes: Floats, others: Floats) -> Ints:
    """Give which of some boxes (m, 4) meet one of the others (n, 4), ascending."""
    if not len(others) or not len(boxes) or not np.isfinite(others).any():
        return np.empty(0, dtype=np.int64)
    west, south = np.nanmin(others[:, :2], axis=0)
    east, north = np.nanmax(others[:, 2:], axis=0)
    x0, y0, x1, y1 = boxes.T
    near = np.flatnonzero((x0 <= east) & (x1 >= west) & (y0 <= north) & (y1 >= south))
    tree = shapely.STRtree(_rectangles(others[np.isfinite(others).all(axis=1)]))
    hit: Ints = np.unique(tree.query(_rectangles(boxes[near]), predicate="intersects")[0])
    return near[hit]


def _rectangles(boxes: Floats) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.box(*boxes.T), dtype=object)

"""Areas merged into larger ones."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["dissolve"]


def dissolve(shapes: npt.NDArray[np.object_], labels: npt.NDArray[np.int32], k: int) -> npt.NDArray[np.object_]:
    """Merge the shapes that carry the same label.

    Parameters
    ----------
    shapes
        Polygons without overlaps, shape (n,).
    labels
        int32, shape (n,), 0 … k - 1; shapes with -1 are left out.
    k
        Number of labels.

    Returns
    -------
    ndarray
        object, shape (k,): polygons or multipolygons, with the vertices of the input.

    Notes
    -----
    The quick union of a coverage only works where neighbours share every vertex of their border, and is silently
    wrong elsewhere; there the general union is used.
    """
    union = shapely.coverage_union_all if shapely.coverage_is_valid(shapes) else shapely.union_all
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(k + 1))
    merged = np.empty(k, dtype=object)
    merged[:] = [union(shapes[order[start:end]]) for start, end in pairwise(ends)]
    return merged

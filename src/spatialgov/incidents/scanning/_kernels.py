"""Compiled loops of `spatialgov.incidents.scanning`: the best circle, and the best level set."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["scan_circles", "scan_level_sets", "zone_around"]


@njit(cache=True)
def scan_circles(counts: Any, expected: Any, members: Any, starts: Any, most: float) -> Any:
    """Give for every centre the circle whose inside differs most from its outside (Kulldorff's likelihood ratio).

    Parameters
    ----------
    counts
        (n,) int64.
    expected
        (n,) float64 ≥ 0, with the same sum.
    members, starts
        int64. The cells about centre c are ``members[starts[c]:starts[c + 1]]``, nearest first; ``-1 - cell`` stands
        for a cell as far off as the next, after which no circle ends.
    most
        Circles with more expected than this are left out.

    Returns
    -------
    ratios
        (n,) float64, the largest log likelihood ratio of each centre's circles with more than expected; 0 without.
    sizes
        (n,) int64, the number of cells in that circle.
    """
    n = len(starts) - 1
    total = counts.sum()
    ratios = np.zeros(n)
    sizes = np.zeros(n, np.int64)
    for centre in range(n):
        seen, awaited = 0, 0.0
        for k in range(starts[centre], starts[centre + 1]):
            cell = members[k]
            tied = cell < 0
            if tied:
                cell = -1 - cell
            seen += counts[cell]
            awaited += expected[cell]
            if awaited > most:
                break
            if tied or seen <= awaited or awaited <= 0.0:
                continue
            ratio = _log_ratio(seen, awaited, total)
            if ratio > ratios[centre]:
                ratios[centre] = ratio
                sizes[centre] = k - starts[centre] + 1
    return ratios, sizes


@njit(cache=True)
def scan_level_sets(
    order: Any, counts: Any, expected: Any, indptr: Any, indices: Any, most: float, max_cells: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Add cells one by one, and weigh each zone that grows by it.

    Parameters
    ----------
    order
        (m,) int64, the cells, the riskiest first. A zone is what hangs together of those added so far.
    counts
        (n,) int64.
    expected
        (n,) float64 ≥ 0, with the same sum.
    indptr, indices
        CSR of the (n, n) matrix of neighbours, with the diagonal.
    most, max_cells
        Zones with more expected than this, or more cells, are left out.

    Returns
    -------
    ratios
        (m,) float64 for the zone that holds the cell after its step: the log likelihood ratio, where there is more
        than expected, times the square root of the compactness (cells over the square of the sides towards cells
        outside it; 1 for a single cell). 0 without.
    sizes
        (m,) int64, its number of cells.
    """
    n = len(counts)
    total = counts.sum()
    above = np.full(n, -1, np.int64)  # towards the root of its zone; -1 for cells not yet added
    seen = counts.copy()
    awaited = expected.copy()
    size = np.ones(n, np.int64)
    most_sides = 1
    for cell in range(n):
        most_sides = max(most_sides, indptr[cell + 1] - indptr[cell] - 1)
    sides = np.full(n, most_sides, np.int64)  # those at the border of the area lead outside too
    ratios = np.zeros(len(order))
    sizes = np.zeros(len(order), np.int64)
    for k in range(len(order)):
        cell = order[k]
        above[cell] = cell
        for e in range(indptr[cell], indptr[cell + 1]):
            root = indices[e]
            if above[root] < 0 or root == cell:
                continue
            sides[cell] -= 2
            while above[root] != root:
                above[root] = above[above[root]]
                root = above[root]
            if root != cell:
                above[root] = cell
                seen[cell] += seen[root]
                awaited[cell] += awaited[root]
                size[cell] += size[root]
                sides[cell] += sides[root]
        sizes[k] = size[cell]
        if 0.0 < awaited[cell] <= most and seen[cell] > awaited[cell] and size[cell] <= max_cells:
            compact = most_sides * math.sqrt(size[cell]) / max(sides[cell], 1)
            ratios[k] = _log_ratio(seen[cell], awaited[cell], total) * compact
    return ratios, sizes


@njit(cache=True)
def zone_around(cell: int, step: Any, indptr: Any, indices: Any) -> npt.NDArray[np.int64]:
    """List the cells that hang together with a cell by those added no later, as `scan_level_sets` had them.

    Parameters
    ----------
    cell
        Where to begin.
    step
        (n,) int64, the step at which each cell was added; beyond all steps for those that never were.
    indptr, indices
        As for `scan_level_sets`.
    """
    last = step[cell]
    within = np.zeros(len(step), np.bool_)
    within[cell] = True
    found = [cell]
    for one in found:  # grows as it is walked
        for e in range(indptr[one], indptr[one + 1]):
            other = indices[e]
            if step[other] <= last and not within[other]:
                within[other] = True
                found.append(other)
    return np.array(found)


@njit(inline="always")
def _log_ratio(seen: int, awaited: float, total: int) -> Any:
    """Kulldorff's log likelihood ratio of a zone with more than expected (Poisson)."""
    ratio = seen * math.log(seen / awaited)
    if seen < total:
        ratio += (total - seen) * math.log((total - seen) / (total - awaited))
    return ratio

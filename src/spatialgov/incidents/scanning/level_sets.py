"""Zones of any shape that hold more incidents than expected: along a river, around a corner."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spatialgov.errors import InputError
from spatialgov.incidents.scanning._kernels import scan_level_sets, zone_around
from spatialgov.incidents.scanning.clusters import Cluster, checked_counts, clusters_of, simulated
from spatialgov.incidents.significance import checked_neighbours
from spatialgov.language import t

__all__ = ["scan_irregular"]

_SMOOTHINGS = 3
"""Incidents and what is expected are summed over the neighbourhood once, twice, thrice before they are divided."""
_SIZES = 64  # zones of 1, 2 to 3, 4 to 7 … cells are judged among themselves

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def scan_irregular(
    counts: npt.ArrayLike,
    expected: npt.ArrayLike,
    neighbours: sp.csr_array | sp.csr_matrix,
    *,
    max_cells: int = 200,
    simulations: int = 999,
    alpha: float = 0.05,
    seed: int = 0,
) -> list[Cluster]:
    """Find the zones, of whatever shape, that hold more incidents than expected.

    Parameters
    ----------
    counts
        (n,) whole numbers ≥ 0.
    expected
        (n,) ≥ 0; only their shares matter.
    neighbours
        (n, n) sparse symmetric 0/1 matrix with the diagonal, as for `getis_ord`: which cells hang together.
    max_cells
        Cells of the largest zone, 1 or more; what is larger is no place to send somebody to.
    simulations
        Sets of incidents dealt out as expected.
    alpha
        Zones with p up to this are given.
    seed
        Of the simulations.

    Returns
    -------
    list of Cluster
        The best first; the others share no cell with a better one. None holds more than half of what is expected.

    Raises
    ------
    InputError
        When a value is none, incidents lie where nothing is expected, or the matrix does not fit.

    Notes
    -----
    The zones are the connected parts of the level sets of the risk (Patil and Taillie 2004): all cells with at least
    some risk that hang together, for every level above 1. With small counts the risk of a cell is mostly chance, so
    that smoothed risks are used: counts and expected are each summed over the neighbourhood once, twice and thrice
    before they are divided. That makes at most three zones a cell, far fewer than there are shapes.

    A zone is made of cells that have more, so that chance too gives large zones a high likelihood ratio. It is
    therefore weighed by its compactness (Duczmal, Kulldorff and Huang 2006, with the exponent ½) and then compared
    with the best zones of its size and smoothing in the simulations, in units of their spread: the best of these
    scores has the p, from simulations that are searched in the same way.
    """
    y, weight = (np.ascontiguousarray(values, dtype=np.float64).ravel() for values in (counts, expected))
    if len(y) != len(weight) or not (np.isfinite(y) & np.isfinite(weight)).all():
        raise InputError(
            t("Counts and what is expected must be numbers, one of each a cell.", "计数与期望须为数值，每单元各一个。")
        )
    matrix = checked_neighbours(neighbours, len(y))
    if max_cells < 1:
        raise InputError(
            t("A zone of {n} cells is none.", "{n} 个单元不成区域。", n=max_cells),
            remedy=t("Allow one cell or more.", "请允许一个以上单元。"),
        )
    held, awaited = checked_counts(y, weight, simulations, alpha)
    if held.sum() == 0 or len(held) < 2:
        return []
    levels = _Levels(awaited, matrix, max_cells)
    found = levels.of(held)
    drawn = simulated(awaited, simulations, seed)
    best = np.array([_best_by_size(found), *(_best_by_size(levels.of(one)) for one in drawn)])
    standing = _standing(best)
    scores = [standing(ratios, (0, k, sizes)) for k, (_, ratios, sizes) in enumerate(found)]
    cell = np.concatenate([order for order, _, _ in found])
    level = np.repeat(np.arange(len(found)), [len(order) for order, _, _ in found])
    steps = np.full((len(found), len(held)), len(held))
    for row, (order, _, _) in zip(steps, found, strict=True):
        row[order] = np.arange(len(order))
    best_scores = standing(best, ...).max(axis=(1, 2))[1:]

    def cells_of(zone: int) -> Ints:
        return np.sort(zone_around(cell[zone], steps[level[zone]], matrix.indptr, matrix.indices))

    return [one for _, one in clusters_of(held, awaited, np.concatenate(scores), cell, cells_of, best_scores, alpha)]


class _Levels:
    """The level sets of counts over what is expected."""

    def __init__(self, awaited: Floats, matrix: sp.csr_array, max_cells: int) -> None:
        self._awaited, self._matrix, self._max_cells = awaited, matrix, max_cells
        self._around = [np.asarray(matrix @ awaited)]
        for _ in range(_SMOOTHINGS - 1):
            self._around.append(np.asarray(matrix @ self._around[-1]))

    def of(self, counts: Ints) -> list[tuple[Ints, Floats, Ints]]:
        """Give for each smoothing the cells with more than expected, riskiest first; each step's ratio and size."""
        found = []
        around, most = counts, counts.sum() / 2
        for expected in self._around:
            around = np.asarray(self._matrix @ around)
            risky = np.flatnonzero(around > expected)
            # of a lone cell and those around it, all equal once smoothed, the cell itself comes first
            missing = self._awaited[risky] - counts[risky]
            order = risky[np.lexsort((missing, -around[risky] / expected[risky]))]
            ratios, sizes = scan_level_sets(
                order, counts, self._awaited, self._matrix.indptr, self._matrix.indices, most, self._max_cells
            )
            found.append((order, ratios, np.frexp(sizes)[1] - 1))
        return found


def _standing(best: Floats) -> Callable[[Floats, Any], Floats]:
    """Tell how a ratio stands among the best of the other sets of incidents, in units of their Gumbel distribution.

    Each set is compared with all the others, what was found as well as what was simulated: so they are equal.
    """
    others = len(best) - 1
    mean = (best.sum(axis=0) - best) / others
    spread = np.sqrt(np.maximum(((best**2).sum(axis=0) - best**2) / others - mean**2, 0.0))
    scale = np.maximum(spread * math.sqrt(6) / math.pi, 1.0)  # 1 is that of a single likelihood ratio
    return lambda ratio, at: (ratio - mean[at]) / scale[at]


def _best_by_size(found: list[tuple[Ints, Floats, Ints]]) -> Floats:
    """Give the best ratio of each smoothing and class of size; 0 where there is none."""
    best = np.zeros((_SMOOTHINGS, _SIZES))
    for row, (_, ratios, sizes) in zip(best, found, strict=True):
        np.maximum.at(row, sizes, ratios)
    return best

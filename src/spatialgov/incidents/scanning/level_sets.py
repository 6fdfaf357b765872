"""Zones of any shape that hold more incidents than expected: along a river, around a corner."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

from spatialgov.errors import InputError
from spatialgov.incidents.scanning._kernels import scan_level_sets
from spatialgov.incidents.scanning.clusters import Cluster, checked_counts, clusters_of, simulated_best
from spatialgov.incidents.significance import checked_neighbours
from spatialgov.language import t

__all__ = ["scan_irregular"]

_ROUNDS = (0, 1, 2)
"""How often the incidents and what is expected are summed over the neighbourhood before cells are put in order."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def scan_irregular(
    counts: npt.ArrayLike,
    expected: npt.ArrayLike,
    neighbours: sp.csr_array | sp.csr_matrix,
    *,
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
    that beside the raw risk two smoothed ones are used: counts and expected are each summed over the neighbourhood
    once and twice before they are divided. That is at most three zones a cell, far fewer than there are shapes,
    which keeps the search fast and the best zone of chance low, so that no penalty on shapes is needed. What is
    found is judged by the raw counts, and by simulations that are searched in the same way.
    """
    y, weight = (np.ascontiguousarray(values, dtype=np.float64).ravel() for values in (counts, expected))
    if len(y) != len(weight) or not (np.isfinite(y) & np.isfinite(weight)).all():
        raise InputError(
            t("Counts and what is expected must be numbers, one of each a cell.", "计数与期望须为数值，每单元各一个。")
        )
    matrix = checked_neighbours(neighbours, len(y))
    held, awaited = checked_counts(y, weight, simulations, alpha)
    if held.sum() == 0 or len(held) < 2:
        return []
    search = _Search(awaited, matrix)
    orders, ratios = search.of(held)

    def cells_of(zone: int) -> Ints:
        level = 0
        while zone >= len(ratios[level]):
            zone -= len(ratios[level])
            level += 1
        return search.zone(orders[level][: zone + 1])

    best = simulated_best(
        awaited, lambda drawn: max(r.max(initial=0.0) for r in search.of(drawn)[1]), simulations, seed
    )
    return [one for _, one in clusters_of(held, awaited, np.concatenate(ratios), cells_of, best, alpha)]


class _Search:
    """The level sets of counts over what is expected."""

    def __init__(self, awaited: Floats, matrix: sp.csr_array) -> None:
        self._awaited, self._matrix = awaited, matrix
        self._around = [awaited]
        for _ in _ROUNDS[1:]:
            self._around.append(np.asarray(matrix @ self._around[-1]))

    def of(self, counts: Ints) -> tuple[list[Ints], list[Floats]]:
        """Give for each smoothing the cells with more than expected, riskiest first, and each step's ratio."""
        orders, ratios = [], []
        around = counts
        for level in _ROUNDS:
            if level:
                around = np.asarray(self._matrix @ around)
            above = np.flatnonzero(around > self._around[level])
            order = above[np.argsort(-around[above] / self._around[level][above], kind="stable")]
            orders.append(order)
            ratios.append(
                scan_level_sets(
                    order, counts, self._awaited, self._matrix.indptr, self._matrix.indices, counts.sum() / 2
                )
            )
        return orders, ratios

    def zone(self, added: Ints) -> Ints:
        """Give the cells that hang together with the last of those added, ascending."""
        part = self._matrix[added][:, added]
        found = breadth_first_order(part, len(added) - 1, directed=False, return_predecessors=False)
        return np.sort(added[found])

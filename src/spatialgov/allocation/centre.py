"""The p-centre: which p sites leave nobody too far away, and how far from the best they may be."""

import math
import time

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from spatialgov.allocation.median import SiteChoice, checked_costs, too_few_sites
from spatialgov.partition.highs import milp
from spatialgov.time_limit import check_time

__all__ = ["p_center"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_COMPARED = 3_000
"""Sites or rows that are held against each other; with more it would take longer than it saves."""


def p_center(distance: npt.ArrayLike, p: int, time_limit_s: float = 10) -> SiteChoice:
    """Choose p sites so that the row farthest from its nearest site is as near as can be.

    Parameters
    ----------
    distance
        Shape (n, m): from each row (demand) to each site, a distance or a time, ≥ 0; infinite where a site can't serve
        a row. Square where every place is a row and a site.
    p
        Number of sites, 1 … m.
    time_limit_s
        Seconds, about.

    Returns
    -------
    SiteChoice
        ``cost`` is the largest distance to the nearest chosen site.

    Raises
    ------
    InputError
        When the matrix or p can't be used, with the row and the column.
    InfeasibleError
        When no p sites were found that reach every row, with a number that does.

    Notes
    -----
    The answer is one of the distances: the least at which p sites cover all rows, found by bisection (Minieka 1970),
    each cover by taking the site that covers most, else by an integer programme.
    """
    matrix = checked_costs(distance, p)
    until = time.perf_counter() + time_limit_s
    radii = np.unique(matrix[np.isfinite(matrix)])
    least = int(np.searchsorted(radii, matrix.min(axis=1).max()))
    best = _greedy_cover(np.isfinite(matrix))[:p]
    most = len(radii) - 1
    first, last = least, most
    while first < last:  # a cover by greed comes at once: it leaves little to the integer programmes
        middle = (first + last) // 2
        cover = _greedy_cover(matrix <= radii[middle])
        if len(cover) <= p:
            best, last = cover, middle
        else:
            first = middle + 1
    most = _reached(matrix, radii, best)
    if most == len(radii):
        found = _cover(np.isfinite(matrix), p, until)
        if found is None or len(found) == 0:
            raise too_few_sites(matrix, p, np.isfinite(matrix[:, best].min(axis=1)))
        best, most = found, _reached(matrix, radii, found)
    while least < most and time.perf_counter() < until:
        check_time()
        middle = (least + most) // 2
        found = _cover(matrix <= radii[middle], p, until)
        if found is None:
            break
        if len(found):
            best, most = found, _reached(matrix, radii, found)
        else:
            least = middle + 1
    rest = np.setdiff1d(np.arange(matrix.shape[1]), best)[: p - len(best)]
    sites = np.sort(np.concatenate([best, rest]))
    assignment = sites[matrix[:, sites].argmin(axis=1)]
    return SiteChoice(sites, assignment, float(matrix[:, sites].min(axis=1).max()), float(radii[least]))


def _reached(matrix: Floats, radii: Floats, sites: Ints) -> int:
    """Give which of the radii the sites reach all rows within; beyond the last where they don't."""
    return int(np.searchsorted(radii, matrix[:, sites].min(axis=1).max()))


def _greedy_cover(covers: npt.NDArray[np.bool_]) -> Ints:
    """Give sites that cover all rows, each the one that covers most of those left."""
    waiting = np.ones(len(covers), dtype=bool)
    sites: list[int] = []
    count = covers.sum(axis=0)
    while waiting.any():
        site = int(count.argmax())
        new = waiting & covers[:, site]
        count = count - covers[new].sum(axis=0)
        waiting &= ~new
        sites.append(site)
    return np.array(sites, dtype=np.int64)


def _cover(covers: npt.NDArray[np.bool_], p: int, until: float) -> Ints | None:
    """Give at most p sites that cover all rows, none of them when there are none, None when time runs out."""
    from scipy.optimize import Bounds, LinearConstraint

    sites, rows = _undominated(covers)
    m = len(sites)
    found = milp(
        np.zeros(m),
        integrality=np.ones(m, np.int64),
        bounds=Bounds(0.0, 1.0),
        constraints=[
            LinearConstraint(csr_array(covers[np.ix_(rows, sites)].astype(np.float64)), 1.0, math.inf),
            LinearConstraint(np.ones((1, m)), 0.0, float(p)),
        ],
        options={"time_limit": max(until - time.perf_counter(), 0.01)},
    )
    if found.x is not None:
        chosen: Ints = sites[found.x > 0.5]
        return chosen
    return np.zeros(0, np.int64) if found.status == 2 else None


def _undominated(covers: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Give sites and rows that a cover depends on.

    Not a site that covers no more than another one does, nor a row that is covered whenever another one is.
    """
    sites, rows = np.arange(covers.shape[1]), np.arange(covers.shape[0])
    if max(covers.shape) > _MOST_COMPARED:
        return sites, rows
    while True:
        before = len(sites), len(rows)
        sites = sites[_largest(covers[np.ix_(rows, sites)].T)]
        rows = rows[_largest(~covers[np.ix_(rows, sites)])]
        if (len(sites), len(rows)) == before:
            return sites, rows


def _largest(sets: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Tell which sets (rows) are part of no other one; of equal sets the first counts."""
    member = sets.astype(np.float32)
    size = member.sum(axis=1)
    within = (member @ member.T) == size[:, None]  # [a, b]: a is part of b
    index = np.arange(len(sets))
    within &= (size[:, None] < size[None, :]) | (index[:, None] > index[None, :])
    return np.asarray(~within.any(axis=1))

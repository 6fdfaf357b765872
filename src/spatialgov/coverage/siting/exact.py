"""The best choice, proved: an integer program of what the bound leaves open, solved by HiGHS."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from spatialgov.coverage.siting.instance import Ints
from spatialgov.coverage.siting.problem import Problem
from spatialgov.partition.highs import milp

if TYPE_CHECKING:
    from scipy.optimize import OptimizeResult

__all__ = ["SMALL", "Solution", "solve"]

Bools = npt.NDArray[np.bool_]

SMALL = 12_000
"""Up to so many pairs of a site and demand it sees, the program is small enough."""
_SOLVED, _STOPPED, _INFEASIBLE = 0, 1, 2
_NODES = 2_000
"""Nodes of the search tree at most: a limit that is the same on every machine."""
_SCALE = 1e6
"""The whole worth as HiGHS sees it, whose tolerances are absolute."""
_TOLERANCE = 1e-7
"""Share by which a limit given by HiGHS may be wrong."""


@dataclass(frozen=True, eq=False)
class Solution:
    """What HiGHS found.

    Attributes
    ----------
    sites
        Positions in the problem; None where it found none.
    limit
        No choice has a larger worth, or, where a target was set, a smaller cost.
    cut_short
        Whether the time ended it.
    """

    sites: Ints | None
    limit: float
    cut_short: bool


def solve(problem: Problem, must: Bools, may: Bools, seconds: float, *, target: int | None = None) -> Solution:
    """Solve a problem among some of its sites.

    Parameters
    ----------
    problem
        What is asked.
    must, may
        Shape (n,): sites that are chosen in any case, and sites that can be.
    seconds
        Time that it may take.
    target
        When given, the sum of costs is made least, for at least this worth.
    """
    from scipy.optimize import Bounds, LinearConstraint

    site = np.flatnonzero(may & ~_dominated(problem, must, may))
    whole = float(problem.worth @ problem.lacking)
    worth = problem.worth / whole * _SCALE
    n, m = len(site), len(worth)
    seen = sparse.hstack([-problem.by_demand[:, site], sparse.eye_array(m)])
    foes = sparse.coo_array(sparse.triu(problem.foes[site][:, site]))
    number = np.arange(foes.nnz)
    pairs = sparse.csr_array(
        (np.ones(2 * foes.nnz), (np.tile(number, 2), np.concatenate([foes.row, foes.col]))), shape=(foes.nnz, n + m)
    )
    cost = np.concatenate([problem.cost[site], np.zeros(m)])
    weight = np.concatenate([np.zeros(n), worth])
    least = -np.inf if target is None else target / whole * _SCALE * (1 - _TOLERANCE / 100)
    begun = time.monotonic()
    found = milp(
        -weight if target is None else cost,
        integrality=np.concatenate([np.ones(n), np.zeros(m)]),
        bounds=Bounds(np.concatenate([must[site], np.zeros(m)]), np.concatenate([np.ones(n), problem.lacking])),
        constraints=[
            LinearConstraint(
                sparse.csr_array(sparse.vstack([seen, pairs])), -np.inf, np.repeat([0.0, 1.0], [m, foes.nnz])
            ),
            LinearConstraint(sparse.csr_array(np.stack([cost, weight])), [0.0, least], [problem.room, np.inf]),
        ],
        options={"time_limit": seconds, "node_limit": _NODES, "mip_rel_gap": 0.0},
    )
    chosen = None if found.x is None else site[found.x[:n] > 0.5]
    late = found.status == _STOPPED and time.monotonic() - begun >= seconds
    return Solution(chosen, _limit(found, problem, target), late)


def _limit(found: "OptimizeResult", problem: Problem, target: int | None) -> float:
    """Give what HiGHS has proved, on the safe side of its tolerances."""
    proved = found.get("mip_dual_bound")
    if found.status == _INFEASIBLE:
        return -np.inf if target is None else np.inf
    if found.status not in (_SOLVED, _STOPPED) or proved is None:
        return np.inf if target is None else 0.0
    if target is not None:
        return float(proved) * (1 - _TOLERANCE)
    limit = -float(proved) * float(problem.worth @ problem.lacking) / _SCALE
    return math.floor(limit * (1 + _TOLERANCE)) if problem.whole else limit * (1 + _TOLERANCE / 100)


def _dominated(problem: Problem, must: Bools, may: Bools) -> Bools:
    """Say which sites some other can stand in for: it sees all that they see, costs no more, and excludes nothing.

    Of sites that see the same for the same cost the first stays.
    """
    alone = np.diff(problem.foes.indptr) == 0
    once = problem.by_site @ (problem.lacking > 1) == 0
    size = np.diff(problem.by_site.indptr)
    shared = sparse.coo_array(problem.by_site[may] @ problem.by_site[may & alone].T)
    one, other = np.flatnonzero(may)[shared.row], np.flatnonzero(may & alone)[shared.col]
    cost = problem.cost
    inside = once[one] & (shared.data == size[one]) & (cost[other] <= cost[one])
    same = (size[one] == size[other]) & (cost[one] == cost[other])
    dominated = np.zeros(len(size), np.bool_)
    dominated[one[inside & (~same | (other < one))]] = True
    return dominated & ~must

"""The p-median: which p sites serve all rows at the least cost, and how far from the best they may be."""

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.allocation._kernels import branch, fill_greedily, raise_bound, search_swaps
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.time_limit import check_time

__all__ = ["SiteChoice", "checked_costs", "p_median", "too_few_sites"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ROUNDS = ((150, 600), (1_000, 4_000), (4_000, 20_000), (16_000, 10**9))
"""Kicks and nodes of the tree search, round by round until the sites are proved."""
_CHUNK = 50
"""Kicks between two looks at the clock."""
_BOUND_STEPS = 3_000
_NODE_STEPS = 150
_NODES = 40
"""Of the tree search between two looks at the clock."""
_TREE_PLACES = 20_000_000
"""Numbers that the stack of the tree search may take: beyond, only the search by swaps goes on."""
_EQUAL = 1e-7
"""Of the cost: sites that are better by less are as good."""


@dataclass(frozen=True, slots=True, eq=False)
class SiteChoice:
    """Chosen sites, and how good they are.

    Attributes
    ----------
    sites
        int64, shape (p,). Columns of the matrix, ascending.
    assignment
        int64, shape (n,). The site (column) nearest to each row, of equals the first; -1 where none reaches a
        row, which then has no weight.
    cost
        What is minimised, for these sites.
    bound
        No p sites cost less.
    """

    sites: Ints
    assignment: Ints
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """Share of the cost that better sites could save at most, 0 when these are the best."""
        return max(self.cost - self.bound, 0.0) / self.cost if self.cost > 0 else 0.0

    @property
    def proved(self) -> bool:
        """Whether no sites are cheaper, but for a millionth of the cost."""
        return self.gap <= 1e-6


def p_median(
    distance: npt.ArrayLike,
    p: int,
    seed: int = 0,
    time_limit_s: float = 10,
    *,
    weight: npt.ArrayLike | None = None,
) -> SiteChoice:
    """Choose p sites that serve every row at the least total distance, each row from its nearest site.

    Parameters
    ----------
    distance
        Shape (n, m): from each row (demand) to each site, a distance or a time, ≥ 0; infinite where a site can't serve
        a row. Square where every place is a row and a site. Needs some 30 bytes a pair.
    p
        Number of sites, 1 … m.
    seed
        Of the random kicks. The result is the same for the same seed unless the time runs out.
    time_limit_s
        Seconds; the first search ends even when it takes longer.
    weight
        Shape (n,): how much each row counts, ≥ 0; all alike when not given.

    Returns
    -------
    SiteChoice
        ``cost`` is Σ weight × distance to the nearest chosen site.

    Raises
    ------
    InputError
        When the matrix, the weights or p can't be used, with the row and the column.
    InfeasibleError
        When no p sites were found that reach every row, with a number that does.

    Notes
    -----
    Swaps of one site for another with random kicks (Resende & Werneck 2007, Hansen & Mladenović 1997) give the sites, a
    Lagrangian relaxation (Beasley 1993) the bound; a tree search on the sites that the bound leaves closes the gap
    where it can.
    """
    matrix = checked_costs(distance, p)
    load = _checked_weights(weight, len(matrix))
    cost = _finite(matrix, load)
    search = _Search(cost, p, time.perf_counter() + time_limit_s)
    search.run(seed)
    sites = np.sort(search.sites)
    assignment = sites[matrix[:, sites].argmin(axis=1)]
    reached = np.isfinite(matrix[np.arange(len(matrix)), assignment])
    if not reached[load > 0].all():
        raise too_few_sites(matrix[load > 0], p, reached[load > 0])
    assignment[~reached] = -1
    total = float(cost[:, sites].min(axis=1).sum())
    return SiteChoice(sites, assignment, total, min(max(search.bound, 0.0), total))


class _Search:
    """The state of one search: the best sites so far and the best bound so far."""

    def __init__(self, cost: Floats, p: int, until: float) -> None:
        self.cost = cost
        self.near = np.argsort(cost, axis=1, kind="stable").astype(np.int32)
        self.ranked = np.take_along_axis(cost, self.near, axis=1)
        self.p = p
        self.until = until
        self.whole = bool((cost == np.floor(cost)).all() and cost.max(axis=1).sum() < 2**52)
        self.sites: Ints = fill_greedily(cost, p)
        self.upper = math.inf
        self.bound = -math.inf
        self.saving = np.zeros(cost.shape[1])
        self.price = np.zeros(0)

    @property
    def unit(self) -> float:
        """By how much sites must be cheaper to count as cheaper."""
        return 1.0 - 1e-6 if self.whole else _EQUAL * self.upper

    @property
    def done(self) -> bool:
        return self.bound > self.upper - self.unit

    def run(self, seed: int) -> None:
        start = self.sites
        for turn, (kicks, nodes) in enumerate(_ROUNDS):
            self._swap(start, kicks, seed + (turn << 20))
            chosen = self._raise()
            if not self.done:
                self._branch(nodes)
            if self.done or time.perf_counter() > self.until:
                break
            start = chosen
        if self.done:
            self.bound = self.upper if self.whole else max(self.bound, self.upper - self.unit)

    def _swap(self, start: Ints, kicks: int, seed: int) -> None:
        check_time()
        for chunk in range(0, kicks, _CHUNK):
            sites = (start if chunk == 0 else self.sites).copy()
            total = search_swaps(self.cost, self.near, self.ranked, sites, _CHUNK, seed + chunk)
            if total < self.upper:
                self.upper, self.sites = total, sites
            if time.perf_counter() > self.until:
                break

    def _raise(self) -> Ints:
        """Raise the bound; give the sites that its prices choose."""
        check_time()
        if len(self.price) == 0:
            two = np.sort(self.cost[:, self.sites], axis=1)[:, :2]
            self.price = two.mean(axis=1)
        chosen = np.zeros(self.cost.shape[1], np.bool_)
        state = np.zeros(self.cost.shape[1], np.int8)
        bound = raise_bound(
            self.near, self.ranked, self.p, state, self.price, self.upper, _BOUND_STEPS, self.upper - self.unit,
            self.saving, chosen,
        )  # fmt: skip
        self.bound = max(self.bound, bound)
        return np.flatnonzero(chosen)

    def _branch(self, nodes: int) -> None:
        """Search the tree of the sites that the bound leaves in question, as far as the nodes and the time go."""
        order = np.sort(self.saving)[::-1]
        slack = self.upper - self.unit - self.bound
        kept = np.flatnonzero(self.saving >= order[self.p - 1] - slack)
        n, m = len(self.cost), len(kept)
        if (m + 2) * (n + m) > _TREE_PLACES:
            return
        place = np.full(self.cost.shape[1], -1, np.int32)
        place[kept] = np.arange(m, dtype=np.int32)
        among = place[self.near] >= 0
        near = np.ascontiguousarray(place[self.near][among].reshape(n, m))
        ranked = np.ascontiguousarray(self.ranked[among].reshape(n, m))
        states, prices, bounds = np.zeros((m + 2, m), np.int8), np.zeros((m + 2, n)), np.full(m + 2, self.bound)
        prices[0] = self.price
        depth, best = 1, np.empty(self.p, np.int64)
        while depth > 0 and nodes > 0 and time.perf_counter() < self.until:
            check_time()
            nodes -= _NODES
            upper, depth = branch(
                near, ranked, self.p, states, prices, bounds, depth, self.upper, self.unit, _NODE_STEPS, _NODES, best
            )
            if upper < self.upper:
                self.upper, self.sites = upper, kept[best]
        self.bound = max(self.bound, float(bounds[:depth].min()) if depth else self.upper)


def checked_costs(distance: npt.ArrayLike, p: int) -> Floats:
    """Give the matrix as float64, checked, with p.

    Raises
    ------
    InputError
        When it is no matrix, a value is missing or negative, a row has no site that serves it, or p doesn't fit.
    """
    matrix = np.asarray(distance, dtype=np.float64)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(
            t(
                "Distances must be a matrix of rows by sites, not of shape {shape}.",
                "距离须为“需求点 × 选址点”矩阵，而其形状为 {shape}。",
                shape=matrix.shape,
            ),
            remedy=t(
                "Give one row for each place to serve, one column for each site.", "每行一个需求点，每列一个候选点。"
            ),
        )
    wrong = ~(matrix >= 0)
    if wrong.any():
        row, column = (int(v) for v in np.argwhere(wrong)[0])
        raise InputError(
            t(
                "Row {row}, column {column} of the distances is {value}.",
                "距离矩阵第 {row} 行第 {column} 列的值为 {value}。",
                row=row + 1,
                column=column + 1,
                value=float(matrix[row, column]),
            ),
            remedy=t(
                "Give zero or more; infinity where the site can't serve the row.",
                "请给出非负数；该点无法服务时给无穷大。",
            ),
        )
    lost = ~np.isfinite(matrix).any(axis=1)
    if lost.any():
        raise InputError(
            t(
                "Row {row} can be served by no site ({n} such rows).",
                "第 {row} 行没有任何可服务的点（共 {n} 行）。",
                row=int(np.flatnonzero(lost)[0]) + 1,
                n=int(lost.sum()),
            ),
            remedy=t("Leave these rows out or join them to the network.", "请去掉这些行，或将其接入路网。"),
        )
    if not 1 <= p <= matrix.shape[1]:
        raise InputError(
            t("p is {p}, but there are {m} sites.", "p 为 {p}，而共有 {m} 个候选点。", p=p, m=matrix.shape[1]),
            remedy=t("Give p from 1 to {m}.", "p 须在 1 至 {m} 之间。", m=matrix.shape[1]),
        )
    return matrix


def _checked_weights(weight: npt.ArrayLike | None, n: int) -> Floats:
    load = np.ones(n) if weight is None else np.asarray(weight, dtype=np.float64)
    if load.shape != (n,) or not (np.isfinite(load) & (load >= 0)).all():
        raise InputError(
            t(
                "Weights must be one number, zero or more, for each of {n} rows.",
                "须为 {n} 行各给出一个非负的权重。",
                n=n,
            ),
            remedy=t("Check for missing values.", "请检查是否有缺失值。"),
        )
    return load


def _finite(matrix: Floats, load: Floats) -> Floats:
    """Weigh the distances, with a number in the place of what can't be, larger than any total that can."""
    barred = ~np.isfinite(matrix) & (load > 0)[:, None]
    cost: Floats = np.where(np.isfinite(matrix), matrix, 0.0) * load[:, None]
    return np.where(barred, math.ceil(cost.max(axis=1).sum()) + 1.0, cost) if barred.any() else cost


def too_few_sites(matrix: Floats, p: int, reached: npt.NDArray[np.bool_]) -> InfeasibleError:
    """Say that p sites don't reach all rows, and how many do."""
    served = np.isfinite(matrix)
    waiting, enough = np.ones(len(matrix), dtype=bool), 0
    while waiting.any():
        waiting &= ~served[:, served[waiting].sum(axis=0).argmax()]
        enough += 1
    return InfeasibleError(
        t(
            "No {p} sites were found that reach every row: {n} are left out.",
            "未找到能到达所有行的 {p} 个点：有 {n} 行无法到达。",
            p=p,
            n=int((~reached).sum()),
        ),
        remedy=t("{k} sites are enough to reach all.", "{k} 个点即可全部到达。", k=max(enough, p + 1)),
    )

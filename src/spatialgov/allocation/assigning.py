"""Which centre serves which place, when each centre can carry only so much: exact where a place may be divided."""

import math
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from spatialgov.allocation._kernels import anneal_whole, flow_to_centres
from spatialgov.allocation.median import checked_costs
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.partition.highs import milp
from spatialgov.time_limit import check_time

__all__ = ["CentreAssignment", "assign_to_centres"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TRIFLE = 1e-9
"""Of the whole load: what is less is none."""
_ANNEALED = 3
"""Pairs for each row that annealing looks at, those that cost least extra."""
_STARTS = 3
_SWEEPS = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class CentreAssignment:
    """What each centre takes of each row.

    Attributes
    ----------
    centre
        int64, shape (n,). The centre (column) of each row; of a divided row the one that takes most.
    share
        csr_array float64, shape (n, m): the share of each row that each centre takes; rows add up to 1.
    used
        float64, shape (m,): load that each centre takes.
    cost
        Σ load × share × cost.
    bound
        No assignment within the capacities costs less.
    """

    centre: Ints
    share: csr_array
    used: Floats
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """Share of the cost that a better assignment could save at most, 0 when this is the best."""
        return max(self.cost - self.bound, 0.0) / self.cost if self.cost > 0 else 0.0

    @property
    def proved(self) -> bool:
        """Whether no assignment is cheaper, but for a millionth of the cost."""
        return self.gap <= 1e-6

    @property
    def divided(self) -> Ints:
        """Rows that more than one centre takes a share of, int64."""
        return np.flatnonzero(np.diff(self.share.indptr) > 1)


def assign_to_centres(
    cost: npt.ArrayLike,
    load: npt.ArrayLike,
    capacity: npt.ArrayLike,
    *,
    divide: bool = False,
    time_limit_s: float = 10,
) -> CentreAssignment:
    """Give every row to a centre at the least cost, within what each centre can carry.

    Parameters
    ----------
    cost
        Shape (n, m), ≥ 0: what a unit of load of each row (a grid's household, say) costs at each centre, as a travel
        time; infinite where the centre can't serve the row.
    load
        Shape (n,), ≥ 0.
    capacity
        Shape (m,), ≥ 0.
    divide
        Whether several centres may share a row: then the result is exact, and hardly more than m rows are divided.
    time_limit_s
        Seconds for the integer programmes that keep rows whole.

    Raises
    ------
    InputError
        When the arrays don't fit or hold what is no number, with the row and the column.
    InfeasibleError
        When the centres can't carry the load, with what is lacking; or when no way to keep the rows whole was found.

    Notes
    -----
    Divided: a minimum-cost flow. Whole: the flow's prices bound every assignment from below, and tell by how much a
    row's every other centre would be dearer; integer programmes over the pairs that cost least extra, more of them
    until those left out can't be part of anything better.
    """
    matrix, weight, room = _checked(cost, load, capacity)
    finite = np.isfinite(matrix)
    barred = (matrix[finite].max(initial=0.0) + 1.0) * (matrix.shape[1] + 1)
    filled = np.where(finite, matrix, barred)
    amount = np.zeros(matrix.shape)
    check_time()
    flow_to_centres(filled, weight, room, amount, _TRIFLE * max(float(weight.sum()), 1e-300))
    stranded = (amount > 0) & ~finite
    if stranded.any():
        raise _no_room(float(amount[stranded].sum()), np.flatnonzero(stranded.any(axis=1)))
    least = float((filled * amount).sum())
    if not divide:
        return _keep_whole(matrix, weight, room, amount, least, time_limit_s)
    share = amount / np.where(weight > 0, weight, 1.0)[:, None]
    share[weight == 0, filled[weight == 0].argmin(axis=1)] = 1.0
    return CentreAssignment(amount.argmax(axis=1), csr_array(share), amount.sum(axis=0), least, least)


def _keep_whole(
    matrix: Floats, load: Floats, room: Floats, amount: Floats, least: float, seconds: float
) -> CentreAssignment:
    from scipy.optimize import Bounds, LinearConstraint

    n, m = matrix.shape
    price = _prices(matrix, amount, room)
    dearer = np.where(np.isfinite(matrix), matrix + price, np.inf)
    dearer = (dearer - dearer.min(axis=1)[:, None]) * load[:, None]
    dearer[np.isnan(dearer)] = np.inf
    extra = np.sort(dearer[np.isfinite(dearer)])
    pairs, bound = 3 * m + n // 10, least
    spent = np.where(np.isfinite(matrix), matrix, 0.0) * load[:, None]
    near = dearer <= extra[min(_ANNEALED * n, len(extra)) - 1]
    best, total = _anneal(spent, near, load, room, amount, price)
    until = time.perf_counter() + seconds
    while total > bound * (1.0 + 1e-6):
        check_time()
        # what would cost more extra than the best solution so far does can't be part of a better one
        reach = min(float(extra[min(n + pairs, len(extra)) - 1]), total - least)
        complete = reach >= min(float(extra[-1]), total - least)
        rows, columns = np.nonzero(dearer <= reach)
        weighed = spent[rows, columns]
        index = np.arange(len(rows))
        left = until - time.perf_counter()
        found = milp(
            weighed / max(least, 1e-300),
            integrality=np.ones(len(rows), np.int64),
            bounds=Bounds(0.0, 1.0),
            constraints=[
                LinearConstraint(csr_array((np.ones(len(rows)), (rows, index)), shape=(n, len(rows))), 1.0, 1.0),
                LinearConstraint(csr_array((load[rows], (columns, index)), shape=(m, len(rows))), -np.inf, room),
            ],
            options={"time_limit": max(left if complete else left / 2, 0.05), "mip_rel_gap": 1e-6},
        )
        if found.x is not None:
            taken = found.x > 0.5
            value = float(weighed[taken].sum())
            if value < total:
                total = value
                best[rows[taken]] = columns[taken]
        if found.status in (0, 2):  # solved, or shown to have no solution
            within = float(found.mip_dual_bound) * least if found.status == 0 else math.inf
            bound = max(bound, min(within, math.inf if complete else least + reach, total))
        if complete or time.perf_counter() > until:
            break
        pairs *= 4
    if total == math.inf:
        raise InfeasibleError(
            t(
                "No assignment was found that keeps every row whole within the capacities.",
                "未找到在容量内且不拆分任何一行的分配方案。",
            ),
            remedy=t(
                "Allow rows to be divided, raise the capacities, or give it more time.",
                "请允许拆分、提高容量，或延长求解时间。",
            ),
        )
    share = csr_array((np.ones(n), (np.arange(n), best)), shape=(n, m))
    return CentreAssignment(best, share, np.bincount(best, load, m).astype(np.float64), total, min(bound, total))


def _anneal(
    spent: Floats, near: npt.NDArray[np.bool_], load: Floats, room: Floats, amount: Floats, price: Floats
) -> tuple[Ints, float]:
    """Look for whole rows within the capacities among near centres; give the centres and the cost."""
    columns, rows = map(np.ascontiguousarray, np.nonzero(near.T))
    begins = np.searchsorted(columns, np.arange(len(room) + 1))
    usual = float((spent[rows, columns] - spent.min(axis=1)[rows]).mean()) + 1e-9
    penalty = 10.0 * (usual / max(float(load.mean()), 1e-300) + float(price.mean()))
    best: Ints = amount.argmax(axis=1)
    least = math.inf
    for turn in range(_STARTS):
        found = best.copy()
        cost = anneal_whole(
            rows, columns, begins, spent, load, room, best.copy(), penalty * 3.0**turn, usual, 0.03 * usual, _SWEEPS,
            turn, found,
        )  # fmt: skip
        if cost < least:
            best, least = found, cost
    return best, least


def _prices(matrix: Floats, amount: Floats, room: Floats) -> Floats:
    """Give what each centre charges for a unit, so that every row takes its cheapest centres: 0 where there is room."""
    m = matrix.shape[1]
    move = np.full((m, m), np.inf)
    for a in range(m):
        at = amount[:, a] > 0
        if at.any():
            move[a] = (matrix[at] - matrix[at, a][:, None]).min(axis=0)
    used = amount.sum(axis=0)
    price = np.where(used < room * (1.0 - _TRIFLE), 0.0, np.inf)
    for _ in range(m):
        shorter = np.minimum(price, (move + price[None, :]).min(axis=1))
        if np.array_equal(shorter, price):
            break
        price = shorter
    held = np.isfinite(price)  # a full centre from which no chain leads to room may ask for anything
    largest = float(matrix[np.isfinite(matrix)].max()) + float(price[held].max(initial=0.0))
    return np.where(held, np.maximum(price, 0.0), largest)


def _checked(cost: npt.ArrayLike, load: npt.ArrayLike, capacity: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    matrix = np.asarray(cost, dtype=np.float64)
    weight, room = np.asarray(load, dtype=np.float64), np.asarray(capacity, dtype=np.float64)
    if matrix.ndim != 2 or 0 in matrix.shape or weight.shape != matrix.shape[:1] or room.shape != matrix.shape[1:]:
        raise InputError(
            t(
                "Costs {a}, loads {b} and capacities {c} don't fit one another.",
                "成本 {a}、负荷 {b} 与容量 {c} 的形状不匹配。",
                a=matrix.shape,
                b=weight.shape,
                c=room.shape,
            ),
            remedy=t(
                "Give a matrix of rows by centres, a load for each row, a capacity for each centre.",
                "请给出“行 × 中心”矩阵，每行一个负荷，每个中心一个容量。",
            ),
        )
    for name, values, wrong in (
        (t("load", "负荷"), weight, ~(np.isfinite(weight) & (weight >= 0))),
        (t("capacity", "容量"), room, ~(np.isfinite(room) & (room >= 0))),
    ):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise InputError(
                t(
                    "Row {row}: the {name} is {value}.",
                    "第 {row} 行：{name}为 {value}。",
                    row=row + 1,
                    name=name,
                    value=float(values[row]),
                ),
                remedy=t("Give a number, zero or more.", "请给出非负数。"),
            )
    checked_costs(matrix, 1)
    if weight.sum() > room.sum() * (1.0 + _TRIFLE):
        raise _no_room(float(weight.sum() - room.sum()), np.zeros(0, np.int64))
    return matrix, weight, room


def _no_room(lacking: float, rows: Ints) -> InfeasibleError:
    message = t(
        "The centres lack room for a load of {lacking:g}.", "各中心的容量不足，尚缺 {lacking:g}。", lacking=lacking
    )
    if len(rows):
        first = int(rows[0]) + 1
        message += t(" Row {row} is the first that is left.", "首个未分配的是第 {row} 行。", row=first)
    return InfeasibleError(
        message,
        remedy=t(
            "Raise capacities by that much in all, where it is needed, or add centres.",
            "请在需要之处合计增加相应容量，或增设中心。",
        ),
    )

"""The partition engine: a contiguity graph with loads in, connected and balanced parts out."""

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.partition.fixing import Fixed
from spatialgov.partition.inertia import divide_by_inertia, moment_of_inertia
from spatialgov.partition.refine import Band, Goal, Level, refine
from spatialgov.partition.start import hilbert_order, start

__all__ = ["Band", "Effort", "Objective", "Request", "apportion", "assign", "divide"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Effort = Literal["quick", "default", "best"]
Objective = Literal["compact", "moment_of_inertia"]
_Name = TypeVar("_Name", bound=str)

_SOFT_BARRIER = 0.25
"""A border along a soft barrier counts this share of its length: grids that end there look less ragged."""


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much work goes into a problem.

    Attributes
    ----------
    offers
        Moves to be offered in all, shared out among the starts; few units get more sweeps and more starts.
    least_sweeps, most_sweeps
        Bounds of the sweeps of one start.
    starts_below, most_starts
        Starts are made as long as their units don't exceed `starts_below`, at most `most_starts`, at least one.
    """

    offers: float
    least_sweeps: int
    most_sweeps: int
    starts_below: int
    most_starts: int

    def starts(self, n: int) -> int:
        return int(min(max(self.starts_below // n, 1), self.most_starts))

    def sweeps(self, n: int, of_all: int) -> int:
        """Give the sweeps of one start over `n` of the `of_all` units that share the budget."""
        wanted = min(self.offers / of_all, 2.5 * self.most_sweeps) / self.starts(n)
        return int(min(max(wanted, self.least_sweeps), self.most_sweeps))


_BUDGETS: dict[Effort, _Budget] = {
    "quick": _Budget(3e6, 20, 400, 0, 1),
    "default": _Budget(1.7e7, 60, 6000, 4000, 16),
    "best": _Budget(2e8, 200, 20_000, 20_000, 48),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What parts should be like.

    Attributes
    ----------
    tolerance
        Relative deviation from the mean that a part should stay within.
    minimum, maximum
        Hard limits of a part's weight.
    max_area_m2
        Largest area of a part, m²; infinite for no limit.
    effort, objective, seed
        See `assign`.
    time_limit_s
        New starts are made until then, and none afterwards; None for as many as the effort asks for.
    others
        What parts should hold of further quantities; tolerance and limits above are those of the first.
    """

    tolerance: float = 0.03
    minimum: float = 0.0
    maximum: float = math.inf
    max_area_m2: float = math.inf
    effort: Effort = "default"
    objective: Objective = "compact"
    seed: int = 0
    time_limit_s: float | None = None
    others: tuple[Band, ...] = ()

    def __post_init__(self) -> None:
        if self.others and self.objective == "moment_of_inertia":
            raise InputError(
                t(
                    "The moment of inertia can't be balanced by {n} quantities at once.",
                    "转动惯量目标不能同时按 {n} 个量均衡。",
                    n=1 + len(self.others),
                ),
                remedy=t("Balance by one, or use the objective “compact”.", "请只按一个量均衡，或使用 compact 目标。"),
            )

    @property
    def bands(self) -> tuple[Band, ...]:
        """What parts should hold of each quantity, in the order of the columns of the weights."""
        return (Band(self.tolerance, self.minimum, self.maximum), *self.others)


def apportion(
    weight: npt.ArrayLike, k: int, *, most: npt.ArrayLike, least: npt.ArrayLike | None = None
) -> npt.NDArray[np.int64]:
    """Share `k` grids out among areas by their weight (Webster's method).

    Parameters
    ----------
    weight
        Shape (areas,), not negative.
    k
        Number of grids.
    most
        Integers, shape (areas,): no area gets more (it has no more units).
    least
        Integers, shape (areas,): no area gets fewer; one each when not given.

    Returns
    -------
    ndarray
        int64, shape (areas,), adding up to `k`.

    Raises
    ------
    InfeasibleError
        When `k` is below the sum of `least` or above that of `most`; the message gives the nearest feasible k.
    """
    load = np.asarray(weight, dtype=np.float64)
    limit = np.asarray(most, dtype=np.int64)
    share = np.ones(len(load), np.int64) if least is None else np.maximum(np.asarray(least, dtype=np.int64), 1)
    needed = int(share.sum())
    if k < needed:
        raise InfeasibleError(
            t(
                "{k} grids were asked for, but the area has {parts} parts that share no border: {needed} are needed.",
                "要求划分 {k} 个网格，但区域由 {parts} 个互不相邻的部分组成，至少需要 {needed} 个网格。",
                k=k,
                parts=len(load),
                needed=needed,
            ),
            remedy=t("Ask for at least {needed} grids.", "请至少划分 {needed} 个网格。", needed=needed),
        )
    if k > int(limit.sum()):
        raise InfeasibleError(
            t(
                "{k} grids were asked for, but there are {n} units, and a unit is never split.",
                "要求划分 {k} 个网格，但只有 {n} 个基本单元，而基本单元不可拆分。",
                k=k,
                n=int(limit.sum()),
            ),
            remedy=t("Ask for at most {n} grids.", "请最多划分 {n} 个网格。", n=int(limit.sum())),
        )
    for _ in range(k - needed):
        claim = np.where(share < limit, load / (share + 0.5), -1.0)
        share[int(np.argmax(claim))] += 1
    return share


def assign(
    graph: ContiguityGraph,
    weight: npt.ArrayLike,
    k: int,
    tolerance: float | Sequence[float] = 0.03,
    minimum: float | Sequence[float | None] | None = None,
    maximum: float | Sequence[float | None] | None = None,
    fixed: npt.ArrayLike | None = None,
    effort: Effort = "default",
    objective: Objective = "compact",
    seed: int = 0,
    *,
    max_area_m2: float | None = None,
    time_limit_s: float | None = None,
) -> npt.NDArray[np.int32]:
    """Divide the units into exactly `k` connected parts of about equal weight and compact shape.

    Hard barriers are closed first. The components that are left are divided apart from each other, so no part ever
    crosses a barrier or a missing border.

    Parameters
    ----------
    graph
        Units and their shared borders; `xy_m` and `area_m2` must be set.
    weight
        Shape (n,), not negative: households, population, area or workload of each unit. Shape (n, m) for several
        quantities at once: components get parts by the first, and a further one that is all zeros is ignored.
    k
        Number of parts.
    tolerance
        Relative deviation from the mean weight of a component's parts that every part should stay within; one for
        all quantities, or one for each.
    minimum, maximum
        Hard limits of a part's weight; None for none. As for `tolerance`, one for all or one for each.
    fixed
        Integers, shape (n,): the part that a unit must belong to, -1 where it is free. Units that are fixed to the
        same part and lie apart are joined through free units.
    effort
        ``quick``, ``default`` or ``best``: how long to look for better parts.
    objective
        ``compact``: short borders around full shapes. ``moment_of_inertia``: the least sum of weight × distance² to
        the parts' centres, within the hard limits; the tolerance counts on the side where there is none.
    seed
        The same seed gives the same parts.
    max_area_m2
        Largest area of a part, m². A target, like the tolerance; None for no limit.
    time_limit_s
        Make new starts until then instead of as many as the effort asks for. The first is always finished.

    Returns
    -------
    ndarray
        int32, shape (n,), values 0 … k - 1, none of them missing.

    Raises
    ------
    InputError
        When the weights don't fit the graph or are negative, not finite or all zero, or limits contradict each other.
    InfeasibleError
        When `k` parts can't be made, or none were found within the hard limits; with the nearest feasible value.

    Notes
    -----
    A balanced power diagram along a Hilbert curve gives the start. Then parts are annealed on coarser levels, where
    groups of units move together, down to the units themselves. What is still beyond the tolerance is mended by
    chains of moves from part to part.
    """
    load = _checked_weight(weight, graph.n)
    first, *others = _bands(load.shape[1], tolerance, minimum, maximum)
    request = Request(
        first.tolerance,
        first.minimum,
        first.maximum,
        math.inf if max_area_m2 is None else max_area_m2,
        _known(effort, _BUDGETS, "effort"),
        _known(objective, get_args(Objective), "objective"),
        seed,
        time_limit_s,
        tuple(others),
    )
    for j, band in enumerate(request.bands):
        _check_limits(load[:, j], j, k, band)
    graph = graph.without(graph.barrier > 0)
    pins = Fixed.of(fixed, graph.n, k)
    component = graph.components()
    members = [np.flatnonzero(component == c) for c in range(int(component.max()) + 1)]
    share = apportion(
        [load[m, 0].sum() for m in members], k, most=[len(m) for m in members], least=pins.parts_in(component)
    )
    labels = np.empty(graph.n, np.int32)
    for units, (local, names) in zip(members, pins.split(members, share), strict=True):
        found = divide(graph.subgraph(units), load[units], len(names), request, local, of_all=graph.n)
        labels[units] = names[found]
    for j, band in enumerate(request.bands):
        _check_found(labels, load[:, j], j, k, band)
    return labels


def divide(
    graph: ContiguityGraph,
    weight: Floats,
    k: int,
    request: Request,
    fixed: Labels | None = None,
    *,
    of_all: int | None = None,
    found: Callable[[float], None] | None = None,
) -> Labels:
    """Divide a connected graph without barriers: several starts, the best result.

    Parameters
    ----------
    graph
        Connected.
    weight
        float64, shape (n, m): a column for each of the request's bands; checked as in `assign`.
    k
        Number of parts, at most the number of units.
    request
        What the parts should be like; limits that can't be met are missed by as little as was found.
    fixed
        int64, shape (n,): part of each unit that is not free to move, -1 for the others.
    of_all
        Number of units of the whole problem that this graph is a part of; the effort is shared out by it.
    found
        Called after every start with the least cost so far: the sum over the parts of their outline
        (`Goal.cost`) and the price of what lies beyond tolerances and limits; or the moment of inertia when that is
        the objective.

    Returns
    -------
    ndarray
        int64, shape (n,), values 0 … k - 1, none of them missing.
    """
    if k == 1:
        return np.zeros(graph.n, np.int64)
    weight, bands = _quantities(graph, weight, request.bands)
    if request.objective == "moment_of_inertia":
        return _divided_by_inertia(graph, weight[:, 0], k, request, fixed, found)
    order = hilbert_order(graph.xy_m)  # neighbours in the plane lie near each other in memory from here on
    near, load = graph.subgraph(order), weight[order]
    pinned = np.full(graph.n, -1, np.int64) if fixed is None else fixed[order]
    goal = Goal.of(np.array([column.sum() for column in load.T]) / k, bands, request.max_area_m2)
    first = np.ascontiguousarray(load[:, 0])
    if math.isfinite(request.max_area_m2):
        load = np.column_stack([load, near.area_m2])
    discount = np.where(near.barrier < 0, _SOFT_BARRIER, 1.0)
    finest = Level.of(near, load, pinned < 0, discount)
    budget = _BUDGETS[request.effort]
    best: Labels | None = None
    least = math.inf
    begun = time.monotonic()
    for attempt in range(budget.starts(graph.n) if request.time_limit_s is None else 10_000):
        if attempt and request.time_limit_s is not None and time.monotonic() - begun > request.time_limit_s:
            break
        rng = np.random.default_rng([request.seed, attempt])
        labels = start(near, first, k, rng, pinned)
        labels = refine(finest, labels, k, goal, budget.sweeps(graph.n, of_all or graph.n), rng)
        cost = goal.cost(finest, labels, k)
        if best is None or cost < least:
            best, least = labels, cost
        if found is not None:
            found(least)
    assert best is not None
    labels = np.empty(graph.n, np.int64)
    labels[order] = best
    return labels


def _quantities(graph: ContiguityGraph, weight: Floats, bands: Sequence[Band]) -> tuple[Floats, list[Band]]:
    """Give the columns that there is something of, with their bands; the first is never left out."""
    first, *others = bands
    if not weight[:, 0].any():  # nobody lives here: an even share of the ground is what is left to balance
        weight = np.column_stack([graph.area_m2, weight[:, 1:]])
        first = Band(first.tolerance)
    kept = [j for j, _ in enumerate(others, 1) if weight[:, j].any()]
    return weight[:, [0, *kept]], [first, *(others[j - 1] for j in kept)]


def _divided_by_inertia(
    graph: ContiguityGraph,
    weight: Floats,
    k: int,
    request: Request,
    fixed: Labels | None,
    found: Callable[[float], None] | None,
) -> Labels:
    if (fixed is not None and (fixed >= 0).any()) or math.isfinite(request.max_area_m2):
        raise InputError(
            t(
                "The moment of inertia can't be combined with fixed units or a limit of area.",
                "转动惯量目标不能与固定单元或面积上限同时使用。",
            ),
            remedy=t("Use the objective “compact”.", "请使用 compact 目标。"),
        )
    mean = float(weight.sum()) / k
    lower = request.minimum or mean * (1 - request.tolerance)
    upper = request.maximum if math.isfinite(request.maximum) else mean * (1 + request.tolerance)
    upper = max(lower, upper)
    labels = divide_by_inertia(graph, weight, k, lower, upper, effort=request.effort, seed=request.seed)
    if found is not None:
        found(moment_of_inertia(graph.xy_m, weight, labels))
    return labels


def _known(name: _Name, names: Collection[_Name], what: str) -> _Name:
    if name not in names:
        raise InputError(
            t("There is no {what} {name}.", "没有名为 {name} 的 {what} 选项。", what=what, name=repr(name)),
            remedy=t("Use one of: {names}.", "可用：{names}。", names=", ".join(names)),
        )
    return name


def _checked_weight(weight: npt.ArrayLike, n: int) -> Floats:
    """Give the weights as float64, shape (n, m)."""
    load = np.array(weight, dtype=np.float64)
    if load.ndim not in (1, 2) or len(load) != n or 0 in load.shape[1:]:
        raise InputError(
            t(
                "There are {n} units, but the weights have shape {shape}.",
                "共有 {n} 个单元，但权重的形状为 {shape}。",
                n=n,
                shape=load.shape,
            ),
            remedy=t(
                "Give an array of shape ({n},), or ({n}, m) for m quantities.",
                "请给出形状为 ({n},) 的数组；均衡 m 个量时为 ({n}, m)。",
                n=n,
            ),
        )
    load = load[:, None] if load.ndim == 1 else load
    bad = ~(load >= 0) | np.isinf(load)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            t(
                "The weight of unit {row} (column {column}) is {value}.",
                "单元 {row} 的权重（第 {column} 列）为 {value}。",
                row=row,
                column=column,
                value=float(load[row, column]),
            ),
            remedy=t("Weights are finite and not negative.", "权重必须为有限的非负数。"),
        )
    if not load[:, 0].any():
        raise InputError(
            t("There is nothing to balance: all weights are 0.", "没有可均衡的对象：所有权重均为 0。"),
            remedy=t("Balance by area instead.", "请改为按面积均衡。"),
        )
    return load


def _bands(
    m: int,
    tolerance: float | Sequence[float],
    minimum: float | Sequence[float | None] | None,
    maximum: float | Sequence[float | None] | None,
) -> list[Band]:
    """Give what parts should hold of each of `m` quantities."""
    columns = (
        _per_column("tolerance", tolerance, m, math.nan),
        _per_column("minimum", minimum, m, 0.0),
        _per_column("maximum", maximum, m, math.inf),
    )
    return [Band(*values) for values in zip(*columns, strict=True)]


def _per_column(name: str, given: Any, m: int, default: float) -> list[float]:
    """Give a number for each of `m` columns: one for all, or one for each; None stands for the default."""
    values = [given] * m if given is None or np.ndim(given) == 0 else list(given)
    if len(values) != m:
        raise InputError(
            t(
                "The weights have {m} columns, but {name} has {n} values.",
                "权重有 {m} 列，但 {name} 有 {n} 个值。",
                m=m,
                name=name,
                n=len(values),
            ),
            remedy=t("Give one for all columns, or one for each.", "请为所有列给出一个值，或每列各给一个。"),
        )
    numbers = [default if value is None else float(value) for value in values]
    for column, number in enumerate(numbers):
        if not number >= 0:
            raise InputError(
                t(
                    "The {name} of column {column} is {number}.",
                    "第 {column} 列的 {name} 为 {number}。",
                    name=name,
                    column=column,
                    number=number,
                ),
                remedy=t("Give a number of 0 or more.", "请给出 0 或正数。"),
            )
    return numbers


def _check_limits(load: Floats, column: int, k: int, band: Band) -> None:
    """Refuse limits that no division of a column of the weights into `k` parts can meet."""
    low, high, total = band.minimum, band.maximum, float(load.sum())
    if not 0 <= low <= high:
        raise InputError(
            t(
                "Column {column}: the minimum {low:g} is above the maximum {high:g}.",
                "第 {column} 列：下限 {low:g} 高于上限 {high:g}。",
                column=column,
                low=low,
                high=high,
            ),
            remedy=t("Swap them, or drop one.", "请交换两者或去掉一个。"),
        )
    if (total or column == 0) and (k * low > total or k * high < total):
        fewest = math.ceil(total / high) if math.isfinite(high) else 1
        most = math.floor(total / low) if low else None
        raise InfeasibleError(
            t(
                "{k} grids can't share {total:,.0f} (column {column}) at {low:,.0f} to {high:,.0f} each: the mean is "
                "{mean:,.0f}.",
                "{k} 个网格无法在每格 {low:,.0f} 至 {high:,.0f} 之间分配 {total:,.0f}（第 {column} 列）：平均值为 "
                "{mean:,.0f}。",
                k=k,
                column=column,
                total=total,
                low=low,
                high=high,
                mean=total / k,
            ),
            remedy=_nearest_k(fewest, most),
        )


def _nearest_k(fewest: int, most: int | None) -> str:
    if most is not None and fewest > most:
        return t("No number of grids can: widen the limits.", "任何网格数都无法满足：请放宽限制。")
    if most is None:
        return t("Ask for at least {n} grids.", "请至少划分 {n} 个网格。", n=fewest)
    return t("Ask for {low} to {high} grids.", "请划分 {low} 至 {high} 个网格。", low=fewest, high=most)


def _check_found(labels: npt.NDArray[np.int32], load: Floats, column: int, k: int, band: Band) -> None:
    """Refuse a result beyond the hard limits: it would be a wrong plan."""
    if column and not load.any():
        return
    held = np.bincount(labels, load, k)
    over = np.maximum(held - band.maximum, band.minimum - held)
    worst = int(np.argmax(over))
    if over[worst] > 1e-9 * max(band.maximum if math.isfinite(band.maximum) else band.minimum, 1.0):
        raise InfeasibleError(
            t(
                "No division into {k} grids of {low:,.0f} to {high:,.0f} (column {column}) was found: the best has one "
                "of {held:,.0f}.",
                "未找到每格 {low:,.0f} 至 {high:,.0f}（第 {column} 列）的 {k} 个网格的划分：最好的方案仍有一个网格为 "
                "{held:,.0f}。",
                k=k,
                column=column,
                low=band.minimum,
                high=band.maximum,
                held=held[worst],
            ),
            remedy=t(
                "The nearest feasible limit found is {held:,.0f}; the largest unit holds {most:,.0f}.",
                "找到的最接近的可行限值为 {held:,.0f}；最大的单元为 {most:,.0f}。",
                held=held[worst],
                most=load.max(),
            ),
        )

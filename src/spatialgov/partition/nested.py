"""Partition units into grids that nest in their parents: how many grids where, and the plan."""

import math
import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.nesting import Within, parent_of_units
from spatialgov.partition.engine import Band, Effort, Objective, Request, apportion, divide
from spatialgov.partition.feasible import keep_limits
from spatialgov.partition.locking import Locks
from spatialgov.plan import Balance, Plan, PlanSettings
from spatialgov.time_limit import check_time
from spatialgov.units import Units

__all__ = ["Progress", "Step", "partition"]


@dataclass(frozen=True, slots=True)
class Step:
    """How far long work is.

    Attributes
    ----------
    done, total
        Parts of the work that are done, and all of them: of a partition, parts of the ground.
    begun
        Parts of the ground of which a first division has been found.
    cost
        Sum of the least costs found so far over the parts begun: the outlines of the grids (perimeter over that of a
        disc of the same area, and a price of each metre) and what is beyond its target, or the moment of inertia
        (`spatialgov.partition.inertia.moment_of_inertia`) where that is the objective. It falls as better divisions
        are found and rises only with `begun`. A part that is a single grid leaves nothing to be looked for: it costs 0.
        None where the work is not a partition.
    """

    done: int
    total: int
    begun: int = 0
    cost: float | None = None


Progress = Callable[[Step], None]
"""Called in the caller's own thread, as parts of the ground are done or better divisions are found."""


def partition(
    units: Units,
    *,
    grids: int | None = None,
    households_per_grid: float | None = None,
    population_per_grid: float | None = None,
    area_per_grid_m2: float | None = None,
    workload_per_grid: float | None = None,
    within: Within = None,
    tolerance: float = 0.05,
    also: Mapping[str, float] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    max_area_m2: float | None = None,
    dedicated: Collection[str] = (),
    today: Plan | None = None,
    locked: Collection[str] = (),
    locked_units: Mapping[str, str] | None = None,
    kind: Literal["general", "unit"] = "general",
    effort: Effort = "default",
    objective: Objective = "compact",
    time_limit_s: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """Divide units into contiguous, balanced, compact grids with codes.

    Every part of the ground that shares no border with the rest of its parent (an island, the far bank of a hard
    barrier) is divided on its own and holds at least one grid: no grid is ever in two pieces, whatever the balance.

    Parameters
    ----------
    units
        What to divide; none of them is split. Their graph's barriers are obeyed.
    grids
        How many grids to make (locked ones count, dedicated ones don't), balanced by households, or by area where
        there are none.
    households_per_grid, population_per_grid, area_per_grid_m2, workload_per_grid
        What one grid should hold; the number of grids follows. At most one of these five; 400 households when none
        is given. The workload is the units' column `workload`, in minutes a day.
    within
        Column whose values grids must not straddle, for example ``community_code``; or several, for nesting at every
        level: ``("district_code", "subdistrict_code", "community_code")``. The finest gives grids their parents.
    tolerance
        Relative deviation from the target that is on target. A target itself: grids that miss it are in the plan
        all the same, see `spatialgov.partition.misses`.
    also
        Further quantities that grids should share fairly, each with its own tolerance: column of the units
        (`households`, `population`, `area_m2`, `workload`, any other column of numbers that was kept) → relative
        deviation from the mean of the grids on the same ground. Ground is what is divided together: it hangs together
        inside one parent, between barriers and dedicated grids. Where not all can be had, the target comes first.
    minimum, maximum
        Limits of what a grid holds, which come before the tolerance. The number of grids is chosen so that they can
        be met; where they can't, `misses` says where, by how much, and what the nearest feasible value is. Where the
        objective is the moment of inertia, both of them together take the place of the tolerance.
    max_area_m2
        Largest area of a grid, m²: more grids are made where this asks for them.
    dedicated
        Kinds of units (``campus``, ``market``) that are cut out first: units of such a kind that hang together become
        one grid of the kind ``dedicated``, exempt from balance.
    today
        Today's plan, whose grids can be locked. No new grid takes one of its codes.
    locked
        Codes of today's grids that stay exactly as they are, with code, name and kind; they are cut out first.
    locked_units
        Unit → code of the grid that it must belong to: one of today's or a new one. Units of one code end in one
        grid, with that code; units of different codes in different grids.
    kind
        Kind of the other grids: ``general``, or ``unit`` for grids by area.
    effort
        ``quick``, ``default`` or ``best``.
    objective
        ``compact`` or ``moment_of_inertia``. With the latter, two hard limits take the place of the tolerance.
    time_limit_s
        Look for better grids until then, for each part of the ground, instead of as long as the effort asks for.
    seed
        The same seed gives the same plan, whatever the number of processors (but not under a time limit).
    progress
        Called as parts of the ground are done, and as better divisions of them are found.

    Raises
    ------
    InputError
        When two targets are given, a target is not above 0 or outside the limits, a unit lacks its parent, levels
        contradict each other (`FaultyDataError`, with the rows), a unit is locked to two grids, what is to be balanced
        is no column of numbers, or several quantities are to be balanced by moment of inertia.
    MissingColumnError
        When the units don't have a column that is asked for.
    NotFoundError
        When a locked grid or unit is not there.
    InfeasibleError
        When `grids` is below the number of parts that share no border, or above the number of units; or a locked
        grid is in pieces or straddles parents, or units locked to one grid can't be joined.
    CodeError
        When a parent would hold more than 999 grids.
    """
    targets: dict[Balance, float | None] = {
        "households": households_per_grid,
        "population": population_per_grid,
        "area_m2": area_per_grid_m2,
        "workload": workload_per_grid,
    }
    balance, target = _target(units, targets, grids)
    if objective == "moment_of_inertia" and minimum is not None and maximum is not None:
        # held at the tolerance of the target too, sample communities were 19 % off the bound for the limits
        tolerance = max(1 - minimum / target, maximum / target - 1, 1e-9)
    settings = PlanSettings(balance, target, tolerance, within, minimum, maximum, max_area_m2, seed, dict(also or {}))
    request = Request(
        tolerance,
        minimum or 0.0,
        math.inf if maximum is None else maximum,
        math.inf if max_area_m2 is None else max_area_m2,
        effort,
        objective,
        seed,
        time_limit_s,
        tuple(Band(most) for most in settings.also.values()),
    )
    parents = parent_of_units(units, within)
    locks = Locks.of(units, parents, today, locked, locked_units or {})
    grounds, apart = _grounds(units, parents, dedicated, locks)
    load = np.column_stack([units.amounts(name) for name in (balance, *settings.also)])
    if grids is not None:
        grids = _left(grids, int((locks.grids["kind"] != "dedicated").sum()), grounds)
    for ground, k in zip(grounds, _counts(units, grounds, load[:, 0], settings, grids), strict=True):
        ground.k = k
    labels = np.empty(len(units), np.int32)
    firsts = _divide_all(units, grounds, load, target, request, labels, progress)
    whole = [*apart, *locks.rows]
    for number, rows in enumerate(whole, start=firsts[-1]):
        labels[rows] = number
    pinned = {
        first + number: (code, parents[ground.rows[0]])
        for ground, first in zip(grounds, firsts, strict=False)
        for number, code in enumerate(ground.codes)
    }
    return Plan.from_labels(
        units,
        labels,
        settings,
        [kind] * firsts[-1] + ["dedicated"] * len(whole),
        kept=locks.kept_table(pinned, kind, firsts[-1] + len(apart)),
        taken=locks.names,
    )


@dataclass(slots=True)
class _Ground:
    """Connected ground inside one parent.

    Attributes
    ----------
    rows
        Positions of its units.
    codes, pins
        Codes of grids that some of its units must belong to; which of them, for each unit, -1 where it is free.
    k
        How many grids it is divided into; the first of them are those of `codes`.
    """

    rows: npt.NDArray[np.int64]
    codes: list[str]
    pins: npt.NDArray[np.int64]
    k: int = 1


def _grounds(
    units: Units, parents: npt.NDArray[np.object_], dedicated: Collection[str], locks: Locks
) -> tuple[list[_Ground], list[npt.NDArray[np.int64]]]:
    """Give the ground to be divided, and the units of each dedicated grid; without the units of locked grids."""
    graph = units.graph.without(units.graph.barrier > 0)
    parent = np.unique(parents, return_inverse=True)[1]
    kinds = units.frame["kind"].to_numpy(dtype=object)
    held = locks.held
    special = np.array([name in dedicated for name in kinds], dtype=bool)
    kind = np.unique(np.where(special, kinds, "").astype(str), return_inverse=True)[1]
    component = graph.components(2 * (parent * (int(kind.max(initial=0)) + 1) + kind) + held)
    members = [np.flatnonzero(component == c) for c in range(int(component.max(initial=-1)) + 1)]
    free = [rows for rows in members if not held[rows[0]]]
    divided = [rows for rows in free if not special[rows[0]]]
    locks.check_grounds(units, divided)
    return [_Ground(rows, *locks.pins(units, rows)) for rows in divided], [rows for rows in free if special[rows[0]]]


def _counts(
    units: Units, grounds: list[_Ground], load: npt.NDArray[np.float64], settings: PlanSettings, grids: int | None
) -> list[int]:
    """Give how many grids each ground is divided into."""
    weight = [float(load[ground.rows].sum()) for ground in grounds]
    most = [len(ground.rows) for ground in grounds]
    least = [max(len(ground.codes), 1) for ground in grounds]
    if grids is not None:
        share: list[int] = apportion(weight, grids, most=most, least=least).tolist()
        return share
    area_m2 = [float(units.graph.area_m2[ground.rows].sum()) for ground in grounds]
    nearest = [_nearest_count(w, a, settings, n) for w, a, n in zip(weight, area_m2, most, strict=True)]
    return [max(min(k, n), pinned) for k, n, pinned in zip(nearest, most, least, strict=True)]


def _left(grids: int, locked: int, grounds: list[_Ground]) -> int:
    """Give how many of the grids asked for are to be made, when some are locked."""
    least, most = sum(max(len(ground.codes), 1) for ground in grounds), sum(len(ground.rows) for ground in grounds)
    if locked and not least <= grids - locked <= most:
        raise InfeasibleError(
            t(
                "{grids} grids were asked for and {locked} are locked, but the ground that is left needs {least} to "
                "{most} more.",
                "要求划分 {grids} 个网格，其中 {locked} 个已锁定，而其余区域还需 {least} 至 {most} 个网格。",
                grids=grids,
                locked=locked,
                least=least,
                most=most,
            ),
            remedy=t(
                "Ask for {low} to {high} grids in all, or unlock some.",
                "请总共划分 {low} 至 {high} 个网格，或解除部分锁定。",
                low=least + locked,
                high=most + locked,
            ),
        )
    return grids - locked


def _nearest_count(weight: float, area_m2: float, settings: PlanSettings, n: int) -> int:
    """Give the number of grids, at most `n`, whose mean comes nearest to the target, within the limits."""
    low = max(math.floor(min(weight / settings.target, n)), 1)
    count = min((low, low + 1), key=lambda k: abs(weight / k - settings.target))
    fewest = math.ceil(min(weight / settings.maximum, n)) if settings.maximum else 1
    most = math.floor(min(weight / settings.minimum, n)) if settings.minimum else n
    if fewest <= most:  # else no number can meet both limits, and the target decides
        count = min(max(count, fewest), most)
    least_for_area = math.ceil(min(area_m2 / settings.max_area_m2, n)) if settings.max_area_m2 else 1
    return max(count, least_for_area)


def _divide_all(
    units: Units,
    grounds: list[_Ground],
    load: npt.NDArray[np.float64],
    target: float,
    request: Request,
    labels: npt.NDArray[np.int32],
    progress: Progress | None,
) -> list[int]:
    """Divide every ground, side by side; gives the label of each one's first grid, and in the end their number."""
    news: SimpleQueue[tuple[int, float | None]] = SimpleQueue()  # a ground and its cost so far, None when it is done

    def divided(i: int) -> npt.NDArray[np.int64]:
        ground = grounds[i]
        graph = units.graph.subgraph(ground.rows)
        # barriers lie between grounds, except where both sides are joined around the barrier's end
        open_ = graph.without(graph.barrier > 0)
        fixed = ground.pins if ground.codes else None
        own = load[ground.rows]
        wanted = replace(request, tolerance=_around_mean(request.tolerance, float(own[:, 0].sum()) / ground.k, target))
        try:
            found = divide(open_, own, ground.k, wanted, fixed, of_all=len(own), found=lambda cost: news.put((i, cost)))
            if ground.codes:  # the exact search knows no locked units
                return found
            return keep_limits(open_, own[:, 0], found, ground.k, request.minimum, request.maximum)
        finally:
            news.put((i, None))

    firsts: list[int] = np.cumsum([0, *(ground.k for ground in grounds)]).tolist()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = [pool.submit(divided, i) for i in range(len(grounds))]
        costs: dict[int, float] = {}
        done = 0
        while done < len(grounds):
            i, cost = news.get()
            if cost is None:
                labels[grounds[i].rows] = firsts[i] + jobs[i].result()
                costs.setdefault(i, 0.0)
                done += 1
            else:
                costs[i] = cost
            try:
                check_time()
                if progress is not None:
                    progress(Step(done, len(grounds), len(costs), math.fsum(costs.values())))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # what is not begun is not done
                raise
    return firsts


def _around_mean(tolerance: float, mean: float, target: float) -> float:
    """Give how far a grid may be off the mean of its ground to be on target; the tolerance where there is no room."""
    room = min(mean - target * (1 - tolerance), target * (1 + tolerance) - mean) / mean if mean else 0.0
    return room if room > tolerance / 4 else tolerance


def _target(units: Units, targets: dict[Balance, float | None], grids: int | None) -> tuple[Balance, float]:
    """Give what grids are balanced by, and what each should hold."""
    given = {name: value for name, value in targets.items() if value is not None}
    if len(given) + (grids is not None) > 1:
        raise InputError(
            t("Two targets were given for the grids.", "同时给出了两种网格目标。"),
            remedy=t(
                "Give one of: a number of grids, households, population, area or workload per grid.",
                "网格数、每格户数、每格人口、每格面积、每格工作量只能给出一种。",
            ),
        )
    if grids is not None:
        if grids < 1:
            raise InputError(
                t("{k} grids can't be made.", "无法划分 {k} 个网格。", k=grids),
                remedy=t("Ask for at least 1.", "请至少划分 1 个网格。"),
            )
        by: Balance = "households" if units.frame["households"].sum() > 0 else "area_m2"
        return by, float(units.frame[by].sum()) / grids
    balance, target = next(iter(given.items()), ("households", 400.0))
    if units.amounts(balance).sum() == 0:
        raise InputError(
            t(
                "Every unit has 0 {name}: there is nothing to balance.",
                "所有单元的 {name} 均为 0，没有可均衡的对象。",
                name=balance,
            ),
            remedy=t("Balance by area instead.", "请改为按面积均衡。"),
        )
    return balance, target

"""Partition units into grids that nest in their parents: how many grids where, and the plan."""

import math
import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.partition.engine import Effort, Objective, Request, apportion, divide
from spatialgov.partition.feasible import keep_limits
from spatialgov.plan import Balance, Plan, PlanSettings, parent_of_units
from spatialgov.units import Units

__all__ = ["Progress", "partition"]

Progress = Callable[[int, int], None]
"""Called with (parts done, parts in all)."""


def partition(
    units: Units,
    *,
    grids: int | None = None,
    households_per_grid: float | None = None,
    population_per_grid: float | None = None,
    area_per_grid_m2: float | None = None,
    within: str | None = None,
    tolerance: float = 0.05,
    minimum: float | None = None,
    maximum: float | None = None,
    max_area_m2: float | None = None,
    dedicated: Collection[str] = (),
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
        How many grids to make (besides dedicated ones), balanced by households, or by area where there are none.
    households_per_grid, population_per_grid, area_per_grid_m2
        What one grid should hold; the number of grids follows. At most one of these four; 400 households when none
        is given.
    within
        Column whose values grids must not straddle, for example ``community_code``.
    tolerance
        Relative deviation from the target that is on target. A target itself: grids that miss it are in the plan
        all the same, see `spatialgov.partition.misses`.
    minimum, maximum
        Limits of what a grid holds, which come before the tolerance. The number of grids is chosen so that they can
        be met; where they can't, `misses` says where, by how much, and what the nearest feasible value is.
    max_area_m2
        Largest area of a grid, m²: more grids are made where this asks for them.
    dedicated
        Kinds of units (``campus``, ``market``) that are cut out first: units of such a kind that hang together become
        one grid of the kind ``dedicated``, exempt from balance.
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
        Called as parts of the ground are done.

    Raises
    ------
    InputError
        When two targets are given, a target is not above 0 or outside the limits, or a unit lacks its parent.
    InfeasibleError
        When `grids` is below the number of parts that share no border, or above the number of units.
    CodeError
        When a parent would hold more than 999 grids.
    """
    targets: dict[Balance, float | None] = {
        "households": households_per_grid,
        "population": population_per_grid,
        "area_m2": area_per_grid_m2,
    }
    balance, target = _target(units, targets, grids)
    if objective == "moment_of_inertia" and minimum is not None and maximum is not None:
        tolerance = max(1 - minimum / target, maximum / target - 1, 1e-9)
    settings = PlanSettings(balance, target, tolerance, within, minimum, maximum, max_area_m2, seed)
    request = Request(
        tolerance,
        minimum or 0.0,
        math.inf if maximum is None else maximum,
        math.inf if max_area_m2 is None else max_area_m2,
        effort,
        objective,
        seed,
        time_limit_s,
    )
    grounds, apart = _grounds(units, within, dedicated)
    load = units.frame[balance].to_numpy(dtype=np.float64)
    for ground, k in zip(grounds, _counts(units, grounds, load, settings, grids), strict=True):
        ground.k = k
    labels = np.empty(len(units), np.int32)
    first = _divide_all(units, grounds, load, request, labels, progress)
    for rows in apart:
        labels[rows] = first
        first += 1
    return Plan.from_labels(units, labels, settings, [kind] * (first - len(apart)) + ["dedicated"] * len(apart))


@dataclass(slots=True)
class _Ground:
    """Connected ground inside one parent: positions of its units, and how many grids it is divided into."""

    rows: npt.NDArray[np.int64]
    k: int = 1


def _grounds(
    units: Units, within: str | None, dedicated: Collection[str]
) -> tuple[list[_Ground], list[npt.NDArray[np.int64]]]:
    """Give the ground to be divided, and the units of each dedicated grid."""
    graph = units.graph.without(units.graph.barrier > 0)
    parent = np.unique(parent_of_units(units, within), return_inverse=True)[1]
    kinds = units.frame["kind"].to_numpy(dtype=object)
    special = np.array([name in dedicated for name in kinds], dtype=bool)
    kind = np.unique(np.where(special, kinds, "").astype(str), return_inverse=True)[1]
    component = graph.components(parent * (int(kind.max(initial=0)) + 1) + kind)
    members = [np.flatnonzero(component == c) for c in range(int(component.max(initial=-1)) + 1)]
    grounds = [_Ground(rows) for rows in members if not special[rows[0]]]
    return grounds, [rows for rows in members if special[rows[0]]]


def _counts(
    units: Units, grounds: list[_Ground], load: npt.NDArray[np.float64], settings: PlanSettings, grids: int | None
) -> list[int]:
    """Give how many grids each ground is divided into."""
    weight = [float(load[ground.rows].sum()) for ground in grounds]
    most = [len(ground.rows) for ground in grounds]
    if grids is not None:
        share: list[int] = apportion(weight, grids, most=most).tolist()
        return share
    area_m2 = [float(units.graph.area_m2[ground.rows].sum()) for ground in grounds]
    return [min(_nearest_count(w, a, settings, n), n) for w, a, n in zip(weight, area_m2, most, strict=True)]


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
    request: Request,
    labels: npt.NDArray[np.int32],
    progress: Progress | None,
) -> int:
    """Divide every ground, side by side, and number the grids through; gives how many there are."""

    def divided(ground: _Ground) -> npt.NDArray[np.int64]:
        graph = units.graph.subgraph(ground.rows)
        # barriers lie between grounds, except where both sides are joined around the barrier's end
        open_ = graph.without(graph.barrier > 0)
        found = divide(open_, load[ground.rows], ground.k, request, of_all=len(ground.rows))
        return keep_limits(open_, load[ground.rows], found, ground.k, request.minimum, request.maximum)

    firsts = np.cumsum([0, *(ground.k for ground in grounds)]).tolist()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = {pool.submit(divided, ground): i for i, ground in enumerate(grounds)}
        for done, job in enumerate(as_completed(jobs), start=1):
            i = jobs[job]
            labels[grounds[i].rows] = firsts[i] + job.result()
            if progress is not None:
                progress(done, len(grounds))
    return int(firsts[-1])


def _target(units: Units, targets: dict[Balance, float | None], grids: int | None) -> tuple[Balance, float]:
    """Give what grids are balanced by, and what each should hold."""
    given = {name: value for name, value in targets.items() if value is not None}
    if len(given) + (grids is not None) > 1:
        raise InputError(
            t("Two targets were given for the grids.", "同时给出了两种网格目标。"),
            remedy=t(
                "Give one of: a number of grids, households, population or area per grid.",
                "网格数、每格户数、每格人口、每格面积只能给出一种。",
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
    if units.frame[balance].sum() == 0:
        raise InputError(
            t(
                "Every unit has 0 {name}: there is nothing to balance.",
                "所有单元的 {name} 均为 0，没有可均衡的对象。",
                name=balance,
            ),
            remedy=t("Balance by area instead.", "请改为按面积均衡。"),
        )
    return balance, target

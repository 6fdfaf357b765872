"""Partition units into grids that nest in their parents: how many grids where, and the plan."""

import math
from collections.abc import Collection, Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from spatialgov.bulk import Hands
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.nesting import Within, parent_of_units
from spatialgov.partition.dividing import Ground, Progress, divide_all
from spatialgov.partition.engine import Band, Effort, Objective, Request, apportion
from spatialgov.partition.in_parts import divide_in_parts
from spatialgov.partition.locking import Locks
from spatialgov.plan import Balance, Plan, PlanSettings
from spatialgov.units import Units

__all__ = ["partition"]


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
    hands: Hands | None = None,
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
    hands
        Have the ground divided in parts (`spatialgov.bulk`), here or on a cluster; all cores do it when not given.
        The plan is the same.

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
    if hands is None:
        found = divide_all(units.graph, grounds, load, target, request, progress)
    else:
        found = divide_in_parts(units.graph, grounds, load, target, request, hands, progress)
    firsts: list[int] = np.cumsum([0, *(ground.k for ground in grounds)]).tolist()
    for ground, first, own in zip(grounds, firsts, found, strict=False):
        labels[ground.rows] = first + own
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


def _grounds(
    units: Units, parents: npt.NDArray[np.object_], dedicated: Collection[str], locks: Locks
) -> tuple[list[Ground], list[npt.NDArray[np.int64]]]:
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
    return [Ground(rows, *locks.pins(units, rows)) for rows in divided], [rows for rows in free if special[rows[0]]]


def _counts(
    units: Units, grounds: list[Ground], load: npt.NDArray[np.float64], settings: PlanSettings, grids: int | None
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


def _left(grids: int, locked: int, grounds: list[Ground]) -> int:
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

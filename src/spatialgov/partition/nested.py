"""Partition units into grids that nest in their parents: how many grids where, and the plan."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.partition.engine import apportion, assign
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
    max_area_m2: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Plan:
    """Divide units into contiguous, balanced, compact grids with codes.

    Every part of the ground that shares no border with the rest of its parent (an island, the far bank) is divided
    on its own and holds at least one grid: no grid is ever in two pieces, whatever the balance.

    Parameters
    ----------
    units
        What to divide; none of them is split.
    grids
        How many grids to make, balanced by households (by area where no unit has households).
    households_per_grid, population_per_grid, area_per_grid_m2
        What one grid should hold; the number of grids follows. At most one of these four; 400 households when none
        is given.
    within
        Column whose values grids must not straddle, for example ``community_code``.
    tolerance
        Relative deviation from the target that is on target. A target itself: grids that miss it are in the plan
        all the same, see `spatialgov.partition.misses`.
    max_area_m2
        Largest area of a grid, m²: more grids are made where this asks for them.
    seed
        The same seed gives the same plan.
    progress
        Called as parts of the ground are done.

    Raises
    ------
    InputError
        When two targets are given, a target is not above 0, or a unit lacks its parent.
    InfeasibleError
        When `grids` is below the number of parts that share no border, or above the number of units.
    CodeError
        When a parent would hold more than 999 grids.
    """
    settings = _settings(
        units, grids, households_per_grid, population_per_grid, area_per_grid_m2, within, tolerance, max_area_m2, seed
    )
    load = units.frame[settings.balance].to_numpy(dtype=np.float64)
    parents = parent_of_units(units, within)
    component = units.graph.components(np.unique(parents, return_inverse=True)[1])
    parts = [np.flatnonzero(component == c) for c in range(int(component.max()) + 1)]
    weight = [float(load[rows].sum()) for rows in parts]
    most = [len(rows) for rows in parts]
    if grids is not None:
        counts = apportion(weight, grids, most=most).tolist()
    else:
        area = [float(units.graph.area_m2[rows].sum()) for rows in parts]
        counts = [
            min(_nearest_count(w, settings.target, a, max_area_m2, n), n)
            for w, a, n in zip(weight, area, most, strict=True)
        ]
    labels = np.empty(len(units), np.int32)
    first = 0
    for done, (rows, k) in enumerate(zip(parts, counts, strict=True)):
        labels[rows] = first + _divide_part(units, rows, load[rows], k, settings)
        first += k
        if progress is not None:
            progress(done + 1, len(parts))
    return Plan.from_labels(units, labels, settings)


def _divide_part(
    units: Units, rows: npt.NDArray[np.int64], load: npt.NDArray[np.float64], k: int, settings: PlanSettings
) -> npt.NDArray[np.int32]:
    if k == 1:
        return np.zeros(len(rows), np.int32)
    graph = units.graph.subgraph(rows)
    if load.sum() == 0:  # nobody lives here: an even share of the ground is what is left to balance
        load = graph.area_m2
    return assign(graph, load, k, settings.tolerance, max_area_m2=settings.max_area_m2, seed=settings.seed)


def _nearest_count(weight: float, target: float, area_m2: float, max_area_m2: float | None, n: int) -> int:
    """Give the number of grids, at most `n`, whose mean comes nearest to the target, within the area limit."""
    low = max(math.floor(min(weight / target, n)), 1)
    count = min((low, low + 1), key=lambda k: abs(weight / k - target))
    least = area_m2 / max_area_m2 if max_area_m2 else 1.0
    return max(count, math.ceil(min(least, n)))


def _settings(
    units: Units,
    grids: int | None,
    households: float | None,
    population: float | None,
    area_m2: float | None,
    within: str | None,
    tolerance: float,
    max_area_m2: float | None,
    seed: int,
) -> PlanSettings:
    given: dict[Balance, float | None] = {"households": households, "population": population, "area_m2": area_m2}
    targets = {name: value for name, value in given.items() if value is not None}
    if len(targets) + (grids is not None) > 1:
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
        targets = {by: float(units.frame[by].sum()) / grids}
    balance, target = next(iter(targets.items()), ("households", 400.0))
    settings = PlanSettings(balance, target, tolerance, within, max_area_m2, seed)
    if units.frame[balance].sum() == 0:
        raise InputError(
            t(
                "Every unit has 0 {name}: there is nothing to balance.",
                "所有单元的 {name} 均为 0，没有可均衡的对象。",
                name=balance,
            ),
            remedy=t("Balance by area instead.", "请改为按面积均衡。"),
        )
    return settings

"""How far a plan is from the best there could be, ground by ground, as far as that can be proven."""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.partition.bounds import inertia_bound
from spatialgov.partition.inertia import moment_of_inertia
from spatialgov.partition.misses import verdict_on
from spatialgov.plan import Plan, parent_of_units

__all__ = ["GroundGap", "gaps", "summary"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

_MOST_UNITS, _MOST_GRIDS = 600, 16
"""Up to this size a bound is near the optimum in a few seconds."""


@dataclass(frozen=True, slots=True)
class GroundGap:
    """Connected ground inside one parent, and how near its division is to the best one.

    Attributes
    ----------
    parent_code
        Of the parent that it lies in, "" without nesting. A parent that barriers cut has several.
    units, grids
        Their numbers.
    lower, upper
        Limits of a grid that the bound holds for: the hard limits where there are any, else the tolerance around the
        mean of the ground; wider where the plan itself goes beyond them.
    inertia
        Moment of inertia of the division, weight × km², the weight being what the plan balances.
    bound
        Proven: no division into as many grids within the limits has less, touching or not.
    gap_pct
        By how much `inertia` is above `bound`, percent.
    exact
        Whether `bound` is the optimum where contiguity is left out.
    feasible
        Whether hard limits can be kept here: True where the plan keeps them or another division does, False where
        that is proven to be impossible, None where it isn't known.
    """

    parent_code: str
    units: int
    grids: int
    lower: float
    upper: float
    inertia: float
    bound: float
    gap_pct: float
    exact: bool
    feasible: bool | None


def gaps(plan: Plan, *, time_limit_s: float = 5.0) -> list[GroundGap]:
    """Prove for each small piece of ground how much less its moment of inertia could be at most.

    Parameters
    ----------
    plan
        Any plan; one made with the objective ``moment_of_inertia`` has small gaps.
    time_limit_s
        For each piece of ground, seconds. The bounds hold whenever they stop.

    Returns
    -------
    list of GroundGap
        For each connected ground within one parent, between barriers and dedicated grids, in the order of its units:
        where it is small (up to 600 units and 16 grids) and all its units are in grids that don't reach beyond it.
    """
    load = plan.units.amounts(plan.settings.balance)
    parents = parent_of_units(plan.units, plan.settings.within)
    pieces = list(_small_ground(plan))

    def measured(piece: tuple[Labels, Labels]) -> GroundGap:
        return _gap(plan, str(parents[piece[0][0]]), *piece, load[piece[0]], time_limit_s)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(measured, pieces))


def summary(found: Sequence[GroundGap]) -> dict[str, Any]:
    """Give the gaps as plain values, with their mean and the largest (0 where there are none)."""
    values = [gap.gap_pct for gap in found] or [0.0]
    return {
        "mean_gap_pct": float(np.mean(values)),
        "largest_gap_pct": max(values),
        "grounds": [asdict(gap) for gap in found],
    }


def _small_ground(plan: Plan) -> Iterator[tuple[Labels, Labels]]:
    """Give the units of each small ground, and their grids numbered from 0."""
    ground = plan.ground_of_units()
    general = np.append(plan.table["kind"].to_numpy() != "dedicated", False)
    for c in range(int(ground.max(initial=-1)) + 1):
        rows = np.flatnonzero(ground == c)
        grids, labels = np.unique(plan.labels[rows], return_inverse=True)
        whole = np.count_nonzero(np.isin(plan.labels, grids)) == len(rows)
        if general[grids].all() and whole and len(rows) <= _MOST_UNITS and len(grids) <= _MOST_GRIDS:
            yield rows, labels.astype(np.int64)


def _gap(plan: Plan, parent_code: str, rows: Labels, labels: Labels, load: Floats, seconds: float) -> GroundGap:
    k = int(labels.max()) + 1
    held, settings = np.bincount(labels, load, k), plan.settings
    mean = float(load.sum()) / k
    lower = mean * (1 - settings.tolerance) if settings.minimum is None else settings.minimum
    upper = mean * (1 + settings.tolerance) if settings.maximum is None else settings.maximum
    kept = (settings.minimum or 0.0) <= held.min() and held.max() <= (settings.maximum or math.inf)
    verdict = None if kept else verdict_on(plan, rows)
    lower, upper = min(lower, float(held.min())), max(upper, float(held.max()))
    xy_m = plan.units.graph.xy_m[rows]
    bound = inertia_bound(xy_m, load, k, lower, upper, time_limit_s=seconds)
    inertia = moment_of_inertia(xy_m, load, labels)
    return GroundGap(
        parent_code=parent_code,
        units=len(rows),
        grids=k,
        lower=lower,
        upper=upper,
        inertia=1e6 * inertia,
        bound=1e6 * min(bound.value, inertia),  # what is above is rounding
        gap_pct=max(100 * bound.gap(inertia), 0.0),
        exact=bound.exact,
        feasible=True if kept else (verdict.feasible if verdict else None),
    )

"""Several good plans that differ: so that people can choose by what no measure knows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.partition.comparison import distance
from spatialgov.partition.dividing import Progress, Step
from spatialgov.partition.nested import partition
from spatialgov.partition.refine import BORDER_SHARE
from spatialgov.plan import Plan
from spatialgov.units import Units

__all__ = ["alternatives", "distances", "plan_cost"]

_PRICE = 60.0
"""Price of what lies beyond the tolerance, in shares of the target, against raggedness: as in the engine."""


def alternatives(
    units: Units,
    n: int = 5,
    *,
    slack: float = 0.05,
    apart: float = 0.05,
    tries: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    **options: Any,
) -> list[Plan]:
    """Give up to `n` good plans that differ from each other, the best first.

    Parameters
    ----------
    units
        What to divide.
    n
        How many plans; fewer are given where fewer good and different ones were found.
    slack
        A plan is good when its `plan_cost` exceeds that of the best by at most this share.
    apart
        Plans differ when at least this share of the households must change grid from any one to any other
        (`spatialgov.partition.comparison.distance`).
    tries
        How many plans are made to choose from; 3 n when not given.
    seed
        Of the first try; the others count up. A plan keeps its seed in its settings.
    progress
        Called with (tries done, tries in all).
    **options
        As `spatialgov.partition.partition` takes them. Where no `effort` is among them, every other try is quick:
        its plans are more different.

    Returns
    -------
    list of Plan
        The best, then always the one farthest from those chosen so far; `distances` gives how far they are apart.

    Raises
    ------
    InputError
        When `n` is below 1, and whatever `partition` raises.
    """
    if n < 1:
        raise InputError(
            t("{n} alternatives can't be made.", "无法生成 {n} 个备选方案。", n=n),
            remedy=t("Ask for at least 1.", "请至少要求 1 个。"),
        )
    made: list[Plan] = []
    wanted = max(tries or 3 * n, n)
    for attempt in range(wanted):
        effort: dict[str, Any] = {"effort": "quick" if attempt % 2 else "default"}
        made.append(partition(units, seed=seed + attempt, **(effort | options)))
        if progress is not None:
            progress(Step(attempt + 1, wanted))
    costs = [plan_cost(plan) for plan in made]
    least = min(costs)
    good = [
        plan
        for plan, cost in sorted(zip(made, costs, strict=True), key=lambda one: one[1])
        if cost <= least * (1 + slack)
    ]
    chosen = [good[0]]
    nearest = np.array([distance(good[0], plan) for plan in good])
    while len(chosen) < n and nearest.max() >= apart:
        chosen.append(good[int(np.argmax(nearest))])
        nearest = np.minimum(nearest, [distance(chosen[-1], plan) for plan in good])
    return chosen


def distances(plans: Sequence[Plan]) -> pd.DataFrame:
    """Give the distance of each plan from each other, float64, rows and columns numbered from 1 in the order given."""
    table = np.zeros((len(plans), len(plans)))
    for i, plan in enumerate(plans):
        for j in range(i):
            table[i, j] = table[j, i] = distance(plan, plans[j])
    number = pd.RangeIndex(1, len(plans) + 1, name="plan")
    return pd.DataFrame(table, index=number, columns=number)


def plan_cost(plan: Plan) -> float:
    """Give what the engine makes small, for a mean grid: outline, and a price for what is beyond the tolerance.

    Of the outline count the perimeter over that of a disc of the same area (1 / √Polsby-Popper), and over that of a
    disc of the mean area around (by `BORDER_SHARE`). Dedicated grids don't count.
    """
    counts = plan.table["kind"].to_numpy() != "dedicated"
    if not counts.any():
        return 0.0
    area_m2, mean_m2 = plan.held_and_mean("area_m2")
    discs_m = [np.sqrt(4 * np.pi * np.maximum(area, 1e-9)) for area in (area_m2, mean_m2)]
    outline = plan.tally.perimeter_m * (1 / discs_m[0] + BORDER_SHARE / discs_m[1])
    settings, also = plan.settings, plan.deviation_also_pct()
    off = [(plan.deviation_pct(), settings.tolerance), *((also[name], most) for name, most in settings.also.items())]
    beyond = np.array([np.maximum(np.abs(deviation) / 100 - most, 0.0) for deviation, most in off])
    return float((outline + _PRICE * (beyond**2 + 0.05 * beyond).sum(axis=0))[counts].mean())

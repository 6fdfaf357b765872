"""Rebalancing: from today's grids to balanced ones, with as few households as possible in another grid."""

import math
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.partition.dividing import Progress, Step
from spatialgov.partition.rebalancing.frontier import Frontier, FrontierStep, combined
from spatialgov.partition.rebalancing.ground import grounds, movable_grids
from spatialgov.partition.rebalancing.points import Points, trade_off
from spatialgov.plan import Balance, Plan
from spatialgov.time_limit import check_time

__all__ = ["Frontier", "FrontierStep", "rebalance"]

HOUSEHOLDS = (300, 500)
"""A base grid's households (基础网格), as cities ask for."""


def rebalance(
    plan: Plan,
    *,
    households: tuple[int, int] | None = None,
    locked: Collection[str] = (),
    retired: Collection[str] = (),
    seed: int = 0,
    progress: Progress | None = None,
) -> Frontier:
    """Give the plans between today's grids and a balance, each with the fewest households in another grid.

    Units go from grid to neighbouring grid, grids are split (the larger part keeps the code) and dissolved into
    neighbours, never across parents; every grid that is touched stays connected and within the plan's largest area.

    Parameters
    ----------
    plan
        Today's grids. Only general grids in one piece inside one parent are touched.
    households
        Fewest and most households of a grid. When not given, the plan's own limits (`PlanSettings.minimum`,
        `PlanSettings.maximum`) of what it is balanced by; where it has none, 300 to 500 households, or the target
        and its tolerance when it is balanced by population or area.
    locked
        Codes of grids that stay as they are.
    retired
        Codes that new grids may not have, besides those of the plan.
    seed
        The same seed gives the same frontier, whatever the number of processors.
    progress
        Called with (grounds done, grounds in all); a ground is a set of grids that can give units to each other.

    Returns
    -------
    Frontier
        From no change to the best balance found.

    Raises
    ------
    InputError
        When the band is none.
    NotFoundError
        When a locked grid is not there.
    """
    by, lower, upper = _band(plan, households)
    movable = movable_grids(plan, locked)
    parts = list(grounds(plan, movable, by))
    limit_m2 = plan.settings.max_area_m2 or math.inf

    def search_ground(number: int) -> Points:
        return trade_off(parts[number], lower, upper, limit_m2, np.random.default_rng([seed, number]))

    offers = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the searches are compiled and don't hold the interpreter
        for points in pool.map(search_ground, range(len(parts))):
            check_time()
            offers.append(points)
            if progress is not None:
                progress(Step(len(offers), len(parts)))
    return combined(plan, offers, ~movable, by, lower, upper, tuple(retired))


def _band(plan: Plan, households: tuple[int, int] | None) -> tuple[Balance, float, float]:
    """Give what grids share, and the least and the most of it."""
    settings = plan.settings
    if households is None and (settings.minimum, settings.maximum) != (None, None):
        return settings.balance, settings.minimum or 0.0, math.inf if settings.maximum is None else settings.maximum
    if households is None and settings.balance != "households":
        slack = settings.target * settings.tolerance
        return settings.balance, max(settings.target - slack, 0.0), settings.target + slack
    lower, upper = households or HOUSEHOLDS
    if not 0 <= lower <= upper:
        raise InputError(
            t("{a}–{b} households is no band.", "{a}–{b} 户不是有效区间。", a=lower, b=upper),
            remedy=t("Give the fewest first, then the most: 300 500.", "请先给下限再给上限：300 500。"),
        )
    return "households", float(lower), float(upper)

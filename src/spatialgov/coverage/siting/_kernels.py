"""Compiled loops of `spatialgov.coverage.siting`: sites put in and taken out, with what each would gain or lose.

Two bundles of arrays go through all of them. ``problem``: ``(site_start, site_items, demand_start, demand_items,
worth, cost, foe_start, foe_items)``, the demand that each site sees and the sites that see each demand, both by rows;
``worth`` int64, what one view of a demand counts; ``cost`` float64; ``foe_*``, the sites that a site excludes.
``state``: ``(short, gain, loss, blocked, chosen)``: ``short`` int64, views that a demand still lacks, below 0 when it
has more than it needs; ``gain`` and ``loss`` int64, what a site would add, or what would go with it; ``blocked``
int64, chosen sites that exclude it; ``chosen`` bool.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["fill"]


@njit(cache=True)
def _put(problem: Any, state: Any, site: int, step: int) -> None:
    """Put a site in (step 1) or take it out (step -1)."""
    site_start, site_items, demand_start, demand_items, worth, _, foe_start, foe_items = problem
    short, gain, loss, blocked, chosen = state
    chosen[site] = step > 0
    for q in range(site_start[site], site_start[site + 1]):
        d = site_items[q]
        before = short[d]
        after = before - step
        short[d] = after
        more = (after > 0) - (before > 0)
        dear = (after >= 0) - (before >= 0)
        if more != 0:
            for k in range(demand_start[d], demand_start[d + 1]):
                gain[demand_items[k]] += more * worth[d]
        if dear != 0:
            for k in range(demand_start[d], demand_start[d + 1]):
                loss[demand_items[k]] += dear * worth[d]
    for q in range(foe_start[site], foe_start[site + 1]):
        blocked[foe_items[q]] += step


@njit(cache=True)
def _best_entry(problem: Any, state: Any, room: float, by_cost: bool, barred: Any, now: int) -> int:
    """Give the site that gains most (for its cost), among those that fit and aren't barred; -1 when none gains."""
    _, gain, _, blocked, chosen = state
    cost = problem[5]
    best, best_value = -1, 0.0
    for j in range(len(gain)):
        if chosen[j] or blocked[j] > 0 or gain[j] <= 0 or cost[j] > room or barred[j] > now:
            continue
        value = gain[j] / cost[j] if by_cost else float(gain[j])
        if value > best_value or (value == best_value and barred[j] < barred[best]):
            best, best_value = j, value
    return best


@njit(cache=True, nogil=True)
def fill(problem: Any, state: Any, room: float, by_cost: bool) -> float:
    """Put in the best site again and again while one fits and gains; give the room that is left.

    Parameters
    ----------
    problem, state
        See the module; the state is changed.
    room
        What may still be spent.
    by_cost
        Best is the largest gain for the cost, else the largest gain.
    """
    barred = np.zeros(len(state[1]), np.int64)
    while True:
        j = _best_entry(problem, state, room, by_cost, barred, 0)
        if j < 0:
            return room
        _put(problem, state, j, 1)
        room -= problem[5][j]

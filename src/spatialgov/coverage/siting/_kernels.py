"""Compiled loops of `spatialgov.coverage.siting`: sites put in and taken out, with what each would gain or lose.

Two bundles of arrays go through all of them. ``problem``: ``(site_start, site_items, demand_start, demand_items,
worth, cost, foe_start, foe_items)``: the demand that each site sees and the sites that see each demand, as lists with
starts; ``worth`` int64, what a view of each demand counts; ``cost`` float64; ``foe_*``: the sites that each excludes.
``state``: ``(short, gain, loss, blocked, chosen)``: ``short`` int64, views that each demand still lacks, below 0 when
it has more than count; ``gain`` and ``loss`` int64, what each site would add, and what would go with it; ``blocked``
int64, how many chosen sites exclude it; ``chosen`` bool.

Numbers handed to another loop are typed (``np.int64(0)``): for a literal, numba would compile it once more.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["cliques", "fill", "put", "search"]

_IN: Any = np.int64(1)
_OUT: Any = np.int64(-1)
_NO_LIMIT: Any = np.int64(2**62)
_SAMPLE = 60  # sites that a free place is offered to at random
_MOST_OUT = 6  # sites that a kick takes out at most
_NEAR = 70  # in so many of 100 kicks they are neighbours


@njit(cache=True)
def put(problem: Any, state: Any, site: int, step: int) -> int:
    """Put a site in (step 1) or take it out (step -1); give the number of entries visited."""
    site_start, site_items, demand_start, demand_items, worth, _, foe_start, foe_items = problem
    short, gain, loss, blocked, chosen = state
    chosen[site] = step > 0
    visits: int = site_start[site + 1] - site_start[site]
    for q in range(site_start[site], site_start[site + 1]):
        d = site_items[q]
        before = short[d]
        after = before - step
        short[d] = after
        gains = np.int64(after > 0) - np.int64(before > 0)
        loses = np.int64(after >= 0) - np.int64(before >= 0)
        if gains != 0:
            for k in range(demand_start[d], demand_start[d + 1]):
                gain[demand_items[k]] += gains * worth[d]
        if loses != 0:
            for k in range(demand_start[d], demand_start[d + 1]):
                loss[demand_items[k]] += loses * worth[d]
        if gains != 0 or loses != 0:
            visits += demand_start[d + 1] - demand_start[d]
    for q in range(foe_start[site], foe_start[site + 1]):
        blocked[foe_items[q]] += step
    return visits


@njit(cache=True)
def _best_entry(problem: Any, state: Any, room: float, by_cost: bool) -> int:
    """Give the first of the sites that gain most (for their cost) among those that may enter; -1 when none gains."""
    _, gain, _, blocked, chosen = state
    cost = problem[5]
    best, most = -1, 0.0
    for j in range(len(gain)):
        value = gain[j] / cost[j] if by_cost else float(gain[j])
        if value > most and not chosen[j] and blocked[j] == 0 and cost[j] <= room:
            best, most = j, value
    return best


@njit(cache=True, nogil=True)
def fill(problem: Any, state: Any, room: float, by_cost: bool, enough: int) -> tuple[int, float]:
    """Put in the best site again and again while one fits and gains, or until enough is gained.

    Parameters
    ----------
    problem, state
        See the module; the state is changed.
    room
        What may still be spent.
    by_cost
        Best is the largest gain for the cost, else the largest gain.
    enough
        Worth at which to stop.

    Returns
    -------
    gained
        Worth.
    room
        What is left of it.
    """
    gained = 0
    cheapest = problem[5].min()
    while gained < enough and room >= cheapest:
        j = _best_entry(problem, state, room, by_cost)
        if j < 0:
            break
        gained += state[1][j]
        room -= problem[5][j]
        put(problem, state, j, _IN)
    return gained, room


@njit(cache=True)
def _wake(problem: Any, state: Any, site: int, look: Any) -> int:
    """Mark the chosen sites that share demand with a site; give the number of entries visited."""
    site_start, site_items, demand_start, demand_items = problem[:4]
    chosen = state[4]
    visits = 0
    for q in range(site_start[site], site_start[site + 1]):
        d = site_items[q]
        visits += demand_start[d + 1] - demand_start[d]
        for k in range(demand_start[d], demand_start[d + 1]):
            if chosen[demand_items[k]]:
                look[demand_items[k]] = True
    return visits


@njit(cache=True)
def _swap(problem: Any, state: Any, site: int, room: float, by_cost: bool, look: Any) -> tuple[int, float, int]:
    """Replace a chosen site by the best that then fit, if they are worth more; give the gain, the room, the visits."""
    gain, loss = state[1], state[2]
    cost = problem[5]
    cheapest = cost.min()
    lost = loss[site]
    visits = put(problem, state, site, _OUT)
    left = room + cost[site]
    entered = []
    got = 0
    while left >= cheapest:
        visits += len(gain)
        j = _best_entry(problem, state, left, by_cost)
        if j < 0 or (not by_cost and got + gain[j] <= lost and left - cost[j] < cheapest):
            break
        got += gain[j]
        left -= cost[j]
        visits += put(problem, state, j, _IN)
        entered.append(j)
    if got > lost:
        visits += _wake(problem, state, site, look)
        for j in entered:
            look[j] = True
            visits += _wake(problem, state, j, look)
        return got - lost, left, visits
    for j in entered:
        visits += put(problem, state, j, _OUT)
    visits += put(problem, state, site, _IN)
    return 0, room, visits


@njit(cache=True)
def _descend(problem: Any, state: Any, room: float, by_cost: bool, look: Any) -> tuple[int, float, int]:
    """Swap the sites that are marked, and those that swaps mark, until none is worth it."""
    gain, loss, chosen = state[1], state[2], state[4]
    total, visits = 0, 0
    while True:
        before = total
        for site in range(len(gain)):
            if chosen[site] and look[site]:
                look[site] = False
                gained, room, seen = _swap(problem, state, site, room, by_cost, look)
                total += gained
                visits += seen
        visits += len(gain)
        if total > before:
            continue
        # A site that shares no demand with what has changed was not marked: the weakest may give way.
        weakest = -1
        for site in range(len(gain)):
            if chosen[site] and (weakest < 0 or loss[site] < loss[weakest]):
                weakest = site
        if weakest < 0 or by_cost:
            break
        visits += 2 * len(gain)
        j = _best_entry(problem, state, room + problem[5][weakest], by_cost)
        if j < 0 or gain[j] <= loss[weakest]:
            break
        look[weakest] = True
    return total, room, visits


@njit(cache=True)
def _draw(rng: Any, n: Any) -> Any:
    """Draw a number from 0 to n - 1 (xorshift, Marsaglia 2003)."""
    x = rng[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    rng[0] = x
    return np.int64((x >> np.uint64(11)) % np.uint64(n))


@njit(cache=True)
def _leavers(problem: Any, state: Any, rng: Any, members: Any) -> Any:
    """Draw the chosen sites that a kick takes out: neighbours through shared demand, or any."""
    site_start, site_items, demand_start, demand_items = problem[:4]
    chosen = state[4]
    p = len(members)
    k = min(p, 2 + _draw(rng, np.int64(_MOST_OUT - 1)))
    out = np.empty(k, np.int64)
    if _draw(rng, np.int64(100)) >= _NEAR:
        for i in range(k):
            other = i + _draw(rng, p - i)
            members[i], members[other] = members[other], members[i]
            out[i] = members[i]
        return out
    out[0] = members[_draw(rng, p)]
    n = 1
    for _ in range(20 * k):
        if n == k:
            break
        # one of them, a demand it sees, a site that sees that, a demand of that: who of the chosen sees it
        site = out[_draw(rng, n)]
        d = site_items[site_start[site] + _draw(rng, site_start[site + 1] - site_start[site])]
        site = demand_items[demand_start[d] + _draw(rng, demand_start[d + 1] - demand_start[d])]
        d = site_items[site_start[site] + _draw(rng, site_start[site + 1] - site_start[site])]
        for q in range(demand_start[d], demand_start[d + 1]):
            site = demand_items[q]
            if chosen[site] and not (out[:n] == site).any():
                out[n] = site
                n += 1
                break
    return out[:n]


@njit(cache=True, nogil=True)
def search(
    problem: Any, state: Any, room: float, by_cost: bool, enough: int, rounds: int, rng: Any
) -> tuple[int, float, int, int]:
    """Swap until nothing is gained; or kick some sites out, refill and swap, round by round, and keep what is no worse.

    Parameters
    ----------
    problem, state
        See the module; the state is changed, and no worse afterwards.
    room
        What may still be spent.
    by_cost
        Whether costs differ.
    enough
        Worth gained at which to stop.
    rounds
        Kicks, from a choice that swaps do not improve any more; with 0, the swaps that lead there.
    rng
        (1,) uint64, not 0; changed.

    Returns
    -------
    gained
        Worth.
    room
        What is left of it.
    since
        Rounds since something was gained.
    visits
        Entries of the arrays that were visited: the work done, on every machine the same.
    """
    cost = problem[5]
    gain, loss, blocked, chosen = state[1], state[2], state[3], state[4]
    n = len(gain)
    cheapest = cost.min()
    gained, visits = 0, 0
    look = np.zeros(n, np.bool_)
    if rounds == 0:
        look[:] = chosen
        gained, room, visits = _descend(problem, state, room, by_cost, look)
    best = chosen.copy()
    since = 0
    for _ in range(rounds):
        members = np.flatnonzero(chosen)
        if gained >= enough or len(members) == 0:
            break
        out = _leavers(problem, state, rng, members)
        change = 0
        for site in out:
            change -= loss[site]
            room += cost[site]
            visits += put(problem, state, site, _OUT) + _wake(problem, state, site, look)
        for _ in range(len(out)):
            if room < cheapest:
                break
            enters: Any = np.int64(-1)
            for _ in range(_SAMPLE):
                j = _draw(rng, n)
                if not chosen[j] and blocked[j] == 0 and cost[j] <= room and (enters < 0 or gain[j] > gain[enters]):
                    enters = j
            if enters >= 0:
                change += gain[enters]
                room -= cost[enters]
                visits += put(problem, state, enters, _IN) + _wake(problem, state, enters, look)
                look[enters] = True
        if room >= cheapest:
            more, room = fill(problem, state, room, by_cost, _NO_LIMIT)
            change += more
        more, room, seen = _descend(problem, state, room, by_cost, look)
        change += more
        visits += seen + 4 * n
        since = 0 if change > 0 else since + 1
        if change >= 0:
            gained += change
            best[:] = chosen
            continue
        for site in range(n):
            if chosen[site] and not best[site]:
                room += cost[site]
                visits += put(problem, state, site, _OUT)
        for site in range(n):
            if best[site] and not chosen[site]:
                room -= cost[site]
                visits += put(problem, state, site, _IN)
    return gained, room, since, visits


@njit(cache=True)
def cliques(start: Any, items: Any) -> npt.NDArray[np.int64]:
    """Part the nodes of a graph into groups in which all are neighbours: each joins the largest that it can, or none.

    Parameters
    ----------
    start, items
        The neighbours of node i are ``items[start[i]:start[i + 1]]``; symmetric, none its own neighbour.

    Returns
    -------
    ndarray
        (n,) int64: number of the group, by first appearance.
    """
    n = len(start) - 1
    group = np.full(n, -1, np.int64)
    size = np.zeros(n, np.int64)
    met = np.zeros(n, np.int64)
    groups = 0
    for i in range(n):
        best = groups
        for q in range(start[i], start[i + 1]):
            g = group[items[q]]
            if g >= 0:
                met[g] += 1
                if met[g] == size[g] and (size[g] > size[best] or (size[g] == size[best] and g < best)):
                    best = g
        for q in range(start[i], start[i + 1]):
            if group[items[q]] >= 0:
                met[group[items[q]]] = 0
        group[i] = best
        size[best] += 1
        groups += best == groups
    return group

"""The compiled loops of allocation: plain arrays in and out, a plain twin of each in the tests.

Shared names: ``cost`` is float64 (n, m), what it costs to serve row i from site j; ``near`` int32 (n, m) the sites of
each row, the cheapest first, and ``ranked`` float64 (n, m) their costs; ``sites`` int64 (p,) the chosen ones.
"""

import math
from typing import Any

import numpy as np
from numba import njit

__all__ = [
    "anneal_whole",
    "branch",
    "fill_greedily",
    "flow_to_centres",
    "raise_bound",
    "reach_nodes",
    "search_swaps",
]

_TRIFLE = 1e-9
"""Of the cost: a swap must gain more, or sums of many figures would let it go round in circles."""


@njit(cache=True, nogil=True)
def fill_greedily(cost, p):
    """Choose p sites one by one, each the one that lowers the cost most."""
    n, m = cost.shape
    served = np.full(n, np.inf)
    free = np.ones(m, np.bool_)
    sites = np.empty(p, np.int64)
    total = np.empty(m)
    for slot in range(p):
        total[:] = 0.0
        for i in range(n):
            held = served[i]
            for j in range(m):
                total[j] += min(held, cost[i, j])
        best = -1
        for j in range(m):
            if free[j] and (best < 0 or total[j] < total[best]):
                best = j
        sites[slot] = best
        free[best] = False
        for i in range(n):
            served[i] = min(served[i], cost[i, best])
    return sites


@njit(cache=True, nogil=True)
def _weigh(i, sign, near, ranked, slot_of, first, second, d1, d2, gain, loss, extra):
    """Add what row i says about swaps (sign 1), or take it back (sign -1)."""
    slot = slot_of[first[i]]
    loss[slot] += sign * (d2[i] - d1[i])
    for k in range(near.shape[1]):
        d = ranked[i, k]
        if d >= d2[i]:
            break
        j = near[i, k]
        if d < d1[i]:
            gain[j] += sign * (d1[i] - d)
            extra[j, slot] += sign * (d2[i] - d1[i])
        else:
            extra[j, slot] += sign * (d2[i] - d)


@njit(cache=True, nogil=True)
def _find_two(i, near, ranked, slot_of, first, second, d1, d2):
    """Find the two nearest chosen sites of row i; with one site only, the second is missing: -1, no farther."""
    found = 0
    for k in range(near.shape[1]):
        j = near[i, k]
        if slot_of[j] < 0:
            continue
        if found == 0:
            first[i] = j
            d1[i] = ranked[i, k]
            found = 1
        else:
            second[i] = j
            d2[i] = ranked[i, k]
            return
    second[i] = -1
    d2[i] = ranked[i, near.shape[1] - 1]


@njit(cache=True, nogil=True)
def _swap(slot, entering, cost, near, ranked, sites, slot_of, first, second, d1, d2, gain, loss, extra):
    """Give a slot to another site, and bring all that hangs on it up to date."""
    n = len(d1)
    leaving = sites[slot]
    touched = np.empty(n, np.int64)
    count = 0
    for i in range(n):
        if first[i] == leaving or second[i] == leaving or cost[i, entering] < d2[i]:
            touched[count] = i
            count += 1
            _weigh(i, -1.0, near, ranked, slot_of, first, second, d1, d2, gain, loss, extra)
    slot_of[leaving] = -1
    slot_of[entering] = slot
    sites[slot] = entering
    for t in range(count):
        i = touched[t]
        _find_two(i, near, ranked, slot_of, first, second, d1, d2)
        _weigh(i, 1.0, near, ranked, slot_of, first, second, d1, d2, gain, loss, extra)


@njit(cache=True, nogil=True)
def _begin(near, ranked, sites, slot_of, first, second, d1, d2, gain, loss, extra):
    slot_of[:] = -1
    for slot in range(len(sites)):
        slot_of[sites[slot]] = slot
    gain[:] = 0.0
    loss[:] = 0.0
    extra[:] = 0.0
    for i in range(len(d1)):
        _find_two(i, near, ranked, slot_of, first, second, d1, d2)
        _weigh(i, 1.0, near, ranked, slot_of, first, second, d1, d2, gain, loss, extra)


@njit(cache=True, nogil=True)
def search_swaps(cost, near, ranked, sites, kicks, seed):
    """Better the sites by swaps of one for another until none helps, then from random kicks, so many times.

    The best swap is found from what each row says about every one (gain of a site that enters, loss of one that
    leaves, extra where both meet), kept up to date row by row (Resende & Werneck 2007, A fast swap-based local search
    procedure for location problems). A kick brings in random sites, first two, then one more each time that the search
    ends no better, each for the site that is missed least (variable neighbourhoods, Hansen & Mladenović 1997).

    ``sites`` is changed in place. Gives its cost.
    """
    n, m = cost.shape
    p = len(sites)
    slot_of = np.empty(m, np.int64)
    first, second = np.empty(n, np.int64), np.empty(n, np.int64)
    d1, d2 = np.empty(n), np.empty(n)
    gain, loss, extra = np.empty(m), np.empty(p), np.empty((m, p))
    best_sites = sites.copy()
    best_cost = np.inf
    state = np.uint64(seed) * np.uint64(2654435761) + np.uint64(88172645463325252)  # xorshift64 (Marsaglia 2003)
    widest = max(2, min(p, m - p, 12))
    width = 2
    for turn in range(kicks + 1):
        if turn % 64 == 0:  # anew: sums that things are added to and taken from drift
            _begin(near, ranked, sites, slot_of, first, second, d1, d2, gain, loss, extra)
        elif p < m:
            for _ in range(width):
                j = sites[0]
                while slot_of[j] >= 0:
                    state ^= state << np.uint64(13)
                    state ^= state >> np.uint64(7)
                    state ^= state << np.uint64(17)
                    j = np.int64(state % np.uint64(m))
                out: Any = np.int64(0)
                if p > 1:
                    best = -np.inf
                    spared = np.int64(
                        (state >> np.uint64(32)) % np.uint64(p)
                    )  # or the site that has just come in would often go again
                    for r in range(p):
                        if r != spared and extra[j, r] - loss[r] > best:
                            best = extra[j, r] - loss[r]
                            out = r
                _swap(out, j, cost, near, ranked, sites, slot_of, first, second, d1, d2, gain, loss, extra)
        total = d1.sum()
        while p < m:
            best = 0.0
            enter: Any = np.int64(-1)
            leave: Any = np.int64(-1)
            for j in range(m):
                if slot_of[j] >= 0:
                    continue
                for r in range(p):
                    profit = gain[j] - loss[r] + extra[j, r]
                    if profit > best:
                        best = profit
                        enter, leave = j, r
            if enter < 0 or best <= _TRIFLE * total:
                break
            _swap(leave, enter, cost, near, ranked, sites, slot_of, first, second, d1, d2, gain, loss, extra)
            after = d1.sum()
            if after >= total:
                break
            total = after
        if total < best_cost * (1.0 - _TRIFLE) or best_cost == np.inf:
            best_cost = total
            best_sites[:] = sites
            width = 2
        else:
            width = width + 1 if width < widest else 2
            if total > best_cost:  # back to the best by swaps
                kept = np.zeros(m, np.bool_)
                for r in range(p):
                    kept[best_sites[r]] = True
                slot: Any = np.int64(0)
                for r in range(p):
                    j = best_sites[r]
                    if slot_of[j] < 0:
                        while kept[sites[slot]]:
                            slot += 1
                        _swap(slot, j, cost, near, ranked, sites, slot_of, first, second, d1, d2, gain, loss, extra)
            else:
                best_sites[:] = sites
    sites[:] = best_sites
    return best_cost


@njit(cache=True, nogil=True)
def raise_bound(near, ranked, p, state, price, upper, steps, enough, saving, chosen):
    """Raise the Lagrangian bound of the p-median: each row pays a price, and p sites take what pays.

    The bound is ``Σ priceᵢ - `` the p largest ``savingⱼ = Σᵢ max(0, priceᵢ - costᵢⱼ)``: whatever the prices, no p
    sites are cheaper. Prices follow the subgradient, smoothed, with Polyak's steps towards ``upper``, the cost of known
    sites (Beasley 1993, Lagrangean heuristics for location problems). ``state`` is int8 (m,): 1 for a site that must be
    chosen, -1 for one that must not. ``price``, ``saving`` and ``chosen`` are left as those of the best bound, which is
    given. Ends early once the bound is above ``enough``.
    """
    n, m = near.shape
    trial = price.copy()
    trial_saving = np.empty(m)
    rank = np.empty(m)
    way = np.zeros(n)
    took = np.zeros(m, np.bool_)
    best = -np.inf
    scale = 1.0
    quiet = 0
    for _ in range(steps):
        trial_saving[:] = 0.0
        bound = 0.0
        for i in range(n):
            bound += trial[i]
            for k in range(m):
                if ranked[i, k] >= trial[i]:
                    break
                trial_saving[near[i, k]] += trial[i] - ranked[i, k]
        for j in range(m):  # smallest first: what must be chosen, then the largest savings
            rank[j] = -np.inf if state[j] > 0 else (np.inf if state[j] < 0 else -trial_saving[j])
        edge = np.partition(rank, p - 1)[p - 1]
        count = 0
        for j in range(m):
            took[j] = rank[j] < edge
            if took[j]:
                count += 1
                bound -= trial_saving[j]
        for j in range(m):
            if count < p and rank[j] == edge:
                took[j] = True
                count += 1
                bound -= trial_saving[j]
        quiet = 0 if bound > best + 1e-7 * abs(best) else quiet + 1
        if bound > best:
            best = bound
            price[:] = trial
            saving[:] = trial_saving
            chosen[:] = took
            if best > enough:
                break
        if quiet >= 20:  # too long steps: shorter ones, from the best prices
            scale *= 0.7
            quiet = 0
            if scale < 1e-4:
                break
            trial[:] = price
            way[:] = 0.0
            continue
        square = 0.0
        for i in range(n):
            unserved = 1.0
            for k in range(m):
                if ranked[i, k] >= trial[i]:
                    break
                if took[near[i, k]]:
                    unserved -= 1.0
            way[i] = unserved + 0.3 * way[i]
            square += way[i] * way[i]
        if square == 0.0:
            break
        stride = scale * max(1.02 * upper - bound, 1e-6 * abs(upper)) / square
        for i in range(n):
            trial[i] = max(trial[i] + stride * way[i], ranked[i, 0])
    return best


@njit(cache=True, nogil=True)
def branch(near, ranked, p, states, prices, bounds, depth, upper, unit, steps, nodes, best_sites):
    """Go on with the tree search for p sites cheaper than ``upper`` by at least ``unit``, for so many nodes.

    ``states`` int8 (depth limit, m), ``prices`` (depth limit, n) and ``bounds`` (depth limit,) are the stack of open
    nodes, ``depth`` of them; a node is bounded by `raise_bound`, sites that its savings settle are settled, and it
    branches on the free site that saves most: with it, without it. Gives the cost of the best sites, which are put
    into ``best_sites``, and the number of open nodes: none when the search is complete.
    """
    n, m = near.shape
    saving = np.empty(m)
    chosen = np.empty(m, np.bool_)
    state = np.empty(m, np.int8)
    price = np.empty(n)
    for _ in range(nodes):
        if depth == 0:
            break
        depth -= 1
        if bounds[depth] > upper - unit:
            continue
        state[:] = states[depth]
        price[:] = prices[depth]
        must, free = 0, 0
        for j in range(m):
            must += state[j] > 0
            free += state[j] == 0
        if must > p or must + free < p:
            continue
        bound = raise_bound(near, ranked, p, state, price, upper, steps, upper - unit, saving, chosen)
        total = 0.0
        for i in range(n):
            for k in range(m):
                if chosen[near[i, k]]:
                    total += ranked[i, k]
                    break
        if total < upper:
            upper = total
            slot = 0
            for j in range(m):
                if chosen[j]:
                    best_sites[slot] = j
                    slot += 1
        bound = max(bound, bounds[depth])
        slack = upper - unit - bound
        if slack < 0.0 or must == p or must + free == p:
            continue
        least_in, most_out = np.inf, -np.inf
        for j in range(m):
            if state[j] == 0:
                if chosen[j]:
                    least_in = min(least_in, saving[j])
                else:
                    most_out = max(most_out, saving[j])
        pick = -1
        for j in range(m):
            if state[j] != 0:
                continue
            if chosen[j]:
                if saving[j] - most_out > slack:
                    state[j] = 1
                elif pick < 0 or saving[j] > saving[pick]:
                    pick = j
            elif least_in - saving[j] > slack:
                state[j] = -1
        if pick < 0:  # all that were chosen must be: then they are the best here
            continue
        for side in (-1, 1):  # the last one put on the stack is the next one taken
            states[depth] = state
            states[depth, pick] = side
            prices[depth] = price
            bounds[depth] = bound
            depth += 1
    return upper, depth


@njit(cache=True, nogil=True)
def flow_to_centres(cost, load, capacity, amount, trifle):
    """Share the loads of the rows out among the centres at the least cost, by shortest augmenting paths.

    ``load`` is float64 (n,), ``capacity`` float64 (m,), enough of it in all; ``amount`` float64 (n, m), zeros, becomes
    what each centre takes of each row. Every row begins at its cheapest centre; from centres that hold too much, load
    moves along the cheapest chains of moves to centres with room (Busacker & Gowen 1961). Loads below ``trifle`` are
    none. Gives the number of chains.
    """
    n, m = cost.shape
    used = np.zeros(m)
    move = np.full((m, m), np.inf)  # from a to b: the cheapest move of a row, and which row that is
    mover = np.full((m, m), -1)
    for i in range(n):
        own = np.argmin(cost[i])
        amount[i, own] = load[i]
        used[own] += load[i]
        if load[i] > 0.0:
            for b in range(m):
                if cost[i, b] - cost[i, own] < move[own, b]:
                    move[own, b] = cost[i, b] - cost[i, own]
                    mover[own, b] = i
    way = np.empty(m)
    came_from = np.empty(m, np.int64)
    tie = 1e-12 * cost.max()
    chains = 0
    while True:
        over = False
        for a in range(m):
            came_from[a] = -1
            way[a] = np.inf
            if used[a] > capacity[a] + trifle:
                way[a] = 0.0
                over = True
        if not over:
            break
        for _ in range(m):
            changed = False
            for a in range(m):
                if way[a] == np.inf:
                    continue
                for b in range(m):
                    if way[a] + move[a, b] < way[b] - tie and used[b] <= capacity[b] + trifle:
                        way[b] = way[a] + move[a, b]
                        came_from[b] = a
                        changed = True
            if not changed:
                break
        end = -1
        for b in range(m):
            if used[b] < capacity[b] - trifle and way[b] < np.inf and (end < 0 or way[b] < way[end]):
                end = b
        if end < 0:
            break
        step = capacity[end] - used[end]
        b = end
        while came_from[b] >= 0:
            a = came_from[b]
            step = min(step, amount[mover[a, b], a])
            b = a
        step = min(step, used[b] - capacity[b])
        used[b] -= step
        used[end] += step
        chains += 1
        b = end
        while came_from[b] >= 0:
            a = came_from[b]
            i = mover[a, b]
            amount[i, a] -= step
            amount[i, b] += step
            for c in range(m):
                if cost[i, c] - cost[i, b] < move[b, c]:
                    move[b, c] = cost[i, c] - cost[i, b]
                    mover[b, c] = i
            b = a
        b = end
        while came_from[b] >= 0:
            a = came_from[b]
            i = mover[a, b]
            if amount[i, a] <= trifle:  # it is gone from there: who is the cheapest to move now?
                amount[i, b] += amount[i, a]
                amount[i, a] = 0.0
                move[a, :] = np.inf
                mover[a, :] = -1
                for other in range(n):
                    if amount[other, a] > 0.0:
                        for c in range(m):
                            if cost[other, c] - cost[other, a] < move[a, c]:
                                move[a, c] = cost[other, c] - cost[other, a]
                                mover[a, c] = other
            b = a
    return chains


@njit(cache=True, nogil=True)
def reach_nodes(
    indptr, indices, seconds, from_tail, from_head, to_tail, to_head, at_tail, at_head, past_tail, past_head, result
):
    """Give the least times from places on edges to places on edges of an undirected graph (Dijkstra, binary heap).

    ``indptr, indices, seconds`` is the graph in CSR form. Place a lies on an edge, ``to_tail[a]`` seconds from node
    ``from_tail[a]`` and ``to_head[a]`` from ``from_head[a]``; place b likewise by ``past_tail, at_tail, past_head,
    at_head``. ``result`` is float64 (a, b); ways along one and the same edge only are not considered.
    """
    n = len(indptr) - 1
    time = np.empty(n)
    heap = np.empty(n + 1, np.int64)  # nodes, the one reached first on top
    place = np.empty(n, np.int64)  # of each node in the heap; -1 not yet in it, -2 done
    for a in range(len(from_tail)):
        time[:] = np.inf
        place[:] = -1
        size = 0
        for side in range(2):
            node = from_tail[a] if side == 0 else from_head[a]
            reached = to_tail[a] if side == 0 else to_head[a]
            if reached < time[node]:
                time[node] = reached
                if place[node] < 0:
                    place[node] = size
                    heap[size] = node
                    size += 1
        if size == 2 and time[heap[1]] < time[heap[0]]:
            heap[0], heap[1] = heap[1], heap[0]
            place[heap[0]], place[heap[1]] = 0, 1
        while size > 0:
            node = heap[0]
            place[node] = -2
            size -= 1
            if size > 0:  # the last one comes to the top and sinks
                last = heap[size]
                k = 0
                while True:
                    child = 2 * k + 1
                    if child >= size:
                        break
                    if child + 1 < size and time[heap[child + 1]] < time[heap[child]]:
                        child += 1
                    if time[heap[child]] >= time[last]:
                        break
                    heap[k] = heap[child]
                    place[heap[k]] = k
                    k = child
                heap[k] = last
                place[last] = k
            for e in range(indptr[node], indptr[node + 1]):
                other = indices[e]
                reached = time[node] + seconds[e]
                if reached >= time[other]:
                    continue
                time[other] = reached
                k = place[other]
                if k < 0:
                    k = size
                    size += 1
                while k > 0 and time[heap[(k - 1) // 2]] > reached:
                    heap[k] = heap[(k - 1) // 2]
                    place[heap[k]] = k
                    k = (k - 1) // 2
                heap[k] = other
                place[other] = k
        for b in range(len(at_tail)):
            result[a, b] = min(time[at_tail[b]] + past_tail[b], time[at_head[b]] + past_head[b])


@njit(cache=True, nogil=True)
def anneal_whole(rows, columns, begins, spent, load, room, centre, penalty, hot, cold, sweeps, seed, best):
    """Anneal an assignment that keeps rows whole: one row moves to another centre, or two change places.

    ``rows, columns`` int64 are the pairs of a row and a centre that may be used, sorted by centre, those of centre j
    from ``begins[j]`` on; ``spent`` float64 (n, m) what the whole of a row costs there. Load beyond ``room`` costs
    ``penalty`` a unit, and more as temperatures fall from ``hot`` to ``cold``. ``centre`` int64 (n,) is the start. The
    cheapest assignment within the capacities that a sweep ends with is put into ``best``; gives its cost, infinite when
    there is none.
    """
    n, m = spent.shape
    used = np.zeros(m)
    trifle = 1e-9 * load.sum()
    for i in range(n):
        used[centre[i]] += load[i]
    state = np.uint64(seed) * np.uint64(2654435761) + np.uint64(88172645463325252)  # xorshift64 (Marsaglia 2003)
    least = np.inf
    temperature = hot
    for _ in range(sweeps):
        for _ in range(len(rows)):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            k = np.int64(state % np.uint64(len(rows)))
            i, b = rows[k], columns[k]
            a = centre[i]
            if a == b:
                continue
            other = -1
            width = begins[a + 1] - begins[a]
            if used[b] + load[i] > room[b] and width > 0:  # full: somebody there may want to come here
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                other = rows[begins[a] + np.int64(state % np.uint64(width))]
                if centre[other] != b:
                    other = -1
            shift = load[i] - (load[other] if other >= 0 else 0.0)
            rise = spent[i, b] - spent[i, a]
            if other >= 0:
                rise += spent[other, a] - spent[other, b]
            rise += penalty * (
                max(used[b] + shift - room[b], 0.0)
                - max(used[b] - room[b], 0.0)
                + max(used[a] - shift - room[a], 0.0)
                - max(used[a] - room[a], 0.0)
            )
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            if rise > 0.0 and (state >> np.uint64(11)) * 2.0**-53 >= math.exp(-rise / temperature):
                continue
            centre[i] = b
            if other >= 0:
                centre[other] = a
            used[b] += shift
            used[a] -= shift
        temperature *= (cold / hot) ** (1.0 / sweeps)
        penalty *= (hot / cold) ** (1.0 / sweeps)
        total = 0.0
        for i in range(n):
            total += spent[i, centre[i]]
        if total < least:
            fits = True
            for j in range(m):
                fits = fits and used[j] <= room[j] + trifle
            if fits:
                least = total
                best[:] = centre
    return least

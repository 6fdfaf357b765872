"""The compiled loops of refinement: plain arrays in and out, a plain twin of each in the tests.

Shared names: ``indptr, indices, border_m`` is the graph in CSR form, ``labels`` int64 (n,) the part of each unit, ``k``
the number of parts. ``load`` is float64 (n, m), the quantities that parts share; ``target, tolerance, lower, upper``
are float64 (m,): a part aims at ``target ± tolerance`` and must stay within ``lower … upper``.

Numbers handed to another loop are typed (``np.int64(0)``): for a literal, numba would compile it once more.
"""

import math
from typing import Any

import numpy as np
from numba import njit

__all__ = ["anneal", "border_rises", "breach", "imbalance", "match_units", "mend", "stays_connected"]

_FURTHER = 0.1
"""So far beyond the tolerance, in shares of the target, the price of any quantity but the first rises no faster."""


@njit(cache=True, nogil=True)
def match_units(indptr, indices, border_m, area_m2, load, labels, order, most):
    """Pair units of the same part along their strongest borders; gives ``(coarse unit of each unit, their number)``.

    The strength of a border is its length² over the geometric mean of the two areas; a pair holds at most ``most``,
    float64 (m,).
    """
    n, m = load.shape
    mate = np.full(n, -1, np.int64)
    for q in range(n):
        u = order[q]
        if mate[u] >= 0:
            continue
        mate[u] = u
        best = -1
        strongest = 0.0
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if mate[v] < 0 and labels[v] == labels[u]:
                fits = True
                for j in range(m):
                    if load[u, j] + load[v, j] > most[j]:
                        fits = False
                if not fits:
                    continue
                strength = border_m[e] * border_m[e] / math.sqrt(max(area_m2[u] * area_m2[v], 1e-18))
                if strength > strongest:
                    strongest = strength
                    best = v
        if best >= 0:
            mate[u] = best
            mate[best] = u
    coarse = np.full(n, -1, np.int64)
    count = 0
    for u in range(n):
        if coarse[u] < 0:
            coarse[u] = count
            coarse[mate[u]] = count
            count += 1
    return coarse, count


@njit(cache=True, nogil=True)
def imbalance(held, target, tolerance, lower, upper):
    """Price of what a part holds, float64 (m,): small inside the tolerance, so that the fairer of two wins; then steep.

    A quantity with infinite tolerance has no target, only limits. Far beyond the tolerance the price of the first
    rises faster than that of the others: where not all can be had, the first comes first.
    """
    price = 0.0
    for j in range(len(held)):
        if tolerance[j] < np.inf:
            deviation = abs(held[j] / target[j] - 1.0)
            price += 0.02 * deviation * deviation
            beyond = deviation - tolerance[j]
        else:
            beyond = max(held[j] - upper[j], lower[j] - held[j]) / target[j]
        if beyond > 0.0:
            steep = min(beyond, _FURTHER) if j > 0 and tolerance[j] < np.inf else beyond
            price += beyond * steep + 0.05 * beyond
    return price


@njit(cache=True, nogil=True)
def breach(held, target, lower, upper):
    """By how much a part breaks its limits, in shares of the target, summed over the quantities."""
    total = 0.0
    for j in range(len(held)):
        if held[j] < lower[j]:
            total += (lower[j] - held[j]) / target[j]
        elif held[j] > upper[j]:
            total += (held[j] - upper[j]) / target[j]
    return total


@njit(cache=True, nogil=True)
def _raggedness(perimeter_m, area_m2):
    """Perimeter over that of a disc of the same area: 1 / √Polsby-Popper."""
    return perimeter_m / math.sqrt(4.0 * math.pi * max(area_m2, 1e-9))


@njit(cache=True, nogil=True)
def _outline(perimeter_m, area_m2, border_price):
    """Cost of a part's outline: its raggedness, and a price for every metre, so that large parts aren't neglected."""
    return _raggedness(perimeter_m, area_m2) + border_price * perimeter_m


@njit(cache=True, nogil=True)
def _sums(indptr, indices, border_m, perimeter_m, area_m2, load, labels, k):
    """Sum up the parts: what each holds, float64 (k, m), its area, its perimeter, its number of units."""
    n, m = load.shape
    held = np.zeros((k, m))
    area = np.zeros(k)
    perimeter = np.zeros(k)
    size = np.zeros(k, np.int64)
    for u in range(n):
        a = labels[u]
        for j in range(m):
            held[a, j] += load[u, j]
        area[a] += area_m2[u]
        perimeter[a] += perimeter_m[u]
        size[a] += 1
        for e in range(indptr[u], indptr[u + 1]):
            if labels[indices[e]] == a:
                perimeter[a] -= border_m[e]
    return held, area, perimeter, size


@njit(cache=True, nogil=True)
def border_rises(
    indptr, indices, border_m, perimeter_m, area_m2, load, labels, k, target, tolerance, lower, upper, price,
    border_price,
):  # fmt: skip
    """Give by how much the cost would rise with each move of a unit over a border, float64 (moves,).

    Their median is the scale of an annealing's temperatures (Ben-Ameur 2004).
    """
    n = len(labels)
    held, area, perimeter, _ = _sums(indptr, indices, border_m, perimeter_m, area_m2, load, labels, k)
    rises = np.empty(len(indices))
    count = 0
    for u in range(n):
        a = labels[u]
        for e in range(indptr[u], indptr[u + 1]):
            b = labels[indices[e]]
            if a == b:
                continue
            with_a = 0.0
            with_b = 0.0
            for f in range(indptr[u], indptr[u + 1]):
                part = labels[indices[f]]
                if part == a:
                    with_a += border_m[f]
                elif part == b:
                    with_b += border_m[f]
            unfair = imbalance(held[a] - load[u], target, tolerance, lower, upper)
            unfair += imbalance(held[b] + load[u], target, tolerance, lower, upper)
            unfair -= imbalance(held[a], target, tolerance, lower, upper)
            unfair -= imbalance(held[b], target, tolerance, lower, upper)
            rise = _outline(perimeter[a] - perimeter_m[u] + 2.0 * with_a, area[a] - area_m2[u], border_price)
            rise += _outline(perimeter[b] + perimeter_m[u] - 2.0 * with_b, area[b] + area_m2[u], border_price)
            rise -= _outline(perimeter[a], area[a], border_price) + _outline(perimeter[b], area[b], border_price)
            rises[count] = rise + price * unfair
            count += 1
    return rises[:count]


@njit(cache=True, nogil=True)
def stays_connected(indptr, indices, labels, u, kin, first, seen, stamp, stack):
    """Whether the part of ``u`` hangs together without it: all its ``kin`` neighbours there are reached from one."""
    a = labels[u]
    seen[u] = stamp
    seen[first] = stamp
    stack[0] = first
    top = 1
    found = 1
    while top > 0 and found < kin:
        top -= 1
        x = stack[top]
        for e in range(indptr[x], indptr[x + 1]):
            y = indices[e]
            if seen[y] != stamp and labels[y] == a:
                seen[y] = stamp
                stack[top] = y
                top += 1
                for f in range(indptr[u], indptr[u + 1]):
                    if indices[f] == y:
                        found += 1
                        break
    return found == kin


@njit(cache=True, nogil=True)
def anneal(
    indptr, indices, border_m, perimeter_m, area_m2, load, free, labels, k,
    target, tolerance, lower, upper, price, border_price, sweeps, hot, cold, seed,
):  # fmt: skip
    """Move units between neighbouring parts while that pays: simulated annealing with an exact contiguity check.

    Every sweep offers each free unit, in turn, the part of a random neighbour. The units come in an order that keeps
    neighbours near each other in memory; that is worth more than drawing them at random. A connected part stays
    connected and is never emptied. ``labels`` is changed in place; gives the number of moves made.
    """
    n, m = load.shape
    held, area, perimeter, size = _sums(indptr, indices, border_m, perimeter_m, area_m2, load, labels, k)
    cost = np.empty(k)
    for a in range(k):
        cost[a] = _outline(perimeter[a], area[a], border_price)
        cost[a] += price * imbalance(held[a], target, tolerance, lower, upper)
    seen = np.zeros(n, np.int64)
    stack = np.empty(n, np.int64)
    with_u = np.empty(m)
    without_u = np.empty(m)
    stamp = 0
    moves = 0
    temperature = hot
    cooling = (cold / hot) ** (1.0 / max(1, sweeps - 1))
    # xorshift64 (Marsaglia 2003): two draws a proposal are a third of the loop with a larger generator
    state = np.uint64(seed) * np.uint64(2654435761) + np.uint64(88172645463325252)
    for _ in range(sweeps):
        for u in range(n):
            first_edge = indptr[u]
            degree = indptr[u + 1] - first_edge
            if degree == 0 or not free[u]:
                continue
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            a = labels[u]
            b = labels[indices[first_edge + np.int64((state >> np.uint64(32)) * np.uint64(degree) >> np.uint64(32))]]
            if a == b or size[a] == 1:
                continue
            with_a = 0.0
            with_b = 0.0
            kin = np.int64(0)
            first = np.int64(-1)
            for e in range(first_edge, first_edge + degree):
                part = labels[indices[e]]
                if part == a:
                    with_a += border_m[e]
                    kin += 1
                    first = np.int64(indices[e])
                elif part == b:
                    with_b += border_m[e]
            if kin == 0:
                continue
            for j in range(m):
                without_u[j] = held[a, j] - load[u, j]
                with_u[j] = held[b, j] + load[u, j]
            unfair_a = imbalance(without_u, target, tolerance, lower, upper)
            unfair_b = imbalance(with_u, target, tolerance, lower, upper)
            new_a = _outline(perimeter[a] - perimeter_m[u] + 2.0 * with_a, area[a] - area_m2[u], border_price)
            new_b = _outline(perimeter[b] + perimeter_m[u] - 2.0 * with_b, area[b] + area_m2[u], border_price)
            new_a += price * unfair_a
            new_b += price * unfair_b
            rise = new_a + new_b - cost[a] - cost[b]
            if rise > 0.0:
                if rise > 12.0 * temperature:  # a chance below 1e-5 is not worth a logarithm
                    continue
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                if (state >> np.uint64(11)) * 2.0**-53 >= math.exp(-rise / temperature):
                    continue
            if kin > 1:
                stamp += 1
                if not stays_connected(indptr, indices, labels, u, kin, first, seen, stamp, stack):
                    continue
            labels[u] = b
            for j in range(m):
                held[a, j] = without_u[j]
                held[b, j] = with_u[j]
            area[a] -= area_m2[u]
            area[b] += area_m2[u]
            perimeter[a] += 2.0 * with_a - perimeter_m[u]
            perimeter[b] += perimeter_m[u] - 2.0 * with_b
            size[a] -= 1
            size[b] += 1
            cost[a] = new_a
            cost[b] = new_b
            moves += 1
        temperature *= cooling
    return moves


@njit(cache=True, nogil=True)
def _hand_over(
    u, b, indptr, indices, border_m, perimeter_m, area_m2, load, labels, held, area, perimeter, size, after, before,
    head,
):  # fmt: skip
    """Move unit ``u`` to part ``b`` in all books: sums, border, and the linked lists of each part's units."""
    a = labels[u]
    for e in range(indptr[u], indptr[u + 1]):
        part = labels[indices[e]]
        if part == a:
            perimeter[a] += 2.0 * border_m[e]
        elif part == b:
            perimeter[b] -= 2.0 * border_m[e]
    perimeter[a] -= perimeter_m[u]
    perimeter[b] += perimeter_m[u]
    area[a] -= area_m2[u]
    area[b] += area_m2[u]
    for j in range(load.shape[1]):
        held[a, j] -= load[u, j]
        held[b, j] += load[u, j]
    size[a] -= 1
    size[b] += 1
    labels[u] = b
    if before[u] >= 0:
        after[before[u]] = after[u]
    else:
        head[a] = after[u]
    if after[u] >= 0:
        before[after[u]] = before[u]
    after[u] = head[b]
    before[u] = -1
    if head[b] >= 0:
        before[head[b]] = u
    head[b] = u


@njit(cache=True, nogil=True)
def _best_moves(
    part, gives, banned, indptr, indices, border_m, perimeter_m, area_m2, load, free, labels, held, area, perimeter,
    size, after, head, target, lower, upper, units, others, scores,
):  # fmt: skip
    """List the best single moves out of a part (``gives``) or into it, least breach first, then least raggedness.

    Fills ``units`` and ``others`` (the unit, and the part that it goes to); gives how many there are.
    """
    most = len(units)
    m = load.shape[1]
    trial = np.empty(m)
    count = 0
    x = head[part]
    while x >= 0:
        for e in range(indptr[x], indptr[x + 1]):
            y = indices[e]
            if labels[y] == part:
                continue
            u = x if gives else y
            a = part if gives else labels[y]
            b = labels[y] if gives else part
            if u == banned or not free[u] or size[a] == 1:
                continue
            known = False
            for i in range(count):
                if units[i] == u and others[i] == b:
                    known = True
                    break
            if known:
                continue
            with_a = 0.0
            with_b = 0.0
            for f in range(indptr[u], indptr[u + 1]):
                near = labels[indices[f]]
                if near == a:
                    with_a += border_m[f]
                elif near == b:
                    with_b += border_m[f]
            score = -breach(held[a], target, lower, upper) - breach(held[b], target, lower, upper)
            for j in range(m):
                trial[j] = held[a, j] - load[u, j]
            score += breach(trial, target, lower, upper)
            for j in range(m):
                trial[j] = held[b, j] + load[u, j]
            score += breach(trial, target, lower, upper)
            score *= 100.0
            score += _raggedness(perimeter[a] - perimeter_m[u] + 2.0 * with_a, area[a] - area_m2[u])
            score += _raggedness(perimeter[b] + perimeter_m[u] - 2.0 * with_b, area[b] + area_m2[u])
            score -= _raggedness(perimeter[a], area[a]) + _raggedness(perimeter[b], area[b])
            if count < most or score < scores[most - 1]:
                i = count if count < most else most - 1
                while i > 0 and scores[i - 1] > score:
                    scores[i] = scores[i - 1]
                    units[i] = units[i - 1]
                    others[i] = others[i - 1]
                    i -= 1
                scores[i] = score
                units[i] = u
                others[i] = b
                if count < most:
                    count += 1
        x = after[x]
    return count


@njit(cache=True, nogil=True)
def mend(
    indptr, indices, border_m, perimeter_m, area_m2, load, free, labels, k, target, lower, upper, width, tries, patience
):  # fmt: skip
    """Bring parts back within their limits by chains of moves: one part gives to the next, up to ``len(width)`` times.

    The part that breaks its limits most comes first. A chain is taken when the sum of breaches of all parts that it
    touches falls; ``width`` int64 (depth,) says how many moves are looked at in each of its links. The raggedness
    only chooses among moves that mend equally, so few units move. Parts stay connected and are never emptied. After
    ``patience`` parts that no chain mends it gives up. ``labels`` is changed in place; gives the number of chains
    taken.
    """
    n, m = load.shape
    held, area, perimeter, size = _sums(indptr, indices, border_m, perimeter_m, area_m2, load, labels, k)
    head = np.full(k, -1, np.int64)
    after = np.full(n, -1, np.int64)
    before = np.full(n, -1, np.int64)
    for u in range(n):
        a = labels[u]
        after[u] = head[a]
        if head[a] >= 0:
            before[head[a]] = u
        head[a] = u
    seen = np.zeros(n, np.int64)
    stack = np.empty(n, np.int64)
    stamp = 0
    depth = len(width)
    units = np.empty((depth, width.max()), np.int64)
    others = np.empty((depth, width.max()), np.int64)
    scores = np.empty((depth, width.max()))
    counts = np.zeros(depth, np.int64)
    places = np.zeros(depth, np.int64)
    origin = np.zeros(depth, np.int64)
    touched = np.empty(depth + 1, np.int64)
    was = np.empty(depth + 1)
    failed = np.zeros(k, np.int64)
    worth = np.empty(k)
    for a in range(k):
        worth[a] = breach(held[a], target, lower, upper)
    taken = 0
    lost = 0
    for _ in range(tries):
        part: Any = np.int64(-1)
        worst = 1e-12
        for a in range(k):
            if failed[a] < 2 and worth[a] > worst:
                worst = worth[a]
                part = a
        if part < 0 or lost >= patience:
            break
        gives: Any = np.bool_(False)
        for j in range(m):
            if held[part, j] > upper[j]:
                gives = True
        # Depth-first through the chains; level is the link that is being chosen.
        level = 0
        touched[0] = part
        was[0] = worth[part]
        found = False
        counts[0] = _best_moves(
            part, gives, np.int64(-1), indptr, indices, border_m, perimeter_m, area_m2, load, free, labels, held, area,
            perimeter, size, after, head, target, lower, upper, units[0, : width[0]], others[0, : width[0]], scores[0],
        )  # fmt: skip
        places[0] = 0
        while level >= 0:
            if places[level] >= counts[level]:
                level -= 1
                if level >= 0:  # take back the move that led here
                    u = units[level, places[level] - 1]
                    _hand_over(
                        u, origin[level], indptr, indices, border_m, perimeter_m, area_m2, load, labels, held, area,
                        perimeter, size, after, before, head,
                    )  # fmt: skip
                continue
            u = units[level, places[level]]
            b = others[level, places[level]]
            places[level] += 1
            a = labels[u]
            if size[a] == 1:
                continue
            kin = np.int64(0)
            first = np.int64(-1)
            for e in range(indptr[u], indptr[u + 1]):
                if labels[indices[e]] == a:
                    kin += 1
                    first = np.int64(indices[e])
            if kin == 0:
                continue
            if kin > 1:
                stamp += 1
                if not stays_connected(indptr, indices, labels, u, kin, first, seen, stamp, stack):
                    continue
            origin[level] = a
            touched[level + 1] = b if gives else a
            was[level + 1] = breach(held[touched[level + 1]], target, lower, upper)
            for i in range(level + 1):
                if touched[i] == touched[level + 1]:
                    was[level + 1] = 0.0  # counted already
            _hand_over(
                u, b, indptr, indices, border_m, perimeter_m, area_m2, load, labels, held, area, perimeter, size,
                after, before, head,
            )  # fmt: skip
            total = 0.0
            for i in range(level + 2):
                again = False
                for h in range(i):
                    if touched[h] == touched[i]:
                        again = True
                if not again:
                    total += breach(held[touched[i]], target, lower, upper)
            gain = -total
            for i in range(level + 2):
                gain += was[i]
            if gain > 1e-9:
                found = True
                break
            if level + 1 == depth:
                _hand_over(
                    u, a, indptr, indices, border_m, perimeter_m, area_m2, load, labels, held, area, perimeter, size,
                    after, before, head,
                )  # fmt: skip
                continue
            level += 1
            counts[level] = _best_moves(
                touched[level], gives, u, indptr, indices, border_m, perimeter_m, area_m2, load, free, labels, held,
                area, perimeter, size, after, head, target, lower, upper, units[level, : width[level]],
                others[level, : width[level]], scores[level],
            )  # fmt: skip
            places[level] = 0
        if found:
            taken += 1
            for i in range(level + 2):
                worth[touched[i]] = breach(held[touched[i]], target, lower, upper)
                failed[touched[i]] = 0
        else:
            failed[part] += 2
            lost += 1
    return taken

"""The compiled loops of the partition engine: plain arrays in and out, a plain twin of each in the tests."""

import math

import numpy as np
from numba import njit

__all__ = ["anneal", "nearest_power_centre", "part_cost", "repair"]


@njit(cache=True)
def nearest_power_centre(x, y, centre_x, centre_y, power, candidates, labels):
    """Give every unit the candidate centre with the least power distance ``d² - power``.

    ``candidates`` is int64, shape (n, c): the centres worth looking at, nearest first; ``labels`` is written.
    """
    for i in range(len(x)):
        best = np.inf
        for c in range(candidates.shape[1]):
            j = candidates[i, c]
            d = (x[i] - centre_x[j]) ** 2 + (y[i] - centre_y[j]) ** 2 - power[j]
            if d < best:
                best = d
                labels[i] = j


@njit(cache=True)
def repair(indptr, indices, border_m, weight, labels, k):
    """Make every part connected: its heaviest piece stays, the rest joins neighbouring parts.

    A stray unit joins the part that it shares the longest border with. Units that no part reaches keep -1.
    Gives the number of units that changed their part. ``labels`` is changed in place.
    """
    n = len(labels)
    piece = np.full(n, -1, np.int64)
    stack = np.empty(n, np.int64)
    heaviest = np.full(k, -1.0)
    kept = np.full(k, -1, np.int64)
    pieces = 0
    # A piece without people must still beat no piece at all: every unit counts a little.
    trifle = 1e-9 * max(weight.sum(), 1.0) / max(n, 1)
    for start in range(n):
        if piece[start] >= 0:
            continue
        stack[0] = start
        top = 1
        piece[start] = pieces
        total = 0.0
        while top > 0:
            top -= 1
            u = stack[top]
            total += weight[u] + trifle
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                if piece[v] < 0 and labels[v] == labels[start]:
                    piece[v] = pieces
                    stack[top] = v
                    top += 1
        if total > heaviest[labels[start]]:
            heaviest[labels[start]] = total
            kept[labels[start]] = pieces
        pieces += 1
    stray = 0
    for u in range(n):
        if kept[labels[u]] != piece[u]:
            piece[u] = -1
    for u in range(n):
        if piece[u] == -1:
            labels[u] = -1
            stray += 1
    moved = stray
    while stray > 0:
        joined = 0
        for u in range(n):
            if labels[u] >= 0:
                continue
            best = -1
            longest = 0.0
            for e in range(indptr[u], indptr[u + 1]):
                part = labels[indices[e]]
                if part < 0:
                    continue
                shared = 0.0
                for f in range(indptr[u], indptr[u + 1]):
                    if labels[indices[f]] == part:
                        shared += border_m[f]
                if shared > longest:
                    longest = shared
                    best = part
            if best >= 0:
                labels[u] = best
                joined += 1
        if joined == 0:
            break
        stray -= joined
    return moved


@njit(cache=True)
def part_cost(weight, area_m2, perimeter_m, target, tolerance, max_area_m2, balance_price):
    """What one part costs: imbalance beyond the tolerance, area beyond the limit, and raggedness.

    Raggedness is the perimeter over that of a disc of the same area (1 / √Polsby-Popper). The imbalance inside the
    tolerance keeps a small price, so that of two equally compact plans the fairer one wins.
    """
    deviation = abs(weight / target - 1.0)
    beyond = deviation - tolerance
    cost = 0.02 * deviation * deviation
    if beyond > 0.0:
        cost += beyond * beyond + 0.05 * beyond
    oversize = area_m2 / max_area_m2 - 1.0
    if oversize > 0.0:
        cost += oversize * oversize + 0.05 * oversize
    return balance_price * cost + perimeter_m / math.sqrt(4.0 * math.pi * max(area_m2, 1e-9))


@njit(cache=True)
def anneal(
    indptr, indices, border_m, perimeter_m, area_m2, weight, labels, k,
    target, tolerance, max_area_m2, balance_price, proposals, hot, cold, rng,
):  # fmt: skip
    """Move units between neighbouring parts while that pays: simulated annealing with an exact contiguity check.

    A part that is connected stays connected and is never emptied. ``labels`` is changed in place; gives the number
    of moves made. ``rng`` is a `numpy.random.Generator`.
    """
    n = len(labels)
    part_weight = np.zeros(k)
    part_area = np.zeros(k)
    part_perimeter = np.zeros(k)
    size = np.zeros(k, np.int64)
    for u in range(n):
        a = labels[u]
        part_weight[a] += weight[u]
        part_area[a] += area_m2[u]
        part_perimeter[a] += perimeter_m[u]
        size[a] += 1
        for e in range(indptr[u], indptr[u + 1]):
            if labels[indices[e]] == a:
                part_perimeter[a] -= border_m[e]
    cost = np.empty(k)
    for a in range(k):
        cost[a] = part_cost(
            part_weight[a], part_area[a], part_perimeter[a], target, tolerance, max_area_m2, balance_price
        )
    seen = np.zeros(n, np.int64)
    stack = np.empty(n, np.int64)
    stamp = 0
    moves = 0
    temperature = hot
    cooling = (cold / hot) ** (1.0 / max(1, proposals // 256))
    for step in range(proposals):
        if step % 256 == 255:
            temperature *= cooling
        u = int(rng.random() * n)
        degree = indptr[u + 1] - indptr[u]
        if degree == 0:
            continue
        a = labels[u]
        b = labels[indices[indptr[u] + int(rng.random() * degree)]]
        if a == b or size[a] == 1:
            continue
        with_a = 0.0
        with_b = 0.0
        kin = 0
        first = -1
        for e in range(indptr[u], indptr[u + 1]):
            part = labels[indices[e]]
            if part == a:
                with_a += border_m[e]
                kin += 1
                first = indices[e]
            elif part == b:
                with_b += border_m[e]
        new_a = part_cost(
            part_weight[a] - weight[u], part_area[a] - area_m2[u], part_perimeter[a] - perimeter_m[u] + 2.0 * with_a,
            target, tolerance, max_area_m2, balance_price,
        )  # fmt: skip
        new_b = part_cost(
            part_weight[b] + weight[u], part_area[b] + area_m2[u], part_perimeter[b] + perimeter_m[u] - 2.0 * with_b,
            target, tolerance, max_area_m2, balance_price,
        )  # fmt: skip
        rise = new_a + new_b - cost[a] - cost[b]
        if rise > 0.0 and rng.random() >= math.exp(-rise / temperature):
            continue
        if kin > 1:
            # The rest of part a must hang together without u: reach all of u's kin from the first of them.
            stamp += 1
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
            if found < kin:
                continue
        elif kin == 0:
            continue
        labels[u] = b
        part_weight[a] -= weight[u]
        part_weight[b] += weight[u]
        part_area[a] -= area_m2[u]
        part_area[b] += area_m2[u]
        part_perimeter[a] += 2.0 * with_a - perimeter_m[u]
        part_perimeter[b] += perimeter_m[u] - 2.0 * with_b
        size[a] -= 1
        size[b] += 1
        cost[a] = new_a
        cost[b] = new_b
        moves += 1
    return moves

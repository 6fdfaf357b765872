"""The compiled loops of the moment of inertia: plain arrays in and out, a plain twin of each in the tests.

Shared names: ``indptr, indices`` is the graph in CSR form; ``x, y`` are kilometres, float64 (n,); ``mass`` is float64
(n,), what a unit weighs in the objective and ``weight`` what it weighs against the limits; ``labels`` int64 (n,) the
part of each unit, ``k`` their number; ``centres`` int64 (k,) the unit that each part turns about; ``price`` float64
(k,), km², what a part charges for each unit of weight that it takes.
"""

import math

import numpy as np
from numba import njit

from spatialgov.partition.refine._kernels import stays_connected

__all__ = ["anneal_inertia", "exchange", "move_centres", "nearest_units", "settle_prices", "weigh_centres"]


@njit(cache=True, nogil=True)
def nearest_units(x, y, mass, labels, k, centres):
    """Set each part's centre to its unit nearest to its centre of mass: no other unit gives a smaller inertia."""
    held = np.zeros(k)
    sum_x = np.zeros(k)
    sum_y = np.zeros(k)
    for i in range(len(x)):
        a = labels[i]
        held[a] += mass[i]
        sum_x[a] += mass[i] * x[i]
        sum_y[a] += mass[i] * y[i]
    least = np.full(k, np.inf)
    for i in range(len(x)):
        a = labels[i]
        d = (x[i] - sum_x[a] / held[a]) ** 2 + (y[i] - sum_y[a] / held[a]) ** 2
        if d < least[a]:
            least[a] = d
            centres[a] = i


@njit(cache=True, nogil=True)
def settle_prices(square, mass, lower, upper, price, step, steps, enough, labels):
    """Raise the dual of the transport problem between units and fixed centres, by resilient steps of the prices.

    The dual is ``Σ massᵢ minₐ(squareᵢₐ + priceₐ) - Σ priceₐ · (upper where priceₐ > 0, else lower)``: whatever the
    prices, no division about these centres within the limits has a smaller inertia, and at the best prices the
    nearest centres balance but for k - 1 units. ``square`` is float64 (n, k), km², ``step`` (k,) the first step of each
    price. Steps grow while a part stays on one side of its limit, up to eightfold, and are halved when it changes
    (Rprop, Riedmiller & Braun 1993). Stops once the dual reaches ``enough``. Gives the best dual; leaves its prices in
    ``price`` and its nearest centres in ``labels``.
    """
    n, k = square.shape
    trial = price.copy()
    stride = step.copy()
    last = np.zeros(k)
    held = np.empty(k)
    own = np.empty(n, np.int64)
    best = -np.inf
    total = mass.sum()
    trifle = mass.max()  # a unit that two parts would share can't be balanced by prices
    # Raising all prices alike only moves parts from one limit to the other: so many of them are full at best.
    full = 0 if upper <= lower else int(min(max((total - k * lower) / (upper - lower), 0.0), k - 1.0))
    for _ in range(steps):
        trial -= np.sort(trial)[k - 1 - full]
        held[:] = 0.0
        dual = 0.0
        for i in range(n):
            least = np.inf
            part = 0
            for a in range(k):
                cost = square[i, a] + trial[a]
                if cost < least:
                    least = cost
                    part = a
            own[i] = part
            held[part] += mass[i]
            dual += mass[i] * least
        for a in range(k):
            dual -= trial[a] * (upper if trial[a] > 0.0 else lower)
        if dual > best:
            best = dual
            price[:] = trial
            labels[:] = own
            if dual >= enough:
                break
        settled = True
        for a in range(k):
            over = 0.0
            if trial[a] > 0.0 or (trial[a] == 0.0 and held[a] > upper):
                over = held[a] - upper
            elif trial[a] < 0.0 or held[a] < lower:
                over = held[a] - lower
            if over == 0.0:
                continue
            if abs(over) > trifle or stride[a] > 0.01 * step[a]:
                settled = False
            if over * last[a] > 0.0:
                stride[a] = min(stride[a] * 1.3, 8.0 * step[a])
            elif over * last[a] < 0.0:
                stride[a] *= 0.5
            last[a] = over
            trial[a] += math.copysign(stride[a], over)
        if settled:
            break
    return best


@njit(cache=True, nogil=True)
def move_centres(x, y, mass, lower, upper, centres, price, labels, near, best, step, steps):
    """Try other units as centres, while one lowers the dual of `settle_prices`; gives the dual reached.

    ``near`` is int64 (n, c): the units worth trying in a centre's place. ``best`` is the dual of the ``centres`` given.
    """
    n = len(x)
    k = len(centres)
    square = np.empty((n, k))
    for i in range(n):
        for a in range(k):
            square[i, a] = (x[i] - x[centres[a]]) ** 2 + (y[i] - y[centres[a]]) ** 2
    trial = price.copy()
    own = labels.copy()
    again = price.copy()
    also = labels.copy()
    kept = np.empty(n)
    is_centre = np.zeros(n, np.bool_)
    for a in range(k):
        is_centre[centres[a]] = True
    quiet = 0
    a = 0
    while quiet < k:
        quiet += 1
        kept[:] = square[:, a]
        for j in near[centres[a]]:
            if is_centre[j]:
                continue
            for i in range(n):
                square[i, a] = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2
            trial[:] = price
            enough = best * (1.0 - 1e-7)
            dual = settle_prices(square, mass, lower, upper, trial, step, steps, enough, own)
            if dual < enough:  # prices that were right for other centres can lead astray: once more from none
                again[:] = 0.0
                fresh = settle_prices(square, mass, lower, upper, again, step, steps, enough, also)
                if fresh > dual:
                    dual = fresh
                    trial[:] = again
                    own[:] = also
            if dual < enough:
                best = dual
                price[:] = trial
                labels[:] = own
                is_centre[centres[a]] = False
                is_centre[j] = True
                centres[a] = j
                kept[:] = square[:, a]
                quiet = 0
        square[:, a] = kept
        a = (a + 1) % k
    return best


@njit(cache=True, nogil=True)
def _beyond(held, lower, upper):
    """By how much a part is beyond its limits."""
    return max(held - upper, lower - held, 0.0)


@njit(cache=True, nogil=True)
def _charge(held, lower, upper, price, firmness):
    """Charge for what a part holds beyond its limits: its price, which makes moves about even there, and more."""
    if held > upper:
        return (max(price, 0.0) + firmness) * (held - upper)
    if held < lower:
        return (max(-price, 0.0) + firmness) * (lower - held)
    return 0.0


@njit(cache=True, nogil=True)
def anneal_inertia(
    indptr, indices, x, y, mass, weight, labels, k, centres, price, lower, upper, extent, soft, firm, sweeps,
    hot, cold, seed,
):  # fmt: skip
    """Move units between neighbouring parts about fixed centres: simulated annealing, parts stay connected.

    What a part holds beyond its limits is charged its price and a firmness that rises from ``soft`` to ``firm`` while
    the temperature falls from ``hot`` to ``cold``. Both are in units of the ``extent`` of the part, float64 (k,), km²
    (the temperature for a mean unit): a dense part is small, and what is little elsewhere is much there. A part is
    never emptied. ``labels`` is changed in place; gives the number of moves made.
    """
    n = len(labels)
    held = np.zeros(k)
    size = np.zeros(k, np.int64)
    for u in range(n):
        held[labels[u]] += weight[u]
        size[labels[u]] += 1
    seen = np.zeros(n, np.int64)
    stack = np.empty(n, np.int64)
    stamp = 0
    moves = 0
    mean = mass.mean()
    temperature = hot
    firmness = soft
    cooling = (cold / hot) ** (1.0 / max(1, sweeps - 1))
    firming = (firm / soft) ** (1.0 / max(1, sweeps - 1))
    state = np.uint64(seed) * np.uint64(2654435761) + np.uint64(88172645463325252)  # xorshift64 (Marsaglia 2003)
    for _ in range(sweeps):
        for u in range(n):
            first_edge = indptr[u]
            degree = indptr[u + 1] - first_edge
            if degree == 0:
                continue
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            a = labels[u]
            b = labels[indices[first_edge + np.int64((state >> np.uint64(32)) * np.uint64(degree) >> np.uint64(32))]]
            if a == b or size[a] == 1:
                continue
            p = centres[a]
            q = centres[b]
            rise = mass[u] * ((x[u] - x[q]) ** 2 + (y[u] - y[q]) ** 2 - (x[u] - x[p]) ** 2 - (y[u] - y[p]) ** 2)
            rise += _charge(held[a] - weight[u], lower, upper, price[a], firmness * extent[a])
            rise += _charge(held[b] + weight[u], lower, upper, price[b], firmness * extent[b])
            rise -= _charge(held[a], lower, upper, price[a], firmness * extent[a])
            rise -= _charge(held[b], lower, upper, price[b], firmness * extent[b])
            warmth = temperature * mean * min(extent[a], extent[b])
            if rise > 0.0:
                if rise > 12.0 * warmth:  # a chance below 1e-5 is not worth a logarithm
                    continue
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                if (state >> np.uint64(11)) * 2.0**-53 >= math.exp(-rise / warmth):
                    continue
            stamp += 1
            if not _may_leave(u, indptr, indices, labels, seen, stamp, stack):
                continue
            labels[u] = b
            held[a] -= weight[u]
            held[b] += weight[u]
            size[a] -= 1
            size[b] += 1
            moves += 1
        temperature *= cooling
        firmness *= firming
    return moves


@njit(cache=True, nogil=True)
def _may_leave(u, indptr, indices, labels, seen, stamp, stack):
    """Whether the part of ``u``, which holds other units too, stays connected without it."""
    kin = np.int64(0)
    first = np.int64(-1)
    for e in range(indptr[u], indptr[u + 1]):
        if labels[indices[e]] == labels[u]:
            kin += 1
            first = np.int64(indices[e])
    return kin == 1 or (kin > 1 and stays_connected(indptr, indices, labels, u, kin, first, seen, stamp, stack))


@njit(cache=True, nogil=True)
def _touches(u, part, indptr, indices, labels):
    """Whether ``u`` has a neighbour in a part."""
    touches = False
    for e in range(indptr[u], indptr[u + 1]):
        touches = touches or labels[indices[e]] == part
    return touches


@njit(cache=True, nogil=True)
def _rise(u, b, x, y, mass, labels, centres):
    """By how much the inertia rises when ``u`` goes to part ``b``, the centres staying."""
    p = centres[labels[u]]
    q = centres[b]
    return mass[u] * ((x[u] - x[q]) ** 2 + (y[u] - y[q]) ** 2 - (x[u] - x[p]) ** 2 - (y[u] - y[p]) ** 2)


@njit(cache=True, nogil=True)
def _send_on(
    u, b, breach_limit, indptr, indices, x, y, mass, weight, labels, centres, held, size, lower, upper, rim, seen,
    stamp, stack,
):  # fmt: skip
    """Look for a unit to send on from part ``b`` when ``u`` comes there, so that the two moves pay together.

    ``rim`` lists units that were at the rim of ``b``. Makes both moves when it finds one; gives whether it did.
    """
    a = labels[u]
    rise = _rise(u, b, x, y, mass, labels, centres)
    was = _beyond(held[a], lower, upper) + _beyond(held[b], lower, upper)
    for v in rim:
        if labels[v] != b:
            continue
        for f in range(indptr[v], indptr[v + 1]):
            c = labels[indices[f]]
            if c == b:
                continue
            both = rise + _rise(v, c, x, y, mass, labels, centres)
            breach = _beyond(held[b] + weight[u] - weight[v], lower, upper) - was
            if c == a:
                breach += _beyond(held[a] - weight[u] + weight[v], lower, upper)
            else:
                breach += _beyond(held[a] - weight[u], lower, upper)
                breach += _beyond(held[c] + weight[v], lower, upper) - _beyond(held[c], lower, upper)
            if breach > breach_limit or (breach >= -breach_limit and both >= -1e-12):
                continue
            labels[u] = b
            stamp[0] += 1
            if _touches(v, c, indptr, indices, labels) and _may_leave(
                v, indptr, indices, labels, seen, stamp[0], stack
            ):
                labels[v] = c
                held[a] -= weight[u]
                held[b] += weight[u] - weight[v]
                held[c] += weight[v]
                size[a] -= 1
                size[c] += 1
                return True
            labels[u] = a
    return False


@njit(cache=True, nogil=True)
def exchange(indptr, indices, x, y, mass, weight, labels, k, centres, lower, upper, rounds):
    """Make single moves, and pairs (a unit into a part, another out of it), while they lower breaches or inertia.

    A lower breach of the limits comes first, then a lower inertia about the fixed centres. Parts stay connected and
    are never emptied. ``labels`` is changed in place; gives the number of changes made.
    """
    n = len(labels)
    held = np.zeros(k)
    size = np.zeros(k, np.int64)
    for u in range(n):
        held[labels[u]] += weight[u]
        size[labels[u]] += 1
    seen = np.zeros(n, np.int64)
    stack = np.empty(n, np.int64)
    stamp = np.zeros(1, np.int64)
    trifle = 1e-9 * weight.sum() / k
    changes = 0
    start = np.zeros(k + 1, np.int64)
    rim = np.empty(n, np.int64)
    for _ in range(rounds):
        before = changes
        # the units at the rim of each part; entries that a change makes stale are passed over when they are met
        start[:] = 0
        for u in range(n):
            start[labels[u] + 1] += 1
        for a in range(k):
            start[a + 1] += start[a]
        end = start[:k].copy()
        for u in range(n):
            for e in range(indptr[u], indptr[u + 1]):
                if labels[indices[e]] != labels[u]:
                    rim[end[labels[u]]] = u
                    end[labels[u]] += 1
                    break
        for u in range(n):
            checked = -1  # the part that `u` was found free to leave
            for e in range(indptr[u], indptr[u + 1]):
                a = labels[u]
                b = labels[indices[e]]
                if a == b or size[a] == 1:
                    continue
                if checked != a:
                    stamp[0] += 1
                    if not _may_leave(u, indptr, indices, labels, seen, stamp[0], stack):
                        break
                    checked = a
                breach = _beyond(held[a] - weight[u], lower, upper) - _beyond(held[a], lower, upper)
                breach += _beyond(held[b] + weight[u], lower, upper) - _beyond(held[b], lower, upper)
                rise = _rise(u, b, x, y, mass, labels, centres)
                if breach < -trifle or (breach <= trifle and rise < -1e-12):
                    labels[u] = b
                    held[a] -= weight[u]
                    held[b] += weight[u]
                    size[a] -= 1
                    size[b] += 1
                    changes += 1
                elif _send_on(
                    u, b, trifle, indptr, indices, x, y, mass, weight, labels, centres, held, size, lower, upper,
                    rim[start[b] : end[b]], seen, stamp, stack,
                ):  # fmt: skip
                    changes += 1
        if changes == before:
            break
    return changes


@njit(cache=True, nogil=True)
def _threshold(ratio, weight, room, spare_ratio, spare_weight):
    """Give the least ``t`` with a weight of at least ``room`` among the ratios up to it: Hoare's selection.

    The two spare arrays are overwritten. Infinite where all the weight is below ``room``.
    """
    n = len(ratio)
    spare_ratio[:] = ratio
    spare_weight[:] = weight
    low = 0
    high = n - 1
    below = 0.0
    while low < high:
        pivot = spare_ratio[(low + high) // 2]
        i = low
        j = high
        passed = 0.0
        while True:
            while spare_ratio[i] < pivot:
                passed += spare_weight[i]
                i += 1
            while spare_ratio[j] > pivot:
                j -= 1
            if i >= j:
                break
            spare_ratio[i], spare_ratio[j] = spare_ratio[j], spare_ratio[i]
            spare_weight[i], spare_weight[j] = spare_weight[j], spare_weight[i]
            passed += spare_weight[i]
            i += 1
            j -= 1
        # all before i are at most the pivot, all from i on at least the pivot
        if i == low:
            i += 1
            passed += spare_weight[low]
        if below + passed >= room:
            high = i - 1
        else:
            below += passed
            low = i
    if below + spare_weight[low] < room * (1.0 - 1e-12):
        return np.inf
    return spare_ratio[low]


@njit(cache=True, nogil=True)
def weigh_centres(x, y, weight, worth, lower, upper, threshold):
    """Give what each unit would be worth as a centre, float64 (n,), when unit i pays ``worthᵢ`` (km²) a head.

    The best centre takes the units (the last one in part) whose ``squareᵢⱼ - worthᵢ`` is least: all those below 0,
    but at least ``lower`` and at most ``upper`` in all. ``threshold`` (n,) is set to the ratio up to which it takes.
    """
    n = len(x)
    value = np.empty(n)
    ratio = np.empty(n)
    spare_ratio = np.empty(n)
    spare_weight = np.empty(n)
    for j in range(n):
        gladly = 0.0
        for i in range(n):
            ratio[i] = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2 - worth[i]
            if ratio[i] < 0.0:
                gladly += weight[i]
        room = min(max(gladly, lower), upper)
        t = 0.0 if room == gladly else _threshold(ratio, weight, room, spare_ratio, spare_weight)
        total = t * room
        for i in range(n):
            if ratio[i] < t:
                total += weight[i] * (ratio[i] - t)
        threshold[j] = t
        value[j] = total
    return value

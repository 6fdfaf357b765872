"""The compiled loop of rebalancing: plain arrays in and out, its bookkeeping checked against plain twins in the tests.

Shared names: ``indptr, indices`` is the graph in CSR form; ``home`` int64 (n,) each unit's grid today and ``labels``
its grid now, below ``k``. Grids without units are no grids: those that dissolved, and spare numbers for new ones.
"""
# ruff: noqa: NPY002 - a compiled loop draws from numba's own generator, which is seeded at each call

import math

import numpy as np
from numba import njit

from spatialgov.partition.refine._kernels import stays_connected

__all__ = ["in_pieces", "search"]


@njit(cache=True)
def _beyond(held, size, lower, upper):
    """By how much a grid misses the band; a grid without units misses nothing."""
    if size == 0:
        return 0.0
    return max(lower - held, held - upper, 0.0)


@njit(cache=True)
def in_pieces(indptr, indices, labels, k, piece, stack):
    """Whether any grid is in several pieces; fills ``piece`` int64 (n,) with the number of each unit's piece."""
    n = len(labels)
    piece[:] = -1
    begun = np.zeros(k, np.bool_)
    pieces = 0
    broken = False
    for start in range(n):
        if piece[start] >= 0:
            continue
        a = labels[start]
        if begun[a]:
            broken = True
        begun[a] = True
        piece[start] = pieces
        stack[0] = start
        top = 1
        while top > 0:
            top -= 1
            u = stack[top]
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                if piece[v] < 0 and labels[v] == a:
                    piece[v] = pieces
                    stack[top] = v
                    top += 1
        pieces += 1
    return broken


@njit(cache=True)
def _books(load, area_m2, labels, held, area, size):
    """Sum up what each grid holds, its area and its units."""
    held[:] = 0.0
    area[:] = 0.0
    size[:] = 0
    for u in range(len(labels)):
        held[labels[u]] += load[u]
        area[labels[u]] += area_m2[u]
        size[labels[u]] += 1


@njit(cache=True)
def _record(labels, moved, units, breach, width, best_moved, best_breach, best_labels):
    """Keep the division where none that is at least as balanced moves less; equal ones are told apart by units."""
    place = 0 if breach <= 1e-9 else math.ceil(breach / width - 1e-9)
    if place >= len(best_moved):
        return
    score = moved + units / (len(labels) + 1.0)
    i = place
    while i >= 0 and best_moved[i] == np.inf:
        i -= 1
    if i >= 0 and (best_moved[i] < score - 1e-9 or (best_moved[i] <= score + 1e-9 and best_breach[i] <= breach)):
        return
    best_moved[place] = score
    best_breach[place] = breach
    best_labels[place, :] = labels
    for i in range(place + 1, len(best_moved)):
        if best_moved[i] >= score:
            best_moved[i] = np.inf


@njit(cache=True)
def _cut_off(indptr, indices, load, labels, k, u, wanted, spare, piece, stack):
    """Give about ``wanted`` of the grid of ``u``, grown breadth-first from ``u``, to the grid ``spare``.

    What the cut leaves in pieces follows it, but for the heaviest piece.
    """
    a = labels[u]
    stack[0] = u
    labels[u] = spare
    taken = load[u]
    end = 1
    i = 0
    while i < end and taken < wanted:
        x = stack[i]
        i += 1
        for e in range(indptr[x], indptr[x + 1]):
            y = indices[e]
            if labels[y] == a and taken < wanted:
                labels[y] = spare
                taken += load[y]
                stack[end] = y
                end += 1
    if in_pieces(indptr, indices, labels, k, piece, stack):
        weight = np.zeros(len(labels))
        for x in range(len(labels)):
            if labels[x] == a:
                weight[piece[x]] += load[x] + 1e-9
        kept = np.argmax(weight)
        for x in range(len(labels)):
            if labels[x] == a and piece[x] != kept:
                labels[x] = spare


@njit(cache=True)
def _leap(indptr, indices, load, home, today, labels, held, size, lower, upper, trial, piece, stack):
    """Draw a change of many units at once into ``trial``; gives whether there is one.

    Two grids become one, a grid is cut in two, the units of a grid go back where they came from, or a grid gets all
    of its own units back.
    """
    n, k = len(labels), len(held)
    trial[:] = labels
    u = np.random.randint(n)
    a = labels[u]
    kind = np.random.randint(4)
    if kind == 0:
        b = a
        for x in range(n):  # a neighbouring grid, from a random place on
            y = (u + x) % n
            if labels[y] != a:
                continue
            for e in range(indptr[y], indptr[y + 1]):
                if labels[indices[e]] != a:
                    b = labels[indices[e]]
                    break
            if b != a:
                break
        if a == b:
            return False
        for x in range(n):
            if labels[x] == a:
                trial[x] = b
        return True
    if kind == 1:
        spare = -1
        for b in range(today, k):
            if size[b] == 0:
                spare = b
                break
        if spare < 0 or size[a] < 2:
            return False
        wanted = held[a] * (0.1 + 0.8 * np.random.random())
        if np.random.random() < 0.5 and lower > 0.0:
            wanted = min(wanted, lower)
        _cut_off(indptr, indices, load, trial, k, u, wanted, spare, piece, stack)
        return True
    changed = False
    for x in range(n):
        if ((kind == 2 and labels[x] == a) or (kind == 3 and home[x] == home[u])) and labels[x] != home[x]:
            trial[x] = home[x]
            changed = True
    return changed


@njit(cache=True, nogil=True)
def search(
    indptr, indices, households, load, area_m2, home, today, labels, k, lower, upper, max_area_m2, price, unit_price,
    sweeps, hot, cold, kick, seed, width, best_moved, best_breach, best_labels,
):  # fmt: skip
    """Anneal ``households moved + price · breach``, and record every division on the way that none beats.

    Parameters
    ----------
    households
        float64 (n,): what it costs to move a unit; ``unit_price`` is added.
    load, lower, upper
        What grids share, float64 (n,), and the band that each should hold; ``price`` in households for each of it.
    max_area_m2
        float64 (k,): no grid grows beyond.
    today
        Numbers below are today's grids, those from here to ``k`` are spare.
    labels
        Where to start, every grid connected; changed in place.
    sweeps, hot, cold
        How often each unit is offered a neighbouring grid, and the first and last temperature in households.
    kick
        Whether the first change of many units is taken whatever it costs.
    width, best_moved, best_breach, best_labels
        The record: place 0 is for divisions without a breach, place ``i`` for a breach up to ``i · width``. A place
        that is not taken, or beaten by one before it, has ``best_moved`` infinite; the fraction of ``best_moved``
        counts the units moved.
    """
    np.random.seed(seed)
    n = len(labels)
    held, area, size = np.zeros(k), np.zeros(k), np.zeros(k, np.int64)
    trial_held, trial_area, trial_size = np.zeros(k), np.zeros(k), np.zeros(k, np.int64)
    trial = labels.copy()
    seen, piece, stack = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    stamp = 0
    _books(load, area_m2, labels, held, area, size)
    moved = 0.0
    units = np.int64(0)
    for u in range(n):
        if labels[u] != home[u]:
            moved += households[u]
            units += 1
    breach = 0.0
    for a in range(k):
        breach += _beyond(held[a], size[a], lower, upper)
    _record(labels, moved, units, breach, width, best_moved, best_breach, best_labels)
    temperature = hot
    cooling = (cold / hot) ** (1.0 / max(1, sweeps - 1))
    for sweep in range(sweeps):
        for u in range(n):
            degree = indptr[u + 1] - indptr[u]
            if degree == 0:
                continue
            a = labels[u]
            b = labels[indices[indptr[u] + int(np.random.random() * degree)]]
            if a == b or area[b] + area_m2[u] > max_area_m2[b]:
                continue
            change = _beyond(held[a] - load[u], size[a] - 1, lower, upper) - _beyond(held[a], size[a], lower, upper)
            change += _beyond(held[b] + load[u], size[b] + 1, lower, upper) - _beyond(held[b], size[b], lower, upper)
            away = (1 if b != home[u] else 0) - (1 if a != home[u] else 0)
            rise = price * change + away * (households[u] + unit_price)
            if rise > 0.0 and np.random.random() >= math.exp(-rise / temperature):
                continue
            kin = np.int64(0)
            first = np.int64(-1)
            for e in range(indptr[u], indptr[u + 1]):
                if labels[indices[e]] == a:
                    kin += 1
                    first = np.int64(indices[e])
            if kin > 1:
                stamp += 1
                if not stays_connected(indptr, indices, labels, u, kin, first, seen, stamp, stack):
                    continue
            labels[u] = b
            held[a] -= load[u]
            held[b] += load[u]
            area[a] -= area_m2[u]
            area[b] += area_m2[u]
            size[a] -= 1
            size[b] += 1
            breach += change
            moved += away * households[u]
            units += away
            _record(labels, moved, units, breach, width, best_moved, best_breach, best_labels)
        temperature *= cooling
        forced = kick and sweep == 0
        if not _leap(indptr, indices, load, home, today, labels, held, size, lower, upper, trial, piece, stack):
            continue
        _books(load, area_m2, trial, trial_held, trial_area, trial_size)
        new_breach = 0.0
        fits = True
        for a in range(k):
            new_breach += _beyond(trial_held[a], trial_size[a], lower, upper)
            if trial_area[a] > max_area_m2[a]:
                fits = False
        new_moved = 0.0
        new_units = np.int64(0)
        for u in range(n):
            if trial[u] != home[u]:
                new_moved += households[u]
                new_units += 1
        rise = price * (new_breach - breach) + new_moved - moved + unit_price * (new_units - units)
        if not fits or (not forced and rise > 0.0 and np.random.random() >= math.exp(-rise / temperature)):
            continue
        if in_pieces(indptr, indices, trial, k, piece, stack):
            continue
        labels[:] = trial
        held[:] = trial_held
        area[:] = trial_area
        size[:] = trial_size
        moved, units, breach = new_moved, new_units, new_breach
        _record(labels, moved, units, breach, width, best_moved, best_breach, best_labels)

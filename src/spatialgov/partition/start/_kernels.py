"""The compiled loops of the start: plain arrays in and out, a plain twin of each in the tests.

Shared names: ``indptr, indices, border_m`` is the graph in CSR form, ``labels`` int64 (n,) the part of each unit.
"""

import numpy as np
from numba import njit

__all__ = ["hilbert_key", "nearest_power_centre", "repair"]

_ORDER = 16
"""Bits of each coordinate on the Hilbert curve."""


@njit(cache=True, nogil=True)
def hilbert_key(x, y):
    """Give the place of each point on a Hilbert curve; ``x, y`` are int64 in 0 … 2¹⁶ - 1 (Warren 2012, ch. 16)."""
    key = np.empty(len(x), np.int64)
    side = 1 << _ORDER
    for i in range(len(x)):
        a = x[i]
        b = y[i]
        d = 0
        s = side >> 1
        while s > 0:
            rx = 1 if a & s else 0
            ry = 1 if b & s else 0
            d += s * s * ((3 * rx) ^ ry)
            if ry == 0:
                if rx == 1:
                    a = side - 1 - a
                    b = side - 1 - b
                a, b = b, a
            s >>= 1
        key[i] = d
    return key


@njit(cache=True, nogil=True)
def nearest_power_centre(x, y, centre_x, centre_y, power, near, labels):
    """Move every unit to the centre with the least power distance ``d² - power`` among those near its own.

    ``near`` is int64, shape (k, c): the centres worth looking at from each centre, itself among them. ``labels`` is
    changed in place.
    """
    for i in range(len(x)):
        best = np.inf
        own = labels[i]
        for c in range(near.shape[1]):
            j = near[own, c]
            d = (x[i] - centre_x[j]) ** 2 + (y[i] - centre_y[j]) ** 2 - power[j]
            if d < best:
                best = d
                labels[i] = j


@njit(cache=True, nogil=True)
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

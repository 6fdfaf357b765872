"""Compiled loops of `spatialgov.coverage.sight.isovists`: an index of edges by cell, and the angular sweep.

Angles inside are mathematical (anticlockwise, radians) and relative to the axis of the field of view; coordinates are
relative to the camera, so that metres in the millions don't cost digits. An edge is a row
``(start_x, start_y, end_x, end_y)`` with the solid on its left.

Numbers handed to another loop are typed (``np.int64(0)``): for a literal, numba would compile it once more.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["CHORD_RAD", "TOUCH_M", "cell_lists", "clear_lines", "visible_rings"]

CHORD_RAD = 2.0 * math.pi / 360.0  # of the chords that stand for the arc of the range: they end at whole degrees
_ENDS = np.column_stack([np.cos(np.arange(360) * CHORD_RAD), np.sin(np.arange(360) * CHORD_RAD)])
TOUCH_M = 1e-6  # a camera this near to a wall, on either side, stands on it
_MERGE_M = 1e-8  # vertices nearer than this are one
_SHARP_RAD = 1e-6  # a corner sharper than this is two houses with no gap to speak of between them
_WEDGE: Any = np.int64(-1)  # in the place of an edge's number: the solid under the camera blocks from distance zero
_NO_VERTEX: Any = np.int64(0)


@njit(cache=True)
def cell_lists(
    edges: Any, x0_m: float, y0_m: float, cell_m: float, nx: int, ny: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """List for every cell the edges whose bounding box meets it.

    Parameters
    ----------
    edges
        (m, 4) float64, metres.
    x0_m, y0_m, cell_m, nx, ny
        Corner, cell size and numbers of cells of the index; it must hold all edges.

    Returns
    -------
    start
        (nx · ny + 1,) int64: cell ``i * ny + j`` has the items ``start[cell]:start[cell + 1]``.
    items
        int32 numbers of edges.
    """
    m = edges.shape[0]
    box = np.empty((m, 4), np.int64)
    start = np.zeros(nx * ny + 1, np.int64)
    for k in range(m):
        box[k, 0] = min(int((min(edges[k, 0], edges[k, 2]) - x0_m) / cell_m), nx - 1)
        box[k, 1] = min(int((max(edges[k, 0], edges[k, 2]) - x0_m) / cell_m), nx - 1)
        box[k, 2] = min(int((min(edges[k, 1], edges[k, 3]) - y0_m) / cell_m), ny - 1)
        box[k, 3] = min(int((max(edges[k, 1], edges[k, 3]) - y0_m) / cell_m), ny - 1)
        for i in range(box[k, 0], box[k, 1] + 1):
            for j in range(box[k, 2], box[k, 3] + 1):
                start[i * ny + j + 1] += 1
    start = np.cumsum(start)
    items = np.empty(start[-1], np.int32)
    free = start[:-1].copy()
    for k in range(m):
        for i in range(box[k, 0], box[k, 1] + 1):
            for j in range(box[k, 2], box[k, 3] + 1):
                items[free[i * ny + j]] = k
                free[i * ny + j] += 1
    return start, items


@njit(cache=True)
def _add_interval(lo: float, hi: float, k: int, half: float, near_x: float, near_y: float, work: Any, n: int) -> int:
    """Append what of the anticlockwise interval lo → hi lies in [-half, half]: none, one or two pieces."""
    lows, highs, ids, near, _ = work
    wraps = lo > hi
    for piece in range(2 if wraps else 1):
        low = -math.pi if piece == 1 else lo
        high = math.pi if wraps and piece == 0 else hi
        low = max(low, -half)
        high = min(high, half)
        if high > low:
            lows[n] = low
            highs[n] = high
            ids[n] = k
            near[n, 0] = near_x
            near[n, 1] = near_y
            n += 1
    return n


@njit(cache=True)
def _block(  # noqa: PLR0911  (each says at once that this wall hides nothing)
    edges: Any, k: int, px: float, py: float, r: float, c: float, s: float, half: float, ch: float, sh: float,
    work: Any, n: int,
) -> int:  # fmt: skip
    """Append the interval that one edge hides from (px, py), if it does; (c, s): the axis, (ch, sh): half the field."""
    touched = work[4]
    ax, ay, bx, by = edges[k, 0] - px, edges[k, 1] - py, edges[k, 2] - px, edges[k, 3] - py
    dx, dy = edges[k, 2] - edges[k, 0], edges[k, 3] - edges[k, 1]
    length2 = dx * dx + dy * dy
    # The solid is on the left of the edge, so from outside its face runs clockwise.
    turns = ax * by - ay * bx
    if turns > 0.0 and turns * turns > TOUCH_M * TOUCH_M * length2:
        return n
    along = min(max(-(ax * dx + ay * dy) / length2, 0.0), 1.0)
    gx, gy = ax + along * dx, ay + along * dy
    gap = math.sqrt(gx * gx + gy * gy)
    if gap >= r:
        return n
    if gap > TOUCH_M:
        if turns >= 0.0:
            return n
        a_along, a_left, b_along, b_left = ax * c + ay * s, ay * c - ax * s, bx * c + by * s, by * c - bx * s
        if ch > 0.0:
            # Beyond one border of a field of less than 180°: most walls of a street are, and need no angles.
            if min(ch * a_left - sh * a_along, ch * b_left - sh * b_along) >= 0.0:
                return n
            if max(ch * a_left + sh * a_along, ch * b_left + sh * b_along) <= 0.0:
                return n
        lo, hi = math.atan2(b_left, b_along), math.atan2(a_left, a_along)
        # A wall at distance d along a ray (x, y) has 1 / d = x · near_x + y · near_y.
        return _add_interval(lo, hi, k, half, dy / turns, -dx / turns, work, n)
    if math.hypot(ax, ay) <= TOUCH_M or math.hypot(bx, by) <= TOUCH_M:
        touched[0] += 1
        touched[touched[0]] = k
        return n
    # On the wall: the solid fills all that is on its left.
    lo = math.atan2(dy * c - dx * s, dx * c + dy * s)
    hi = math.atan2(dx * s - dy * c, -dx * c - dy * s)
    return _add_interval(lo, hi, _WEDGE, half, 0.0, 0.0, work, n)


@njit(cache=True)
def _block_corners(edges: Any, px: float, py: float, c: float, s: float, half: float, work: Any, n: int) -> int:
    """Append the angles that solids fill at the vertices where the camera stands, from the edges that touch it.

    An edge that leaves the vertex opens a solid, which the next arriving edge anticlockwise closes: not always the
    one before it in its ring, for rings may meet in a vertex (a courtyard that touches the outer wall).
    """
    touched = work[4]
    for q in range(1, touched[0] + 1):
        k = touched[q]
        if math.hypot(edges[k, 0] - px, edges[k, 1] - py) > TOUCH_M:
            continue
        dx, dy = edges[k, 2] - edges[k, 0], edges[k, 3] - edges[k, 1]
        lo = math.atan2(dy * c - dx * s, dx * c + dy * s)
        hi, least = lo, np.inf
        for p in range(1, touched[0] + 1):
            j = touched[p]
            if math.hypot(edges[j, 2] - px, edges[j, 3] - py) <= TOUCH_M:
                ex, ey = edges[j, 0] - edges[j, 2], edges[j, 1] - edges[j, 3]
                closes = math.atan2(ey * c - ex * s, ex * c + ey * s)
                turn = (closes - lo) % (2.0 * math.pi)
                if _SHARP_RAD < turn < least:
                    hi, least = closes, turn
        n = _add_interval(lo, hi, _WEDGE, half, 0.0, 0.0, work, n)
    return n


@njit(cache=True)
def _wall_m(edges: Any, k: int, px: float, py: float, ux: float, uy: float) -> float:
    """Distance from (px, py) along the unit vector to the edge, which the ray meets; never beyond its farther end."""
    ax, ay, bx, by = edges[k, 0] - px, edges[k, 1] - py, edges[k, 2] - px, edges[k, 3] - py
    farther = math.sqrt(max(ax * ax + ay * ay, bx * bx + by * by))
    across = ux * (by - ay) - uy * (bx - ax)
    if across == 0.0:
        return farther
    distance: float = (ax * (by - ay) - ay * (bx - ax)) / across
    return min(max(distance, 0.0), farther)


@njit(cache=True)
def _push(ring: Any, n: int, x: float, y: float) -> int:
    if n > 0 and (x - ring[n - 1, 0]) ** 2 + (y - ring[n - 1, 1]) ** 2 < _MERGE_M**2:
        return n
    ring[n, 0] = x
    ring[n, 1] = y
    return n + 1


@njit(cache=True)
def _way(degree: int, is_whole: bool, turn: float) -> tuple[float, float]:
    """Give the unit vector of an angle: the table's where it is a whole degree."""
    if is_whole:
        return _ENDS[degree, 0], _ENDS[degree, 1]
    return math.cos(turn), math.sin(turn)


@njit(cache=True)
def _push_arc(
    ring: Any,
    n: int,
    lo: float,
    hi: float,
    edges: Any,
    k: int,
    px: float,
    py: float,
    r: float,
    axis: float,
) -> int:
    """Append the nearer of the range's chords and edge k (below 0 for none) between two angles."""
    inner = r * math.cos(CHORD_RAD / 2.0)
    for j in range(math.floor((lo + axis) / CHORD_RAD), math.floor((hi + axis) / CHORD_RAD) + 1):
        begin, end = j * CHORD_RAD - axis, (j + 1) * CHORD_RAD - axis
        a, b = max(lo, begin), min(hi, end)
        if b <= a:
            continue
        middle = (begin + end) / 2.0
        # Where chords meet, every sector of a camera has the same vertex to the last bit.
        far_a = r if a == begin else inner / math.cos(a - middle)
        far_b = r if b == end else inner / math.cos(b - middle)
        ca, sa = _way(j % 360, a == begin, a + axis)
        cb, sb = _way((j + 1) % 360, b == end, b + axis)
        if k < 0:
            n = _push(ring, n, far_a * ca, far_a * sa)
            n = _push(ring, n, far_b * cb, far_b * sb)
            continue
        wall_a, wall_b = _wall_m(edges, k, px, py, ca, sa), _wall_m(edges, k, px, py, cb, sb)
        near_a, near_b = min(wall_a, far_a), min(wall_b, far_b)
        n = _push(ring, n, near_a * ca, near_a * sa)
        if (wall_a < far_a) != (wall_b < far_b):
            # The wall crosses the chord: where the chord's signed distance from the wall changes sign.
            dx, dy = edges[k, 2] - edges[k, 0], edges[k, 3] - edges[k, 1]
            ox, oy = edges[k, 0] - px, edges[k, 1] - py
            side_a = dx * (far_a * sa - oy) - dy * (far_a * ca - ox)
            side_b = dx * (far_b * sb - oy) - dy * (far_b * cb - ox)
            if side_a != side_b:
                f = min(max(side_a / (side_a - side_b), 0.0), 1.0)
                x = far_a * ca + f * (far_b * cb - far_a * ca)
                y = far_a * sa + f * (far_b * sb - far_a * sa)
                n = _push(ring, n, x, y)
        n = _push(ring, n, near_b * cb, near_b * sb)
    return n


@njit(cache=True)
def _sweep(edges: Any, work: Any, m: int, px: float, py: float, r: float, axis: float, half: float, ring: Any) -> int:
    """Write the visible ring, relative to the camera, from the m hidden intervals; give its number of vertices."""
    lows, highs, ids, near, _ = work
    order = np.argsort(lows[:m])
    ends = np.sort(highs[:m])
    active = np.empty(m, np.int64)
    n_active = 0
    waiting, opened, ended = 0, 0, 0
    thin = min(_MERGE_M / r, 1e-9)
    inner = r * math.cos(CHORD_RAD / 2.0)
    n: int = _NO_VERTEX
    if half != math.pi:
        n = _push(ring, n, 0.0, 0.0)
    wall_before = -2  # the edge on which the last vertex lies, when the next may extend it
    hi = -half
    ch, sh = math.cos(hi + axis), math.sin(hi + axis)
    while hi < half:
        lo, cl, sl = hi, ch, sh
        while opened < m and lows[order[opened]] <= lo:
            opened += 1
        while ended < m and ends[ended] <= lo:
            ended += 1
        hi = half
        if opened < m:
            hi = min(hi, lows[order[opened]])
        if ended < m:
            hi = min(hi, ends[ended])
        ch, sh = math.cos(hi + axis), math.sin(hi + axis)
        if hi - lo < thin:
            continue
        middle = (lo + hi) / 2.0
        while waiting < m and lows[order[waiting]] <= middle:
            active[n_active] = order[waiting]
            n_active += 1
            waiting += 1
        # Solids don't cross each other, so the wall nearest in the middle is the nearest from lo to hi.
        cm, sm = cl + ch, sl + sh
        if hi - lo > 3.0:
            cm, sm = math.cos(middle + axis), math.sin(middle + axis)
        nearest_1_m, nearest = 0.0, -2
        j = 0
        while j < n_active:
            q = active[j]
            if highs[q] < middle:
                n_active -= 1
                active[j] = active[n_active]
                continue
            if ids[q] == _WEDGE:
                nearest_1_m, nearest = np.inf, _WEDGE
            elif cm * near[q, 0] + sm * near[q, 1] > nearest_1_m:
                nearest_1_m, nearest = cm * near[q, 0] + sm * near[q, 1], ids[q]
            j += 1
        if nearest == _WEDGE:
            n = _push(ring, n, 0.0, 0.0)
            wall_before = -2
            continue
        if nearest >= 0:
            wall_lo, wall_hi = _wall_m(edges, nearest, px, py, cl, sl), _wall_m(edges, nearest, px, py, ch, sh)
            if max(wall_lo, wall_hi) <= inner:
                if wall_before == nearest:
                    n -= 1  # the same wall goes on: its last vertex is not a corner
                else:
                    n = _push(ring, n, wall_lo * cl, wall_lo * sl)
                corner = n
                n = _push(ring, n, wall_hi * ch, wall_hi * sh)
                wall_before = nearest if n > corner else -2
                continue
        n = _push_arc(ring, n, lo, hi, edges, nearest, px, py, r, axis)
        wall_before = -2
    while n > 1 and math.hypot(ring[n - 1, 0] - ring[0, 0], ring[n - 1, 1] - ring[0, 1]) < _MERGE_M:
        n -= 1
    return n


@njit(cache=True)
def _extent_m(axis: float, half: float) -> tuple[float, float, float, float]:
    """Give the least and most x, and the least and most y, of a sector of a disc of 1 m around the origin."""
    left, right, down, up = 0.0, 0.0, 0.0, 0.0
    first, last = axis - half, axis + half
    for j in range(math.floor(first / (math.pi / 2.0)), math.ceil(last / (math.pi / 2.0)) + 1):
        turn = min(max(j * (math.pi / 2.0), first), last)
        x, y = math.cos(turn), math.sin(turn)
        left, right, down, up = min(left, x), max(right, x), min(down, y), max(up, y)
    return left, right, down, up


@njit(cache=True, nogil=True)
def visible_rings(
    edges: Any,
    x0_m: float,
    y0_m: float,
    cell_m: float,
    nx: int,
    ny: int,
    start: Any,
    items: Any,
    x_m: Any,
    y_m: Any,
    range_m: Any,
    axis_rad: Any,
    half_rad: Any,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Give the ring of what each camera sees among solids.

    Parameters
    ----------
    edges
        (m, 4) float64: edges of solids that don't cross each other, the solid on the left.
    x0_m, y0_m, cell_m, nx, ny, start, items
        The index of `cell_lists`.
    x_m, y_m, range_m
        (n,) float64, metres; finite, the range (where chords meet) above zero, no camera inside a solid.
    axis_rad, half_rad
        (n,) float64: mathematical angle of the axis and half the field of view, π for all round.

    Returns
    -------
    points
        (p, 2) float64, metres: the rings, anticlockwise, not closed, one after another.
    offsets
        (n + 1,) int64: ring i is ``points[offsets[i]:offsets[i + 1]]``; less than 3 points see nothing.
    """
    n = x_m.shape[0]
    m = edges.shape[0]
    stamp = np.full(m, -1, np.int64)
    work = (
        np.empty(2 * m),
        np.empty(2 * m),
        np.empty(2 * m, np.int64),
        np.empty((2 * m, 2)),
        np.zeros(m + 1, np.int64),
    )
    ring = np.empty((1024, 2))
    points = np.empty((64 * n + 1024, 2))
    offsets = np.zeros(n + 1, np.int64)
    used = 0
    for i in range(n):
        px, py, r, axis, half = x_m[i], y_m[i], range_m[i], axis_rad[i], half_rad[i]
        c, s = math.cos(axis), math.sin(axis)
        ch, sh = math.cos(half), math.sin(half)
        blocks: Any = np.int64(0)
        work[4][0] = 0
        left, right, down, up = _extent_m(axis, half)
        # The walls that the camera stands on count too, whichever way it looks.
        west, east = px - x0_m + left * r - TOUCH_M, px - x0_m + right * r + TOUCH_M
        south, north = py - y0_m + down * r - TOUCH_M, py - y0_m + up * r + TOUCH_M
        i0, i1 = math.floor(west / cell_m), math.floor(east / cell_m)
        j0, j1 = math.floor(south / cell_m), math.floor(north / cell_m)
        for cx in range(max(i0, 0), min(i1, nx - 1) + 1):
            for cy in range(max(j0, 0), min(j1, ny - 1) + 1):
                cell = cx * ny + cy
                for q in range(start[cell], start[cell + 1]):
                    k: Any = np.int64(items[q])
                    if stamp[k] != i:
                        stamp[k] = i
                        blocks = _block(edges, k, px, py, r, c, s, half, ch, sh, work, blocks)
        blocks = _block_corners(edges, px, py, c, s, half, work, blocks)
        # Between two neighbouring angles at most three vertices a chord, and a chord is cut by an angle at most once.
        most = 3 * (2 * blocks + 2 + 361) + 4
        if ring.shape[0] < most:
            ring = np.empty((2 * most, 2))
        length = _sweep(edges, work, blocks, px, py, r, axis, half, ring)
        if points.shape[0] < used + length:
            grown = np.empty((2 * (used + length), 2))
            grown[:used] = points[:used]
            points = grown
        for j in range(length):
            points[used + j, 0] = px + ring[j, 0]
            points[used + j, 1] = py + ring[j, 1]
        used += length
        offsets[i + 1] = used
    return points[:used], offsets


@njit(cache=True, nogil=True)
def clear_lines(
    edges: Any,
    x0_m: float,
    y0_m: float,
    cell_m: float,
    nx: int,
    ny: int,
    start: Any,
    items: Any,
    from_x_m: Any,
    from_y_m: Any,
    to_x_m: Any,
    to_y_m: Any,
) -> npt.NDArray[np.bool_]:
    """Tell which lines of sight enter no solid.

    Parameters
    ----------
    edges, x0_m, y0_m, cell_m, nx, ny, start, items
        As for `visible_rings`.
    from_x_m, from_y_m, to_x_m, to_y_m
        (n,) float64, metres: from a camera, not inside a solid, to a place that is not on a wall.

    Returns
    -------
    ndarray
        (n,) bool. A line along a wall, or through a corner that it only grazes, enters nothing.
    """
    n = from_x_m.shape[0]
    clear = np.ones(n, np.bool_)
    for i in range(n):
        px, py = from_x_m[i], from_y_m[i]
        ux, uy = to_x_m[i] - px, to_y_m[i] - py
        left, right = (px, px + ux) if ux >= 0.0 else (px + ux, px)
        for cx in range(max(math.floor((left - x0_m) / cell_m), 0), min(int((right - x0_m) / cell_m), nx - 1) + 1):
            # Where the line enters and leaves this column of cells.
            ya, yb = py, py + uy
            if ux != 0.0:
                low, high = x0_m + cx * cell_m, x0_m + (cx + 1) * cell_m
                ta, tb = (low - px) / ux, (high - px) / ux
                ta, tb = max(min(ta, tb), 0.0), min(max(ta, tb), 1.0)
                ya, yb = py + ta * uy, py + tb * uy
            bottom, top = min(ya, yb) - TOUCH_M, max(ya, yb) + TOUCH_M
            for cy in range(max(math.floor((bottom - y0_m) / cell_m), 0), min(int((top - y0_m) / cell_m), ny - 1) + 1):
                cell = cx * ny + cy
                for q in range(start[cell], start[cell + 1]):
                    k = items[q]
                    ax, ay, bx, by = edges[k, 0] - px, edges[k, 1] - py, edges[k, 2] - px, edges[k, 3] - py
                    # The line enters a solid where it crosses one of its edges from right to left.
                    if (ux * ay - uy * ax > 0.0) == (ux * by - uy * bx > 0.0):
                        continue
                    dx, dy = bx - ax, by - ay
                    camera_side = dy * ax - dx * ay
                    place_side = dx * (uy - ay) - dy * (ux - ax)
                    if camera_side <= TOUCH_M * math.hypot(dx, dy) and place_side > 0.0:
                        clear[i] = False
                        break
                if not clear[i]:
                    break
            if not clear[i]:
                break
    return clear

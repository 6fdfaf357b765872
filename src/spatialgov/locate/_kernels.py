"""The hot loops of the locator, compiled.

The plane is tiled with cells whose sides are powers of two and whose corners are multiples of them, so that the cell
of a point, and the corners, come without rounding. Edges run upward (``y1 < y2``, or level and ``x1 < x2``); a label
is the XOR of the faces on both sides (0 = outside, k = grid k - 1). A point stands for the place a little to its
right, and much less above it (``x + d, y + e`` with ``e`` far below ``d``), which lies on no edge: the half-open rule.

The face of a point is the face of the lower left corner of its cell, XOR the labels of the edges crossed on the way
from the point down, then left, to the corner. Only the edges that touch the cell can be crossed. This is done twice:

* **exactly** (`_exact`), in a *block*: a cell with the edges that touch it, their ends as they are;
* **quickly** (`_judged`), in a *record*: a cell 8 times smaller, with its edges clipped to it and rounded to
  2^-15 of its side, in integers. An answer within the reach of the rounding is not given; the block is asked then,
  about once in a thousand records. So every answer is exact, and a point on an edge always comes to a block.

A block whose parts are crowded has blocks among them, down to `DEPTH`.
"""

import math

import numpy as np
from numba import njit

RECORD = np.uint32(0x80000000)
BLOCK = np.uint32(0xC0000000)
INDEX = np.uint32(0x3FFFFFFF)
SPLIT_BITS = 3
SPLIT = 1 << SPLIT_BITS
"""A block has SPLIT x SPLIT parts."""
DEPTH = 4
"""So many blocks are at most inside each other."""
UNIT_BITS = 15
UNITS = 1 << UNIT_BITS
"""The side of a record's cell, in the units of its edges."""

# The first word of a record: the face of the corner, and above it the number of edges.
FACE_BITS = 26
MAX_FACE = (1 << FACE_BITS) - 1
NEVER_SURE = 63
"""Instead of a number of edges: the block is to be asked for every point of the cell."""
# An edge takes three words: x1, y1 in 16 bits each, then x2, y2, then its label, with this bit if it crosses the
# lower side of the cell.
BOTTOM = np.uint32(0x80000000)

ASK_BLOCK = -2
"""Instead of a position."""

_PARTS = SPLIT * SPLIT
_FINEST_BITS = UNIT_BITS + SPLIT_BITS * DEPTH
_POINTS = 512
"""So many points go through the stages together, so that their waits for memory overlap."""

# Smaller magnitudes (degrees) count as zero, in edges as in points: no product below can then underflow.
TINY = 2.0**-200
_SPLITTER = 2.0**27 + 1.0
# (3 + 16 u) u with u = 2^-53: the bound of the rounding error of an orientation (Shewchuk 1997, ccwerrboundA).
_ERROR_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53

# The ellipsoid of WGS 84.
_A_M = 6378137.0
_E2 = 0.00669437999014


@njit(cache=True)
def _two_sum(a, b):
    """Sum and its rounding error (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@njit(cache=True)
def _two_product(a, b):
    """Product and its rounding error (Dekker, Veltkamp)."""
    p = a * b
    c = _SPLITTER * a
    a_high = c - (c - a)
    a_low = a - a_high
    c = _SPLITTER * b
    b_high = c - (c - b)
    b_low = b - b_high
    return p, a_low * b_low - (((p - a_high * b_high) - a_low * b_high) - a_high * b_low)


@njit(cache=True)
def _exact_orientation(x1, y1, x2, y2, px, py):
    """Sign of the determinant as an expansion that grows term by term without error (Shewchuk 1997)."""
    expansion = np.zeros(12)
    n = 0
    for a, b in ((x1, y2), (-x2, y1), (x2, py), (-px, y2), (px, y1), (-x1, py)):
        product, error = _two_product(a, b)
        for term in (error, product):
            q = term
            for i in range(n):
                q, expansion[i] = _two_sum(q, expansion[i])
            expansion[n] = q
            n += 1
    for i in range(n - 1, -1, -1):
        if expansion[i] != 0.0:
            return 1 if expansion[i] > 0.0 else -1
    return 0


@njit(cache=True)
def _orientation(x1, y1, x2, y2, px, py):
    """1, 0, -1: the point lies left of, on, right of the line from 1 to 2. Right to the last bit."""
    left = (x1 - px) * (y2 - py)
    right = (y1 - py) * (x2 - px)
    difference = left - right
    bound = _ERROR_BOUND * (abs(left) + abs(right))
    if difference > bound:
        return 1
    if difference < -bound:
        return -1
    return _exact_orientation(x1, y1, x2, y2, px, py)


@njit(cache=True)
def _left_of(x1, y1, x2, y2, px, py):
    """Whether an edge that passes the height of the point meets it left of the point, or in it."""
    return _orientation(x1, y1, x2, y2, px, py) <= 0


@njit(cache=True)
def _below(x1, y1, x2, y2, px, py):
    """Whether an edge over or under the point is below the place that the point stands for."""
    side = _orientation(x1, y1, x2, y2, px, py)
    if x2 > x1:
        # Through the point itself: right of it a rising edge is above, a level one below.
        return side > 0 or (side == 0 and y1 == y2)
    return side <= 0


@njit(cache=True)
def _crosses(x1, y1, x2, y2, px, py, qx, qy):
    """Whether the way from the point p down, then left, to the corner q crosses the edge an odd number of times."""
    odd = False
    if (x1 <= px) != (x2 <= px) and (y1 <= py or y2 <= py):
        odd = _below(x1, y1, x2, y2, px, py) and not _below(x1, y1, x2, y2, px, qy)
    if y1 <= qy < y2 and _left_of(x1, y1, x2, y2, px, qy) and not _left_of(x1, y1, x2, y2, qx, qy):
        odd = not odd
    return odd


@njit(cache=True)
def _walk(face, px, py, qx, qy, first, last, edge_ids, ends, sides):
    """Face of the point p, from that of the corner q and the edges ``edge_ids[first:last]``."""
    for i in range(first, last):
        e = edge_ids[i]
        if _crosses(ends[e, 0], ends[e, 1], ends[e, 2], ends[e, 3], px, py, qx, qy):
            face ^= sides[e, 0] ^ sides[e, 1]
    return face


@njit(cache=True)
def _on_edge(x1, y1, x2, y2, px, py):
    in_box = y1 <= py <= y2 and min(x1, x2) <= px <= max(x1, x2)
    return in_box and _orientation(x1, y1, x2, y2, px, py) == 0


@njit(cache=True)
def _not_tiny(value):
    return value if abs(value) >= TINY else 0.0


@njit(cache=True)
def _block_of(tx, ty, col0, row0, n_cols, n_rows, table):
    """Innermost block of a point and its depth, -1 where there is none; `tx`, `ty` count the smallest units."""
    depth, block = -1, np.int64(-1)
    col, row = (tx >> _FINEST_BITS) - col0, (ty >> _FINEST_BITS) - row0
    if 0 <= col < n_cols and 0 <= row < n_rows:
        entry = table[row * n_cols + col]
        shift = _FINEST_BITS
        while entry >= BLOCK:
            depth += 1
            block = np.int64(entry & INDEX)
            shift -= SPLIT_BITS
            place = (((ty >> shift) & (SPLIT - 1)) << SPLIT_BITS) + ((tx >> shift) & (SPLIT - 1))
            entry = table[n_cols * n_rows + 1 + block * _PARTS + place]
    return block, depth


@njit(cache=True)
def _exact(px, py, tx, ty, x_scale, y_scale, col0, row0, n_cols, n_rows, table, faces, starts, edge_ids, ends, sides):
    """Face of a point that lies in a block, and whether the point lies on an edge."""
    block, depth = _block_of(tx, ty, col0, row0, n_cols, n_rows, table)
    shift = _FINEST_BITS - SPLIT_BITS * depth
    qx = (tx >> shift) / (x_scale * (1 << (SPLIT_BITS * depth)))
    qy = (ty >> shift) / (y_scale * (1 << (SPLIT_BITS * depth)))
    first, last = starts[block], starts[block + 1]
    face = _walk(faces[block], px, py, qx, qy, first, last, edge_ids, ends, sides)
    on_edge = False
    for i in range(first, last):
        x1, y1, x2, y2 = ends[edge_ids[i]]
        on_edge |= _on_edge(x1, y1, x2, y2, px, py)
    return np.int64(face), on_edge


@njit(cache=True)
def _judged(u, v, at, records):
    """Face of a point at (u, v) in the cell of the record `at`, in units; -1 when rounding may decide."""
    head = np.int64(records[at])
    face, n_edges = head & MAX_FACE, head >> FACE_BITS
    if n_edges == NEVER_SURE:
        return np.int64(-1)
    unsure = (u < 1) | (u > UNITS - 2) | (v < 1) | (v > UNITS - 2)
    for i in range(at + 1, at + 1 + 3 * n_edges, 3):
        low, high, label = np.int64(records[i]), np.int64(records[i + 1]), np.int64(records[i + 2])
        # The edge's coordinates are off by 0.55 at most, the point's by less than 1.
        x1, y1, x2, y2 = low & 0xFFFF, low >> 16, high & 0xFFFF, high >> 16
        right1, right2, up = u - x1, u - x2, v - y1
        width, height = x2 - x1, y2 - y1
        spans = (right1 >= 0) != (right2 >= 0)
        side = width * up - height * right1
        below = (side > 0) == (width > 0)
        crossed = (spans & below) ^ ((label >> 31 != 0) & (right1 >= 0))
        face ^= (label & MAX_FACE) * crossed
        reach = 2 * (abs(width) + height + abs(up) + abs(right1) + 2)
        unsure |= (abs(right1) < 2) | (abs(right2) < 2) | (spans & (abs(side) <= reach))
    return np.int64(-1) if unsure else face


@njit(cache=True, nogil=True)
def locate_points(
    lon, lat, out, on_border, x_scale, y_scale, col0, row0, n_cols, n_rows, table, records,
    faces, starts, edge_ids, ends, sides,
):  # fmt: skip
    """Fill `out` with the position of the grid of each point, -1 outside; give the number that are not on Earth.

    `on_border` takes whether each point lies on an edge; empty, it takes nothing.
    """
    n = len(lon)
    bordering = len(on_border) > 0
    per_x, per_y = x_scale * (1 << _FINEST_BITS), y_scale * (1 << _FINEST_BITS)
    outside = n_cols * n_rows
    txs, tys = np.empty(_POINTS, dtype=np.int64), np.empty(_POINTS, dtype=np.int64)
    places = np.empty(_POINTS, dtype=np.int64)
    entries = np.empty(_POINTS, dtype=np.uint32)
    heads = np.empty(_POINTS, dtype=np.uint32)
    pending = np.empty(_POINTS, dtype=np.int64)
    depths = np.empty(_POINTS, dtype=np.int64)
    n_bad = 0
    for start in range(0, n, _POINTS):
        m = min(_POINTS, n - start)
        for i in range(m):
            x, y = lon[start + i], lat[start + i]
            good = (abs(x) <= 180.0) & (abs(y) <= 90.0)  # not for NaN
            n_bad += not good
            tx = math.floor((x if good & (abs(x) >= TINY) else 0.0) * per_x)
            ty = math.floor((y if good & (abs(y) >= TINY) else 0.0) * per_y)
            col, row = (tx >> _FINEST_BITS) - col0, (ty >> _FINEST_BITS) - row0
            inside = (col >= 0) & (col < n_cols) & (row >= 0) & (row < n_rows)
            txs[i], tys[i] = tx, ty
            places[i] = row * n_cols + col if inside else outside
        for i in range(m):
            entries[i] = table[places[i]]
        shift = _FINEST_BITS - SPLIT_BITS
        for i in range(m):
            part = (((tys[i] >> shift) & (SPLIT - 1)) << SPLIT_BITS) + ((txs[i] >> shift) & (SPLIT - 1))
            entry = entries[i]
            places[i] = outside + 1 + np.int64(entry & INDEX) * _PARTS + part if entry >= BLOCK else places[i]
        for i in range(m):
            entries[i] = table[places[i]]
        n_pending = 0
        for i in range(m):
            entry = entries[i]
            out[start + i] = np.int32(entry) - np.int32(1)
            pending[n_pending] = i
            n_pending += entry >= RECORD
        n_deeper = 0
        for k in range(n_pending):
            depths[k] = 1
            n_deeper += entries[pending[k]] >= BLOCK
        if n_deeper:
            n_kept = 0
            for k in range(n_pending):
                i, depth = pending[k], 1
                entry = entries[i]
                while entry >= BLOCK:
                    depth += 1
                    shift = _FINEST_BITS - SPLIT_BITS * depth
                    part = (((tys[i] >> shift) & (SPLIT - 1)) << SPLIT_BITS) + ((txs[i] >> shift) & (SPLIT - 1))
                    entry = table[outside + 1 + np.int64(entry & INDEX) * _PARTS + part]
                entries[i] = entry
                out[start + i] = np.int32(entry) - np.int32(1)
                pending[n_kept], depths[n_kept] = i, depth
                n_kept += entry >= RECORD
            n_pending = n_kept
        for k in range(n_pending):
            heads[k] = records[entries[pending[k]] & INDEX]
        for k in range(n_pending):
            i = pending[k]
            shift = SPLIT_BITS * (DEPTH - depths[k])
            u, v = (txs[i] >> shift) & (UNITS - 1), (tys[i] >> shift) & (UNITS - 1)
            face = _judged(u, v, np.int64(entries[i] & INDEX), records)
            if face < 0:
                face, on_edge = _exact(
                    _not_tiny(lon[start + i]), _not_tiny(lat[start + i]), txs[i], tys[i],
                    x_scale, y_scale, col0, row0, n_cols, n_rows, table, faces, starts, edge_ids, ends, sides,
                )  # fmt: skip
                if bordering:
                    on_border[start + i] = on_edge
            out[start + i] = face - 1
    return n_bad


@njit(cache=True, nogil=True)
def locate_point(px, py, x_scale, y_scale, col0, row0, n_cols, n_rows, table, records):
    """Position of the grid of one point, -1 outside; `ASK_BLOCK` when rounding may decide, or on an edge."""
    tx = math.floor(_not_tiny(px) * x_scale * (1 << _FINEST_BITS))
    ty = math.floor(_not_tiny(py) * y_scale * (1 << _FINEST_BITS))
    col, row = (tx >> _FINEST_BITS) - col0, (ty >> _FINEST_BITS) - row0
    if not (0 <= col < n_cols and 0 <= row < n_rows):
        return np.int64(-1)
    entry = table[row * n_cols + col]
    shift = _FINEST_BITS
    while entry >= BLOCK:
        shift -= SPLIT_BITS
        part = (((ty >> shift) & (SPLIT - 1)) << SPLIT_BITS) + ((tx >> shift) & (SPLIT - 1))
        entry = table[n_cols * n_rows + 1 + np.int64(entry & INDEX) * _PARTS + part]
    face = np.int64(entry)
    if entry >= RECORD:
        shift -= UNIT_BITS
        face = _judged((tx >> shift) & (UNITS - 1), (ty >> shift) & (UNITS - 1), np.int64(entry & INDEX), records)
    return face - 1 if face >= 0 else np.int64(ASK_BLOCK)


@njit(cache=True, nogil=True)
def ask_block(
    px, py, x_scale, y_scale, col0, row0, n_cols, n_rows, table, records, faces, starts, edge_ids, ends, sides
):
    """Answer for a point that `locate_point` has not decided.

    Returns
    -------
    tuple
        Position of the grid (-1 outside), and the faces on both sides of each edge that the point lies on,
        uint32 (k, 2).
    """
    px, py = _not_tiny(px), _not_tiny(py)
    tx, ty = math.floor(px * x_scale * (1 << _FINEST_BITS)), math.floor(py * y_scale * (1 << _FINEST_BITS))
    face, _ = _exact(
        px, py, tx, ty, x_scale, y_scale, col0, row0, n_cols, n_rows, table, faces, starts, edge_ids, ends, sides
    )
    block, _ = _block_of(tx, ty, col0, row0, n_cols, n_rows, table)
    meeting = np.empty((starts[block + 1] - starts[block], 2), dtype=np.uint32)
    n = 0
    for e in edge_ids[starts[block] : starts[block + 1]]:
        x1, y1, x2, y2 = ends[e]
        if _on_edge(x1, y1, x2, y2, px, py):
            meeting[n] = sides[e]
            n += 1
    return face - 1, meeting[:n]


@njit(cache=True)
def _square_distance(px, py, x1, y1, x2, y2, m_per_lon, m_per_lat):
    """Square of the distance from a point to an edge, in the plane at the point, and the nearest place on it."""
    ax, ay = (x1 - px) * m_per_lon, (y1 - py) * m_per_lat
    wx, wy = (x2 - x1) * m_per_lon, (y2 - y1) * m_per_lat
    along = min(max(-(ax * wx + ay * wy) / (wx * wx + wy * wy), 0.0), 1.0)
    ax, ay = ax + along * wx, ay + along * wy
    return ax * ax + ay * ay, x1 + along * (x2 - x1), y1 + along * (y2 - y1)


@njit(cache=True)
def _metres_per_degree(lat):
    """Length of a degree of longitude and of latitude on the ellipsoid of WGS 84."""
    sine = math.sin(math.radians(lat))
    w = 1.0 - _E2 * sine * sine
    across = _A_M / math.sqrt(w)
    return math.radians(across * math.cos(math.radians(lat))), math.radians(across * (1.0 - _E2) / w)


@njit(cache=True, nogil=True)
def border_distances(
    lon, lat, positions, out, x_scale, y_scale, col0, row0, n_cols, n_rows, table, records,
    faces, starts, edge_ids, ends, sides,
):  # fmt: skip
    """Fill `out` with the distance (m) from each point to the border of its grid, NaN where it is in none (-1).

    The edge nearest to a point inside a grid is an edge of this grid: the way to it crosses no other. Cells of the
    raster are searched ring by ring, until no nearer edge can lie in the next ring.
    """
    for i in range(len(lon)):
        out[i] = math.nan
        if positions[i] < 0:
            continue
        px, py = lon[i], lat[i]
        col, row = math.floor(px * x_scale) - col0, math.floor(py * y_scale) - row0
        m_per_lon, m_per_lat = _metres_per_degree(py)
        best, best_x, best_y = math.inf, px, py
        west, south = px - (col + col0) / x_scale, py - (row + row0) / y_scale
        for ring in range(max(n_cols, n_rows)):
            for r in range(max(row - ring, 0), min(row + ring, n_rows - 1) + 1):
                step = 1 if abs(r - row) == ring else 2 * ring
                for c in range(col - ring, col + ring + 1, step):
                    if not 0 <= c < n_cols:
                        continue
                    entry = table[r * n_cols + c]
                    if entry < BLOCK:
                        continue
                    block = np.int64(entry & INDEX)
                    for k in range(starts[block], starts[block + 1]):
                        e = edge_ids[k]
                        d, x, y = _square_distance(
                            px, py, ends[e, 0], ends[e, 1], ends[e, 2], ends[e, 3], m_per_lon, m_per_lat
                        )
                        if d < best:
                            best, best_x, best_y = d, x, y
            reach = min(
                min(ring / x_scale + west, (ring + 1) / x_scale - west) * m_per_lon,
                min(ring / y_scale + south, (ring + 1) / y_scale - south) * m_per_lat,
            )
            if best <= reach * reach:
                break
        m_per_lon, m_per_lat = _metres_per_degree((py + best_y) / 2.0)
        out[i] = math.hypot((best_x - px) * m_per_lon, (best_y - py) * m_per_lat)

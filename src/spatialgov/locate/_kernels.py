"""The hot loops of the locator, compiled.

The plane is tiled with cells whose sides are powers of two and whose corners are multiples of them, so that the cell
of a point, and the corners, come without rounding. Edges run upward (``y1 < y2``, or level and ``x1 < x2``); a label
is the XOR of the faces on both sides (0 = outside, k = grid k - 1). A point stands for the place a little to its
right, and much less above it (``x + d, y + e`` with ``e`` far below ``d``), which lies on no edge: the half-open rule.

The face of a point is the face of the lower left corner of its cell, XOR the labels of the edges crossed on the way
from the point down, then left, to the corner. Only the edges that touch the cell can be crossed.
"""

import math

import numpy as np
from numba import njit

RECORD = np.uint32(0x80000000)
BLOCK = np.uint32(0xC0000000)
INDEX = np.uint32(0x3FFFFFFF)
SPLIT = 8
"""A crowded cell is split into a block of SPLIT x SPLIT cells."""

# Smaller magnitudes (degrees) count as zero, in edges as in points: no product below can then underflow.
TINY = 2.0**-200
_SPLITTER = 2.0**27 + 1.0
# (3 + 16 u) u with u = 2^-53: the bound of the rounding error of an orientation (Shewchuk 1997, ccwerrboundA).
_ERROR_BOUND = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
# Slack (degrees) for the coordinates computed in finding the cells that an edge touches: many times their error.
_SLACK_DEG = 1e-12


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
def _walk(face, px, py, qx, qy, first, last, edge_ids, ends, labels):
    """Face of the point p, from that of the corner q and the edges ``edge_ids[first:last]``."""
    for i in range(first, last):
        e = edge_ids[i]
        if _crosses(ends[e, 0], ends[e, 1], ends[e, 2], ends[e, 3], px, py, qx, qy):
            face ^= labels[e]
    return face


@njit(cache=True)
def _cell(px, py, x_scale, y_scale, col0, row0, n_cols, n_rows, table):
    """Entry of the finest cell of a point, and the cell's lower left corner."""
    col = math.floor(px * x_scale)
    row = math.floor(py * y_scale)
    if not (col0 <= col < col0 + n_cols and row0 <= row < row0 + n_rows):
        return np.uint32(0), 0.0, 0.0
    entry = table[(row - row0) * n_cols + (col - col0)]
    while entry >= BLOCK:
        x_scale *= SPLIT
        y_scale *= SPLIT
        col = math.floor(px * x_scale)
        row = math.floor(py * y_scale)
        place = (row % SPLIT) * SPLIT + col % SPLIT
        entry = table[n_cols * n_rows + np.int64(entry & INDEX) * (SPLIT * SPLIT) + place]
    return entry, col / x_scale, row / y_scale


@njit(cache=True)
def _not_tiny(value):
    return value if abs(value) >= TINY else 0.0


@njit(cache=True, nogil=True)
def locate_points(
    lon, lat, out, x_scale, y_scale, col0, row0, n_cols, n_rows, table, faces, starts, edge_ids, ends, labels
):
    """Fill `out` with the position of the grid of each point, -1 outside."""
    for i in range(len(lon)):
        px, py = _not_tiny(lon[i]), _not_tiny(lat[i])
        face, qx, qy = _cell(px, py, x_scale, y_scale, col0, row0, n_cols, n_rows, table)
        if face >= RECORD:
            r = face & INDEX
            face = _walk(faces[r], px, py, qx, qy, starts[r], starts[r + 1], edge_ids, ends, labels)
        out[i] = np.int32(face) - np.int32(1)


@njit(cache=True, nogil=True)
def locate_point(px, py, x_scale, y_scale, col0, row0, n_cols, n_rows, table, faces, starts, edge_ids, ends, labels):
    """Position of the grid of one point (-1 outside), and whether the point lies on an edge."""
    px, py = _not_tiny(px), _not_tiny(py)
    face, qx, qy = _cell(px, py, x_scale, y_scale, col0, row0, n_cols, n_rows, table)
    on_edge = False
    if face >= RECORD:
        r = face & INDEX
        face = _walk(faces[r], px, py, qx, qy, starts[r], starts[r + 1], edge_ids, ends, labels)
        for i in range(starts[r], starts[r + 1]):
            x1, y1, x2, y2 = ends[edge_ids[i]]
            if y1 <= py <= y2 and min(x1, x2) <= px <= max(x1, x2) and _orientation(x1, y1, x2, y2, px, py) == 0:
                on_edge = True
    return np.int64(face) - 1, on_edge


@njit(cache=True)
def _span(x1, y1, x2, y2, low, high):
    """West and east end of the part of an edge between two heights, never too short."""
    west, east = min(x1, x2), max(x1, x2)
    if y1 < y2 and (y1 < low or y2 > high):
        slope = (x2 - x1) / (y2 - y1)
        xa = x1 + (max(y1, low) - y1) * slope
        xb = x1 + (min(y2, high) - y1) * slope
        slack = _SLACK_DEG * abs(slope)
        west, east = max(west, min(xa, xb) - slack), min(east, max(xa, xb) + slack)
    return west - _SLACK_DEG, east + _SLACK_DEG


@njit(cache=True)
def rasterize(ends, labels, x_scale, y_scale, col0, row0, n_cols, n_rows, counts, toggles, cursors, edge_ids):
    """Find the cells that each edge touches.

    With an empty `edge_ids`: count the edges of each cell, and XOR each label into the first corner of each row that
    lies right of the edge (`toggles`; their running XOR along a row is the face of each corner). Else: fill in the
    edges of each cell at its cursor.
    """
    filling = len(edge_ids) > 0
    for e in range(len(labels)):
        x1, y1, x2, y2 = ends[e]
        first_row = max(math.floor((y1 - _SLACK_DEG) * y_scale) - row0, 0)
        last_row = min(math.floor((y2 + _SLACK_DEG) * y_scale) - row0, n_rows - 1)
        for row in range(first_row, last_row + 1):
            low = (row + row0) / y_scale
            west, east = _span(x1, y1, x2, y2, low - _SLACK_DEG, low + 1.0 / y_scale + _SLACK_DEG)
            first_col = max(math.floor(west * x_scale) - col0, 0)
            last_col = min(math.floor(east * x_scale) - col0, n_cols - 1)
            for col in range(first_col, last_col + 1):
                k = row * n_cols + col
                if filling:
                    edge_ids[cursors[k]] = e
                    cursors[k] += 1
                else:
                    counts[k] += 1
            if not filling and y1 <= low < y2:
                # The first corner may be none of the cells touched: search exactly from the float guess.
                col = max(first_col, 0)
                while col > 0 and _left_of(x1, y1, x2, y2, (col - 1 + col0) / x_scale, low):
                    col -= 1
                while col < n_cols and not _left_of(x1, y1, x2, y2, (col + col0) / x_scale, low):
                    col += 1
                if col < n_cols:
                    toggles[row * n_cols + col] ^= labels[e]


@njit(cache=True)
def split_cells(
    cols, rows, faces, starts, edge_ids, ends, labels, x_scale, y_scale, part_counts, part_faces, part_starts, part_ids
):
    """Split cells (columns and rows counted from 0°, edges ``edge_ids[starts[k]:starts[k + 1]]``) into blocks.

    With an empty `part_ids`: the face of the corner of each part and the number of its edges. Else: its edges, filled
    in from ``part_starts``.
    """
    filling = len(part_ids) > 0
    width, height = 1.0 / (x_scale * SPLIT), 1.0 / (y_scale * SPLIT)
    for k in range(len(cols)):
        qx, qy = cols[k] / x_scale, rows[k] / y_scale
        for part in range(SPLIT * SPLIT):
            px = (cols[k] * SPLIT + part % SPLIT) * width
            py = (rows[k] * SPLIT + part // SPLIT) * height
            at = k * SPLIT * SPLIT + part
            if not filling:
                part_faces[at] = _walk(faces[k], px, py, qx, qy, starts[k], starts[k + 1], edge_ids, ends, labels)
            n = 0
            for i in range(starts[k], starts[k + 1]):
                x1, y1, x2, y2 = ends[edge_ids[i]]
                low, high = py - _SLACK_DEG, py + height + _SLACK_DEG
                if y1 > high or y2 < low:
                    continue
                west, east = _span(x1, y1, x2, y2, low, high)
                if west <= px + width and east >= px:
                    if filling:
                        part_ids[part_starts[at] + n] = edge_ids[i]
                    n += 1
            part_counts[at] = n

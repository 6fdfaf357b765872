"""The loops that make a locator, compiled: edges out of rings, the raster, and the records of its cells."""

import math

import numpy as np
from numba import njit

from spatialgov.locate._kernels import (
    BLOCK,
    BOTTOM,
    FACE_BITS,
    NEVER_SURE,
    RECORD,
    SPLIT,
    SPLIT_BITS,
    UNITS,
    _crosses,
    _left_of,
    _not_tiny,
    _orientation,
)  # fmt: skip

# Slack (degrees) for the coordinates computed in finding the cells that an edge touches: many times their error.
_SLACK_DEG = 1e-12
_LINE_WORDS = 16
"""A cache line holds so many words of records; a record that fits into one does not lie across two."""
# Within these limits an edge clipped to a cell is right to far less than the 0.05 units that `_judged` allows.
_MAX_UNITS = 2.0**45
_MAX_SLOPE = 2.0**30


@njit(cache=True)
def ring_edges(xy, ring, outer, half_edges, ring_of_edge):
    """Take closed rings apart: edges x1, y1, x2, y2 with the inside on their left; give their number.

    `xy` are the vertices of one ring after the other, `ring` the number of each vertex's ring, from 0; `outer` says of
    each ring whether it is one or a hole. The edges go into `half_edges`, the ring of each into `ring_of_edge`.
    """
    m = 0
    i = 0
    while i < len(ring):
        first = m
        lowest = m  # the edge that leaves the lowest vertex, the westernmost of them
        xa, ya = _not_tiny(xy[i, 0]), _not_tiny(xy[i, 1])
        i += 1
        while i < len(ring) and ring[i] == ring[i - 1]:
            xb, yb = _not_tiny(xy[i, 0]), _not_tiny(xy[i, 1])
            if xb != xa or yb != ya:
                half_edges[m, 0], half_edges[m, 1], half_edges[m, 2], half_edges[m, 3] = xa, ya, xb, yb
                ring_of_edge[m] = ring[i]
                if ya < half_edges[lowest, 1] or (ya == half_edges[lowest, 1] and xa < half_edges[lowest, 0]):
                    lowest = m
                m += 1
                xa, ya = xb, yb
            i += 1
        if m > first:
            before = lowest - 1 if lowest > first else m - 1
            turn = _orientation(
                half_edges[before, 0], half_edges[before, 1], half_edges[lowest, 0], half_edges[lowest, 1],
                half_edges[lowest, 2], half_edges[lowest, 3],
            )  # fmt: skip
            if (turn > 0) != outer[ring[i - 1]]:
                for e in range(first, m):
                    half_edges[e, 0], half_edges[e, 2] = half_edges[e, 2], half_edges[e, 0]
                    half_edges[e, 1], half_edges[e, 3] = half_edges[e, 3], half_edges[e, 1]
    return m


@njit(cache=True)
def _slot(x1, y1, x2, y2, bits, n_slots):
    """Where the search for an edge begins; `bits` and its view as integers are scratch space."""
    h = np.uint64(0)
    bits[0], bits[1], bits[2], bits[3] = x1 + 0.0, y1 + 0.0, x2 + 0.0, y2 + 0.0  # -0.0 becomes 0.0
    words = bits.view(np.uint64)
    for k in range(4):
        h = (h ^ words[k]) * np.uint64(0x9E3779B97F4A7C15)
        h ^= h >> np.uint64(29)
    return np.int64(h % np.uint64(n_slots))


@njit(cache=True)
def unite(half_edges, faces, slots, ends, sides, n_edges, twice):
    """Add edges to those united so far: upward, equal ones once; give the number of edges and of `twice`.

    Parameters
    ----------
    half_edges, faces
        What is added, in any direction, and the faces on its left and right, 0 where there is none.
    slots
        Hash table of the edges so far, -1 where empty, with a place that stays so.
    ends, sides, n_edges
        The edges so far, and room for more.
    twice
        uint32 (≥ 2 x edges added, 3): takes edge, face there and face met, where two faces are on one side.
    """
    bits = np.empty(4)
    n_slots = len(slots)
    n_twice = 0
    for i in range(len(half_edges)):
        x1, y1, x2, y2 = half_edges[i]
        a, b = faces[i, 0], faces[i, 1]
        if y1 > y2 or (y1 == y2 and x1 > x2):
            x1, y1, x2, y2 = x2, y2, x1, y1
            a, b = b, a
        at = _slot(x1, y1, x2, y2, bits, n_slots)
        while True:
            e = slots[at]
            if e < 0:
                slots[at] = n_edges
                ends[n_edges, 0], ends[n_edges, 1], ends[n_edges, 2], ends[n_edges, 3] = x1, y1, x2, y2
                sides[n_edges, 0], sides[n_edges, 1] = a, b
                n_edges += 1
                break
            if ends[e, 0] == x1 and ends[e, 1] == y1 and ends[e, 2] == x2 and ends[e, 3] == y2:
                for side, face in ((0, a), (1, b)):
                    if face != 0:
                        if sides[e, side] == 0:
                            sides[e, side] = face
                        elif sides[e, side] != face:
                            twice[n_twice, 0], twice[n_twice, 1], twice[n_twice, 2] = e, sides[e, side], face
                            n_twice += 1
                break
            at = at + 1 if at + 1 < n_slots else 0
    return n_edges, n_twice


@njit(cache=True)
def drop_slits(ends, sides):
    """Move the edges with different faces on both sides to the front; give their number."""
    m = 0
    for e in range(len(ends)):
        if sides[e, 0] != sides[e, 1]:
            ends[m], sides[m] = ends[e], sides[e]
            m += 1
    return m


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
def rasterize(ends, sides, x_scale, y_scale, col0, row0, n_cols, n_rows, counts, toggles, cursors, edge_ids):
    """Find the cells that each edge touches.

    With an empty `edge_ids`: count the edges of each cell, and XOR each edge's label into the first corner of each row
    that lies right of the edge (`toggles`; their running XOR along a row is the face of each corner). Else: fill in
    the edges of each cell at its cursor.
    """
    filling = len(edge_ids) > 0
    for e in range(len(ends)):
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
                    toggles[row * n_cols + col] ^= sides[e, 0] ^ sides[e, 1]


@njit(cache=True)
def _touched(x1, y1, x2, y2, west, south, width, height, row):
    """First and last part, in a row of parts of a block, that an edge touches; none: the last before the first."""
    low = south + row * height
    if y1 > low + height + _SLACK_DEG or y2 < low - _SLACK_DEG:
        return 0, -1
    w, e = _span(x1, y1, x2, y2, low - _SLACK_DEG, low + height + _SLACK_DEG)
    return max(math.ceil((w - west) / width) - 1, 0), min(math.floor((e - west) / width), SPLIT - 1)


@njit(cache=True)
def _clipped(x1, y1, x2, y2):
    """Part of an edge inside the cell, all in units: whether it can be trusted, whether there is any, its ends."""
    size = float(UNITS)
    dx, dy = x2 - x1, y2 - y1
    sure = max(abs(x1), abs(y1), abs(x2), abs(y2)) < _MAX_UNITS
    first, last = 0.0, 1.0
    for p, d, other in ((x1, dx, dy), (y1, dy, dx)):
        if p < 0.0 or p > size or p + d < 0.0 or p + d > size:
            sure &= abs(other) < _MAX_SLOPE * abs(d)
            if d == 0.0:
                last = -1.0
            else:
                a, b = -p / d, (size - p) / d
                first, last = max(first, min(a, b)), min(last, max(a, b))
    if first > last:
        return sure, False, 0.0, 0.0, 0.0, 0.0
    xa, ya, xb, yb = x1, y1, x2, y2
    if first > 0.0:
        xa, ya = x1 + first * dx, y1 + first * dy
    if last < 1.0:
        xb, yb = x1 + last * dx, y1 + last * dy
    return sure, True, xa, ya, xb, yb


@njit(cache=True)
def _unit(value):
    return np.uint32(min(max(np.rint(value), 0.0), float(UNITS)))


@njit(cache=True)
def _write_record(records, at, face, qx, qy, x_scale, y_scale, ids, ends, sides):
    """Write the record of a cell at `at` or a little behind; give its place, and the first after it.

    The cell has the corner q and `x_scale` x `y_scale` of its size make a square degree.
    """
    n_words = 1 + 3 * len(ids)
    if n_words <= _LINE_WORDS and at % _LINE_WORDS + n_words > _LINE_WORDS:
        records[at : at + _LINE_WORDS - at % _LINE_WORDS] = 0
        at += _LINE_WORDS - at % _LINE_WORDS
    east, north = qx + 1.0 / x_scale, qy + 1.0 / y_scale
    n = 0
    sure = True
    for e in ids:
        x1, y1, x2, y2 = ends[e]
        # Beside or outside of the half-open cell, as exact as these comparisons are.
        if y2 <= qy or y1 >= north or max(x1, x2) <= qx or min(x1, x2) >= east:
            continue
        bottom = y1 <= qy < y2 and not _left_of(x1, y1, x2, y2, qx, qy) and _left_of(x1, y1, x2, y2, east, qy)
        trusted, inside, xa, ya, xb, yb = _clipped(
            (x1 - qx) * x_scale * UNITS, (y1 - qy) * y_scale * UNITS,
            (x2 - qx) * x_scale * UNITS, (y2 - qy) * y_scale * UNITS,
        )  # fmt: skip
        sure &= trusted
        if not inside:
            if not bottom:
                continue
            # Only a corner is touched, or so it seems: `_unit` moves the crossing there.
            xa = xb = (x1 + (qy - y1) / (y2 - y1) * (x2 - x1) - qx) * x_scale * UNITS
            ya = yb = 0.0
        records[at + 1 + 3 * n] = _unit(xa) | (_unit(ya) << np.uint32(16))
        records[at + 2 + 3 * n] = _unit(xb) | (_unit(yb) << np.uint32(16))
        records[at + 3 + 3 * n] = sides[e, 0] ^ sides[e, 1] | (BOTTOM if bottom else np.uint32(0))
        n += 1
    if not sure or n >= NEVER_SURE:
        n = 0
        records[at] = face | np.uint32(NEVER_SURE << FACE_BITS)
    else:
        records[at] = face | np.uint32(n << FACE_BITS)
    return at, at + 1 + 3 * n


@njit(cache=True)
def split_blocks(
    cols, rows, faces, starts, edge_ids, ends, sides, x_scale, y_scale, crowded, table, records, n_words, first_block,
    next_cols, next_rows, next_faces, next_starts, next_ids,
):  # fmt: skip
    """Fill in the parts of blocks (columns and rows counted from 0°, scales those of the blocks' own cells).

    With an empty `next_starts`: only count. Else: write the entries of the parts into `table` and their records into
    `records`, from the word `n_words` on; parts with more than `crowded` edges are blocks themselves,
    numbered from `first_block`, and go into the arrays ``next_…``.

    Returns
    -------
    tuple
        Number of words of `records` (counting: the most that it can be), of blocks among the parts, of their edges.
    """
    filling = len(next_starts) > 0
    n_next = n_ids = 0
    width, height = 1.0 / (x_scale * SPLIT), 1.0 / (y_scale * SPLIT)
    n_parts = SPLIT * SPLIT
    firsts = np.empty(n_parts + 1, dtype=np.int64)
    cursors = np.empty(n_parts, dtype=np.int64)
    corner = np.empty((SPLIT, SPLIT), dtype=np.uint32)
    for b in range(len(cols)):
        qx, qy = cols[b] / x_scale, rows[b] / y_scale
        own = edge_ids[starts[b] : starts[b + 1]]
        firsts[:] = 0
        for e in own:
            x1, y1, x2, y2 = ends[e]
            for row in range(SPLIT):
                first, last = _touched(x1, y1, x2, y2, qx, qy, width, height, row)
                for col in range(first, last + 1):
                    firsts[(row << SPLIT_BITS) + col + 1] += 1
        if not filling:
            for part in range(n_parts):
                count = firsts[part + 1]
                if count > crowded:
                    n_next += 1
                    n_ids += count
                elif count > 0:
                    n_words += 2 * (1 + 3 * count)  # a record leaves fewer words free before it than it takes
            continue
        for part in range(n_parts):
            firsts[part + 1] += firsts[part]
        cursors[:] = firsts[:n_parts]
        ids = np.empty(firsts[n_parts], dtype=np.int32)
        corner[:] = 0
        corner[:, 0] = faces[b]
        for e in own:
            x1, y1, x2, y2 = ends[e]
            label = sides[e, 0] ^ sides[e, 1]
            for row in range(SPLIT):
                first, last = _touched(x1, y1, x2, y2, qx, qy, width, height, row)
                for col in range(first, last + 1):
                    part = (row << SPLIT_BITS) + col
                    ids[cursors[part]] = e
                    cursors[part] += 1
                low = qy + row * height
                if row > 0 and _crosses(x1, y1, x2, y2, qx, low, qx, qy):
                    corner[row, 0] ^= label
                if y1 <= low < y2 and not _left_of(x1, y1, x2, y2, qx, low):
                    for col in range(1, SPLIT):
                        if _left_of(x1, y1, x2, y2, qx + col * width, low):
                            corner[row, col] ^= label
                            break
        for row in range(SPLIT):
            for col in range(1, SPLIT):
                corner[row, col] ^= corner[row, col - 1]
        for part in range(n_parts):
            row, col = part >> SPLIT_BITS, part & (SPLIT - 1)
            face = corner[row, col]
            touching = ids[firsts[part] : firsts[part + 1]]
            entry = face
            if len(touching) > crowded:
                entry = BLOCK | np.uint32(first_block + n_next)
                next_cols[n_next], next_rows[n_next] = cols[b] * SPLIT + col, rows[b] * SPLIT + row
                next_faces[n_next] = face
                next_ids[n_ids : n_ids + len(touching)] = touching
                n_next += 1
                n_ids += len(touching)
                next_starts[n_next] = n_ids
            elif len(touching) > 0:
                at, n_words = _write_record(
                    records, n_words, face, qx + col * width, qy + row * height, x_scale * SPLIT, y_scale * SPLIT,
                    touching, ends, sides,
                )  # fmt: skip
                entry = RECORD | np.uint32(at)
            table[b * n_parts + part] = entry
    return n_words, n_next, n_ids

"""The hot loop of vector tiles, compiled: shapes are clipped, snapped and encoded in one pass.

What it writes are the protocol buffers of the Mapbox Vector Tile specification 2.1: numbers in seven bits a byte, a
geometry as commands (move, lines, close) with differences.
"""

import math

import numpy as np
from numba import njit

_MOVE, _LINES, _CLOSE = 9, 2, 15
_FEATURE = _TAGS = 0x12
_TYPE, _POLYGON, _GEOMETRY = 0x18, 3, 0x22
_GROWTH = 6
"""A side of the box makes a ring half as long again at most: four sides five times as long."""
_POINT_BYTES = 4 * _GROWTH
"""Inside the box two numbers lie less than 2^13 apart: two bytes each."""


@njit(cache=True)
def _put(out, at, number):
    """Write a number; give where the next one begins."""
    while number > 127:
        out[at] = number & 127 | 128
        number >>= 7
        at += 1
    out[at] = number
    return at + 1


@njit(cache=True)
def _size(number):
    """Give how many bytes a number takes."""
    size = 1
    while number > 127:
        number >>= 7
        size += 1
    return size


@njit(cache=True)
def _put_move(out, at, move):
    return _put(out, at, (move << 1) ^ (move >> 63))


@njit(cache=True)
def _clip(points, other, n, low, high):
    """Cut a ring off at the sides of a box (Sutherland and Hodgman), in place; give how many points it has then."""
    for axis in range(2):
        for limit, sign in ((low, 1.0), (high, -1.0)):
            m = 0
            last_x, last_y = points[n - 1, 0], points[n - 1, 1]
            last_room = sign * (points[n - 1, axis] - limit)
            for i in range(n):
                x, y = points[i, 0], points[i, 1]
                room = sign * (points[i, axis] - limit)
                if (room >= 0.0) != (last_room >= 0.0):
                    share = last_room / (last_room - room)
                    other[m, 0] = last_x + share * (x - last_x)
                    other[m, 1] = last_y + share * (y - last_y)
                    other[m, axis] = limit
                    m += 1
                if room >= 0.0:
                    other[m, 0], other[m, 1] = x, y
                    m += 1
                last_x, last_y, last_room = x, y, room
            points, other, n = other, points, m
            if n == 0:
                return 0
    return n  # after four sides they are where they were


@njit(cache=True)
def _snap(points, n, steps):
    """Put points on whole steps, without those that repeat the one before; give how many are left."""
    k = 0
    for i in range(n):
        x, y = math.floor(points[i, 0] + 0.5), math.floor(points[i, 1] + 0.5)
        if k == 0 or x != steps[k - 1, 0] or y != steps[k - 1, 1]:
            steps[k, 0], steps[k, 1] = x, y
            k += 1
    while k > 1 and steps[k - 1, 0] == steps[0, 0] and steps[k - 1, 1] == steps[0, 1]:
        k -= 1
    return k


@njit(cache=True)
def _doubled_area(steps, k):
    """Give twice the area of a ring, by the surveyor's formula."""
    area = 0
    x, y = steps[k - 1, 0], steps[k - 1, 1]
    for i in range(k):
        area += x * steps[i, 1] - steps[i, 0] * y
        x, y = steps[i, 0], steps[i, 1]
    return area


@njit(cache=True)
def _put_ring(out, at, steps, k, backward, x, y):
    """Write a ring; give where the next command begins, and the last point."""
    for i in range(k):
        place = k - 1 - i if backward else i
        if i == 0:
            at = _put(out, at, _MOVE)
        elif i == 1:
            at = _put(out, at, ((k - 1) << 3) | _LINES)
        at = _put_move(out, at, steps[place, 0] - x)
        at = _put_move(out, at, steps[place, 1] - y)
        x, y = steps[place, 0], steps[place, 1]
    return _put(out, at, _CLOSE), x, y


@njit(cache=True)
def _put_shape(out, at, row, cut, xy, rings, polygons, shapes, west, north, scale, low, high, points, other, steps):
    """Write the commands of a shape; give where they end."""
    x = y = 0
    for polygon in range(shapes[row], shapes[row + 1]):
        began, began_x, began_y = at, x, y
        outer = polygons[polygon]
        left = 0
        for ring in range(outer, polygons[polygon + 1]):
            first = rings[ring]
            n = rings[ring + 1] - first - 1  # the last point repeats the first
            for i in range(n):
                points[i, 0] = (xy[first + i, 0] - west) * scale
                points[i, 1] = (xy[first + i, 1] - north) * scale
            if cut:
                n = _clip(points, other, n, low, high)
            k = _snap(points, n, steps)
            area = _doubled_area(steps, k) if k > 2 else 0
            if area == 0:
                if ring == outer:
                    break  # its holes go with it
                continue
            left += abs(area) if ring == outer else -abs(area)
            # seen with y downward outlines run clockwise, holes the other way
            at, x, y = _put_ring(out, at, steps, k, (area > 0) != (ring == outer), x, y)
        if left <= 0:
            at, x, y = began, began_x, began_y
    return at


@njit(cache=True, nogil=True)
def encode_features(
    rows, bounds, xy, rings, polygons, shapes, west, north, scale, low, high, value_of, values, value_starts
):
    """Encode features and then the values that their tags point to.

    Parameters
    ----------
    rows
        Which shapes, (n,) int64.
    bounds
        Of every shape, (shapes, 4) float64: smallest x and y, largest x and y.
    xy
        Points of all rings, (points, 2) float64; the last of a ring repeats its first.
    rings, polygons, shapes
        Where each ring begins among the points, each polygon among the rings (its outline first), each shape among
        the polygons, and where the last ends; int64.
    west, north, scale
        The tile's corner in the unit of `xy`, and steps a unit.
    low, high
        What lies outside of these, in steps from the corner, is cut off.
    value_of
        Which value each shape has in each column, (shapes, columns) int32, -1 for none.
    values, value_starts
        All values as they stand in a layer, one after the other, uint8, and where each begins.

    Returns
    -------
    The bytes, uint8.
    """
    columns = value_of.shape[1]
    gap = 32 + 10 * columns
    longest, room = 0, 0
    for row in rows:
        first, last = polygons[shapes[row]], polygons[shapes[row + 1]]
        for ring in range(first, last):
            longest = max(longest, rings[ring + 1] - rings[ring])
        room += 2 * gap + _POINT_BYTES * (rings[last] - rings[first]) + 16 * (last - first)
        for value in value_of[row]:
            room += value_starts[value + 1] - value_starts[value] if value >= 0 else 0
    out = np.empty(room, dtype=np.uint8)
    points = np.empty((_GROWTH * longest, 2), dtype=np.float64)
    other = np.empty((_GROWTH * longest, 2), dtype=np.float64)
    steps = np.empty((_GROWTH * longest, 2), dtype=np.int64)
    number_of = np.full(len(value_starts) - 1, -1, dtype=np.int32)
    used = np.empty(len(rows) * columns, dtype=np.int32)
    n_used = at = 0
    for row in rows:
        width, height = bounds[row, 2] - bounds[row, 0], bounds[row, 3] - bounds[row, 1]
        if max(width, height) * scale < 1.0:
            continue
        cut = (
            (bounds[row, 0] - west) * scale < low
            or (bounds[row, 1] - north) * scale < low
            or (bounds[row, 2] - west) * scale > high
            or (bounds[row, 3] - north) * scale > high
        )
        # the shape first, behind the room for what stands before it and needs its size
        begin = at + gap
        end = _put_shape(
            out, begin, row, cut, xy, rings, polygons, shapes, west, north, scale, low, high, points, other, steps
        )
        if end == begin:
            continue
        tags = 0
        for column in range(columns):
            value = value_of[row, column]
            if value >= 0:
                if number_of[value] < 0:
                    number_of[value] = n_used
                    used[n_used] = value
                    n_used += 1
                tags += _size(column) + _size(number_of[value])
        out[at] = _FEATURE
        at = _put(out, at + 1, 4 + _size(tags) + tags + _size(end - begin) + end - begin)
        out[at] = _TAGS
        at = _put(out, at + 1, tags)
        for column in range(columns):
            value = value_of[row, column]
            if value >= 0:
                at = _put(out, _put(out, at, column), number_of[value])
        out[at], out[at + 1], out[at + 2] = _TYPE, _POLYGON, _GEOMETRY
        at = _put(out, at + 3, end - begin)
        for i in range(begin, end):
            out[at] = out[i]
            at += 1
    for value in used[:n_used]:
        for i in range(value_starts[value], value_starts[value + 1]):
            out[at] = values[i]
            at += 1
    return out[:at]

"""Compiled loops of `spatialgov.incidents`: weighing points onto a raster, H3 lattices, trends, near repeats."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "close_pairs",
    "exact_trend_chances",
    "gather",
    "lattice_keys",
    "pair_counts",
    "s_statistics",
    "spread",
    "tally",
]

_NONE = 1 << 60  # beyond every coordinate


@njit(cache=True, fastmath={"contract"})
def spread(x: Any, y: Any, weight: Any, x0: float, y0: float, step: float, out: Any) -> None:
    """Weigh points onto nodes with the quadratic B-spline, nine nodes a point.

    Parameters
    ----------
    x, y
        (n,) float64.
    weight
        (n,) float64; with length 0 every point weighs 1.
    x0, y0, step
        Place of node [0, 0] and distance of nodes. Points whose nodes don't all exist are left out.
    out
        (rows, columns) float64, added to.
    """
    rows, columns = out.shape
    flat = out.reshape(rows * columns)
    row, one = np.uint64(columns), np.uint64(1)  # unsigned: numba then asks no index whether it counts from the end
    weighted = len(weight) > 0
    scale = 1.0 / step
    for k in range(len(x)):
        u = (x[k] - x0) * scale + 0.5
        v = (y[k] - y0) * scale + 0.5
        if not (u >= 1.0 and v >= 1.0 and u < columns - 1 and v < rows - 1):
            continue
        i = int(u)
        j = int(v)
        a = u - i
        b = v - j
        w = weight[k] if weighted else 1.0
        a0 = 0.5 * (1.0 - a) * (1.0 - a)
        a2 = 0.5 * a * a
        a1 = 1.0 - a0 - a2
        b0 = 0.5 * (1.0 - b) * (1.0 - b) * w
        b2 = 0.5 * b * b * w
        b1 = w - b0 - b2
        middle = np.uint64(j) * row + np.uint64(i)
        below = middle - row
        above = middle + row
        flat[below - one] += a0 * b0
        flat[below] += a1 * b0
        flat[below + one] += a2 * b0
        flat[middle - one] += a0 * b1
        flat[middle] += a1 * b1
        flat[middle + one] += a2 * b1
        flat[above - one] += a0 * b2
        flat[above] += a1 * b2
        flat[above + one] += a2 * b2


@njit(cache=True)
def gather(x: Any, y: Any, x0: float, y0: float, step: float, grid: Any, own: Any) -> npt.NDArray[np.float64]:
    """Read a raster at points with the quadratic B-spline, leaving out what each point itself gave.

    Parameters
    ----------
    x, y
        (n,) float64; the nodes around every point exist.
    x0, y0, step
        As for `spread`.
    grid
        (rows, columns) float64.
    own
        (2, 3) float64: what a unit weight at a node gives to nodes 0, 1 and 2 steps away in x; in y.

    Returns
    -------
    float64 (2, n)
        What is read; and what of it a point of weight 1 at this place gives to itself.
    """
    scale = 1.0 / step
    out = np.empty((2, len(x)))
    for k in range(len(x)):
        u = (x[k] - x0) * scale + 0.5
        v = (y[k] - y0) * scale + 0.5
        i = int(u)
        j = int(v)
        a = u - i
        b = v - j
        a0 = 0.5 * (1.0 - a) * (1.0 - a)
        a2 = 0.5 * a * a
        a1 = 1.0 - a0 - a2
        b0 = 0.5 * (1.0 - b) * (1.0 - b)
        b2 = 0.5 * b * b
        b1 = 1.0 - b0 - b2
        out[0, k] = (
            b0 * (a0 * grid[j - 1, i - 1] + a1 * grid[j - 1, i] + a2 * grid[j - 1, i + 1])
            + b1 * (a0 * grid[j, i - 1] + a1 * grid[j, i] + a2 * grid[j, i + 1])
            + b2 * (a0 * grid[j + 1, i - 1] + a1 * grid[j + 1, i] + a2 * grid[j + 1, i + 1])
        )
        in_x = own[0, 0] * (a0 * a0 + a1 * a1 + a2 * a2) + 2 * own[0, 1] * a1 * (a0 + a2) + 2 * own[0, 2] * a0 * a2
        in_y = own[1, 0] * (b0 * b0 + b1 * b1 + b2 * b2) + 2 * own[1, 1] * b1 * (b0 + b2) + 2 * own[1, 2] * b0 * b2
        out[1, k] = in_x * in_y
    return out


@njit(cache=True)
def lattice_keys(
    lon: Any, lat: Any, frames: Any, sides: Any, edge: float, face_edge: float, keys: Any
) -> npt.NDArray[np.int64]:
    """Number for each location the face of the icosahedron and the cell of its hexagonal lattice.

    Parameters
    ----------
    lon, lat
        (n,) float64, degrees.
    frames
        (20, 3, 3) float64: middle of the face (unit vector), first and second axis of its lattice, in the length that
        makes neighbouring cells 1 apart in the gnomonic plane.
    sides
        (20, 3, 3) float64: middle of the face minus that of each face across a side.
    edge
        Locations nearer to the edge of a cell than this (in cells) are left to h3.
    face_edge
        The same for the sides of a face, radians.
    keys
        (n,) int64, filled: ``face << 50 | (q + 2²⁴) << 25 | (r + 2²⁴)``; -1 for what is left to h3.

    Returns
    -------
    int64 (20, 4)
        Least and largest q, least and largest r on each face; least above largest where it has none.
    """
    block = 256
    vector = np.empty((3, block))
    box = np.empty((20, 4), np.int64)
    box[:, 0::2] = 1 << 60
    box[:, 1::2] = -(1 << 60)
    face = 0
    for first in range(0, len(lon), block):
        size = min(block, len(lon) - first)
        for k in range(size):  # free of branches, so that it becomes SIMD; so is the next loop
            sin_lat, cos_lat = _sine_cosine(lat[first + k])
            sin_lon, cos_lon = _sine_cosine(lon[first + k])
            vector[0, k] = cos_lat * cos_lon
            vector[1, k] = cos_lat * sin_lon
            vector[2, k] = sin_lat
        middle, axis_q, axis_r = frames[face]
        side_a, side_b, side_c = sides[face]
        elsewhere = 0
        q_low, q_high, r_low, r_high = _NONE, -_NONE, _NONE, -_NONE
        for k in range(size):
            x, y, z = vector[0, k], vector[1, k], vector[2, k]
            on_face = (
                (side_a[0] * x + side_a[1] * y + side_a[2] * z >= face_edge)
                & (side_b[0] * x + side_b[1] * y + side_b[2] * z >= face_edge)
                & (side_c[0] * x + side_c[1] * y + side_c[2] * z >= face_edge)
            )
            q, r, known = _hexagon(x, y, z, middle, axis_q, axis_r, edge)
            known &= on_face
            elsewhere += not on_face
            keys[first + k] = _key(face, q, r) if known else -1
            q_low = min(q_low, q if known else _NONE)
            q_high = max(q_high, q if known else -_NONE)
            r_low = min(r_low, r if known else _NONE)
            r_high = max(r_high, r if known else -_NONE)
        _widen(box[face], q_low, q_high, r_low, r_high)
        if elsewhere == 0:
            continue
        here = face
        for k in range(size):
            x, y, z = vector[0, k], vector[1, k], vector[2, k]
            if keys[first + k] >= 0 or _least_side(sides[here], x, y, z) >= face_edge:
                continue
            for other in range(20):
                if _least_side(sides[other], x, y, z) >= face_edge:
                    face = other
                    q, r, known = _hexagon(x, y, z, frames[face, 0], frames[face, 1], frames[face, 2], edge)
                    if known:
                        keys[first + k] = _key(face, q, r)
                        _widen(box[face], q, q, r, r)
                    break
    return box


@njit(inline="always")
def _least_side(side: Any, x: float, y: float, z: float) -> Any:
    return min(
        side[0, 0] * x + side[0, 1] * y + side[0, 2] * z,
        side[1, 0] * x + side[1, 1] * y + side[1, 2] * z,
        side[2, 0] * x + side[2, 1] * y + side[2, 2] * z,
    )


@njit(inline="always")
def _hexagon(x: float, y: float, z: float, middle: Any, axis_q: Any, axis_r: Any, edge: float) -> Any:
    """Give the axial coordinates of the cell in the gnomonic plane, and whether it is surely that one."""
    up = middle[0] * x + middle[1] * y + middle[2] * z
    u = (axis_q[0] * x + axis_q[1] * y + axis_q[2] * z) / up
    v = (axis_r[0] * x + axis_r[1] * y + axis_r[2] * z) / up
    r = v * 1.1547005383792515  # 2 / √3
    q = u - 0.5 * r
    s = -q - r
    cell_q, cell_r, cell_s = np.floor(q + 0.5), np.floor(r + 0.5), np.floor(s + 0.5)
    off_q, off_r, off_s = abs(cell_q - q), abs(cell_r - r), abs(cell_s - s)
    q_worst = (off_q > off_r) & (off_q > off_s)
    r_worst = (not q_worst) & (off_r > off_s)
    other_q, other_r = -cell_r - cell_s, -cell_q - cell_s
    cell_q = other_q if q_worst else cell_q
    cell_r = other_r if r_worst else cell_r
    q -= cell_q
    r -= cell_r
    s = -q - r
    # h3 takes the arc cosine of `up`, which is coarse near a face's middle
    sure = (max(abs(q - r), abs(r - s), abs(s - q)) <= 1.0 - edge) & (up <= 1.0 - 5e-9)
    return np.int64(cell_q), np.int64(cell_r), sure


@njit(inline="always")
def _key(face: int, q: int, r: int) -> Any:
    return (face << 50) | ((q + (1 << 24)) << 25) | (r + (1 << 24))


@njit(inline="always")
def _widen(box: Any, q_low: int, q_high: int, r_low: int, r_high: int) -> None:
    box[0] = min(box[0], q_low)
    box[1] = max(box[1], q_high)
    box[2] = min(box[2], r_low)
    box[3] = max(box[3], r_high)


@njit(inline="always")
def _sine_cosine(degrees: float) -> Any:
    """Sine and cosine to 1e-15: Taylor's series within ±45° of a quarter turn."""
    quarter = np.floor(degrees * (1.0 / 90.0) + 0.5)
    a = (degrees - 90.0 * quarter) * (math.pi / 180.0)
    b = a * a
    sine = -1.0 / 1307674368000.0
    sine = sine * b + 1.0 / 6227020800.0
    sine = sine * b - 1.0 / 39916800.0
    sine = sine * b + 1.0 / 362880.0
    sine = sine * b - 1.0 / 5040.0
    sine = sine * b + 1.0 / 120.0
    sine = sine * b - 1.0 / 6.0
    sine = a + a * b * sine
    cosine = 1.0 / 20922789888000.0
    cosine = cosine * b - 1.0 / 87178291200.0
    cosine = cosine * b + 1.0 / 479001600.0
    cosine = cosine * b - 1.0 / 3628800.0
    cosine = cosine * b + 1.0 / 40320.0
    cosine = cosine * b - 1.0 / 720.0
    cosine = cosine * b + 1.0 / 24.0
    cosine = 1.0 + b * (cosine * b - 0.5)
    half = np.floor(0.5 * quarter)
    odd = quarter - 2.0 * half  # 1 where the two change places
    sign = 1.0 - 2.0 * (half - 2.0 * np.floor(0.5 * half))
    return sign * (sine + odd * (cosine - sine)), sign * (cosine - odd * (cosine + sine))


@njit(cache=True)
def tally(keys: Any, starts: Any, box: Any, counts: Any, sample: Any) -> None:
    """Count keys of `lattice_keys` in tables, one a face, and keep the number of one location of each cell.

    Parameters
    ----------
    keys
        (n,) int64; negative ones are passed over. Replaced by their places in the tables.
    starts
        (20,) int64: where each face's table begins.
    box
        (20, 4) int64, as `lattice_keys` gives it.
    counts, sample
        (places,) int64, filled.
    """
    mask = (1 << 25) - 1
    for k in range(len(keys)):
        key = keys[k]
        if key < 0:
            continue
        face = key >> 50
        i = ((key >> 25) & mask) - (1 << 24) - box[face, 0]
        j = (key & mask) - (1 << 24) - box[face, 2]
        place = starts[face] + i * (box[face, 3] - box[face, 2] + 1) + j
        counts[place] += 1
        sample[place] = k
        keys[k] = place


@njit(cache=True)
def s_statistics(series: Any, ordered: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint64]]:
    """Give Kendall's S of each row against time, and what its ties do.

    Parameters
    ----------
    series
        (n, periods) float64.
    ordered
        The same, each row sorted.

    Returns
    -------
    int64 (3, n)
        S, pairs that rise minus pairs that fall; 18 times its variance when the order is by chance, ties allowed for;
        pairs that differ.
    pattern
        (n,) uint64: equal for rows whose ties have the same sizes.
    """
    n, periods = series.shape
    found = np.empty((3, n), np.int64)
    pattern = np.zeros(n, np.uint64)
    for i in range(n):
        row = series[i]
        total = 0
        for a in range(periods - 1):
            value = row[a]
            here = 0
            for b in range(a + 1, periods):
                here += (row[b] > value) - (row[b] < value)
            total += here
        row = ordered[i]
        variance_18 = periods * (periods - 1) * (2 * periods + 5)
        differ = periods * (periods - 1) // 2
        size = 1
        for a in range(1, periods + 1):
            if a < periods and row[a] == row[a - 1]:
                size += 1
                continue
            if size > 1:
                variance_18 -= size * (size - 1) * (2 * size + 5)
                differ -= size * (size - 1) // 2
                # a sum over the ties, whatever their order; the mixing (splitmix64) keeps unlike sums apart
                mixed = np.uint64(size) * np.uint64(0x9E3779B97F4A7C15)
                mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                pattern[i] += mixed ^ (mixed >> np.uint64(31))
            size = 1
        found[0, i] = total
        found[1, i] = variance_18
        found[2, i] = differ
    return found, pattern


@njit(cache=True)
def exact_trend_chances(
    ordered: Any, bounds: Any, s: Any, differ: Any, order: Any, starts: Any, off: float
) -> npt.NDArray[np.float64]:
    """Give the chance of an S at least as far from zero when every order within each season is equally likely.

    The number of inversions of a season with ties of sizes t₁, t₂ … is distributed as the coefficients of the Gaussian
    multinomial; it is built factor by factor, ``(1 - qᵐ⁺ʲ) / (1 - qʲ)``, up to the middle. Seasons multiply.

    Parameters
    ----------
    ordered
        (n, periods) float64, season after season, each sorted within a row.
    bounds
        (seasons + 1,) int64: season k is ``ordered[:, bounds[k]:bounds[k + 1]]``, never empty.
    s, differ
        (n,) int64, their S, and how many pairs differ.
    order, starts
        Rows grouped by the sizes of their ties: group g is ``order[starts[g]:starts[g + 1]]``.
    off
        Which part of the chance of an S just as far is left out: 0, or a half for mid-p.

    Returns
    -------
    float64 (n,)
    """
    chances = np.ones(len(s))
    sizes = np.empty(ordered.shape[1], np.int64)
    ways = np.empty(differ.max() // 2 + 1)
    for group in range(len(starts) - 1):
        row, untied = ordered[order[starts[group]]], differ[order[starts[group]]]
        length = untied // 2 + 1
        ways[:length] = 0.0
        ways[0] = 1.0
        degree = 0
        arrangements = 1.0
        for season in range(len(bounds) - 1):
            ties, size, end = 0, 1, bounds[season + 1]
            for a in range(bounds[season] + 1, end + 1):
                if a < end and row[a] == row[a - 1]:
                    size += 1
                    continue
                sizes[ties] = size
                ties += 1
                size = 1
            largest = np.argmax(sizes[:ties])
            done = sizes[largest]
            for other in range(ties):
                if other == largest:
                    continue
                degree += done * sizes[other]
                reach = min(length, degree + 1)
                for j in range(1, sizes[other] + 1):
                    _times_one_minus_power(ways[:reach], done + j)
                    _over_one_minus_power(ways[:reach], j)
                    arrangements *= (done + j) / j
                done += sizes[other]
        for k in range(1, length):
            ways[k] += ways[k - 1]
        for place in range(starts[group], starts[group + 1]):
            i = order[place]
            if s[i] != 0:
                k = (untied - abs(s[i])) // 2
                farther = ways[k - 1] if k > 0 else 0.0
                chances[i] = min(1.0, 2.0 * (ways[k] - off * (ways[k] - farther)) / arrangements)
    return chances


@njit(inline="always")
def _times_one_minus_power(series: Any, power: int) -> None:
    for k in range(len(series) - 1, power - 1, -1):
        series[np.uint64(k)] -= series[np.uint64(k - power)]


@njit(inline="always")
def _over_one_minus_power(series: Any, power: int) -> None:
    for k in range(power, len(series)):
        series[np.uint64(k)] += series[np.uint64(k - power)]


@njit(cache=True)
def close_pairs(x: Any, y: Any, start: Any, n_columns: int, edges2: Any, first: Any, second: Any) -> Any:
    """List the pairs of points within a distance, by bands of distance; or count them.

    Parameters
    ----------
    x, y
        (n,) float64, points sorted by cell (row × columns + column) of a raster whose cells are no smaller than the
        largest distance.
    start
        (cells + 1,) int64: the points of a cell are ``start[cell]:start[cell + 1]``.
    n_columns
        Columns of the raster.
    edges2
        (bands,) float64, ascending: squares of the bands' upper limits, inclusive.
    first, second
        (pairs,) int32, filled band after band; with length 0 the pairs are only counted.

    Returns
    -------
    int64 (bands,)
        Pairs in each band.
    """
    cells = len(start) - 1
    counts = np.zeros(len(edges2), np.int64)
    free = np.zeros(len(edges2), np.int64)
    largest = edges2[-1]
    for filling in range(2 if len(first) else 1):
        if filling:
            free[1:] = np.cumsum(counts)[:-1]
        for cell in range(cells):
            column = cell % n_columns
            for near in range(5):  # the cell itself, its eastern neighbour, and the three to the north
                shift = near if near < 2 else n_columns + near - 3
                if (near in (1, 4) and column == n_columns - 1) or (near == 2 and column == 0):
                    continue
                other = cell + shift
                if other >= cells:
                    continue
                for i in range(start[cell], start[cell + 1]):
                    for j in range(i + 1 if near == 0 else start[other], start[other + 1]):
                        apart2 = (x[i] - x[j]) * (x[i] - x[j]) + (y[i] - y[j]) * (y[i] - y[j])
                        if apart2 > largest:
                            continue
                        band = 0
                        while apart2 > edges2[band]:
                            band += 1
                        if filling:
                            first[free[band]] = i
                            second[free[band]] = j
                            free[band] += 1
                        else:
                            counts[band] += 1
    return counts


@njit(cache=True)
def pair_counts(time: Any, first: Any, second: Any, bands: Any, edges: Any) -> npt.NDArray[np.int64]:
    """Count pairs by bands of distance and of time apart.

    Parameters
    ----------
    time
        (n,) float64.
    first, second, bands
        Pairs as `close_pairs` gives them, and how many each band of distance has.
    edges
        (times,) float64, ascending: upper limits of the bands of time, inclusive.

    Returns
    -------
    int64 (bands, times)
    """
    found = np.zeros((len(bands), len(edges)), np.int64)
    within = np.zeros(len(edges), np.int64)
    begin = 0
    for band in range(len(bands)):
        within[:] = 0
        for k in range(begin, begin + bands[band]):
            apart = abs(time[first[k]] - time[second[k]])
            for e in range(len(edges)):
                within[e] += apart <= edges[e]
        begin += bands[band]
        found[band, 0] = within[0]
        for e in range(1, len(edges)):
            found[band, e] = within[e] - within[e - 1]
    return found

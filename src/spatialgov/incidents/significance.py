"""Getis-Ord Gi* with exact tails: which cells have more (or fewer) incidents around them than chance gives.

On sparse counts the usual normal approximation and 999 permutations both call hundreds of cells hot where nothing is
to be found. Here the tails are those of the sum of ``w`` independent draws from the histogram of the counts, by
convolution, one table for each number of neighbours ``w``.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy.fft as sf
import scipy.sparse as sp

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = [
    "GetisOrd",
    "benjamini_hochberg",
    "checked_neighbours",
    "discoveries",
    "getis_ord",
    "getis_ord_periods",
    "one_more_draw",
]

TABLE_LENGTH = 1 << 17
"""Longest table of a distribution of sums. Sums beyond it are looked up in a table of coarser steps."""
_DIRECT_WORK = 1 << 26
_SMALLEST_P = float(np.finfo(np.float64).tiny)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_IntOrInts = TypeVar("_IntOrInts", int, Ints)


@dataclass(frozen=True, slots=True, eq=False)
class GetisOrd:
    """The Gi* statistic of each cell.

    Attributes
    ----------
    z
        float64, standardised Gi*, positive where there are more incidents around than on average.
    p_upper, p_lower
        float64, the chance of a neighbourhood sum at least as large (small). Not corrected for many cells.
    hot, cold
        bool, what is left at ``alpha`` after Benjamini-Hochberg, upper and lower tail each on its own.
    """

    z: Floats
    p_upper: Floats
    p_lower: Floats
    hot: npt.NDArray[np.bool_]
    cold: npt.NDArray[np.bool_]


def getis_ord(counts: npt.ArrayLike, neighbours: sp.csr_array | sp.csr_matrix, alpha: float = 0.05) -> GetisOrd:
    """Give Gi* of each cell with exact tails and control of false discoveries.

    Parameters
    ----------
    counts
        (n,) whole numbers ≥ 0, one a cell, cells without incidents included.
    neighbours
        (n, n) sparse 0/1 matrix with the diagonal: row i marks the cells of i's neighbourhood, i among them.
    alpha
        Share of false cells tolerated among the hot ones, and among the cold ones.

    Returns
    -------
    GetisOrd
        Where the statistic says nothing (one cell, equal counts, a neighbourhood that holds every cell) z is 0 and
        both p are 1.

    Raises
    ------
    InputError
        When counts are not whole numbers ≥ 0, or the matrix does not fit them.

    Notes
    -----
    z is Ord and Getis (1995), equation 14 with binary weights, as in `esda.G_Local`. The tails are exact when the
    draws are independent; sums of more than `TABLE_LENGTH` incidents are rounded towards the larger p, by a part in
    `TABLE_LENGTH` of the largest sum for each neighbour.
    """
    values = np.asarray(counts)
    if values.ndim != 1:
        raise _not_counts()
    found = getis_ord_periods(values[:, None], neighbours, alpha)
    p_upper, p_lower = found.p_upper[:, 0], found.p_lower[:, 0]
    return GetisOrd(found.z[:, 0], p_upper, p_lower, found.hot[:, 0], found.cold[:, 0])


def getis_ord_periods(counts: npt.ArrayLike, neighbours: sp.csr_array | sp.csr_matrix, alpha: float = 0.05) -> GetisOrd:
    """Give Gi* of each cell in each period, against all cells in all periods.

    Parameters
    ----------
    counts
        (n, periods) whole numbers ≥ 0.
    neighbours, alpha
        As for `getis_ord`. A neighbourhood lies within its period.

    Returns
    -------
    GetisOrd
        Arrays of (n, periods); false discoveries are controlled over all of them together.

    Raises
    ------
    InputError
        As `getis_ord`.
    """
    y = _whole_counts(counts)
    matrix = checked_neighbours(neighbours, len(y))
    if not 0 < alpha < 1:
        raise InputError(t("alpha is {a}; it lies between 0 and 1.", "alpha 为 {a}，应在 0 与 1 之间。", a=alpha))
    n = y.size
    sums = np.asarray(matrix @ y, dtype=np.int64).ravel()
    sizes = np.repeat(np.diff(matrix.indptr).astype(np.int64), y.shape[1])
    z = np.zeros(n)
    p_upper, p_lower = np.ones(n), np.ones(n)
    spread = float(y.std()) if n else 0.0
    tells = (sizes < n) & (spread > 0)
    if tells.any():
        w = sizes[tells].astype(np.float64)
        z[tells] = (sums[tells] - y.mean() * w) / (spread * np.sqrt((n * w - w * w) / (n - 1)))
        p_upper[tells], p_lower[tells] = _tails(y.ravel(), sums[tells], sizes[tells])
    hot, cold = discoveries(p_upper, alpha), discoveries(p_lower, alpha)
    shape = y.shape
    return GetisOrd(
        z.reshape(shape), p_upper.reshape(shape), p_lower.reshape(shape), hot.reshape(shape), cold.reshape(shape)
    )


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """Give p-values adjusted for the false discovery rate.

    Parameters
    ----------
    p
        (n,) p-values.

    Returns
    -------
    float64 (n,)
        Those at most ``alpha`` are the discoveries at that rate (Benjamini and Hochberg 1995).
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values)
    n = len(values)
    stepped = values[order] * n / np.arange(1, n + 1)
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return adjusted


def discoveries(p: npt.ArrayLike, alpha: float) -> npt.NDArray[np.bool_]:
    """Say which p-values Benjamini and Hochberg's procedure discovers at a rate.

    Parameters
    ----------
    p
        (n,) p-values.
    alpha
        Share of false discoveries tolerated.

    Returns
    -------
    bool (n,)
        Where `benjamini_hochberg` gives at most ``alpha``; what is above ``alpha`` anyway is not sorted.
    """
    values = np.asarray(p, dtype=np.float64)
    ordered = np.sort(values[values <= alpha])
    good = np.flatnonzero(ordered * len(values) <= alpha * np.arange(1, len(ordered) + 1))
    return values <= ordered[good[-1]] if len(good) else np.zeros(len(values), dtype=np.bool_)


def _whole_counts(counts: npt.ArrayLike) -> Ints:
    values = np.asarray(counts)
    whole = values.astype(np.float64)
    if values.ndim != 2 or not np.isfinite(whole).all() or (whole < 0).any() or (whole != np.rint(whole)).any():
        raise _not_counts()
    return whole.astype(np.int64)


def _not_counts() -> InputError:
    return InputError(
        t("Counts must be whole numbers, zero or more, one a cell.", "计数须为非负整数，每个单元一个。"),
        remedy=t(
            "Pass the number of incidents of each cell (and period, in a second dimension).",
            "请传入每个单元的事件数（多个时段时为第二维）。",
        ),
    )


def checked_neighbours(neighbours: sp.csr_array | sp.csr_matrix, n: int) -> sp.csr_array:
    """Give the matrix as int64, or raise `InputError` when it is not n × n of 0 and 1 with 1 on the diagonal."""
    matrix = sp.csr_array(neighbours)
    matrix.sum_duplicates()
    fits = matrix.shape == (n, n)
    if not fits or not (matrix.data == 1).all() or not (matrix.diagonal() == 1).all():
        raise InputError(
            t(
                "Neighbours must be a {n} × {n} matrix of 0 and 1 with 1 on the diagonal.",
                "邻接矩阵须为 {n} × {n} 的 0/1 矩阵，且对角线为 1。",
                n=n,
            ),
            remedy=t("Build it with incidents.cell_neighbours.", "请用 incidents.cell_neighbours 生成。"),
        )
    return matrix.astype(np.int64)


def _tails(y: Ints, sums: Ints, sizes: Ints) -> tuple[Floats, Floats]:
    """P(sum of ``size`` draws from y ≥ sum) and P(… ≤ sum) of each neighbourhood."""
    upper, lower = np.ones(len(sums)), np.ones(len(sums))
    largest = int(sums.max())
    coarse = _rounded_up(largest, TABLE_LENGTH - 2)
    waiting = np.ones(len(sums), dtype=bool)
    for step in [1] if coarse <= 1 else [1, coarse]:
        length = min(TABLE_LENGTH, _rounded_up(largest, step) + 2)
        here = waiting & (_rounded_up(sums, step) < length - 1)
        # Rounded draws and sums move apart, so that a coarse step can only make p larger.
        upper[here] = _tails_of_sum(_rounded_up(y, step), sums[here] // step, sizes[here], length)[0]
        lower[here] = _tails_of_sum(y // step, _rounded_up(sums[here], step), sizes[here], length)[1]
        waiting &= ~here
    return upper, lower


def _rounded_up(number: _IntOrInts, step: int) -> _IntOrInts:
    return -(-number // step)


def _tails_of_sum(y: Ints, sums: Ints, sizes: Ints, length: int) -> tuple[Floats, Floats]:
    """Look both tails up in the distribution of the sum of k draws from y, k = 1 … the largest size.

    The last entry of a table stands for every sum from there on.
    """
    values, times = np.unique(np.minimum(y, length - 1), return_counts=True)
    chances = times / len(y)
    upper, lower = np.ones(len(sums)), np.ones(len(sums))
    table = np.zeros(length)
    table[0] = 1.0
    for size in range(1, int(sizes.max(initial=0)) + 1):
        table = one_more_draw(table, values, chances)
        here = sizes == size
        if here.any():
            upper[here] = np.cumsum(table[::-1])[::-1][sums[here]]
            lower[here] = np.cumsum(table)[sums[here]]
    return np.clip(upper, _SMALLEST_P, 1.0), np.clip(lower, _SMALLEST_P, 1.0)


def one_more_draw(table: Floats, values: Ints, chances: Floats) -> Floats:
    """Give the distribution of a sum after one more draw.

    Parameters
    ----------
    table
        float64 (length,), chance of each sum; the last entry stands for every sum from there on.
    values, chances
        What is drawn: ascending whole numbers, and their chances.
    """
    length = len(table)
    if len(values) * length > _DIRECT_WORK:
        single = np.zeros(length)
        single[values] = chances
        size = sf.next_fast_len(2 * length - 1, real=True)
        product = sf.rfft(table, size) * sf.rfft(single, size)
        full = np.maximum(sf.irfft(product, size)[: 2 * length - 1], 0.0)
        full[length - 1] = full[length - 1 :].sum()
        return np.asarray(full[:length])
    more = np.zeros(length)
    for value, chance in zip(values.tolist(), chances.tolist(), strict=True):
        more[value:] += chance * table[: length - value]
        more[-1] += chance * table[length - value :].sum()
    return more

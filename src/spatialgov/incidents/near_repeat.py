"""Near repeats: whether incidents near each other in space are also near in time (Knox), in many bands at once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.errors import InputError
from spatialgov.incidents._kernels import close_pairs, pair_counts
from spatialgov.incidents.raster import checked_points
from spatialgov.language import t
from spatialgov.time_limit import check_time

__all__ = ["MOST_PAIRS", "NearRepeat", "knox"]

MOST_PAIRS = 100_000_000
"""Pairs of incidents within the largest distance; 8 bytes each."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class NearRepeat:
    """The Knox test, a row for each band of distance, a column for each band of time.

    Attributes
    ----------
    distances_m, days
        Upper limits of the bands, inclusive. Each band begins where the one before ends, the first at 0 (inclusive).
    observed
        int64, pairs of incidents so far apart in space and time.
    expected
        float64, their mean over the permutations.
    ratio
        float64, observed over expected; NaN where nothing is expected.
    p
        float64, share of permutations (and the data themselves) with at least as many pairs.
    permutations
        How many there were.
    """

    distances_m: Floats
    days: Floats
    observed: Ints
    expected: Floats
    ratio: Floats
    p: Floats
    permutations: int


def knox(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    day: npt.ArrayLike,
    distances_m: Sequence[float] = (0, 100, 200, 300, 400, 500),
    days: Sequence[float] = (3, 7, 14, 21, 28),
    *,
    permutations: int = 999,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> NearRepeat:
    """Test incidents for near repeats.

    Parameters
    ----------
    x_m, y_m
        (n,) metres in one plane.
    day
        (n,) times in days since any moment, fractions allowed.
    distances_m, days
        Upper limits of the bands, inclusive, ascending, from 0 on. A first distance of 0 is the same place.
    permutations
        How often the times are dealt out anew; 999 give p down to 0.001.
    seed
        Of the permutations.
    progress
        Called with how many permutations are done, and how many there are.

    Raises
    ------
    InputError
        When a value is not a number, limits don't ascend, or more than `MOST_PAIRS` pairs lie within the distance.

    Notes
    -----
    Knox (1964); near repeats as Ratcliffe's calculator and `pointpats.Knox` have them, except that these count all
    pairs up to a limit (sum the rows and columns up to there). All bands share the permutations.
    """
    x, y, time = checked_points(x_m, y_m, day)
    space_edges, time_edges = _limits(distances_m), _limits(days)
    if permutations < 1:
        raise InputError(
            t("{n} permutations tell nothing.", "{n} 次置换没有意义。", n=permutations),
            remedy=t("Use 99 or more.", "请使用 99 次以上。"),
        )
    order, start, n_columns = _by_cell(x, y, float(space_edges[-1]))
    # whole metres and days, read from text and projected, must not fall beside their limits by a rounding
    edges2 = (space_edges * (1 + 1e-12)) ** 2
    where = (x[order], y[order], start, n_columns, edges2)
    none = np.empty(0, dtype=np.int32)
    bands = close_pairs(*where, none, none)
    if bands.sum() > MOST_PAIRS:
        raise InputError(
            t(
                "{n} pairs of incidents lie within {d} m of each other; the limit is {limit}.",
                "相距不超过 {d} 米的事件对有 {n} 个，上限为 {limit}。",
                n=int(bands.sum()),
                d=space_edges[-1],
                limit=MOST_PAIRS,
            ),
            remedy=t(
                "Test a smaller distance, one category, or a shorter period.",
                "请缩小距离，或只检验一个类别、一段时间。",
            ),
        )
    first, second = np.empty((2, int(bands.sum())), dtype=np.int32)
    if len(first):
        close_pairs(*where, first, second)
    time = time[order]
    observed = pair_counts(time, first, second, bands, time_edges)
    rng = np.random.default_rng(seed)
    total, at_least = np.zeros_like(observed), np.zeros_like(observed)
    for done in range(permutations):
        check_time()
        if progress is not None:
            progress(done, permutations)
        counts = pair_counts(rng.permutation(time), first, second, bands, time_edges)
        total += counts
        at_least += counts >= observed
    expected = total / permutations
    ratio = np.divide(observed, expected, out=np.full(expected.shape, np.nan), where=expected > 0)
    p = (at_least + 1) / (permutations + 1)
    return NearRepeat(space_edges, time_edges, observed, expected, ratio, p, permutations)


def _limits(values: Sequence[float]) -> Floats:
    limits = np.asarray(values, dtype=np.float64)
    good = limits.ndim == 1 and len(limits) > 0 and np.isfinite(limits).all() and limits[0] >= 0
    if not good or (np.diff(limits) <= 0).any():
        raise InputError(
            t("The limits {v} of the bands don't ascend from 0.", "分段上限 {v} 未从 0 起递增。", v=list(values)),
            remedy=t("Pass for example 100, 200, 500.", "例如请传入 100、200、500。"),
        )
    return limits


def _by_cell(x: Floats, y: Floats, distance: float) -> tuple[Ints, Ints, int]:
    """Sort points into cells no smaller than the distance: their order, where each cell starts, and the columns."""
    if len(x) == 0:
        return np.empty(0, dtype=np.int64), np.zeros(2, dtype=np.int64), 1
    wide, high = float(np.ptp(x)), float(np.ptp(y))
    cell = max(distance * (1 + 1e-9), max(wide, high) / math.sqrt(4 * len(x)), 1e-6)
    n_columns, n_rows = int(wide / cell) + 1, int(high / cell) + 1
    cells = ((y - y.min()) / cell).astype(np.int64) * n_columns + ((x - x.min()) / cell).astype(np.int64)
    order = np.argsort(cells, kind="stable")
    return order, np.searchsorted(cells[order], np.arange(n_rows * n_columns + 1)), n_columns

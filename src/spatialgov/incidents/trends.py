"""Whether counts rise or fall: the Mann-Kendall test for every cell at once, exact also with ties.

Counts of incidents are small and tie often, so that the usual normal approximation is off in the tails, where the
correction for many cells looks. The periods must not overlap: counts over sliding windows, or with the step before
added to each (the default of emerging hot spots elsewhere), depend on each other, and a constant rate is then called
a trend in 15 % of the cells at the 5 % level.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from spatialgov.errors import InputError
from spatialgov.incidents._kernels import exact_trend_chances, s_statistics
from spatialgov.language import t

__all__ = ["EXACT_PERIODS", "Trend", "mann_kendall"]

EXACT_PERIODS = 60
"""Up to so many periods p is exact; beyond, S is as good as normal even with many ties."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """The Mann-Kendall test of each row.

    Attributes
    ----------
    s
        int64, Kendall's S: pairs of periods that rise minus pairs that fall.
    tau
        float64, S over the number of pairs that differ (Goodman and Kruskal's γ): -1 always falling, 1 always rising,
        0 where nothing differs.
    z
        float64, S in standard deviations, corrected for continuity and ties.
    p
        float64, two-sided chance of an S at least as far from 0. Not corrected for many cells.
    """

    s: Ints
    tau: Floats
    z: Floats
    p: Floats


def mann_kendall(series: npt.ArrayLike) -> Trend:
    """Test each row for a trend over time.

    Parameters
    ----------
    series
        (cells, periods) counts (or any numbers) of periods that follow each other without overlap.

    Returns
    -------
    Trend
        With fewer than two periods, or where nothing differs, S is 0 and p is 1.

    Raises
    ------
    InputError
        When the series is not a table of numbers.

    Notes
    -----
    Mann (1945), Kendall (1975): variance with ties, as `pymannkendall.original_test`. p is that of all orders of the
    row's values up to `EXACT_PERIODS` periods, and the normal one above.
    """
    table = np.ascontiguousarray(series, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise InputError(
            t("A series must be a table of numbers, cells × periods.", "序列须为“单元 × 时段”的数值表。"),
            remedy=t("Pass 0 where nothing happened.", "没有事件的时段请填 0。"),
        )
    n, periods = table.shape
    if n == 0 or periods < 2:
        return Trend(np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n), np.ones(n))
    ordered = np.sort(table, axis=1)
    (s, variance_18, differ), pattern = s_statistics(table, ordered)
    z = np.where(s != 0, (s - np.sign(s)) / np.sqrt(np.maximum(variance_18, 1) / 18), 0.0)
    if periods > EXACT_PERIODS:
        p = np.minimum(2 * ndtr(-np.abs(z)), 1.0)
    else:
        order = np.argsort(pattern, kind="stable")
        starts = np.flatnonzero(np.diff(pattern[order], prepend=pattern[order[0]] + 1, append=pattern[order[-1]] + 1))
        p = exact_trend_chances(ordered, s, order, starts)
    return Trend(s, s / np.maximum(differ, 1), z, p)

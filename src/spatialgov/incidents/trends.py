"""Whether counts rise or fall: the Mann-Kendall test for every cell at once, exact also with ties and seasons.

Counts of incidents are small and tie often, so that the usual normal approximation is off in the tails, where the
correction for many cells looks. The periods must not overlap: counts over sliding windows, or with the step before
added to each (the default of emerging hot spots elsewhere), depend on each other, and a constant rate is then called
a trend in 15 % of the cells at the 5 % level.

A season is no trend. With three years or more, each period is compared with the same one of other years alone
(``cycle``); with less, with what all of the area had in it (`relative_trend`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from spatialgov.errors import InputError
from spatialgov.incidents._kernels import exact_trend_chances, s_statistics
from spatialgov.incidents.significance import one_more_draw
from spatialgov.language import t

__all__ = ["EXACT_COUNT", "EXACT_PERIODS", "RelativeTrend", "Trend", "mann_kendall", "relative_trend"]

EXACT_PERIODS = 60
"""Up to so many periods p is exact; beyond, S is as good as normal even with many ties."""
EXACT_COUNT = 200
"""Up to so many incidents of a cell the p of `relative_trend` is exact, and the normal one above."""

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


@dataclass(frozen=True, slots=True, eq=False)
class RelativeTrend:
    """How each row's share of the whole went.

    Attributes
    ----------
    z
        float64, mean time of a row's incidents against that of the whole, in standard deviations: > 0 where its share
        rises.
    p
        float64, two-sided. Not corrected for many cells.
    dispersion
        float64, how much more the mean time varies than with Poisson's counts, at least 1; z and p are widened by it.
    """

    z: Floats
    p: Floats
    dispersion: Floats


def mann_kendall(series: npt.ArrayLike, cycle: int = 1) -> Trend:
    """Test each row for a trend over time.

    Parameters
    ----------
    series
        (cells, periods) counts (or any numbers) of periods that follow each other without overlap.
    cycle
        Periods after which a season comes again, 12 for months: each is compared with the same one of other years
        alone. 1: no season. With two years little can be seen: at best each of 12 pairs rises.

    Returns
    -------
    Trend
        With fewer than two periods, or where nothing differs, S is 0 and p is 1.

    Raises
    ------
    InputError
        When the series is not a table of numbers, or the cycle is less than 1.

    Notes
    -----
    Mann (1945), Kendall (1975): variance with ties, as `pymannkendall.original_test`; with a cycle Hirsch, Slack and
    Smith (1982), as `pymannkendall.seasonal_test`. p is that of all orders of the row's values (of those of each
    season) up to `EXACT_PERIODS` periods, and the normal one above. With a cycle it is the mid-p (Lancaster 1961: half
    of the orders just as far): pairs are so few that the other rejects a constant rate in 3 % at the 5 % level.
    """
    table = np.ascontiguousarray(series, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise InputError(
            t("A series must be a table of numbers, cells × periods.", "序列须为“单元 × 时段”的数值表。"),
            remedy=t("Pass 0 where nothing happened.", "没有事件的时段请填 0。"),
        )
    if cycle < 1:
        raise InputError(
            t("The cycle is {c} periods.", "周期为 {c} 个时段。", c=cycle),
            remedy=t("Pass 12 for months, 1 for no season.", "按月请填 12，无季节请填 1。"),
        )
    n, periods = table.shape
    if n == 0 or periods < 2:
        return Trend(np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n), np.ones(n))
    seasons = [np.ascontiguousarray(table[:, k::cycle]) for k in range(min(cycle, periods))]
    ordered = [np.sort(season, axis=1) for season in seasons]
    s, variance_18, differ = np.zeros((3, n), dtype=np.int64)
    pattern = np.zeros(n, dtype=np.uint64)
    for season, row in zip(seasons, ordered, strict=True):
        (s_here, variance_here, differ_here), ties = s_statistics(season, row)
        s, variance_18, differ = s + s_here, variance_18 + variance_here, differ + differ_here
        pattern += _mixed(ties + np.uint64(row.shape[1]))
    z = np.where(s != 0, (s - np.sign(s)) / np.sqrt(np.maximum(variance_18, 1) / 18), 0.0)
    if periods > EXACT_PERIODS:
        far = np.abs(z) if cycle == 1 else np.abs(s) / np.sqrt(np.maximum(variance_18, 1) / 18)
        p = np.minimum(2 * ndtr(-far), 1.0)
    else:
        order = np.argsort(pattern, kind="stable")
        starts = np.flatnonzero(np.diff(pattern[order], prepend=pattern[order[0]] + 1, append=pattern[order[-1]] + 1))
        bounds = np.cumsum([0, *(row.shape[1] for row in ordered)])
        p = exact_trend_chances(np.hstack(ordered), bounds, s, differ, order, starts, 0.0 if cycle == 1 else 0.5)
    return Trend(s, s / np.maximum(differ, 1), z, p)


def relative_trend(series: npt.ArrayLike, common: npt.ArrayLike) -> RelativeTrend:
    """Test each row for a trend beyond the one that all have in common: seasons, holidays, and a city that grows.

    Parameters
    ----------
    series
        (cells, periods) whole numbers ≥ 0, of periods that follow each other without overlap.
    common
        (periods,) ≥ 0: what the rows would be proportional to if their shares stayed the same, as the counts of the
        whole area.

    Raises
    ------
    InputError
        When the series are not counts, or have incidents in a period in which there is nothing in common.

    Notes
    -----
    The score test of a Poisson regression on time with the common level as its offset (Cochran-Armitage), exact given
    the number of a row's incidents: the sum of their periods' numbers is that of as many draws from the common level.
    """
    table, share = _checked_shares(series, common)
    n, periods = table.shape
    if n == 0 or periods < 2 or not table.any():
        return RelativeTrend(np.zeros(n), np.ones(n), np.ones(n))
    number = np.arange(periods)
    size = table.sum(axis=1)
    middle = float(share @ number)
    spread = float(share @ (number - middle) ** 2)
    score = table @ number
    z = (score - size * middle) / np.sqrt(np.maximum(size * spread, 1e-300))
    p = 2 * ndtr(-np.abs(z))
    few = size <= EXACT_COUNT
    p[few] = _exact_score_chances(score[few], size[few], share)
    dispersion = _dispersions(table, size[:, None] * share, share, np.square(number - middle))
    root = np.sqrt(dispersion)
    return RelativeTrend(z / root, 2 * ndtr(ndtri(p / 2) / root), dispersion)


def _dispersions(table: Ints, expected: Floats, share: Floats, leverage: Floats) -> Floats:
    """Give by how much the variance of each row's score exceeds Poisson's, by all rows together.

    Two laws, whichever gives more: a variance that is a multiple of the mean in each period (bursts), and one that
    grows with its square (rates that differ, the negative binomial).
    """
    error = (table - expected) ** 2
    usual = expected * (1 - share)  # a period's count, given the row's
    times = np.divide(error.sum(axis=0), usual.sum(axis=0), out=np.ones(len(share)), where=usual.sum(axis=0) > 0)
    phi = max(float((error - usual).sum()), 0.0) / max(float((expected**2).sum()), 1e-300)
    variance = np.maximum(expected * np.maximum(times, 1.0), expected * (1 + phi * expected)) @ leverage
    return np.asarray(np.maximum(variance / np.maximum(expected @ leverage, 1e-300), 1.0))


def _exact_score_chances(score: Ints, size: Ints, share: Floats) -> Floats:
    """Give twice the smaller tail of each score among those of as many draws from the shares."""
    values = np.flatnonzero(share)
    chances = np.ones(len(score))
    sums = np.zeros((len(share) - 1) * int(size.max(initial=0)) + 2)
    sums[0] = 1.0
    for draws in range(1, int(size.max(initial=0)) + 1):
        sums = one_more_draw(sums, values, share[values])
        here = size == draws
        if here.any():
            upper, lower = np.cumsum(sums[::-1])[::-1], np.cumsum(sums)
            chances[here] = np.minimum(2 * np.minimum(upper[score[here]], lower[score[here]]), 1.0)
    return chances


def _checked_shares(series: npt.ArrayLike, common: npt.ArrayLike) -> tuple[Ints, Floats]:
    table, level = np.asarray(series, dtype=np.float64), np.asarray(common, dtype=np.float64)
    good = table.ndim == 2 and level.shape == table.shape[1:]
    if good:
        good = bool((np.isfinite(table) & (table >= 0) & (table == np.rint(table))).all())
        good = good and bool((np.isfinite(level) & (level >= 0)).all()) and not table[:, level == 0].any()
    if not good:
        raise InputError(
            t(
                "The series must be whole numbers, zero or more, cells × periods, and what they have in common one "
                "number a period, above zero wherever there are incidents.",
                "序列须为“单元 × 时段”的非负整数表；共同水平须每时段一个数，凡有事件的时段均大于零。",
            ),
            remedy=t("Pass the counts of the whole area.", "请传入整个区域的计数。"),
        )
    return table.astype(np.int64), level / (level.sum() or 1.0)


def _mixed(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Mix bits (splitmix64), so that sums of unlike ones stay apart."""
    found = bits * np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return found ^ (found >> np.uint64(27))

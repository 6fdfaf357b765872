"""The rhythm of the week and of the year in counts of days: factors, intervals, and whether there is any."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, xlogy

from spatialgov.errors import InputError
from spatialgov.incidents.clock import table_dispersion
from spatialgov.incidents.excess_risk import excess
from spatialgov.incidents.moments import Daily, sums
from spatialgov.language import t

__all__ = ["LEAST_YEAR_DAYS", "Factors", "Seasonality", "checked_daily", "seasonality"]

LEAST_YEAR_DAYS = 730
"""With less than two years a season can't be told from a change or a trend."""
_YEAR_DAYS = 365.25
_NEARLY_A_DAY_H = 22.0

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """How the days of a kind (Mondays, Januaries) differ from the mean day.

    Attributes
    ----------
    counts
        float64, incidents on those days.
    days
        float64, how many such days the period holds: months differ in length.
    factor
        float64, their rate over that of the mean day, trend and level taken off; NaN without incidents.
    low, high
        float64, 95 % interval of the factor.
    dispersion
        Variance over mean of what the factors leave unexplained, at least 1; intervals and p are widened by it.
    p
        Chance of factors as uneven as these where there is no such rhythm (F test).
    """

    counts: Floats
    days: Floats
    factor: Floats
    low: Floats
    high: Floats
    dispersion: float
    p: float


@dataclass(frozen=True, slots=True, eq=False)
class Seasonality:
    """The rhythm of the week and of the year.

    Attributes
    ----------
    weekdays
        7 factors, Monday first; each week is compared with itself, so that no season and no change gets in. None with
        less than two whole weeks.
    months
        12 factors, January first; None with less than `LEAST_YEAR_DAYS`.
    """

    weekdays: Factors | None
    months: Factors | None


def seasonality(daily: Daily) -> Seasonality:
    """Give the factors of weekdays and months.

    Parameters
    ----------
    daily
        Counts of days without a gap, as by `daily_counts`.

    Raises
    ------
    InputError
        When counts or hours are not numbers ≥ 0.

    Notes
    -----
    Weekdays: a table weeks × weekdays, Pearson's X² of the columns over that of what rows and columns leave. Months: a
    quasi-Poisson regression of the counts of calendar months with a factor for each month of the year and a broken
    line through yearly knots as the trend; F test of the factors against what they leave, so that a hump that comes
    only once is no season.
    """
    checked_daily(daily)
    return Seasonality(_weekdays(daily), _months(daily))


def checked_daily(daily: Daily) -> None:
    """Refuse counts of days that are none.

    Raises
    ------
    InputError
        When counts or hours are not rows of numbers ≥ 0 of one length, or incidents fall on days without hours.
    """
    counts, hours = daily.counts, daily.hours
    good = counts.ndim == 1 and counts.shape == hours.shape
    if not good or not (np.isfinite(counts) & np.isfinite(hours) & (counts >= 0) & (hours >= 0)).all():
        raise InputError(
            t("Counts and hours of days must be rows of numbers, zero or more.", "每日计数与小时数须为非负数列。"),
            remedy=t("Make them with incidents.daily_counts.", "请用 incidents.daily_counts 生成。"),
        )
    if (counts[hours == 0] > 0).any():
        raise InputError(
            t("There are incidents on days that the period doesn't hold.", "时段之外的日期存在事件。"),
            remedy=t("Make them with incidents.daily_counts.", "请用 incidents.daily_counts 生成。"),
        )


def _weekdays(daily: Daily) -> Factors | None:
    whole = np.flatnonzero(daily.hours >= _NEARLY_A_DAY_H)  # only the ends of a period are broken
    weeks = len(whole) // 7
    if weeks < 2:
        return None
    days = whole[: weeks * 7]
    shift = daily.day(int(days[0])).weekday()
    table, hours = (np.roll(row[days].reshape(weeks, 7), shift, axis=1) for row in (daily.counts, daily.hours))
    expected = (table.sum(axis=1, keepdims=True) * hours / hours.sum(axis=1, keepdims=True)).sum(axis=0)
    counts, spread = table.sum(axis=0), table_dispersion(table)
    uneven = float(((counts - expected) ** 2 / np.where(expected > 0, expected, 1.0)).sum())
    # weeks count as their incidents are spread: many incidents of one week are one witness
    told = float(table.sum()) ** 2 / max(float((table.sum(axis=1) ** 2).sum()), 1e-300)
    p = float(fdtrc(6, 6 * (told - 1), uneven / 6 / spread)) if told > 1 else 1.0
    return _factors(counts, hours.sum(axis=0) / 24, expected, spread, p)


def _months(daily: Daily) -> Factors | None:
    if len(daily.counts) < LEAST_YEAR_DAYS:
        return None
    month, number = months_of(daily.first, len(daily.counts))
    n = int(number[-1]) + 1
    hours = sums(number, daily.hours, n)
    held = np.flatnonzero(hours)
    counts, exposure = sums(number, daily.counts, n)[held], hours[held] / 24
    middle = sums(number, np.arange(0.5, len(number)), n) / np.bincount(number)
    time = middle[held] / _YEAR_DAYS
    of_year = month[np.searchsorted(number, held)]
    knots = np.linspace(time[0], time[-1], max(int(time[-1] - time[0] + 1e-9), 1) + 1)
    trend = np.array([np.interp(time, knots, row) for row in np.eye(len(knots))]).T
    both = np.hstack([trend, np.eye(12)[of_year]])
    alone, fitted = _fitted(trend, counts, exposure), _fitted(both, counts, exposure)
    freedom = len(counts) - int(np.linalg.matrix_rank(both))
    surplus = float(((counts - fitted) ** 2 / np.maximum(fitted, 1e-9)).sum())
    spread = max(1.0, surplus / freedom) if counts.any() else 1.0
    gained = (_deviance(counts, alone) - _deviance(counts, fitted)) / 11
    p = float(fdtrc(11, freedom, max(gained, 0.0) / spread))
    observed, days = sums(of_year, counts, 12), sums(of_year, exposure, 12)
    # what the trend alone would give each month of the year: the fit without the month's own factor
    level = fitted / np.exp(_month_effects(both, fitted, exposure)[of_year])
    return _factors(observed, days, sums(of_year, level, 12), spread, p)


def months_of(first: date, n: int) -> tuple[Ints, Ints]:
    """Give for each of n days from the first on its month of the year (0 to 11), and the number of its month."""
    months = np.arange(np.datetime64(first), np.datetime64(first) + n).astype("datetime64[M]").astype(np.int64)
    return months % 12, months - (months[0] if n else 0)


def _month_effects(design: Floats, fitted: Floats, exposure: Floats) -> Floats:
    """Give the logarithms of the twelve factors out of a fit, up to one number that they share."""
    found = np.linalg.lstsq(design, np.log(np.maximum(fitted, 1e-300) / exposure), rcond=None)[0]
    return np.asarray(found[-12:])


def _fitted(design: Floats, counts: Floats, exposure: Floats) -> Floats:
    """Fit log rates by Poisson regression (reweighted least squares)."""
    mean = counts + 0.5
    for _ in range(50):
        working = np.log(mean / exposure) + (counts - mean) / mean
        root = np.sqrt(mean)
        found = np.linalg.lstsq(design * root[:, None], working * root, rcond=None)[0]
        before, mean = mean, np.maximum(exposure * np.exp(design @ found), 1e-12)
        if np.abs(mean - before).max() <= 1e-9 * (1 + counts.max()):
            break
    return mean


def _deviance(counts: Floats, mean: Floats) -> float:
    return float(2 * (xlogy(counts, counts) - xlogy(counts, mean) - counts + mean).sum())


def _factors(counts: Floats, days: Floats, expected: Floats, spread: float, p: float) -> Factors:
    found = excess(counts / spread, expected / spread)
    rate = found.ratio
    mean = float((rate * days).sum() / days.sum()) if math.isfinite(float(rate.sum())) else math.nan
    scale = 1 / mean if mean > 0 else math.nan
    return Factors(counts, days, rate * scale, found.low * scale, found.high * scale, spread, p)

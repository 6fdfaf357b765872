"""Change points: on which days the level of incidents changed for good, and by how much.

Optimal partitioning of a Poisson series whose variance is scaled to what the series shows, with the rhythm of the week
and of the year taken off where there is one. Chance, bursts that last for days, and seasons are no changes.
"""

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv, xlogy

from spatialgov.errors import InputError
from spatialgov.incidents.moments import Daily, sums
from spatialgov.incidents.risk import rate_ratio
from spatialgov.incidents.seasons import Factors, checked_daily, months_of, seasonality
from spatialgov.language import t

__all__ = ["MOST_STEPS", "STEPS", "Change", "ChangePoints", "change_points", "optimal_cuts", "penalty"]

STEPS = ("day", "week", "month")
"""What a series can be made of."""
MOST_STEPS = 4000
"""Steps of a series: the time it takes grows with their square."""
Step = Literal["day", "week", "month"]
_LEAST_STEPS = {"day": 14, "week": 4, "month": 3}
"""A level holds at least so long; what is shorter is an event."""
_SEASON_P = 0.05
_WEEK = 7
_AS_LIKELY = -2 * math.log1p(-math.sqrt(0.95))
"""Siegmund (1988): both sides of a two-sided random walk stay within half of this below its top in 95 %."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of level.

    Attributes
    ----------
    first_day
        The first day of the new level, to within a step.
    earliest, latest
        95 % interval of that day.
    before, after
        Incidents a day, of a mean day of the week and the year, between the changes next to this one.
    ratio, ratio_low, ratio_high
        After over before, with its 95 % interval; infinite where nothing happened before.
    """

    first_day: date
    earliest: date
    latest: date
    before: float
    after: float
    ratio: float
    ratio_low: float
    ratio_high: float


@dataclass(frozen=True, slots=True, eq=False)
class ChangePoints:
    """A series, its levels and its changes.

    Attributes
    ----------
    step
        What the series is made of: days, weeks (the last one ends with the data), or calendar months.
    first_days
        datetime64[D] (steps,), the first day of each.
    counts
        float64 (steps,), incidents.
    expected
        float64 (steps,), what the level, the days and the rhythm make of each step.
    changes
        In the order of time.
    dispersion
        Variance over mean of the series, at least 1 and rather too large; what chance does is judged by it.
    adjusted
        Which rhythms were taken off: ``"weekday"``, ``"month"``. Without ``"month"``, as with less than two years, a
        season looks like changes.
    """

    step: Step
    first_days: npt.NDArray[np.datetime64]
    counts: Floats
    expected: Floats
    changes: tuple[Change, ...]
    dispersion: float
    adjusted: tuple[str, ...]


def change_points(daily: Daily, step: Step = "week") -> ChangePoints:
    """Find changes of the level.

    Parameters
    ----------
    daily
        Counts of days without a gap, as by `daily_counts`.
    step
        What is looked at: ``"day"``, ``"week"``, ``"month"``. Weeks see most: days of a burst hang together, months
        are few.

    Raises
    ------
    InputError
        When the step is unknown, the counts are none, or there are more than `MOST_STEPS` steps.

    Notes
    -----
    The partition is the best of all (Jackson et al. 2005): least −2 log likelihood over the dispersion, and `penalty`
    for each change, which lets a constant series have one in at most 5 %. A slow rise comes out as stairs;
    whether it rises is `mann_kendall`'s question. The interval of a day holds those whose likelihood is within that of
    Siegmund (1988, two-sided random walk) of the best; the ratio's is Clopper and Pearson's.
    """
    if step not in STEPS:
        raise InputError(
            t("There is no step {step}.", "没有步长 {step}。", step=repr(step)),
            remedy=t("Steps are day, week and month.", "步长为 day、week 或 month。"),
        )
    checked_daily(daily)
    number, starts = _steps(daily, step)
    if len(starts) > MOST_STEPS:
        raise InputError(
            t(
                "{n} steps are too many; the limit is {limit}.",
                "步数 {n} 过多，上限为 {limit}。",
                n=len(starts),
                limit=MOST_STEPS,
            ),
            remedy=t("Take weeks or months.", "请按周或按月。"),
        )
    held = number >= 0
    counts = sums(number[held], daily.counts[held], len(starts))
    least, rhythm = _LEAST_STEPS[step], seasonality(daily)
    weekdays, months = _if_any(rhythm.weekdays), _if_any(rhythm.months)
    base = daily.hours / 24 * _by_weekday(daily, weekdays)
    month = months_of(daily.first, len(daily.counts))[0]
    factor = np.ones(12) if months is None else months.factor
    cuts, spread = np.empty(0, dtype=np.int64), 1.0
    for _ in range(10):
        a_day = base * factor[month]
        exposure = sums(number[held], a_day[held], len(starts))
        spread = _dispersion(counts, exposure, least, cuts)
        before, cuts = cuts, optimal_cuts(counts / spread, exposure, penalty(len(counts), least), least)
        if np.array_equal(cuts, before):
            break
        if months is not None:
            # a step must not pass for a season, nor a season for steps: the months anew, given the levels
            factor = _months_given(daily, base * _level_of_days(number, counts, exposure, cuts), month)
    return ChangePoints(
        step,
        np.datetime64(daily.first) + starts,
        counts,
        _levels(counts, exposure, cuts)[np.searchsorted(cuts, np.arange(len(counts)), side="right")] * exposure,
        tuple(_changes(daily, starts, counts, exposure, cuts, spread)),
        spread,
        tuple(name for name, found in (("weekday", weekdays), ("month", months)) if found is not None),
    )


def optimal_cuts(counts: Floats, exposure: Floats, each: float, least: int) -> Ints:
    """Cut a Poisson series into levels, at the least total of −2 log likelihood and the price of the cuts.

    Parameters
    ----------
    counts, exposure
        (n,) ≥ 0; the mean of a step is its level times its exposure.
    each
        Price of a cut.
    least
        Steps that a level holds at least.

    Returns
    -------
    int64 (cuts,)
        The first step of each level but the first, ascending.
    """
    n = len(counts)
    y, e = (np.concatenate([[0.0], np.cumsum(row)]) for row in (counts, exposure))
    best = np.full(n + 1, math.inf)
    best[0] = -each
    last = np.zeros(n + 1, dtype=np.int64)
    for end in range(least, n + 1):
        begin = end - least + 1
        costs = best[:begin] + each + _cost(y[end] - y[:begin], e[end] - e[:begin])
        last[end] = np.argmin(costs)
        best[end] = costs[last[end]]
    cuts = []
    end = int(last[n])
    while end > 0:
        cuts.append(end)
        end = int(last[end])
    return np.array(cuts[::-1], dtype=np.int64)


def penalty(n: int, least: int) -> float:
    """Give the price of a change at which at most 5 % of constant series of n steps have one.

    Fitted to the 95 % quantile of the best gain per change in simulated series (Poisson, gamma rates, rates that last)
    of 24 to 500 steps, with the dispersion estimated as here.
    """
    return 4.2 + 1.6 * math.log(max(n / least, 2.0))


def _cost(counts: Floats, exposure: Floats) -> Floats:
    """Give −2 log likelihood of steps taken together, up to what no cut can change."""
    return np.asarray(-2 * xlogy(counts, counts / np.maximum(exposure, 1e-300)))


def _if_any(factors: Factors | None) -> Factors | None:
    return factors if factors is not None and factors.p <= _SEASON_P and np.isfinite(factors.factor).all() else None


def _by_weekday(daily: Daily, weekdays: Factors | None) -> Floats:
    if weekdays is None:
        return np.ones(len(daily.counts))
    return np.asarray(weekdays.factor[(daily.first.weekday() + np.arange(len(daily.counts))) % _WEEK])


def _steps(daily: Daily, step: Step) -> tuple[Ints, Ints]:
    """Give the number of each day's step (-1 for days before the first whole week), and each step's first day."""
    day = np.arange(len(daily.counts))
    if step == "month":
        number = months_of(daily.first, len(day))[1]
    elif step == "week":
        number = (day - len(day) % _WEEK) // _WEEK
    else:
        number = day
    return number, np.flatnonzero(np.diff(number, prepend=-1))


def _dispersion(counts: Floats, exposure: Floats, least: int, cuts: Ints) -> float:
    """Give how much neighbouring steps differ beyond chance, at least 1: single ones, and runs of the least length.

    Pearson's X² of each pair of neighbours, which a change touches only once. Runs, because what hangs together for a
    while looks like a level; they are few, and their dispersion is taken to be larger than they show, as it would be
    three times in four.
    """
    alone, _ = _of_neighbours(counts, exposure, 1, cuts)
    in_runs, runs = _of_neighbours(counts, exposure, least, cuts)
    free = max(runs * 2 / 3, 1.0)  # a run is in two pairs
    return max(1.0, alone, in_runs * free / (2 * float(gammaincinv(free / 2, 0.25))))


def _of_neighbours(counts: Floats, exposure: Floats, size: int, cuts: Ints) -> tuple[float, int]:
    """Give the mean X² of neighbouring runs of so many steps, and of how many pairs."""
    whole = len(counts) // size * size
    begins, ends = (np.searchsorted(cuts, np.arange(k, whole, size), side="right") for k in (0, size - 1))
    y, e = (row[:whole].reshape(-1, size).sum(axis=1) for row in (counts, exposure))
    told = (y[1:] + y[:-1] > 0) & (e[1:] > 0) & (e[:-1] > 0) & (begins[:-1] == ends[1:])
    if not told.any():
        return 1.0, 0
    (y0, e0), (y1, e1) = ((row[told] for row in pair) for pair in ((y[:-1], e[:-1]), (y[1:], e[1:])))
    return float(((y1 * e0 - y0 * e1) ** 2 / ((y0 + y1) * e0 * e1)).mean()), int(told.sum())


def _levels(counts: Floats, exposure: Floats, cuts: Ints) -> Floats:
    """Give the level between the cuts."""
    begins = np.concatenate([[0], cuts])
    if not len(counts):
        return np.empty(0)
    y, e = np.add.reduceat(counts, begins), np.add.reduceat(exposure, begins)
    return np.divide(y, e, out=np.zeros(len(y)), where=e > 0)


def _level_of_days(number: Ints, counts: Floats, exposure: Floats, cuts: Ints) -> Floats:
    return _levels(counts, exposure, cuts)[np.searchsorted(cuts, number, side="right")]


def _months_given(daily: Daily, expected: Floats, month: Ints) -> Floats:
    """Give the factors of the months of the year, given what each day would have without them."""
    factor = sums(month, daily.counts, 12) / np.maximum(sums(month, expected, 12), 1e-300)
    return np.asarray(factor / (factor[month].mean() or 1.0))


def _changes(daily: Daily, starts: Ints, counts: Floats, exposure: Floats, cuts: Ints, spread: float) -> list[Change]:
    edges = [0, *cuts.tolist(), len(counts)]
    found = []
    for begin, cut, end in zip(edges[:-2], edges[1:-1], edges[2:], strict=True):
        y, e = counts[begin:end] / spread, exposure[begin:end]
        y_before, e_before = np.cumsum(y)[:-1], np.cumsum(e)[:-1]
        costs = _cost(y_before, e_before) + _cost(y.sum() - y_before, e.sum() - e_before)
        likely = np.flatnonzero(costs <= costs[cut - begin - 1] + _AS_LIKELY) + begin + 1
        first_day, earliest, latest = (daily.day(int(starts[k])) for k in (cut, likely[0], likely[-1]))
        first, second = float(counts[begin:cut].sum()), float(counts[cut:end].sum())
        here, there = float(exposure[begin:cut].sum()), float(exposure[cut:end].sum())
        how = rate_ratio(first / spread, second / spread, here, there)
        ratio, low, high = (float(one) for one in (how.ratio, how.low, how.high))
        found.append(Change(first_day, earliest, latest, first / here, second / there, ratio, low, high))
    return found

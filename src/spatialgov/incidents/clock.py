"""When in the week incidents happen: the 168 hours of a week, each against how often it came."""

from dataclasses import dataclass, fields
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from spatialgov.errors import InputError
from spatialgov.incidents.aoristic import HOURS_OF_WEEK
from spatialgov.incidents.excess_risk import Excess, excess
from spatialgov.incidents.moments import DAY_US, HOUR_US, Moments, moments, offsets_us
from spatialgov.language import t

__all__ = ["Clock", "clock", "table_dispersion"]

_WEEK_US = HOURS_OF_WEEK * HOUR_US
_MONDAY_US = 4 * DAY_US  # 1970-01-05
_DRAWN = 10  # weeks that the dispersion of all hours counts for in that of one

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Incidents by weekday and hour of a local clock. Every array is (7, 24); row 0 is Monday, column 0 is 0 to 1 h.

    Attributes
    ----------
    timezone
        Whose clock it is.
    since, until
        The period, half-open; None where there is neither an incident nor a limit.
    counts
        float64, incidents; whole numbers unless shares of incidents were passed in.
    exposure_hours
        float64, how many such hours the period holds, clock changes and broken weeks included.
    dispersion
        float64, how much more an hour's counts vary from week to week than Poisson's, the weeks' levels taken off
        (variance over mean, at least 1). Its interval and p are widened by it: one bad night is no habit. With less
        than two weeks all may be one event, and nothing stands out.
    expected_even
        float64, what each hour would have if all hours of the week were alike.
    even
        Counts against that: `more` are the hours that stand out of the week.
    expected_independent
        float64, what each would have if the day's course were the same on every weekday.
    independent
        Counts against that: `more` are hours with more than their weekday and their hour of the day explain.
    """

    timezone: str
    since: datetime | None
    until: datetime | None
    counts: Floats
    exposure_hours: Floats
    dispersion: Floats
    expected_even: Floats
    even: Excess
    expected_independent: Floats
    independent: Excess


def clock(
    occurred_at: object,
    timezone: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    weights: npt.ArrayLike | csr_array | None = None,
    alpha: float = 0.05,
) -> Clock:
    """Count incidents by weekday and hour, and say which hours stand out.

    Parameters
    ----------
    occurred_at
        (n,) aware times.
    timezone
        Name of the zone whose clock is meant, for example ``Asia/Shanghai``.
    since, until
        The period, half-open and aware; None: from the start of the first incident's local day to the end of the
        last one's. Incidents outside are left out. Name it where it is known: hours without incidents count too.
    weights
        (n, 168) shares ≥ 0 of each incident in the hours of the week (Monday 0 h first), where times are intervals, as
        by `aoristic_weights`; None: all of an incident in its hour. A share in an hour that the period doesn't hold is
        left out.
    alpha
        Share of false discoveries tolerated among the hours with more, and among those with fewer.

    Raises
    ------
    InputError
        When a time is missing or has no offset, the zone is unknown, or the weights don't fit.

    Notes
    -----
    Intervals and tails are Poisson's exact ones (Garwood 1936), continued between whole numbers by the gamma
    distribution; with a dispersion c they are those of count / c against expected / c.
    """
    found = moments(occurred_at, timezone, since=since, until=until)
    local = found.local_us() - _MONDAY_US
    exposure = _exposure_us(found)
    slot = local % _WEEK_US // HOUR_US
    if weights is None:
        shares = csr_array((np.ones(len(slot)), slot, np.arange(len(slot) + 1)), shape=(len(slot), HOURS_OF_WEEK))
    else:
        shares = _checked_weights(weights, found)
    week = np.where(exposure > 0, shares.sum(axis=0), 0.0).reshape(7, 24)
    spread = _dispersions(_by_whole_weeks(found, local, shares), float(week.sum())).reshape(7, 24)
    hours = exposure.reshape(7, 24) / HOUR_US
    even = hours * (week.sum() / (hours.sum() or 1.0))
    independent = _independent(week, hours)
    return Clock(
        timezone,
        found.since,
        found.until,
        week,
        hours,
        spread,
        even,
        _against(week, even, spread, alpha),
        independent,
        _against(week, independent, spread, alpha),
    )


def table_dispersion(table: Floats) -> float:
    """Give how much more a table of counts varies than Poisson's once its rows and columns are explained.

    Parameters
    ----------
    table
        (rows, columns) ≥ 0.

    Returns
    -------
    float
        Pearson's X² for independence over its degrees of freedom, at least 1. Its mean under independence is right
        however small the counts are (Haldane 1940).
    """
    rows, columns, total = table.sum(axis=1), table.sum(axis=0), float(table.sum())
    freedom = (np.count_nonzero(rows) - 1) * (np.count_nonzero(columns) - 1)
    if freedom < 1 or total <= 1:
        return 1.0
    expected = np.outer(rows, columns) / total
    surplus = np.divide((table - expected) ** 2, expected, out=np.zeros(table.shape), where=expected > 0)
    return max(1.0, float(surplus.sum()) / freedom * (total - 1) / total)


def _checked_weights(weights: npt.ArrayLike | csr_array, found: Moments) -> csr_array:
    shares = csr_array(weights if isinstance(weights, csr_array) else np.asarray(weights, dtype=np.float64))
    fits = shares.shape == (len(found.inside), HOURS_OF_WEEK)
    if not fits or not (np.isfinite(shares.data) & (shares.data >= 0)).all():
        raise InputError(
            t(
                "The weights must be a table of {n} incidents × 168 hours of numbers, zero or more.",
                "权重须为 {n} 个事件 × 168 小时的非负数值表。",
                n=len(found.inside),
            ),
            remedy=t("Make them with incidents.aoristic_weights.", "请用 incidents.aoristic_weights 生成。"),
        )
    return shares[found.inside]


def _exposure_us(found: Moments) -> Floats:
    """Give how long the local clock showed each hour of the week: (168,) microseconds."""
    edges, offsets = _runs(*found.limits_us(), found.zone)
    shown = _shown_us(edges[1:] + offsets) - _shown_us(edges[:-1] + offsets)
    return np.asarray(shown.sum(axis=0), dtype=np.float64)


def _shown_us(local_us: Ints) -> Ints:
    """Give how long each hour of the week has been shown since a Monday: (moments, 168)."""
    weeks, rest = np.divmod(local_us - _MONDAY_US, _WEEK_US)
    begins = np.arange(HOURS_OF_WEEK) * HOUR_US
    return np.asarray(weeks[:, None] * HOUR_US + np.clip(rest[:, None] - begins, 0, HOUR_US))


def _runs(since_us: int, until_us: int, zone: ZoneInfo) -> tuple[Ints, Ints]:
    """Cut a period where its clock is changed: the edges, and the offset from UTC between each and the next."""
    days = np.arange(since_us, until_us, DAY_US)
    edges = np.append(days, until_us)
    offsets = offsets_us(edges, zone)
    changed = np.flatnonzero(np.diff(offsets))
    low, high = edges[changed], edges[changed + 1]
    while (high - low > 1).any():
        middle = (low + high) // 2
        same = offsets_us(middle, zone) == offsets[changed]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    cuts = np.concatenate([[since_us], high, [until_us]])
    return cuts, offsets[np.append(changed, len(edges) - 1)]


def _by_whole_weeks(found: Moments, local: Ints, shares: csr_array) -> Floats:
    """Count by week and hour of the week, in the whole weeks of the period, counted from its beginning."""
    limits = np.array(found.limits_us())
    first, last = (limits + offsets_us(limits, found.zone) - _MONDAY_US).tolist()
    weeks = (last - first) // _WEEK_US
    week = (local - first) // _WEEK_US
    whole = np.flatnonzero(week < weeks)
    of_week = csr_array((np.ones(len(whole)), (week[whole], whole)), shape=(max(weeks, 0), len(week)))
    return np.asarray((of_week @ shares).toarray())


def _dispersions(table: Floats, all_of_them: float) -> Floats:
    """Give the dispersion of each hour of the week: its own, drawn towards that of all as its weeks are few.

    What happened within one week may all be one event.
    """
    pooled, total = table_dispersion(table), float(table.sum())
    weeks = np.count_nonzero(table.sum(axis=1))
    if weeks < 2:
        return np.full(table.shape[1], max(all_of_them, 1.0))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    surplus = np.divide((table - expected) ** 2, expected, out=np.zeros(table.shape), where=expected > 0).sum(axis=0)
    surplus[table.sum(axis=0) == 0] = (weeks - 1) * pooled
    return np.asarray(np.maximum((_DRAWN * pooled + surplus) / (_DRAWN + weeks - 1), 1.0))


def _independent(counts: Floats, exposure: Floats) -> Floats:
    """Fit a factor for each weekday and each hour to the rates (iterative proportional fitting)."""
    expected = exposure.astype(np.float64)
    for _ in range(100):
        before = expected
        expected = expected * _quotient(counts.sum(axis=1), expected.sum(axis=1))[:, None]
        expected = expected * _quotient(counts.sum(axis=0), expected.sum(axis=0))
        if np.abs(expected - before).max() <= 1e-12 * counts.sum():
            break
    return expected


def _quotient(counts: Floats, expected: Floats) -> Floats:
    return np.divide(counts, expected, out=np.zeros(len(counts)), where=expected > 0)


def _against(counts: Floats, expected: Floats, spread: Floats, alpha: float) -> Excess:
    found = excess((counts / spread).ravel(), (expected / spread).ravel(), alpha=alpha)
    return Excess(**{field.name: getattr(found, field.name).reshape(counts.shape) for field in fields(Excess)})

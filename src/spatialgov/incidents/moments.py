"""Moments and the days and hours of a place: aware times in, local time of a named zone out, clock changes included."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import InputError
from spatialgov.incidents.times import zone_named
from spatialgov.language import t

__all__ = ["DAY_US", "HOUR_US", "Daily", "Moments", "daily_counts", "moments", "offsets_us", "sums"]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Times of incidents, and the period that they are counted in.

    Attributes
    ----------
    zone
        Whose days and hours count.
    since, until
        The period, half-open: since ≤ t < until. None where there is neither an incident nor a limit.
    utc_us
        int64 (n,), microseconds since 1970 UTC, of the incidents of the period.
    inside
        bool (all incidents,), which of those passed in lie in the period.
    """

    zone: ZoneInfo
    since: datetime | None
    until: datetime | None
    utc_us: Ints
    inside: Bools

    def local_us(self) -> Ints:
        """Give what the clock showed: int64 (n,), microseconds since 1970 there."""
        return self.utc_us + offsets_us(self.utc_us, self.zone)

    def limits_us(self) -> tuple[int, int]:
        """Give the period in microseconds since 1970 UTC; nothing at all is a period of no length."""
        if self.since is None or self.until is None:
            return 0, 0
        return _us(self.since), _us(self.until)


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """Incidents by local day, one day after the other.

    Attributes
    ----------
    first
        The first day.
    counts
        float64 (n,), incidents of each day.
    hours
        float64 (n,), how much of each day the period holds: 24, 23 or 25 where clocks change, less at the ends.
    """

    first: date
    counts: Floats
    hours: Floats

    def day(self, position: int) -> date:
        """Give the day at a position."""
        return self.first + timedelta(days=position)


def moments(
    occurred_at: object, timezone: str, *, since: datetime | None = None, until: datetime | None = None
) -> Moments:
    """Check times, and settle the period.

    Parameters
    ----------
    occurred_at
        (n,) aware times: a pandas Series or DatetimeIndex, or a sequence of datetimes.
    timezone
        Name of the zone whose days and hours count, for example ``Asia/Shanghai``.
    since, until
        The period, aware; None: from the start of the first incident's local day, to the end of the last one's.

    Raises
    ------
    InputError
        When a time is missing or has no offset, the zone is unknown, or the period ends before it starts.
    """
    zone = zone_named(timezone)
    utc_us = _utc_us(occurred_at)
    for limit in (since, until):
        if limit is not None and limit.tzinfo is None:
            raise _naive()
    if len(utc_us) and since is None:
        since = _midnight(_local_day(int(utc_us.min()), zone), zone)
    if len(utc_us) and until is None:
        until = _midnight(_local_day(int(utc_us.max()), zone) + timedelta(days=1), zone)
    if since is None or until is None:
        since = until = None
        return Moments(zone, None, None, utc_us[:0], np.zeros(len(utc_us), dtype=np.bool_))
    if until < since:
        raise InputError(
            t("The period ends before it starts.", "时段的结束早于开始。"),
            remedy=t("Give an “until” that is later than “since”.", "until 应晚于 since。"),
        )
    inside = (utc_us >= _us(since)) & (utc_us < _us(until))
    return Moments(zone, since.astimezone(zone), until.astimezone(zone), utc_us[inside], inside)


def daily_counts(
    occurred_at: object, timezone: str, *, since: datetime | None = None, until: datetime | None = None
) -> Daily:
    """Count incidents by local day, days without any included.

    Parameters
    ----------
    occurred_at, timezone, since, until
        As `moments`.

    Raises
    ------
    InputError
        As `moments`.
    """
    found = moments(occurred_at, timezone, since=since, until=until)
    if found.since is None or found.until is None or found.since == found.until:
        return Daily(date(1970, 1, 1), np.empty(0), np.empty(0))
    first = found.since.date()
    last = (found.until - timedelta(microseconds=1)).astimezone(found.zone).date()
    n = (last - first).days + 1
    begins = np.array([_us(_midnight(first + timedelta(days=k), found.zone)) for k in range(n + 1)])
    low, high = found.limits_us()
    hours = np.diff(np.clip(begins, low, high)) / HOUR_US
    day = found.local_us() // DAY_US - (first - date(1970, 1, 1)).days
    return Daily(first, np.bincount(day, minlength=n).astype(np.float64), hours)


def sums(group: Ints, values: Floats, n: int) -> Floats:
    """Give the sum of the values of each of n groups: float64 (n,)."""
    return np.bincount(group, values, n).astype(np.float64)


def offsets_us(utc_us: Ints, zone: ZoneInfo) -> Ints:
    """Give by how much the zone's clock is ahead of UTC at each moment: int64 (n,) microseconds."""
    times = pd.DatetimeIndex(utc_us.astype("datetime64[us]"), tz="UTC").tz_convert(zone)
    return np.asarray(times.tz_localize(None).as_unit("us").asi8 - utc_us, dtype=np.int64)


def _utc_us(occurred_at: object) -> Ints:
    try:
        times = pd.Series(occurred_at)
        if not len(times):
            return np.empty(0, dtype=np.int64)
        if times.dtype == object:  # datetimes of several zones
            if any(getattr(one, "tzinfo", None) is None for one in times):
                raise _naive()
            times = pd.to_datetime(times, utc=True)
        index = pd.DatetimeIndex(times)
    except (TypeError, ValueError) as error:
        raise _naive() from error
    if index.tz is None or index.hasnans:
        raise _naive()
    return np.asarray(index.tz_convert("UTC").as_unit("us").asi8, dtype=np.int64)


def _naive() -> InputError:
    return InputError(
        t("A time is missing or has no UTC offset.", "有时间缺失，或没有时区。"),
        remedy=t(
            "Pass aware times, for example 2026-05-01T08:30:00+08:00, and leave out incidents without one.",
            "请传入带时区的时间，例如 2026-05-01T08:30:00+08:00；没有时间的事件不要传入。",
        ),
    )


def _us(moment: datetime) -> int:
    return (moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(microseconds=1)


def _local_day(utc_us: int, zone: ZoneInfo) -> date:
    return (
        (datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(microseconds=utc_us)).astimezone(zone).date()
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give the first moment of a local day; where clocks skip midnight, the moment of the change."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)

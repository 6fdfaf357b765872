"""The clock of a time zone as one column: of the hour follow the day, the week, the month and the hour of the week."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["TIME_UNITS", "LocalHours", "TimeUnit", "hour_of_week", "starts_of", "unit_numbers"]

TimeUnit = Literal["hour", "day", "week", "month"]
TIME_UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)
"""Weeks begin on Monday."""

_EPOCH = datetime(1970, 1, 1)
_HOUR = timedelta(hours=1)
_HOUR_US = 3_600_000_000
_DAYS_TO_MONDAY = 3  # 1970-01-01 was a Thursday

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class LocalHours:
    """The hour on the clock at which each incident of a cube occurred.

    Where clocks are put back, both hours of the same name are one; where they are put forward, one has no incidents.

    Attributes
    ----------
    hour
        int32 (n,), hours from 1970-01-01 0 h on the clock; of an incident that is known roughly, at its beginning.
    hour_known
        bool (n,): not those that may have happened in a time longer than an hour.
    day_known
        bool (n,): not those that may have happened on more than one day of the clock.
    zone
        Whose clock.
    """

    hour: npt.NDArray[np.int32]
    hour_known: npt.NDArray[np.bool_]
    day_known: npt.NDArray[np.bool_]
    zone: ZoneInfo

    @classmethod
    def of(cls, time_us: Ints, until_us: Ints, zone: ZoneInfo) -> Self:
        """Read the clock at the times of a cube: `Cube.time_us` and `Cube.until_us`."""
        hour, day_known = _hours(time_us, zone), np.ones(len(time_us), dtype=np.bool_)
        rough = np.flatnonzero(until_us > time_us)
        day_known[rough] = hour[rough] // 24 == _hours(until_us[rough] - 1, zone) // 24
        return cls(hour, until_us - time_us <= _HOUR_US, day_known, zone)

    def at(self, moment: datetime) -> int:
        """Give the hour on the clock at an aware moment."""
        wall = moment.astimezone(self.zone).replace(tzinfo=None)
        return (wall - _EPOCH) // _HOUR


def _hours(time_us: Ints, zone: ZoneInfo) -> npt.NDArray[np.int32]:
    moments = pd.DatetimeIndex(time_us.view("datetime64[us]"), tz="UTC")
    wall = moments.tz_convert(zone).tz_localize(None).to_numpy().view(np.int64)
    return (wall // _HOUR_US).astype(np.int32)


def unit_numbers(hours: Ints, unit: TimeUnit) -> Ints:
    """Give the number, from the one that holds 1970-01-01, of the hour, day, week or month that each hour lies in."""
    if unit == "hour":
        return hours
    days = hours // 24
    if unit == "day":
        return days
    if unit == "week":
        return (days + _DAYS_TO_MONDAY) // 7
    return days.view("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def starts_of(numbers: Ints, unit: TimeUnit) -> npt.NDArray[np.datetime64]:
    """Give when, on the clock, the hours, days, weeks or months of these numbers begin: datetime64[h]."""
    if unit == "hour":
        return numbers.view("datetime64[h]")
    if unit == "month":
        return numbers.view("datetime64[M]").astype("datetime64[h]")
    days = numbers if unit == "day" else numbers * 7 - _DAYS_TO_MONDAY
    return days.view("datetime64[D]").astype("datetime64[h]")


def hour_of_week(hours: npt.NDArray[np.signedinteger[Any]]) -> npt.NDArray[np.signedinteger[Any]]:
    """Give the hour of the week, 0 to 167, Monday 0 h first."""
    return (hours + _DAYS_TO_MONDAY * 24) % 168

"""When incidents of a category happen: by the hour, the day of the week, the month and the holidays."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

import numpy as np

from spatialgov.sample.chance import pick

__all__ = ["CHINA_TIME", "FIRST_DAY", "LAST_DAY", "Rhythm", "days", "draw_times", "timestamp"]

CHINA_TIME: Final = timezone(timedelta(hours=8))
FIRST_DAY: Final = date(2025, 5, 1)
LAST_DAY: Final = date(2026, 10, 31)

_HOLIDAYS: Final[Sequence[tuple[date, date, float]]] = (
    # First day, last day, and how much goes on at all.
    (date(2025, 5, 1), date(2025, 5, 5), 1.0),
    (date(2025, 10, 1), date(2025, 10, 7), 1.0),
    (date(2026, 2, 15), date(2026, 2, 23), 0.65),
    (date(2026, 5, 1), date(2026, 5, 5), 1.0),
    (date(2026, 10, 1), date(2026, 10, 7), 1.0),
)
_STORMS: Final = frozenset(
    date(year, month, day)
    for year, month, day in (
        (2025, 6, 21), (2025, 7, 8), (2025, 7, 24), (2025, 8, 3), (2025, 8, 4), (2025, 8, 19), (2026, 6, 27),
        (2026, 7, 6), (2026, 7, 18), (2026, 7, 31), (2026, 8, 14), (2026, 8, 28),
    )
)  # fmt: skip
"""Days after which trees lie on the roads and water stands in them."""


@dataclass(frozen=True)
class Rhythm:
    """How a category comes and goes.

    Attributes
    ----------
    hours
        Peaks: hour of the day, width in hours, height; a level of 0.06 lies under them.
    weekend
        Saturdays and Sundays against the other days.
    months
        Month (1–12) → factor; 1 where none is given.
    holiday
        Public holidays against the other days.
    storm
        Days of storm against the other days.
    """

    hours: Sequence[tuple[float, float, float]]
    weekend: float = 1.0
    months: Mapping[int, float] | None = None
    holiday: float = 1.0
    storm: float = 1.0


def days() -> int:
    """Give the number of days of the period."""
    return (LAST_DAY - FIRST_DAY).days + 1


def draw_times(
    rhythm: Rhythm, count: int, rng: np.random.Generator, day_weight: Sequence[float] | None = None
) -> list[int]:
    """Draw times of incidents, minutes since the beginning of the first day (China time).

    Parameters
    ----------
    day_weight
        A factor for each day of the period: how a hot spot rises and falls.
    """
    weights = [_day_weight(rhythm, FIRST_DAY + timedelta(days=k)) for k in range(days())]
    if day_weight is not None:
        weights = [a * b for a, b in zip(weights, day_weight, strict=True)]
    day = pick(weights, count, rng)
    hour = pick([_hour_weight(rhythm, h) for h in range(24)], count, rng)
    minute = rng.integers(0, 60, count).tolist()
    return [d * 1440 + h * 60 + m for d, h, m in zip(day, hour, minute, strict=True)]


def timestamp(minutes: int) -> str:
    """Give a time as ISO 8601 with its offset, to the minute."""
    begin = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=CHINA_TIME)
    return (begin + timedelta(minutes=minutes)).isoformat(timespec="minutes")


def _day_weight(rhythm: Rhythm, day: date) -> float:
    weight = (rhythm.months or {}).get(day.month, 1.0)
    if day.weekday() >= 5:
        weight *= rhythm.weekend
    for first, last, activity in _HOLIDAYS:
        if first <= day <= last:
            weight *= rhythm.holiday * activity
    if day in _STORMS:
        weight *= rhythm.storm
    return weight


def _hour_weight(rhythm: Rhythm, hour: int) -> float:
    level = 0.06
    for peak, width, height in rhythm.hours:
        away = min(abs(hour + 0.5 - peak), 24 - abs(hour + 0.5 - peak))
        level += height * math.exp(-0.5 * (away / width) ** 2)
    return level

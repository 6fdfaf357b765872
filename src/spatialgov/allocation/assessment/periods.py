"""Weeks, months, quarters and years of the calendar: what is assessed (周月季年)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["PERIODS", "AssessedPeriod", "PeriodKind", "is_label", "whole_periods"]

PeriodKind = Literal["week", "month", "quarter", "year"]
"""Of the calendar: a week begins on Monday, a quarter in January, April, July or October."""
PERIODS: tuple[PeriodKind, ...] = get_args(PeriodKind)

_LABEL = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-W(0[1-9]|[1-4][0-9]|5[0-3]))?")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AssessedPeriod:
    """A period that has ended.

    Attributes
    ----------
    label
        ``2026-W43``, ``2026-10``, ``2026-Q3`` or ``2026``.
    since, until
        Aware; what happens at `until` is not in it.
    known_since
        From when on incidents are known: later than `since` where they were not collected all the time.
    """

    label: str
    since: datetime
    until: datetime
    known_since: datetime

    @property
    def days(self) -> float:
        """How long incidents are known of."""
        return (self.until - self.known_since) / _DAY


def is_label(text: str) -> bool:
    """Whether a text is the label of a period: ``2026-W43``, ``2026-10``, ``2026-Q3`` or ``2026``."""
    return _LABEL.fullmatch(text) is not None


def whole_periods(
    kind: PeriodKind, known_since: datetime, known_until: datetime, *, count: int = 1, zone: ZoneInfo
) -> list[AssessedPeriod]:
    """Give the last periods that have ended by the time until which incidents are known, oldest first.

    Parameters
    ----------
    kind
        Of the calendar.
    known_since, known_until
        Between these, incidents are known. Periods that end before are none.
    count
        How many at most.
    zone
        Whose calendar.

    Raises
    ------
    InputError
        When the count is not 1 or more, or no period has ended.
    """
    if count < 1:
        raise InputError(
            t("{n} periods can't be assessed.", "无法考核 {n} 个周期。", n=count),
            remedy=t("Ask for one or more.", "请给出 1 或更多。"),
        )
    found: list[AssessedPeriod] = []
    end = _begin(kind, known_until.astimezone(zone).date())
    while len(found) < count and _midnight(end, zone) > known_since:
        first = _begin(kind, end - _DAY)
        since, until = _midnight(first, zone), _midnight(end, zone)
        found.append(AssessedPeriod(_label(kind, first), since, until, max(since, known_since.astimezone(zone))))
        end = first
    if not found:
        raise InputError(
            t(
                "No {kind} has ended between {since} and {until}.",
                "{since} 至 {until} 之间没有已结束的周期（{kind}）。",
                kind=kind,
                since=f"{known_since.astimezone(zone):%Y-%m-%d}",
                until=f"{known_until.astimezone(zone):%Y-%m-%d}",
            ),
            remedy=t("Ask for a shorter period, or load more incidents.", "请改用更短的周期，或导入更多事件。"),
        )
    return found[::-1]


def _begin(kind: PeriodKind, day: date) -> date:
    if kind == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[kind]
    return day.replace(month=month, day=1)


def _label(kind: PeriodKind, first: date) -> str:
    if kind == "week":
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02d}"
    return {
        "month": f"{first:%Y-%m}",
        "quarter": f"{first.year:04d}-Q{(first.month + 2) // 3}",
        "year": f"{first.year:04d}",
    }[kind]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)

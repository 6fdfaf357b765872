"""How many incidents a view holds by time, by hour of the week and by category: what to choose the next view with."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from spatialgov.incidents import shown_counts
from spatialgov.incidents.cube import Slice, TimeUnit
from spatialgov.incidents.times import zone_named
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.time_steps import DEFAULT_ZONE

__all__ = ["IncidentProfile", "profile_of"]

_DAY = timedelta(days=1)
Ints = npt.NDArray[np.int64]
Counts = list[int | None]


@dataclass(frozen=True, eq=False, slots=True)
class IncidentProfile:
    """Counts of incidents; None where too small to be shown.

    Attributes
    ----------
    total
        Of the view.
    first_days, over_time
        Days, weeks (from Monday) or months of all that is known, and what the view would hold in each if it were not
        limited to a period.
    hours
        What it would hold in each hour of the week, from Monday 0 h, if it were not limited to hours; empty where one
        of the counts is too small.
    by_hour, by_weekday
        The same by hour of the day and by weekday, Monday first.
    categories
        By code, what it would hold if it were not limited to categories.
    """

    total: int | None
    first_days: list[date]
    over_time: Counts
    hours: Counts
    by_hour: Counts
    by_weekday: Counts
    categories: dict[str, int | None]

    def as_dict(self) -> dict[str, Any]:
        """Give it as a plain mapping."""
        return asdict(self)


def profile_of(
    analysis: Analysis,
    period: Period,
    *,
    step: TimeUnit = "week",
    zone: str = DEFAULT_ZONE,
    minimum: int = 1,
    area: Area | None = None,
) -> IncidentProfile:
    """Count the incidents of a view; `Area` and `minimum` as for `IncidentAnalysis`.

    Parameters
    ----------
    period
        The view.
    step
        ``day``, ``week`` or ``month``.
    zone
        IANA name of the time zone whose clock counts.

    Raises
    ------
    InputError
        When there is no such zone.
    """
    local = zone_named(zone)

    def chosen(one: Period) -> Slice:
        found, held = analysis.chosen(one, area=area)
        return replace(found, hours=held.hours(local))

    known = chosen(Period()).span()
    times, starts = np.empty(0, dtype=np.int64), np.empty(0, dtype="datetime64[h]")
    if known is not None:
        first, last = (moment.astimezone(local) for moment in known)
        whole = replace(period, since=_midnight(first), until=_midnight(last + _DAY))
        times, starts = chosen(whole).counts_over_time(step)
    week = chosen(replace(period, hours=None)).counts_by_hour_of_week()
    every = chosen(replace(period, categories=None))
    held = every.counts_by_category()
    total = chosen(period).total()
    small = minimum > 1 and bool(((week > 0) & (week < minimum)).any())
    return IncidentProfile(
        None if 0 < total < minimum else total,
        starts.astype("datetime64[D]").tolist(),
        _shown(times, minimum),
        [] if small else [*week.ravel().tolist()],
        _shown(week.sum(axis=0), minimum),
        _shown(week.sum(axis=1), minimum),
        dict(zip(every.cube.categories, _shown(held, minimum), strict=True)),
    )


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _shown(counts: Ints, minimum: int) -> Counts:
    shown = shown_counts(counts, minimum)
    return [count if may else None for count, may in zip(counts.tolist(), shown.tolist(), strict=True)]

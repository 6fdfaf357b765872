"""Incidents of a workspace over time in H3 cells: frame by frame, and before and after."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, get_args

import numpy as np

from spatialgov.errors import NotFoundError
from spatialgov.incidents import (
    PUBLIC_MINIMUM,
    Comparison,
    FrameKind,
    TimeFrames,
    compare_periods,
    frame_calendar,
    time_frames_of,
)
from spatialgov.incidents.times import zone_named
from spatialgov.language import t
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area
from spatialgov.workspace.time_steps import DEFAULT_ZONE

__all__ = ["EARLIER", "Earlier", "IncidentFrames"]

Earlier = Literal["before", "year"]
EARLIER: tuple[Earlier, ...] = get_args(Earlier)
"""What a period is compared with: as long a time just before it, or the same time a year (52 weeks) earlier."""

_RECENT = timedelta(weeks=13)
_YEAR = timedelta(weeks=52)  # whole weeks, so that each weekday comes as often in both
_DAY = timedelta(days=1)


class IncidentFrames:
    """What changes with time, cell by cell; `Area` and `minimum` as for `IncidentAnalysis`."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    def frames(
        self,
        period: Period,
        kind: FrameKind,
        *,
        resolution: int = 9,
        zone: str = DEFAULT_ZONE,
        minimum: int = PUBLIC_MINIMUM,
        area: Area | None = None,
    ) -> TimeFrames:
        """Count incidents by H3 cell and hour of the day, weekday, week or month; see `TimeFrames.rough`.

        Parameters
        ----------
        period
            Which incidents. Where it is open, from the day of the first incident, or to that of the last.
        kind
            What a frame is.
        resolution
            H3 resolution.
        zone
            IANA name of the time zone whose clock and calendar count.
        minimum
            Fewest incidents of a cell in a frame that are shown.
        area
            What the asker is limited to.

        Raises
        ------
        InputError
            When there is no such zone, or there would be too many frames.
        """
        found, held = self._analysis.chosen(period, area=area)
        keys, weeks = frame_calendar(kind, zone, *_days(period, found.span(), zone))
        groups = held.cells(resolution)
        timed = replace(found, hours=held.hours(zone_named(zone)))
        if kind == "hour":
            counts = timed.counts_by_hour(groups)
        elif kind == "weekday":
            counts = timed.counts_by_weekday(groups)
        else:
            counts, starts = timed.counts_over_time("week" if kind == "week" else "month", groups)
            # the frames begin and end with the period's days, what was counted with its first and last incident
            table = np.zeros((len(counts), len(keys)), dtype=np.int64)
            table[:, np.searchsorted(keys, starts.astype("datetime64[D]"))] = counts
            counts = table
        of_cells, _ = found.counts(groups)
        rough, occupied = of_cells - counts.sum(axis=1), of_cells > 0
        cells, counts, rough = groups.keys[occupied], counts[occupied], rough[occupied]
        return time_frames_of(cells, counts, rough, keys, weeks, kind, resolution, minimum=minimum)

    def periods(
        self,
        period: Period,
        compared_with: Earlier = "before",
        *,
        zone: str = DEFAULT_ZONE,
        area: Area | None = None,
    ) -> tuple[Period, Period]:
        """Give the two periods to compare, the earlier one first.

        Parameters
        ----------
        period
            The later one; where it is open, it ends with the day of the last incident of any category, and is 13
            weeks long.
        compared_with
            Which earlier time.
        zone
            IANA name of the time zone whose days count.
        area
            What the asker is limited to.

        Raises
        ------
        NotFoundError
            When there are no incidents at all.
        """
        until = period.until
        if until is None:
            known = self._analysis.span(Period(), area=area)
            if known is None:
                raise NotFoundError(
                    t("There are no incidents yet.", "尚无事件。"),
                    remedy=t(
                        "Import them: spatialgov import incidents FILE.", "请先导入：spatialgov import incidents FILE。"
                    ),
                )
            until = _midnight(known[1], zone) + _DAY
        since = until - _RECENT if period.since is None else period.since
        back = _YEAR if compared_with == "year" else until - since
        return replace(period, since=since - back, until=until - back), replace(period, since=since, until=until)

    def compared(
        self,
        before: Period,
        after: Period,
        *,
        resolution: int = 9,
        minimum: int = PUBLIC_MINIMUM,
        area: Area | None = None,
    ) -> Comparison:
        """Compare two periods, both closed, in H3 cells; parameters as for `frames`."""
        days = [(one.until - one.since) / _DAY for one in (before, after) if one.since and one.until]
        counted = [self._analysis.cell_counts(resolution, one, area=area) for one in (before, after)]
        return compare_periods(counted[0], counted[1], (days[0], days[1]), resolution, minimum=minimum)


def _days(period: Period, held: tuple[datetime, datetime] | None, zone: str) -> tuple[datetime | None, datetime | None]:
    """Give the limits of a period; where it is open, those of the days of the first and the last incident."""
    if held is None:
        return (None, None) if period.since is None or period.until is None else (period.since, period.until)
    return period.since or _midnight(held[0], zone), period.until or _midnight(held[1], zone) + _DAY


def _midnight(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(zone_named(zone)).replace(hour=0, minute=0, second=0, microsecond=0)

"""Incidents in H3 cells frame by frame: by hour of the day, weekday, week or month, as a time slider shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import InputError
from spatialgov.incidents.cells import cell_frame, h3_cells
from spatialgov.incidents.clock import clock
from spatialgov.incidents.moments import DAY_US, HOUR_US, daily_counts, moments
from spatialgov.incidents.privacy import PUBLIC_MINIMUM
from spatialgov.incidents.suppression import shown_table
from spatialgov.language import t

__all__ = ["FRAME_KINDS", "MOST_FRAMES", "FrameKind", "TimeFrames", "frame_calendar", "time_frames", "time_frames_of"]

FrameKind = Literal["hour", "weekday", "week", "month"]
FRAME_KINDS: tuple[FrameKind, ...] = get_args(FrameKind)
MOST_FRAMES = 120
"""Above this nobody finds a frame on the slider again: ten years of months, a good two years of weeks."""

_CYCLES = {"hour": 24, "weekday": 7}
Keys = npt.NDArray[np.int64] | npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, eq=False)
class TimeFrames:
    """Incidents counted by cell and frame.

    Attributes
    ----------
    cells
        Every H3 cell with a count that may be shown, ascending: ``cell`` (H3 name), ``count`` (what the frames show
        together), ``area_km2``, ``incidents_per_km2``, polygons, EPSG:4326.
    counts
        int64 (n, frames), 0 also where the count is hidden (`shown_table`).
    totals
        int64 (frames,), incidents in all cells, the hidden ones too; -1 where that is hidden itself.
    suppressed
        int64 (frames,), how many cells that hold some are left out of each frame.
    rough
        Incidents that are in no frame: by hour of the day those whose interval is longer than an hour, by weekday those
        that may have happened on more than one day. -1 where that is hidden.
    keys
        The frames: hours 0 to 23; weekdays 0 (Monday) to 6; the first day of each week (Monday) or month as
        datetime64[D].
    weeks
        float64 (frames,), how long each frame was looked at, in weeks: a month that the period cuts is shorter, and an
        hour of the day is looked at once a day. An hour counts for as many weeks as the period has, and so does a
        weekday for as many as it came.
    kind, resolution, minimum
        As asked for.
    """

    cells: gpd.GeoDataFrame
    counts: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int64]
    suppressed: npt.NDArray[np.int64]
    rough: int
    keys: Keys
    weeks: npt.NDArray[np.float64]
    kind: FrameKind
    resolution: int
    minimum: int


def time_frames(
    frame: gpd.GeoDataFrame,
    resolution: int,
    kind: FrameKind,
    timezone: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    minimum: int = PUBLIC_MINIMUM,
) -> TimeFrames:
    """Count incidents by H3 cell and frame.

    Parameters
    ----------
    frame
        Incidents: point geometry, EPSG:4326, and ``occurred_at``, aware; where some are known roughly also
        ``occurred_until``, NaT for an exact time. In a week or a month those count at their beginning.
    resolution
        H3 resolution, 0 to 15.
    kind
        What a frame is: an hour of the day, a weekday, a week or a month.
    timezone, since, until
        Whose clock and calendar, and the period: as for `clock`.
    minimum
        Fewest incidents of a cell in a frame that are shown; 1 shows all.

    Raises
    ------
    InputError
        When there would be more than `MOST_FRAMES` frames, or as `clock`.
    """
    found = moments(frame["occurred_at"], timezone, since=since, until=until)
    keys, weeks = frame_calendar(kind, timezone, found.since, found.until)
    places = frame.geometry.get_coordinates().to_numpy()[found.inside]
    cells, row = np.unique(h3_cells(places[:, 0], places[:, 1], resolution), return_inverse=True)
    frame_of = np.searchsorted(keys, _keys(found.local_us(), kind))
    if "occurred_until" in frame and kind in _CYCLES:
        rough = _rough(frame["occurred_at"], frame["occurred_until"], kind, timezone)
        frame_of[rough[found.inside]] = len(keys)
    table = np.zeros((len(cells), len(keys) + 1), dtype=np.int64)
    np.add.at(table, (row, frame_of), 1)
    return time_frames_of(cells, table[:, :-1], table[:, -1], keys, weeks, kind, resolution, minimum=minimum)


def time_frames_of(
    cells: npt.NDArray[np.uint64],
    counts: npt.NDArray[np.int64],
    rough: npt.NDArray[np.int64],
    keys: Keys,
    weeks: npt.NDArray[np.float64],
    kind: FrameKind,
    resolution: int,
    *,
    minimum: int = PUBLIC_MINIMUM,
) -> TimeFrames:
    """Give the frames of counts that are known already.

    Parameters
    ----------
    cells, counts
        uint64 (n,), ascending, and the incidents of each in each frame: int64 (n, frames).
    rough
        int64 (n,), the incidents of each that are in no frame, for they are not known to the hour or the day.
    keys, weeks
        As `frame_calendar` gives them.
    kind, resolution, minimum
        As for `time_frames`.
    """
    # what is in no frame is one more column: with the incidents of a cell, which other pages show, it could be told
    shown = shown_table(np.column_stack([counts, rough]), minimum)[:, :-1]
    left_out = int(rough.sum()) if shown[-1, -1] else -1
    suppressed = (~shown[:-1, :-1]).sum(axis=0)
    totals = np.where(shown[-1, :-1], counts.sum(axis=0), -1)
    counts = np.where(shown[:-1, :-1], counts, 0)
    some = counts.any(axis=1)
    counts = counts[some]
    drawn = cell_frame(cells[some], counts.sum(axis=1))
    return TimeFrames(drawn, counts, totals, suppressed, left_out, keys, weeks, kind, resolution, minimum)


def _rough(at: "pd.Series[Any]", until: "pd.Series[Any]", kind: FrameKind, timezone: str) -> npt.NDArray[np.bool_]:
    """Say which incidents are not known to the hour, or to the day of a zone."""
    if kind == "hour":
        rough = until - at > pd.Timedelta(hours=1)
    else:
        last = (until - pd.Timedelta("1us")).fillna(at)
        begins, ends = (times.dt.tz_convert(timezone).dt.tz_localize(None).dt.normalize() for times in (at, last))
        rough = begins != ends
    return rough.to_numpy(dtype=np.bool_)


def _keys(local_us: npt.NDArray[np.int64], kind: FrameKind) -> Keys:
    """Give the frame that each moment of the local clock lies in."""
    if kind == "hour":
        return local_us % DAY_US // HOUR_US
    days = local_us // DAY_US
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    if kind == "weekday":
        return weekday
    dates = (days - weekday if kind == "week" else days).astype("datetime64[D]")
    return dates.astype("datetime64[M]").astype("datetime64[D]") if kind == "month" else dates


def frame_calendar(
    kind: FrameKind, timezone: str, since: datetime | None, until: datetime | None
) -> tuple[Keys, npt.NDArray[np.float64]]:
    """Give the frames of a period and how long each is looked at: see `TimeFrames.keys` and `TimeFrames.weeks`.

    Parameters
    ----------
    kind, timezone
        As for `time_frames`.
    since, until
        The period, aware; None for both: no time at all.

    Raises
    ------
    InputError
        As `time_frames`.
    """
    if kind in _CYCLES:
        hours = clock([], timezone, since=since, until=until).exposure_hours
        return np.arange(_CYCLES[kind]), hours.sum(axis=0) / 7 if kind == "hour" else hours.sum(axis=1) / 24
    daily = daily_counts([], timezone, since=since, until=until)
    start = (np.datetime64(daily.first) - np.datetime64("1970-01-01")).astype(np.int64)
    day_us = (start + np.arange(len(daily.hours))) * DAY_US
    days = _keys(day_us, kind)
    keys, frame_of = np.unique(days.astype("datetime64[D]"), return_inverse=True)
    if len(keys) > MOST_FRAMES:
        raise InputError(
            t(
                "The period holds {n} frames; the slider shows {most}.",
                "时段含 {n} 帧，时间轴最多显示 {most} 帧。",
                n=len(keys),
                most=MOST_FRAMES,
            ),
            remedy=t("Choose months, or a shorter period.", "请改用按月显示，或缩短时段。"),
        )
    return keys, np.bincount(frame_of, weights=daily.hours, minlength=len(keys)) / (7 * 24)

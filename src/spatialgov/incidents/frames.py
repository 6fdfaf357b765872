"""Incidents in H3 cells frame by frame: by hour of the day, weekday, week or month, as a time slider shows them."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import InputError
from spatialgov.incidents.cells import cell_frame, h3_cells
from spatialgov.incidents.mapping import PUBLIC_MINIMUM
from spatialgov.incidents.suppression import shown_table
from spatialgov.language import t

__all__ = ["FRAME_KINDS", "MOST_FRAMES", "FrameKind", "TimeFrames", "time_frames"]

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
    keys: Keys
    weeks: npt.NDArray[np.float64]
    kind: FrameKind
    resolution: int
    minimum: int


def time_frames(
    frame: gpd.GeoDataFrame,
    resolution: int,
    kind: FrameKind,
    zone: tzinfo,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    minimum: int = PUBLIC_MINIMUM,
) -> TimeFrames:
    """Count incidents by H3 cell and frame.

    Parameters
    ----------
    frame
        Incidents: point geometry, EPSG:4326, and ``occurred_at``, aware.
    resolution
        H3 resolution, 0 to 15.
    kind
        What a frame is: an hour of the day, a weekday, a week or a month.
    zone
        Whose clock and calendar.
    since, until
        What the incidents were chosen by. The first frame starts with the day of the first incident and the last ends
        with that of the last, or with these where they come between.
    minimum
        Fewest incidents of a cell in a frame that are shown; 1 shows all.

    Raises
    ------
    InputError
        When there would be more than `MOST_FRAMES` frames.
    """
    local = pd.DatetimeIndex(frame["occurred_at"]).tz_convert(zone)
    mine = _keys(local, kind)
    keys, weeks = _calendar(local, mine, kind, since, until)
    places = h3_cells(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy(), resolution)
    cells, row = np.unique(places, return_inverse=True)
    entry = row * len(keys) + np.searchsorted(keys, mine)
    counts = np.bincount(entry, minlength=len(cells) * len(keys)).reshape(len(cells), len(keys)).astype(np.int64)
    shown = shown_table(counts, minimum)
    suppressed = (~shown[:-1, :-1]).sum(axis=0)
    totals = np.where(shown[-1, :-1], counts.sum(axis=0), -1)
    counts = np.where(shown[:-1, :-1], counts, 0)
    some = counts.any(axis=1)
    counts = counts[some]
    drawn = cell_frame(cells[some], counts.sum(axis=1))
    return TimeFrames(drawn, counts, totals, suppressed, keys, weeks, kind, resolution, minimum)


def _keys(local: pd.DatetimeIndex, kind: FrameKind) -> Keys:
    """Give the frame that each moment lies in."""
    if kind == "hour":
        return local.hour.to_numpy().astype(np.int64)
    if kind == "weekday":
        return local.dayofweek.to_numpy().astype(np.int64)
    days = local.tz_localize(None).to_numpy().astype("datetime64[D]")
    if kind == "month":
        return days.astype("datetime64[M]").astype("datetime64[D]")
    return days - local.dayofweek.to_numpy().astype("timedelta64[D]")


def _calendar(
    local: pd.DatetimeIndex, mine: Keys, kind: FrameKind, since: datetime | None, until: datetime | None
) -> tuple[Keys, npt.NDArray[np.float64]]:
    """Give the frames and how long each was looked at, in weeks: counted hour by hour, as the zone's clock shows."""
    keys: Keys = np.arange(_CYCLES.get(kind, 0)) if kind in _CYCLES else np.unique(mine)
    if len(local) == 0:
        return keys, np.zeros(len(keys))
    first, last = (moment - _since_midnight(moment) for moment in (local.min(), local.max()))
    last += pd.Timedelta(days=1)
    first = first if since is None else max(first, pd.Timestamp(since))
    last = last if until is None else min(last, pd.Timestamp(until))
    hours = pd.date_range(first.tz_convert("UTC"), last.tz_convert("UTC"), freq="h", inclusive="left")
    passed = _keys(hours.tz_convert(local.tz), kind)
    if kind not in _CYCLES:
        keys = np.unique(np.concatenate([keys, passed]))
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
    looked_at = np.bincount(np.searchsorted(keys, passed), minlength=len(keys))
    return keys, np.maximum(looked_at, 1) / {"hour": 7, "weekday": 24}.get(kind, 7 * 24)


def _since_midnight(moment: pd.Timestamp) -> pd.Timedelta:
    wall = moment.tz_localize(None)
    return wall - wall.normalize()

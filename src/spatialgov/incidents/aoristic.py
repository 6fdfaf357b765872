"""Aoristic weights: an incident whose time is only known roughly counts in each bin with the share that is there.

Ratcliffe (2000), "Aoristic analysis: the spatial interpretation of unspecific temporal events". What happened between
22:00 and 02:00 counts a quarter in each of the four hours, and not one at 22:00.
"""

from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from spatialgov.errors import InputError
from spatialgov.incidents.times import find_zone
from spatialgov.language import t

__all__ = ["HOURS_OF_WEEK", "aoristic_weights"]

HOURS_OF_WEEK = 168
"""Bins of the week: 24 × weekday (0 = Monday) + hour."""

_HOUR_US = 3_600_000_000
_WEEK_US = HOURS_OF_WEEK * _HOUR_US

Ints = npt.NDArray[np.int64]


def aoristic_weights(
    occurred_at: "pd.Series[Any]",
    occurred_until: "pd.Series[Any]",
    bins: "Literal['hour_of_week'] | pd.DatetimeIndex",
    *,
    timezone: str | None = None,
) -> csr_array:
    """Give for each incident its share in each bin.

    Parameters
    ----------
    occurred_at, occurred_until
        (n,) aware: when each began at the earliest, and before when it had happened; NaT for an exact time.
    bins
        ``"hour_of_week"``, or the aware, ascending edges of k bins, k + 1 of them: for days
        ``pd.date_range("2026-05-01", "2026-06-01", tz="Asia/Shanghai")``. A bin has its lower edge and not its upper
        one.
    timezone
        Whose hours the hours of the week are.

    Returns
    -------
    csr_array
        float64, (n, `HOURS_OF_WEEK`) or (n, k), sparse. A row sums to 1; with edges, to the share that lies between the
        first and the last of them.

    Raises
    ------
    InputError
        When a time has no zone, an end is before its beginning, edges don't ascend, or the zone is unknown.

    Notes
    -----
    Within its interval an incident is equally likely at every moment. Whole weeks of an interval count alike in every
    hour of the week, what is left of it hour by hour as the clocks of the zone show them, also where they are changed.
    """
    begin = _microseconds(occurred_at, "occurred_at")
    end = np.where(pd.isna(occurred_until), begin, _microseconds(occurred_until, "occurred_until"))
    if (end < begin).any():
        row = int(np.argmax(end < begin)) + 1
        raise InputError(
            t("Row {row}: “occurred_until” is before it occurred.", "第 {row} 行：occurred_until 早于发生时间。",
              row=row),
            remedy=t("Swap the two times.", "请对调两个时间。"),
        )  # fmt: skip
    if isinstance(bins, str):
        zone = find_zone(timezone)
        if bins != "hour_of_week" or zone is None:
            raise InputError(
                t("Hours of the week need a time zone.", "按周内小时分配需指定时区。"),
                remedy=t("Name it like Asia/Shanghai.", "请使用 Asia/Shanghai 这样的名称。"),
            )
        return _over_week(begin, end, zone)
    edges = _microseconds(pd.Series(bins), "bins")
    if len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise InputError(
            t("The edges of the bins don't ascend.", "分箱边界未递增。"),
            remedy=t("Give two edges or more, from early to late.", "请按先后给出至少两个边界。"),
        )
    return _over_edges(begin, end, edges)


def _microseconds(times: "pd.Series[Any]", name: str) -> Ints:
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise InputError(
            t("The times “{name}” have no time zone.", "时间“{name}”没有时区。", name=name),
            remedy=t("Name the zone, e.g. +08:00.", "请注明时区，例如 +08:00。"),
        )
    utc: Ints = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    return utc


def _over_edges(begin: Ints, end: Ints, edges: Ints) -> csr_array:
    k = len(edges) - 1
    first = np.searchsorted(edges, begin, "right") - 1
    last = np.where(end > begin, np.searchsorted(edges, end, "left") - 1, first)
    first, last = np.maximum(first, 0), np.minimum(last, k - 1)
    first = np.where((begin < edges[0]) & (end == begin), k, first)  # an exact time before the first edge
    rows, step = _pieces(np.maximum(last - first + 1, 0))
    column = first[rows] + step
    overlap = np.minimum(end[rows], edges[column + 1]) - np.maximum(begin[rows], edges[column])
    width = (end - begin)[rows]
    weight = np.where(width > 0, overlap / np.maximum(width, 1), 1.0)
    return csr_array((weight, (rows, column)), shape=(len(begin), k))


def _over_week(begin: Ints, end: Ints, zone: ZoneInfo) -> csr_array:
    """Cut what is left of intervals after whole weeks where the hour changes, and ask each piece for its hour."""
    n = len(begin)
    weeks, rest = np.divmod(end - begin, _WEEK_US)
    moments = pd.to_datetime(pd.Series(begin), unit="us", utc=True).dt.tz_convert(zone)
    wall = moments.dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    into_hour = wall % _HOUR_US
    rows, step = _pieces(np.maximum(-(-(into_hour + rest) // _HOUR_US), 1))
    hour = (begin - into_hour)[rows] + step * _HOUR_US
    low, high = np.maximum(hour, begin[rows]), np.minimum(hour + _HOUR_US, (begin + rest)[rows])
    middle = pd.to_datetime(pd.Series((low + high) // 2), unit="us", utc=True).dt.tz_convert(zone).dt
    column = 24 * middle.day_of_week.to_numpy() + middle.hour.to_numpy()
    width = (end - begin)[rows]
    weight = np.where(width > 0, (high - low) / np.maximum(width, 1), 1.0)
    whole = np.flatnonzero(weeks)
    share = (weeks * _WEEK_US / np.maximum(end - begin, 1))[whole] / HOURS_OF_WEEK
    return csr_array(
        (
            np.concatenate([weight, np.repeat(share, HOURS_OF_WEEK)]),
            (
                np.concatenate([rows, np.repeat(whole, HOURS_OF_WEEK)]),
                np.concatenate([column, np.tile(np.arange(HOURS_OF_WEEK), len(whole))]),
            ),
        ),
        shape=(n, HOURS_OF_WEEK),
    )


def _pieces(counts: Ints) -> tuple[Ints, Ints]:
    """Give the row of each piece, and which of its row it is, from 0."""
    rows = np.repeat(np.arange(len(counts)), counts)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)

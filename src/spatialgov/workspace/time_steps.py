"""Whole weeks, months and seasons of local time: what counts over time are made of."""

from typing import Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["DEFAULT_ZONE", "EVERY", "Every", "local_days", "moment_of", "whole_steps"]

Every = Literal["week", "month", "season"]
EVERY: tuple[Every, ...] = get_args(Every)
"""How long a step is: seven days, a calendar month, three months from March, June, September and December on."""

DEFAULT_ZONE = "Asia/Shanghai"
"""Whose clock and calendar hold where none is named."""

_MOST_STEPS = 520
_ORIGIN = pd.Timestamp(1970, 1, 1)
_DAY = pd.Timedelta(days=1)


def local_days(moments: "pd.Series[pd.Timestamp]", zone: ZoneInfo) -> npt.NDArray[np.float64]:
    """Give moments as days of local time since 1970-01-01: whole numbers are midnights."""
    local = moments.dt.tz_convert(zone).dt.tz_localize(None)
    return np.asarray((local - _ORIGIN) / _DAY, dtype=np.float64)


def moment_of(day: float, zone: ZoneInfo) -> pd.Timestamp:
    """Give the moment of a day as `local_days` counts them."""
    local = _ORIGIN + pd.Timedelta(days=float(day))
    moment: pd.Timestamp = local.round("s").tz_localize(zone, nonexistent="shift_forward", ambiguous=True)
    return moment


def whole_steps(first_day: float, last_day: float, every: Every) -> npt.NDArray[np.float64]:
    """Give the limits of the steps that lie wholly in a time.

    Parameters
    ----------
    first_day, last_day
        Days as `local_days` counts them.
    every
        Weeks are counted back from the last midnight; months and seasons are those of the calendar.

    Returns
    -------
    float64 (steps + 1,)
        Ascending; one value or none where no step fits.

    Raises
    ------
    InputError
        When there would be more than 520 steps.
    """
    if every == "week":
        last = np.floor(last_day)
        edges = last - 7.0 * np.arange(int((last - first_day) // 7), -1, -1)
    else:
        first, end = (_ORIGIN + pd.Timedelta(days=float(day)) for day in (first_day, last_day))
        starts = pd.date_range(first.ceil("D"), end, freq="MS" if every == "month" else "QS-DEC")
        edges = ((starts - _ORIGIN) / _DAY).to_numpy(dtype=np.float64)
    if len(edges) > _MOST_STEPS + 1:
        raise InputError(
            t("{n} steps of a {every} are too many.", "步数过多：{n} 个（{every}）。", n=len(edges) - 1, every=every),
            remedy=t("Ask for longer steps or a shorter time.", "请使用更长的步长或更短的时段。"),
        )
    return np.asarray(edges)

"""Hours of the week, chosen: nights, market days, the way to school."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.errors import InputError
from spatialgov.incidents.cube.hours import LocalHours, hour_of_week
from spatialgov.incidents.times import zone_named
from spatialgov.language import t

__all__ = ["HOURS_A_WEEK", "WeekHours"]

HOURS_A_WEEK = 7 * 24
_RANGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WeekHours:
    """Some hours of the week on the clock of a time zone.

    Attributes
    ----------
    hours
        From 0 (Monday 0 h) to 167 (Sunday 23 h), ascending.
    zone
        IANA name of the time zone.
    """

    hours: tuple[int, ...]
    zone: str

    @classmethod
    def parse(cls, text: str, zone: str) -> Self:
        """Read hours as ``0-5,24,30-35``: numbers of hours, or the first and the last of several.

        Raises
        ------
        InputError
            When the text names no hours of the week.
        """
        hours: set[int] = set()
        for part in text.split(","):
            found = _RANGE.fullmatch(part.strip())
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
            if not first <= last < HOURS_A_WEEK:
                raise InputError(
                    t("“{part}” is no hour of the week.", "“{part}”不是一周中的小时。", part=part[:20]),
                    remedy=t(
                        "Write hours from 0 (Monday 0:00) to 167 (Sunday 23:00) like 0-5,24.",
                        "请用 0（周一 0 时）至 167（周日 23 时）表示，例如 0-5,24。",
                    ),
                )
            hours.update(range(first, last + 1))
        return cls(tuple(sorted(hours)), zone)

    def table(self) -> Bools:
        """Say of each hour whether it is one of them: (7, 24), Monday first."""
        chosen = np.zeros(HOURS_A_WEEK, dtype=np.bool_)
        chosen[list(self.hours)] = True
        return chosen.reshape(7, 24)

    def hold(self, at: "pd.Series[pd.Timestamp]", until: "pd.Series[pd.Timestamp]") -> Bools:
        """Say which incidents happened in one of them, as `Cube.slice` chooses them.

        Parameters
        ----------
        at, until
            (n,) aware; `until` is missing where a time is known exactly. What may have happened in a time longer than
            an hour is not among them.
        """
        begin, end = (_microseconds(moments) for moments in (at, until.fillna(at)))
        clock = LocalHours.of(begin, end, zone_named(self.zone))
        return np.asarray(clock.hour_known & self.table().ravel()[hour_of_week(clock.hour)], dtype=np.bool_)


def _microseconds(moments: "pd.Series[pd.Timestamp]") -> npt.NDArray[np.int64]:
    utc = pd.DatetimeIndex(moments).tz_convert("UTC").tz_localize(None)
    return utc.to_numpy().astype("datetime64[us]").view(np.int64)

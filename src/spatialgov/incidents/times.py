"""When an incident happened, as files say it: to the second, to the hour, to the day, or between two moments.

What is known only roughly is an interval, from `occurred_at` until before `occurred_until`. Nothing is made more exact
than the file says: a date alone is its whole day, not midnight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from spatialgov.columns import CellChecks
from spatialgov.errors import InputError
from spatialgov.faults import Fault
from spatialgov.language import t

__all__ = [
    "PRECISIONS",
    "Occurrence",
    "Times",
    "find_zone",
    "read_occurrence",
    "read_times",
    "when_or_later",
    "zone_named",
]

PRECISIONS = ("exact", "hour", "day", "interval")
"""How well a time is known. Only an exact one has no `occurred_until`."""

_TIME = (
    r"^(?P<day>\d{4}-\d{2}-\d{2}|\d{4}/\d{2}/\d{2})"
    r"(?:[T ](?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?P<offset> ?(?:[Zz]|[+-]\d{2}(?::?\d{2})?))?)?$"
)
"""ISO 8601, with blanks and slashes as spreadsheets write them. Other orders of day and month are not guessed."""
_YEARS = (1900, 2200)
"""A year outside is a slip, and its ends overflow when they are turned to UTC."""
_HOUR, _DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
_DAY_HOURS = (_DAY - _HOUR, _DAY + _HOUR)
"""A day on which clocks are changed has an hour less or more."""

Mask = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


class Times(NamedTuple):
    """A column of times.

    Attributes
    ----------
    at
        Aware, in the zone that was named, or UTC; NaT where not stated or not a time. A date alone is its beginning.
    wall
        What the clock showed, as written: without a zone.
    is_date
        bool: a date alone.
    """

    at: "pd.Series[Any]"
    wall: "pd.Series[Any]"
    is_date: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """When incidents happened; the columns of `spatialgov.incidents.reading.COLUMNS`, and `wall` of `Times`."""

    occurred_at: "pd.Series[Any]"
    occurred_until: "pd.Series[Any]"
    time_precision: Texts
    wall: "pd.Series[Any]"


def find_zone(name: str | None) -> ZoneInfo | None:
    """Give a time zone by its name; None for none.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    return None if name is None else zone_named(name)


def zone_named(name: str) -> ZoneInfo:
    """Give a time zone by its name.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            t("There is no time zone {name}.", "没有名为 {name} 的时区。", name=repr(name)),
            remedy=t("Name it like Asia/Shanghai.", "请使用 Asia/Shanghai 这样的名称。"),
        ) from error


def read_times(
    cells_text: Texts, zone: ZoneInfo | None, cells: CellChecks, column: str, *, required: bool = False
) -> tuple[Times, list[Fault]]:
    """Read a column of times; one without an offset is one of `zone`."""
    there = np.array([bool(cell) for cell in cells_text], dtype=bool)
    nothing = pd.Series(pd.NaT, pd.RangeIndex(len(there)), dtype="datetime64[us]")
    if not there.any():
        faults = [cells.missing(row, column) for row in range(len(there))] if required else []
        return Times(nothing.dt.tz_localize(zone or ZoneInfo("UTC")), nothing, ~there & False), faults
    # a time is ASCII; what is not matches nothing
    plain = pa.array([cell if cell and cell.isascii() else "" for cell in cells_text], pa.string())
    parts = pc.extract_regex(plain, _TIME)
    day, clock, offset = (pc.struct_field(parts, name) for name in ("day", "clock", "offset"))
    is_date = _mask(pc.equal(clock, ""))
    aware = _mask(pc.not_equal(offset, ""))
    written = pc.if_else(pc.equal(clock, ""), day, pc.binary_join_element_wise(day, clock, "T"))
    text = pd.Series(pc.replace_substring(written, "/", "-").to_numpy(zero_copy_only=False), dtype=object)
    wall = pd.to_datetime(text, format="ISO8601", errors="coerce").astype("datetime64[us]")
    wall = wall.where(wall.dt.year.between(_YEARS[0] - 1, _YEARS[1] + 1))
    utc = (wall - _offsets(offset)).where(aware)
    at = utc.dt.tz_localize("UTC").dt.tz_convert(zone or ZoneInfo("UTC"))
    faults, homeless = [], np.zeros(len(there), dtype=bool)
    if zone is not None:
        at = at.fillna(wall.where(~aware & ~is_date).dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT"))
        at = at.fillna(_day_begin(wall.where(is_date), zone))
    else:
        homeless = wall.notna().to_numpy() & ~aware
        problem = t("has no UTC offset", "没有时区")
        remedy = t("Name the time zone, for example Asia/Shanghai.", "请指定时区，例如 Asia/Shanghai。")
        faults += cells.marked(homeless, "naive_time", column, problem, remedy, cells_text)
    at = at.where(at.dt.year.between(*_YEARS))
    problem = t("is not a time", "不是有效时间")
    remedy = t("Write it like 2026-05-01T08:30:00+08:00.", "请写成 2026-05-01T08:30:00+08:00 的形式。")
    wrong = at.isna().to_numpy() & there & ~homeless
    faults += cells.marked(wrong, "invalid_time", column, problem, remedy, cells_text)
    if required:
        faults += [cells.missing(row, column) for row in np.flatnonzero(~there).tolist()]
    return Times(at, wall, is_date), faults


def read_occurrence(
    raw: Mapping[str, Texts], names: Mapping[str, str], stated: Texts, zone: ZoneInfo | None, cells: CellChecks
) -> tuple[Occurrence, list[Fault]]:
    """Read when incidents happened.

    Parameters
    ----------
    raw, names
        Our column names → their cells, and → the file's names.
    stated
        The precision that each row states, of `PRECISIONS`, or "".
    zone
        Where times without a UTC offset were written down.
    cells
        For the faults.

    Notes
    -----
    A row with an end is an interval, unless both are the same moment, which is exact. A row without one is a day where
    it has a date alone, else what it states. An hour or a day is the whole one in which the time lies by the clock that
    wrote it. An end that is a date alone is the end of that day.
    """
    begin, faults = read_times(raw["occurred_at"], zone, cells, names["occurred_at"], required=True)
    end, found = read_times(raw["occurred_until"], zone, cells, names["occurred_until"])
    faults += found
    until = _day_end(end, zone)
    has_end = until.notna().to_numpy()
    told = np.array([bool(cell) for cell in raw["occurred_until"]], dtype=bool)
    at, width = begin.at, until - begin.at
    problem, remedy = t("is before it occurred", "早于发生时间"), t("Swap the two times.", "请对调两个时间。")
    reversed_ = (width < pd.Timedelta(0)).to_numpy()
    faults += cells.marked(reversed_, "until_before_occurred", names["occurred_until"], problem, remedy, raw[
        "occurred_until"
    ])  # fmt: skip
    missing = (stated == "interval") & ~told
    faults += [cells.missing(row, names["occurred_until"]) for row in np.flatnonzero(missing).tolist()]

    implied = np.where(begin.is_date, "day", "exact").astype(object)
    precision = np.where((stated == "") | (stated == "interval"), implied, stated)
    precision[begin.is_date & ~has_end] = "day"
    hour = (precision == "hour") & ~has_end
    whole_day = (precision == "day") & ~has_end
    if hour.any() or whole_day.any():
        since_hour, since_day = begin.wall - begin.wall.dt.floor("h"), begin.wall - begin.wall.dt.normalize()
        at = at.mask(hour, at - since_hour).mask(whole_day & ~begin.is_date, at - since_day)
        until = until.mask(hour, at + _HOUR).mask(whole_day, _next_day(at, zone))
    # an end that fits what is stated, as in a table that was exported, leaves it so
    a_day = width.between(*_DAY_HOURS).to_numpy() & ((stated == "day") | (begin.is_date & end.is_date))
    an_hour = (width == _HOUR).to_numpy() & (stated == "hour")
    at_once = (width == pd.Timedelta(0)).to_numpy()
    interval = has_end & ~at_once & ~a_day & ~an_hour
    precision[at_once], precision[interval] = "exact", "interval"
    precision[has_end & a_day] = "day"
    until = until.mask(precision == "exact")
    differs = (stated != "") & (stated != precision) & ~reversed_ & ~missing & begin.at.notna().to_numpy()
    kind, column = "other_precision", names["time_precision"]
    problem = t("is not what the times say, which was taken", "与时间写法不符，已按时间写法处理")
    remedy = t("Correct the precision or the times.", "请更正时间精度或时间。")
    faults += cells.marked(differs, kind, column, problem, remedy, raw["time_precision"], severity="warning")
    return Occurrence(at, until, precision, begin.wall), faults


def when_or_later(times: Times, occurred_at: "pd.Series[Any]") -> "pd.Series[Any]":
    """Give times at which something came of incidents; a date alone is its beginning, or the incident if later."""
    same_day = times.is_date & (times.at < occurred_at).to_numpy() & (occurred_at < times.at + _DAY).to_numpy()
    return times.at.mask(same_day, occurred_at)


def _mask(values: Any) -> Mask:
    return cast("Mask", values.fill_null(False).to_numpy(zero_copy_only=False))


def _offsets(offset: Any) -> "pd.Series[Any]":
    """Give UTC offsets as written, NaT where there is none or none that exists."""
    coded = offset.dictionary_encode()
    known = pd.to_timedelta(pd.Series([_minutes(text) for text in coded.dictionary.to_pylist()], dtype="float64"), "m")
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return known.reindex(codes).reset_index(drop=True).astype("timedelta64[us]")


def _minutes(offset: str) -> float:
    digits = offset.strip().replace(":", "")
    if digits in ("Z", "z"):
        return 0.0
    if not digits or int(digits[1:3]) > 23 or int(digits[3:] or 0) > 59:
        return np.nan
    minutes = 60 * int(digits[1:3]) + int(digits[3:] or 0)
    return float(-minutes if digits[0] == "-" else minutes)


def _day_begin(wall: "pd.Series[Any]", zone: ZoneInfo) -> "pd.Series[Any]":
    """Give the first moment of days; where clocks are changed at midnight that is a moment later."""
    first: pd.Series[Any]
    if wall.notna().any():
        first = wall.dt.tz_localize(zone, ambiguous=np.ones(len(wall), dtype=bool), nonexistent="shift_forward")
    else:
        first = wall.dt.tz_localize(zone)
    return first


def _next_day(at: "pd.Series[Any]", zone: ZoneInfo | None) -> "pd.Series[Any]":
    """Give the moment at which days end that begin at these moments."""
    if zone is None:  # written with an offset, of which nothing is known but that day
        return at + _DAY
    return _day_begin((at.dt.tz_localize(None) + _DAY).dt.normalize(), zone)


def _day_end(end: Times, zone: ZoneInfo | None) -> "pd.Series[Any]":
    """Give ends, a date alone as the end of its day."""
    return end.at.mask(end.is_date, _next_day(end.at, zone)) if end.is_date.any() else end.at

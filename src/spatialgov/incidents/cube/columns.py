"""The cube: incidents as columns sorted by time, and slices of it that are counted in one pass.

An incident that is known roughly, to the day or between two moments, counts in periods, days, weeks and months at the
beginning of its interval. In what is told by hour it takes no part where the interval is longer than an hour, and in
what is told by weekday where the interval lies on more than one day of the clock: it would count at an hour or on a day
that nobody has stated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from spatialgov.array_file import FileKind, open_arrays, read_only, save_arrays
from spatialgov.errors import InputError
from spatialgov.incidents.cube import _kernels
from spatialgov.incidents.cube.groups import Groups
from spatialgov.incidents.cube.hours import LocalHours, TimeUnit, hour_of_week, starts_of, unit_numbers
from spatialgov.language import t

__all__ = ["Cube", "Slice"]

_CUBE = FileKind(
    b"SGEVENTS",
    2,
    lambda: t("file of incidents", "事件数据文件"),
    lambda: t("Delete it; it is made anew from the store.", "请将其删除；会由数据库重新生成。"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_WEEK = 7 * 24
_MOST_COUNTS = 50_000_000
"""Above this, groups × time is no table that anyone reads: 400 MB."""

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int32]
_Numbers = npt.NDArray[np.signedinteger[Any]] | np.int64

_NO_POSITIONS = np.empty(0, dtype=np.int32)
_ALL = np.empty(0, dtype=np.bool_)


@dataclass(frozen=True, eq=False, slots=True)
class Cube:
    """Incidents as columns, read-only; make one with `build` or `open`.

    Attributes
    ----------
    ids
        int64 (n,), what tells the incidents apart.
    time_us
        int64 (n,), microseconds since 1970, UTC, ascending, and by `ids` where they are the same: it is known by the
        incidents alone which position each has.
    until_us
        int64 (n,), before when it had happened where that is known roughly, else `time_us`.
    category
        int32 (n,), position in `categories`.
    lon, lat
        float64 (n,), degrees, WGS 84.
    categories
        Codes of categories, ascending.
    """

    ids: Ints
    time_us: Ints
    until_us: Ints
    category: Positions
    lon: Floats
    lat: Floats
    categories: tuple[str, ...]

    @classmethod
    def build(
        cls,
        ids: npt.ArrayLike,
        time_us: npt.ArrayLike,
        until_us: npt.ArrayLike,
        category: npt.ArrayLike,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        categories: Sequence[str],
    ) -> Self:
        """Make a cube of incidents in any order; see the attributes. `categories` may stand in any order, and twice."""
        names = sorted(set(categories))
        number = np.array([names.index(code) for code in categories], dtype=np.int32)
        all_ids, time = np.asarray(ids, dtype=np.int64), np.asarray(time_us, dtype=np.int64)
        order = np.lexsort((all_ids, time))
        return cls(
            all_ids[order],
            time[order],
            np.asarray(until_us, dtype=np.int64)[order],
            number[np.asarray(category, dtype=np.int64)[order]],
            np.asarray(lon, dtype=np.float64)[order],
            np.asarray(lat, dtype=np.float64)[order],
            tuple(names),
        )

    def with_more(self, other: "Cube") -> "Cube":
        """Give a cube of the incidents of both."""
        return Cube.build(
            np.concatenate([self.ids, other.ids]),
            np.concatenate([self.time_us, other.time_us]),
            np.concatenate([self.until_us, other.until_us]),
            np.concatenate([self.category, other.category + len(self.categories)]),
            np.concatenate([self.lon, other.lon]),
            np.concatenate([self.lat, other.lat]),
            self.categories + other.categories,
        )

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a saved cube: the file is mapped and shared with all who have it open, once its checksums are right.

        Raises
        ------
        StoreError
            When the file can't be read, is foreign, of another version, or damaged.
        """
        file = open_arrays(path, _CUBE)
        file.check()
        return cls(**file.arrays, categories=tuple(file.scalars["categories"]))

    def save(self, path: Path) -> None:
        """Save the cube to one file, written beside `path` and renamed into place.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        arrays = {name: getattr(self, name) for name in ("ids", "time_us", "until_us", "category", "lon", "lat")}
        save_arrays(path, _CUBE, {"categories": self.categories}, arrays)

    def __len__(self) -> int:
        return len(self.ids)

    def slice(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        categories: Sequence[str] | None = None,
        inside: Bools | None = None,
        hours: LocalHours | None = None,
        open_hours: npt.ArrayLike | None = None,
    ) -> "Slice":
        """Choose incidents.

        Parameters
        ----------
        since, until
            Aware; those that occurred at or after `since` and before `until`. None for no limit.
        categories
            Codes; None for all. A code that does not occur chooses nothing.
        inside
            Whether each incident of the cube may be chosen, bool (n,); None for all.
        hours
            The clock, for what is counted over time and for `open_hours`.
        open_hours
            Only the incidents of these hours of the week: (7, 24) bool, from Monday 0 h. None that is not known to the
            hour is among them.

        Raises
        ------
        InputError
            When a time has no zone, or the hours of the week are not 7 × 24.
        """
        first = 0 if since is None else int(np.searchsorted(self.time_us, _since_1970_us(since)))
        last = len(self) if until is None else int(np.searchsorted(self.time_us, _since_1970_us(until)))
        wanted = None if categories is None else np.isin(self.categories, list(categories))
        week = None if open_hours is None else _week(open_hours)
        return Slice(self, first, max(first, last), since, until, wanted, inside, hours, week)


@dataclass(frozen=True, eq=False, slots=True)
class Slice:
    """Incidents of a cube, chosen by `Cube.slice`; nothing is looked at before it is asked.

    Attributes
    ----------
    cube
        The cube.
    first, last
        Its incidents of the period: from position `first` to before `last`.
    since, until, inside, hours
        As chosen.
    wanted
        Whether each category of the cube is chosen; None for all.
    open_hours
        Whether each hour of the week is chosen, (168,); None for all.
    """

    cube: Cube
    first: int
    last: int
    since: datetime | None
    until: datetime | None
    wanted: Bools | None
    inside: Bools | None
    hours: LocalHours | None
    open_hours: Bools | None

    def total(self) -> int:
        """Give the number of incidents."""
        if self.wanted is None and self.inside is None and self.open_hours is None:
            return self.last - self.first
        return int(self._tally(None, *self._opened())[0, 0])

    def before(self, moment: datetime) -> int:
        """Give the number of those that occurred before a moment."""
        last = int(np.searchsorted(self.cube.time_us, _since_1970_us(moment)))
        return replace(self, last=min(max(last, self.first), self.last)).total()

    def counts(self, groups: Groups) -> tuple[Ints, int]:
        """Count by group: int64 (g,), and how many have none."""
        found = self._tally(groups, *self._opened())[:, 0]
        return found[1:], int(found[0])

    def counts_over_time(self, unit: TimeUnit, groups: Groups | None = None) -> tuple[Ints, npt.NDArray[np.datetime64]]:
        """Count by hour, day, week or month, and by group.

        Parameters
        ----------
        unit
            The hours, days, weeks or months of the period, those without incidents too; where the period is open they
            begin with its first incident, or end with its last. Of a unit that the period cuts, the part inside counts.
            By hour those count that are known to the hour.
        groups
            None to count all together.

        Returns
        -------
        counts, starts
            int64 (g, t), or (t,) without groups, and when the units begin on the clock, datetime64[h] (t,).

        Raises
        ------
        InputError
            When that would be more than `_MOST_COUNTS` numbers.
        """
        span = self._span()
        numbers = unit_numbers(span, unit)
        first, n_units = (int(numbers[0]), int(numbers[-1] - numbers[0]) + 1) if len(numbers) else (0, 0)
        known = self._clock().hour_known if unit == "hour" else _ALL
        counts = self._tally(groups, *self._bins(span, numbers - first), n_units, known)
        starts = starts_of(np.arange(first, first + n_units), unit)
        return (counts[0] if groups is None else counts[1:]), starts

    def counts_by_hour_of_week(self, groups: Groups | None = None) -> Ints:
        """Count those known to the hour by weekday and hour: int64 (7, 24), or (g, 7, 24); row 0 is Monday.

        Raises
        ------
        InputError
            As `counts_over_time`.
        """
        span = self._span()
        counts = self._cyclic(groups, span, hour_of_week(span), _WEEK, self._clock().hour_known)
        return counts.reshape(*counts.shape[:-1], 7, 24)

    def counts_by_hour(self, groups: Groups | None = None) -> Ints:
        """Count those known to the hour by hour of the day: int64 (24,), or (g, 24); see `counts_over_time`."""
        span = self._span()
        return self._cyclic(groups, span, span % 24, 24, self._clock().hour_known)

    def counts_by_weekday(self, groups: Groups | None = None) -> Ints:
        """Count those known to the day by weekday, Monday first: int64 (7,), or (g, 7); see `counts_over_time`."""
        span = self._span()
        return self._cyclic(groups, span, hour_of_week(span) // 24, 7, self._clock().day_known)

    def _cyclic(self, groups: Groups | None, span: Ints, numbers: _Numbers, n: int, known: Bools) -> Ints:
        counts = self._tally(groups, *self._bins(span, numbers), n, known)
        return counts[0] if groups is None else counts[1:]

    def positions(self) -> Ints:
        """Give the positions in the cube of the incidents, int64, ascending: their times are too."""
        rows = slice(self.first, self.last)
        may = self._countable(_ALL)
        keep = may[rows].copy() if len(may) else np.ones(self.last - self.first, dtype=np.bool_)
        if self.wanted is not None:
            keep &= self.wanted[self.cube.category[rows]]
        if self.open_hours is not None:
            keep &= self.open_hours[hour_of_week(self._clock().hour[rows])]
        return np.flatnonzero(keep) + self.first

    def counts_by_category(self) -> Ints:
        """Count by category of the cube: int64 (c,)."""
        return np.bincount(self.cube.category[self.positions()], minlength=len(self.cube.categories)).astype(np.int64)

    def span(self) -> tuple[datetime, datetime] | None:
        """Give when the first and the last of the incidents occurred, UTC; None where there is none."""
        found = self.positions()
        if len(found) == 0:
            return None
        first, last = (_EPOCH + int(time_us) * _US for time_us in self.cube.time_us[found[[0, -1]]])
        return first, last

    def ids(self, start: int, stop: int) -> Ints:
        """Give the ids of the incidents, ascending: those from place `start` to before place `stop` among them."""
        found = self.cube.ids[self.positions()]
        start, stop = min(start, len(found)), min(stop, len(found))
        if start == stop:
            return found[:0]
        return np.sort(np.partition(found, [start, stop - 1])[start:stop])

    def _countable(self, known: Bools) -> Bools:
        """Give whether each incident of the cube may be counted, where `known` are; with length 0 all may or are."""
        masks = [] if self.inside is None else [self.inside]
        masks += [known] if len(known) else []
        masks += [] if self.open_hours is None else [self._clock().hour_known]
        return reduce(np.logical_and, masks) if masks else _ALL

    def _opened(self) -> tuple[Positions, int, int]:
        """Give bin 0 for every hour that is chosen; no bins when all are."""
        if self.open_hours is None:
            return _NO_POSITIONS, 0, 1
        return *self._bins(self._span(), np.int64(0)), 1

    def _bins(self, span: Ints, numbers: _Numbers) -> tuple[Positions, int]:
        """Give the bin of each hour of a span (`numbers`, -1 where it is not chosen), and the hour of the first."""
        bins = np.broadcast_to(numbers, span.shape)
        if self.open_hours is not None:
            bins = np.where(self.open_hours[hour_of_week(span)], bins, -1)
        return bins.astype(np.int32), int(span[0]) if len(span) else 0

    def _span(self) -> Ints:
        """Give the hours on the clock of the period, all on which an incident occurred among them."""
        clock = self._clock()
        held = clock.hour[self.first : self.last]  # where clocks are put back they do not ascend
        ends = [] if len(held) == 0 else [int(held.min()), int(held.max())]
        low = ends[:1] + ([] if self.since is None else [clock.at(self.since)])
        high = ends[1:] + ([] if self.until is None else [clock.at(self.until - _US)])
        return np.arange(min(low), max(high) + 1) if low and high else np.empty(0, dtype=np.int64)

    def _clock(self) -> LocalHours:
        if self.hours is None:
            raise InputError(
                t("No clock was named.", "没有指定时钟。"),
                remedy=t("Name the time zone that hours are counted in.", "请指定统计小时所用的时区。"),
            )
        return self.hours

    def _tally(self, groups: Groups | None, bins: Positions, base: int, n_bins: int, known: Bools = _ALL) -> Ints:
        """Count those that are `known` by group (first those that have none) and bin: int64 (g + 1, bins)."""
        n_groups = 0 if groups is None else len(groups.keys)
        if n_bins > 1 and (n_groups + 1) * n_bins > _MOST_COUNTS:
            raise InputError(
                t(
                    "{g:,} groups over {n:,} times are too many numbers for one table.",
                    "{g:,} 个分组乘以 {n:,} 个时间段，数量过多，无法成表。",
                    g=n_groups,
                    n=n_bins,
                ),
                remedy=t("Ask for a shorter period, or longer units of time.", "请缩短时段，或使用更长的时间单位。"),
            )
        counts = np.zeros((n_groups + 1, n_bins), dtype=np.int64)
        if counts.size:
            left_out = _NO_POSITIONS if self.wanted is None else self.wanted.astype(np.int32) - 1
            inside = self._countable(known)
            hour = _NO_POSITIONS if self.hours is None else self.hours.hour
            group = _NO_POSITIONS if groups is None else groups.of
            columns: list[Any] = [self.cube.category, left_out, inside, hour, bins, group]
            category, left_out, inside, hour, bins, group = map(read_only, columns)
            _kernels.tally(self.first, self.last, category, left_out, inside, hour, bins, base, group, counts)
        return counts


def _since_1970_us(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise InputError(
            t("The time {value} has no time zone.", "时间 {value} 没有时区。", value=moment),
            remedy=t("Name the zone, e.g. +08:00.", "请注明时区，例如 +08:00。"),
        )
    return (moment - _EPOCH) // _US


def _week(open_hours: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    week = np.asarray(open_hours, dtype=np.bool_)
    if week.shape != (7, 24):
        raise InputError(
            t("Hours of the week of shape {shape} are not 7 × 24.", "一周时段的形状 {shape} 不是 7 × 24。",
              shape=week.shape),
            remedy=t("Say of each hour of each weekday whether it counts.", "请为每个星期的每小时指明是否计入。"),
        )  # fmt: skip
    return week.ravel()

"""How good loaded incidents are: what an analyst should know before trusting a map of them.

Counted while a file is loaded, batch by batch; of each row only 36 bytes are kept (40 where it says when it was
reported), to find points that hold many and incidents that came twice.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.incidents.categories import event_classes, is_on_list
from spatialgov.incidents.duplicates import NEAR_MINUTES, repeats_within
from spatialgov.incidents.times import PRECISIONS

__all__ = ["LATE_DAYS", "PILE_ROWS", "PILE_SHARE", "Placeholder", "Point", "Quality", "QualityTally", "quality"]

PILE_ROWS, PILE_SHARE = 10, 0.01
"""A point is a pile when it holds so many rows, and so large a share of all: a place that was put where none was known,
or one to which all of a large building or a street was geocoded."""
LATE_DAYS = 7
NOTABLE_SHARE = 0.01
"""Placeholders below this share of the rows are not worth a word."""
_MOST_POINTS = 5
_MOST_CODES = 1000
"""So many categories that are not on the list are told apart."""
_UNITS_PER_DEGREE = 10**7
"""Of degrees that are kept: a centimetre."""
_NO_TIME = np.iinfo(np.int64).min
_HOUR_US, _DAY_US = 3_600_000_000, 86_400_000_000

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Point:
    """A point that holds many incidents; degrees, WGS 84."""

    lon: float
    lat: float
    rows: int


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A time that is written where the time is not known.

    Attributes
    ----------
    kind
        ``on_the_hour``, ``noon``, ``midnight``, ``first_of_month`` or ``first_of_january``.
    rows
        Rows with this time.
    expected
        Rows that would have it anyway: of the full hours one in 60; at noon and midnight the mean of the full hours
        before and after; on the first day of a month and of the year those of the second day.
    beyond
        Rows beyond that; 0 where they may be chance (three standard deviations of the difference of two counts).
    """

    kind: str
    rows: int
    expected: float
    beyond: float


class Repeat(NamedTuple):
    """A row that probably repeats another incident: another row of the file, or one that was there."""

    row: int
    of_row: int | None
    of_id: str | None


@dataclass(frozen=True, slots=True)
class Quality:
    """How good incidents are.

    Attributes
    ----------
    rows
        How many there are; every other count is one of them.
    by_precision
        Precision of the time → rows.
    by_address
        Rows whose place is that of their address.
    outside
        Rows outside all grids; None where none are in force.
    piled, worst_points
        Rows on points that are piles, and the points with most rows, if they have `PILE_ROWS`.
    placeholders
        Times that stand for an unknown one, each kind with its rows. The clock is that of the one who wrote it.
    reported, delay_median_h, delay_90_h, late
        Rows that say when they were reported; hours from when they had happened until then, median and 90 % quantile
        (None without any); rows reported more than `LATE_DAYS` days after.
    near_duplicates
        Rows that probably repeat another incident; see `spatialgov.incidents.near_duplicates`.
    unknown_categories
        Category that is not on the list → rows.
    """

    rows: int
    by_precision: Mapping[str, int]
    by_address: int
    outside: int | None
    piled: int
    worst_points: tuple[Point, ...]
    placeholders: tuple[Placeholder, ...]
    reported: int
    delay_median_h: float | None
    delay_90_h: float | None
    late: int
    near_duplicates: int
    unknown_categories: Mapping[str, int]

    def share(self, rows: float) -> float:
        """Give the share that some rows have of all."""
        return rows / self.rows if self.rows else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Give it as a plain mapping, for JSON."""
        return asdict(self)


def quality(incidents: gpd.GeoDataFrame, *, categories: Iterable[str] | None = None) -> Quality:
    """Tell how good incidents are.

    Parameters
    ----------
    incidents
        As `spatialgov.incidents.read_incidents` or a store gives them, perhaps with `grid_code`. Placeholder times are
        looked for on the clock of the zone that `occurred_at` is in.
    categories
        Codes of the list in force; the big classes of GB/T 30428.2 when not given.
    """
    tally = QualityTally(categories)
    tally.add(
        incidents.assign(wall=incidents["occurred_at"].dt.tz_localize(None), row=np.arange(1, len(incidents) + 1))
    )
    return tally.result()


class QualityTally:
    """Counts the quality of incidents that come frame by frame; `categories` as for `quality`."""

    def __init__(self, categories: Iterable[str] | None = None) -> None:
        self._listed = tuple(event_classes()["code"] if categories is None else categories)
        self._on_list: dict[str, bool] = {}
        self._unknown: Counter[str] = Counter()
        self._rows = self._by_address = 0
        self._outside: int | None = None
        self._precisions = np.zeros(len(PRECISIONS), dtype=np.int64)
        self._exact = 0
        self._full_hours = np.zeros(24, dtype=np.int64)
        self._days = np.zeros((12, 31), dtype=np.int64)
        self._delays_h: list[npt.NDArray[np.float32]] = []
        self._kept: list[_Kept] = []
        self._before: list[tuple[_Kept, pd.Series[Any]]] = []
        self._period: tuple[pd.Timestamp, pd.Timestamp] | None = None
        self._found: tuple[Ints, Ints] | None = None

    def add(self, frame: gpd.GeoDataFrame) -> None:
        """Count rows: the columns of incidents, `row` (of the file), `wall` (what the clock showed), geometry."""
        self._found = None
        self._rows += len(frame)
        self._by_address += int((frame["location_source"] == "address").sum())
        if "grid_code" in frame:
            self._outside = (self._outside or 0) + int(frame["grid_code"].isna().sum())
        self._kept.append(_kept(frame))
        first, last = frame["occurred_at"].min(), frame["occurred_at"].max()
        if self._period is not None:
            first, last = min(first, self._period[0]), max(last, self._period[1])
        self._period = first, last
        self._count_times(frame)
        self._count_categories(frame["category"])
        reported = (frame["reported_at"] - frame["occurred_until"].fillna(frame["occurred_at"])).dropna()
        if len(reported):
            hours = reported.dt.total_seconds().to_numpy() / 3600
            self._delays_h.append(np.maximum(hours, 0.0).astype(np.float32))

    def add_before(self, frame: gpd.GeoDataFrame) -> None:
        """Take note of incidents that were there before, to find rows that repeat one; the rows themselves don't count.

        `frame` has `source_id`, `category`, `occurred_at`, `occurred_until` and Points.
        """
        self._found = None
        ours = np.sort(np.concatenate([kept.source for kept in self._kept])) if self._kept else np.empty(0, np.int64)
        hashes = _hashes(frame["source_id"])
        at = np.minimum(np.searchsorted(ours, hashes), max(len(ours) - 1, 0))
        others = frame[ours[at] != hashes] if len(ours) else frame
        if len(others):
            self._before.append((_kept(others.assign(row=0)), others["source_id"]))

    @property
    def rows(self) -> int:
        """How many rows were counted."""
        return self._rows

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """From when until before when another incident can be near one of the rows in time; None without rows."""
        if self._period is None:
            return None
        around = pd.Timedelta(minutes=NEAR_MINUTES)
        return (self._period[0] - around).to_pydatetime(), (self._period[1] + 2 * around).to_pydatetime()

    def repeats(self, most: int) -> list[Repeat]:
        """Give the rows that probably repeat another incident, in the order of the file, at most so many."""
        later, earlier = self._repeats()
        rows = np.concatenate([kept.row for kept in self._kept]) if len(later) else np.empty(0, np.int32)
        first = np.argsort(rows[later], kind="stable")[:most]
        ids = pd.concat([ids for _, ids in self._before], ignore_index=True) if self._before else None
        found = []
        for i, j in zip(later[first].tolist(), earlier[first].tolist(), strict=True):
            of_id = None if ids is None or j < len(rows) else str(ids.iloc[j - len(rows)])
            found.append(Repeat(int(rows[i]), int(rows[j]) if of_id is None else None, of_id))
        return found

    def result(self) -> Quality:
        """Give the account of all rows."""
        piled, worst = self._piles()
        hours = np.concatenate(self._delays_h) if self._delays_h else np.empty(0, dtype=np.float32)
        median, most = np.quantile(hours, [0.5, 0.9]) if len(hours) else (None, None)
        return Quality(
            rows=self._rows,
            by_precision=dict(zip(PRECISIONS, self._precisions.tolist(), strict=True)),
            by_address=self._by_address,
            outside=self._outside,
            piled=piled,
            worst_points=worst,
            placeholders=self._placeholders(),
            reported=len(hours),
            delay_median_h=None if median is None else round(float(median), 2),
            delay_90_h=None if most is None else round(float(most), 2),
            late=int((hours > 24 * LATE_DAYS).sum()),
            near_duplicates=len(self._repeats()[0]),
            unknown_categories=dict(self._unknown.most_common()),
        )

    def _count_times(self, frame: gpd.GeoDataFrame) -> None:
        precision = pd.Categorical(frame["time_precision"], categories=PRECISIONS).codes
        self._precisions += np.bincount(precision, minlength=len(PRECISIONS))
        wall = frame["wall"].to_numpy("datetime64[us]")
        exact = precision == PRECISIONS.index("exact")
        of_day = wall[exact].astype(np.int64) % _DAY_US
        self._exact += len(of_day)
        self._full_hours += np.bincount(of_day[of_day % _HOUR_US == 0] // _HOUR_US, minlength=24)
        dated = wall[precision != PRECISIONS.index("interval")]
        month = dated.astype("datetime64[M]")
        day = (dated.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
        place = 31 * (month.astype(np.int64) % 12) + day
        self._days += np.bincount(place, minlength=self._days.size).reshape(self._days.shape)

    def _count_categories(self, categories: "pd.Series[Any]") -> None:
        codes, names = pd.factorize(categories)
        for code, rows in zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True):
            if code not in self._on_list and len(self._on_list) < _MOST_CODES:
                self._on_list[code] = is_on_list(code, self._listed)
            if not self._on_list.get(code, is_on_list(code, self._listed)):
                self._unknown[code if code in self._on_list else "…"] += rows

    def _piles(self) -> tuple[int, tuple[Point, ...]]:
        if not self._kept:
            return 0, ()
        places = np.concatenate([kept.place for kept in self._kept])
        points, counts = np.unique(places, return_counts=True)
        piles = counts >= max(PILE_ROWS, PILE_SHARE * self._rows)
        worst = np.argsort(-counts, kind="stable")[:_MOST_POINTS]
        lon, lat = _degrees(points[worst])
        return int(counts[piles].sum()), tuple(
            Point(float(x), float(y), int(rows))
            for x, y, rows in zip(lon, lat, counts[worst], strict=True)
            if rows >= PILE_ROWS
        )

    def _placeholders(self) -> tuple[Placeholder, ...]:
        hours, days = self._full_hours, self._days
        found = (
            ("on_the_hour", hours.sum(), self._exact / 60),
            ("noon", hours[12], (hours[11] + hours[13]) / 2),
            ("midnight", hours[0], (hours[23] + hours[1]) / 2),
            ("first_of_month", days[:, 0].sum(), days[:, 1].sum()),
            ("first_of_january", days[0, 0], days[0, 1]),
        )
        placeholders = []
        for kind, rows, expected in found:
            beyond = float(rows - expected)
            chance = beyond <= 3 * np.sqrt(rows + expected)
            placeholders.append(Placeholder(kind, int(rows), float(expected), 0.0 if chance else beyond))
        return tuple(placeholders)

    def _repeats(self) -> tuple[Ints, Ints]:
        """Give the positions of rows that repeat another incident, and those of the others."""
        if self._found is None:
            parts = [*self._kept, *(kept for kept, _ in self._before)]
            at_s, place, category, _, _ = (
                np.concatenate(column) for column in zip(*(parts or [_NOTHING]), strict=True)
            )
            before = np.arange(len(at_s)) >= self._rows
            known = np.flatnonzero(at_s != _NO_TIME)
            lon, lat = _degrees(place[known])
            found = repeats_within(category[known], at_s[known], lon, lat, before[known])
            self._found = known[found >= 0], known[found[found >= 0]]
        return self._found


class _Kept(NamedTuple):
    """What is kept of rows: seconds since 1970 (`_NO_TIME` where known too roughly), place, category, id, row."""

    at_s: Ints
    place: Ints
    category: Ints
    source: Ints
    row: npt.NDArray[np.int32]


_NO_LONGS = np.empty(0, dtype=np.int64)
_NOTHING = _Kept(_NO_LONGS, _NO_LONGS, _NO_LONGS, _NO_LONGS, np.empty(0, dtype=np.int32))


def _kept(frame: gpd.GeoDataFrame) -> _Kept:
    at = frame["occurred_at"].dt.tz_convert("UTC").dt.tz_localize(None)
    at_s = at.to_numpy("datetime64[s]").astype(np.int64)
    until = frame["occurred_until"]
    if until.notna().any():
        rough = (until - frame["occurred_at"]) > pd.Timedelta(minutes=NEAR_MINUTES)
        at_s = np.where(rough.to_numpy(), _NO_TIME, at_s)
    east, north = (
        np.rint(degrees.to_numpy() * _UNITS_PER_DEGREE).astype(np.int64)
        for degrees in (frame.geometry.x, frame.geometry.y)
    )
    place = (east << 32) + (north + 2**31)
    category, source = _hashes(frame["category"]), _hashes(frame["source_id"])
    return _Kept(at_s, place, category, source, frame["row"].to_numpy(np.int32))


def _hashes(texts: "pd.Series[Any]") -> Ints:
    """Give 64 bits for each text, the same for the same text only."""
    return pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False).view(np.int64)


def _degrees(place: Ints) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return (place >> 32) / _UNITS_PER_DEGREE, ((place & (2**32 - 1)) - 2**31) / _UNITS_PER_DEGREE

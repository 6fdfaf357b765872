"""Rolling review (定期滚动排查): which hot spots are new, gone or persistent, and whether their incidents changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import InputError
from spatialgov.incidents.cells import outline
from spatialgov.incidents.risk import RateRatio, rate_ratio
from spatialgov.incidents.significance import benjamini_hochberg
from spatialgov.incidents.spots import CellMethod, spots_of_cells
from spatialgov.incidents.study_area import Against, StudyArea, study_area
from spatialgov.language import t
from spatialgov.projection import WGS84
from spatialgov.time_limit import check_time

__all__ = ["Review", "Span", "review", "review_of", "windows_before"]

Span = Literal["week", "month", "season", "year"]
"""How long a window is: 7 days, or 1, 3 or 12 calendar months."""

Window = tuple[datetime, datetime]
"""From, until; what happens at the second moment is not in it."""

_OVERLAP = 0.25
"""Spots of two windows are one place when they share this part of the smaller one's cells."""
_SPANS = {"week": ("days", 7), "month": ("months", 1), "season": ("months", 3), "year": ("months", 12)}
_COLUMNS = (
    "rank", "state", "change", "n_before", "n_after", "per_day_before", "per_day_after", "rate_ratio", "ratio_low",
    "ratio_high", "p", "p_adjusted", "hot_windows", "n_cells", "area_km2", "geometry",
)  # fmt: skip

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """What became of the hot spots from one window to the next.

    Attributes
    ----------
    places
        The places that were hot in the last window or in the one before, those that changed most clearly first:

        * ``rank`` from 1;
        * ``state``: ``new`` (hot in the last window, never before), ``returned`` (hot in it and in an earlier one, but
          not in the one before), ``persistent`` (hot in both), ``gone`` (hot in the one before only);
        * ``change``: ``grown`` or ``shrunk`` where ``p_adjusted`` is at most alpha, else ``steady``: a spot can be new
          on the map although its incidents did not change by more than chance;
        * ``n_before``, ``n_after``: incidents in its outline in each of the two windows; ``per_day_before``,
          ``per_day_after``; ``rate_ratio`` with its exact 95 % interval ``ratio_low`` to ``ratio_high`` (`rate_ratio`);
        * ``p``: chance of as clear a change in a place that a review picks when no place's rate changed;
          ``p_adjusted``: after Benjamini-Hochberg across the places;
        * ``hot_windows``: a digit for each window, oldest first, 1 where it was hot;
        * ``n_cells``, ``area_km2``, outline over all windows, EPSG:4326.
    overall
        The same comparison for all incidents of the area together: how much of a change is everyone's.
    counts
        Incidents of each window, oldest first.
    days
        Length of each window.
    outside
        Incidents of all windows that lie in none of the cells and were not counted.
    resolution, alpha, method, against
        As asked for.
    """

    places: gpd.GeoDataFrame
    overall: RateRatio
    counts: tuple[int, ...]
    days: tuple[float, ...]
    outside: int
    resolution: int
    alpha: float
    method: CellMethod
    against: Against


def windows_before(until: datetime, span: Span, *, count: int = 2, last_year: bool = False) -> list[Window]:
    """Give windows that follow each other up to a moment, oldest first.

    Parameters
    ----------
    until
        Aware; the calendar, and the length of days when clocks change, are those of its time zone.
    span
        Length of a window.
    count
        How many windows, 2 or more.
    last_year
        Instead of those just before: the same weeks, months or season of the years before.

    Raises
    ------
    InputError
        When the moment has no time zone, or there are fewer than two windows.
    """
    if until.tzinfo is None or count < 2:
        raise InputError(
            t("{until} with {n} windows is no review.", "{until}、{n} 个时段无法比较。", until=until, n=count),
            remedy=t("Give a time with its zone, and two windows or more.", "请给出带时区的时间和两个以上时段。"),
        )
    unit, length = _SPANS[span]

    def back(periods: int, years: int) -> datetime:
        """Go back by the calendar, whatever the clocks did meanwhile."""
        months = periods * length if unit == "months" else 0
        offset = pd.DateOffset(years=years, months=months, days=periods * length if unit == "days" else 0)
        return (pd.Timestamp(until.replace(tzinfo=None)) - offset).to_pydatetime().replace(tzinfo=until.tzinfo)

    steps = range(count - 1, -1, -1)
    if last_year:
        return [(back(1, k), back(0, k)) for k in steps]
    return [(back(k + 1, 0), back(k, 0)) for k in steps]


def review(
    frame: gpd.GeoDataFrame,
    boundary: BaseGeometry,
    windows: Sequence[Window],
    *,
    resolution: int = 10,
    alpha: float = 0.05,
    method: CellMethod = "gi_star",
    simulations: int = 199,
    seed: int = 0,
) -> Review:
    """Compare the hot spots of windows of time.

    Parameters
    ----------
    frame
        Incidents: ``occurred_at``, point geometry, EPSG:4326; already filtered by category.
    boundary, resolution
        As for `study_area`.
    windows
        Two or more, aware, oldest first, none overlapping the next; they need not touch, nor be of one length.
    alpha, method, simulations, seed
        As for `review_of`; with ``excess`` against an even spread.

    Raises
    ------
    InputError
        When the windows are none, or as `study_area`.
    """
    _check_windows(windows)
    area = study_area(boundary, resolution)
    counts = np.zeros((len(area.cells), len(windows)), dtype=np.int64)
    outside = 0
    for k, (since, until) in enumerate(windows):
        within = ((frame["occurred_at"] >= since) & (frame["occurred_at"] < until)).to_numpy(dtype=np.bool_)
        points = frame[within].geometry
        counts[:, k], lost = area.counts(points.x, points.y)
        outside += lost
    # two moments of one time zone would be subtracted by their clocks
    days = [(until.timestamp() - since.timestamp()) / 86400 for since, until in windows]
    return review_of(
        counts, days, area, alpha=alpha, method=method, simulations=simulations, outside=outside, seed=seed
    )


def review_of(
    counts: Ints,
    days: Sequence[float],
    area: StudyArea,
    *,
    alpha: float = 0.05,
    method: CellMethod = "gi_star",
    against: Against = "even",
    simulations: int = 199,
    outside: int = 0,
    seed: int = 0,
) -> Review:
    """Compare the hot spots of windows of time, from their counts.

    Parameters
    ----------
    counts
        (n, windows) incidents in each cell of the area in each window, oldest first.
    days
        Length of each window, > 0.
    area
        The cells.
    alpha
        Share of false cells tolerated among the hot ones of each window, and of false changes among the places.
    method, against
        What makes a cell hot in its window, as for `hot_spots_of`.
    simulations
        Ways to deal the incidents of each cell out to the last two windows by their lengths.
    outside
        Incidents that were not counted, for the record.
    seed
        Of the simulations.

    Raises
    ------
    InputError
        When there are fewer than two windows, one has no length, or an option is none.

    Notes
    -----
    Hot spots are found in each window by itself; those that share a quarter of the smaller one's cells are one place,
    in all windows. A place is compared over its outline of all windows. Spots are picked because they are high in a
    window, and what is high by chance is lower before and after, so that the exact test of two rates alone calls too
    many changes (10 % at the 5 % level in the tests' made-up town). Its p is therefore compared with those of the
    places that the same procedure picks from simulations in which every incident stays in its cell and falls into
    either window by the windows' lengths. In a short window fewer places are hot, for want of incidents: after a
    long one many are ``gone`` and yet ``steady``.
    """
    _check_counts(counts, days, area)
    _check_options(alpha, simulations)

    def spots(of_window: Ints) -> sp.csr_array:
        return _members(spots_of_cells(of_window, area, method, alpha, against))

    earlier = [spots(counts[:, k]) for k in range(counts.shape[1] - 2)]
    share = float(days[-1] / (days[-2] + days[-1]))

    def compared(last_two: Ints) -> tuple[sp.csr_array, Bools, RateRatio]:
        cells, hot = _places([*earlier, spots(last_two[:, 0]), spots(last_two[:, 1])])
        before, after = (cells @ last_two).T
        return cells, hot, rate_ratio(before, after, days[-2], days[-1])

    cells, hot, changes = compared(counts[:, -2:])
    p = np.empty(0)
    if cells.shape[0]:
        rng = np.random.default_rng(seed)
        both = counts[:, -2:].sum(axis=1)
        by_chance = []
        for _ in range(simulations):
            check_time()
            after = rng.binomial(both, share)
            by_chance.append(compared(np.column_stack([both - after, after]))[2].p)
        chance = np.sort(np.concatenate(by_chance))
        p = (1 + np.searchsorted(chance, changes.p * (1 + 1e-9), side="right")) / (1 + len(chance))
    totals = counts.sum(axis=0)
    return Review(
        _table(cells, hot, changes, p, counts, days, area, alpha),
        rate_ratio(totals[-2], totals[-1], days[-2], days[-1]),
        tuple(totals.tolist()),
        tuple(float(one) for one in days),
        outside,
        area.resolution,
        alpha,
        method,
        against,
    )


def _check_windows(windows: Sequence[Window]) -> None:
    aware = all(moment.tzinfo is not None for window in windows for moment in window)
    moments = [moment.timestamp() for window in windows for moment in window]
    if len(windows) < 2 or not aware or any(later < one for one, later in pairwise(moments)):
        raise InputError(
            t("The windows of time cannot be compared.", "时段无法比较。"),
            remedy=t(
                "Give two or more, with their time zone, oldest first, none overlapping the next.",
                "请给出两个以上带时区的时段，由早到晚，互不重叠。",
            ),
        )


def _check_counts(counts: Ints, days: Sequence[float], area: StudyArea) -> None:
    if np.ndim(counts) != 2 or counts.shape[1] < 2 or counts.shape != (len(area.cells), len(days)):
        raise InputError(
            t(
                "A review needs the counts of each cell in two windows or more.",
                "比较需要每个单元在两个以上时段的计数。",
            ),
            remedy=t("Give a row for each cell and a column for each window.", "请每个单元一行、每个时段一列。"),
        )
    if not all(np.isfinite(one) and one > 0 for one in days):
        raise InputError(
            t("A window has no length: {d} days.", "存在时长为零的时段：{d} 天。", d=", ".join(map(str, days))),
            remedy=t("Give windows that end after they begin.", "时段的结束须晚于开始。"),
        )


def _check_options(alpha: float, simulations: int) -> None:
    if not 0 < alpha < 1 or simulations < 9:
        raise InputError(
            t(
                "alpha {a} with {n} simulations tells nothing.",
                "alpha 为 {a}、模拟 {n} 次无法得出结果。",
                a=alpha,
                n=simulations,
            ),
            remedy=t("Use alpha between 0 and 1, and 99 simulations.", "alpha 应在 0 与 1 之间，模拟宜 99 次以上。"),
        )


def _members(spot: Ints) -> sp.csr_array:
    """Give the cells of each spot: 0/1, spots × cells."""
    ground = np.flatnonzero(spot >= 0)
    shape = (int(spot.max(initial=-1)) + 1, len(spot))
    return sp.csr_array((np.ones(len(ground), dtype=np.int64), (spot[ground], ground)), shape=shape)


def _places(spots: Sequence[sp.csr_array]) -> tuple[sp.csr_array, Bools]:
    """Join the spots of all windows to places: 0/1, places × cells; and (places, windows) where each was hot.

    Only places that are hot in one of the last two windows.
    """
    members = sp.csr_array(sp.vstack(spots))
    window = np.repeat(np.arange(len(spots)), [one.shape[0] for one in spots])
    shared = sp.coo_array(members @ members.T)
    size = np.asarray(members.sum(axis=1))
    one, other = shared.coords
    joined = shared.data >= _OVERLAP * np.minimum(size[one], size[other])
    links = sp.csr_array((np.ones(joined.sum()), (one[joined], other[joined])), shape=shared.shape)
    n, place = connected_components(links, directed=False)
    hot = np.zeros((n, len(spots)), dtype=np.bool_)
    hot[place, window] = True
    cells = sp.csr_array((np.ones(len(place), dtype=np.int64), (place, np.arange(len(place)))), shape=(n, len(place)))
    ground = sp.csr_array(cells @ members)
    ground.data[:] = 1
    kept = np.flatnonzero(hot[:, -2:].any(axis=1))
    return ground[kept], hot[kept]


def _table(
    cells: sp.csr_array, hot: Bools, changes: RateRatio, p: Floats, counts: Ints, days: Sequence[float],
    area: StudyArea, alpha: float,
) -> gpd.GeoDataFrame:  # fmt: skip
    before, after = (cells @ counts[:, -2:]).T
    adjusted = benjamini_hochberg(p)
    was, now, once = hot[:, -2], hot[:, -1], hot[:, :-2].any(axis=1)
    table = gpd.GeoDataFrame(
        {
            "state": np.select([was & now, now & once, now], ["persistent", "returned", "new"], "gone"),
            "change": np.where(adjusted > alpha, "steady", np.where(changes.ratio > 1, "grown", "shrunk")),
            "n_before": before,
            "n_after": after,
            "per_day_before": before / days[-2],
            "per_day_after": after / days[-1],
            "rate_ratio": changes.ratio,
            "ratio_low": changes.low,
            "ratio_high": changes.high,
            "p": p,
            "p_adjusted": adjusted,
            "hot_windows": ["".join("01"[int(one)] for one in row) for row in hot],
            "n_cells": np.diff(cells.indptr),
            "area_km2": cells @ area.frame["area_km2"].to_numpy(),
        },
        geometry=[outline(area.cells[np.sort(row.indices)]) for row in cells] if cells.shape[0] else [],
        crs=WGS84,
    )
    more = np.abs(after - before * days[-1] / days[-2])
    table = table.iloc[np.lexsort((-more, p))].reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table[list(_COLUMNS)]

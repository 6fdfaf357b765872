"""The answers of incident analyses about time: plain tables, and what is to be said about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from spatialgov.incidents import Change, Clock, Forecast, NearRepeat, feedback_note
from spatialgov.language import t
from spatialgov.workspace.incident_results import surface_cells
from spatialgov.workspace.plain import plain, rows

__all__ = [
    "ClockResult",
    "ForecastResult",
    "NearRepeatResult",
    "SeasonsResult",
    "method_name",
    "weekday_name",
]


def weekday_name(weekday: int) -> str:
    """Give the name of a day of the week, 0 for Monday."""
    return (
        t("Monday", "星期一"),
        t("Tuesday", "星期二"),
        t("Wednesday", "星期三"),
        t("Thursday", "星期四"),
        t("Friday", "星期五"),
        t("Saturday", "星期六"),
        t("Sunday", "星期日"),
    )[weekday]


def method_name(method: str) -> str:
    """Give the name of a way to forecast."""
    return {
        "count": t("counts of a year", "一年计数"),
        "count_all": t("counts of all time", "全部计数"),
        "decayed_count": t("fading counts", "衰减计数"),
        "kde": t("kernel density of a year", "一年核密度"),
        "kde_all": t("kernel density of all time", "全部核密度"),
        "decayed_kde": t("fading kernel density", "衰减核密度"),
        "promap": "ProMap",
        "gi_star": "Gi*",
        "near_repeat": t("near repeats", "近重复"),
        "mixture": t("mixture", "混合模型"),
        "blend": t("mixture and counts of all time", "混合模型与全部计数"),
        "used": t("whichever led before", "此前领先者"),
    }[method]


@dataclass(frozen=True, eq=False, slots=True)
class ClockResult:
    """Incidents by hour and weekday of a local clock.

    Attributes
    ----------
    clock
        As `spatialgov.incidents.clock` gives it: for whoever may see exact counts.
    hours
        A row for each of the 168 hours of the week: ``weekday`` (0 for Monday), ``hour``, ``incidents``,
        ``exposure_hours`` (how many such hours there were), ``ratio`` (to the mean hour) with its 95 % interval ``low``
        to ``high``, ``more`` and ``fewer`` (than chance explains), ``unusual`` (more than its weekday and its hour of
        the day explain). No row at all where one of the counts is too small to be shown: with the margins it could be
        worked out. ``incidents`` are whole numbers, or hundredths where shares of incidents are counted.
    by_hour, by_weekday
        The margins: ``hour`` or ``weekday``, ``incidents``, missing where it may not be shown.
    total
        All incidents that are counted; None where too small to be shown.
    rough
        Incidents that are not known to the hour: counted in shares (`spatialgov.incidents.aoristic_weights`), or left
        out where small counts are hidden; None where too small to be shown.
    """

    clock: Clock
    hours: pd.DataFrame
    by_hour: pd.DataFrame
    by_weekday: pd.DataFrame
    total: int | None
    rough: int | None

    def about(self) -> dict[str, Any]:
        """Give it for JSON."""
        found = self.clock
        about = {
            "timezone": found.timezone,
            "since": None if found.since is None else pd.Timestamp(found.since),
            "until": None if found.until is None else pd.Timestamp(found.until),
            "total": self.total,
            "rough": self.rough,
            "by_weekday": rows(self.by_weekday),
            "by_hour": rows(self.by_hour),
            "hours": rows(self.hours),
        }
        answer: dict[str, Any] = plain(about)
        return answer


@dataclass(frozen=True, eq=False, slots=True)
class SeasonsResult:
    """Incidents over time, the rhythm of week and year, and changes of level.

    Attributes
    ----------
    step
        ``day``, ``week`` or ``month``.
    series
        A row a step: ``first_day``, ``incidents`` (missing where it may not be shown), ``expected`` (what level and
        rhythm make of it; missing where any number of incidents is).
    changes
        Changes of level, oldest first; none where a number of incidents is missing.
    weekdays, months
        Factors beside the mean day: ``weekday`` (0 for Monday) or ``month`` (1 to 12), ``factor`` with its 95 %
        interval ``low`` to ``high``; None where the time is too short, or a number of incidents is missing.
    weekdays_p, months_p
        Chance of factors as uneven as these where there is no such rhythm; NaN without factors.
    adjusted
        Which rhythms were taken off before changes were looked for.
    timezone
        Whose days they are.
    """

    step: str
    series: pd.DataFrame
    changes: Sequence[Change]
    weekdays: pd.DataFrame | None
    months: pd.DataFrame | None
    weekdays_p: float
    months_p: float
    adjusted: tuple[str, ...]
    timezone: str

    def about(self) -> dict[str, Any]:
        """Give it for JSON."""
        about = {
            "timezone": self.timezone,
            "step": self.step,
            "adjusted": list(self.adjusted),
            "series": rows(self.series),
            "changes": [
                {name: getattr(change, name) for name in Change.__dataclass_fields__} for change in self.changes
            ],
            "weekdays": None if self.weekdays is None else rows(self.weekdays),
            "weekdays_p": self.weekdays_p,
            "months": None if self.months is None else rows(self.months),
            "months_p": self.months_p,
        }
        answer: dict[str, Any] = plain(about)
        return answer


@dataclass(frozen=True, eq=False, slots=True)
class NearRepeatResult:
    """The Knox test of incidents, band by band.

    Attributes
    ----------
    test
        As `spatialgov.incidents.knox` gives it.
    n_incidents
        How many went in.
    """

    test: NearRepeat
    n_incidents: int

    def bands(self) -> pd.DataFrame:
        """Give a row for each band of distance and time.

        ``distance_from_m``, ``distance_m`` (its limits; both 0 for the same place), ``days_from``, ``days``,
        ``observed``, ``expected``, ``ratio``, ``p``.
        """
        test = self.test
        far, late = np.meshgrid(test.distances_m, test.days, indexing="ij")
        before = (np.append(0.0, limits[:-1]) for limits in (test.distances_m, test.days))
        far_from, late_from = np.meshgrid(*before, indexing="ij")
        columns = {
            "distance_from_m": far_from,
            "distance_m": far,
            "days_from": late_from,
            "days": late,
            "observed": test.observed,
            "expected": test.expected,
            "ratio": test.ratio,
            "p": test.p,
        }
        return pd.DataFrame({name: table.ravel() for name, table in columns.items()})

    def about(self) -> dict[str, Any]:
        """Give it for JSON."""
        return {
            "n_incidents": self.n_incidents,
            "permutations": self.test.permutations,
            "bands": rows(self.bands()),
        }


@dataclass(frozen=True, eq=False, slots=True)
class ForecastResult:
    """What is expected in the next days, cell by cell, and how far that can be trusted.

    Attributes
    ----------
    forecast
        As `spatialgov.incidents.forecast` gives it, with its back-test.
    crs
        The metric plane of its raster.
    start, end
        It is for the time from the first to before the second.
    n_incidents
        Incidents of the chosen categories on the ground before the start.
    """

    forecast: Forecast
    crs: pyproj.CRS
    start: pd.Timestamp
    end: pd.Timestamp
    n_incidents: int

    @property
    def n_cells(self) -> int:
        """How many cells lie on the ground."""
        return int(np.isfinite(self.forecast.expected).sum())

    def cells(self, top: int | None = None) -> gpd.GeoDataFrame:
        """Give the cells on the ground, or so many of them: `rank, expected, low, high`, squares, EPSG:4326.

        Those where most incidents are expected come first.
        """
        found = self.forecast
        columns = {"expected": found.expected, "low": found.low, "high": found.high}
        frame = surface_cells(found.raster, self.crs, columns, "expected", top)
        frame.insert(0, "rank", np.arange(1, len(frame) + 1))
        return frame

    def gain(self) -> tuple[float, float, float]:
        """Give by how much the PAI of what is used is above that of plain counts, with its 95 % interval."""
        value, low, high = self.forecast.backtest.gain(self.forecast.method)[0].tolist()
        return value, low, high

    def is_better(self) -> bool:
        """Whether the back-test shows it to be better than plain counts of a year."""
        return self.forecast.method != "count" and self.gain()[1] > 0

    def methods(self) -> pd.DataFrame:
        """Give the back-test, the best method first.

        ``method``, ``area_share``, ``hits``, ``hit_rate``, ``pai`` with ``pai_low`` and ``pai_high`` (95 %), ``pei``; a
        row for each method and share of the area.
        """
        test = self.forecast.backtest
        pai = test.pai_interval()
        tables = [
            pd.DataFrame(
                {
                    "method": test.methods,
                    "area_share": share,
                    "hits": test.hits.sum(axis=1)[:, k],
                    "hit_rate": test.hit_rate[:, k],
                    "pai": test.pai[:, k],
                    "pai_low": pai[:, k, 0],
                    "pai_high": pai[:, k, 1],
                    "pei": test.pei[:, k],
                }
            ).sort_values("hits", ascending=False, kind="stable")
            for k, share in enumerate(test.area_shares)
        ]
        return pd.concat(tables, ignore_index=True)

    def verdict(self) -> str:
        """Say what is used, and by how much it is better than plain counts, also where it is not."""
        found = self.forecast
        if not found.backtest.totals.sum():
            return t(
                "The history is too short for a back-test: {method} is used, untried.",
                "历史过短，无法回测：采用{method}，未经检验。",
                method=method_name(found.method),
            )
        value, low, high = self.gain()
        told = {
            "method": method_name(found.method),
            "value": value,
            "low": low,
            "high": high,
            "share": found.backtest.area_shares[0],
            "windows": len(found.backtest.totals),
        }
        if self.is_better():
            return t(
                "Used: {method}. In {windows} windows its PAI at {share:.0%} of the area was above that of plain "
                "counts by {value:.2f} (95 % interval {low:.2f} to {high:.2f}).",
                "采用：{method}。在 {windows} 个回测窗口中，{share:.0%} 面积处的 PAI 比单纯计数高 {value:.2f}"
                "（95% 区间 {low:.2f} 至 {high:.2f}）。",
                **told,
            )
        return t(
            "Used: {method}. It is no better than plain counts: in {windows} windows its PAI at {share:.0%} of the "
            "area differed by {value:.2f} (95 % interval {low:.2f} to {high:.2f}).",
            "采用：{method}。并不优于单纯计数：在 {windows} 个回测窗口中，{share:.0%} 面积处的 PAI 相差 {value:.2f}"
            "（95% 区间 {low:.2f} 至 {high:.2f}）。",
            **told,
        )

    def about(self) -> dict[str, Any]:
        """Give all but the cells, for JSON."""
        found = self.forecast
        value, low, high = self.gain()
        about = {
            "start": self.start,
            "end": self.end,
            "cell_m": found.raster.cell_m,
            "n_incidents": self.n_incidents,
            "total": {"expected": found.total, "low": found.total_low, "high": found.total_high},
            "confidence": found.confidence,
            "coverage": found.coverage,
            "total_coverage": found.total_coverage,
            "method": found.method,
            "better_than_counts": self.is_better(),
            "gain": {"pai": value, "low": low, "high": high},
            "verdict": self.verdict(),
            "note": feedback_note(),
            "windows": len(found.backtest.totals),
            "backtest": rows(self.methods()),
        }
        answer: dict[str, Any] = plain(about)
        return answer

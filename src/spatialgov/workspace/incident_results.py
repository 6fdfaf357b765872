"""The answers of incident analyses: plain tables, and what is to be said about them."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from spatialgov.incidents import COURSES, NO_PATTERN, Forecast, NearRepeat, Raster, raster_frame
from spatialgov.language import t
from spatialgov.workspace.plain import plain, rows
from spatialgov.workspace.time_steps import Every

__all__ = [
    "DensityResult",
    "EmergingResult",
    "ForecastResult",
    "NearRepeatResult",
    "course_name",
    "feedback_note",
    "method_name",
]


def course_name(course: str) -> str:
    """Give the name of one of the 17 classes of emerging hot spots."""
    names = {
        "new": t("new", "新增"),
        "consecutive": t("consecutive", "连续"),
        "intensifying": t("intensifying", "加强"),
        "persistent": t("persistent", "持续"),
        "diminishing": t("diminishing", "减弱"),
        "sporadic": t("sporadic", "零星"),
        "oscillating": t("oscillating", "振荡"),
        "historical": t("historical", "历史"),
    }
    if course == NO_PATTERN:
        return t("no pattern", "无明显模式")
    kind, hot = course.split("_")
    return names[kind] + (t(" hot spot", "热点") if hot == "hot" else t(" cold spot", "冷点"))


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
        "used": t("whichever led before", "此前领先者"),
    }[method]


def feedback_note() -> str:
    """Say what no forecast of reports can know."""
    return t(
        "Reported incidents are not all incidents. Where staff are sent, more is seen and reported, and a forecast "
        "made of those reports sends them there again: compare with places that were not visited. It is made of "
        "categories, places and times alone, never of a person.",
        "上报的事件并非全部事件。派人多的地方发现和上报的也多，据此预测又会派人前往：请与未巡查的地点对照。"
        "预测仅依据类别、地点和时间，从不涉及任何个人。",
    )


@dataclass(frozen=True, eq=False, slots=True)
class DensityResult:
    """Density of incidents on a raster.

    Attributes
    ----------
    raster, crs
        The cells, and the metric plane that they lie in. Row 0 is the southernmost.
    values
        float64 (ny, nx), incidents per km²; NaN outside the ground in force.
    bandwidth_m, chosen
        Standard deviation of the kernel, and whether it was chosen by cross-validation.
    barriers
        How many hard barriers no incident's influence crosses.
    n_incidents, outside
        Incidents that went in, and those off the ground, which did not.
    """

    raster: Raster
    crs: pyproj.CRS
    values: npt.NDArray[np.float64]
    bandwidth_m: float
    chosen: bool
    barriers: int
    n_incidents: int
    outside: int

    @property
    def n_cells(self) -> int:
        """How many cells lie on the ground."""
        return int(np.isfinite(self.values).sum())

    def about(self) -> dict[str, Any]:
        """Give all but the cells, for JSON."""
        return {
            "cell_m": self.raster.cell_m,
            "bandwidth_m": round(self.bandwidth_m, 1),
            "bandwidth_chosen": self.chosen,
            "barriers": self.barriers,
            "n_incidents": self.n_incidents,
            "outside": self.outside,
        }

    def cells(self, top: int | None = None) -> gpd.GeoDataFrame:
        """Give the cells on the ground, or so many of them: `row, column, incidents_per_km2`, squares, EPSG:4326.

        The densest come first.
        """
        chosen = _highest(self.values, top)
        frame = raster_frame(self.raster, self.crs, {"incidents_per_km2": self.values}, chosen)
        return frame.sort_values("incidents_per_km2", ascending=False, kind="stable", ignore_index=True)


@dataclass(frozen=True, eq=False, slots=True)
class EmergingResult:
    """How the hot and cold spots of H3 cells came and went.

    Attributes
    ----------
    cells
        A row for each cell that has a pattern or a trend: ``cell``, ``course`` (one of the 17 classes), ``n_incidents``
        and ``last`` (in all steps and in the last one; ``last`` is missing where it is too small to be shown),
        ``hot_steps``, ``cold_steps``, ``rising``, ``falling``, ``tau``, ``p``; polygons, EPSG:4326.
    steps
        Moments that the steps lie between, oldest first; empty where no whole step fits.
    n_cells
        How many cells were judged.
    every, resolution, alpha
        As asked for.
    """

    cells: gpd.GeoDataFrame
    steps: list[pd.Timestamp]
    n_cells: int
    every: Every
    resolution: int
    alpha: float

    @property
    def n_steps(self) -> int:
        """How many steps were compared."""
        return max(len(self.steps) - 1, 0)

    def classes(self) -> dict[str, int]:
        """Count the cells of each class that occurs, in the order of `COURSES`, hot before cold."""
        held = self.cells["course"].value_counts()
        names = [f"{course}_{kind}" for kind in ("hot", "cold") for course in COURSES]
        return {name: int(held[name]) for name in names if name in held}

    def about(self) -> dict[str, Any]:
        """Give all but the cells, for JSON."""
        return {
            "every": self.every,
            "resolution": self.resolution,
            "alpha": self.alpha,
            "n_cells": self.n_cells,
            "n_steps": self.n_steps,
            "first": plain(self.steps[0]) if self.n_steps else None,
            "until": plain(self.steps[-1]) if self.n_steps else None,
            "classes": self.classes(),
        }


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
        frame = raster_frame(found.raster, self.crs, columns, _highest(found.expected, top))
        frame = frame.sort_values("expected", ascending=False, kind="stable", ignore_index=True)
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
                "The history is too short for a back-test: the mixture is used in equal parts, untried.",
                "历史过短，无法回测：等权使用混合模型，未经检验。",
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


def _highest(values: npt.NDArray[np.float64], top: int | None) -> npt.NDArray[np.bool_]:
    """Choose so many of the cells with the highest values; None: all that have one."""
    known = np.isfinite(values)
    if top is None or known.sum() <= top:
        return known
    order = np.argsort(np.where(known, -values, np.inf), axis=None, kind="stable")
    chosen = np.zeros(values.size, dtype=np.bool_)
    chosen[order[:top]] = True
    return chosen.reshape(values.shape)

"""The registry of indicators: what grids are assessed by, each with its formula, so that no figure is without one."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from spatialgov.allocation.assessment.shrinkage import Family
from spatialgov.allocation.profiles import WorkloadProfile, looked_up
from spatialgov.language import t

__all__ = ["INDICATORS", "Bounds", "Facts", "Indicator", "Tally", "facts_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

Better = Literal["more", "less", ""]
"""Which way is good; "" where neither is."""

_MINUTE = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What is known of some grids and a period.

    Attributes
    ----------
    n_grids
        How many grids; they are known by their positions.
    days
        How long incidents are known of.
    incidents
        A row an incident that occurred in one of the grids: ``grid`` (int64, its position), ``category``,
        ``work_minutes`` (to handle it, by the profile of the grid's kind), ``closed`` (bool), ``took_minutes`` (from
        the report until it was closed; NaN where that is not known), ``limit_passed`` (bool: its time limit had
        passed when the incidents were exported), ``in_time`` (bool: closed within it), ``closed_level``.
    answers, satisfied
        float64 (n_grids,), of a survey; None without one.
    seen
        float64 (n_grids, 3): m² that should be seen, that are covered for certain, and that are perhaps; None where
        coverage has not been measured.
    """

    n_grids: int
    days: float
    incidents: pd.DataFrame
    answers: Floats | None = None
    satisfied: Floats | None = None
    seen: Floats | None = None

    def of(self, positions: Ints) -> "Facts":
        """Give the facts of some grids, in this order."""
        new = np.full(self.n_grids, -1, dtype=np.int64)
        new[positions] = np.arange(len(positions))
        grid = new[self.incidents["grid"].to_numpy()]
        incidents = self.incidents.assign(grid=grid)[grid >= 0]
        answers, satisfied, seen = (
            None if column is None else column[positions] for column in (self.answers, self.satisfied, self.seen)
        )
        return Facts(len(positions), self.days, incidents, answers, satisfied, seen)

    def count(self, rows: npt.NDArray[np.bool_], weights: Floats | None = None) -> Floats:
        """Give the number of some of the incidents, or the sum of their weights, by grid."""
        grid = self.incidents["grid"].to_numpy()[rows]
        return np.bincount(grid, None if weights is None else weights[rows], self.n_grids).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What an indicator is estimated from.

    Attributes
    ----------
    totals, sizes
        float64 (n,), as for `spatialgov.allocation.assessment.shrink`.
    observations
        int64 (n,), how many observations there are.
    variance
        Of a single one; of means only.
    """

    totals: Floats
    sizes: Floats
    observations: Ints
    variance: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """An indicator that is measured, not estimated: what is so for certain, and what is so perhaps, of how much."""

    whole: Floats
    least: Floats
    most: Floats


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure about a grid and a period.

    Attributes
    ----------
    key
        Name in JSON and tables; never changes its meaning without a new `version`.
    unit
        ``1/day``, ``min/day``, ``min`` or ``share``.
    better
        Which way is good; "" where neither is.
    family
        How observations scatter; ``measured`` where nothing is left to chance.
    formula
        In English: the docstring of `compute`. `formula_chinese` says the same.
    compute
        Facts of peers → what it is estimated from; None where they don't tell.
    """

    key: str
    version: int
    english: str
    chinese: str
    unit: str
    better: Better
    family: Family | Literal["measured"]
    formula: str
    formula_chinese: str
    compute: Callable[[Facts], Tally | Bounds | None]

    @property
    def title(self) -> str:
        """Name for people, in the current language."""
        return t(self.english, self.chinese)

    @property
    def told_formula(self) -> str:
        """Formula for people, in the current language."""
        return t(self.formula, self.formula_chinese)

    def shown(self, values: Floats) -> Floats:
        """Give values as people read them: means of logarithms as minutes."""
        return np.exp(values) if self.family == "normal" else values


INDICATORS: dict[str, Indicator] = {}
"""Every indicator by its key, in the order in which reports show them."""

_Compute = Callable[[Facts], Tally | Bounds | None]


def _indicator(
    key: str, version: int, english: str, chinese: str, unit: str, better: Better,
    family: Family | Literal["measured"], formula_chinese: str,
) -> Callable[[_Compute], _Compute]:  # fmt: skip
    def register(compute: _Compute) -> _Compute:
        formula = " ".join((inspect.getdoc(compute) or "").split())
        INDICATORS[key] = Indicator(
            key, version, english, chinese, unit, better, family, formula, formula_chinese, compute
        )
        return compute

    return register


def facts_of(
    incidents: pd.DataFrame,
    grid: npt.ArrayLike,
    profiles: npt.ArrayLike,
    days: float,
    *,
    limit_hours: float,
    limits_by_category: dict[str, float],
    as_of: pd.Timestamp,
) -> Facts:
    """Give what the incidents of a period tell of grids.

    Parameters
    ----------
    incidents
        ``category``, ``occurred_at``, ``time_precision``, ``reported_at``, ``status``, ``closed_at``,
        ``closed_level``.
    grid
        (m,) position of each one's grid; -1 where it has none.
    profiles
        (n,) the `WorkloadProfile` of each grid.
    days
        How long they are known of.
    limit_hours, limits_by_category
        Time limit to close an incident, in general and of categories by their code or a class above it.
    as_of
        When the incidents were exported: what was open then may have been closed since.
    """
    own: npt.NDArray[np.object_] = np.asarray(profiles, dtype=object)
    place = np.asarray(grid, dtype=np.int64)
    held = incidents[place >= 0]
    place = place[place >= 0]
    category = held["category"].to_numpy(dtype=object)
    # the time since it happened says nothing where that is known to the day only
    since = held["reported_at"].fillna(held["occurred_at"].where(held["time_precision"] == "exact"))
    took = (held["closed_at"] - since).dt.total_seconds().to_numpy(dtype=np.float64) / _MINUTE
    closed = (held["status"] == "closed").to_numpy()
    took = np.where(closed & (took >= 0), np.maximum(took, 1.0), np.nan)  # times are given to the minute
    limit = looked_up(category, limits_by_category, limit_hours)
    waited = (as_of - since).dt.total_seconds().to_numpy(dtype=np.float64) / 3600
    known = np.isfinite(took) | ~closed
    table = pd.DataFrame(
        {
            "grid": place,
            "category": category,
            "work_minutes": _work_minutes(category, place, own),
            "closed": closed,
            "took_minutes": took,
            "limit_passed": known & (waited >= limit),
            "in_time": took <= limit * 60,
            "closed_level": held["closed_level"].to_numpy(dtype=object),
        }
    )
    return Facts(len(own), days, table)


def _work_minutes(category: npt.NDArray[np.object_], grid: Ints, profiles: npt.NDArray[np.object_]) -> Floats:
    """Give the minutes to handle each incident, trips included, by the profile of its grid."""
    minutes = np.zeros(len(category))
    names = np.array([profile.name for profile in profiles], dtype=object)[grid] if len(profiles) else category
    for profile in {profile.name: profile for profile in profiles}.values():
        assert isinstance(profile, WorkloadProfile)
        rows = names == profile.name
        held = category[rows]
        minutes[rows] = profile.handling_minutes(held) + profile.trips(held) * profile.trip_minutes
    return minutes


@_indicator(
    "incidents", 1, "incidents a day", "日均事件数", "1/day", "", "poisson",
    "期间内发生于本网格的事件数，除以事件已知的天数。",
)  # fmt: skip
def _incidents(facts: Facts) -> Tally:
    """Incidents that occurred in the grid in the period, over the days that incidents are known of."""
    held = facts.count(np.ones(len(facts.incidents), dtype=bool))
    return Tally(held, np.full(facts.n_grids, facts.days), held.astype(np.int64))


@_indicator(
    "workload", 1, "workload of incidents", "事件工作量", "min/day", "", "poisson",
    "期间内事件的处置分钟数（按本类网格的工作量参数，含往返）之和，除以天数；以同类网格 Σm²/Σm 分钟折算为一个事件。",
)  # fmt: skip
def _workload(facts: Facts) -> Tally:
    """Minutes m to handle the incidents of the period by the profile of the grid's kind, trips included, over the days.

    Σ m² / Σ m minutes, over the peers, count as one event (Fay and Feuer 1997).
    """
    everything = np.ones(len(facts.incidents), dtype=bool)
    minutes = facts.incidents["work_minutes"].to_numpy()
    total = float(minutes.sum())
    event = float((minutes**2).sum()) / total if total > 0 else 1.0
    held = facts.count(everything, minutes)
    sizes = np.full(facts.n_grids, facts.days / event)
    return Tally(held / event, sizes, facts.count(everything).astype(np.int64))


@_indicator(
    "in_time", 1, "closed within the time limit", "按时办结率", "share", "more", "binomial",
    "时限内办结的事件数，除以导出数据时时限已过、且处置时长已知的事件数；时长自报告（无则自准确的发生时间）起算。",
)  # fmt: skip
def _in_time(facts: Facts) -> Tally:
    """Incidents closed within their time limit, over those whose limit had passed when the data were exported.

    The time runs from the report, or from when it occurred where that is known exactly; others don't count.
    """
    passed = facts.incidents["limit_passed"].to_numpy(dtype=bool)
    of_all = facts.count(passed)
    return Tally(facts.count(passed & facts.incidents["in_time"].to_numpy(dtype=bool)), of_all, of_all.astype(np.int64))


@_indicator(
    "closing_time", 1, "usual time to close", "办结时长（几何均值）", "min", "less", "normal",
    "已办结事件 log(分钟) 的均值取指数：自报告（无则自准确的发生时间）至办结；先按类别扣除同类网格间的差异。"
    "未办结者不计，见按时办结率。",
)  # fmt: skip
def _closing_time(facts: Facts) -> Tally | None:
    """Exponential of the mean of log(minutes) from the report until closed, of the incidents that were closed.

    The time runs from the report, or from when it occurred where that is known exactly. What a category usually takes
    among the peers is taken out first, so that a grid is not slow for having slow categories. Those that are open
    don't count here: see the share closed within the limit.
    """
    took = facts.incidents["took_minutes"].to_numpy()
    known = np.isfinite(took)
    if not known.any():
        return None
    logs = pd.Series(np.log(took[known]))
    usual = logs.groupby(facts.incidents["category"].to_numpy()[known]).transform("mean")
    adjusted = np.full(len(took), np.nan)
    adjusted[known] = logs - usual + logs.mean()
    totals, sizes = facts.count(known, adjusted), facts.count(known)
    means = np.divide(totals, sizes, out=np.zeros(facts.n_grids), where=sizes > 0)
    rest = adjusted[known] - means[facts.incidents["grid"].to_numpy()[known]]
    freedom = int(sizes.sum()) - int((sizes > 0).sum())
    if freedom < 1:  # nowhere two of them: how much they scatter in a grid can't be told
        return None
    variance = max(float((rest**2).sum()) / freedom, 1e-9)
    return Tally(totals, sizes, sizes.astype(np.int64), variance)


@_indicator(
    "closure", 1, "closed", "办结率", "share", "more", "binomial",
    "期间内发生、且在导出数据时已办结的事件数，除以期间内发生的事件数。",
)  # fmt: skip
def _closure(facts: Facts) -> Tally:
    """Incidents of the period that were closed when the data were exported, over all that occurred in it."""
    of_all = facts.count(np.ones(len(facts.incidents), dtype=bool))
    return Tally(facts.count(facts.incidents["closed"].to_numpy(dtype=bool)), of_all, of_all.astype(np.int64))


@_indicator(
    "grid_level", 1, "closed at grid level", "网格内办结率", "share", "more", "binomial",
    "在网格一级办结的事件数，除以办结层级已知的已办结事件数（小事不出网格）。",
)  # fmt: skip
def _grid_level(facts: Facts) -> Tally:
    """Incidents closed by the grid itself, over those closed of which the level is known (小事不出网格)."""
    level = facts.incidents["closed_level"].to_numpy(dtype=object)
    told = facts.incidents["closed"].to_numpy(dtype=bool) & (level != "")
    of_all = facts.count(told)
    return Tally(facts.count(told & (level == "grid")), of_all, of_all.astype(np.int64))


@_indicator(
    "satisfaction", 1, "satisfied", "满意率", "share", "more", "binomial",
    "满意的答复数，除以期间内的答复数（由导入的计数表给出）。",
)  # fmt: skip
def _satisfaction(facts: Facts) -> Tally | None:
    """Satisfied answers over all answers of the period, as the table of counts gives them."""
    if facts.answers is None or facts.satisfied is None:
        return None
    return Tally(facts.satisfied, facts.answers, facts.answers.astype(np.int64))


@_indicator(
    "coverage", 1, "public ground covered", "公共地面覆盖率", "share", "more", "measured",
    "公共地面中确定覆盖的面积占比；上限为可能覆盖的占比（见 spatialgov coverage）。为现状，非期间值。",
)  # fmt: skip
def _coverage(facts: Facts) -> Bounds | None:
    """Share of the public ground that cameras cover for certain; up to the share that they cover perhaps.

    As `spatialgov coverage` measured it last: of now, not of the period.
    """
    if facts.seen is None:
        return None
    whole, least, perhaps = facts.seen.T
    return Bounds(whole, least, least + perhaps)

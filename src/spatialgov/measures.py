"""What is measured on a plan: per-grid sums, and a registry of measures that every table and report walks through."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.contiguity import ContiguityGraph
from spatialgov.language import t
from spatialgov.nesting import parent_of_units
from spatialgov.topology import metric_shapes

if TYPE_CHECKING:
    from spatialgov.plan import Plan
    from spatialgov.units import Units

__all__ = ["MEASURES", "Measure", "Tally"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Tally:
    """Sums over each grid's units, shape (k,) each.

    `perimeter_m` is the whole border of the grid, with the outer border of the jurisdiction; `n_parts` counts the
    pieces that share no border with each other (1 = contiguous). `workload` is in minutes a day, 0 where units don't
    say it.
    """

    households: Integers
    population: Integers
    workload: Floats
    area_m2: Floats
    perimeter_m: Floats
    n_units: Integers
    n_parts: Integers

    @classmethod
    def of(cls, units: "Units", labels: npt.NDArray[np.int32], k: int) -> Self:
        """Sum up `k` grids; `labels` is int32, shape (n,), -1 where a unit has no grid."""
        return cls._of_rows(units, np.flatnonzero(labels >= 0), labels, k)

    @classmethod
    def _of_rows(cls, units: "Units", rows: Integers, labels: npt.NDArray[np.int32], k: int) -> Self:
        graph, part = units.graph.subgraph(rows), labels[rows]
        source = graph.sources()
        inner = part[source] == part[graph.indices]
        area: Floats = np.bincount(part, graph.area_m2, k).astype(np.float64)
        perimeter: Floats = np.bincount(part, graph.perimeter_m, k).astype(np.float64)
        perimeter -= np.bincount(part[source[inner]], graph.border_m[inner], k)
        column = {name: units.frame[name].to_numpy()[rows] for name in ("households", "population")}
        workload = units.amounts("workload") if "workload" in units.frame else np.zeros(len(units))
        return cls(
            households=np.bincount(part, column["households"], k).astype(np.int64),
            population=np.bincount(part, column["population"], k).astype(np.int64),
            workload=np.bincount(part, workload[rows], k).astype(np.float64),
            area_m2=area,
            perimeter_m=perimeter,
            n_units=np.bincount(part, minlength=k).astype(np.int64),
            n_parts=_count_parts(graph, part, k),
        )

    def updated(self, units: "Units", labels: npt.NDArray[np.int32], k: int, touched: Integers) -> Self:
        """Give the sums after a move: only the `touched` grids are summed up anew.

        `labels` are those after the move; `k` may have grown, new grids must be among the touched.
        """
        new = self._of_rows(units, np.flatnonzero(np.isin(labels, touched)), labels, k)
        columns = {}
        for field in fields(self):
            column = getattr(new, field.name)
            old = np.setdiff1d(np.arange(len(self.n_units)), touched)
            column[old] = getattr(self, field.name)[old]
            columns[field.name] = column
        return type(self)(**columns)

    def take(self, rows: Integers) -> Self:
        """Give the sums of some grids, in the order of `rows`."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def column(self, name: str) -> Floats:
        """Give `households`, `population`, `area_m2` or `workload` as float64, shape (k,)."""
        return np.asarray(getattr(self, name), dtype=np.float64)


def _count_parts(graph: ContiguityGraph, part: npt.NDArray[np.int32], k: int) -> Integers:
    if graph.n == 0:
        return np.zeros(k, np.int64)
    component = graph.components(part)
    first = np.unique(component, return_index=True)[1]
    return np.bincount(part[first], minlength=k).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure about a plan.

    Attributes
    ----------
    key
        Name in JSON, tables and exports; never changes its meaning without a new `version`.
    unit
        ``%``, ``m``, or empty for counts and ratios.
    formula
        How it is computed, in English: the docstring of `compute`. ``docs/measures.md`` is written from it.
    compute
        Plan → number.
    """

    key: str
    version: int
    english: str
    chinese: str
    unit: str
    formula: str
    compute: "Callable[[Plan], float]"

    @property
    def title(self) -> str:
        """Name for people, in the current language."""
        return t(self.english, self.chinese)


MEASURES: dict[str, Measure] = {}
"""Every measure by its key, in the order in which reports show them."""


def _measure(
    key: str, version: int, english: str, chinese: str, unit: str = ""
) -> "Callable[[Callable[[Plan], float]], Callable[[Plan], float]]":
    def register(compute: "Callable[[Plan], float]") -> "Callable[[Plan], float]":
        MEASURES[key] = Measure(key, version, english, chinese, unit, inspect.getdoc(compute) or "", compute)
        return compute

    return register


@_measure("grids", 1, "grids", "网格数")
def _grids(plan: "Plan") -> float:
    """Number of grids, dedicated ones too."""
    return len(plan.codes)


@_measure("unassigned_units", 1, "units without a grid", "未划入网格的单元")
def _unassigned(plan: "Plan") -> float:
    """Number of units that belong to no grid."""
    return int((plan.labels < 0).sum())


@_measure("max_deviation_pct", 1, "largest deviation from the target", "与目标的最大偏差", "%")
def _max_deviation(plan: "Plan") -> float:
    """Largest of |held / target - 1| · 100 over the grids, where held is the quantity balanced by; 0 if dedicated."""
    return float(np.abs(plan.deviation_pct()).max(initial=0.0))


@_measure("mean_deviation_pct", 1, "mean deviation from the target", "与目标的平均偏差", "%")
def _mean_deviation(plan: "Plan") -> float:
    """Mean of |held / target - 1| · 100 over the grids; 0 if dedicated."""
    deviation = np.abs(plan.deviation_pct())
    return float(deviation.mean()) if len(deviation) else 0.0


@_measure("p95_deviation_pct", 1, "deviation from the target that 95 % of grids keep", "95% 的网格不超过的偏差", "%")
def _p95_deviation(plan: "Plan") -> float:
    """95th percentile of |held / target - 1| · 100 over the grids, linear between ranks; 0 if dedicated."""
    deviation = np.abs(plan.deviation_pct())
    return float(np.percentile(deviation, 95)) if len(deviation) else 0.0


@_measure("off_target", 1, "grids beyond the tolerance", "超出容差的网格")
def _off_target(plan: "Plan") -> float:
    """Number of grids whose deviation from the target is larger than the tolerance."""
    return int(plan.off_target().sum())


@_measure("max_deviation_also_pct", 1, "largest deviation in what is balanced too", "其他均衡量的最大偏差", "%")
def _max_deviation_also(plan: "Plan") -> float:
    """Largest of |held / mean - 1| · 100 over the grids and the quantities that are balanced besides the first.

    The mean is that of the grids on the same ground: connected, in one parent, cut by hard barriers and dedicated
    grids. 0 for dedicated grids, and where only one quantity is balanced.
    """
    return float(max((np.abs(off).max(initial=0.0) for off in plan.deviation_also_pct().values()), default=0.0))


@_measure("non_contiguous", 1, "grids in several pieces", "不连通的网格")
def _non_contiguous(plan: "Plan") -> float:
    """Number of grids with units that can't be reached from each other over shared borders; a point touch is none."""
    return int((plan.tally.n_parts > 1).sum())


@_measure("gaps", 1, "gaps between grids", "网格间的空隙")
def _gaps(plan: "Plan") -> float:
    """Number of gaps between the dissolved grids."""
    return sum(fault.kind == "gap" for fault in plan.coverage_faults())


@_measure("overlaps", 1, "overlaps between grids", "网格间的重叠")
def _overlaps(plan: "Plan") -> float:
    """Number of overlaps between the dissolved grids."""
    return sum(fault.kind == "overlap" for fault in plan.coverage_faults())


@_measure("mean_polsby_popper", 1, "compactness (mean Polsby-Popper)", "紧凑度（Polsby-Popper 均值）")
def _mean_polsby_popper(plan: "Plan") -> float:
    """Mean over the grids of 4π · area / perimeter²: 1 for a disc (Polsby & Popper 1991)."""
    perimeter = plan.tally.perimeter_m
    score = 4 * np.pi * plan.tally.area_m2 / np.where(perimeter > 0, perimeter, np.inf) ** 2
    return float(score.mean()) if len(score) else 0.0


@_measure("mean_reock", 1, "compactness (mean Reock)", "紧凑度（Reock 均值）")
def _mean_reock(plan: "Plan") -> float:
    """Mean over the grids of area / area of the smallest circle around the grid: 1 for a disc (Reock 1961)."""
    shapes = metric_shapes(plan.grids().geometry.to_numpy(), plan.units.crs)
    score = plan.tally.area_m2 / (np.pi * shapely.minimum_bounding_radius(shapes) ** 2)
    return float(score.mean()) if len(score) else 0.0


@_measure("moment_of_inertia", 1, "moment of inertia (persons × km²)", "惯性矩（人·平方千米）")
def _moment_of_inertia(plan: "Plan") -> float:
    """Σ population · distance², in persons × km², from each unit's point to the population's centre in its grid.

    Distances are in the metric plane; a unit's people count as if they were all at its point.
    """
    held = plan.labels >= 0
    part, k = plan.labels[held], len(plan.codes)
    people = plan.units.frame["population"].to_numpy(dtype=np.float64)[held]
    xy_km = plan.units.graph.xy_m[held] / 1000
    total = np.bincount(part, people, k)
    centre = [np.bincount(part, people * axis, k) / np.where(total > 0, total, 1.0) for axis in xy_km.T]
    return float((people * ((xy_km - np.column_stack(centre)[part]) ** 2).sum(axis=1)).sum())


@_measure("cut_length_m", 1, "length of the borders between grids", "网格间边界总长", "m")
def _cut_length(plan: "Plan") -> float:
    """Σ length of the borders that units of different grids share; units without a grid count as one more grid."""
    pairs, border_m, _ = plan.units.graph.edges()
    return float(border_m[~_together(plan, pairs)].sum())


@_measure("cut_edges", 1, "pairs of neighbouring units in different grids", "分属不同网格的相邻单元对")
def _cut_edges(plan: "Plan") -> float:
    """Number of pairs of units that share a border and not their grid; units without a grid count as one more."""
    pairs, _, _ = plan.units.graph.edges()
    return int((~_together(plan, pairs)).sum())


@_measure("barrier_crossings", 1, "barriers crossed inside grids", "网格内跨越的阻隔")
def _barrier_crossings(plan: "Plan") -> float:
    """Number of pairs of units of one grid whose shared border lies on a barrier, hard or soft."""
    return _crossings(plan, lambda barrier: barrier != 0)


@_measure("hard_barrier_crossings", 1, "hard barriers crossed inside grids", "网格内跨越的硬阻隔")
def _hard_barrier_crossings(plan: "Plan") -> float:
    """Number of pairs of units of one grid whose shared border lies on a hard barrier."""
    return _crossings(plan, lambda barrier: barrier > 0)


@_measure("soft_barrier_crossings", 1, "soft barriers crossed inside grids", "网格内跨越的软阻隔")
def _soft_barrier_crossings(plan: "Plan") -> float:
    """Number of pairs of units of one grid whose shared border lies on a soft barrier."""
    return _crossings(plan, lambda barrier: barrier < 0)


@_measure("split_places", 1, "named places split over several grids", "被多个网格分割的有名称地点")
def _split_places(plan: "Plan") -> float:
    """Number of named places whose units lie in more than one grid.

    A place is the units of one parent with the same `name` (an estate, a compound): a name that another community
    uses, too, is another place. Units without a name or a grid don't count.
    """
    if "name" not in plan.units.frame:
        return 0
    name = plan.units.frame["name"].fillna("").to_numpy(dtype=object)
    named = (plan.labels >= 0) & (name != "")
    place = [parent_of_units(plan.units, plan.settings.within)[named], name[named]]
    return int((pd.Series(plan.labels[named]).groupby(place).nunique() > 1).sum())


@_measure("households_moved", 1, "households moved to another grid", "改划到其他网格的户数")
def _households_moved(plan: "Plan") -> float:
    """Σ households of the units with another grid code than in the plan that this one goes back to; 0 without one."""
    origin = plan
    while origin.parent is not None:
        origin = origin.parent
    moved = plan.assignment().to_numpy() != origin.assignment().to_numpy()
    return int(plan.units.frame["households"].to_numpy()[moved].sum())


def _crossings(plan: "Plan", counts: "Callable[[npt.NDArray[np.int8]], npt.NDArray[np.bool_]]") -> int:
    """Count the pairs of units of one grid whose shared border is a barrier that counts."""
    pairs, _, barrier = plan.units.graph.edges()
    return int((counts(barrier) & _together(plan, pairs) & (plan.labels[pairs[:, 0]] >= 0)).sum())


def _together(plan: "Plan", pairs: Integers) -> npt.NDArray[np.bool_]:
    """Tell which pairs of units are in one grid, or both in none."""
    together: npt.NDArray[np.bool_] = plan.labels[pairs[:, 0]] == plan.labels[pairs[:, 1]]
    return together

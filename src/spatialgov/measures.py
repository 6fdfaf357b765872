"""What is measured on a plan: per-grid sums, and a registry of measures that every table and report walks through."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from spatialgov.contiguity import ContiguityGraph
from spatialgov.language import t

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
    pieces that share no border with each other (1 = contiguous).
    """

    households: Integers
    population: Integers
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
        return cls(
            households=np.bincount(part, column["households"], k).astype(np.int64),
            population=np.bincount(part, column["population"], k).astype(np.int64),
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
        """Give `households`, `population` or `area_m2` as float64, shape (k,)."""
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
    compute
        Plan → number.
    """

    key: str
    version: int
    english: str
    chinese: str
    unit: str
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
        MEASURES[key] = Measure(key, version, english, chinese, unit, compute)
        return compute

    return register


@_measure("grids", 1, "grids", "网格数")
def _grids(plan: "Plan") -> float:
    return len(plan.codes)


@_measure("unassigned_units", 1, "units without a grid", "未划入网格的单元")
def _unassigned(plan: "Plan") -> float:
    return int((plan.labels < 0).sum())


@_measure("max_deviation_pct", 1, "largest deviation from the target", "与目标的最大偏差", "%")
def _max_deviation(plan: "Plan") -> float:
    return float(np.abs(plan.deviation_pct()).max(initial=0.0))


@_measure("mean_deviation_pct", 1, "mean deviation from the target", "与目标的平均偏差", "%")
def _mean_deviation(plan: "Plan") -> float:
    deviation = np.abs(plan.deviation_pct())
    return float(deviation.mean()) if len(deviation) else 0.0


@_measure("off_target", 1, "grids beyond the tolerance", "超出容差的网格")
def _off_target(plan: "Plan") -> float:
    return int((np.abs(plan.deviation_pct()) > 100 * plan.settings.tolerance).sum())


@_measure("non_contiguous", 1, "grids in several pieces", "不连通的网格")
def _non_contiguous(plan: "Plan") -> float:
    return int((plan.tally.n_parts > 1).sum())


@_measure("gaps", 1, "gaps between grids", "网格间的空隙")
def _gaps(plan: "Plan") -> float:
    return sum(fault.kind == "gap" for fault in plan.coverage_faults())


@_measure("overlaps", 1, "overlaps between grids", "网格间的重叠")
def _overlaps(plan: "Plan") -> float:
    return sum(fault.kind == "overlap" for fault in plan.coverage_faults())


@_measure("mean_polsby_popper", 1, "compactness (mean Polsby-Popper)", "紧凑度（Polsby-Popper 均值）")
def _mean_polsby_popper(plan: "Plan") -> float:
    """4π · area / perimeter²: 1 for a disc (Polsby & Popper 1991)."""
    perimeter = plan.tally.perimeter_m
    score = 4 * np.pi * plan.tally.area_m2 / np.where(perimeter > 0, perimeter, np.inf) ** 2
    return float(score.mean()) if len(score) else 0.0


@_measure("cut_length_m", 1, "length of the borders between grids", "网格间边界总长", "m")
def _cut_length(plan: "Plan") -> float:
    pairs, border_m, _ = plan.units.graph.edges()
    return float(border_m[plan.labels[pairs[:, 0]] != plan.labels[pairs[:, 1]]].sum())

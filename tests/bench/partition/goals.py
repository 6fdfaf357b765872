"""What must hold, line by line, and whether it does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from tests.bench.partition.instances import Instance

__all__ = ["GOALS", "Goal", "Row", "Verdict", "summary", "verdicts", "yardstick"]

Row = dict[str, float]
"""Figures of one method on one instance, by name."""

_WORST = {"broken": max, "crossings": max, "too_small": max, "parts_off": max, "parts": min}
"""A plan must be whole on every seed, so these are not medians."""

_HIGHER_IS_BETTER = {"pp"}
_QUALITY = ("broken", "max_dev", "border_km", "pp", "moi")


def summary(runs: list[Row]) -> Row:
    """Give the median over the seeds; of what may never go wrong, the worst."""
    figures = {name: float(_WORST.get(name, median)([run[name] for run in runs])) for name in runs[0]}
    return figures | {"seeds": len(runs)}


def yardstick(rows: Mapping[str, Row]) -> Row | None:
    """Give METIS's row on an instance: of the usual settings the one with the shorter border."""
    usual = [rows[method] for method in ("metis", "metis_tight") if method in rows]
    return min(usual, key=lambda row: row["border_km"], default=None)


@dataclass(frozen=True, slots=True)
class Goal:
    """One line: a figure of ours, as it is or as a ratio to a peer's, and its limit.

    `figure` may also be ``worse`` and ``better``: the number of quality columns on which ours is worse or better.
    """

    instance: str
    effort: str
    figure: str
    limit: float
    against: str = ""
    at_least: bool = False

    def text(self) -> str:
        """Say it for people."""
        sign = "≥" if self.at_least else "≤"
        if self.figure in _COUNTED:
            return f"{_COUNTED[self.figure]} {sign} {self.limit:.0f}"
        name = _NAMES[self.figure]
        if self.against:
            return f"{name} {sign} {self.limit:.3g} × {_WHOSE[self.against]}"
        return f"{name} {sign} {self.limit:g}"

    def value(self, rows: Mapping[str, Row]) -> float | None:
        """Give the figure or the ratio, None where the peer or our run is missing."""
        ours = rows.get(self.effort)
        peer = yardstick(rows) if self.against == "metis" else rows.get(self.against)
        if ours is None or (self.against and peer is None):
            return None
        if peer is None:
            return ours[self.figure]
        if self.figure in _COUNTED:
            pairs = [(ours[name], peer[name], name in _HIGHER_IS_BETTER) for name in _QUALITY]
            wins = [(a > b) if higher else (a < b) for a, b, higher in pairs]
            return sum(wins) if self.figure == "better" else sum(a != b for a, b, _ in pairs) - sum(wins)
        return ours[self.figure] / peer[self.figure]


_WHOSE = {"metis": "METIS's", "gerrychain": "GerryChain's", "gerrychain_quick": "GerryChain's over rustworkx"}


_COUNTED = {"worse": "quality columns worse than METIS's", "better": "quality columns better than METIS's"}
_NAMES = {
    "parts_off": "parts too few or too many",
    "broken": "broken parts",
    "crossings": "barriers crossed",
    "max_dev": "largest deviation, %",
    "border_km": "border",
    "pp": "Polsby-Popper",
    "moi": "moment of inertia",
    "cpu_s": "CPU seconds",
    "peak_mib": "peak memory, MiB",
}


def _whole(instance: str, effort: str, max_dev: float) -> tuple[Goal, ...]:
    return (
        Goal(instance, effort, "parts_off", 0),
        Goal(instance, effort, "broken", 0),
        Goal(instance, effort, "max_dev", max_dev),
    )


def _quick(instance: str) -> tuple[Goal, ...]:
    return (
        Goal(instance, "quick", "worse", 0, "metis"),
        Goal(instance, "quick", "better", 3, "metis", at_least=True),
        Goal(instance, "quick", "cpu_s", 3, "metis"),
    )


GOALS = (
    *_whole("pa_tract", "default", 3),
    Goal("pa_tract", "default", "border_km", 0.92, "metis"),
    Goal("pa_tract", "default", "pp", 1.14, "metis", at_least=True),
    Goal("pa_tract", "default", "moi", 0.97, "metis"),
    Goal("pa_tract", "default", "cpu_s", 1.5),
    Goal("pa_tract", "default", "cpu_s", 1 / 3, "gerrychain"),
    Goal("pa_tract", "default", "cpu_s", 1 / 3, "gerrychain_quick"),
    *_quick("pa_tract"),
    *_whole("fabric_50000", "default", 3),
    Goal("fabric_50000", "default", "border_km", 0.955, "metis"),
    Goal("fabric_50000", "default", "pp", 1.08, "metis", at_least=True),
    Goal("fabric_50000", "default", "cpu_s", 4, "metis"),
    *_quick("fabric_50000"),
    *_whole("fabric_50000, hard barriers", "default", 5),
    Goal("fabric_50000, hard barriers", "default", "crossings", 0),
    *_whole("fabric_1000000", "default", 5),
    Goal("fabric_1000000", "default", "pp", 1.03, "metis", at_least=True),
    Goal("fabric_1000000", "default", "cpu_s", 1, "metis"),
    Goal("fabric_1000000", "default", "peak_mib", 2048),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal, what was measured, and whether it holds (None: a run is missing)."""

    goal: Goal
    value: float | None
    holds: bool | None


def verdicts(instance: Instance, rows: Mapping[str, Row | str]) -> Iterator[Verdict]:
    """Judge every goal of an instance; `rows` gives for each method its figures, or why there are none."""
    figures = {method: row for method, row in rows.items() if not isinstance(row, str)}
    for goal in GOALS:
        if goal.instance == instance.name:
            value = goal.value(figures)
            holds = None
            if value is not None:
                holds = value >= goal.limit if goal.at_least else value <= goal.limit
            elif isinstance(rows.get(goal.effort), str):
                holds = False
            yield Verdict(goal, value, holds)

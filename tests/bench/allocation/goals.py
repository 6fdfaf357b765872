"""What must hold, line by line, and whether it does."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["TASKS", "Figures", "Verdict", "verdicts"]

Figures = Mapping[str, float]
Value = Callable[[Figures], float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line: what must hold, what was measured, and whether it holds (None: not measured)."""

    about: str
    must: str
    measured: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class _Goal:
    must: str
    value: Value
    at_least: float | None = None
    at_most: float | None = None


def _over(numerator: str, denominator: str) -> Value:
    return lambda figures: figures[numerator] / figures[denominator]


def _of(name: str, times: float = 1.0) -> Value:
    return lambda figures: figures[name] * times


TASKS: Mapping[str, tuple[_Goal, ...]] = {
    "p_median": (
        _Goal("mean cost above the optimum ≤ 0.1 %", _of("mean_above", 100), at_most=0.1),
        _Goal("largest cost above the optimum ≤ 1 %", _of("most_above", 100), at_most=1),
        _Goal("bounds above the optimum", _of("wrong_bounds"), at_most=0),
        _Goal("share of the instances proved optimal, % (≥ 90)", _of("proved", 100), at_least=90),
        _Goal("CPU × less than spopt + HiGHS on the slowest of those it solves (≥ 1)", _of("least_ratio"), at_least=1),
    ),
    "assignment": (
        _Goal("difference from the linear programme's cost ≤ 1e-9", _of("difference"), at_most=1e-9),
        _Goal("CPU × less than HiGHS, divided rows (≥ 1)", _over("cpu_highs", "cpu_ours"), at_least=1),
        _Goal("whole rows: gap to the bound ≤ 1 %", _of("gap_whole", 100), at_most=1),
    ),
    "travel": (
        _Goal("largest difference from scipy, seconds ≤ 1e-6", _of("difference"), at_most=1e-6),
        _Goal("CPU × less than scipy (≥ 1)", _over("cpu_scipy", "cpu_ours"), at_least=1),
    ),
    "checkpoints": (
        _Goal("cuts that differ from networkx's minimum", _of("different"), at_most=0),
        _Goal("cuts that leave a way out", _of("open"), at_most=0),
        _Goal("CPU × less than networkx (≥ 1)", _over("cpu_networkx", "cpu_ours"), at_least=1),
    ),
    "beats": (
        _Goal("beats that are no closed walk over their streets", _of("not_closed"), at_most=0),
        _Goal("longest over shortest ≤ 1.1", _of("longest_over_shortest"), at_most=1.1),
        _Goal("beats that repeat more than their least", _of("not_least"), at_most=0),
        _Goal("length above the bound for any beats ≤ 10 %", _of("above_bound", 100), at_most=10),
    ),
}


def verdicts(found: Mapping[str, Figures | str]) -> Iterator[Verdict]:
    """Judge every line of what was measured."""
    for task, figures in found.items():
        for goal in TASKS[task]:
            if isinstance(figures, str):
                yield Verdict(task, goal.must, figures, None)
                continue
            value = goal.value(figures)
            holds = value >= goal.at_least if goal.at_least is not None else value <= (goal.at_most or 0)
            yield Verdict(task, goal.must, f"{value:.3g}", holds)

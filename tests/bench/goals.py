"""What must hold, line by line, and whether it does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Figures", "Goal", "Verdict", "of", "ratio", "verdicts"]

Figures = Mapping[str, float]
Value = Callable[[Figures], float]


@dataclass(frozen=True, slots=True)
class Goal:
    """What must hold, how its value is made of the figures, and the limit: one of the two."""

    must: str
    value: Value
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line: what must hold, what was measured, and whether it holds (None: not measured)."""

    about: str
    must: str
    measured: str
    holds: bool | None


def of(name: str, times: float = 1.0) -> Value:
    """Give the value of a figure; KeyError where a peer is missing."""
    return lambda figures: figures[name] * times


def ratio(numerator: str, denominator: str) -> Value:
    """Give the ratio of two figures."""
    return lambda figures: figures[numerator] / figures[denominator]


def verdicts(task: str, goals: Sequence[Goal], figures: Figures | str) -> Iterator[Verdict]:
    """Judge the lines of a task by its figures, or by why there are none."""
    for goal in goals:
        if isinstance(figures, str):
            yield Verdict(task, goal.must, figures, False)
            continue
        try:
            value = goal.value(figures)
        except KeyError as missing:
            yield Verdict(task, goal.must, f"no {missing.args[0]}", None)
            continue
        holds = goal.at_least is None or value >= goal.at_least
        holds &= goal.at_most is None or value <= goal.at_most
        yield Verdict(task, goal.must, f"{value:.4g}", holds)

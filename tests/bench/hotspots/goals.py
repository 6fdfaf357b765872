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
    "density": (
        _Goal("median relative error ≤ 0.1 % of the exact sum", _of("error_ours", 100), at_most=0.1),
        _Goal("CPU ≥ 8 × less than KDEpy FFTKDE", _over("cpu_kdepy", "cpu_ours"), at_least=8),
        _Goal("CPU ≥ 5,000 × less than scikit-learn, rtol 1e-2", _over("cpu_sklearn", "cpu_ours"), at_least=5000),
    ),
    "gi_star": (
        _Goal("largest difference of z from esda ≤ 1e-12", _of("z_difference"), at_most=1e-12),
        _Goal("CPU ≥ 100 × less than libpysal weights + G_Local", _over("cpu_esda", "cpu_ours"), at_least=100),
        _Goal("p inside the 99 % interval of 400,000 draws for ≥ 97 % of cells", _of("inside", 100), at_least=97),
        _Goal("median ratio of p to the draws' within 2 %", _of("ratio_off", 100), at_most=2),
        _Goal("a false hot cell in ≤ 7 % of 200 shuffles", _of("false_shuffles", 100), at_most=7),
    ),
    "h3": (
        _Goal("differences from h3, 1,000,000 random points on Earth", _of("different"), at_most=0),
        _Goal("differences from h3, the resampled thefts", _of("different_city"), at_most=0),
        _Goal("CPU ≥ 8 × less than h3ronpy, resolution 9", _over("cpu_h3ronpy_9", "cpu_ours_9"), at_least=8),
        _Goal("CPU ≥ 8 × less than h3ronpy, resolution 10", _over("cpu_h3ronpy_10", "cpu_ours_10"), at_least=8),
    ),
    "mann_kendall": (
        _Goal("CPU ≥ 200 × less than pymannkendall", _over("cpu_pymannkendall", "cpu_ours"), at_least=200),
        _Goal("differences of S from pymannkendall", _of("different"), at_most=0),
        _Goal("constant rates rejected at the 5 % level: ≥ 4 %", _of("least_level", 100), at_least=4),
        _Goal("constant rates rejected at the 5 % level: ≤ 6 %", _of("most_level", 100), at_most=6),
        _Goal("differences of S from pymannkendall's seasonal test", _of("different_seasonal"), at_most=0),
        _Goal("a season rejected at the 5 % level: ≥ 4 %", _of("least_seasonal_level", 100), at_least=4),
        _Goal("a season rejected at the 5 % level: ≤ 6 %", _of("most_seasonal_level", 100), at_most=6),
    ),
    "sample_city": (
        _Goal("the emerging and the fading spot found in ≥ 95 % of 50 seeds", _of("found", 100), at_least=95),
        _Goal("nothing found where nothing was planted in ≥ 95 %", _of("clean", 100), at_least=95),
    ),
    "knox": (
        _Goal(
            "CPU per band and permutation ≤ 1/100 of pointpats.Knox (× less)",
            _over("cpu_pointpats", "cpu_ours"),
            at_least=100,
        ),
        _Goal("difference of the pairs counted", _of("different"), at_most=0),
    ),
    "forecast": (
        _Goal("vehicle theft: rolling mean PAI ≥ 38", _of("vehicle_theft: used"), at_least=38),
        _Goal("vehicle theft: share of the best baseline ≥ 98 %", _of("vehicle_theft: share", 100), at_least=98),
        _Goal("burglary: rolling mean PAI ≥ 14", _of("burglary: used"), at_least=14),
        _Goal("burglary: share of the best baseline ≥ 98 %", _of("burglary: share", 100), at_least=98),
        *(
            _Goal(
                f"{crime.replace('_', ' ')}: {what}, % ({sign} {limit})", _of(f"{crime}: {what}", 100), **{bound: limit}
            )
            for crime in ("vehicle_theft", "burglary")
            for what in ("cells in their 90 %", "totals in theirs")
            for sign, bound, limit in (("≥", "at_least", 85), ("≤", "at_most", 95))
        ),
    ),
    "cube": (
        _Goal("slices of 1,000,000 by grid: CPU ms of the slowest ≤ 5", _of("ms_grids"), at_most=5),
        _Goal("by hour and weekday ≤ 5", _of("ms_clock"), at_most=5),
        _Goal("by week ≤ 5", _of("ms_weeks"), at_most=5),
        _Goal("by grid and month ≤ 5", _of("ms_months of grids"), at_most=5),
        _Goal("by H3 cell, resolution 10 ≤ 20", _of("ms_h3"), at_most=20),
        _Goal("answers that differ from those of pandas and h3ronpy", _of("different"), at_most=0),
    ),
    "cube_of_seven_million": (
        _Goal("slices of 7,000,000 by grid: CPU ms of the slowest ≤ 50", _of("ms_grids"), at_most=50),
        _Goal("by hour and weekday ≤ 50", _of("ms_clock"), at_most=50),
        _Goal("by week ≤ 50", _of("ms_weeks"), at_most=50),
        _Goal("peak memory < 2,048 MB", _of("peak_mb"), at_most=2048),
    ),
    "seven_million": (_Goal("peak memory < 2,048 MB", _of("peak_mb"), at_most=2048),),
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

"""Forecast of incidents in the next days, cell by cell, by whatever did best in a rolling back-test on this very data.

What a forecast can't know stands in `feedback_note`, which goes wherever one is shown.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from spatialgov.errors import InputError
from spatialgov.incidents.backtest import Backtest, Rolled, roll, top_cells
from spatialgov.incidents.raster import Raster
from spatialgov.incidents.surfaces import (
    BLEND,
    COMPONENTS,
    History,
    Surfaces,
    Walk,
    fitted_weights,
    history_of,
    score_of,
    walk,
)
from spatialgov.language import t

__all__ = ["Forecast", "feedback_note", "forecast"]

_LEAST_HISTORY_DAYS = 28.0
_EQUAL = np.full(len(COMPONENTS), 1.0 / len(COMPONENTS))
_MEMORY_WINDOWS = 13.0  # over which what is known of the totals' spread fades: a city that was calm need not stay so
_USUAL_RATE = 1  # of RATE_DAYS, where no window tells which is best

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What is expected in the days from `start_day` on.

    Attributes
    ----------
    raster
        The cells; row 0 is the southernmost.
    start_day, horizon_days
        The forecast is for the days from the first on, so many.
    expected
        float64 (ny, nx), incidents expected in each cell; NaN outside the boundary.
    low, high
        float64 (ny, nx), interval that `confidence` of the counts lie in, at least: negative binomial, as wide as the
        back-test showed to be needed.
    total, total_low, total_high
        The same for the whole area.
    confidence
        Of the intervals.
    method
        The winner of the back-test; the blend where the history is too short for one.
    weights
        What the mixture in the blend is made of, by the names of `COMPONENTS`, whether it won or not.
    backtest
        How every method did. ``backtest.gain(method)`` is by how much it is better than plain counts of a year, with
        an interval: where that holds 0, it is no better.
    coverage, total_coverage
        Share of the counts in the winner's top area, and of the totals, that lay within their intervals over the
        windows of the back-test, each interval made of the windows before it; to be compared with `confidence`. A count
        at the end of an interval is in it in part, for whole numbers can't end where a chance does (Czado, Gneiting
        and Held 2009). NaN without a back-test.
    """

    raster: Raster
    start_day: float
    horizon_days: float
    expected: Floats
    low: Floats
    high: Floats
    total: float
    total_low: float
    total_high: float
    confidence: float
    method: str
    weights: dict[str, float]
    backtest: Backtest
    coverage: float
    total_coverage: float


def feedback_note() -> str:
    """Give what must be read beside a forecast or a hot spot, in the language in force."""
    return t(
        "This shows where reports came from and will come from, not where all incidents happen: some places report "
        "less. Where staff are sent, more is seen and reported, so that a forecast made of those reports sends them "
        "there again; compare with reports that do not depend on patrols, and look elsewhere too. It is made of "
        "categories, places and times alone: it knows no person, and nobody who was stopped or checked.",
        "此处显示的是上报来自何处、将来自何处，并非全部事件的发生地：有的地方上报较少。人员派往之处发现和上报会增多，据此作出的预测"
        "又会把人员派往同一处；请与不依赖巡查的上报来源比较，并兼顾其他地方。预测只使用类别、地点和时间，不涉及任何个人，也不使用"
        "任何盘查、检查记录。",
    )


def forecast(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    day: npt.ArrayLike,
    bounds: Sequence[float],
    *,
    horizon_days: float = 7.0,
    start_day: float | None = None,
    own: npt.ArrayLike | None = None,
    boundary: BaseGeometry | None = None,
    cell_m: float = 100.0,
    windows: int = 26,
    area_shares: Sequence[float] = (0.01, 0.05),
    confidence: float = 0.8,
    progress: Callable[[int, int], None] | None = None,
    walking: Callable[[History, Floats], Walk] | None = None,
) -> Forecast:
    """Forecast incidents per cell.

    Parameters
    ----------
    x_m, y_m
        (n,) metres in one plane.
    day
        (n,) times in days since any moment.
    bounds
        x_min, y_min, x_max, y_max in metres.
    horizon_days
        How many days: 7, 14, 28.
    start_day
        First day of the forecast; None: the day after the last incident. Later incidents are not used.
    own
        (n,) bool: which incidents are of the category to forecast; the others help where they show the same places.
        None: all are.
    boundary
        Polygon in metres; None: the whole raster.
    cell_m
        Side of a cell.
    windows
        Windows of the back-test, of the length of the forecast, one after the other up to its start. As many before
        them, where the history reaches, serve to fit the mixture and to choose before the first is judged.
    area_shares
        Shares of the area that hits are counted in; the first decides who wins.
    confidence
        Of the intervals.
    progress
        Called with how many windows of the back-test have been gone through, and how many there are.
    walking
        Called with the history and the first day of each window, gives what knows their surfaces, such as
        `spatialgov.incidents.in_parts.walked_in_parts`; None to make them here, one after the other.

    Raises
    ------
    InputError
        When a value is not a number, or an option can't be met.

    Notes
    -----
    The mixture (own incidents fading over 60 days to 10 years and blurred by 0 to 1200 m, all incidents, an even
    spread) is fitted by expectation-maximisation on the windows before the one that it is judged on; which days and
    metres it has to choose from was settled on other data than the benchmark's. Whoever wins, its surface is mixed
    with an even one by the same means, for a cell without a past is not safe. The level is that of late: of three
    rates of fading, the one that foretold the totals of the windows best.
    """
    _check_options(horizon_days, start_day, windows, area_shares, confidence)
    raster = Raster.over(bounds, cell_m)
    history = history_of(x_m, y_m, day, raster, own=own, boundary=boundary)
    start = start_day if start_day is not None else _day_after(history)
    before = start - horizon_days * np.arange(2 * windows, 0, -1, dtype=np.float64)
    first = history.day[0] + max(_LEAST_HISTORY_DAYS, horizon_days) if len(history.day) else math.inf
    days = before[before >= first]

    def here(begin: int, end: int) -> Iterator[Surfaces]:
        return walk(history, days.tolist(), begin, end)

    walked = here if walking is None else walking(history, days)
    rolled = roll(
        history, days, horizon_days, tested=windows, area_shares=area_shares, progress=progress, walked=walked
    )
    method = rolled.backtest.winner or BLEND
    floor = _floor(rolled.densities[method], history.n_inside)
    tail = (1 - confidence) / 2
    rates, total_dispersions = _levels(rolled, horizon_days)
    rate, total_dispersion = int(rates[-1]), float(total_dispersions[-1])
    dispersion, coverage = _spread_of_cells(history, rolled, walked, method, floor, rates, horizon_days, tail)
    now = next(walk(history, [start]))
    weights = fitted_weights(rolled.component_densities, _EQUAL)
    total = float(now.rates[rate]) * horizon_days
    expected = np.full(raster.shape, np.nan)
    expected[history.inside] = total * _shares(now, method, weights, floor)
    return Forecast(
        raster,
        start,
        horizon_days,
        expected,
        _quantile(tail, expected, dispersion),
        _quantile(1 - tail, expected, dispersion),
        total,
        float(_quantile(tail, np.array(total), total_dispersion)),
        float(_quantile(1 - tail, np.array(total), total_dispersion)),
        confidence,
        method,
        dict(zip(COMPONENTS, weights.tolist(), strict=True)),
        rolled.backtest,
        coverage,
        _coverage_of_totals(rolled, rates, total_dispersions, horizon_days, tail),
    )


def _check_options(
    horizon_days: float, start_day: float | None, windows: int, area_shares: Sequence[float], confidence: float
) -> None:
    wrong = [
        (0 < horizon_days < math.inf, "horizon_days", horizon_days),
        (start_day is None or math.isfinite(start_day), "start_day", start_day),
        (windows >= 1, "windows", windows),
        (len(area_shares) > 0 and all(0 < share <= 1 for share in area_shares), "area_shares", list(area_shares)),
        (0 < confidence < 1, "confidence", confidence),
    ]
    for good, name, value in wrong:
        if not good:
            raise InputError(
                t("{name} is {v}.", "{name} 的值为 {v}。", name=name, v=value),
                remedy=t(
                    "Days and windows are numbers above 0; shares and the confidence lie between 0 and 1.",
                    "天数和窗口数须为大于 0 的数；面积比例和置信度须在 0 与 1 之间。",
                ),
            )


def _day_after(history: History) -> float:
    return math.floor(history.day[-1]) + 1.0 if len(history.day) else 0.0


def _floor(densities: Floats, n: int) -> float:
    """Give the share of a surface beside an even one under which the incidents were likeliest."""
    if not len(densities):
        return 0.5
    pair = np.stack([densities, np.full(len(densities), 1.0 / n)])
    return float(fitted_weights(pair, np.array([0.5, 0.5]))[0])


def _shares(now: Surfaces, method: str, weights: Floats, floor: float) -> Floats:
    """Give the share of the incidents that each cell is expected to have."""
    score = score_of(method, now, weights)
    if not score.sum():
        return np.full(len(score), 1.0 / len(score)) if len(score) else score
    return np.asarray(floor * score / score.sum() + (1 - floor) / len(score))


def _levels(rolled: Rolled, horizon_days: float) -> tuple[Ints, Floats]:
    """Choose the rate that foretold the totals best, and give how much more they varied than by chance.

    Both (all windows + 1,): as they were known before each window, and in the end.
    """
    foretold = np.maximum(rolled.rates * horizon_days, 1e-9)
    happened = rolled.totals[:, None].astype(np.float64)
    losses = _fading_sums(foretold - happened * np.log(foretold))
    errors, means, squares = (_fading_sums(part) for part in ((happened - foretold) ** 2, foretold, foretold**2))
    known = np.concatenate([[0], np.cumsum(rolled.totals)]) > 0
    rates = np.where(known, np.argmin(losses, axis=1), _USUAL_RATE)
    row = np.arange(len(rates))
    # a variance learned from few windows is itself uncertain: that of Student's t
    windows = np.clip(row, 3, 2 * _MEMORY_WINDOWS)
    surplus = errors[row, rates] * windows / (windows - 2) - means[row, rates]
    return rates, np.maximum(surplus, 0.0) / np.maximum(squares[row, rates], 1e-300)


def _fading_sums(values: Floats) -> Floats:
    """Give the sums over the windows before each, and over all, that fade."""
    sums = np.zeros((len(values) + 1, values.shape[1]))
    for k, row in enumerate(values):
        sums[k + 1] = sums[k] * math.exp(-1 / _MEMORY_WINDOWS) + row
    return sums


def _spread_of_cells(
    history: History,
    rolled: Rolled,
    walked: Walk,
    method: str,
    floor: float,
    rates: Ints,
    horizon_days: float,
    tail: float,
) -> tuple[float, float]:
    """Let the winner forecast the tested windows again: how the cells at its top vary, and how many lay inside."""
    first = len(rolled.totals) - len(rolled.backtest.days)
    size = min(max(round(rolled.backtest.area_shares[0] * history.n_inside), 1), history.n_inside)
    surplus = squares = 0.0
    inside: list[Floats] = []
    for k, now in enumerate(walked(first, len(rolled.totals))):
        shares = _shares(now, method, rolled.weights[first + k], floor)
        where = history.window(now.day, now.day + horizon_days)
        happened = np.bincount(where[where >= 0], minlength=len(shares))
        expected = now.rates[rates[first + k]] * horizon_days * shares
        top = top_cells(expected, [size])[0]
        expected, counts = expected[top], happened[top]
        if k:
            inside.append(_part_inside(counts, expected, max(surplus, 0.0) / max(squares, 1e-300), tail))
        surplus += float(((counts - expected) ** 2 - expected).sum())
        squares += float((expected**2).sum())
    coverage = float(np.concatenate(inside).mean()) if inside else math.nan
    return max(surplus, 0.0) / max(squares, 1e-300), coverage


def _coverage_of_totals(rolled: Rolled, rates: Ints, dispersions: Floats, horizon_days: float, tail: float) -> float:
    tested = np.arange(len(rolled.totals))[len(rolled.totals) - len(rolled.backtest.days) :]
    tested = tested[tested > 0]
    if not len(tested):
        return math.nan
    expected = rolled.rates[tested, rates[tested]] * horizon_days
    return float(_part_inside(rolled.totals[tested], expected, dispersions[tested], tail).mean())


def _part_inside(counts: Ints, expected: Floats, dispersion: Floats | float, tail: float) -> Floats:
    """Give which part of each count's chances lies between the tails."""
    law = _law(expected, dispersion)
    below, upto = law.cdf(counts - 1), law.cdf(counts)
    overlap = np.minimum(upto, 1 - tail) - np.maximum(below, tail)
    return np.asarray(np.clip(overlap, 0.0, None) / np.maximum(upto - below, 1e-300))


def _law(expected: Floats, dispersion: Floats | float) -> Any:
    """Give the negative binomial of variance μ + φ μ²; φ of 0 is Poisson's, as good as."""
    from scipy.stats import nbinom  # dear to import

    size = 1.0 / np.maximum(dispersion, 1e-6)
    return nbinom(size, size / (size + expected))


def _quantile(q: float, expected: Floats, dispersion: float) -> Floats:
    return np.asarray(np.where(expected > 0, _law(expected, dispersion).ppf(q), expected * 0.0))

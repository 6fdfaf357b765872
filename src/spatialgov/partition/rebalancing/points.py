"""The trade-off on one ground: divisions of which none moves fewer households and is better balanced."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.partition.rebalancing._kernels import search
from spatialgov.partition.rebalancing.ground import Ground, beyond

__all__ = ["Points", "trade_off"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRICES = (0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
"""Households that may move to bring one into the band: below 1 only what pays twice, above 8 whatever helps."""
_PLACES = 1024
"""Longest record of a search."""
_HOT, _WARM, _COLD = 2.0, 0.5, 0.02
"""Temperatures in households of a mean unit: of searches from today's grids, from a kicked division, at the end."""
_UNIT_PRICE = 0.1
"""A unit moved counts as so many households in the search, so that units without people stay where they are."""
KICKS = 240
"""Searches that start from a division on record, after one change of many units."""
_OFFERS = (400_000, 60_000)
"""Offers of a search from today's grids, and of one from a kicked division; sweeps follow within these bounds:"""
_SWEEPS = ((150, 1500), (50, 250))


@dataclass(frozen=True, eq=False, slots=True)
class Points:
    """Divisions of a ground, in the order of rising cost and falling breach; the first is today's.

    Attributes
    ----------
    ground
        What is divided.
    labels
        int64, shape (points, n): below ``len(ground.grids)`` one of today's grids, from there on a new one.
    households_moved, units_moved
        int64, shape (points,).
    breach
        float64, shape (points,): how much lies beyond the band in all.
    """

    ground: Ground
    labels: Ints
    households_moved: Ints
    units_moved: Ints
    breach: Floats

    def held(self, point: int, column: Floats) -> Floats:
        """Give each grid's sum of a column of the ground's units."""
        return _held(self.labels[point], column)


class _Search:
    """One ground, its band, and the record of the divisions found so far."""

    def __init__(self, ground: Ground, lower: float, upper: float, max_area_m2: float, rng: np.random.Generator):
        self.ground, self.lower, self.upper, self.rng = ground, lower, upper, rng
        self.today = len(ground.grids)
        held = _sums(ground.home, ground.load)
        breach = float(beyond(held, lower, upper).sum())
        self.k = self.today + 1 + int(np.maximum(np.ceil(held / max(upper, 1e-9)) - 1, 0).clip(max=len(held)).sum())
        self.limit = np.full(self.k, max_area_m2)
        # A grid that is too large already may not grow, but its own units may come back.
        area_m2 = np.bincount(ground.home, ground.graph.area_m2)
        self.limit[: self.today] = np.maximum(self.limit[: self.today], area_m2 * (1 + 1e-12))
        whole = bool((ground.load == np.round(ground.load)).all())
        self.width = 1.0 if whole and breach <= _PLACES else max(breach / _PLACES, 1e-9)
        places = math.ceil(breach / self.width - 1e-9) + 1
        self.moved = np.full(places, np.inf)
        self.breach = np.full(places, np.inf)
        self.labels = np.zeros((places, len(ground.rows)), np.int64)
        peopled = ground.households[ground.households > 0]
        self.scale = float(peopled.mean()) if len(peopled) else 1.0
        self.exchange = float(ground.households.sum() / max(ground.load.sum(), 1e-9)) or 1.0

    def run(self, labels: Ints, price: float, sweeps: int, hot: float, cold: float, *, kick: bool = False) -> None:
        ground = self.ground
        search(
            ground.graph.indptr, ground.graph.indices, ground.households, ground.load, ground.graph.area_m2,
            ground.home, self.today, labels.copy(), self.k, self.lower, self.upper, self.limit,
            price * self.exchange, _UNIT_PRICE, sweeps, hot * self.scale, cold * self.scale, kick,
            int(self.rng.integers(2**31)), self.width, self.moved, self.breach, self.labels,
        )  # fmt: skip

    def sweeps(self, stage: int) -> int:
        least, most = _SWEEPS[stage]
        return int(np.clip(_OFFERS[stage] / len(self.ground.rows), least, most))

    def recorded(self) -> Ints:
        return np.flatnonzero(np.isfinite(self.moved))


def trade_off(
    ground: Ground,
    lower: float,
    upper: float,
    max_area_m2: float,
    rng: np.random.Generator,
    *,
    prices: Sequence[float] = PRICES,
    kicks: int = KICKS,
) -> Points:
    """Search a ground for divisions that trade households moved against what lies beyond the band.

    Parameters
    ----------
    prices
        Of the first searches, rising: households that may move to bring one into the band.
    kicks
        Searches after the first ones, each from a division on record: fewer are quicker and move more households.

    Notes
    -----
    Annealing of ``households moved + price · breach`` over a ladder of prices; moves are single units, and changes of
    many units at once (merge, split, return). The best division of every breach is kept, whichever search found it.
    Then iterated local search: a division on record is changed by one merge, split or return, and annealed anew.
    """
    held = _sums(ground.home, ground.load)
    if not beyond(held, lower, upper).any() or ground.graph.n == 1:
        return _points(ground, ground.home[None, :], lower, upper)
    found = _Search(ground, lower, upper, max_area_m2, rng)
    for price in prices:
        found.run(ground.home, price, found.sweeps(0), _HOT, _COLD)
    for attempt in range(kicks):
        places = found.recorded()
        # Every other search starts from the best balance: the last few households are the hardest.
        place = places[int(len(places) * rng.random() ** 2) if attempt % 2 else 0]
        price = math.exp(rng.uniform(math.log(PRICES[1]), math.log(1.2 * PRICES[-1])))
        hot = rng.uniform(0.5, 1.5) * _WARM
        found.run(found.labels[place], price, found.sweeps(1), hot, _COLD, kick=attempt % 4 != 0)
    for place in found.recorded()[::-1]:
        settled = _keeping_most(ground, found.labels[place], found.limit)
        found.run(settled, PRICES[-1], 6, 1e-4, 1e-5)
    labels = found.labels[found.recorded()[::-1]]
    return _points(ground, labels, lower, upper)


def _keeping_most(ground: Ground, labels: Ints, limit_m2: Floats) -> Ints:
    """Give the same division under the numbers that leave most households, then most units, where they are."""
    from scipy.optimize import linear_sum_assignment

    k, today = len(limit_m2), len(ground.grids)
    worth = ground.households + 1.0 / (len(labels) + 1.0)
    kept = np.bincount(labels * k + ground.home, worth, k * k).reshape(k, k)
    kept[:, today:] = 0.0
    grid, number = linear_sum_assignment(kept, maximize=True)
    renumbered = np.empty(k, np.int64)
    renumbered[grid] = number
    better: Ints = renumbered[labels]
    too_large = np.bincount(better, ground.graph.area_m2, k) > limit_m2
    return labels if too_large.any() else better


def _sums(labels: Ints, load: Floats) -> Floats:
    return np.bincount(labels, load).astype(np.float64)


def _held(labels: Ints, load: Floats) -> Floats:
    return _sums(labels, load)[np.bincount(labels) > 0]


def _points(ground: Ground, labels: Ints, lower: float, upper: float) -> Points:
    """Measure divisions afresh and keep those that no other beats."""
    away = labels != ground.home
    households = np.round(away @ ground.households).astype(np.int64)
    units = away.sum(axis=1).astype(np.int64)
    breach = np.array([beyond(_held(row, ground.load), lower, upper).sum() for row in labels])
    order = np.lexsort((breach, units, households))
    least = np.minimum.accumulate(np.append(np.inf, breach[order]))[:-1]
    chosen = order[breach[order] < least - 1e-9]
    return Points(ground, labels[chosen], households[chosen], units[chosen], breach[chosen])

"""Make a division better: anneal from coarse groups of units down to units, then mend what misses its limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.partition.refine._kernels import anneal, border_rises, breach, imbalance, mend
from spatialgov.partition.refine.levels import Level

__all__ = ["BORDER_SHARE", "Band", "Goal", "Level", "mend_all", "refine"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

_PRICE = 60.0
"""Price of imbalance against raggedness: 5 points beyond the tolerance cost as much as a disc turned into a strip."""
BORDER_SHARE = 0.5
"""Price of a border's length against raggedness: so much of what it costs a part of mean area.

Raggedness alone knows no size: the long borders of large parts would cost no more than the short ones of small parts.
Measured at this share, borders get over 1 % shorter in all where parts differ in size, and parts no more ragged.
"""
_AIM = 0.75
"""Share of the tolerance that annealing aims at: what it leaves beyond the tolerance is little enough to be mended."""
_HOT, _COLD = 1.7, 0.025
"""First and last temperature, in units of the median rise of a move at the start."""
_LEVELS, _FEW_UNITS = 3, 30
"""Coarser levels; only one where parts have fewer units than this, because groups of them would be too few."""
_COARSE = 1.5
"""Groups of units can't be balanced as finely as units: the tolerance is wider for them by this factor."""
_PAIR_SHARE = 0.2
"""A group of units that moves as one holds at most this share of a part."""
_MEND_WIDTHS = (np.array([24, 12, 12]), np.array([48, 16, 12, 8]))
"""How many moves are looked at in each link of a mending chain; the longer chains only where the shorter fail."""

_FIRST = 100.0
"""A breach of the first quantity's limits counts so many times one of the others': not all can always be kept."""

_MANY = 0.25
"""Where so many parts miss the first quantity's band after annealing, several quantities can't all be had."""


@dataclass(frozen=True, slots=True)
class Band:
    """What a part should hold of one quantity: the mean, give or take; and what it must.

    Attributes
    ----------
    tolerance
        Relative deviation from the mean that a part should stay within.
    minimum, maximum
        Hard limits, which come before the tolerance.
    """

    tolerance: float
    minimum: float = 0.0
    maximum: float = math.inf


@dataclass(frozen=True, eq=False, slots=True)
class Goal:
    """What parts aim at, float64 (m,) each: a column for each quantity, and one for the area where it is limited.

    Annealing aims at `target ± tolerance`. `lower` and `upper` are what a part should stay within; `least` and `most`
    are what it must stay within.
    """

    target: Floats
    tolerance: Floats
    lower: Floats
    upper: Floats
    least: Floats
    most: Floats

    @classmethod
    def of(cls, mean: Floats, bands: Sequence[Band], max_area_m2: float) -> "Goal":
        """Aim at parts of `mean` of each quantity, within its tolerance and hard limits, and at areas in the limit."""
        tolerance = np.array([band.tolerance for band in bands])
        least, most = np.array([band.minimum for band in bands]), np.array([band.maximum for band in bands])
        lower, upper = np.maximum(mean * (1 - tolerance), least), np.minimum(mean * (1 + tolerance), most)
        columns = [mean, tolerance * _AIM, lower, upper, least, most]
        if math.isfinite(max_area_m2):
            area = [max_area_m2, math.inf, 0.0, max_area_m2, 0.0, max_area_m2]
            columns = [np.append(column, value) for column, value in zip(columns, area, strict=True)]
        return cls(*columns)

    @property
    def further(self) -> npt.NDArray[np.bool_]:
        """Mark the quantities that come after the first; the area, which has only a limit, is none of them."""
        return (np.arange(len(self.target)) > 0) & np.isfinite(self.tolerance)

    def cost(self, level: Level, labels: Labels, k: int) -> float:
        """Give raggedness, borders, imbalance and breaches of the limits, summed over the parts: less is better."""
        source = np.repeat(labels, np.diff(level.indptr))
        inner = source == labels[level.indices]
        perimeter = np.bincount(labels, level.perimeter_m, k) - np.bincount(source[inner], level.border_m[inner], k)
        area = np.bincount(labels, level.area_m2, k)
        held = np.column_stack([np.bincount(labels, column, k) for column in level.load.T])
        broken = sum(breach(row, self.target, self.lower, self.upper) for row in held)
        broken += 1e3 * sum(breach(row, self.target, self.least, self.most) for row in held)
        unfair = sum(imbalance(row, self.target, self.tolerance, self.lower, self.upper) for row in held)
        outline = (perimeter / np.sqrt(4 * np.pi * area)).sum() + _border_price(level, k) * perimeter.sum()
        return float(outline + _PRICE * (unfair + broken))


def _border_price(level: Level, k: int) -> float:
    """Give the price of a metre of border."""
    return BORDER_SHARE / math.sqrt(4 * math.pi * float(level.area_m2.sum()) / k)


def refine(finest: Level, labels: Labels, k: int, goal: Goal, sweeps: int, rng: np.random.Generator) -> Labels:
    """Anneal from the coarsest level to the finest, then mend what is beyond the limits."""
    sweeps *= 1 + int(goal.further.sum())  # each quantity needs moves of its own
    levels, groups = [finest], []
    most = np.where(np.isfinite(goal.tolerance), _PAIR_SHARE * goal.target, math.inf)
    coarse_labels = labels
    depth_of_groups = _LEVELS if finest.n >= _FEW_UNITS * k else 1
    for _ in range(depth_of_groups):
        level, group = levels[-1].coarser(coarse_labels, most, rng)
        coarse = np.empty(level.n, np.int64)
        coarse[group] = coarse_labels
        levels.append(level)
        groups.append(group)
        coarse_labels = coarse
    border_price = _border_price(finest, k)
    leading = ~goal.further  # how far the others are off at the start says nothing about a move's worth
    rises = border_rises(
        finest.indptr, finest.indices, finest.border_m, finest.perimeter_m, finest.area_m2,
        np.ascontiguousarray(finest.load[:, leading]), labels, k, goal.target[leading], goal.tolerance[leading],
        goal.lower[leading], goal.upper[leading], _PRICE, border_price,
    )  # fmt: skip
    uphill = rises[rises > 0]
    scale = float(np.median(uphill)) if len(uphill) else 0.1
    labels = coarse_labels
    for depth in range(depth_of_groups, -1, -1):
        level = levels[depth]
        tolerance = goal.tolerance * (_COARSE if depth else 1.0)
        if depth < depth_of_groups:
            labels = labels[groups[depth]]
        anneal(
            level.indptr, level.indices, level.border_m, level.perimeter_m, level.area_m2, level.load, level.free,
            labels, k, goal.target, tolerance, goal.lower, goal.upper, _PRICE, border_price, sweeps,
            _HOT * scale * 0.5 ** (depth_of_groups - depth), _COLD * scale, int(rng.integers(2**31)),
        )  # fmt: skip
    if goal.further.any() and _share_missed(finest, labels, k, goal) > _MANY:
        anneal(
            finest.indptr, finest.indices, finest.border_m, finest.perimeter_m, finest.area_m2,
            np.ascontiguousarray(finest.load[:, leading]), finest.free, labels, k, goal.target[leading],
            goal.tolerance[leading], goal.lower[leading], goal.upper[leading], _PRICE, border_price, sweeps,
            _HOT * scale * 0.5**depth_of_groups, _COLD * scale, int(rng.integers(2**31)),
        )  # fmt: skip
    for lower, upper in ((goal.lower, goal.upper), (goal.least, goal.most)):
        labels = _mended_in_all(finest, labels, k, goal, lower, upper)
        first = goal.target * np.where(goal.further, _FIRST**2, 1.0)
        if mend_all(finest, labels, k, first, lower, upper, patience=_patience(goal, k)):
            labels = _mended_in_all(finest, labels, k, goal, lower, upper)
    return labels


def _share_missed(finest: Level, labels: Labels, k: int, goal: Goal) -> float:
    """Give the share of the parts that miss the band of the first quantity."""
    held = np.bincount(labels, finest.load[:, 0], k)
    return float(((held < goal.lower[0]) | (held > goal.upper[0])).mean())


def _mended_in_all(finest: Level, labels: Labels, k: int, goal: Goal, lower: Floats, upper: Floats) -> Labels:
    """Mend the further quantities along with the first; as it was where that costs more than it brings."""
    if not goal.further.any():
        return labels
    mended = labels.copy()
    target = goal.target * np.where(goal.further, 1.0, 1 / _FIRST)
    taken = mend_all(finest, mended, k, target, lower, upper, patience=_patience(goal, k), widths=_MEND_WIDTHS[:1])
    return mended if taken and goal.cost(finest, mended, k) < goal.cost(finest, labels, k) else labels


def _patience(goal: Goal, k: int) -> int:
    """Give how many parts may go unmended before mending stops: with several quantities many can't be."""
    return 30 + k // 20 if goal.further.any() else 10 * k


def mend_all(
    finest: Level, labels: Labels, k: int, target: Floats, lower: Floats, upper: Floats, *, patience: int | None = None,
    widths: Sequence[Labels] = _MEND_WIDTHS,
) -> int:  # fmt: skip
    """Bring parts back within limits by chains of moves, in place; the longer chains where shorter ones fail.

    Parameters
    ----------
    target, lower, upper
        float64, shape (m,): what parts aim at and must stay within, for each quantity of the level.
    patience
        Parts that may go unmended before it stops; enough for all when not given.
    widths
        How many moves are looked at in each link of a chain, int64 (depth,), for each round.

    Returns
    -------
    int
        The number of chains taken.
    """
    enough = 10 * k
    return sum(
        mend(
            finest.indptr, finest.indices, finest.border_m, finest.perimeter_m, finest.area_m2, finest.load,
            finest.free, labels, k, target, lower, upper, width, enough, enough if patience is None else patience,
        )
        for width in widths
    )  # fmt: skip

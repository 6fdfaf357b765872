"""Make a division better: anneal from coarse groups of units down to units, then mend what misses its limits."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.partition.refine._kernels import anneal, border_rises, breach, imbalance, mend
from spatialgov.partition.refine.levels import Level

__all__ = ["Goal", "Level", "mend_all", "refine"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

_PRICE = 60.0
"""Price of imbalance against raggedness: 5 points beyond the tolerance cost as much as a disc turned into a strip."""
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


@dataclass(frozen=True, eq=False, slots=True)
class Goal:
    """What parts aim at: weight and area in columns, float64 (2,) each.

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
    def of(cls, mean: float, tolerance: float, minimum: float, maximum: float, max_area_m2: float) -> "Goal":
        """Aim at parts of `mean` weight, within the tolerance and the hard limits, and at areas within the limit."""
        lower, upper = max(mean * (1 - tolerance), minimum), min(mean * (1 + tolerance), maximum)
        return cls(
            target=np.array([mean, max_area_m2 if math.isfinite(max_area_m2) else 1.0]),
            tolerance=np.array([tolerance * _AIM, math.inf]),
            lower=np.array([lower, 0.0]),
            upper=np.array([upper, max_area_m2]),
            least=np.array([minimum, 0.0]),
            most=np.array([maximum, max_area_m2]),
        )

    def cost(self, level: Level, labels: Labels, k: int) -> float:
        """Give raggedness, imbalance and breaches of the limits, summed over the parts: less is better."""
        source = np.repeat(labels, np.diff(level.indptr))
        inner = source == labels[level.indices]
        perimeter = np.bincount(labels, level.perimeter_m, k) - np.bincount(source[inner], level.border_m[inner], k)
        area = np.bincount(labels, level.area_m2, k)
        held = np.column_stack([np.bincount(labels, column, k) for column in level.load.T])
        broken = sum(breach(row, self.target, self.lower, self.upper) for row in held)
        broken += 1e3 * sum(breach(row, self.target, self.least, self.most) for row in held)
        unfair = sum(imbalance(row, self.target, self.tolerance, self.lower, self.upper) for row in held)
        return float((perimeter / np.sqrt(4 * np.pi * area)).sum() + _PRICE * (unfair + broken))


def refine(finest: Level, labels: Labels, k: int, goal: Goal, sweeps: int, rng: np.random.Generator) -> Labels:
    """Anneal from the coarsest level to the finest, then mend what is beyond the limits."""
    levels, groups = [finest], []
    coarse_labels = labels
    depth_of_groups = _LEVELS if finest.n >= _FEW_UNITS * k else 1
    for _ in range(depth_of_groups):
        level, group = levels[-1].coarser(coarse_labels, _PAIR_SHARE * goal.target[0], rng)
        coarse = np.empty(level.n, np.int64)
        coarse[group] = coarse_labels
        levels.append(level)
        groups.append(group)
        coarse_labels = coarse
    rises = border_rises(
        finest.indptr, finest.indices, finest.border_m, finest.perimeter_m, finest.area_m2, finest.load,
        labels, k, goal.target, goal.tolerance, goal.lower, goal.upper, _PRICE,
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
            labels, k, goal.target, tolerance, goal.lower, goal.upper, _PRICE, sweeps,
            _HOT * scale * 0.5 ** (depth_of_groups - depth), _COLD * scale, int(rng.integers(2**31)),
        )  # fmt: skip
    for lower, upper in ((goal.lower, goal.upper), (goal.least, goal.most)):
        mend_all(finest, labels, k, goal.target, lower, upper)
    return labels


def mend_all(finest: Level, labels: Labels, k: int, target: Floats, lower: Floats, upper: Floats) -> None:
    """Bring parts back within limits by chains of moves, in place; the longer chains where shorter ones fail.

    Parameters
    ----------
    target, lower, upper
        float64, shape (m,): what parts aim at and must stay within, for each quantity of the level.
    """
    for width in _MEND_WIDTHS:
        mend(
            finest.indptr, finest.indices, finest.border_m, finest.perimeter_m, finest.area_m2, finest.load,
            finest.free, labels, k, target, lower, upper, width, 10 * k,
        )  # fmt: skip

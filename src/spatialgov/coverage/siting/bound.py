"""What no choice can exceed: demand priced, so that every site has a worth of its own (Lagrangian relaxation)."""

import math
import time

import numpy as np
import numpy.typing as npt

from spatialgov.coverage.siting._kernels import cliques
from spatialgov.coverage.siting.instance import Floats, Ints, Matrix
from spatialgov.coverage.siting.problem import Problem
from spatialgov.coverage.siting.search import VISITS_PER_S
from spatialgov.time_limit import check_time

__all__ = ["Relaxation"]

Bools = npt.NDArray[np.bool_]

_STEPS = 1_500
"""Changes of the prices at most."""
_FEWEST_STEPS = 60
"""Changes that are tried in any case, until the clock ends them."""
_SHARE_OF_NEW = 0.1
"""Weight of the newest direction in the direction that is taken."""
_SHRINK = 0.6
"""What is left of the step's length after steps that gained nothing."""
_SHORTEST = 1e-3
"""Length of step, as a share of the first, at which the prices stay."""
_HALVINGS = 40
"""Of the interval that the price of room is looked for in."""
_ROUNDING = 1e-9
"""Share by which a sum of rounded numbers may be too small."""


class Relaxation:
    """The relaxed problem, the prices with the best bound so far, and that bound.

    That a demand counts only when chosen sites see it is relaxed with a price for each demand: what is not worth its
    price is given up, what is counts in full, and every site collects the prices of the demand that it sees. The best
    sites for the room are then the best one by one; of sites that all exclude each other only one is taken.

    Attributes
    ----------
    problem
        What is relaxed.
    limit
        No choice is worth more, in worth: a whole number where worths are whole.
    prices
        float64, one for each demand, 0 to its worth.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.limit = self._value = math.inf
        self._worth = problem.worth.astype(np.float64)
        self._lacking = problem.lacking.astype(np.float64)
        self._rivals = _Rivals(problem.foes) if problem.foes.nnz else None
        self._evaluate(np.zeros(len(self._worth)))

    def improve(self, known: int, seconds: float, until: float) -> bool:
        """Look for better prices (subgradient steps, deflected as by Camerini, Fratta & Maffioli 1975).

        Parameters
        ----------
        known
            Worth of a choice, or one that is asked for; the search ends where the limit meets it.
        seconds
            Work that may be done, in seconds of a slow machine.
        until
            Of `time.monotonic`: when to stop in any case.

        Returns
        -------
        bool
            Whether the clock ended it.
        """
        problem = self.problem
        work = 2 * problem.by_site.nnz + 20 * (len(self._worth) + len(problem.site))
        steps = int(min(_STEPS, max(_FEWEST_STEPS, seconds * VISITS_PER_S / work)))
        patience = max(5, steps // 60)
        prices, length, idle = 0.5 * self._worth, 1.0, 0
        direction: Floats | None = None
        for _ in range(steps):
            if problem.meets(known, self.limit) or length < _SHORTEST:
                break
            check_time()
            if time.monotonic() > until:
                return True
            before = self._value
            value, seen = self._evaluate(prices)
            idle = 0 if value < before * (1 - 1e-7) else idle + 1
            if idle > patience:
                prices, direction, length, idle = self.prices, None, length * _SHRINK, 0
                continue
            slope = np.where(prices < self._worth, seen - self._lacking, np.maximum(seen - self._lacking, 0.0))
            slope[(prices <= 0.0) & (slope > 0.0)] = 0.0
            direction = slope if direction is None else _SHARE_OF_NEW * slope + (1 - _SHARE_OF_NEW) * direction
            if not (steep := float(direction @ direction)):
                break
            prices = np.clip(prices - length * (value - known) / steep * direction, 0.0, self._worth)
        return False

    def settled(self, known: int) -> tuple[Bools, Bools]:
        """Give the sites that every choice worth more than `known` has, and those that some of them may have."""
        collected, taken, low, high = self._collect(self.prices)
        least = known + (1.0 if self.problem.whole else 0.0) - _ROUNDING * self._value
        net = collected - high * self.problem.cost
        may = self._value - self._best(np.maximum(net, 0.0)) + net >= least
        net = collected - low * self.problem.cost
        instead = np.zeros(len(net)) if self._rivals is None else self._rivals.second(np.maximum(net, 0.0))
        must = np.zeros(len(net), np.bool_)
        must[taken] = (self._value - net + instead)[taken] < least
        return must, may

    def least_room(self, target: int) -> float:
        """Give what has to be spent at least for a worth of `target`, by these prices."""
        collected, _, low, _ = self._collect(self.prices)
        net = np.maximum(collected - low * self.problem.cost, 0.0)
        leaders = slice(None) if self._rivals is None else self._rivals.leaders(net)
        missing = target - float(self._lacking @ (self._worth - self.prices)) - float(net[leaders].sum())
        return max((missing - _ROUNDING * target) / low, 0.0) if low > 0 else 0.0

    def _best(self, values: Floats) -> Floats:
        """Give for every site the largest value among those it is exclusive with, its own counted."""
        return values if self._rivals is None else self._rivals.best(values)

    def _evaluate(self, prices: Floats) -> tuple[float, Floats]:
        """Give the bound at some prices, and how often each demand is seen there; keep the best."""
        problem = self.problem
        collected, taken, _, high = self._collect(prices)
        value = float(self._lacking @ (self._worth - prices)) + high * problem.room
        value += float((collected - high * problem.cost)[taken].sum())
        if value < self._value:
            self._value, self.prices = value, prices
            limit = value * (1 + _ROUNDING)
            self.limit = math.floor(limit) if problem.whole else limit
        chosen = np.zeros(len(problem.site))
        chosen[taken] = 1.0
        return value, problem.by_demand @ chosen

    def _collect(self, prices: Floats) -> tuple[Floats, Ints, float, float]:
        """Give what each site collects, the best sites for the room, and the range of the price of room for them."""
        problem = self.problem
        collected: Floats = problem.by_site @ prices
        if problem.costs_differ:
            taken, price = self._knapsack(collected)
            return collected, taken, price, price
        leaders = np.arange(len(collected)) if self._rivals is None else self._rivals.leaders(collected)
        worth = collected[leaders]
        k = int(problem.room)
        if k >= len(worth):
            return collected, leaders[worth > 0], 0.0, 0.0
        order = np.argpartition(-worth, k)
        return collected, leaders[order[:k]], float(worth[order[k]]), float(worth[order[:k]].min())

    def _knapsack(self, collected: Floats) -> tuple[Ints, float]:
        """Give the sites that are worth the price of room, and the lowest such price at which they fit."""
        cost, room = self.problem.cost, self.problem.room

        def taken_at(price: float) -> Ints:
            net = collected - price * cost
            leaders = np.arange(len(net)) if self._rivals is None else self._rivals.leaders(net)
            return leaders[net[leaders] > 0]

        low, high = 0.0, float((collected / cost).max())
        taken = taken_at(0.0)
        if cost[taken].sum() <= room:
            return taken, 0.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if cost[taken_at(middle)].sum() <= room:
                high = middle
            else:
                low = middle
        return taken_at(high), high


class _Rivals:
    """Groups of sites that all exclude each other: at most one of each is chosen."""

    def __init__(self, foes: Matrix) -> None:
        self._group = cliques(foes.indptr.astype(np.int64), foes.indices.astype(np.int32))
        self._order = np.argsort(self._group, kind="stable")
        self._start = np.searchsorted(self._group[self._order], np.arange(self._group.max() + 1))

    def best(self, values: Floats) -> Floats:
        """Give for every site the largest value of its group."""
        return np.maximum.reduceat(values[self._order], self._start)[self._group]

    def leaders(self, values: Floats) -> Ints:
        """Give the site of every group with the largest value."""
        order = self._order[(values == self.best(values))[self._order]]
        group = self._group[order]
        first: Ints = order[np.concatenate([[True], group[1:] != group[:-1]])]
        return first

    def second(self, values: Floats) -> Floats:
        """Give for the leader of every group the largest value of the others in it, 0 where there is none."""
        others = values.copy()
        others[self.leaders(values)] = 0.0
        return self.best(others)

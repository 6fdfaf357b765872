"""The frontier of a whole plan: what each ground offers, put together so that no mix moves less at the same balance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from spatialgov.codes import number_grids
from spatialgov.partition.rebalancing.ground import beyond
from spatialgov.partition.rebalancing.points import Points
from spatialgov.plan import Balance, Plan

__all__ = ["Frontier", "FrontierStep", "combined"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_CELLS = 20_000
"""Longest ladder of breaches on which grounds are put together; a longer one is rounded, upwards."""


@dataclass(frozen=True, eq=False)
class FrontierStep:
    """One plan of a frontier. The plan itself is made when it is asked for.

    Attributes
    ----------
    households_moved, units_moved
        Of the units whose grid has another code than before.
    out_of_band
        General grids outside the band, those that may not be changed among them.
    breach
        By how much all of them together lie outside: households, or what the plan is balanced by.
    max_deviation_pct
        Largest deviation of a grid from the plan's target.
    base
        The plan that it starts from.
    """

    households_moved: int
    units_moved: int
    out_of_band: int
    breach: float
    max_deviation_pct: float
    base: Plan = field(repr=False)
    _chosen: tuple[tuple[Points, int], ...] = field(repr=False)
    _retired: tuple[str, ...] = field(repr=False)

    def as_dict(self) -> dict[str, float]:
        """Give the figures as a plain mapping, for JSON and tables."""
        return {
            "households_moved": self.households_moved,
            "units_moved": self.units_moved,
            "out_of_band": self.out_of_band,
            "breach": self.breach,
            "max_deviation_pct": self.max_deviation_pct,
        }

    @cached_property
    def moves(self) -> Mapping[str, str]:
        """Unit → code, as `Plan.move` takes it. New grids have the next free numbers of their parent."""
        plan = self.base
        unit_ids, codes = plan.units.frame["unit_id"].to_numpy(), plan.table["code"].to_numpy()
        parents, graph = plan.table["parent_code"].to_numpy(), plan.units.graph
        moves: dict[str, str] = {}
        founded: list[Ints] = []
        founders: list[str] = []
        for points, point in self._chosen:
            ground, labels = points.ground, points.labels[point]
            stays = labels < len(ground.grids)
            away = np.flatnonzero(stays & (labels != ground.home))
            moves |= dict(zip(unit_ids[ground.rows[away]], codes[ground.grids[labels[away]]], strict=True))
            for new in np.unique(labels[~stays]):
                founded.append(ground.rows[labels == new])
                founders.append(str(parents[ground.grids[0]]))
        centres = [np.average(graph.xy_m[rows], axis=0, weights=graph.area_m2[rows]) for rows in founded]
        x_m, y_m = np.reshape(centres, (-1, 2)).T
        for rows, code in zip(founded, number_grids(founders, x_m, y_m, taken=[*codes, *self._retired]), strict=True):
            moves |= dict.fromkeys(unit_ids[rows].tolist(), code)
        return moves

    @cached_property
    def plan(self) -> Plan:
        """The plan, a child of `base`."""
        return self.base.move(self.moves)


@dataclass(frozen=True, eq=False)
class Frontier:
    """Plans from no change to the best balance that was found: each moves more than the one before, and is better.

    Attributes
    ----------
    steps
        In that order; the first changes nothing.
    lower, upper
        The band that grids should hold.
    """

    steps: tuple[FrontierStep, ...]
    lower: float
    upper: float

    @property
    def best(self) -> FrontierStep:
        """The step with the best balance."""
        return self.steps[-1]

    def within(self, breach: float) -> FrontierStep | None:
        """Give the step that moves least among those with at most this breach; None where there is none."""
        return next((step for step in self.steps if step.breach <= breach + 1e-9), None)

    def chosen(self, *, most_moved: int | None = None, out_of_band: int | None = None) -> FrontierStep:
        """Give the best balance, or what a planner asks for instead.

        Parameters
        ----------
        most_moved
            The best balance that moves no more households.
        out_of_band
            The step that moves least with no more grids outside the band; the best balance where there is none.
        """
        if most_moved is not None:
            return [step for step in self.steps if step.households_moved <= most_moved][-1]
        if out_of_band is not None:
            return next((step for step in self.steps if step.out_of_band <= out_of_band), self.best)
        return self.best

    def shortlist(self, count: int = 8) -> tuple[FrontierStep, ...]:
        """Give some of the steps, the first and the last among them, at even distances of the breach."""
        wanted = np.linspace(self.steps[0].breach, self.best.breach, max(count, 2))
        chosen = dict.fromkeys(step for breach in wanted if (step := self.within(float(breach))) is not None)
        return tuple(chosen)


def combined(
    plan: Plan,
    offers: Sequence[Points],
    fixed: npt.NDArray[np.bool_],
    by: Balance,
    lower: float,
    upper: float,
    retired: tuple[str, ...],
) -> Frontier:
    """Put the grounds' points together: for every breach in all, the mix that moves fewest households.

    Parameters
    ----------
    offers
        What each ground has to offer.
    fixed
        bool, shape (k,): grids that belong to no ground.
    by, lower, upper
        The band that grids should hold, and of what.
    retired
        Codes that new grids may not have.
    """
    held, kind = plan.tally.column(by), plan.table["kind"].to_numpy()
    rest = beyond(held[fixed & (kind == "general")], lower, upper)
    worst = float(np.abs(plan.deviation_pct()[fixed]).max(initial=0.0))
    figures = [_figures(points, plan.settings.target, lower, upper) for points in offers]
    steps = []
    for mix in _mixes(offers):
        chosen = list(zip(offers, mix, strict=True))
        steps.append(
            FrontierStep(
                households_moved=sum(int(points.households_moved[i]) for points, i in chosen),
                units_moved=sum(int(points.units_moved[i]) for points, i in chosen),
                out_of_band=int((rest > 0).sum())
                + sum(int(figure[0][i]) for figure, i in zip(figures, mix, strict=True)),
                breach=float(rest.sum() + sum(float(points.breach[i]) for points, i in chosen)),
                max_deviation_pct=max([worst, *(float(figure[1][i]) for figure, i in zip(figures, mix, strict=True))]),
                base=plan,
                _chosen=tuple((points, i) for points, i in chosen if i > 0),
                _retired=retired,
            )
        )
    return Frontier(tuple(steps), lower, upper)


def _figures(points: Points, target: float, lower: float, upper: float) -> tuple[Ints, Floats]:
    """Give the grids out of band and the largest deviation (%) of each point."""
    every, ground = range(len(points.breach)), points.ground
    outside = [int((beyond(points.held(i, ground.load), lower, upper) > 0).sum()) for i in every]
    deviation = [float(np.abs(100 * (points.held(i, ground.measured) / target - 1)).max()) for i in every]
    return np.array(outside, dtype=np.int64), np.array(deviation)


def _mixes(offers: Sequence[Points]) -> list[list[int]]:
    """Choose a point of each ground, for every breach in all that pays: a knapsack over a ladder of breaches."""
    total = sum(float(points.breach[0]) for points in offers)
    whole = all((points.breach == np.round(points.breach)).all() for points in offers)
    width = 1.0 if whole and total <= _MOST_CELLS else max(total / _MOST_CELLS, 1e-9)
    n = sum(len(points.ground.rows) for points in offers) + 1.0
    least = np.zeros(1)
    choices: list[Ints] = []
    cells = [np.ceil(points.breach / width - 1e-9).astype(np.int64) for points in offers]
    for points, cell in zip(offers, cells, strict=True):
        cost = points.households_moved + points.units_moved / n
        grown = np.full(len(least) + int(cell[0]), np.inf)
        choice = np.zeros(len(grown), np.int64)
        for i in range(len(cost)):
            part = slice(int(cell[i]), int(cell[i]) + len(least))
            better = least + cost[i] < grown[part] - 1e-9
            grown[part][better] = (least + cost[i])[better]
            choice[part][better] = i
        choices.append(choice)
        least = grown
    mixes = []
    cheapest = np.minimum.accumulate(np.append(np.inf, least))[:-1]
    for cell in np.flatnonzero(least < cheapest - 1e-9)[::-1].tolist():
        mix, left = [], cell
        for choice, breaches in zip(choices[::-1], cells[::-1], strict=True):
            mix.append(int(choice[left]))
            left -= int(breaches[mix[-1]])
        mixes.append(mix[::-1])
    return mixes

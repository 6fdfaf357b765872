"""Rolling back-test of forecasts: how many incidents fell into the small area that each method pointed at.

At the start of each window every method ranks the cells, knowing only what happened before; then the incidents of the
window are counted in the cells at the top.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.incidents.surfaces import (
    BLEND,
    COMPONENTS,
    METHODS,
    RATE_DAYS,
    History,
    Walk,
    fitted_weights,
    score_of,
    walk,
)

__all__ = ["USED", "Backtest", "Rolled", "roll", "top_cells"]

USED = "used"
"""The last row of a back-test: at each window, whoever had led over the windows before. What a user would have had."""
_DRAWS = 2000
_CLEAR = 1.5  # standard errors; with `BLEND`, chosen as told at `surfaces._OWN`
_LEARNED = 2000  # incidents of a window that the mixture is fitted to; more are drawn by lot, and time and memory stay

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Hits of each method in each window.

    Attributes
    ----------
    methods
        `METHODS` and `USED`.
    area_shares
        Shares of the area at the top that are looked at.
    days
        float64 (windows,), when each window began.
    hits
        int64 (methods, windows, shares), incidents in the cells at the top.
    most
        int64 (windows, shares), incidents in the cells that had most: what a prophet would have hit.
    totals
        int64 (windows,), incidents in each window.
    """

    methods: tuple[str, ...]
    area_shares: tuple[float, ...]
    days: Floats
    hits: Ints
    most: Ints
    totals: Ints

    @property
    def hit_rate(self) -> Floats:
        """Share of all incidents that was hit: (methods, shares); NaN without incidents."""
        return np.asarray(self.hits.sum(axis=1) / (self.totals.sum() or math.nan))

    @property
    def pai(self) -> Floats:
        """Predictive accuracy index (Chainey, Tompson and Uhlig 2008): hit rate over share of the area."""
        return np.asarray(self.hit_rate / np.array(self.area_shares))

    @property
    def pei(self) -> Floats:
        """Predictive efficiency index PEI* (Hunt 2016): hits over what could have been hit in as many cells."""
        most = self.most.sum(axis=0)
        return np.asarray(self.hits.sum(axis=1) / np.where(most, most, np.nan))

    @property
    def winner(self) -> str:
        """The method with most hits in the first share of the area; "" without incidents.

        Where another has more than the blend by no more than chance explains (one and a half standard errors over the
        windows), it is the blend: the lead would be lost in the next weeks.
        """
        return METHODS[_leader(self.hits[: len(METHODS), :, 0])] if self.totals.sum() else ""

    def pai_interval(self, confidence: float = 0.95, seed: int = 0) -> Floats:
        """Give the interval of each PAI by drawing windows with replacement: (methods, shares, 2)."""
        return self._interval(self.hits, confidence, seed)

    def gain(self, method: str, over: str = "count", confidence: float = 0.95, seed: int = 0) -> Floats:
        """Give how much larger a method's PAI is than another's, and the interval by drawing windows: (shares, 3)."""
        more = self.hits[self.methods.index(method)] - self.hits[self.methods.index(over)]
        value = self.pai[self.methods.index(method)] - self.pai[self.methods.index(over)]
        return np.column_stack([value, self._interval(more[None], confidence, seed)[0]])

    def _interval(self, hits: Ints, confidence: float, seed: int) -> Floats:
        windows = len(self.totals)
        if not self.totals.sum():
            return np.full((len(hits), len(self.area_shares), 2), np.nan)
        drawn = np.random.default_rng(seed).integers(0, windows, (_DRAWS, windows))
        totals = self.totals[drawn].sum(axis=1)
        rates = hits[:, drawn].sum(axis=2) / np.where(totals, totals, np.nan)[:, None]
        tail = (1 - confidence) / 2
        bounds = np.nanquantile(rates / np.array(self.area_shares), (tail, 1 - tail), axis=1)
        return np.moveaxis(bounds, 0, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Rolled:
    """What a back-test leaves behind for the forecast.

    Attributes
    ----------
    backtest
        Of the tested windows.
    totals
        int64 (all windows,), incidents in cells of the area.
    rates
        float64 (all windows, rates), incidents a day that were expected, as `Surfaces.rates`.
    weights
        float64 (all windows, components), the mixture as it was before each window.
    component_densities
        float64 (components, incidents of all windows, or a draw of them), what each gave to the cells then hit.
    densities
        For each method, float64 (the same incidents,): its share of the cell then hit.
    """

    backtest: Backtest
    totals: Ints
    rates: Floats
    weights: Floats
    component_densities: Floats
    densities: dict[str, Floats]


def roll(
    history: History,
    days: Floats,
    horizon_days: float,
    *,
    tested: int,
    area_shares: Sequence[float],
    progress: Callable[[int, int], None] | None = None,
    walked: Walk | None = None,
) -> Rolled:
    """Let every method forecast every window.

    Parameters
    ----------
    history
        The incidents.
    days
        (windows,) when each window begins, ascending.
    horizon_days
        How long each is. They should not overlap.
    tested
        So many of the last are judged; the ones before serve to fit the mixture and to choose.
    area_shares
        Shares of the area whose hits are counted; the first one decides who leads.
    progress
        Called with how many windows are done, and how many there are.
    walked
        Gives the surfaces of the windows, where they are known already.
    """
    surfaces = walk(history, days.tolist()) if walked is None else walked(0, len(days))
    n, names = history.n_inside, (*METHODS, USED)
    sizes = [_cells_of_share(share, n) for share in area_shares]
    hits = np.zeros((len(names), len(days), len(sizes)), dtype=np.int64)
    most = np.zeros((len(days), len(sizes)), dtype=np.int64)
    totals, inside = np.zeros((2, len(days)), dtype=np.int64)
    rates, weights = [], []
    seen = [np.empty((len(COMPONENTS), 0))]
    densities: dict[str, list[Floats]] = {name: [np.empty(0)] for name in METHODS}
    weight = np.full(len(COMPONENTS), 1.0 / len(COMPONENTS))
    lot = np.random.default_rng(0)
    for k, now in enumerate(surfaces):
        if progress is not None:
            progress(k, len(days))
        weight = fitted_weights(np.hstack(seen), weight * 0.98 + 0.02 / len(COMPONENTS), rounds=50)
        rates.append(now.rates)
        weights.append(weight)
        where = history.window(now.day, now.day + horizon_days)
        totals[k] = len(where)
        where = where[where >= 0]
        inside[k] = len(where)
        learned = where if len(where) <= _LEARNED else lot.choice(where, _LEARNED, replace=False)
        happened = np.bincount(where, minlength=n)
        most[k] = [np.sort(happened)[::-1][:size].sum() for size in sizes]
        for row, name in enumerate(METHODS):
            score = score_of(name, now, weight)
            hits[row, k] = [happened[top].sum() for top in top_cells(score, sizes)]
            densities[name].append(score[learned] / (score.sum() or 1.0))
        hits[-1, k] = hits[_leader(hits[:-1, :k, 0]), k]
        seen.append(now.components[:, learned])
    last = slice(max(len(days) - tested, 0), None)
    judged = Backtest(names, tuple(area_shares), days[last], hits[:, last], most[last], totals[last])
    return Rolled(
        judged,
        inside,
        np.reshape(rates, (len(days), len(RATE_DAYS))),
        np.reshape(weights, (len(days), len(COMPONENTS))),
        np.hstack(seen),
        {name: np.concatenate(parts) for name, parts in densities.items()},
    )


def top_cells(score: Floats, sizes: Sequence[int]) -> list[Ints]:
    """Give the cells with the highest scores, for each of the sizes; among equals by lot, the same lot every time."""
    lot = np.random.default_rng(0).permutation(len(score))
    mixed = -score[lot]
    order = np.argpartition(mixed, [size - 1 for size in sizes]) if sizes and len(score) else np.arange(len(score))
    return [lot[order[:size]] for size in sizes]


def _leader(hits: Ints) -> int:
    """Give the method to use after windows with such hits: (methods, windows)."""
    blend = METHODS.index(BLEND)
    best = int(np.argmax(hits.sum(axis=1)))
    more = hits[best] - hits[blend]
    return best if more.sum() > _CLEAR * math.sqrt((more**2).sum()) else blend


def _cells_of_share(share: float, n: int) -> int:
    return min(max(round(share * n), 1), n)

"""Surfaces that say where incidents come next: what peers use, and a mixture of all of it fitted by EM.

Every surface at a day is made of incidents before that day alone.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft as sf
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.incidents.kernel_density import smoothed
from spatialgov.incidents.raster import Raster, checked_points
from spatialgov.time_limit import check_time

__all__ = [
    "BLEND",
    "COMPONENTS",
    "METHODS",
    "RATE_DAYS",
    "SMOOTHED_M",
    "History",
    "Surfaces",
    "Walk",
    "fitted_weights",
    "history_of",
    "score_of",
    "walk",
]

METHODS = (
    "count", "count_all", "decayed_count", "kde", "kde_all", "decayed_kde", "promap", "gi_star", "near_repeat",
    "mixture", "blend",
)  # fmt: skip
"""Counts of a year and of all time; counts that fade (two years); kernels of 200 m over a year, 100 m over all time,
150 m fading; ProMap (Bowers, Johnson and Pease 2004); Gi* of a year; near repeats (14 days, 100 m); the mixture; the
mixture and the counts of all time in equal parts."""
BLEND = "blend"
"""Whom to use unless another is clearly better. The mixture is likeliest over the whole area; the few cells at the very
top are told apart better by what each has had itself."""

_YEAR = 365.0
_OTHERS_DAYS = 365.0
RATE_DAYS = (30.0, 120.0, 730.0)
"""Over how many days the level of the total fades, in each of the ways that are tried."""
_OWN = (
    (60.0, 0.0), (365.0, 0.0), (730.0, 0.0), (3650.0, 0.0), (730.0, 100.0), (3650.0, 200.0), (3650.0, 450.0),
    (3650.0, 1200.0),
)  # fmt: skip
"""Days over which own incidents fade, and metres by which they are blurred. Of nine sets the one that, blended, did
best where it did worst, on Portland's calls up to February 2015, New York's vehicle thefts and Memphis's robberies."""
SMOOTHED_M = (*(h for _, h in _OWN), 200.0)
"""Metres by which incidents are blurred, among them the most: it says how much memory surfaces take."""
_DECAYS_DAYS = sorted({14.0, 730.0, *(tau for tau, _ in _OWN)})
COMPONENTS = (
    *(f"own {tau:.0f} d, {h:.0f} m" for tau, h in _OWN),
    "all 365 d, 0 m",
    "all 365 d, 150 m",
    "even",
)
"""What the mixture is made of: incidents that fade with so many days, blurred by so many metres."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Incidents on a raster, oldest first.

    Attributes
    ----------
    raster, inside
        The raster, and which of its cells belong to the area: bool (ny, nx).
    cell
        int64 (n,), cell of each incident (row × nx + column).
    day
        float64 (n,), ascending.
    own
        bool (n,), whether it is of the category that is forecast.
    position
        int64 (ny · nx,), number of each cell among those inside, -1 for the others.
    """

    raster: Raster
    inside: Bools
    cell: Ints
    day: Floats
    own: Bools
    position: Ints

    @property
    def n_inside(self) -> int:
        """Number of cells of the area."""
        return int(self.inside.sum())

    def window(self, first_day: float, last_day: float) -> Ints:
        """Give the cells, numbered inside, of the own incidents from a day to before another; -1 for those outside."""
        here = slice(*np.searchsorted(self.day, [first_day, last_day]))
        return self.position[self.cell[here][self.own[here]]]


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """What is known on a day.

    Attributes
    ----------
    day
        Only incidents before it went in.
    scores
        For each method but the mixture and the blend, float64 (n_inside,) ≥ 0: higher means sooner.
    components
        float64 (`COMPONENTS`, n_inside), each row sums to 1.
    rates
        float64 (`RATE_DAYS`,), own incidents a day, as they were of late.
    """

    day: float
    scores: dict[str, Floats]
    components: Floats
    rates: Floats


Walk = Callable[[int, int], Iterator[Surfaces]]
"""Gives the surfaces of the days from one position to before another; for the same history and days as `walk` does."""


def history_of(
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    day: npt.ArrayLike,
    raster: Raster,
    *,
    own: npt.ArrayLike | None = None,
    boundary: BaseGeometry | None = None,
) -> History:
    """Put incidents on a raster in the order of time; those outside it, or outside the boundary, are left out.

    Parameters
    ----------
    x_m, y_m, day
        (n,) metres, and days since any moment.
    raster
        The cells.
    own
        (n,) bool, whether an incident is of the category to forecast; None: all are.
    boundary
        Polygon in metres; None: the whole raster.

    Raises
    ------
    InputError
        When a value is not a number or the columns differ in length.
    """
    marks = np.ones(np.size(np.asarray(day)), dtype=np.bool_) if own is None else np.asarray(own, dtype=np.bool_)
    x, y, days, mine = checked_points(x_m, y_m, day, marks)
    cells = raster.cells_of(x, y)
    if boundary is not None:
        cells[~np.asarray(shapely.intersects_xy(boundary, x, y), dtype=np.bool_)] = -1
    kept = np.flatnonzero(cells >= 0)
    kept = kept[np.argsort(days[kept], kind="stable")]
    inside = raster.inside(boundary)
    position = np.where(inside.ravel(), np.cumsum(inside.ravel()) - 1, -1)
    return History(raster, inside, cells[kept], days[kept], mine[kept] > 0, position)


def walk(history: History, days: Sequence[float], first: int = 0, last: int | None = None) -> Iterator[Surfaces]:
    """Give the surfaces of each of the days, which ascend; or of those from position `first` to before `last`.

    Whichever are asked for, they are the same to the last bit: what fades is carried on over all days before.
    """
    own = history.own
    mine = _Fading(history.cell[own], history.day[own], history.raster, _DECAYS_DAYS)
    every = _Fading(history.cell, history.day, history.raster, (_OTHERS_DAYS,))
    begin = float(history.day[0]) if len(history.day) else 0.0
    for number, day in enumerate(days[:last]):
        check_time()
        fading, others = mine.at(day), every.at(day)[_OTHERS_DAYS]
        if number < first:
            continue
        scores = _scores(history, mine, fading, day)
        components = _components(history, fading, others)
        known = max(day - begin, 1.0)
        rates = np.array([mine.recent(day, tau) / (tau * -math.expm1(-known / tau)) for tau in RATE_DAYS])
        yield Surfaces(day, scores, components, rates)


def score_of(method: str, now: Surfaces, weights: Floats) -> Floats:
    """Give a method's score of each cell.

    Parameters
    ----------
    method
        One of `METHODS`.
    weights
        (components,) of the mixture.
    """
    if method not in ("mixture", BLEND):
        return now.scores[method]
    mixture = np.zeros(now.components.shape[1])
    for weight, component in zip(weights, now.components, strict=True):  # in this order on every machine
        mixture += weight * component
    every = now.scores["count_all"]
    return mixture if method == "mixture" else mixture + every / (every.sum() or 1.0)


def fitted_weights(densities: Floats, start: Floats, rounds: int = 100) -> Floats:
    """Give the weights of the mixture under which incidents were likeliest (expectation-maximisation).

    Parameters
    ----------
    densities
        (components, incidents): what each component gave to the cell that each incident then fell into.
    start
        (components,) weights to begin with, > 0, summing to 1.
    rounds
        Steps; each makes the incidents likelier.

    Returns
    -------
    float64 (components,)
        ≥ 0, summing to 1. Without incidents, the start.
    """
    weights = start.copy()
    if densities.shape[1] == 0:
        return weights
    for _ in range(rounds):
        shares = weights[:, None] * densities
        shares /= shares.sum(axis=0)
        weights = shares.mean(axis=1)
    return weights


class _Fading:
    """Counts in cells that fade exponentially, carried on from day to day."""

    def __init__(self, cell: Ints, day: Floats, raster: Raster, taus: Sequence[float]) -> None:
        self.cell, self.day, self.shape = cell, day, raster.shape
        self._grids = {tau: np.zeros(raster.nx * raster.ny) for tau in taus}
        self._to, self._used = -math.inf, 0

    def at(self, day: float) -> dict[float, Floats]:
        """Give for each τ (ny, nx): the sum over the incidents before the day of exp(-age / τ)."""
        end = int(np.searchsorted(self.day, day))
        new = slice(self._used, end)
        for tau, before in self._grids.items():
            added = np.bincount(self.cell[new], np.exp((self.day[new] - day) / tau), minlength=before.size)
            self._grids[tau] = before * math.exp(-(day - self._to) / tau) + added
        self._to, self._used = day, end
        return {tau: grid.reshape(self.shape) for tau, grid in self._grids.items()}

    def counts(self, day: float, lasting: float) -> Floats:
        """Count the incidents of the days before."""
        here = slice(*np.searchsorted(self.day, [day - lasting, day]))
        return np.bincount(self.cell[here], minlength=math.prod(self.shape)).reshape(self.shape).astype(np.float64)

    def recent(self, day: float, tau: float) -> float:
        """Give the faded number of all incidents before the day."""
        return float(np.exp((self.day[: np.searchsorted(self.day, day)] - day) / tau).sum())


def _blurred(grid: Floats, bandwidth_m: float, raster: Raster) -> Floats:
    return smoothed(grid, bandwidth_m / raster.cell_m) if bandwidth_m > 0 else grid


def _scores(history: History, mine: _Fading, fading: dict[float, Floats], day: float) -> dict[str, Floats]:
    raster = history.raster
    year, everything = mine.counts(day, _YEAR), mine.counts(day, math.inf)
    grids = {
        "count": year,
        "count_all": everything,
        "decayed_count": fading[730.0],
        "kde": _blurred(year, 200.0, raster),
        "kde_all": _blurred(everything, 100.0, raster),
        "decayed_kde": _blurred(fading[730.0], 150.0, raster),
        "promap": _promap(mine, day, raster),
        "gi_star": _gi_star(year, history.inside),
        "near_repeat": _blurred(fading[14.0], 100.0, raster),
    }
    return {name: grid[history.inside] for name, grid in grids.items()}


def _components(history: History, fading: dict[float, Floats], others: Floats) -> Floats:
    raster, inside = history.raster, history.inside
    rows = [_blurred(fading[tau], h, raster)[inside] for tau, h in _OWN]
    rows += [others[inside], _blurred(others, 150.0, raster)[inside], np.ones(history.n_inside)]
    found = np.array(rows)
    sums = found.sum(axis=1, keepdims=True)
    # a component that has seen nothing says nothing: even
    return np.where(sums > 0, found / np.where(sums > 0, sums, 1.0), 1.0 / max(history.n_inside, 1))


def _promap(mine: _Fading, day: float, raster: Raster) -> Floats:
    """ProMap: incidents of two months within 400 m, weighed by 1 / (1 + half cells) and 1 / (1 + weeks)."""
    here = slice(*np.searchsorted(mine.day, [day - 61.0, day]))
    weeks = np.floor((day - mine.day[here]) / 7.0)
    grid = np.bincount(mine.cell[here], 1.0 / (1.0 + weeks), minlength=raster.nx * raster.ny).reshape(raster.shape)
    reach = math.ceil(400.0 / raster.cell_m)
    steps = np.arange(-reach, reach + 1)
    apart = np.hypot(steps[:, None], steps) * raster.cell_m
    kernel = np.where(apart <= 400.0, 1.0 / (1.0 + np.floor(2 * apart / raster.cell_m)), 0.0)
    shape = tuple(sf.next_fast_len(n + 2 * reach, real=True) for n in grid.shape)
    summed = sf.irfft2(sf.rfft2(grid, s=shape) * sf.rfft2(kernel, s=shape), s=shape)
    return np.maximum(summed[reach : reach + raster.ny, reach : reach + raster.nx], 0.0)


def _gi_star(counts: Floats, inside: Bools) -> Floats:
    """Gi* over the eight cells around, lifted to start at 0: only the order is used."""
    from scipy.ndimage import convolve

    n = int(inside.sum())
    square = np.ones((3, 3))
    sums = convolve(counts * inside, square, mode="constant")
    sizes = convolve(inside.astype(np.float64), square, mode="constant")
    y = counts[inside]
    spread = float(y.std()) if n else 0.0
    if spread == 0 or n < 2:
        return np.zeros(counts.shape)
    # on an area of nine cells or fewer, a neighbourhood of all of them has no spread
    z = (sums - y.mean() * sizes) / (spread * np.sqrt(np.maximum(n * sizes - sizes**2, 1e-9) / (n - 1)))
    return np.asarray(z - z[inside].min())

"""Where parts may turn about: sets of centre units with a small inertia when contiguity is left out."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spatialgov.partition.inertia._kernels import move_centres, nearest_units, settle_prices

__all__ = ["Centres", "Points", "search_centres"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

_STEP, _STEPS = 0.005, 300
"""First step of the prices, in units of the squared distance to the nearest other centre, and how many at most."""


@dataclass(frozen=True, eq=False, slots=True)
class Points:
    """What is shared out: places in km about their mean, float64 (n,), masses, and the limits of a part."""

    x: Floats
    y: Floats
    mass: Floats
    lower: float
    upper: float

    @classmethod
    def of(cls, xy_m: Floats, mass: Floats, lower: float, upper: float) -> Self:
        """Take metres."""
        x, y = ((xy_m - xy_m.mean(axis=0)) / 1000.0).T
        return cls(np.ascontiguousarray(x), np.ascontiguousarray(y), mass, float(lower), float(upper))

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.x)

    def square(self, centres: Labels) -> Floats:
        """Give the squared distances to some units, km², float64 (n, len(centres))."""
        return (self.x[:, None] - self.x[centres]) ** 2 + (self.y[:, None] - self.y[centres]) ** 2

    def gaps(self, centres: Labels) -> Floats:
        """Give the squared distance from each centre to the nearest other one, km², float64 (len(centres),)."""
        places = np.column_stack([self.x[centres], self.y[centres]])
        nearest = np.asarray(cKDTree(places).query(places, k=2)[0], dtype=np.float64)
        return np.maximum(nearest[:, 1] ** 2, 1e-12)


@dataclass(frozen=True, eq=False, slots=True)
class Centres:
    """A set of centre units.

    Attributes
    ----------
    units
        int64, shape (k,), all different.
    price
        float64, shape (k,), km²: what a part charges for each unit of weight, so that the nearest centres balance.
    labels
        int64, shape (n,): the nearest centre at these prices, each centre its own. Balanced but for a few units; parts
        need not be connected.
    dual
        No division about these centres within the limits has a smaller inertia, mass × km².
    """

    units: Labels
    price: Floats
    labels: Labels
    dual: float


def search_centres(
    points: Points, k: int, starts: int, keep: int, tries: int, rng: np.random.Generator
) -> list[Centres]:
    """Search for good sets of centres: random starts, alternation, and a local search that swaps single centres.

    Parameters
    ----------
    points
        At least `k` of them.
    starts
        Random starts; each alternates between prices and centres until it stands still.
    keep
        How many of the best go through the local search, at most.
    tries
        Units that are tried in a centre's place: the nearest ones.

    Returns
    -------
    list of Centres
        At most `keep`, all different, the best first.
    """
    found: dict[bytes, Centres] = {}
    for _ in range(starts):
        centres = _alternate(points, _draw(points, k, rng), 12)
        found.setdefault(np.sort(centres.units).tobytes(), centres)
    best = sorted(found.values(), key=lambda c: c.dual)[:keep]
    if tries <= 0:
        return best
    places = np.column_stack([points.x, points.y])
    near = np.asarray(cKDTree(places).query(places, k=min(tries + 1, points.n))[1], dtype=np.int64)
    near = near.reshape(points.n, -1)
    moved: dict[bytes, Centres] = {}
    for centres in best:
        units, price, labels = centres.units.copy(), centres.price.copy(), centres.labels.copy()
        step = _STEP * points.gaps(units)
        dual = move_centres(
            points.x, points.y, points.mass, points.lower, points.upper, units, price, labels, near, centres.dual,
            step, _STEPS,
        )  # fmt: skip
        labels[units] = np.arange(k)
        moved.setdefault(np.sort(units).tobytes(), Centres(units, price, labels, dual))
    return sorted(moved.values(), key=lambda c: c.dual)


def _draw(points: Points, k: int, rng: np.random.Generator) -> Labels:
    """Draw centres far from each other, the likelier the more mass they draw in (Arthur & Vassilvitskii 2007)."""
    units = [int(rng.choice(points.n, p=points.mass / points.mass.sum()))]
    least = np.full(points.n, np.inf)
    for _ in range(k - 1):
        least = np.minimum(least, points.square(np.array(units[-1:]))[:, 0])
        chance = points.mass * (least + 1e-9)
        chance[units] = 0.0
        units.append(int(rng.choice(points.n, p=chance / chance.sum())))
    return np.array(units, dtype=np.int64)


def _alternate(points: Points, units: Labels, rounds: int) -> Centres:
    """Settle the prices, put each centre into the middle of what it took, and so on while the dual falls."""
    k = len(units)
    best: Centres | None = None
    for _ in range(rounds):
        price, labels = np.zeros(k), np.empty(points.n, np.int64)
        dual = settle_prices(
            points.square(units), points.mass, points.lower, points.upper, price, _STEP * points.gaps(units), _STEPS,
            np.inf, labels,
        )  # fmt: skip
        if best is not None and dual >= best.dual:
            break
        labels[units] = np.arange(k)  # no part is without a unit, and no unit is the centre of two
        best = Centres(units, price, labels, float(dual))
        units = units.copy()
        nearest_units(points.x, points.y, points.mass, labels, k, units)
    assert best is not None
    return best

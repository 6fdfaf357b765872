"""Twenty grids whose waiting is simulated: what the model knows of them is rate, mean and variation, as in use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spatialgov.allocation.staffing import Simulated, simulate, waiting

__all__ = ["CASES", "Case", "compared"]

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True)
class Case:
    """A grid: posts on duty, their utilisation, and the law of the minutes that an incident takes."""

    name: str
    posts: int
    utilisation: float
    mean_min: float
    cv: float
    draw: Draw

    @property
    def arrivals_per_hour(self) -> float:
        """Rate that gives the utilisation."""
        return 60.0 * self.utilisation * self.posts / self.mean_min


def _gamma(mean: float, cv: float) -> Draw:
    return lambda rng, n: rng.gamma(cv**-2, mean * cv**2, n)


def _lognormal(mean: float, cv: float) -> Draw:
    sigma = np.sqrt(np.log1p(cv**2))
    return lambda rng, n: rng.lognormal(np.log(mean) - sigma**2 / 2, sigma, n)


def _uniform(mean: float, cv: float) -> Draw:
    half = mean * cv * np.sqrt(3)
    return lambda rng, n: rng.uniform(mean - half, mean + half, n)


def _always(mean: float, _cv: float) -> Draw:
    return lambda _rng, n: np.full(n, mean)


def _two_kinds(mean: float, cv: float) -> Draw:
    """Many short and few long, each exponential, with balanced means."""
    often = (1 + np.sqrt((cv**2 - 1) / (cv**2 + 1))) / 2

    def draw(rng: np.random.Generator, n: int) -> Floats:
        short = rng.random(n) < often
        took: Floats = rng.exponential(np.where(short, mean / (2 * often), mean / (2 * (1 - often))))
        return took

    return draw


_LAWS: dict[str, Callable[[float, float], Draw]] = {
    "gamma": _gamma, "lognormal": _lognormal, "uniform": _uniform, "always": _always, "two_kinds": _two_kinds,
}  # fmt: skip


def _case(law: str, posts: int, utilisation: float, mean_min: float, cv: float) -> Case:
    name = f"{law}_{cv:g}_{posts}_{utilisation:g}"
    return Case(name, posts, utilisation, mean_min, cv, _LAWS[law](mean_min, cv))


def _grid(posts: int, utilisation: float) -> Case:
    """Give a grid as the model sees one: categories of incidents, ways of different length, one or two trips."""
    share, handling, trips = np.array([0.6, 0.3, 0.1]), np.array([15.0, 35.0, 60.0]), np.array([1.0, 2.0, 2.0])
    way = np.array([2.0, 5.0, 9.0])  # minutes there, a third of the incidents each
    took = handling[:, None] + 2 * trips[:, None] * way
    mean = float(share @ took.mean(axis=1))
    squared = float(share @ (took**2).mean(axis=1) + share @ handling**2)  # handling times exponential
    cv = float(np.sqrt(squared - mean**2) / mean)

    def draw(rng: np.random.Generator, n: int) -> Floats:
        kind, far = rng.choice(3, n, p=share), rng.integers(0, 3, n)
        minutes: Floats = rng.exponential(handling[kind]) + 2 * trips[kind] * way[far]
        return minutes

    return Case(f"grid_{cv:.2f}_{posts}_{utilisation:g}", posts, utilisation, mean, cv, draw)


CASES = (
    _case("gamma", 1, 0.3, 40, 1.0),
    _case("gamma", 1, 0.9, 40, 1.0),
    _case("lognormal", 1, 0.5, 55, 1.5),
    _case("always", 1, 0.7, 30, 0.0),
    _grid(1, 0.6),
    _case("gamma", 2, 0.5, 40, 1.0),
    _case("gamma", 4, 0.85, 25, 1.0),
    _case("always", 2, 0.6, 30, 0.0),
    _case("always", 6, 0.8, 20, 0.0),
    _case("uniform", 3, 0.7, 45, 0.5),
    _case("gamma", 2, 0.4, 45, 0.5),
    _case("gamma", 3, 0.75, 60, 1.4),
    _case("gamma", 8, 0.9, 30, 0.7),
    _case("lognormal", 2, 0.6, 35, 0.8),
    _case("lognormal", 3, 0.8, 50, 1.2),
    _case("lognormal", 5, 0.9, 50, 1.2),
    _case("two_kinds", 2, 0.8, 40, 1.5),
    _case("two_kinds", 4, 0.9, 40, 1.3),
    _grid(2, 0.7),
    _grid(4, 0.85),
)
"""Twenty: one post and several, low load and high, times that never vary and times that vary much."""


def compared(incidents: int) -> Iterator[tuple[Case, Simulated, float, float]]:
    """Give each case, its simulation, and the model's utilisation and wait."""
    for seed, case in enumerate(CASES):
        simulated = simulate(case.arrivals_per_hour, case.draw, case.posts, incidents=incidents, seed=seed)
        model = waiting([case.arrivals_per_hour], [case.mean_min], [case.cv], [case.posts])
        yield case, simulated, float(model.utilisation[0]), float(model.mean_min[0])

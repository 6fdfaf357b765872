"""How good a division could be at best: proven lower bounds, so that the gap to the optimum is known."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from spatialgov.errors import InputError
from spatialgov.language import t
from spatialgov.partition.highs import milp
from spatialgov.partition.inertia._kernels import weigh_centres
from spatialgov.partition.inertia.centres import Centres, Points, search_centres
from spatialgov.partition.inertia.exact import SMALL, share_out

__all__ = ["Bound", "inertia_bound"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

_TIGHT = 1e-4
"""Relative distance to the best known value at which the search for a better bound ends."""
_MOST_BINARIES = 60_000
"""Up to so many choices that the bound leaves open are decided exactly."""
_SHARED_OUT = 3
"""About so many sets of centres the units of a small problem are shared out, for a value that can be reached."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A proven lower bound.

    Attributes
    ----------
    value
        No division has a smaller moment of inertia (weight × km² / 10⁶, see `moment_of_inertia`).
    exact
        Whether `value` is the optimum where contiguity is left out.
    seconds
        Time that it took.
    """

    value: float
    exact: bool
    seconds: float

    def gap(self, value: float) -> float:
        """Give by what share of the bound a division's moment of inertia is above it."""
        return value / self.value - 1.0 if self.value > 0 else (0.0 if value <= 0 else math.inf)


def inertia_bound(
    xy_m: npt.ArrayLike, weight: npt.ArrayLike, k: int, lower: float, upper: float, *, time_limit_s: float = 10.0
) -> Bound:
    """Bound the moment of inertia of every division into `k` parts within limits from below, contiguous or not.

    Parameters
    ----------
    xy_m
        Shape (n, 2): east and north, metres. Every point may be a centre, also one without weight.
    weight
        Shape (n,), not negative.
    k
        Number of parts, 1 … n.
    lower, upper
        Least and largest weight of a part.
    time_limit_s
        The bound is as good as it gets by then, seconds. It is proven whenever it stops.

    Returns
    -------
    Bound
        Infinite, and exact, where the limits alone rule every division out.

    Raises
    ------
    InputError
        When the arguments make no sense.

    Notes
    -----
    A capacitated k-median problem. That every unit has one part is relaxed with a price for each unit; then every unit
    is worth something as a centre by a fractional knapsack, and the k best make the bound. Prices rise by deflected
    subgradient steps (Camerini, Fratta & Maffioli 1975) towards the value of the best centres that a local search
    finds. Centres and assignments whose reduced cost is above a division known to exist are left out, and what is
    left, if it is little, is solved by HiGHS.
    """
    begun = time.perf_counter()
    place, load = _checked(xy_m, weight, k, lower, upper)
    total = float(load.sum())
    if k * lower > total * (1 + 1e-12) or k * upper < total * (1 - 1e-12):
        return Bound(math.inf, True, time.perf_counter() - begun)
    if total == 0:
        return Bound(0.0, True, time.perf_counter() - begun)
    points = Points.of(place, load, lower, min(upper, total))
    rng = np.random.default_rng(0)
    trifle = Points.of(place, load + 1e-9 * float(load.mean()), lower, min(upper, total))
    found = search_centres(trifle, k, 20, 5, 50 if len(load) * k * k < 1_000_000 else 0, rng)
    known = min((replace(centres, dual=_transport(points, centres)) for centres in found), key=lambda c: c.dual)
    relaxed = _Relaxation(points, k)
    relaxed.improve(known, begun + 0.6 * time_limit_s)
    value, exact = relaxed.value, False
    if (left := begun + time_limit_s - time.perf_counter()) > 0:
        value, exact = _solve(relaxed, known, _least_reached(trifle, load, found), left)
    return Bound(value / 1e6, exact, time.perf_counter() - begun)


def _transport(of: Points, centres: Centres) -> float:
    """Give the least inertia about fixed centres when units may be split, weight × km²; infinite where HiGHS fails."""
    from scipy.optimize import LinearConstraint

    k = len(centres.units)
    column = np.arange(of.n * k)
    once = csr_array((np.ones(of.n * k), (column // k, column)))
    held = csr_array((np.repeat(of.mass, k), (column % k, column)))
    result = milp(
        (of.mass[:, None] * of.square(centres.units)).ravel() / of.mass.sum(),
        constraints=[LinearConstraint(once, 1.0, 1.0), LinearConstraint(held, of.lower, of.upper)],
    )
    return float(result.fun) * float(of.mass.sum()) if result.status == 0 else math.inf


class _Relaxation:
    """The relaxed problem: the best prices so far, their bound, and what each unit is worth as a centre at them."""

    def __init__(self, points: Points, k: int) -> None:
        self.points = points
        self.k = k
        self.value = -math.inf
        self.worth = np.zeros(points.n)
        self.centre_value = np.zeros(points.n)
        self.threshold = np.zeros(points.n)

    def evaluate(self, worth: Floats) -> tuple[float, Floats]:
        """Give the bound at some prices, and how often each unit is taken there; keep the best bound."""
        of = self.points
        threshold = np.empty(of.n)
        value = weigh_centres(of.x, of.y, of.mass, worth, of.lower, of.upper, threshold)
        chosen = np.argpartition(value, self.k - 1)[: self.k]
        bound = float(of.mass @ worth + value[chosen].sum())
        if bound > self.value:
            self.value, self.worth, self.centre_value, self.threshold = bound, worth, value, threshold
        ratio = of.square(chosen) - worth[:, None]
        taken = (ratio < threshold[chosen]).astype(np.float64)
        edge = ratio == threshold[chosen]
        full = np.where(threshold[chosen] > 0, of.lower, np.where(threshold[chosen] < 0, of.upper, 0.0))
        room = np.maximum(full - of.mass @ taken, 0.0) / np.maximum(of.mass @ edge, 1e-300)
        taken += edge * np.minimum(room, 1.0)
        return bound, taken.sum(axis=1)

    def improve(self, known: Centres, until: float) -> None:
        """Raise the bound by deflected subgradient steps until the time is up or it reaches the known value.

        There is always a first step: a bound that is none would be of no use.
        """
        of, goal = self.points, known.dual
        worth = (of.square(known.units) + known.price).min(axis=1)
        direction = np.zeros(of.n)
        pace, stale = 1.0, 0
        while math.isinf(self.value) or (
            time.perf_counter() < until and pace > 1e-4 and self.value < goal * (1 - _TIGHT)
        ):
            before = self.value
            bound, taken = self.evaluate(worth)
            short = np.where(of.mass > 0, 1.0 - taken, 0.0)
            # A step along the last direction as far as the new subgradient points back: no zigzag.
            size = float(of.mass @ direction**2)
            back = -1.5 * float(of.mass @ (direction * short)) / size if size > 0 else 0.0
            direction = short + max(back, 0.0) * direction
            size = float(of.mass @ direction**2)
            if size == 0:
                break
            worth = worth + pace * max(goal * (1 + 1e-3) - bound, 0.0) / size * direction
            stale = 0 if self.value > before + 1e-7 * abs(goal) else stale + 1
            if stale >= 20:
                pace, stale, worth, direction = pace * 0.6, 0, self.worth, np.zeros(of.n)


def _least_reached(points: Points, load: Floats, found: Sequence[Centres]) -> float:
    """Give the least inertia that a division of whole units is known to reach; infinite where none is known."""
    least = math.inf
    for centres in found[:_SHARED_OUT] if points.n * len(found[0].units) <= SMALL else []:
        if centres.dual < least and (labels := share_out(points, load, centres.units)) is not None:
            own = centres.units[labels]
            least = min(least, float(load @ ((points.x - points.x[own]) ** 2 + (points.y - points.y[own]) ** 2)))
    return least


def _solve(relaxed: _Relaxation, known: Centres, reached: float, seconds: float) -> tuple[float, bool]:
    """Solve what the relaxation leaves open; gives the bound, and whether it is the optimum.

    Only solutions below a cutoff are looked for, because then most variables are out: below what a division is known
    to reach, or else a little above the dual of the best centres known. When there is none the cutoff itself is proven.
    """
    of, k = relaxed.points, relaxed.k
    reached *= 1 + 1e-9
    for cutoff in (known.dual * 1.002, known.dual * 1.01, known.dual * 1.05) if math.isinf(reached) else (reached,):
        begun = time.perf_counter()
        order = np.sort(relaxed.centre_value)
        # a centre that is not among the k best would push the k-th best out
        slack = cutoff - relaxed.value
        rise = relaxed.centre_value - order[k - 1]
        centres = np.flatnonzero(rise <= slack)
        ratio = of.square(centres) - relaxed.worth[:, None] - relaxed.threshold[centres]
        # taking a unit that the best knapsack leaves costs at least its ratio above the threshold
        rise_of_pair = of.mass[:, None] * np.maximum(ratio, 0.0) + np.maximum(rise[centres], 0.0)
        unit, centre = np.nonzero((rise_of_pair <= slack) & (of.mass[:, None] > 0))
        if len(unit) > _MOST_BINARIES:
            return relaxed.value, False
        value, exact = _branch(of, k, centres, unit, centre, seconds)
        seconds -= time.perf_counter() - begun
        value = max(min(value, cutoff), relaxed.value)
        if not exact or value < cutoff or cutoff == reached or seconds <= 0:
            return value, exact and (value < cutoff or cutoff == reached)
    return value, False


def _branch(of: Points, k: int, centres: Labels, unit: Labels, centre: Labels, seconds: float) -> tuple[float, bool]:
    """Solve the assignment of units to the centres left with HiGHS; gives its bound and whether that is the optimum."""
    from scipy.optimize import Bounds, LinearConstraint

    pairs, m = len(unit), len(centres)
    cost = of.mass[unit] * ((of.x[unit] - of.x[centres[centre]]) ** 2 + (of.y[unit] - of.y[centres[centre]]) ** 2)
    column = np.arange(pairs)
    shape = (of.n, pairs + m)
    once = csr_array((np.ones(pairs), (unit, column)), shape=shape)[np.flatnonzero(of.mass > 0)]
    held = csr_array((of.mass[unit], (centre, column)), shape=(m, pairs + m))
    opened = csr_array((np.ones(m), (np.arange(m), pairs + np.arange(m))), shape=(m, pairs + m))
    one = csr_array((np.ones(pairs), (column, column)), shape=(pairs, pairs + m))
    only_open = one - csr_array((np.ones(pairs), (column, pairs + centre)), shape=(pairs, pairs + m))
    count = csr_array((np.ones(m), (np.zeros(m, np.int64), pairs + np.arange(m))), shape=(1, pairs + m))
    rows = [once, count, held - of.upper * opened, held - of.lower * opened, only_open]
    low: list[Floats] = [
        np.ones(once.shape[0]),
        np.array([float(k)]),
        np.full(m, -np.inf),
        np.zeros(m),
        np.full(pairs, -np.inf),
    ]
    high: list[Floats] = [
        np.ones(once.shape[0]),
        np.array([float(k)]),
        np.zeros(m),
        np.full(m, np.inf),
        np.zeros(pairs),
    ]
    result = milp(
        np.concatenate([cost, np.zeros(m)]) / of.mass.sum(),
        integrality=np.ones(pairs + m, np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(vstack(rows).tocsr(), np.concatenate(low), np.concatenate(high)),
        options={"time_limit": max(seconds, 0.01), "mip_rel_gap": _TIGHT},
    )
    if result.status == 2:  # nothing is left below the cutoff
        return math.inf, True
    bound = result.mip_dual_bound
    return (-math.inf if bound is None else float(bound) * float(of.mass.sum())), result.status == 0


def _checked(xy_m: npt.ArrayLike, weight: npt.ArrayLike, k: int, lower: float, upper: float) -> tuple[Floats, Floats]:
    place, load = np.array(xy_m, dtype=np.float64), np.array(weight, dtype=np.float64)
    fits = place.shape == (len(load), 2) and bool(np.isfinite(place).all())
    if not fits or not np.isfinite(load).all() or (load < 0).any() or not 1 <= k <= len(load):
        raise InputError(
            t(
                "A bound needs n places (n, 2), n weights that are not negative, and 1 ≤ k ≤ n.",
                "计算下界需要 n 个位置 (n, 2)、n 个非负权重，且 1 ≤ k ≤ n。",
            )
        )
    if not 0 <= lower <= upper:
        raise InputError(
            t(
                "The limits {lower} to {upper} make no sense.",
                "上下限 {lower} 至 {upper} 无效。",
                lower=lower,
                upper=upper,
            )
        )
    return place, load

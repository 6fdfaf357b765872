"""Waiting for posts that are busy: incidents come at random, and the next free post takes the one that waits longest.

The model is M/G/c: Poisson arrivals, c posts on duty, handling times with any mean and coefficient of variation.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc, lambertw

__all__ = ["FORMULA_VERSION", "Waiting", "waiting"]

FORMULA_VERSION = "1"
"""Of `waiting`; cited wherever a wait is shown."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """How long incidents wait until a post is free; infinite where the posts can't keep up.

    Attributes
    ----------
    utilisation
        float64, shape (n,). Share of the posts' time that incidents take.
    delayed
        float64, shape (n,). Share of the incidents that find every post busy.
    mean_min
        float64, shape (n,). Minutes that an incident waits, those that don't wait included.
    """

    utilisation: Floats
    delayed: Floats
    mean_min: Floats

    def later_than(self, minutes: npt.ArrayLike) -> Floats:
        """Give the share of the incidents that wait longer than so many minutes.

        Notes
        -----
        Those that wait do so for exponentially distributed times: exact for exponential handling times; for others an
        approximation that keeps the mean (Tijms 1994, Stochastic Models, ch. 4).
        """
        span = np.asarray(minutes, np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = self.delayed * np.exp(-span * self.delayed / self.mean_min)
        left = np.where(self.mean_min > 0, left, 0.0)  # nobody waits
        left = np.where(np.isinf(self.mean_min), 1.0, left)
        late: Floats = np.where(span < 0, 1.0, left)
        return late


def waiting(
    arrivals_per_hour: npt.ArrayLike, service_min: npt.ArrayLike, service_cv: npt.ArrayLike, servers: npt.ArrayLike
) -> Waiting:
    """Give how long incidents wait for a post.

    Parameters
    ----------
    arrivals_per_hour
        Shape (n,), ≥ 0.
    service_min
        Shape (n,), ≥ 0: mean minutes that an incident takes a post, the ways included.
    service_cv
        Shape (n,), ≥ 0: standard deviation of those minutes over their mean; 0 for always the same, 1 for exponential.
    servers
        Shape (n,), whole numbers ≥ 1: posts on duty.

    Notes
    -----
    One post: exact (Pollaczek & Khinchine). Several: M/M/c is exact (Erlang C), and so is M/D/c, by the roots of its
    generating function (Crommelin 1932); what lies between and beyond is interpolated so that light and heavy traffic
    come out right (Boxma, Cohen & Huffels 1979, Operations Research 27, 1115-1127). The share that is delayed is taken
    to be Erlang C's whatever the distribution.
    """
    rate, service, cv, posts = np.broadcast_arrays(
        np.asarray(arrivals_per_hour, np.float64) / 60.0,
        np.asarray(service_min, np.float64),
        np.asarray(service_cv, np.float64),
        np.asarray(servers, np.int64),
    )
    offered = rate * service
    busy = offered / posts
    steady = busy < 1.0
    load = np.where(steady, offered, 0.0)
    delayed = _erlang_c(load, posts)
    of_exponential = delayed * service / (posts - load)
    mean = of_exponential * _relative_wait(load, cv, posts)
    return Waiting(busy, np.where(steady, delayed, 1.0), np.where(steady, mean, np.inf))


def _erlang_c(offered: Floats, posts: Ints) -> Floats:
    """Give the share of arrivals that find all posts busy in M/M/c, for an offered load below the number of posts."""
    blocked = np.ones(offered.shape)  # Erlang B of no posts; the recursion is stable for any number
    found = np.ones(offered.shape)
    for k in range(1, int(posts.max(initial=0)) + 1):
        blocked = offered * blocked / (k + offered * blocked)
        found = np.where(posts == k, blocked, found)
    busy = offered / posts
    late: Floats = found / (1.0 - busy * (1.0 - found))
    return late


def _relative_wait(offered: Floats, cv: Floats, posts: Ints) -> Floats:
    """Give the mean wait over that of M/M/c."""
    heavy = (1.0 + cv**2) / 2.0
    several = (posts > 1) & (offered > 0)
    if not several.any():
        return heavy
    c, spread = posts[several], cv[several]
    steady = _steady_wait(offered[several], c)
    alpha = ((1.0 + spread**2) / _least_residual(spread, c) - c - 1.0) / (c - 1.0)
    relative = heavy.copy()
    relative[several] = 2.0 * heavy[several] * steady / (2.0 * alpha * steady + 1.0 - alpha)
    return relative


def _steady_wait(offered: Floats, posts: Ints) -> Floats:
    """Give the mean wait of M/D/c over that of M/M/c, for c ≥ 2."""
    ratio = np.empty(offered.shape)
    for c in np.unique(posts).tolist():
        rows = posts == c
        load = offered[rows]
        busy = load / c
        turn = np.exp(2j * np.pi * np.arange(1, c) / c)
        roots = -lambertw(-(busy * np.exp(-busy))[:, None] * turn) / busy[:, None]
        queue = (load**2 - c * (c - 1)) / (2 * (c - load)) + (1.0 / (1.0 - roots)).sum(axis=1).real
        ratio[rows] = queue / (_erlang_c(load, posts[rows]) * busy / (1.0 - busy))
    # between its limits in heavy and in light traffic: where hardly anybody waits, the difference above is all rounding
    return np.clip(ratio, 0.5, posts / (posts + 1.0))


def _least_residual(cv: Floats, posts: Ints) -> Floats:
    """Give the mean time until the first of c busy posts is free, seen at a random moment, over the mean service time.

    The integral of (1 - Ge(t))^c, where Ge is the law of what is left of a service time: of a gamma-distributed one up
    to a coefficient of variation of 1, beyond of one that is hyperexponential with balanced means.
    """
    x = (_NODES + 1.0) / 2.0
    span = (x / (1.0 - x)) ** 2  # the half line, with most nodes near its beginning
    step = _WEIGHTS * x / (1.0 - x) ** 3
    narrow, wide = np.clip(cv, 1e-3, 1.0)[:, None], np.maximum(cv, 1.0)[:, None]
    shape = narrow**-2
    left = gammaincc(shape + 1.0, span * shape) - span * gammaincc(shape, span * shape)
    often = np.sqrt((wide**2 - 1.0) / (wide**2 + 1.0))
    spread = (np.exp(-(1.0 + often) * span) + np.exp(-(1.0 - often) * span)) / 2.0
    kept = np.where(cv[:, None] <= 1.0, np.clip(left, 0.0, 1.0), spread)
    found: Floats = (kept ** posts[:, None] * step).sum(axis=1)
    return found

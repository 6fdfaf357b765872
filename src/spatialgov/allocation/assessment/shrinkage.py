"""Empirical Bayes: what few observations say of a grid, drawn towards its peers by as much as they leave open.

Three conjugate pairs, one way through: counts (Gamma-Poisson), shares (Beta-binomial) and means (Normal-normal). All
three have a posterior mean of ``(1 - B) · raw + B · mean`` with ``B = strength / (size + strength)``, where `mean` is
the peers' and `strength` says how many observations of a grid it is worth (Morris 1983, Annals of Statistics 11).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincc, betaincinv, betaln, gammainc, gammaincc, gammaincinv, gammaln, ndtr, ndtri

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["Family", "Shrunken", "by_itself", "log_likelihood", "shrink"]

Family = Literal["poisson", "binomial", "normal"]
"""What is observed: events in a time, successes among trials, or the sum of some values."""

_NODES = 32
_NEGLIGIBLE = 14.0
"""Nodes whose log-weight is so far below the best one's are left out of the second, finer lattice."""
_GAUSS_HERMITE = ((-(3**0.5), 1 / 6), (0.0, 2 / 3), (3**0.5, 1 / 6))
"""Three nodes and weights that integrate a normal density's polynomials up to the fifth degree."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Shrunken:
    """Estimates of all grids of a group of peers.

    Attributes
    ----------
    raw
        float64 (n,), total over size; NaN where nothing was observed.
    estimate, sd
        Mean and standard deviation of what is believed of the true value; NaN where nothing was observed.
    low, high
        Interval.
    p_above
        Chance that the true value lies above the peers' mean; NaN where there are no peers to compare with.
    p
        Two-sided chance of an observation at least as far off if the true value were the peers' mean; NaN likewise.
    mean, strength
        Of the peers: their mean, and how many observations of a grid it is worth, in the unit of the sizes; NaN
        where there are none.
    """

    raw: Floats
    estimate: Floats
    sd: Floats
    low: Floats
    high: Floats
    p_above: Floats
    p: Floats
    mean: float
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class _Lattice:
    """Means and strengths of the peers, shape (m,), with the weight of each pair."""

    mean: Floats
    strength: Floats
    weight: Floats


def shrink(
    family: Family, totals: npt.ArrayLike, sizes: npt.ArrayLike, *, variance: float = 1.0, level: float = 0.95
) -> Shrunken:
    """Estimate the true values of peers together.

    Parameters
    ----------
    family
        ``poisson``: events in a time, ``binomial``: successes among trials, ``normal``: sum of some values.
    totals
        (n,) events, successes or sums.
    sizes
        (n,) time, trials or number of values; 0 where nothing was observed.
    variance
        Of a single value; of ``normal`` only.
    level
        Of the intervals.

    Returns
    -------
    Shrunken
        In the order of the grids.

    Raises
    ------
    InputError
        When the arrays don't fit together, or are no numbers that the family can have.

    Notes
    -----
    The peers' mean and strength are not fixed at one value: intervals would be too short, and of no length where the
    peers don't differ at all. They are averaged over a lattice (Deely and Lindley 1981, JASA 76) by their marginal
    likelihood: negative binomial, Beta-binomial or normal. Their prior is flat in the mean and in the standard
    deviation of the true values (Gelman 2006, Bayesian Analysis 1). The posterior of a grid is matched in mean and
    variance by one of the conjugate family (Christiansen and Morris 1997, JASA 92). Given the strength, the mean is
    the one weighed by ``1 - B`` (Marshall 1991, Applied Statistics 40), with three nodes for its own uncertainty.
    """
    y, n = _checked(family, totals, sizes, variance, level)
    told = n > 0
    mean, strength, columns = float("nan"), float("nan"), np.full((6, len(y)), np.nan)
    if told.any():
        lattice, strength = _lattice(family, y[told], n[told], variance)
        mean = float(lattice.weight @ lattice.mean)
        columns[:5, told] = _posterior(family, y[told], n[told], lattice, variance, level)
        columns[5, told] = _by_chance(family, y[told], n[told], mean, variance)
    estimate, sd, low, high, above, p = columns
    return Shrunken(_raw(y, n), estimate, sd, low, high, above, p, mean, strength)


def by_itself(
    family: Family, totals: npt.ArrayLike, sizes: npt.ArrayLike, *, variance: float = 1.0, level: float = 0.95
) -> Shrunken:
    """Estimate each true value from its own observations only, where there are too few peers; as `shrink`.

    The intervals are those of Jeffreys' prior.
    """
    y, n = _checked(family, totals, sizes, variance, level)
    told = n > 0
    sd, low, high, none = np.full((4, len(y)), np.nan)
    y_told, n_told = y[told], n[told]
    if family == "normal":
        mean, spread = y_told / n_told, variance / n_told
    elif family == "poisson":
        mean = (y_told + 0.5) / n_told
        spread = mean / n_told
    else:
        mean = (y_told + 0.5) / (n_told + 1)
        spread = mean * (1 - mean) / (n_told + 2)
    sd[told] = np.sqrt(spread)
    low[told] = _quantile(family, mean, spread, (1 - level) / 2)
    high[told] = _quantile(family, mean, spread, (1 + level) / 2)
    return Shrunken(_raw(y, n), _raw(y, n), sd, low, high, none, none, float("nan"), float("nan"))


def log_likelihood(
    family: Family, totals: Floats, sizes: Floats, mean: float, strength: float, variance: float = 1.0
) -> float:
    """Give the marginal log-likelihood of peers, up to what depends on the observations alone.

    Parameters
    ----------
    family, totals, sizes, variance
        As for `shrink`, all sizes above 0.
    mean, strength
        True values are drawn from Gamma(`mean · strength`, rate `strength`), Beta(`mean · strength`,
        `(1 - mean) · strength`), or Normal(`mean`, `variance / strength`).
    """
    return float(_LOG_LIKELIHOODS[family](totals, sizes, mean, strength, variance).sum())


def _negative_binomial(y: Floats, n: Floats, mean: float, k: float, _variance: float) -> Floats:
    a = mean * k
    found: Floats = gammaln(y + a) - gammaln(a) - a * np.log1p(n / k) + y * np.log(n / (k + n))
    return found


def _beta_binomial(y: Floats, n: Floats, mean: float, k: float, _variance: float) -> Floats:
    a, b = mean * k, (1 - mean) * k
    found: Floats = betaln(y + a, n - y + b) - betaln(a, b)
    return found


def _normal(y: Floats, n: Floats, mean: float, k: float, variance: float) -> Floats:
    spread = variance * (1 / n + 1 / k)
    found: Floats = -0.5 * (np.log(spread) + (y / n - mean) ** 2 / spread)
    return found


_LOG_LIKELIHOODS: dict[Family, Callable[[Floats, Floats, float, float, float], Floats]] = {
    "poisson": _negative_binomial,
    "binomial": _beta_binomial,
    "normal": _normal,
}


def _checked(
    family: Family, totals: npt.ArrayLike, sizes: npt.ArrayLike, variance: float, level: float
) -> tuple[Floats, Floats]:
    y, n = np.asarray(totals, np.float64), np.asarray(sizes, np.float64)
    sound = y.ndim == 1 and y.shape == n.shape and bool(np.isfinite(y).all() and (np.isfinite(n) & (n >= 0)).all())
    if sound and family != "normal":
        sound = bool((y >= 0).all()) and (family == "poisson" or bool((y <= n).all()))
    if not sound or not 0 < level < 1 or not 0 < variance < np.inf:
        raise InputError(
            t(
                "These are no observations of peers ({family}).",
                "这些不是同类网格的观测值（{family}）。",
                family=family,
            ),
            remedy=t(
                "Give a total and a size of 0 or more for each, successes among trials, a variance above 0 and a "
                "level between 0 and 1.",
                "请各给出非负的总量与规模（成功数不超过试验数）、大于 0 的方差及 0 与 1 之间的水平。",
            ),
        )
    return y, np.where(n > 0, n, 0.0)


def _raw(y: Floats, n: Floats) -> Floats:
    raw: Floats = np.divide(y, n, out=np.full(len(y), np.nan), where=n > 0)
    return raw


def _lattice(family: Family, y: Floats, n: Floats, variance: float) -> tuple[_Lattice, float]:
    """Give the peers' means and strengths with their weights, and the mean strength (by its shrinkage)."""
    usual, low, high = float(np.median(n)), 0.0, 1.0
    for _ in range(2):
        step = (high - low) / _NODES
        share = low + step * (np.arange(_NODES) + 0.5)
        strength = usual * share / (1 - share)
        mean, sd = np.transpose([_mean(family, y, n, k, variance) for k in strength.tolist()])
        likely = [
            log_likelihood(family, y, n, m, k, variance) for m, k in zip(mean.tolist(), strength.tolist(), strict=True)
        ]
        # a flat prior in the true values' standard deviation, which goes with ((1 - B) / B) ** 0.5
        logs = np.array(likely) + np.log(sd) - 1.5 * np.log(share) - 0.5 * np.log1p(-share)
        kept = np.flatnonzero(logs > logs.max() - _NEGLIGIBLE)
        low, high = low + step * kept[0], low + step * (kept[-1] + 1)
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    drawn = float(weight @ share)
    means, weights = [], []
    for node, part in _GAUSS_HERMITE:
        means.append(_inside(family, mean + node * sd, mean))
        weights.append(weight * part)
    lattice = _Lattice(np.concatenate(means), np.tile(strength, len(means)), np.concatenate(weights))
    return lattice, usual * drawn / (1 - drawn)


def _mean(family: Family, y: Floats, n: Floats, k: float, variance: float) -> tuple[float, float]:
    """Give the peers' mean for a strength, and its standard error."""
    weight = n / (n + k)
    total = float(weight.sum())
    mean = float(weight @ (y / n)) / total
    if family == "poisson":
        mean = max(mean, 0.5 / float(n.sum()))  # of no events at all: half of one
        return mean, float(np.sqrt(mean / (k * total)))
    if family == "binomial":
        least = 0.5 / (float(n.sum()) + 1)
        mean = min(max(mean, least), 1 - least)
        return mean, float(np.sqrt(mean * (1 - mean) / ((k + 1) * total)))
    return mean, float(np.sqrt(variance / (k * total)))


def _inside(family: Family, mean: Floats, middle: Floats) -> Floats:
    """Keep the nodes of the mean where the family can have one."""
    if family == "normal":
        return mean
    least = np.maximum(mean, middle / 10)
    return least if family == "poisson" else np.minimum(least, 1 - (1 - middle) / 10)


def _posterior(
    family: Family, y: Floats, n: Floats, lattice: _Lattice, variance: float, level: float
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Give estimate, standard deviation, interval and the chance to lie above the peers' mean."""
    estimate, square, apart = np.zeros((3, len(y)))
    for mean, k, weight in zip(lattice.mean, lattice.strength, lattice.weight, strict=True):
        middle = (y + k * mean) / (n + k)
        if family == "poisson":
            spread = middle / (n + k)
        elif family == "binomial":
            spread = middle * (1 - middle) / (n + k + 1)
        else:
            spread = variance / (n + k)
        estimate += weight * middle
        square += weight * (spread + middle**2)
        apart += weight * (spread + (middle - mean) ** 2)
    least = 1e-15 * np.maximum(square, 1e-15)
    whole = np.maximum(square - estimate**2, least)
    centre = float(lattice.weight @ lattice.mean)
    # the true value less the peers' mean scatters less than the true value where both are uncertain together
    beside = np.maximum(apart - (estimate - centre) ** 2, least)
    low, high = (_quantile(family, estimate, whole, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
    return estimate, np.sqrt(whole), low, high, _above(family, estimate, beside, centre)


def _by_chance(family: Family, y: Floats, n: Floats, mean: float, variance: float) -> Floats:
    """Give twice the smaller tail, at most 1, of observations of a true value; between counts, interpolated."""
    if family == "normal":
        return np.asarray(2 * ndtr(-np.abs(y / n - mean) / np.sqrt(variance / n)), np.float64)
    least = np.maximum(y, 1e-300)
    if family == "poisson":
        as_many, as_few = gammainc(least, n * mean), gammaincc(y + 1, n * mean)
    else:
        as_many = betainc(least, n - y + 1, mean)
        as_few = np.where(y < n, betaincc(y + 1, np.maximum(n - y, 1e-300), mean), 1.0)
    return np.asarray(np.minimum(2 * np.minimum(as_many, as_few), 1.0), np.float64)


def _quantile(family: Family, mean: Floats, spread: Floats, tail: float) -> Floats:
    """Give a quantile of the conjugate distribution with a mean and a variance."""
    if family == "poisson":
        return np.asarray(gammaincinv(mean**2 / spread, tail) * spread / mean, np.float64)
    if family == "binomial":
        return np.asarray(betaincinv(*_beta(mean, spread), tail), np.float64)
    return np.asarray(mean + ndtri(tail) * np.sqrt(spread), np.float64)


def _above(family: Family, mean: Floats, spread: Floats, limit: float) -> Floats:
    """Give the chance of the conjugate distribution with a mean and a variance to lie above a limit."""
    if family == "poisson":
        return np.asarray(gammaincc(mean**2 / spread, limit * mean / spread), np.float64)
    if family == "binomial":
        return np.asarray(betaincc(*_beta(mean, spread), limit), np.float64)
    return np.asarray(ndtr((mean - limit) / np.sqrt(spread)), np.float64)


def _beta(mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    worth = mean * (1 - mean) / spread - 1
    return mean * worth, (1 - mean) * worth

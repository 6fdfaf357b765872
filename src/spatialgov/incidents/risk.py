"""How sure a count is: exact intervals of a count over what is expected, and of the rates of two periods."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv, gammaincinv

from spatialgov.errors import InputError
from spatialgov.language import t

__all__ = ["RateRatio", "rate_ratio", "risk_interval"]

_HALF = 0.025  # each tail of a 95 % interval
_POISSON = 1e-9  # below this, φ's part of the variance is less than rounding

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RateRatio:
    """How a rate of incidents changed between two periods.

    Attributes
    ----------
    ratio
        float64, rate after over rate before; NaN without incidents in either, infinite without any before.
    low, high
        float64, exact 95 % interval.
    p
        float64, two-sided: chance of a split as uneven when the rate did not change.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats


def risk_interval(counts: npt.ArrayLike, expected: npt.ArrayLike, phi: npt.ArrayLike = 0.0) -> tuple[Floats, Floats]:
    """Give the exact 95 % interval of the relative risk, whose estimate is count over expected.

    Parameters
    ----------
    counts
        (n,) ≥ 0.
    expected
        (n,) ≥ 0, known without error.
    phi
        Variance of a count beyond Poisson's, μ + φ μ² (negative binomial): one for all or (n,). 0: Poisson.

    Returns
    -------
    low, high
        float64 (n,): the risks at which a count as large (small) has a chance of 2.5 %. Where nothing is expected:
        from NaN (without incidents) or infinity to infinity.

    Notes
    -----
    Poisson: gamma quantiles (Garwood 1936). Negative binomial: the same inversion of its tails, which are incomplete
    beta functions (Clopper and Pearson 1934). Both cover the risk in at least 95 % of cases, of small counts in more.
    """
    y, mu, extra = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (counts, expected, phi)))
    low = np.where(y > 0, gammaincinv(np.where(y > 0, y, 1.0), _HALF), 0.0)
    high = np.asarray(gammaincinv(y + 1, 1 - _HALF))
    wide = extra > _POISSON
    if wide.any():
        k, f = y[wide], extra[wide]
        low[wide] = np.where(k > 0, _mean_where(np.where(k > 0, k, 1.0), f, _HALF), 0.0)
        high[wide] = _mean_where(k + 1, f, 1 - _HALF)
    with np.errstate(divide="ignore", invalid="ignore"):
        return low / mu, high / mu


def rate_ratio(
    before: npt.ArrayLike, after: npt.ArrayLike, exposure_before: npt.ArrayLike, exposure_after: npt.ArrayLike
) -> RateRatio:
    """Compare the rates of two periods, whatever their lengths.

    Parameters
    ----------
    before, after
        (n,) ≥ 0, incidents of each period; need not be whole where they are sums of weights.
    exposure_before, exposure_after
        > 0, one for all or (n,): days of each period, or households times days.

    Raises
    ------
    InputError
        When a count is negative or no number, or an exposure is not above 0.

    Notes
    -----
    Given their total, the incidents after are binomial with the share of the exposure that lies after (Przyborowski
    and Wilenski 1940); interval by Clopper and Pearson (1934), p twice the smaller tail. Exact for Poisson counts.
    """
    one, two, e1, e2 = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (before, after, exposure_before, exposure_after))
    )
    if not ((one >= 0) & (two >= 0) & (e1 > 0) & (e2 > 0) & np.isfinite(one + two + e1 + e2)).all():
        raise InputError(
            t(
                "Counts must be zero or more, and the exposure of both periods above zero.",
                "计数须为非负数，两个时段的暴露量须大于零。",
            ),
            remedy=t("Compare periods that have a length.", "请比较有时长的两个时段。"),
        )
    share = e2 / (e1 + e2)
    # at the ends of its range the incomplete beta function has no value; the chances there are 1
    many = np.where(two > 0, betainc(np.where(two > 0, two, 1.0), one + 1, share), 1.0)
    few = np.where(one > 0, betainc(np.where(one > 0, one, 1.0), two + 1, 1 - share), 1.0)
    least = np.where(two > 0, betaincinv(np.where(two > 0, two, 1.0), one + 1, _HALF), 0.0)
    most = np.where(one > 0, betaincinv(two + 1, np.where(one > 0, one, 1.0), 1 - _HALF), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = e1 / e2
        return RateRatio(
            two / one * odds,
            least / (1 - least) * odds,
            most / (1 - most) * odds,
            np.minimum(2 * np.minimum(many, few), 1.0),
        )


def _mean_where(k: Floats, phi: Floats, share: float) -> Floats:
    """Give the mean of the negative binomial whose tail from k on is a share."""
    chance = np.asarray(betaincinv(k, 1 / phi, share), dtype=np.float64)
    return chance / ((1 - chance) * phi)

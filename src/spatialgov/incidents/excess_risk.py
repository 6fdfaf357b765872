"""Excess over an expected surface: which cells have more (or fewer) incidents than their people or streets explain.

Another question than Gi*'s. Gi* asks whether the neighbourhood of a cell has more than the map's average, and doesn't
flag a lone extreme cell; this asks of each cell by itself whether it has more than it should.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammainc, gammaincc

from spatialgov.errors import InputError
from spatialgov.incidents.risk import risk_interval
from spatialgov.incidents.significance import discoveries
from spatialgov.language import t

__all__ = ["Excess", "dispersion", "excess", "expected_from", "upper_tail"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Excess:
    """How each cell's count compares with what is expected.

    Attributes
    ----------
    ratio
        float64, count over expected (relative risk); NaN where nothing is expected and nothing happened.
    low, high
        float64, exact 95 % interval of the ratio, see `risk_interval`.
    p_upper, p_lower
        float64, chance of a count at least as large (small). Not corrected for many cells.
    more, fewer
        bool, what is left at ``alpha`` after Benjamini-Hochberg, each tail on its own.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p_upper: Floats
    p_lower: Floats
    more: Bools
    fewer: Bools


def expected_from(counts: npt.ArrayLike, exposure: npt.ArrayLike) -> Floats:
    """Share the incidents out by exposure: what each cell would have if all had the same rate.

    Parameters
    ----------
    counts
        (n,) ≥ 0.
    exposure
        (n,) ≥ 0, households, km of road, or all incidents.

    Raises
    ------
    InputError
        When there are incidents but no exposure anywhere.
    """
    y, at_risk = _checked(counts, exposure)
    if at_risk.sum() == 0 and y.sum() > 0:
        raise InputError(
            t("There are incidents, but nothing is exposed.", "存在事件，但没有任何暴露量。"),
            remedy=t("Pass households, km of road, or all incidents.", "请传入户数、道路长度或全部事件数。"),
        )
    return np.asarray(at_risk * (y.sum() / (at_risk.sum() or 1.0)))


def dispersion(counts: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """Give φ of the negative binomial with variance μ + φ μ² that the counts show, by moments; 0 is Poisson's.

    Parameters
    ----------
    counts, expected
        (n,) ≥ 0. Where hot cells are to be found, pass those of another time, or φ takes them for usual.
    """
    y, mu = _checked(counts, expected)
    surplus = float(((y - mu) ** 2 - mu).sum())
    return max(surplus, 0.0) / max(float((mu**2).sum()), 1e-300)


def excess(counts: npt.ArrayLike, expected: npt.ArrayLike, *, phi: float = 0.0, alpha: float = 0.05) -> Excess:
    """Test each cell against what is expected in it.

    Parameters
    ----------
    counts
        (n,) ≥ 0: whole numbers, or sums of shares of incidents where phi is 0.
    expected
        (n,) ≥ 0, as by `expected_from`, from a forecast, or from the same weeks of other years.
    phi
        Variance beyond Poisson's: μ + φ μ² (negative binomial), as by `dispersion`. 0: Poisson.
    alpha
        Share of false discoveries tolerated in each tail.

    Raises
    ------
    InputError
        When a value is negative or not a number, or the columns differ in length.
    """
    y, mu = _checked(counts, expected)
    if not (phi >= 0 and 0 < alpha < 1):
        raise InputError(
            t("phi is {p}, alpha is {a}.", "phi 为 {p}，alpha 为 {a}。", p=phi, a=alpha),
            remedy=t("phi is 0 or more; alpha lies between 0 and 1.", "phi 不小于 0；alpha 在 0 与 1 之间。"),
        )
    p_upper, p_lower = upper_tail(y, mu, phi), _lower_tail(y, mu, phi)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = y / mu
    return Excess(
        ratio, *risk_interval(y, mu, phi), p_upper, p_lower, discoveries(p_upper, alpha), discoveries(p_lower, alpha)
    )


def upper_tail(counts: npt.ArrayLike, expected: npt.ArrayLike, phi: float = 0.0) -> Floats:
    """Give the chance of counts at least as large; parameters as for `excess`.

    0 where there are some although none can be.
    """
    y, mu = np.asarray(counts, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    some = np.where(y > 0, y, 1.0)
    law = betainc(some, 1 / phi, phi * mu / (1 + phi * mu)) if phi > 0 else gammainc(some, mu)
    return np.where(y > 0, law, 1.0)


def _lower_tail(y: Floats, mu: Floats, phi: float) -> Floats:
    law = betainc(1 / phi, y + 1, 1 / (1 + phi * mu)) if phi > 0 else gammaincc(y + 1, mu)
    return np.where(mu > 0, law, 1.0)


def _checked(counts: npt.ArrayLike, other: npt.ArrayLike) -> tuple[Floats, Floats]:
    y, mu = np.asarray(counts, dtype=np.float64), np.asarray(other, dtype=np.float64)
    good = y.ndim == 1 and y.shape == mu.shape
    if not good or not (np.isfinite(y) & np.isfinite(mu) & (y >= 0) & (mu >= 0)).all():
        raise InputError(
            t(
                "Counts and what is expected must be two rows of numbers, zero or more, of one length.",
                "计数与期望须为两列等长的非负数。",
            ),
            remedy=t("Give every cell one count and one expected number.", "请为每个单元各给出一个计数和一个期望值。"),
        )
    return y, mu

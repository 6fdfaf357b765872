"""Exact intervals: published values, scipy's tests, and how often they hold the truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, nbinom, poisson

from spatialgov.errors import InputError
from spatialgov.incidents import rate_ratio, risk_interval


def test_poisson_intervals_are_those_of_the_tables() -> None:
    """Garwood (1936), as printed in the Biometrika tables."""
    low, high = risk_interval([0, 1, 2, 5, 10, 20, 50], 1.0)
    np.testing.assert_allclose(low, [0, 0.0253, 0.242, 1.62, 4.80, 12.22, 37.11], atol=0.006)
    np.testing.assert_allclose(high, [3.69, 5.57, 7.22, 11.67, 18.39, 30.89, 65.92], atol=0.006)


def test_the_ends_are_barely_likely() -> None:
    y, mu = np.array([1, 4, 30]), np.array([2.0, 2.0, 10.0])
    low, high = risk_interval(y, mu)
    np.testing.assert_allclose(poisson.sf(y - 1, low * mu), 0.025)
    np.testing.assert_allclose(poisson.cdf(y, high * mu), 0.025)
    phi = np.array([0.1, 0.5, 2.0])
    low, high = risk_interval(y, mu, phi)
    np.testing.assert_allclose(nbinom.sf(y - 1, 1 / phi, 1 / (1 + phi * low * mu)), 0.025)
    np.testing.assert_allclose(nbinom.cdf(y, 1 / phi, 1 / (1 + phi * high * mu)), 0.025)


def test_a_little_overdispersion_is_nearly_poisson() -> None:
    y, mu = np.arange(40), np.full(40, 7.0)
    np.testing.assert_allclose(risk_interval(y, mu, 1e-7), risk_interval(y, mu), rtol=1e-4)


def test_where_nothing_is_expected() -> None:
    low, high = risk_interval([0, 3], [0.0, 0.0])
    assert math.isnan(low[0])
    assert low[1] == high[0] == high[1] == math.inf


@pytest.mark.parametrize(("mu", "most"), [(0.3, 1.0), (3.0, 0.995), (100.0, 0.965)])
@pytest.mark.parametrize("phi", [0.0, 0.4])
@pytest.mark.parametrize("risk", [1.0, 2.5])
def test_intervals_hold_the_risk_in_95_of_100_cases(mu: float, most: float, phi: float, risk: float) -> None:
    rng = np.random.default_rng(0)
    mean = np.full(20_000, mu * risk)
    y = rng.poisson(mean) if phi == 0 else rng.negative_binomial(1 / phi, 1 / (1 + phi * mean))
    low, high = risk_interval(y, mu, phi)
    held = np.mean((low <= risk) & (risk <= high))
    assert 0.945 <= held <= most


def test_poisson_intervals_are_too_short_where_counts_vary_more() -> None:
    rng = np.random.default_rng(1)
    y = rng.negative_binomial(1 / 0.4, 1 / (1 + 0.4 * 30.0), 5000)
    low, high = risk_interval(y, 30.0)
    assert np.mean((low <= 1) & (high >= 1)) < 0.7


@pytest.mark.parametrize(
    ("before", "after", "days"),
    [(3, 12, (7, 7)), (0, 5, (30, 30)), (5, 0, (28, 7)), (40, 10, (28, 7)), (41, 9, (28, 7)), (1, 1, (1, 365))],
)
def test_ratios_equal_the_exact_binomial_test(before: int, after: int, days: tuple[int, int]) -> None:
    found = rate_ratio(before, after, *days)
    share = days[1] / sum(days)
    total = before + after
    tails = [binomtest(after, total, share, alternative=side).pvalue for side in ("less", "greater")]
    assert float(found.p) == pytest.approx(min(1.0, 2 * min(tails)))
    ends = binomtest(after, total).proportion_ci(0.95, "exact")
    odds = [end / (1 - end) * days[0] / days[1] if end < 1 else math.inf for end in (ends.low, ends.high)]
    np.testing.assert_allclose([found.low, found.high], odds)
    assert float(found.ratio) == pytest.approx(after / days[1] / (before / days[0]) if before else math.inf)


def test_a_published_ratio_of_rates() -> None:
    """Breast cancer after fluoroscopy: 41 in 28,010 woman-years, against 15 in 19,017 (Rothman and Greenland)."""
    found = rate_ratio(15, 41, 19017, 28010)
    assert float(found.ratio) == pytest.approx(1.856, abs=0.001)
    assert float(found.low) == pytest.approx(1.005, abs=0.005)
    assert float(found.high) == pytest.approx(3.61, abs=0.01)


@given(st.integers(0, 300), st.integers(0, 300), st.floats(0.1, 400), st.floats(0.1, 400))
def test_looking_back_inverts_the_ratio(before: int, after: int, first: float, second: float) -> None:
    there, back = rate_ratio(before, after, first, second), rate_ratio(after, before, second, first)
    assert float(there.p) == pytest.approx(float(back.p))
    assert there.low <= there.high
    if before and after:
        np.testing.assert_allclose([there.low, there.high], [1 / back.high, 1 / back.low], rtol=1e-6)


def test_nothing_before_and_after() -> None:
    found = rate_ratio(0, 0, 7, 7)
    assert math.isnan(found.ratio)
    assert (float(found.low), float(found.high), float(found.p)) == (0, math.inf, 1)


def test_rates_that_did_not_change_are_called_changed_in_5_of_100_cases_or_fewer() -> None:
    rng = np.random.default_rng(2)
    before, after = rng.poisson(28 * 2.0, 20_000), rng.poisson(7 * 2.0, 20_000)
    found = rate_ratio(before, after, 28, 7)
    assert 0.03 <= np.mean(found.p <= 0.05) <= 0.05
    assert 0.95 <= np.mean((found.low <= 1) & (found.high >= 1)) <= 0.975


@pytest.mark.parametrize("values", [(-1, 1, 7, 7), (1, math.nan, 7, 7), (1, 1, 0, 7), (1, 1, 7, math.inf)])
def test_bad_input_is_refused(values: tuple[float, float, float, float]) -> None:
    with pytest.raises(InputError):
        rate_ratio(*values)

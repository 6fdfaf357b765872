"""Excess over expected: tails and intervals against scipy's tests, discoveries, odd data."""

import math

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from spatialgov.errors import InputError
from spatialgov.incidents import dispersion, excess, expected_from


def test_tails_are_sums_of_the_law() -> None:
    y, mu = np.array([0, 3, 7, 20]), np.array([0.5, 3.0, 2.0, 11.0])
    found = excess(y, mu)
    upper = [sum(poisson.pmf(k, m) for k in range(n, 200)) for n, m in zip(y.tolist(), mu.tolist(), strict=True)]
    np.testing.assert_allclose(found.p_upper, upper, rtol=1e-9)
    np.testing.assert_allclose(found.p_upper + found.p_lower, 1 + poisson.pmf(y, mu))
    wide = excess(y, mu, phi=0.5)
    upper = [sum(nbinom.pmf(k, 2, 2 / (2 + m)) for k in range(n, 3000)) for n, m in zip(y, mu, strict=True)]
    np.testing.assert_allclose(wide.p_upper, upper, rtol=1e-9)
    assert (wide.p_upper[2:] > found.p_upper[2:]).all()


def test_the_interval_s_ends_are_barely_likely() -> None:
    y, mu = np.array([1, 4, 30]), np.array([2.0, 2.0, 10.0])
    found = excess(y, mu)
    np.testing.assert_allclose(poisson.sf(y - 1, found.low * mu), 0.025)
    np.testing.assert_allclose(poisson.cdf(y, found.high * mu), 0.025)
    np.testing.assert_allclose(found.ratio, y / mu)


def test_a_lone_extreme_cell_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(0)
    households = rng.integers(50, 500, 2000)
    clean = [rng.poisson(households * 0.01) for _ in range(60)]
    assert np.mean([excess(y, expected_from(y, households)).more.any() for y in clean]) <= 0.1
    y = clean[0].copy()
    y[77] = 40
    assert np.flatnonzero(excess(y, expected_from(y, households)).more).tolist() == [77]


def test_dispersion_is_that_of_the_data() -> None:
    rng = np.random.default_rng(1)
    mu = rng.uniform(1, 20, 200_000)
    assert dispersion(rng.poisson(mu), mu) < 0.01
    assert dispersion(rng.negative_binomial(1 / 0.4, 1 / (1 + 0.4 * mu)), mu) == pytest.approx(0.4, rel=0.05)


def test_expected_has_the_same_sum() -> None:
    np.testing.assert_allclose(expected_from([1, 0, 5], [2, 1, 0]), [4, 2, 0])
    np.testing.assert_array_equal(expected_from([0, 0], [0, 0]), [0, 0])
    with pytest.raises(InputError):
        expected_from([1, 0], [0, 0])


def test_where_nothing_is_expected() -> None:
    found = excess([0, 2], [0, 0])
    assert math.isnan(found.ratio[0])
    assert found.ratio[1] == math.inf
    np.testing.assert_array_equal(found.p_upper, [1, 0])
    np.testing.assert_array_equal(found.more, [False, True])
    assert len(excess([], []).ratio) == 0


@pytest.mark.parametrize(("y", "mu"), [([-1], [1]), ([1], [-1]), ([1, 2], [1]), ([math.nan], [1]), ([[1]], [[1]])])
def test_bad_input_is_refused(y: list[float], mu: list[float]) -> None:
    with pytest.raises(InputError):
        excess(y, mu)


@pytest.mark.parametrize("options", [{"phi": -1.0}, {"alpha": 0.0}, {"alpha": 1.0}])
def test_bad_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        excess([1], [1], **options)

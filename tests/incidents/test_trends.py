"""Mann-Kendall: S by counting pairs, p by trying every order, the level on constant rates."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from spatialgov.errors import InputError
from spatialgov.incidents import mann_kendall, trends


def s_of(row: tuple[float, ...]) -> int:
    return sum((b > a) - (b < a) for a, b in itertools.combinations(row, 2))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=7))
def test_s_and_p_equal_every_order(row: list[int]) -> None:
    found = mann_kendall([row])
    every = [s_of(order) for order in itertools.permutations(row)]
    assert found.s[0] == s_of(tuple(row))
    assert found.p[0] == pytest.approx(np.mean(np.abs(every) >= abs(found.s[0])))
    assert found.z[0] * math.sqrt(np.var(every)) == pytest.approx(found.s[0] - np.sign(found.s[0]))


def test_p_without_ties_equals_scipy_s_exact_kendall() -> None:
    rows = np.array([np.random.default_rng(k).permutation(25) for k in range(40)])
    found = mann_kendall(rows)
    for k, row in enumerate(rows):
        theirs = kendalltau(np.arange(25), row, method="exact")
        assert found.p[k] == pytest.approx(theirs.pvalue, rel=1e-9)
        assert found.tau[k] == pytest.approx(theirs.statistic)


def test_p_with_many_ties_lies_inside_the_monte_carlo_interval() -> None:
    rng = np.random.default_rng(0)
    draws = 40_000
    for rate in (0.1, 0.6, 3.0):
        row = rng.poisson(rate * np.linspace(0.4, 1.6, 36))
        found = mann_kendall(row[None])
        shuffled = mann_kendall(rng.permuted(np.tile(row, (draws, 1)), axis=1))
        share = (np.abs(shuffled.s) >= abs(found.s[0])).mean()
        p = found.p[0]
        assert abs(share - p) <= 4 * math.sqrt(p * (1 - p) / draws) + 1e-9


def test_the_exact_and_the_normal_p_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).poisson(5, (300, 60))
    exact = mann_kendall(rows).p
    monkeypatch.setattr(trends, "EXACT_PERIODS", 59)
    np.testing.assert_allclose(mann_kendall(rows).p, exact, atol=2e-3)


@pytest.mark.parametrize("rate", [0.3, 1.0, 5.0])
def test_constant_rates_are_rejected_at_the_level(rate: float) -> None:
    series = np.random.default_rng(7).poisson(rate, (20_000, 36))
    assert 0.04 <= (mann_kendall(series).p <= 0.05).mean() <= 0.06


def test_rare_events_keep_the_level() -> None:
    series = np.random.default_rng(8).poisson(0.03, (20_000, 36))
    assert (mann_kendall(series).p <= 0.05).mean() <= 0.05


def test_a_rising_and_a_falling_rate_are_found() -> None:
    rates = np.array([np.linspace(1, 6, 24), np.linspace(6, 1, 24)])
    found = mann_kendall(np.random.default_rng(3).poisson(rates))
    assert (found.p < 0.001).all()
    assert found.s[0] > 0 > found.s[1]
    assert found.tau[0] > 0.4


@pytest.mark.parametrize("shape", [(0, 12), (3, 0), (3, 1)])
def test_where_nothing_can_be_said(shape: tuple[int, int]) -> None:
    found = mann_kendall(np.ones(shape))
    assert len(found.p) == shape[0]
    assert (found.p == 1).all()
    assert (found.s == 0).all()


def test_a_constant_row() -> None:
    found = mann_kendall(np.full((2, 30), 4))
    assert (found.p == 1).all()
    assert (found.tau == 0).all()
    assert (found.z == 0).all()


@pytest.mark.parametrize("series", [[1, 2, 3], [[1, math.nan]], [[[1, 2]]]])
def test_what_is_no_table_is_refused(series: list[object]) -> None:
    with pytest.raises(InputError):
        mann_kendall(series)  # type: ignore[arg-type]

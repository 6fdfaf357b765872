"""Mann-Kendall: S by counting pairs, p by trying every order, the level on constant rates."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from spatialgov.errors import InputError
from spatialgov.incidents import mann_kendall, relative_trend, trends


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


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=8), st.integers(2, 4))
def test_with_seasons_s_and_p_equal_every_order_within_them(row: list[int], cycle: int) -> None:
    found = mann_kendall([row], cycle)
    seasons = [tuple(row[k::cycle]) for k in range(min(cycle, len(row)))]
    every = [
        sum(s_of(order) for order in orders)
        for orders in itertools.product(*(itertools.permutations(season) for season in seasons))
    ]
    assert found.s[0] == sum(map(s_of, seasons))
    far, just = np.abs(every) > abs(found.s[0]), np.abs(every) == abs(found.s[0])
    assert found.p[0] == pytest.approx(np.mean(far) + np.mean(just) / 2 if found.s[0] else 1.0)
    assert found.z[0] * math.sqrt(np.var(every)) == pytest.approx(found.s[0] - np.sign(found.s[0]))


def test_rows_of_like_ties_share_a_distribution_and_unlike_ones_do_not() -> None:
    """Grouped by the sizes of their ties within seasons: each row alone gives the same p."""
    rows = np.random.default_rng(5).poisson(1.0, (300, 30))
    together = mann_kendall(rows, 12).p
    np.testing.assert_allclose(together, [mann_kendall(row[None], 12).p[0] for row in rows], rtol=1e-12)


@pytest.mark.parametrize("years", [3, 4, 5])
@pytest.mark.parametrize("rate", [1.0, 6.0])
def test_a_season_is_rejected_at_the_level(years: int, rate: float) -> None:
    season = 1 + 0.8 * np.sin(2 * np.pi * np.arange(12) / 12)
    series = np.random.default_rng(11).poisson(rate * np.tile(season, years), (20_000, 12 * years))
    assert 0.04 <= (mann_kendall(series, 12).p <= 0.05).mean() <= 0.06


def test_with_seasons_the_exact_and_the_normal_p_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(1).poisson(5, (300, 60))
    exact = mann_kendall(rows, 12).p
    monkeypatch.setattr(trends, "EXACT_PERIODS", 59)
    np.testing.assert_allclose(mann_kendall(rows, 12).p, exact, atol=6e-3)


@pytest.mark.parametrize(
    ("digits", "s", "z"),
    [
        ("3336261672072202640312331332413554103251562", -4, -0.3535533905932738),
        ("020213504224633436623774145a5443575467a5676", 37, 4.232853729015951),
        ("5674473255623433312501321413220411113112121", -36, -4.124789556921527),
    ],
)
def test_s_with_seasons_equals_pymannkendall_s(digits: str, s: int, z: float) -> None:
    """Of 43 months, as `pymannkendall.seasonal_test` 1.4.3 gives them; the benchmark compares 500 rows."""
    found = mann_kendall([[int(digit, 36) for digit in digits]], 12)
    assert found.s[0] == s
    assert found.z[0] == pytest.approx(z, rel=1e-12)


@pytest.mark.parametrize("cycle", [0, -12])
def test_a_cycle_of_nothing_is_refused(cycle: int) -> None:
    with pytest.raises(InputError):
        mann_kendall([[1, 2]], cycle)


SHARED = np.array([3.0, 5, 9, 14, 20, 24, 22, 15, 9, 6, 4, 3, 4, 7, 12, 18, 26, 31])
"""A season that has begun anew: eighteen months that end higher than they began."""


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 2), min_size=2, max_size=4), st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_p_beyond_what_is_common_equals_every_draw(row: list[int], level: list[int]) -> None:
    common = np.array(level[: len(row)], dtype=float)
    found = relative_trend([row], common)
    share, n = common / common.sum(), sum(row)
    upper = lower = 0.0
    score = sum(k * y for k, y in enumerate(row))
    for draw in itertools.product(range(len(row)), repeat=n):
        chance = math.prod(share[k] for k in draw)
        upper += chance * (sum(draw) >= score)
        lower += chance * (sum(draw) <= score)
    exact = min(1.0, 2 * min(upper, lower))
    if found.dispersion[0] == 1:
        assert found.p[0] == pytest.approx(exact)
    else:
        assert found.p[0] >= min(exact, 1.0) - 1e-12


@pytest.mark.parametrize("rate", [0.5, 2.0, 20.0])
def test_a_season_that_all_share_is_rejected_at_the_level(rate: float) -> None:
    rates = np.random.default_rng(0).gamma(2, rate / 2, 20_000)[:, None] * SHARED / SHARED.mean()
    found = relative_trend(np.random.default_rng(1).poisson(rates), SHARED)
    assert 0.04 <= (found.p <= 0.05).mean() <= 0.06
    assert found.dispersion.max() < 1.1


@pytest.mark.parametrize("uneven", [False, True])
def test_rates_that_differ_and_bursts_keep_the_level_too(uneven: bool) -> None:
    rng = np.random.default_rng(2)
    level = 3 * rng.gamma(1, 1, (20_000, 1)) if uneven else np.full((20_000, 1), 3.0)
    rates = level * SHARED / SHARED.mean()
    differing = relative_trend(rng.poisson(rates * rng.gamma(2, 0.5, (20_000, 18))), SHARED)
    assert differing.dispersion.mean() > 1.5
    assert 0.01 <= (differing.p <= 0.05).mean() <= 0.065  # cautious where levels differ too
    bursts = relative_trend(3 * rng.poisson(rates / 3), SHARED)
    assert 0.02 <= (bursts.p <= 0.05).mean() <= 0.065


def test_a_share_that_grows_is_found_while_all_falls() -> None:
    common = np.linspace(40, 20, 18)
    rates = 0.05 * common * np.ones((60, 1))
    rates[:2] *= np.array([np.linspace(0.4, 2, 18), np.linspace(2, 0.4, 18)])
    found = relative_trend(np.random.default_rng(0).poisson(5 * rates), common)
    assert (found.p[:2] < 0.001).all()
    assert found.z[0] > 0 > found.z[1]


def test_the_exact_and_the_normal_p_of_a_share_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(3).poisson(8 * SHARED / SHARED.mean(), (100, 18))
    exact = relative_trend(rows, SHARED).p
    monkeypatch.setattr(trends, "EXACT_COUNT", 0)
    np.testing.assert_allclose(relative_trend(rows, SHARED).p, exact, atol=0.03)


def test_shares_of_nothing() -> None:
    assert (relative_trend(np.zeros((3, 5)), np.zeros(5)).p == 1).all()
    assert (relative_trend(np.ones((3, 1)), np.ones(1)).p == 1).all()
    assert len(relative_trend(np.zeros((0, 5)), np.ones(5)).p) == 0
    once = relative_trend([[0, 0, 1, 0]], [1, 1, 1, 1])
    assert once.p[0] == 1
    pile = relative_trend([[0, 0, 0, 10]], [0, 0, 0, 3])
    assert pile.p[0] == 1


@pytest.mark.parametrize(
    ("series", "common"),
    [
        ([[1, 2]], [1]),
        ([[1.5, 2]], [1, 1]),
        ([[-1, 2]], [1, 1]),
        ([[1, 2]], [0, 1]),
        ([1, 2], [1, 1]),
        ([[1, 1]], [1, math.nan]),
    ],
)
def test_what_has_no_share_is_refused(series: list[object], common: list[float]) -> None:
    with pytest.raises(InputError):
        relative_trend(series, common)  # type: ignore[arg-type]

"""Empirical Bayes: hyperparameters against a direct search, intervals that cover, and silence where nothing differs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize

from spatialgov.allocation.assessment import Family, Shrunken, by_itself, log_likelihood, shrink
from spatialgov.errors import InputError

FAMILIES: list[Family] = ["poisson", "binomial", "normal"]
VARIANCE = 1.7
Logs = Callable[[np.ndarray, np.ndarray, float, float], float]

BY_SCIPY: dict[Family, Logs] = {
    "poisson": lambda y, n, m, k: float(np.sum(stats.nbinom.logpmf(y, m * k, k / (k + n)))),
    "binomial": lambda y, n, m, k: float(np.sum(stats.betabinom.logpmf(y, n, m * k, (1 - m) * k))),
    "normal": lambda y, n, m, k: float(np.sum(stats.norm.logpdf(y / n, m, np.sqrt(VARIANCE * (1 / n + 1 / k))))),
}
MEAN: dict[Family, float] = {"poisson": 0.8, "binomial": 0.85, "normal": 5.0}
STRENGTH: dict[Family, float] = {"poisson": 12.0, "binomial": 25.0, "normal": 15.0}


def drawn(
    family: Family, n: np.ndarray, rng: np.random.Generator, *, alike: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Give true values and what is observed of them."""
    mean, k = MEAN[family], STRENGTH[family]
    if alike:
        true = np.full(len(n), mean)
    elif family == "poisson":
        true = rng.gamma(mean * k, 1 / k, len(n))
    elif family == "binomial":
        true = rng.beta(mean * k, (1 - mean) * k, len(n))
    else:
        true = rng.normal(mean, np.sqrt(VARIANCE / k), len(n))
    if family == "poisson":
        return true, rng.poisson(n * true).astype(float)
    if family == "binomial":
        return true, rng.binomial(n.astype(int), true).astype(float)
    return true, rng.normal(n * true, np.sqrt(VARIANCE * n))


def estimated(family: Family, y: np.ndarray, n: np.ndarray) -> Shrunken:
    return shrink(family, y, n, variance=VARIANCE)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_marginal_likelihood_is_that_of_scipy(family: Family) -> None:
    rng = np.random.default_rng(1)
    n = rng.integers(1, 60, 50).astype(float)
    _, y = drawn(family, n, rng)
    pairs = [(MEAN[family], 3.0), (MEAN[family] * 0.9, 40.0), (MEAN[family] * 1.05, 900.0)]
    ours = np.array([log_likelihood(family, y, n, m, k, VARIANCE) for m, k in pairs])
    theirs = np.array([BY_SCIPY[family](y, n, m, k) for m, k in pairs])
    assert np.diff(ours) == pytest.approx(np.diff(theirs), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("family", FAMILIES)
def test_hyperparameters_agree_with_a_direct_search_for_the_likeliest(family: Family) -> None:
    rng = np.random.default_rng(2)
    n = rng.integers(5, 80, 600).astype(float)
    _, y = drawn(family, n, rng)

    def unlikely(x: np.ndarray) -> float:
        m, k = float(x[0]), float(np.exp(x[1]))
        inside = family == "normal" or 0 < m < (1 if family == "binomial" else np.inf)
        return -BY_SCIPY[family](y, n, m, k) if inside else np.inf

    start = [float(y.sum() / n.sum()), 2.0]
    likeliest = minimize(unlikely, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-4})
    found = estimated(family, y, n)
    assert found.mean == pytest.approx(likeliest.x[0], rel=0.01)
    assert found.strength == pytest.approx(np.exp(likeliest.x[1]), rel=0.08)
    assert found.strength == pytest.approx(STRENGTH[family], rel=0.35)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("peers", [8, 60])
def test_intervals_cover_and_errors_are_smaller(family: Family, peers: int) -> None:
    rng = np.random.default_rng(3)
    covered, error, raw_error = [], 0.0, 0.0
    for _ in range(120 // peers * 8):
        n = rng.integers(1, 40, peers).astype(float)
        true, y = drawn(family, n, rng)
        found = estimated(family, y, n)
        covered.append((found.low <= true) & (true <= found.high))
        error += float(((found.estimate - true) ** 2).sum())
        raw_error += float(((found.raw - true) ** 2).sum())
    assert 0.925 <= np.mean(np.concatenate(covered)) <= 0.975
    assert error < 0.75 * raw_error


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("peers", [8, 60])
def test_hardly_any_is_called_out_where_all_are_alike(family: Family, peers: int) -> None:
    rng = np.random.default_rng(4)
    called, covered = [], []
    for _ in range(480 // peers):
        n = rng.integers(5, 60, peers).astype(float)
        true, y = drawn(family, n, rng, alike=True)
        found = estimated(family, y, n)
        called.append((found.p_above >= 0.975) | (found.p_above <= 0.025))
        covered.append((found.low <= true) & (true <= found.high))
    assert np.mean(np.concatenate(called)) <= 0.005
    assert np.mean(np.concatenate(covered)) >= 0.95


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_called_out_is_seldom_on_the_wrong_side(family: Family) -> None:
    rng = np.random.default_rng(5)
    wrong, called = 0, 0
    for _ in range(8):
        n = rng.integers(5, 60, 60).astype(float)
        true, y = drawn(family, n, rng)
        found = estimated(family, y, n)
        above, below = found.p_above >= 0.975, found.p_above <= 0.025
        called += int((above | below).sum())
        wrong += int((above & (true < MEAN[family])).sum() + (below & (true > MEAN[family])).sum())
    assert called > 25
    assert wrong <= 0.025 * called


def test_one_far_off_is_found_among_equals() -> None:
    sizes = np.full(40, 30.0)
    totals = np.full(40, 27.0)
    totals[7] = 9.0
    found = shrink("binomial", totals, sizes)
    assert found.p_above[7] < 5e-3
    assert ((found.p_above > 0.025) & (found.p_above < 0.975)).sum() == 39
    assert 9 / 30 < found.estimate[7] < 0.75


@pytest.mark.parametrize(("y", "n"), [(0.0, 9.0), (3.0, 9.0), (9.0, 9.0), (5.0, 7.0)])
def test_what_chance_explains_is_that_of_scipy(y: float, n: float) -> None:
    sizes, totals = np.array([n, *[20.0] * 9]), np.array([y, *[10.0] * 9])
    count, share = shrink("poisson", totals, sizes), shrink("binomial", totals, sizes)
    tails = stats.poisson.sf(y - 1, n * count.mean), stats.poisson.cdf(y, n * count.mean)
    assert count.p[0] == pytest.approx(min(2 * min(tails), 1.0))
    tails = stats.binom.sf(y - 1, n, share.mean), stats.binom.cdf(y, n, share.mean)
    assert share.p[0] == pytest.approx(min(2 * min(tails), 1.0))


def test_few_observations_are_drawn_further_and_none_say_nothing() -> None:
    rng = np.random.default_rng(6)
    n = np.concatenate([np.full(30, 50.0), [2.0, 400.0, 0.0]])
    y = np.concatenate([rng.binomial(50, rng.beta(8, 2, 30)), [0.0, 100.0, 0.0]])
    found = shrink("binomial", y, n)
    few, many, none = found.estimate[-3:]
    assert few > 0.4  # towards the mean of 0.8, though none of two
    assert many == pytest.approx(0.25, abs=0.03)
    assert np.isnan([none, found.raw[-1], found.low[-1], found.p_above[-1]]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_order_does_not_matter(family: Family) -> None:
    rng = np.random.default_rng(7)
    n = rng.integers(1, 30, 20).astype(float)
    _, y = drawn(family, n, rng)
    found, turned = estimated(family, y, n), estimated(family, y[::-1], n[::-1])
    assert found.estimate == pytest.approx(turned.estimate[::-1], rel=1e-9)
    assert found.p_above == pytest.approx(turned.p_above[::-1], rel=1e-6, abs=1e-12)


pairs = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(pairs, st.sampled_from(FAMILIES))
def test_any_observations_give_sound_estimates(counts: list[tuple[int, int]], family: Family) -> None:
    n = np.array([max(pair) for pair in counts], dtype=float)
    y = np.array([min(pair) for pair in counts], dtype=float)
    for found in (shrink(family, y, n), by_itself(family, y, n)):
        told = n > 0
        figures = np.column_stack([found.low, found.estimate, found.high, found.sd])[told]
        assert np.isfinite(figures).all()
        assert (found.low[told] <= found.high[told]).all()
        assert np.isnan(found.estimate[~told]).all()
        if family != "normal":
            assert (figures >= 0).all()
        if family == "binomial":
            assert (figures <= 1).all()


@pytest.mark.parametrize(
    ("family", "totals", "sizes", "options"),
    [
        ("poisson", [1.0, 2.0], [1.0], {}),
        ("poisson", [-1.0], [1.0], {}),
        ("poisson", [1.0], [np.nan], {}),
        ("poisson", [1.0], [-1.0], {}),
        ("binomial", [3.0], [2.0], {}),
        ("normal", [3.0], [2.0], {"variance": 0.0}),
        ("normal", [3.0], [2.0], {"level": 1.0}),
    ],
)
def test_what_can_not_be_is_refused(
    family: Family, totals: list[float], sizes: list[float], options: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="no observations"):
        shrink(family, totals, sizes, **options)


def test_by_itself_is_jeffreys() -> None:
    found = by_itself("binomial", [3.0], [4.0])
    assert (found.low[0], found.high[0]) == pytest.approx(stats.beta(3.5, 1.5).interval(0.95), rel=1e-6)
    assert found.estimate[0] == 0.75
    count = by_itself("poisson", [3.0], [10.0])
    assert (count.low[0], count.high[0]) == pytest.approx(stats.gamma(3.5, scale=0.1).interval(0.95), rel=1e-6)
    assert np.isnan([found.mean, found.p_above[0]]).all()

"""Rates and changes of density: against sums of kernels, no endless rates, no change where there is only chance."""

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from scipy.stats import binomtest

from spatialgov.errors import InputError
from spatialgov.incidents import density, density_change, rate_surface

Floats = npt.NDArray[np.float64]
BOUNDS = (0.0, 0.0, 4000.0, 3000.0)
SHAPE = (30, 40)


def middles() -> tuple[Floats, Floats]:
    x, y = np.meshgrid(np.arange(40) * 100.0 + 50, np.arange(30) * 100.0 + 50)
    return x, y


def kernels(x: Floats, y: Floats, h: float, power: int = 1) -> Floats:
    """Sum the Gaussians (or their squares) of points one by one, per km² (per km⁴)."""
    mx, my = middles()
    apart = (mx[..., None] - x) ** 2 + (my[..., None] - y) ** 2
    return np.asarray(((np.exp(-apart / (2 * h * h)) / (2 * np.pi * h * h) * 1e6) ** power).sum(axis=-1))


def scattered(n: int, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 4000, n), rng.uniform(0, 3000, n)


# rates -------------------------------------------------------------------------------------------------------------


def test_an_even_rate_is_even_up_to_the_border() -> None:
    ground = shapely.box(500, 500, 3500, 2500)
    households = np.where(middles()[0] < 2000, 40.0, 10.0)
    rng = np.random.default_rng(0)
    x, y = scattered(600_000, 1)
    kept = rng.uniform(size=len(x)) < np.where(x < 2000, 0.8, 0.2)
    x, y = x[kept], y[kept]
    found = rate_surface(x, y, households, BOUNDS, 100, 300, boundary=ground)
    inside = np.isfinite(found.rate)
    np.testing.assert_array_equal(inside, shapely.contains_xy(ground, *(m.ravel() for m in middles())).reshape(SHAPE))
    true = 600_000 * 0.8 / 1200 / 40
    np.testing.assert_allclose(found.rate[inside], true, rtol=0.12)
    assert np.mean((found.low[inside] <= true) & (true <= found.high[inside])) > 0.85
    assert not found.floored[inside].any()


def test_a_rate_is_incidents_over_households() -> None:
    households = np.random.default_rng(2).uniform(0, 50, SHAPE)
    x, y = scattered(80, 3)
    found = rate_surface(x, y, households, BOUNDS, 100, 250)
    np.testing.assert_allclose(
        found.rate * found.exposure_per_km2, density(x, y, BOUNDS, 100, 250), rtol=1e-9, atol=1e-12
    )
    mx, my = middles()
    smooth = sum(
        h * np.exp(-((mx[15, 20] - a) ** 2 + (my[15, 20] - b) ** 2) / (2 * 250**2)) / (2 * np.pi * 250**2) * 1e6
        for h, a, b in zip(households.ravel(), mx.ravel(), my.ravel(), strict=True)
    )
    assert found.exposure_per_km2[15, 20] == pytest.approx(smooth, rel=1e-3)


def test_empty_ground_gives_no_endless_rate() -> None:
    households = np.where(middles()[0] < 2000, 40.0, 0.0)
    x, y = np.array([3500.0, 500.0, 600.0]), np.array([1500.0, 1500.0, 1400.0])
    found = rate_surface(x, y, households, BOUNDS, 100, 200)
    assert np.isfinite(found.rate).all()
    assert found.floored[15, 35]
    assert not found.floored[15, 5]
    assert found.exposure_per_km2.min() == pytest.approx(0.05 * 2000, rel=0.1)  # kernels reach over the border
    assert (found.low <= found.rate).all()
    assert (found.rate <= found.high).all()


def test_an_interval_is_the_exact_one_where_all_incidents_lie_together() -> None:
    found = rate_surface(np.full(7, 2050.0), np.full(7, 1550.0), np.ones(SHAPE), BOUNDS, 100, 200)
    assert found.low[15, 20] / found.rate[15, 20] == pytest.approx(2.814 / 7, rel=1e-2)  # Garwood, 7 incidents
    assert found.high[15, 20] / found.rate[15, 20] == pytest.approx(14.423 / 7, rel=1e-2)
    none = rate_surface(np.empty(0), np.empty(0), np.ones(SHAPE), BOUNDS, 100, 200)
    assert (none.rate == 0).all()
    assert none.high[15, 20] == pytest.approx(3.689 / (4 * np.pi * 0.04) / 100, rel=1e-3)


def test_intervals_hold_the_rate() -> None:
    rng = np.random.default_rng(4)
    held = []
    for _ in range(300):
        n = rng.poisson(120)
        x, y = rng.uniform(0, 4000, n), rng.uniform(0, 3000, n)
        found = rate_surface(x, y, np.ones(SHAPE), BOUNDS, 100, 250)
        held.append(found.low[15, 20] <= 0.1 <= found.high[15, 20])
    assert 0.94 <= np.mean(held) <= 0.995


@pytest.mark.parametrize(
    ("exposure", "h"), [(np.ones((3, 3)), 200), (np.zeros(SHAPE), 200), (-np.ones(SHAPE), 200), (np.ones(SHAPE), 60)]
)
def test_bad_rates_are_refused(exposure: Floats, h: float) -> None:
    with pytest.raises(InputError):
        rate_surface([1.0], [1.0], exposure, BOUNDS, 100, h)


# change between two periods ----------------------------------------------------------------------------------------


def test_densities_and_standard_error_are_sums_of_kernels() -> None:
    before, after = scattered(60, 5), scattered(90, 6)
    found = density_change(before, after, (28, 7), BOUNDS, 100, 250)
    np.testing.assert_allclose(found.before, kernels(*before, 250) / 28, rtol=0.02, atol=1e-5)
    np.testing.assert_allclose(found.difference, kernels(*after, 250) / 7 - kernels(*before, 250) / 28, atol=2e-3)
    variance = kernels(*before, 250, 2) / 28**2 + kernels(*after, 250, 2) / 7**2
    np.testing.assert_allclose(found.difference_se, np.sqrt(variance), rtol=0.02, atol=1e-4)


def test_incidents_at_one_place_are_tested_exactly() -> None:
    place = np.full(4, 2050.0), np.full(4, 1550.0)
    more = np.full(15, 2050.0), np.full(15, 1550.0)
    found = density_change(place, more, (14, 14), BOUNDS, 100, 200)
    assert found.p[15, 20] == pytest.approx(binomtest(15, 19).pvalue, rel=2e-2)
    ends = binomtest(15, 19).proportion_ci(0.95, "exact")
    assert found.low[15, 20] == pytest.approx(ends.low / (1 - ends.low), rel=1e-2)
    assert found.high[15, 20] == pytest.approx(ends.high / (1 - ends.high), rel=1e-2)
    assert found.ratio[15, 20] == pytest.approx(15.5 / 4.5, rel=1e-2)
    assert found.low[15, 20] < found.ratio[15, 20] < found.high[15, 20]
    assert found.p[0, 0] == 1
    assert found.ratio[0, 0] == pytest.approx(1, abs=0.01)


def test_a_planted_change_is_found_where_it_is() -> None:
    rng = np.random.default_rng(7)
    before, (x, y) = scattered(400, 8), scattered(100, 9)
    after = np.concatenate([x, rng.normal(3000, 150, 60)]), np.concatenate([y, rng.normal(2000, 150, 60)])
    found = density_change(before, after, (28, 7), BOUNDS, 100, 250)
    mx, my = middles()
    apart = np.hypot(mx - 3000, my - 2000)
    assert found.more[apart < 200].all()
    assert not found.more[apart > 900].any()
    assert not found.fewer.any()
    assert (found.low[found.more] > 1).all()
    back = density_change(after, before, (7, 28), BOUNDS, 100, 250)
    np.testing.assert_array_equal(back.fewer, found.more)
    np.testing.assert_allclose(back.ratio, 1 / found.ratio)


@pytest.mark.parametrize("days", [(28.0, 28.0), (28.0, 7.0)])
def test_chance_is_not_shown_as_change(days: tuple[float, float]) -> None:
    """Incidents that gather in places, dealt out to the periods by their lengths."""
    rng = np.random.default_rng(10)
    rejected, any_found = [], 0
    for _ in range(60):
        at = rng.uniform(0, 1, (12, 2)) * (4000, 3000)
        x, y = (at[rng.integers(0, 12, 300)] + rng.normal(0, 150, (300, 2))).T
        later = rng.uniform(size=300) < days[1] / sum(days)
        found = density_change((x[~later], y[~later]), (x[later], y[later]), days, BOUNDS, 100, 250)
        rejected.append(np.mean(found.p <= 0.05))
        any_found += bool((found.more | found.fewer).any())
    assert 0.005 < np.mean(rejected) <= 0.05
    assert any_found <= 7


def test_a_boundary_leaves_the_rest_out() -> None:
    ground = shapely.box(0, 0, 2000, 3000)
    found = density_change(scattered(300, 11), scattered(300, 12), (7, 7), BOUNDS, 100, 250, boundary=ground)
    assert np.isfinite(found.ratio[:, :20]).all()
    for values in (found.ratio, found.p, found.before, found.difference, found.difference_se):
        assert np.isnan(values[:, 20:]).all()
    # at the border the density is that inside, not half of it
    assert found.before[:, 19].mean() == pytest.approx(found.before[:, 5:15].mean(), rel=0.35)


@pytest.mark.parametrize("n", [(0, 0), (0, 9), (9, 0), (1, 0)])
def test_empty_periods(n: tuple[int, int]) -> None:
    found = density_change(scattered(n[0], 0), scattered(n[1], 1), (7, 7), BOUNDS, 100, 250)
    assert np.isfinite(found.ratio).all()
    assert (found.ratio > 0).all()
    assert not found.fewer.any()
    assert ((found.p > 0) & (found.p <= 1)).all()


@pytest.mark.parametrize(
    ("days", "options"), [((0, 7), {}), ((7, -1), {}), ((7, 7), {"alpha": 1}), ((7, 7), {"bandwidth_m": 50})]
)
def test_bad_changes_are_refused(days: tuple[float, float], options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        density_change(scattered(5, 0), scattered(5, 1), days, BOUNDS, 100, **{"bandwidth_m": 250, **options})  # type: ignore[arg-type]

"""Density: against the exact sum of Gaussians, at borders, behind barriers, and the choice of the bandwidth."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from spatialgov.errors import InputError
from spatialgov.incidents import Raster, bandwidth, density
from spatialgov.incidents.kernel_density import DEFAULT_BANDWIDTH_M, _log_likelihood

Floats = npt.NDArray[np.float64]
TOWN = (500_000.0, 3_900_000.0, 505_000.0, 3_904_000.0)


def exact(x: Floats, y: Floats, bounds: tuple[float, ...], cell_m: float, sigma: float) -> Floats:
    """Sum the Gaussians at every middle, per km²."""
    cx, cy = Raster.over(bounds, cell_m).centres()
    in_x = norm.pdf(cx[:, None], x, sigma)
    in_y = norm.pdf(cy[:, None], y, sigma)
    return np.asarray(in_y @ in_x.T) * 1e6


def scattered(n: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Incidents about four places, some of them beyond the bounds."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform((TOWN[0], TOWN[1]), (TOWN[2], TOWN[3]), (4, 2))
    x, y = (middles[rng.integers(0, 4, n)] + rng.normal(0, 700, (n, 2))).T
    return x, y


@pytest.mark.parametrize(("cell_m", "sigma"), [(100, 250), (100, 1000), (100, 200), (50, 60), (100, 50)])
def test_density_is_the_sum_of_gaussians(cell_m: float, sigma: float) -> None:
    x, y = scattered(3000)
    found, truth = density(x, y, TOWN, cell_m, sigma), exact(x, y, TOWN, cell_m, sigma)
    assert found.shape == (4000 // cell_m, 5000 // cell_m)
    np.testing.assert_allclose(found, truth, rtol=0, atol=2e-3 * truth.max())
    assert np.median(np.abs(found - truth) / truth) < 1e-3


def test_one_incident_has_the_gaussian_s_shape() -> None:
    x, y = np.array([502_333.0]), np.array([3_901_777.0])
    found, truth = density(x, y, TOWN), exact(x, y, TOWN, 100, 250)
    near = truth > truth.max() * 1e-3
    np.testing.assert_allclose(found[near], truth[near], rtol=0.02)
    assert found.sum() * 0.01 == pytest.approx(1, abs=1e-6)


def test_weights_count_as_often() -> None:
    x, y = scattered(200)
    weights = np.random.default_rng(1).integers(0, 4, 200)
    np.testing.assert_allclose(
        density(x, y, TOWN, weights=weights), density(np.repeat(x, weights), np.repeat(y, weights), TOWN), atol=1e-9
    )


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 5000), st.floats(0, 4000)), max_size=10))
def test_few_incidents_or_none(places: list[tuple[float, float]]) -> None:
    x = np.array([p[0] for p in places]) + TOWN[0]
    y = np.array([p[1] for p in places]) + TOWN[1]
    found = density(x, y, TOWN)
    truth = exact(x, y, TOWN, 100, 250)
    assert (found >= 0).all()
    np.testing.assert_allclose(found, truth, rtol=0, atol=0.02 * max(truth.max(initial=0), 1e-9))


def test_all_at_one_point() -> None:
    x, y = np.full(500, TOWN[0] + 1234), np.full(500, TOWN[1] + 1234)
    assert bandwidth(x, y) == DEFAULT_BANDWIDTH_M
    assert density(x, y, TOWN, bandwidth_m=None).sum() * 0.01 == pytest.approx(500, rel=1e-5)
    assert bandwidth([], []) == DEFAULT_BANDWIDTH_M
    assert density([], [], TOWN, bandwidth_m=None).max() == 0


def test_an_even_spread_is_even_up_to_the_border() -> None:
    boundary = shapely.box(TOWN[0], TOWN[1], TOWN[0] + 3000, TOWN[1] + 3000)
    x, y = np.meshgrid(TOWN[0] + np.arange(5, 5000, 10), TOWN[1] + np.arange(5, 4000, 10))
    found = density(x.ravel(), y.ravel(), TOWN, boundary=boundary)
    inside = Raster.over(TOWN, 100).inside(boundary)
    assert np.isnan(found[~inside]).all()
    np.testing.assert_allclose(found[inside], 10_000, rtol=2e-3)
    plain = density(x.ravel()[x.ravel() < TOWN[0] + 3000], y.ravel()[x.ravel() < TOWN[0] + 3000], TOWN)
    assert plain[10, 29] < 6_000  # without the correction the border is half empty


def test_nothing_crosses_a_barrier_and_nothing_is_lost() -> None:
    river = shapely.LineString([(TOWN[0] + 2510, TOWN[1] - 10), (TOWN[0] + 2490, TOWN[1] + 5000)])
    x, y = np.full(100, TOWN[0] + 2450.0), np.full(100, TOWN[1] + 2050.0)
    found = density(x, y, TOWN, barriers=river)
    assert found[:, 25:].max() == 0
    assert found.sum() * 0.01 == pytest.approx(100)
    assert density(x, y, TOWN)[20, 26] > 50  # what would have crossed it
    mirrored = exact(x, y, TOWN, 100, 250) + exact(2 * (TOWN[0] + 2500) - x, y, TOWN, 100, 250)
    assert abs(found[20, 24] / mirrored[20, 24] - 1) < 0.02  # a wall reflects


def test_far_from_barriers_diffusion_is_the_gaussian() -> None:
    far = shapely.LineString([(TOWN[0] + 4900, TOWN[1]), (TOWN[0] + 4900, TOWN[1] + 100)])
    x, y = TOWN[0] + np.arange(1005.0, 1100, 10), TOWN[1] + np.full(10, 2050.0)
    found, truth = density(x, y, TOWN, barriers=far), exact(x, y, TOWN, 100, 250)
    np.testing.assert_allclose(found, truth, rtol=0, atol=0.02 * truth.max())


def test_an_incident_at_the_boundary_keeps_its_heat() -> None:
    boundary = shapely.box(TOWN[0] + 60, TOWN[1] + 60, TOWN[2], TOWN[3])
    wall = shapely.LineString([(TOWN[0] + 4000, TOWN[1]), (TOWN[0] + 4000, TOWN[1] + 4000)])
    found = density([TOWN[0] + 70], [TOWN[1] + 70], TOWN, boundary=boundary, barriers=wall)
    assert np.nansum(found) * 0.01 == pytest.approx(1)


@pytest.mark.parametrize("sigma", [49, 0, -1, math.nan, math.inf])
def test_a_bandwidth_that_the_raster_cannot_show_is_refused(sigma: float) -> None:
    with pytest.raises(InputError):
        density([0], [0], (0, 0, 1000, 1000), bandwidth_m=sigma)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError):
        density([0], [0], (0, 0, 1000, 1000), weights=[-1])
    with pytest.raises(InputError):
        density([0, math.nan], [0, 0], (0, 0, 1000, 1000))
    with pytest.raises(InputError, match="nodes"):
        density([0], [0], (0, 0, 100, 100), cell_m=1, bandwidth_m=10_000)


def log_likelihood(places: Floats, count: Floats, sigma: float) -> float:
    """Sum over every pair of places."""
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    kernel = np.exp(-apart / 2 / sigma**2) / (2 * np.pi * sigma**2)
    np.fill_diagonal(kernel, 0)
    width, height = np.maximum(np.ptp(places, axis=0), sigma)
    mean = (kernel @ count + 1 / (width * height)) / (count.sum() - count + 1)
    return float((count * np.log(mean)).sum())


def test_the_likelihood_is_that_of_all_pairs() -> None:
    x, y = scattered(300, seed=4)
    count = np.random.default_rng(0).integers(1, 5, 300).astype(np.float64)
    for sigma in (30.0, 100.0, 300.0, 1500.0):
        found = _log_likelihood(x, y, count, sigma)
        assert found == pytest.approx(log_likelihood(np.column_stack([x, y]), count, sigma), abs=0.003 * count.sum())


def test_the_bandwidth_is_the_likeliest() -> None:
    x, y = scattered(400, seed=2)
    chosen = bandwidth(x, y)
    tried = np.geomspace(20, 3000, 120)
    places, count = np.column_stack([x, y]), np.ones(400)
    best = tried[np.argmax([log_likelihood(places, count, s) for s in tried])]
    assert abs(math.log(chosen / best)) < 0.06
    assert bandwidth(np.repeat(x, 3), np.repeat(y, 3)) == pytest.approx(chosen, rel=0.1)  # twins change little

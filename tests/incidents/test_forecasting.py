"""Forecast and back-test: measures by hand, planted places, honest windows, calibrated intervals, odd data."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from scipy.stats import poisson

from spatialgov.errors import InputError
from spatialgov.incidents import Backtest, Forecast, Raster, feedback_note, forecast
from spatialgov.incidents.backtest import USED, roll, top_cells
from spatialgov.incidents.forecasting import _part_inside
from spatialgov.incidents.surfaces import COMPONENTS, METHODS, fitted_weights, history_of, walk
from spatialgov.language import using_language

Floats = npt.NDArray[np.float64]
BOUNDS = (0.0, 0.0, 3000.0, 2000.0)


def city(days: int = 420, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """A hot corner with two incidents a week, a warm quarter, and one a day anywhere."""
    rng = np.random.default_rng(seed)
    n = rng.poisson((days * 2 / 7, days * 0.5, days))
    x = np.concatenate([rng.normal(1250, 15, n[0]), rng.uniform(1800, 2600, n[1]), rng.uniform(0, 3000, n[2])])
    y = np.concatenate([rng.normal(650, 15, n[0]), rng.uniform(1000, 1800, n[1]), rng.uniform(0, 2000, n[2])])
    return x, y, rng.uniform(0, days, len(x))


@pytest.fixture(scope="module")
def found() -> Forecast:
    return forecast(*city(), BOUNDS, windows=12, start_day=420)


def test_the_hot_corner_is_foreseen(found: Forecast) -> None:
    assert int(np.nanargmax(found.expected)) == 6 * 30 + 12
    assert found.expected[6, 12] == pytest.approx(2, rel=0.5)
    assert found.backtest.pai[found.backtest.methods.index(found.method), 0] > 8


def test_the_level_is_that_of_late(found: Forecast) -> None:
    assert found.expected.sum() == pytest.approx(found.total)
    assert found.total == pytest.approx(7 * (2 / 7 + 1.5), rel=0.25)
    assert found.total_low < found.total < found.total_high
    assert (found.low <= found.expected + 1).all()
    assert (found.high >= np.floor(found.expected)).all()


def test_nobody_wins_by_more_than_the_back_test_says(found: Forecast) -> None:
    one = found.backtest
    assert one.methods == (*METHODS, USED)
    row = one.methods.index(found.method)
    assert one.hits[row, :, 0].sum() >= 0.8 * one.hits[:-1, :, 0].sum(axis=1).max()
    value, low, high = one.gain(found.method)[0]
    assert value == pytest.approx(one.pai[row, 0] - one.pai[0, 0])
    assert low <= value <= high
    assert (one.hits <= one.most).all()
    assert (one.most <= one.totals[:, None]).all()


def test_intervals_hold_in_weeks_that_were_not_seen() -> None:
    held, said, total_held, tried = [], [], 0, 12
    for seed in range(tried):
        x, y, day = city(287, seed)
        past = day < 280
        one = forecast(x[past], y[past], day[past], BOUNDS, windows=8, start_day=280)
        happened = one.raster.counts(x[~past], y[~past])
        top = one.expected >= np.sort(one.expected.ravel())[-12]
        held.append(((happened >= one.low) & (happened <= one.high))[top].mean())
        total_held += one.total_low <= happened.sum() <= one.total_high
        said.append(one.coverage)
    assert np.mean(held) > 0.75
    assert 0.74 < np.mean(said) < 0.86
    assert total_held >= 7


def clumped(seed: int, windows: int, clump: float) -> tuple[Floats, Floats, Floats]:
    """600 cells of unlike rates; weeks that vary as a whole, and cells that vary within them, by the gamma law."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.4, 0.6, 600)
    weeks = rng.gamma(20, 1 / 20, windows) if clump else np.ones(windows)
    mean = rate[:, None] * weeks * (rng.gamma(1 / clump, clump, (600, windows)) if clump else 1.0)
    cell, week = np.divmod(np.repeat(np.arange(600 * windows), rng.poisson(mean).ravel()), windows)
    return (cell % 30 + 0.5) * 100, (cell // 30 + 0.5) * 100, week * 7.0 + rng.uniform(0, 7, len(cell))


@pytest.mark.parametrize("clump", [0.0, 0.3])
def test_ninety_per_cent_intervals_hold_ninety_per_cent(clump: float) -> None:
    """Both as the back-test says beforehand and in the week that then comes."""
    said, said_total, seen, seen_total = [], [], [], []
    for seed in range(8):
        x, y, day = clumped(seed, 105, clump)
        past = day < 728
        one = forecast(x[past], y[past], day[past], BOUNDS, start_day=728, confidence=0.9)
        happened = one.raster.counts(x[~past], y[~past])
        busy = one.expected > 0.5
        said.append(one.coverage)
        said_total.append(one.total_coverage)
        seen.append(((happened >= one.low) & (happened <= one.high))[busy].mean())
        seen_total.append(one.total_low <= happened.sum() <= one.total_high)
    assert 0.85 <= np.mean(said) <= 0.95
    assert 0.83 <= np.mean(said_total) <= 0.97  # of 208 totals
    assert np.mean(seen) >= 0.88  # whole numbers: at least so many
    assert np.sum(seen_total) >= 5


def test_the_coverage_of_a_count_at_an_end_is_partial() -> None:
    """Counts drawn from the law itself cover what they should, however few there are."""
    rng = np.random.default_rng(0)
    for mean, dispersion in ((0.05, 0.0), (0.7, 0.5), (30.0, 0.1)):
        rate = mean * rng.gamma(1 / dispersion, dispersion, 40_000) if dispersion else np.full(40_000, mean)
        inside = _part_inside(rng.poisson(rate), np.full(40_000, mean), dispersion, 0.05)
        assert inside.mean() == pytest.approx(0.9, abs=0.006)


def test_the_note_on_feedback_speaks_both_languages() -> None:
    with using_language("en"):
        assert "knows no person" in feedback_note()
    with using_language("zh"):
        assert "不涉及任何个人" in feedback_note()


def test_measures_by_hand() -> None:
    one = Backtest(
        ("count", USED),
        (0.1, 0.5),
        np.array([0.0, 7.0]),
        np.array([[[2, 3], [0, 4]], [[1, 1], [1, 1]]]),
        np.array([[4, 5], [2, 5]]),
        np.array([5, 5]),
    )
    np.testing.assert_allclose(one.hit_rate, [[0.2, 0.7], [0.2, 0.2]])
    np.testing.assert_allclose(one.pai, [[2, 1.4], [2, 0.4]])
    np.testing.assert_allclose(one.pei, [[2 / 6, 0.7], [2 / 6, 0.2]])
    interval = one.pai_interval()
    np.testing.assert_allclose(interval[0, 0], [0, 4])
    np.testing.assert_allclose(interval[1, 0], [2, 2])
    np.testing.assert_allclose(one.gain(USED)[0], [0, -2, 2])


def test_a_forecast_knows_nothing_of_its_window() -> None:
    """What happens from the start of a window on changes neither surfaces nor ranks."""
    x, y, day = city(200)
    raster = Raster.over(BOUNDS, 100)
    days = [100.0, 130.0]
    later = day >= 130
    x2 = np.where(later, 50.0, x)
    for now, other in zip(
        walk(history_of(x, y, day, raster), days), walk(history_of(x2, y, day, raster), days), strict=True
    ):
        np.testing.assert_array_equal(now.components, other.components)
        assert all((now.scores[name] == other.scores[name]).all() for name in now.scores)


def test_surfaces_are_what_they_are_called() -> None:
    x, y, day = city(500)
    raster = Raster.over(BOUNDS, 100)
    now = list(walk(history_of(x, y, day, raster), [100.0, 450.0]))[-1]
    before = day < 450
    year = before & (day >= 85)
    np.testing.assert_array_equal(now.scores["count"], raster.counts(x[year], y[year]).ravel())
    np.testing.assert_array_equal(now.scores["count_all"], raster.counts(x[before], y[before]).ravel())
    fading = np.bincount(raster.cells_of(x, y)[before], np.exp((day[before] - 450) / 730), minlength=600)
    np.testing.assert_allclose(now.scores["decayed_count"], fading, rtol=1e-12)
    gi = now.scores["gi_star"].reshape(20, 30)
    counts = raster.counts(x[year], y[year])
    inner = sum(counts[1 + j : 19 + j, 1 + i : 29 + i] for j in (-1, 0, 1) for i in (-1, 0, 1))
    assert np.corrcoef(gi[1:-1, 1:-1].ravel(), np.asarray(inner).ravel())[0, 1] == pytest.approx(1)
    np.testing.assert_allclose(now.components.sum(axis=1), 1)
    assert now.components.shape == (len(COMPONENTS), 600)
    rate = np.exp((day[before] - 450) / 120).sum() / (120 * (1 - math.exp(-450 / 120)))
    assert now.rates[1] == pytest.approx(rate, rel=1e-3)


def test_expectation_maximisation_finds_the_likeliest_weights() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([0.6, 0.3, 0.1])
    parts = rng.dirichlet(np.full(50, 0.3), 3)
    densities = parts[:, rng.choice(50, 20_000, p=truth @ parts)]
    np.testing.assert_allclose(fitted_weights(densities, np.full(3, 1 / 3), 500), truth, atol=0.03)
    few = [np.log(fitted_weights(densities, np.full(3, 1 / 3), k) @ densities).sum() for k in (0, 1, 5, 50)]
    assert few == sorted(few)
    np.testing.assert_array_equal(fitted_weights(np.empty((3, 0)), truth), truth)


def test_other_categories_help_where_they_show_the_same_places() -> None:
    rng = np.random.default_rng(0)
    place = rng.integers(0, 25, 3000)
    x = rng.uniform(100, 2900, 25)[place] + rng.normal(0, 20, 3000)
    y = rng.uniform(100, 1900, 25)[place] + rng.normal(0, 20, 3000)
    day, own = rng.uniform(0, 300, 3000), rng.random(3000) < 0.03
    found = forecast(x, y, day, BOUNDS, own=own, windows=10)
    assert found.start_day == 300
    assert found.weights["all 365 d, 0 m"] > 0.5
    assert found.backtest.totals.sum() == (own & (day >= 230)).sum()
    alone = forecast(x[own], y[own], day[own], BOUNDS, windows=10, start_day=300)
    mixture = METHODS.index("mixture")
    assert found.backtest.pai[mixture, 1] > alone.backtest.pai[mixture, 1]


def test_many_incidents_are_learned_from_by_lot(found: Forecast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.incidents.backtest._LEARNED", 5)
    drawn = forecast(*city(), BOUNDS, windows=12, start_day=420)
    np.testing.assert_array_equal(drawn.backtest.hits[:-3], found.backtest.hits[:-3])  # all but the mixture's
    assert drawn.expected[6, 12] == pytest.approx(found.expected[6, 12], rel=0.5)


def test_only_the_area_inside_counts() -> None:
    x, y, day = city(300)
    boundary = shapely.box(0, 0, 1500, 2000)
    found = forecast(x, y, day, BOUNDS, boundary=boundary, windows=6)
    assert np.isnan(found.expected[:, 15:]).all()
    assert np.isfinite(found.expected[:, :15]).all()
    assert found.backtest.totals.sum() == ((x <= 1500) & (day >= 258)).sum()


def test_top_cells_are_the_highest_and_equals_by_lot() -> None:
    score = np.array([0.0, 5, 1, 5, 0, 2])
    first, second = top_cells(score, [2, 4])
    assert set(first) == {1, 3}
    assert set(second) == {1, 3, 5, 2}
    assert set(top_cells(np.zeros(1000), [10])[0]) != set(range(10))


@pytest.mark.parametrize("n", [0, 1, 10])
@pytest.mark.parametrize("spread_m", [0.0, 900.0])
def test_few_incidents_or_all_at_one_point(n: int, spread_m: float) -> None:
    rng = np.random.default_rng(n)
    x, y = 1550 + spread_m * rng.uniform(-1, 1, n), 1050 + spread_m * rng.uniform(-1, 1, n)
    found = forecast(x, y, rng.uniform(0, 200, n), BOUNDS, horizon_days=14)
    assert np.isfinite(found.expected).all()
    assert (found.expected >= 0).all()
    assert found.expected.sum() == pytest.approx(found.total)
    assert (found.total > 0) == (n > 0)
    assert found.method in METHODS
    assert math.isnan(found.backtest.gain("count")[0, 0]) == (found.backtest.totals.sum() == 0)
    if n == 1:
        assert np.argmax(found.expected) == found.raster.cells_of(x, y)[0]


def test_without_a_pattern_nothing_is_found() -> None:
    rng = np.random.default_rng(2)
    n = 2000
    x, y, day = rng.uniform(0, 3000, n), rng.uniform(0, 2000, n), rng.uniform(0, 400, n)
    found = forecast(x, y, day, BOUNDS, windows=20)
    used = found.backtest.pai_interval(confidence=0.99)[found.backtest.methods.index(USED), 1]
    assert used[0] <= 1 <= used[1]
    assert np.nanmax(found.expected) < 4 * found.total / 600


def test_poisson_data_need_no_wider_interval() -> None:
    raster = Raster.over(BOUNDS, 500)
    rng = np.random.default_rng(5)
    rate = rng.gamma(2, 0.02, 24)
    cell = np.repeat(np.arange(24), rng.poisson(rate * 700))
    x, y = (cell % 6 + 0.5) * 500, (cell // 6 + 0.5) * 500
    found = forecast(x, y, rng.uniform(0, 700, len(cell)), BOUNDS, cell_m=500, windows=26, horizon_days=14)
    own = poisson.ppf(0.9, found.expected)
    assert (found.high >= own).all()
    assert (found.high <= own + 1).all()
    assert (
        roll(history_of(x, y, cell * 0.0, raster), np.array([]), 7, tested=3, area_shares=[0.01]).backtest.winner == ""
    )


@pytest.mark.parametrize(
    "options",
    [
        {"horizon_days": 0},
        {"horizon_days": math.inf},
        {"start_day": math.nan},
        {"windows": 0},
        {"area_shares": []},
        {"area_shares": [1.5]},
        {"confidence": 1},
        {"cell_m": 0},
    ],
)
def test_options_that_can_t_be_met_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        forecast([0], [0], [0], BOUNDS, **options)  # type: ignore[arg-type]


def test_bad_incidents_are_refused() -> None:
    with pytest.raises(InputError):
        forecast([0, math.nan], [0, 0], [0, 1], BOUNDS)
    with pytest.raises(InputError):
        forecast([0, 1], [0, 0], [0, 1], BOUNDS, own=[True])

"""Change points: every partition tried, false changes, planted ones, seasons and bursts that are none, odd data."""

import itertools
import math
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from spatialgov.errors import InputError
from spatialgov.incidents import ChangePoints, Daily, change_points
from spatialgov.incidents.changes import Step, optimal_cuts, penalty

FIRST = date(2021, 1, 1)
Floats = npt.NDArray[np.float64]


def days_of(rates: Floats, seed: int, clump: float = 0.0, lasting: int = 1) -> Daily:
    """Poisson days, with a level that differs by the gamma distribution every so many days."""
    rng = np.random.default_rng(seed)
    n = len(rates)
    means = rates * np.repeat(rng.gamma(1 / clump, clump, n // lasting + 1), lasting)[:n] if clump else rates
    return Daily(FIRST, rng.poisson(means).astype(float), np.full(n, 24.0))


def price(y: list[int], e: list[float], cuts: tuple[int, ...], each: float) -> float:
    total = each * len(cuts)
    for a, b in itertools.pairwise((0, *cuts, len(y))):
        counts, exposure = np.array(y[a:b]), np.array(e[a:b])
        mean = counts.sum() / exposure.sum() * exposure
        # what the data's own likelihood adds is the same whatever the cuts
        total += -2 * (poisson.logpmf(counts, mean).sum() - poisson.logpmf(counts, np.maximum(counts, 1e-300)).sum())
    return float(total)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_partition_is_the_best_of_all(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 9))
    least = data.draw(st.integers(1, 3))
    y = data.draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))
    e = data.draw(st.lists(st.floats(0.5, 2.0), min_size=n, max_size=n))
    each = data.draw(st.floats(0.5, 8.0))
    found = tuple(optimal_cuts(np.array(y, dtype=float), np.array(e), each, least).tolist())
    every = [
        cuts
        for k in range(n)
        for cuts in itertools.combinations(range(1, n), k)
        if all(b - a >= least for a, b in itertools.pairwise((0, *cuts, n))) or not cuts
    ]
    assert found in every
    assert price(y, e, found, each) <= min(price(y, e, cuts, each) for cuts in every) + 1e-6


@pytest.mark.parametrize(
    ("step", "days", "rate", "clump", "lasting"),
    [
        ("week", 1096, 0.1, 0.0, 1),
        ("week", 1096, 5.0, 0.0, 1),
        ("week", 365, 5.0, 0.5, 1),
        ("week", 1096, 20.0, 0.1, 14),
        ("day", 500, 3.0, 0.3, 1),
        ("month", 1461, 2.0, 0.2, 1),
    ],
)
def test_a_constant_level_has_a_change_in_at_most_five_per_cent(
    step: Step, days: int, rate: float, clump: float, lasting: int
) -> None:
    tried = 100
    false = sum(
        bool(change_points(days_of(np.full(days, rate), seed, clump, lasting), step).changes) for seed in range(tried)
    )
    assert false <= 0.05 * tried + 2.6 * math.sqrt(0.05 * 0.95 * tried)


def planted(ratio: float, seed: int, rate: float = 4.0) -> ChangePoints:
    rates = np.full(900, rate)
    rates[500:] *= ratio
    return change_points(days_of(rates, seed))


def test_a_planted_change_is_found_with_its_day_and_its_ratio() -> None:
    true_day = FIRST + timedelta(days=500)
    held_day, held_ratio, found_one = [], [], 0
    for seed in range(60):
        found = planted(1.5, seed)
        found_one += len(found.changes) == 1
        nearest = min(found.changes, key=lambda change: abs((change.first_day - true_day).days))
        assert abs((nearest.first_day - true_day).days) <= 120
        # a week is the finest it can say
        held_day.append(
            nearest.earliest <= true_day + timedelta(days=7) and nearest.latest >= true_day - timedelta(days=7)
        )
        held_ratio.append(nearest.ratio_low <= 1.5 <= nearest.ratio_high)
        assert nearest.ratio == pytest.approx(nearest.after / nearest.before)
    assert found_one >= 55
    assert np.mean(held_day) >= 0.93
    assert np.mean(held_ratio) >= 0.88


def test_the_interval_of_the_day_holds_it() -> None:
    """With single days, where nothing is rounded to weeks."""
    rates = np.full(400, 6.0)
    rates[230:] *= 1.5
    held = []
    for seed in range(60):
        changes = change_points(days_of(rates, seed), "day").changes
        if len(changes) == 1:
            held.append(changes[0].earliest <= FIRST + timedelta(days=230) <= changes[0].latest)
    assert len(held) > 50
    assert np.mean(held) >= 0.88


def test_a_season_is_no_change_and_hides_none() -> None:
    day = np.arange(1461)
    season = 1 + 0.5 * np.sin(2 * np.pi * day / 365.25)
    week = np.where(day % 7 < 2, 0.6, 1.2)
    false, found_day = 0, []
    for seed in range(25):
        still = change_points(days_of(6 * season * week, seed))
        assert set(still.adjusted) == {"weekday", "month"}
        false += bool(still.changes)
        changed = change_points(days_of(6 * season * week * np.where(day >= 800, 1.6, 1.0), seed))
        found_day.append(any(abs((one.first_day - FIRST).days - 800) <= 28 for one in changed.changes))
    assert false <= 3
    assert np.mean(found_day) > 0.9


def test_three_levels_have_two_changes() -> None:
    rates = np.repeat([2.0, 5.0, 3.0], 300)
    found = change_points(days_of(rates, 3))
    assert [round(one.ratio, 1) for one in found.changes] == [pytest.approx(2.5, abs=0.5), pytest.approx(0.6, abs=0.15)]
    assert found.changes[0].after == found.changes[1].before
    assert found.step == "week"
    assert found.counts.sum() == days_of(rates, 3).counts[900 % 7 :].sum()
    assert found.first_days[0] == np.datetime64(FIRST) + 900 % 7
    assert found.expected.sum() == pytest.approx(found.counts.sum())


def test_the_beginning_of_everything_is_a_change_without_bounds() -> None:
    found = change_points(Daily(FIRST, np.repeat([0.0, 3.0], 200), np.full(400, 24.0)))
    (change,) = found.changes
    assert change.before == 0
    assert math.isinf(change.ratio)
    assert math.isinf(change.ratio_high)
    assert change.ratio_low > 10


@pytest.mark.parametrize("step", ["day", "week", "month"])
@pytest.mark.parametrize("n_days", [0, 1, 6, 7, 30, 900])
@pytest.mark.parametrize("n", [0, 1, 10])
def test_few_incidents(step: Step, n_days: int, n: int) -> None:
    counts = np.zeros(n_days)
    counts[:1] = n  # all at one moment
    found = change_points(Daily(FIRST, counts, np.full(n_days, 24.0)), step)
    assert found.changes == ()
    assert len(found.counts) == len(found.expected) == len(found.first_days)
    assert np.isfinite(found.expected).all()


def test_a_part_of_a_day_is_part_of_its_exposure() -> None:
    hours = np.full(730, 24.0)
    hours[0] = hours[-1] = 1.0
    counts = np.full(730, 24.0)
    counts[0] = counts[-1] = 1.0
    found = change_points(Daily(FIRST, counts, hours), "month")
    assert found.changes == ()
    np.testing.assert_allclose(found.expected, found.counts, rtol=1e-6)


def test_the_penalty_grows_with_the_steps() -> None:
    prices = [penalty(n, 4) for n in (8, 52, 520)]
    assert prices == sorted(prices)


def test_an_unknown_step_is_refused() -> None:
    with pytest.raises(InputError):
        change_points(Daily(FIRST, np.ones(30), np.full(30, 24.0)), "hour")  # type: ignore[arg-type]


def test_too_many_steps_are_refused() -> None:
    with pytest.raises(InputError):
        change_points(Daily(FIRST, np.ones(4001), np.full(4001, 24.0)), "day")

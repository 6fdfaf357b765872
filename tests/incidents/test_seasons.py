"""The rhythm of weeks and years: planted factors, none where there is none, trends and lone humps, odd data."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pytest

from spatialgov.errors import InputError
from spatialgov.incidents import Daily, daily_counts, seasonality

FIRST = date(2021, 3, 10)  # a Wednesday
Floats = npt.NDArray[np.float64]
MONTHS = np.array([0.6, 0.7, 0.9, 1.0, 1.1, 1.3, 1.4, 1.3, 1.1, 1.0, 0.9, 0.7])
WEEK = np.array([1.1, 1.0, 1.0, 1.0, 1.4, 0.8, 0.7])


def days_of(rates: Floats, seed: int, first: date = FIRST, clump: float = 0.0) -> Daily:
    rng = np.random.default_rng(seed)
    means = rates * rng.gamma(1 / clump, clump, len(rates)) if clump else rates
    return Daily(first, rng.poisson(means).astype(float), np.full(len(rates), 24.0))


def calendar(n: int, first: date = FIRST) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    every = [first + timedelta(days=k) for k in range(n)]
    return np.array([one.weekday() for one in every]), np.array([one.month - 1 for one in every])


def test_planted_factors_are_within_their_intervals() -> None:
    weekday, month = calendar(1500)
    truth = MONTHS[month] * WEEK[weekday] * np.exp(np.linspace(0, 0.7, 1500))
    held = []
    for seed in range(12):
        found = seasonality(days_of(8 * truth, seed))
        assert found.weekdays is not None
        assert found.months is not None
        assert found.weekdays.p < 1e-6
        assert found.months.p < 1e-4
        for factors, planted in ((found.weekdays, WEEK), (found.months, MONTHS)):
            want = planted / (planted * factors.days).sum() * factors.days.sum()
            held.append((factors.low <= want) & (want <= factors.high))
        np.testing.assert_allclose((found.months.factor * found.months.days).sum(), found.months.days.sum())
    assert 0.9 <= np.concatenate(held).mean() <= 0.995


@pytest.mark.parametrize(("rate", "clump"), [(0.3, 0.0), (5.0, 0.0), (20.0, 0.3)])
def test_where_there_is_no_rhythm_the_level_holds(rate: float, clump: float) -> None:
    found = [seasonality(days_of(np.full(1200, rate), seed, clump=clump)) for seed in range(200)]
    for p in (
        np.array([one.weekdays.p for one in found if one.weekdays]),
        np.array([one.months.p for one in found if one.months]),
    ):
        assert len(p) == 200
        assert (p <= 0.05).mean() <= 0.09
        assert (p <= 0.5).mean() > 0.3


def test_a_trend_and_a_hump_that_comes_once_are_no_season() -> None:
    rises = np.exp(np.linspace(0, 1.0, 1461)) * 10
    hump = np.full(1461, 10.0)
    hump[500:590] *= 1.7
    p = {}
    for name, rate in (("rises", rises), ("hump", hump)):
        found = [seasonality(days_of(rate, seed)).months for seed in range(60)]
        p[name] = np.mean([one.p <= 0.05 for one in found if one])
    assert p["rises"] <= 0.12
    assert p["hump"] <= 0.12


def test_a_season_does_not_touch_the_week() -> None:
    weekday, month = calendar(800)
    del weekday
    found = [seasonality(days_of(6 * MONTHS[month], seed)).weekdays for seed in range(100)]
    assert np.mean([one.p <= 0.05 for one in found if one]) <= 0.1


def test_months_are_as_long_as_they_are() -> None:
    found = seasonality(Daily(date(2021, 1, 1), np.full(1461, 2.0), np.full(1461, 24.0)))
    assert found.months is not None
    np.testing.assert_allclose(found.months.factor, 1, atol=1e-6)
    assert found.months.days.tolist() == [124, 113, 124, 120, 124, 120, 124, 124, 120, 124, 120, 124]
    assert found.months.counts[1] == 226
    assert found.weekdays is not None
    np.testing.assert_allclose(found.weekdays.factor, 1)
    assert found.weekdays.p == pytest.approx(1)


def test_with_less_than_two_years_no_season_is_claimed() -> None:
    assert seasonality(days_of(np.full(729, 3.0), 0)).months is None
    assert seasonality(days_of(np.full(13, 3.0), 0)).weekdays is None
    assert seasonality(days_of(np.empty(0), 0)).weekdays is None


@pytest.mark.parametrize("n", [0, 1, 10])
def test_few_incidents(n: int) -> None:
    counts = np.zeros(900)
    counts[: n * 7 : 7] = 1  # all on one day of the week
    found = seasonality(Daily(FIRST, counts, np.full(900, 24.0)))
    for factors in (found.weekdays, found.months):
        assert factors is not None
        assert factors.counts.sum() <= n
        assert 0 <= factors.p <= 1
        assert (factors.p > 0.05) == (n < 10 or factors is found.months)
        assert np.isnan(factors.factor).all() == (n == 0)


def test_days_are_counted_on_the_local_calendar() -> None:
    zone = ZoneInfo("Europe/Berlin")
    moments = [
        datetime(2025, 3, 29, 22, 59, tzinfo=UTC),  # 23:59 on the 29th
        datetime(2025, 3, 29, 23, 0, tzinfo=UTC),  # 0:00 on the 30th, which has 23 hours
        datetime(2025, 3, 30, 21, 59, tzinfo=UTC),
        datetime(2025, 3, 30, 22, 0, tzinfo=UTC),  # 0:00 on the 31st
    ]
    found = daily_counts(moments, "Europe/Berlin")
    assert found.first == date(2025, 3, 29)
    assert found.counts.tolist() == [1, 2, 1]
    assert found.hours.tolist() == [24, 23, 24]
    part = daily_counts(
        moments,
        "Europe/Berlin",
        since=datetime(2025, 3, 29, 18, tzinfo=zone),
        until=datetime(2025, 3, 31, 6, tzinfo=zone),
    )
    assert part.hours.tolist() == [6, 23, 6]
    assert part.day(2) == date(2025, 3, 31)
    year = daily_counts([datetime(2025, 12, 31, 16, tzinfo=UTC)], "Asia/Shanghai")
    assert year.first == date(2026, 1, 1)
    assert len(daily_counts([], "Asia/Shanghai").counts) == 0


def test_what_are_no_counts_of_days_is_refused() -> None:
    for counts, hours in (([-1.0], [24.0]), ([1.0], [np.nan]), ([1.0, 2.0], [24.0]), ([1.0], [0.0])):
        with pytest.raises(InputError):
            seasonality(Daily(FIRST, np.array(counts), np.array(hours)))

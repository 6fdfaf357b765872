"""The clock of the week: counts and exposure hour by hour against a plain walk, false and planted hours, odd data."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from spatialgov.errors import InputError
from spatialgov.incidents import Clock, aoristic_weights, clock
from spatialgov.incidents.aoristic import HOURS_OF_WEEK
from spatialgov.incidents.clock import table_dispersion

CHINA, BERLIN = "Asia/Shanghai", "Europe/Berlin"
SINCE = datetime(2025, 1, 6, tzinfo=ZoneInfo(CHINA))  # a Monday


def exposure_by_minutes(since: datetime, until: datetime, zone: ZoneInfo) -> npt.NDArray[np.float64]:
    hours = np.zeros((7, 24))
    moment = since.astimezone(UTC)
    while moment < until:
        local = moment.astimezone(zone)
        hours[local.weekday(), local.hour] += 1 / 60
        moment += timedelta(minutes=1)
    return hours


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from([CHINA, BERLIN, "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]),
    st.datetimes(datetime(2023, 1, 1), datetime(2026, 1, 1)),
    st.integers(0, 12 * 24 * 60),
)
def test_exposure_equals_a_walk_minute_by_minute(name: str, begin: datetime, minutes: int) -> None:
    since = begin.replace(second=0, microsecond=0, tzinfo=UTC)
    until = since + timedelta(minutes=minutes)
    found = clock([], name, since=since, until=until)
    np.testing.assert_allclose(found.exposure_hours, exposure_by_minutes(since, until, ZoneInfo(name)), atol=1e-9)


def test_a_changed_clock_takes_an_hour_and_gives_one() -> None:
    spring = clock([], BERLIN, since=datetime(2025, 3, 24, tzinfo=ZoneInfo(BERLIN)),
                   until=datetime(2025, 3, 31, tzinfo=ZoneInfo(BERLIN)))  # fmt: skip
    autumn = clock([], BERLIN, since=datetime(2025, 10, 20, tzinfo=ZoneInfo(BERLIN)),
                   until=datetime(2025, 10, 27, tzinfo=ZoneInfo(BERLIN)))  # fmt: skip
    assert spring.exposure_hours.sum() == 167
    assert spring.exposure_hours[6, 2] == 0
    assert autumn.exposure_hours.sum() == 169
    assert autumn.exposure_hours[6, 2] == 2


def test_counts_are_of_the_local_clock_across_midnight_and_the_new_year() -> None:
    moments = [
        datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC),  # Wednesday 23:59:59 in China
        datetime(2025, 12, 31, 16, 0, tzinfo=UTC),  # Thursday 0:00
        datetime(2025, 12, 31, 16, 59, 59, tzinfo=UTC),
    ]
    found = clock(moments, CHINA)
    assert found.counts[2, 23] == 1
    assert found.counts[3, 0] == 2
    assert found.counts.sum() == 3
    assert found.since == datetime(2025, 12, 31, tzinfo=ZoneInfo(CHINA))
    assert found.until == datetime(2026, 1, 2, tzinfo=ZoneInfo(CHINA))
    assert found.exposure_hours.sum() == 48
    assert clock(pd.Series(moments), CHINA).counts[3, 0] == 2
    assert clock(pd.DatetimeIndex(moments).tz_convert(BERLIN), BERLIN).counts[2, 16] == 1
    later = clock(moments, CHINA, since=moments[1], until=moments[2])
    assert later.counts.sum() == 1  # half-open


def drawn(rate: npt.NDArray[np.float64], weeks: int, seed: int) -> Clock:
    rng = np.random.default_rng(seed)
    hour = np.repeat(np.arange(weeks * HOURS_OF_WEEK), rng.poisson(np.tile(rate.ravel(), weeks)))
    times = pd.DatetimeIndex(SINCE + pd.to_timedelta(hour + rng.random(len(hour)), unit="h"))
    return clock(times, CHINA, since=SINCE, until=SINCE + timedelta(weeks=weeks))


def test_an_even_week_has_no_hours_that_stand_out() -> None:
    found = [drawn(np.full((7, 24), rate), 30, seed) for rate in (0.02, 0.2, 2.0) for seed in range(20)]
    false = [(one.even.more | one.even.fewer | one.independent.more | one.independent.fewer).any() for one in found]
    assert np.mean(false) <= 0.12  # four families at 5 % each, the two of independence cautious


def test_planted_hours_stand_out() -> None:
    rate = np.full((7, 24), 0.4)
    rate[:, 22] *= 3
    rate[4, 20] *= 4
    found = drawn(rate, 52, 1)
    assert found.even.more[:, 22].all()
    assert found.even.more[4, 20]
    assert found.independent.more[4, 20]
    assert not found.independent.more[:, 22].any()
    assert found.independent.more.sum() == 1
    low, high = found.even.low[4, 20], found.even.high[4, 20]
    assert low < rate[4, 20] / rate.mean() < high
    np.testing.assert_allclose(found.expected_even.sum(), found.counts.sum())
    np.testing.assert_allclose(found.expected_independent.sum(axis=1), found.counts.sum(axis=1))
    np.testing.assert_allclose(found.expected_independent.sum(axis=0), found.counts.sum(axis=0))


def test_p_is_poisson_s_where_the_weeks_are_alike() -> None:
    found = drawn(np.full((7, 24), 0.2), 20, 3)
    plain = found.dispersion == 1
    assert 20 < plain.sum() < 168
    np.testing.assert_allclose(
        found.even.p_upper[plain], poisson.sf(found.counts[plain] - 1, found.expected_even[plain]), rtol=1e-9
    )
    np.testing.assert_allclose(
        found.even.p_lower[plain], poisson.cdf(found.counts[plain], found.expected_even[plain]), rtol=1e-9
    )


def test_one_bad_night_is_no_habit() -> None:
    rng = np.random.default_rng(0)
    quiet = rng.uniform(0, 26 * HOURS_OF_WEEK, 800)
    night = 10 * HOURS_OF_WEEK + 4 * 24 + 21 + rng.uniform(0, 2, 25)  # one Friday evening
    times = pd.DatetimeIndex(SINCE + pd.to_timedelta(np.concatenate([quiet, night]), unit="h"))
    found = clock(times, CHINA, since=SINCE, until=SINCE + timedelta(weeks=26))
    assert found.dispersion[4, 21] > 2.5
    without = clock(times[:800], CHINA, since=SINCE, until=SINCE + timedelta(weeks=26))
    assert without.dispersion.mean() < 1.15
    assert poisson.sf(found.counts[4, 21] - 1, found.expected_even[4, 21]) < 0.05 / 168
    assert not found.even.more[4].any()


def test_dispersion_is_one_on_average_without_any() -> None:
    rng = np.random.default_rng(1)
    for rate in (0.01, 0.3, 4.0):
        tables = [rng.poisson(rate * np.outer(rng.gamma(2, 0.5, 40), np.ones(168))).astype(float) for _ in range(40)]
        assert np.mean([table_dispersion(table) for table in tables]) < 1.03


def test_shares_of_incidents_are_counted() -> None:
    weights = np.zeros((2, HOURS_OF_WEEK))
    weights[0, [0, 1]] = 0.5
    weights[1, 167] = 1
    moments = [SINCE, SINCE + timedelta(days=6, hours=23, minutes=30)]
    found = clock(moments, CHINA, since=SINCE, until=SINCE + timedelta(weeks=1), weights=weights)
    assert found.counts[0, 0] == found.counts[0, 1] == 0.5
    assert found.counts[6, 23] == 1
    whole = clock(
        moments, CHINA, since=SINCE, until=SINCE + timedelta(weeks=1), weights=np.eye(HOURS_OF_WEEK)[[0, 167]]
    )
    plain = clock(moments, CHINA, since=SINCE, until=SINCE + timedelta(weeks=1))
    np.testing.assert_array_equal(whole.counts, plain.counts)
    np.testing.assert_array_equal(whole.even.p_upper, plain.even.p_upper)
    assert 1 > found.even.p_upper[0, 0] > plain.even.p_upper[0, 0]
    one_day = clock(moments, CHINA, since=SINCE, until=SINCE + timedelta(hours=1), weights=weights)
    assert one_day.counts.sum() == 0.5  # the period holds one hour of two


def test_intervals_of_time_count_where_they_lie() -> None:
    begin = pd.Series([SINCE + timedelta(hours=22), SINCE + timedelta(days=2, hours=9, minutes=30)])
    end = pd.Series([SINCE + timedelta(hours=26), pd.NaT]).dt.tz_convert(CHINA)
    weights = aoristic_weights(begin, end, "hour_of_week", timezone=CHINA)
    found = clock(begin, CHINA, since=SINCE, until=SINCE + timedelta(weeks=2), weights=weights)
    assert found.counts[0, 22:].tolist() == [0.25, 0.25]
    assert found.counts[1, :2].tolist() == [0.25, 0.25]
    assert found.counts[2, 9] == 1
    assert found.counts.sum() == 2


@pytest.mark.parametrize("n", [0, 1, 10])
def test_few_incidents(n: int) -> None:
    times = [SINCE + timedelta(days=5, hours=3)] * n
    for found in (clock(times, CHINA), clock(times, CHINA, since=SINCE, until=SINCE + timedelta(weeks=4))):
        assert found.counts.sum() == n
        assert np.isfinite(found.expected_even).all()
        assert ((found.even.p_upper >= 0) & (found.even.p_upper <= 1)).all()
        assert not found.even.more.any()  # one hour of one week
    empty = clock([], CHINA)
    assert (empty.since, empty.until) == (None, None)
    assert empty.exposure_hours.sum() == 0


def test_what_can_t_be_counted_is_refused() -> None:
    good = [SINCE]
    with pytest.raises(InputError):
        clock([datetime(2025, 1, 1)], CHINA)
    with pytest.raises(InputError):
        clock([SINCE, None], CHINA)
    with pytest.raises(InputError):
        clock(["soon"], CHINA)
    with pytest.raises(InputError):
        clock(good, "Asia/Nowhere")
    with pytest.raises(InputError):
        clock(good, CHINA, since=datetime(2025, 1, 1))
    with pytest.raises(InputError):
        clock(good, CHINA, since=SINCE, until=SINCE - timedelta(days=1))
    with pytest.raises(InputError):
        clock(good, CHINA, weights=np.ones((1, 24)))
    with pytest.raises(InputError):
        clock(good, CHINA, weights=-np.ones((1, 168)))

"""Knox: counts by listing all pairs, p against a planted near repeat and none, odd data."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.incidents import knox, near_repeat

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def pairs_by_band(
    x: Floats, y: Floats, day: Floats, distances: list[float], days: list[float]
) -> npt.NDArray[np.int64]:
    found = np.zeros((len(distances), len(days)), dtype=np.int64)
    for i, j in itertools.combinations(range(len(x)), 2):
        row = np.searchsorted(distances, math.hypot(x[i] - x[j], y[i] - y[j]))
        column = np.searchsorted(days, abs(day[i] - day[j]))
        if row < len(distances) and column < len(days):
            found[row, column] += 1
    return found


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 900), st.integers(0, 60)), max_size=25),
    st.lists(st.integers(0, 2000), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(0, 70), min_size=1, max_size=4, unique=True),
)
def test_counts_are_those_of_all_pairs(
    events: list[tuple[int, int, int]], distances: list[float], days: list[float]
) -> None:
    x, y, day = (np.array([event[axis] for event in events], dtype=np.float64) for axis in range(3))
    found = knox(x, y, day, sorted(distances), sorted(days), permutations=3)
    np.testing.assert_array_equal(found.observed, pairs_by_band(x, y, day, sorted(distances), sorted(days)))
    assert found.p.shape == found.expected.shape == found.ratio.shape == found.observed.shape


def scattered(n: int, repeats: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Incidents without pattern, and some that follow another within 80 m and five days."""
    rng = np.random.default_rng(seed)
    x, y, day = rng.uniform(0, 6000, n), rng.uniform(0, 6000, n), rng.uniform(0, 365, n)
    source = rng.choice(n, repeats, replace=False)
    return (
        np.concatenate([x, x[source] + rng.normal(0, 30, repeats)]),
        np.concatenate([y, y[source] + rng.normal(0, 30, repeats)]),
        np.concatenate([day, day[source] + rng.uniform(0, 5, repeats)]),
    )


def test_a_planted_near_repeat_is_found_in_its_band() -> None:
    found = knox(*scattered(800, 60, 0), [100, 200, 400], [7, 14, 28])
    assert found.p[0, 0] == 0.001
    assert found.ratio[0, 0] > 3
    assert (found.p[1:, 1:] > 0.005).all()


def test_the_level_is_kept_where_nothing_repeats() -> None:
    p = [knox(*scattered(200, 0, seed), [300], [14], permutations=99, seed=seed).p[0, 0] for seed in range(200)]
    assert 0.01 <= np.mean(np.array(p) <= 0.05) <= 0.10


def test_expected_is_the_product_of_margins() -> None:
    x, y, day = scattered(400, 0, 5)
    found = knox(x, y, day, [200, 400], [20, 60], permutations=2000)
    close_in_time = pairs_by_band(x * 0, y * 0, day, [1], [20, 60])[0] / (400 * 399 / 2)
    close_in_space = pairs_by_band(x, y, day * 0, [200, 400], [1])[:, 0]
    np.testing.assert_allclose(found.expected, np.outer(close_in_space, close_in_time), rtol=0.02)


def test_the_seed_rules() -> None:
    events = scattered(300, 10, 1)
    np.testing.assert_array_equal(knox(*events, seed=4).p, knox(*events, seed=4).p)
    assert (knox(*events, permutations=50, seed=4).expected != knox(*events, permutations=50, seed=5).expected).any()


@pytest.mark.parametrize("n", [0, 1, 10])
def test_few_incidents_or_all_at_one_point(n: int) -> None:
    found = knox(np.full(n, 7e5), np.full(n, 4e6), np.full(n, 100.0), permutations=9)
    assert found.observed[0, 0] == n * (n - 1) // 2
    assert found.observed.sum() == found.observed[0, 0]
    assert (found.p == 1).all()


def test_times_across_midnight_and_the_turn_of_the_year() -> None:
    found = knox([0, 0], [0, 0], [364.999, 365.001], [10], [0.01, 1], permutations=1)
    np.testing.assert_array_equal(found.observed, [[1, 0]])


def test_too_many_pairs_are_refused_before_they_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_repeat, "MOST_PAIRS", 44)
    knox([0] * 9, [0] * 9, range(9), permutations=1)
    with pytest.raises(InputError, match="45 pairs"):
        knox([0] * 10, [0] * 10, range(10), permutations=1)


@pytest.mark.parametrize("limits", [[], [2, 1], [1, 1], [-1, 3], [math.nan], [1, math.inf]])
def test_limits_that_don_t_ascend_are_refused(limits: list[float]) -> None:
    with pytest.raises(InputError):
        knox([0], [0], [0], limits, [1])
    with pytest.raises(InputError):
        knox([0], [0], [0], [1], limits)


def test_bad_events_are_refused() -> None:
    with pytest.raises(InputError):
        knox([0, 1], [0, 1], [0])
    with pytest.raises(InputError):
        knox([0], [0], [math.nan])
    with pytest.raises(InputError):
        knox([0], [0], [0], permutations=0)

"""Emerging hot spots: the 17 classes by their definitions, planted courses, and a city without any."""

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.incidents import COURSES, NO_PATTERN, emerging, getis_ord
from spatialgov.incidents.emergence import courses_of
from spatialgov.incidents.significance import getis_ord_periods

SIDE, PERIODS = 24, 18


def lattice(side: int) -> sp.csr_array:
    line = sp.diags_array([1, 1, 1], offsets=[-1, 0, 1], shape=(side, side), dtype=np.int64)
    return sp.csr_array(sp.kron(line, line, format="csr"))


def of_row(row: str, trend: int = 0) -> str:
    """Give the class of one cell whose periods are written as h, c and a dot."""
    letters = np.array(list(row))[None]
    return str(courses_of(letters == "h", letters == "c", np.array([trend > 0]), np.array([trend < 0]))[0])


@pytest.mark.parametrize(
    ("row", "trend", "course"),
    [
        (".........h", 0, "new_hot"),
        ("c........h", 0, "new_hot"),  # never hot before
        (".......hhh", 0, "consecutive_hot"),
        ("hhhhhhhhhh", 1, "intensifying_hot"),
        (".hhhhhhhhh", 0, "persistent_hot"),
        ("hhhhhhhhhh", -1, "diminishing_hot"),
        ("hh..h....h", 0, "sporadic_hot"),
        ("hh..c....h", 0, "oscillating_hot"),
        ("hhhhhhhhh.", 0, "historical_hot"),
        ("hhhh......", -1, NO_PATTERN),
        ("..........", 1, NO_PATTERN),
        ("c.........", 0, NO_PATTERN),
        ("cccccccccc", -1, "intensifying_cold"),
        ("cccccccccc", 1, "diminishing_cold"),
        ("c...h...cc", 0, "oscillating_cold"),
        ("hhhhhhhhhc", 0, "new_cold"),
    ],
)
def test_classes_are_those_of_their_definitions(row: str, trend: int, course: str) -> None:
    assert of_row(row, trend) == course


@given(st.text("hc.", min_size=1, max_size=12), st.sampled_from([-1, 0, 1]))
def test_every_course_has_one_class_and_mirrors(row: str, trend: int) -> None:
    found = of_row(row, trend)
    assert found in {NO_PATTERN, *(f"{course}_{kind}" for course in COURSES for kind in ("hot", "cold"))}
    if row[-1] != ".":
        assert found.endswith({"h": "hot", "c": "cold"}[row[-1]])
        mirrored = of_row(row.translate(str.maketrans("hc", "ch")), -trend)
        assert mirrored.partition("_")[0] == found.partition("_")[0]
        assert mirrored != found


def planted(seed: int) -> npt.NDArray[np.int64]:
    """A city of Poisson counts with an emerging, a fading and a stable block of nine cells."""
    rate = np.full((SIDE, SIDE, PERIODS), 0.3)
    rate[4:7, 4:7] += np.maximum(np.linspace(-4, 4, PERIODS), 0)
    rate[15:18, 4:7] += np.maximum(np.linspace(4, -4, PERIODS), 0)
    rate[15:18, 15:18] += 3
    return np.random.default_rng(seed).poisson(rate).reshape(SIDE * SIDE, PERIODS)


def test_planted_courses_are_found() -> None:
    middle = {"emerging": 5 * SIDE + 5, "fading": 16 * SIDE + 5, "stable": 16 * SIDE + 16}
    matrix = lattice(SIDE)
    for seed in range(10):
        found = emerging(planted(seed), matrix)
        assert found.course[middle["emerging"]] in {"consecutive_hot", "sporadic_hot"}
        assert found.rising[middle["emerging"]]
        assert found.falling[middle["fading"]]
        assert not found.hot[middle["fading"], -1]
        assert found.course[middle["stable"]] == "persistent_hot"


def test_nothing_is_found_where_nothing_is() -> None:
    matrix = lattice(SIDE)
    several = [np.random.default_rng(seed).poisson(0.5, (SIDE * SIDE, PERIODS)) for seed in range(40)]
    found = [emerging(counts, matrix) for counts in several]
    assert sum(bool((one.course != NO_PATTERN).any()) for one in found) <= 5
    assert sum(bool((one.rising | one.falling).any()) for one in found) <= 5


def test_one_period_is_plain_gi_star() -> None:
    counts = planted(0)[:, -1]
    alone, both = getis_ord(counts, lattice(SIDE)), getis_ord_periods(counts[:, None], lattice(SIDE))
    np.testing.assert_array_equal(alone.hot, both.hot[:, 0])
    np.testing.assert_array_equal(emerging(counts[:, None], lattice(SIDE)).course == "new_hot", alone.hot)


def test_periods_are_judged_against_all_of_them() -> None:
    """As one larger map of separate parts."""
    counts, matrix = planted(1)[:, :4], lattice(SIDE)
    found = getis_ord_periods(counts, matrix)
    apart = getis_ord(counts.T.ravel(), sp.csr_array(sp.block_diag([matrix] * 4, format="csr")))
    for name in ("z", "p_upper", "p_lower", "hot", "cold"):
        np.testing.assert_array_equal(getattr(found, name).T.ravel(), getattr(apart, name))


@pytest.mark.parametrize("shape", [(4, 0), (0, 5), (0, 0)])
def test_nothing_to_classify(shape: tuple[int, int]) -> None:
    side = round(shape[0] ** 0.5)
    matrix = lattice(side) if side else sp.csr_array((0, 0), dtype=np.int64)
    assert (emerging(np.zeros(shape, dtype=np.int64), matrix).course == NO_PATTERN).all()


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(InputError):
        emerging([1, 2, 3, 4], lattice(2))
    with pytest.raises(InputError):
        emerging([[1.5], [2.0], [3.0], [4.0]], lattice(2))


YEAR = 1 - 0.7 * np.cos(2 * np.pi * np.arange(12) / 12)


def seasonal(seed: int, years: float, spot: float) -> npt.NDArray[np.int64]:
    """A city with a season, and a block that rises to so many times itself."""
    periods = round(12 * years)
    season = np.resize(YEAR, periods)
    rate = 0.8 * season * np.ones((SIDE, SIDE, 1))
    rate[4:7, 4:7] *= np.linspace(1, spot, periods)
    return np.random.default_rng(seed).poisson(rate).reshape(SIDE * SIDE, periods)


@pytest.mark.parametrize("years", [1.25, 1.5, 2.0])
def test_a_season_that_all_share_is_no_trend(years: float) -> None:
    matrix, middle, called = lattice(SIDE), 5 * SIDE + 5, 0
    for seed in range(8):
        counts = seasonal(seed, years, 9.0)
        found = emerging(counts, matrix, common=counts.sum(axis=0))
        assert found.rising[middle]
        away = np.ones((SIDE, SIDE), dtype=bool)
        away[2:9, 2:9] = False
        called += bool((found.rising | found.falling)[away.ravel()].any())
    assert called <= 2
    plain = emerging(seasonal(0, 0.6, 1.0), matrix)
    assert (plain.rising | plain.falling).mean() > 0.2


def test_a_season_is_no_trend_when_months_are_compared_with_their_own() -> None:
    matrix, middle = lattice(SIDE), 5 * SIDE + 5
    counts = seasonal(0, 4.25, 5.0)
    found = emerging(counts, matrix, cycle=12)
    assert found.rising[middle]
    assert (found.rising | found.falling).mean() < 0.06

"""Gi*: z against esda, exact tails against brute force and Monte Carlo, false discoveries on shuffled counts."""

import warnings

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError
from spatialgov.incidents import benjamini_hochberg, getis_ord, significance


def lattice(rows: int, columns: int) -> sp.csr_array:
    """Queen neighbourhoods of a rows × columns lattice, with the diagonal."""
    line = [sp.diags_array([1, 1, 1], offsets=[-1, 0, 1], shape=(m, m), dtype=np.int64) for m in (rows, columns)]
    return sp.csr_array(sp.kron(line[0], line[1], format="csr"))


def sparse_counts(n: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Counts with about three quarters zeros and a long tail, as robberies have."""
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.gamma(0.25, 1.6, n)).astype(np.int64)


def tails_by_brute_force(y: npt.NDArray[np.int64], total: int, draws: int) -> tuple[float, float]:
    chances = np.bincount(y) / len(y)
    distribution = np.ones(1)
    for _ in range(draws):
        distribution = np.convolve(distribution, chances)
    return float(distribution[total:].sum()), float(distribution[: total + 1].sum())


def test_z_equals_esda() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import esda
        import libpysal

        matrix, y = lattice(12, 15), sparse_counts(180)
        others = sp.csr_array(matrix - sp.eye_array(180, dtype=np.int64))
        others.eliminate_zeros()
        weights = libpysal.weights.WSP(others).to_W(silence_warnings=True)
        theirs = esda.G_Local(y.astype(float), weights, transform="B", star=True, permutations=0).Zs
    np.testing.assert_allclose(getis_ord(y, matrix).z, theirs, rtol=0, atol=1e-12)


def test_tails_equal_brute_force() -> None:
    matrix, y = lattice(9, 11), sparse_counts(99, seed=3)
    found = getis_ord(y, matrix)
    sums, sizes = matrix @ y, np.diff(matrix.indptr)
    twin = np.array([tails_by_brute_force(y, int(s), int(k)) for s, k in zip(sums, sizes, strict=True)])
    np.testing.assert_allclose(found.p_upper, twin[:, 0], rtol=1e-12)
    np.testing.assert_allclose(found.p_lower, twin[:, 1], rtol=1e-12)


def test_tails_lie_inside_the_monte_carlo_interval() -> None:
    matrix, y = lattice(30, 30), sparse_counts(900, seed=5)
    found = getis_ord(y, matrix)
    draws = 100_000
    rng = np.random.default_rng(11)
    sums, sizes = matrix @ y, np.diff(matrix.indptr)
    chosen = rng.choice(np.flatnonzero((found.p_upper > 1e-3) & (found.p_upper < 0.2)), 40, replace=False)
    misses = 0
    for cell in chosen:
        simulated = y[rng.integers(0, len(y), (draws, int(sizes[cell])))].sum(axis=1)
        p = found.p_upper[cell]
        misses += abs((simulated >= sums[cell]).mean() - p) > 2.576 * np.sqrt(p * (1 - p) / draws)
    assert misses <= 3


def test_large_counts_stay_in_bounded_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, y = lattice(8, 8), sparse_counts(64, seed=2)
    y[10], y[40] = 5_000, 90
    exact = getis_ord(y, matrix)
    monkeypatch.setattr(significance, "TABLE_LENGTH", 512)
    bounded = getis_ord(y, matrix)
    small = (matrix @ y) < 510
    np.testing.assert_allclose(bounded.p_upper[small], exact.p_upper[small], rtol=1e-12)
    np.testing.assert_allclose(bounded.p_lower[small], exact.p_lower[small], rtol=1e-12)
    assert (bounded.p_upper >= exact.p_upper * (1 - 1e-12)).all()
    assert (bounded.p_lower >= exact.p_lower * (1 - 1e-12)).all()
    assert bounded.p_upper[10] < 0.15  # nine of the 64 neighbourhoods see the outlier


def test_many_distinct_counts_by_fast_convolution(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    matrix, y = lattice(10, 10), rng.integers(0, 400, 100)
    direct = getis_ord(y, matrix)
    monkeypatch.setattr(significance, "_DIRECT_WORK", 0)
    fast = getis_ord(y, matrix)
    np.testing.assert_allclose(fast.p_upper, direct.p_upper, rtol=0, atol=1e-13)
    np.testing.assert_allclose(fast.p_lower, direct.p_lower, rtol=0, atol=1e-13)


def test_a_planted_block_is_hot_and_hardly_anything_else() -> None:
    y = sparse_counts(900, seed=7)
    grid = y.reshape(30, 30)
    grid[10:14, 20:24] += 6
    found = getis_ord(y, lattice(30, 30))
    hot = found.hot.reshape(30, 30)
    assert hot[10:14, 20:24].all()
    beside = hot.copy()
    beside[9:15, 19:25] = False
    assert beside.sum() <= 0.05 * hot.sum()


def test_shuffled_counts_give_almost_no_hot_cell() -> None:
    matrix, y = lattice(40, 40), sparse_counts(1600, seed=9)
    rng = np.random.default_rng(1)
    found = [getis_ord(rng.permutation(y), matrix) for _ in range(60)]
    assert sum(bool(one.hot.any()) for one in found) <= 6
    assert sum(bool(one.cold.any()) for one in found) <= 6


@pytest.mark.parametrize(
    ("y", "matrix"),
    [
        ([], sp.csr_array((0, 0), dtype=np.int64)),
        ([7], lattice(1, 1)),
        ([0] * 12, lattice(3, 4)),
        ([5] * 12, lattice(3, 4)),
        ([0, 9], lattice(1, 2)),
    ],
    ids=["empty", "one cell", "all zero", "constant", "everything is neighbour"],
)
def test_where_nothing_can_be_said(y: list[int], matrix: sp.csr_array) -> None:
    found = getis_ord(y, matrix)
    assert (found.z == 0).all()
    assert (found.p_upper == 1).all()
    assert (found.p_lower == 1).all()
    assert not found.hot.any()
    assert not found.cold.any()


@pytest.mark.parametrize(
    ("y", "matrix"),
    [
        ([1, -1], lattice(1, 2)),
        ([1.5, 2], lattice(1, 2)),
        ([1, float("nan")], lattice(1, 2)),
        ([1, 2, 3], lattice(1, 2)),
        ([1, 2], sp.csr_array(np.array([[0, 1], [1, 0]]))),
        ([1, 2], sp.csr_array(np.array([[1, 0.5], [0.5, 1]]))),
    ],
    ids=["negative", "fraction", "NaN", "another size", "no diagonal", "weights"],
)
def test_wrong_input_is_named(y: list[float], matrix: sp.csr_array) -> None:
    with pytest.raises(InputError):
        getis_ord(y, matrix)


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=4, max_size=60))
def test_z_and_tails_agree_in_direction(y: list[int]) -> None:
    found = getis_ord(y, lattice(1, len(y)))
    assert (found.p_upper > 0).all()
    assert (found.p_lower > 0).all()
    assert (found.p_upper + found.p_lower >= 1 - 1e-12).all()
    assert not (found.hot & found.cold).any()


def adjusted_by_definition(p: list[float]) -> list[float]:
    return [min(1.0, *(q * len(p) / sum(other <= q for other in p) for q in p if q >= own)) if p else 0.0 for own in p]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_benjamini_hochberg_equals_its_definition(p: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(p), adjusted_by_definition(p), rtol=1e-12, atol=1e-300)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.01, 0.99))
def test_discoveries_are_what_the_adjusted_values_say(p: list[float], alpha: float) -> None:
    adjusted = benjamini_hochberg(p)
    clear = np.abs(adjusted - alpha) > 1e-12
    np.testing.assert_array_equal(significance.discoveries(p, alpha)[clear], (adjusted <= alpha)[clear])

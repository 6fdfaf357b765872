"""Scan statistic: the best circle by trying all, planted clusters, the level, odd data."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from spatialgov.errors import InputError
from spatialgov.incidents import scan
from spatialgov.incidents.scanning._kernels import scan_circles
from spatialgov.incidents.scanning.circles import _nearest_first

Floats = npt.NDArray[np.float64]
SIDE = 16


def lattice() -> tuple[Floats, Floats]:
    x, y = np.meshgrid(np.arange(SIDE) * 100.0, np.arange(SIDE) * 100.0)
    return x.ravel(), y.ravel()


def best_by_trying(counts: npt.NDArray[np.int64], expected: Floats, radius: float) -> Floats:
    """Try every radius about every cell."""
    x, y = lattice()
    total, best = counts.sum(), np.zeros(len(x))
    for centre in range(len(x)):
        apart = np.hypot(x - x[centre], y - y[centre])
        for limit in np.unique(apart[apart <= radius]):
            inside = apart <= limit + 1e-6
            c, e = counts[inside].sum(), expected[inside].sum()
            if c > e and e <= total / 2:
                llr = c * math.log(c / e) + ((total - c) * math.log((total - c) / (total - e)) if c < total else 0)
                best[centre] = max(best[centre], llr)
    return best


def test_the_best_circles_are_those_of_trying_all() -> None:
    rng = np.random.default_rng(0)
    weight = rng.uniform(0.5, 2, SIDE * SIDE)
    counts = rng.poisson(weight)
    expected = weight * counts.sum() / weight.sum()
    members, starts = _nearest_first(np.column_stack(lattice()), 450)
    ratios, sizes = scan_circles(counts, expected, members, starts, counts.sum() / 2)
    np.testing.assert_allclose(ratios, best_by_trying(counts, expected, 450), rtol=1e-9)
    assert ((sizes > 0) == (ratios > 0)).all()


def test_two_planted_clusters_are_found_apart() -> None:
    x, y = lattice()
    rate = np.full(SIDE * SIDE, 2.0)
    rate[np.hypot(x - 300, y - 300) <= 210] = 6
    rate[np.hypot(x - 1100, y - 1200) <= 110] = 8
    found = scan(np.random.default_rng(1).poisson(rate), np.ones(SIDE * SIDE), x, y, max_radius_m=500, simulations=99)
    assert len(found) >= 2
    first, second = found[:2]
    assert {(x[one.centre] > 700) for one in (first, second)} == {True, False}
    assert not set(first.cells) & set(second.cells)
    for one in (first, second):
        assert one.p == 0.01
        assert one.p_gumbel < 0.001
        assert one.ratio > 2
        assert one.radius_m == pytest.approx(np.hypot(x[one.cells] - x[one.centre], y[one.cells] - y[one.centre]).max())
        assert one.expected < one.observed


def test_the_level_is_kept_where_nothing_is() -> None:
    x, y = lattice()
    rng = np.random.default_rng(2)
    weight = rng.uniform(0.2, 3, SIDE * SIDE)
    found = [scan(rng.poisson(weight), weight, x, y, max_radius_m=300, simulations=39, seed=k) for k in range(60)]
    assert sum(bool(one) for one in found) <= 8


def test_a_single_hot_cell_is_found() -> None:
    x, y = lattice()
    counts = np.ones(SIDE * SIDE, dtype=np.int64)
    counts[100] = 15
    found = scan(counts, np.ones(SIDE * SIDE), x, y, max_radius_m=300, simulations=99)
    assert found[0].cells.tolist() == [100]
    assert found[0].radius_m == 0


@pytest.mark.parametrize("counts", [[], [3], [0, 0], [4, 0]])
def test_few_cells_or_incidents(counts: list[int]) -> None:
    n = len(counts)
    found = scan(counts, np.ones(n), np.arange(n) * 100.0, np.zeros(n), simulations=19)
    assert len(found) <= 1


def test_cells_at_one_place() -> None:
    assert scan([1, 2, 3], [1, 1, 1], [5, 5, 5], [5, 5, 5], simulations=19) == []


@pytest.mark.parametrize(
    ("counts", "expected", "options"),
    [
        ([1, -1], [1, 1], {}),
        ([1, 0.5], [1, 1], {}),
        ([1, 1], [1, -1], {}),
        ([1, 1], [1, 0], {}),
        ([1, 1], [1, 1], {"max_radius_m": 0}),
        ([1, 1], [1, 1], {"simulations": 0}),
        ([1, 1], [1, 1], {"alpha": 1}),
        ([1, math.nan], [1, 1], {}),
        ([1], [1, 1], {}),
    ],
)
def test_bad_input_is_refused(counts: list[float], expected: list[float], options: dict[str, int]) -> None:
    with pytest.raises(InputError):
        scan(counts, expected, [0, 1], [0, 0], **options)


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.incidents.scanning.circles.MOST_MEMBERS", 10)
    with pytest.raises(InputError, match="smaller radius"):
        scan([1] * 9, [1] * 9, range(9), [0] * 9, max_radius_m=100)

"""Irregular zones: a plain twin, every zone there is on a tiny lattice, planted rivers and corners, the level."""

import math
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from spatialgov.errors import InputError
from spatialgov.incidents import scan, scan_irregular
from spatialgov.incidents.scanning._kernels import scan_level_sets, zone_around

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def lattice(rows: int, columns: int) -> sp.csr_array:
    """Give the neighbours of square cells, the diagonal ones not among them."""
    along = [sp.csr_array(np.tri(n, k=1) - np.tri(n, k=-2)) for n in (rows, columns)]
    ones = [sp.eye_array(n) for n in (rows, columns)]
    both = sp.csr_array(sp.kron(along[0], ones[1]) + sp.kron(ones[0], along[1]))
    both.data[:] = 1
    return both.astype(np.int64)


def log_ratio(seen: int, awaited: float, total: int) -> float:
    if seen <= awaited:
        return 0.0
    outside = (total - seen) * math.log((total - seen) / (total - awaited)) if seen < total else 0.0
    return seen * math.log(seen / awaited) + outside


def by_definition(
    order: Ints, counts: Ints, expected: Floats, neighbours: sp.csr_array, most: float, max_cells: int
) -> tuple[Floats, Ints]:
    """Look after every step for what hangs together with the cell just added."""
    ratios, sizes = np.zeros(len(order)), np.zeros(len(order), dtype=np.int64)
    for k in range(len(order)):
        added = order[: k + 1]
        part = connected_components(neighbours[added][:, added], directed=False)[1]
        zone = added[part == part[k]]
        sizes[k] = len(zone)
        if expected[zone].sum() <= most and len(zone) <= max_cells:
            sides = 4 * len(zone) - (neighbours[zone][:, zone].sum() - len(zone))
            ratio = log_ratio(int(counts[zone].sum()), float(expected[zone].sum()), int(counts.sum()))
            ratios[k] = ratio * math.sqrt(16 * len(zone) / sides**2)
    return ratios, sizes


@pytest.mark.parametrize("seed", range(5))
def test_every_step_equals_the_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    neighbours = lattice(9, 12)
    weight = rng.uniform(0.2, 3, 108)
    counts = rng.poisson(weight)
    expected = weight * counts.sum() / weight.sum()
    order = rng.permutation(108)[:80]
    ratios, sizes = scan_level_sets(
        order, counts, expected, neighbours.indptr, neighbours.indices, counts.sum() / 2, 40
    )
    by_trying = by_definition(order, counts, expected, neighbours, counts.sum() / 2, 40)
    np.testing.assert_allclose(ratios, by_trying[0], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(sizes, by_trying[1])
    assert sizes.max() > 40
    step = np.full(108, 108)
    step[order] = np.arange(80)
    for k in (0, 10, 40, 79):
        added = order[: k + 1]
        part = connected_components(neighbours[added][:, added], directed=False)[1]
        zone = zone_around(order[k], step, neighbours.indptr, neighbours.indices)
        assert sorted(zone) == sorted(added[part == part[k]])


def every_zone(neighbours: sp.csr_array) -> list[Ints]:
    """List all sets of cells that hang together."""
    n = neighbours.shape[0]
    found = []
    for size in range(1, n + 1):
        for cells in combinations(range(n), size):
            chosen = np.array(cells)
            if connected_components(neighbours[chosen][:, chosen], directed=False)[0] == 1:
                found.append(chosen)
    return found


def test_the_best_of_all_zones_of_a_tiny_lattice() -> None:
    """Of 3 × 4 cells every zone can be tried. What is found is a zone, never likelier than the best of all, which it
    often is: level sets are few of the zones, and compact ones are preferred.
    """
    neighbours = lattice(3, 4)
    zones = every_zone(neighbours)
    assert len(zones) == 1126
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(40):
        rate = np.full(12, 3.0)
        rate[zones[rng.integers(len(zones))][:5]] = 12.0
        counts = rng.poisson(rate)
        total = int(counts.sum())
        best = max(log_ratio(int(counts[z].sum()), len(z) * total / 12, total) for z in zones if len(z) <= 6)
        found = scan_irregular(counts, np.ones(12), neighbours, simulations=39, alpha=0.99)[0]
        assert found.llr == pytest.approx(log_ratio(found.observed, found.expected, total))
        assert connected_components(neighbours[found.cells][:, found.cells], directed=False)[0] == 1
        shares.append(found.llr / best)
    assert max(shares) <= 1 + 1e-9
    assert np.mean(np.array(shares) > 1 - 1e-9) >= 0.25
    assert np.mean(shares) > 0.75


SIDE = 30


def places() -> tuple[Floats, Floats]:
    y, x = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return x * 100.0, y * 100.0


def corner() -> npt.NDArray[np.bool_]:
    """Two cells wide, along two streets that meet."""
    x, y = places()
    return ((x // 100 >= 6) & (x // 100 <= 20) & (np.abs(y - 650) < 100)) | (
        (y // 100 >= 6) & (y // 100 <= 20) & (np.abs(x - 650) < 100)
    )


def river() -> npt.NDArray[np.bool_]:
    x, y = places()
    return np.asarray(np.abs(y - 1500 - 700 * np.sin(x / 550)) < 140)


@pytest.mark.parametrize("shape", [corner(), river()], ids=["corner", "river"])
def test_long_clusters_are_found_better_than_by_circles(shape: npt.NDArray[np.bool_]) -> None:
    """Measured by the Jaccard index of the best zone and the planted cluster, and by how often it is found at all."""
    x, y = places()
    ones = np.ones(SIDE * SIDE)
    neighbours = lattice(SIDE, SIDE)
    rng = np.random.default_rng(3)
    fits, found = [], []
    for _ in range(12):
        counts = rng.poisson(np.where(shape, 1.9, 0.8))
        best = (
            scan_irregular(counts, ones, neighbours, simulations=59, alpha=0.99)[0],
            scan(counts, ones, x, y, max_radius_m=800, simulations=59, alpha=0.99)[0],
        )
        inside = [np.isin(np.arange(SIDE * SIDE), one.cells) for one in best]
        fits.append([(shape & zone).sum() / (shape | zone).sum() for zone in inside])
        found.append([one.p <= 0.05 for one in best])
    fit, fit_of_circles = np.mean(fits, axis=0)
    assert fit > 1.5 * fit_of_circles
    assert np.mean(found, axis=0)[0] >= max(0.7, np.mean(found, axis=0)[1])


def test_the_level_is_kept_where_nothing_is() -> None:
    """A false zone in 5 of 100 at the 5 % level: between 1 and 11 of 120 in 99 % of cases."""
    rng = np.random.default_rng(4)
    weight = rng.uniform(0.2, 3, 144)
    found = [scan_irregular(rng.poisson(weight), weight, lattice(12, 12), simulations=99, seed=k) for k in range(120)]
    assert 1 <= sum(bool(one) for one in found) <= 12


def test_gumbel_and_monte_carlo_agree() -> None:
    rng = np.random.default_rng(5)
    found = [scan_irregular(rng.poisson(np.ones(144)), np.ones(144), lattice(12, 12), simulations=99, alpha=0.99)
             for _ in range(25)]  # fmt: skip
    p = np.array([(one[0].p, one[0].p_gumbel) for one in found if one])
    assert len(p) > 20
    assert np.abs(p[:, 0] - p[:, 1]).max() < 0.15
    assert np.corrcoef(p.T)[0, 1] > 0.95


def test_zones_apart_share_no_cell() -> None:
    rate = np.full(SIDE * SIDE, 1.0)
    rate[[31, 32, 33, 61]] = 12
    rate[[800, 801, 830, 831]] = 12
    found = scan_irregular(np.random.default_rng(6).poisson(rate), np.ones(SIDE * SIDE), lattice(SIDE, SIDE),
                           simulations=99)  # fmt: skip
    assert len(found) >= 2
    assert not set(found[0].cells) & set(found[1].cells)
    assert {int(one.cells[0]) > 400 for one in found[:2]} == {True, False}
    assert all(one.centre is None and one.radius_m is None and one.ratio > 2 for one in found[:2])


def test_cells_where_nothing_is_expected_take_no_part() -> None:
    expected = np.ones(100)
    expected[::7] = 0.0
    counts = np.where(expected > 0, 1, 0)
    counts[[44, 45, 54, 55]] = 15
    found = scan_irregular(counts, expected, lattice(10, 10), simulations=99)
    assert {44, 45, 54, 55} <= set(found[0].cells)
    assert found[0].ratio > 5


@pytest.mark.parametrize("counts", [[], [3], [0, 0], [4, 0], [2, 2]])
def test_few_cells_or_incidents(counts: list[int]) -> None:
    n = len(counts)
    neighbours = lattice(1, max(n, 1))[:n, :n]
    assert len(scan_irregular(counts, np.ones(n), neighbours, simulations=19)) <= 1


@pytest.mark.parametrize(
    ("counts", "expected", "options"),
    [
        ([1, -1], [1, 1], {}),
        ([1, 0.5], [1, 1], {}),
        ([1, 1], [1, -1], {}),
        ([1, 1], [1, 0], {}),
        ([1, 1], [1, 1], {"simulations": 0}),
        ([1, 1], [1, 1], {"alpha": 0}),
        ([1, 1], [1, 1], {"max_cells": 0}),
        ([1, math.nan], [1, 1], {}),
        ([1], [1, 1], {}),
        ([1], [1], {}),
    ],
)
def test_bad_input_is_refused(counts: list[float], expected: list[float], options: dict[str, int]) -> None:
    with pytest.raises(InputError):
        scan_irregular(counts, expected, lattice(1, 2), **options)

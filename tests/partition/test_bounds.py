"""Bounds of the moment of inertia against every assignment there is, and against divisions."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InputError
from spatialgov.partition.bounds import Bound, inertia_bound
from spatialgov.partition.inertia import divide_by_inertia, moment_of_inertia
from spatialgov.sample import boundaries_dir
from spatialgov.units import read_units

Floats = npt.NDArray[np.float64]


def least_of_all(xy_m: Floats, weight: Floats, k: int, lower: float, upper: float) -> float:
    """Try every set of centres and every assignment to them."""
    n = len(weight)
    square = ((xy_m[:, None] - xy_m) ** 2).sum(axis=2) / 1e6
    least = math.inf
    codes = np.array(list(itertools.product(range(k), repeat=n)))
    held = np.stack([(codes == a) @ weight for a in range(k)], axis=1)
    codes = codes[((held >= lower) & (held <= upper)).all(axis=1)]
    for centres in itertools.combinations(range(n), k):
        cost = (weight[:, None] * square[:, centres])[np.arange(n), codes].sum(axis=1)
        least = min(least, float(cost.min(initial=math.inf)))
    return least / 1e6


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 7), st.integers(1, 3), st.integers(0, 2**31), st.floats(0.05, 0.9))
def test_the_bound_of_a_small_problem_is_its_optimum(n: int, k: int, seed: int, slack: float) -> None:
    k = min(k, n)
    rng = np.random.default_rng(seed)
    xy_m, weight = rng.uniform(0, 1e4, (n, 2)), rng.integers(0, 9, n).astype(float)
    mean = float(weight.sum()) / k
    bound = inertia_bound(xy_m, weight, k, mean * (1 - slack), mean * (1 + slack))
    trifle = 1e-6 * mean  # a part that just keeps a limit keeps it for the solver, whatever the last bit says
    optimum = least_of_all(xy_m, weight, k, mean * (1 - slack) - trifle, mean * (1 + slack) + trifle)
    assert bound.value <= optimum * (1 + 1e-6) + 1e-12
    if bound.exact:
        assert bound.value == pytest.approx(optimum, rel=2e-4, abs=1e-10)


def test_a_problem_of_150_units_and_a_division_of_it() -> None:
    rng = np.random.default_rng(3)
    xy_m, weight = rng.uniform(0, 5e3, (150, 2)), rng.integers(1, 30, 150).astype(float)
    corners = Delaunay(xy_m).simplices
    edges = np.unique(np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])), axis=0)
    graph = ContiguityGraph.from_edges(150, edges, np.ones(len(edges)), xy_m=xy_m)
    mean = weight.sum() / 6
    bound = inertia_bound(xy_m, weight, 6, 0.9 * mean, 1.1 * mean)
    labels = divide_by_inertia(graph, weight, 6, 0.9 * mean, 1.1 * mean)
    assert 0 <= bound.gap(moment_of_inertia(xy_m, weight, labels)) < 0.02


def test_a_community_of_the_sample_city_is_divided_within_three_percent_of_the_bound() -> None:
    units = read_units(boundaries_dir() / "sample" / "units.geojson", datum="wgs84")
    rows = np.flatnonzero(units.frame["community_code"] == "990101002004")
    graph, load = units.graph.subgraph(rows), units.frame["households"].to_numpy(np.float64)[rows]
    k = round(load.sum() / 400)
    labels = divide_by_inertia(graph, load, k, 300, 500)
    held = np.bincount(labels, load, k)
    assert held.min() >= 300
    assert held.max() <= 500
    bound = inertia_bound(graph.xy_m, load, k, 300, 500)
    assert bound.value > 0
    assert 0 <= bound.gap(moment_of_inertia(graph.xy_m, load, labels)) < 0.03


def test_the_time_limit_is_kept_and_the_bound_still_holds() -> None:
    rng = np.random.default_rng(4)
    xy_m, weight = rng.uniform(0, 5e3, (400, 2)), rng.integers(1, 30, 400).astype(float)
    mean = weight.sum() / 5
    short = inertia_bound(xy_m, weight, 5, 0.99 * mean, 1.01 * mean, time_limit_s=0.01)
    longer = inertia_bound(xy_m, weight, 5, 0.99 * mean, 1.01 * mean, time_limit_s=2)
    assert not short.exact
    assert short.value <= longer.value * (1 + 1e-9)


def test_limits_that_rule_everything_out() -> None:
    bound = inertia_bound(np.zeros((3, 2)), [1, 1, 1], 2, 2, 3)
    assert bound.exact
    assert bound.value == math.inf


def test_nobody_lives_here() -> None:
    bound = inertia_bound(np.eye(2), [0, 0], 1, 0, 3)
    assert (bound.value, bound.exact) == (0.0, True)
    assert bound.gap(0.0) == 0.0


def test_gap() -> None:
    assert Bound(2.0, False, 0.0).gap(2.5) == 0.25


@pytest.mark.parametrize(
    ("weight", "k", "limits", "said"),
    [([1, 1], 1, (0, 3), "places"), ([1, 1, -1], 1, (0, 3), "negative"), ([1, 1, 1], 4, (0, 3), "1 ≤ k"),
     ([1, 1, 1], 2, (3, 2), "3 to 2")],
)  # fmt: skip
def test_what_makes_no_sense_is_said(weight: list[float], k: int, limits: tuple[float, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        inertia_bound(np.zeros((3, 2)), weight, k, *limits)

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation import p_center
from spatialgov.errors import InfeasibleError, InputError


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 12), m=st.integers(1, 8), p=st.integers(1, 8), seed=st.integers(0, 10**6), few=st.booleans())
def test_small_cases_are_solved_and_proved(n: int, m: int, p: int, seed: int, few: bool) -> None:
    p = min(p, m)
    rng = np.random.default_rng(seed)
    distance = rng.integers(0, 4, (n, m)).astype(np.float64) if few else rng.random((n, m))
    found = p_center(distance, p)
    best = min(distance[:, list(sites)].min(axis=1).max() for sites in combinations(range(m), p))
    assert found.cost == found.bound == best
    assert found.proved
    assert len(set(found.sites.tolist())) == p
    assert distance[np.arange(n), found.assignment].max() == best
    assert set(found.assignment.tolist()) <= set(found.sites.tolist())


def test_the_farthest_village_decides() -> None:
    along_km = np.array([0.0, 1.0, 2.0, 3.0, 20.0])
    found = p_center(np.abs(along_km[:, None] - along_km), 2)
    assert found.cost == 2
    assert 4 in found.sites


def test_places_out_of_reach_need_a_site_each() -> None:
    distance = np.full((4, 4), np.inf)
    distance[:2, :2] = distance[2:, 2:] = [[0, 3], [3, 0]]
    assert p_center(distance, 2).cost == 3
    with pytest.raises(InfeasibleError, match="2 sites are enough"):
        p_center(distance, 1)


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(InputError, match="Row 1, column 2"):
        p_center([[0.0, -2.0]], 1)
    with pytest.raises(InputError, match="p is 4"):
        p_center([[0.0, 2.0]], 4)

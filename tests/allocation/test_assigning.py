from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, linprog
from scipy.sparse import eye_array, kron

from spatialgov.allocation import CentreAssignment, assign_to_centres
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import using_language
from spatialgov.partition.highs import milp

Floats = npt.NDArray[np.float64]


def rules(n: int, m: int) -> tuple[Any, Any]:
    """Give the matrices that add up the shares of each row, and the rows of each centre."""
    return kron(eye_array(n), np.ones((1, m))).tocsr(), kron(np.ones((1, n)), eye_array(m)).tocsr()


def cheapest_flow(cost: Floats, load: Floats, capacity: Floats) -> float:
    rows, centres = rules(*cost.shape)
    solve: Any = linprog  # its stubs know no sparse matrices
    return float(solve(cost.ravel(), A_ub=centres, b_ub=capacity, A_eq=rows, b_eq=load, method="highs").fun)


def cheapest_whole(cost: Floats, load: Floats, capacity: Floats) -> float | None:
    n, m = cost.shape
    rows, _ = rules(n, m)
    held = kron(load[None, :], eye_array(m)).tocsr()
    found = milp(
        (cost * load[:, None]).ravel(),
        integrality=np.ones(n * m),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(rows, 1, 1), LinearConstraint(held, -np.inf, capacity)],
    )
    return None if found.x is None else float(found.fun)


def check(found: CentreAssignment, cost: Floats, load: Floats, capacity: Floats) -> None:
    share = found.share.toarray()
    assert share.sum(axis=1) == pytest.approx(1.0)
    assert (share >= 0).all()
    assert found.used == pytest.approx(load @ share)
    assert (found.used <= capacity + 1e-6 * load.sum() + 1e-9).all()
    assert found.cost == pytest.approx((cost * share * load[:, None]).sum())
    assert found.bound <= found.cost + 1e-12


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 14), m=st.integers(1, 5), seed=st.integers(0, 10**6), whole=st.booleans())
def test_small_cases_equal_the_linear_and_the_integer_programme(n: int, m: int, seed: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    cost = rng.random((n, m))
    load = rng.integers(0, 6, n).astype(np.float64) if whole else rng.random(n)
    capacity = rng.dirichlet(np.ones(m)) * load.sum() * 1.2
    divided = assign_to_centres(cost, load, capacity, divide=True)
    check(divided, cost, load, capacity)
    least = cheapest_flow(cost, load, capacity)
    assert divided.cost == pytest.approx(least, abs=1e-7)
    assert divided.proved
    best = cheapest_whole(cost, load, capacity)
    if best is None:
        with pytest.raises(InfeasibleError, match="keeps every row whole"):
            assign_to_centres(cost, load, capacity)
    else:
        kept = assign_to_centres(cost, load, capacity)
        check(kept, cost, load, capacity)
        assert kept.divided.size == 0
        assert kept.cost == pytest.approx(best, abs=1e-6)
        assert kept.bound <= best + 1e-6


def test_hundreds_of_grids_share_a_few_centres() -> None:
    rng = np.random.default_rng(4)
    places, centres = rng.random((400, 2)), rng.random((12, 2))
    cost = np.hypot(*(places[:, None] - centres).transpose(2, 0, 1))
    load = rng.integers(100, 500, 400).astype(np.float64)
    capacity = np.full(12, np.ceil(load.sum() * 1.1 / 12))
    divided = assign_to_centres(cost, load, capacity, divide=True)
    check(divided, cost, load, capacity)
    assert divided.cost == pytest.approx(cheapest_flow(cost, load, capacity))
    assert len(divided.divided) <= 12
    kept = assign_to_centres(cost, load, capacity, time_limit_s=3)
    check(kept, cost, load, capacity)
    assert divided.cost <= kept.bound + 1e-6
    assert kept.gap < 0.02


def test_nobody_is_sent_where_there_is_no_way() -> None:
    cost = [[1.0, np.inf], [2.0, 1.0], [1.0, 3.0]]
    found = assign_to_centres(cost, [1, 1, 1], [2, 2])
    assert found.centre.tolist() == [0, 1, 0]
    with pytest.raises(InfeasibleError, match=r"room for a load of 1\. Row 1 is the first"):
        assign_to_centres([[1.0, np.inf], [1.0, np.inf]], [1, 1], [1, 5])


def test_too_little_room_is_told() -> None:
    with pytest.raises(InfeasibleError, match="room for a load of 3") as caught:
        assign_to_centres([[1.0], [1.0]], [4, 4], [5])
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("load", "capacity", "words"),
    [
        ([1.0], [1.0, 1.0], "don't fit"),
        ([1.0, np.nan], [1.0, 1.0], "Row 2: the load is nan"),
        ([1.0, 1.0], [-1.0, 9.0], "Row 1: the capacity is -1"),
    ],
)
def test_what_does_not_fit_is_refused(load: list[float], capacity: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        assign_to_centres([[0.0, 1.0], [1.0, 0.0]], load, capacity)
    with using_language("zh"), pytest.raises(InputError) as caught:
        assign_to_centres([[0.0, 1.0], [1.0, 0.0]], load, capacity)
    assert any("\u4e00" <= c <= "\u9fff" for c in caught.value.message)

"""Waiting for posts: known formulas, exact solutions of other kinds, and the simulation."""

import heapq

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import poisson

from spatialgov.allocation.staffing import simulate, waiting
from spatialgov.allocation.staffing._kernels import serve_in_turn
from spatialgov.errors import InputError
from tests.bench.allocation.staffing import CASES, Case

Floats = npt.NDArray[np.float64]


def in_turn_plain(arrival: Floats, service: Floats, servers: int) -> Floats:
    free = [0.0] * servers
    waits = []
    for come, took in zip(arrival.tolist(), service.tolist(), strict=True):
        begun = max(come, heapq.heappop(free))
        waits.append(begun - come)
        heapq.heappush(free, begun + took)
    return np.array(waits)


@pytest.mark.parametrize("servers", [1, 3])
def test_the_kernel_serves_in_turn_and_goes_on_where_it_stopped(servers: int) -> None:
    rng = np.random.default_rng(servers)
    arrival, service = np.cumsum(rng.exponential(1.0, 400)), rng.exponential(0.9 * servers, 400)
    wait, free = np.empty(400), np.zeros(servers)
    serve_in_turn(arrival[:150], service[:150], free, wait[:150])
    serve_in_turn(arrival[150:], service[150:], free, wait[150:])
    assert wait == pytest.approx(in_turn_plain(arrival, service, servers))


def test_one_post_waits_as_pollaczek_and_khinchine_say() -> None:
    for cv in (0.0, 0.7, 1.0, 2.5):
        found = waiting([1.2], [30.0], [cv], [1])
        assert found.utilisation == pytest.approx(0.6)
        assert found.delayed == pytest.approx(0.6)
        assert found.mean_min == pytest.approx(0.6 / 0.4 * 30 * (1 + cv**2) / 2)


def test_several_posts_with_exponential_times_are_erlang_c() -> None:
    busy = np.array([0.01, 0.3, 0.6, 0.95])
    two = waiting(2 * busy * 60 / 20, 20.0, 1.0, 2)
    assert two.mean_min == pytest.approx(20 * busy**2 / (1 - busy**2), rel=1e-9)
    assert two.delayed == pytest.approx(2 * busy**2 / (1 + busy))
    assert waiting([2 * 3], [10.0], [1.0], [2]).later_than([7.0]) == pytest.approx(
        2 * 0.5**2 / 1.5 * np.exp(-7.0 * (2 * 0.1 - 0.1))
    )


@pytest.mark.parametrize(("servers", "busy"), [(2, 0.3), (3, 0.7), (5, 0.5), (7, 0.9)])
def test_times_that_never_vary_are_exact(servers: int, busy: float) -> None:
    """Against the stationary chain of the number there, looked at once every service time."""
    load, n = busy * servers, 400
    step = np.zeros((n, n))
    for there in range(n):
        left = max(there - servers, 0)
        step[there, left:] = poisson.pmf(np.arange(n - left), load)
    step /= step.sum(axis=1, keepdims=True)
    chance = np.linalg.lstsq(np.vstack([step.T - np.eye(n), np.ones(n)]), np.append(np.zeros(n), 1.0), rcond=None)[0]
    waiting_now = float(np.maximum(np.arange(n) - servers, 0) @ chance)
    found = waiting([60 * load / 10], [10.0], [0.0], [servers])
    assert found.mean_min[0] == pytest.approx(10 * waiting_now / load, rel=1e-6)


def test_more_posts_help_less_and_less() -> None:
    posts = np.arange(3, 15)
    for cv in (0.0, 0.6, 1.0, 2.0):
        found = waiting([2.0], [80.0], [cv], posts)
        gains = -np.diff(found.mean_min)
        assert (gains > 0).all()
        assert (np.diff(gains) < 1e-12).all()
        late = found.later_than(5.0)
        assert (np.diff(late) < 0).all()


def test_posts_that_cannot_keep_up() -> None:
    found = waiting([2.0, 3.0, 0.0], [30.0, 30.0, 0.0], [1.0, 1.0, 0.0], [1, 1, 1])
    assert np.isinf(found.mean_min[:2]).all()
    assert found.mean_min[2] == 0
    assert found.later_than([5.0, 5.0, 5.0]).tolist() == [1.0, 1.0, 0.0]
    assert found.later_than(-1.0).tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(InputError, match="keep up"):
        simulate(3.0, lambda rng, n: rng.exponential(30.0, n), 1, incidents=2000)


def test_there_are_twenty_cases_of_all_kinds() -> None:
    assert len({case.name for case in CASES}) == 20
    assert {case.posts for case in CASES} >= {1, 2, 4, 8}
    assert min(case.utilisation for case in CASES) <= 0.3
    assert max(case.utilisation for case in CASES) >= 0.9


@pytest.mark.parametrize("case", [one for one in CASES if one.utilisation <= 0.7], ids=lambda case: case.name)
def test_the_model_agrees_with_the_simulation(case: Case) -> None:
    """The cases that a short simulation settles; ``make bench-allocation`` has them all."""
    simulated = simulate(case.arrivals_per_hour, case.draw, case.posts, incidents=400_000, seed=3)
    model = waiting([case.arrivals_per_hour], [case.mean_min], [case.cv], [case.posts])
    assert model.utilisation[0] == pytest.approx(simulated.utilisation, rel=0.03)
    assert model.mean_min[0] == pytest.approx(simulated.wait_min, rel=0.03, abs=3 * simulated.wait_error_min)
    assert model.delayed[0] == pytest.approx(simulated.delayed, abs=0.03)

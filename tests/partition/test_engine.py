import itertools
import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.partition import apportion, assign
from spatialgov.partition.engine import Effort
from spatialgov.partition.inertia import moment_of_inertia

SIDE_M = 100.0


def lattice(columns: int, rows: int, without: frozenset[tuple[int, int]] = frozenset()) -> ContiguityGraph:
    """Make squares in columns and rows; the pairs in `without` share no border."""
    number = {(i, j): j * columns + i for j in range(rows) for i in range(columns)}
    edges = [
        (a, number[near])
        for (i, j), a in number.items()
        for near in ((i + 1, j), (i, j + 1))
        if near in number and (a, number[near]) not in without
    ]
    n = columns * rows
    degree = np.bincount(np.array(edges, dtype=np.int64).ravel(), minlength=n)
    return ContiguityGraph.from_edges(
        n,
        edges,
        np.full(len(edges), SIDE_M),
        outer_border_m=SIDE_M * (4 - degree),
        area_m2=np.full(n, SIDE_M**2),
        xy_m=[(i * SIDE_M, j * SIDE_M) for i, j in number],
    )


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_exactly_k_connected_parts(columns: int, rows: int, data: st.DataObject) -> None:
    graph = lattice(columns, rows)
    weight = data.draw(st.lists(st.integers(0, 50), min_size=graph.n, max_size=graph.n).filter(any))
    k = data.draw(st.integers(1, graph.n))
    labels = assign(graph, weight, k)
    assert labels.dtype == np.int32
    assert sorted(set(labels.tolist())) == list(range(k))
    assert graph.components(labels).max() + 1 == k


def test_even_ground_is_divided_evenly_and_compactly() -> None:
    labels = assign(lattice(12, 12), np.ones(144), 9)
    assert np.bincount(labels).tolist() == [16] * 9
    graph = lattice(12, 12)
    pairs, border_m, _ = graph.edges()
    cut_m = border_m[labels[pairs[:, 0]] != labels[pairs[:, 1]]].sum()
    assert cut_m <= 1.15 * 48 * SIDE_M  # nine squares of 4 × 4 have a cut of 48 sides


def test_no_part_crosses_a_missing_border() -> None:
    wall = frozenset({(r * 6 + 2, r * 6 + 3) for r in range(6)})
    graph = lattice(6, 6, wall)
    labels = assign(graph, np.ones(36), 4)
    west = np.arange(36) % 6 < 3
    assert set(labels[west]).isdisjoint(labels[~west])


def test_same_seed_same_parts() -> None:
    graph, weight = lattice(10, 10), np.arange(100.0)
    assert assign(graph, weight, 7, seed=3).tolist() == assign(graph, weight, 7, seed=3).tolist()


def test_area_limit_is_kept_where_it_can_be() -> None:
    graph = lattice(10, 4)
    weight = np.zeros(40)
    weight[:8] = 10  # all people in one corner: by weight alone the other parts would be huge
    labels = assign(graph, weight, 5, max_area_m2=12 * SIDE_M**2)
    assert np.bincount(labels).max() <= 12


@pytest.mark.parametrize(
    ("weight", "k", "error", "said"),
    [
        (np.ones(4), 5, InfeasibleError, "at most 4"),
        (np.ones(3), 2, InputError, "shape"),
        (np.array([1.0, -1, 1, 1]), 2, InputError, "unit 1"),
        (np.array([1.0, np.nan, 1, 1]), 2, InputError, "unit 1"),
        (np.zeros(4), 2, InputError, "all weights are 0"),
        (np.ones((4, 0)), 2, InputError, "shape"),
        (np.array([[1, 1], [1, 1], [1, -2], [1, 1]]), 2, InputError, r"unit 2 \(column 1\) is -2"),
    ],
)
def test_what_cannot_be_done_is_said(
    weight: npt.NDArray[np.float64], k: int, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        assign(lattice(2, 2), weight, k)


def test_fewer_parts_than_pieces_is_infeasible() -> None:
    graph = lattice(4, 1, frozenset({(1, 2)}))
    with pytest.raises(InfeasibleError, match="at least 2"):
        assign(graph, np.ones(4), 1)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=5), st.integers(0, 8))
def test_apportion_is_the_webster_share(weight: list[int], extra: int) -> None:
    k = len(weight) + extra
    share = apportion(weight, k, most=[k] * len(weight))
    assert share.sum() == k
    assert share.min() >= 1
    for i, j in itertools.permutations(range(len(weight)), 2):
        # no seat can be claimed more strongly by another area than by the one that has it
        if share[i] > 1:
            assert weight[i] / (share[i] - 0.5) >= weight[j] / (share[j] + 0.5) - 1e-9


def test_hard_limits_are_kept() -> None:
    weight = np.random.default_rng(3).integers(1, 30, 100)
    labels = assign(
        lattice(10, 10), weight, 8, tolerance=0.5, minimum=weight.sum() / 8 - 8, maximum=weight.sum() / 8 + 8
    )
    held = np.bincount(labels, weight)
    assert np.abs(held - weight.sum() / 8).max() <= 8


@pytest.mark.parametrize(
    ("minimum", "maximum", "k", "error", "said"),
    [
        (20, 30, 4, InfeasibleError, "Ask for 3 to 3 grids"),
        (None, 10, 4, InfeasibleError, "at least 7 grids"),
        (50, 40, 2, InputError, "above the maximum"),
        (33, 34, 1, InfeasibleError, "No number of grids can"),
        (15.5, 16.5, 4, InfeasibleError, "was found"),
    ],
)
def test_limits_that_cannot_be_met_are_explained(
    minimum: float | None, maximum: float | None, k: int, error: type[Exception], said: str
) -> None:
    weight = np.full(16, 4.0)
    weight[0] = 5.0 if said == "was found" else 4.0  # 65 in all: four parts of 16 and one unit too much
    with pytest.raises(error, match=said):
        assign(lattice(4, 4), weight, k, minimum=minimum, maximum=maximum)


@settings(deadline=None, max_examples=40)
@given(st.integers(4, 9), st.integers(4, 9), st.integers(2, 3), st.data())
def test_every_quantity_is_held_within_its_own_tolerance_where_that_can_be(
    columns: int, rows: int, m: int, data: st.DataObject
) -> None:
    graph = lattice(columns, rows)
    k = data.draw(st.integers(2, max(2, graph.n // 12)))
    planted = assign(graph, np.ones(graph.n), k, 0.2, effort="quick")
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    weight = rng.uniform(0.5, 1.5, (graph.n, m))
    # each planted part holds exactly 1 of each quantity, so that there is at least one division without any deviation
    weight /= np.column_stack([np.bincount(planted, column)[planted] for column in weight.T])
    tolerance = [0.15, 0.2, 0.3][:m]
    labels = assign(graph, weight, k, tolerance)
    off = np.column_stack([np.abs(np.bincount(labels, column, k) - 1) for column in weight.T])
    assert graph.components(labels).max() + 1 == k
    assert (off <= tolerance).all(), off.max(axis=0)


def test_one_column_is_what_a_plain_weight_is() -> None:
    graph, weight = lattice(10, 10), np.random.default_rng(1).integers(0, 30, 100)
    alone = assign(graph, weight, 7, seed=2).tolist()
    assert assign(graph, weight[:, None], 7, [0.03], seed=2).tolist() == alone
    assert assign(graph, np.column_stack([weight, np.zeros(100)]), 7, seed=2).tolist() == alone


def test_the_first_quantity_comes_first_where_not_all_can_be_had() -> None:
    graph = lattice(12, 12)
    crowded = np.where(np.arange(144) % 12 < 6, 10.0, 1.0)  # people live in the west, work lies in the east
    labels = assign(graph, np.column_stack([crowded, 11 - crowded]), 9, [0.08, 0.08])
    people = np.bincount(labels, crowded)
    assert np.abs(people / people.mean() - 1).max() <= 0.08


def test_every_quantity_has_its_own_hard_limits() -> None:
    rng = np.random.default_rng(3)
    weight = rng.integers(5, 15, (100, 2))
    mean = weight.sum(axis=0) / 8
    limits = {"minimum": [None, mean[1] - 12], "maximum": [mean[0] + 12, None]}
    labels = assign(lattice(10, 10), weight, 8, [0.5, 0.5], **limits)  # type: ignore[arg-type]
    assert np.bincount(labels, weight[:, 0]).max() <= mean[0] + 12
    assert np.bincount(labels, weight[:, 1]).min() >= mean[1] - 12


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"tolerance": [0.1, 0.1, 0.1]}, InputError, "2 columns, but tolerance has 3"),
        ({"tolerance": [0.1, -0.1]}, InputError, "tolerance of column 1 is -0.1"),
        ({"maximum": [None, 3]}, InfeasibleError, r"\(column 1\) at 0 to 3 each"),
        ({"minimum": [1, 5], "maximum": [9, 4]}, InputError, "Column 1: the minimum 5"),
        ({"objective": "moment_of_inertia"}, InputError, "2 quantities at once"),
    ],
)
def test_options_that_do_not_fit_the_columns_are_refused(
    options: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        assign(lattice(4, 4), np.ones((16, 2)), 2, **options)  # type: ignore[arg-type]


def test_a_hard_barrier_is_never_crossed_and_a_soft_one_is_followed() -> None:
    graph = lattice(12, 6)
    pairs, border_m, _ = graph.edges()
    column = pairs % 12
    wall = ((column == [4, 5]).all(axis=1)).astype(np.int8)

    def crossed(flag: int) -> int:
        walled = ContiguityGraph.from_edges(
            72, pairs, border_m, graph.outer_border_m, graph.area_m2, graph.xy_m, barrier=flag * wall
        )
        labels = assign(walled, np.ones(72), 4, tolerance=0.2)
        return int((labels[pairs[:, 0]] == labels[pairs[:, 1]])[wall == 1].sum())

    assert crossed(1) == 0
    assert crossed(-1) < crossed(0), "without the barrier the parts lie across it"


@settings(deadline=None, max_examples=40)
@given(st.integers(3, 7), st.integers(3, 7), st.data())
def test_fixed_units_get_their_part(columns: int, rows: int, data: st.DataObject) -> None:
    graph = lattice(columns, rows)
    k = data.draw(st.integers(2, 5))
    seats = data.draw(st.lists(st.integers(0, graph.n - 1), min_size=1, max_size=k, unique=True))
    fixed = np.full(graph.n, -1)
    fixed[seats] = data.draw(st.permutations(range(k)))[: len(seats)]
    labels = assign(graph, np.ones(graph.n), k, fixed=fixed)
    assert labels[seats].tolist() == fixed[seats].tolist()
    assert graph.components(labels).max() + 1 == k


def test_units_fixed_to_one_part_are_joined() -> None:
    fixed = np.full(36, -1)
    fixed[[0, 5]] = 1
    labels = assign(lattice(6, 6), np.ones(36), 3, fixed=fixed)
    assert labels[0] == labels[5] == 1
    assert lattice(6, 6).components(labels).max() + 1 == 3


def test_fixings_that_cannot_be_are_refused() -> None:
    graph, ones = lattice(3, 1), np.ones(3)
    with pytest.raises(InfeasibleError, match="stand between"):
        assign(graph, ones, 2, fixed=[0, 1, 0])
    with pytest.raises(InfeasibleError, match="both sides"):
        assign(lattice(3, 1, frozenset({(1, 2)})), ones, 2, fixed=[0, -1, 0])
    for wrong in ([0, 1], [0, 1, 2], [0.5, 0, 1]):
        with pytest.raises(InputError, match="integer from -1"):
            assign(graph, ones, 2, fixed=wrong)


def test_more_effort_is_no_worse() -> None:
    rng = np.random.default_rng(2)
    graph, weight = lattice(16, 16), rng.integers(0, 20, 256)
    pairs, border_m, _ = graph.edges()

    def cut_m(effort: Effort) -> float:
        labels = assign(graph, weight, 12, effort=effort)
        return float(border_m[labels[pairs[:, 0]] != labels[pairs[:, 1]]].sum())

    assert cut_m("best") <= cut_m("default") * 1.02 <= cut_m("quick") * 1.04
    with pytest.raises(InputError, match="quick, default, best"):
        assign(graph, weight, 12, effort="much")  # type: ignore[arg-type]


def test_a_time_limit_ends_the_search() -> None:
    start, cpu = time.monotonic(), time.process_time()
    assign(lattice(10, 10), np.ones(100), 5, time_limit_s=0.3)
    assert time.monotonic() - start > 0.25
    assert time.process_time() - cpu < 5


def test_the_moment_of_inertia_is_another_objective() -> None:
    graph, weight = lattice(10, 10), np.random.default_rng(4).integers(1, 9, 100)

    def inertia(labels: npt.NDArray[np.int32]) -> float:
        return moment_of_inertia(graph.xy_m, weight, labels)

    by_inertia = assign(graph, weight, 6, objective="moment_of_inertia")
    assert sorted(set(by_inertia.tolist())) == list(range(6))
    assert graph.components(by_inertia).max() + 1 == 6
    assert inertia(by_inertia) <= inertia(assign(graph, weight, 6)) + 1e-9
    with pytest.raises(InputError, match="can't be combined"):
        assign(graph, weight, 6, fixed=[0] + [-1] * 99, objective="moment_of_inertia")

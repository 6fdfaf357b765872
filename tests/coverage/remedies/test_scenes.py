import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from spatialgov.coverage import DEMAND_KINDS
from spatialgov.coverage.remedies.scenes import Scene, Tally, Visible, gain_interval, net_interval, scene_of, visible_by
from spatialgov.errors import InputError
from tests.coverage_cases import areas_of, demands_of, frame_of

GRID = areas_of(shapely.box(0, 0, 400, 400))
ROADS = frame_of([shapely.LineString([(0, 200), (400, 200)])], road_id=["r"], name="", road_class=["primary"])
PLACES = frame_of([shapely.Point(100, 100), shapely.Point(300, 300)], place_id=["p", "q"], kind="market")


def scene(weight: list[float], need: list[int] | None = None) -> Scene:
    n = len(weight)
    return Scene(
        np.column_stack([np.arange(n), np.zeros(n)]).astype(float),
        ("ground", "place"),
        np.zeros(n, np.int64),
        10.0 * np.array(weight),
        np.array(weight, dtype=float),
        np.ones(n, np.int64) if need is None else np.array(need),
        np.ones(n, dtype=bool),
    )


def visible(post: list[int], *seen: list[int]) -> Visible:
    view = np.repeat(np.arange(len(seen)), [len(one) for one in seen])
    return Visible.of(np.array(post), view, np.array([point for one in seen for point in one], dtype=np.int64))


def test_a_scene_weighs_a_thousand_and_its_kinds_alike() -> None:
    demands = demands_of(GRID, roads=ROADS, places=PLACES)
    found = scene_of(demands, posts_per_place=2)
    assert found.kinds == ("ground", "road", "place")
    by_kind = np.bincount(found.kind, found.weight)
    assert by_kind == pytest.approx([1000 / 3] * 3)
    assert np.bincount(found.kind, found.amount) == pytest.approx([160_000, 400, 2])
    assert (found.need == np.where(found.kind == 2, 2, 1)).all()
    assert (found.drawn == (found.kind != 2)).all()
    roads = scene_of(demands, {"road": 3.0})
    assert roads.kinds == ("road",)
    assert roads.weight.sum() == pytest.approx(1000)
    other = scene_of(demands, {"road": 3.0}, seed=1)
    assert not np.isin(other.xy_m[:, 0], roads.xy_m[:, 0]).any()
    with pytest.raises(InputError, match="nothing"):
        scene_of(demands, {"incident": 1.0})
    with pytest.raises(InputError, match="posts"):
        scene_of(demands, posts_per_place=0)
    with pytest.raises(InputError, match="moon"):
        scene_of(demands, {"moon": 1.0})
    assert set(found.kinds) <= set(DEMAND_KINDS)


def test_posts_count_once_and_needs_count_in_parts() -> None:
    places = scene([4.0, 2.0, 6.0], need=[1, 1, 2])
    tally = Tally(places, visible([0, 0, 1], [0, 2], [0, 1], [2]))
    assert tally.put(0).tolist() == [0, 2]
    assert tally.covered() == 4.0 + 3.0
    assert tally.gain(1) == 2.0
    assert tally.put(1).tolist() == [1]  # place 0 has this post already
    assert tally.count.tolist() == [1, 1, 1]
    assert tally.gain(2) == 3.0
    assert tally.put(2).tolist() == [2]
    assert tally.covered() == 12.0
    assert tally.take(0).tolist() == [2]  # the other view of the post keeps place 0
    assert tally.sees(np.array([0, 0, 1, 5]), np.array([0, 2, 2, 0])).tolist() == [True, False, True, False]
    assert places.by_kind(np.array([0, 2])).tolist() == [40.0 + 30.0, 0.0]


def test_a_part_of_a_view_can_be_put_in_and_taken_out() -> None:
    tally = Tally(scene([1.0, 1.0, 1.0]), visible([0], [0, 1, 2]))
    half = np.array([True, False, True])
    assert tally.put(0, half).tolist() == [0, 2]
    assert tally.take(0, half).tolist() == [0, 2]
    assert tally.covered() == 0.0


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(0, 7), unique=True, max_size=6)), min_size=1, max_size=6
    ),
    st.lists(st.integers(0, 11), max_size=20),
    st.lists(st.integers(1, 3), min_size=8, max_size=8),
)
def test_a_tally_counts_as_sets_of_posts_do(
    views: list[tuple[int, list[int]]], turns: list[int], need: list[int]
) -> None:
    places = scene([float(2**i) for i in range(8)], need)
    tally = Tally(places, visible([post for post, _ in views], *(seen for _, seen in views)))
    put: set[int] = set()
    before = 0.0
    for turn in turns:
        view = turn % len(views)
        changed = tally.take(view) if view in put else tally.put(view)
        put ^= {view}
        posts = [{views[v][0] for v in put if place in views[v][1]} for place in range(8)]
        expected = sum(2.0**i * min(len(one), need[i]) / need[i] for i, one in enumerate(posts))
        assert tally.count.tolist() == [len(one) for one in posts]
        assert tally.covered() == pytest.approx(expected)
        step = float(places.step[changed].sum())
        assert expected - before == pytest.approx(step if view in put else -step)
        before = expected


def test_what_polygons_see() -> None:
    places = scene([1.0] * 5)
    found = visible_by(places, np.array([7, 8]), np.array([shapely.box(-1, -1, 1.5, 1), shapely.Polygon()]))
    assert [found.points(view).tolist() for view in (0, 1)] == [[0, 1], []]
    assert found.view.tolist() == [0, 0]


def test_with_equal_weights_the_interval_is_the_exact_one_of_poisson() -> None:
    count = np.array([0.0, 1.0, 10.0, 400.0])
    low, high = gain_interval(2.0 * count, 4.0 * count, 2.0)
    assert low == pytest.approx(2.0 * np.nan_to_num(stats.chi2.ppf(0.025, 2 * count)) / 2)
    assert high == pytest.approx(2.0 * stats.chi2.ppf(0.975, 2 * count + 2) / 2)
    exact = gain_interval(np.array([3.0]), np.array([0.0]), 0.0)
    assert [side.tolist() for side in exact] == [[3.0], [3.0]]


@pytest.mark.parametrize("share", [0.002, 0.05, 0.5])
def test_the_interval_holds_the_truth(share: float) -> None:
    rng = np.random.default_rng(5)
    weight = rng.lognormal(0.0, 1.0, 2_000)
    gained = rng.random((1_000, 2_000)) < share
    low, high = gain_interval(gained @ weight, gained @ weight**2, float(weight.max()))
    truth = share * weight.sum()
    assert ((low <= truth) & (truth <= high)).mean() >= 0.95


def test_the_interval_of_a_difference_holds_the_truth() -> None:
    rng = np.random.default_rng(6)
    more, less = rng.poisson(30.0, 4_000).astype(float), rng.poisson(12.0, 4_000).astype(float)
    low, high = net_interval((more, *gain_interval(more, more, 1.0)), (less, *gain_interval(less, less, 1.0)))
    assert 0.95 <= ((low <= 18.0) & (high >= 18.0)).mean() <= 0.985
    alone = net_interval((more, *gain_interval(more, more, 1.0)), (np.zeros(4_000),) * 3)
    assert np.allclose(alone, gain_interval(more, more, 1.0))

"""Where posts go: as few changes as lead to the total, none left over while a grid has nobody."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.allocation import post_shares, share_posts
from spatialgov.errors import InfeasibleError, InputError, NotFoundError
from spatialgov.plan import Plan


def shares(work: list[float], posts: list[int], total: int, fixed: list[bool] | None = None) -> list[int]:
    kept = None if fixed is None else np.array(fixed)
    found: list[int] = share_posts(np.array(work), np.array(posts), total, kept).tolist()
    return found


def test_posts_go_where_the_rest_carries_least_and_come_where_one_carries_most() -> None:
    assert shares([300, 300, 400], [2, 1, 2], 4) == [1, 1, 2]
    assert shares([300, 300, 400], [2, 1, 2], 6) == [2, 2, 2]
    assert shares([300, 300, 400], [2, 1, 2], 5) == [2, 1, 2]
    assert shares([300, 300, 400], [2, 1, 2], 2) == [0, 1, 1]


def test_a_grid_without_a_post_gets_one_that_can_be_spared() -> None:
    assert shares([300, 100, 400], [2, 0, 2], 4) == [1, 1, 2]
    assert shares([300, 100, 400], [1, 0, 1], 2) == [1, 0, 1]
    assert shares([300, 0, 400], [1, 0, 1], 3) == [1, 1, 1]


def test_bound_posts_stay() -> None:
    assert shares([300, 300, 400], [2, 1, 2], 4, [True, False, False]) == [2, 1, 1]
    with pytest.raises(InfeasibleError, match="4 are bound to grids"):
        shares([1, 1, 1], [2, 2, 1], 3, [True, True, False])
    with pytest.raises(InfeasibleError):
        shares([1, 1], [1, 1], 3, [True, True])


grids = st.lists(st.tuples(st.floats(0, 1e4), st.integers(0, 5), st.booleans()), min_size=1, max_size=12)


@given(grids, st.integers(0, 40))
def test_the_total_is_met_and_nobody_is_idle_beside_an_empty_grid(rows: list[tuple[float, int, bool]], n: int) -> None:
    work, posts, fixed = (list(column) for column in zip(*rows, strict=True))
    bound = sum(p for p, f in zip(posts, fixed, strict=True) if f)
    if n < bound or (all(fixed) and n != bound):
        with pytest.raises(InfeasibleError):
            shares(work, posts, n, fixed)
        return
    found = shares(work, posts, n, fixed)
    assert sum(found) == n
    assert min(found) >= 0
    assert all(a == b for a, b, f in zip(found, posts, fixed, strict=True) if f)
    free = [p for p, f in zip(found, fixed, strict=True) if not f]
    assert not (0 in free and max(free, default=0) > 1)
    if n == sum(posts) and 0 not in posts:
        assert found == posts


def worked(plan: Plan) -> Plan:
    """Give a plan whose units have a minute a day for each household."""
    frame = plan.units.frame.assign(workload=plan.units.frame["households"].astype(float))
    return replace(plan, units=replace(plan.units, frame=frame))


@pytest.fixture
def three(lattice: Callable[..., Plan]) -> Plan:
    """Three grids of 200, 200 and 600 households, a minute each; two posts in the last."""
    return worked(lattice([[100, 100, 100, 100, 300, 300]], ["AABBCC"]))


SAME = {code: code for code in "ABC"}


def test_who_has_too_much_work_with_fewer_posts(three: Plan) -> None:
    found = post_shares(three, three, SAME, posts={"C": 2}, change=-1, tolerance=0.25)
    assert found.limit_minutes == (187.5, 312.5)  # 1000 minutes, 4 posts
    assert found.after["posts"].tolist() == [1, 1, 1]
    assert found.after["posts_before"].tolist() == [1, 1, 2]
    told = found.as_dict()
    assert told["before"] == {
        "posts": 4, "without_post": 0, "over": 0, "most_minutes": 300.0, "needed": 4,
        "grids": [{"code": "C", "workload": 600.0, "posts": 2, "over": False}],
    }  # fmt: skip
    assert (told["after"]["posts"], told["after"]["over"], told["after"]["most_minutes"]) == (3, 1, 600.0)
    assert [row["code"] for row in told["after"]["grids"]] == ["C"]
    assert told["after"]["needed"] == 4


def test_named_grids_keep_what_they_are_given(three: Plan) -> None:
    found = post_shares(three, three, SAME, posts={"C": 2}, changes={"A": -1}, tolerance=0.25)
    assert found.after["posts"].tolist() == [0, 1, 2]
    assert found.as_dict()["after"]["without_post"] == 1
    moved = post_shares(three, three, SAME, posts={"C": 2}, changes={"A": -1}, change=1, tolerance=0.25)
    assert moved.after["posts"].tolist() == [0, 1, 3]  # 300 minutes a post there, 200 in B


def test_what_can_not_be(three: Plan) -> None:
    with pytest.raises(NotFoundError, match="no grid X"):
        post_shares(three, three, SAME, changes={"X": 1}, tolerance=0.25)
    with pytest.raises(InputError, match="Grid A has 1 posts: 2 can't go"):
        post_shares(three, three, SAME, changes={"A": -2}, tolerance=0.25)
    with pytest.raises(InfeasibleError, match="There are 3 posts: 4 can't go"):
        post_shares(three, three, SAME, change=-4, tolerance=0.25)
    with pytest.raises(InputError, match="has 0 posts"):
        post_shares(three, three, SAME, posts={"A": 0}, tolerance=0.25)

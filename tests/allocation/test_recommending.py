"""Recommendations: known answers on small lattices, and what must hold on any plan."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation import Band, Costs, Limits, Recommendation, cures, recommend, taken, with_needs
from spatialgov.allocation.band import Limit
from spatialgov.errors import InputError, NotFoundError
from spatialgov.language import using_language
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]


def households_of(plan: Plan) -> dict[str, int]:
    return dict(zip(plan.codes, plan.tally.households.tolist(), strict=True))


def test_a_grid_above_the_band_is_split_in_two_that_fit(lattice: Lattice) -> None:
    plan = lattice([[100] * 4, [100] * 4], ["AAAA", "AAAA"])
    (one,) = recommend(plan)
    assert one.kind == "split"
    assert one.before == {"A": 800}
    assert one.after == {"A": 400, "A-2": 400}
    assert one.households_moved == 400
    assert (one.grids_gained, one.households_gained) == (1, 300)
    assert households_of(taken(plan, [one])) == one.after
    assert "800" in one.reason


def test_a_large_grid_is_split_in_more_parts(lattice: Lattice) -> None:
    plan = lattice([[100] * 12], ["A" * 12])
    (one,) = recommend(plan)
    assert sorted(one.after) == ["A", "A-2", "A-3"]
    assert all(300 <= count <= 500 for count in one.after.values())
    assert one.households_moved == 1200 - max(one.after.values())


def test_a_placeholder_never_takes_a_code_that_is_there(lattice: Lattice) -> None:
    plan = lattice([[100] * 8], ["A" * 8])
    once = plan.move(recommend(plan)[0].moves)
    units = [unit for unit, code in once.assignment().items() if code == "A"]
    assert "A-2" in once.codes
    again = recommend(once, households=(150, 250))
    codes = [code for one in again for code in one.after]
    assert len(codes) == len(set(codes))
    assert len(units) == 4


def test_a_grid_below_the_band_is_merged(lattice: Lattice) -> None:
    plan = lattice([[100, 100, 100, 50]], ["AAAB"])
    (one,) = recommend(plan)
    assert one.kind == "merge"
    assert one.moves == {"u3": "A"}
    assert one.before == {"B": 50, "A": 300}
    assert one.after == {"A": 350}
    assert (one.grids_gained, one.households_moved) == (1, 50)


def test_two_small_grids_are_merged_and_the_larger_keeps_its_code(lattice: Lattice) -> None:
    plan = lattice([[200, 150]], ["AB"])
    (one,) = recommend(plan)
    assert (one.kind, one.after, one.grids_gained) == ("merge", {"A": 350}, 2)


def test_units_move_over_the_border_where_neither_split_nor_merge_fits(lattice: Lattice) -> None:
    plan = lattice([[200, 200, 130, 130, 130]], ["AAABB"])
    (one,) = recommend(plan)
    assert one.kind == "move"
    assert one.moves == {"u2": "B"}
    assert one.after == {"A": 400, "B": 390}
    assert one.grids_gained == 2
    assert one.households_moved == 130


def test_a_neighbour_inside_the_band_gives_what_it_can_spare(lattice: Lattice) -> None:
    plan = lattice([[200, 200, 60, 260]], ["AAAB"])
    (one,) = recommend(plan)
    assert (one.kind, one.moves) == ("move", {"u2": "B"})


def test_a_move_keeps_the_giver_in_one_piece(lattice: Lattice) -> None:
    # B touches A only at the unit that holds A together.
    plan = lattice([[150, 60, 150], [0, 200, 0]], ["AAA", ".B."])
    assert recommend(plan, households=(250, 350)) == []


def test_parents_are_never_crossed(lattice: Lattice) -> None:
    plan = lattice([[100, 100, 100, 50]], ["AAAB"], parents=["PPPQ"])
    assert recommend(plan) == []


def test_dedicated_and_unit_grids_are_left_alone(lattice: Lattice) -> None:
    plan = lattice([[100, 100, 100, 50]], ["AAAB"], kinds={"A": "dedicated"})
    assert recommend(plan) == []
    assert recommend(lattice([[900, 100]], ["AA"], kinds={"A": "unit"})) == []


def test_grids_in_pieces_or_across_parents_are_left_alone(lattice: Lattice) -> None:
    assert recommend(lattice([[50, 100, 50]], ["A.A"])) == []
    assert recommend(lattice([[50, 100, 50]], ["AAB"], parents=["PQQ"])) == []


def test_the_largest_area_is_kept(lattice: Lattice) -> None:
    households, grids = [[100, 100, 100, 50]], ["AAAB"]
    assert recommend(lattice(households, grids, max_area_m2=40_000.0))
    assert recommend(lattice(households, grids, max_area_m2=39_000.0)) == []


def test_what_cannot_be_helped_is_not_recommended(lattice: Lattice) -> None:
    assert recommend(lattice([[700]], ["A"])) == []  # one unit, never split
    assert recommend(lattice([[275, 275]], ["AA"])) == []  # either half would be too small
    assert recommend(lattice([[0, 0]], ["AA"])) == []
    assert recommend(lattice([[200, 200]], ["AA"])) == []  # nothing to do


def test_the_cheapest_cure_comes_first_and_the_limit_cuts(lattice: Lattice) -> None:
    plan = lattice([[100] * 8 + [10, 300]], ["A" * 8 + "BC"], parents=["P" * 8 + "QQ"])
    both = recommend(plan)
    assert [(one.kind, one.households_moved) for one in both] == [("merge", 10), ("split", 400)]
    assert recommend(plan, limit=1) == both[:1]


def test_reasons_are_bilingual(lattice: Lattice) -> None:
    plan = lattice([[100] * 8], ["A" * 8])
    with using_language("zh"):
        assert "拆分" in recommend(plan)[0].reason
    with using_language("en"):
        assert "split" in recommend(plan)[0].reason


def test_a_band_upside_down(lattice: Lattice) -> None:
    with pytest.raises(InputError, match="500–300"):
        recommend(lattice([[100]], ["A"]), households=(500, 300))


def test_as_dict_is_plain(lattice: Lattice) -> None:
    (one,) = recommend(lattice([[100, 100, 100, 50]], ["AAAB"]))
    plain = one.as_dict()
    assert plain["kind"] == "merge"
    assert {"grids", "households_moved", "before", "after", "moves", "reason"} <= set(plain)


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[list[int]], list[str], list[str]]:
    """Draw households, grids that are columns or half columns of a lattice, and parents."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 8))
    count = st.integers(0, 260)
    households = draw(st.lists(st.lists(count, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    cuts = sorted(draw(st.sets(st.integers(1, columns - 1), max_size=4))) if columns > 1 else []
    line = "".join("ABCDE"[np.searchsorted(cuts, column, side="right")] for column in range(columns))
    border = draw(st.sampled_from([0, columns, *cuts]))
    return households, [line] * rows, ["P" * border + "Q" * (columns - border)] * rows


def check_on(plan: Plan, one: Recommendation, band: Band) -> Plan:
    """Apply one recommendation and check all that it promises; give the plan that it leads to."""
    before, child = households_of(plan), plan.move(one.moves)
    after = households_of(child)
    assert one.needs == () or set(one.before) <= set(before)
    assert {code: before[code] for code in one.before} == one.before
    assert {code: after[code] for code in one.after} == one.after
    assert {c: n for c, n in before.items() if c not in one.before} == {
        c: n for c, n in after.items() if c not in one.after
    }
    moved = plan.units.frame.set_index("unit_id")["households"][list(one.moves)].sum()
    assert moved == one.households_moved
    missed = [[band.miss(n) for n in side.values()] for side in (before, after)]
    assert sum(missed[0]) - sum(missed[1]) == one.households_gained
    assert sum(m > 0 for m in missed[0]) - sum(m > 0 for m in missed[1]) == one.grids_gained >= 1
    assert all(band.miss(n) <= band.miss(before.get(c, band.most)) for c, n in one.after.items())
    assert (child.tally.n_parts == 1).all()
    parents = child.units.frame["community_code"].groupby(child.labels).nunique()
    assert (parents == 1).all()
    return child


@settings(max_examples=20, deadline=None)
@given(plans(), st.integers(0, 3))
def test_each_recommendation_keeps_what_it_promises(
    lattice: Lattice, drawn: tuple[list[list[int]], list[str], list[str]], seed: int
) -> None:
    households, grids, parents = drawn
    plan = lattice(households, grids, parents=parents)
    band = Band(300, 500)
    found = recommend(plan, seed=seed)
    assert found == recommend(plan, seed=seed)
    in_turn = plan
    for number, one in enumerate(found, start=1):
        needed = [found[i - 1] for i in with_needs(found, number)[:-1]]
        check_on(taken(plan, needed), one, band)
        in_turn = check_on(in_turn, one, band)
    free = [one.rank for one in found if not one.needs]
    assert free == sorted(free)


@settings(max_examples=10, deadline=None)
@given(plans())
def test_taken_again_and_again_they_come_to_an_end(
    lattice: Lattice, drawn: tuple[list[list[int]], list[str], list[str]]
) -> None:
    households, grids, parents = drawn
    plan = lattice(households, grids, parents=parents)
    start = out_of_band(plan)
    for _ in range(50):
        if not (found := recommend(plan, limit=3)):
            break
        plan = taken(plan, found)
    else:
        pytest.fail("no end after 50 recommendations")
    assert out_of_band(plan) <= start


def out_of_band(plan: Plan) -> int:
    return int(np.count_nonzero(Band(300, 500).beyond(plan.tally.households)))


def test_hard_barriers_are_never_crossed(lattice: Lattice) -> None:
    plan = lattice([[100, 100, 100, 50]], ["AAAB"])
    assert [one.kind for one in recommend(plan)] == ["merge"]
    graph = plan.units.graph
    source = graph.sources()
    river = ((source == 2) & (graph.indices == 3)) | ((source == 3) & (graph.indices == 2))
    barred = replace(graph, barrier=river.astype(np.int8))
    assert recommend(replace(plan, units=replace(plan.units, graph=barred))) == []


def test_locked_grids_and_fixed_units_stay(lattice: Lattice) -> None:
    plan = lattice([[200, 200, 130, 130, 130]], ["AAABB"])
    assert recommend(plan, locked=["A"]) == []
    assert recommend(plan, fixed=["u2"]) == []
    split = lattice([[100] * 8], ["A" * 8])
    (one,) = recommend(split, fixed=["u7"])
    assert "u7" not in one.moves
    with pytest.raises(NotFoundError):
        recommend(plan, locked=["Z"])
    with pytest.raises(NotFoundError):
        recommend(plan, fixed=["u99"])


def test_what_is_also_shared_gets_no_less_fair(lattice: Lattice) -> None:
    plan = lattice([[200, 200, 130, 130, 130]], ["AAABB"])
    people = plan.units.frame.assign(elderly=[0, 0, 100, 50, 50])
    fair = replace(
        plan, units=replace(plan.units, frame=people), settings=replace(plan.settings, also={"elderly": 0.4})
    )
    assert recommend(plan)[0].moves == {"u2": "B"}
    assert all(one.moves != {"u2": "B"} for one in recommend(fair))


def with_work(plan: Plan, minutes: list[float], kinds: list[str] | None = None) -> Plan:
    frame = plan.units.frame.assign(workload=minutes)
    if kinds is not None:
        frame["kind"] = kinds
    return replace(plan, units=replace(plan.units, frame=frame))


def test_a_unit_that_cannot_be_cut_gets_posts_when_staffing_is_in_question(lattice: Lattice) -> None:
    plan = lattice([[700]], ["A"])
    assert recommend(plan) == []
    (one,) = recommend(plan, posts={})
    assert (one.kind, one.posts, one.moves, one.households_moved) == ("staff", {"A": 2}, {}, 0)
    assert one.cost_minutes == Costs().of(0, 1)
    assert recommend(plan, posts={"A": 2}) == []


def test_the_cheaper_of_boundary_and_staffing_is_recommended(lattice: Lattice) -> None:
    plan = with_work(lattice([[200, 200, 200, 200]], ["AABB"]), [90.0, 30.0, 30.0, 30.0])
    limits = Limits((150, 700), None, (0.0, 100.0))
    (move,) = recommend(plan, limits=limits)
    assert move.kind == "move"
    assert max(move.further["workload"]["after"].values()) <= 100
    dear = Costs(minutes_per_household_moved=1000.0)
    (staff,) = recommend(plan, limits=limits, costs=dear)
    assert (staff.kind, staff.posts) == ("staff", {"A": 2})
    table = cures(plan, [move], limits=limits)
    assert table["cure"].tolist() == ["boundary"]
    assert table["boundary_minutes"].iloc[0] < table["staffing_minutes"].iloc[0]


def test_a_market_that_makes_too_much_work_is_dedicated(lattice: Lattice) -> None:
    plan = with_work(lattice([[160, 160, 0]], ["AAA"]), [40.0, 40.0, 60.0], ["block", "block", "market"])
    (one,) = recommend(plan, limits=Limits((300, 500), None, (0.0, 100.0)), costs=Costs(minutes_per_post=0.0))
    assert (one.kind, one.moves, one.kinds) == ("dedicate", {"u2": "A-2"}, {"A-2": "dedicated"})
    assert "market" in one.reason
    after = taken(plan, [one])
    assert dict(zip(after.codes, after.table["kind"], strict=True)) == {"A": "general", "A-2": "dedicated"}


def test_a_grid_that_is_all_campus_is_dedicated(lattice: Lattice) -> None:
    plan = with_work(lattice([[40, 20, 400]], ["AAB"]), [1.0] * 3, ["campus", "campus", "block"])
    (one,) = recommend(plan)
    assert (one.kind, one.before, one.after) == ("dedicate", {"A": 60}, {"A-2": 60})


def test_large_ground_is_split_by_area(lattice: Lattice) -> None:
    plan = lattice([[100] * 4], ["AAAA"])
    (one,) = recommend(plan, limits=Limits((100, 500), (0.0, 25_000.0)))
    assert one.kind == "split"
    assert sorted(one.further["area_m2"]["after"].values()) == [20_000.0, 20_000.0]


def test_numbers_that_are_not_there(lattice: Lattice) -> None:
    found = recommend(lattice([[100] * 8], ["A" * 8]))
    assert with_needs(found, 1) == [1]
    for number in (0, 2, -1):
        with pytest.raises(InputError, match=f"no recommendation {number}"):
            with_needs(found, number)
    with pytest.raises(InputError):
        with_needs([], 1)


def out_of_limits(plan: Plan, limits: Limits, posts: dict[str, int]) -> dict[str, Mapping[Limit, float]]:
    """Give by how much each general grid misses each limit, counted anew from its units."""
    frame = plan.units.frame
    missed: dict[str, Mapping[Limit, float]] = {}
    for grid, code in enumerate(plan.codes):
        if plan.table["kind"].iloc[grid] == "general":
            rows = plan.labels == grid
            held = {name: float(frame[name][rows].sum()) for name in limits.names}
            missed[code] = {name: limits.band(name, posts.get(code, 1)).miss(held[name]) for name in limits.names}
    return missed


@settings(max_examples=15, deadline=None)
@given(plans(), st.data())
def test_with_every_limit_each_taken_in_turn_helps_and_leaves_none_worse(
    lattice: Lattice, drawn: tuple[list[list[int]], list[str], list[str]], data: st.DataObject
) -> None:
    households, grids, parents = drawn
    bare = lattice(households, grids, parents=parents)
    minutes = data.draw(st.lists(st.integers(0, 90), min_size=len(bare.units), max_size=len(bare.units)))
    kinds = data.draw(
        st.lists(st.sampled_from(["block", "block", "market"]), min_size=len(minutes), max_size=len(minutes))
    )
    plan = with_work(bare, [float(m) for m in minutes], kinds)
    limits = Limits(
        (300, 500), data.draw(st.sampled_from([None, (0.0, 60_000.0), (20_000.0, 90_000.0)])), (60.0, 240.0)
    )
    posts = data.draw(st.none() | st.fixed_dictionaries({}, optional={code: st.integers(1, 3) for code in plan.codes}))
    staff = dict(posts or {})
    before = out_of_limits(plan, limits, staff)
    for one in recommend(plan, limits=limits, posts=posts):
        plan = taken(plan, [one])
        staff |= one.posts
        after = out_of_limits(plan, limits, staff)
        assert sum(any(m.values()) for m in before.values()) - sum(any(m.values()) for m in after.values()) == (
            one.grids_gained
        )
        assert one.grids_gained >= 1
        for code, missed in after.items():
            for name, miss in missed.items():
                assert miss <= before.get(code, {}).get(name, 0.0) + 1e-9, (one, code, name)
        assert (plan.tally.n_parts == 1).all()
        before = after

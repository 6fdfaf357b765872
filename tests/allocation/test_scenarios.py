"""Scenarios on small towns: other targets, joined communities, a level taken out, posts; and what can't be asked."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.allocation import Outcome, Scenario, review, work_out
from spatialgov.errors import CodeError, FaultyDataError, InputError, NotFoundError
from spatialgov.measures import MEASURES
from spatialgov.plan import Plan
from tests.allocation.test_post_shares import worked

WEST, EAST = "990101001001", "990101002001"
HOUSEHOLDS = [[100] * 8 for _ in range(4)]


@pytest.fixture
def town(lattice: Callable[..., Plan]) -> Plan:
    """Two communities of sixteen units each: two grids of 800 households in the west, a dedicated one in the east."""
    codes = [[f"{WEST}001"] * 2 + [f"{WEST}002"] * 2 + [f"{EAST}001"] * 3 + [f"{EAST}002"] for _ in range(4)]
    parents = [[WEST] * 4 + [EAST] * 4 for _ in range(4)]
    plan = lattice(HOUSEHOLDS, codes, parents=parents, kinds={f"{EAST}002": "dedicated"})
    frame = plan.units.frame.assign(
        subdistrict_code=[code[:9] + "000" for code in plan.units.frame["community_code"]],
        district_code="990101000000",
    )
    return replace(plan, units=replace(plan.units, frame=frame))


def sound(outcome: Outcome) -> bool:
    after = outcome.after
    fits = all(code.startswith(parent) for code, parent in zip(after.codes, after.table["parent_code"], strict=True))
    return fits and after.faults() == [] and after.parent is None


@pytest.mark.parametrize("method", ["rebalance", "recommend", "partition"])
def test_another_target(town: Plan, method: Any) -> None:
    outcome = work_out(town, Scenario(target=400, method=method), retired=[f"{WEST}003"])
    assert sound(outcome)
    assert len(outcome.after.codes) == 8
    assert outcome.after.table.set_index("code").loc[f"{EAST}002", "kind"] == "dedicated"
    assert f"{WEST}003" not in outcome.after.codes
    assert set(review(outcome.after.grids(), households=(300, 500))["state"]) == {"within", "exempt"}
    told = json.loads(json.dumps(outcome.as_dict()))
    assert told["states"] == {
        "before": {"under": 0, "within": 0, "over": 3, "exempt": 1},
        "after": {"under": 0, "within": 7, "over": 0, "exempt": 1},
    }
    assert told["moved"]["households_moved"] == 1600
    assert (told["grids"]["unchanged"], told["grids"]["new"], told["grids"]["gone"]) == (1, 4, 0)
    assert told["mean_households"] == {"before": 2800 / 3, "after": 400.0}
    assert set(told["measures"]) == set(MEASURES) - {"households_moved"}
    assert told["measures"]["grids"] == {"version": 1, "before": 4.0, "after": 8.0}
    assert told["measures"]["max_deviation_pct"]["before"] == 200
    settings = outcome.after.settings
    assert (settings.target, settings.minimum, settings.maximum) == (400, 360, 440)


def test_communities_that_are_joined_keep_their_grids_under_new_codes(town: Plan) -> None:
    outcome = work_out(town, Scenario(merge=((WEST, EAST),), method="keep"), retired=[f"{WEST}003"])
    assert sound(outcome)
    assert sorted(outcome.after.codes) == [f"{WEST}{n:03d}" for n in (1, 2, 4, 5)]
    assert set(outcome.after.table["name"]) == {"Grid 1", "Grid 2", "Grid 4", "Grid 5"}
    assert outcome.after.settings.merged == {EAST: WEST}
    assert outcome.comparison.households_moved == 0
    assert outcome.as_dict()["grids"] == {"other_code": 2, "unchanged": 4, "changed": 0, "new": 0, "gone": 0}
    assert set(town.units.frame["community_code"]) == {WEST, EAST}, "the plan itself stays as it is"

    again = work_out(outcome.after, Scenario(level="district_code", method="keep"))
    assert again.after.settings.merged == {EAST: "990101000000", WEST: "990101000000"}


def test_joined_ground_is_divided_as_one(lattice: Callable[..., Plan]) -> None:
    parents = [[WEST] * 2 + [EAST] * 2]
    codes = [[f"{WEST}001"] * 2 + [f"{EAST}001"] * 2]
    apart = lattice([[100, 100, 100, 100]], codes, parents=parents)
    alone = work_out(apart, Scenario())
    assert alone.as_dict()["states"]["after"]["under"] == 2
    together = work_out(apart, Scenario(merge=((EAST, WEST),)))
    assert sound(together)
    assert len(together.after.codes) == 1
    assert together.as_dict()["moved"]["households_moved"] == 200


def test_a_level_is_taken_out(town: Plan) -> None:
    outcome = work_out(town, Scenario(level="subdistrict_code", method="keep"))
    assert sound(outcome)
    assert sorted(outcome.after.codes) == [f"990101{s}{n:03d}" for s in ("001000", "002000") for n in (1, 2)]
    both = replace(
        town, settings=replace(town.settings, within=("district_code", "subdistrict_code", "community_code"))
    )
    joined = work_out(both, Scenario(merge=((WEST, EAST),), method="keep"))
    assert set(joined.after.units.frame["subdistrict_code"]) == {"990101001000"}
    assert joined.after.faults() == []


def test_posts_alone_leave_the_borders(town: Plan) -> None:
    scenario = Scenario.of({"post_change": -1, "posts": {f"{EAST}001": 2}})
    assert scenario.method == "keep"
    outcome = work_out(worked(town), scenario)
    assert outcome.posts is not None
    assert outcome.posts.after["posts"].tolist() == [1, 1, 1, 1]
    assert outcome.as_dict()["posts"]["after"]["over"] == 1
    assert outcome.after.settings == town.settings
    assert outcome.after.codes == town.codes


def test_new_grids_get_posts_when_there_are_any(town: Plan) -> None:
    outcome = work_out(worked(town), Scenario(target=400, post_change=2))
    assert outcome.posts is not None
    table = outcome.posts.after
    assert (table["posts"].sum(), (table["posts"] == 0).sum()) == (6, 2)
    assert outcome.as_dict()["posts"]["after"]["needed"] == 8


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"target": 0}, InputError, "target is 0"),
        ({"target": float("nan")}, InputError, "target is nan"),
        ({"tolerance": 1.5}, InputError, "tolerance is 1.5"),
        ({"workload_tolerance": 0}, InputError, "tolerance is 0"),
        ({"households": (0, 0)}, InputError, "target is 0"),
        ({"households": (500, 300)}, InputError, "no band"),
        ({"households": (300, 500), "target": 600}, InputError, "outside 300 to 500"),
        ({"merge": [["A"]]}, InputError, "A can't be joined"),
        ({"merge": [["A", "B"], ["C", "B"]]}, InputError, "C, B can't be joined"),
        ({"method": "keep"}, InputError, "no change"),
        ({"method": "magic"}, InputError, "no method 'magic'"),
        ({"seed": -1}, InputError, "seed is -1"),
        ({"colour": 1}, InputError, "no 'colour'"),
        ({"posts": {"a": 1001}}, InputError, "Grid a has 1001"),
        ({"post_change": 10**9}, InputError, "change is 1000000000"),
        ({"profile": "rustic"}, NotFoundError, "rustic"),
    ],
)  # fmt: skip
def test_what_can_not_be_asked(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        Scenario.of(options)


def test_what_does_not_fit_the_plan(town: Plan) -> None:
    with pytest.raises(NotFoundError, match="No grid nests in 99"):
        work_out(town, Scenario(merge=((WEST, "99"),)))
    with pytest.raises(InputError, match="community_code is no coarser level"):
        work_out(town, Scenario(level="community_code"))
    with pytest.raises(InputError, match="no column 'ward'"):
        work_out(town, Scenario(level="ward"))
    frame = town.units.frame.assign(odd=[str(i % 2) for i in range(len(town.units))])
    odd = replace(town, units=replace(town.units, frame=frame))
    with pytest.raises((InputError, FaultyDataError)):
        work_out(odd, Scenario(level="odd"))
    loose = replace(town, settings=replace(town.settings, within=None))
    with pytest.raises(InputError, match="nest in nothing"):
        work_out(loose, Scenario(merge=((WEST, EAST),)))
    full = [f"{WEST}{n:03d}" for n in range(1, 1000)]
    with pytest.raises(CodeError, match="no number left"):
        work_out(town, Scenario(merge=((WEST, EAST),), method="keep"), retired=full)


counts = st.dictionaries(st.text("0123456789", min_size=1, max_size=5), st.integers(1, 5), max_size=3)


@given(
    st.none() | st.floats(1, 1000),
    st.floats(0.01, 0.99),
    st.none() | counts,
    st.integers(-5, 5),
    st.sampled_from([(), (("A", "B"),), (("A", "B", "C"), ("D", "E"))]),
    st.sampled_from([None, "urban", "rural"]),
)
def test_a_scenario_survives_json(
    target: float | None, tolerance: float, posts: Any, change: int, merge: Any, profile: str | None
) -> None:
    options = {
        "target": target, "tolerance": tolerance, "posts": posts, "post_change": change, "merge": merge,
        "profile": profile, "method": "rebalance",
    }  # fmt: skip
    scenario = Scenario.of(options)
    assert Scenario.of(json.loads(json.dumps(scenario.as_dict()))) == scenario
    least, most = scenario.band
    assert least <= scenario.goal <= most

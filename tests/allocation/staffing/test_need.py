"""How many posts grids need, and who gets them: hand-made figures, and every way of sharing out a few posts."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest

from spatialgov.allocation.staffing import Shifts, Staffing, Targets, staffing, waiting
from spatialgov.errors import InputError, MissingColumnError

ROUND = Shifts(hours_a_day=8, days_a_week=7, post_hours_a_week=56, away=0.0)
"""Eight hours every day, and a post works all of them: 480 minutes a day."""


def demand(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {"kind": "general", "incidents_a_day": 0.0, "service_min": 60.0, "service_cv": 1.0, "way_min": 5.0,
             "other_min_a_day": 0.0}  # fmt: skip
    return pd.DataFrame([usual | {"code": f"G{i}"} | row for i, row in enumerate(rows)])


def test_posts_follow_from_the_work() -> None:
    found = staffing(
        demand(
            {"other_min_a_day": 100},
            {"kind": "dedicated"},
            {"other_min_a_day": 480 * 0.8},
            {"other_min_a_day": 480 * 0.8 + 1},
            {"other_min_a_day": 480, "incidents_a_day": 8},
        ),
        ROUND,
        Targets(utilisation=0.8),
    )
    assert found.grids["needed"].tolist() == [1, 1, 1, 2, 3]
    assert found.grids["because"].tolist() == ["one", "one", "one", "utilisation", "utilisation"]
    assert found.grids["utilisation"].tolist() == pytest.approx([100 / 480, 0, 0.8, 385 / 960, 960 / 1440])
    assert found.grids["met"].all()
    assert found.totals()["needed"] == found.totals()["posts"] == 8
    assert found.posts == {"G0": 1, "G1": 1, "G2": 1, "G3": 2, "G4": 3}
    assert found.faults == ()


def test_the_hours_that_are_covered_and_worked() -> None:
    always = Shifts(hours_a_day=24, days_a_week=7, post_hours_a_week=40, away=0.2)
    assert always.posts_on_duty == pytest.approx(4.2)
    assert [always.posts_for(n) for n in (1, 2)] == [5, 9]
    assert always.minutes_a_day == pytest.approx(40 / 7 * 60 * 0.8)
    assert always.per_hour([24.0]) == pytest.approx([1.0])
    found = staffing(demand({"incidents_a_day": 2.0, "service_min": 40.0}), always)
    assert found.grids["needed"].tolist() == [5]
    # an incident takes a post 40 / (1 - 0.2) minutes
    wait = waiting([2 / 24], [50.0], [1.0], [1]).mean_min
    assert found.grids["wait_min"].to_numpy() == pytest.approx(wait)
    few = Shifts(hours_a_day=4, days_a_week=5, post_hours_a_week=40)
    assert (few.posts_on_duty, few.posts_for(3)) == (1.0, 3)
    assert few.minutes_a_day == pytest.approx(20 / 7 * 60 * 0.85)


def test_the_busiest_hour() -> None:
    by_hour = np.zeros(24)
    by_hour[[8, 9]] = [30.0, 10.0]
    assert Shifts(begins=8, hours_a_day=4).peak(by_hour) == pytest.approx(3.0)
    by_hour[3] = 40.0  # at night: taken up over the four hours
    assert Shifts(begins=8, hours_a_day=4).peak(by_hour) == pytest.approx(40 / 20)
    assert Shifts(begins=22, hours_a_day=8).peak(np.ones(24)) == pytest.approx(1.0)
    assert Shifts().peak(np.zeros(24)) == 1.0


@pytest.mark.parametrize("share", [None, 0.9])
def test_posts_follow_from_the_response(share: float | None) -> None:
    targets = Targets(utilisation=1.0, response_min=15.0, share=share)
    found = staffing(demand({"incidents_a_day": 16.0}, {"incidents_a_day": 1.0}), ROUND, targets, peak=1.5)
    row = found.grids.iloc[0]
    assert row["because"] == "response"
    rate = 16 / 8 * 1.5

    def kept(posts: int) -> bool:
        wait = waiting([rate], [60.0], [1.0], [posts])
        in_time = 1 - wait.later_than(10.0)[0]
        return bool(wait.mean_min[0] + 5 <= 15 if share is None else in_time >= share)

    assert kept(row["needed"])
    assert not kept(row["needed"] - 1)
    assert row["response_min"] == pytest.approx(row["wait_min"] + 5)
    assert found.grids["met"].all()
    assert (found.grids["in_time"] > 0.5).all()


def test_a_way_that_is_too_long_is_said() -> None:
    found = staffing(
        demand({"incidents_a_day": 4.0, "way_min": 20.0}, {"way_min": 20.0}), ROUND, Targets(response_min=15.0)
    )
    (fault,) = found.faults
    assert (fault.kind, fault.item) == ("way_too_long", "G0")
    assert "20.0 minutes" in fault.message
    assert found.grids["met"].tolist() == [False, True]
    assert found.grids["needed"].tolist() == [1, 1]


def late(found: Staffing, row: int, posts: int, targets: Targets) -> float:
    """Minutes of delay a day beyond the target."""
    d, rate = found.grids.iloc[row], found.grids["incidents_a_day"][row] / 8
    wait = waiting([rate], [60.0], [1.0], [posts]).mean_min[0]
    return float(d["incidents_a_day"] * max(d["way_min"] + wait - (targets.response_min or 0), 0))


@pytest.mark.parametrize("response_min", [None, 12.0])
@pytest.mark.parametrize("budget", [5, 6, 7, 8])
def test_a_small_budget_is_shared_out_as_well_as_can_be(budget: int, response_min: float | None) -> None:
    targets = Targets(utilisation=0.7, response_min=response_min)
    asked = demand(
        {"incidents_a_day": 6.0, "other_min_a_day": 300.0},
        {"incidents_a_day": 5.0, "other_min_a_day": 500.0},
        {"incidents_a_day": 7.0},
        {"incidents_a_day": 1.0, "other_min_a_day": 700.0, "way_min": 8.0},
    )
    found = staffing(asked, ROUND, targets, budget=budget)
    needed = found.grids["needed"].tolist()
    assert sum(needed) > 8

    def cost(posts: tuple[int, ...]) -> tuple[float, float]:
        work = found.grids["work_min_a_day"]
        undone = sum(max(work[i] - 0.7 * 480 * n, 0) for i, n in enumerate(posts))
        return round(undone, 6), round(sum(late(found, i, n, targets) for i, n in enumerate(posts)), 6)

    ways = [way for way in itertools.product(*(range(1, n + 1) for n in needed)) if sum(way) == budget]
    given = tuple(found.grids["posts"].tolist())
    assert given in ways
    assert cost(given) == min(map(cost, ways))
    assert found.totals()["short"] == sum(needed) - budget == found.grids["short"].sum()


def test_fewer_posts_than_grids_or_than_hours() -> None:
    asked = demand({"other_min_a_day": 50.0}, {"other_min_a_day": 300.0}, {"other_min_a_day": 200.0})
    found = staffing(asked, ROUND, budget=2)
    assert found.grids["posts"].tolist() == [0, 1, 1]
    assert found.posts == {"G1": 1, "G2": 1}
    assert np.isinf(found.grids["utilisation"][0])
    assert found.totals() | {"needed": 3, "least": 3, "short": 1, "grids_met": 2} == found.totals()
    assert staffing(asked, ROUND, budget=0).grids["posts"].tolist() == [0, 0, 0]
    rich = staffing(asked, ROUND, budget=10)
    assert (rich.grids["posts"].sum(), rich.totals()["spare"]) == (3, 7)
    half = staffing(asked, Shifts(hours_a_day=16, days_a_week=5, away=0.0), budget=4)
    assert half.grids["needed"].tolist() == [2, 2, 2]
    assert half.grids["posts"].tolist() == [1, 2, 1]
    assert half.grids["uncovered_hours_a_week"].tolist() == [40, 0, 40]
    assert half.grids["met"].tolist() == [False, True, False]


def test_a_share_in_time_is_shared_out_too() -> None:
    asked = demand({"incidents_a_day": 14.0}, {"incidents_a_day": 4.0})
    found = staffing(asked, ROUND, Targets(utilisation=1.0, response_min=15.0, share=0.9), budget=4)
    assert found.grids["posts"].sum() == 4
    assert found.grids["posts"][0] > found.grids["posts"][1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"service_min": -1.0}, "Row 1 of the grids, column service_min"),
        ({"way_min": np.nan}, "column way_min: nan"),
        ({"service_cv": "much"}, "column service_cv: 'much'"),
        ({"other_min_a_day": 1e9}, "Row 1 of the grids needs"),
        ({"incidents_a_day": 1e9}, "Row 1 of the grids needs"),
    ],
)
def test_a_figure_that_is_none_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        staffing(demand(change))


def test_what_else_is_refused() -> None:
    with pytest.raises(InputError, match="Row 2 of the grids: 'G0'"):
        staffing(demand({}, {"code": "G0"}))
    with pytest.raises(InputError, match="budget"):
        staffing(demand({}), budget=-1)
    with pytest.raises(InputError, match="peak"):
        staffing(demand({}), peak=0.5)
    with pytest.raises(MissingColumnError):
        staffing(demand({}).drop(columns="way_min"))
    for wrong in (
        {"away": 1.0},
        {"hours_a_day": 25},
        {"begins": -1},
        {"days_a_week": np.nan},
        {"post_hours_a_week": 0},
    ):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Shifts(**wrong)
    for unreal in ({"utilisation": 0.0}, {"response_min": 0.0}, {"response_min": 5.0, "share": 1.0}, {"share": 0.9},
                   {"utilisation_in_absence": 0.5}):  # fmt: skip
        with pytest.raises(InputError, match=next(reversed(unreal)).split("_")[0]):
            Targets(**unreal)

"""Who covers for an absent post: neighbours that can carry both, and why nobody can."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from spatialgov.allocation.staffing import Shifts, Targets, cover_absence, neighbouring_grids
from spatialgov.plan import Plan

DAY = Shifts(hours_a_day=10, days_a_week=7, post_hours_a_week=70, away=0.0)
"""600 minutes a day."""


def table(
    work: list[float], posts: list[int], kinds: str = "", parents: str = "", incidents: list[float] | None = None
) -> pd.DataFrame:
    n = len(work)
    return pd.DataFrame(
        {
            "code": list("ABCDEFGH"[:n]),
            "kind": ["dedicated" if letter == "d" else "general" for letter in (kinds or "g" * n)],
            "parent_code": list(parents or "P" * n),
            "posts": posts,
            "work_min_a_day": work,
            "incident_min_a_day": work if incidents is None else incidents,
        }
    )


def both(*pairs: str) -> np.ndarray:
    there = [["ABCDEFGH".index(letter) for letter in pair] for pair in pairs]
    return np.array(there + [pair[::-1] for pair in there]).reshape(-1, 2)


def test_the_grid_itself_or_a_neighbour_that_can_carry_both() -> None:
    found = cover_absence(table([300, 200, 900], [1, 1, 3]), both("AB", "BC"), DAY, Targets())
    assert found["covered_by"].tolist() == ["B", "C", "C"]
    assert found["utilisation"].tolist() == [500 / 600, 1100 / 1800, 900 / 1200]
    assert found["why"].tolist() == ["", "", ""]


def test_other_work_waits_meanwhile() -> None:
    found = cover_absence(
        table([400, 400, 900], [1, 1, 2], incidents=[100, 150, 100]), both("AB", "BC"), DAY, Targets()
    )
    assert found["covered_by"].tolist() == ["B", "C", "C"]
    # the absent one of two posts of C would do half of the other 800 minutes
    assert found["utilisation"].tolist() == [500 / 600, 1050 / 1200, 500 / 600]


def test_each_post_covers_one_grid_at_most() -> None:
    found = cover_absence(table([100, 350, 350], [1, 1, 1]), both("AB", "AC"), DAY, Targets())
    assert sorted(found["covered_by"][1:]) == ["", "A"]
    assert sorted(found["why"][1:]) == ["", "taken"]
    pair = cover_absence(table([100, 100, 100, 100], [1, 1, 1, 1]), both("AB", "AC", "CD"), DAY, Targets())
    assert (pair["covered_by"] != "").all()  # A covers B although C would be as good for it


def test_why_nobody_covers() -> None:
    found = cover_absence(
        table([500, 500, 100, 100, 0, 100], [1, 1, 1, 1, 0, 1], "gggdgg"), both("AB", "CD", "EF"), DAY, Targets()
    )
    assert found["covered_by"].tolist() == ["", "", "", "C", "", ""]
    assert found["why"].tolist() == ["too_busy", "too_busy", "no_neighbour", "", "no_post", "no_neighbour"]
    assert found["utilisation"].isna().tolist() == [True, True, True, False, True, True]


def test_the_same_parent_covers_first() -> None:
    work, beside = [100.0, 400.0, 0.0], both("AB", "AC")
    found = cover_absence(table(work, [1, 1, 1], parents="PPQ"), beside, DAY, Targets())
    assert found["covered_by"][0] == "B"
    found = cover_absence(table(work, [1, 1, 1]), beside, DAY, Targets())
    assert found["covered_by"][0] == "C"
    found = cover_absence(table(work, [1, 1, 1], parents="PPQ"), beside, DAY, Targets(0.6, utilisation_in_absence=0.7))
    assert found["covered_by"][0] == "C"


def test_neighbours_are_those_without_a_barrier_between(lattice: Callable[..., Plan]) -> None:
    plan = lattice([[1, 1, 1], [1, 1, 1]], ["AAB", "C.B"])
    pairs = {(plan.codes[a], plan.codes[b]) for a, b in neighbouring_grids(plan).tolist()}
    assert pairs == {("A", "B"), ("B", "A"), ("A", "C"), ("C", "A")}
    assert neighbouring_grids(lattice([[1]], ["A"])).shape == (0, 2)

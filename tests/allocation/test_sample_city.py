"""The sample city: its hand-drawn grids come into the band by fewer moves than a fresh partition takes."""

from tests.bench.allocation.advice import advice_figures
from tests.bench.allocation.goals import advice_goals
from tests.bench.goals import verdicts


def test_todays_grids_are_put_right() -> None:
    figures = advice_figures("city")
    assert figures["city_out_before"] > 20
    assert figures["city_recommendations"] > 20
    judged = list(verdicts("advice", advice_goals("city"), figures))
    assert [one for one in judged if not one.holds] == []

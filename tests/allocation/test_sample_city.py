"""The sample city: its hand-drawn grids come into the band by fewer moves than a fresh partition takes."""

from tests.bench.allocation.advice import goals, measure


def test_todays_grids_are_put_right() -> None:
    (figures,) = measure(large=False)
    assert figures.out_before > 20
    assert figures.recommendations > 20
    assert all(goals(figures).values()), (figures, goals(figures))

"""Siting on the SJC instances, whose optima are proved (HiGHS), and on a large city against its own bound."""

from pathlib import Path

from tests.bench.coverage.siting import clusters, proven_optima, timed


def test_proven_optima_are_reached_or_nearly(real_data: Path) -> None:
    found = proven_optima(real_data, most_nodes=500)
    assert found["sjc_instances"] == 36
    assert found["sjc_untrue"] == 0
    assert found["sjc_mean_gap"] <= 0.0001
    assert found["sjc_worst_gap"] <= 0.005
    assert found["sjc_proved"] >= 25


def test_a_large_city_is_near_its_bound() -> None:
    _, _, cover, weight = clusters(10_000, 2_000)
    assert timed(cover, weight, 50)[0].gap <= 0.005
    assert timed(cover, weight, 200)[0].gap <= 0.01

"""What must hold, line by line."""

from collections.abc import Mapping

from tests.bench.goals import Goal, of, ratio

__all__ = ["TASKS", "advice_goals"]


def advice_goals(case: str) -> tuple[Goal, ...]:
    """Give what must hold of one of the cases of `tests.bench.allocation.advice`."""
    return (
        Goal(f"{case}: recommendations that leave as many grids out of band", of(f"{case}_not_helping"), at_most=0),
        Goal(f"{case}: recommendations that leave a grid further out", of(f"{case}_made_worse"), at_most=0),
        Goal(f"{case}: grids in pieces, across communities or hard barriers", of(f"{case}_faults"), at_most=0),
        Goal(
            f"{case}: more grids out of band than afresh, % of grids ≤ 5", of(f"{case}_more_out_share", 100), at_most=5
        ),
        Goal(
            f"{case}: households moved, % of those moved afresh ≤ 40",
            of(f"{case}_moved_share_of_fresh", 100),
            at_most=40,
        ),
    )


TASKS: Mapping[str, tuple[Goal, ...]] = {
    "p_median": (
        Goal("mean cost above the optimum ≤ 0.1 %", of("mean_above", 100), at_most=0.1),
        Goal("largest cost above the optimum ≤ 1 %", of("most_above", 100), at_most=1),
        Goal("bounds above the optimum", of("wrong_bounds"), at_most=0),
        Goal("share of the instances proved optimal, % (≥ 90)", of("proved", 100), at_least=90),
        Goal("CPU × less than spopt + HiGHS on the slowest of those it solves (≥ 1)", of("least_ratio"), at_least=1),
    ),
    "assignment": (
        Goal("difference from the linear programme's cost ≤ 1e-9", of("difference"), at_most=1e-9),
        Goal("CPU × less than HiGHS, divided rows (≥ 1)", ratio("cpu_highs", "cpu_ours"), at_least=1),
        Goal("whole rows: gap to the bound ≤ 1 %", of("gap_whole", 100), at_most=1),
    ),
    "travel": (
        Goal("largest difference from scipy, seconds ≤ 1e-6", of("difference"), at_most=1e-6),
        Goal("CPU × less than scipy (≥ 1)", ratio("cpu_scipy", "cpu_ours"), at_least=1),
    ),
    "checkpoints": (
        Goal("cuts that differ from networkx's minimum", of("different"), at_most=0),
        Goal("cuts that leave a way out", of("open"), at_most=0),
        Goal("CPU × less than networkx (≥ 1)", ratio("cpu_networkx", "cpu_ours"), at_least=1),
    ),
    "beats": (
        Goal("beats that are no closed walk over their streets", of("not_closed"), at_most=0),
        Goal("longest over shortest ≤ 1.1", of("longest_over_shortest"), at_most=1.1),
        Goal("beats that repeat more than their least", of("not_least"), at_most=0),
        Goal("length above the bound for any beats ≤ 10 %", of("above_bound", 100), at_most=10),
    ),
    "advice": (*advice_goals("city"), *advice_goals("district")),
    "staffing": (
        Goal("cases", of("cases"), at_least=20),
        Goal("largest difference of utilisation from the simulation ≤ 3 %", of("most_utilisation", 100), at_most=3),
        Goal("largest difference of waiting from the simulation ≤ 3 %", of("most_waiting", 100), at_most=3),
    ),
}

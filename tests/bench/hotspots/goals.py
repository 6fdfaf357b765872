"""What must hold, line by line."""

from collections.abc import Mapping

from tests.bench.goals import Goal, of, ratio

__all__ = ["TASKS"]

TASKS: Mapping[str, tuple[Goal, ...]] = {
    "density": (
        Goal("median relative error ≤ 0.1 % of the exact sum", of("error_ours", 100), at_most=0.1),
        Goal("CPU ≥ 8 × less than KDEpy FFTKDE", ratio("cpu_kdepy", "cpu_ours"), at_least=8),
        Goal("CPU ≥ 5,000 × less than scikit-learn, rtol 1e-2", ratio("cpu_sklearn", "cpu_ours"), at_least=5000),
    ),
    "gi_star": (
        Goal("largest difference of z from esda ≤ 1e-12", of("z_difference"), at_most=1e-12),
        Goal("CPU ≥ 100 × less than libpysal weights + G_Local", ratio("cpu_esda", "cpu_ours"), at_least=100),
        Goal("p inside the 99 % interval of 400,000 draws for ≥ 97 % of cells", of("inside", 100), at_least=97),
        Goal("median ratio of p to the draws' within 2 %", of("ratio_off", 100), at_most=2),
        Goal("a false hot cell in ≤ 7 % of 200 shuffles", of("false_shuffles", 100), at_most=7),
    ),
    "h3": (
        Goal("differences from h3, 1,000,000 random points on Earth", of("different"), at_most=0),
        Goal("differences from h3, the resampled thefts", of("different_city"), at_most=0),
        Goal("CPU ≥ 8 × less than h3ronpy, resolution 9", ratio("cpu_h3ronpy_9", "cpu_ours_9"), at_least=8),
        Goal("CPU ≥ 8 × less than h3ronpy, resolution 10", ratio("cpu_h3ronpy_10", "cpu_ours_10"), at_least=8),
    ),
    "mann_kendall": (
        Goal("CPU ≥ 200 × less than pymannkendall", ratio("cpu_pymannkendall", "cpu_ours"), at_least=200),
        Goal("differences of S from pymannkendall", of("different"), at_most=0),
        Goal("constant rates rejected at the 5 % level: ≥ 4 %", of("least_level", 100), at_least=4),
        Goal("constant rates rejected at the 5 % level: ≤ 6 %", of("most_level", 100), at_most=6),
        Goal("differences of S from pymannkendall's seasonal test", of("different_seasonal"), at_most=0),
        Goal("a season rejected at the 5 % level: ≥ 4 %", of("least_seasonal_level", 100), at_least=4),
        Goal("a season rejected at the 5 % level: ≤ 6 %", of("most_seasonal_level", 100), at_most=6),
    ),
    "sample_city": (
        Goal("the emerging and the fading spot found in ≥ 95 % of 50 seeds", of("found", 100), at_least=95),
        Goal("nothing found where nothing was planted in ≥ 95 %", of("clean", 100), at_least=95),
    ),
    "knox": (
        Goal(
            "CPU per band and permutation ≤ 1/100 of pointpats.Knox (× less)",
            ratio("cpu_pointpats", "cpu_ours"),
            at_least=100,
        ),
        Goal("difference of the pairs counted", of("different"), at_most=0),
    ),
    "forecast": (
        Goal("vehicle theft: rolling mean PAI ≥ 38", of("vehicle_theft: used"), at_least=38),
        Goal("vehicle theft: share of the best baseline ≥ 98 %", of("vehicle_theft: share", 100), at_least=98),
        Goal("burglary: rolling mean PAI ≥ 14", of("burglary: used"), at_least=14),
        Goal("burglary: share of the best baseline ≥ 98 %", of("burglary: share", 100), at_least=98),
        *(
            Goal(
                f"{crime.replace('_', ' ')}: {what}, % ({sign} {limit})", of(f"{crime}: {what}", 100), **{bound: limit}
            )
            for crime in ("vehicle_theft", "burglary")
            for what in ("cells in their 90 %", "totals in theirs")
            for sign, bound, limit in (("≥", "at_least", 85), ("≤", "at_most", 95))
        ),
    ),
    "cube": (
        Goal("slices of 1,000,000 by grid: CPU ms of the slowest ≤ 5", of("ms_grids"), at_most=5),
        Goal("by hour and weekday ≤ 5", of("ms_clock"), at_most=5),
        Goal("by week ≤ 5", of("ms_weeks"), at_most=5),
        Goal("by grid and month ≤ 5", of("ms_months of grids"), at_most=5),
        Goal("by H3 cell, resolution 10 ≤ 20", of("ms_h3"), at_most=20),
        Goal("answers that differ from those of pandas and h3ronpy", of("different"), at_most=0),
    ),
    "cube_of_seven_million": (
        Goal("slices of 7,000,000 by grid: CPU ms of the slowest ≤ 50", of("ms_grids"), at_most=50),
        Goal("by hour and weekday ≤ 50", of("ms_clock"), at_most=50),
        Goal("by week ≤ 50", of("ms_weeks"), at_most=50),
        Goal("peak memory < 2,048 MB", of("peak_mb"), at_most=2048),
    ),
    "seven_million": (Goal("peak memory < 2,048 MB", of("peak_mb"), at_most=2048),),
}

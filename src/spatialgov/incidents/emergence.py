"""Emerging hot spots: how each cell's hot and cold periods and its trend make one of 17 classes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spatialgov.errors import InputError
from spatialgov.incidents.significance import discoveries, getis_ord_periods
from spatialgov.incidents.trends import RelativeTrend, Trend, mann_kendall, relative_trend
from spatialgov.language import t

__all__ = ["COURSES", "NO_PATTERN", "Emerging", "courses_of", "emerging"]

COURSES = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical")
"""The eight courses of a hot spot, and of a cold spot; a class is a course and ``_hot`` or ``_cold``."""
NO_PATTERN = "no_pattern"
_NEARLY_ALWAYS = 0.9

Bools = npt.NDArray[np.bool_]
Names = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Emerging:
    """What each cell did over the periods.

    Attributes
    ----------
    course
        (n,) str, one of the 17 classes: ``new_hot`` … ``historical_cold``, or ``no_pattern``.
    hot, cold
        (n, periods) bool: Gi* with exact tails against all cells and periods, after Benjamini-Hochberg.
    trend
        The Mann-Kendall test of each cell's neighbourhood, or that of its share of what is common.
    rising, falling
        (n,) bool: what is left of the trends after Benjamini-Hochberg across the cells. A spot that has faded away
        altogether has no class here (it is not hot in the end, and was not hot nearly always): it is falling.
    """

    course: Names
    hot: Bools
    cold: Bools
    trend: Trend | RelativeTrend
    rising: Bools
    falling: Bools


def emerging(
    counts: npt.ArrayLike,
    neighbours: sp.csr_array | sp.csr_matrix,
    alpha: float = 0.05,
    *,
    cycle: int = 1,
    common: npt.ArrayLike | None = None,
) -> Emerging:
    """Classify cells by how their hot and cold spots came and went.

    Parameters
    ----------
    counts
        (n, periods) whole numbers ≥ 0; periods of equal length that don't overlap, oldest first.
    neighbours
        (n, n) sparse 0/1 matrix with the diagonal, as for `getis_ord`.
    alpha
        Share of false discoveries tolerated: among hot cells and periods, among cold ones, and among trends.
    cycle
        Periods after which a season comes again, as for `mann_kendall`: for three years or more.
    common
        (periods,) what all cells have in common, as the counts of the whole area: trends are then those of the cells'
        shares (`relative_trend`), and a season is none with any number of years. None: trends are of the counts.

    Raises
    ------
    InputError
        When counts are not whole numbers ≥ 0 in a table, or the matrix does not fit them.

    Notes
    -----
    The classes are those of ArcGIS's *Emerging Hot Spot Analysis*. Unlike there, a period's neighbourhood does not
    take in the period before, which makes the trend test reject a constant rate three times too often; the tails are
    exact; the trends are corrected for the number of cells; and a season need not pass for one.
    """
    table = np.asarray(counts)
    if table.ndim != 2:
        raise InputError(
            t("Counts must be a table, cells × periods.", "计数须为“单元 × 时段”的表。"),
            remedy=t("Pass one row a cell, one column a period.", "每个单元一行，每个时段一列。"),
        )
    gi = getis_ord_periods(table, neighbours, alpha)
    around = sp.csr_array(neighbours) @ table.astype(np.int64)
    trend = mann_kendall(around, cycle) if common is None else relative_trend(around, common)
    real = discoveries(trend.p, alpha)
    rising, falling = real & (trend.z > 0), real & (trend.z < 0)
    return Emerging(courses_of(gi.hot, gi.cold, rising, falling), gi.hot, gi.cold, trend, rising, falling)


def courses_of(hot: Bools, cold: Bools, rising: Bools, falling: Bools) -> Names:
    """Give the class of each cell from its hot and cold periods and its trend.

    Parameters
    ----------
    hot, cold
        (n, periods) bool, oldest first.
    rising, falling
        (n,) bool.

    Returns
    -------
    str (n,)
        A hot class before a cold one, where a cell has a claim to both (`historical` beside a spot that is now of
        the other kind).
    """
    as_hot = _courses(hot, cold, rising, falling, "hot")
    as_cold = _courses(cold, hot, falling, rising, "cold")  # a cold spot intensifies as its counts fall
    ends_cold = cold[:, -1] if cold.shape[1] else np.zeros(len(cold), dtype=np.bool_)
    return np.where((as_hot != NO_PATTERN) & ~ends_cold, as_hot, as_cold)


def _courses(spot: Bools, opposite: Bools, stronger: Bools, weaker: Bools, kind: str) -> Names:
    n, periods = spot.shape
    if periods == 0:
        return np.full(n, NO_PATTERN)
    now, times = spot[:, -1], spot.sum(axis=1)
    nearly_always = times >= _NEARLY_ALWAYS * periods
    # the length of the run that ends now: up to the first period, seen from the end, that was none
    run = np.where(spot.all(axis=1), periods, np.argmin(spot[:, ::-1], axis=1))
    first_run = now & (run == times)
    conditions = [
        first_run & (times == 1),
        first_run & ~nearly_always,
        now & nearly_always & stronger,
        now & nearly_always & weaker,
        now & nearly_always,
        now & opposite.any(axis=1),
        now,
        ~now & nearly_always,
    ]
    courses = (
        "new", "consecutive", "intensifying", "diminishing", "persistent", "oscillating", "sporadic", "historical"
    )  # fmt: skip
    return np.select(conditions, [f"{course}_{kind}" for course in courses], NO_PATTERN)

"""Assessment of grids by week, month, quarter and year (周月季年): never a ranking by noise.

A registry of indicators with their formulas (`INDICATORS`), empirical Bayes against small numbers (`shrink`), grids
compared with peers of their kind (`assess`), ties called ties.
"""

from spatialgov.allocation.assessment.assessing import (
    FEWEST_PEERS,
    METHOD_VERSION,
    VERDICTS,
    assess,
    peers_of,
    workload_class,
)
from spatialgov.allocation.assessment.indicators import INDICATORS, Facts, Indicator, facts_of
from spatialgov.allocation.assessment.periods import PERIODS, AssessedPeriod, PeriodKind, is_label, whole_periods
from spatialgov.allocation.assessment.satisfaction import Satisfaction, judged_satisfaction, read_satisfaction
from spatialgov.allocation.assessment.shrinkage import Family, Shrunken, by_itself, log_likelihood, shrink

__all__ = [
    "FEWEST_PEERS",
    "INDICATORS",
    "METHOD_VERSION",
    "PERIODS",
    "VERDICTS",
    "AssessedPeriod",
    "Facts",
    "Family",
    "Indicator",
    "PeriodKind",
    "Satisfaction",
    "Shrunken",
    "assess",
    "by_itself",
    "facts_of",
    "is_label",
    "judged_satisfaction",
    "log_likelihood",
    "peers_of",
    "read_satisfaction",
    "shrink",
    "whole_periods",
    "workload_class",
]

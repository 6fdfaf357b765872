"""Units → plan: contiguous, balanced, compact grids, nested in their parents."""

import sys
from types import ModuleType

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.alternative_plans import alternatives, distances
from spatialgov.partition.comparison import Comparison, compare
from spatialgov.partition.dividing import Progress, Step
from spatialgov.partition.engine import Effort, Objective, apportion, assign
from spatialgov.partition.gaps import GroundGap, gaps
from spatialgov.partition.misses import misses
from spatialgov.partition.nested import partition
from spatialgov.partition.rebalancing import Frontier, FrontierStep, rebalance
from spatialgov.partition.unit_grids import unit_grids

__all__ = [
    "Comparison",
    "ContiguityGraph",
    "Effort",
    "Frontier",
    "FrontierStep",
    "GroundGap",
    "Objective",
    "Progress",
    "Step",
    "alternatives",
    "apportion",
    "assign",
    "compare",
    "distances",
    "gaps",
    "misses",
    "partition",
    "rebalance",
    "unit_grids",
]


class _Partition(ModuleType):
    """The package, made callable.

    ``sg.partition(units, …)`` and ``from spatialgov.partition import assign`` share a name, and Python binds the name
    in `spatialgov` to the package as soon as it is imported: so the package itself answers the call.
    """

    __call__ = staticmethod(partition)


sys.modules[__name__].__class__ = _Partition

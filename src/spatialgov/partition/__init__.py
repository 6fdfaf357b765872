"""Units → plan: contiguous, balanced, compact grids, nested in their parents."""

import sys
from types import ModuleType

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.engine import Effort, Objective, apportion, assign
from spatialgov.partition.gaps import GroundGap, gaps
from spatialgov.partition.misses import misses
from spatialgov.partition.nested import Progress, partition

__all__ = [
    "ContiguityGraph",
    "Effort",
    "GroundGap",
    "Objective",
    "Progress",
    "apportion",
    "assign",
    "gaps",
    "misses",
    "partition",
]


class _Partition(ModuleType):
    """The package, made callable.

    ``sg.partition(units, …)`` and ``from spatialgov.partition import assign`` share a name, and Python binds the name
    in `spatialgov` to the package as soon as it is imported: so the package itself answers the call.
    """

    __call__ = staticmethod(partition)


sys.modules[__name__].__class__ = _Partition

"""Who does parts: how many at once, and with how much memory."""

import os
from dataclasses import dataclass
from pathlib import Path

from spatialgov.threads import cores

__all__ = ["FOR_PARTS", "Crew", "crew_here"]

FOR_PARTS = 0.6
"""Of a worker's memory: Dask's workers begin to write to disk above it, and the interpreter needs some itself."""
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class Crew:
    """Those who do parts.

    Attributes
    ----------
    workers
        How many parts are done at once, at most.
    memory
        Bytes that a part may take when all of them are at work.
    most_memory
        Bytes that a part may take at all.
    """

    workers: int
    memory: int
    most_memory: int

    def at_once(self, part_bytes: int) -> int:
        """Give how many parts of a size may be in memory at once."""
        return max(1, min(self.workers, self.workers * self.memory // max(part_bytes, 1)))


def crew_here() -> Crew:
    """Give the cores at hand, which share the memory of this machine, or of its container."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _CGROUP_LIMIT.read_text().strip() if _CGROUP_LIMIT.is_file() else "max"
    for_parts = int(FOR_PARTS * (min(total, int(limit)) if limit.isdecimal() else total))
    return Crew(cores(), for_parts // cores(), for_parts)

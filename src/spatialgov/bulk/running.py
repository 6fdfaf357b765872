"""Run a job: part by part here, or on a cluster; what is done already is not done again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from spatialgov.bulk.crew import Crew, crew_here
from spatialgov.bulk.job import Job, Part
from spatialgov.bulk.kept import Kept
from spatialgov.errors import ClusterError
from spatialgov.language import t
from spatialgov.places import Place

__all__ = ["Outlook", "Progress", "outlook", "run"]

Progress = Callable[[int, int], None]
"""Called with the parts that are done, and all of them."""
_MB = 10**6


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a run would do.

    Attributes
    ----------
    parts
        All of them.
    done
        Numbers of those that an earlier run has left.
    at_once
        How many are done at once, at most.
    memory
        Bytes that a part may take.
    folder
        Where results are kept until all are there.
    """

    parts: tuple[Part, ...]
    done: frozenset[int]
    at_once: int
    memory: int
    folder: Place

    @property
    def most_bytes(self) -> int:
        """About how much memory the largest part takes."""
        return max((part.bytes for part in self.parts), default=0)


def outlook(job: Job, folder: Place, *, cluster: str | None = None, memory: int | None = None) -> Outlook:
    """Tell what `run` would do, which takes the same."""
    crew = _crew(cluster, memory)
    kept, parts = Kept.find(job, folder, crew.memory)
    at_once = crew.at_once(max((part.bytes for part in parts), default=0))
    return Outlook(tuple(parts), kept.there(parts), at_once, crew.most_memory, kept.place)


def run(
    job: Job,
    folder: Place,
    *,
    cluster: str | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
) -> Any:
    """Do a job.

    Every part leaves its result in a folder that is named by the job and all that it depends on. A run that is ended,
    however that came about, is gone on with by the next one.

    Parameters
    ----------
    job
        What is to be done.
    folder
        Where results are kept until all are there; with a cluster, one that all its workers see under this name, or one
        in an object store.
    cluster
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``; None for the cores at hand.
    memory
        Bytes that a part may take; None for what the workers have.
    progress
        Told how much is there already, and after each part.

    Returns
    -------
    What `Job.finish` gives.

    Raises
    ------
    ClusterError
        When the cluster can't be reached, a part ends every worker that begins it, or takes more memory than there is.
    SpatialGovError
        What the job itself raises.
    """
    crew = _crew(cluster, memory)
    kept, parts = Kept.find(job, folder, crew.memory)
    kept.begin(parts)
    there = kept.there(parts)
    left = [part for part in parts if part.number not in there]
    largest = max(left, key=lambda part: part.bytes, default=None)
    if largest is not None and largest.bytes > crew.most_memory:
        raise _too_large(largest, crew.most_memory)
    n_done = len(parts) - len(left)

    def told() -> None:
        nonlocal n_done
        n_done += 1
        if progress is not None:
            progress(n_done, len(parts))

    if progress is not None:
        progress(n_done, len(parts))
    if cluster is not None and left:
        from spatialgov.bulk.on_dask import do_on_cluster

        do_on_cluster(cluster, job, kept, left, told)
    elif largest is not None:
        from spatialgov.bulk.here import do_here

        do_here(job, kept, left, crew.at_once(largest.bytes), told)
    result = job.finish(kept.done(parts))
    kept.remove(job.belongings())
    return result


def _crew(cluster: str | None, memory: int | None) -> Crew:
    """Give those who do the parts; a part may take `memory` where that is given, else what they have."""
    if cluster is None:
        crew = crew_here()
        return crew if memory is None else Crew(crew.at_once(memory), memory, memory)
    from spatialgov.bulk.on_dask import crew_of

    crew = crew_of(cluster)
    return crew if memory is None else replace(crew, memory=memory, most_memory=memory)


def _too_large(part: Part, most: int) -> ClusterError:
    return ClusterError(
        t(
            "Part {number} takes about {needed:,} MB, a worker has {most:,} MB for it.",
            "分块 {number} 约需 {needed:,} MB 内存，而每个工作进程仅有 {most:,} MB 可用。",
            number=part.number,
            needed=-(-part.bytes // _MB),
            most=most // _MB,
        ),
        remedy=t(
            "It can't be cut smaller: give workers more memory (fewer threads each), or say with --memory what a part "
            "may take.",
            "该分块无法再细分：请增加每个工作进程的内存（或减少其线程数），或用 --memory 指定每个分块可用的内存。",
        ),
    )

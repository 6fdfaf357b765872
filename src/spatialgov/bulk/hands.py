"""Who does the parts of jobs, and where their files are."""

from dataclasses import dataclass
from typing import Any

from spatialgov.bulk.crew import crew_here
from spatialgov.bulk.job import Job
from spatialgov.bulk.kept import clear
from spatialgov.bulk.running import Outlook, Progress, outlook, run
from spatialgov.places import Place

__all__ = ["Foreseen", "Hands"]


class Foreseen(Exception):  # noqa: N818 - nothing is wrong
    """Work was to be foreseen only: it has come to a job, and here is what that would be."""

    def __init__(self, outlook: Outlook) -> None:
        super().__init__(outlook)
        self.outlook = outlook


@dataclass(frozen=True, slots=True)
class Hands:
    """What `run` takes, for work that comes upon its jobs on the way.

    Attributes
    ----------
    folder, cluster, progress, memory
        As for `run`.
    dry_run
        Whether to stop at the first job, and only say what it would be.
    lone_here
        Whether a job of a single part is done on the cores at hand, without asking the cluster: there is nothing to
        share.
    """

    folder: Place
    cluster: str | None = None
    progress: Progress | None = None
    memory: int | None = None
    dry_run: bool = False
    lone_here: bool = False

    def do(self, job: Job) -> Any:
        """Do a job.

        Raises
        ------
        Foreseen
            In a dry run. Nothing is left of it.
        """
        if not self.dry_run:
            lone = self.lone_here and len(job.parts(crew_here().memory)) <= 1
            cluster = None if lone else self.cluster
            return run(job, self.folder, cluster=cluster, memory=self.memory, progress=self.progress)
        try:
            raise Foreseen(outlook(job, self.folder, cluster=self.cluster, memory=self.memory))
        finally:
            clear(self.folder, job.belongings())

"""Who does the parts of jobs, and where their files are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spatialgov.bulk.job import Job
from spatialgov.bulk.kept import clear
from spatialgov.bulk.running import Outlook, Progress, outlook, run

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
    """

    folder: Path
    cluster: str | None = None
    progress: Progress | None = None
    memory: int | None = None
    dry_run: bool = False

    def do(self, job: Job) -> Any:
        """Do a job.

        Raises
        ------
        Foreseen
            In a dry run. Nothing is left of it.
        """
        if not self.dry_run:
            return run(job, self.folder, cluster=self.cluster, memory=self.memory, progress=self.progress)
        try:
            raise Foreseen(outlook(job, self.folder, cluster=self.cluster, memory=self.memory))
        finally:
            clear(self.folder, job.belongings())

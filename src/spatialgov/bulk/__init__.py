"""Work in parts, on the cores at hand or on a Dask cluster: the same parts, the same code, the same results."""

from spatialgov.bulk.data import DataJob, open_data, save_data
from spatialgov.bulk.hands import Foreseen, Hands
from spatialgov.bulk.job import Done, Job, Part
from spatialgov.bulk.running import Outlook, Progress, outlook, run
from spatialgov.bulk.shelf import Shelf

__all__ = [
    "DataJob",
    "Done",
    "Foreseen",
    "Hands",
    "Job",
    "Outlook",
    "Part",
    "Progress",
    "Shelf",
    "open_data",
    "outlook",
    "run",
    "save_data",
]

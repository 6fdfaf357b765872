"""``python -m tests.bench.cluster``: see ``--help``, and ``make bench-cluster``."""

import sys
from pathlib import Path
from tempfile import gettempdir

from tests.bench.cluster.report import HEAD, PACKAGES
from tests.bench.running import run_tasks

TASKS = ("nation", "efficiency", "billion", "capacity")
SIZES = {
    "points": (100_000_000, "points located on a cluster and without one (efficiency); four fifths of them as CSV"),
    "many": (200_000_000, "points of the larger of two tables (billion)"),
    "incidents": (300_000, "incidents loaded (capacity)"),
}

if __name__ == "__main__":
    folder = Path(gettempdir())
    about = "where to put what is made: some 12 GB, most of it points"
    sys.exit(run_tasks("cluster", TASKS, HEAD, PACKAGES, folder=folder, folder_is=about, sizes=SIZES))

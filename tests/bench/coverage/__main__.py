"""``python -m tests.bench.coverage``: see ``--help``, and ``make bench-coverage``."""

import sys

from tests.bench.coverage.report import HEAD, PACKAGES
from tests.bench.running import DATA, run_tasks

TASKS = ("isovists", "union", "real", "siting", "planning")

if __name__ == "__main__":
    sys.exit(run_tasks("coverage", TASKS, HEAD, PACKAGES, folder=DATA, folder_is="folder of real data"))

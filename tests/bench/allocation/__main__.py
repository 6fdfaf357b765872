"""``python -m tests.bench.allocation``: see ``--help``, and ``make bench-allocation``."""

import argparse
from pathlib import Path

from tests.bench.allocation.goals import TASKS
from tests.bench.allocation.report import HEAD, PACKAGES
from tests.bench.goals import verdicts
from tests.bench.running import DATA, deliver, page, run_task


def main() -> None:
    """Run what was asked for, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.allocation", description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS), help="what is measured")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="folder of real data")
    parser.add_argument("--peer-s", type=float, default=120.0, metavar="SECONDS", help="spopt's time for an instance")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    found = {task: run_task("allocation", task, wanted.data, wanted.peer_s) for task in wanted.tasks}
    judged = [line for task, figures in found.items() for line in verdicts(task, TASKS[task], figures)]
    text = page(HEAD.replace("{peer_s}", f"{wanted.peer_s:g}"), PACKAGES, found, judged)
    deliver(wanted, text, PACKAGES, found, judged)


if __name__ == "__main__":
    main()

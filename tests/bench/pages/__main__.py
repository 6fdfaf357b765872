"""``python -m tests.bench.pages``: see ``--help``, and ``make bench-pages``."""

import argparse
import sys
import tempfile
from pathlib import Path

from spatialgov.workspace import Workspace
from spatialgov.workspace.demo import run_demo
from tests.bench.goals import verdicts
from tests.bench.pages.goals import goals_of
from tests.bench.pages.report import HEAD, PACKAGES
from tests.bench.running import deliver, page, run_task
from tests.browser.served_pages import PAGES, prepared


def main() -> None:
    """Run what was asked for, print the tables."""
    marked = [name for name, served in PAGES.items() if served.marks]
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"of {', '.join(marked)} (default: all)")
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="browsers that open each page (default 7)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spatialgov-pages-") as folder:
        with Workspace.open(folder) as workspace:
            for line in run_demo(workspace):
                print(line, file=sys.stderr)
            prepared(workspace)
        found = {name: run_task("pages", name, folder, wanted.runs) for name in wanted.pages or marked}
    judged = [verdict for name, figures in found.items() for verdict in verdicts(name, goals_of(name), figures)]
    text = page(HEAD.replace("{runs}", str(wanted.runs)), PACKAGES, found, judged)
    deliver(wanted, text, PACKAGES, found, judged)


if __name__ == "__main__":
    main()

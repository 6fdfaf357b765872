"""``python -m tests.bench.coverage``: see ``--help``, and ``make bench-coverage``.

A task is a module here with `ABOUT` (a sentence for the page), `GOALS` and ``measure(data)``, which gives its figures.
"""

import argparse
import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from tests.bench.coverage.report import HEAD, PACKAGES
from tests.bench.goals import verdicts
from tests.bench.running import DATA, page, run_task, versions

TASKS = ("isovists", "union", "real", "siting", "planning")


def main() -> None:
    """Run what was asked for, print the tables; status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.coverage", description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=TASKS, choices=TASKS, help="what is measured")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="folder of real data")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    modules = {task: import_module(f"tests.bench.coverage.{task}") for task in wanted.tasks}
    found = {task: run_task("coverage", task, wanted.data) for task in modules}
    judged = [line for task, module in modules.items() for line in verdicts(task, module.GOALS, found[task])]
    about = "".join(f"* **{task}**: {module.ABOUT}\n" for task, module in modules.items())
    text = page(HEAD + about.replace("{", "{{").replace("}", "}}"), PACKAGES, found, judged)
    if wanted.report:
        wanted.report.parent.mkdir(parents=True, exist_ok=True)
        wanted.report.write_text(text, encoding="utf-8")
    if wanted.json:
        goals = [asdict(verdict) for verdict in judged]
        text = json.dumps(
            {"versions": versions(PACKAGES), "figures": found, "goals": goals}, ensure_ascii=False, indent=2
        )
    print(text)
    sys.exit(any(verdict.holds is False for verdict in judged))


if __name__ == "__main__":
    main()

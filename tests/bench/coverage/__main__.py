"""``python -m tests.bench.coverage``: see ``--help``, and ``make bench-coverage``.

A task is a module here with `ABOUT` (a sentence for the page), `GOALS` and ``measure(data)``, which gives its figures.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from tests.bench.coverage.goals import Figures, verdicts
from tests.bench.coverage.report import report, versions

TASKS = ("isovists", "union", "real", "siting", "planning")
_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def main() -> None:
    """Run what was asked for, print the tables; status 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.coverage", description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=TASKS, choices=TASKS, help="what is measured")
    parser.add_argument("--data", type=Path, default=_DATA, metavar="FOLDER", help="folder of real data")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    modules = {task: import_module(f"tests.bench.coverage.{task}") for task in wanted.tasks}
    found = {task: _run(task, wanted.data) for task in modules}
    judged = [line for task, module in modules.items() for line in verdicts(task, module.GOALS, found[task])]
    page = report({task: module.ABOUT for task, module in modules.items()}, found, judged)
    if wanted.report:
        wanted.report.parent.mkdir(parents=True, exist_ok=True)
        wanted.report.write_text(page, encoding="utf-8")
    if wanted.json:
        goals = [asdict(verdict) for verdict in judged]
        page = json.dumps({"versions": versions(), "figures": found, "goals": goals}, ensure_ascii=False, indent=2)
    print(page)
    sys.exit(any(verdict.holds is False for verdict in judged))


def _run(task: str, data: Path) -> Figures | str:
    """Give the figures of a task, measured in a process of its own, or why there are none."""
    print(f"{task} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "tests.bench.coverage.worker", task, str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        print(f"  {why}", file=sys.stderr, flush=True)
        return f"fails: {why}"
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print("  " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items()), file=sys.stderr, flush=True)
    return figures


if __name__ == "__main__":
    main()

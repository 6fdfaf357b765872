"""``python -m tests.bench.allocation``: see ``--help``, and ``make bench-allocation``."""

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.bench.allocation.goals import TASKS, Figures, verdicts
from tests.bench.allocation.report import report, versions

_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


def main() -> None:
    """Run what was asked for, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.allocation", description=__doc__)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS), help="what is measured")
    parser.add_argument("--data", type=Path, default=_DATA, metavar="FOLDER", help="folder of real data")
    parser.add_argument("--peer-s", type=float, default=120.0, metavar="SECONDS", help="spopt's time for an instance")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    found = {task: _run(task, wanted.data, wanted.peer_s) for task in wanted.tasks}
    judged = list(verdicts(found))
    page = report(found, judged, wanted.peer_s)
    if wanted.report:
        wanted.report.parent.mkdir(parents=True, exist_ok=True)
        wanted.report.write_text(page, encoding="utf-8")
    if wanted.json:
        goals = [asdict(verdict) for verdict in judged]
        page = json.dumps({"versions": versions(), "figures": found, "goals": goals}, ensure_ascii=False, indent=2)
    print(page)


def _run(task: str, data: Path, peer_s: float) -> Figures | str:
    """Give the figures of a task, measured in a process of its own, or why there are none."""
    print(f"{task} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "tests.bench.allocation.worker", task, str(data), str(peer_s)]
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

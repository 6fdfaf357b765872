"""``python -m tests.bench.ogc``: see ``--help``, and ``make bench-ogc``."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tests.bench.goals import verdicts
from tests.bench.ogc.goals import GOALS
from tests.bench.ogc.report import HEAD, PACKAGES
from tests.bench.running import page, run_task, versions


def main() -> None:
    """Run what was asked for, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ogc", description=__doc__)
    parser.add_argument("--grids", type=int, default=20_000, metavar="N", help="grids of the edition (default 20,000)")
    parser.add_argument("--requests", type=int, default=40, metavar="N", help="of each kind to a peer (default 40)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    found = {"serving": run_task("ogc", "serving", wanted.grids, wanted.requests)}
    judged = list(verdicts("serving", GOALS, found["serving"]))
    text = page(HEAD.replace("{grids}", f"{wanted.grids:,}"), PACKAGES, found, judged)
    if wanted.report:
        wanted.report.parent.mkdir(parents=True, exist_ok=True)
        wanted.report.write_text(text, encoding="utf-8")
    if wanted.json:
        goals = [asdict(verdict) for verdict in judged]
        text = json.dumps(
            {"versions": versions(PACKAGES), "figures": found, "goals": goals}, ensure_ascii=False, indent=2
        )
    print(text)


if __name__ == "__main__":
    main()

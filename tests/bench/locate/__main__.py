"""``python -m tests.bench.locate``: see ``--help``, and ``make bench-locate``."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.locate.goals import BULK, Figures, verdicts
from tests.bench.locate.methods import METHODS
from tests.bench.locate.report import report, versions
from tests.bench.locate.tilings import make_tiling

_VERTICES = 40


def main() -> None:
    """Run what was asked for, print the tables."""
    wanted = _arguments()
    keys = [key for key in BULK if key[0] in wanted.grids and key[1] in wanted.points]
    grids = sorted({key[0] for key in keys})
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        bench = _Bench(folder, wanted.repeats, wanted.time_limit)
        for n in grids:
            bench.make(n)
        limits = {key: bench.limit(*key) for key in keys}
        bulk = {key: {method: bench.bulk(*key, method) for method in wanted.methods} for key in keys}
        index = {n: bench.run("index", folder=folder, grids=n) for n in grids}
        adversarial = bench.run("adversarial", points=wanted.adversarial)
        files = {datum: bench.files(grids[-1], wanted.rows, datum) for datum in ("wgs84", "gcj02")}
    judged = list(verdicts(bulk, limits, index, adversarial, files))
    page = report(bulk, limits, index, adversarial, files, judged, repeats=wanted.repeats)
    if wanted.report:
        wanted.report.parent.mkdir(parents=True, exist_ok=True)
        wanted.report.write_text(page, encoding="utf-8")
    if wanted.json:
        found = {
            "versions": versions(),
            "bulk": [{"grids": g, "points": p, "rows": rows, "limit": limits[g, p]} for (g, p), rows in bulk.items()],
            "index": index,
            "adversarial": adversarial,
            "files": files,
            "goals": [asdict(verdict) for verdict in judged],
        }
        page = json.dumps(found, ensure_ascii=False, indent=2)
    print(page)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.locate", description=__doc__)
    every_grids, every_points = sorted({g for g, _ in BULK}), sorted({p for _, p in BULK})
    parser.add_argument("--grids", type=int, nargs="+", default=every_grids, help="sizes of the tilings")
    parser.add_argument("--points", type=int, nargs="+", default=every_points, help="numbers of points")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS), help="who is compared")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="runs of ours (default 5)")
    parser.add_argument("--adversarial", type=int, default=100_000, metavar="N", help="adversarial points")
    parser.add_argument("--rows", type=int, default=10_000_000, metavar="N", help="rows of the file (default 10⁷)")
    parser.add_argument(
        "--large", action="store_const", const=100_000_000, dest="rows", help="100 million rows (takes 5 GB of disk)"
    )
    parser.add_argument("--time-limit", type=float, default=600, metavar="S", help="CPU seconds of a run (default 600)")
    parser.add_argument("--folder", type=Path, help="where the files of the run go for its time")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


class _Bench:
    """Runs tasks, each in a process of its own."""

    def __init__(self, folder: str, repeats: int, limit_s: float) -> None:
        self.folder, self.repeats, self.limit_s = folder, repeats, limit_s

    def make(self, grids: int) -> None:
        """Make a tiling that all processes read."""
        tiling = make_tiling(grids, _VERTICES)
        np.savez(f"{self.folder}/{grids}.npz", xy=tiling.xy, starts=tiling.starts)

    def limit(self, grids: int, points: int) -> Figures | str:
        """Give the speed of the bare table read."""
        found = self.run("table_read", folder=self.folder, grids=grids, points=points, repeats=self.repeats)
        return found if isinstance(found, str) else {"per_s": points / found["cpu_s"]}

    def bulk(self, grids: int, points: int, method: str) -> Figures | str:
        """Give the speed of a method, and the number of its differences from ours."""
        repeats = self.repeats if method == "ours" else 1
        found = self.run(
            "bulk", folder=self.folder, grids=grids, points=points, method=method, repeats=repeats, limit_s=self.limit_s
        )
        if isinstance(found, str):
            return found
        ours, theirs = (np.load(f"{self.folder}/{name}-{grids}-{points}.npy") for name in ("ours", method))
        speed = {"per_s": points / found["cpu_s"]}
        return speed if method == "ours" else speed | {"different": float((ours != theirs).sum())}

    def files(self, grids: int, rows: int, datum: str) -> Figures | str:
        """Give the times of copying and locating a file."""
        found = self.run("files", folder=self.folder, grids=grids, points=rows, datum=datum)
        return found if isinstance(found, str) else {**found, "points": float(rows)}

    def run(self, task: str, **options: Any) -> Figures | str:
        """Give the figures of a task, or why there are none."""
        said = ", ".join(f"{name} {value}" for name, value in options.items() if name not in ("folder", "limit_s"))
        print(f"{task}: {said} …", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "tests.bench.locate.worker", json.dumps({"task": task, **options})]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == -signal.SIGXCPU:
            return f"none in {self.limit_s:.0f} s"
        if done.returncode:
            why = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
            print(f"  {why}", file=sys.stderr, flush=True)
            return f"fails: {why}"
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        print("  " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items()), file=sys.stderr, flush=True)
        return figures


if __name__ == "__main__":
    main()

"""``python -m tests.bench.partition``: see ``--help``, and ``make bench-partition``."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tests.bench.partition.goals import Row, summary, verdicts
from tests.bench.partition.instances import DATA, EVERYDAY, LARGE, OFTEN, SCALING, Instance, make_fabric
from tests.bench.partition.methods import METHODS
from tests.bench.partition.report import report, versions


def main() -> None:
    """Run what was asked for, print the tables."""
    wanted = _arguments()
    instances = [i for i in (*EVERYDAY, *([LARGE] if wanted.large else [])) if wanted.instances in i.name]
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder), wanted.seeds, wanted.time_limit)
        results = {instance: bench.rows(instance) for instance in instances}
        curve = [(40 * i.k, row) for i in SCALING for row in bench.rows(i).values()] if wanted.scaling else []
    judged = [verdict for instance, rows in results.items() for verdict in verdicts(instance, rows)]
    scaling = [(n, row) for n, row in curve if not isinstance(row, str)]
    page = report(results, judged, scaling, limit_s=wanted.time_limit)
    if wanted.report:
        wanted.report.parent.mkdir(parents=True, exist_ok=True)
        wanted.report.write_text(page, encoding="utf-8")
    if wanted.json:
        found = {
            "versions": versions(),
            "results": {i.name: rows for i, rows in results.items()},
            "goals": [{**asdict(v.goal), "value": v.value, "holds": v.holds} for v in judged],
            "scaling": [{"units": n, **row} for n, row in scaling],
        }
        page = json.dumps(found, ensure_ascii=False, indent=2)
    print(page)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.partition", description=__doc__)
    parser.add_argument("--instances", default="", metavar="TEXT", help="only those with this in their name")
    parser.add_argument(
        "--seeds", type=int, default=3, metavar="N", help="seeds 1 … N (default 3; 7 N where it matters)"
    )
    parser.add_argument("--large", action="store_true", help="the instance of 1,000,000 units too")
    parser.add_argument("--scaling", action="store_true", help="time and memory per unit at 10⁴, 10⁵ and 10⁶ units")
    parser.add_argument("--time-limit", type=float, default=300, metavar="S", help="CPU seconds of a run (default 300)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


class _Bench:
    """Runs methods on instances; fabrics that are not among the data are made once, in `folder`."""

    def __init__(self, folder: Path, seeds: int, limit_s: float) -> None:
        self.folder, self.seeds, self.limit_s = folder, seeds, limit_s

    def rows(self, instance: Instance) -> dict[str, Row | str]:
        file = self._file(instance.graph)
        return {method: self._row(instance, file, method) for method in instance.methods}

    def _file(self, graph: str) -> Path:
        for folder in (DATA, self.folder):
            if (folder / f"{graph}.npz").exists():
                return folder / f"{graph}.npz"
        _say(f"making {graph} …")
        make_fabric(int(graph.removeprefix("fabric_")), self.folder)
        return self.folder / f"{graph}.npz"

    def _row(self, instance: Instance, file: Path, method: str) -> Row | str:
        """Give the figures over all seeds, or why there are none: a method that fails once is not asked again."""
        runs = []
        count = self.seeds * (OFTEN if method in instance.often else 1)
        for seed in range(1, count + 1):  # METIS takes 0 and 1 for the same
            _say(f"{instance.name}: {METHODS[method]}, seed {seed} …")
            found = self._run(instance, file, method, seed)
            if isinstance(found, str):
                _say(f"  {found}")
                return found
            _say("  " + _brief(found.items()))
            runs.append(found)
        return summary(runs)

    def _run(self, instance: Instance, file: Path, method: str, seed: int) -> Row | str:
        task = {
            "file": str(file), "method": method, "k": instance.k, "seed": seed, "limit_s": self.limit_s,
            "hard_barriers": instance.hard_barriers,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.bench.partition.worker", json.dumps(task)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == -signal.SIGXCPU:
            return f"none in {self.limit_s:.0f} s"
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
            return "fails: " + next((line for line in said if line.startswith("METIS Error")), said[-1])
        row: Row = json.loads(done.stdout.splitlines()[-1])
        return row


def _brief(figures: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

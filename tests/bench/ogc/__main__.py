"""``python -m tests.bench.ogc``: see ``--help``, and ``make bench-ogc``."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from tests.bench.goals import verdicts
from tests.bench.ogc.goals import GOALS
from tests.bench.ogc.report import HEAD, PACKAGES, table
from tests.bench.running import deliver, page, run_task


def main() -> None:
    """Run what was asked for, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ogc", description=__doc__)
    parser.add_argument("--grids", type=int, default=20_000, metavar="N", help="grids of the edition (default 20,000)")
    parser.add_argument("--requests", type=int, default=200, metavar="N", help="of each kind to a peer (default 200)")
    parser.add_argument(
        "--peers", type=Path, default=Path(sys.prefix, "ogc-peers", "bin", "python"), metavar="PYTHON",
        help="the Python of the environment with the peers (default: ogc-peers in this one)",
    )  # fmt: skip
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    found = run_task("ogc", "serving", wanted.grids, wanted.requests, wanted.peers)
    judged = list(verdicts("serving", GOALS, found))
    peers = ", ".join(f"{name} {number}" for name, number in _peer_versions(wanted.peers).items())
    head = HEAD.replace("{grids}", f"{wanted.grids:,}").replace("{peers}", peers)
    text = page(head, PACKAGES, {}, judged) + "\n" + (found if isinstance(found, str) else table(found))
    deliver(wanted, text, PACKAGES, found, judged)


def _peer_versions(python: Path) -> dict[str, str]:
    code = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    try:
        said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return {}
    known: dict[str, str] = json.loads(said)
    return {name: known.get(name, "missing") for name in ("tipg", "asyncpg", "pygeoapi", "SQLAlchemy", "gunicorn")}


if __name__ == "__main__":
    main()

"""The tables, in Markdown that reads well on a terminal too."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from tests.bench.allocation.goals import Figures, Verdict

__all__ = ["report", "versions"]

_HEAD = """# Allocation benchmark

Written by `make bench-allocation`: the peers and ours on the same work in one run, each task in a process of its own.
{date}; {versions}. CPU seconds are those of all threads.

* **p_median**: the p-median instances of the OR-Library that are in the folder of real data (100 to 900 places, 5 to
  167 sites), each with ten seconds; the peer, `spopt.locate.PMedian` with HiGHS, on those of up to 200 places, building
  the model included, each with {peer_s} seconds. `gap_…` is the gap to our own bound, which is what a user sees.
* **assignment**: 3,000 places and 30 centres at random in a square, loads 1 to 8, room for 5 % more than all. Divided:
  against HiGHS on the same linear programme. Whole: with twenty seconds.
* **travel**: the sample city, from 500 units to all 3,217, by car; against `scipy.sparse.csgraph.dijkstra` on a graph
  that has the 500 in it.
* **checkpoints**: the sample city, around each community and subdistrict, belts of 300 m and 2 km; against
  `networkx.minimum_cut`.
* **beats**: the sample city's streets in 25 beats. The least repetition of each beat is worked out anew, without limit
  of time; the bound is one for closed walks over all streets, however they are divided.
"""


def versions() -> dict[str, str]:
    """Give the versions of Python and of what was compared."""
    found = {"Python": platform.python_version()}
    for package in ("numpy", "scipy", "numba", "networkx", "spopt", "pulp", "highspy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def report(found: Mapping[str, Figures | str], judged: Sequence[Verdict], peer_s: float) -> str:
    """Give the whole page."""
    said = ", ".join(f"{name} {number}" for name, number in versions().items())
    word = {True: "pass", False: "**miss**", None: "not measured"}
    parts = [
        _HEAD.format(date=datetime.now(UTC).date(), versions=said, peer_s=f"{peer_s:g}"),
        "## What must hold\n",
        _table(("", "must hold", "measured", ""), ((v.about, v.must, v.measured, word[v.holds]) for v in judged)),
    ]
    for task, figures in found.items():
        parts.append(f"## {task}\n")
        parts.append(
            figures + "\n"
            if isinstance(figures, str)
            else _table(("", ""), ((name, f"{value:.4g}") for name, value in figures.items()))
        )
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""What benchmarks share: tasks in processes of their own, and their figures as a page."""

import json
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench.goals import Figures, Verdict

__all__ = ["DATA", "page", "run_task", "versions"]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""The folder of real data, unless another is named."""


def run_task(benchmark: str, task: str, *arguments: object) -> Figures | str:
    """Give the figures of a task, measured in a process of its own, or why there are none.

    Parameters
    ----------
    benchmark
        Package below ``tests.bench`` whose module ``worker`` does the task and prints its figures as a line of JSON.
    """
    print(f"{task} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"tests.bench.{benchmark}.worker", task, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        print(f"  {why}", file=sys.stderr, flush=True)
        return f"fails: {why}"
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    print("  " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items()), file=sys.stderr, flush=True)
    return figures


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Give the versions of Python and of what was compared."""
    found = {"Python": platform.python_version()}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def page(head: str, packages: Iterable[str], found: Mapping[str, Figures | str], judged: Sequence[Verdict]) -> str:
    """Give the page: the tables in Markdown that reads well on a terminal too.

    Parameters
    ----------
    head
        Heading and text, with ``{date}`` and ``{versions}`` to be filled in.
    packages
        What was compared.
    found
        Task → its figures, or why there are none.
    judged
        The lines that must hold.
    """
    said = ", ".join(f"{name} {number}" for name, number in versions(packages).items())
    word = {True: "pass", False: "**miss**", None: "not measured"}
    parts = [
        head.format(date=datetime.now(UTC).date(), versions=said),
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

"""What benchmarks share: tasks in processes of their own, and their figures as a page."""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from tests.bench.goals import Figures, Verdict, verdicts

__all__ = ["DATA", "deliver", "page", "run_task", "run_tasks", "versions"]

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""The folder of real data, unless another is named."""


def run_task(benchmark: str, task: str, *arguments: object) -> Figures | str:
    """Give the figures of a task, measured in a process of its own, or why there are none.

    Parameters
    ----------
    benchmark
        Package below ``tests.bench`` whose module ``worker`` does the task and prints its figures as a line of JSON;
        what it says of its progress goes to standard error, and is passed on.
    """
    print(f"{task} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"tests.bench.{benchmark}.worker", task, *map(str, arguments)]
    begun, why = time.monotonic(), ""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as answer,
        subprocess.Popen(command, stdout=answer, stderr=subprocess.PIPE, text=True) as process,
    ):
        assert process.stderr is not None
        for line in process.stderr:
            why = line.strip() or why
            print(f"  {line.rstrip()}", file=sys.stderr, flush=True)
        status = process.wait()
        answer.seek(0)
        said = answer.read().splitlines()
    if status:
        return f"fails: {why or f'status {status}'}"
    figures: Figures = json.loads(said[-1])
    print("  " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items()), file=sys.stderr, flush=True)
    print(f"  {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    return figures


def run_tasks(
    benchmark: str,
    tasks: Sequence[str],
    head: str,
    packages: Sequence[str],
    *,
    folder: Path,
    folder_is: str,
    sizes: Mapping[str, tuple[int, str]] = MappingProxyType({}),
) -> bool:
    """Run the command line of a benchmark whose tasks are modules of it; gives whether a goal was missed.

    Parameters
    ----------
    benchmark
        Package below ``tests.bench``. A task is a module in it with `ABOUT` (a sentence for the page), `GOALS` and
        ``measure(folder)``, which gives its figures.
    tasks
        All of them.
    head, packages
        As for `page`; what the tasks are about is put after the head.
    folder, folder_is
        What tasks get unless another is named, and what it is.
    sizes
        Name → number and what it is: options of the command line that tasks get after the folder, in this order.
    """
    parser = argparse.ArgumentParser(prog=f"python -m tests.bench.{benchmark}")
    parser.add_argument("--tasks", nargs="+", default=tasks, choices=tasks, help="what is measured")
    parser.add_argument("--data", type=Path, default=folder, metavar="FOLDER", help=folder_is)
    for name, (number, about) in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=number, help=f"{about}; {number:,} by default")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    modules = {task: import_module(f"tests.bench.{benchmark}.{task}") for task in wanted.tasks}
    numbers = [getattr(wanted, name) for name in sizes]
    found = {task: run_task(benchmark, task, wanted.data, *numbers) for task in modules}
    judged = [line for task, module in modules.items() for line in verdicts(task, module.GOALS, found[task])]
    about = "".join(f"* **{task}**: {module.ABOUT}\n" for task, module in modules.items())
    text = page(head + about.replace("{", "{{").replace("}", "}}"), packages, found, judged)
    deliver(wanted, text, packages, found, judged)
    return any(verdict.holds is False for verdict in judged)


def deliver(
    wanted: argparse.Namespace, text: str, packages: Iterable[str], found: object, judged: Iterable[Verdict]
) -> None:
    """Write the page to the file of ``--report``, and print it, or with ``--json`` the figures."""
    if wanted.report:
        wanted.report.parent.mkdir(parents=True, exist_ok=True)
        wanted.report.write_text(text, encoding="utf-8")
    if wanted.json:
        goals = [asdict(verdict) for verdict in judged]
        text = json.dumps(
            {"versions": versions(packages), "figures": found, "goals": goals}, ensure_ascii=False, indent=2
        )
    print(text)


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

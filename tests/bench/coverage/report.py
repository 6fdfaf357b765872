"""The tables, in Markdown that reads well on a terminal too."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from tests.bench.coverage.goals import Figures, Verdict

__all__ = ["report", "versions"]

_HEAD = """# Coverage benchmark

Written by `make bench-coverage`: the peers and ours on the same cameras and cities in one run, each task in a process
of its own. {date}; {versions}. CPU seconds are those of all threads; compiling is not counted.

"""
_PACKAGES = ("numpy", "scipy", "numba", "shapely", "visilibity", "pyvispoly", "highspy", "spopt")


def versions() -> dict[str, str]:
    """Give the versions of Python and of what was compared."""
    found = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def report(about: Mapping[str, str], found: Mapping[str, Figures | str], judged: Sequence[Verdict]) -> str:
    """Give the whole page.

    Parameters
    ----------
    about
        Task → what it measures.
    found
        Task → its figures, or why there are none.
    judged
        The lines that must hold.
    """
    said = ", ".join(f"{name} {number}" for name, number in versions().items())
    word = {True: "pass", False: "**miss**", None: "not measured"}
    lines = ((v.about, v.must, v.measured, word[v.holds]) for v in judged)
    parts = [
        _HEAD.format(date=datetime.now(UTC).date(), versions=said),
        "".join(f"* **{task}**: {about[task]}\n" for task in found),
        "\n## What must hold\n\n",
        _table(("", "must hold", "measured", ""), lines),
    ]
    for task, figures in found.items():
        parts.append(f"\n## {task}\n\n")
        parts.append(
            figures + "\n"
            if isinstance(figures, str)
            else _table(("", ""), ((name, f"{value:.4g}") for name, value in figures.items()))
        )
    return "".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

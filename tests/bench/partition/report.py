"""The tables, in Markdown that reads well on a terminal too."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from tests.bench.partition.goals import Row, Verdict, yardstick
from tests.bench.partition.instances import Instance
from tests.bench.partition.methods import METHODS, OURS

__all__ = ["report", "versions"]

_HEAD = """# Partition benchmark

Written by `make bench-partition`: METIS, GerryChain and ours on the same instances in one run, every run in a process
of its own. Medians over seeds 1, 2, …; of parts, broken parts and barriers crossed the worst. Three seeds where they
agree; more on `pa_tract`, where METIS's border differs by 7 % from seed to seed and three would decide by luck.
{date}; {versions}.

* **CPU s**: of the division itself; reading the graph, giving it the method's own form and compiling are not counted.
* **peak MiB**: most resident memory while dividing, with the graph.
* **quality**: by `partition_metrics.py`, which lies beside the data and shares no code with ours. Deviation is from the
  mean population; PP is the mean Polsby-Popper score; MoI the moment of inertia in millions of persons × km².
* **× METIS**: ratio to METIS with its usual settings (contiguous, edges weighed by the length of the border), of the
  default and of a balance of 1 % (`ufactor` 10) the one with the shorter border. METIS with 5 cuts is shown for
  comparison. GerryChain runs over a networkx graph, as documented, and over rustworkx. After {limit:.0f} CPU seconds a
  run is ended.
"""
_COLUMNS = (
    ("seeds", "seeds", ".0f"), ("CPU s", "cpu_s", ".3g"), ("peak MiB", "peak_mib", ".0f"),
    ("parts", "parts", ",.0f"), ("broken", "broken", ".0f"),
    ("max dev %", "max_dev", ".2f"), ("p95", "p95_dev", ".2f"), ("mean", "mean_dev", ".2f"),
    ("border km", "border_km", ",.0f"), ("× METIS", "border_km", "ratio"), ("PP", "pp", ".3f"),
    ("× METIS", "pp", "ratio"), ("MoI", "moi", ",.4g"), ("× METIS", "moi", "ratio"),
)  # fmt: skip


def versions() -> dict[str, str]:
    """Give the versions of Python and of what was compared."""
    found = {"Python": platform.python_version()}
    for package in ("numpy", "numba", "pymetis", "gerrychain"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def report(
    results: Mapping[Instance, Mapping[str, Row | str]],
    judged: Sequence[Verdict],
    scaling: Sequence[tuple[int, Row]],
    *,
    limit_s: float,
) -> str:
    """Give the whole page."""
    said = ", ".join(f"{name} {number}" for name, number in versions().items())
    parts = [_HEAD.format(date=datetime.now(UTC).date(), versions=said, limit=limit_s)]
    parts += ["## What must hold\n", _goals(judged)] if judged else []
    for instance, rows in results.items():
        parts += [f"## {instance.name}, k = {instance.k:,}\n", _instance(instance, rows)]
    parts += ["## Scaling (quick, k = units / 40)\n", _scaling(scaling)] if scaling else []
    return "\n".join(parts)


def _goals(judged: Iterable[Verdict]) -> str:
    word = {True: "pass", False: "**miss**", None: "not measured"}
    return _table(
        ("instance", "effort", "must hold", "measured", ""),
        (
            (v.goal.instance, v.goal.effort, v.goal.text(), "–" if v.value is None else f"{v.value:.4g}", word[v.holds])
            for v in judged
        ),
    )


def _instance(instance: Instance, rows: Mapping[str, Row | str]) -> str:
    figures = {method: row for method, row in rows.items() if not isinstance(row, str)}
    base = yardstick(figures)
    walls = (("crossings", "crossings", ".0f"),) if instance.hard_barriers else ()
    columns = (*_COLUMNS, *walls)
    lines = []
    for method, row in rows.items():
        name = f"**{METHODS[method]}**" if method in OURS else METHODS[method]
        if isinstance(row, str):
            lines.append((name, row, *[""] * (len(columns) - 1)))
        else:
            lines.append((name, *(_cell(row, key, form, base) for _, key, form in columns)))
    text = _table(("method", *(title for title, _, _ in columns)), lines)
    if instance.hard_barriers and figures:
        few = next(iter(figures.values()))["too_small"]
        which = f"all but {few:.0f}" if few else "all of them"
        text += f"\nLargest deviation: over the grounds that can be divided within 5 % of the mean, {which}.\n"
    return text


def _cell(row: Row, key: str, form: str, base: Row | None) -> str:
    if form != "ratio":
        return format(row[key], form)
    return f"{row[key] / base[key]:.3f}" if base else ""


def _scaling(rows: Iterable[tuple[int, Row]]) -> str:
    return _table(
        ("units", "CPU s", "µs per unit", "peak MiB", "KiB per unit beyond the graph (about)"),
        (
            (
                f"{n:,}", f"{row['cpu_s']:.3g}", f"{row['cpu_s'] / n * 1e6:.1f}", f"{row['peak_mib']:.0f}",
                f"{row['grown_mib'] * 1024 / n:.2f}",
            )
            for n, row in rows
        ),
    )  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""The tables, in Markdown that reads well on a terminal too."""

import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from tests.bench.locate.goals import Figures, Key, Verdict
from tests.bench.locate.methods import METHODS

__all__ = ["report", "versions"]

_HEAD = """# Lookup benchmark

Written by `make bench-locate`: the peers and ours on the same tilings and the same points in one run, each in a
process of its own. {date}; {versions}.

* **Tilings**: Voronoi cells whose borders are divided and jittered, 40 vertices a grid in the mean, neighbours'
  vertices equal to the last bit. Points are random, evenly over the whole tiling.
* **million points per CPU second**: from arrays of longitude and latitude to the position of each point's grid; every
  thread counts. What can be made beforehand is (trees of grids, tables, indices, compiled code); median of {repeats}
  runs of ours, one of a peer's. PostGIS: the backend's CPU alone, with the points in a table and an index on them.
* **bare table read**: what no table lookup can do without, compiled the same way: read a point, compute its cell, read
  one entry of a table as large as ours at random, write it.
* **differences**: points whose grid is another than ours. Random points lie on no border; for those that do, see the
  adversarial points: vertices, middles of edges, both moved by an ulp, sides of cells, corners of the box, on a tiling,
  an enclave with a courtyard, rings that touch in a point, level edges, and both sides of the antimeridian.
* **file to file**: Parquet with an identifier, longitude and latitude; against the same file read and written batch by
  batch as it is, without the added columns. Wall time, for reading, locating and writing overlap.
"""


def versions() -> dict[str, str]:
    """Give the versions of Python and of what was compared."""
    found = {"Python": platform.python_version()}
    for package in ("numpy", "numba", "pyarrow", "shapely", "geopandas", "duckdb", "sedonadb", "psycopg"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def report(
    bulk: Mapping[Key, Mapping[str, Figures | str]],
    limits: Mapping[Key, Figures | str],
    index: Mapping[int, Figures | str],
    adversarial: Figures | str,
    files: Mapping[str, Figures | str],
    judged: Sequence[Verdict],
    *,
    repeats: int,
) -> str:
    """Give the whole page."""
    said = ", ".join(f"{name} {number}" for name, number in versions().items())
    word = {True: "pass", False: "**miss**", None: "not measured"}
    parts = [_HEAD.format(date=datetime.now(UTC).date(), versions=said, repeats=repeats)]
    parts += [
        "## What must hold\n",
        _table(("", "must hold", "measured", ""), ((v.about, v.must, v.measured, word[v.holds]) for v in judged)),
        "## Bulk: million points per CPU second (differences from ours)\n",
        _table(("method", *(f"{g:,} grids, {p:,} points" for g, p in bulk)), _bulk_lines(bulk, limits)),
        "## Index\n",
        _table(("", *(f"{grids:,} grids" for grids in index)), _index_lines(index)),
        "## Adversarial points\n",
        adversarial
        if isinstance(adversarial, str)
        else (
            f"{adversarial['points']:,.0f} points, {adversarial['shared']:,.0f} of them exactly on a border: "
            f"{adversarial['wrong']:.0f} differences from rational arithmetic, "
            f"{adversarial['many']:.0f} points with more than one owner.\n"
        ),
        "## File to file\n",
        _table(
            ("datum", "copied alone, M rows/s", "located, M rows/s", "peak MB"),
            (_file_line(datum, row) for datum, row in files.items()),
        ),
    ]
    return "\n".join(parts)


def _bulk_lines(
    bulk: Mapping[Key, Mapping[str, Figures | str]], limits: Mapping[Key, Figures | str]
) -> Iterable[Sequence[str]]:
    for method, name in METHODS.items():
        yield (f"**{name}**" if method == "ours" else name, *(_speed(rows.get(method, "–")) for rows in bulk.values()))
    yield ("bare table read", *(_speed(limits.get(key, "–")) for key in bulk))


def _speed(row: Figures | str) -> str:
    if isinstance(row, str):
        return row
    different = f" ({row['different']:.0f})" if "different" in row else ""
    return f"{row['per_s'] / 1e6:.3g}{different}"


_INDEX_LINES = (
    ("build, CPU s", "build_cpu_s"), ("build, wall s", "build_wall_s"), ("memory taken while building, MB", "build_mb"),
    ("file, MB", "file_mb"), ("open, ms", "open_ms"), ("open, check all and give the first answer, ms", "first_ms"),
    ("`locate`, µs", "locate_us"), ("`find` (all levels, border), µs", "find_us"),
    ("`border_m`, µs a point", "border_us"),
)  # fmt: skip


def _index_lines(index: Mapping[int, Figures | str]) -> Iterable[Sequence[str]]:
    for name, key in _INDEX_LINES:
        yield (name, *(row if isinstance(row, str) else f"{row[key]:.3g}" for row in index.values()))


def _file_line(datum: str, row: Figures | str) -> Sequence[str]:
    if isinstance(row, str):
        return (datum, row, "", "")
    rates = (f"{row['points'] / row[name] / 1e6:.3g}" for name in ("copy_s", "locate_s"))
    return (f"{datum}, {row['points']:,.0f} points", *rates, f"{row['peak_mb']:.0f}")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""What must hold, line by line, and whether it does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.bench.locate.methods import METHODS, PEERS

__all__ = ["BULK", "Figures", "Verdict", "best_peer", "verdicts"]

Figures = Mapping[str, float]
Key = tuple[int, int]
"""Number of grids, number of points."""
BULK = ((20_000, 1_000_000), (20_000, 10_000_000), (200_000, 1_000_000), (200_000, 10_000_000))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A line: what must hold, what was measured, and whether it holds (None: not measured)."""

    about: str
    must: str
    measured: str
    holds: bool | None


def best_peer(rows: Mapping[str, Figures | str]) -> tuple[str, float] | None:
    """Give the quickest peer and its points per CPU second."""
    speeds = {name: row["per_s"] for name in PEERS if not isinstance(row := rows.get(name, ""), str)}
    return max(speeds.items(), key=lambda item: item[1], default=None)


def verdicts(
    bulk: Mapping[Key, Mapping[str, Figures | str]],
    limits: Mapping[Key, Figures | str],
    index: Mapping[int, Figures | str],
    adversarial: Figures | str,
    files: Mapping[str, Figures | str],
) -> Iterator[Verdict]:
    """Judge every line."""
    for key, rows in bulk.items():
        about = f"{key[0]:,} grids, {key[1]:,} points"
        ours, peer, limit = rows.get("ours", ""), best_peer(rows), limits.get(key, "")
        if not isinstance(ours, str):
            ratio = None if peer is None else ours["per_s"] / peer[1]
            against = "" if peer is None else f" ({METHODS[peer[0]]})"
            yield _line(about, "points per CPU second ≥ 25 × the best peer's" + against, ratio, at_least=25)
            share = None if isinstance(limit, str) else 100 * ours["per_s"] / limit["per_s"]
            yield _line(about, "share of the bare table read ≥ 20 %", share, at_least=20)
    found = index.get(200_000, "")
    for name, text, most in (
        ("build_cpu_s", "build ≤ 5 CPU seconds", 5),
        ("build_mb", "memory taken while building ≤ 400 MB", 400),
        ("open_ms", "open ≤ 50 ms", 50),
        ("locate_us", "one code ≤ 3 µs", 3),
        ("find_us", "one answer with all levels ≤ 3 µs", 3),
    ):
        yield _line("index of 200,000 grids", text, None if isinstance(found, str) else found[name], at_most=most)
    wrong = None if isinstance(adversarial, str) else adversarial["wrong"]
    yield _line("adversarial points", "differences from rational arithmetic = 0", wrong, at_most=0)
    for datum, row in files.items():
        about = f"file to file, {datum}"
        share = None if isinstance(row, str) else 100 * row["copy_s"] / row["locate_s"]
        yield _line(about, "throughput ≥ 50 % of reading and writing alone", share, at_least=50)
        yield _line(about, "peak memory < 1,500 MB", None if isinstance(row, str) else row["peak_mb"], at_most=1500)


def _line(
    about: str, must: str, value: float | None, *, at_least: float | None = None, at_most: float | None = None
) -> Verdict:
    if value is None:
        return Verdict(about, must, "–", None)
    holds = value >= at_least if at_least is not None else value <= (at_most or 0)
    return Verdict(about, must, f"{value:.3g}", holds)

"""The p-median instances of the OR-Library, with their optima."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import shortest_path

__all__ = ["Instance", "names", "read"]


@dataclass(frozen=True)
class Instance:
    """Shortest distances in a graph, the number of sites, and the proven optimum."""

    name: str
    distance: npt.NDArray[np.float64]
    p: int
    optimum: int


def names(folder: Path) -> list[str]:
    """Give the instances that are there, in their order."""
    return list(_optima(folder))


def read(folder: Path, name: str) -> Instance:
    """Read one; of an edge that stands twice the later one counts, as in the published optima."""
    lines = (folder / "pmed" / f"{name}.txt").read_text(encoding="ascii").split()
    n, m, p = (int(word) for word in lines[:3])
    length = np.full((n, n), np.inf)
    for a, b, value in np.array(lines[3 : 3 + 3 * m], dtype=np.int64).reshape(m, 3):
        length[a - 1, b - 1] = length[b - 1, a - 1] = value
    return Instance(name, shortest_path(length, method="D", directed=False), p, _optima(folder)[name])


def _optima(folder: Path) -> dict[str, int]:
    with (folder / "pmed" / "optima.csv").open(newline="", encoding="ascii") as file:
        return {row["instance"]: int(row["optimum"]) for row in csv.DictReader(file)}

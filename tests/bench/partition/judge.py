"""What a division is worth, by the measure that lies beside the data and knows nothing of our code."""

import math
import runpy

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tests.bench.partition.instances import DATA, Arrays, without_barriers

__all__ = ["judge"]


def judge(graph: Arrays, labels: npt.NDArray[np.int32], k: int, *, hard_barriers: bool) -> dict[str, float]:
    """Give the figures of a division.

    With hard barriers a part that crosses one is broken, a barrier is no border between parts, and `max_dev` is over
    the parts of those connected grounds where some number of parts comes within 5 % of the mean.
    """
    evaluate = runpy.run_path(str(DATA.parent / "bench" / "partition_metrics.py"))["evaluate"]
    ground = without_barriers(graph) if hard_barriers else graph
    found = evaluate(ground, labels, k)
    figures = {
        "parts": found["regions"],
        "parts_off": abs(found["regions"] - k),
        "broken": found["noncontig"],
        "max_dev": found["maxdev"],
        "p95_dev": found["p95dev"],
        "mean_dev": found["meandev"],
        "border_km": found["cut_km"],
        "pp": found["pp"],
        "moi": found["moi"],
    }
    if hard_barriers:
        one, two = graph["edges"].T
        figures["crossings"] = int(((labels[one] == labels[two]) & (graph["barrier"] > 0)).sum())
        figures["max_dev"], figures["too_small"] = _where_it_can_be_even(ground, labels, k)
    return {name: float(value) for name, value in figures.items()}


def _where_it_can_be_even(ground: Arrays, labels: npt.NDArray[np.int32], k: int) -> tuple[float, int]:
    """Give the largest deviation where 5 % can be kept, and the number of connected grounds where it can't."""
    people, n = ground["pop"], ground["n"]
    links = coo_array((np.ones(len(ground["edges"]), np.int8), tuple(ground["edges"].T)), (n, n))
    of = connected_components(links, directed=False)[1]
    mean = float(people.sum()) / k
    held = np.bincount(of, people) / mean
    counts = [{max(math.floor(parts), 1), math.floor(parts) + 1} for parts in held.tolist()]
    even = np.array(
        [min(abs(parts / c - 1) for c in some) <= 0.05 for parts, some in zip(held.tolist(), counts, strict=True)]
    )
    deviation = np.abs(np.bincount(labels, people, k) / mean - 1) * 100
    return float(deviation[np.unique(labels[even[of]])].max(initial=0.0)), int((~even).sum())

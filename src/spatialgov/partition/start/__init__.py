"""Where refinement starts from: a balanced power diagram, repaired so that every part is connected."""

import math

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.start._kernels import hilbert_key, nearest_power_centre, repair

__all__ = ["hilbert_order", "start"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def start(graph: ContiguityGraph, weight: Floats, k: int, rng: np.random.Generator) -> Labels:
    """Give a first division of a connected graph into `k` connected parts of roughly equal weight.

    Parameters
    ----------
    graph
        Its units come in Hilbert order (`hilbert_order`).
    weight
        float64, shape (n,), not all zero.
    rng
        Another state gives another start.

    Returns
    -------
    ndarray
        int64, shape (n,), values 0 … k - 1, none of them missing.
    """
    labels = _power_diagram(graph.xy_m, weight, k, rng)
    repair(graph.indptr, graph.indices, graph.border_m, weight, labels, k)
    _fill_empty_parts(graph, labels, k)
    return labels


def hilbert_order(xy_m: Floats) -> Labels:
    """Give the order of points along a Hilbert curve over their bounds: neighbours in the plane stay near."""
    low = xy_m.min(axis=0)
    side = max(float((xy_m.max(axis=0) - low).max()), 1e-9)
    cell = np.minimum((xy_m - low) * (65536.0 / side), 65535.0).astype(np.int64)
    return np.argsort(hilbert_key(np.ascontiguousarray(cell[:, 0]), np.ascontiguousarray(cell[:, 1])), kind="stable")


def _power_diagram(xy_m: Floats, weight: Floats, k: int, rng: np.random.Generator) -> Labels:
    """Start: equal runs along the Hilbert curve, then Lloyd steps on a power diagram whose weights chase the balance.

    `xy_m` comes in Hilbert order. Idea: Cohen-Addad, Klein & Young, *Balanced centroidal power diagrams for
    redistricting* (2018).
    """
    mass = weight + 1e-6 * max(float(weight.mean()), 1e-9)
    reached = np.cumsum(mass)
    # Where the runs begin is what tells one start from another.
    run = (reached - mass / 2) / reached[-1] * k + rng.random() - 0.5
    labels: Labels = np.clip(run.astype(np.int64), 0, k - 1)
    x, y = np.ascontiguousarray(xy_m[:, 0]), np.ascontiguousarray(xy_m[:, 1])
    mean = reached[-1] / k
    power = np.zeros(k)
    centre_x, centre_y = np.full(k, x.mean()), np.full(k, y.mean())
    best, least = labels, math.inf
    steps = 40 if len(weight) <= 200_000 else 16
    for step in range(steps):
        held = np.bincount(labels, mass, k)
        if step < steps * 0.75:
            full = held > 0
            centre_x[full] = np.bincount(labels, mass * x, k)[full] / held[full]
            centre_y[full] = np.bincount(labels, mass * y, k)[full] / held[full]
        if step % 4 == 0:
            centres = np.column_stack([centre_x, centre_y])
            distance, near = (np.asarray(found) for found in cKDTree(centres).query(centres, k=min(12, k)))
            near = np.ascontiguousarray(near, dtype=np.int64)
            spacing = distance[:, min(3, k - 1)] ** 2
        nearest_power_centre(x, y, centre_x, centre_y, power, near, labels)
        deviation = np.bincount(labels, mass, k) / mean - 1.0
        unfair = float(np.minimum(np.abs(deviation), 2.0).mean())
        if unfair < least:
            best, least = labels.copy(), unfair
        power -= (0.35 if step < steps * 0.6 else 0.2) * spacing * np.clip(deviation, -0.6, 0.6)
    return best


def _fill_empty_parts(graph: ContiguityGraph, labels: Labels, k: int) -> None:
    """Give every empty part one unit, taken from the largest part so that this one stays connected."""
    for empty in np.flatnonzero(np.bincount(labels, minlength=k) == 0):
        donor = int(np.argmax(np.bincount(labels, minlength=k)))
        units = np.flatnonzero(labels == donor)
        labels[units[_last_reached(graph.subgraph(units))]] = empty


def _last_reached(graph: ContiguityGraph) -> int:
    """Give the unit that a breadth-first walk reaches last: taking it away never cuts a connected graph."""
    order = [0]
    seen = {0}
    for u in order:
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
            if v not in seen:
                seen.add(v)
                order.append(v)
    return order[-1]

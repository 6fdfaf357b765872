"""Where refinement starts from: a balanced power diagram, repaired so that every part is connected."""

import math

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spatialgov.contiguity import ContiguityGraph
from spatialgov.partition.fixing import joined
from spatialgov.partition.start._kernels import hilbert_key, nearest_power_centre, repair

__all__ = ["hilbert_order", "start"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def start(graph: ContiguityGraph, weight: Floats, k: int, rng: np.random.Generator, fixed: Labels) -> Labels:
    """Give a first division of a connected graph into `k` connected parts of roughly equal weight.

    Parameters
    ----------
    graph
        Its units come in Hilbert order (`hilbert_order`).
    weight
        float64, shape (n,), not all zero.
    rng
        Another state gives another start.
    fixed
        int64, shape (n,): the part that a unit must have, -1 where it is free.

    Returns
    -------
    ndarray
        int64, shape (n,), values 0 … k - 1, none of them missing.

    Raises
    ------
    InfeasibleError
        When the units that are fixed to one part can't hang together.
    """
    labels = _power_diagram(graph.xy_m, weight, k, rng)
    held = weight
    if (fixed >= 0).any():
        fixed = joined(graph, fixed)
        pinned = np.flatnonzero(fixed >= 0)
        labels = _renamed(labels, fixed, pinned, k)
        labels[pinned] = fixed[pinned]
        # The piece that a part keeps is its heaviest: the one with the fixed units, whatever they hold.
        held = weight.copy()
        held[pinned] += 2.0 * weight.sum() + 1.0
    repair(graph.indptr, graph.indices, graph.border_m, held, labels, k)
    _fill_empty_parts(graph, labels, k, fixed < 0)
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


def _renamed(labels: Labels, fixed: Labels, pinned: Labels, k: int) -> Labels:
    """Name each part after the fixed part that it holds most units of, so that few must change."""
    from scipy.optimize import linear_sum_assignment

    shared = np.zeros((k, k), np.int64)
    np.add.at(shared, (labels[pinned], fixed[pinned]), 1)
    diagram, name = linear_sum_assignment(-shared)
    renamed = np.empty(k, np.int64)
    renamed[diagram] = name
    return renamed[labels]


def _fill_empty_parts(graph: ContiguityGraph, labels: Labels, k: int, free: npt.NDArray[np.bool_]) -> None:
    """Give every empty part one free unit, of the largest part that can spare one and stay connected."""
    for empty in np.flatnonzero(np.bincount(labels, minlength=k) == 0):
        for donor in np.argsort(-np.bincount(labels, minlength=k), kind="stable"):
            units = np.flatnonzero(labels == donor)
            spare = _spare_unit(graph.subgraph(units), free[units])
            if spare is not None:
                labels[units[spare]] = empty
                break


def _spare_unit(graph: ContiguityGraph, free: npt.NDArray[np.bool_]) -> int | None:
    """Give a free leaf of a breadth-first tree: a connected graph stays connected without it."""
    order, parents = [0], {0: -1}
    for u in order:
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
            if v not in parents:
                parents[v] = u
                order.append(v)
    inner = set(parents.values())
    return next((u for u in reversed(order) if u not in inner and free[u] and len(order) > 1), None)

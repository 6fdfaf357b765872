"""The scan statistic: the circles that hold more incidents than expected, with one p for the whole search.

Where Gi* judges one size of neighbourhood cell by cell, this looks at circles of every size about every cell, and
asks whether the best of them all is better than the best that chance finds.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.stats import gumbel_r

from spatialgov.errors import InputError
from spatialgov.incidents._kernels import scan_circles
from spatialgov.incidents.raster import checked_points
from spatialgov.language import t

__all__ = ["MOST_MEMBERS", "Cluster", "scan"]

MOST_MEMBERS = 50_000_000
"""Pairs of a centre and a cell of its circles that are kept; 8 bytes each."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A circle with more incidents than expected.

    Attributes
    ----------
    centre
        Number of the cell in its middle.
    radius_m
        Distance to the farthest cell in it.
    cells
        Numbers of the cells in it, nearest first.
    observed, expected
        Incidents in it.
    ratio
        Relative risk: observed over expected inside, over the same outside.
    llr
        Log likelihood ratio.
    p
        Chance of a circle as unlikely anywhere when all cells have their expected rates: by Monte Carlo, at least
        1 / (simulations + 1).
    p_gumbel
        The same from the Gumbel distribution fitted to the simulations' best circles, which tells clear clusters
        apart (Abrams, Kleinman and Kulldorff 2010).
    """

    centre: int
    radius_m: float
    cells: Ints
    observed: int
    expected: float
    ratio: float
    llr: float
    p: float
    p_gumbel: float


def scan(
    counts: npt.ArrayLike,
    expected: npt.ArrayLike,
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    *,
    max_radius_m: float = 1000.0,
    simulations: int = 999,
    alpha: float = 0.05,
    seed: int = 0,
) -> list[Cluster]:
    """Find the circles that hold more incidents than expected.

    Parameters
    ----------
    counts
        (n,) whole numbers ≥ 0.
    expected
        (n,) ≥ 0; only their shares matter.
    x_m, y_m
        (n,) middles of the cells, metres.
    max_radius_m
        Largest circle; none holds more than half of what is expected.
    simulations
        Sets of incidents dealt out as expected.
    alpha
        Circles with p up to this are given.
    seed
        Of the simulations.

    Returns
    -------
    list of Cluster
        The best first; the others share no cell with a better one, and are judged by the same simulations, which is
        on the safe side.

    Raises
    ------
    InputError
        When a value is none, incidents lie where nothing is expected, or the circles hold too many cells.

    Notes
    -----
    Kulldorff (1997), Poisson model, circles.
    """
    y, weight, x, north = checked_points(counts, expected, x_m, y_m)
    _check(y, weight, max_radius_m, simulations)
    held = y.astype(np.int64)
    total = int(held.sum())
    if total == 0 or len(y) < 2:
        return []
    awaited = weight * (total / weight.sum())
    members, starts = _nearest_first(np.column_stack([x, north]), max_radius_m)
    ratios, sizes = scan_circles(held, awaited, members, starts, total / 2)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(total, awaited / total, size=simulations)
    best = np.array([scan_circles(one, awaited, members, starts, total / 2)[0].max() for one in drawn])
    tail = gumbel_r(*_gumbel(best))
    clusters: list[Cluster] = []
    taken = np.zeros(len(y), dtype=np.bool_)
    for centre in np.argsort(-ratios, kind="stable").tolist():
        p = float((1 + (best >= ratios[centre]).sum()) / (simulations + 1))
        if p > alpha or ratios[centre] <= 0:
            break
        cells = members[starts[centre] : starts[centre] + sizes[centre]]
        cells = np.where(cells < 0, -1 - cells, cells)
        if taken[cells].any():
            continue
        taken[cells] = True
        observed, inside = int(held[cells].sum()), float(awaited[cells].sum())
        outside = (total - observed) / (total - inside)
        clusters.append(
            Cluster(
                centre,
                float(np.hypot(x[cells] - x[centre], north[cells] - north[centre]).max()),
                cells,
                observed,
                inside,
                observed / inside / outside if outside else math.inf,
                float(ratios[centre]),
                p,
                float(tail.sf(ratios[centre])),
            )
        )
    return clusters


def _check(counts: Floats, expected: Floats, max_radius_m: float, simulations: int) -> None:
    if (counts < 0).any() or (counts != np.rint(counts)).any() or (expected < 0).any():
        raise InputError(
            t("Counts must be whole numbers ≥ 0, expected numbers ≥ 0.", "计数须为非负整数，期望须为非负数。")
        )
    if ((counts > 0) & (expected == 0)).any():
        first = int(np.flatnonzero((counts > 0) & (expected == 0))[0])
        raise InputError(
            t("Cell {i} has incidents, but none is expected there.", "第 {i} 个单元有事件，但期望为零。", i=first + 1),
            remedy=t("Expect a little everywhere that incidents can be.", "凡可能发生事件之处，期望须大于零。"),
        )
    if not max_radius_m > 0 or simulations < 9:
        raise InputError(
            t(
                "A radius of {r} m with {n} simulations finds nothing.",
                "半径 {r} 米、{n} 次模拟无法得出结果。",
                r=max_radius_m,
                n=simulations,
            ),
            remedy=t("Use a radius above 0 and 99 simulations or more.", "半径须大于 0，模拟次数宜在 99 次以上。"),
        )


def _nearest_first(middles: Floats, radius_m: float) -> tuple[Ints, Ints]:
    """List the cells about each centre; all but the last of those equally far off are marked as `-1 - cell`."""
    tree = cKDTree(middles)
    pairs = int(tree.query_ball_point(middles, radius_m, return_length=True).sum())
    if pairs > MOST_MEMBERS:
        raise InputError(
            t(
                "Circles of {r} m hold {n} cells together; the limit is {limit}.",
                "半径 {r} 米的圆共含 {n} 个单元，上限为 {limit}。",
                r=radius_m,
                n=pairs,
                limit=MOST_MEMBERS,
            ),
            remedy=t("Use a smaller radius or larger cells.", "请缩小半径或使用更大的单元。"),
        )
    lists = []
    for centre, around in enumerate(tree.query_ball_point(middles, radius_m)):
        cells = np.array(around, dtype=np.int64)
        apart = np.rint(np.hypot(*(middles[cells] - middles[centre]).T) * 1e6)  # equal to a micrometre
        order = np.lexsort((cells, apart))
        cells, apart = cells[order], apart[order]
        tied = np.append(apart[1:] == apart[:-1], False)
        lists.append(np.where(tied, -1 - cells, cells))
    starts = np.concatenate([[0], np.cumsum([len(cells) for cells in lists])])
    return np.concatenate(lists), starts


def _gumbel(best: Floats) -> tuple[float, float]:
    """Give location and scale of the Gumbel distribution of maxima, by moments."""
    scale = max(float(best.std(ddof=1)) * math.sqrt(6) / math.pi, 1e-12)
    return float(best.mean()) - float(np.euler_gamma) * scale, scale

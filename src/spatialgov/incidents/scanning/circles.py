"""Circles that hold more incidents than expected."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spatialgov.errors import InputError
from spatialgov.incidents.raster import checked_points
from spatialgov.incidents.scanning._kernels import scan_circles
from spatialgov.incidents.scanning.clusters import Cluster, checked_counts, clusters_of, simulated
from spatialgov.language import t

__all__ = ["MOST_MEMBERS", "scan"]

MOST_MEMBERS = 50_000_000
"""Pairs of a centre and a cell of its circles that are kept; 8 bytes each."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
    held, awaited = checked_counts(y, weight, simulations, alpha)
    if not max_radius_m > 0:
        raise InputError(
            t("A radius of {r} m finds nothing.", "半径 {r} 米无法得出结果。", r=max_radius_m),
            remedy=t("Use a radius above 0.", "半径须大于 0。"),
        )
    if held.sum() == 0 or len(held) < 2:
        return []
    members, starts = _nearest_first(np.column_stack([x, north]), max_radius_m)
    most = held.sum() / 2
    ratios, sizes = scan_circles(held, awaited, members, starts, most)

    def cells_of(centre: int) -> Ints:
        cells = members[starts[centre] : starts[centre] + sizes[centre]]
        return np.where(cells < 0, -1 - cells, cells)

    drawn = simulated(awaited, simulations, seed)
    best = np.array([scan_circles(one, awaited, members, starts, most)[0].max() for one in drawn])
    return [
        replace(
            one,
            centre=centre,
            radius_m=float(np.hypot(x[one.cells] - x[centre], north[one.cells] - north[centre]).max()),
        )
        for centre, one in clusters_of(held, awaited, ratios, np.arange(len(held)), cells_of, best, alpha)
    ]


def _radius(x: Floats, y: Floats) -> float:
    return float(np.hypot(x, y).max())


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

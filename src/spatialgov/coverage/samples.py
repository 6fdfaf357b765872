"""What should be seen as a sample of places: some drawn at random for the ground and the roads, all others as they are."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand import Demands

__all__ = ["GROUND_STEP_M", "ROAD_STEP_M", "samples"]

GROUND_STEP_M = 15.0
"""One place is drawn in every square of ground of this side."""
ROAD_STEP_M = 7.5
"""One place is drawn on every piece of road of this length."""

_SAME_M = 0.5
"""Points that stand for themselves and lie nearer to each other than about this are one."""

FloatArray = npt.NDArray[np.float64]


def samples(demands: Demands, seed: int = 0) -> pd.DataFrame:
    """Draw places that stand for what should be seen.

    Parameters
    ----------
    demands
        What should be seen.
    seed
        Another one gives other places on the ground and the roads.

    Returns
    -------
    DataFrame
        ``kind``; ``x_m``, ``y_m`` (metres, the plane of the demands); ``amount`` (square metres, metres, places, people
        or incidents that each stands for); ``drawn`` (bool: drawn at random).
    """
    rng = np.random.default_rng(seed)
    parts = [
        ("ground", _on_ground(demands, rng), GROUND_STEP_M**2),
        ("road", _on_roads(demands, rng), ROAD_STEP_M),
    ]
    drawn = [
        pd.DataFrame({"kind": kind, "x_m": xy_m[:, 0], "y_m": xy_m[:, 1], "amount": amount, "drawn": True})
        for kind, xy_m, amount in parts
    ]
    points = demands.points
    near = [np.round(points[name] / _SAME_M).astype(np.int64) for name in ("x_m", "y_m")]
    themselves = (
        points.assign(_x=near[0], _y=near[1])
        .groupby(["kind", "_x", "_y"], sort=False)
        .agg(x_m=("x_m", "first"), y_m=("y_m", "first"), amount=("amount", "sum"))
        .reset_index()[["kind", "x_m", "y_m", "amount"]]
        .assign(drawn=False)
    )
    return pd.concat([*(part for part in (*drawn, themselves) if len(part))], ignore_index=True)


def _on_ground(demands: Demands, rng: np.random.Generator) -> FloatArray:
    """Draw one place in each square, those on ground that should be seen."""
    x0_m, y0_m, x1_m, y1_m = shapely.total_bounds(demands.ground)
    if not np.isfinite(x0_m):
        return np.empty((0, 2))
    squares = np.stack(
        np.meshgrid(
            np.arange(np.floor(x0_m / GROUND_STEP_M), np.ceil(x1_m / GROUND_STEP_M)),
            np.arange(np.floor(y0_m / GROUND_STEP_M), np.ceil(y1_m / GROUND_STEP_M)),
        ),
        axis=-1,
    ).reshape(-1, 2)
    xy_m = (squares + rng.random(squares.shape)) * GROUND_STEP_M
    _, there = shapely.STRtree(shapely.points(xy_m)).query(demands.ground, predicate="contains")
    return np.asarray(xy_m[np.unique(there)])


def _on_roads(demands: Demands, rng: np.random.Generator) -> FloatArray:
    """Draw one place on each piece of the roads that count, laid end to end."""
    roads = demands.roads
    counts = roads.area >= 0
    begin, length = roads.cuts[:-1][counts], np.diff(roads.cuts)[counts]
    ends = np.concatenate([[0.0], np.cumsum(length)])
    at = (np.arange(np.ceil(ends[-1] / ROAD_STEP_M)) + rng.random(int(np.ceil(ends[-1] / ROAD_STEP_M)))) * ROAD_STEP_M
    at = at[at < ends[-1]]
    piece = np.searchsorted(ends, at, side="right") - 1
    return roads.axis.points_at(begin[piece] + at - ends[piece])

"""Samples of what should be seen: points with weights, for choosing sites, and others for checking the choice."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from spatialgov.coverage.demand.demands import DEMAND_KINDS, Demands
from spatialgov.row_groups import row_groups
from spatialgov.time_limit import check_time

__all__ = ["GROUND_STEP_M", "ROAD_STEP_M", "points_in", "samples"]

GROUND_STEP_M = 20.0
ROAD_STEP_M = 10.0
"""A point is drawn in every square of ground of this side, and on every piece of road of this length."""

_FINER = 20
_KEPT = ("place",)  # kinds that are few and weighty: all of them are in every sample

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def samples(
    demands: Demands,
    seed: int = 0,
    *,
    ground_m: float = GROUND_STEP_M,
    road_m: float = ROAD_STEP_M,
    weights: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Draw points that stand for all that should be seen, by strata: one at random in each.

    Ground is drawn from squares of a mesh, roads from pieces of equal length, people and incidents from those of one
    square; key places are all there. Samples of different seeds are independent (but for the key places), so that a
    choice that was made on one can be checked on another.

    Parameters
    ----------
    demands
        What should be seen.
    seed
        Of the draw.
    ground_m, road_m
        Sides of the squares and length of the pieces, metres.
    weights
        See `Demands.unit_weights`.

    Returns
    -------
    DataFrame
        ``kind`` (`DEMAND_KINDS`), ``class``, ``area`` (position), ``x_m``, ``y_m``, ``amount`` (m², m, places, people,
        incidents that the point stands for) and ``weight`` (thousandths). The amounts of an area's ground, of the
        roads, and of the people and incidents add up to all there are.
    """
    rng = np.random.default_rng(seed)
    drawn = [_ground(demands, ground_m, rng), _roads(demands, road_m, rng)]
    drawn += [_thinned(demands, kind, ground_m, rng) for kind in DEMAND_KINDS if kind not in ("ground", "road")]
    table = pd.concat(drawn, ignore_index=True)
    per_unit = demands.unit_weights(weights)
    return table.assign(weight=table["amount"] * table["kind"].map(per_unit).astype(np.float64))


def points_in(shapes: Shapes, step_m: float, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw a point at random in each square of a mesh, and give those that lie in polygons.

    Parameters
    ----------
    shapes
        (n,) polygons, metric plane.
    step_m
        Side of the squares.
    rng
        What draws.

    Returns
    -------
    shape, points
        int64 (k,), the polygon that each point is in, ascending; float64 (k, 2), metres.
    """
    parts, shape = shapely.get_parts(shapes, return_index=True)
    x0, y0, x1, y1 = np.nan_to_num(shapely.bounds(parts)).T
    first = np.floor(np.column_stack([x0, y0]) / step_m).astype(np.int64)
    count = np.floor(np.column_stack([x1, y1]) / step_m).astype(np.int64) - first + 1
    found_shape, found = [np.empty(0, dtype=np.int64)], [np.empty((0, 2))]
    shapely.prepare(parts)
    for i, part in enumerate(parts):
        check_time()
        if shapely.is_empty(part):
            continue
        squares = np.stack(np.meshgrid(*(first[i, k] + np.arange(count[i, k]) for k in (0, 1))), axis=-1).reshape(-1, 2)
        points = (squares + rng.random(squares.shape)) * step_m
        inside = points[shapely.contains_xy(part, points)]
        found.append(inside)
        found_shape.append(np.full(len(inside), shape[i]))
    return np.concatenate(found_shape), np.concatenate(found)


def _ground(demands: Demands, step_m: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw from the ground of each area, in which the points share its size."""
    area, points = points_in(demands.ground, step_m, rng)
    size_m2 = shapely.area(demands.ground)
    # An area that no point fell into gets one by a finer mesh, or in its middle.
    bare = np.setdiff1d(np.flatnonzero(size_m2 > 0), area)
    middles = shapely.get_coordinates(shapely.point_on_surface(demands.ground[bare]))
    fine, finer = points_in(demands.ground[bare], step_m / _FINER, rng)
    shuffled = rng.permutation(len(fine))
    middles[fine[shuffled]] = finer[shuffled]
    points, area = np.vstack([points, middles]), np.concatenate([area, bare])
    amount = (size_m2 / np.maximum(np.bincount(area, minlength=len(size_m2)), 1))[area]
    return _table("ground", "", area, points, amount)


def _roads(demands: Demands, step_m: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw from pieces of equal length of all that counts of the roads, end to end."""
    roads = demands.roads
    counts = np.flatnonzero(roads.area >= 0)
    low, length = roads.cuts[:-1][counts], np.diff(roads.cuts)[counts]
    ends = np.cumsum(length)
    total = float(ends[-1]) if len(ends) else 0.0
    n = int(np.ceil(total / step_m))
    at = (np.arange(n) + rng.random(n)) * (total / max(n, 1))
    piece = np.minimum(np.searchsorted(ends, at, side="right"), max(len(ends) - 1, 0))
    place = low[piece] + at - (ends - length)[piece]
    points = roads.axis.points_at(place)
    road_class = roads.table["road_class"].to_numpy(dtype=object)[roads.axis.line_at(place)]
    return _table("road", road_class, roads.area[counts][piece], points, np.full(n, total / max(n, 1)))


def _thinned(demands: Demands, kind: str, step_m: float, rng: np.random.Generator) -> pd.DataFrame:
    """Draw one of the points of a kind, class and square, in proportion to what each counts; it stands for all."""
    points = demands.points[demands.points["kind"] == kind].reset_index(drop=True)
    chosen = np.arange(len(points))
    amount = points["amount"].to_numpy(dtype=np.float64)
    if kind not in _KEPT:
        square = np.floor(points[["x_m", "y_m"]].to_numpy() / step_m).astype(np.int64)
        group = row_groups(points["area"].to_numpy(), pd.factorize(points["class"])[0], *square.T)[1]
        # The least of exponential draws at rates of the amounts falls on each in proportion to its amount.
        order = np.lexsort((rng.exponential(size=len(points)) / np.maximum(amount, 1e-12), group))
        chosen = order[np.unique(group[order], return_index=True)[1]]
        amount = np.bincount(group, amount)
    one = points.iloc[chosen]
    return _table(kind, one["class"].to_numpy(), one["area"].to_numpy(), one[["x_m", "y_m"]].to_numpy(), amount)


def _table(kind: str, classes: object, area: Ints, points: Floats, amount: Floats) -> pd.DataFrame:
    x_m, y_m = points.T
    return pd.DataFrame({"kind": kind, "class": classes, "area": area, "x_m": x_m, "y_m": y_m, "amount": amount})

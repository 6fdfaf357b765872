"""Barriers on the ground: rivers, railways and trunk roads become marks on the borders that run along them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InputError, MissingColumnError
from spatialgov.language import t
from spatialgov.topology import metric_shapes
from spatialgov.units import Units

__all__ = ["EFFECTS", "with_barriers"]

EFFECTS = {"hard": 1, "penalty": -1}
"""Effect of a barrier → its mark in `ContiguityGraph.barrier`."""


def with_barriers(
    units: Units,
    barriers: gpd.GeoDataFrame,
    *,
    reach_m: float = 15.0,
    borders: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> Units:
    """Give the units with the borders marked that run along a barrier.

    Parameters
    ----------
    units
        Units whose borders follow the barriers more or less.
    barriers
        Lines (EPSG:4326) with the column `effect`: ``hard`` (no grid crosses) or ``penalty`` (grids rather end there).
    reach_m
        A border belongs to a barrier when at least half of it lies within this distance, metres. Where barriers of
        both effects run along it, it is hard.
    borders
        Effect → pairs of units whose common border counts as a barrier, whatever runs along it. Pairs that are not
        there or share no border are nothing.

    Raises
    ------
    MissingColumnError
        When there is no column `effect`.
    InputError
        When an effect is unknown, with its row.
    """
    if "effect" not in barriers:
        raise MissingColumnError(
            t("Barriers have no column “effect”.", "阻隔数据没有 effect 列。"),
            remedy=t("Give each line “hard” or “penalty”.", "请为每条线注明 hard 或 penalty。"),
        )
    unknown = ~barriers["effect"].isin(list(EFFECTS)).to_numpy()
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise InputError(
            t(
                "Row {row}, column effect: {value} is unknown.",
                "第 {row} 行，effect 列：未知的取值 {value}。",
                row=row + 1,
                value=repr(barriers["effect"].iloc[row]),
            ),
            remedy=t("Use “hard” or “penalty”.", "请用 hard 或 penalty。"),
        )
    graph = units.graph
    pairs, border_m, _ = graph.edges()
    shapes = metric_shapes(units.frame.geometry.to_numpy(), units.crs)
    mark = np.zeros(len(pairs), np.int8)
    for effect in ("penalty", "hard"):
        lines = barriers[barriers["effect"] == effect].to_crs(units.crs)
        mark[_along(shapes, pairs, lines.geometry.to_numpy(), reach_m)] = EFFECTS[effect]
    for effect in ("penalty", "hard"):
        mark[_between(units, pairs, (borders or {}).get(effect, ()))] = EFFECTS[effect]
    marked = ContiguityGraph.from_edges(
        graph.n, pairs, border_m, graph.outer_border_m, graph.area_m2, graph.xy_m, barrier=mark
    )
    return replace(units, graph=marked)


def _between(units: Units, pairs: npt.NDArray[np.int64], wanted: Sequence[Sequence[str]]) -> npt.NDArray[np.bool_]:
    """Tell which of the pairs of neighbours are among the wanted pairs of units."""
    row_of = {unit: row for row, unit in enumerate(units.frame["unit_id"])}
    rows = [(row_of[a], row_of[b]) for a, b in wanted if a in row_of and b in row_of]
    keys = [min(a, b) * len(row_of) + max(a, b) for a, b in rows]
    found: npt.NDArray[np.bool_] = np.isin(pairs.min(axis=1) * len(row_of) + pairs.max(axis=1), keys)
    return found


def _along(
    shapes: npt.NDArray[np.object_], pairs: npt.NDArray[np.int64], lines: npt.NDArray[np.object_], reach_m: float
) -> npt.NDArray[np.int64]:
    """Give the pairs whose shared border runs along one of the lines."""
    if len(lines) == 0:
        return np.zeros(0, np.int64)
    strip = shapely.union_all(shapely.buffer(lines, reach_m))
    shapely.prepare(strip)
    near = shapely.intersects(strip, shapes)
    both = np.flatnonzero(near[pairs[:, 0]] & near[pairs[:, 1]])
    # the rings, not the areas: where two areas overlap by a hair, their common ground has no line in it
    first, second = (shapely.boundary(shapes[pairs[both, side]]) for side in (0, 1))
    border = shapely.intersection(first, shapely.buffer(second, 0.05))
    inside = shapely.length(shapely.intersection(border, strip))
    found: npt.NDArray[np.int64] = both[inside >= 0.5 * np.maximum(shapely.length(border), 1e-9)]
    return found

"""Colours that colour-blind readers tell apart, and how areas get them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

__all__ = ["DIVERGING", "FILLS", "SEQUENTIAL", "classes_of", "neighbour_colours"]

FILLS: tuple[str, ...] = ("#77AADD", "#EE8866", "#EEDD88", "#FFAABB", "#44BB99", "#BBCC33")
"""Six pale fills of Paul Tol's scheme "light": safe for colour-blind readers, dark text readable on each."""

SEQUENTIAL: tuple[str, ...] = ("#ffffcc", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026")
"""From little to much: ColorBrewer YlOrRd."""

DIVERGING: tuple[str, ...] = ("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b")
"""From too little over right to too much: ColorBrewer RdBu, reversed."""

_SHARE_A_LINE = "****1****"
_SHARE_AN_AREA = "2********"


def neighbour_colours(geometry: npt.NDArray[Any], colours: int = len(FILLS)) -> npt.NDArray[np.int64]:
    """Give each area a colour that none of its neighbours has, and every colour about as often.

    Neighbours share a piece of border, not just a corner. Areas are coloured in smallest-last order (Matula and Beck
    1983): every planar map is 5-degenerate, so six colours always suffice. Areas that overlap may need more; then the
    colour is taken that the fewest neighbours have.

    Parameters
    ----------
    geometry
        (n,) polygons.
    colours
        How many colours there are.

    Returns
    -------
    (n,) int64 from 0 to `colours` - 1.
    """
    import networkx as nx  # dear to import

    first, second = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    beside = shapely.relate_pattern(geometry[first], geometry[second], _SHARE_A_LINE)
    beside |= shapely.relate_pattern(geometry[first], geometry[second], _SHARE_AN_AREA)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(geometry)))
    graph.add_edges_from(zip(first[beside].tolist(), second[beside].tolist(), strict=True))

    chosen = np.full(len(geometry), -1, dtype=np.int64)
    used = np.zeros(colours, dtype=np.int64)
    for node in nx.coloring.strategy_smallest_last(graph, {}):
        around = np.bincount([chosen[other] for other in graph[node] if chosen[other] >= 0], minlength=colours)
        chosen[node] = np.lexsort((used, around))[0]
        used[chosen[node]] += 1
    return chosen


def classes_of(values: npt.ArrayLike, limits: Sequence[float]) -> npt.NDArray[np.int64]:
    """Give the class of each value: 0 below the first limit, then one more from each limit on.

    Parameters
    ----------
    values
        (n,) numbers, not NaN.
    limits
        Rising; a value that equals a limit belongs to the class above it.
    """
    return np.searchsorted(np.asarray(limits, dtype=np.float64), np.asarray(values, dtype=np.float64), side="right")

"""Patrol beats: the street network divided into connected parts, each a closed walk of about equal length."""

import time
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array, triu

from spatialgov.allocation.network import RoadNetwork, connected_parts
from spatialgov.allocation.walks import closed_walk, least_repetition
from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.language import t
from spatialgov.partition import assign
from spatialgov.time_limit import check_time
from spatialgov.topology import degree_shapes

__all__ = ["Beats", "patrol_beats"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TURNS = 12
"""Divisions that are tried, each with the streets weighed by what they cost in the one before."""
_BALANCE = 0.02
"""Of the mean: how far the weights of the parts may be apart for the partition engine."""
_BOUND_SHARE = 0.3
"""Of the time: for the bound."""
_HAIR_M = 1e-3
"""What rounding may add to a length."""


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Beats, and how they compare with the least.

    Attributes
    ----------
    frame
        GeoDataFrame (EPSG:4326), a row for each beat: ``beat`` int64 from 1, ``length_m`` of its closed walk,
        ``streets_m`` of its segments once, ``repeated_m`` walked twice, ``n_segments``, ``proved`` (no closed walk over
        them repeats less; False where time ran out before that was known), and the walk as a line.
    beat
        int64, shape (segments of the network,): the beat of each, from 0; -1 for those that belong to none.
    walks
        Of each beat the segments in the order of its walk, and which of them are walked from tail to head.
    bound_m
        No closed walks over all these segments have a smaller total length, however they are divided.
    spread
        The longest walk over the shortest, less 1.
    """

    frame: gpd.GeoDataFrame
    beat: Ints
    walks: tuple[tuple[Ints, Bools], ...]
    bound_m: float
    spread: float

    @property
    def length_m(self) -> float:
        """Length of all walks together."""
        return float(self.frame["length_m"].sum())

    @property
    def gap(self) -> float:
        """Share of the length that other beats could save at most."""
        return max(self.length_m - self.bound_m, 0.0) / self.length_m


def patrol_beats(
    network: RoadNetwork,
    k: int,
    *,
    segments: npt.ArrayLike | None = None,
    tolerance: float = 0.1,
    seed: int = 0,
    time_limit_s: float = 30,
) -> Beats:
    """Divide streets into k beats, each connected and walked in a closed walk, about equally long.

    Parameters
    ----------
    network
        The streets.
    k
        Number of beats.
    segments
        Which segments to walk; all when not given. Those that are not joined to the longest connected part of them
        belong to no beat.
    tolerance
        The longest walk may be longer than the shortest by this share. A target: see `Beats.spread`.
    seed
        Of the partition engine.
    time_limit_s
        Seconds, about.

    Raises
    ------
    InputError
        When segments, k or the tolerance can't be used.
    InfeasibleError
        When a segment is longer than a beat may be, or k connected parts can't be made.

    Notes
    -----
    Segments that meet at a junction are neighbours; the partition engine divides them by length. Each beat walks every
    segment of its own once, and the fewest metres of them again (`least_repetition`).
    """
    until = time.perf_counter() + time_limit_s
    chosen = _streets(network, segments)
    tail, head, length = network.tail[chosen], network.head[chosen], network.length_m[chosen]
    _check(k, tolerance, length)
    graph = _neighbours(network, chosen)
    twice, repeated = least_repetition(tail, head, length, seconds=_BOUND_SHARE * time_limit_s)
    weight = length * (1.0 + twice)
    best: tuple[float, Ints, list[tuple[Bools, float]]] | None = None
    for turn in range(_TURNS):
        check_time()
        labels = assign(graph, weight, k, _BALANCE, seed=seed + turn).astype(np.int64)
        own = [np.flatnonzero(labels == part) for part in range(k)]
        again = [
            least_repetition(tail[rows], head[rows], length[rows], seconds=_share(until, k - part, time_limit_s))
            for part, rows in enumerate(own)
        ]
        walked = np.array(
            [length[rows].sum() + length[rows][more].sum() for rows, (more, _) in zip(own, again, strict=True)]
        )
        spread = float(walked.max() / walked.min() - 1.0)
        if best is None or spread < best[0]:
            best = spread, labels, again
        if spread <= tolerance or time.perf_counter() > until:
            break
        held = np.bincount(labels, weight, k)
        weight *= (walked / held)[labels]
    assert best is not None
    return _beats(network, chosen, best[1], best[2], float(length.sum()) + repeated, best[0])


def _share(until: float, beats: int, time_limit_s: float) -> float:
    """Give the seconds for the next of so many beats; a little even when time has run out."""
    return max((until - time.perf_counter()) / beats, 0.02 * time_limit_s)


def _streets(network: RoadNetwork, segments: npt.ArrayLike | None) -> Ints:
    """Give the segments of the longest connected part of those asked for."""
    m = len(network.tail)
    asked = np.arange(m) if segments is None else np.unique(np.asarray(segments, dtype=np.int64))
    if len(asked) == 0 or asked[0] < 0 or asked[-1] >= m:
        raise InputError(
            t("The segments must be some of 0 to {last}.", "路段须在 0 至 {last} 之间，且不为空。", last=m - 1),
            remedy=t("Give positions of segments of this network.", "请给出该路网中路段的序号。"),
        )
    part = connected_parts(network.tail[asked], network.head[asked], network.length_m[asked], network.n_nodes)
    main: Ints = asked[part == 0]
    return main


def _check(k: int, tolerance: float, length: Floats) -> None:
    if not 1 <= k <= len(length):
        raise InputError(
            t("{k} beats can't be made of {n} segments.", "{n} 个路段无法划分为 {k} 个巡逻段。", k=k, n=len(length)),
            remedy=t("Give a number from 1 to {n}.", "请给出 1 至 {n} 的数。", n=len(length)),
        )
    if not 0 < tolerance < np.inf:
        raise InputError(
            t("The tolerance is {value}.", "容差为 {value}。", value=tolerance),
            remedy=t("Give a share above 0, such as 0.1.", "请给出大于 0 的比例，如 0.1。"),
        )
    mean = float(length.sum()) / k
    if length.max() > (1.0 + tolerance) * mean:
        most = int((1.0 + tolerance) * length.sum() / length.max())
        raise InfeasibleError(
            t(
                "One segment is {a:.0f} m long, but {k} beats have {b:.0f} m of streets each.",
                "最长路段为 {a:.0f} 米，而 {k} 个巡逻段平均仅 {b:.0f} 米。",
                a=float(length.max()),
                k=k,
                b=mean,
            ),
            remedy=t("Make at most {k} beats.", "巡逻段不要超过 {k} 个。", k=max(most, 1)),
        )


def _neighbours(network: RoadNetwork, chosen: Ints) -> ContiguityGraph:
    """Give the graph of the segments, neighbours where they meet."""
    n = len(chosen)
    meets = csr_array(
        (np.ones(2 * n), (np.tile(np.arange(n), 2), np.concatenate([network.tail[chosen], network.head[chosen]]))),
        shape=(n, network.n_nodes),
    )
    pairs = triu(meets @ meets.T, k=1).tocoo()
    length = network.length_m[chosen]
    middle = shapely.get_coordinates(shapely.line_interpolate_point(network.lines[chosen], 0.5, normalized=True))
    return ContiguityGraph.from_edges(n, np.column_stack(pairs.coords), np.ones(pairs.nnz), np.zeros(n), length, middle)


def _beats(
    network: RoadNetwork, chosen: Ints, labels: Ints, again: list[tuple[Bools, float]], bound_m: float, spread: float
) -> Beats:
    beat = np.full(len(network.tail), -1, np.int64)
    beat[chosen] = labels
    walks, lines, rows = [], [], []
    for part, (twice, least_m) in enumerate(again):
        own = chosen[labels == part]
        order, forward = closed_walk(network.tail[own], network.head[own], twice)
        walk = own[order]
        walks.append((walk, forward))
        steps = np.where(forward, network.lines[walk], shapely.reverse(network.lines[walk]))
        lines.append(_line(steps))
        streets, repeated = float(network.length_m[own].sum()), float(network.length_m[own][twice].sum())
        rows.append((part + 1, streets + repeated, streets, repeated, len(own), repeated <= least_m + _HAIR_M))
    frame = gpd.GeoDataFrame(
        rows,
        columns=["beat", "length_m", "streets_m", "repeated_m", "n_segments", "proved"],
        geometry=degree_shapes(np.array(lines, dtype=object), network.crs),
        crs="EPSG:4326",
    )
    return Beats(frame, beat, tuple(walks), bound_m, spread)


def _line(steps: npt.NDArray[np.object_]) -> shapely.LineString:
    """Join the steps of a walk into one line."""
    xy = shapely.get_coordinates(steps)
    return shapely.LineString(xy[np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)]])

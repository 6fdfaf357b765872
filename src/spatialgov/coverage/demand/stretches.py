"""Lines cut by areas, in one dimension: exact lengths that add up, whatever overlaps.

All straight edges of all lines are laid end to end on one axis, in metres; what of them lies in an area is a set of
stretches of that axis, and everything else is sorting. (Cutting lines as geometries loses pieces where a line runs
along the border of an area.)
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.coverage.sight.shapes import segment_shapes

__all__ = ["Axis", "Stretches", "cuts_of", "times_in"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]
Bools = npt.NDArray[np.bool_]

_SAME_M = 1e-7
"""Ends nearer to the end of an edge than this are there: no sliver is left over."""


@dataclass(frozen=True, eq=False, slots=True)
class Stretches:
    """Pieces of an axis: (k,) `shape`, the area that each lies in, and `low`, `high`, metres on the axis."""

    shape: Ints
    low: Floats
    high: Floats

    def of(self, chosen: Bools) -> "Stretches":
        """Give the pieces in the shapes that are marked; the numbers of the shapes stay."""
        return self._where(chosen[self.shape])

    def named(self, names: Ints) -> "Stretches":
        """Give the pieces under other numbers of their shapes, those that overlap under one number joined."""
        number = names[self.shape]
        order = np.lexsort((self.low, number))
        number, low, high = number[order], self.low[order], self.high[order]
        if not len(number):
            return Stretches(number, low, high)
        # one running end for each number: each number's pieces are moved beyond all of the one before
        far = (high.max() + 1.0) * (number - number[0])
        reach = np.maximum.accumulate(high + far)
        begins = np.concatenate([[True], (low + far)[1:] > reach[:-1]])
        first = np.flatnonzero(begins)
        return Stretches(number[first], low[first], np.maximum.reduceat(high, first))

    def replaced(self, chosen: Bools, others: "Stretches") -> "Stretches":
        """Give the pieces with those of the shapes that are marked taken from elsewhere."""
        kept, new = self._where(~chosen[self.shape]), others.of(chosen)
        return Stretches(*(np.concatenate(pair) for pair in zip(kept._columns(), new._columns(), strict=True)))

    def in_order(self) -> "Stretches":
        """Give the pieces by shape and along the axis."""
        order = np.lexsort((self.high, self.low, self.shape))
        return Stretches(self.shape[order], self.low[order], self.high[order])

    def _where(self, keep: Bools) -> "Stretches":
        return Stretches(self.shape[keep], self.low[keep], self.high[keep])

    def _columns(self) -> tuple[Ints, Floats, Floats]:
        return self.shape, self.low, self.high


@dataclass(frozen=True, eq=False)
class Axis:
    """The straight edges of lines, end to end.

    Attributes
    ----------
    edges
        (m, 4) float64: where each starts and ends, x and y in metres.
    line
        (m,) int64: the line that each is of.
    start
        (m + 1,) float64: where each begins on the axis, and the end of the axis.
    """

    edges: Floats
    line: Ints
    start: Floats

    @classmethod
    def of(cls, lines: Shapes) -> "Axis":
        """Lay out (n,) LineStrings or MultiLineStrings, metric plane."""
        parts, row = shapely.get_parts(lines, return_index=True)
        points, part = shapely.get_coordinates(parts, return_index=True)
        goes_on = part[1:] == part[:-1]
        edges = np.hstack([points[:-1][goes_on], points[1:][goes_on]])
        line = row[part[1:][goes_on]].astype(np.int64)
        length = np.hypot(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1])
        real = length > _SAME_M
        return cls(edges[real], line[real], np.concatenate([[0.0], np.cumsum(length[real])]))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The edges in a tree."""
        return shapely.STRtree(segment_shapes(self.edges))

    def within(self, shapes: Shapes, edges: Ints | None = None) -> Stretches:
        """Give the stretches in each of (s,) polygons, metric plane, by shape and along the axis.

        With `edges` only those on these edges are looked for.
        """
        tree = self.tree if edges is None else shapely.STRtree(segment_shapes(self.edges[edges]))
        shape, found = tree.query(shapes, predicate="intersects")
        segments, edge = tree.geometries[found], found if edges is None else edges[found]
        pieces, pair = shapely.get_parts(shapely.intersection(segments, shapes[shape]), return_index=True)
        long = (shapely.get_type_id(pieces) == 1) & ~shapely.is_empty(pieces)
        pieces, shape, edge = pieces[long], shape[pair[long]], edge[pair[long]]
        begin = self.edges[edge, :2]
        along = self.edges[edge, 2:] - begin
        length = self.start[edge + 1] - self.start[edge]
        ends = np.stack([shapely.get_coordinates(shapely.get_point(pieces, k)) for k in (0, -1)])
        at = ((ends - begin) * along).sum(axis=2) / length
        low, high = at.min(axis=0), at.max(axis=0)
        low = np.where(low <= _SAME_M, self.start[edge], self.start[edge] + low)
        high = np.where(high >= length - _SAME_M, self.start[edge + 1], self.start[edge] + high)
        real = high - low > _SAME_M
        return Stretches(shape[real], low[real], high[real]).in_order()

    def edge_at(self, at: Floats) -> Ints:
        """Give the edge at (k,) places on the axis."""
        return np.clip(np.searchsorted(self.start, at, side="right") - 1, 0, max(len(self.line) - 1, 0))

    def line_at(self, at: Floats) -> Ints:
        """Give the line at (k,) places on the axis."""
        return self.line[self.edge_at(at)] if len(self.line) else np.empty(0, dtype=np.int64)

    def points_at(self, at: Floats) -> Floats:
        """Give x and y, (k, 2) metres, of (k,) places on the axis."""
        edge = self.edge_at(at)
        part = (at - self.start[edge]) / (self.start[edge + 1] - self.start[edge])
        begin = self.edges[edge, :2]
        points: Floats = begin + part[:, None] * (self.edges[edge, 2:] - begin)
        return points

    def lines_between(self, low: Floats, high: Floats) -> Shapes:
        """Give the course of (k,) pieces of the axis, none of which goes on from one line part to the next."""
        # The ends, and the corners between: the beginnings of the edges that begin inside.
        first, last = self.edge_at(low + _SAME_M), self.edge_at(high - _SAME_M)
        corners = last - first
        piece = np.repeat(np.arange(len(low)), corners + 2)
        place = np.arange(len(piece)) - np.repeat(np.cumsum(corners + 2) - corners - 2, corners + 2)
        edge = first[piece] + place
        points = self.edges[np.minimum(edge, len(self.line) - 1), :2].copy()
        starts, ends = place == 0, place == corners[piece] + 1
        for chosen, at, own in ((starts, low, first), (ends, high, last)):
            part = (at - self.start[own]) / (self.start[own + 1] - self.start[own])
            points[chosen] = self.edges[own, :2] + part[:, None] * (self.edges[own, 2:] - self.edges[own, :2])
        return np.asarray(shapely.linestrings(points, indices=piece), dtype=object).reshape(-1)


def cuts_of(axis: Axis, *stretches: Stretches) -> Floats:
    """Give where an axis has to be cut, (c,) ascending: between two cuts a stretch holds all or nothing."""
    return np.unique(np.concatenate([axis.start, *(side for s in stretches for side in (s.low, s.high))]))


def times_in(stretches: Stretches, cuts: Floats) -> Ints:
    """Count how many stretches hold each piece between two cuts: int64 (c - 1,)."""
    step = np.zeros(len(cuts), dtype=np.int64)
    np.add.at(step, np.searchsorted(cuts, stretches.low), 1)
    np.add.at(step, np.searchsorted(cuts, stretches.high), -1)
    counts: Ints = np.cumsum(step)[:-1]
    return counts

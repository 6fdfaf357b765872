"""A planar map on a 1 cm grid: faces that share their vertices, and can be cut in two without leaving a gap.

Coordinates are whole centimetres, so every test below is exact. A vertex put on an edge is put into both faces beside
it at once: that is what makes the units of the sample city a valid coverage.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from spatialgov.sample.plane import Point

__all__ = ["PlanarMap", "Vertex"]

Vertex = tuple[int, int]
"""East and north in centimetres."""

_NEAR_CM = 250.0
"""A new edge keeps this far from the vertices that it passes."""


def _turn(p: Vertex, q: Vertex, r: Vertex) -> int:
    return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])


def _meet(p: Vertex, q: Vertex, r: Vertex, s: Vertex) -> bool:
    """Whether the segments pq and rs have a point in common (touching ends without a turn don't count)."""
    return _turn(p, q, r) * _turn(p, q, s) <= 0 and _turn(r, s, p) * _turn(r, s, q) <= 0


def _distance(p: Vertex, q: Vertex, r: Vertex) -> float:
    """Give the distance of r from the segment pq."""
    dx, dy = q[0] - p[0], q[1] - p[1]
    share = ((r[0] - p[0]) * dx + (r[1] - p[1]) * dy) / (dx * dx + dy * dy)
    share = min(max(share, 0.0), 1.0)
    return math.hypot(r[0] - p[0] - share * dx, r[1] - p[1] - share * dy)


class PlanarMap:
    """Faces as cycles of vertex numbers, counter-clockwise, each edge knowing the face on its left and its line.

    Attributes
    ----------
    points
        Vertices.
    faces
        Face number → cycle of vertex numbers.
    line_of
        Edge (smaller vertex number first) → number of the line (road, river, …) that it is part of.
    lines
        The class of each line.
    """

    def __init__(self) -> None:
        self.points: list[Vertex] = []
        self.faces: dict[int, list[int]] = {}
        self.line_of: dict[tuple[int, int], int] = {}
        self.lines: list[str] = []
        self._left: dict[tuple[int, int], int] = {}
        self._number: dict[Vertex, int] = {}

    def add_line(self, line_class: str) -> int:
        """Give the number of a new line."""
        self.lines.append(line_class)
        return len(self.lines) - 1

    def add_face(self, ring_m: Iterable[Point]) -> int:
        """Add a face by its ring (metres, counter-clockwise, not closed) and give its number."""
        cycle = [self._vertex((round(x * 100), round(y * 100))) for x, y in ring_m]
        face = len(self.faces)
        self.faces[face] = cycle
        self._claim(face)
        return face

    def edges(self, face: int) -> Iterator[tuple[int, int]]:
        """Give the directed edges of a face."""
        cycle = self.faces[face]
        return zip(cycle, cycle[1:] + cycle[:1], strict=True)

    def line_class(self, a: int, b: int) -> str:
        """Give the class of the line that an edge is part of, or ``"none"``."""
        line = self.line_of.get((min(a, b), max(a, b)))
        return "none" if line is None else self.lines[line]

    def neighbour(self, a: int, b: int) -> int | None:
        """Give the face on the right of the directed edge ab, or None outside."""
        return self._left.get((b, a))

    def ring_m(self, face: int) -> list[Point]:
        """Give the ring of a face in metres, counter-clockwise, not closed."""
        return [(self.points[v][0] / 100, self.points[v][1] / 100) for v in self.faces[face]]

    def area_m2(self, face: int) -> float:
        """Give the area of a face."""
        return _area_cm2([self.points[v] for v in self.faces[face]]) / 20_000

    def inside(self, face: int) -> Point:
        """Give a point inside a face, metres: the middle of its widest level cut at half height."""
        ring = [self.points[v] for v in self.faces[face]]
        low, high = min(y for _, y in ring), max(y for _, y in ring)
        level = (low + high) / 2 + 0.3
        xs = sorted(
            p[0] + (level - p[1]) * (q[0] - p[0]) / (q[1] - p[1])
            for p, q in zip(ring, ring[1:] + ring[:1], strict=True)
            if (p[1] < level) != (q[1] < level)
        )
        left, right = max(zip(xs[::2], xs[1::2], strict=True), key=lambda pair: pair[1] - pair[0])
        return (left + right) / 200, level / 100

    def frame(self, face: int) -> tuple[Point, Point, float, float]:
        """Give the smallest rectangle around a face, parallel to one of its edges.

        Returns
        -------
        centre, axis, length_m, width_m
            The axis is the unit vector along the longer side.
        """
        ring = self.ring_m(face)
        best: tuple[float, Point, Point, float, float] | None = None
        for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
            size = math.hypot(bx - ax, by - ay)
            ux, uy = (bx - ax) / size, (by - ay) / size
            along = [x * ux + y * uy for x, y in ring]
            across = [y * ux - x * uy for x, y in ring]
            length, width = max(along) - min(along), max(across) - min(across)
            if best is None or length * width < best[0] - 1e-6:
                s, t = (max(along) + min(along)) / 2, (max(across) + min(across)) / 2
                axis = (ux, uy) if length >= width else (-uy, ux)
                centre = (s * ux - t * uy, s * uy + t * ux)
                best = (length * width, centre, axis, max(length, width), min(length, width))
        assert best is not None
        return best[1:]

    def cut(
        self, face: int, through: Point, along: Point, line: int | None, *, snap_m: float, bend: float = 0.0
    ) -> int | None:
        """Cut a face in two along a straight line and give the new face; None when no clean cut is there.

        Parameters
        ----------
        face
            The face to cut.
        through, along
            A point and a direction of the line, metres. Of several chords the one nearest to the point is cut.
        line
            Number of the line that the new edge becomes part of, or None.
        snap_m
            An end that is this near to a vertex of the edge that it falls on goes to the vertex.
        bend
            Share of the chord's length by which its middle is moved sideways.
        """
        chord = self._chord(face, through, along)
        if chord is None:
            return None
        ends = [self._end(edge, at, snap_m) for edge, at in chord]
        (p, p_edge), (q, q_edge) = ends
        path = [p, q]
        if bend:
            middle = (round((p[0] + q[0]) / 2 - bend * (q[1] - p[1])), round((p[1] + q[1]) / 2 + bend * (q[0] - p[0])))
            path = [p, middle, q]
        if not self._clean(face, path, (p_edge, q_edge)):
            return None
        a, b = (self._number[point] if edge is None else self._split(edge, point) for point, edge in ends)
        middles = [self._vertex(point) for point in path[1:-1]]
        return self._divide(face, a, b, middles, line)

    def _vertex(self, point: Vertex) -> int:
        if point not in self._number:
            self._number[point] = len(self.points)
            self.points.append(point)
        return self._number[point]

    def _claim(self, face: int) -> None:
        for edge in self.edges(face):
            self._left[edge] = face

    def _chord(self, face: int, through: Point, along: Point) -> list[tuple[tuple[int, int], Point]] | None:
        """Give the two crossings (edge, point in cm) of the chord of the line that lies nearest to the point."""
        cx, cy, (dx, dy) = through[0] * 100, through[1] * 100, along
        crossings = []
        for a, b in self.edges(face):
            p, q = self.points[a], self.points[b]
            s = (p[1] - cy) * dx - (p[0] - cx) * dy
            t = (q[1] - cy) * dx - (q[0] - cx) * dy
            if (s < 0) != (t < 0):
                x, y = p[0] + (q[0] - p[0]) * s / (s - t), p[1] + (q[1] - p[1]) * s / (s - t)
                crossings.append(((x - cx) * dx + (y - cy) * dy, (a, b), (x, y)))
        crossings.sort()
        pairs = list(zip(crossings[::2], crossings[1::2], strict=False))
        if not pairs:
            return None
        near = min(pairs, key=lambda pair: max(pair[0][0], -pair[1][0], 0.0))
        return [(edge, at) for _, edge, at in near]

    def _end(self, edge: tuple[int, int], at: Point, snap_m: float) -> tuple[Vertex, tuple[int, int] | None]:
        """Give the end of a chord: a vertex of the edge (and None) or a new point on it (and the edge)."""
        gap, vertex = min((math.hypot(self.points[v][0] - at[0], self.points[v][1] - at[1]), v) for v in edge)
        if gap <= snap_m * 100:
            return self.points[vertex], None
        return (round(at[0]), round(at[1])), edge

    def _clean(self, face: int, path: Sequence[Vertex], end_edges: Sequence[tuple[int, int] | None]) -> bool:
        """Whether a path between two points of a face's border runs inside and keeps clear of everything else."""
        ends = (path[0], path[-1])
        if ends[0] == ends[1] or any(e is not None and p in self._number for p, e in zip(ends, end_edges, strict=True)):
            return False
        ring = [self.points[v] for v in self.faces[face]]
        for edge in self.edges(face):
            # Both ends on one edge: the new edge would run along it.
            corners = {self.points[v] for v in edge}
            if all(point in corners or own == edge for point, own in zip(ends, end_edges, strict=True)):
                return False
        for p, q in pairwise(path):
            if any(_distance(p, q, vertex) < _NEAR_CM for vertex in ring if vertex not in ends):
                return False
            for (a, b), (r, s) in zip(self.edges(face), zip(ring, ring[1:] + ring[:1], strict=True), strict=True):
                if r in ends or s in ends or (a, b) in end_edges:
                    continue
                if _meet(p, q, r, s):
                    return False
            middle = ((p[0] + q[0]) / 2, (p[1] + q[1]) / 2)
            if not _holds(ring, middle):
                return False
        return True

    def _split(self, edge: tuple[int, int], point: Vertex) -> int:
        """Put a vertex on an edge, in both faces beside it, and give its number."""
        vertex = self._vertex(point)
        for a, b in (edge, edge[::-1]):
            face = self._left.pop((a, b), None)
            if face is not None:
                self.faces[face].insert(self.faces[face].index(a) + 1, vertex)
                self._left[a, vertex] = self._left[vertex, b] = face
        line = self.line_of.pop((min(edge), max(edge)), None)
        if line is not None:
            for end in edge:
                self.line_of[min(end, vertex), max(end, vertex)] = line
        return vertex

    def _divide(self, face: int, a: int, b: int, middles: list[int], line: int | None) -> int:
        cycle = self.faces[face]
        start = cycle.index(a)
        cycle = cycle[start:] + cycle[:start]
        stop = cycle.index(b)
        other = len(self.faces)
        self.faces[face] = cycle[: stop + 1] + middles[::-1]
        self.faces[other] = [*cycle[stop:], a, *middles]
        self._claim(face)
        self._claim(other)
        path = [a, *middles, b]
        if line is not None:
            for p, q in pairwise(path):
                self.line_of[min(p, q), max(p, q)] = line
        return other


def _area_cm2(ring: Sequence[Vertex]) -> int:
    """Give twice the area of a ring."""
    return sum(p[0] * q[1] - q[0] * p[1] for p, q in zip(ring, [*ring[1:], ring[0]], strict=True))


def _holds(ring: Sequence[Vertex], point: Point) -> bool:
    """Whether a ring holds a point (crossings of a ray to the east)."""
    x, y = point
    odd = False
    for p, q in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (p[1] > y) != (q[1] > y) and x < p[0] + (y - p[1]) * (q[0] - p[0]) / (q[1] - p[1]):
            odd = not odd
    return odd

"""Roads along the borders of the units, joined into streets and named; the river and the railway as barriers."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from spatialgov.sample.chance import generator
from spatialgov.sample.fabric import Fabric
from spatialgov.sample.names import RAILWAY, RIVER, TRUNK_ROADS, Name, fresh_names
from spatialgov.sample.planar_map import PlanarMap
from spatialgov.sample.plane import Point

__all__ = ["Barrier", "Road", "build_barriers", "build_roads", "line_paths"]

_SUFFIX: Final[Mapping[str, Name]] = {
    "primary": ("路", "Road"),
    "secondary": ("路", "Road"),
    "residential": ("街", "Street"),
    "alley": ("巷", "Lane"),
}
_STRAIGHT: Final = 0.88
"""Cosine of the greatest turn at which a street goes on under the same name."""


@dataclass(frozen=True)
class Road:
    """A road: its path as vertex numbers of the map, its class and its name (``""`` for tracks and village lanes)."""

    path: Sequence[int]
    road_class: str
    name: str
    name_en: str


@dataclass(frozen=True)
class Barrier:
    """A line that grids should not cross: its path as vertex numbers, kind, name and effect."""

    path: Sequence[int]
    kind: str
    name: str
    name_en: str
    effect: str


def line_paths(planar: PlanarMap) -> Mapping[int, list[list[int]]]:
    """Give the paths (vertex numbers) that the edges of each line make up."""
    edges: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for edge, line in sorted(planar.line_of.items()):
        edges[line].append(edge)
    return {line: _paths(edges[line]) for line in sorted(edges)}


def build_roads(fabric: Fabric, seed: int) -> list[Road]:
    """Give the roads, trunk roads first."""
    planar = fabric.map
    paths = line_paths(planar)
    own_names = fabric.skeleton.line_names
    named = {line: TRUNK_ROADS[own_names[line]] for line in paths if own_names.get(line) in TRUNK_ROADS}
    streets = {line: planar.lines[line] for line in paths if planar.lines[line] in _SUFFIX and line not in named}
    village = {line for line in streets if planar.lines[line] == "alley" and _in_village(fabric, paths[line])}
    names = fresh_names(generator(seed, "roads"))
    pools: dict[str, Iterator[Name]] = {}
    for group in _streets(planar, paths, sorted(set(streets) - village)):
        road_class = streets[group[0]]
        # Each suffix takes its own run through the names, so that 柳溪路 and 柳溪巷 may both be there.
        pool = pools.setdefault(
            road_class, names if road_class == "secondary" else fresh_names(generator(seed, road_class))
        )
        chinese, english = next(pool)
        suffix, suffix_en = _SUFFIX[road_class]
        for line in group:
            named[line] = (chinese + suffix, f"{english} {suffix_en}")
    order = ("trunk", "primary", "secondary", "residential", "alley", "track")
    return [
        Road(path, planar.lines[line], *named.get(line, ("", "")))
        for line in sorted(paths, key=lambda line: (_rank(order, planar.lines[line]), line))
        if planar.lines[line] in order
        for path in paths[line]
    ]


def build_barriers(fabric: Fabric) -> list[Barrier]:
    """Give the river and the railway (hard) and the trunk roads (penalty)."""
    planar, names = fabric.map, fabric.skeleton.line_names
    paths = line_paths(planar)
    result = []
    for line, name in sorted(names.items(), key=lambda item: item[1] not in ("river", "railway")):
        kind = planar.lines[line]
        if kind in ("river", "railway"):
            result += [Barrier(path, kind, *(RIVER if kind == "river" else RAILWAY), "hard") for path in paths[line]]
        elif kind == "trunk":
            result += [Barrier(path, "trunk_road", *TRUNK_ROADS[name], "penalty") for path in paths[line]]
    return result


def _rank(order: Sequence[str], road_class: str) -> int:
    return order.index(road_class) if road_class in order else len(order)


def _paths(edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Join edges of one line, which never forks, into paths; each begins at its smaller end."""
    beside: defaultdict[int, list[int]] = defaultdict(list)
    for a, b in edges:
        beside[a].append(b)
        beside[b].append(a)
    result, seen = [], set[int]()
    for start in sorted(beside):
        if len(beside[start]) != 1 or start in seen:
            continue
        path = [start]
        seen.add(start)
        while onward := [v for v in beside[path[-1]] if v not in seen]:
            path.append(onward[0])
            seen.add(onward[0])
        result.append(path)
    return result


def _in_village(fabric: Fabric, paths: Sequence[Sequence[int]]) -> bool:
    a, b = paths[0][:2]
    faces = (fabric.map.neighbour(a, b), fabric.map.neighbour(b, a))
    return all(face is None or fabric.unit_of_face[face].kind not in ("old_town", "campus", "park") for face in faces)


def _streets(planar: PlanarMap, paths: Mapping[int, list[list[int]]], lines: Sequence[int]) -> list[list[int]]:
    """Group lines of one class that go straight on from one to the next."""
    parent = {line: line for line in lines}

    def root(line: int) -> int:
        while parent[line] != line:
            line = parent[line]
        return line

    ends: defaultdict[int, list[tuple[int, Point]]] = defaultdict(list)
    for line in lines:
        path = paths[line][0]
        for end, before in ((path[0], path[1]), (path[-1], path[-2])):
            ends[end].append((line, _direction(planar, before, end)))
    for meeting in ends.values():
        for k, (one, heading) in enumerate(meeting):
            for other, against in meeting[k + 1 :]:
                turn = -(heading[0] * against[0] + heading[1] * against[1])
                if planar.lines[one] == planar.lines[other] and turn > _STRAIGHT:
                    parent[max(root(one), root(other))] = min(root(one), root(other))
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for line in lines:
        groups[root(line)].append(line)
    return list(groups.values())


def _direction(planar: PlanarMap, a: int, b: int) -> Point:
    (ax, ay), (bx, by) = planar.points[a], planar.points[b]
    size = math.hypot(bx - ax, by - ay)
    return (bx - ax) / size, (by - ay) / size

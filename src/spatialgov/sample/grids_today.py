"""Today's grids, as if drawn by hand over the years: contiguous, nested, and far from balanced."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np

from spatialgov.sample.chance import generator
from spatialgov.sample.fabric import Fabric
from spatialgov.sample.names import COMMUNITIES, SUBDISTRICTS
from spatialgov.sample.plane import Point

__all__ = ["TodaysGrid", "build_grids_today", "neighbours"]

_TARGET_HOUSEHOLDS: Final = (170, 780)
_SMALLEST: Final = 120
_DEDICATED: Final[Mapping[str, str]] = {
    "campus": "校园专属网格",
    "market": "市场专属网格",
    "industrial": "园区专属网格",
}
_DEDICATED_UNITS: Final[Mapping[str, int]] = {"campus": 8, "market": 3, "industrial": 8}
"""Fewer units than this don't make a grid of their own."""


@dataclass(frozen=True)
class TodaysGrid:
    """One of today's grids: 15-digit code, name, kind, code of its community, numbers of its units."""

    code: str
    name: str
    kind: str
    parent_code: str
    units: Sequence[int]


def neighbours(fabric: Fabric) -> list[set[int]]:
    """Give for each unit the units that it shares an edge with."""
    result: list[set[int]] = [set() for _ in fabric.units]
    for unit in fabric.units:
        for a, b in fabric.map.edges(unit.face):
            face = fabric.map.neighbour(a, b)
            if face is not None:
                result[unit.number].add(fabric.unit_of_face[face].number)
    return result


def build_grids_today(fabric: Fabric, households: Sequence[int], seed: int) -> list[TodaysGrid]:
    """Give today's grids in the order of their codes."""
    rng, beside = generator(seed, "grids"), neighbours(fabric)
    members: defaultdict[str, list[int]] = defaultdict(list)
    for unit in fabric.units:
        members[unit.community].append(unit.number)
    result: list[TodaysGrid] = []
    for community in COMMUNITIES:
        dedicated = _dedicated(fabric, members[community], beside)
        taken = {unit for part in dedicated for unit in part}
        for part in _parts(set(members[community]) - taken, beside):
            # Ground that only touches dedicated grids, with hardly anyone on it, belongs to one of them.
            around = set().union(*(beside[u] for u in part))
            near = [own for own in dedicated if around & set(own)]
            if sum(households[u] for u in part) < _SMALLEST and near:
                near[0] += part
                taken.update(part)
        general = _general(fabric, set(members[community]) - taken, beside, households, rng)
        result += _numbered(fabric, community, dedicated, general)
    return result


def _dedicated(fabric: Fabric, units: Sequence[int], beside: Sequence[Set[int]]) -> list[list[int]]:
    result = []
    for kind, least in _DEDICATED_UNITS.items():
        own = {u for u in units if fabric.units[u].kind == kind}
        result += [part for part in _parts(own, beside) if len(part) >= least]
    return result


def _parts(units: Set[int], beside: Sequence[Set[int]]) -> list[list[int]]:
    """Give the connected parts of a set of units."""
    left, result = set(units), []
    while left:
        part, todo = [], [min(left)]
        left.discard(todo[0])
        while todo:
            unit = todo.pop()
            part.append(unit)
            onward = sorted(beside[unit] & left)
            left.difference_update(onward)
            todo += onward
        result.append(sorted(part))
    return result


def _general(
    fabric: Fabric, units: set[int], beside: Sequence[Set[int]], households: Sequence[int], rng: np.random.Generator
) -> list[list[int]]:
    """Grow grids of very different sizes until every unit is in one; what is too small goes to a neighbour."""
    grids: list[list[int]] = []
    for part in _parts(units, beside):
        free = set(part)
        grown: list[list[int]] = []
        while free:
            grown.append(_grow(fabric, free, beside, households, int(rng.integers(*_TARGET_HOUSEHOLDS))))
        grids += _without_small(grown, beside, households)
    return grids


def _grow(
    fabric: Fabric, free: set[int], beside: Sequence[Set[int]], households: Sequence[int], target: int
) -> list[int]:
    """Take units out of `free`, compound by compound, until the target is reached."""
    # Begin in a corner: the unit with the fewest free neighbours.
    start = min(free, key=lambda u: (len(beside[u] & free), u))
    grid, links = [start], defaultdict[int, int](int)
    free.discard(start)
    total = households[start]
    compounds = {fabric.units[start].compound.number}
    newest = start
    while True:
        links.pop(newest, None)
        for other in beside[newest] & free:
            links[other] += 1
        if total >= target or not links:
            return grid
        newest = max(links, key=lambda u: (fabric.units[u].compound.number in compounds, links[u] / len(beside[u]), -u))
        free.discard(newest)
        grid.append(newest)
        compounds.add(fabric.units[newest].compound.number)
        total += households[newest]


def _without_small(grids: list[list[int]], beside: Sequence[Set[int]], households: Sequence[int]) -> list[list[int]]:
    """Join grids that are too small to the smallest neighbour, smallest first."""
    while len(grids) > 1:
        totals = [sum(households[u] for u in grid) for grid in grids]
        small = min(range(len(grids)), key=lambda k: (totals[k], k))
        if totals[small] >= _SMALLEST:
            break
        around = set().union(*(beside[u] for u in grids[small]))
        near = min(
            (k for k in range(len(grids)) if k != small and around & set(grids[k])), key=lambda k: (totals[k], k)
        )
        grids[near] = grids[near] + grids[small]
        del grids[small]
    return grids


def _numbered(
    fabric: Fabric, community: str, dedicated: Sequence[Sequence[int]], general: Sequence[Sequence[int]]
) -> list[TodaysGrid]:
    """Number the grids of a community from west to east, then from north to south."""
    code, (name, _) = COMMUNITIES[community]
    parent = next(names[0] for parent_code, names in SUBDISTRICTS.values() if parent_code[:9] == code[:9])
    marked = [(units, "dedicated") for units in dedicated] + [(units, "general") for units in general]
    marked.sort(key=lambda pair: (_middle(fabric, pair[0])[0], -_middle(fabric, pair[0])[1]))
    result = []
    for number, (units, kind) in enumerate(marked, start=1):
        label = _DEDICATED[fabric.units[units[0]].kind] if kind == "dedicated" else "网格"
        grid_name = f"{parent}{name}第{number}{label}"
        result.append(TodaysGrid(f"{code}{number:03d}", grid_name, kind, code, sorted(units)))
    return result


def _middle(fabric: Fabric, units: Sequence[int]) -> Point:
    points = [fabric.map.inside(fabric.units[u].face) for u in units]
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)

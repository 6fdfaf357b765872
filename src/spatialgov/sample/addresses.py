"""The address table: street, number and building of every building that has an address."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spatialgov.sample.buildings import Building
from spatialgov.sample.fabric import Fabric, Unit
from spatialgov.sample.land_use import village_of
from spatialgov.sample.names import VILLAGES
from spatialgov.sample.plane import Point
from spatialgov.sample.roads import Road

__all__ = ["Address", "build_addresses", "centre_of"]

_WITHOUT = frozenset({"shed", "pavilion"})

_FAR_M = 450.0
"""A house on a lane without a name takes its number from a street within this distance."""

_Edge = tuple[Point, Point, str]
"""Two ends in metres, and the name of the street along it."""
_Owner = tuple[str, int]
"""Who has a number: ``("house", number of the building)`` or ``("compound", its number)``."""


@dataclass(frozen=True)
class Address:
    """Street (or village), number with 号, building with 幢 or 号楼 (``""`` for a house), and the point in metres."""

    street: str
    number: str
    building: str
    point_m: Point


@dataclass(frozen=True)
class _Gate:
    """Where a compound or a house meets its street: how far along it, and on which side."""

    street: str
    along_m: float
    left: bool


def centre_of(building: Building) -> Point:
    """Give a point inside a footprint, metres: between its first and third corner, in a rectangle as in an L."""
    (ax, ay), _, (cx, cy) = building.ring_m[:3]
    return (ax + cx) / 2, (ay + cy) / 2


def build_addresses(fabric: Fabric, roads: Sequence[Road], buildings: Sequence[Building]) -> list[Address]:
    """Give an address for each building, except sheds and pavilions.

    An estate has one number on its street and numbered buildings; a house in the old town has a number of its own; a
    house in a village has the village's name and a running number. Along a street the numbers run from its western or
    northern end, odd on the left, even on the right.
    """
    streets = _street_edges(fabric, roads)
    owners: defaultdict[_Owner, list[int]] = defaultdict(list)
    for k, building in enumerate(buildings):
        if building.kind in _WITHOUT:
            continue
        unit = fabric.units[building.unit]
        single = building.kind == "house" and unit.kind != "village"
        owners[("house", k) if single else ("compound", unit.compound.number)].append(k)
    gates: dict[_Owner, _Gate] = {}
    villages: defaultdict[str, list[int]] = defaultdict(list)
    for own, members in owners.items():
        unit = fabric.units[buildings[members[0]].unit]
        if unit.kind == "village":
            villages[VILLAGES[village_of(unit.compound.centre)][0]] += members
        else:
            gates[own] = _gate(_edges_of(fabric, streets, own, unit), centre_of(buildings[members[0]]))
    result = []
    for own, number in _numbers(gates).items():
        members = owners[own]
        for order, k in enumerate(members, start=1):
            suffix = "幢" if fabric.units[buildings[k].unit].kind == "residential" else "号楼"
            label = "" if len(members) == 1 else f"{order}{suffix}"
            result.append((k, Address(gates[own].street, f"{number}号", label, centre_of(buildings[k]))))
    for village, members in villages.items():
        for order, k in enumerate(members, start=1):
            result.append((k, Address(village, f"{order}号", "", centre_of(buildings[k]))))
    return [address for _, address in sorted(result, key=lambda pair: pair[0])]


def _street_edges(fabric: Fabric, roads: Sequence[Road]) -> Mapping[tuple[int, int], str]:
    """Give the name of the street along each edge that has one."""
    return {
        (min(a, b), max(a, b)): road.name
        for road in roads
        if road.name
        for a, b in zip(road.path, road.path[1:], strict=False)
    }


def _edges_of(fabric: Fabric, streets: Mapping[tuple[int, int], str], own: _Owner, unit: Unit) -> list[_Edge]:
    """Give the named edges around a house's unit, or around a compound."""
    around = [unit] if own[0] == "house" else [u for u in fabric.units if u.compound == unit.compound]
    return _named_edges(fabric, streets, around) or _named_edges(
        fabric, streets, [u for u in fabric.units if math.dist(u.compound.centre, unit.compound.centre) < _FAR_M]
    )


def _named_edges(fabric: Fabric, streets: Mapping[tuple[int, int], str], units: Sequence[Unit]) -> list[_Edge]:
    planar = fabric.map
    result = []
    for unit in units:
        for a, b in planar.edges(unit.face):
            name = streets.get((min(a, b), max(a, b)))
            if name is not None:
                (px, py), (qx, qy) = planar.points[a], planar.points[b]
                result.append(((px / 100, py / 100), (qx / 100, qy / 100), name))
    return result


def _gate(edges: Sequence[_Edge], point: Point) -> _Gate:
    """Give the place on the nearest edge: the way along it runs east, or south where it is steeper than level."""

    def foot(edge: _Edge) -> tuple[float, Point]:
        (px, py), (qx, qy), _ = edge
        dx, dy = qx - px, qy - py
        share = min(max(((point[0] - px) * dx + (point[1] - py) * dy) / (dx * dx + dy * dy), 0.0), 1.0)
        at = (px + share * dx, py + share * dy)
        return math.hypot(point[0] - at[0], point[1] - at[1]), at

    (_, at), edge = min(((foot(edge), edge) for edge in edges), key=lambda pair: (pair[0][0], pair[1]))
    (px, py), (qx, qy), name = edge
    dx, dy = qx - px, qy - py
    if (dx if abs(dx) >= abs(dy) else -dy) < 0:
        dx, dy = -dx, -dy
    left = dx * (point[1] - py) - dy * (point[0] - px) > 0
    return _Gate(name, at[0] - at[1], left)


def _numbers(gates: Mapping[_Owner, _Gate]) -> dict[_Owner, int]:
    sides: defaultdict[tuple[str, bool], list[_Owner]] = defaultdict(list)
    for own, gate in gates.items():
        sides[gate.street, gate.left].append(own)
    result = {}
    for (_, left), members in sides.items():
        members.sort(key=lambda own: (gates[own].along_m, own))
        for k, own in enumerate(members):
            result[own] = 2 * k + (1 if left else 2)
    return result

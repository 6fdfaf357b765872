"""From superblocks to blocks, compounds and basic units."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spatialgov.sample.chance import generator
from spatialgov.sample.land_use import (
    BLOCK_GRAIN,
    COMPOUND_GRAIN,
    LANDMARKS,
    UNIT_GRAIN,
    Grain,
    land_use_of,
    zone_of,
)
from spatialgov.sample.planar_map import PlanarMap
from spatialgov.sample.plane import Point
from spatialgov.sample.skeleton import Skeleton, community_of

__all__ = ["Compound", "Fabric", "Unit", "build_fabric"]

_TRIES = 7
_BANK_GRAIN = Grain(26_000, None, spread=0.1, snap_m=10.0)


@dataclass(frozen=True)
class Compound:
    """A piece of ground between roads with one use: an estate, a quarter of lanes, a factory, a field.

    Attributes
    ----------
    number, cell, zone
        Its number, its cell of the skeleton and its zone.
    kind
        Land use; the kind of its units.
    facility
        What it is when it is a landmark or a school, else ``""``.
    centre
        A point inside, metres.
    """

    number: int
    cell: str
    zone: str
    kind: str
    facility: str
    centre: Point


@dataclass(frozen=True)
class Unit:
    """A basic unit: its number (from 0, in the order of the file), its face of the map and its compound."""

    number: int
    face: int
    compound: Compound
    community: str
    area_m2: float

    @property
    def kind(self) -> str:
        """Land use."""
        return self.compound.kind


@dataclass(frozen=True)
class Fabric:
    """The city's ground: skeleton, map and units."""

    skeleton: Skeleton
    map: PlanarMap
    units: Sequence[Unit]
    unit_of_face: Mapping[int, Unit]


def build_fabric(skeleton: Skeleton, seed: int) -> Fabric:
    """Cut the superblocks of a skeleton down to basic units. The skeleton's map is used up by it."""
    planar, rng = skeleton.map, generator(seed, "fabric")
    pieces: list[tuple[int, str, str]] = []  # face, cell, zone
    for face, cell in skeleton.cells.items():
        if face in skeleton.banks:
            pieces += [(part, cell, "bank") for part in _subdivide(planar, face, _BANK_GRAIN, rng)]
            continue
        for block in _subdivide(planar, face, BLOCK_GRAIN, rng):
            zone = zone_of(cell, planar.inside(block))
            pieces += [(part, cell, zone) for part in _subdivide(planar, block, COMPOUND_GRAIN[zone], rng)]
    compounds = _compounds(planar, pieces, rng)
    units = []
    for face, compound in compounds:
        grain = UNIT_GRAIN[compound.kind] if compound.zone != "bank" else _BANK_GRAIN
        for part in _subdivide(planar, face, grain, rng):
            units.append((part, compound))
    units.sort(key=lambda pair: _reading_order(planar.inside(pair[0]), pair[1].cell))
    result = [
        Unit(number, face, compound, community_of(compound.cell), planar.area_m2(face))
        for number, (face, compound) in enumerate(units)
    ]
    return Fabric(skeleton, planar, result, {unit.face: unit for unit in result})


def _reading_order(point: Point, cell: str) -> tuple[str, float, float]:
    """Sort key: by community, then in bands of 200 m from north to south, west to east within a band."""
    return community_of(cell), -math.floor(point[1] / 200), point[0]


def _compounds(
    planar: PlanarMap, pieces: Sequence[tuple[int, str, str]], rng: np.random.Generator
) -> list[tuple[int, Compound]]:
    """Give each piece its use; the piece nearest to a landmark's place becomes the landmark."""
    centres = [planar.inside(face) for face, _, _ in pieces]
    landmarks: dict[int, tuple[str, str]] = {}
    for facility, kind, (x, y) in LANDMARKS:
        free = (i for i in range(len(pieces)) if i not in landmarks and planar.area_m2(pieces[i][0]) > 6_000)
        landmarks[min(free, key=lambda i: math.hypot(centres[i][0] - x, centres[i][1] - y))] = (facility, kind)
    result = []
    for number, ((face, cell, zone), centre) in enumerate(zip(pieces, centres, strict=True)):
        kind = "park" if zone == "bank" else land_use_of(zone, centre, planar.area_m2(face), rng)
        facility = "school" if kind == "public" else ""
        if number in landmarks:
            facility, kind = landmarks[number]
        result.append((face, Compound(number, cell, zone, kind, facility, centre)))
    return result


def _subdivide(planar: PlanarMap, face: int, grain: Grain, rng: np.random.Generator) -> list[int]:
    """Cut a face until no piece is larger than the grain allows; give the pieces."""
    todo, done = [face], []
    while todo:
        piece = todo.pop()
        limit = grain.limit_m2 * (0.75 + 0.6 * float(rng.random()))
        other = _cut(planar, piece, grain, rng) if planar.area_m2(piece) > 1.25 * limit else None
        if other is None:
            done.append(piece)
        else:
            todo += [piece, other]
    return done


def _cut(planar: PlanarMap, face: int, grain: Grain, rng: np.random.Generator) -> int | None:
    """Cut a face in two about square to its longer side; None when no cut is clean."""
    (cx, cy), (ux, uy), length, width = planar.frame(face)
    if length / width < grain.aspect:
        (ux, uy), length = (-uy, ux), width
    for _ in range(_TRIES):
        shift, skew, bend = (float(v) for v in rng.uniform(-1, 1, 3))
        through = (cx + ux * length * grain.spread * shift, cy + uy * length * grain.spread * shift)
        dx, dy = -uy + grain.skew * skew * ux, ux + grain.skew * skew * uy
        size = math.hypot(dx, dy)
        line = None if grain.road_class is None else len(planar.lines)
        other = planar.cut(face, through, (dx / size, dy / size), line, snap_m=grain.snap_m, bend=grain.bend * bend)
        if other is not None:
            if grain.road_class is not None:
                planar.add_line(grain.road_class)
            return other
    return None

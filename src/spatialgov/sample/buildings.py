"""Footprints: rows of slabs and towers that face south, courtyard houses in the old town, halls, schools."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import shapely

from spatialgov.sample.chance import generator
from spatialgov.sample.fabric import Fabric, Unit
from spatialgov.sample.land_use import is_residence_ground
from spatialgov.sample.plane import Point

__all__ = ["Building", "build_buildings"]


@dataclass(frozen=True)
class Building:
    """A footprint: the number of its unit, its ring in metres (not closed), its kind and size."""

    unit: int
    ring_m: Sequence[Point]
    kind: str
    storeys: int
    height_m: float

    @property
    def floor_m2(self) -> float:
        """Floor area of all storeys."""
        return float(shapely.Polygon(self.ring_m).area) * self.storeys


@dataclass(frozen=True)
class _Row:
    """How a kind of building stands: sizes and gaps in metres, storeys, and how many places stay empty."""

    kind: str
    depth_m: tuple[float, float]
    length_m: tuple[float, float]
    gap_m: tuple[float, float]
    storeys: tuple[int, int]
    storey_m: float
    spacing_m: tuple[float, float]
    shade: float = 0.0
    """Further spacing between rows, as a share of the height: the sun must reach the ground floor."""
    empty: float = 0.0
    angled: float = 0.0
    """Share of L-shaped footprints."""


_ROWS: Final[Mapping[str, _Row]] = {
    "walk_up": _Row("residential", (11.5, 13.5), (26, 54), (7, 11), (6, 7), 2.9, (4, 7), shade=0.8, empty=0.05),
    "slab": _Row("residential", (13, 15), (24, 42), (10, 15), (9, 11), 2.9, (8, 12), shade=0.8, empty=0.12),
    "tower": _Row("residential", (17, 21), (22, 32), (16, 24), (16, 33), 2.95, (14, 20), shade=0.42, empty=0.15),
    "old_town": _Row("house", (7, 10.5), (7.5, 12.5), (1.3, 2.6), (1, 3), 3.2, (2.2, 5.0), empty=0.05, angled=0.45),
    "village": _Row("house", (9, 12), (10, 14), (2.5, 6), (1, 3), 3.3, (5, 10), empty=0.10, angled=0.25),
    "shops": _Row("commercial", (26, 42), (34, 64), (9, 16), (3, 6), 4.5, (12, 18), empty=0.06, angled=0.15),
    "office": _Row("commercial", (26, 34), (30, 44), (18, 26), (12, 26), 3.9, (24, 30), shade=0.1, empty=0.12),
    "market": _Row("market", (24, 34), (44, 72), (8, 12), (1, 2), 6.0, (8, 12)),
    "industrial": _Row("industrial", (32, 52), (60, 118), (14, 24), (1, 2), 8.5, (16, 24), empty=0.1),
    "teaching": _Row(
        "teaching", (15, 22), (48, 84), (16, 28), (4, 7), 3.9, (24, 34), shade=0.2, empty=0.12, angled=0.3
    ),
    "dormitory": _Row("dormitory", (15, 17), (52, 78), (12, 18), (5, 7), 3.3, (14, 18), shade=0.6, empty=0.04),
    "school": _Row("school", (12, 15), (44, 70), (12, 18), (3, 5), 3.7, (24, 32), shade=0.4, empty=0.25, angled=0.2),
    "hospital": _Row(
        "hospital", (22, 28), (48, 76), (14, 20), (5, 15), 4.0, (22, 28), shade=0.2, empty=0.1, angled=0.2
    ),
    "government": _Row("government", (17, 22), (46, 78), (16, 24), (4, 10), 3.8, (26, 34), shade=0.3, empty=0.15),
    "station": _Row("station", (34, 44), (90, 140), (16, 24), (2, 2), 9.0, (40, 60)),
    "pavilion": _Row("pavilion", (9, 13), (12, 18), (70, 120), (1, 2), 4.0, (70, 110), empty=0.45),
    "shed": _Row("shed", (7, 10), (12, 22), (60, 90), (1, 1), 3.6, (70, 100), empty=0.8),
}

_SETBACK_M: Final[Mapping[str, float]] = {
    "trunk": 24.0, "primary": 18.0, "secondary": 13.0, "residential": 7.5, "track": 4.5, "alley": 2.5, "river": 60.0,
    "railway": 19.0, "none": 3.0,
}  # fmt: skip
_OLD_STREETS: Final = 0.55
"""In the old town and the villages houses stand this much nearer to the street."""

_CENTRE: Final[Point] = (350.0, 500.0)
"""Around here the estates are old; the towers stand farther out and in the core."""


def build_buildings(fabric: Fabric, seed: int) -> list[Building]:
    """Fill the units with buildings: never across a unit's border, never one on another."""
    rng = generator(seed, "buildings")
    styles: dict[int, str] = {}
    result: list[Building] = []
    for unit, ground in zip(fabric.units, _grounds(fabric), strict=True):
        style = styles.setdefault(unit.compound.number, _style(unit, rng))
        row = _unit_row(unit, style, rng)
        if row is not None and not shapely.is_empty(ground):
            result += _fill(fabric, unit, ground, row, rng) or _fill(fabric, unit, ground, _smaller(row), rng)
    return result


def _grounds(fabric: Fabric) -> Sequence[shapely.Geometry]:
    """Give the ground of each unit that may be built on: the unit without the halves of its roads."""
    planar = fabric.map
    corners, edges, sizes = [], [], []
    for unit in fabric.units:
        corners.append(shapely.Polygon(planar.ring_m(unit.face)))
        for a, b in planar.edges(unit.face):
            (px, py), (qx, qy) = planar.points[a], planar.points[b]
            edges.append(((px / 100, py / 100), (qx / 100, qy / 100)))
            near = _OLD_STREETS if unit.kind in ("old_town", "village") else 1.0
            sizes.append((unit.number, _SETBACK_M[planar.line_class(a, b)] * near))
    strips = shapely.buffer(shapely.linestrings(np.array(edges)), np.array([size for _, size in sizes]), quad_segs=3)
    owner = np.array([number for number, _ in sizes])
    starts = np.searchsorted(owner, np.arange(len(corners) + 1))
    taken = [shapely.union_all(strips[i:j]) for i, j in pairwise(starts.tolist())]
    return list(shapely.difference(np.array(corners), np.array(taken)))


def _style(unit: Unit, rng: np.random.Generator) -> str:
    """Draw how a compound is built."""
    compound, draw = unit.compound, float(rng.random())
    if compound.facility:
        style = compound.facility.split()[0]
        return "shops" if style == "buses" else style
    if compound.kind == "residential":
        away = abs(compound.centre[0] - _CENTRE[0]) / 2000 + abs(compound.centre[1] - _CENTRE[1]) / 2000
        if compound.zone == "core":
            return "tower" if draw < 0.7 else "slab"
        if compound.zone == "old_town" or compound.cell[0] == "S":
            return "walk_up"
        return "walk_up" if draw < 0.86 - 0.34 * away else "slab" if draw < 0.94 - 0.12 * away else "tower"
    if compound.kind == "commercial":
        return "office" if compound.zone == "core" and draw < 0.45 else "shops"
    return {"campus": "teaching", "park": "pavilion", "farmland": "shed"}.get(compound.kind, compound.kind)


def _unit_row(unit: Unit, style: str, rng: np.random.Generator) -> _Row | None:
    """Give the kind of rows in a unit; None where the ground stays open."""
    draw = float(rng.random())
    if unit.kind == "campus":
        # A sports ground here and there.
        return None if draw < 0.14 else _ROWS["dormitory" if is_residence_ground(unit.compound.centre) else style]
    if unit.kind in ("park", "farmland") and draw > 0.25:
        return None
    if unit.kind == "residential" and draw < 0.04:
        return None
    return _ROWS[style]


def _fill(fabric: Fabric, unit: Unit, ground: shapely.Geometry, row: _Row, rng: np.random.Generator) -> list[Building]:
    """Set rows of buildings on the ground of a unit, from south to north."""
    _, (ux, uy), _, _ = fabric.map.frame(unit.face)
    if abs(ux) < abs(uy):
        ux, uy = uy, -ux
    if ux < 0:
        ux, uy = -ux, -uy
    part = max(shapely.get_parts(ground), key=lambda p: float(p.area))
    ring = [(x * ux + y * uy, y * ux - x * uy) for x, y in part.exterior.coords[:-1]]
    shapely.prepare(part)
    result = []
    for box, kind, storeys, height_m in _places(ring, row, rng):
        turned = [(round(s * ux - t * uy, 2), round(s * uy + t * ux, 2)) for s, t in box]
        if shapely.contains_properly(part, shapely.Polygon(turned)):
            result.append(Building(unit.number, turned, kind, storeys, height_m))
    return result


def _places(
    ring: Sequence[Point], row: _Row, rng: np.random.Generator
) -> Iterator[tuple[list[Point], str, int, float]]:
    """Give the footprints that fit into a ring, both in a frame whose first axis runs along the rows."""
    for level, depth, storeys in _levels(min(t for _, t in ring), max(t for _, t in ring), row, rng):
        for left, right in _level_spans(ring, level + 0.2, level + depth - 0.2):
            for start, length in _along(left + 0.3, right - 0.3, row, rng):
                draw, shape, more = (float(v) for v in rng.random(3))
                if draw < row.empty:
                    continue
                own = storeys if row.storeys[1] > 12 or more < 0.6 else _storeys(row, rng)
                box = _footprint(start, level, length, depth, shape < row.angled, shape)
                yield box, row.kind, own, round(own * row.storey_m + 0.6, 1)


def _levels(bottom: float, top: float, row: _Row, rng: np.random.Generator) -> list[tuple[float, float, int]]:
    """Give where each row begins, its depth and storeys; what is left of the ground widens the yards a little."""
    rows: list[tuple[float, float, int]] = []
    level = bottom + float(rng.uniform(0.3, 2.0))
    while level < top:
        depth, spacing, storeys = (
            float(rng.uniform(*row.depth_m)),
            float(rng.uniform(*row.spacing_m)),
            _storeys(row, rng),
        )
        if level + depth > top and rows:
            break
        rows.append((level, depth, storeys))
        level += depth + spacing + row.shade * storeys * row.storey_m
    if not rows:
        return []
    spare = min(max(top - rows[-1][0] - rows[-1][1] - 1.0, 0.0) / len(rows), 9.0)
    return [(level + spare * (k + 0.3), depth, storeys) for k, (level, depth, storeys) in enumerate(rows)]


def _smaller(row: _Row) -> _Row:
    """Give the same kind of row for a plot that is too narrow for it."""
    depth_m, length_m = ((size[0] * 0.6, size[1] * 0.65) for size in (row.depth_m, row.length_m))
    return replace(row, depth_m=depth_m, length_m=length_m, empty=0.0)


def _storeys(row: _Row, rng: np.random.Generator) -> int:
    return int(rng.integers(row.storeys[0], row.storeys[1] + 1))


def _along(left: float, right: float, row: _Row, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Give start and length of the buildings of a row, spread evenly between two ends."""
    gap, wish = float(rng.uniform(*row.gap_m)), float(rng.uniform(*row.length_m))
    count = math.floor((right - left + gap) / (wish + gap) + 0.4)
    while count and (right - left - (count - 1) * gap) / count < row.length_m[0]:
        count -= 1
    if count == 0:
        return
    length = min((right - left - (count - 1) * gap) / count, row.length_m[1])
    gap = (right - left - count * length) / (count - 1) if count > 1 else 0.0
    for k in range(count):
        yield left + k * (length + gap), length


def _footprint(s: float, t: float, length: float, depth: float, angled: bool, shape: float) -> list[Point]:
    if not angled:
        return [(s, t), (s + length, t), (s + length, t + depth), (s, t + depth)]
    wing, back = length * (0.35 + 0.4 * shape), depth * 0.45
    return [(s, t), (s + wing, t), (s + wing, t + depth - back), (s + length, t + depth - back),
            (s + length, t + depth), (s, t + depth)]  # fmt: skip


def _level_spans(ring: Sequence[Point], low: float, high: float) -> list[tuple[float, float]]:
    """Give the spans in which a ring holds three level lines: low, middle and high."""
    spans = _spans(ring, low)
    for level in ((low + high) / 2, high):
        other = _spans(ring, level)
        spans = [(max(a, c), min(b, d)) for a, b in spans for c, d in other if min(b, d) - max(a, c) > 1.0]
    return spans


def _spans(ring: Sequence[Point], level: float) -> list[tuple[float, float]]:
    crossings = sorted(
        p[0] + (level - p[1]) * (q[0] - p[0]) / (q[1] - p[1])
        for p, q in zip(ring, [*ring[1:], ring[0]], strict=True)
        if (p[1] < level) != (q[1] < level)
    )
    return list(zip(crossings[::2], crossings[1::2], strict=True))

"""The skeleton of the sample city: outline, river, railway and trunk roads, and the superblocks between them.

The places of all lines are drawn by hand, in metres east and north of the centre, and moved a little by the seed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely

from spatialgov.sample.chance import generator
from spatialgov.sample.planar_map import PlanarMap
from spatialgov.sample.plane import Point

__all__ = ["Skeleton", "build_skeleton", "community_of"]

_BANK_M: Final = 72.0
"""From the river's centre line to the embankment road."""

_OUTLINE: Final[Sequence[Point]] = (
    (-2450, -1900), (-1700, -2330), (-700, -2230), (250, -2440), (1300, -2330), (1850, -2120), (2560, -1880),
    (2700, -800), (2480, 100), (2640, 900), (2330, 1760), (1560, 2250), (400, 2130), (-450, 2330), (-1480, 2260),
    (-2150, 1900), (-2540, 1050), (-2340, 200), (-2620, -700),
)  # fmt: skip

_OUTLINE_SCALE: Final = 1.045

_J: Final[Point] = (410, -230)
"""People's Road and Jianshe Road meet the station avenue here."""

_RIVER: Final[Sequence[Point]] = (
    (-600, 3000), (-560, 2600), (-500, 2250), (-230, 1850), (-60, 1450), (-160, 1050), (-420, 720), (-520, 350),
    (-380, -50), (-130, -400), (-80, -780), (-260, -1150), (-420, -1500), (-300, -1900), (-60, -2300), (-40, -2700),
)  # fmt: skip

_RAILWAY: Final[Sequence[Point]] = (
    (-2900, -930), (-1850, -1040), (-1150, -1090), (-300, -1130), (480, -1140), (1300, -1010), (2120, -840),
    (2900, -720),
)  # fmt: skip

_TRUNKS: Final[Mapping[str, Sequence[Point]]] = {
    "north_ring": (
        (-2900, 1250), (-1900, 1430), (-1060, 1540), (-200, 1500), (470, 1480), (1300, 1560),
        (2060, 1480), (2900, 1300),
    ),
    "qinglan": (
        (-2900, 480), (-1900, 560), (-1100, 640), (-300, 640), (430, 640), (1240, 700), (2030, 720),
        (2900, 640),
    ),
    "renmin": (
        (-2900, -330), (-1930, -300), (-1120, -260), (-300, -240), _J, (1260, -170), (2070, -210),
        (2900, -260),
    ),
    "south_ring": (
        (-2900, -1650), (-1880, -1720), (-1080, -1760), (0, -1740), (560, -1720), (1350, -1660),
        (2080, -1600), (2900, -1480),
    ),
    "west_ring": (
        (-1950, 2700), (-1900, 1430), (-1900, 560), (-1930, -300), (-1850, -1040), (-1880, -1720),
        (-1950, -2700),
    ),
    "wenchang": (
        (-1080, 2700), (-1060, 1540), (-1100, 640), (-1120, -260), (-1150, -1090), (-1080, -1760),
        (-1000, -2700),
    ),
    "jianshe": ((480, 2700), (470, 1480), (430, 640), _J, (480, -1140), (560, -1720), (600, -2700)),
    "yingbin": (
        (1350, 2700), (1300, 1560), (1240, 700), (1260, -170), (1300, -1010), (1350, -1660),
        (1400, -2700),
    ),
    "east_ring": (
        (2150, 2700), (2060, 1480), (2030, 720), (2070, -210), (2120, -840), (2080, -1600),
        (2000, -2700),
    ),
}  # fmt: skip
_STATION_AVENUE: Final[Sequence[Point]] = (_J, (680, -680), (905, -1090))

_COMMUNITY_CELLS: Final[Mapping[str, str]] = {
    # Rows: N, A, B, C north of the railway, S, T south of it; columns: w0 w1 w2 | river | e0 e1 e2 e3.
    "Nw0": "wenfeng", "Nw1": "wenfeng", "Nw2": "wenfeng", "Aw0": "wenfeng", "Aw1": "wenfeng",
    "Aw2": "gulou", "Bw2": "nanmen", "Bw0": "nanmen", "Bw1": "nanmen",
    "Cw0": "xiyuan", "Cw1": "xiyuan", "Cw2": "xiyuan",
    "Ne0": "beiyuan", "Ne1": "beiyuan", "Ne2": "hupan", "Ne3": "hupan", "Ae2": "hupan", "Ae3": "hupan",
    "Ae0": "yunxi", "Ae1": "yunxi", "Be0": "yunxi", "Be1": "liuyin", "Ce0": "liuyin", "Ce1": "liuyin",
    "Be2": "dongyuan", "Be3": "dongyuan", "Ce2": "dongyuan", "Ce3": "dongyuan",
    "Sw0": "hexi", "Sw1": "hexi", "Sw2": "hexi", "Tw0": "hexi", "Tw1": "hexi", "Tw2": "hexi",
    "Se0": "zhennan", "Te0": "zhennan", "Se1": "zhennan", "Te1": "zhennan",
    "Se2": "hetang", "Se3": "hetang", "Te2": "hetang", "Te3": "hetang",
}  # fmt: skip


@dataclass(frozen=True)
class Skeleton:
    """The lines as they lie with this seed (metres), the map of the superblocks, and what each superblock is.

    Attributes
    ----------
    lines
        Name → points: ``river``, ``railway``, ``station`` (the avenue to the station) and the trunk roads.
    map
        The planar map, its faces the superblocks and the strips between river and embankment.
    line_names
        Number of a line of the map → its name in `lines`, or ``west_bank``, ``east_bank``.
    cells
        Superblock → cell, such as ``Aw1``.
    banks
        The faces between the river and an embankment road.
    """

    lines: Mapping[str, Sequence[Point]]
    map: PlanarMap
    line_names: Mapping[int, str]
    cells: Mapping[int, str]
    banks: frozenset[int]


def community_of(cell: str) -> str:
    """Give the key of the community that a cell belongs to."""
    return _COMMUNITY_CELLS[cell]


def build_skeleton(seed: int) -> Skeleton:
    """Draw the lines for a seed and cut the district into superblocks along them."""
    rng = generator(seed, "skeleton")
    moved: dict[Point, Point] = {}

    def curve(points: Sequence[Point], step_m: float) -> list[Point]:
        for x, y in points:
            if (x, y) not in moved:
                dx, dy = (float(v) for v in rng.uniform(-22, 22, 2))
                moved[x, y] = (x + dx, y + dy)
        return _smooth([moved[p] for p in points], step_m)

    lines = {name: curve(points, 110.0) for name, points in _TRUNKS.items()}
    lines["station"] = curve(_STATION_AVENUE, 110.0)
    lines["station"].append(_beyond(lines["station"][-2], lines["station"][-1], 60.0))
    lines["river"] = curve(_RIVER, 55.0)
    lines["railway"] = curve(_RAILWAY, 130.0)
    banks = {"west_bank": _parallel(lines["river"], -_BANK_M), "east_bank": _parallel(lines["river"], _BANK_M)}
    outline = _ragged(_OUTLINE, rng)
    planar, line_names = _cut(lines | banks, outline)
    cells, bank_faces = {}, set()
    for face in planar.faces:
        point = planar.inside(face)
        cells[face] = _cell(lines, point)
        if shapely.distance(shapely.LineString(lines["river"]), shapely.Point(point)) < _BANK_M:
            bank_faces.add(face)
    return Skeleton(lines, planar, line_names, cells, frozenset(bank_faces))


def _cut(lines: Mapping[str, Sequence[Point]], outline: Sequence[Point]) -> tuple[PlanarMap, dict[int, str]]:
    """Give the planar map of the faces between the lines, inside the outline."""
    district = shapely.Polygon(outline)
    shapes = {name: shapely.LineString(points) for name, points in lines.items()}
    noded = shapely.union_all([*shapes.values(), district.exterior], grid_size=0.01)
    faces = [p for p in shapely.get_parts(shapely.polygonize([noded])) if district.contains(p.point_on_surface())]
    faces.sort(key=lambda p: p.bounds)
    planar = PlanarMap()
    for polygon in shapely.orient_polygons(faces):
        planar.add_face([(x, y) for x, y in polygon.exterior.coords[:-1]])
    numbers = {name: planar.add_line(_line_class(name)) for name in lines}
    names, geometries = list(shapes), list(shapes.values())
    for face in planar.faces:
        for a, b in planar.edges(face):
            if planar.neighbour(a, b) is not None:
                (px, py), (qx, qy) = planar.points[a], planar.points[b]
                gaps = shapely.distance(geometries, shapely.Point((px + qx) / 200, (py + qy) / 200))
                planar.line_of[min(a, b), max(a, b)] = numbers[names[int(np.argmin(gaps))]]
    return planar, {number: name for name, number in numbers.items()}


def _line_class(name: str) -> str:
    if name in ("river", "railway"):
        return name
    return {"west_bank": "secondary", "east_bank": "secondary", "station": "primary", "wenchang": "primary"}.get(
        name, "trunk"
    )


def _cell(lines: Mapping[str, Sequence[Point]], point: Point) -> str:
    x, y = point
    north = {
        name: y > _level(lines[name], x, 0) for name in ("north_ring", "qinglan", "renmin", "railway", "south_ring")
    }
    row = next((r for r, name in zip("NABCS", north, strict=True) if north[name]), "T")
    if x < _level(lines["river"], y, 1):
        column = "w" + str(sum(x > _level(lines[name], y, 1) for name in ("west_ring", "wenchang")))
    else:
        column = "e" + str(sum(x > _level(lines[name], y, 1) for name in ("jianshe", "yingbin", "east_ring")))
    return row + column


def _level(line: Sequence[Point], at: float, axis: int) -> float:
    """Give the other coordinate of a line where its coordinate on `axis` is `at`."""
    for p, q in pairwise(line):
        if min(p[axis], q[axis]) <= at <= max(p[axis], q[axis]) and p[axis] != q[axis]:
            share = (at - p[axis]) / (q[axis] - p[axis])
            return p[1 - axis] + share * (q[1 - axis] - p[1 - axis])
    raise AssertionError(f"the line does not reach {at}")


def _smooth(points: Sequence[Point], step_m: float) -> list[Point]:
    """Give points about `step_m` apart on the Catmull-Rom curve through the given ones."""
    path = [_beyond(points[1], points[0], 100.0), *points, _beyond(points[-2], points[-1], 100.0)]
    result = [points[0]]
    for p, q, r, s in zip(path, path[1:], path[2:], path[3:], strict=False):
        pieces = max(1, round(math.hypot(r[0] - q[0], r[1] - q[1]) / step_m))
        for k in range(1, pieces):
            u = k / pieces
            weights = (
                u * (-0.5 + u * (1 - 0.5 * u)),
                1 + u * u * (-2.5 + 1.5 * u),
                u * (0.5 + u * (2 - 1.5 * u)),
                u * u * (-0.5 + 0.5 * u),
            )
            four = (p, q, r, s)
            result.append(
                (
                    sum(w * c[0] for w, c in zip(weights, four, strict=True)),
                    sum(w * c[1] for w, c in zip(weights, four, strict=True)),
                )
            )
        result.append(r)
    return result


def _beyond(p: Point, q: Point, by_m: float) -> Point:
    """Give the point `by_m` beyond q on the way from p."""
    size = math.hypot(q[0] - p[0], q[1] - p[1])
    return q[0] + (q[0] - p[0]) * by_m / size, q[1] + (q[1] - p[1]) * by_m / size


def _parallel(line: Sequence[Point], by_m: float) -> list[Point]:
    """Give a line beside a gently winding one that runs from north to south; positive lies east of it."""
    result = []
    for p, q, r in zip(line, line[1:], line[2:], strict=False):
        dx, dy = r[0] - p[0], r[1] - p[1]
        size = math.hypot(dx, dy)
        result.append((q[0] - dy / size * by_m, q[1] + dx / size * by_m))
    return result


def _ragged(ring: Sequence[Point], rng: np.random.Generator) -> list[Point]:
    """Give the outline with vertices about 110 m apart, moved a little, as fields and ditches would have it."""
    result = []
    for p, q in zip(ring, [*ring[1:], ring[0]], strict=True):
        pieces = max(1, round(math.hypot(q[0] - p[0], q[1] - p[1]) / 110))
        for k in range(pieces):
            dx, dy = (float(v) for v in rng.uniform(-24, 24, 2))
            x, y = p[0] + (q[0] - p[0]) * k / pieces, p[1] + (q[1] - p[1]) * k / pieces
            result.append((x * _OUTLINE_SCALE + dx, y * _OUTLINE_SCALE + dy))
    return result

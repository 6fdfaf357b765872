"""Incidents over 18 months, with three planted hot spots that an analysis should find."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.sample.categories import CATEGORIES, CHANNELS, Category
from spatialgov.sample.chance import generator, pick
from spatialgov.sample.fabric import Fabric
from spatialgov.sample.plane import Point
from spatialgov.sample.rhythm import FIRST_DAY, LAST_DAY, days, draw_times

__all__ = ["PLANTED", "Incident", "Planted", "build_incidents"]

_TOTAL: Final = 60_000
_END_MINUTE: Final = days() * 1440


_HALF_WIDTH_M: Final[Mapping[str, float]] = {
    "trunk": 20.0, "primary": 16.0, "secondary": 11.0, "residential": 6.5, "alley": 2.0, "track": 3.0,
}  # fmt: skip


@dataclass(frozen=True)
class Incident:
    """An incident: category, minutes since the first day, point in metres, and how it was closed."""

    category: str
    minute: int
    point_m: Point
    status: str
    closed_minute: int | None
    closed_level: str
    channel: str


@dataclass(frozen=True)
class Planted:
    """A planted hot spot: what course it takes, its category, its place, and its extra incidents."""

    course: str
    category: str
    centre_m: Point
    radius_m: float
    first: date
    last: date
    count: int

    def day_weights(self) -> list[float]:
        """Give the weight of each day: level, rising or falling between its first and last day."""
        begin, end = (self.first - FIRST_DAY).days, (self.last - FIRST_DAY).days
        result = [0.0] * days()
        for day in range(begin, end + 1):
            share = (day - begin) / (end - begin)
            result[day] = {"stable": 1.0, "emerging": 0.25 + 1.5 * share, "fading": (1 - share) ** 1.5}[self.course]
        return result


PLANTED: Final[Sequence[Planted]] = (
    Planted("stable", "0502", (450, 40), 150.0, FIRST_DAY, LAST_DAY, 620),
    Planted("emerging", "0501", (-1480, 610), 150.0, date(2026, 5, 1), LAST_DAY, 480),
    Planted("fading", "0103", (1050, -560), 160.0, FIRST_DAY, date(2026, 2, 28), 460),
)
"""Parking at the first hospital, trading at the campus's south gate, waste beside a site that is finished."""


@dataclass(frozen=True)
class _Streets:
    """Edges of the map that are roads, as arrays: ends in metres, class, and per edge the two units beside it."""

    ends: npt.NDArray[np.float64]
    classes: Sequence[str]
    units: Sequence[Sequence[int]]
    unevenness: Sequence[float]


def build_incidents(fabric: Fabric, households: Sequence[int], seed: int) -> list[Incident]:
    """Give the incidents in the order of their times."""
    rng = generator(seed, "incidents")
    streets = _streets(fabric, rng)
    counts = _counts()
    result: list[Incident] = []
    for category in CATEGORIES:
        weights = _weights(fabric, streets, households, category)
        result += _draw(streets, category, weights, counts[category.code], None, rng)
        for planted in PLANTED:
            if planted.category == category.code:
                near = _near(streets, planted)
                result += _draw(streets, category, near, planted.count, planted.day_weights(), rng)
    inside = _inside(fabric, result)
    return sorted(inside, key=lambda incident: (incident.minute, incident.category, incident.point_m))


def _counts() -> Mapping[str, int]:
    """Share the incidents that are not planted out to the categories."""
    left = _TOTAL - sum(planted.count for planted in PLANTED)
    whole = sum(category.share for category in CATEGORIES)
    counts = {category.code: math.floor(left * category.share / whole) for category in CATEGORIES}
    counts[CATEGORIES[0].code] += left - sum(counts.values())
    return counts


def _streets(fabric: Fabric, rng: np.random.Generator) -> _Streets:
    planar = fabric.map
    edges = [edge for edge, line in sorted(planar.line_of.items()) if planar.lines[line] not in ("river", "railway")]
    ends = np.array([[planar.points[a], planar.points[b]] for a, b in edges], dtype=np.float64) / 100
    units = []
    for a, b in edges:
        faces = (planar.neighbour(a, b), planar.neighbour(b, a))
        units.append([fabric.unit_of_face[face].number for face in faces if face is not None])
    # Some stretches are always worse than others.
    unevenness = [min((0.08 + draw) ** -0.9, 6.0) for draw in rng.random(len(edges)).tolist()]
    return _Streets(ends, [planar.line_class(a, b) for a, b in edges], units, unevenness)


def _weights(fabric: Fabric, streets: _Streets, households: Sequence[int], category: Category) -> list[float]:
    result = []
    for k, road_class in enumerate(streets.classes):
        (px, py), (qx, qy) = streets.ends[k].tolist()
        beside = 0.0
        for number in streets.units[k]:
            unit = fabric.units[number]
            density = households[number] / unit.area_m2 * 200
            beside += category.ground.get(unit.kind, 0.15) * (1 + category.people * density)
        length_m = math.hypot(qx - px, qy - py)
        result.append(length_m * category.roads.get(road_class, 0.0) * beside * streets.unevenness[k])
    return result


def _near(streets: _Streets, planted: Planted) -> list[float]:
    """Give the weights of the streets within a planted hot spot: all there, heavier towards its centre."""
    result = []
    for p, q in streets.ends.tolist():
        away_m = max(math.dist(p, planted.centre_m), math.dist(q, planted.centre_m))
        # A road's own width must not carry an incident out of the circle.
        inside = away_m < planted.radius_m - max(_HALF_WIDTH_M.values())
        result.append(math.dist(p, q) * (1.2 - away_m / planted.radius_m) if inside else 0.0)
    return result


def _draw(
    streets: _Streets,
    category: Category,
    weights: Sequence[float],
    count: int,
    day_weights: Sequence[float] | None,
    rng: np.random.Generator,
) -> list[Incident]:
    edges = pick(weights, count, rng)
    minutes = draw_times(category.rhythm, count, rng, day_weights)
    along, across = rng.random((2, count)).tolist()
    result = []
    for k, (position, minute) in enumerate(zip(edges, minutes, strict=True)):
        (px, py), (qx, qy) = streets.ends[position].tolist()
        size = math.hypot(qx - px, qy - py)
        aside = (2 * across[k] - 1) * _HALF_WIDTH_M[streets.classes[position]] / size
        x, y = px + (qx - px) * along[k], py + (qy - py) * along[k]
        point = (x - (qy - py) * aside, y + (qx - px) * aside)
        result.append(Incident(category.code, minute, point, *_course(category, minute, rng)))
    return result


def _course(category: Category, minute: int, rng: np.random.Generator) -> tuple[str, int | None, str, str]:
    """Draw how an incident went on: status, when and by which level it was closed, how it came in."""
    wait, level_draw, stuck, channel_draw = rng.random(4).tolist()
    weights = category.channels
    mark = channel_draw * sum(weights)
    channel = next((name for k, name in enumerate(CHANNELS) if mark < sum(weights[: k + 1])), CHANNELS[-1])
    grid, community = category.levels
    # What goes up a level takes longer.
    steps = ((grid, "grid", 0.8), (grid + community, "community", 1.4), (1.0, "subdistrict", 2.6))
    level, slower = next((name, factor) for end, name, factor in steps if level_draw < end)
    closed = minute + 8 + math.floor(-math.log(1 - wait) * category.hours_to_close * 60 * slower)
    if closed < _END_MINUTE and stuck > 0.012:
        return "closed", closed, level, channel
    return ("handled" if stuck < 0.006 or stuck > 0.6 else "open"), None, "", channel


def _inside(fabric: Fabric, incidents: Sequence[Incident]) -> list[Incident]:
    """Draw incidents back that lie beyond the district: the edge of a road that leaves it may have put them there."""
    district = shapely.union_all([shapely.Polygon(fabric.map.ring_m(unit.face)) for unit in fabric.units]).buffer(-1.5)
    shapely.prepare(district)
    points = shapely.points([incident.point_m for incident in incidents])
    result = list(incidents)
    for k in np.flatnonzero(~shapely.contains(district, points)).tolist():
        nearest = shapely.get_point(shapely.shortest_line(district, points[k]), 0)
        result[k] = replace(incidents[k], point_m=(float(nearest.x), float(nearest.y)))
    return result

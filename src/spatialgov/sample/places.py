"""Key places (schools, markets, stations, hospitals, …) and the zones where cameras are restricted."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from spatialgov.sample.addresses import centre_of
from spatialgov.sample.buildings import Building
from spatialgov.sample.chance import generator
from spatialgov.sample.fabric import Compound, Fabric
from spatialgov.sample.land_use import is_residence_ground
from spatialgov.sample.names import COMMUNITIES, SUBDISTRICTS, Name, fresh_names
from spatialgov.sample.plane import Point

__all__ = ["ExclusionZone", "Place", "build_exclusion_zones", "build_places"]

_LANDMARKS: Final[Mapping[str, tuple[str, str, str]]] = {
    # Kind, name, English name.
    "station": ("station", "青岚火车站", "Qinglan Railway Station"),
    "buses": ("station", "青岚汽车站", "Qinglan Bus Station"),
    "government": ("government", "青岚区行政服务中心", "Qinglan District Administrative Centre"),
    "hospital first": ("hospital", "青岚区第一医院", "Qinglan First Hospital"),
    "hospital west": ("hospital", "青岚区中医院", "Qinglan Hospital of Chinese Medicine"),
    "hospital town": ("hospital", "南塘镇卫生院", "Nantang Town Hospital"),
    "market nanmen": ("market", "南门菜市场", "Nanmen Market"),
    "market zhandong": ("market", "站东集贸市场", "Zhandong Market"),
    "market dongyuan": ("market", "东园菜市场", "Dongyuan Market"),
    "market nantang": ("market", "南塘集市", "Nantang Market"),
    "market yunxi": ("market", "云溪菜市场", "Yunxi Market"),
    "market xiyuan": ("market", "西苑菜市场", "Xiyuan Market"),
    "market wholesale": ("market", "城南批发市场", "Chengnan Wholesale Market"),
}
_PUBLIC: Final[Sequence[tuple[float, str, Name]]] = (
    # Upper end of the draw, kind, ending of the name.
    (0.34, "school", ("小学", "Primary School")),
    (0.56, "school", ("中学", "Middle School")),
    (0.68, "kindergarten", ("幼儿园", "Kindergarten")),
    (0.84, "health_station", ("社区卫生服务站", "Community Health Station")),
    (0.92, "library", ("图书馆", "Library")),
    (1.00, "sports_ground", ("体育中心", "Sports Centre")),
)
_UNIVERSITY: Final[Name] = ("青岚大学", "Qinglan University")
_CITY_PARK: Final[Name] = ("青岚公园", "Qinglan Park")


@dataclass(frozen=True)
class Place:
    """A key place: kind, names, and its point in metres."""

    kind: str
    name: str
    name_en: str
    point_m: Point


@dataclass(frozen=True)
class ExclusionZone:
    """Ground where cameras are restricted: kind (``no_install``, ``no_view``, ``consent``), names, unit numbers."""

    kind: str
    name: str
    name_en: str
    units: Sequence[int]


def build_places(fabric: Fabric, buildings: Sequence[Building], seed: int) -> list[Place]:
    """Give the key places: landmarks, schools, parks, and the offices of the subdistricts and communities."""
    rng, names = generator(seed, "places"), fresh_names(generator(seed, "place names"))
    middles = _middles(fabric, buildings)
    result = []
    for compound in _compounds(fabric):
        point, draw = middles[compound.number], float(rng.random())
        if compound.facility in _LANDMARKS:
            result.append(Place(*_LANDMARKS[compound.facility], point))
        elif compound.kind == "public":
            kind, ending = next((kind, ending) for end, kind, ending in _PUBLIC if draw < end)
            result.append(_place(kind, next(names), ending, point))
        elif compound.kind == "residential" and draw < 0.12:
            result.append(_place("kindergarten", next(names), ("幼儿园", "Kindergarten"), point))
        elif compound.kind == "park" and compound.zone in ("estate", "core", "old_town") and draw < 0.35:
            result.append(_place("park", next(names), ("公园", "Park"), point))
        elif compound.kind == "commercial" and draw < 0.2:
            result.append(_place("shopping_centre", next(names), ("广场", "Plaza"), point))
    for kind, zone, name in (("university", "campus", _UNIVERSITY), ("park", "park", _CITY_PARK)):
        southern = min((c for c in _compounds(fabric) if c.zone == zone), key=lambda c: c.centre[1])
        result.append(Place(kind, *name, middles[southern.number]))
    return result + list(_offices(fabric, buildings))


def build_exclusion_zones(fabric: Fabric) -> list[ExclusionZone]:
    """Give the zones: wards and halls of residence, the oldest lanes, and the ground beside the station's tracks."""
    units: defaultdict[int, list[int]] = defaultdict(list)
    for unit in fabric.units:
        units[unit.compound.number].append(unit.number)
    compounds = _compounds(fabric)
    hospitals = [c for c in compounds if c.facility.startswith("hospital")]
    halls = [c for c in compounds if c.kind == "campus" and is_residence_ground(c.centre)]
    lanes = sorted((c for c in compounds if c.kind == "old_town"), key=lambda c: math.dist(c.centre, (-760, 360)))[:6]
    result = [
        ExclusionZone("no_view", f"病房区{k}", f"Hospital wards {k}", units[c.number])
        for k, c in enumerate(hospitals, 1)
    ]
    result += [
        ExclusionZone("no_view", f"学生公寓{k}", f"Halls of residence {k}", units[c.number])
        for k, c in enumerate(halls, 1)
    ]
    result += [
        ExclusionZone("consent", f"历史街巷{k}", f"Historic lanes {k}", units[c.number]) for k, c in enumerate(lanes, 1)
    ]
    for facility, name, name_en in (
        ("station", "车站作业区", "Station yard"),
        ("government", "行政中心院区", "Administrative compound"),
    ):
        own = next(c for c in compounds if c.facility == facility)
        result.append(ExclusionZone("no_install", name, name_en, units[own.number]))
    return result


def _compounds(fabric: Fabric) -> list[Compound]:
    return list({unit.compound.number: unit.compound for unit in fabric.units}.values())


def _middles(fabric: Fabric, buildings: Sequence[Building]) -> Mapping[int, Point]:
    """Give a point for each compound: the middle of its first building, or its centre."""
    result: dict[int, Point] = {}
    for building in buildings:
        result.setdefault(fabric.units[building.unit].compound.number, centre_of(building))
    for compound in _compounds(fabric):
        result.setdefault(compound.number, compound.centre)
    return result


def _place(kind: str, name: Name, ending: Name, point: Point) -> Place:
    return Place(kind, name[0] + ending[0], f"{name[1]} {ending[1]}", point)


def _offices(fabric: Fabric, buildings: Sequence[Building]) -> Iterator[Place]:
    """Give the community centres, and a service centre, a police and a fire station for each subdistrict."""
    members: defaultdict[str, list[Building]] = defaultdict(list)
    for building in buildings:
        if building.kind in ("residential", "commercial", "school"):
            members[fabric.units[building.unit].community].append(building)
    taken: set[Point] = set()

    def middle_of(community: str) -> Point:
        points = [centre_of(building) for building in members[community]]
        x, y = sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)
        point = min((p for p in points if p not in taken), key=lambda p: math.dist(p, (x, y)))
        taken.add(point)
        return point

    for key, (_, (name, name_en)) in COMMUNITIES.items():
        yield Place("community_centre", f"{name}党群服务中心", f"{name_en} Service Centre", middle_of(key))
    for code, (name, name_en) in SUBDISTRICTS.values():
        own = [key for key, (community, _) in COMMUNITIES.items() if community[:9] == code[:9]]
        # Each in another community: all have three or more.
        service, police, fire = (middle_of(key) for key in own[:3])
        yield Place("service_centre", f"{name}便民服务中心", f"{name_en} Public Service Centre", service)
        yield Place("police_station", f"{name}派出所", f"{name_en} Police Station", police)
        yield Place("fire_station", f"{name}消防救援站", f"{name_en} Fire Station", fire)

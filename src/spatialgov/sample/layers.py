"""The city as rows: a mapping of columns and a geometry each, coordinates in degrees (WGS 84)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import shapely

from spatialgov.sample.categories import CATEGORIES
from spatialgov.sample.city import City
from spatialgov.sample.incidents import PLANTED
from spatialgov.sample.names import COMMUNITIES, DISTRICT, DISTRICT_CODE, SUBDISTRICTS
from spatialgov.sample.plane import UNIT_DIGITS, Point, to_degrees
from spatialgov.sample.rhythm import timestamp

__all__ = ["Feature", "Row", "feature_layers", "planted_rows", "tables"]

Row = dict[str, Any]
Feature = tuple[Row, dict[str, Any]]
"""Properties and GeoJSON geometry."""

_POINT_DIGITS = 6
"""Decimals of a degree where nothing has to match: about 10 cm."""
_REPORT_DIGITS = 5
"""Decimals of a degree of an incident: about 1 m, as a phone reports it."""


def feature_layers(city: City) -> dict[str, list[Feature]]:
    """Give the layers that become GeoJSON, by name."""
    polygons = _unit_polygons(city)
    return {
        "jurisdictions": list(_jurisdictions(city, polygons)),
        "units": list(_units(city, polygons)),
        "grids_today": list(_grids(city, polygons)),
        "buildings": list(_buildings(city)),
        "roads": [
            (
                {"road_id": f"R{k:04d}", "name": r.name, "name_en": r.name_en, "road_class": r.road_class},
                _path(city, r.path),
            )
            for k, r in enumerate(city.roads, start=1)
        ],
        "barriers": [
            (
                {"barrier_id": f"X{k:02d}", "kind": b.kind, "name": b.name, "name_en": b.name_en, "effect": b.effect},
                _path(city, b.path),
            )
            for k, b in enumerate(city.barriers, start=1)
        ],
        "places": [
            ({"place_id": f"P{k:03d}", "kind": p.kind, "name": p.name, "name_en": p.name_en}, _point(p.point_m))
            for k, p in enumerate(city.places, start=1)
        ],
        "exclusion_zones": [
            ({"zone_id": f"Z{k:02d}", "kind": z.kind, "name": z.name, "name_en": z.name_en}, _union(polygons, z.units))
            for k, z in enumerate(city.zones, start=1)
        ],
    }


def tables(city: City) -> dict[str, list[Row]]:
    """Give the tables that become CSV, by name."""
    return {
        "grids_today_units": [{"unit_id": unit_id, "grid_code": code} for unit_id, code in sorted(_grid_of_unit(city))],
        "addresses": list(_addresses(city)),
        "incidents": list(_incidents(city)),
        "incident_categories": [{"code": c.code, "name": c.name, "name_en": c.name_en} for c in CATEGORIES],
        "cameras": list(_cameras(city)),
    }


def _unit_id(number: int) -> str:
    return f"U{number + 1:04d}"


def _unit_polygons(city: City) -> list[shapely.Polygon]:
    planar = city.fabric.map
    return [shapely.Polygon([to_degrees(x, y) for x, y in planar.ring_m(unit.face)]) for unit in city.fabric.units]


def _shape(polygon: shapely.Polygon) -> dict[str, Any]:
    """Give the GeoJSON of a polygon, always in the same order of vertices: outer ring counter-clockwise."""
    # RFC 7946, 3.1.6: the outer ring runs counter-clockwise.
    ordered = shapely.orient_polygons(shapely.normalize(polygon))
    rings = (ordered.exterior, *ordered.interiors)
    return {"type": "Polygon", "coordinates": [list(ring.coords) for ring in rings]}


def _union(polygons: Sequence[shapely.Polygon], numbers: Iterable[int]) -> dict[str, Any]:
    """Give the union of connected units: exactly their outer borders, no vertex added or lost."""
    union = shapely.coverage_union_all([polygons[k] for k in numbers])
    assert isinstance(union, shapely.Polygon), "units that share borders make one polygon"
    return _shape(union)


def _point(point: Point) -> dict[str, Any]:
    return {"type": "Point", "coordinates": to_degrees(*point, digits=_POINT_DIGITS)}


def _path(city: City, path: Sequence[int]) -> dict[str, Any]:
    points = city.fabric.map.points
    return {"type": "LineString", "coordinates": [to_degrees(points[v][0] / 100, points[v][1] / 100) for v in path]}


def _jurisdictions(city: City, polygons: Sequence[shapely.Polygon]) -> Iterator[Feature]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for unit in city.fabric.units:
        members[COMMUNITIES[unit.community][0]].append(unit.number)

    def feature(code: str, level: str, name: tuple[str, str], parent: str) -> Feature:
        digits = {"district": 6, "subdistrict": 9, "community": 12}[level]
        own = [k for community, numbers in members.items() if community[:digits] == code[:digits] for k in numbers]
        row = {"code": code, "level": level, "name": name[0], "name_en": name[1], "parent_code": parent}
        return row, _union(polygons, own)

    yield feature(DISTRICT_CODE, "district", DISTRICT, "")
    for code, name in SUBDISTRICTS.values():
        yield feature(code, "subdistrict", name, DISTRICT_CODE)
    for code, name in COMMUNITIES.values():
        yield feature(code, "community", name, code[:9] + "000")


def _units(city: City, polygons: Sequence[shapely.Polygon]) -> Iterator[Feature]:
    for unit in city.fabric.units:
        community = COMMUNITIES[unit.community][0]
        row = {
            "unit_id": _unit_id(unit.number),
            "kind": unit.kind,
            "households": city.households[unit.number],
            "population": city.population[unit.number],
            "area_m2": round(unit.area_m2, 1),
            "community_code": community,
            "subdistrict_code": community[:9] + "000",
            "district_code": DISTRICT_CODE,
        }
        yield row, _shape(polygons[unit.number])


def _grids(city: City, polygons: Sequence[shapely.Polygon]) -> Iterator[Feature]:
    for grid in city.grids:
        row = {
            "code": grid.code,
            "name": grid.name,
            "kind": grid.kind,
            "parent_code": grid.parent_code,
            "households": sum(city.households[k] for k in grid.units),
            "population": sum(city.population[k] for k in grid.units),
            "area_m2": round(sum(city.fabric.units[k].area_m2 for k in grid.units), 1),
            "n_units": len(grid.units),
        }
        yield row, _union(polygons, grid.units)


def _grid_of_unit(city: City) -> Iterator[tuple[str, str]]:
    return ((_unit_id(k), grid.code) for grid in city.grids for k in grid.units)


def _buildings(city: City) -> Iterator[Feature]:
    for k, building in enumerate(city.buildings, start=1):
        row = {
            "building_id": f"B{k:05d}",
            "kind": building.kind,
            "height_m": building.height_m,
            "storeys": building.storeys,
        }
        ring = [to_degrees(x, y, _POINT_DIGITS) for x, y in building.ring_m]
        yield row, {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _addresses(city: City) -> Iterator[Row]:
    for k, address in enumerate(city.addresses, start=1):
        lon, lat = to_degrees(*address.point_m, digits=_POINT_DIGITS)
        yield {
            "address_id": f"A{k:05d}",
            "street": address.street,
            "number": address.number,
            "building": address.building,
            "lon": f"{lon:.{_POINT_DIGITS}f}",
            "lat": f"{lat:.{_POINT_DIGITS}f}",
        }


def _incidents(city: City) -> Iterator[Row]:
    for k, incident in enumerate(city.incidents, start=1):
        lon, lat = to_degrees(*incident.point_m, digits=_REPORT_DIGITS)
        yield {
            "source_id": f"E{k:05d}",
            "category": incident.category,
            "occurred_at": timestamp(incident.minute),
            "lon": f"{lon:.{_REPORT_DIGITS}f}",
            "lat": f"{lat:.{_REPORT_DIGITS}f}",
            "status": incident.status,
            "closed_at": "" if incident.closed_minute is None else timestamp(incident.closed_minute),
            "closed_level": incident.closed_level,
            "channel": incident.channel,
        }


def _cameras(city: City) -> Iterator[Row]:
    for k, camera in enumerate(city.cameras, start=1):
        lon, lat = to_degrees(*camera.point_m)
        yield {
            "camera_id": f"C{k:03d}",
            "post_id": "" if camera.post is None else f"M{camera.post:03d}",
            "gb_code": f"{DISTRICT_CODE[:6]}00001320{k:06d}" if camera.is_registered else "",
            "kind": camera.kind,
            "lon": f"{lon:.{UNIT_DIGITS}f}",
            "lat": f"{lat:.{UNIT_DIGITS}f}",
            "height_m": camera.height_m,
            "azimuth_deg": _or_nothing(camera.azimuth_deg),
            "azimuth_error_deg": _or_nothing(camera.azimuth_error_deg),
            "fov_deg": _or_nothing(camera.fov_deg),
            "tilt_deg": _or_nothing(camera.tilt_deg),
            "range_m": _or_nothing(camera.range_m),
            "width_px": _or_nothing(camera.width_px),
            "status": camera.status,
            "owner": camera.owner,
        }


def _or_nothing(value: float | None) -> float | str:
    return "" if value is None else value


def planted_rows() -> Iterator[Row]:
    """Give the planted hot spots for the manifest."""
    for spot in PLANTED:
        lon, lat = to_degrees(*spot.centre_m, digits=_POINT_DIGITS)
        yield {
            "course": spot.course,
            "category": spot.category,
            "lon": lon,
            "lat": lat,
            "radius_m": spot.radius_m,
            "from": spot.first.isoformat(),
            "to": spot.last.isoformat(),
            "incidents": spot.count,
        }

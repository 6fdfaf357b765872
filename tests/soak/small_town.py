"""A town of sixteen blocks that has everything the service can be asked for, so small that every answer is quick."""

from pathlib import Path

from spatialgov.workspace import Workspace

__all__ = ["small_town"]

_SIDE = 4
_WEST, _SOUTH, _STEP = 116.600, 33.900, 0.001


def small_town(folder: Path) -> Workspace:
    """Make the town in an empty folder: one plan, in force."""
    workspace = Workspace.open(folder)
    blocks = [f"U{i},block,{100 + i},{300 + i},990101001001,{_square(i, 1.0)}" for i in range(_SIDE**2)]
    load = workspace.imports
    load.units(
        _table(folder / "units.csv", "unit_id,kind,households,population,community_code,wkt", blocks),
        datum="wgs84",
        keep=["community_code"],
    )
    ground = f'"POLYGON(({_ring(_WEST, _SOUTH, _SIDE * _STEP)}))"'
    above = [("990101001001", "community", "990101001000"), ("990101001000", "subdistrict", "990101000000")]
    rows = [f"{code},{level},{code},{code},{parent},{ground}" for code, level, parent in above]
    rows.append(f"990101000000,district,青岚区,Qinglan,,{ground}")
    names = "code,level,name,name_en,parent_code,wkt"
    load.jurisdictions(_table(folder / "jurisdictions.csv", names, rows), datum="wgs84")
    load.categories(_table(folder / "categories.csv", "code,name,name_en", ["0101,道路破损,Damaged road"]))
    seen = [f"E{i},0101,2026-05-{1 + i % 28:02d}T08:00:00+08:00,{_place(i)},open" for i in range(60)]
    names = "source_id,category,occurred_at,lon,lat,status"
    load.incidents(_table(folder / "incidents.csv", names, seen), datum="wgs84")
    cameras = [f"C{i},dome,{_place(i * 7)},in_service" for i in range(4)]
    load.cameras(_table(folder / "cameras.csv", "camera_id,kind,lon,lat,status", cameras), datum="wgs84")
    houses = [f"B{i},house,6,2,{_square(i, 0.3)}" for i in range(_SIDE**2)]
    names = "building_id,kind,height_m,storeys,wkt"
    load.layer("buildings", _table(folder / "buildings.csv", names, houses), datum="wgs84")
    lines = [
        f'R{i}{way},,,{"primary" if i == 2 else "residential"},"LINESTRING({_line(i, way)})"'
        for i in range(_SIDE + 1)
        for way in ("E", "N")
    ]
    names = "road_id,name,name_en,road_class,wkt"
    load.layer("roads", _table(folder / "roads.csv", names, lines), datum="wgs84")
    kinds = ("service_centre", "police_station", "school")
    there = [f"P{i},{kind},,,{_place(5 * i)}" for i, kind in enumerate(kinds)]
    names = "place_id,kind,name,name_en,lon,lat"
    load.layer("places", _table(folder / "places.csv", names, there), datum="wgs84")
    doors = [f"A{i},人民路,{1 + i}号,{_place(i)}" for i in range(20)]
    names = "address_id,street,number,lon,lat"
    load.layer("addresses", _table(folder / "addresses.csv", names, doors), datum="wgs84")
    plan = workspace.plans.make(within="community_code", households_per_grid=430, effort="quick")
    workspace.plans.publish(plan.id)
    workspace.locations.assign_incidents()
    return workspace


def _table(path: Path, names: str, rows: list[str]) -> Path:
    path.write_text("\n".join([names, *rows]), encoding="utf-8")
    return path


def _square(i: int, share: float) -> str:
    return f'"POLYGON(({_ring(_WEST + i // _SIDE * _STEP, _SOUTH + i % _SIDE * _STEP, share * _STEP)}))"'


def _ring(west: float, south: float, side: float) -> str:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    return ",".join(f"{west + dx * side:.4f} {south + dy * side:.4f}" for dx, dy in corners)


def _line(i: int, way: str) -> str:
    """Give a street straight through the town, eastwards or northwards."""
    far = _SIDE * _STEP
    ends = ((0.0, i * _STEP), (far, i * _STEP)) if way == "E" else ((i * _STEP, 0.0), (i * _STEP, far))
    return ",".join(f"{_WEST + x:.4f} {_SOUTH + y:.4f}" for x, y in ends)


def _place(i: int) -> str:
    """Give a longitude and a latitude in the town; many lie close together."""
    spread = (i * i % 37) / 37 * _SIDE * _STEP
    return f"{_WEST + spread:.6f},{_SOUTH + (i % 5) / 5 * _STEP:.6f}"

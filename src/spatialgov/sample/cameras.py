"""Cameras: on poles at junctions and along roads, and on facades; a few broken, badly recorded or badly placed.

Records are as uneven as in life: of some the lens, the tilt, the range or the picture is not known, some directions
were written down as compass points, and only the police's and the traffic's have a code of GB/T 28181.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from spatialgov.sample.buildings import Building
from spatialgov.sample.chance import generator, pick
from spatialgov.sample.fabric import Fabric
from spatialgov.sample.plane import Point, to_azimuth_deg

__all__ = ["Camera", "build_cameras"]

_AT_JUNCTIONS: Final = 230
_POLES_AT_JUNCTIONS: Final = 160
_ALONG_ROADS: Final = 190
_ON_FACADES: Final = 380
_INSIDE_FOOTPRINTS: Final = 14
_WITHOUT_AZIMUTH: Final = 0.045
_BROKEN: Final = 0.03
_WITHOUT_FOV: Final = 0.03
_WITHOUT_RANGE: Final = 0.12
_WITHOUT_TILT: Final = 0.4
_WITHOUT_WIDTH: Final = 0.15
_COMPASS_ONLY: Final = 0.05

_WIDTHS_PX: Final = (1920, 1920, 2560, 3840)
_COMPASS_STEP_DEG: Final = 45.0
_REGISTERED: Final = ("public_security", "traffic")

_MAIN: Final = ("trunk", "primary", "secondary")
_FACADES: Final[Mapping[str, float]] = {
    "residential": 1.0, "commercial": 3.0, "market": 8.0, "school": 4.0, "hospital": 8.0, "government": 8.0,
    "station": 30.0, "teaching": 2.5, "dormitory": 2.0, "industrial": 0.9, "house": 0.07,
}  # fmt: skip
_OWNER: Final[Mapping[str, str]] = {
    "residential": "community", "house": "community", "commercial": "enterprise", "market": "enterprise",
    "industrial": "enterprise", "school": "school", "hospital": "hospital", "teaching": "school", "dormitory": "school",
    "government": "government", "station": "transport",
}  # fmt: skip


@dataclass(frozen=True)
class Camera:
    """A camera: what it is, where it hangs and what it sees; None: unknown, and no direction of one all round."""

    kind: str
    height_m: float
    azimuth_deg: float | None
    fov_deg: int | None
    range_m: int | None
    status: str
    owner: str
    point_m: Point
    post: int | None = None
    azimuth_error_deg: float | None = None
    tilt_deg: float | None = None
    width_px: int | None = None

    @property
    def is_registered(self) -> bool:
        """Whether it is on a platform, and so has a code."""
        return self.owner in _REGISTERED


def build_cameras(fabric: Fabric, buildings: Sequence[Building], seed: int) -> list[Camera]:
    """Give the cameras: junctions first, then roads, then facades."""
    rng = generator(seed, "cameras")
    cameras = _at_junctions(fabric, rng) + _along_roads(fabric, rng) + _on_facades(buildings, rng)
    records = generator(seed, "camera records")
    return [_recorded(camera, records) for camera in cameras]


def _recorded(camera: Camera, rng: np.random.Generator) -> Camera:
    """Give the device as somebody has recorded it: with its picture and tilt, and with what was left out."""
    fov, reach, tilt, width, compass, slope, size = rng.random(7).tolist()
    all_round = camera.fov_deg == 360
    tilt_deg = None if all_round or tilt < _WITHOUT_TILT else round(8 + 14 * slope)
    width_px = None if width < _WITHOUT_WIDTH else _WIDTHS_PX[int(size * len(_WIDTHS_PX))]
    camera = replace(camera, tilt_deg=tilt_deg, width_px=width_px)
    if camera.kind == "fixed" and fov < _WITHOUT_FOV:
        camera = replace(camera, fov_deg=None)
    if reach < _WITHOUT_RANGE:
        camera = replace(camera, range_m=None)
    if camera.azimuth_deg is not None and compass < _COMPASS_ONLY:
        point = round(camera.azimuth_deg / _COMPASS_STEP_DEG) % 8 * _COMPASS_STEP_DEG
        camera = replace(camera, azimuth_deg=point, azimuth_error_deg=_COMPASS_STEP_DEG / 2)
    return camera


def _device(kind: str, owner: str, point: Point, look: Point, height_m: float, rng: np.random.Generator) -> Camera:
    """Give a device that looks along a vector of the plane, with the figures of its kind."""
    turn, size, spoilt, broken = rng.random(4).tolist()
    angle = math.radians(50 * turn - 25)
    dx, dy = look
    azimuth: float | None = to_azimuth_deg(
        dx * math.cos(angle) - dy * math.sin(angle), dx * math.sin(angle) + dy * math.cos(angle)
    )
    fov_deg, low_m, high_m = {
        "fixed": (60 + 5 * int(size * 11), 30, 120),
        "dome": (360, 20, 50),
        "ptz": (65, 80, 200),
        "panoramic": (180 if size < 0.5 else 360, 30, 80),
    }[kind]
    if fov_deg == 360 or spoilt < _WITHOUT_AZIMUTH:
        azimuth = None
    range_m = low_m + 5 * int((high_m - low_m) / 5 * float(rng.random()) ** 1.3)
    status = "broken" if broken < _BROKEN else "planned" if broken < _BROKEN + 0.015 else "in_service"
    return Camera(kind, round(height_m, 1), azimuth, fov_deg, range_m, status, owner, point)


def _kind(rng: np.random.Generator, fixed: float, dome: float, ptz: float) -> str:
    draw = float(rng.random())
    return (
        "fixed"
        if draw < fixed
        else "dome"
        if draw < fixed + dome
        else "ptz"
        if draw < fixed + dome + ptz
        else "panoramic"
    )


def _main_edges(fabric: Fabric) -> list[tuple[int, int]]:
    planar = fabric.map
    return [edge for edge in sorted(planar.line_of) if planar.line_class(*edge) in _MAIN]


def _at_junctions(fabric: Fabric, rng: np.random.Generator) -> list[Camera]:
    """Give devices on poles at the junctions of main roads, some poles with two."""
    meeting: Counter[int] = Counter()
    for a, b in _main_edges(fabric):
        meeting.update((a, b))
    junctions = sorted(v for v, count in meeting.items() if count >= 3)
    result: list[Camera] = []
    pole: dict[int, int] = {}
    for k in rng.permutation(len(junctions))[:_POLES_AT_JUNCTIONS].tolist() * 2:
        if len(result) == _AT_JUNCTIONS:
            break
        x, y = fabric.map.points[junctions[k]]
        look = _unit_vector(rng)
        point = (x / 100 - 14 * look[0], y / 100 - 14 * look[1])
        owner = "traffic" if float(rng.random()) < 0.55 else "public_security"
        device = _device(_kind(rng, 0.55, 0.1, 0.25), owner, point, look, float(rng.uniform(6, 8.5)), rng)
        if k in pole:  # the second one hangs on the first one's pole
            first = result[pole[k]] = replace(result[pole[k]], post=k)
            device = replace(device, point_m=first.point_m, post=k)
        pole[k] = len(result)
        result.append(device)
    return result


def _along_roads(fabric: Fabric, rng: np.random.Generator) -> list[Camera]:
    """Give devices on poles beside main roads, looking along them."""
    edges = [e for e in _main_edges(fabric) if _length_m(fabric, *e) > 30]
    result = []
    for k in rng.integers(0, len(edges), _ALONG_ROADS).tolist():
        a, b = edges[k]
        (px, py), (qx, qy) = fabric.map.points[a], fabric.map.points[b]
        size = _length_m(fabric, a, b) * 100
        dx, dy = (qx - px) / size, (qy - py) / size
        share, side, way = rng.random(3).tolist()
        aside = 10.0 if side < 0.5 else -10.0
        at = 0.25 + 0.5 * share
        point = ((px + (qx - px) * at) / 100 - dy * aside, (py + (qy - py) * at) / 100 + dx * aside)
        look = (dx, dy) if way < 0.5 else (-dx, -dy)
        owner = ("public_security", "city_management", "traffic", "subdistrict")[int(rng.integers(0, 4))]
        result.append(_device(_kind(rng, 0.82, 0.05, 0.1), owner, point, look, float(rng.uniform(4.5, 7)), rng))
    return result


def _on_facades(buildings: Sequence[Building], rng: np.random.Generator) -> list[Camera]:
    """Give devices on walls, a hand's breadth in front of them; a few are recorded inside the footprint."""
    chosen = pick([_FACADES.get(building.kind, 0.0) for building in buildings], _ON_FACADES, rng)
    result = []
    for k, number in enumerate(chosen):
        building = buildings[number]
        ring = building.ring_m
        wall = int(rng.integers(0, len(ring)))
        (px, py), (qx, qy) = ring[wall], ring[(wall + 1) % len(ring)]
        size = math.hypot(qx - px, qy - py)
        # The ring runs counter-clockwise: outside lies on the right.
        look = ((qy - py) / size, -(qx - px) / size)
        out_m = -1.8 if k < _INSIDE_FOOTPRINTS else 0.3
        at = float(rng.uniform(0.15, 0.85))
        point = (px + (qx - px) * at + look[0] * out_m, py + (qy - py) * at + look[1] * out_m)
        height_m = min(float(rng.uniform(3, 5.5)), building.height_m)
        result.append(_device(_kind(rng, 0.76, 0.14, 0.04), _OWNER[building.kind], point, look, height_m, rng))
    return result


def _length_m(fabric: Fabric, a: int, b: int) -> float:
    (px, py), (qx, qy) = fabric.map.points[a], fabric.map.points[b]
    return math.hypot(qx - px, qy - py) / 100


def _unit_vector(rng: np.random.Generator) -> Point:
    angle = 2 * math.pi * float(rng.random())
    return math.cos(angle), math.sin(angle)

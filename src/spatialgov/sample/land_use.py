"""What stands where in the sample city: zones by place, land use by zone, and the grain of each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from spatialgov.sample.plane import Point

__all__ = [
    "BLOCK_GRAIN",
    "COMPOUND_GRAIN",
    "LANDMARKS",
    "UNIT_GRAIN",
    "Grain",
    "is_residence_ground",
    "land_use_of",
    "village_of",
    "zone_of",
]


@dataclass(frozen=True)
class Grain:
    """How ground is cut up.

    Attributes
    ----------
    limit_m2
        A piece larger than about this is cut in two.
    road_class
        Class of the road along a cut, or None for a border without a road.
    spread
        How far from the middle a cut may lie, as a share of the length.
    skew
        Greatest tangent of the angle between a cut and the square across the piece.
    bend
        Greatest sideways bend of a cut, as a share of its length.
    snap_m
        A cut that ends this near to a corner goes to the corner.
    aspect
        Pieces are cut lengthwise until they are this many times longer than wide.
    """

    limit_m2: float
    road_class: str | None
    spread: float = 0.12
    skew: float = 0.04
    bend: float = 0.0
    snap_m: float = 12.0
    aspect: float = 1.0


BLOCK_GRAIN: Final = Grain(130_000, "secondary", spread=0.10, skew=0.07, bend=0.015, snap_m=42.0)

COMPOUND_GRAIN: Final[Mapping[str, Grain]] = {
    "estate": Grain(33_000, "residential", skew=0.05),
    "core": Grain(22_000, "residential", skew=0.04),
    "old_town": Grain(9_500, "residential", spread=0.18, skew=0.28, bend=0.07, snap_m=6.0),
    "campus": Grain(42_000, "residential", skew=0.10, bend=0.03),
    "industrial": Grain(62_000, "residential", skew=0.03),
    "rural": Grain(27_000, "track", spread=0.18, skew=0.12, bend=0.02, snap_m=10.0),
    "park": Grain(45_000, "alley", spread=0.15, skew=0.30, bend=0.10),
}

UNIT_GRAIN: Final[Mapping[str, Grain]] = {
    "residential": Grain(8_800, None, spread=0.06, skew=0.02, snap_m=6.0),
    "old_town": Grain(2_300, "alley", spread=0.20, skew=0.22, bend=0.05, snap_m=4.0),
    "village": Grain(5_000, "alley", spread=0.16, skew=0.14, bend=0.03, snap_m=5.0),
    "commercial": Grain(6_500, None, spread=0.10, snap_m=6.0),
    "market": Grain(6_000, None, spread=0.10, snap_m=6.0),
    "campus": Grain(12_000, "alley", spread=0.12, skew=0.08, snap_m=8.0),
    "industrial": Grain(24_000, None, spread=0.12, snap_m=8.0),
    "park": Grain(14_000, None, spread=0.12, skew=0.2, bend=0.05, snap_m=8.0),
    "farmland": Grain(16_500, None, spread=0.10, skew=0.03, snap_m=8.0, aspect=2.6),
    "public": Grain(11_000, None, spread=0.08, snap_m=8.0),
}

LANDMARKS: Final[Sequence[tuple[str, str, Point]]] = (
    # What it is (its name in `places`), kind of its units, about where.
    ("station", "public", (900, -1030)),
    ("government", "public", (930, 560)),
    ("hospital first", "public", (300, -60)),
    ("hospital west", "public", (-1450, -80)),
    ("hospital town", "public", (200, -1300)),
    ("market nanmen", "market", (-870, -200)),
    ("market zhandong", "market", (760, -330)),
    ("market dongyuan", "market", (1500, -450)),
    ("market nantang", "market", (60, -1500)),
    ("market yunxi", "market", (700, 1350)),
    ("market xiyuan", "market", (-1260, -700)),
    ("market wholesale", "market", (1180, -1120)),
    ("buses", "public", (1150, -900)),
)

_VILLAGES: Final[Sequence[tuple[float, float, float]]] = (
    # East, north, radius, metres.
    (-2300, 1010, 190), (-2260, 60, 200), (-2210, 1680, 210), (-2280, -1380, 220), (-1480, -1370, 250),
    (-1520, -2060, 220), (-740, -2010, 210), (-2330, -660, 200), (330, -2040, 200), (960, -1990, 210),
    (1640, -1900, 200), (2420, -1240, 190), (2370, 330, 190), (2420, 1130, 180), (2200, 1740, 190),
    (-1450, 2080, 200), (900, 2070, 190), (2440, -640, 170),
)  # fmt: skip

_MIXES: Final[Mapping[str, Mapping[str, float]]] = {
    "estate": {"residential": 0.62, "public": 0.09, "commercial": 0.14, "park": 0.15},
    "core": {"commercial": 0.58, "residential": 0.28, "public": 0.07, "park": 0.07},
    "old_town": {"old_town": 0.85, "commercial": 0.07, "public": 0.03, "park": 0.02, "residential": 0.03},
    "campus": {"campus": 0.95, "park": 0.05},
    "industrial": {"industrial": 0.90, "commercial": 0.03, "public": 0.02, "farmland": 0.05},
    "park": {"park": 1.0},
    "rural": {"farmland": 0.94, "industrial": 0.03, "park": 0.03},
}

_RURAL_CELLS: Final = frozenset(
    {
        "Nw0",
        "Aw0",
        "Bw0",
        "Be3",
        "Sw0",
        "Sw1",
        "Tw0",
        "Tw1",
        "Tw2",
        "Te0",
        "Te1",
        "Te2",
        "Te3",
        "Ne3",
        "Ae3",
        "Ce3",
        "Se3",
    }
)


def zone_of(cell: str, point: Point) -> str:
    """Give the zone of a block from its cell of the skeleton and a point in it (metres)."""
    x, y = point
    rules = (
        ("campus", cell == "Aw1"),
        ("old_town", cell in ("Aw2", "Bw2") or (cell == "Bw1" and x > -1330)),
        ("estate", (cell == "Se2" and y < -1380) or (cell == "Se1" and x < 820)),
        ("industrial", cell in ("Se1", "Se2") or (cell == "Be3" and y < 60)),
        ("industrial", (cell in ("Cw0", "Cw1") and y < -620) or (cell == "Ce2" and y < -590)),
        ("rural", cell in _RURAL_CELLS or (cell[0] == "N" and y > 1860)),
        ("park", _within(point, (1640, 1010, 330))),
        ("core", _within(point, (520, 620, 400)) or _within(point, (900, -900, 210))),
    )
    return next((zone for zone, holds in rules if holds), "estate")


def land_use_of(zone: str, point: Point, area_m2: float, rng: np.random.Generator) -> str:
    """Draw the land use of a compound: the kind that its units get."""
    draw = float(rng.random())
    if zone == "rural" and any(_within(point, village) for village in _VILLAGES):
        return "village"
    for kind, share in _MIXES[zone].items():
        draw -= share
        if draw < 0:
            # A sliver between two roads is planted, whatever the plan says.
            return "park" if area_m2 < 2_500 and kind in ("residential", "commercial", "public") else kind
    return next(iter(_MIXES[zone]))


def is_residence_ground(point: Point) -> bool:
    """Whether the halls of residence of the campus stand here: its north-western part."""
    return point[0] < -1450 and point[1] > 1080


def village_of(point: Point) -> int:
    """Give the number of the village whose centre is nearest to a point."""
    return min(range(len(_VILLAGES)), key=lambda k: math.dist(_VILLAGES[k][:2], point))


def _within(point: Point, circle: tuple[float, float, float]) -> bool:
    return math.hypot(point[0] - circle[0], point[1] - circle[1]) <= circle[2]

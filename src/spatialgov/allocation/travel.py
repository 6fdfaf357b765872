"""Travel along the roads: places snapped to the network, and how long it takes from each to each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatialgov.allocation._kernels import reach_nodes
from spatialgov.allocation.network import RoadNetwork
from spatialgov.errors import CoordinateError, InputError
from spatialgov.language import t
from spatialgov.projection import project
from spatialgov.time_limit import check_time

__all__ = ["DRIVING", "WALKING", "Snapped", "SpeedProfile", "snap", "travel_times"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_KMH = 1 / 3.6
"""Metres a second."""


@dataclass(frozen=True, slots=True)
class SpeedProfile:
    """Speeds by class of road, each an assumption until it is measured.

    Attributes
    ----------
    name, version
        Cited wherever a travel time is shown; other speeds need another version.
    kmh
        Class of road → km/h, stops and crossings included.
    off_road_kmh
        Between a place and the road nearest to it, as the crow flies.
    """

    name: str
    version: str
    kmh: Mapping[str, float]
    off_road_kmh: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "kmh", MappingProxyType(dict(self.kmh)))
        for name, value in (*self.kmh.items(), ("off_road_kmh", self.off_road_kmh)):
            if not (np.isfinite(value) and value > 0):
                raise InputError(
                    t("The speed of {name} is {value} km/h.", "{name} 的速度为 {value} km/h。", name=name, value=value),
                    remedy=t("Give a speed above zero.", "请给出大于零的速度。"),
                )

    def as_dict(self) -> dict[str, Any]:
        """Give the profile as a plain mapping, for JSON: what a reader needs to check the figure."""
        return {"name": self.name, "version": self.version, "kmh": dict(self.kmh), "off_road_kmh": self.off_road_kmh}

    def seconds_per_m(self, network: RoadNetwork) -> Floats:
        """Give the pace on each segment, float64 (m,).

        Raises
        ------
        InputError
            When a class of road has no speed, with a row of it.
        """
        classes, inverse = np.unique(network.road_class.astype(str), return_inverse=True)
        for i, name in enumerate(classes.tolist()):
            if name not in self.kmh:
                segment = int(np.flatnonzero(inverse == i)[0])
                raise InputError(
                    t(
                        "Row {row} of the roads, column road_class: {name} has no speed in the profile “{profile}”.",
                        "道路数据第 {row} 行，road_class 列：速度表“{profile}”中没有 {name} 的速度。",
                        row=int(network.road[segment]) + 1,
                        name=repr(name),
                        profile=self.name,
                    ),
                    remedy=t("Correct the class or add its speed.", "请更正等级，或为其补充速度。"),
                )
        pace = np.array([1.0 / (self.kmh[name] * _KMH) for name in classes.tolist()])
        return pace[inverse]


DRIVING = SpeedProfile(
    "driving",
    "1",
    {"trunk": 60.0, "primary": 45.0, "secondary": 35.0, "residential": 25.0, "alley": 12.0, "track": 15.0},
    5.0,
)
"""Assumed, not measured: a car in town, parking and the last steps on foot."""
WALKING = SpeedProfile(
    "walking",
    "1",
    {"trunk": 5.0, "primary": 5.0, "secondary": 5.0, "residential": 5.0, "alley": 5.0, "track": 5.0},
    5.0,
)
"""Assumed, not measured."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Places on the network.

    Attributes
    ----------
    segment
        int64, shape (n,): the nearest segment.
    along_m
        float64, shape (n,): from its tail.
    off_m
        float64, shape (n,): from the place to the segment, straight.
    """

    segment: Ints
    along_m: Floats
    off_m: Floats


def snap(network: RoadNetwork, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Snapped:
    """Give the point of the network nearest to each location (degrees, WGS 84).

    Raises
    ------
    CoordinateError
        When a location is no place, with its row.
    """
    x_m, y_m = project(np.atleast_1d(lon), np.atleast_1d(lat), network.crs)
    wrong = ~(np.isfinite(x_m) & np.isfinite(y_m))
    if wrong.any():
        raise CoordinateError(
            t("Row {row} is no place.", "第 {row} 行不是有效位置。", row=int(np.flatnonzero(wrong)[0]) + 1),
            remedy=t("Give longitude and latitude in degrees.", "请给出以度为单位的经纬度。"),
        )
    points = shapely.points(x_m, y_m)
    segment: Ints = np.asarray(shapely.STRtree(network.lines).nearest(points), dtype=np.int64)
    lines = network.lines[segment]
    return Snapped(segment, shapely.line_locate_point(lines, points), shapely.distance(lines, points))


def travel_times(
    network: RoadNetwork, origins: Snapped, destinations: Snapped, speeds: SpeedProfile = DRIVING
) -> Floats:
    """Give the shortest times along the roads, seconds, from every origin to every destination.

    Parameters
    ----------
    network
        Roads, each to be travelled both ways.
    origins, destinations
        From `snap`; the way between a place and its road is part of the time.
    speeds
        By class of road.

    Returns
    -------
    ndarray
        float64, shape (origins, destinations); infinite where no road leads.

    Raises
    ------
    InputError
        When a class of road has no speed.
    """
    if len(origins.segment) > len(destinations.segment):  # the ways lead from the fewer places
        return np.ascontiguousarray(travel_times(network, destinations, origins, speeds).T)
    check_time()
    pace = speeds.seconds_per_m(network)
    n = network.n_nodes
    ends = np.concatenate([network.tail, network.head]), np.concatenate([network.head, network.tail])
    order = np.lexsort((ends[1], ends[0]))
    indptr = np.searchsorted(ends[0][order], np.arange(n + 1))
    seconds = np.tile(network.length_m * pace, 2)[order]
    to_tail, to_head = _to_ends(network, origins, pace)
    result = np.empty((len(origins.segment), len(destinations.segment)))
    reach_nodes(
        indptr, ends[1][order], seconds, network.tail[origins.segment], network.head[origins.segment], to_tail, to_head,
        network.tail[destinations.segment], network.head[destinations.segment], *_to_ends(network, destinations, pace),
        result,
    )  # fmt: skip
    own, other = np.nonzero(origins.segment[:, None] == destinations.segment)
    straight = np.abs(origins.along_m[own] - destinations.along_m[other]) * pace[origins.segment[own]]
    result[own, other] = np.minimum(result[own, other], straight)
    off = speeds.off_road_kmh * _KMH
    return result + (origins.off_m[:, None] + destinations.off_m) / off


def _to_ends(network: RoadNetwork, places: Snapped, pace: Floats) -> tuple[Floats, Floats]:
    """Give the seconds along their segments from places to its tail and its head."""
    own = pace[places.segment]
    rest = network.length_m[places.segment] - places.along_m
    return places.along_m * own, np.maximum(rest, 0.0) * own

"""The whole made-up city in memory, built from one seed."""

from collections.abc import Sequence
from dataclasses import dataclass

from spatialgov.sample.addresses import Address, build_addresses
from spatialgov.sample.buildings import Building, build_buildings
from spatialgov.sample.cameras import Camera, build_cameras
from spatialgov.sample.fabric import Fabric, build_fabric
from spatialgov.sample.grids_today import TodaysGrid, build_grids_today
from spatialgov.sample.incidents import Incident, build_incidents
from spatialgov.sample.people import count_people
from spatialgov.sample.places import ExclusionZone, Place, build_exclusion_zones, build_places
from spatialgov.sample.roads import Barrier, Road, build_barriers, build_roads
from spatialgov.sample.skeleton import build_skeleton

__all__ = ["City", "build_city"]


@dataclass(frozen=True)
class City:
    """Everything that is written: all in metres of the drawing plane, or vertex and unit numbers."""

    seed: int
    fabric: Fabric
    households: Sequence[int]
    population: Sequence[int]
    buildings: Sequence[Building]
    roads: Sequence[Road]
    barriers: Sequence[Barrier]
    places: Sequence[Place]
    zones: Sequence[ExclusionZone]
    addresses: Sequence[Address]
    grids: Sequence[TodaysGrid]
    incidents: Sequence[Incident]
    cameras: Sequence[Camera]


def build_city(seed: int) -> City:
    """Build the city of a seed."""
    fabric = build_fabric(build_skeleton(seed), seed)
    buildings = build_buildings(fabric, seed)
    households, population = count_people(fabric, buildings, seed)
    roads = build_roads(fabric, seed)
    return City(
        seed=seed,
        fabric=fabric,
        households=households,
        population=population,
        buildings=buildings,
        roads=roads,
        barriers=build_barriers(fabric),
        places=build_places(fabric, buildings, seed),
        zones=build_exclusion_zones(fabric),
        addresses=build_addresses(fabric, roads, buildings),
        grids=build_grids_today(fabric, households, seed),
        incidents=build_incidents(fabric, households, seed),
        cameras=build_cameras(fabric, buildings, seed),
    )

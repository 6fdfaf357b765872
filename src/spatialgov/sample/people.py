"""Households and people of the units: counts only."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from spatialgov.sample.buildings import Building
from spatialgov.sample.chance import generator
from spatialgov.sample.fabric import Fabric

__all__ = ["count_people"]

_HOUSEHOLDS: Final = 48_000
_COMMUNITY_HOUSEHOLDS: Final = (2_750, 5_700)
_MOST_IN_UNIT: Final = 235

_DWELLING_M2: Final[Mapping[str, float]] = {"residential": 118.0, "old_town": 72.0, "village": 170.0}
_PEOPLE_PER_HOUSEHOLD: Final[Mapping[str, float]] = {"residential": 2.46, "old_town": 2.22, "village": 2.86}
_DORMITORY_M2: Final = 15.0
"""Floor area for each person in a hall of residence."""


def count_people(fabric: Fabric, buildings: Sequence[Building], seed: int) -> tuple[list[int], list[int]]:
    """Give households and population of each unit.

    Dwellings follow from the floor area of the buildings; they are scaled so that the district has about 48,000
    households and no community is too small or too large to be one.
    """
    rng = generator(seed, "people")
    dwellings, dormitory_m2 = [0.0] * len(fabric.units), [0.0] * len(fabric.units)
    for building in buildings:
        if building.kind in ("residential", "house"):
            dwellings[building.unit] += building.floor_m2 / _DWELLING_M2[fabric.units[building.unit].kind]
        elif building.kind == "dormitory":
            dormitory_m2[building.unit] += building.floor_m2
    lived_in = [count * (0.8 + 0.3 * float(rng.random())) for count in dwellings]
    scale = _scales(fabric, lived_in)
    households, population = [], []
    for unit in fabric.units:
        count = min(math.floor(lived_in[unit.number] * scale[unit.community] + 0.5), _MOST_IN_UNIT)
        size = _PEOPLE_PER_HOUSEHOLD.get(unit.kind, 2.4) * (0.88 + 0.24 * float(rng.random()))
        households.append(count)
        population.append(math.floor(count * size + dormitory_m2[unit.number] / _DORMITORY_M2 + 0.5))
    return households, population


def _scales(fabric: Fabric, lived_in: Sequence[float]) -> Mapping[str, float]:
    """Give the factor for each community."""
    sums: defaultdict[str, float] = defaultdict(float)
    for unit in fabric.units:
        sums[unit.community] += lived_in[unit.number]
    low, high = _COMMUNITY_HOUSEHOLDS
    general = 1.0
    for _ in range(40):
        targets = {name: min(max(total * general, low), high) for name, total in sums.items()}
        general *= _HOUSEHOLDS / sum(targets.values())
    return {name: targets[name] / total for name, total in sums.items()}

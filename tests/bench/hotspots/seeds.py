"""The sample city of many seeds: are the planted spots found, and nothing else?"""

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import shapely

from spatialgov.incidents import Raster, emerging
from spatialgov.sample.buildings import build_buildings
from spatialgov.sample.fabric import build_fabric
from spatialgov.sample.incidents import PLANTED, build_incidents
from spatialgov.sample.people import count_people
from spatialgov.sample.rhythm import FIRST_DAY, days
from spatialgov.sample.skeleton import build_skeleton

__all__ = ["found_in_seeds"]

_CELL_M = 100.0
_FAR_M = 500.0


def found_in_seeds(n: int) -> dict[str, float]:
    """Give the shares of seeds in which both moving spots were found, and in which nothing else was."""
    found, elsewhere = zip(*(_judged(seed) for seed in range(n)), strict=True)
    return {
        "seeds": n,
        "found": float(np.mean(found)),
        "clean": float(np.mean(np.array(elsewhere) == 0)),
        "cells_elsewhere": float(np.mean(elsewhere)),
    }


def _judged(seed: int) -> tuple[bool, int]:
    """Whether both moving spots were found; and cells far from them that look like one."""
    fabric = build_fabric(build_skeleton(seed), seed)
    households, _ = count_people(fabric, build_buildings(fabric, seed), seed)
    incidents = build_incidents(fabric, households, seed)
    x, y = np.array([incident.point_m for incident in incidents]).T
    month_of_day = _months()
    month = month_of_day[np.array([incident.minute for incident in incidents]) // 1440]
    category = np.array([incident.category for incident in incidents])
    raster = Raster.over((x.min(), y.min(), x.max() + 1, y.max() + 1), _CELL_M)
    district = shapely.union_all([shapely.Polygon(fabric.map.ring_m(unit.face)) for unit in fabric.units])
    inside = np.flatnonzero(raster.inside(district).ravel())
    around = _lattice(raster)[inside][:, inside]
    columns, rows = raster.centres()
    middles = np.column_stack([columns[inside % raster.nx], rows[inside // raster.nx]])
    found, elsewhere = True, 0
    for planted in PLANTED:
        if planted.course == "stable":
            continue
        own = category == planted.category
        table = np.zeros((raster.nx * raster.ny, month_of_day.max() + 1), dtype=np.int64)
        np.add.at(table, (raster.cells_of(x[own], y[own]), month[own]), 1)
        # eighteen months and a strong season: what rises or falls does so against the whole category
        result = emerging(table[inside], around, common=table.sum(axis=0))
        rose, fell = result.rising, result.falling
        away_m = np.hypot(*(middles - np.array(planted.centre_m)).T)
        found &= bool((rose if planted.course == "emerging" else fell)[away_m < planted.radius_m].any())
        elsewhere += int((rose | fell)[away_m > _FAR_M].sum())
    return found, elsewhere


def _months() -> npt.NDArray[np.int64]:
    dates = [FIRST_DAY + timedelta(days=k) for k in range(days())]
    return np.array([(one.year - FIRST_DAY.year) * 12 + one.month - FIRST_DAY.month for one in dates])


def _lattice(raster: Raster) -> sp.csr_array:
    down, along = (sp.diags_array([1, 1, 1], offsets=[-1, 0, 1], shape=(n, n), dtype=np.int64) for n in raster.shape)
    return sp.csr_array(sp.kron(down, along, format="csr"))

"""A small town for the soaks: 64 units in four communities, sixteen grids, one edition in force."""

import warnings
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from spatialgov.plan import PlanSettings
from spatialgov.store import Edit
from spatialgov.workspace import Workspace

__all__ = ["community_at", "edited", "found_town", "place_in"]

WEST, SOUTH, SIDE, UNITS = 118.3, 35.1, 0.001, 8


def _community(row: int, column: int) -> str:
    return f"99010100100{1 + 2 * (row >= UNITS // 2) + (column >= UNITS // 2)}"


def place_in(rng: np.random.Generator) -> tuple[float, float]:
    """Give a place in the town."""
    return WEST + SIDE * UNITS * rng.random(), SOUTH + SIDE * UNITS * rng.random()


def community_at(lon: float, lat: float) -> str:
    """Give the community of a place; moves never change it."""
    return _community(int((lat - SOUTH) / SIDE), int((lon - WEST) / SIDE))


def found_town(workspace: Workspace, folder: Path) -> None:
    """Import the units and publish the first grids: two by two units each."""
    row, column = np.divmod(np.arange(UNITS**2), UNITS)
    x, y = WEST + SIDE * np.arange(UNITS + 1), SOUTH + SIDE * np.arange(UNITS + 1)
    units = gpd.GeoDataFrame(
        {
            "unit_id": [f"U{i:02d}" for i in range(UNITS**2)],
            "households": 100,
            "population": 250,
            "community_code": [_community(r, c) for r, c in zip(row, column, strict=True)],
        },
        geometry=shapely.box(x[column], y[row], x[column + 1], y[row + 1]),
        crs=4326,
    )
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        units.to_file(folder / "units.gpkg")
    grids = units["community_code"] + [
        f"{1 + r // 2 % 2 * 2 + c // 2 % 2:03d}" for r, c in zip(row, column, strict=True)
    ]
    pd.DataFrame({"unit_id": units["unit_id"], "grid_code": grids}).to_csv(folder / "today.csv", index=False)
    workspace.imports.units(folder / "units.gpkg")
    plan = workspace.plans.adopt(folder / "today.csv", settings=PlanSettings(within="community_code"))
    workspace.plans.publish(plan.id)


def edited(workspace: Workspace, plan_id: int, moves: Mapping[str, str]) -> Edit:
    """Move units of a plan, or of a draft made from it when it was published."""
    sequence = workspace.store.journal.sequence(plan_id)
    return workspace.plans.move(plan_id, moves, who="planner", expects=sequence).edit

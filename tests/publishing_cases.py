"""A town with one edition, and plans of it that must not be published, each for its own reason."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import shapely
import sqlalchemy as sa

from spatialgov.plan import PlanSettings
from spatialgov.store.models import Unit
from spatialgov.workspace import Workspace

__all__ = ["CASES", "EAST", "WEST", "found_town", "moved", "square", "write_units"]

SIDE = 4
LON, LAT, STEP = 118.3, 35.1, 0.001
WEST, EAST = "990101001001", "990101001002"
"""Two communities, two columns of units each; grids 001 and 002 are the two southern and the two northern rows."""


def square(row: int, column: int) -> shapely.Polygon:
    x, y = [round(LON + STEP * i, 3) for i in range(SIDE + 1)], [round(LAT + STEP * i, 3) for i in range(SIDE + 1)]
    return shapely.box(x[column], y[row], x[column + 1], y[row + 1])


def write_units(path: Path, *, without: tuple[int, ...] = ()) -> None:
    rows = [
        {
            "unit_id": f"U{i:02d}",
            "households": 100,
            "population": 250,
            "community_code": WEST if i % SIDE < 2 else EAST,
            "wkt": square(*divmod(i, SIDE)).wkt,
        }
        for i in range(SIDE**2)
        if i not in without
    ]
    pd.DataFrame(rows).to_csv(path, index=False)


def _grid(i: int) -> str:
    return f"{WEST if i % SIDE < 2 else EAST}{1 + i // (2 * SIDE):03d}"


def found_town(workspace: Workspace, folder: Path) -> int:
    """Import the units and publish the first plan; give its number."""
    write_units(folder / "units.csv")
    workspace.imports.units(folder / "units.csv", datum="wgs84", keep=["community_code"])
    assignment = pd.DataFrame({"unit_id": [f"U{i:02d}" for i in range(16)], "grid_code": [_grid(i) for i in range(16)]})
    assignment.to_csv(folder / "first.csv", index=False)
    plan = workspace.plans.adopt(folder / "first.csv", settings=PlanSettings(within="community_code"))
    workspace.plans.publish(plan.id)
    return plan.id


def moved(workspace: Workspace, moves: Mapping[str, str | None], plan_id: int = 1) -> int:
    expects = workspace.plans.sequence(plan_id)
    return workspace.plans.move(plan_id, moves, who="local", expects=expects).edit.plan_id


def _to(code: str | None, *units: int) -> dict[str, str | None]:
    return {f"U{i:02d}": code for i in units}


def _two_communities(workspace: Workspace, folder: Path) -> int:
    """A plan that was made without nesting."""
    codes = ["A" if i < 8 else "B" for i in range(16)]
    pd.DataFrame({"unit_id": [f"U{i:02d}" for i in range(16)], "grid_code": codes}).to_csv(
        folder / "a.csv", index=False
    )
    return workspace.plans.adopt(folder / "a.csv", settings=PlanSettings()).id


def _gap(workspace: Workspace, folder: Path) -> int:
    """Units around ground that belongs to none."""
    write_units(folder / "holed.csv", without=(5,))
    workspace.imports.units(folder / "holed.csv", datum="wgs84", keep=["community_code"], keep_sound=True)
    rows = [i for i in range(16) if i != 5]
    plan = pd.DataFrame({"unit_id": [f"U{i:02d}" for i in rows], "grid_code": [_grid(i) for i in rows]})
    plan.to_csv(folder / "holed_plan.csv", index=False)
    return workspace.plans.adopt(folder / "holed_plan.csv", settings=PlanSettings(within="community_code")).id


def _redrawn(shape: shapely.Polygon) -> Callable[[Workspace, Path], int]:
    """A unit whose row was changed behind our back, as a GIS on the database can."""

    def prepare(workspace: Workspace, _folder: Path) -> int:
        with workspace.store._database.write() as connection:
            connection.execute(sa.update(Unit).where(Unit.unit_id == "U15").values(geometry=shape))
        return moved(workspace, _to(f"{EAST}002", 7))

    return prepare


def _retired(workspace: Workspace, _folder: Path) -> int:
    """A code that edition 2 retired, for the ground of another grid."""
    second = moved(workspace, _to(f"{WEST}003", 8, 9, 12, 13))
    workspace.plans.publish(second)
    return moved(workspace, _to(f"{WEST}002", 0, 1), second)


def _box(width: float, height: float, *, x: float = LON, y: float = LAT) -> shapely.Polygon:
    return shapely.box(x, y, x + width, y + height)


X, Y = square(3, 3).bounds[:2]
WIDER = _box(0.0015, STEP, x=X - 0.0005, y=Y)
HALF = _box(STEP / 2, STEP, x=X, y=Y)
Case = tuple[Callable[[Workspace, Path], int], str | None, shapely.Polygon]
CASES: dict[str, Case] = {
    "unassigned": (lambda w, _: moved(w, _to(None, 0)), "U00", square(0, 0)),
    "not_contiguous": (lambda w, _: moved(w, _to(f"{WEST}002", 0)), f"{WEST}002", square(0, 0)),
    "not_nested": (lambda w, _: moved(w, _to(f"{WEST}001", 2)), f"{WEST}001", square(0, 2)),
    "two_communities": (_two_communities, None, _box(0.004, 0.004)),
    "gap": (_gap, None, square(1, 1)),
    "overlap": (_redrawn(WIDER), "U15", WIDER),
    "unit_cut": (_redrawn(HALF), "U15", HALF),
    "malformed_code": (lambda w, _: moved(w, _to("X-1", 0, 1, 4, 5)), "X-1", _box(0.002, 0.002)),
    "code_clash": (
        lambda w, _: moved(w, _to(f"{WEST}001", 8, 9, 12, 13) | _to(f"{WEST}002", 0, 1, 4, 5)),
        f"{WEST}001",
        _box(0.002, 0.002, y=LAT + 0.002),
    ),
    "retired_code": (_retired, f"{WEST}002", _box(0.002, 0.001)),
}
"""Kind of the fault → what makes a plan with it, the unit or grid that it names, and where it lies."""

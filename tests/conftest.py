"""What many tests start from: plans on small lattices of square units, and a workspace with the sample city."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.contiguity import ContiguityGraph
from spatialgov.language import using_language
from spatialgov.plan import Plan, PlanSettings
from spatialgov.projection import metric_crs
from spatialgov.units import Units
from spatialgov.workspace import Workspace
from spatialgov.workspace.demo import run_demo

SIDE_M, SIDE_DEG = 100.0, 0.001
WEST, NORTH = 118.3, 35.1
CRS = metric_crs(WEST, NORTH)

Lattice = Callable[..., Plan]


def lattice_plan(
    households: Sequence[Sequence[int]],
    grids: Sequence[str],
    *,
    parents: Sequence[str] | None = None,
    kinds: dict[str, str] | None = None,
    max_area_m2: float | None = None,
) -> Plan:
    """Make a plan: a letter a unit for its grid (in `grids`) and, where given, for its parent (in `parents`)."""
    counts = np.array(households, dtype=np.int64)
    rows, columns = counts.shape
    number = np.arange(counts.size).reshape(rows, columns)
    edges = [*zip(number[:, :-1].ravel(), number[:, 1:].ravel(), strict=True)]
    edges += [*zip(number[:-1].ravel(), number[1:].ravel(), strict=True)]
    row, column = np.divmod(np.arange(counts.size), columns)
    x_m, y_m = column * SIDE_M, -row * SIDE_M
    # neighbours must share their corners to the last bit: each line of the lattice is computed once, one way
    west, east = WEST + column * SIDE_DEG, WEST + (column + 1) * SIDE_DEG
    north, south = NORTH - row * SIDE_DEG, NORTH - (row + 1) * SIDE_DEG
    codes = [letter for line in grids for letter in line]
    frame = gpd.GeoDataFrame(
        {
            "unit_id": [f"u{i}" for i in number.ravel()],
            "kind": "block",
            "households": counts.ravel(),
            "population": counts.ravel() * 3,
            "area_m2": SIDE_M**2,
            "community_code": [letter for line in parents for letter in line] if parents else "P",
        },
        geometry=shapely.box(west, south, east, north),
        crs=4326,
    )
    graph = ContiguityGraph.from_edges(
        counts.size,
        np.array(edges).reshape(-1, 2),
        np.full(len(edges), SIDE_M),
        area_m2=np.full(counts.size, SIDE_M**2),
        xy_m=np.column_stack([x_m, y_m]),
    )
    units = Units(frame=frame, graph=graph, crs=CRS, faults=(), dropped_columns=(), datum="wgs84")
    settings = PlanSettings(within="community_code", max_area_m2=max_area_m2)
    table = pd.DataFrame({"code": sorted(set(codes))})
    table["kind"] = [(kinds or {}).get(code, "general") for code in table["code"]]
    assignment = {unit: code for unit, code in zip(frame["unit_id"], codes, strict=True) if code != "."}
    return Plan.from_assignment(units, assignment, settings, table[table["code"] != "."])


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests read messages in English, whatever the machine speaks."""
    monkeypatch.setenv("SPATIALGOV_LANG", "en")


@pytest.fixture(scope="session")
def lattice() -> Lattice:
    return lattice_plan


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data folder on which ``spatialgov demo`` has done its work; only to be read."""
    folder = tmp_path_factory.mktemp("sample")
    with Workspace.open(folder) as workspace, using_language("en"):
        for _ in run_demo(workspace):
            pass
    return folder


@pytest.fixture(scope="session")
def sample_workspace(sample_dir: Path) -> Iterator[Workspace]:
    """Give the sample city's workspace; only to be read."""
    with Workspace.open(sample_dir) as workspace:
        yield workspace


@pytest.fixture
def sample_copy(sample_dir: Path, tmp_path: Path) -> Iterator[Workspace]:
    """Give a copy of the sample city's workspace that a test may change."""
    shutil.copytree(sample_dir, tmp_path / "copy")
    with Workspace.open(tmp_path / "copy") as workspace:
        yield workspace

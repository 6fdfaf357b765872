"""What many tests start from: plans on small lattices, the sample city's workspace, a store on either backend."""

import atexit
import fcntl
import gc
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import sqlalchemy as sa

from spatialgov.contiguity import ContiguityGraph
from spatialgov.errors import StoreError
from spatialgov.language import using_language
from spatialgov.plan import Plan, PlanSettings
from spatialgov.projection import metric_crs
from spatialgov.store import Store
from spatialgov.store.models import Base
from spatialgov.units import Units
from spatialgov.workspace import Workspace
from spatialgov.workspace.demo import run_demo
from tests.compiled_once import compile_once
from tests.postgres_cluster import Cluster, NotInstalledError, running_cluster

compile_once()
# What the tests import stays: looking through all of it for garbage took a seventh of their time.
gc.set_threshold(50_000, 20, 20)
atexit.register(gc.freeze)  # nor need it be looked through when the process ends

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
    return Path(shutil.copytree(_sample_template(tmp_path_factory), tmp_path_factory.mktemp("sample") / "data"))


def _sample_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that all processes of a run copy: the first that needs it makes it, the others wait."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    template = shared / "sample-template"
    with (shared / "sample-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            being_made = tmp_path_factory.mktemp("sample-template")
            with Workspace.open(being_made) as workspace, using_language("en"):
                for _ in run_demo(workspace):
                    pass
            being_made.rename(template)
    return template


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


def give_up(reason: str) -> NoReturn:
    """Skip aloud; on a CI machine a missing backend is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Give a PostgreSQL server of our own."""
    try:
        with running_cluster() as running:
            yield running
    except NotInstalledError as error:
        give_up(str(error))


@pytest.fixture(scope="session")
def postgis_url(cluster: Cluster) -> str:
    """Give the URL of the one PostGIS store that tests empty and use in turn: quicker than one for each."""
    url = cluster.url(cluster.new_database(bare=True))
    try:
        Store.open(url).close()
    except StoreError as error:
        if "postgis" in str(error):
            give_up("the extension postgis is not installed: the PostGIS backend is not tested")
        raise
    return url


def empty_all_tables(url: str) -> None:
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # the audit log's triggers
            connection.exec_driver_sql(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY")
    finally:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgis"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.new_database())


@pytest.fixture(params=["sqlite", "postgis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store, to open again and again."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    postgis_url: str = request.getfixturevalue("postgis_url")
    empty_all_tables(postgis_url)
    return postgis_url

"""The application over the sample city (only to be read, or a copy) and over an empty store."""

from collections.abc import Iterator

import pytest

from spatialgov.workspace import Workspace
from spatialgov_api import Settings, create_app
from tests.local_client import TestClient, local_client


def client_of(workspace: Workspace) -> TestClient:
    app = create_app(Settings(data_dir=workspace.data_dir, most_seconds=600), workspace.store)
    return local_client(app)


@pytest.fixture(scope="session")
def client(sample_workspace: Workspace) -> TestClient:
    """Give the service of the sample city; nothing may be changed through it."""
    return client_of(sample_workspace)


@pytest.fixture
def own_client(sample_copy: Workspace) -> TestClient:
    """Give the service of a copy of the sample city."""
    return client_of(sample_copy)


@pytest.fixture(scope="session")
def empty_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Give the service of a store that holds nothing."""
    with Workspace.open(tmp_path_factory.mktemp("empty")) as workspace:
        yield client_of(workspace)


@pytest.fixture(scope="session")
def place(sample_workspace: Workspace) -> tuple[str, float, float]:
    """Give a grid in force and the longitude and latitude (WGS 84) of a place inside it."""
    grids = sample_workspace.store.edition_grids(sample_workspace.store.edition().id)
    point = grids.geometry.iloc[0].representative_point()
    return str(grids["code"].iloc[0]), float(point.x), float(point.y)


@pytest.fixture(scope="session")
def sound_move(sample_workspace: Workspace) -> dict[str, str]:
    """Give a move that keeps plan 2 sound: a unit that its grid can spare goes to the neighbour."""
    plan = sample_workspace.plans.load(2)
    graph, labels = plan.units.graph, plan.labels
    codes, ids = plan.codes, plan.units.frame["unit_id"].tolist()
    parents = plan.table["parent_code"].tolist()
    for unit in range(graph.n):
        for other in graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]:
            here, there = labels[unit], labels[other]
            if here != there and parents[here] == parents[there]:
                move = {ids[unit]: codes[there]}
                if not plan.move(move).faults():
                    return move
    raise AssertionError("no unit of the sample city can be moved")

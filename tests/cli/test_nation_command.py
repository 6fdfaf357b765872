"""The national table on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from spatialgov.workspace import Workspace
from tests.publishing_cases import WEST, found_town

Run = Callable[..., Result]
DISTRICT = f"{WEST[:6]}000000"
HERE = ("118.3005", "35.1025", "--datum", "wgs84")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of a town with an edition."""
    folder = tmp_path_factory.mktemp("town")
    with Workspace.open(folder / "data") as workspace:
        found_town(workspace, folder)
    return folder / "data"


def test_publish_look_up_and_list(run: Run, town: Path, tmp_path: Path) -> None:
    told = run("nation", "publish", tmp_path, "--data-dir", town)
    assert told.exit_code == 0
    assert told.stdout.splitlines()[1].split()[:3] == [DISTRICT, "4", "1"]
    listed = json.loads(run("nation", "status", tmp_path, "--json").stdout)["jurisdictions"]
    assert {code: entry["grids"] for code, entry in listed.items()} == {DISTRICT: 4}
    found = json.loads(run("nation", "locate", tmp_path, *HERE, "--json").stdout)
    assert found["code"] == f"{WEST}002"
    assert found["chain"]["community"] == WEST
    assert WEST in run("nation", "locate", tmp_path, *HERE, lang="zh").stdout
    outside = run("nation", "locate", tmp_path, "-71.4", "41.8", "--datum", "wgs84")
    assert outside.exit_code == 1
    assert "outside all grids" in outside.stderr
    assert run("nation", "locate", tmp_path, "118.3", "35.1").exit_code == 2  # no datum
    assert json.loads(run("nation", "prune", tmp_path, "--json").stdout) == {"removed": 0}


def test_nothing_there(run: Run, tmp_path: Path) -> None:
    told = run("nation", "status", tmp_path)
    assert told.exit_code == 1
    assert "Nobody has published" in told.stderr

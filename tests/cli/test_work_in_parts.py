"""Commands whose work is done in parts: the same answers, a plan of the parts, nothing left behind."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from spatialgov.workspace import Workspace
from tests.coverage_town import found_camera_town
from tests.incident_town import found_incident_town

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def camera_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cameras")
    found_camera_town(folder).close()
    return folder / "town"


@pytest.fixture(scope="module")
def incident_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incidents")
    workspace = found_incident_town(folder)
    frame = workspace.store.incidents()
    workspace.close()
    table = pd.DataFrame(frame[["source_id", "category", "occurred_at"]])
    table.assign(lon=frame.geometry.x, lat=frame.geometry.y).to_parquet(folder / "archive.parquet", index=False)
    return folder / "town"


@pytest.mark.parametrize("command", ["coverage", "gaps"])
def test_coverage(run: Run, camera_town: Path, tmp_path: Path, command: str) -> None:
    apart = tmp_path / "parts"
    options = ("--data-dir", camera_town, "--json")
    plan = run(command, *options, "--parts", apart, "--dry-run")
    assert plan.exit_code == 0, plan.stderr
    assert len(json.loads(plan.stdout)["parts"]) >= 1
    assert "A dry run: nothing was done." in plan.stderr
    assert not apart.exists()
    found = run(command, *options, "--parts", apart)
    assert found.exit_code == 0, found.stderr
    assert not apart.exists()
    nothing = run(command, *options, "--parts", apart, "--dry-run")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert "nothing to do in parts" in nothing.stderr
    for kept in ("coverage_scenes", "coverage"):
        for file in (camera_town / "results" / kept).rglob("*"):
            if file.is_file():
                file.unlink()
    assert run(command, *options).stdout == found.stdout


@pytest.mark.parametrize(
    "command",
    [
        ("hotspots", "--resolution", "9"),
        ("density", "--cell", "50", "--bandwidth", "120"),
        ("forecast", "--category", "0101", "--cell", "50"),
    ],
)
def test_incidents(run: Run, incident_town: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    options = (*command, "--data-dir", incident_town, "--json")
    here = run(*options)
    found = run(*options, "--parts", tmp_path / "parts")
    assert found.exit_code == 0, found.stderr
    assert found.stdout == here.stdout
    plan = run(*options[:-1], "--parts", tmp_path / "parts", "--dry-run", lang="zh")
    assert "试运行" in plan.stderr
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize("command", [("hotspots", "--resolution", "9"), ("density", "--cell", "50")])
def test_incidents_of_files(run: Run, incident_town: Path, command: tuple[str, ...]) -> None:
    archive = incident_town.parent / "archive.parquet"
    options = (*command, "--data-dir", incident_town, "--json")
    here = run(*options)
    found = run(*options, "--incidents", archive, "--datum", "wgs84")
    assert found.exit_code == 0, found.stderr
    assert found.stdout == here.stdout
    again = run(*options, "--incidents", archive, "--datum", "wgs84")
    assert again.stdout == here.stdout
    assert "rows read" not in again.stderr
    assert run(*options, "--incidents", archive).exit_code == 2


def test_what_can_not_be_cut_is_refused(run: Run, incident_town: Path, tmp_path: Path) -> None:
    options = ("density", "--barriers", "--data-dir", incident_town)
    result = run(*options, "--parts", tmp_path / "parts", "--dry-run")
    assert result.exit_code == 2
    assert "--barriers" in result.stderr
    here = run(*options, "--parts", tmp_path / "parts")
    assert here.stdout == run(*options).stdout
    assert "not computed in parts" in here.stderr


def test_an_archive_without_a_sound_row(run: Run, incident_town: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("source_id,category,occurred_at,lon,lat\nE1,,2026-01-01,116,33\n", encoding="utf-8")
    result = run("hotspots", "--incidents", file, "--datum", "wgs84", "--data-dir", incident_town)
    assert result.exit_code == 1
    assert "No row can be used" in result.stderr
    with Workspace.open(incident_town) as workspace:
        assert not any((workspace.data_dir / "archives").glob("*bad*"))

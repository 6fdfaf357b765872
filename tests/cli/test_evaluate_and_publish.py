"""``evaluate`` and ``publish``: plans as files and in the store."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from click.testing import Result

from spatialgov import sample
from spatialgov.vector_io import read_table
from spatialgov.workspace import Workspace

Run = Callable[..., Result]
SAMPLE = sample.boundaries_dir() / "sample"


def test_evaluate_gives_the_figures_of_partition(run: Run, units_file: Path, tmp_path: Path) -> None:
    made = run("partition", units_file, "-o", tmp_path / "plan.gpkg", "--within", "community_code", "--json")
    result = run("evaluate", units_file, tmp_path / "plan.gpkg", "--within", "community_code", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {k: v for k, v in json.loads(made.stdout).items() if k != "seconds"}
    assert "The plan can be published." in result.stderr


def test_evaluate_of_todays_grids(run: Run, tmp_path: Path) -> None:
    command = ("evaluate", SAMPLE / "units.geojson", SAMPLE / "grids_today_units.csv", "--within", "community_code")
    result = run(*command, "--faults", tmp_path / "faults.csv")
    assert result.exit_code == 0
    assert "115" in result.stdout
    assert len(read_table(tmp_path / "faults.csv")) > 20
    assert "more." in result.stderr


def test_evaluate_of_a_plan_in_pieces_fails(run: Run, units_file: Path, town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    column = np.arange(16) % 4
    plan = pd.DataFrame({"unit_id": town["unit_id"], "grid_code": np.where(column % 2 == 0, "A", "B")})
    plan.to_csv(tmp_path / "plan.csv", index=False)
    result = run("evaluate", units_file, tmp_path / "plan.csv", "--json", "--target", "800")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["non_contiguous"] == 2
    assert "in 2 pieces" in result.stderr
    assert "can't be published" in result.stderr


def test_publish_a_file_and_a_stored_plan(run: Run, store: Path, units_file: Path, tmp_path: Path) -> None:
    within = ("--within", "community_code")
    run("partition", units_file, "-o", tmp_path / "second.gpkg", "--households-per-grid", "800", *within)
    result = run("publish", tmp_path / "second.gpkg", "--data-dir", store, "--name", "Twice as large", "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert (said["edition"], said["grids"]) == (2, 2)
    assert "Edition 2 is in force" in result.stderr
    with Workspace.open(store) as workspace:
        assert [record.name for record in workspace.plans.records()] == ["first", "Twice as large"]
    result = run("publish", "2", "--data-dir", store)
    assert result.exit_code == 1  # it is in force already
    result = run("publish", "77", "--data-dir", store)
    assert result.exit_code == 1
    assert "77" in result.stderr

"""Two extracts of OpenStreetMap go in by one command each: cameras, buildings and roads."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from spatialgov.cli import command_group
from spatialgov.coverage import views_of
from spatialgov.workspace import Workspace


@pytest.mark.parametrize(
    ("name", "cameras", "left_out", "buildings", "roads"),
    [("munchen", 120, {"surveillance=indoor": 89}, 2_300, 1_500), ("monaco_2026", 32, {}, 1_500, 2_500)],
)
def test_one_command(
    real_data: Path, tmp_path: Path, name: str, cameras: int, left_out: dict[str, int], buildings: int, roads: int
) -> None:
    file = real_data / "osm" / f"{name}.osm.pbf"
    command = ["import", "osm", str(file), "--data-dir", str(tmp_path / "store"), "--json"]
    result = CliRunner().invoke(command_group(), command)
    assert result.exit_code == 0, result.output
    reports = json.loads(result.stdout)
    assert reports["cameras"]["accepted"] == cameras
    assert reports["cameras"]["left_out"] == left_out
    assert reports["cameras"]["unknown"]["range_m"] == cameras
    assert reports["buildings"]["accepted"] > buildings
    assert reports["roads"]["accepted"] > roads
    with Workspace.open(tmp_path / "store") as workspace:
        frame = workspace.store.cameras()
        assert workspace.store.layer("buildings")["storeys"].notna().sum() > 400
    views = views_of(frame)
    blind = views.table["azimuth_deg"].isna() & (views.table["fov_least_deg"] < 360)
    assert blind.sum() == views.assumptions["azimuth_deg: unknown, nothing is certain"]
    assert np.isfinite(views.table[["near_m", "range_least_m", "sight_m"]].to_numpy()).all()
    assert "range_m" in set().union(*views.table["missing"])

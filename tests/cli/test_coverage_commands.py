"""The commands about cameras, on the sample city."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_coverage(run: Run, analysed: Path, tmp_path: Path) -> None:
    result = run("coverage", "-o", tmp_path / "gaps.gpkg", "--data-dir", analysed, "--json")
    assert result.exit_code == 0
    grids = json.loads(result.stdout)["grids"]
    gaps = gpd.read_file(tmp_path / "gaps.gpkg", layer="gaps")
    assert {row["code"] for row in grids} == set(gaps["code"])
    assert all(row["seen_m2"] + row["uncovered_m2"] == pytest.approx(row["ground_m2"], abs=1) for row in grids)
    assert len(gpd.read_file(tmp_path / "gaps.gpkg", layer="sectors")) == 800
    assert "of the ground is seen" in run("coverage", "--data-dir", analysed).stderr

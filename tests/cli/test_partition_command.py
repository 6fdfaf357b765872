"""The options of ``partition`` that need a whole town."""

import json
from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest
from click.testing import Result

from spatialgov.sample import boundaries_dir

SAMPLE = boundaries_dir() / "sample"


def test_several_quantities_and_the_workload(run: Callable[..., Result], tmp_path: Path) -> None:
    units = pyogrio.read_dataframe(SAMPLE / "units.geojson")
    units = units[units["community_code"].isin(sorted(units["community_code"].unique())[:2])]
    units["workload"] = units["households"] * 1.5 + 2
    units["shops"] = units["households"] // 2
    pyogrio.write_dataframe(units, tmp_path / "units.gpkg")
    also = ("--also", "population=0.2", "--also", "shops=0.5")
    result = run(
        "partition", tmp_path / "units.gpkg", "-o", tmp_path / "plan.gpkg", "--within", "community_code",
        "--workload-per-grid", "480", *also, "--effort", "quick", "--json",
    )  # fmt: skip
    assert result.exit_code == 0
    measures = json.loads(result.stdout)
    assert measures["grids"] == round(units["workload"].sum() / 480)
    assert 0 < measures["max_deviation_also_pct"] < 50
    grids = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="grids", read_geometry=False)
    assert grids["workload"].sum() == pytest.approx(units["workload"].sum())
    again = run(
        "evaluate", tmp_path / "units.gpkg", tmp_path / "plan.gpkg", "--within", "community_code",
        "--balance", "workload", "--target", "480", *also, "--json",
    )  # fmt: skip
    assert json.loads(again.stdout)["max_deviation_also_pct"] == pytest.approx(measures["max_deviation_also_pct"])
    wrong = run("partition", tmp_path / "units.gpkg", "-o", tmp_path / "plan.gpkg", "--also", "population")
    assert wrong.exit_code == 2
    assert "COLUMN=TOLERANCE" in wrong.stderr


def test_limits_barriers_and_dedicated_kinds(run: Callable[..., Result], tmp_path: Path) -> None:
    result = run(
        "partition", SAMPLE / "units.geojson", "-o", tmp_path / "plan.gpkg", "--within", "community_code",
        "--minimum", "300", "--maximum", "500", "--barriers", SAMPLE / "barriers.geojson", "--dedicated", "campus",
        "--effort", "quick", "--json",
    )  # fmt: skip
    assert result.exit_code == 0
    grids = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="grids", read_geometry=False)
    general = grids[grids["kind"] == "general"]
    assert (grids["kind"] == "dedicated").sum() >= 1
    assert general["households"].between(300, 500).mean() > 0.95
    missed = general[~general["households"].between(300, 500)]
    for code in missed["code"]:
        assert code in result.stderr

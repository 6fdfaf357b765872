"""The options of ``partition`` that need a whole town."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
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


def assignment(file: Path) -> dict[str, str]:
    rows = pyogrio.read_dataframe(file, layer="units", read_geometry=False)
    return dict(zip(rows["unit_id"], rows["grid_code"], strict=True))


@pytest.fixture
def levels_file(town: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """Give the town with a ward above its communities and a street below them."""
    town["ward"] = "W"
    town["street"] = town["community_code"] + np.where(np.arange(16) < 8, "S", "N")
    file = tmp_path / "levels.gpkg"
    town.to_file(file)
    return file


@pytest.mark.parametrize(
    "within", [["--within", "ward,community_code, street"], ["--within", "street", "--within", "ward,community_code"]]
)
def test_nesting_at_every_level(
    run: Callable[..., Result], levels_file: Path, tmp_path: Path, within: list[str]
) -> None:
    plan = tmp_path / "plan.gpkg"
    options = ["--households-per-grid", "200", *within]
    result = run("partition", levels_file, "-o", plan, *options, "--by", "ward,community_code", "--json")
    assert result.exit_code == 0
    by = json.loads(result.stdout)["by"]
    assert by["ward"] == [
        {
            "ward": "W", "grids": 8, "units": 16, "households": 1600, "population": 4000,
            "area_m2": pytest.approx(by["ward"][0]["area_m2"]), "min_deviation_pct": 0.0, "mean_deviation_pct": 0.0,
            "max_deviation_pct": 0.0,
        }
    ]  # fmt: skip
    assert [row["grids"] for row in by["community_code"]] == [4, 4]
    grids = pyogrio.read_dataframe(plan, layer="grids", read_geometry=False)
    assert set(grids["parent_code"]) == {f"99010100100{n}{s}" for n in (1, 2) for s in "NS"}
    assert "--keep street" in result.stderr
    printed = run("evaluate", levels_file, plan, *within, "--by", "ward")
    assert printed.exit_code == 0
    assert printed.stdout.splitlines()[-1].split()[:3] == ["W", "8", "16"]


def test_levels_that_contradict_each_other_name_the_row(
    run: Callable[..., Result], town: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    town["ward"] = np.where(np.arange(16) == 6, "V", "W")
    town.to_file(tmp_path / "wrong.gpkg")
    result = run("partition", tmp_path / "wrong.gpkg", "-o", tmp_path / "plan.gpkg", "--within", "ward,community_code")
    assert result.exit_code == 1
    assert "row 7, ward, U06" in result.stderr
    assert not (tmp_path / "plan.gpkg").exists()


def test_locked_grids_and_units(run: Callable[..., Result], units_file: Path, tmp_path: Path) -> None:
    today, plan = tmp_path / "today.gpkg", tmp_path / "plan.gpkg"
    nested = ["--within", "community_code"]
    assert run("partition", units_file, "-o", today, *nested).exit_code == 0
    before = assignment(today)
    kept, other = before["U00"], before["U03"]
    result = run(
        "partition", units_file, "-o", plan, *nested, "--households-per-grid", "200", "--locked-from", today,
        "--lock", kept, "--lock-unit", f"U03={other}", "--lock-unit", f"U15={other}",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "it is locked" in result.stderr
    after = assignment(plan)
    assert {u for u, code in after.items() if code == kept} == {u for u, code in before.items() if code == kept}
    assert after["U03"] == after["U15"] == other
    unknown = run("partition", units_file, "-o", plan, "--locked-from", today, "--lock", "12")
    assert (unknown.exit_code, "no grid 12" in unknown.stderr) == (1, True)
    assert run("partition", units_file, "-o", plan, "--lock-unit", "U03").exit_code == 2


def test_unit_grids_in_one_call_or_of_a_plan(run: Callable[..., Result], units_file: Path, tmp_path: Path) -> None:
    both, plan, later = (tmp_path / name for name in ("both.gpkg", "plan.gpkg", "later.gpkg"))
    nested = ["--within", "community_code"]
    once = run("partition", units_file, "-o", both, *nested, "--unit-grids", "20000", "--json")
    assert once.exit_code == 0
    measured = json.loads(once.stdout)["unit_grids"]
    assert measured["grids"] == 8
    assert measured["off_target"] == 0
    assert run("partition", units_file, "-o", plan, *nested).exit_code == 0
    again = run("unit-grids", units_file, plan, "-o", later, "--area", "20000")
    assert again.exit_code == 0
    assert "8 unit grids, 8 of them of 20,000 m² ± 10%; 0 units above 22,000 m² stay alone" in again.stderr
    for file in (both, later):
        rows = pyogrio.read_dataframe(file, layer="units", read_geometry=False)
        assert (rows["unit_grid_code"].str[:15] == rows["grid_code"]).all()
        grids = pyogrio.read_dataframe(file, layer="unit_grids")
        assert set(grids["kind"]) == {"unit"}
        assert grids["code"].str.len().eq(18).all()
    assert run("evaluate", units_file, both, *nested).exit_code == 0, "the file is a plan like any other"


def test_households_moved_against_a_reference(run: Callable[..., Result], units_file: Path, tmp_path: Path) -> None:
    plan, today = tmp_path / "plan.gpkg", tmp_path / "today.csv"
    assert run("partition", units_file, "-o", plan, "--within", "community_code").exit_code == 0
    rows = {unit: f"other{code}" for unit, code in assignment(plan).items()}
    moved = next(unit for unit, code in rows.items() if code != rows["U00"])
    rows[moved] = rows["U00"]
    today.write_text("unit_id,grid_code\n" + "".join(f"{u},{c}\n" for u, c in rows.items()), encoding="utf-8")
    result = run("evaluate", units_file, plan, "--reference", today, "--json")
    assert json.loads(result.stdout)["against_reference"] == {
        "households_moved": 100, "units_moved": 1, "share_moved": 100 / 1600,
    }  # fmt: skip
    assert "100 households (6.2%) and 1 units" in result.stderr


def test_gaps_are_printed_and_in_the_json(run: Callable[..., Result], tmp_path: Path) -> None:
    town = pyogrio.read_dataframe(SAMPLE / "units.geojson")
    pyogrio.write_dataframe(town[town["community_code"] == "990101100201"], tmp_path / "units.geojson")
    wanted = ["partition", tmp_path / "units.geojson", "-o", tmp_path / "plan.gpkg", "--datum", "wgs84", "--within"]
    wanted += ["community_code", "--minimum", "300", "--maximum", "500", "--objective", "moment_of_inertia", "--gaps"]
    shown = run(*wanted)
    assert shown.exit_code == 0, shown.output
    assert "990101100201  186    7      300–500     feasible" in shown.stdout
    assert "Mean gap 0." in shown.stdout
    found = json.loads(run(*wanted, "--json").stdout)["gaps_to_bound"]
    (ground,) = found["grounds"]
    assert ground["bound"] <= ground["inertia"]
    assert found["mean_gap_pct"] == found["largest_gap_pct"] == ground["gap_pct"] < 3

"""``partition``: what it reads, what it writes, and what it refuses."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from spatialgov import sample
from spatialgov.vector_io import read_table

Run = Callable[..., Result]
JSON_KEYS = {
    "grids", "max_deviation_pct", "mean_deviation_pct", "non_contiguous", "gaps", "overlaps", "mean_polsby_popper",
    "cut_length_m", "seconds",
}  # fmt: skip
SAMPLE = sample.boundaries_dir() / "sample"


def test_partition_of_the_sample_city(run: Run, tmp_path: Path) -> None:
    plan, picture = tmp_path / "plan.gpkg", tmp_path / "plan.html"
    result = run(
        "partition", SAMPLE / "units.geojson", "-o", plan, "--within", "community_code", "--map", picture, "--json"
    )
    assert result.exit_code == 0
    figures = json.loads(result.stdout)
    assert set(figures) >= JSON_KEYS
    assert figures["non_contiguous"] == figures["gaps"] == figures["overlaps"] == 0
    grids, units = gpd.read_file(plan, layer="grids"), gpd.read_file(plan, layer="units")
    assert list(grids.columns) == [
        "code", "name", "kind", "parent_code", "households", "population", "area_m2", "n_units", "geometry"
    ]  # fmt: skip
    assert list(units.columns) == ["unit_id", "grid_code"]
    assert len(grids) == figures["grids"]
    assert grids["code"].str.fullmatch(r"\d{15}").all()
    assert (grids["code"].str[:12] == grids["parent_code"]).all()
    asked = gpd.read_file(SAMPLE / "units.geojson").merge(units, on="unit_id", validate="1:1")
    sums = asked.groupby("grid_code")["households"].sum()
    assert sums.to_dict() == grids.set_index("code")["households"].to_dict()
    assert "<html" in picture.read_text(encoding="utf-8")
    assert f"Written: {plan}, {picture}" in result.stderr
    assert f"spatialgov publish {plan} --within community_code" in result.stderr


def test_partition_without_json_shows_a_table(run: Run, units_file: Path, tmp_path: Path) -> None:
    result = run("partition", units_file, "-o", tmp_path / "plan.gpkg")
    assert result.stdout.startswith("measure")
    assert "compactness" in result.stdout
    assert "16 units divided into 4 grids" in result.stderr


@pytest.mark.parametrize(
    ("options", "check"),
    [
        (("--grids", "8"), lambda g: len(g) == 8),
        (("--households-per-grid", "200"), lambda g: set(g.households) == {200}),
        (("--population-per-grid", "1000"), lambda g: set(g.population) == {1000}),
        (("--area-per-grid", "80920"), lambda g: len(g) == 2),
        (("--max-area", "21000"), lambda g: g.area_m2.max() <= 21000),
        (("--households-per-grid", "800", "--within", "community_code"), lambda g: len(set(g.parent_code)) == 2),
        (("--tolerance", "0.2", "--seed", "7"), lambda g: g.households.between(320, 480).all()),
    ],
)
def test_partition_options(
    run: Run, units_file: Path, tmp_path: Path, options: tuple[str, ...], check: Callable[[gpd.GeoDataFrame], bool]
) -> None:
    result = run("partition", units_file, "-o", tmp_path / "plan.gpkg", *options)
    assert result.exit_code == 0, result.stderr
    assert check(gpd.read_file(tmp_path / "plan.gpkg", layer="grids"))


def test_the_same_seed_gives_the_same_file_rows(run: Run, units_file: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("partition", units_file, "-o", tmp_path / f"{name}.gpkg", "--seed", "3", "--households-per-grid", "300")
    first, second = (gpd.read_file(tmp_path / f"{name}.gpkg", layer="units") for name in ("a", "b"))
    assert first.equals(second)


def test_partition_reads_another_layer_crs_and_column(run: Run, town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    file = tmp_path / "units.gpkg"
    mislabelled = town.to_crs(4549).rename(columns={"unit_id": "ID"}).set_crs(4547, allow_override=True)
    mislabelled.to_file(file, layer="blocks")
    town.head(2).to_file(file, layer="other")
    options = ("--layer", "blocks", "--crs", "EPSG:4549", "--column", "unit_id=ID")
    result = run("partition", file, "-o", tmp_path / "plan.gpkg", *options)
    assert result.exit_code == 0, result.stderr
    grids = gpd.read_file(tmp_path / "plan.gpkg", layer="grids")
    np.testing.assert_allclose(grids.total_bounds, town.total_bounds, atol=1e-9)
    result = run("partition", file, "-o", tmp_path / "other.gpkg")
    assert result.exit_code == 1
    assert "blocks, other" in result.stderr


def test_partition_reads_csv_in_a_named_datum(run: Run, town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    table = pd.DataFrame(town.drop(columns="geometry")).assign(wkt=town.geometry.to_wkt())
    table.to_csv(tmp_path / "units.csv", index=False)
    west = []
    for datum in ("wgs84", "gcj02"):
        result = run("partition", tmp_path / "units.csv", "--datum", datum, "-o", tmp_path / "plan.gpkg")
        assert result.exit_code == 0
        assert f"import units {tmp_path / 'units.csv'} --datum {datum}, then" in result.stderr
        west.append(gpd.read_file(tmp_path / "plan.gpkg", layer="grids").total_bounds[0])
    assert 0.002 < west[0] - west[1] < 0.01  # GCJ-02 lies some hundred metres east of WGS 84 there


def test_strict_writes_nothing_where_a_grid_misses(run: Run, units_file: Path, tmp_path: Path) -> None:
    plan, table = tmp_path / "plan.gpkg", tmp_path / "faults.csv"
    command = ("partition", units_file, "-o", plan, "--households-per-grid", "700", "--json")
    result = run(*command, "--strict", "--faults", table)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "grids miss their target; nothing was written" in result.stderr
    assert "--keep-sound" not in result.stderr
    assert not plan.exists()
    assert set(read_table(table)["kind"]) == {"off_target"}
    result = run(*command)
    assert result.exit_code == 0
    assert "Grids that miss their target" in result.stderr
    assert plan.exists()
    assert run("partition", units_file, "-o", plan, "--strict").exit_code == 0


def test_two_targets_are_refused(run: Run, units_file: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.gpkg"
    result = run("partition", units_file, "-o", plan, "--grids", "2", "--households-per-grid", "400")
    assert result.exit_code == 1
    assert "Two targets" in result.stderr
    assert not plan.exists()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("partition", "{units}", "-o", "{folder}/missing/plan.gpkg"), "There is no folder"),
        (("partition", "{units}", "-o", "{folder}/plan.csv"), "must end in .gpkg"),
        (("partition", "{units}", "-o", "{folder}"), "is a directory"),
        (("partition", "{units}", "-o", "{folder}/p.gpkg", "--map", "{folder}/missing/p.html"), "There is no folder"),
        (("partition", "{units}", "-o", "{folder}/p.gpkg", "--faults", "{folder}/f.txt"), "must end in .csv"),
        (("coverage", "-o", "{folder}/gaps.shp"), "must end in .gpkg"),
        (("locate", "p.csv", "-o", "{folder}/missing/p.csv", "--datum", "wgs84"), "There is no folder"),
        (("map", "plan", "-o", "{folder}/plan.png"), "must end in .html"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(
    run: Run, units_file: Path, tmp_path: Path, command: tuple[str, ...], expected: str
) -> None:
    before = sorted(tmp_path.iterdir())
    result = run(*(part.format(units=units_file, folder=tmp_path) for part in command))
    assert result.exit_code == 2
    assert expected in result.stderr
    assert "Reading" not in result.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_may_not_be_written_to(
    run: Run, units_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)  # root may write everywhere
    result = run("partition", units_file, "-o", tmp_path / "plan.gpkg")
    assert result.exit_code == 2
    assert "can't be written" in result.stderr

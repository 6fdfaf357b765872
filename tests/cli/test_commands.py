"""Every command, on the sample city and on a small town."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from spatialgov import sample
from spatialgov.cli import _shared
from spatialgov.cli.import_command import KINDS, LAYERS
from spatialgov.datum import DATUMS, from_wgs84
from spatialgov.store import models
from spatialgov.vector_io import read_table
from spatialgov.workspace import Workspace
from spatialgov_maps import static_dir
from tests.osm_file import Node, Way, osm_pbf

Run = Callable[..., Result]
JSON_KEYS = {
    "grids", "max_deviation_pct", "mean_deviation_pct", "non_contiguous", "gaps", "overlaps", "mean_polsby_popper",
    "cut_length_m", "seconds",
}  # fmt: skip
SAMPLE = sample.boundaries_dir() / "sample"


@pytest.fixture(scope="module")
def analysed(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the sample city's store that the tests of this module share, none of them changing it."""
    return Path(shutil.copytree(sample_dir, tmp_path_factory.mktemp("analysed") / "store"))


def test_the_words_of_the_help_are_those_of_the_code() -> None:
    assert _shared.DATUMS == DATUMS
    assert set(LAYERS) == set(models.LAYERS)
    assert set(KINDS) == {"jurisdictions", "units", "categories", "incidents", "cameras", "osm", *models.LAYERS}


# import ------------------------------------------------------------------------------------------------------------

FILES = {
    "jurisdictions": ("jurisdictions.geojson", 16),
    "units": ("units.geojson", 3217),
    "roads": ("roads.geojson", 1941),
    "barriers": ("barriers.geojson", 10),
    "places": ("places.geojson", 131),
    "exclusion_zones": ("exclusion_zones.geojson", 14),
    "addresses": ("addresses.csv", 11388),
    "buildings": ("buildings.geojson", 11602),
    "categories": ("incident_categories.csv", 12),
    "cameras": ("cameras.csv", 800),
}


@pytest.mark.parametrize("kind", FILES)
def test_import_of_each_kind(run: Run, tmp_path: Path, kind: str) -> None:
    name, rows = FILES[kind]
    datum = ("--datum", "wgs84") if name.endswith(".csv") and kind != "categories" else ()
    result = run("import", kind, SAMPLE / name, "--data-dir", tmp_path / "new", "--json", *datum)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["accepted"] == rows
    assert f"{rows} new" in result.stderr
    assert str(tmp_path / "new") in result.stderr


def test_every_kind_has_a_test_of_its_import() -> None:
    assert {*FILES, "incidents", "osm"} == set(KINDS)


def test_an_extract_of_openstreetmap_goes_in_by_one_command(run: Run, tmp_path: Path) -> None:
    nodes = [Node(1, 11.57, 48.13), Node(2, 11.571, 48.13), Node(3, 11.571, 48.131)]
    cameras = [Node(4, 11.5705, 48.1299, {"man_made": "surveillance", "camera:type": "dome"}),
               Node(5, 11.5706, 48.1299, {"man_made": "surveillance", "surveillance": "indoor"})]  # fmt: skip
    ways = [Way(6, [1, 2, 3, 1], {"building": "roof"}), Way(7, [1, 2], {"highway": "service"})]
    file = tmp_path / "town.osm.pbf"
    file.write_bytes(osm_pbf([*nodes, *cameras], ways))
    result = run("import", "osm", file, "--data-dir", tmp_path / "new", "--json")
    reports = json.loads(result.stdout)
    assert {what: report["accepted"] for what, report in reports.items()} == {"cameras": 1, "buildings": 0, "roads": 1}
    assert "Left out, 1 rows: surveillance=indoor." in result.stderr
    assert "Left out, 1 rows: without walls" in result.stderr
    assert "azimuth_deg 1" in result.stderr
    assert "Next: spatialgov coverage" in result.stderr
    assert "未导入 1 行" in run("import", "osm", file, "--data-dir", tmp_path / "new", lang="zh").stderr
    file.write_bytes(file.read_bytes()[:-9])
    broken = run("import", "osm", file, "--data-dir", tmp_path / "new")
    assert broken.exit_code == 1
    assert "damaged" in broken.stderr


def test_incidents_come_in_once(run: Run, tmp_path: Path) -> None:
    lines = (SAMPLE / "incidents.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:501]
    (tmp_path / "events.csv").write_text("".join(lines), encoding="utf-8")
    command = ("import", "incidents", tmp_path / "events.csv", "--datum", "wgs84", "--data-dir", tmp_path / "new")
    first, second = (json.loads(run(*command, "--json").stdout) for _ in range(2))
    assert (first["accepted"], first["unchanged"]) == (500, 0)
    assert (second["accepted"], second["unchanged"]) == (0, 500)
    assert "Next: spatialgov assign" in run(*command).stderr


def test_an_import_of_incidents_tells_their_quality(run: Run, tmp_path: Path) -> None:
    rows = [f"E{i},77,2026-05-{i + 1:02}T12:00:00+08:00,118.3,35.1" for i in range(20)]
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["source_id,category,occurred_at,lon,lat", *rows]) + "\n", encoding="utf-8")
    command = ("import", "incidents", file, "--datum", "wgs84", "--data-dir", tmp_path / "new", "--dry-run")
    told = run(*command, "--json")
    assert "20 rows (100.0%) have a category that the list in force does not have: 77 (20)." in told.stderr
    assert "100.0% of the rows lie on points that hold many" in told.stderr
    assert "20 rows are timed at 12:00" in told.stderr
    assert json.loads(told.stdout)["quality"]["piled"] == 20
    assert "20 行（100.0%）的类别不在现行类别表中" in run(*command, lang="zh").stderr


def test_categories_are_those_of_the_list_in_force(run: Run, tmp_path: Path) -> None:
    at = ("--data-dir", tmp_path / "new")
    run("import", "cameras", SAMPLE / "cameras.csv", "--datum", "wgs84", *at)
    found = run("categories", *at)
    assert "The big classes of GB/T 30428.2." in found.stderr
    assert "05    街面秩序" in found.stdout
    file = tmp_path / "categories.csv"
    for name, since in (("占道", "2020-01-01T00:00+08:00"), ("噪声", "2021-01-01T00:00+08:00")):
        file.write_text(f"code,name\n0101,{name}\n", encoding="utf-8")
        loaded = run("import", "categories", file, "--valid-from", since, *at)
        assert "The list is version" in loaded.stderr
    now = json.loads(run("categories", "--json", *at).stdout)
    assert (now["version"], [one["name"] for one in now["categories"]]) == (2, ["噪声"])
    before = run("categories", "--as-of", "2020-06-01T00:00+08:00", *at)
    assert "占道" in before.stdout
    assert "Version 1, in force from 2019-12-31T16:00:00+00:00." in before.stderr
    assert run("import", "categories", file, "--valid-from", "soon", *at).exit_code == 1


def test_import_names_what_it_dropped(run: Run, town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    town.rename(columns={"unit_id": "ID"}).assign(ward="north", phone="1").to_file(tmp_path / "units.gpkg")
    options = ("--column", "unit_id=ID", "--keep", "ward", "--data-dir", tmp_path / "new")
    result = run("import", "units", tmp_path / "units.gpkg", *options)
    assert result.exit_code == 0
    assert "Columns not asked for were dropped: phone." in result.stderr
    with Workspace.open(tmp_path / "new") as workspace:
        assert {"unit_id", "ward"} <= set(workspace.plans.units().frame)


def test_an_option_that_a_kind_does_not_take_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    for kind, option in (("roads", "--timezone"), ("cameras", "--layer"), ("categories", "--datum")):
        result = run("import", kind, tmp_path / "x.csv", option, "wgs84", "--data-dir", tmp_path / "new")
        assert result.exit_code == 2
        assert f"{kind} take no {option}" in result.stderr
    result = run("import", "units", tmp_path / "x.csv", "--column", "unit_id", "--data-dir", tmp_path / "new")
    assert result.exit_code == 2
    assert "OURS=THEIRS" in result.stderr
    assert not (tmp_path / "new").exists()


# partition ---------------------------------------------------------------------------------------------------------


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


# evaluate, publish -------------------------------------------------------------------------------------------------


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


# locate, assign ----------------------------------------------------------------------------------------------------


def test_locate_shows_the_chain(run: Run, analysed: Path) -> None:
    result = run("locate", "116.6", "33.9", "--datum", "wgs84", "--data-dir", analysed)
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [
        "district", "subdistrict", "community", "grid"
    ]  # fmt: skip
    answer = json.loads(run("locate", "116.6", "33.9", "--datum", "wgs84", "--data-dir", analysed, "--json").stdout)
    assert answer["datum"] == "wgs84"
    assert answer["code"] in result.stdout
    assert [link["code"] for link in answer["chain"]][-1] == answer["code"][:12]


def test_locate_in_every_datum(run: Run, analysed: Path) -> None:
    found = set()
    for datum in DATUMS:
        lon, lat = (float(v) for v in from_wgs84(116.6, 33.9, datum))
        result = run("locate", lon, lat, "--datum", datum, "--data-dir", analysed, "--json")
        found.add(json.loads(result.stdout)["code"])
    assert len(found) == 1


def test_locate_in_the_western_hemisphere(run: Run, town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    west = town.set_geometry(town.geometry.translate(-118.3 - 71.41, 41.82 - 35.1))
    west.to_file(tmp_path / "west.gpkg")
    store, plan = tmp_path / "west", tmp_path / "plan.gpkg"
    run("partition", tmp_path / "west.gpkg", "-o", plan, "--within", "community_code")
    run("import", "units", tmp_path / "west.gpkg", "--data-dir", store)
    run("publish", plan, "--data-dir", store)
    result = run("locate", "-71.4095", "41.8205", "--datum", "wgs84", "--data-dir", store, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["code"] in set(gpd.read_file(plan, layer="grids")["code"])


def test_locate_an_address(run: Run, store: Path, tmp_path: Path) -> None:
    table = tmp_path / "addresses.csv"
    table.write_text(
        "address_id,street,number,building,lon,lat\n"
        "a,人民路,1号,1幢,118.3005,35.1005\nb,人民路,1号,2幢,118.3035,35.1035\nc,安平巷,7号,,119,35.1\n",
        encoding="utf-8",
    )
    here = ("--data-dir", store)
    missing = run("locate", "--address", "人民路1号", *here)
    assert (missing.exit_code, "import addresses" in missing.stderr) == (1, True)
    run("import", "addresses", table, "--datum", "wgs84", *here)
    found = run("locate", "--address", "人民路一号１栋", *here)
    grid = json.loads(run("locate", "118.3005", "35.1005", "--datum", "wgs84", *here, "--json").stdout)["code"]
    assert found.exit_code == 0
    assert found.stdout.splitlines()[1].split() == ["1.00", "人民路1号1幢", "a"]
    assert found.stdout.splitlines()[-1].split()[:2] == ["grid", grid]
    answer = json.loads(run("locate", "--address", "人民路一号１栋", *here, "--json").stdout)
    assert (answer["location"]["code"], answer["match"]["certain"]) == (grid, True)

    several = run("locate", "--address", "人民路1号", *here, lang="zh")
    assert (several.exit_code, "候选" in several.stderr) == (1, True)
    assert [line.split()[-1] for line in several.stdout.splitlines()[1:]] == ["a", "b"]
    outside = run("locate", "--address", "安平巷7号", *here)
    assert (outside.exit_code, "outside all grids" in outside.stderr) == (1, True)
    none = run("locate", "--address", "长江路7号", *here)
    assert (none.exit_code, "No address" in none.stderr) == (1, True)


def test_locate_the_nearest_address(run: Run, store: Path, tmp_path: Path) -> None:
    table = tmp_path / "addresses.csv"
    head = "address_id,street,number,building,lon,lat\n"
    table.write_text(f"{head}a,人民路,1号,1幢,118.3005,35.1005\nc,安平巷,7号,,119,35.1\n", encoding="utf-8")
    here = ("--datum", "wgs84", "--data-dir", store)
    missing = run("locate", "118.3005", "35.101", "--nearest-address", *here)
    assert (missing.exit_code, "import addresses" in missing.stderr) == (1, True)
    run("import", "addresses", table, *here)
    found = run("locate", "118.3005", "35.101", "--nearest-address", *here)
    grid = json.loads(run("locate", "118.3005", "35.1005", *here, "--json").stdout)["code"]
    assert found.exit_code == 0
    assert found.stdout.splitlines()[1].split() == ["55.5", "人民路1号1幢", "a"]  # 0.0005° of the meridian
    assert found.stdout.splitlines()[-1].split()[:2] == ["grid", grid]
    answer = json.loads(run("locate", "118.3005", "35.101", "--nearest-address", *here, "--json").stdout)
    assert (answer["address"]["address_id"], answer["datum"], answer["location"]["code"]) == ("a", "wgs84", grid)
    outside = run("locate", "119", "35.1", "--nearest-address", *here, lang="zh")
    assert (outside.exit_code, "不在任何网格内" in outside.stderr) == (1, True)
    assert outside.stdout.splitlines()[1].split() == ["0.0", "安平巷7号", "c"]


def test_write_a_field_pack(run: Run, store: Path, tmp_path: Path) -> None:
    pack, own = tmp_path / "all.pack", tmp_path / "own.pack"
    result = run("field-pack", "-o", pack, "--data-dir", store, "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert (said["file"], said["bytes"], said["grids"], said["edition"]) == (str(pack), pack.stat().st_size, 4, 1)
    assert "4 grids, edition 1, in force since 20" in result.stderr
    assert f"{static_dir() / 'js' / 'field_pack.mjs'}; readFieldPack(bytes)" in result.stderr
    with Workspace.open(store) as workspace:
        assert pack.read_bytes() == workspace.locations.field_pack(None).content
    own.write_bytes(b"old")
    result = run("field-pack", "990101001002", "-o", own, "--data-dir", store, lang="zh")
    assert (result.exit_code, "2 个网格" in result.stderr, own.stat().st_size < pack.stat().st_size) == (0, True, True)
    assert sorted(file.name for file in tmp_path.glob("*.pack*")) == ["all.pack", "own.pack"]


def test_a_field_pack_of_nothing_writes_nothing(run: Run, store: Path, tmp_path: Path) -> None:
    pack = tmp_path / "none.pack"
    result = run("field-pack", "990101009000", "-o", pack, "--data-dir", store)
    assert (result.exit_code, "“990101009000”" in result.stderr, pack.exists()) == (1, True, False)
    assert run("field-pack", "-o", tmp_path / "x.zip", "--data-dir", store).exit_code == 2


def test_locate_takes_an_address_or_points_with_their_datum(run: Run, tmp_path: Path) -> None:
    nearest = ("--datum", "wgs84", "--nearest-address")
    for arguments in (("1", "2", "--address", "x"), ("1", "2"), (), ("--address", "x", "--nearest-address"),
                      ("1", *nearest), ("1", "2", *nearest, "-o", tmp_path / "x.csv")):  # fmt: skip
        assert run("locate", *arguments, "--data-dir", tmp_path).exit_code == 2


def test_locate_a_file(run: Run, store: Path, tmp_path: Path) -> None:
    points, out = tmp_path / "points.csv", tmp_path / "out.csv"
    points.write_text("note,x,y\nin,118.3005,35.1005\nout,118.5,35.1005\nnone,,\n", encoding="utf-8")
    options = ("--datum", "wgs84", "--lon", "x", "--lat", "y", "--data-dir", store)
    result = run("locate", points, "-o", out, *options, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"rows": 3, "located": 1, "outside": 1, "unreadable": 1}
    table = read_table(out)
    assert table["note"].tolist() == ["in", "out", "none"]
    one = json.loads(run("locate", "118.3005", "35.1005", "--datum", "wgs84", "--data-dir", store, "--json").stdout)
    assert table["grid_code"].fillna("").tolist() == [one["code"], "", ""]
    assert f"Written: {out}" in result.stderr


def test_locate_a_file_with_bad_rows(run: Run, store: Path, tmp_path: Path) -> None:
    points, out, bad = tmp_path / "points.csv", tmp_path / "out.parquet", tmp_path / "bad.csv"
    points.write_text("lon,lat\n118.3005,35.1005\n35.1005,118.3005\nhere,there\n", encoding="utf-8")
    result = run("locate", points, "-o", out, "--datum", "wgs84", "--border-m", "--faults", bad, "--data-dir", store)
    assert result.exit_code == 0
    assert "1 located, 0 outside all grids, 2 without a place" in result.stderr
    assert "swapped" in result.stderr
    assert pd.read_csv(bad)["row"].tolist() == [2, 3]
    located = pd.read_parquet(out)
    assert located["border_m"].notna().tolist() == [True, False, False]


def test_locate_a_file_without_places(run: Run, store: Path, tmp_path: Path) -> None:
    points, out = tmp_path / "points.csv", tmp_path / "out.csv"
    points.write_text("lon,lat\n35.1005,118.3005\n", encoding="utf-8")
    result = run("locate", points, "-o", out, "--datum", "wgs84", "--data-dir", store)
    assert result.exit_code == 1
    assert "no row has a place" in result.stderr
    assert not out.exists()
    points.write_text("lon,lat\n118.9,35.1005\n", encoding="utf-8")
    result = run("locate", points, "-o", out, "--datum", "wgs84", "--data-dir", store)
    assert "check the datum" in result.stderr


@pytest.mark.parametrize(
    "where", [("118.3",), ("118.3", "north"), ("a.csv",), ("1", "2", "3"), ("1", "2", "-o", "out.csv")]
)
def test_locate_called_wrongly(run: Run, tmp_path: Path, where: tuple[str, ...]) -> None:
    result = run("locate", *where, "--datum", "wgs84", "--data-dir", tmp_path)
    assert result.exit_code == 2
    assert "file of points" in result.stderr


def test_assign(run: Run, store: Path, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(
        "source_id,category,occurred_at,lon,lat,status\n"
        "A1,0101,2026-05-01T08:00+08:00,118.3005,35.1005,open\n"
        "A2,0101,2026-05-01T08:00+08:00,118.5,35.1005,open\n"
    )
    run("import", "incidents", tmp_path / "events.csv", "--datum", "wgs84", "--data-dir", store)
    result = run("assign", "--data-dir", store, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"located": 1, "outside": 1}
    assert "1 incidents assigned, 1 lie outside" in result.stderr


# analyses, maps ----------------------------------------------------------------------------------------------------


def test_hotspots(run: Run, analysed: Path) -> None:
    result = run("hotspots", "--data-dir", analysed, "--json")
    said = json.loads(result.stdout)
    assert (said["resolution"], said["alpha"]) == (10, 0.05)
    assert len(said["hot_spots"]) > 0
    table = run("hotspots", "--data-dir", analysed)
    assert len(table.stdout.splitlines()) == 1 + len(said["hot_spots"])
    assert "spatialgov map heatmap" in table.stderr


def test_hotspots_finds_what_was_planted(run: Run, analysed: Path) -> None:
    planted = json.loads((SAMPLE / "manifest.json").read_text(encoding="utf-8"))["planted"]
    stable = next(plant for plant in planted if plant["course"] == "stable")
    said = run("hotspots", "--category", stable["category"], "--data-dir", analysed, "--json")
    first = json.loads(said.stdout)["hot_spots"][0]
    assert np.hypot(first["lon"] - stable["lon"], first["lat"] - stable["lat"]) < 0.002


def test_hotspots_of_a_category_and_a_period(run: Run, analysed: Path) -> None:
    period = ("--since", "2026-05-01T00:00+08:00", "--until", "2026-06-01T00:00+08:00")
    result = run("hotspots", "--category", "0502", *period, "--resolution", "9", "--data-dir", analysed, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["resolution"] == 9
    for wrong, expected in (
        (("--category", "9999"), "There is no incident category '9999'"),
        (("--since", "yesterday"), "not a time"),
        (("--since", "2026-05-01T00:00"), "not a time with an offset"),
        ((*period[2:], "--since", "2026-07-01T00:00+08:00"), "ends before it starts"),
    ):
        result = run("hotspots", *wrong, "--data-dir", analysed)
        assert result.exit_code == 1
        assert expected in result.stderr


def test_coverage(run: Run, analysed: Path, tmp_path: Path) -> None:
    result = run("coverage", "-o", tmp_path / "gaps.gpkg", "--data-dir", analysed, "--json")
    assert result.exit_code == 0
    grids = json.loads(result.stdout)["grids"]
    gaps = gpd.read_file(tmp_path / "gaps.gpkg", layer="gaps")
    assert {row["code"] for row in grids} == set(gaps["code"])
    assert all(row["seen_m2"] + row["uncovered_m2"] == pytest.approx(row["ground_m2"], abs=1) for row in grids)
    assert len(gpd.read_file(tmp_path / "gaps.gpkg", layer="sectors")) == 800
    assert "of the ground is seen" in run("coverage", "--data-dir", analysed).stderr


def test_recommend(run: Run, analysed: Path) -> None:
    result = run("recommend", "--plan", "1", "--households", "300", "500", "--data-dir", analysed, "--json")
    found = json.loads(result.stdout)["recommendations"]
    assert {"split", "merge"} <= {item["kind"] for item in found}
    few = run("recommend", "--plan", "1", "--limit", "3", "--data-dir", analysed)
    assert len(few.stdout.splitlines()) == 4
    assert "3 recommendations." in few.stderr
    assert run("recommend", "--plan", "77", "--data-dir", analysed).exit_code == 1


@pytest.mark.parametrize(
    "what", ["plan", "heatmap", "times", "hotspots", "clock", "change", "forecast", "coverage", "recommendations"]
)
def test_map(run: Run, analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("map", what, "--data-dir", analysed)
    assert result.exit_code == 0
    assert f"Written: {what}.html" in result.stderr
    page = (tmp_path / f"{what}.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert f"{SAMPLE}" not in page
    assert len(page.encode()) < 1_000_000 or what == "coverage"  # which draws what each camera sees


def test_maps_take_their_options(run: Run, analysed: Path, tmp_path: Path) -> None:
    def page(what: str, *options: str) -> str:
        file = tmp_path / "map.html"
        assert run("map", what, *options, "-o", file, "--data-dir", analysed).exit_code == 0
        return file.read_text(encoding="utf-8")

    assert "Incidents month by month" in page("times", "--by", "month", "--resolution", "8")
    assert "fewer than 5 incidents" in page("heatmap")
    assert "fewer than" not in page("heatmap", "--minimum", "1")
    assert "compared with 2025-" in page("change", "--compared-with", "year", "--category", "0106")
    assert "If every household had as many" in page("hotspots", "--against", "households")
    assert "UTC" in page("clock", "--timezone", "UTC")
    refused = run("map", "clock", "--timezone", "Nowhere", "-o", tmp_path / "m.html", "--data-dir", analysed)
    assert refused.exit_code == 1
    assert "Nowhere" in refused.stderr


# jobs ---------------------------------------------------------------------------------------------------------------


def test_jobs_are_listed_and_cancelled(run: Run, store: Path) -> None:
    with Workspace.open(store) as workspace:
        for kind in ("coverage", "partition"):
            workspace.jobs.submit(kind, {}, who="planning office")
    listed = run("jobs", "--data-dir", store, "--json")
    assert [(job["id"], job["kind"], job["state"]) for job in json.loads(listed.stdout)["jobs"]] == [
        (2, "partition", "waiting"),
        (1, "coverage", "waiting"),
    ]
    cancelled = run("jobs", "cancel", 1, "--data-dir", store)
    assert (cancelled.exit_code, cancelled.stderr) == (0, "Job 1 is cancelled.\n")
    lines = run("jobs", "--limit", 2, "--data-dir", store).stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["2", "partition", "waiting"], ["1", "coverage", "cancelled"]]
    again = run("jobs", "cancel", 1, "--data-dir", store)
    assert (again.exit_code, "Job 1 has ended already." in again.stderr) == (1, True)
    assert run("jobs", "cancel", 9, "--data-dir", store).exit_code == 1
    for wrong in (("cancel",), ("cancel", "x"), ("stop", "1")):
        assert run("jobs", *wrong, "--data-dir", store).exit_code == 2


# demo, serve -------------------------------------------------------------------------------------------------------


def test_a_second_demo_is_quick_and_a_town_of_ones_own_is_left_alone(run: Run, analysed: Path, store: Path) -> None:
    result = run("demo", "--no-serve", "--data-dir", analysed)
    assert result.exit_code == 0
    assert "Next: spatialgov serve --data-dir" in result.stderr
    assert "units: " not in result.stderr  # nothing was loaded again
    result = run("demo", "--no-serve", "--data-dir", store)
    assert result.exit_code == 1
    assert "data of your own" in result.stderr


def test_a_port_in_use(run: Run, store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for command in ("serve", "demo"):
            result = run(command, "--port", port, "--data-dir", store)
            assert result.exit_code == 1
            assert f"127.0.0.1:{port} can't be served: Address already in use." in result.stderr
            assert "--port 0" in result.stderr
            assert "Loading" not in result.stderr


def test_a_host_that_is_not_there(run: Run, store: Path) -> None:
    result = run("serve", "--host", "host.invalid", "--port", "0", "--data-dir", store)
    assert result.exit_code == 1
    assert "host.invalid:0 can't be served" in result.stderr

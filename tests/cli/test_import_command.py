"""``import``: every kind of file, on the sample city and on a small town."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from click.testing import Result

from spatialgov import sample
from spatialgov.cli import _shared
from spatialgov.cli.import_command import KINDS, LAYERS
from spatialgov.datum import DATUMS
from spatialgov.store import models
from spatialgov.workspace import Workspace
from tests.osm_file import Node, Way, osm_pbf

Run = Callable[..., Result]
SAMPLE = sample.boundaries_dir() / "sample"


def test_the_words_of_the_help_are_those_of_the_code() -> None:
    assert _shared.DATUMS == DATUMS
    assert set(LAYERS) == set(models.LAYERS)
    others = {"jurisdictions", "units", "posts", "categories", "incidents", "cameras", "osm"}
    assert set(KINDS) == others | set(models.LAYERS)


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
    assert {*FILES, "posts", "incidents", "osm"} == set(KINDS)


def test_responsible_posts_go_in_and_persons_do_not(run: Run, tmp_path: Path) -> None:
    file, data = tmp_path / "posts.csv", tmp_path / "new"
    file.write_text("code,post,phone\n990101001000,综合治理中心,1\n990101001000,张伟,2\n", encoding="utf-8")
    result = run("import", "posts", file, "--data-dir", data)
    assert result.exit_code == 0
    assert "row 2, post" in result.stderr
    assert "张伟" not in result.stderr
    assert "dropped: phone" in result.stderr
    assert "1 new" in result.stderr
    assert "No grid in force and no jurisdiction has this code" in result.stderr
    with Workspace.open(data) as workspace:
        assert workspace.store.responsible_posts()["post"].tolist() == ["综合治理中心"]
    file.write_text("code,post\n990101001000,张伟\n", encoding="utf-8")
    assert run("import", "posts", file, "--data-dir", data).exit_code == 1
    with Workspace.open(data) as workspace:
        assert len(workspace.store.responsible_posts()) == 1, "the list that was there stays"


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

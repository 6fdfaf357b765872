"""Editions in time on the command line: lists, changes, counts, rolling back; and what ``publish`` refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from click.testing import Result

from spatialgov.workspace import Workspace
from spatialgov.workspace.analysis import AREA_KINDS
from tests.plain_tiles import archived_tiles, decoded_layer
from tests.publishing_cases import CASES, WEST, found_town, moved

Run = Callable[..., Result]
HERE = ("locate", "118.3005", "35.1025", "--datum", "wgs84")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the data folder of a town with two editions, of which the second splits a grid, and an incident each."""
    data = tmp_path / "data"
    with Workspace.open(data) as town:
        found_town(town, tmp_path)
        town.plans.publish(moved(town, dict.fromkeys(("U08", "U09"), f"{WEST}003")))
        times = [edition.valid_from for edition in town.store.editions()]
        rows = {"source_id": ["a", "b"], "category": "0101", "occurred_at": pd.to_datetime(times), "status": "open"}
        town.store.upsert_incidents(gpd.GeoDataFrame(rows, geometry=[shapely.Point(118.3005, 35.1025)] * 2, crs=4326))
    return data


def test_editions_and_changes(run: Run, folder: Path, tmp_path: Path) -> None:
    listed = run("editions", "--data-dir", folder)
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["edition", "1", "2"]
    assert listed.stdout.splitlines()[2].endswith("in force")
    assert [edition["plan_id"] for edition in json.loads(run("editions", "--data-dir", folder, "--json").stdout)["editions"]] == [1, 2]  # fmt: skip # noqa: E501
    told = run("changes", 1, 2, "--data-dir", folder, "-o", tmp_path / "changes.csv")
    assert told.exit_code == 0
    assert "3 grids kept, 0 changed, 2 split" in told.stderr
    assert "2 units and 200 households (0.02 km²) moved" in told.stderr
    assert f"{WEST}003  split" in told.stdout
    assert len(pd.read_csv(tmp_path / "changes.csv")) == 5
    run("changes", 1, 2, "--data-dir", folder, "-o", tmp_path / "changes.gpkg")
    assert len(pyogrio.read_dataframe(tmp_path / "changes.gpkg", layer="moved")) == 2
    assert json.loads(run("changes", 2, 1, "--data-dir", folder, "--json").stdout)["merged"] == 1
    assert run("changes", 1, 9, "--data-dir", folder).exit_code == 1
    assert "拆分" in run("changes", 1, 2, "--data-dir", folder, lang="zh").stdout


def test_a_rollback_and_places_as_of_a_day(run: Run, folder: Path, tmp_path: Path) -> None:
    first, second = json.loads(run("editions", "--data-dir", folder, "--json").stdout)["editions"]
    points, out = tmp_path / "points.csv", tmp_path / "out.csv"
    points.write_text("lon,lat\n118.3005,35.1025\n", encoding="utf-8")
    for edition, code in ((first, f"{WEST}002"), (second, f"{WEST}003")):
        as_of = ("--as-of", edition["valid_from"].replace(" ", "T"), "--data-dir", folder)
        assert json.loads(run(*HERE, *as_of, "--json").stdout)["code"] == code
        assert run("locate", points, "-o", out, "--datum", "wgs84", *as_of).exit_code == 0
        assert pd.read_csv(out, dtype=str)["grid_code"].tolist() == [code]
    wrong = run(*HERE, "--as-of", "yesterday", "--data-dir", folder)
    assert (wrong.exit_code, "--as-of='yesterday' is not a time" in wrong.stderr) == (1, True)
    early = run(*HERE, "--as-of", "1999-01-01T00:00:00Z", "--data-dir", folder)
    assert (early.exit_code, "No plan was in force" in early.stderr) == (1, True)
    back = run("rollback", 1, "--data-dir", folder, "--json")
    assert (json.loads(back.stdout)["edition"], json.loads(back.stdout)["plan"]) == (3, 1)
    assert "with the grids of edition 1: 2 incidents assigned" in back.stderr
    assert json.loads(run(*HERE, "--data-dir", folder, "--json").stdout)["code"] == f"{WEST}002"
    assert run("rollback", 1, "--data-dir", folder).exit_code == 1
    assert run("rollback", 77, "--data-dir", folder).exit_code == 1


def test_counts(run: Run, folder: Path, tmp_path: Path) -> None:
    told = run("counts", "--by", "day", "--data-dir", folder, "-o", tmp_path / "counts.csv")
    assert told.exit_code == 0
    assert "2 incidents in 9 grids; 0 outside all grids, 0 before the first edition." in told.stderr
    table = pd.read_csv(tmp_path / "counts.csv", dtype={"code": str}).set_index(["edition", "code"])["incidents"]
    assert (table[1, f"{WEST}002"], table[2, f"{WEST}003"], table.sum()) == (1, 1, 2)
    today = json.loads(run("counts", "--data-dir", folder, "--json").stdout)
    assert {row["code"]: row["incidents"] for row in today["grids"]}[f"{WEST}003"] == 2
    assert f"[day|today|{'|'.join(AREA_KINDS)}]" in run("counts", "--help").stdout.replace("\n", "").replace(" ", "")
    units = run("counts", "--by", "unit", "--data-dir", folder, "--json")
    counted = {row["code"]: row["incidents"] for row in json.loads(units.stdout)["areas"]}
    assert (len(counted), counted["U08"], sum(counted.values())) == (16, 2, 2)
    assert "2 incidents in 16 areas; 0 outside all of them." in units.stderr
    assert "U08" in run("counts", "--by", "unit", "--data-dir", folder).stdout.splitlines()[1]
    assert "0 incidents in 0 areas; 2 outside" in run("counts", "--by", "community", "--data-dir", folder).stderr
    none = run("counts", "--until", "2000-01-01T00:00:00Z", "--data-dir", folder)
    assert "0 incidents in 5 grids" in none.stderr


def test_the_journal(run: Run, folder: Path) -> None:
    told = run("journal", 2, "--data-dir", folder)
    assert told.stdout.splitlines()[1].split()[::2][:2] == ["1", "local"]
    entries = json.loads(run("journal", 2, "--data-dir", folder, "--json").stdout)
    assert (entries["sequence"], len(entries["entries"][0]["moves"])) == (1, 2)
    assert json.loads(run("journal", 2, "--since", 1, "--data-dir", folder, "--json").stdout)["entries"] == []
    assert run("journal", 9, "--data-dir", folder).exit_code == 1


@pytest.mark.parametrize("kind", CASES)
def test_what_publish_refuses(
    run: Run, tmp_path: Path, content_of: Callable[[Path], object], kind: str
) -> None:  # fmt: skip
    prepare, item, _ = CASES[kind]
    data = tmp_path / "data"
    with Workspace.open(data) as town:
        found_town(town, tmp_path)
        plan = prepare(town, tmp_path)
        fault = next(fault for fault in Workspace(town.store, data).plans.check(plan) if fault.kind == kind)
    before = content_of(data)
    refused = run("publish", plan, "--data-dir", data)
    assert refused.exit_code == 1
    assert f"Plan {plan} can't be published" in refused.stderr
    assert str(fault) in refused.stderr
    assert f"({fault.lon:.6f}, {fault.lat:.6f})" in refused.stderr
    assert item is None or item in refused.stderr
    assert content_of(data) == before


def test_a_drawing_that_cuts_a_unit_is_refused(run: Run, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "drawn.gpkg"
    with Workspace.open(folder) as town:
        town.plans.load(1).write(file)
        grids = gpd.read_file(file, layer="grids")
        too_low = shapely.box(118.3, 35.1, 118.302, 35.1014)
        shapes = [too_low if code == f"{WEST}001" else s for code, s in zip(grids["code"], grids.geometry, strict=True)]
        grids.set_geometry(shapes, crs=4326).to_file(file, layer="grids")
    refused = run("publish", file, "--within", "community_code", "--data-dir", folder)
    assert refused.exit_code == 1
    assert f"Grid {WEST}001 as drawn cuts unit U04" in refused.stderr


def test_tiles_of_an_edition_in_one_file(run: Run, folder: Path, tmp_path: Path) -> None:
    told = run("tiles", "-o", tmp_path / "grids.pmtiles", "--edition", 1, "--data-dir", folder, "--json")
    assert json.loads(told.stdout)["edition"] == 1
    assert "edition 1" in told.stderr
    last = max(archived_tiles((tmp_path / "grids.pmtiles").read_bytes()).items())[1]
    assert len(decoded_layer(last)[1]) == 4
    refused = run("tiles", "-o", tmp_path / "units.pmtiles", "--collection", "units", "--edition", 1)
    assert refused.exit_code == 2
    assert "Only grids have editions." in refused.stderr


def test_plans_are_listed_and_drafts_deleted(run: Run, folder: Path) -> None:
    with Workspace.open(folder) as town:
        draft = town.plans.copy(2, name="草稿").id
    rows = [line.split()[:3] for line in run("plans", "--data-dir", folder).stdout.splitlines()]
    assert rows[1:] == [["1", "first", "retired"], ["2", "first", "in"], [str(draft), "草稿", "draft"]]
    deleted = run("plans", "delete", draft, 2, "--data-dir", folder)
    assert (deleted.exit_code, f"Plan {draft} is deleted." in deleted.stderr) == (1, True)
    assert "Plan 2 is needed: editions 2." in deleted.stderr
    listed = json.loads(run("plans", "--data-dir", folder, "--json").stdout)["plans"]
    assert [(plan["id"], plan["state"], plan["parent_id"]) for plan in listed] == [
        (1, "retired", None), (2, "published", 1),
    ]  # fmt: skip
    assert run("plans", "delete", "--data-dir", folder).exit_code == 2

"""``locate``, ``field-pack`` and ``assign``: one place, an address, a file of points."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import Result

from spatialgov.datum import DATUMS, from_wgs84
from spatialgov.vector_io import read_table
from spatialgov.workspace import Workspace
from spatialgov_maps import static_dir

Run = Callable[..., Result]


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

"""Bad input: a message that a planner understands, a status that is not 0, nothing written, the store as it was."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import Result

from spatialgov.vector_io import read_table, write_vector

Run = Callable[..., Result]


def moved(town: gpd.GeoDataFrame, change: Callable[[np.ndarray], np.ndarray]) -> gpd.GeoDataFrame:
    return town.set_geometry(gpd.GeoSeries(shapely.transform(town.geometry.to_numpy(), change), crs=4326))


def with_shape(town: gpd.GeoDataFrame, row: int, shape: shapely.Polygon) -> gpd.GeoDataFrame:
    shapes = town.geometry.to_numpy().copy()
    shapes[row] = shape
    return town.set_geometry(gpd.GeoSeries(shapes, crs=4326))


def empty_file(town: gpd.GeoDataFrame, folder: Path) -> Path:
    (folder / "empty.gpkg").touch()
    return folder / "empty.gpkg"


def truncated(town: gpd.GeoDataFrame, folder: Path) -> Path:
    town.to_file(folder / "cut.gpkg")
    whole = (folder / "cut.gpkg").read_bytes()
    (folder / "cut.gpkg").write_bytes(whole[: len(whole) // 3])
    return folder / "cut.gpkg"


def metres_as_degrees(town: gpd.GeoDataFrame, folder: Path) -> Path:
    metres = town.to_crs(4549).set_crs(4326, allow_override=True)
    metres.to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def swapped_axes(town: gpd.GeoDataFrame, folder: Path) -> Path:
    moved(town, lambda xy: xy[:, ::-1]).to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def negative_count(town: gpd.GeoDataFrame, folder: Path) -> Path:
    town.loc[4, "households"] = -3
    town.to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def missing_count(town: gpd.GeoDataFrame, folder: Path) -> Path:
    town.assign(households=town["households"].where(town.index != 6, np.nan)).to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def nan_corner(town: gpd.GeoDataFrame, folder: Path) -> Path:
    corners = shapely.get_coordinates(town.geometry[2])
    corners[1] = np.nan
    with np.errstate(invalid="ignore"):
        with_shape(town, 2, shapely.Polygon(corners)).to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def bow_tie(town: gpd.GeoDataFrame, folder: Path) -> Path:
    (x, y), (east, north) = np.array(town.geometry[0].bounds).reshape(2, 2)
    crossed = shapely.Polygon([(x, y), (east, north), (east, y), (x, north)])
    with_shape(town, 0, crossed).to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def gap(town: gpd.GeoDataFrame, folder: Path) -> Path:
    # the unit's inner corner is cut off: a triangle that belongs to nobody
    x, y, east, north = town.geometry[5].bounds
    cut = shapely.Polygon([(x, y), (east, y), (east, (y + north) / 2), ((x + east) / 2, north), (x, north)])
    with_shape(town, 5, cut).to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def overlap(town: gpd.GeoDataFrame, folder: Path) -> Path:
    x, y, east, north = town.geometry[5].bounds
    with_shape(town, 5, shapely.box(x, y, east + 0.0005, north)).to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def twice(town: gpd.GeoDataFrame, folder: Path) -> Path:
    town.loc[3, "unit_id"] = "U00"
    town.to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


def no_datum(town: gpd.GeoDataFrame, folder: Path) -> Path:
    write_vector(town, folder / "units.csv")
    return folder / "units.csv"


def no_identifiers(town: gpd.GeoDataFrame, folder: Path) -> Path:
    town.rename(columns={"unit_id": "ID"}).to_file(folder / "units.gpkg")
    return folder / "units.gpkg"


BAD_UNITS = [
    (empty_file, (), ["empty.gpkg can't be read", "empty (0 bytes)"]),
    (truncated, (), ["cut.gpkg can't be read", "truncated or damaged", "export it again"]),
    (metres_as_degrees, (), ["units.gpkg, row 1", "What to do"]),
    (swapped_axes, (), ["units.gpkg, row 1", "swapped"]),
    (negative_count, (), ["row 5, households, U04", "negative: -3", "Give a number of 0 or more", "--keep-sound"]),
    (missing_count, (), ["row 7, households, U06", "is empty", "Fill it in"]),
    (nan_corner, (), ["row 3, geometry", "not finite"]),
    (bow_tie, (), ["row 1", "U00", "(118.30"]),
    (gap, (), ["gap", "(118.30"]),
    (overlap, (), ["overlap", "U05"]),
    (twice, (), ["row 4, unit_id, U00", "in row 1 already"]),
    (no_datum, (), ["units.csv doesn't say which coordinates it has", "wgs84, cgcs2000, gcj02, bd09"]),
    (no_datum, ("--datum", "mars84"), ["Unknown datum “mars84”", "gcj02"]),
    (no_identifiers, (), ["“unit_id” is missing", "community_code, ID,", "--column OURS=THEIRS"]),
]


@pytest.mark.parametrize(("make", "options", "expected"), BAD_UNITS, ids=lambda v: getattr(v, "__name__", ""))
def test_bad_units_are_refused_in_words(
    run: Run,
    town: gpd.GeoDataFrame,
    store: Path,
    content_of: Callable[[Path], object],
    tmp_path: Path,
    make: Callable[[gpd.GeoDataFrame, Path], Path],
    options: tuple[str, ...],
    expected: list[str],
) -> None:
    (tmp_path / "bad").mkdir()
    file, before = make(town, tmp_path / "bad"), content_of(store)
    there = sorted(tmp_path.iterdir())
    partition = run("partition", file, "-o", tmp_path / "out.gpkg", "--map", tmp_path / "out.html", "--json", *options)
    imported = run("import", "units", file, "--data-dir", store, *options)
    for result in (partition, imported):
        assert result.exit_code == 1
        assert result.stdout == ""
        for text in expected:
            assert text in result.stderr
        assert "Traceback" not in result.stderr
    assert sorted(tmp_path.iterdir()) == there
    assert content_of(store) == before


def test_a_missing_parent_column_is_named(run: Run, units_file: Path, tmp_path: Path) -> None:
    result = run("partition", units_file, "-o", tmp_path / "out.gpkg", "--within", "comunity")
    assert result.exit_code == 1
    assert "“comunity” is missing" in result.stderr
    assert "The file has: community_code" in result.stderr  # the likeliest first
    assert not (tmp_path / "out.gpkg").exists()


def test_heights_are_left_out_with_a_note(run: Run, town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    flat, high = tmp_path / "flat.gpkg", tmp_path / "high.gpkg"
    town.to_file(flat)
    town.set_geometry(gpd.GeoSeries(shapely.force_3d(town.geometry.to_numpy(), 12.5), crs=4326)).to_file(high)
    plain = run("partition", flat, "-o", tmp_path / "flat_plan.gpkg")
    result = run("partition", high, "-o", tmp_path / "high_plan.gpkg")
    assert result.exit_code == plain.exit_code == 0
    assert "Heights (Z) are left out" in result.stderr
    assert "Heights" not in plain.stderr
    first, second = (gpd.read_file(tmp_path / f"{n}_plan.gpkg", layer="grids") for n in ("flat", "high"))
    assert first.equals(second)
    assert not second.has_z.any()


def test_only_sound_rows_when_asked(run: Run, town: gpd.GeoDataFrame, tmp_path: Path) -> None:
    town.loc[0, "households"] = -3
    town.to_file(tmp_path / "units.gpkg")
    result = run("partition", tmp_path / "units.gpkg", "-o", tmp_path / "plan.gpkg", "--keep-sound")
    assert result.exit_code == 0
    assert "U00: “households” is negative" in result.stderr
    units = gpd.read_file(tmp_path / "plan.gpkg", layer="units")
    assert sorted(units["unit_id"]) == sorted(town["unit_id"][1:])


def test_every_fault_is_in_the_table_though_the_terminal_shows_twenty(run: Run, tmp_path: Path, store: Path) -> None:
    n = 30
    x = 118.3 + 0.001 * np.arange(n + 1)
    shapes = shapely.box(x[:-1], np.full(n, 35.1), x[1:], np.full(n, 35.101))
    row = gpd.GeoDataFrame(
        {"unit_id": [f"U{i:02d}" for i in range(n)], "households": -1, "population": 1}, geometry=shapes, crs=4326
    )
    row.to_file(tmp_path / "units.gpkg")
    table = tmp_path / "faults.csv"
    for command in (
        ("partition", tmp_path / "units.gpkg", "-o", tmp_path / "plan.gpkg"),
        ("import", "units", tmp_path / "units.gpkg", "--data-dir", store),
    ):
        short = run(*command)
        assert "… and 10 more" in short.stderr
        assert "--faults FILE.csv writes a table of all 30" in short.stderr.splitlines()[-1]
        result = run(*command, "--faults", table)
        assert result.exit_code == 1
        assert result.stderr.splitlines()[-1] == f"All 30 faults are in {table}."
        faults = read_table(table)
        assert list(faults) == ["row", "column", "item", "kind", "severity", "message", "remedy", "lon", "lat"]
        assert faults["row"].tolist() == [str(i + 1) for i in range(n)]
        assert faults["item"].tolist() == row["unit_id"].tolist()
        assert set(faults["kind"]) == {"negative_count"}
        np.testing.assert_allclose(faults["lon"].astype(float), x[:-1] + 0.0005)
        table.unlink()


def test_the_table_never_shows_an_earlier_run(run: Run, units_file: Path, tmp_path: Path) -> None:
    table = tmp_path / "faults.csv"
    (tmp_path / "empty.gpkg").touch()
    assert run("partition", tmp_path / "empty.gpkg", "-o", tmp_path / "p.gpkg", "--faults", table).exit_code == 1
    assert read_table(table)["kind"].tolist() == ["unreadable_file"]
    assert run("partition", units_file, "-o", tmp_path / "p.gpkg", "--faults", table).exit_code == 0
    assert table.read_text(encoding="utf-8-sig").splitlines() == [
        "row,column,item,kind,severity,message,remedy,lon,lat"
    ]


INCIDENTS = "source_id,category,occurred_at,lon,lat,status\n"
GOOD = "A1,0101,2026-05-01T08:00+08:00,118.3005,35.1005,open\n"


def test_refused_incidents_are_reported_and_the_others_go_in(run: Run, store: Path, tmp_path: Path) -> None:
    file, table = tmp_path / "events.csv", tmp_path / "refused.csv"
    file.write_text(
        INCIDENTS + GOOD + "A2,0101,yesterday,118.3005,35.1005,open\nA3,0101,2026-05-01T08:00+08:00,,,open\n"
    )
    command = ("import", "incidents", file, "--datum", "wgs84", "--data-dir", store, "--faults", table, "--json")
    result = run(*command)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["accepted"], report["refused"]) == (1, 2)
    assert "row 2" in result.stderr
    assert read_table(table)["row"].tolist() == ["2", "3"]
    again = json.loads(run(*command).stdout)
    assert (again["accepted"], again["unchanged"]) == (0, 1)
    left = Path(report["refused_file"])
    assert left == tmp_path / "events.refused.csv"
    assert read_table(left)["row"].tolist() == ["2", "3"]
    sent = ("import", "incidents", left, "--datum", "wgs84", "--data-dir", store, "--json", "--refused")
    left.write_text(left.read_text(encoding="utf-8-sig").replace("yesterday", "2026-05-01T08:00+08:00"))
    planned = json.loads(run(*sent, tmp_path / "still.csv", "--dry-run").stdout)
    mended = json.loads(run(*sent, tmp_path / "still.csv").stdout)
    assert (planned["accepted"], mended["accepted"], mended["refused"]) == (1, 1, 1)
    assert mended["dropped_columns"] == []
    assert read_table(tmp_path / "still.csv")["source_id"].tolist() == ["A3"]


def test_a_file_of_which_nothing_went_in_is_a_failure(
    run: Run, store: Path, content_of: Callable[[Path], object], tmp_path: Path
) -> None:
    file, before = tmp_path / "cameras.csv", content_of(store)
    file.write_text("camera_id,kind,lon,lat,status\nC1,fixed,,,in_service\n")
    result = run("import", "cameras", file, "--datum", "wgs84", "--data-dir", store)
    assert result.exit_code == 1
    assert "row 1" in result.stderr
    assert content_of(store) == before


def test_incidents_without_a_datum_or_a_time_zone(run: Run, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text(INCIDENTS + GOOD.replace("+08:00", ""))
    result = run("import", "incidents", file, "--data-dir", store)
    assert result.exit_code == 1
    assert "doesn't say which coordinates" in result.stderr
    result = run("import", "incidents", file, "--datum", "wgs84", "--data-dir", store)
    assert result.exit_code == 1
    assert "Asia/Shanghai" in result.stderr
    assert run("import", "incidents", file, "--datum", "wgs84", "--timezone", "Asia/Shanghai", "--data-dir", store)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (("118.4", "35.1005", "--datum", "wgs84"), ["lies outside all grids", "order of longitude and latitude"]),
        (("118.3005", "35.1005", "--datum", "mars84"), ["Unknown datum “mars84”", "gcj02"]),
        (("35.1005", "118.3005", "--datum", "wgs84"), ["swapped"]),
        (("nan", "35.1", "--datum", "wgs84"), ["not finite"]),
        (("-71.41", "41.82", "--datum", "wgs84"), ["Longitude -71.41, latitude 41.82", "outside"]),
    ],
)
def test_locations_that_have_no_answer(run: Run, store: Path, where: tuple[str, ...], expected: list[str]) -> None:
    result = run("locate", *where, "--data-dir", store, "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    for text in expected:
        assert text in result.stderr


def test_a_plan_with_a_unit_left_out_is_not_published_and_not_kept(
    run: Run, store: Path, content_of: Callable[[Path], object], tmp_path: Path
) -> None:
    plan, before = tmp_path / "today.csv", content_of(store)
    plan.write_text("unit_id,grid_code\nU00,990101001001001\n")
    result = run("publish", plan, "--data-dir", store)
    assert result.exit_code == 1
    assert "U01 has no grid" in result.stderr
    assert content_of(store) == before


def test_a_store_that_is_not_there(run: Run, tmp_path: Path) -> None:
    for command in ("assign", "hotspots", "coverage", "recommend", "serve"):
        result = run(command, "--data-dir", tmp_path / "nowhere")
        assert result.exit_code == 1
        assert "There is no store in" in result.stderr
        assert "spatialgov demo" in result.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_output_takes_the_place_of_an_input(run: Run, units_file: Path, lang: str) -> None:
    before, link = units_file.read_bytes(), units_file.with_name("link.gpkg")
    link.symlink_to(units_file.name)
    words = {"en": "is both read and written. Name another output.", "zh": "既是输入又是输出"}[lang]
    for command in (
        ("partition", units_file, "-o", units_file),
        ("partition", "-o", units_file.parent / "." / units_file.name, units_file),
        ("partition", units_file, "-o", link),
        ("rebalance", units_file, units_file, "-o", units_file),
        ("unit-grids", units_file, link, "-o", units_file),
    ):
        result = run(*command, lang=lang)
        assert result.exit_code == 2
        assert words in result.stderr
        assert units_file.read_bytes() == before

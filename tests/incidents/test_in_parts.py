"""Cubes, counts, densities and back-tests in parts: the same as at once, to the last bit, however they are cut."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from spatialgov.bulk import Foreseen, Hands
from spatialgov.errors import FaultyDataError, InputError, StoreError
from spatialgov.incidents import Raster, density, forecast, h3_counts, kernel_density, read_incidents
from spatialgov.incidents.cube import Cube
from spatialgov.incidents.in_parts import (
    CellCounts,
    CubeOfFiles,
    CubeReport,
    CubeSlice,
    backtests,
    cell_counts,
    cube_files,
    cube_slices,
    density_of_cube,
    walked_in_parts,
)
from spatialgov.projection import metric_crs, project
from spatialgov.threads import on_cores
from tests.same import assert_same

LON, LAT = 116.65, 33.93
CRS = metric_crs(LON, LAT)


@pytest.fixture
def hands(tmp_path: Path) -> Hands:
    return Hands(tmp_path / "parts")


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a cube of 3,000 incidents of two categories over some 20 km."""
    rng = np.random.default_rng(2)
    n = 3000
    time_us = rng.integers(0, 10**12, n)
    lon, lat = LON + rng.normal(0, 0.06, n), LAT + rng.normal(0, 0.05, n)
    path = tmp_path_factory.mktemp("cube") / "incidents.cube"
    Cube.build(np.arange(n), time_us, time_us, rng.integers(0, 2, n), lon, lat, ["0101", "0502"]).save(path)
    return path


def table(n: int = 240) -> pd.DataFrame:
    """Give rows of which some have faults: no category, no place, no time, an identifier that was there."""
    rng = np.random.default_rng(0)
    day = pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.integers(0, 40, n), unit="D")
    frame = pd.DataFrame(
        {
            "source_id": [f"E{i:04d}" for i in range(n)],
            "category": np.where(rng.random(n) < 0.3, "0502", "0101"),
            "occurred_at": day.strftime("%Y-%m-%d").to_numpy() + np.where(rng.random(n) < 0.5, "T08:00+08:00", ""),
            "note": "kept by nobody",
            "lon": (LON + rng.uniform(-0.05, 0.05, n)).round(5).astype(str),
            "lat": (LAT + rng.uniform(-0.05, 0.05, n)).round(5).astype(str),
        }
    )
    frame.loc[[7, n - 1], "source_id"] = "E0003"
    frame.loc[[20, 200], "category"] = ""
    frame.loc[100, "lon"] = ""
    frame.loc[150, "occurred_at"] = "yesterday"
    frame.loc[[160, 170], "source_id"] = ["E0020", "E0150"]  # those were refused themselves
    return frame


def expected_cube(source: Path, path: Path, before: int = 0) -> tuple[Cube, list[int]]:
    """Make the cube of one file at once, from what `read_incidents` finds sound; give also the faulty rows."""
    found = read_incidents(source, datum="gcj02", timezone="Asia/Shanghai")
    bad = sorted({fault.row for fault in found.faults if fault.severity == "error" and fault.row is not None})
    rows = np.setdiff1d(np.arange(1, len(found.frame) + len(bad) + 1), bad) + before
    begin, until = (
        pd.DatetimeIndex(pd.to_datetime(found.frame[name], utc=True)).as_unit("us")
        for name in ("occurred_at", "occurred_until")
    )
    codes, category = np.unique(found.frame["category"].to_numpy(dtype=str), return_inverse=True)
    xy = shapely.get_coordinates(found.frame.geometry.to_numpy())
    made = Cube.build(
        rows, begin.asi8, np.where(until.isna(), begin.asi8, until.asi8), category, xy[:, 0], xy[:, 1], codes.tolist()
    )
    made.save(path)
    return made, bad


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, row_group_size=17, index=False)


def write_wide_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write row groups that hold more than a part may."""
    frame.to_parquet(path, row_group_size=110, index=False)


@pytest.mark.parametrize(
    ("write", "suffix"), [(write_csv, ".csv"), (write_parquet, ".parquet"), (write_wide_parquet, ".parquet")]
)
@pytest.mark.parametrize("rows", [25, 60, 10**9])
def test_a_cube_of_a_file_is_the_same_in_whatever_memory_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[pd.DataFrame, Path], None], suffix: str, rows: int
) -> None:
    source, target = tmp_path / f"incidents{suffix}", tmp_path / "parts.cube"
    write(table(), source)
    made, bad = expected_cube(source, tmp_path / "whole.cube")
    monkeypatch.setattr(cube_files, "_LEAST_BYTES", 500)
    monkeypatch.setattr(cube_files, "_LEAST_ROWS", 5)
    monkeypatch.setattr(cube_files, "_ROWS", 50)
    monkeypatch.setattr(cube_files, "_MERGED", 30)
    memory = cube_files._BYTES_ANYHOW + 400 * rows  # what a row of this CSV takes is about the same
    job = CubeOfFiles((source,), target, "gcj02", "Asia/Shanghai")
    parts = job.parts(memory)
    assert len(parts) >= 240 / rows
    assert rows < 240 or len(parts) == 1
    hands = Hands(tmp_path / "parts", memory=memory if write is not write_csv else memory + 600)  # to a record's end
    with on_cores(1):  # no processes of their own
        report: CubeReport = hands.do(job)
    assert target.read_bytes() == (tmp_path / "whole.cube").read_bytes()
    assert (report.rows, report.incidents, report.faulty) == (240, len(made), len(bad))
    told = {fault.row for fault in report.faults}
    assert told <= set(bad)
    assert {21, 101, 151, 201} <= told  # an identifier of another piece is only counted
    assert not hands.folder.exists()


def test_utf_16_is_one_piece(hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cube_files, "_LEAST_BYTES", 500)
    source = tmp_path / "incidents.csv"
    table().to_csv(source, index=False, encoding="utf-16")
    expected_cube(source, tmp_path / "whole.cube")
    job = CubeOfFiles((source,), tmp_path / "parts.cube", "gcj02", "Asia/Shanghai")
    assert len(job.parts(0)) == 1
    hands.do(job)
    assert (tmp_path / "parts.cube").read_bytes() == (tmp_path / "whole.cube").read_bytes()


def test_a_cube_of_several_files_counts_their_rows_on(hands: Hands, tmp_path: Path) -> None:
    whole, first, second = (tmp_path / name for name in ("whole.csv", "first.csv", "second.csv"))
    write_csv(table(), whole)
    write_csv(table()[:90], first)
    write_csv(table()[90:], second)
    expected_cube(whole, tmp_path / "whole.cube")
    hands.do(CubeOfFiles((first, second), tmp_path / "both.cube", "gcj02", "Asia/Shanghai"))
    assert (tmp_path / "both.cube").read_bytes() == (tmp_path / "whole.cube").read_bytes()


def test_files_without_a_sound_row_make_no_cube(hands: Hands, tmp_path: Path) -> None:
    write_csv(table().assign(category=""), tmp_path / "bad.csv")
    with pytest.raises(FaultyDataError, match="No row") as raised:
        hands.do(CubeOfFiles((tmp_path / "bad.csv",), tmp_path / "bad.cube", "wgs84", "Asia/Shanghai"))
    assert {fault.row for fault in raised.value.faults} >= {1, 2, 3}
    assert not (tmp_path / "bad.cube").exists()


@pytest.mark.parametrize("at_once", [200, 10**6])
def test_counts_in_cells(cube: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(cube_slices, "AT_ONCE", at_once)
    monkeypatch.setattr(cell_counts, "_PART", 5 * at_once)
    held = Cube.open(cube)
    cells, counts = hands.do(CellCounts(CubeSlice(cube, 0, len(held)), 8))
    assert_same((cells, counts), h3_counts(held.lon, held.lat, 8))
    chosen = CubeSlice(cube, 500, 2500, ("0502",))
    rows = np.flatnonzero(held.category == 1)
    rows = rows[(rows >= 500) & (rows < 2500)]
    assert_same(hands.do(CellCounts(chosen, 8)), h3_counts(held.lon[rows], held.lat[rows], 8))
    none = hands.do(CellCounts(CubeSlice(cube, 5, 5), 8))
    assert [len(part) for part in none] == [0, 0]


@pytest.mark.parametrize("links", [True, False])
def test_counts_of_a_cube_that_is_replaced_meanwhile(
    cube: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_link(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    if not links:
        monkeypatch.setattr(os, "link", no_link)
    held, stored = Cube.open(cube), Path(shutil.copy2(cube, tmp_path / "stored.cube"))
    whole = CubeSlice(stored, 0, len(held))
    shipped = whole.lent(tmp_path / "parts")
    assert shipped is not None
    assert isinstance(shipped.cube, Path)
    assert (shipped.cube.stat().st_ino == stored.stat().st_ino) == links
    assert shipped.basis() == whole.basis()
    stored.unlink()
    assert shipped == whole.lent(tmp_path / "parts"), "what is there is as good"
    hands = Hands(tmp_path / "parts")
    assert_same(hands.do(CellCounts(shipped, 8)), h3_counts(held.lon, held.lat, 8))
    assert not hands.folder.exists()
    assert whole.lent(tmp_path / "parts") is None
    boundary, raster = ground()
    shipped = CubeSlice(cube, 0, len(held)).lent(hands.folder)
    assert shipped is not None
    density_of_cube(hands, shipped, raster, CRS, 300.0, boundary)
    assert not hands.folder.exists()
    assert cube.exists()


def test_a_cube_that_can_t_be_put_beside_the_parts(cube: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").touch()
    with pytest.raises(StoreError, match=r"incidents\.cube can't be written"):
        CubeSlice(cube, 0, 1).lent(tmp_path / "parts")


def ground() -> tuple[BaseGeometry, Raster]:
    x, y = (float(v) for v in project(LON, LAT, CRS))
    boundary = shapely.Point(x, y).buffer(9000).difference(shapely.box(x, y, x + 3000, y + 2500))
    return boundary, Raster.over(boundary.bounds, 150.0)


@pytest.mark.parametrize("bandwidth_m", [120.0, 400.0])
@pytest.mark.parametrize("side", [50, 1024])
def test_a_density_of_blocks(
    cube: Path, hands: Hands, monkeypatch: pytest.MonkeyPatch, bandwidth_m: float, side: int
) -> None:
    monkeypatch.setattr(kernel_density, "_BLOCK", side)
    monkeypatch.setattr(cube_slices, "AT_ONCE", 700)
    boundary, raster = ground()
    held = Cube.open(cube)
    x_m, y_m = project(held.lon, held.lat, CRS)
    whole = density(x_m, y_m, boundary.bounds, 150.0, bandwidth_m, boundary=boundary)
    found = density_of_cube(hands, CubeSlice(cube, 0, len(held)), raster, CRS, bandwidth_m, boundary)
    np.testing.assert_array_equal(found, whole)
    if side == 50:
        monkeypatch.setattr(kernel_density, "_BLOCK", 1024)
        at_once = density(x_m, y_m, boundary.bounds, 150.0, bandwidth_m, boundary=boundary)
        # the transform of a larger raster is another one, as far as `density` is exact at all
        np.testing.assert_allclose(whole, at_once, rtol=2e-3, atol=1e-6 * np.nanmax(at_once))


def test_the_density_of_a_slice(cube: Path, hands: Hands) -> None:
    boundary, raster = ground()
    held = Cube.open(cube)
    rows = np.flatnonzero(held.category == 0)
    rows = rows[(rows >= 100) & (rows < 900)]
    x_m, y_m = project(held.lon[rows], held.lat[rows], CRS)
    found = density_of_cube(hands, CubeSlice(cube, 100, 900, ("0101",)), raster, CRS, 300.0, boundary)
    np.testing.assert_array_equal(found, density(x_m, y_m, boundary.bounds, 150.0, 300.0, boundary=boundary))
    with pytest.raises(InputError, match="too small"):
        density_of_cube(hands, CubeSlice(cube, 0, 9), raster, CRS, 10.0, boundary)


@pytest.mark.parametrize("windows", [1, 5])
def test_a_forecast_whose_back_test_is_made_in_parts(
    hands: Hands, monkeypatch: pytest.MonkeyPatch, windows: int
) -> None:
    rng = np.random.default_rng(1)
    n = 700
    x, y, day = rng.uniform(0, 2000, n), rng.uniform(0, 1500, n), np.sort(rng.uniform(0, 200, n))
    x[::3], y[::3] = 777.0, 666.0
    options: dict[str, Any] = {"own": np.arange(n) % 4 > 0, "boundary": shapely.box(0, 0, 1900, 1500), "windows": 6}
    whole = forecast(x, y, day, (0, 0, 2000, 1500), **options)
    monkeypatch.setattr(backtests, "_WINDOWS", windows)
    found = forecast(x, y, day, (0, 0, 2000, 1500), **options, walking=walked_in_parts(hands))
    assert_same(found, whole)
    assert not hands.folder.exists()


def test_a_dry_run_of_a_forecast_leaves_nothing(tmp_path: Path) -> None:
    hands = Hands(tmp_path / "parts", dry_run=True)
    day = np.arange(0.0, 120.0)
    with pytest.raises(Foreseen) as foreseen:
        forecast(day * 10, day * 5, day, (0, 0, 1300, 700), windows=4, walking=walked_in_parts(hands))
    assert [part.about["windows"] for part in foreseen.value.outlook.parts] == [[0, 4], [4, 8]]
    assert not (tmp_path / "parts").exists()


def test_a_forecast_without_a_past_has_no_parts(hands: Hands) -> None:
    few = np.array([1.0, 2.0])
    found = forecast(few * 100, few * 100, few, (0, 0, 500, 500), walking=walked_in_parts(hands))
    assert_same(found, forecast(few * 100, few * 100, few, (0, 0, 500, 500)))


def test_places_are_read_as_geoparquet_too(hands: Hands, tmp_path: Path) -> None:
    frame = table().iloc[:20].drop(columns=["lon", "lat"])
    places = gpd.points_from_xy(np.linspace(LON, LON + 0.1, 20), np.full(20, LAT))
    gpd.GeoDataFrame(frame, geometry=places, crs=4326).to_parquet(tmp_path / "points.parquet")
    report = hands.do(CubeOfFiles((tmp_path / "points.parquet",), tmp_path / "a.cube", "wgs84", "Asia/Shanghai"))
    held = Cube.open(tmp_path / "a.cube")
    assert (report.rows, report.incidents) == (20, 19)
    order = np.argsort(held.ids)
    np.testing.assert_array_equal(held.lon[order], np.delete(np.linspace(LON, LON + 0.1, 20), 7))

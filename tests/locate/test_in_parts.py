"""A table located piece by piece: the same rows as at once, however it is cut."""

import csv
import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.bulk import run
from spatialgov.errors import CoordinateError, InputError
from spatialgov.locate import Locator, locate_file, point_tables
from spatialgov.locate.in_parts import LocateFile
from spatialgov.locate.point_tables import open_points

SIDE = 8


@pytest.fixture(scope="module")
def locator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of a locator over a square of 64 grids."""
    row, column = np.divmod(np.arange(SIDE**2), SIDE)
    frame = gpd.GeoDataFrame(
        {"code": [f"110101001001{i:03d}" for i in range(SIDE**2)], "parent_code": "110101001001"},
        geometry=shapely.box(column, row, column + 1, row + 1),
        crs=4326,
    )
    path = tmp_path_factory.mktemp("locator") / "edition-000001-ab.locator"
    Locator.build(frame).save(path)
    return path


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_tables, "_CSV_PIECE", 700)
    monkeypatch.setattr(point_tables, "_PARQUET_PIECE", 30)


def table(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(-1, SIDE + 1, (2, n)).round(3).astype(str)
    lon[[5, n // 2, n - 3]] = ["", "west", "500"]
    note = np.array(["plain", 'with "quotes"', "two\nlines", "=1+1", "网格"], dtype=object)[np.arange(n) % 5]
    return pd.DataFrame({"id": [f"{i:05d}" for i in range(n)], "lon": lon, "lat": lat, "note": note})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv(locator: Path, tmp_path: Path, encoding: str) -> None:
    source = tmp_path / "points.csv"
    table().to_csv(source, index=False, encoding=encoding)
    expected = locate_file(Locator.open(locator), source, tmp_path / "whole.csv", datum="wgs84")
    job = LocateFile(locator, source, tmp_path / "parts.csv", "wgs84")
    assert (len(job.parts(2**30)) > 5) == (encoding != "utf-16")
    report = run(job, tmp_path / "kept")
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert report.counts() == expected.counts()
    assert [fault.as_dict() for fault in report.faults] == [fault.as_dict() for fault in expected.faults]
    assert [fault.row for fault in report.faults] == [6, 101, 198]


def test_parquet(locator: Path, tmp_path: Path) -> None:
    source = tmp_path / "points.parquet"
    pq.write_table(pa.Table.from_pandas(table(), preserve_index=False), source, row_group_size=20)
    locate_file(Locator.open(locator), source, tmp_path / "whole.parquet", datum="gcj02", border_m=True)
    job = LocateFile(locator, source, tmp_path / "parts.parquet", "gcj02", border_m=True)
    pieces = [part.about["piece"] for part in job.parts(2**30)]
    assert pieces == [[0, 2], [2, 3], [3, 5], [5, 6], [6, 8], [8, 9], [9, 10]]
    for _ in range(2):  # the second takes the place of the first
        run(job, tmp_path / "kept")
        pd.testing.assert_frame_equal(
            pd.read_parquet(tmp_path / "parts.parquet").astype(object),
            pd.read_parquet(tmp_path / "whole.parquet").astype(object),
        )


def test_a_folder_with_other_files_is_left_alone(locator: Path, tmp_path: Path) -> None:
    source = tmp_path / "points.csv"
    table().to_csv(source, index=False)
    (tmp_path / "out.parquet").mkdir()
    (tmp_path / "out.parquet" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        run(LocateFile(locator, source, tmp_path / "out.parquet", "wgs84"), tmp_path / "kept")


def test_no_row_has_a_place(locator: Path, tmp_path: Path) -> None:
    source = tmp_path / "points.csv"
    table().assign(lon="").to_csv(source, index=False)
    with pytest.raises(CoordinateError):
        run(LocateFile(locator, source, tmp_path / "out.csv", "wgs84"), tmp_path / "kept")
    assert not (tmp_path / "out.csv").exists()


@settings(deadline=None)  # the first one may compile
@given(
    st.lists(st.text(st.sampled_from('ab",\n'), max_size=12), min_size=1, max_size=40),
    st.integers(1, 80),
    st.sampled_from(["\n", "\r\n"]),
)
def test_pieces_hold_whole_records(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str], piece: int, end: str
) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([["lon", "lat", "note"], *(["1", "2", cell] for cell in cells)])
    source = tmp_path_factory.mktemp("records") / "points.csv"
    source.write_text(text.getvalue(), encoding="utf-8", newline="")
    points = open_points(source, "wgs84", "lon", "lat")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(point_tables, "_CSV_PIECE", piece)
        pieces = points.pieces()
    assert (pieces[0][0], pieces[-1][1]) == (0, source.stat().st_size)
    whole = pa.Table.from_batches(points.batches(), points.schema)
    found = pa.Table.from_batches([batch for part in pieces for batch in points.batches(part)], points.schema)
    assert found.equals(whole)


def test_a_part_reads_no_more_than_its_piece(locator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the whole of a file tells its encoding: that is looked at once, and told to those who do the parts."""
    source = tmp_path / "points.csv"
    table().to_csv(source, index=False, encoding="gb18030")
    job = LocateFile(locator, source, tmp_path / "out.csv", "wgs84")
    parts = job.parts(2**30)
    assert len(parts) > 1
    monkeypatch.setattr(point_tables, "encoding_of", None)
    for part in parts:
        job.work(part, tmp_path / f"{part.number}.csv")

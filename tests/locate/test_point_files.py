"""From file to file: every row and column kept, bad rows told, memory bounded, all or nothing."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from spatialgov.datum import from_wgs84
from spatialgov.errors import CoordinateError, DatumError, InputError, MissingColumnError, UnreadableFileError
from spatialgov.locate import Locator, locate_file, point_files, point_tables


@pytest.fixture(scope="module")
def locator() -> Locator:
    squares = [shapely.box(116 + i, 39, 117 + i, 40) for i in range(3)]
    parents = ["110105001001", "110105001002", "110105002001"]
    return Locator.build(
        gpd.GeoDataFrame({"code": ["a", "b", "c"], "parent_code": parents}, geometry=squares, crs=4326)
    )


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_bad_rows_are_told_and_sink_nothing(locator: Locator, tmp_path: Path) -> None:
    rows = ["116.5,39.5", "here,39.5", ",", "39.5,116.5", "1e9,39", "nan,39.5", "117.5,39.5", "inf,1", "0,0", "118,"]
    source = write(tmp_path / "p.csv", "lon,lat\n" + "\n".join(rows) + "\n")
    report = locate_file(locator, source, tmp_path / "out.csv", datum="wgs84")
    assert report.counts() == {"rows": 10, "located": 2, "outside": 1, "unreadable": 7}
    assert [(fault.row, fault.kind) for fault in report.faults] == [
        (2, "invalid_coordinate"), (3, "missing_value"), (4, "invalid_coordinate"), (5, "invalid_coordinate"),
        (6, "invalid_coordinate"), (8, "invalid_coordinate"), (10, "invalid_coordinate"),
    ]  # fmt: skip
    assert "swapped" in report.faults[2].message
    assert "metres" in report.faults[3].message
    assert all(fault.remedy and fault.column == "lon" for fault in report.faults)
    out = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    assert out["grid_code"].tolist() == ["a", "", "", "", "", "", "b", "", "", ""]
    assert out["community_code"].tolist()[:2] == ["110105001001", ""]
    assert out["on_border"].tolist() == ["false", "", "", "", "", "", "false", "", "false", ""]
    assert out["lon"].tolist()[1] == "here"


def test_only_so_many_faults_are_kept(locator: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_files, "MOST_FAULTS", 3)
    source = write(tmp_path / "p.csv", "lon,lat\n116.5,39.5\n" + "x,y\n" * 10)
    report = locate_file(locator, source, tmp_path / "out.csv", datum="wgs84")
    assert (report.unreadable, len(report.faults)) == (10, 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_keeps_text_as_it_is(locator: Locator, tmp_path: Path, encoding: str) -> None:
    lines = (
        "编号,lon,lat,备注",
        '007,116.5,39.5,"逗号, 和 ""引号"""',
        '008,-71.4,41.8,"两\n行"',
        "009,116,39,=1+1",
        "010,0,0,''=x",
    )
    text = "\r\n".join([*lines, ""])
    source = write(tmp_path / "p.csv", text, encoding)
    locate_file(locator, source, tmp_path / "out.csv", datum="wgs84")
    out = pd.read_csv(tmp_path / "out.csv", dtype=str)
    assert out["编号"].tolist() == ["007", "008", "009", "010"]
    assert out["lon"].tolist() == ["116.5", "-71.4", "116", "0"]  # a number is no formula
    assert out["备注"].tolist() == ['逗号, 和 "引号"', "两\n行", "'=1+1", "''=x"]
    assert out["on_border"].tolist() == ["false", "false", "true", "false"]
    locate_file(locator, tmp_path / "out.csv", tmp_path / "again.csv", datum="wgs84")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()
    locate_file(locator, source, tmp_path / "out.parquet", datum="wgs84")
    assert pq.read_table(tmp_path / "out.parquet")["备注"].to_pylist()[2:] == ["=1+1", "'=x"]


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_parquet_keeps_columns_and_their_types(locator: Locator, tmp_path: Path, datum: str) -> None:
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(115.5, 119.5, 7001), rng.uniform(38.5, 40.5, 7001)
    lon[0], lat[0] = 116.0, 39.5
    x, y = from_wgs84(lon, lat, datum)
    times = pd.date_range("2026-01-01", periods=7001, freq="min", tz="Asia/Shanghai")
    frame = pd.DataFrame({"x": x, "when": times, "y": y, "n": np.arange(7001, dtype=np.int16), "grid_code": "old"})
    frame.to_parquet(tmp_path / "p.parquet", index=False, row_group_size=1000)
    seen: list[tuple[int, int | None]] = []
    report = locate_file(
        locator, tmp_path / "p.parquet", tmp_path / "out.parquet", datum=datum, lon="x", lat="y", border_m=True,
        progress=lambda rows, of, seconds: seen.append((rows, of)),
    )  # fmt: skip
    out = pd.read_parquet(tmp_path / "out.parquet")
    pd.testing.assert_frame_equal(out[["x", "when", "y", "n"]], frame[["x", "when", "y", "n"]])
    assert list(out.columns[4:]) == [
        "grid_code", "district_code", "subdistrict_code", "community_code", "on_border", "border_m",
    ]  # fmt: skip
    inside = (np.abs(lon - 117.5) < 1.5) & (np.abs(lat - 39.5) < 0.5)
    assert report.located == pytest.approx(inside.sum(), abs=1)
    assert out["grid_code"].notna().sum() == report.located
    assert (out["community_code"][lon > 118].dropna() == "110105002001").all()
    assert out["border_m"].notna().sum() == report.located
    if datum == "wgs84":
        assert out["on_border"].tolist()[:2] == [True, False]
    assert seen[-1] == (7001, 7001)


def test_geoparquet_of_points(locator: Locator, tmp_path: Path) -> None:
    points = [shapely.Point(116.5, 39.5), None, shapely.Point(118.5, 39.5), shapely.box(0, 0, 1, 1), shapely.Point()]
    frame = gpd.GeoDataFrame({"n": range(5)}, geometry=np.array(points, dtype=object), crs=4326)
    frame.to_parquet(tmp_path / "p.parquet")
    report = locate_file(locator, tmp_path / "p.parquet", tmp_path / "out.parquet", datum="wgs84")
    out = gpd.read_parquet(tmp_path / "out.parquet")
    assert out.crs == frame.crs
    assert out["grid_code"].astype(object).where(out["grid_code"].notna(), None).tolist() == [
        "a",
        None,
        "c",
        None,
        None,
    ]
    assert [fault.row for fault in report.faults] == [2, 4, 5]
    frame.iloc[[0, 2]].to_parquet(tmp_path / "plain.parquet")
    assert locate_file(locator, tmp_path / "plain.parquet", tmp_path / "out.csv", datum="wgs84").located == 2
    assert pd.read_csv(tmp_path / "out.csv")["wkt"].tolist() == ["POINT (116.5 39.5)", "POINT (118.5 39.5)"]
    frame.to_crs(32650).to_parquet(tmp_path / "metres.parquet")
    with pytest.raises(DatumError):
        locate_file(locator, tmp_path / "metres.parquet", tmp_path / "out2.parquet", datum="wgs84")


def test_nothing_is_written_when_it_fails(locator: Locator, tmp_path: Path) -> None:
    good = write(tmp_path / "p.csv", "lon,lat\n116.5,39.5\n")
    target = tmp_path / "out.csv"
    cases = {
        "x,y\n1,2\n": MissingColumnError,
        "lon,lat\n39.5,116.5\n": CoordinateError,
        "lon,lat\n1,2,3\n": UnreadableFileError,
        "lon,lat,lon\n1,2,3\n": InputError,
        "": UnreadableFileError,
    }
    for text, error in cases.items():
        with pytest.raises(error):
            locate_file(locator, write(tmp_path / "bad.csv", text), target, datum="wgs84")
    with pytest.raises(UnreadableFileError):
        locate_file(locator, tmp_path / "nowhere.csv", target, datum="wgs84")
    with pytest.raises(DatumError):
        locate_file(locator, good, target, datum="beijing54")
    with pytest.raises(InputError, match="same file"):
        locate_file(locator, good, good, datum="wgs84")
    with pytest.raises(InputError, match="can't be written"):
        locate_file(locator, good, tmp_path / "nowhere" / "out.csv", datum="wgs84")
    pq.write_table(pa.table({"lon": [116.5] * 5000, "lat": [39.5] * 5000}), tmp_path / "p.parquet")
    content = (tmp_path / "p.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(UnreadableFileError):
        locate_file(locator, tmp_path / "cut.parquet", target, datum="wgs84")
    assert {path.name for path in tmp_path.iterdir()} == {"p.csv", "bad.csv", "p.parquet", "cut.parquet"}


def test_the_datum_has_no_meaning_at_a_pole(locator: Locator, tmp_path: Path) -> None:
    source = write(tmp_path / "p.csv", "lon,lat\n116.5,39.5\n10,90\n")
    report = locate_file(locator, source, tmp_path / "out.csv", datum="gcj02")
    assert (report.rows, report.unreadable) == (2, 1)
    assert "pole" in report.faults[0].message


def test_memory_does_not_grow_with_the_file(locator: Locator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_tables, "ROWS", 2**14)
    rng = np.random.default_rng(1)
    n = 1_000_000
    table = pa.table(
        {"lon": rng.uniform(116, 119, n), "lat": rng.uniform(39, 40, n), "text": [f"{i:060d}" for i in range(n)]}
    )
    pq.write_table(table, tmp_path / "p.parquet", row_group_size=2**14, compression="none", use_dictionary=False)
    del table
    taken: list[int] = []

    def note(*_: object) -> None:
        taken.append(pa.total_allocated_bytes())

    report = locate_file(locator, tmp_path / "p.parquet", tmp_path / "out.parquet", datum="wgs84", progress=note)
    assert (report.located, len(taken)) == (n, 62)
    assert 0 < max(taken) < 2**25 < (tmp_path / "p.parquet").stat().st_size

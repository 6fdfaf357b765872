"""Reading and writing of vector files: formats, CRS and datums, and what is said about bad ones."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.datum import from_wgs84
from spatialgov.errors import CoordinateError, DatumError, InputError, SpatialGovError, UnreadableFileError
from spatialgov.vector_io import numbers, read_table, read_vector, texts, write_vector

Writer = Callable[[gpd.GeoDataFrame, Path], Path]


def squares(n: int = 6) -> gpd.GeoDataFrame:
    shapes = [shapely.box(116.4 + 0.001 * i, 33.9, 116.401 + 0.001 * i, 33.901) for i in range(n)]
    data = {"unit_id": [f"{i:03d}" for i in range(n)], "名称": ["阳光小区"] * n, "households": range(n)}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=4326)


def in_datum(frame: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    def move(xy: np.ndarray) -> np.ndarray:
        return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum))

    return frame.set_geometry(gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), move), crs=4326))


def saved(frame: gpd.GeoDataFrame, path: Path, **options: Any) -> Path:
    pyogrio.write_dataframe(frame, path, **options)
    return path


def metres_apart(one: gpd.GeoDataFrame, two: gpd.GeoDataFrame) -> float:
    apart = shapely.hausdorff_distance(one.boundary.to_numpy(), two.boundary.to_numpy())
    return float(apart.max() * 111_320)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet", "fgb"])
@pytest.mark.parametrize("epsg", [4326, 4490, 4547, 32650, 3857])
def test_formats_and_projections_give_the_same_places(tmp_path: Path, suffix: str, epsg: int) -> None:
    path = tmp_path / f"units.{suffix}"
    frame = squares().to_crs(epsg)
    if suffix == "parquet":
        frame.to_parquet(path)
    else:
        saved(frame, path, **({"encoding": "UTF-8"} if suffix == "shp" else {}))
    data = read_vector(path)
    frame = data.frame.sort_values("unit_id")  # FlatGeobuf orders rows along a curve
    assert metres_apart(frame, squares()) < 0.001
    assert list(frame["unit_id"]) == list(squares()["unit_id"])
    assert set(data.frame["名称"]) == {"阳光小区"}
    assert data.datum == ("cgcs2000" if epsg in (4490, 4547) else "wgs84")
    assert data.frame.crs == "EPSG:4326"
    assert not data.dropped_z
    assert data.faults == ()


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "csv", "parquet"])
def test_named_datums_are_converted(tmp_path: Path, datum: str, suffix: str) -> None:
    path = tmp_path / f"units.{suffix}"
    write_vector(in_datum(squares(), datum), path)
    data = read_vector(path, datum=datum)
    assert data.datum == datum
    assert metres_apart(data.frame, squares()) < (0.02 if suffix == "geojson" else 0.001)  # 7 decimals


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "csv", "parquet"])
def test_what_is_written_reads_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"units.{suffix}"
    write_vector(squares().to_crs(4547), path)
    data = read_vector(path, datum="wgs84" if suffix == "csv" else None)
    assert metres_apart(data.frame, squares()) < (0.02 if suffix == "geojson" else 0.001)
    assert list(texts(data.frame["unit_id"])) == [f"{i:03d}" for i in range(6)]
    assert list(numbers(data.frame["households"])[0]) == [0, 1, 2, 3, 4, 5]
    assert os.listdir(tmp_path) == [path.name]


def test_csv_encodings_and_columns(tmp_path: Path) -> None:
    table = "编号,经度,纬度,备注\n0012,116.4,33.9,阳光\n0013,116.5,33.8,\n"
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(table.encode(encoding))
        data = read_vector(path, datum="cgcs2000")
        assert data.datum == "cgcs2000"
        assert list(data.frame.columns) == ["编号", "备注", "geometry"]
        assert list(data.frame["编号"]) == ["0012", "0013"]
        assert list(texts(data.frame["备注"])) == ["阳光", None]
        assert data.frame.geometry.iloc[1].equals(shapely.Point(116.5, 33.8))


def test_csv_places_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text(
        "source_id,lon,lat\na,116.4,33.9\nb,,\nc,abc,33.9\nd,116.4,\ne,133.9,116.4\nf,116.4,33.9\ng,nan,1\n"
    )
    data = read_vector(path, datum="wgs84")
    assert list(data.frame.geometry.notna()) == [True, False, False, False, False, True, False]
    assert [(fault.row, fault.kind) for fault in data.faults] == [
        (3, "invalid_geometry"),
        (4, "invalid_geometry"),
        (5, "invalid_coordinate"),
        (7, "invalid_geometry"),
    ]


def test_wkt_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text('unit_id,wkt\na,"POLYGON((0 0,1 0,1 1,0 0))"\nb,POLYGON\nc,\nd,"POINT (1 1)"\n')
    data = read_vector(path, datum="wgs84")
    assert list(data.frame.geometry.isna()) == [False, True, True, False]
    assert [fault.row for fault in data.faults] == [2]


def test_nobody_says_which_coordinates(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    write_vector(squares(), path)
    with pytest.raises(DatumError, match=r"units\.csv.*gcj02.*EPSG"):
        read_vector(path)
    shapefile = saved(squares().to_crs(4547), tmp_path / "units.shp", encoding="UTF-8")
    shapefile.with_suffix(".prj").unlink()
    with pytest.raises(DatumError, match=r"units\.shp"):
        read_vector(shapefile)
    data = read_vector(shapefile, crs=4547)
    assert metres_apart(data.frame, squares()) < 0.001
    assert (data.datum, data.crs) == ("cgcs2000", "EPSG:4547")


@pytest.mark.parametrize(
    ("epsg", "datum"),
    [(4547, "gcj02"), (4547, "wgs84"), (32650, "cgcs2000"), (4269, "wgs84"), (4269, "bd09"), (4490, "wgs84")],
)
def test_datum_and_crs_that_contradict(tmp_path: Path, epsg: int, datum: str) -> None:
    path = saved(squares().set_crs(epsg, allow_override=True), tmp_path / "units.gpkg")
    with pytest.raises(DatumError, match=rf"units\.gpkg.*{datum}"):
        read_vector(path, datum=datum)


def test_geojson_is_wgs84_unless_it_says_more(tmp_path: Path) -> None:
    path = tmp_path / "units.geojson"
    write_vector(squares(), path)
    plain = json.loads(path.read_text("utf-8"))
    plain.pop("crs", None)
    path.write_text(json.dumps(plain), "utf-8")
    assert read_vector(path).datum == "wgs84"
    assert read_vector(path, datum="cgcs2000").datum == "cgcs2000"
    moved = saved(squares().to_crs(4547), tmp_path / "moved.geojson")
    assert metres_apart(read_vector(moved).frame, squares()) < 0.02
    path.write_text(json.dumps(plain | {"crs": {"properties": {"name": "EPSG:none"}}}), "utf-8")
    with pytest.raises(UnreadableFileError, match="crs"):
        read_vector(path)


def test_unknown_names(tmp_path: Path) -> None:
    path = tmp_path / "units.gpkg"
    write_vector(squares(), path)
    with pytest.raises(DatumError, match="wgs72"):
        read_vector(path, datum="wgs72")
    with pytest.raises(DatumError, match="EPSG:1"):
        read_vector(path, crs="EPSG:1")


def test_a_datum_that_proj_cannot_convert_well(tmp_path: Path) -> None:
    for epsg in (4610, 4214):  # Xian 1980: no transformation; Beijing 1954: 15 m
        path = saved(squares().set_crs(epsg, allow_override=True), tmp_path / f"{epsg}.gpkg")
        with pytest.raises(DatumError, match="CGCS2000"):
            read_vector(path)
    path = saved(gpd.GeoDataFrame(geometry=[shapely.box(-71.5, 41.5, -71.4, 41.6)], crs=4269), tmp_path / "nad83.gpkg")
    assert read_vector(path).datum == "wgs84"


def test_wrong_crs_and_swapped_axes(tmp_path: Path) -> None:
    def refused(frame: gpd.GeoDataFrame, epsg: int) -> CoordinateError:
        path = saved(frame.set_crs(epsg, allow_override=True), tmp_path / "units.gpkg")
        with pytest.raises(CoordinateError, match=r"units\.gpkg") as caught:
            read_vector(path)
        path.unlink()
        return caught.value

    def swapped(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.set_geometry(gpd.GeoSeries(shapely.transform(frame.geometry, lambda xy: xy[:, ::-1])))

    metric = squares().to_crs(4547)
    assert "metres" in refused(metric, 4326).message
    assert "swapped" in refused(swapped(squares()), 4326).message
    assert "degrees" in refused(squares(), 4547).remedy
    assert "swapped" in refused(swapped(metric), 4547).remedy
    assert "really" in refused(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1e5, 1e5)], crs=4547), 4547).remedy


def test_one_row_off_the_earth_is_a_fault_of_the_row(tmp_path: Path) -> None:
    frame = squares()
    frame.geometry = [*frame.geometry[:2], shapely.box(33.9, 116.4, 34, 116.5), *frame.geometry[3:]]
    write_vector(frame, tmp_path / "units.gpkg")
    data = read_vector(tmp_path / "units.gpkg")
    assert [(fault.row, fault.kind) for fault in data.faults] == [(3, "invalid_coordinate")]
    assert list(data.frame.geometry.isna()) == [False, False, True, False, False, False]


def test_heights_are_left_out_and_said(tmp_path: Path) -> None:
    frame = squares()
    path = saved(frame.set_geometry(gpd.GeoSeries(shapely.force_3d(frame.geometry, 5.0))), tmp_path / "units.gpkg")
    data = read_vector(path)
    assert data.dropped_z
    assert not shapely.has_z(data.frame.geometry.to_numpy()).any()


def test_layers(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    table = pd.DataFrame({"unit_id": ["000"], "grid_code": ["320117001001001"]})
    write_vector({"grids": squares(2), "units": table}, path)
    data = read_vector(path)  # the only one with geometry
    assert (data.layer, len(data.frame)) == ("grids", 2)
    pd.testing.assert_frame_equal(read_table(path, layer="units"), table, check_dtype=False)
    with pytest.raises(InputError, match="grids, units"):
        read_table(path)
    with pytest.raises(InputError, match=r"no geometry"):
        read_vector(path, layer="units")
    write_vector({"a": squares(2), "b": squares(3)}, path)
    with pytest.raises(InputError, match=r"several layers.*a, b"):
        read_vector(path)
    with pytest.raises(InputError, match=r"no layer “c”.*a, b"):
        read_vector(path, layer="c")
    assert len(read_vector(path, layer="b").frame) == 3
    write_vector(squares(), tmp_path / "units.geojson")
    with pytest.raises(InputError, match="no layer “b”"):
        read_vector(tmp_path / "units.geojson", layer="b")


def test_shifted_datums_near_a_pole(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text("lon,lat\n10,89.99999\n")
    with pytest.raises(CoordinateError, match=r"units\.csv: gcj02 has no meaning"):
        read_vector(tmp_path / "units.csv", datum="gcj02")


def whole_files(folder: Path) -> list[Path]:
    frame = squares(200)
    paths = [folder / f"units.{suffix}" for suffix in ("gpkg", "geojson", "parquet")]
    for path in paths:
        write_vector(frame, path)
    return [*paths, saved(frame, folder / "units.fgb"), saved(frame, folder / "units.shp", encoding="UTF-8")]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated_files(tmp_path: Path, share: float) -> None:
    for path in whole_files(tmp_path):
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(UnreadableFileError, match=path.name):
            read_vector(path)


def test_missing_empty_and_unknown_files(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"none\.gpkg.*no such file"):
        read_vector(tmp_path / "none.gpkg")
    with pytest.raises(UnreadableFileError, match="folder"):
        read_vector(tmp_path)
    for name, content, reason in [
        ("empty.gpkg", b"", "0 bytes"),
        ("space.csv", b"\n\n", "empty"),
        ("header.csv", b"unit_id,wkt\n", "no rows"),
        ("empty.geojson", b'{"type": "FeatureCollection", "features": []}', "no rows"),
        ("list.geojson", b"[1, 2]", "no GeoJSON"),
        ("topo.json", b'{"type": "Topology"}', "no GeoJSON"),
        ("deep.json", b"[" * 100_000, "JSON"),
        ("text.gpkg", b"hello", "no format"),
        ("units.kml", b"<kml/>", "no format"),
        ("units.shx", b"\x00\x00\x27\x0a" + bytes(100), r"Name the \.shp"),
        ("fake.gpkg", b"SQLite format 3\0" + bytes(100), "damaged"),
        ("fake.zip", b"PK\x03\x04abc", "archive"),
        ("binary.csv", b"a,b\n\xff\xff\xff,2\n", "encoding"),
        ("ragged.csv", b"a,lon,lat\n1,2,3\n1,2,3,4\n", "row 2 has 4 cells"),
        ("quote.csv", b'a,lon,lat\n1,"2,3\n', "quotation"),
    ]:
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(UnreadableFileError, match=f"{name}.*{reason}"):
            read_vector(path, datum="wgs84")
    (tmp_path / "twice.csv").write_text("a,lon,lat,a\n1,2,3,4\n")
    with pytest.raises(InputError, match="named a"):
        read_vector(tmp_path / "twice.csv", datum="wgs84")
    (tmp_path / "plain.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"no geometry.*a, b"):
        read_vector(tmp_path / "plain.csv", datum="wgs84")


def test_shapefiles_of_chinese_tools(tmp_path: Path) -> None:
    for encoding in ("GB18030", "UTF-8"):
        path = saved(squares(), tmp_path / "units.shp", encoding=encoding)
        path.with_suffix(".cpg").unlink()
        assert set(read_vector(path).frame["名称"]) == {"阳光小区"}
    with zipfile.ZipFile(tmp_path / "units.zip", "w") as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            archive.write(path.with_suffix(suffix), f"导出/units{suffix}")
    zipped = read_vector(tmp_path / "units.zip")
    assert set(zipped.frame["名称"]) == {"阳光小区"}
    assert zipped.layer == "units"
    path.with_suffix(".dbf").unlink()
    with pytest.raises(UnreadableFileError, match=r"\.dbf"):
        read_vector(path)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(path, "a.shp")
        archive.write(path, "b.shp")
    with pytest.raises(InputError, match=r"2 data files: a\.shp, b\.shp"):
        read_vector(tmp_path / "two.zip")


def test_formulas_are_guarded_and_undone(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    cells = ["=1+1", "+86", "-5", "@a", "'=x", "plain", "'quoted'"]
    write_vector(pd.DataFrame({"=name": cells, "change": [-1, 0, 1, 2, 3, 4, -5]}), path)
    raw = path.read_text("utf-8-sig").splitlines()
    assert raw[0] == "'=name,change"
    assert raw[1:4] == ["'=1+1,-1", "'+86,0", "'-5,1"]
    table = read_table(path)
    assert list(table["=name"]) == cells
    assert list(numbers(table["change"])[0]) == [-1, 0, 1, 2, 3, 4, -5]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "units.gpkg"
    write_vector(squares(3), path)
    before = path.read_bytes()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pyogrio, "write_dataframe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_vector(squares(6), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["units.gpkg"]


def test_what_cannot_be_written(tmp_path: Path) -> None:
    two = {"a": squares(), "b": squares()}
    with pytest.raises(InputError, match=r"\.dwg"):
        write_vector(squares(), tmp_path / "units.dwg")
    with pytest.raises(InputError, match="one layer, not 2"):
        write_vector(two, tmp_path / "units.geojson")
    with pytest.raises(InputError, match="no CRS"):
        write_vector(gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)]), tmp_path / "units.gpkg")
    with pytest.raises(InputError, match="geometry"):
        write_vector(pd.DataFrame({"a": [1]}), tmp_path / "units.geojson")
    with pytest.raises(InputError, match="can't be written"):
        write_vector(squares(), tmp_path / "nowhere" / "units.gpkg")
    assert os.listdir(tmp_path) == []


def test_texts_and_numbers_of_any_column() -> None:
    assert list(texts(pd.Series([44001.0, None, 12.5]))) == ["44001", None, "12.5"]
    assert list(texts(pd.Series(["44001.0", "", "33.00"]))) == ["44001", None, "33"]
    assert list(texts(pd.Series([" a ", None, "1.0"], dtype=object))) == ["a", None, "1.0"]
    assert list(texts(pd.Series([1, 2]))) == ["1", "2"]
    values, wrong = numbers(pd.Series(["12", "", "x", "1e3", "inf", None], dtype=object))
    np.testing.assert_array_equal(values, [12, np.nan, np.nan, 1000, np.nan, np.nan])
    assert list(wrong) == [False, False, True, False, True, False]
    values, wrong = numbers(pd.Series([1.5, np.inf, np.nan]))
    np.testing.assert_array_equal(values, [1.5, np.nan, np.nan])
    assert list(wrong) == [False, True, False]


HOSTILE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
wkt_like = st.text(alphabet="POLYGNTMUIECSZ( ),.0123456789-+eEnaif", max_size=60)
cell = st.one_of(
    wkt_like, st.text(max_size=12), st.sampled_from(['"', "=1", "POLYGON ((0 0, 1 0, 1 1, 0 0))", "POINT EMPTY"])
)


@HOSTILE
@given(rows=st.lists(st.tuples(cell, cell), min_size=1, max_size=6), quoted=st.booleans())
def test_any_table_reads_or_is_refused_in_words(tmp_path: Path, rows: list[tuple[str, str]], quoted: bool) -> None:
    path = tmp_path / "units.csv"
    lines = ["unit_id,wkt"]
    for pair in rows:
        shown = ['"' + c.replace('"', '""') + '"' for c in pair] if quoted else list(pair)
        lines.append(",".join(shown))
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        data = read_vector(path, datum="gcj02")
    except SpatialGovError as error:
        assert error.message  # noqa: PT017 - both ways out are right
    else:
        assert data.frame.crs == "EPSG:4326"


@HOSTILE
@given(
    content=st.one_of(
        st.binary(max_size=200), st.text(alphabet='{}[]":,typeFeaurCoscdinP1 ', max_size=80).map(str.encode)
    )
)
def test_any_bytes_read_or_are_refused_in_words(tmp_path: Path, content: bytes) -> None:
    for prefix in (
        b"",
        b"{",
        b"SQLite format 3\0",
        b"PAR1",
        b"PK\x03\x04",
        b"fgb\x03",
        b"\x00\x00\x27\x0a",
        b"lon,lat\n",
    ):
        path = tmp_path / "units.csv"
        path.write_bytes(prefix + content)
        try:
            read_vector(path, datum="wgs84")
        except SpatialGovError as error:
            assert "units.csv" in error.message  # noqa: PT017


geometry = st.recursive(
    st.one_of(st.none(), st.floats(), st.text(max_size=3), st.sampled_from(["Polygon", "Point", "MultiPolygon"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.fixed_dictionaries({"type": inner, "coordinates": inner, "geometries": inner})
    ),
)


@HOSTILE
@given(feature=st.fixed_dictionaries({"geometry": geometry, "properties": geometry}))
def test_any_geojson_feature_reads_or_is_a_fault(tmp_path: Path, feature: dict[str, Any]) -> None:
    path = tmp_path / "units.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    try:
        data = read_vector(path)
    except CoordinateError as error:
        assert "row 1" in error.message  # noqa: PT017
    else:
        assert len(data.frame) == 1

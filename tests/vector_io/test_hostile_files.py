"""Files that mean harm: each is refused in plain words, in both languages, within bounded time and memory."""

import json
import os
import re
import socket
import sqlite3
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError, SpatialGovError, TooLargeError, UnreadableFileError
from spatialgov.language import using_language
from spatialgov.vector_io import limits, read_table, read_vector, write_vector
from spatialgov.vector_io.well_known import from_wkb, from_wkt, nested_too_deep

SECONDS = 5.0
"""Of processor time: what a refusal may take at most, on a slow machine."""
SQUARE = shapely.box(116.4, 33.9, 116.401, 33.901)
RING = [[116.4, 33.9], [116.401, 33.9], [116.401, 33.901], [116.4, 33.9]]


def refusal(
    path: Path, *, kind: type[SpatialGovError] = UnreadableFileError, read: Callable[..., Any] = read_vector, **how: Any
) -> tuple[str, str]:
    """Read a file in both languages; gives the two refusals, which are of one kind, quick, and differ."""
    told = []
    for language in ("en", "zh"):
        began = time.process_time()
        with using_language(language), pytest.raises(kind) as caught:
            read(path, **how)
        assert time.process_time() - began < SECONDS
        assert type(caught.value) is kind
        assert caught.value.remedy
        told.append(str(caught.value))
    assert re.search(r"[\u4e00-\u9fff]", told[1])
    assert not re.search(r"[\u4e00-\u9fff]", told[0])
    return told[0], told[1]


def geojson(path: Path, *features: str) -> Path:
    path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}', "utf-8")
    return path


def feature(geometry: str, properties: str = "{}") -> str:
    return f'{{"type":"Feature","geometry":{geometry},"properties":{properties}}}'


def geoparquet(path: Path, shapes: list[bytes]) -> Path:
    about = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    about["columns"]["geometry"]["geometry_types"] = []  # type: ignore[index]
    table = pa.table({"unit_id": [str(i) for i in range(len(shapes))], "geometry": pa.array(shapes, pa.binary())})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(about)}), path, compression="zstd")
    return path


def squares(n: int = 2) -> gpd.GeoDataFrame:
    shapes = [shapely.box(116.4 + 0.001 * i, 33.9, 116.401 + 0.001 * i, 33.901) for i in range(n)]
    return gpd.GeoDataFrame({"unit_id": [f"u{i}" for i in range(n)]}, geometry=shapes, crs=4326)


# ---- archives


def test_an_archive_that_unfolds_without_measure(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("units.csv", "w") as member,
    ):
        for _ in range(101):
            member.write(bytes(2**20))
    english, _ = refusal(tmp_path / "bomb.zip", datum="wgs84")
    assert "unfold into 101 MiB" in english


def test_an_archive_above_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.vector_io.formats.MOST_UNPACKED_BYTES", 2**20)
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as archive:
        archive.writestr("units.csv", bytes(2**20 + 1))
    english, _ = refusal(tmp_path / "large.zip", kind=TooLargeError)
    assert "the limit is 1 MiB" in english


def test_an_archive_that_says_less_than_it_holds(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "units.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("units.csv", b"lon,lat\n" + b"116.4,33.9\n" * 1000)
    data = bytearray((tmp_path / "units.zip").read_bytes())
    size = struct.pack("<I", 8 + 11 * 1000)
    for at in [m.start() for m in re.finditer(re.escape(size), bytes(data))]:
        data[at : at + 4] = struct.pack("<I", 100)
    (tmp_path / "units.zip").write_bytes(data)
    refusal(tmp_path / "units.zip", datum="wgs84")


def test_names_in_an_archive_lead_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "units.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.csv", "lon,lat\n116.4,33.9\n")
    assert len(read_vector(path, datum="wgs84").frame) == 1
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["in", "units.zip"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a" * 400 + ".csv", "lon,lat\n116.4,33.9\n")
    assert "can't be unpacked" in refusal(path, datum="wgs84")[0]


def test_compressed_text_is_not_unpacked(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "units.csv.gz").write_bytes(gzip.compress(b"lon,lat\n" * 100_000))
    assert "no format that is known" in refusal(tmp_path / "units.csv.gz", datum="wgs84")[0]
    (tmp_path / "units.csv").write_bytes(gzip.compress(b"lon,lat\n" * 100_000))
    assert "encoding" in refusal(tmp_path / "units.csv", datum="wgs84")[0]


# ---- sizes


def test_a_ring_of_ten_million_vertices_as_text(tmp_path: Path) -> None:
    path = tmp_path / "ring.geojson"
    ring = b"[116.4,33.9]," * 9_999_999 + b"[116.4,33.9]"
    path.write_bytes(
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"unit_id":"u"},'
        b'"geometry":{"type":"Polygon","coordinates":[[' + ring + b"]]}}]}"
    )
    english, chinese = refusal(path, kind=TooLargeError)
    assert "10,000,000" in english
    assert "10,000,000" in chinese


def test_a_ring_of_ten_million_vertices_in_binary(tmp_path: Path) -> None:
    n = 10_000_000
    shape = struct.pack("<BIII", 1, 3, 1, n) + struct.pack("<dd", 116.4, 33.9) * n
    path = geoparquet(tmp_path / "ring.parquet", [shape])
    assert "row 1: the shape has 10,000,000 vertices; the limit is 1,000,000" in refusal(path, kind=TooLargeError)[0]


@pytest.mark.parametrize("suffix", ["geojson", "csv", "gpkg", "fgb", "shp"])
def test_limits_hold_in_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(limits, "MOST_VERTICES", 10)
    monkeypatch.setattr(limits, "MOST_RINGS", 1)
    round_one = shapely.Point(116.4, 33.9).buffer(0.001)
    holed = shapely.Polygon(SQUARE.exterior, [shapely.box(116.4002, 33.9002, 116.4004, 33.9004).exterior])
    for shape, words in ((round_one, "vertices; the limit is 10"), (holed, "2 rings; the limit is 1")):
        frame = gpd.GeoDataFrame({"unit_id": ["a", "b"]}, geometry=[SQUARE, shape], crs=4326)
        path = tmp_path / f"units.{suffix}"
        if suffix in ("fgb", "shp"):
            pyogrio.write_dataframe(frame, path)
        else:
            write_vector(frame, path)
        monkeypatch.setattr(limits, "MOST_VERTICES", 10 if shape is round_one else 100)
        english, _ = refusal(path, kind=TooLargeError, datum="wgs84")
        assert words in english
        assert "row " in english


@pytest.mark.parametrize("suffix", ["geojson", "csv", "gpkg", "parquet"])
@pytest.mark.parametrize(("limit", "most"), [("MOST_ROWS", 5), ("MOST_COLUMNS", 1), ("MOST_CELLS", 8)])
def test_tables_have_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, limit: str, most: int
) -> None:
    write_vector(squares(6).assign(name="a"), tmp_path / f"units.{suffix}")
    monkeypatch.setattr(limits, limit, most)
    monkeypatch.setattr("spatialgov.vector_io.formats.MOST_ROWS", limits.MOST_ROWS)
    assert "the limits are" in refusal(tmp_path / f"units.{suffix}", kind=TooLargeError, datum="wgs84")[0]


def test_features_that_share_no_property(tmp_path: Path) -> None:
    path = geojson(tmp_path / "keys.geojson", *(feature("null", f'{{"k{i}":1}}') for i in range(50_000)))
    assert "columns" in refusal(path, kind=TooLargeError)[0]  # 50,000 × 50,000 cells, nearly all of them empty


def test_a_table_as_wide_as_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("lon,lat," + ",".join(map(str, range(1_000_000))) + "\n1,2\n")
    assert "1,000,002 columns" in refusal(tmp_path / "wide.csv", kind=TooLargeError, datum="wgs84")[0]
    (tmp_path / "long.csv").write_bytes(b"lon,lat\n" + b"1,2\n" * 5_000_000)
    assert "5,000,001 rows" in refusal(tmp_path / "long.csv", kind=TooLargeError, datum="wgs84")[0]


def test_text_above_the_limit_is_not_read(tmp_path: Path) -> None:
    for name in ("units.csv", "units.geojson"):
        with (tmp_path / name).open("wb") as file:
            file.write(b"{" if name.endswith("json") else b"lon,lat\n")
            file.truncate(limits.MOST_TEXT_BYTES + 1)  # a hole: it takes no room on the disk
        assert "the limit is 1,024 MiB" in refusal(tmp_path / name, kind=TooLargeError)[0]


def test_a_column_that_unfolds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.vector_io.formats.MOST_UNPACKED_BYTES", 2**26)
    repeated = pa.DictionaryArray.from_arrays(pa.array(np.zeros(4_000_000, np.int32)), ["x" * 100_000])
    pq.write_table(pa.table({"unit_id": repeated}), tmp_path / "bomb.parquet", store_schema=False)
    assert (tmp_path / "bomb.parquet").stat().st_size < 200_000
    assert "the limit is 64 MiB" in refusal(tmp_path / "bomb.parquet", kind=TooLargeError, read=read_table)[0]


# ---- JSON


@pytest.mark.parametrize("depth", [100, 900, 100_000])
def test_deep_json(tmp_path: Path, depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for one in (
        feature(f'{{"type":"Polygon","coordinates":{deep}}}'),
        feature('{"type":"GeometryCollection","geometries":[' * depth + "]}" * depth),
        feature("null", f'{{"unit_id":{deep}}}'),
    ):
        try:
            data = read_vector(geojson(tmp_path / "deep.geojson", one))
        except UnreadableFileError as error:
            assert "no usable JSON" in error.message  # noqa: PT017 - both ways out are right
        else:
            assert (data.frame.geometry.isna() | data.frame.geometry.is_empty).all()


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e308", "-1e308", "NaN", "Infinity", "9" * 400])
def test_numbers_that_are_no_coordinates(tmp_path: Path, number: str) -> None:
    sound = [feature(json.dumps({"type": "Polygon", "coordinates": [RING]})) for _ in range(2)]
    for ring in (
        f"[[{number},33.9],[116.4,33.8],[116.5,33.8],[{number},33.9]]",
        f"[[116.4,{number}],[116.4,33.8],[116.5,33.8],[116.4,{number}]]",
    ):
        bad = feature(f'{{"type":"Polygon","coordinates":[{ring}]}}')
        for crs in (None, "EPSG:4547"):
            path = geojson(tmp_path / "units.geojson", *sound, bad)
            if crs is None:
                assert [fault.row for fault in read_vector(path).faults] == [3]
            assert not _is_sound(geojson(path, bad), crs)


def _is_sound(path: Path, crs: str | None) -> bool:
    try:
        return bool(read_vector(path, crs=crs).frame.geometry.notna().all())
    except InputError:
        return False


def test_a_number_of_a_hundred_thousand_digits(tmp_path: Path) -> None:
    path = geojson(tmp_path / "digits.geojson", feature("null", f'{{"households":{"9" * 100_000}}}'))
    assert "no usable JSON" in refusal(path)[0]


def test_of_a_key_that_stands_twice_the_last_counts(tmp_path: Path) -> None:
    point = '{"type":"Point","coordinates":[116.4,33.9],"coordinates":[116.5,33.8]}'
    data = read_vector(geojson(tmp_path / "twice.geojson", feature(point, '{"unit_id":"a","unit_id":"b"}')))
    assert data.frame["unit_id"].tolist() == ["b"]
    assert data.frame.geometry[0].equals(shapely.Point(116.5, 33.8))


def test_half_a_character(tmp_path: Path) -> None:
    path = geojson(tmp_path / "half.geojson", feature("null", r'{"unit_id":"\ud800"}'))
    assert r"half a character, '\ud800'" in refusal(path)[0]
    whole = geojson(tmp_path / "whole.geojson", feature("null", r'{"unit_id":"\ud83d\ude00"}'))
    assert read_vector(whole).frame["unit_id"].tolist() == ["😀"]


# ---- shapes nested until the stack ends


@pytest.mark.parametrize("kind", [4, 5, 6, 7, 11, 12, 1007, 2006, 3005, 0x8000_0007, 0xC000_0006])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_shape_in_a_shape_in_a_shape(kind: int, order: str) -> None:
    level = struct.pack(f"{order}BII", order == "<", kind, 1)
    point = struct.pack("<BIdd", 1, 1, 0, 0)
    for depth in (300, 10_000, 100_000):
        assert nested_too_deep(level * depth + point)
        assert from_wkb([level * depth + point, point]).tolist() == [None, shapely.Point(0, 0)]
    beside = struct.pack(f"{order}BII", order == "<", kind, 2) + point
    assert nested_too_deep(beside * 10_000 + point)


def test_what_only_looks_nested() -> None:
    parts = [shapely.box(i, 0, i + 0.5, 1) for i in range(2000)]
    for shape in (
        shapely.MultiPolygon(parts),
        shapely.GeometryCollection([shapely.MultiPolygon(parts), shapely.LineString(np.arange(4000.0).reshape(-1, 2))]),
        shapely.force_3d(shapely.MultiPolygon(parts)),
        shapely.set_srid(shapely.MultiLineString([p.exterior for p in parts]), 4326),
    ):
        for form in ("iso", "extended"):
            for order in (0, 1):
                written = shapely.to_wkb(shape, byte_order=order, flavor=form, include_srid=form == "extended")
                assert not nested_too_deep(written)
                assert from_wkb([written])[0].equals(shape)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_shape_or_none(data: bytes) -> None:
    for cell in (data, b"\x01\x07\x00\x00\x00" + data, data * 20):
        assert from_wkb([cell])[0] is None or isinstance(from_wkb([cell])[0], shapely.Geometry)


def test_nested_shapes_in_files(tmp_path: Path) -> None:
    level = struct.pack("<BII", 1, 7, 1)
    path = geoparquet(
        tmp_path / "deep.parquet", [shapely.to_wkb(SQUARE), level * 100_000 + struct.pack("<BIdd", 1, 1, 0, 0)]
    )
    assert "row 2 is nested too deeply" in refusal(path)[0]
    text = "GEOMETRYCOLLECTION(" * 100_000 + "POINT(0 0)" + ")" * 100_000
    (tmp_path / "deep.csv").write_text(f'unit_id,wkt\na,"POINT (1 1)"\nb,"{text}"\n')
    data = read_vector(tmp_path / "deep.csv", datum="wgs84")
    assert [fault.row for fault in data.faults] == [2]
    cells = np.array(["MULTIPOINT((1 1))", text.lower(), None], dtype=object)
    assert from_wkt(cells).tolist() == [shapely.MultiPoint([(1, 1)]), None, None]


# ---- paths


@pytest.fixture
def listener() -> Iterator[int]:
    """Give a port of this machine on which no one may call."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server.getsockname()[1]
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/http://127.0.0.1:{port}/units.geojson",
        "/vsizip//vsicurl/http://127.0.0.1:{port}/units.zip",
        "http://127.0.0.1:{port}/units.gpkg",
        "zip+http://127.0.0.1:{port}/units.zip",
        "s3://bucket/units.parquet",
        "PG:host=127.0.0.1 port={port} dbname=x",
        "MYSQL:x,host=127.0.0.1,port={port}",
        "WFS:http://127.0.0.1:{port}/",
        "GPKG:/etc/passwd:units",
        "<OGRVRTDataSource></OGRVRTDataSource>",
        '{{"type":"FeatureCollection","features":[]}}',
        "/vsimem/units.gpkg",
        "units\0.gpkg",
        "a" * 5000,
        "\ud800.gpkg",
    ],
)
def test_no_path_is_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listener: int, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    for read in (read_vector, read_table):
        with pytest.raises(UnreadableFileError):
            read(name.format(port=listener))


@pytest.mark.parametrize("form", ["gpkg", "fgb"])
def test_a_file_may_be_named_like_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listener: int, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pyogrio.write_dataframe(squares(), f"units.{form}")
    data = Path(f"units.{form}").read_bytes()
    for name in (f"PG:host=127.0.0.1 port={listener} dbname=x", "zip:units", "a'b\"c.gpkg", "-x", "%s%n"):
        Path(name).write_bytes(data)
        assert len(read_vector(name).frame) == 2, name
    for name in (f"!PG:host=127.0.0.1 port={listener} dbname=x", "a!units.gpkg", "a;b.gpkg", "uni\nts.gpkg"):
        Path(name).write_bytes(data)
        assert "Rename" in refusal(Path(name))[0]
    assert len(read_vector(f"../{tmp_path.name}/./units.{form}").frame) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_devices_and_folders_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "device.csv").symlink_to("/dev/zero")
    (tmp_path / "folder.gpkg").mkdir()
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "nothing.csv").symlink_to("not-there.csv")
    for name, words in [
        ("pipe.csv", "pipe or a device"),
        ("device.csv", "pipe or a device"),
        ("folder.gpkg", "folder"),
        ("loop.csv", "can't be read"),
        ("nothing.csv", "no such file"),
    ]:
        assert words in refusal(tmp_path / name, datum="wgs84")[0]
    write_vector(squares(), tmp_path / "units.gpkg")
    (tmp_path / "link.gpkg").symlink_to("units.gpkg")
    assert len(read_vector(tmp_path / "link.gpkg").frame) == 2


# ---- XML, which is never parsed

LAUGHS = '<!DOCTYPE kml [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)
XML = {
    "laughs.kml": f'<?xml version="1.0"?>{LAUGHS}]><kml><Placemark><name>&j;</name></Placemark></kml>',
    "outside.kml": '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml>&x;</kml>',
    "parameter.gml": '<!DOCTYPE g [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd"> %x;]><g/>',
    "track.gpx": '<?xml version="1.0"?><gpx><wpt lat="33.9" lon="116.4"/></gpx>',
    "source.vrt": "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"
    "</OGRVRTDataSource>",
}


@pytest.mark.parametrize("name", XML)
def test_xml_is_refused_unread(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(XML[name])
    english, chinese = refusal(tmp_path / name)
    assert "no format that is known here. Known formats: GeoPackage, GeoJSON" in english
    assert "不是已知格式" in chinese
    with zipfile.ZipFile(tmp_path / "doc.kmz", "w") as archive:
        archive.write(tmp_path / name)
    assert "0 data files" in refusal(tmp_path / "doc.kmz", kind=InputError)[0]


def test_xml_that_is_called_a_table_is_text(tmp_path: Path) -> None:
    (tmp_path / "laughs.csv").write_text(XML["laughs.kml"])
    refusal(tmp_path / "laughs.csv", datum="wgs84")


# ---- GeoPackages with programs in them

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid, NULL AS geom FROM n"


def geopackage(path: Path, *statements: str) -> Path:
    write_vector(squares(), path, layer="units")
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


REGISTERED = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('evil', 'features', 'evil', 4326)",
    "INSERT INTO gpkg_geometry_columns VALUES ('evil', 'geom', 'POLYGON', 4326, 0, 0)",
)


@pytest.mark.parametrize("registered", [(), REGISTERED])
def test_a_view_without_end_is_no_layer(tmp_path: Path, registered: tuple[str, ...]) -> None:
    path = geopackage(tmp_path / "units.gpkg", f"CREATE VIEW evil AS {ENDLESS}", *registered)
    assert len(read_vector(path).frame) == 2
    assert "its table evil is a query" in refusal(path, layer="evil")[0]
    assert "its table EVIL is a query" in refusal(path, layer="EVIL", read=read_table)[0]


@pytest.mark.parametrize(
    "statements",
    [
        ["ALTER TABLE units ADD COLUMN g TEXT AS (hex(zeroblob(500000000))) VIRTUAL"],
        ["DROP TABLE gpkg_ogr_contents", f"CREATE VIEW gpkg_ogr_contents AS {ENDLESS}"],
        ["ALTER TABLE gpkg_contents RENAME TO kept", "CREATE VIEW gpkg_contents AS SELECT * FROM kept"],
    ],
)
def test_data_that_are_computed_while_they_are_read(tmp_path: Path, statements: list[str]) -> None:
    path = geopackage(tmp_path / "units.gpkg", *statements)
    assert "is a query, not data" in refusal(path)[0]


def test_triggers_do_not_run(tmp_path: Path) -> None:
    path = geopackage(
        tmp_path / "units.gpkg",
        "CREATE TRIGGER t AFTER UPDATE ON units BEGIN DELETE FROM units; END",
        "CREATE TRIGGER i AFTER INSERT ON units BEGIN SELECT load_extension('/tmp/x.so'); END",
    )
    before = path.read_bytes()
    assert len(read_vector(path).frame) == 2
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["units.gpkg"]


def test_a_database_that_is_no_geopackage(tmp_path: Path) -> None:
    for sql in ("CREATE TABLE t (x)", f"CREATE VIEW gpkg_x AS {ENDLESS}"):
        path = tmp_path / "store.gpkg"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(sql)
            connection.commit()
        refusal(path)


@pytest.mark.parametrize("layer", ["units'; DROP TABLE units; --", 'units" --', "gpkg_contents", "%", "../units", ""])
def test_a_layer_is_a_name(tmp_path: Path, layer: str) -> None:
    write_vector(squares(), tmp_path / "units.gpkg")
    assert "no layer" in refusal(tmp_path / "units.gpkg", kind=InputError, layer=layer)[0]
    if "--" in layer:
        write_vector({layer: squares(3)}, tmp_path / "odd.gpkg")
        assert len(read_vector(tmp_path / "odd.gpkg", layer=layer).frame) == 3
    elif layer:
        with pytest.raises(InputError, match="can't be written"):
            write_vector({layer: squares(3)}, tmp_path / "odd.gpkg")
    assert len(read_vector(tmp_path / "units.gpkg").frame) == 2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(8, 1200), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_flatgeobuf_with_false_numbers(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    path = tmp_path / "units.fgb"
    if not path.exists():
        pyogrio.write_dataframe(squares(), path, SPATIAL_INDEX="NO")
    data = bytearray(path.read_bytes())
    for at, value in changes:
        data[at % len(data)] = value
    (tmp_path / "odd.fgb").write_bytes(data)
    try:
        read_vector(tmp_path / "odd.fgb", datum="wgs84")
    except SpatialGovError as error:
        assert error.message  # noqa: PT017 - both ways out are right

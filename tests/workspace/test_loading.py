"""Loading: whatever a file holds, a row is in the store or refused with its reason; a broken file changes nothing."""

import csv
import gzip
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.errors import InputError, MissingColumnError, SpatialGovError, UnreadableFileError
from spatialgov.vector_io import REPORT_COLUMNS, batches, write_vector
from spatialgov.workspace import ImportReport, Workspace, default_refused_file
from spatialgov.workspace.categories import categories_in_force

SOUND = {
    "source_id": "E1",
    "category": "0101",
    "occurred_at": "2026-05-01T08:30:00+08:00",
    "lon": 118.3,
    "lat": 35.1,
    "status": "open",
}
FORMATS = ("csv", "csv.gz", "ndjson", "geojson", "parquet")
ODD = st.sampled_from(
    [
        "",
        " ",
        "nan",
        "=1+1",
        "'=1",
        "\x00",
        "\ud800",
        "a,b",
        'a"b',
        "a\nb",
        "\ufeff",
        "１２",
        "9" * 400,
        "1E+11",
        "中文",
    ]
) | st.text(max_size=6)
IDS = st.sampled_from(["E1", "E2", "E3"]) | ODD | st.integers()
WHEN_TO = st.sampled_from(["", "2026-05-01T09:30:00+08:00", "2026-04-01T00:00:00Z", "2026-05-01"]) | ODD
TIMES = st.sampled_from(
    ["2026-05-01", "2026-05-01T08:30:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
     "9999-12-31T23:59:59-12:00", "2026-05-01T08:30:00+99:99", "2026-05-01T24:00:00Z", "yesterday"]
) | ODD  # fmt: skip
DEGREES: st.SearchStrategy[Any] = st.sampled_from(
    [math.nan, math.inf, 1e308, -1e308, 181.0, 95.0, 118.3, 35.1, 10**400, True, None, "x", [1], {}]
) | st.floats(width=32)  # fmt: skip
CELLS = {
    "source_id": IDS,
    "category": st.just("0101") | ODD,
    "occurred_at": st.just(SOUND["occurred_at"]) | TIMES,
    "occurred_until": WHEN_TO,
    "time_precision": st.sampled_from(["", "exact", "hour", "day", "interval", "minute"]),
    "reported_at": WHEN_TO,
    "accuracy_m": st.sampled_from(["", "12.5", "-1", "NaN", "inf", "1e400", "far"]),
    "address": st.sampled_from(["", "人民路1号"]) | ODD,
    "lon": st.just(118.3) | DEGREES,
    "lat": st.just(35.1) | DEGREES,
    "status": st.sampled_from(["open", "closed", "drone", None]) | ODD,
    "reporter": ODD,
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=4)
EXAMPLES = int(os.environ.get("SPATIALGOV_FUZZ_EXAMPLES", "6"))
"""Of each property and format; a load of a few rows takes a tenth of a second."""
GENTLY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace.open(tmp_path_factory.mktemp("town")) as workspace:
        yield workspace


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch, town: Workspace) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    empty(town)


def empty(town: Workspace) -> None:
    with town.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM incident")
        connection.exec_driver_sql("DELETE FROM camera")


def stored(town: Workspace) -> list[str]:
    return sorted(town.store.incidents()["source_id"])


def load(town: Workspace, file: Path, **options: Any) -> ImportReport:
    return town.imports.incidents(file, datum="wgs84", refused=default_refused_file(file), **options)


def text_of(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else repr(value)
    return text.encode("utf-8", "replace").decode()


def point_of(row: dict[str, Any]) -> Any:
    return {"type": "Point", "coordinates": [row.pop("lon", None), row.pop("lat", None)]}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    kind = path.name.partition(".")[2].removeprefix("refused.")
    if kind in ("csv", "csv.gz"):
        with (gzip.open if kind == "csv.gz" else open)(path, "wt", encoding="utf-8", newline="") as file:
            lines = csv.DictWriter(file, list(rows[0]))
            lines.writeheader()
            lines.writerows({name: text_of(value) for name, value in row.items()} for row in rows)
    elif kind == "ndjson":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif kind == "geojson":
        features = [
            {"type": "Feature", "geometry": point_of(properties), "properties": properties}
            for properties in map(dict, rows)
        ]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    else:
        frame = pd.DataFrame([{name: text_of(value) for name, value in row.items()} for row in rows])
        frame.to_parquet(path)


def read(path: Path) -> list[dict[str, Any]]:
    """Read a file of refused rows as a person's tools do: each row with what it says of itself."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [dict(row) for row in csv.DictReader(file)]
    if path.suffix == ".parquet":
        return [{str(name): value for name, value in row.items()} for row in pd.read_parquet(path).to_dict("records")]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    return [line.get("properties", line) for line in lines]


@pytest.mark.parametrize("kind", FORMATS)
@GENTLY
@given(rows=ROWS, without=st.sampled_from([None, None, None, "status", "category"]))
def test_every_row_is_stored_or_refused(
    town: Workspace, tmp_path: Path, kind: str, rows: list[dict[str, Any]], without: str | None
) -> None:
    empty(town)
    rows = [{name: value for name, value in row.items() if name != without} for row in rows]
    file = tmp_path / f"events.{kind}"
    write(file, rows)
    try:
        planned = load(town, file, dry_run=True)
        assert stored(town) == []
        report = load(town, file)
    except SpatialGovError:
        assert stored(town) == []
        return
    assert (planned.accepted, planned.refused_count) == (report.accepted, report.refused_count)
    assert (report.unchanged, report.updated) == (0, 0)
    assert report.accepted + report.refused_count == len(rows)
    assert len(stored(town)) == report.accepted
    assert all(fault.row and fault.message and fault.remedy for fault in report.refused)
    json.dumps(report.as_dict())
    again = load(town, file)
    assert (again.accepted, again.unchanged, again.refused_count) == (0, report.accepted, report.refused_count)
    assert (again.refused_file is not None) == (report.refused_count > 0)
    if again.refused_file is None:
        return
    left = read(again.refused_file)
    assert [int(row["row"]) for row in left] == sorted({fault.row for fault in report.refused if fault.row})
    assert all(row["reason"] and row["remedy"] for row in left)
    # sent again unmended, all but some that came twice are refused, and what is for people is no dropped column
    try:
        same = load(town, again.refused_file)
    except SpatialGovError:
        pass  # in none of them is there a column that is needed
    else:
        assert same.accepted + same.unchanged + same.refused_count == len(left)
        assert not set(same.dropped_columns) & set(REPORT_COLUMNS)
    before = len(stored(town))
    # mended, all go in
    times = dict.fromkeys(("occurred_until", "time_precision", "reported_at"), "")
    mended = [{**row, **SOUND, **times, "source_id": f"mended {i}"} for i, row in enumerate(left)]
    target = tmp_path / f"events.refused.{kind}"
    write(target, mended)
    done = load(town, target)
    assert (done.accepted, done.refused_count) == (len(left), 0)
    assert len(stored(town)) == before + len(left)


@pytest.mark.parametrize("kind", FORMATS)
@settings(parent=GENTLY, max_examples=5 * EXAMPLES)
@given(data=st.data())
def test_a_broken_file_changes_nothing(town: Workspace, tmp_path: Path, kind: str, data: st.DataObject) -> None:
    empty(town)
    file = tmp_path / f"events.{kind}"
    write(file, [{**SOUND, "source_id": f"E{i}"} for i in range(5)])
    content = bytearray(file.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    for _ in range(data.draw(st.integers(0, 3))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.sampled_from(b'\x00\xff"{}[],:\n\\1'))
    file.write_bytes(content)
    try:
        report = load(town, file)
    except SpatialGovError:
        assert stored(town) == []
    else:
        assert len(stored(town)) == report.accepted


CAMERA_CELLS = {
    "camera_id": IDS,
    "kind": st.sampled_from(["fixed", "dome", None]) | ODD,
    "azimuth_deg": st.sampled_from(["N", "西北", -1, 361, None]) | DEGREES,
    "range_m": st.just(50) | DEGREES,
    "owner": ODD,
    "lon": st.just(118.3) | DEGREES,
    "lat": st.just(35.1) | DEGREES,
}


@pytest.mark.parametrize("kind", ["csv", "ndjson", "geojson"])
@GENTLY
@given(rows=st.lists(st.fixed_dictionaries(CAMERA_CELLS), min_size=1, max_size=4))
def test_every_camera_is_stored_or_refused(
    town: Workspace, tmp_path: Path, kind: str, rows: list[dict[str, Any]]
) -> None:
    empty(town)
    file = tmp_path / f"cameras.{kind}"
    write(file, rows)
    try:
        report = town.imports.cameras(file, datum="wgs84")
    except SpatialGovError:
        assert len(town.store.cameras()) == 0
        return
    assert report.accepted + report.refused_count == len(rows)
    assert len(town.store.cameras()) == report.accepted
    assert town.imports.cameras(file, datum="wgs84").unchanged == report.accepted


def test_duplicates_are_found_over_batches(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    write(file, [{**SOUND, "source_id": name} for name in ("a", "b", "c", "b", "a", "d", "a")])
    report = load(town, file)
    assert stored(town) == ["a", "b", "c", "d"]
    assert [(fault.row, fault.kind) for fault in report.refused] == [
        (4, "duplicate_id"), (5, "duplicate_id"), (7, "duplicate_id")
    ]  # fmt: skip
    assert "row 1" in report.refused[-1].message


def test_what_changes_is_updated(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    write(file, [{**SOUND, "source_id": name} for name in "abc"])
    load(town, file)
    write(file, [{**SOUND, "source_id": name, "status": "handled" if name == "b" else "open"} for name in "abcd"])
    planned, report = load(town, file, dry_run=True), load(town, file)
    for one in (planned, report):
        assert (one.accepted, one.updated, one.unchanged, one.refused_count) == (2, 1, 2, 0)


def test_a_refused_row_is_kept_as_it_was(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    header = "source_id,category,occurred_at,lon,lat,note"
    rows = ["1,0101,yesterday,118.3,35.1,=cmd|x", "2,,2026-05-01T08:30:00Z,118.3,,-3", "3,a,b,c,d,e,too,many"]
    file.write_text("\n".join([header, *rows, "4,0101,2026-05-01T08:30:00Z,118.3,35.1,"]), encoding="utf-8")
    report = load(town, file)
    assert (report.accepted, report.refused_count) == (1, 3)
    assert report.refused_file == tmp_path / "events.refused.csv"
    lines = report.refused_file.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == f"{header},row,column,reason,remedy"
    assert lines[1].startswith("1,0101,yesterday,118.3,35.1,'=cmd|x,1,occurred_at,“occurred_at” is not a time: yest")
    assert lines[2].startswith("2,,2026-05-01T08:30:00Z,118.3,,-3,2,geometry; category,")
    assert lines[3].startswith("3,a,b,c,d,e,3,")
    assert lines[3].endswith(",too,many")


def test_a_line_that_is_no_json_can_be_mended_in_its_place(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    line = json.dumps({**SOUND, "source_id": "cut"})
    file.write_text(f"{json.dumps(SOUND)}\n{line[:40]}", encoding="utf-8")
    report = load(town, file)
    assert (report.accepted, [fault.kind for fault in report.refused]) == (1, ["invalid_json"])
    assert report.refused_file is not None
    (left,) = read(report.refused_file)
    assert left["line"] == line[:40]
    report.refused_file.write_text(json.dumps({**left, "line": line}), encoding="utf-8")
    assert load(town, report.refused_file).accepted == 1
    assert stored(town) == ["E1", "cut"]


def test_refused_features_keep_their_crs(town: Workspace, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"source_id": ["a", "b"], "category": "0101", "occurred_at": ["never", "2026-05-01T08:30:00Z"]},
        geometry=gpd.points_from_xy([118.3, 118.3], [35.1, 35.1]),
        crs=4326,
    ).to_crs(4548)
    file = tmp_path / "events.geojson"
    frame.to_file(file)
    report = town.imports.incidents(file, refused=default_refused_file(file))
    assert (report.accepted, report.refused_count) == (1, 1)
    assert report.refused_file is not None
    left = json.loads(report.refused_file.read_text(encoding="utf-8"))
    left["properties"]["occurred_at"] = "2026-05-01T08:30:00Z"
    report.refused_file.write_text(json.dumps(left), encoding="utf-8")
    town.imports.incidents(report.refused_file)
    places = town.store.incidents().set_index("source_id").geometry
    assert shapely.equals_exact(places["a"], places["b"], tolerance=1e-9)


def test_geoparquet_and_geopackage(town: Workspace, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"source_id": ["a", "b", "c"], "category": "0101", "occurred_at": ["never", *["2026-05-01T08:30:00Z"] * 2]},
        geometry=shapely.from_wkt(["POINT (118.3 35.1)", None, "POINT (118.3 35.1)"]),
        crs=4490,
    )
    frame.to_parquet(tmp_path / "events.parquet")
    frame.to_file(tmp_path / "events.gpkg", layer="events")
    for name, accepted in (("events.parquet", 1), ("events.gpkg", 0)):
        file = tmp_path / name
        report = town.imports.incidents(file, refused=default_refused_file(file))
        assert (report.accepted, report.refused_count) == (accepted, 2)
        assert report.refused_file is not None
        left = gpd.read_parquet(report.refused_file) if accepted else gpd.read_file(report.refused_file)
        assert left["source_id"].tolist() == ["a", "b"]
        assert left["row"].tolist() == [1, 2]
        assert left.crs == frame.crs
        assert left.geometry.iloc[0] == frame.geometry.iloc[0]


def test_the_file_of_an_earlier_run_does_not_stay(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    write(file, [{**SOUND, "occurred_at": "never"}])
    kept = load(town, file).refused_file
    assert kept is not None
    assert kept.exists()
    write(file, [SOUND])
    assert load(town, file).refused_file is None
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["events.csv", "bad.gpkg", "missing/bad.csv"])
def test_refused_rows_that_can_not_be_written(town: Workspace, tmp_path: Path, name: str) -> None:
    file = tmp_path / "events.csv"
    write(file, [SOUND, {**SOUND, "source_id": "b", "occurred_at": "never"}])
    with pytest.raises(InputError):
        town.imports.incidents(file, datum="wgs84", refused=tmp_path / name)
    assert stored(town) == []
    assert list(tmp_path.iterdir()) == [file]


def test_all_rows_off_earth_are_refused_each_with_its_reason(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    write(file, [{**SOUND, "source_id": f"E{i}", "lon": 35.1, "lat": 118.3} for i in range(5)])
    report = load(town, file)
    assert (report.accepted, report.refused_count) == (0, 5)
    assert {fault.kind for fault in report.refused} == {"invalid_coordinate"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
def test_encodings_and_line_ends(town: Workspace, tmp_path: Path, encoding: str, line_end: str, kind: str) -> None:
    rows = [{**SOUND, "source_id": name} for name in ("甲", "乙")]
    lines = [",".join(SOUND), *(",".join(map(str, row.values())) for row in rows)]
    if kind == "ndjson":
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    file = tmp_path / f"events.{kind}"
    file.write_bytes((line_end.join(lines) + line_end).encode(encoding))
    assert load(town, file).accepted == 2
    assert stored(town) == sorted(["甲", "乙"])


@pytest.mark.parametrize(
    ("name", "damage", "error"),
    [
        ("events.csv.gz", lambda data: data[:-12], UnreadableFileError),
        ("events.csv", lambda data: data + b'"half a quotation', UnreadableFileError),
        ("events.csv", lambda data: data + b"x" * 200_000, UnreadableFileError),
        ("events.csv", lambda data: data + b"\xff\xff\xff", UnreadableFileError),
        ("events.csv", lambda data: data[: data.index(b"\r\n") + 2], UnreadableFileError),
        ("events.csv", lambda data: data.replace(b"category", b"kind", 1), MissingColumnError),
        ("events.csv", lambda data: data.replace(b"status", b"category", 1), InputError),
        ("events.geojson", lambda data: data[:-20], UnreadableFileError),
        ("events.geojson", lambda data: data + b"[]", UnreadableFileError),
        ("events.geojson", lambda data: data.replace(b"Collection", b"Collections"), UnreadableFileError),
        ("events.geojson", lambda data: b'{"features": [' + b"[" * 100_000, UnreadableFileError),
        ("events.ndjson", lambda data: data.replace(b"category", b"kind"), MissingColumnError),
        ("events.parquet", lambda data: data[: len(data) // 2], UnreadableFileError),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(
    town: Workspace, tmp_path: Path, name: str, damage: Callable[[bytes], bytes], error: type[SpatialGovError]
) -> None:
    file = tmp_path / name
    write(file, [{**SOUND, "source_id": f"E{i}"} for i in range(5)])
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(error) as caught:
        load(town, file)
    assert caught.value.remedy
    assert stored(town) == []
    assert list(tmp_path.iterdir()) == [file]


def test_incidents_are_assigned_to_the_grids_in_force(sample_copy: Workspace, tmp_path: Path) -> None:
    edition = sample_copy.store.edition()
    grids = sample_copy.store.edition_grids(edition.id)
    point = grids.geometry.iloc[0].representative_point()
    file = tmp_path / "events.ndjson"
    write(file, [{**SOUND, "source_id": "in", "lon": point.x, "lat": point.y}, {**SOUND, "source_id": "out"}])
    report = load(sample_copy, file)
    assert (report.accepted, report.edition, report.located, report.outside) == (2, edition.id, 1, 1)
    codes = sample_copy.store.incidents().set_index("source_id")["grid_code"]
    assert codes["in"] == grids["code"].iloc[0]
    assert codes["out"] is None


ADDRESSES = "address_id,street,number,building,lon,lat\na1,人民路,1号,,118.301,35.101\na2,人民路,3号,,118.302,35.102\n"
"""Of a town that has two of them."""


@pytest.fixture
def addressed(town: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "addresses.csv").write_text(ADDRESSES, encoding="utf-8")
    town.imports.layer("addresses", tmp_path / "addresses.csv", datum="wgs84")
    yield town
    with town.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM address")
        connection.exec_driver_sql("DELETE FROM note WHERE key = 'revision:addresses'")


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_without_coordinates_an_address_that_is_certain_gives_the_place(
    addressed: Workspace, tmp_path: Path, kind: str
) -> None:
    sound = {name: value for name, value in SOUND.items() if name not in ("lon", "lat")}
    file = tmp_path / f"events.{kind}"
    where = ["人民路1号2单元301室", "人民路", "新华路9号", "人民路3号", ""]
    write(file, [{**sound, "source_id": f"E{i}", "address": text} for i, text in enumerate(where)])
    report = addressed.imports.incidents(file, refused=default_refused_file(file))  # no datum: there are no coordinates
    assert (report.accepted, report.refused_count) == (2, 3)
    assert [(fault.row, fault.kind) for fault in report.refused] == [
        (2, "uncertain_address"), (3, "unknown_address"), (5, "missing_location")
    ]  # fmt: skip
    assert "人民路1号, 人民路3号" in report.refused[0].remedy
    assert not any("301" in str(value) for value in report.as_dict().values()), "an address with a room stays unsaid"
    frame = addressed.store.incidents().set_index("source_id")
    assert (frame.geometry.x["E0"], frame.geometry.y["E3"]) == (118.301, 35.102)
    assert set(frame["location_source"]) == {"address"}
    assert report.quality is not None
    assert report.quality.by_address == 2
    assert "address" not in report.dropped_columns


def test_coordinates_go_before_an_address(addressed: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    rows = [
        {**SOUND, "source_id": "A", "address": "人民路1号"},
        {**SOUND, "source_id": "B", "address": "人民路1号", "lon": "", "lat": ""},
        {**SOUND, "source_id": "C", "address": "人民路1号", "lon": "x", "lat": 35.1},
    ]
    write(file, rows)
    report = load(addressed, file)
    assert [(fault.row, fault.kind) for fault in report.refused] == [(3, "invalid_geometry")]
    frame = addressed.store.incidents()
    assert frame["location_source"].tolist() == ["given", "address"]
    assert frame.geometry.x.tolist() == [118.3, 118.301]


def test_a_feature_with_an_address_has_its_own_place(addressed: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.geojson"
    places = ["[118.3,35.1]", "[NaN,35.1]", '["x",35.1]', "[118.3,35.1,7.0]", "[118.3,95]"]
    cells = json.dumps({**SOUND, "address": "人民路1号"})
    rows = [
        f'{{"type":"Feature","geometry":{{"type":"Point","coordinates":{place}}},"properties":'
        f"{cells.replace('E1', f'F{i}')}}}"
        for i, place in enumerate([*places, *places[:1] * 3])
    ]
    file.write_text(f'{{"type":"FeatureCollection","features":[{",".join(rows)}]}}', encoding="utf-8")
    report = addressed.imports.incidents(file, datum="gcj02")
    assert [(fault.row, fault.kind) for fault in report.refused] == [
        (2, "invalid_coordinate"), (3, "invalid_geometry"), (5, "invalid_coordinate")
    ]  # fmt: skip
    frame = addressed.store.incidents()
    assert set(frame["location_source"]) == {"given"}
    assert (frame.geometry.x != 118.3).all(), "the datum was taken out"


def test_an_address_where_no_table_was_imported(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    write(file, [{**SOUND, "source_id": i, "address": "人民路1号", "lon": "", "lat": ""} for i in range(3)])
    report = load(town, file)
    assert [fault.kind for fault in report.refused] == ["no_addresses"] * 3
    assert "import addresses" in report.refused[0].remedy


def test_a_table_without_places_and_without_addresses_is_none(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    write(file, [{name: value for name, value in SOUND.items() if name not in ("lon", "lat")}])
    with pytest.raises(InputError, match="no geometry"):
        load(town, file)


def test_a_load_tells_the_quality_of_its_rows(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    rows = [
        {**SOUND, "source_id": f"E{i}", "occurred_at": f"2026-05-{i + 1:02}T12:00:00+08:00", "reported_at": "",
         "category": "0101", "address": ""}
        for i in range(25)
    ]  # fmt: skip
    rows[3] |= {"occurred_at": "2026-05-03T12:40:00+08:00"}
    rows[4] |= {"occurred_at": "2026-05-05", "category": "0801"}
    rows[5] |= {"reported_at": "2026-05-16T12:00:00+08:00", "occurred_at": "never"}
    write(file, rows)
    report = load(town, file, timezone="Asia/Shanghai")
    found = report.quality
    assert found is not None
    assert (found.rows, report.refused_count) == (24, 1)
    assert found.by_precision == {"exact": 23, "hour": 0, "day": 1, "interval": 0}
    assert (found.piled, found.worst_points[0].rows) == (24, 24)
    assert {one.kind: one.rows for one in found.placeholders}["noon"] == 22
    assert found.unknown_categories == {"0801": 1}
    assert found.outside is None
    assert (found.near_duplicates, [fault.row for fault in report.warnings]) == (1, [4])
    assert "row 3" in report.warnings[0].message
    assert json.loads(json.dumps(report.as_dict()))["quality"]["near_duplicates"] == 1
    again = load(town, file, timezone="Asia/Shanghai")
    assert again.quality == found
    assert load(town, file, timezone="Asia/Shanghai", dry_run=True).quality == found


def test_a_second_source_tells_of_the_same_incident(town: Workspace, tmp_path: Path) -> None:
    patrol, calls = tmp_path / "patrol.csv", tmp_path / "calls.csv"
    write(patrol, [{**SOUND, "source_id": f"P{i}", "lon": 118.3 + i / 100} for i in range(3)])
    at = "2026-05-01T08:{}:00+08:00"
    rows = [
        {**SOUND, "source_id": "C0", "lon": 118.3001, "occurred_at": at.format(10)},  # 20 minutes before, 9 m away
        {**SOUND, "source_id": "C1", "lon": 118.3101, "occurred_at": at.format(50)},
        {**SOUND, "source_id": "C2", "lon": 118.3201, "category": "0102"},
    ]
    write(calls, rows)
    assert load(town, patrol).quality.near_duplicates == 0  # type: ignore[union-attr]
    for dry_run in (True, False, False):
        report = load(town, calls, dry_run=dry_run)
        assert [(fault.row, fault.kind) for fault in report.warnings] == [(1, "near_duplicate"), (2, "near_duplicate")]
        assert "P0" in report.warnings[0].message
        assert report.refused_count == 0
    assert len(stored(town)) == 6


def test_an_export_of_what_is_known_roughly_comes_back_as_it_was(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    write(file, [
        {**SOUND, "source_id": "a", "occurred_until": "", "time_precision": "", "accuracy_m": "12.5"},
        {**SOUND, "source_id": "b", "occurred_at": "2026-05-01", "time_precision": "day"},
        {**SOUND, "source_id": "c", "time_precision": "hour"},
        {**SOUND, "source_id": "d", "occurred_until": "2026-05-03T08:30:00+08:00", "location_source": "address"},
    ])  # fmt: skip
    assert load(town, file, timezone="Asia/Shanghai").refused_count == 0
    before = town.store.incidents()
    out = tmp_path / "out.gpkg"
    write_vector(before.drop(columns="grid_code"), out)
    report = town.imports.incidents(out)
    assert (report.unchanged, report.updated, report.refused_count) == (4, 0, 0)


def test_categories_in_force_judge_a_load(town: Workspace, tmp_path: Path) -> None:
    lists, file = tmp_path / "categories.csv", tmp_path / "events.csv"
    assert categories_in_force(town.store).version == 0
    write(file, [{**SOUND, "category": "0101"}, {**SOUND, "source_id": "E2", "category": "71"}])
    lists.write_text("code,name\n71,其他\n0102,占道\n", encoding="utf-8")
    assert load(town, file).quality.unknown_categories == {"71": 1}  # type: ignore[union-attr]
    first, again = town.imports.categories(lists), town.imports.categories(lists)
    assert (first.accepted, first.version, again.accepted, again.unchanged, again.version) == (2, 1, 0, 2, 1)
    assert load(town, file).quality.unknown_categories == {"0101": 1}  # type: ignore[union-attr]
    assert categories_in_force(town.store).table["code"].tolist() == ["71", "0102"]
    with town.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM incident_category")

"""Reading incidents: what is sound stays, what is not is a fault with its row, column and remedy."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatialgov.errors import CoordinateError, DatumError, InputError, MissingColumnError, UnreadableFileError
from spatialgov.incidents import Incidents, read_categories, read_incidents
from spatialgov.incidents.reading import COLUMNS
from spatialgov.language import using_language

HEADER = "source_id,category,occurred_at,lon,lat,status,closed_at,closed_level,channel"
SOUND = "A1,0101,2026-05-01T08:30:00+08:00,118.3,35.1,closed,2026-05-01T10:00:00+08:00,grid,patrol"


def read(folder: Path, *rows: str, header: str = HEADER, timezone: str | None = None) -> Incidents:
    path = folder / "incidents.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_incidents(path, datum="wgs84", timezone=timezone)


def test_a_sound_row(tmp_path: Path) -> None:
    read_ = read(tmp_path, SOUND)
    assert read_.faults == ()
    assert read_.dropped_columns == ()
    assert read_.datum == "wgs84"
    assert list(read_.frame.columns) == [*COLUMNS, "geometry"]
    row = read_.frame.iloc[0]
    assert row["category"] == "0101"
    assert row["occurred_at"] == pd.Timestamp("2026-05-01T00:30Z")
    assert row["closed_at"] == pd.Timestamp("2026-05-01T02:00Z")
    assert row.geometry.equals(shapely.Point(118.3, 35.1))


def test_columns_not_asked_for_are_dropped_and_named(tmp_path: Path) -> None:
    read_ = read(tmp_path, SOUND + ",something,else", header=HEADER + ",phone,reporter")
    assert read_.dropped_columns == ("phone", "reporter")
    assert "phone" not in read_.frame


@pytest.mark.parametrize(
    ("row", "kind", "column"),
    [
        ("A2,0101,2026-05-01T08:30:00Z,,35.1,,,,", "invalid_geometry", "geometry"),
        ("A2,0101,2026-05-01T08:30:00Z,,,,,,", "missing_location", "geometry"),
        ("A2,0101,2026-05-01T08:30:00Z,nan,35.1,,,,", "invalid_geometry", "geometry"),
        ("A2,0101,2026-05-01T08:30:00Z,118.3,95,,,,", "invalid_coordinate", "geometry"),
        ("A2,0101,yesterday,118.3,35.1,,,,", "invalid_time", "occurred_at"),
        ("A2,0101,now,118.3,35.1,,,,", "invalid_time", "occurred_at"),
        ("A2,0101,05/06/2026 08:30+08:00,118.3,35.1,,,,", "invalid_time", "occurred_at"),
        ("A2,0101,2026-02-30T08:30:00Z,118.3,35.1,,,,", "invalid_time", "occurred_at"),
        ("A2,0101,,118.3,35.1,,,,", "missing_value", "occurred_at"),
        ("A2,0101,2026-05-01 08:30:00,118.3,35.1,,,,", "naive_time", "occurred_at"),
        ("A2,0101,2026-05-01,118.3,35.1,,,,", "naive_time", "occurred_at"),
        ("A2,0101,2026-05-01T08:30:00Z,118.3,35.1,,soon,,", "invalid_time", "closed_at"),
        ("A2,0101,2026-05-01T08:30:00Z,118.3,35.1,,2026-05-01T08:00:00Z,,", "closed_before_occurred", "closed_at"),
        (",0101,2026-05-01T08:30:00Z,118.3,35.1,,,,", "missing_value", "source_id"),
        ("A2,,2026-05-01T08:30:00Z,118.3,35.1,,,,", "missing_value", "category"),
        ("A1,0101,2026-05-01T08:30:00Z,118.3,35.1,,,,", "duplicate_id", "source_id"),
    ],
)
def test_a_bad_row_is_a_fault_and_sinks_nothing(tmp_path: Path, row: str, kind: str, column: str) -> None:
    read_ = read(tmp_path, SOUND, row, SOUND.replace("A1", "A3"))
    assert read_.frame["source_id"].tolist() == ["A1", "A3"]
    (fault,) = read_.faults
    assert (fault.kind, fault.row, fault.column, fault.severity) == (kind, 2, column, "error")
    assert fault.message
    assert fault.remedy


def test_every_fault_of_a_row_is_listed(tmp_path: Path) -> None:
    read_ = read(tmp_path, SOUND, "A2,,never,,,,,,", "A2,0101,never,118.3,35.1,,,,")
    assert [(f.row, f.kind) for f in read_.faults] == [
        (2, "missing_location"),
        (2, "missing_value"),
        (2, "invalid_time"),
        (3, "duplicate_id"),
        (3, "invalid_time"),
    ]
    assert [f.item for f in read_.faults if f.kind != "invalid_geometry"] == ["A2"] * 5


def test_an_unknown_word_is_left_blank_and_said(tmp_path: Path) -> None:
    read_ = read(tmp_path, SOUND.replace("patrol", "drone"))
    assert read_.frame["channel"].tolist() == [""]
    (fault,) = read_.faults
    assert (fault.kind, fault.severity, fault.column) == ("unknown_value", "warning", "channel")
    assert "drone" in fault.message


def test_a_named_time_zone_reads_times_without_offset(tmp_path: Path) -> None:
    rows = ["A1,0101,2026-05-01 08:30,118.3,35.1,,,,", "A2,0101,2026/05/01 00:30:00Z,118.3,35.1,,,,"]
    read_ = read(tmp_path, *rows, timezone="Asia/Shanghai")
    assert read_.faults == ()
    assert read_.frame["occurred_at"].tolist() == [pd.Timestamp("2026-05-01T08:30+08:00")] * 2
    assert str(read_.frame["occurred_at"].dt.tz) == "Asia/Shanghai"


def test_an_hour_that_was_never_or_twice_is_no_time(tmp_path: Path) -> None:
    rows = ["A1,0101,2026-03-29T02:30,11.5,48.1,,,,", "A2,0101,2026-10-25T02:30,11.5,48.1,,,,"]
    read_ = read(tmp_path, *rows, timezone="Europe/Berlin")
    assert [fault.kind for fault in read_.faults] == ["invalid_time"] * 2


def test_only_the_needed_columns(tmp_path: Path) -> None:
    read_ = read(tmp_path, "A1,0101,2026-05-01T08:30:00Z,118.3,35.1", header="source_id,category,occurred_at,lon,lat")
    row = read_.frame.iloc[0]
    assert row["status"] == row["closed_level"] == row["channel"] == ""
    assert pd.isna(row["closed_at"])


def test_a_needed_column_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingColumnError, match=r"incidents\.csv has no column category"):
        read(tmp_path, "A1,2026-05-01T08:30:00Z,118.3,35.1", header="source_id,occurred_at,lon,lat")


def test_columns_of_other_names(tmp_path: Path) -> None:
    path = tmp_path / "事件.csv"
    path.write_text("编号,类别,时间,经度,纬度\n7,0102,2026-05-01T08:30:00+08:00,118.3,35.1\n", encoding="utf-8")
    columns = {"source_id": "编号", "category": "类别", "occurred_at": "时间"}
    read_ = read_incidents(path, datum="wgs84", columns=columns)
    assert read_.frame["source_id"].tolist() == ["7"]
    assert read_.dropped_columns == ()


def test_a_column_that_was_named_wrongly(tmp_path: Path) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text(f"{HEADER}\n{SOUND}\n", encoding="utf-8")
    with pytest.raises(InputError, match="occured_at"):
        read_incidents(path, datum="wgs84", columns={"occured_at": "time"})
    with pytest.raises(MissingColumnError, match="state"):
        read_incidents(path, datum="wgs84", columns={"status": "state"})


def test_swapped_axes_are_told_from_bad_rows(tmp_path: Path) -> None:
    rows = [f"A{number},0101,2026-05-01T08:30:00Z,35.1,118.3,,,," for number in range(3)]
    with pytest.raises(CoordinateError):
        read(tmp_path, *rows)


def test_no_datum_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text(f"{HEADER}\n{SOUND}\n", encoding="utf-8")
    with pytest.raises(DatumError):
        read_incidents(path)


def test_the_datum_is_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "incidents.csv"
    path.write_text(f"{HEADER}\n{SOUND}\n", encoding="utf-8")
    read_ = read_incidents(path, datum="gcj02")
    assert read_.datum == "gcj02"
    assert 0.001 < read_.frame.geometry.iloc[0].distance(shapely.Point(118.3, 35.1)) < 0.02


@pytest.mark.parametrize("name", ["incidents.geojson", "incidents.parquet", "incidents.gpkg"])
def test_other_formats_give_the_same(tmp_path: Path, name: str) -> None:
    table = gpd.GeoDataFrame(
        {
            "source_id": [1, 2],
            "category": ["0101", "0102"],
            "occurred_at": pd.to_datetime(["2026-05-01T00:30:00Z", "2026-12-31T23:59:59Z"]),
        },
        geometry=[shapely.Point(118.3, 35.1, 7.0), shapely.LineString([(0, 0), (1, 1)])],
        crs=4326,
    )
    path = tmp_path / name
    if name.endswith("parquet"):
        table.to_parquet(path)
    else:
        table.to_file(path)
    read_ = read_incidents(path)
    assert [fault.kind for fault in read_.faults] == ["not_a_point"]
    assert read_.frame["source_id"].tolist() == ["1"]
    assert read_.frame["occurred_at"].tolist() == [pd.Timestamp("2026-05-01T00:30:00Z")]
    assert not read_.frame.has_z.any()


def test_an_unknown_time_zone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Mars"):
        read(tmp_path, SOUND, timezone="Mars/Olympus")


def test_faults_speak_chinese(tmp_path: Path) -> None:
    with using_language("zh"):
        (fault,) = read(tmp_path, "A1,0101,从前,118.3,35.1,,,,").faults
    assert fault.message == "“occurred_at” 不是有效时间：从前"
    assert (fault.lon, fault.lat) == (118.3, 35.1)


CELL = st.one_of(
    st.sampled_from(["", "A1", "0101", "2026-05-01T08:30:00Z", "118.3", "35.1", "-inf", "1e400", "closed"]),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters='",'), max_size=8),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[CELL] * 9), min_size=1, max_size=6))
def test_whatever_stands_in_the_cells(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    # Were most of the locations wrong, the axes would be, and the file refused.
    sound = [SOUND.replace("A1", f"S{number}") for number in range(7)]
    read_ = read(tmp_path, *sound, *(",".join(row) for row in rows))
    faulty = {fault.row for fault in read_.faults if fault.severity == "error"}
    assert len(read_.frame) + len(faulty) == len(rows) + len(sound)
    assert read_.frame["source_id"].is_unique
    assert (read_.frame[["source_id", "category"]] != "").all(axis=None)
    assert read_.frame["occurred_at"].notna().all()
    assert not (read_.frame["closed_at"] < read_.frame["occurred_at"]).any()


def test_categories_are_data(tmp_path: Path) -> None:
    path = tmp_path / "categories.csv"
    path.write_text("code,name,name_en\n0101,暴露垃圾,Litter\n0102, 占道经营 ,\n", encoding="utf-8-sig")
    table = read_categories(path)
    assert table.to_dict("list") == {
        "code": ["0101", "0102"],
        "name": ["暴露垃圾", "占道经营"],
        "name_en": ["Litter", ""],
    }
    path.write_text("code,name\n0101,暴露垃圾\n", encoding="utf-8")
    assert read_categories(path)["name_en"].tolist() == [""]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("code,name\n0101,a\n0101,b\n", InputError),
        ("code,name\n,a\n", InputError),
        ("number,name\n0101,a\n", MissingColumnError),
        ("", UnreadableFileError),
    ],
    ids=["twice", "empty code", "no code column", "empty file"],
)
def test_categories_that_are_none(tmp_path: Path, text: str, error: type[Exception]) -> None:
    path = tmp_path / "categories.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(error):
        read_categories(path)

"""Times with their precision: nothing becomes more exact than the file says."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from spatialgov.incidents import Incidents, read_incidents

HEADER = "source_id,category,occurred_at,occurred_until,time_precision,reported_at,closed_at,lon,lat"


def read(folder: Path, *cells: str, timezone: str | None = "Asia/Shanghai") -> Incidents:
    path = folder / "incidents.csv"
    rows = [f"E{i},0101,{row},118.3,35.1" for i, row in enumerate(cells)]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return read_incidents(path, datum="wgs84", timezone=timezone)


def one(folder: Path, cells: str, **options: Any) -> tuple[str, str, str]:
    read_ = read(folder, cells, **options)
    (row,) = read_.frame.to_dict("records")
    until = "" if pd.isna(row["occurred_until"]) else row["occurred_until"].isoformat()
    return row["occurred_at"].isoformat(), until, row["time_precision"]


@pytest.mark.parametrize(
    ("cells", "at", "until", "precision"),
    [
        ("2026-05-01T14:23:05+08:00,,,,", "2026-05-01T14:23:05+08:00", "", "exact"),
        ("2026-05-01,,,,", "2026-05-01T00:00:00+08:00", "2026-05-02T00:00:00+08:00", "day"),
        ("2026/05/01,,,,", "2026-05-01T00:00:00+08:00", "2026-05-02T00:00:00+08:00", "day"),
        ("2026-05-01 14:00,,hour,,", "2026-05-01T14:00:00+08:00", "2026-05-01T15:00:00+08:00", "hour"),
        ("2026-05-01 14:23:09.5,,hour,,", "2026-05-01T14:00:00+08:00", "2026-05-01T15:00:00+08:00", "hour"),
        ("2026-05-01T14:23+05:30,,hour,,", "2026-05-01T16:30:00+08:00", "2026-05-01T17:30:00+08:00", "hour"),
        ("2026-05-01T14:23,,day,,", "2026-05-01T00:00:00+08:00", "2026-05-02T00:00:00+08:00", "day"),
        ("2026-05-01T22:00,2026-05-02T02:00,,,", "2026-05-01T22:00:00+08:00", "2026-05-02T02:00:00+08:00", "interval"),
        ("2026-12-31T22:00,2027-01-01T02:00,interval,,", "2026-12-31T22:00:00+08:00", "2027-01-01T02:00:00+08:00",
         "interval"),
        ("2026-05-01,2026-05-03,,,", "2026-05-01T00:00:00+08:00", "2026-05-04T00:00:00+08:00", "interval"),
        ("2026-05-01,2026-05-01,,,", "2026-05-01T00:00:00+08:00", "2026-05-02T00:00:00+08:00", "day"),
        ("2026-05-01T22:00,2026-05-01T22:00,,,", "2026-05-01T22:00:00+08:00", "", "exact"),
        # as a table that was exported has it
        ("2026-04-30T16:00Z,2026-05-01T16:00Z,day,,", "2026-05-01T00:00:00+08:00", "2026-05-02T00:00:00+08:00", "day"),
        ("2026-05-01T06:30Z,2026-05-01T07:30Z,hour,,", "2026-05-01T14:30:00+08:00", "2026-05-01T15:30:00+08:00",
         "hour"),
    ],
)  # fmt: skip
def test_what_a_row_says(tmp_path: Path, cells: str, at: str, until: str, precision: str) -> None:
    assert read(tmp_path, cells).faults == ()
    assert one(tmp_path, cells) == (at, until, precision)


def test_a_day_is_as_long_as_it_was(tmp_path: Path) -> None:
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-24", 24)):
        frame = read(tmp_path, f"{day},,,,", timezone="Europe/Berlin").frame
        assert (frame["occurred_until"] - frame["occurred_at"]).iloc[0] == pd.Timedelta(hours=hours)
    # on this day clocks went from 00:00 to 01:00
    assert one(tmp_path, "2018-11-04,,,,", timezone="America/Sao_Paulo")[0] == "2018-11-04T01:00:00-02:00"


def test_a_day_by_its_offset_needs_no_zone(tmp_path: Path) -> None:
    at, until, _ = one(tmp_path, "2026-05-01T14:23+08:00,,day,,", timezone=None)
    assert (at, until) == ("2026-04-30T16:00:00+00:00", "2026-05-01T16:00:00+00:00")
    (fault,) = read(tmp_path, "2026-05-01,,,,", timezone=None).faults
    assert fault.kind == "naive_time"


@pytest.mark.parametrize(
    ("cells", "kind", "column"),
    [
        ("2026-05-02,2026-05-01T23:00,,,", "until_before_occurred", "occurred_until"),
        ("2026-05-02T08:00,2026-05-02T07:59,interval,,", "until_before_occurred", "occurred_until"),
        ("2026-05-02T08:00,,interval,,", "missing_value", "occurred_until"),
        ("2026-05-02T08:00,later,,,", "invalid_time", "occurred_until"),
        ("2026-05-02T08:00+24:00,,,,", "invalid_time", "occurred_at"),
        ("2026-05-02T08:00+08:60,,,,", "invalid_time", "occurred_at"),
        ("1899-12-31,,,,", "invalid_time", "occurred_at"),
        ("2026-05-02T08:00,,,,2026-05-02T07:00", "closed_before_occurred", "closed_at"),
        ("2026-05-02T08:00,,,,2026-05-01", "closed_before_occurred", "closed_at"),
    ],
)
def test_what_is_refused(tmp_path: Path, cells: str, kind: str, column: str) -> None:
    read_ = read(tmp_path, cells, "2026-05-01T08:00,,,,")
    (fault,) = read_.faults
    assert (fault.kind, fault.column, fault.row, fault.severity) == (kind, column, 1, "error")
    assert fault.remedy
    assert read_.frame["source_id"].tolist() == ["E1"]


@pytest.mark.parametrize(
    ("cells", "kind", "precision"),
    [
        ("2026-05-02,,exact,,", "other_precision", "day"),
        ("2026-05-02,,hour,,", "other_precision", "day"),
        ("2026-05-02T08:00,2026-05-02T12:00,exact,,", "other_precision", "interval"),
        ("2026-05-02T08:00,2026-05-02T12:00,day,,", "other_precision", "interval"),
        ("2026-05-02T08:00,,minute,,", "unknown_value", "exact"),
        ("2026-05-02T08:00,,,2026-05-02T07:00,", "reported_before_occurred", "exact"),
    ],
)
def test_what_is_taken_with_a_warning(tmp_path: Path, cells: str, kind: str, precision: str) -> None:
    read_ = read(tmp_path, cells)
    (fault,) = read_.faults
    assert (fault.kind, fault.severity) == (kind, "warning")
    assert read_.frame["time_precision"].tolist() == [precision]
    assert read_.frame["reported_at"].isna().all()


def test_a_report_or_an_end_on_the_day_itself_is_no_earlier_than_the_incident(tmp_path: Path) -> None:
    read_ = read(tmp_path, "2026-05-02T08:00,,,2026-05-02,2026-05-02", "2026-05-02,,,2026-05-03,2026-05-04")
    assert read_.faults == ()
    frame = read_.frame
    assert frame["reported_at"].tolist() == list(pd.to_datetime(["2026-05-02T08:00+08:00", "2026-05-03T00:00+08:00"]))
    assert frame["closed_at"].tolist() == list(pd.to_datetime(["2026-05-02T08:00+08:00", "2026-05-04T00:00+08:00"]))


def test_many_rows_of_every_kind_do_not_mix(tmp_path: Path) -> None:
    kinds = ["2026-05-01,,,,", "2026-05-01T10:00Z,,,,", "2026-05-01T10:30,,hour,,", "2026-05-01T10:00,2026-05-09,,,",
             "never,,,,"]  # fmt: skip
    read_ = read(tmp_path, *kinds * 50)
    assert read_.frame["time_precision"].tolist() == ["day", "exact", "hour", "interval"] * 50
    assert read_.frame["occurred_until"].isna().tolist() == [False, True, False, False] * 50
    assert [fault.row for fault in read_.faults] == list(range(5, 251, 5))

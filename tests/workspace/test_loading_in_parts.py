"""Incidents judged in parts: the store, the report and the refused rows are those of a load as a whole."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from spatialgov.bulk import Hands
from spatialgov.errors import UnreadableFileError
from spatialgov.vector_io import batches
from spatialgov.workspace import ImportReport, Workspace, loading_in_parts


def rows() -> list[dict[str, str]]:
    """Give 60 rows, of which some are refused, some come twice, and some have several lines."""
    made = [
        {
            "source_id": f"E{i}",
            "category": "0101",
            "occurred_at": f"2026-05-{1 + i % 28:02d}T08:30:00+08:00",
            "status": "drone" if i == 7 else "open",
            "note": 'two\nlines, "quoted"',
            "lon": str(118.3005 + 0.0001 * i),
            "lat": "35.1005",
        }
        for i in range(60)
    ]
    made[3]["occurred_at"] = "yesterday"
    made[40]["source_id"] = "E3"  # that of a refused row of an earlier part
    made[41]["source_id"] = "E40"
    made[42]["source_id"] = "E1"  # of a sound one
    made[43]["source_id"] = "E42"
    made[44]["source_id"] = "E42"  # of the row before
    made[59]["lon"] = "east"
    return made


def write(path: Path, lines: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        table.writerows(lines)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a workspace with one grid in force."""
    folder = tmp_path_factory.mktemp("published")
    frame = gpd.GeoDataFrame(
        {"unit_id": ["U1", "U2"], "households": 100, "community_code": "990101001001"},
        geometry=[shapely.box(118.3, 35.1, 118.302, 35.102), shapely.box(118.302, 35.1, 118.304, 35.102)],
        crs=4326,
    )
    frame.to_file(folder / "units.gpkg")
    with Workspace.open(folder / "town") as workspace:
        workspace.imports.units(folder / "units.gpkg", keep=["community_code"])
        plan = workspace.plans.make(households_per_grid=200, within="community_code")
        workspace.plans.publish(plan.id)
        yield workspace


@pytest.fixture
def town(published: Workspace) -> Workspace:
    """Give it without incidents."""
    empty(published)
    return published


def empty(town: Workspace) -> None:
    with town.store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM incident")


def loaded(town: Workspace, file: Path, name: str, **options: Any) -> tuple[ImportReport, str, pd.DataFrame]:
    """Load into the emptied store; give the report, the file of refused rows and the incidents."""
    empty(town)
    refused = file.with_name(f"{name}.csv")
    report = town.imports.incidents(file, datum="wgs84", refused=refused, **options)
    assert report.refused_file == refused
    return replace(report, refused_file=None), refused.read_text(encoding="utf-8"), town.store.incidents()


@pytest.mark.parametrize("n_bytes", [600, 2**24])
def test_it_is_the_same(town: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_bytes: int) -> None:
    monkeypatch.setattr(loading_in_parts, "_PIECE", n_bytes)
    monkeypatch.setattr(batches, "BATCH_ROWS", 5)
    file = tmp_path / "events.csv"
    write(file, rows())
    whole = loaded(town, file, "whole")
    told: list[tuple[int, int]] = []
    hands = Hands(tmp_path / "kept", progress=lambda done, total: told.append((done, total)))
    parts = loaded(town, file, "parts", hands=hands)
    assert parts[:2] == whole[:2]
    assert [fault.row for fault in whole[0].refused if fault.kind == "duplicate_id"] == [41, 43, 45]
    assert (whole[0].located, whole[0].outside) == (34, 21)
    pd.testing.assert_frame_equal(parts[2], whole[2])
    assert (told[-1][0] == told[-1][1] == 1) == (n_bytes > 10_000)
    assert not (tmp_path / "kept").exists()


def test_a_damaged_file_is_said_to_be_so(town: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading_in_parts, "_PIECE", 600)
    file = tmp_path / "events.csv"
    write(file, rows())
    with file.open("a", encoding="utf-8") as end:
        end.write('E99,0101,"2026-05-01')
    with pytest.raises(UnreadableFileError, match="from line 122 on"):
        town.imports.incidents(file, datum="wgs84", hands=Hands(tmp_path / "kept"))


def test_what_is_no_csv_is_loaded_as_ever(town: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    pd.DataFrame(rows()).to_parquet(file)
    assert town.imports.incidents(file, datum="wgs84", hands=Hands(tmp_path / "kept")).accepted == 55
    assert not (tmp_path / "kept").exists()

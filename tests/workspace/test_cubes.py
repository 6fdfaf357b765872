"""The stored cube: what it counts is what the store holds, whatever happens to its files and to the store."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.errors import InputError, TimeLimitError
from spatialgov.incidents import heat_map, hot_spots_of
from spatialgov.store import Store
from spatialgov.time_limit import time_limit
from spatialgov.workspace import Area, Period, StoredCube, Workspace
from spatialgov.workspace.analysis import AREA_KINDS
from tests.publishing_cases import WEST, found_town, moved

SHANGHAI = ZoneInfo("Asia/Shanghai")
LON, LAT = 118.3005, 35.1005
BEGIN = datetime(2026, 3, 1, tzinfo=SHANGHAI)
PERIODS = [
    Period(),
    Period(since=BEGIN),
    Period(until=BEGIN, categories=["0101", "0502"]),
    Period(BEGIN, BEGIN + timedelta(days=31), ["0101"]),
    Period(since=datetime(1950, 1, 1, tzinfo=UTC), until=datetime(1951, 1, 1, tzinfo=UTC)),
]


# against the straight way ----------------------------------------------------------------------------------------


def area_of(workspace: Workspace, name: str) -> Area | None:
    frame = workspace.store.jurisdictions()
    codes = {
        "everywhere": ["*"],
        "a subdistrict": frame.loc[frame["level"] == "subdistrict", "code"].tolist()[:1],
        "two communities": frame.loc[frame["level"] == "community", "code"].tolist()[3:5],
        "nowhere": ["123456789012"],
    }[name]
    return workspace.areas.of(codes)


@pytest.mark.parametrize("where", ["everywhere", "a subdistrict", "two communities", "nowhere"])
@pytest.mark.parametrize("period", PERIODS, ids=range(len(PERIODS)))
def test_answers_equal_those_from_every_incident(sample_workspace: Workspace, period: Period, where: str) -> None:
    analysis, area = sample_workspace.analysis, area_of(sample_workspace, where)
    frame = analysis.incidents(period, area=area)
    found = analysis.heat_map(10, period, minimum=3, area=area)
    straight = heat_map(frame, 10, minimum=3)
    pd.testing.assert_frame_equal(found.cells, straight.cells)
    assert found.suppressed == straight.suppressed
    page, matched = analysis.incident_page(period, limit=50, offset=100, area=area)
    assert matched == len(frame)
    pd.testing.assert_frame_equal(page, frame.iloc[100:150].reset_index(drop=True))
    span = analysis.span(period, area=area)
    assert span == (None if frame.empty else (frame["occurred_at"].min(), frame["occurred_at"].max()))
    if area is not None:
        assert analysis.summary(area=area)["counts"]["incidents"] == len(analysis.incidents(Period(), area=area))
    if where == "nowhere":
        return
    spots, ground = analysis.hot_spots(9, period, area=area), analysis.study_area(9, area=area)
    counts, outside = ground.counts(frame.geometry.x, frame.geometry.y)
    expected = hot_spots_of(counts, ground, outside=outside)
    pd.testing.assert_frame_equal(spots.spots, expected.spots)
    pd.testing.assert_frame_equal(spots.cells, expected.cells)
    assert spots.outside == expected.outside


@pytest.mark.parametrize("by", ["today", "day"])
@pytest.mark.parametrize("where", ["everywhere", "a subdistrict"])
def test_counts_equal_those_from_every_incident(sample_workspace: Workspace, by: str, where: str) -> None:
    area, store = area_of(sample_workspace, where), sample_workspace.store
    moments = [edition.valid_from for edition in store.editions()]
    for period in [*PERIODS, Period(moments[0] - timedelta(days=30), moments[1] + timedelta(days=1))]:
        found = sample_workspace.editions.incident_counts(by, period, area=area)
        frame = sample_workspace.analysis.incidents(period, area=area)
        counted = outside = 0
        for edition in store.editions() if by == "day" else [store.edition()]:
            due = frame
            if by == "day":
                ended = edition.valid_to or datetime(9999, 1, 1, tzinfo=UTC)
                due = frame[(frame["occurred_at"] >= edition.valid_from) & (frame["occurred_at"] < ended)]
            lon, lat = due.geometry.x, due.geometry.y
            number, codes, _ = sample_workspace.locations.positions(lon, lat, "wgs84", as_of=edition.valid_from)
            counts = dict(zip(codes, np.bincount(number[number >= 0], minlength=len(codes)), strict=True))
            rows = found.grids[found.grids["edition"] == edition.id]
            assert dict(zip(rows["code"], rows["incidents"], strict=True)) == {c: counts[c] for c in rows["code"]}
            counted, outside = counted + len(due), outside + int((number < 0).sum())
        assert (found.outside, found.before) == (outside, len(frame) - counted)


@pytest.mark.parametrize("kind", AREA_KINDS)
@pytest.mark.parametrize("where", ["everywhere", "a subdistrict"])
def test_units_and_jurisdictions(sample_workspace: Workspace, kind: str, where: str) -> None:
    analysis, store, area = sample_workspace.analysis, sample_workspace.store, area_of(sample_workspace, where)
    table, outside = analysis.area_counts(kind, PERIODS[1], area=area)
    areas = store.unit_set().rename(columns={"unit_id": "code"}) if kind == "unit" else store.jurisdictions(kind)
    points = analysis.incidents(PERIODS[1], area=area)
    joined = gpd.sjoin(points, areas[["code", "geometry"]], predicate="within")["code"].value_counts()
    if area is None:
        assert table["code"].tolist() == areas["code"].tolist()
    elif kind == "community":
        assert set(table["code"]) == set(area.codes) - area.granted
    on_borders = len(points) - outside - int(joined.sum())
    assert 0 <= on_borders < 20
    expected = joined.reindex(table["code"], fill_value=0).to_numpy()
    assert np.abs(table["incidents"] - expected).sum() <= on_borders


def test_what_is_no_area_is_named(sample_workspace: Workspace) -> None:
    with pytest.raises(InputError, match="'street'"):
        sample_workspace.analysis.area_counts("street", Period())


def test_the_clock(sample_workspace: Workspace) -> None:
    stored = sample_workspace.cubes.newest()
    counts = stored.cube.slice(hours=stored.hours(SHANGHAI)).counts_by_hour_of_week()
    at = sample_workspace.analysis.incidents(Period())["occurred_at"].dt.tz_convert(SHANGHAI)
    assert counts.tolist() == pd.crosstab(at.dt.day_of_week, at.dt.hour).to_numpy().tolist()


# kept and brought up to date -------------------------------------------------------------------------------------


def some(ids: str, *, days: float = 0.0, lon: float = LON, **columns: Any) -> gpd.GeoDataFrame:
    rows = {
        "source_id": list(ids),
        "category": "0101",
        "occurred_at": pd.to_datetime([BEGIN + timedelta(days=days + i) for i in range(len(ids))]),
        "status": "open",
        **columns,
    }
    return gpd.GeoDataFrame(rows, geometry=[shapely.Point(lon, LAT)] * len(ids), crs=4326)


@pytest.fixture
def town(url: str, tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(Store.open(url), tmp_path / "data") as workspace:
        found_town(workspace, tmp_path)
        workspace.store.upsert_incidents(some("abc"))
        yield workspace


def held(workspace: Workspace) -> list[list[Any]]:
    """Give the incidents of the newest cube: id, time, end, category, longitude, latitude."""
    cube = workspace.cubes.newest().cube
    codes = [cube.categories[i] for i in cube.category]
    times = (cube.time_us.tolist(), cube.until_us.tolist())
    rows = zip(cube.ids.tolist(), *times, codes, cube.lon, cube.lat, strict=True)
    return sorted(map(list, rows))


def stored(workspace: Workspace) -> list[list[Any]]:
    """Give the same from the store."""
    page = workspace.store.incident_page(np.arange(1000))
    with workspace.store._database.read() as connection:
        ids = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT source_id, id FROM incident")}
    until = page["occurred_until"].fillna(page["occurred_at"])
    times = (moments.dt.as_unit("us").astype("int64") for moments in (page["occurred_at"], until))
    rows = zip(page["source_id"].map(ids), *times, page["category"], page.geometry.x, page.geometry.y, strict=True)
    return sorted(map(list, rows))


class Reads:
    """Notes what is read of the store."""

    def __init__(self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        self.after: list[int] = []
        read = workspace.store.incident_columns

        def noting(*, after: int = 0) -> Any:
            self.after.append(after)
            return read(after=after)

        monkeypatch.setattr(workspace.store, "incident_columns", noting)

    def since(self) -> list[int]:
        seen, self.after = self.after, []
        return seen


def test_only_what_was_added_is_read(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = Reads(town, monkeypatch)
    assert held(town) == stored(town)
    assert reads.since() == [0]
    assert held(town) == stored(town)
    assert reads.since() == []
    town.store.upsert_incidents(some("de", days=-10, category=["0202", "0101"]))
    assert held(town) == stored(town)
    assert len(held(town)) == 5
    (last,) = reads.since()
    assert last == 3
    before = town.cubes.newest().cube
    town.store.upsert_incidents(some("ab", status="closed"))
    assert town.cubes.newest().cube is before, "a status is no column of the cube"
    reads.since()
    town.store.upsert_incidents(some("ax", days=5))
    assert held(town) == stored(town)
    assert reads.since() == [0], "one that was there has another time: all are read"
    town.store.upsert_incidents(some("b", days=1, lon=LON + 0.001))
    assert held(town) == stored(town)
    town.store.upsert_incidents(some("d", days=-10, category="0202", occurred_until=BEGIN))
    assert held(town) == stored(town)
    town.store.upsert_incidents(some("f", occurred_until=BEGIN + timedelta(days=1)))
    assert held(town) == stored(town)
    town.store.upsert_incidents(some("c", days=2, category="0303"))
    assert held(town) == stored(town)
    town.store.upsert_incidents(some("c", days=2, category="0303"))
    reads.since()
    assert held(town) == stored(town)
    assert reads.since() == []
    assert [file.name for file in (town.data_dir / "cubes").glob("*.cube")] == [f"{town.cubes.newest().revision}.cube"]


def test_counts_follow_what_is_loaded_and_published(town: Workspace) -> None:
    def counted() -> dict[str, int]:
        grids = town.editions.incident_counts("today", Period()).grids
        return {code: n for code, n in zip(grids["code"], grids["incidents"], strict=True) if n}

    assert counted() == {f"{WEST}001": 3}
    town.store.upsert_incidents(some("de"))
    assert counted() == {f"{WEST}001": 5}
    town.plans.publish(moved(town, dict.fromkeys(("U00", "U01"), f"{WEST}003")))
    assert counted() == {f"{WEST}003": 5}
    assert len(list((town.data_dir / "cubes").glob("*-grids-*.cube"))) == 1, "the grids of before are gone"


@pytest.mark.parametrize("harm", ["a flipped bit", "a cut file", "no file", "no folder"])
def test_what_is_damaged_or_missing_is_made_anew(town: Workspace, harm: str) -> None:
    expected = town.editions.incident_counts("today", Period()).grids
    for file in sorted((town.data_dir / "cubes").glob("*.cube")):
        content = bytearray(file.read_bytes())
        content[-100] ^= 1
        if harm == "a flipped bit":
            file.write_bytes(content)
        elif harm == "a cut file":
            file.write_bytes(content[:500])
        else:
            file.unlink()
    if harm == "no folder":
        shutil.rmtree(town.data_dir / "cubes")
    with Workspace(Store.open(town.store.url), town.data_dir) as other:
        pd.testing.assert_frame_equal(other.editions.incident_counts("today", Period()).grids, expected)
        assert len(list((town.data_dir / "cubes").glob("*.cube"))) == 2


def test_files_of_an_earlier_version_are_made_anew(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had no `until_us`, and incidents of the same moment in another order."""
    town.editions.incident_counts("today", Period())
    expected = held(town)
    for file in (town.data_dir / "cubes").glob("*.cube"):
        content = bytearray(file.read_bytes())
        assert content[8:12] == (2).to_bytes(4, "little")
        content[8:12] = (1).to_bytes(4, "little")
        file.write_bytes(content)
    with Workspace(Store.open(town.store.url), town.data_dir) as other:
        reads = Reads(other, monkeypatch)
        assert other.editions.incident_counts("today", Period()).grids["incidents"].sum() == 3
        assert held(other) == expected
        assert reads.since() == [0]
    files = list((town.data_dir / "cubes").glob("*.cube"))
    assert [file.read_bytes()[8] for file in files] == [2, 2]


def test_another_worker_uses_what_the_first_has_made(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    town.editions.incident_counts("today", Period())
    with Workspace(Store.open(town.store.url), town.data_dir) as other:
        reads = Reads(other, monkeypatch)
        monkeypatch.setattr(other.locations, "positions", lambda *_: pytest.fail("was located before"))
        assert other.editions.incident_counts("today", Period()).grids["incidents"].sum() == 3
        assert reads.since() == []
        town.store.upsert_incidents(some("d"))
        assert len(other.cubes.newest().cube) == 4
        assert reads.since() == [3]
    assert len(town.cubes.newest().cube) == 4


def test_workers_that_ask_at_once_read_the_store_once(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [Workspace(Store.open(town.store.url), town.data_dir) for _ in range(3)]
    reads = [Reads(other, monkeypatch) for other in others]
    found: list[int] = []
    threads = [
        Thread(target=lambda other=other: found.append(len(other.cubes.newest().cube)))
        for other in others
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert found == [3] * 9
    assert sorted(len(one.since()) for one in reads) == [0, 0, 1]


def test_a_store_that_went_back_is_not_brought_forward_from_its_future(tmp_path: Path) -> None:
    """A backup is restored: what was loaded after it is gone, also from the counts, and ids come again."""
    with Workspace.open(tmp_path / "data") as workspace:
        workspace.store.upsert_incidents(some("abc"))
        assert len(workspace.cubes.newest().cube) == 3
        with workspace.store._database.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    file = tmp_path / "data" / "spatialgov.db"
    shutil.copy(file, tmp_path / "backup.db")
    with Workspace.open(tmp_path / "data") as workspace:
        workspace.store.upsert_incidents(some("de"))
        assert len(workspace.cubes.newest().cube) == 5
    shutil.copy(tmp_path / "backup.db", file)
    with Workspace.open(tmp_path / "data") as workspace:
        assert len(workspace.cubes.newest().cube) == 3
        workspace.store.upsert_incidents(some("xy", days=100, category="0505"))
        assert held(workspace) == stored(workspace)
        assert len(held(workspace)) == 5


def test_a_load_is_never_there_without_its_revision(town: Workspace) -> None:
    """Killed in the middle of its commit, a load has happened with its mark, or not at all."""
    revisions = town.store.incident_revisions()

    class KilledError(Exception):
        pass

    def killed() -> None:
        with town.store.as_one_change():
            town.store.replace_layer("roads", town.store.layer("roads"))
            raise KilledError

    with pytest.raises(KilledError):
        killed()
    assert town.store.revision("roads") is None
    town.store.upsert_incidents(some("d"), dry_run=True)
    assert town.store.incident_revisions() == revisions
    town.store.upsert_incidents(some("d"))
    assert town.store.incident_revisions()[:-1] == revisions


def test_a_cube_that_takes_longer_than_a_request_goes_on_being_made(
    town: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = town.store.incident_columns

    def slow(**options: Any) -> Any:
        time.sleep(0.3)
        return read(**options)

    monkeypatch.setattr(town.store, "incident_columns", slow)
    with time_limit(0.05), pytest.raises(TimeLimitError):
        town.cubes.newest()
    with time_limit(20):
        assert len(town.cubes.newest().cube) == 3


def test_without_room_for_files_the_counts_are_right(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("spatialgov.array_file.tempfile.NamedTemporaryFile", full)
    assert town.editions.incident_counts("today", Period()).grids["incidents"].sum() == 3
    assert not list((town.data_dir / "cubes").glob("*.cube"))


def test_without_a_folder_for_files_the_counts_are_right(town: Workspace) -> None:
    (town.data_dir / "cubes").write_text("a file where the folder should be")
    assert town.editions.incident_counts("today", Period()).grids["incidents"].sum() == 3
    town.store.upsert_incidents(some("d"))
    assert town.editions.incident_counts("today", Period()).grids["incidents"].sum() == 4


def test_an_empty_store_has_an_empty_cube(tmp_path: Path) -> None:
    with Workspace.open(tmp_path) as workspace:
        stored = workspace.cubes.newest()
        assert len(stored.cube) == 0
        assert stored.cube.slice().counts(stored.cells(9))[0].tolist() == []
        assert stored.cube.slice(hours=stored.hours(SHANGHAI)).counts_by_hour_of_week().sum() == 0
        assert workspace.analysis.incident_page(Period(), limit=10)[1] == 0
        assert workspace.analysis.span(Period()) is None
        assert len(workspace.analysis.heat_map(9, Period()).cells) == 0


def test_one_that_was_moved_meanwhile_is_not_shown(sample_copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is read after the cube: an incident that has left the area by then must not be on it."""
    area = area_of(sample_copy, "a subdistrict")
    page, _ = sample_copy.analysis.incident_page(Period(), limit=5, area=area)
    cube = sample_copy.cubes.newest()
    gone = page.iloc[[0]].drop(columns="grid_code").set_geometry([shapely.Point(0, 0)], crs=4326)
    sample_copy.store.upsert_incidents(gone)
    monkeypatch.setattr(sample_copy.cubes, "newest", lambda: cube)
    again, _ = sample_copy.analysis.incident_page(Period(), limit=5, area=area)
    assert again["source_id"].tolist() == page["source_id"].tolist()[1:]


def test_a_killed_maker_leaves_the_lock_and_no_half_file(town: Workspace) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from spatialgov.store import Store\n"
        "from spatialgov.workspace import Workspace\n"
        "from spatialgov import array_file\n"
        "array_file.os.fsync = lambda _: os._exit(9)\n"
        "Workspace(Store.open(sys.argv[1]), Path(sys.argv[2])).cubes.newest()\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, town.store.url, str(town.data_dir)], check=False)
    assert killed.returncode == 9
    left = [file for file in (town.data_dir / "cubes").iterdir() if file.suffix != ".lock"]
    assert [file.name[0] for file in left] == ["."]
    os.utime(left[0], (0, 0))
    assert len(town.cubes.newest().cube) == 3
    assert not left[0].exists()


@pytest.mark.parametrize("ask", [lambda cube: cube.cells(9), lambda cube: cube.hours(SHANGHAI)])
def test_what_was_asked_once_stays_open(sample_workspace: Workspace, ask: Callable[[StoredCube], Any]) -> None:
    cube = sample_workspace.cubes.newest()
    assert ask(cube) is ask(cube)

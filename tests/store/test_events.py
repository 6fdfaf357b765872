"""Loading incidents and cameras: idempotent, all or nothing; filters; assignment to the grids of an edition."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from spatialgov.errors import ConflictError, InputError, NothingPublishedError
from spatialgov.store import LoadCounts, Store

NO_LINEAGE = pd.DataFrame({"code": [], "from_code": [], "relation": []}, dtype="str")


def test_the_same_file_twice_changes_nothing(store: Store, frames: Any) -> None:
    for load, frame in ((store.upsert_incidents, frames.incidents), (store.upsert_cameras, frames.cameras)):
        assert load(frame) == LoadCounts(accepted=len(frame), unchanged=0, updated=0)
        assert load(frame) == LoadCounts(accepted=0, unchanged=len(frame), updated=0)
        assert load(frame.iloc[:0]) == LoadCounts(0, 0, 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "handled"),
        ("occurred_at", pd.Timestamp("2026-01-01T00:00:00.123457+08:00")),
        ("closed_at", pd.Timestamp("2026-01-02T00:00:00+08:00")),
        ("occurred_until", pd.Timestamp("2026-01-02T00:00:00+08:00")),
        ("time_precision", "hour"),
        ("accuracy_m", 13.5),
        ("location_source", "address"),
        ("geometry", gpd.points_from_xy([116.05], [np.nextafter(33.05, 34)])[0]),
    ],
)
def test_a_changed_value_replaces_the_row_and_keeps_its_place(
    store: Store, frames: Any, column: str, value: Any
) -> None:
    store.upsert_incidents(frames.incidents)
    changed = frames.incidents.copy()
    if column in ("closed_at", "occurred_until"):
        changed[column] = [value.tz_convert("UTC"), *changed[column].iloc[1:]]
    else:
        changed.loc[0, column] = value
    assert store.upsert_incidents(changed) == LoadCounts(accepted=0, unchanged=2, updated=1)
    found = store.incidents()
    assert list(found["source_id"]) == ["s3", "s1", "s2"]
    assert found[column].iloc[0] == value


def test_what_a_frame_does_not_say_is_exact_and_given(store: Store, frames: Any) -> None:
    plain = frames.incidents[["source_id", "category", "occurred_at", "status", "geometry"]]
    store.upsert_incidents(plain)
    found = store.incidents()
    assert found["time_precision"].tolist() == ["exact"] * 3
    assert found["location_source"].tolist() == ["given"] * 3
    assert found[["occurred_until", "reported_at", "closed_at", "accuracy_m"]].isna().all(axis=None)
    assert store.upsert_incidents(frames.incidents) == LoadCounts(0, 0, 3)


def test_lists_of_categories_follow_each_other(store: Store, frames: Any) -> None:
    assert store.categories().empty
    old, new = frames.categories, frames.categories.assign(code=["0101", "0303"])
    assert store.add_categories(old, valid_from=datetime(2020, 1, 1, tzinfo=UTC)) == (1, True)
    assert store.add_categories(old) == (1, False), "the same list again"
    assert store.add_categories(new) == (2, True)
    assert store.add_categories(old, valid_from=datetime(2999, 1, 1, tzinfo=UTC)) == (3, True)
    found = store.categories()
    assert found[["version", "code"]].to_numpy().tolist() == [[2, "0101"], [2, "0303"]]
    assert store.categories(as_of=datetime(2021, 1, 1, tzinfo=UTC))["code"].tolist() == ["0101", "0202"]
    assert store.categories(as_of=datetime(2019, 1, 1, tzinfo=UTC)).empty
    assert store.categories(as_of=datetime(3000, 1, 1, tzinfo=UTC))["version"].tolist() == [3, 3]
    assert store.category_codes() == ["0101", "0202", "0303"]
    with pytest.raises(InputError, match="twice"):
        store.add_categories(frames.categories.assign(code="0101"))


def test_incidents_of_a_period_come_in_batches(store: Store, frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.store.events._BATCH_ROWS", 1)
    store.upsert_incidents(frames.incidents)
    since, until = (frames.incidents["occurred_at"].iloc[i].to_pydatetime() for i in (0, 2))
    assert store.incident_count(since, until) == 2
    parts = list(store.incident_batches(since, until, ["source_id", "occurred_until", "geometry"]))
    assert [part["source_id"].tolist() for part in parts] == [["s3"], ["s1"]]
    assert list(parts[0].columns) == ["source_id", "occurred_until", "geometry"]
    assert parts[1].geometry.iloc[0] == frames.incidents.geometry.iloc[1]


def test_a_value_becomes_unknown(store: Store, frames: Any) -> None:
    store.upsert_cameras(frames.cameras)
    assert store.upsert_cameras(frames.cameras.assign(azimuth_deg=np.nan)) == LoadCounts(0, 1, 1)
    assert store.cameras()["azimuth_deg"].isna().all()


def test_a_load_with_one_bad_row_loads_nothing(store: Store, frames: Any) -> None:
    twice = pd.concat([frames.incidents, frames.incidents.iloc[[1]]], ignore_index=True)
    with pytest.raises(InputError, match=r"row 4: source_id .*'s1'"):
        store.upsert_incidents(twice)
    assert store.incidents().empty


def test_incidents_are_chosen_by_time_category_and_place(store: Store, frames: Any) -> None:
    store.upsert_incidents(frames.incidents)

    def chosen(**filters: Any) -> list[str]:
        return list(store.incidents(**filters)["source_id"])

    february = datetime(2026, 1, 31, 16, tzinfo=UTC)
    assert chosen(since=february) == ["s1", "s2"]
    assert chosen(until=february) == ["s3"]
    assert chosen(since=february, categories=["0101"]) == ["s2"]
    assert chosen(categories=[]) == []
    assert chosen(bbox=(116.0, 33.0, 116.05, 33.05)) == ["s3", "s2"]
    assert chosen(bbox=(116.0, 33.0, np.nextafter(116.05, 0), 33.05)) == []
    assert list(store.incidents(bbox=(116.1, 33, 116.2, 34)).index) == [0]
    with pytest.raises(InputError, match="time zone"):
        store.incidents(since=datetime(2026, 1, 1))


def _publish(store: Store, frames: Any, add_plan: Callable[[Store], int], year: int) -> int:
    valid_from = datetime(year, 1, 1, tzinfo=UTC)
    return store.publish(add_plan(store), frames.grids, lineage=NO_LINEAGE, valid_from=valid_from).id


def test_grid_codes_belong_to_the_newest_edition(store: Store, frames: Any, add_plan: Callable[[Store], int]) -> None:
    store.upsert_incidents(frames.incidents)
    codes = pd.Series({"s1": "999901001001001", "s2": None, "nowhere": "x"})

    def publish(year: int) -> int:
        return _publish(store, frames, add_plan, year)

    def stored() -> dict[str, str]:
        return dict(store.incidents().set_index("source_id")["grid_code"].dropna())

    with pytest.raises(ConflictError):
        store.assign_incidents(codes, edition_id=1)
    first = publish(2026)
    assert store.assign_incidents(codes, edition_id=first) == 2
    assert stored() == {"s1": "999901001001001"}
    store.upsert_incidents(frames.incidents)
    assert stored() == {"s1": "999901001001001"}, "an unchanged row keeps its grid"
    store.upsert_incidents(frames.incidents.assign(status="handled"))
    assert stored() == {}, "a changed one must be assigned again"
    store.assign_incidents({"s3": "999901001002001"}, edition_id=first)
    second = publish(2027)
    assert stored() == {}, "the codes of the edition before are gone"
    with pytest.raises(ConflictError):
        store.assign_incidents(codes, edition_id=first)
    assert store.assign_incidents({"s3": "999901001002001"}, edition_id=second) == 1
    with pytest.raises(NothingPublishedError):
        store.edition(as_of=datetime(2020, 1, 1, tzinfo=UTC))


def test_many_incidents_load_in_bulk(store: Store) -> None:
    n = 20_000
    random = np.random.default_rng(0)
    incidents = gpd.GeoDataFrame(
        {
            "source_id": np.char.add("s", np.arange(n).astype(str)),
            "category": "0101",
            "occurred_at": pd.date_range("2025-01-01", periods=n, freq="13min", tz="Asia/Shanghai"),
            "status": "open",
        },
        geometry=gpd.points_from_xy(116 + random.random(n), 33 + random.random(n)),
        crs="EPSG:4326",
    )
    assert store.upsert_incidents(incidents).accepted == n
    assert store.upsert_incidents(incidents).unchanged == n
    assert (store.incidents()["source_id"] == incidents["source_id"]).all()


def test_frames_one_after_the_other_are_one_load(store: Store, frames: Any) -> None:
    parts = [frames.incidents.iloc[[i]] for i in range(3)]
    assert store.upsert_incidents(iter(parts), dry_run=True) == LoadCounts(3, 0, 0)
    assert len(store.incidents()) == 0
    assert store.upsert_incidents(iter(parts)) == LoadCounts(3, 0, 0)
    changed = [parts[0], parts[1].assign(status="open")]
    assert store.upsert_incidents(iter(changed), dry_run=True) == LoadCounts(0, 1, 1)
    assert store.incidents()["status"].tolist() == frames.incidents["status"].tolist()


def test_a_source_that_fails_leaves_the_store_as_it_was(store: Store, frames: Any) -> None:
    def parts() -> Iterator[gpd.GeoDataFrame]:
        yield frames.incidents
        raise InputError("damaged")

    with pytest.raises(InputError, match="damaged"):
        store.upsert_incidents(parts())
    assert len(store.incidents()) == 0
    assert store.upsert_incidents(frames.incidents).accepted == 3


def test_other_writers_do_not_wait_while_rows_are_read(open_store: Callable[[], Store], frames: Any) -> None:
    store, other = open_store(), open_store()

    def parts() -> Iterator[gpd.GeoDataFrame]:
        yield frames.incidents.iloc[:1]
        other.set_note("written", "meanwhile")
        yield frames.incidents.iloc[1:]

    assert store.upsert_incidents(parts()).accepted == 3
    assert store.note("written") == "meanwhile"


def test_incidents_come_with_the_codes_of_the_edition_in_force(
    store: Store, frames: Any, add_plan: Callable[[Store], int]
) -> None:
    first = _publish(store, frames, add_plan, 2026)
    coded = frames.incidents.assign(grid_code=["999901001001001", None, "999901001002001"])
    assert store.upsert_incidents(coded, edition_id=first).assigned
    assert store.incidents()["grid_code"].tolist() == ["999901001001001", None, "999901001002001"]
    _publish(store, frames, add_plan, 2027)
    # what was read by the grids of the edition before is stored without its codes
    assert not store.upsert_incidents(coded.assign(status="open"), edition_id=first).assigned
    assert store.incidents()["grid_code"].isna().all()


def test_every_incident_is_located(store: Store, frames: Any, add_plan: Callable[[Store], int]) -> None:
    edition = _publish(store, frames, add_plan, 2026)
    store.upsert_incidents(frames.incidents)

    def locate(lon: Any, _lat: Any) -> Any:
        return np.array([None if x > 116.1 else "999901001001001" for x in lon], dtype=object)

    assert store.locate_incidents(locate, edition_id=edition) == (2, 1)
    assert store.incidents()["grid_code"].tolist() == ["999901001001001", None, "999901001001001"]
    assert store.locate_incidents(lambda lon, _lat: np.full(len(lon), None), edition_id=edition) == (0, 3)
    assert store.incidents()["grid_code"].isna().all()
    with pytest.raises(ConflictError):
        store.locate_incidents(locate, edition_id=edition + 1)

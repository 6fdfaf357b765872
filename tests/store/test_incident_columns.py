"""Incidents by columns, and the revisions that every change renews, on both backends."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.errors import InputError
from spatialgov.store import Store


def many(n: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(0)
    at = pd.Timestamp("1969-12-31T23:59:59.999999Z") + pd.to_timedelta(rng.integers(0, 10**15, n), "us")
    until = pd.Series(at + pd.to_timedelta(rng.integers(1, 10**12, n), "us"))
    rows = {
        "source_id": [f"s{i}" for i in range(n)],
        "category": rng.choice(["0101", "0202", "别类"], n),
        "occurred_at": at,
        "occurred_until": until.where(rng.random(n) < 0.5),
        "status": "open",
    }
    return gpd.GeoDataFrame(rows, geometry=shapely.points(rng.uniform(-180, 180, n), rng.uniform(-90, 90, n)), crs=4326)


def test_columns_hold_what_the_frame_holds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.store.incident_columns._BATCH_ROWS", 70)
    assert len(store.incident_columns().ids) == 0
    store.upsert_incidents(many(200))
    found = store.incident_columns()
    order = np.argsort(found.ids)
    frame = store.incident_page(found.ids)
    assert frame["source_id"].tolist() == [f"s{i}" for i in range(200)]
    times = frame["occurred_at"].dt.as_unit("us").astype("int64")
    assert found.time_us[order].tolist() == times.tolist()
    assert 50 < frame["occurred_until"].isna().sum() < 150
    ends = frame["occurred_until"].fillna(frame["occurred_at"]).dt.as_unit("us").astype("int64")
    assert found.until_us[order].tolist() == ends.tolist()
    assert [found.categories[i] for i in found.category[order]] == frame["category"].tolist()
    assert found.lon[order].tolist() == frame.geometry.x.tolist()
    assert found.lat[order].tolist() == frame.geometry.y.tolist()
    last = np.sort(found.ids)[-3]
    later = store.incident_columns(after=int(last))
    assert sorted(later.ids.tolist()) == np.sort(found.ids)[-2:].tolist()
    assert later.revisions == found.revisions == store.incident_revisions()


def test_a_page_is_in_the_order_of_loading_and_of_any_size(store: Store) -> None:
    store.upsert_incidents(many(50))
    ids = np.sort(store.incident_columns().ids)
    chosen = np.random.default_rng(1).permutation(ids)[:20]
    page = store.incident_page(np.concatenate([chosen, np.arange(10**6, 10**6 + 9_980)]))
    assert page["source_id"].tolist() == [f"s{i}" for i in sorted(np.searchsorted(ids, chosen))]
    assert len(store.incident_page(np.empty(0, dtype=np.int64))) == 0


def test_revisions_say_whether_what_was_there_has_changed(store: Store) -> None:
    frame = many(3)
    assert store.incident_revisions() == ()
    assert store.revision("incidents") is None
    store.upsert_incidents(frame.iloc[:1])
    (first,) = store.incident_revisions()
    store.upsert_incidents(frame.iloc[:2])
    assert store.incident_revisions()[0] == first
    assert len(store.incident_revisions()) == 2
    before = store.incident_revisions()
    store.upsert_incidents(frame.iloc[:2])
    assert store.incident_revisions() == before, "nothing has changed"
    store.upsert_incidents(frame.iloc[:2].assign(status="handled"))
    assert store.incident_revisions()[:2] == before, "what is counted by has not"
    moments = frame["occurred_at"] + pd.Timedelta("1us")
    moved = frame.set_geometry(shapely.points(frame.geometry.x + 1e-9, frame.geometry.y), crs=4326)
    day = frame.assign(occurred_until=frame["occurred_at"] + pd.Timedelta("1D"))
    for changed in (frame.assign(category="0303"), frame.assign(occurred_at=moments), moved, day):
        before = store.incident_revisions()
        store.upsert_incidents(changed.iloc[1:])
        assert len(store.incident_revisions()) == 1
        assert store.incident_revisions()[0] not in before


def test_so_many_revisions_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spatialgov.store.notes._MOST_REVISIONS", 3)
    seen = []
    for i in range(5):
        store.upsert_incidents(many(5).iloc[i : i + 1])
        seen.append(store.incident_revisions()[-1])
    assert store.incident_revisions() == tuple(seen[-3:])


def test_every_kind_has_its_own_revision(store: Store, frames: Any) -> None:
    changes: dict[str, Callable[[], object]] = {
        "jurisdictions": lambda: store.replace_jurisdictions(frames.jurisdictions),
        "categories": lambda: store.add_categories(frames.categories),
        "cameras": lambda: store.upsert_cameras(frames.cameras),
        **{kind: lambda kind=kind: store.replace_layer(kind, frames.layers[kind]) for kind in frames.layers},  # type: ignore[misc]
    }
    for kind, change in changes.items():
        others = {other: store.revision(other) for other in changes if other != kind}
        change()
        revision = store.revision(kind)
        assert revision is not None
        assert {other: store.revision(other) for other in others} == others
    before = store.revision("cameras")
    store.upsert_cameras(frames.cameras)
    assert store.revision("cameras") == before
    store.upsert_cameras(frames.cameras.assign(status="broken"))
    assert store.revision("cameras") != before


def test_rows_and_revision_are_one_transaction(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that is killed before its mark is written has not happened: no cube can be older than the rows."""

    class KilledError(Exception):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    store = open_store()
    store.upsert_incidents(many(2))
    before = store.incident_revisions()
    with monkeypatch.context() as patched:
        patched.setattr("spatialgov.store.events.append_revision", kill)
        patched.setattr("spatialgov.store.events.new_revision", kill)
        for frame in (many(3), many(2).assign(category="0303")):
            with pytest.raises(KilledError):
                store.upsert_incidents(frame)
    assert len(store.incidents()) == 2
    assert set(store.incidents()["category"]) == set(many(2)["category"])
    assert open_store().incident_revisions() == before


def test_a_change_that_fails_renews_nothing(store: Store, frames: Any) -> None:
    with pytest.raises(InputError):
        store.replace_layer("roads", pd.concat([frames.layers["roads"]] * 2))
    assert store.revision("roads") is None

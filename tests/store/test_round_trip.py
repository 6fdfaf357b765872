"""What goes into the store comes out the same, in the same order, on both backends."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from spatialgov.errors import NotFoundError
from spatialgov.store import LAYERS, Store

HOSTILE = ["'); DROP TABLE unit; --", '"quoted" \\ back', "{0} %s :x ?", "网格\n第二行", "𠮷😀", ""]


def assert_same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Equal values, columns and geometries to the last bit; the type that holds texts may differ."""
    assert list(found.columns) == list(expected.columns)
    if isinstance(expected, gpd.GeoDataFrame):
        assert isinstance(found, gpd.GeoDataFrame)
        assert found.crs == expected.crs
        assert shapely.to_wkb(found.geometry.to_numpy()).tolist() == shapely.to_wkb(expected.geometry).tolist()
        found, expected = (pd.DataFrame(part.drop(columns="geometry")) for part in (found, expected))
    assert_frame_equal(found, expected, check_dtype=False, check_exact=True)


def test_jurisdictions_come_back_and_can_be_chosen_by_level(store: Store, frames: Any) -> None:
    assert store.replace_jurisdictions(frames.jurisdictions) == 2
    assert_same(store.jurisdictions(), frames.jurisdictions)
    assert list(store.jurisdictions("community")["name"]) == ["社区"]


def test_units_come_back_in_order_with_their_parent_columns(store: Store, frames: Any) -> None:
    first = store.add_unit_set(frames.units, name="first", datum="gcj02", source="units.gpkg")
    second = store.add_unit_set(frames.units.iloc[:1], name="second", datum="wgs84", source="more.csv")
    assert_same(store.unit_set(first), frames.units)
    assert list(store.unit_set()["unit_id"]) == ["u10"]
    assert store.unit_set(first)["households"].dtype == np.int64
    records = store.unit_sets()
    assert [(r.id, r.name, r.datum, r.source, r.n_units) for r in records] == [
        (first, "first", "gcj02", "units.gpkg", 3),
        (second, "second", "wgs84", "more.csv", 1),
    ]
    assert records[0].imported_at.utcoffset() is not None


def test_units_without_parent_columns(store: Store, frames: Any) -> None:
    plain = frames.units.drop(columns=["community_code", "tract"])
    assert_same(store.unit_set(store.add_unit_set(plain, name="", datum="wgs84", source="")), plain)


@pytest.mark.parametrize("kind", LAYERS)
def test_layers_come_back_and_are_replaced_as_a_whole(store: Store, frames: Any, kind: str) -> None:
    for _ in range(2):
        assert store.replace_layer(kind, frames.layers[kind]) == len(frames.layers[kind])
    assert_same(store.layer(kind), frames.layers[kind])
    assert store.replace_layer(kind, frames.layers[kind].iloc[:0]) == 0
    assert store.layer(kind).empty
    assert list(store.layer(kind).columns) == list(frames.layers[kind].columns)


def test_columns_with_a_default_may_be_missing(store: Store, frames: Any) -> None:
    store.replace_layer("buildings", frames.layers["buildings"][["building_id", "geometry"]])
    found = store.layer("buildings")
    assert list(found["kind"]) == ["", ""]
    assert found["height_m"].isna().all()


def test_categories_come_back(store: Store, frames: Any) -> None:
    store.add_categories(frames.categories)
    assert_same(store.categories()[["code", "name", "name_en"]], frames.categories)


def test_counts_say_how_much_there_is(store: Store, frames: Any) -> None:
    assert set(store.counts().values()) == {0}
    store.upsert_cameras(frames.cameras)
    store.replace_layer("roads", frames.layers["roads"])
    counts = {kind: n for kind, n in store.counts().items() if n}
    assert counts == {"cameras": len(frames.cameras), "roads": len(frames.layers["roads"])}


def test_incidents_and_cameras_come_back_with_what_is_unknown(store: Store, frames: Any) -> None:
    store.upsert_incidents(frames.incidents)
    found = store.incidents()
    assert found.pop("grid_code").isna().all()
    assert found["occurred_at"].iloc[0].microsecond == 123456
    assert_same(found, frames.incidents.assign(occurred_at=frames.incidents["occurred_at"].dt.tz_convert("UTC")))
    store.upsert_cameras(frames.cameras)
    assert_same(store.cameras(), frames.cameras)


def test_an_empty_store_gives_empty_frames(store: Store) -> None:
    for found in (store.jurisdictions(), store.incidents(bbox=(0, 0, 1, 1)), store.cameras(), store.layer("roads")):
        assert isinstance(found, gpd.GeoDataFrame)
        assert found.empty
        assert found.crs == "EPSG:4326"
    assert isinstance(store.incidents()["occurred_at"].dtype, pd.DatetimeTZDtype)
    assert store.categories().empty
    assert store.unit_sets() == []
    assert store.plans() == []
    assert store.editions() == []
    with pytest.raises(NotFoundError):
        store.unit_set()


def test_notes_are_replaced(store: Store) -> None:
    assert store.note("seed") is None
    store.set_note("seed", "1")
    store.set_note("seed", "2")
    assert store.note("seed") == "2"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_data(store: Store, frames: Any, text: str) -> None:
    store.set_note(text, text)
    assert store.note(text) == text
    assert store.jurisdictions(text).empty
    units = frames.units.iloc[:1].assign(unit_id=text, kind=text, **{text or "column": text})
    found = store.unit_set(store.add_unit_set(units, name=text, datum=text, source=text))
    assert_same(found, units[found.columns])
    store.upsert_incidents(frames.incidents.iloc[:1].assign(source_id=text, category=text))
    assert list(store.incidents(categories=[text])["source_id"]) == [text]


# one store for all examples: each writes a key, or a set, of its own
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), value=st.floats())
def test_any_text_and_any_number_come_back(store: Store, frames: Any, key: str, value: float) -> None:
    store.set_note(key, key)
    assert store.note(key) == key
    store.upsert_cameras(
        frames.cameras.iloc[:1].assign(camera_id="k", azimuth_deg=value if np.isfinite(value) else None)
    )
    found = store.cameras()["azimuth_deg"].iloc[0]
    assert found == value if np.isfinite(value) else np.isnan(found)


def test_responsible_posts_come_back_and_are_replaced_as_a_whole(store: Store) -> None:
    assert store.responsible_posts().empty
    words = {"post": ["岗", *HOSTILE[:2]], "post_en": ["Post", "", ""], "duty": HOSTILE[2:5], "duty_en": ["", "x", ""]}
    posts = pd.DataFrame({"code": ["1", "1", "2"]} | words)
    for _ in range(2):
        before = store.revision("responsible_posts")
        assert store.replace_responsible_posts(posts) == 3
        assert store.revision("responsible_posts") != before
    assert_same(store.responsible_posts(), posts)

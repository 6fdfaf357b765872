"""Frames that don't fit are refused with the table, the column and the row, and change nothing."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.errors import InputError, MissingColumnError
from spatialgov.store import Store

POINT = shapely.Point(116, 33)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("camera_id", None, "camera, row 2: camera_id is missing"),
        ("camera_id", 7, r"row 2: camera_id \('7'\) is not text"),
        ("camera_id", "k2", r"row 2: camera_id \('k2'\) is in the data twice"),
        ("owner", "a\0b", "NUL"),
        ("owner", "\ud800", "not valid Unicode"),
        ("range_m", "far", r"row 2: range_m \('far'\) is not a number"),
        ("range_m", np.inf, "row 2: range_m .* is not a number"),
        ("geometry", None, "row 2: geometry is missing"),
        ("geometry", shapely.Point(), "row 2: geometry is missing"),
        ("geometry", shapely.Point(1, 2, 3), "row 2: geometry has a third dimension"),
        ("geometry", POINT.buffer(1), "row 2: geometry is not a point"),
    ],
)
def test_a_bad_camera(store: Store, frames: Any, column: str, value: Any, message: str) -> None:
    store.upsert_cameras(frames.cameras.iloc[:1])
    bad = frames.cameras.copy()
    bad[column] = pd.Series([frames.cameras[column].iloc[0], value], dtype=object)
    bad = bad.set_geometry("geometry", crs="EPSG:4326")
    with pytest.raises(InputError, match=message):
        store.upsert_cameras(bad)
    assert list(store.cameras()["camera_id"]) == ["k2"]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("households", 1.5, "unit, row 1: households .* is not a whole number"),
        ("households", None, "unit, row 1: households is missing"),
        ("tract", 1.5, "unit, row 1: tract .* neither text nor a whole number"),
        ("occurred_at", pd.Timestamp("2026-01-01"), "incident, row 1: occurred_at .* has no time zone"),
        ("occurred_at", "yesterday", "incident: occurred_at is not a time"),
    ],
)
def test_a_bad_unit_or_incident(store: Store, frames: Any, column: str, value: Any, message: str) -> None:
    of_units = column in frames.units
    frame = (frames.units if of_units else frames.incidents).iloc[:1].drop(columns=column)
    frame[column] = [value]
    with pytest.raises(InputError, match=message):
        store.add_unit_set(frame, name="", datum="wgs84", source="") if of_units else store.upsert_incidents(frame)
    assert store.unit_sets() == []
    assert store.incidents().empty


def test_a_missing_column(store: Store, frames: Any) -> None:
    store.replace_layer("roads", frames.layers["roads"])
    with pytest.raises(MissingColumnError, match="road has no column road_class"):
        store.replace_layer("roads", frames.layers["roads"].drop(columns="road_class"))
    assert len(store.layer("roads")) == 1


@pytest.mark.parametrize("crs", [None, "EPSG:3857", "EPSG:4490"])
def test_another_crs(store: Store, frames: Any, crs: str | None) -> None:
    with pytest.raises(InputError, match="not in EPSG:4326"):
        store.replace_jurisdictions(frames.jurisdictions.set_crs(crs, allow_override=True))


def test_an_unknown_layer(store: Store) -> None:
    with pytest.raises(InputError, match=r"no layer 'people'.*buildings"):
        store.layer("people")


def test_columns_that_nobody_asked_for_are_left_out(store: Store, frames: Any) -> None:
    store.upsert_cameras(frames.cameras.assign(operator="somebody", id=7))
    assert list(store.cameras().columns) == list(frames.cameras.columns)

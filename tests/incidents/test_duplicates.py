"""Near-duplicates: what sorted bins find is what comparing all pairs finds."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.incidents import near_duplicates
from spatialgov.incidents.duplicates import repeats_within

METRE = 1 / 111_320.0


def incidents(rows: list[tuple[str, int, float, float]], until_min: list[int] | None = None) -> gpd.GeoDataFrame:
    """Rows of category, minute, metres north and east."""
    at = pd.Series(pd.to_datetime([minute * 60 for _, minute, _, _ in rows], unit="s", utc=True))
    widths = [0] * len(rows) if until_min is None else until_min
    until = at + pd.to_timedelta(pd.Series([w or None for w in widths], dtype="float64"), "m")
    return gpd.GeoDataFrame(
        {
            "category": [row[0] for row in rows],
            "occurred_at": at,
            "occurred_until": until,
        },
        geometry=gpd.points_from_xy([row[3] * METRE for row in rows], [row[2] * METRE for row in rows]),
        crs=4326,
    )


def test_the_same_event_by_two_channels() -> None:
    frame = incidents([
        ("0101", 600, 0, 0),
        ("0101", 630, 30, 30),  # 42 m, half an hour later
        ("0102", 630, 0, 0),  # something else
        ("0101", 630, 50, 50),  # 71 m from the first, but 28 m from the second
        ("0101", 691, 0, 0),  # 61 minutes after the others
        ("0101", 600, 10_000, 0),
    ])  # fmt: skip
    assert near_duplicates(frame).tolist() == [-1, 0, -1, 1, -1, -1]
    assert near_duplicates(frame, within_m=40).tolist() == [-1, -1, -1, 1, -1, -1]
    assert near_duplicates(frame, within_minutes=120).tolist()[4] in (0, 1)


def test_a_time_that_is_known_roughly_repeats_nothing() -> None:
    frame = incidents([("0101", 0, 0, 0), ("0101", 0, 0, 0), ("0101", 10, 0, 0)], [24 * 60, 24 * 60, 60])
    assert near_duplicates(frame).tolist() == [-1, -1, -1]
    frame = incidents([("0101", 0, 0, 0), ("0101", 0, 0, 0), ("0101", 10, 0, 0)], [24 * 60, 0, 60])
    assert near_duplicates(frame).tolist() == [-1, -1, 1]


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_for_a_pair(n: int) -> None:
    assert near_duplicates(incidents([("0101", 0, 0, 0)] * n)).tolist() == [-1] * n


def test_thousands_at_one_point_and_time_are_quick() -> None:
    n = 200_000
    one, place = np.zeros(n, dtype=np.int64), np.zeros(n)
    found = repeats_within(one, one, place, place, np.zeros(n, dtype=bool))
    assert (found >= 0).sum() == n - 1
    assert found[0] == -1


PLACES = st.tuples(
    st.integers(0, 2), st.integers(0, 240), st.integers(0, 30).map(lambda x: 10 * x), st.integers(0, 30), st.booleans()
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PLACES, max_size=40))
def test_equals_all_pairs(rows: list[tuple[int, int, int, int, bool]]) -> None:
    table = np.array([row[:4] for row in rows], dtype=np.int64).reshape(-1, 4)
    category, minute, east, north = table.T
    before = np.array([row[4] for row in rows], dtype=bool)
    lon, lat = (METRE * axis.astype(np.float64) for axis in (east, 10 * north))
    found = repeats_within(category, 60 * minute, lon, lat, before)
    distance = np.hypot(east[:, None] - east, 10 * (north[:, None] - north))
    apart = minute[:, None] - minute
    near = (category[:, None] == category) & (np.abs(apart) <= 60) & (distance <= 50 * (1 + 1e-9))
    clear = (distance <= 50 * (1 - 1e-6)) | (distance >= 50 * (1 + 1e-6))  # on the limit rounding decides
    earlier = (apart > 0) | ((apart == 0) & (np.arange(len(rows))[:, None] > np.arange(len(rows))))
    repeats = near & ~before[:, None] & (before | earlier)
    certain, possible = (repeats & clear).any(axis=1), repeats.any(axis=1)
    assert ((found >= 0) <= possible).all()
    assert (certain <= (found >= 0)).all()
    for i in np.flatnonzero(found >= 0):
        assert near[i, found[i]]
        assert not before[i]


def test_the_order_of_rows_does_not_matter() -> None:
    random = np.random.default_rng(3)
    rows: list[Any] = [
        ("0101", int(m), float(y), float(x))
        for m, y, x in zip(random.permutation(3000), random.uniform(0, 900, 3000), random.uniform(0, 900, 3000),
                           strict=True)
    ]  # fmt: skip
    frame = incidents(rows)
    mixed = frame.sample(frac=1, random_state=1)
    assert ((near_duplicates(mixed) >= 0).sort_index() == (near_duplicates(frame) >= 0)).all()

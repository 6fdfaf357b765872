"""Sight, states and gaps in parts: the same as at once, to the last bit, however they are cut."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatialgov.bulk import Foreseen, Hands
from spatialgov.coverage import Demands, Sight, States, demands, gaps, see, states_of, study_areas, views_of
from spatialgov.coverage.in_parts import gap_parts, ground, looking, see_in_parts, states_in_parts
from spatialgov.coverage.in_parts.pieces import cut, in_space, meeting
from spatialgov.projection import metric_crs, unproject
from tests.same import assert_same

CRS = metric_crs(117.0, 39.7)
X, Y = 500_000.0, 4_400_000.0
SIDE = 600.0

Town = npt.NDArray[np.object_]


@pytest.fixture(scope="module")
def buildings(town: Town) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(0)
    height = np.where(rng.random(len(town)) < 0.2, np.nan, rng.uniform(3, 30, len(town)))
    rows = {"building_id": [f"b{i}" for i in range(len(town))], "kind": "house", "height_m": height, "storeys": 2}
    return gpd.GeoDataFrame(rows, geometry=town, crs=CRS)


@pytest.fixture(scope="module")
def cameras() -> gpd.GeoDataFrame:
    """Give 90 cameras of all kinds: in houses, on roofs, broken, of unknown direction, one in the sea."""
    rng = np.random.default_rng(1)
    n = 90
    kind = np.array(["fixed", "dome", "ptz", "panoramic"])[np.arange(n) % 4]
    lon, lat = unproject(X + rng.uniform(0, SIDE, n), Y + rng.uniform(0, SIDE, n), CRS)
    lon[5] += 0.4
    rows = {
        "camera_id": [f"c{i}" for i in range(n)],
        "kind": kind,
        "height_m": np.where(np.arange(n) % 5 == 0, 40.0, 4.0),
        "azimuth_deg": np.where(np.arange(n) % 6 == 0, np.nan, rng.uniform(0, 360, n)),
        "fov_deg": np.where(np.arange(n) % 7 == 0, np.nan, 80.0),
        "range_m": np.where(np.arange(n) % 3 == 0, np.nan, rng.uniform(20, 70, n)),
        "status": np.where(np.arange(n) % 11 == 0, "broken", "in_service"),
    }
    return gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(lon, lat), crs=4326)


@pytest.fixture(scope="module")
def sight(cameras: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> Sight:
    return see(views_of(cameras), buildings, crs=CRS)


@pytest.fixture(scope="module")
def wanted(buildings: gpd.GeoDataFrame) -> Demands:
    """Give nine grids with roads, places and incidents; one road runs along a border."""
    side = SIDE / 3
    corners = [(X + side * i, Y + side * j) for i in range(3) for j in range(3)]
    grids = gpd.GeoDataFrame(
        {"code": [f"110101001001{i:03d}" for i in range(9)], "name": "", "parent_code": "110101001001"},
        geometry=[shapely.box(x, y, x + side, y + side) for x, y in corners],
        crs=CRS,
    )
    lines = [shapely.LineString([(X - 50, Y + d), (X + SIDE, Y + d)]) for d in (15.0, 200.0, 437.0)]
    lines += [shapely.LineString([(X + d, Y), (X + d + 30, Y + SIDE / 2), (X + d, Y + SIDE)]) for d in (15.0, 310.0)]
    roads = {"road_id": [f"r{i}" for i in range(5)], "name": "", "road_class": "residential"}
    rng = np.random.default_rng(4)
    spots = gpd.points_from_xy(X + rng.uniform(0, SIDE, 60), Y + rng.uniform(0, SIDE, 60))
    when = {"category": "0101", "occurred_at": pd.Timestamp("2026-05-01T08:00+08:00")}
    return demands(
        study_areas(grids.to_crs(4326)),
        buildings=buildings,
        roads=gpd.GeoDataFrame(roads, geometry=lines, crs=CRS),
        incidents=gpd.GeoDataFrame(when, index=range(60), geometry=spots, crs=CRS),
        crs=CRS,
    )


@pytest.fixture(scope="module")
def states(sight: Sight, wanted: Demands) -> States:
    return states_of(sight, wanted)


def same_sight(found: Sight, expected: Sight) -> None:
    names = ("x_m", "y_m", "snapped_m", "rooftop", "certain", "usual", "possible", "low_class", "turning")
    assert_same({name: getattr(found, name) for name in names}, {name: getattr(expected, name) for name in names})


@pytest.mark.parametrize("size", [9, 40, 4096])
def test_what_cameras_see(
    cameras: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    sight: Sight,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    assert sight.rooftop.any()
    assert (sight.snapped_m > 0).any()
    monkeypatch.setattr(looking, "_CAMERAS", size)
    hands = Hands(tmp_path / "parts")
    same_sight(see_in_parts(hands, views_of(cameras), buildings, crs=CRS), sight)
    assert not hands.folder.exists()


def test_open_ground(cameras: gpd.GeoDataFrame, tmp_path: Path) -> None:
    found = see_in_parts(Hands(tmp_path / "parts"), views_of(cameras), None)
    same_sight(found, see(views_of(cameras), None))


@pytest.mark.parametrize("most", [1, 54_000_000, 400_000_000])
def test_states_and_gaps(states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(ground, "_PART_BYTES", most)
    if most == 1:  # tiles of a few things each, or there would be hundreds of parts
        monkeypatch.setattr(ground, "cut", lambda n, *_: [(k, min(k + 17, n), 1) for k in range(0, n, 17)])
    hands = Hands(tmp_path / "parts")
    found = states_in_parts(hands, states.sight, states.demands)
    names = ("certain", "possible", "uncertain", "gap", "road_cuts", "road_area", "road_state", "point_state")
    assert_same({name: getattr(found, name) for name in names}, {name: getattr(states, name) for name in names})
    weights = {"road": 2.0, "ground": 1.0}
    expected = gaps(states, weights=weights)
    assert expected["reason"].nunique() >= 4
    assert_same(gaps(found, weights=weights, parts=gap_parts(hands, states)), expected)
    assert not hands.folder.exists()


def test_a_dry_run_says_what_each_part_takes(states: States, tmp_path: Path) -> None:
    hands = Hands(tmp_path / "parts", dry_run=True)
    with pytest.raises(Foreseen) as foreseen:
        states_in_parts(hands, states.sight, states.demands)
    (part,) = foreseen.value.outlook.parts
    assert part.bytes > 90 * 50_000
    assert not (tmp_path / "parts").exists()


@given(st.integers(0, 200), st.integers(1, 50), st.lists(st.integers(0, 30), min_size=200, max_size=200))
def test_pieces_hold_everything_once(n: int, size: int, weights: list[int]) -> None:
    pieces = list(cut(n, size, lambda a, b: sum(weights[a:b]), 60))
    assert [k for begin, end, _ in pieces for k in range(begin, end)] == list(range(n))
    assert all(needed == sum(weights[a:b]) and b - a <= size for a, b, needed in pieces)
    assert all(needed <= 60 or b - a == 1 for a, b, needed in pieces)


boxes = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 6), st.integers(0, 6)), max_size=12
).map(lambda rows: np.array([[x, y, x + w, y + h] for x, y, w, h in rows], dtype=np.float64).reshape(-1, 4))


@given(boxes, boxes)
def test_boxes_that_meet(some: Any, others: Any) -> None:
    nowhere = np.full((1, 4), np.nan)
    expected = [
        i
        for i, (a, b, c, d) in enumerate(some)
        if any(a <= r and p <= c and b <= s and q <= d for p, q, r, s in others)
    ]
    assert meeting(some, np.vstack([others, nowhere])).tolist() == expected
    assert sorted(in_space(np.vstack([some, nowhere])).tolist()) == list(range(len(some) + 1))

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import coverage_by_grid, read_cameras, see, views_of, visible_ground
from spatialgov.projection import metric_crs

PLANE = metric_crs(117.0, 40.0)
MIDDLE = np.array([500_000.0, 4_430_000.0])


def frame_of(shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    moved = gpd.GeoSeries(shapes).translate(*MIDDLE).to_numpy()
    return gpd.GeoDataFrame(columns, geometry=moved, crs=PLANE).to_crs(4326)


GRIDS = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]


def test_shares_of_two_grids() -> None:
    grids = frame_of(GRIDS, code=["w", "e"], name=["", ""]).set_axis([7, 4])
    views = frame_of([shapely.box(50, 0, 120, 50), shapely.box(60, 0, 120, 50), shapely.Polygon()])
    houses = frame_of([shapely.box(0, 50, 150, 100), shapely.box(0, 60, 20, 80)])
    zones = frame_of([shapely.box(60, 0, 100, 50), shapely.box(100, 0, 200, 100)], kind=["no_view", "no_install"])
    shares = coverage_by_grid(grids, views, houses, zones=zones)
    assert list(shares.index) == [7, 4]
    assert shares["code"].tolist() == ["w", "e"]
    expected = {
        "area_m2": [10_000, 10_000], "ground_m2": [3_000, 7_500], "seen_m2": [500, 1_000],
        "uncovered_m2": [2_500, 6_500], "seen_share": [1 / 6, 2 / 15],
    }  # fmt: skip
    for column, values in expected.items():
        assert shares[column].tolist() == pytest.approx(values, rel=1e-6), column
    assert shares.crs == "EPSG:4326"
    gap = shapely.transform(shares.to_crs(PLANE).geometry.iloc[0], lambda c: c - MIDDLE)
    assert gap.symmetric_difference(shapely.box(0, 0, 50, 50)).area < 1e-3


def test_a_grid_without_ground_has_no_share() -> None:
    shares = coverage_by_grid(frame_of(GRIDS[:1], code=["w"]), frame_of([]), frame_of([shapely.box(-1, -1, 101, 101)]))
    assert shares["ground_m2"].tolist() == [0]
    assert shares["seen_share"].isna().all()
    assert shares.geometry.is_empty.all()


def test_no_grids_and_no_views() -> None:
    grids = frame_of(GRIDS, code=["w", "e"])
    assert coverage_by_grid(grids.iloc[:0], frame_of(GRIDS)).empty
    dark = coverage_by_grid(grids, frame_of([]))
    assert dark["seen_share"].tolist() == [0, 0]
    assert dark["uncovered_m2"].tolist() == pytest.approx([10_000, 10_000], rel=1e-6)


corner = st.floats(-20, 200).map(lambda v: round(v, 1))
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), corner, corner, st.floats(0.5, 80), st.floats(0.5, 80)
)


@settings(max_examples=40, deadline=None)
@given(st.lists(boxes, max_size=8), st.lists(boxes, max_size=8))
def test_seen_and_uncovered_make_up_the_ground(views: list[Any], houses: list[Any]) -> None:
    shares = coverage_by_grid(frame_of(GRIDS, code=["w", "e"]), frame_of(views), frame_of(houses))
    for i, grid in enumerate(GRIDS):
        ground = grid.difference(shapely.union_all(houses))
        seen = ground.intersection(shapely.union_all(views))
        found = shares[["ground_m2", "seen_m2", "uncovered_m2"]].iloc[i].tolist()
        assert found == pytest.approx([ground.area, seen.area, ground.area - seen.area], rel=1e-6, abs=1e-3)
    assert shares["seen_m2"].between(0, shares["ground_m2"]).all()
    assert (shares["ground_m2"] <= shares["area_m2"]).all()


def cameras_in(town: npt.NDArray[np.object_], n: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-10, 600, (2, n)) + town_corner(town)[:, None]
    table = {
        "camera_id": np.arange(n).astype(str), "azimuth_deg": rng.uniform(0, 360, n), "status": "in_service",
        "fov_deg": rng.choice([60.0, 90.0, 360.0], n), "range_m": rng.uniform(20, 120, n), "kind": "fixed",
    }  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y, crs=PLANE)).to_crs(4326)


def town_corner(town: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    return np.asarray(shapely.total_bounds(town)[:2], dtype=np.float64)


def test_a_town_adds_up(town: npt.NDArray[np.object_]) -> None:
    west, south = town_corner(town)
    squares = [
        shapely.box(west + 150 * i, south + 150 * j, west + 150 * (i + 1), south + 150 * (j + 1))
        for i in range(4)
        for j in range(4)
    ]
    grids = gpd.GeoDataFrame({"code": [str(i) for i in range(16)]}, geometry=squares, crs=PLANE).to_crs(4326)
    houses = gpd.GeoDataFrame(geometry=town, crs=PLANE).to_crs(4326)
    visible = visible_ground(see(views_of(cameras_in(town, 60)), houses))
    shares = coverage_by_grid(grids, visible, houses)
    # The same by one union over the whole town.
    seen = shapely.union_all(visible.to_crs(PLANE).geometry.to_numpy())
    ground = shapely.box(west, south, west + 600, south + 600).difference(shapely.union_all(town))
    assert shares["ground_m2"].sum() == pytest.approx(ground.area, rel=1e-6)
    assert shares["seen_m2"].sum() == pytest.approx(ground.intersection(seen).area, rel=1e-6)
    # No view enters a house, so what falls into the square is all ground.
    inside = seen.intersection(shapely.box(west, south, west + 600, south + 600))
    assert shares["seen_m2"].sum() == pytest.approx(inside.area, rel=1e-6)


def test_the_sample_city() -> None:
    folder = Path(__file__).parents[2] / "data" / "boundaries" / "sample"
    cameras = read_cameras(folder / "cameras.csv", datum="wgs84")
    assert not [fault for fault in cameras.faults if fault.severity == "error"]
    buildings, grids, zones = (
        gpd.read_file(folder / f"{name}.geojson") for name in ("buildings", "grids_today", "exclusion_zones")
    )
    visible = visible_ground(see(views_of(cameras.frame), buildings))
    assert (visible["seen_area_m2"] <= visible["nominal_area_m2"] * (1 + 1e-9)).all()
    shares = coverage_by_grid(grids, visible, buildings, zones=zones)
    assert len(shares) == len(grids)
    total = shares["seen_m2"] + shares["uncovered_m2"]
    assert total.to_numpy() == pytest.approx(shares["ground_m2"].to_numpy(), rel=1e-6)
    assert 0 < shares["seen_m2"].sum() < visible["seen_area_m2"].sum()

"""What a camera's figures say that it sees, and what is taken where they say nothing."""

import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import CLASSES, views_of
from spatialgov.errors import InputError


def cameras(*rows: Mapping[str, Any], lon: Any = None, lat: Any = None) -> gpd.GeoDataFrame:
    table = pd.DataFrame([{"camera_id": f"C{k}", **row} for k, row in enumerate(rows)])
    x = 117.0 + 0.01 * np.arange(len(rows)) if lon is None else lon
    y = np.full(len(rows), 36.8) if lat is None else lat
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=4326)


def one(needed: str = "detect", **row: Any) -> tuple[Any, Mapping[str, int]]:
    views = views_of(cameras(row), needed=needed)
    return views.table.iloc[0], views.assumptions


def test_a_camera_that_says_all_has_no_bounds_and_assumes_nothing() -> None:
    view, assumptions = one(
        kind="fixed", height_m=4.0, azimuth_deg=90.0, fov_deg=70.0, tilt_deg=10.0, range_m=40.0, width_px=1920.0,
        status="in_service",
    )  # fmt: skip
    assert assumptions == {}
    assert view["missing"] == ()
    assert view["range_least_m"] == view["range_m"] == view["range_most_m"] == 40.0
    assert view["fov_least_deg"] == view["fov_deg"] == view["fov_most_deg"] == 70.0
    assert view["working"]


@pytest.mark.parametrize(("needed", "px_per_m"), CLASSES.items())
def test_the_range_follows_from_pixels_and_lens(needed: str, px_per_m: float) -> None:
    view, _ = one(needed, kind="fixed", fov_deg=70.0, width_px=1920.0, azimuth_deg=0.0)
    assert view["range_m"] == pytest.approx(1920 / (2 * math.tan(math.radians(35)) * px_per_m))
    assert view["sight_m"] == pytest.approx(1920 / (2 * math.tan(math.radians(35)) * 12.5))
    assert view["missing"] == ()
    view, _ = one(needed, kind="panoramic", fov_deg=360.0, width_px=6000.0)
    assert view["range_m"] == pytest.approx(6000 / (2 * math.pi * px_per_m))


def test_the_class_never_holds_beyond_the_range() -> None:
    view, _ = one("monitor", kind="fixed", fov_deg=70.0, width_px=1920.0, range_m=30.0, azimuth_deg=0.0)
    assert view["range_m"] == view["sight_m"] == 30.0


def test_a_range_alone_is_that_of_detection() -> None:
    view, assumptions = one("observe", kind="fixed", fov_deg=70.0, range_m=50.0, azimuth_deg=0.0)
    assert view["range_least_m"] == view["range_m"] == view["range_most_m"] == 20.0
    assert view["sight_m"] == 50.0
    assert assumptions["range_m × 0.4 (observe)"] == 1
    _, assumptions = one(kind="fixed", fov_deg=70.0, range_m=50.0, azimuth_deg=0.0)
    assert not any("×" in what for what in assumptions)


def test_what_is_missing_has_bounds_and_is_counted() -> None:
    views = views_of(cameras({"kind": "fixed"}, {"kind": "ptz", "azimuth_deg": 0.0}, {"kind": "panoramic"}, {}))
    table = views.table
    assert table["range_least_m"].tolist() == [20.0, 50.0, 15.0, 20.0]
    assert table["range_m"].tolist() == [50.0, 100.0, 30.0, 50.0]
    assert table["range_most_m"].tolist() == [100.0, 200.0, 60.0, 100.0]
    assert table["fov_least_deg"].tolist() == [30.0, 30.0, 360.0, 30.0]
    assert table["fov_most_deg"].tolist() == [110.0, 70.0, 360.0, 110.0]
    assert table["height_m"].tolist() == [4.0, 6.0, 6.0, 4.0]
    assert table["missing"].tolist() == [
        ("azimuth_deg", "fov_deg", "range_m"),
        ("fov_deg", "range_m"),
        ("range_m",),
        ("azimuth_deg", "fov_deg", "range_m"),
    ]
    assert views.assumptions["range_m = 50 [20–100] (fixed)"] == 2
    assert views.assumptions["kind = fixed"] == 1
    assert views.assumptions["status = in_service"] == 4
    assert views.assumptions["azimuth_deg: unknown, nothing is certain"] == 2
    assert table["working"].all()


def test_a_dome_without_direction_may_see_all_round_but_nothing_for_certain() -> None:
    view, _ = one(kind="dome")
    assert (view["fov_least_deg"], view["fov_deg"], view["fov_most_deg"]) == (80.0, 360.0, 360.0)
    assert np.isnan(view["azimuth_deg"])
    assert view["missing"] == ("azimuth_deg", "fov_deg", "range_m")
    view, _ = one(kind="dome", azimuth_deg=45.0)
    assert (view["fov_least_deg"], view["fov_deg"], view["fov_most_deg"]) == (80.0, 90.0, 360.0)
    view, _ = one(kind="dome", fov_deg=360.0)
    assert view["missing"] == ("range_m",)


def test_a_compass_point_leaves_for_certain_what_its_directions_have_in_common() -> None:
    view, assumptions = one(kind="fixed", azimuth_deg=90.0, azimuth_error_deg=22.5, fov_deg=70.0, range_m=50.0)
    assert (view["fov_least_deg"], view["fov_deg"], view["fov_most_deg"]) == (25.0, 70.0, 115.0)
    assert view["missing"] == ("azimuth_deg",)
    assert assumptions["azimuth_deg: a compass point, of which the directions in common are certain"] == 1
    view, _ = one(kind="fixed", azimuth_deg=90.0, azimuth_error_deg=22.5, fov_deg=40.0, range_m=50.0)
    assert view["fov_least_deg"] == 0.0
    view, _ = one(kind="fixed", azimuth_deg=90.0, azimuth_error_deg=22.5, fov_deg=360.0, range_m=50.0)
    assert view["fov_least_deg"] == 360.0
    assert view["missing"] == ()


def test_ground_below_the_picture_is_not_seen() -> None:
    flat: dict[str, Any] = {"kind": "fixed", "height_m": 4.0, "azimuth_deg": 0.0, "fov_deg": 70.0, "range_m": 50.0}
    half = math.degrees(math.atan(math.tan(math.radians(35)) * 9 / 16))
    view, _ = one(**flat, tilt_deg=20.0)
    assert view["near_m"] == pytest.approx(4 / math.tan(math.radians(20 + half)))
    view, assumptions = one(**flat)
    assert view["near_m"] == pytest.approx(4 / math.tan(math.atan2(4, 50) + 2 * math.radians(half)))
    assert sum("tilt_deg" in what for what in assumptions) == 1
    assert one(**flat, tilt_deg=80.0)[0]["near_m"] == 0.0
    looking_up = one(**flat, tilt_deg=-60.0)[0]
    assert looking_up["near_m"] == looking_up["sight_m"]
    assert one(kind="panoramic", height_m=4.0)[0]["near_m"] == 0.0


def test_a_steep_picture_ends_where_its_upper_edge_meets_the_ground() -> None:
    half = math.atan(math.tan(math.radians(35)) * 9 / 16)
    end_m = 4 / math.tan(math.radians(45) - half)
    steep: dict[str, Any] = {"kind": "fixed", "azimuth_deg": 0.0, "fov_deg": 70.0, "range_m": 50.0, "tilt_deg": 45.0}
    view, _ = one(**steep, height_m=4.0)
    assert view["range_least_m"] == view["range_most_m"] == view["sight_m"] == pytest.approx(end_m)
    assert view["missing"] == ()
    view, _ = one(**steep)  # the height is assumed: it may hang higher
    assert view["range_least_m"] == pytest.approx(end_m)
    assert view["range_most_m"] == view["sight_m"] == 50.0
    assert view["missing"] == ("height_m",)


def test_posts_go_by_name_and_else_by_place() -> None:
    metre = 1 / 111_320
    rows = [{"post_id": "P"}, {"post_id": "P"}, {"post_id": "Q"}, {}, {}, {}]
    lat = 36.8 + metre * np.array([0, 500, 0, 0, 0.8, 5])
    post = views_of(cameras(*rows, lon=np.full(6, 117.0), lat=lat)).table["post"]
    assert post.dtype == np.int64
    assert post[0] == post[1]
    assert post[3] == post[4]
    assert post.nunique() == 4


def test_thousands_at_one_place_are_one_post() -> None:
    rows = cameras(*[{}] * 4000, lon=np.full(4000, 117.0), lat=np.full(4000, 36.8))
    assert views_of(rows).table["post"].nunique() == 1


def test_no_cameras_make_no_views() -> None:
    empty = gpd.GeoDataFrame({"camera_id": pd.Series(dtype=object)}, geometry=gpd.GeoSeries([], crs=4326))
    views = views_of(empty)
    assert len(views.table) == 0
    assert views.assumptions == {}


def test_an_unknown_class_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="monitor, detect"):
        views_of(cameras({}), needed="blurry")


maybe = st.one_of(st.just(math.nan), st.floats(0.1, 400.0))


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["fixed", "dome", "ptz", "panoramic", ""]),
    fov=maybe,
    reach=st.one_of(st.just(math.nan), st.floats(0.1, 10_000.0)),
    width=st.one_of(st.just(math.nan), st.floats(1.0, 20_000.0)),
    tilt=st.one_of(st.just(math.nan), st.floats(-90.0, 90.0)),
    height=st.one_of(st.just(math.nan), st.floats(0.0, 1_000.0)),
    azimuth=maybe,
    error=st.one_of(st.just(math.nan), st.floats(0.0, 180.0)),
    needed=st.sampled_from(list(CLASSES)),
)
def test_the_least_is_never_more_than_the_usual_nor_that_than_the_most(
    kind: str,
    fov: float,
    reach: float,
    width: float,
    tilt: float,
    height: float,
    azimuth: float,
    error: float,
    needed: str,
) -> None:
    view, _ = one(
        needed, kind=kind, fov_deg=fov, range_m=reach, width_px=width, tilt_deg=tilt, height_m=height,
        azimuth_deg=azimuth, azimuth_error_deg=error,
    )  # fmt: skip
    assert 0.0 <= view["fov_least_deg"] <= view["fov_deg"] <= view["fov_most_deg"] <= 360.0
    assert 0.0 <= view["range_least_m"] <= view["range_m"] <= view["range_most_m"] <= view["sight_m"]
    assert 0.0 <= view["near_m"] <= view["sight_m"]
    same = view["range_least_m"] == view["range_most_m"] and view["fov_least_deg"] == view["fov_most_deg"]
    assert same or view["missing"]

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import measure, redundancy, states_of
from spatialgov.coverage.gaps.redundancy import MOST_POSTS
from tests.coverage_cases import areas_of, demands_of, frame_of, here, sight_of

GRIDS = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)]
ROADS = frame_of([shapely.LineString([(0, 10), (200, 10)])], road_id=["r"], name="", road_class="primary")
INCIDENTS = frame_of(
    [shapely.Point(x, 5) for x in (10, 35, 45, 70, 150)], category="0101", occurred_at=pd.Timestamp("2026-05-01T01:00Z")
)


def test_posts_by_hand() -> None:
    # West to east, 50 m deep: 0-40 by one post, 20-60 by another with two cameras, 30-120 by a third.
    sight = sight_of(
        {"certain": shapely.box(0, 0, 40, 50), "post": 7},
        {"certain": shapely.box(20, 0, 50, 50), "post": 3},
        {"certain": shapely.box(40, 0, 60, 50), "post": 3},
        {"certain": shapely.box(30, 0, 120, 50), "post": 5},
        {"certain": shapely.box(0, 0, 200, 100), "post": 9, "working": False, "status": "broken"},
    )
    found = redundancy(states_of(sight, demands_of(areas_of(*GRIDS), roads=ROADS, incidents=INCIDENTS)))
    shares: Any = found.shares.set_index(["code", "kind"])
    posts = ["posts_1", "posts_2", "posts_3"]
    assert shares.loc[("a", "ground"), posts].tolist() == pytest.approx([5_000, 2_000, 500], rel=1e-6)
    assert shares.loc[("b", "ground"), posts].tolist() == pytest.approx([1_000, 0, 0], rel=1e-6)
    assert shares.loc[("a", "road"), posts].tolist() == pytest.approx([100, 40, 10], rel=1e-6)
    assert shares.loc[("a", "incident"), posts].tolist() == [4, 2, 1]
    assert shares.loc[("a", "ground"), "share_2"] == pytest.approx(0.2, rel=1e-6)
    assert shares.loc[("b", "place"), ["share_1", "share_3"]].isna().all()
    dark: Any = found.posts.set_index("post")
    assert sorted(dark.index) == [3, 5, 7]
    assert dark.index[0] == 5
    assert dark.loc[3, ["camera_ids", "cameras"]].tolist() == ["c1, c2", 2]
    assert dark["size_m2"].to_dict() == pytest.approx({5: 60 * 50, 7: 20 * 50, 3: 0}, rel=1e-6, abs=0.01)
    assert dark["size_m"].to_dict() == pytest.approx({5: 60, 7: 20, 3: 0}, rel=1e-6, abs=1e-3)
    assert dark["incidents"].to_dict() == {5: 1, 7: 1, 3: 0}
    assert dark["seen_m2"].to_dict() == pytest.approx({5: 4_500, 7: 2_000, 3: 2_000}, rel=1e-6)
    (shape,) = here(found.posts[found.posts["post"] == 7])
    assert shape.symmetric_difference(shapely.box(0, 0, 20, 50)).area < 0.01
    layers: Any = found.layers[found.layers["code"] == "a"].set_index("posts")["size_m2"]
    assert layers.to_dict() == pytest.approx({1: 3_000, 2: 1_500, 3: 500}, rel=1e-6)


corner = st.integers(-20, 200)
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), corner, st.integers(-20, 100), st.integers(1, 90),
    st.integers(1, 90),
)  # fmt: skip
cameras = st.builds(
    lambda certain, post, working: {"certain": certain, "post": post, "working": working},
    boxes, st.integers(0, 4), st.booleans(),
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(cameras, min_size=1, max_size=7))
def test_levels_equal_counting_from_points(looks: list[dict[str, Any]]) -> None:
    states = states_of(sight_of(*looks), demands_of(areas_of(*GRIDS), roads=ROADS, incidents=INCIDENTS))
    found = redundancy(states, level="all")
    table: Any = found.shares.set_index("kind")
    covered: Any = measure(states, level="all").set_index("kind")["covered"]
    assert table["posts_1"].to_numpy() == pytest.approx(covered.to_numpy(), rel=1e-6, abs=0.01)
    # In squares of 1 m between whole numbers nothing changes.
    posts = {look["post"] for look in looks if look["working"]}
    seen_by = [shapely.union_all([k["certain"] for k in looks if k["working"] and k["post"] == p]) for p in posts]
    x, y = (part.ravel() + 0.5 for part in np.mgrid[0:200, 0:100])
    times = sum((shapely.contains_xy(shape, x, y).astype(int) for shape in seen_by), start=0 * x.astype(int))
    for k in range(1, MOST_POSTS + 1):
        assert table.loc["ground", f"posts_{k}"] == pytest.approx((times >= k).sum(), rel=1e-6, abs=0.01)
        row = times[(y == 9.5)] >= k
        above = times[(y == 10.5)] >= k
        assert table.loc["road", f"posts_{k}"] == pytest.approx((row | above).sum(), rel=1e-6, abs=0.01)
    assert found.posts["size_m2"].sum() == pytest.approx((times == 1).sum(), rel=1e-6, abs=0.01)
    assert set(found.posts["post"]) == posts

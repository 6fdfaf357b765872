from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.coverage import DEMAND_KINDS, Demands, States, measure, states_of
from spatialgov.errors import InputError
from spatialgov.projection import metric_crs
from tests.coverage_cases import areas_of, demands_of, frame_of, sight_of

GRIDS = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(200, 0, 300, 100)]
ROADS = frame_of(
    [shapely.LineString([(0, 25), (300, 25)]), shapely.LineString([(100, 0), (100, 100)])],
    road_id=["r", "border"], name="", road_class=["primary", "alley"],
)  # fmt: skip
INCIDENTS = frame_of(
    [shapely.Point(10, 10), shapely.Point(75, 10), shapely.Point(150, 50)],
    category=["0101", "0101", "0502"],
    occurred_at=pd.to_datetime(["2026-05-01T01:00Z", "2026-05-01T02:00Z", "2026-05-01T01:30Z"]),
)


@pytest.fixture(scope="module")
def demanded() -> Demands:
    return demands_of(areas_of(*GRIDS), roads=ROADS, incidents=INCIDENTS)


SURE: dict[str, Any] = {"certain": shapely.box(0, 0, 50, 50), "possible": shapely.box(0, 0, 120, 50)}
BROKEN: dict[str, Any] = {"certain": shapely.box(100, 0, 200, 100), "status": "broken", "working": False}
NUMBERS = ["should_be_seen", "covered", "uncertain", "gap"]


def values(table: Any, kind: str) -> list[list[float]]:
    return [[float(value) for value in row] for row in table.loc[table["kind"] == kind, NUMBERS].to_numpy()]


def test_three_states_by_hand(demanded: Demands) -> None:
    table = measure(states_of(sight_of(SURE, BROKEN), demanded))
    assert table["code"].unique().tolist() == ["a", "b", "c"]
    assert values(table, "ground") == [
        pytest.approx([10_000, 2_500, 2_500, 5_000], rel=1e-6),
        pytest.approx([10_000, 0, 1_000, 9_000], rel=1e-6),
        pytest.approx([10_000, 0, 0, 10_000], rel=1e-6),
    ]
    # The border road belongs to the first grid; up to 50 m along it may be seen.
    assert values(table, "road") == [
        pytest.approx([200, 50, 100, 50], rel=1e-6),
        pytest.approx([100, 0, 20, 80], rel=1e-6),
        pytest.approx([100, 0, 0, 100], rel=1e-6),
    ]
    assert values(table, "incident") == [[2, 1, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0]]
    assert values(table, "place") == [[0, 0, 0, 0]] * 3
    shares: Any = table[table["code"] == "a"].set_index("kind")[["lower_share", "upper_share"]]
    assert shares.loc["ground"].tolist() == pytest.approx([0.25, 0.5], rel=1e-6)
    assert shares.loc["incident"].tolist() == [0.5, 1]
    assert shares.loc["place"].isna().all()
    assert table["unit"].tolist() == list(DEMAND_KINDS.values()) * 3


def test_sums_by_level_and_split(demanded: Demands) -> None:
    states = states_of(sight_of(SURE, BROKEN), demanded)
    grids, communities, everything = (measure(states, level=level) for level in ("grid", "community", "all"))
    assert communities["code"].unique().tolist() == ["990101001001", "990101001002"]
    assert values(communities, "incident") == [[3, 1, 1, 1], [0, 0, 0, 0]]
    for kind in DEMAND_KINDS:
        assert np.sum(values(grids, kind), axis=0) == pytest.approx(np.sum(values(everything, kind), axis=0))
    classes = measure(states, level="all", split="class")
    assert classes[["kind", "class"]].to_numpy().tolist() == [
        ["ground", ""], ["road", "alley"], ["road", "primary"], ["incident", "0101"], ["incident", "0502"],
    ]  # fmt: skip
    assert values(classes, "road") == [
        pytest.approx([100, 0, 50, 50], rel=1e-6),
        pytest.approx([300, 50, 70, 180], rel=1e-6),
    ]
    hours = measure(states, level="all", split="hour")
    assert hours["hour"].tolist() == [1, 2]
    assert values(hours, "incident") == [[2, 1, 0, 1], [1, 0, 1, 0]]
    with pytest.raises(InputError, match="grid, community"):
        measure(states, level="street")


def test_without_cameras_all_is_a_gap(demanded: Demands) -> None:
    one = sight_of(SURE)
    arrays = ("x_m", "y_m", "snapped_m", "rooftop", "certain", "usual", "possible", "low_class", "turning")
    none = replace(
        one,
        views=replace(one.views, table=one.views.table.iloc[:0]),
        **{name: getattr(one, name)[:0] for name in arrays},
    )
    table = measure(states_of(none, demanded), level="all")
    assert (table["gap"] == table["should_be_seen"]).all()
    assert table["lower_share"].dropna().eq(0).all()


def test_planes_must_be_the_same(demanded: Demands) -> None:
    with pytest.raises(InputError, match="crs"):
        states_of(replace(sight_of(SURE), crs=metric_crs(110.0, 40.0)), demanded)


def same(one: States, other: States) -> None:
    pd.testing.assert_frame_equal(measure(one, split="class"), measure(other, split="class"), rtol=1e-9, atol=1e-6)
    assert shapely.area(shapely.symmetric_difference(one.gap, other.gap)).max() < 1e-6
    assert one.point_state.tolist() == other.point_state.tolist()


def test_changes_are_as_if_all_were_looked_at_again(demanded: Demands) -> None:
    before = states_of(sight_of(SURE, BROKEN), demanded)
    moved = {"certain": shapely.box(150, 0, 200, 50), "possible": shapely.box(150, 0, 260, 50)}
    repaired = {**BROKEN, "status": "in_service", "working": True}
    added = {"certain": shapely.box(20, 20, 80, 80)}
    cases: list[tuple[list[dict[str, Any]], list[int]]] = [
        ([moved, BROKEN], [0]),
        ([SURE, repaired], [1]),
        ([SURE, BROKEN, added], []),
        ([moved, repaired, added], [0, 1]),
    ]
    for cameras, rows in cases:
        sight = sight_of(*cameras)
        same(before.after(sight, rows), states_of(sight, demanded))


corner = st.integers(-20, 300)
boxes = st.builds(
    lambda x, y, w, h: shapely.box(x, y, x + w, y + h), corner, st.integers(-20, 100), st.integers(1, 90),
    st.integers(1, 90),
)  # fmt: skip
cameras = st.builds(
    lambda certain, more, working: {"certain": certain, "possible": certain.union(more), "working": working},
    boxes, boxes, st.booleans(),
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(cameras, min_size=1, max_size=5), st.lists(boxes, max_size=4))
def test_the_states_make_up_what_should_be_seen(looks: list[dict[str, Any]], houses: list[Any]) -> None:
    found = demands_of(
        areas_of(*GRIDS), roads=ROADS, incidents=INCIDENTS, buildings=frame_of(houses, kind=["house"] * len(houses))
    )
    table = measure(states_of(sight_of(*looks), found))
    assert table["should_be_seen"].to_numpy() == pytest.approx(
        table[["covered", "uncertain", "gap"]].sum(axis=1).to_numpy(), rel=1e-9, abs=1e-6
    )
    working = [look for look in looks if look["working"]]
    sure, maybe = (shapely.union_all([look[name] for look in working]) for name in ("certain", "possible"))
    built = shapely.union_all(houses)
    for i, grid in enumerate(GRIDS):
        ground = grid.difference(built)
        expected = [ground.area, (ground & sure).area, (ground & maybe).area - (ground & sure).area]
        assert values(table, "ground")[i][:3] == pytest.approx(expected, rel=1e-6, abs=1e-2)
    road = shapely.LineString([(0, 25), (300, 25)]).difference(built)
    along = measure(states_of(sight_of(*looks), found), level="all", split="class")
    primary = along[along["class"] == "primary"]
    covered = float(primary["covered"].sum())
    assert covered == pytest.approx(road.intersection(sure).length, abs=1e-3)

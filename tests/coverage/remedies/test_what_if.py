from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.coverage import Change, Demands, changed_cameras, measure, see, states_of, views_of, what_if
from spatialgov.errors import InputError
from tests.coverage_cases import PLANE, areas_of, cameras_of, demands_of, frame_of, place_of

GRIDS = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(200, 0, 300, 100)]
ROADS = frame_of([shapely.LineString([(0, 40), (300, 40)])], road_id=["r"], name="", road_class=["primary"])
HOUSES = frame_of([shapely.box(130, 50, 150, 80)], building_id=["h"], height_m=[12.0])
CAMERAS = cameras_of(
    {"at": (50.0, 20.0), "azimuth_deg": 0.0},
    {"at": (150.0, 20.0), "azimuth_deg": 0.0, "status": "broken"},
    {"at": (250.0, 20.0), "azimuth_deg": 90.0},
    {"at": (250.0, 60.0), "azimuth_deg": np.nan},
)


NEW = {"kind": "fixed", "height_m": 4.0, "azimuth_deg": 90.0, "fov_deg": 90.0, "range_m": 50.0}
CHANGES = {
    "add": Change("add", "new", {**place_of(10.0, 40.0), **NEW}),
    "move": Change("move", "c0", place_of(20.0, 60.0)),
    "turn": Change("turn", "c2", {"azimuth_deg": 0.0}),
    "remove": Change("remove", "c0"),
    "repair": Change("repair", "c1"),
    "set": Change("set", "c3", {"azimuth_deg": 180.0}),
}


@pytest.fixture(scope="module")
def demanded() -> Demands:
    return demands_of(areas_of(*GRIDS), roads=ROADS, buildings=HOUSES)


def seen(cameras: Any, demanded: Demands) -> Any:
    return states_of(see(views_of(cameras), HOUSES, crs=PLANE), demanded)


@pytest.mark.parametrize("names", [[name] for name in CHANGES] + [list(CHANGES)])
def test_what_changes_is_what_looking_at_all_anew_says(demanded: Demands, names: list[str]) -> None:
    changes = [CHANGES[name] for name in names]
    answer = what_if(CAMERAS, seen(CAMERAS, demanded), changes)
    anew = seen(changed_cameras(CAMERAS, changes), demanded)
    expected, found = measure(anew), answer.measures
    for name in ("covered", "uncertain", "gap"):
        assert found[f"{name}_after"].to_numpy() == pytest.approx(expected[name].to_numpy(), abs=1e-4)
        assert found[f"{name}_change"].to_numpy() == pytest.approx(
            (found[f"{name}_after"] - found[f"{name}_before"]).to_numpy()
        )
    assert found["covered_change"].abs().max() + found["uncertain_change"].abs().max() > 1
    assert answer.cameras["camera_id"].tolist() == changed_cameras(CAMERAS, changes)["camera_id"].tolist()


def test_a_repair_by_hand(demanded: Demands) -> None:
    states = seen(CAMERAS, demanded)
    table: Any = what_if(CAMERAS, states, [CHANGES["repair"]]).measures.set_index(["code", "kind"])
    # It stands 20 m from the road and looks across it, 90° wide: 40 m of road, all in the second grid.
    assert table.loc[("b", "road"), "covered_change"] == pytest.approx(40.0, abs=0.05)
    assert table.loc[("b", "road"), "lower_share_change"] == pytest.approx(0.4, abs=5e-4)
    changed = table[["covered_change", "uncertain_change", "gap_change"]].abs().max(axis=1)
    assert set(changed[changed > 1e-9].index.get_level_values("code")) == {"b"}
    assert table.loc[("b", "road"), ["class", "unit"]].tolist() == ["", "m"]


def test_a_removed_camera_may_come_again_under_its_name(demanded: Demands) -> None:
    states = seen(CAMERAS, demanded)
    again = Change("add", "c0", {**place_of(50.0, 20.0), **NEW, "azimuth_deg": 0.0})
    answer = what_if(CAMERAS, states, [CHANGES["remove"], again])
    assert answer.measures["covered_change"].to_numpy() == pytest.approx(0.0, abs=1e-6)
    assert answer.cameras["camera_id"].tolist() == ["c0", "c1", "c2", "c3"]


def test_nothing_changes_by_no_change(demanded: Demands) -> None:
    states = seen(CAMERAS, demanded)
    answer = what_if(CAMERAS, states, [], level="all")
    assert (answer.measures["covered_change"] == 0).all()
    pd.testing.assert_series_equal(answer.measures["gap_before"], answer.measures["gap_after"], check_names=False)
    with pytest.raises(InputError, match="street"):
        what_if(CAMERAS, states, [], level="street")


def test_changed_cameras_are_shown_with_what_they_would_see(demanded: Demands) -> None:
    states = seen(CAMERAS, demanded)
    zones = frame_of([shapely.box(0, 30, 60, 60), shapely.box(0, 0, 5, 5)], kind=["no_view", "no_install"])
    changes = [CHANGES[name] for name in ("turn", "repair", "remove", "add")]
    answer = what_if(CAMERAS, states, changes, level="all", zones=zones)
    shown: Any = answer.seen
    assert shown["camera_id"].tolist() == ["c1", "c2", "new"]
    assert set(shown["seen"]) == {"certain"}
    assert shown.set_index("camera_id").loc["new", ["azimuth_deg", "range_m", "fov_deg"]].tolist() == [90.0, 50.0, 90.0]
    anew = seen(changed_cameras(CAMERAS, changes), demanded)
    expected = dict(zip(anew.sight.views.table["camera_id"], shapely.area(anew.sight.certain), strict=True))
    assert shown["seen_m2"].tolist() == pytest.approx([expected[name] for name in shown["camera_id"]])
    # c0 has seen some of the zone and is gone, the new one sees more of it
    (private,) = zones[zones["kind"] == "no_view"].geometry.to_crs(PLANE)
    before, after = (
        shapely.area(shapely.intersection(one, private)) for one in (states.sight, anew.sight) for one in [one.certain]
    )
    assert answer.no_view_before_m2 == pytest.approx(before[0])
    assert answer.no_view_after_m2 == pytest.approx(after[-1])
    assert 0 < answer.no_view_before_m2 < answer.no_view_after_m2


def test_a_camera_of_unknown_direction_perhaps_sees_all_round(demanded: Demands) -> None:
    states = seen(CAMERAS, demanded)
    answer = what_if(CAMERAS, states, [Change("move", "c3", place_of(250.0, 50.0))], level="all")
    assert answer.seen["seen"].tolist() == ["certain", "perhaps"]
    assert answer.seen["seen_m2"].tolist() == pytest.approx([0.0, np.pi * 50.0**2], rel=0.02)
    assert answer.seen["missing"].tolist() == ["azimuth_deg"] * 2

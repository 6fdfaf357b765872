from typing import Any

import numpy as np
import pytest
import shapely

from spatialgov.coverage import measure, states_of, survey_gains
from spatialgov.coverage.gaps.survey import ALL_FIGURES
from tests.coverage_cases import areas_of, demands_of, frame_of, sight_of

GRID = shapely.box(-200, -200, 200, 200)


def disc(radius_m: float) -> Any:
    return shapely.Point(0, 0).buffer(radius_m, quad_segs=90)


def gains_of(*cameras: dict[str, Any]) -> Any:
    return survey_gains(states_of(sight_of(*cameras), demands_of(areas_of(GRID))))


BLIND = {
    "azimuth_deg": np.nan, "missing": ("azimuth_deg",), "possible": disc(50), "fov_least_deg": 90.0, "fov_deg": 90.0,
    "fov_most_deg": 90.0,
}  # fmt: skip


def test_a_direction_settles_all_that_it_alone_leaves_open() -> None:
    gains = gains_of(BLIND)
    assert gains[["camera_id", "camera", "attribute"]].to_numpy().tolist() == [["c0", 0, "azimuth_deg"]]
    row = gains.iloc[0]
    assert row["size_m2"] == pytest.approx(disc(50).area, rel=1e-6)
    assert row["weight"] == pytest.approx(1000 * disc(50).area / GRID.area, rel=1e-6)
    # A quarter of what is around is in a field of 90°.
    assert row["covered"] == pytest.approx(row["weight"] / 4, rel=1e-6)


def test_what_others_leave_open_too_is_settled_only_where_it_is_covered() -> None:
    gains = gains_of(BLIND, {**BLIND, "possible": shapely.box(0, -200, 200, 200) & disc(50)})
    area = disc(50).area
    # One half alone, and a quarter of the other; the second camera shares all of its half.
    assert gains["camera_id"].tolist() == ["c0", "c1"]
    assert gains["size_m2"].tolist() == pytest.approx([area / 2 + area / 8, area / 8], rel=0.02)


def test_a_range_settles_its_own_part() -> None:
    ring = {"missing": ("range_m",), "certain": disc(20), "possible": disc(100), "range_least_m": 20.0, "range_m": 50.0,
            "range_most_m": 100.0, "azimuth_deg": 0.0, "fov_least_deg": 360.0, "fov_deg": 360.0,
            "fov_most_deg": 360.0}  # fmt: skip
    row = gains_of(ring).iloc[0]
    assert row["attribute"] == "range_m"
    assert row["size_m2"] == pytest.approx(disc(100).area - disc(20).area, rel=1e-6)
    assert row["covered"] / row["weight"] == pytest.approx((50**2 - 20**2) / (100**2 - 20**2), rel=0.02)


def test_of_several_missing_figures_each_is_told_and_all_together() -> None:
    vague = {"missing": ("azimuth_deg", "fov_deg", "range_m"), "possible": disc(100), "azimuth_deg": np.nan,
             "range_least_m": 20.0, "range_m": 50.0, "range_most_m": 100.0, "fov_least_deg": 30.0, "fov_deg": 72.0,
             "fov_most_deg": 108.0}  # fmt: skip
    gains = gains_of(vague).set_index("attribute")
    area = disc(100).area
    inner, middle = disc(20).area / area, disc(50).area / area
    assert gains.loc[ALL_FIGURES, "size_m2"] == pytest.approx(area, rel=1e-6)
    assert gains.loc[ALL_FIGURES, "covered"] / gains.loc[ALL_FIGURES, "weight"] == pytest.approx(middle / 5, rel=0.02)
    # The direction alone excludes 252 of 360 degrees, and covers 30 of them out to the least range.
    assert gains.loc["azimuth_deg", "size_m2"] / area == pytest.approx(252 / 360 + inner * 30 / 360, rel=0.02)
    # The range alone excludes what is beyond the usual one; the field alone says nothing without a direction.
    assert gains.loc["range_m", "size_m2"] / area == pytest.approx(1 - middle, rel=0.02)
    assert gains.loc["fov_deg", "size_m2"] == 0
    assert gains.index[0] == ALL_FIGURES


def test_a_dome_that_usually_looks_all_round() -> None:
    dome = {"missing": ("azimuth_deg", "fov_deg"), "possible": disc(30), "azimuth_deg": np.nan, "fov_least_deg": 80.0,
            "fov_deg": 360.0, "fov_most_deg": 360.0}  # fmt: skip
    gains = gains_of(dome).set_index("attribute")
    assert gains.loc["fov_deg", "covered"] == pytest.approx(gains.loc["fov_deg", "weight"])
    assert gains.loc["fov_deg", "size_m2"] == pytest.approx(disc(30).area, rel=1e-6)
    assert gains.loc["azimuth_deg", "size_m2"] == pytest.approx(disc(30).area * 80 / 360, rel=1e-6)


def test_all_kinds_are_counted_and_nothing_that_is_known() -> None:
    layers = {
        "roads": frame_of([shapely.LineString([(-200, 0), (200, 0)])], road_id=["r"], name="", road_class="alley"),
        "places": frame_of([shapely.Point(10, 10), shapely.Point(150, 0)], place_id=["p", "q"], kind="market"),
    }
    known = {"certain": shapely.box(100, -200, 200, 200)}
    broken = {**BLIND, "possible": shapely.box(-200, -200, 0, 0), "working": False, "status": "broken"}
    states = states_of(sight_of(BLIND, known, broken), demands_of(areas_of(GRID), **layers))
    gains: Any = survey_gains(states)
    assert gains["camera_id"].tolist() == ["c0"]
    uncertain: Any = measure(states).set_index("kind")["uncertain"]
    row = gains.iloc[0]
    assert row["size_m"] == pytest.approx(uncertain["road"], rel=1e-6) == pytest.approx(100, rel=1e-3)
    assert row["places"] == 1
    assert row["size_m2"] == pytest.approx(uncertain["ground"], rel=1e-6)
    assert gains_of(known).empty

import pandas as pd
import pytest
import shapely

from spatialgov.coverage import gaps, states_of, visit_sites
from tests.coverage_cases import areas_of, demands_of, frame_of, here, sight_of

GRIDS = [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(600, 0, 700, 100)]
ROAD = frame_of([shapely.LineString([(0, 20), (1000, 20)])], road_id=["r"], name=["Main"], road_class="primary")
INCIDENTS = frame_of([shapely.Point(150, 50)] * 3, category="0101", occurred_at=pd.Timestamp("2026-05-01T01:00Z"))
FAR = {"at": (-900, 0), "possible": shapely.box(0, 0, 100, 10), "missing": ("range_m",)}


def test_near_gaps_are_one_site_on_a_road() -> None:
    demanded = demands_of(areas_of(*GRIDS), roads=ROAD, incidents=INCIDENTS)
    found = gaps(states_of(sight_of(FAR), demanded))
    sites = visit_sites(found, demanded)
    assert sites["site_id"].tolist() == ["S0001", "S0002"]
    first, second = sites.iloc[0], sites.iloc[1]
    # The gap with the incidents, and all that comes within 75 m of the road before its middle.
    assert here(sites)[0].distance(shapely.Point(150, 20)) < 1
    assert first["gaps"] == 5
    assert first["codes"] == "b, a"
    assert first["reasons"] == "no_camera, data_missing"
    assert first["camera_ids"] == "c0"
    assert first[["road_id", "road_name"]].tolist() == ["r", "Main"]
    assert second["codes"] == "c"
    assert set(first["gap_ids"].split(", ")) | set(second["gap_ids"].split(", ")) == set(found["gap_id"])
    for column in ("weight", "size_m2", "size_m", "incidents"):
        assert sites[column].sum() == pytest.approx(found[column].sum())
    assert first["incidents"] == 3


def test_reach_and_rows_are_the_askers() -> None:
    demanded = demands_of(areas_of(*GRIDS), roads=ROAD)
    found = gaps(states_of(sight_of({"at": (-900, 0)}), demanded))
    assert len(visit_sites(found, demanded, reach_m=1000)) == 1
    assert len(visit_sites(found[found["code"] == "c"], demanded)) == 1
    assert visit_sites(found.iloc[:0], demanded).empty


def test_without_roads_a_site_is_in_the_middle() -> None:
    demanded = demands_of(areas_of(*GRIDS[2:]))
    sites = visit_sites(gaps(states_of(sight_of({"at": (-900, 0)}), demanded)), demanded)
    assert sites[["road_id", "road_name"]].to_numpy().tolist() == [["", ""]]
    assert here(sites)[0].distance(shapely.Point(650, 50)) < 1

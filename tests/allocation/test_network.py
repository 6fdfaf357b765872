from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatialgov.allocation.network import RoadNetwork, main_parts, road_network
from spatialgov.errors import InputError, MissingColumnError
from tests.allocation.streets import CRS, chessboard, roads_of


def kinds(network: RoadNetwork) -> list[str]:
    return [fault.kind for fault in network.faults]


def test_streets_are_cut_where_they_cross() -> None:
    network = road_network(chessboard(3, 2), crs=CRS)
    assert network.n_nodes == 12
    assert len(network.tail) == 17
    assert network.length_m == pytest.approx(100.0, abs=1e-3)
    assert np.array_equal(np.bincount(np.bincount(np.r_[network.tail, network.head])), [0, 0, 4, 6, 2])
    assert (network.part == 0).all()
    assert network.faults == ()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 14))
def test_random_lines_keep_their_length_and_meet_only_at_nodes(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    lines = [rng.uniform(0, 1000, (int(rng.integers(2, 5)), 2)).tolist() for _ in range(n)]
    network = road_network(roads_of([[tuple(xy) for xy in line] for line in lines]), crs=CRS, join_m=1e-3)
    whole = shapely.length(shapely.union_all(network.lines))
    assert network.length_m.sum() == pytest.approx(whole, rel=1e-6)
    assert whole == pytest.approx(sum(shapely.LineString(line).length for line in lines), rel=1e-3)
    ends: Any = shapely.points(network.xy_m)
    a, b = shapely.STRtree(network.lines).query(network.lines, predicate="intersects")
    common = shapely.get_coordinates(shapely.intersection(network.lines[a[a < b]], network.lines[b[a < b]]))
    assert shapely.distance(shapely.points(common), shapely.multipoints(ends)).max(initial=0.0) < 1e-2
    for side, which in ((network.tail, 0), (network.head, -1)):
        assert shapely.distance(ends[side], shapely.get_point(network.lines, which)).max() < 1e-2


def test_ends_that_nearly_meet_are_joined() -> None:
    roads = roads_of([[(0, 0), (200, 0)], [(100, 0.3), (100, 80)], [(200.2, 0.1), (300, 0)]])
    network = road_network(roads, crs=CRS)
    assert (network.part == 0).all()
    assert network.n_nodes == 5
    assert len(network.tail) == 4
    assert kinds(network) == []


def test_a_road_that_crosses_itself_is_cut_there() -> None:
    network = road_network(roads_of([[(0, 0), (100, 0), (100, 100), (50, 100), (50, -50)]]), crs=CRS)
    assert len(network.tail) == 3
    assert network.length_m.sum() == pytest.approx(400, abs=0.01)


def test_a_ring_and_parallel_roads_are_kept() -> None:
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    network = road_network(roads_of([ring]), crs=CRS)
    assert network.tail.tolist() == network.head.tolist() == [0]
    bow = road_network(roads_of([[(0, 0), (100, 0)], [(0, 0), (50, 40), (100, 0)]]), crs=CRS)
    assert len(bow.tail) == 2


def test_faults_are_listed_with_their_place() -> None:
    roads = roads_of(
        [
            [(0, 0), (500, 0)],
            [(200, 4), (200, 90)],  # just short of the first one: that makes it an island too
            [(900, 900), (950, 900)],
            [(100, 0), (300, 0)],  # on top of the first one
            [(0, 0), (0, 0)],
        ]
    )
    network = road_network(roads, crs=CRS)
    found = {(fault.kind, fault.row) for fault in network.faults}
    assert found == {("dangling", 2), ("island", 2), ("island", 3), ("overlap", 4), ("no_length", 5)}
    assert all(fault.severity == "warning" and fault.remedy and fault.lon is not None for fault in network.faults)
    assert network.length_m[network.part == 0].sum() == pytest.approx(500, abs=0.01)


def test_segments_name_their_road() -> None:
    roads = roads_of([[(0, 0), (200, 0)], [(100, -50), (100, 50)]], ["primary", "alley"])
    frame = road_network(roads, crs=CRS).frame()
    assert frame["road_id"].tolist() == ["R1", "R1", "R2", "R2"]
    assert frame["road_class"].tolist() == ["primary", "primary", "alley", "alley"]
    assert frame.crs == "EPSG:4326"


def test_what_is_no_road_is_refused() -> None:
    roads = chessboard(1, 1)
    with pytest.raises(MissingColumnError, match="road_class"):
        road_network(roads.drop(columns="road_class"))
    with pytest.raises(InputError, match="no roads"):
        road_network(roads.iloc[:0])
    roads.geometry = gpd.GeoSeries([*roads.geometry[:-1], shapely.Point(117, 34)], crs="EPSG:4326")
    with pytest.raises(InputError, match="Row 4 of the roads is no line"):
        road_network(roads)


def test_scraps_that_nothing_joins_can_be_left_out() -> None:
    network = road_network(roads_of([[(0, 0), (1000, 0)], [(0, 300), (500, 300)], [(0, 200), (20, 200)]]), crs=CRS)
    kept = main_parts(network)
    assert kept.length_m.tolist() == pytest.approx([1000, 500])
    assert kept.road.tolist() == [0, 1]
    assert len(kept.lines) == len(kept.road_class) == len(kept.part) == 2
    assert kept.faults == network.faults

from itertools import pairwise

import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
import shapely

from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.allocation.travel import DRIVING, Snapped, SpeedProfile, snap, travel_times
from spatialgov.errors import CoordinateError, InputError
from tests.allocation.streets import CRS, chessboard, degrees, roads_of

ONE_M_A_SECOND = SpeedProfile("test", "1", {"residential": 3.6, "primary": 7.2}, 3.6)


def places(xy: list[tuple[float, float]]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    lonlat = shapely.get_coordinates([degrees(shapely.Point(*point)) for point in xy])
    return lonlat[:, 0], lonlat[:, 1]


def straight_way(network: RoadNetwork, origin: Snapped, other: Snapped) -> npt.NDArray[np.float64]:
    """Work the times out with networkx, on a graph that has the places in it."""
    pace = ONE_M_A_SECOND.seconds_per_m(network)
    result = np.empty((len(origin.segment), len(other.segment)))
    for i in range(len(origin.segment)):
        for j in range(len(other.segment)):
            graph = nx.MultiGraph()
            cuts: dict[int, list[tuple[float, object]]] = {}
            for name, places_, k in (("o", origin, i), ("d", other, j)):
                cuts.setdefault(int(places_.segment[k]), []).append((float(places_.along_m[k]), name))
            for segment in range(len(network.tail)):
                stops: list[tuple[float, object]] = [(0.0, int(network.tail[segment]))]
                stops += sorted(cuts.get(segment, []), key=lambda stop: stop[0])
                stops.append((float(network.length_m[segment]), int(network.head[segment])))
                for (at, one), (to, two) in pairwise(stops):
                    graph.add_edge(one, two, seconds=(to - at) * pace[segment])
            try:
                result[i, j] = nx.shortest_path_length(graph, "o", "d", weight="seconds")
            except nx.NetworkXNoPath:
                result[i, j] = np.inf
            result[i, j] += origin.off_m[i] + other.off_m[j]
    return result


def test_times_equal_those_of_networkx() -> None:
    roads = chessboard(4, 3)
    roads.loc[[1, 6], "road_class"] = "primary"
    network = road_network(roads, crs=CRS)
    rng = np.random.default_rng(2)
    a = snap(network, *places(rng.uniform(-20, 420, (7, 2)).tolist()))
    b = snap(network, *places(rng.uniform(-20, 320, (9, 2)).tolist()))
    expected = straight_way(network, a, b)
    assert travel_times(network, a, b, ONE_M_A_SECOND) == pytest.approx(expected)
    assert travel_times(network, b, a, ONE_M_A_SECOND) == pytest.approx(expected.T)


def test_places_on_one_segment_need_no_junction() -> None:
    network = road_network(roads_of([[(0, 0), (300, 0)], [(0, 0), (0, 300), (300, 0)]]), crs=CRS)
    at = snap(network, *places([(100, 5), (180, -3)]))
    times = travel_times(network, at, at, ONE_M_A_SECOND)
    assert times[0, 1] == pytest.approx(80 + 8, abs=0.01)
    assert times[0, 0] == pytest.approx(10, abs=0.01)


def test_a_ring_is_walked_the_shorter_way() -> None:
    network = road_network(roads_of([[(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]]), crs=CRS)
    at = snap(network, *places([(10, 0), (0, 20)]))
    assert travel_times(network, at, at, ONE_M_A_SECOND)[0, 1] == pytest.approx(30, abs=0.01)


def test_no_road_no_way() -> None:
    network = road_network(roads_of([[(0, 0), (100, 0)], [(500, 0), (600, 0)]]), crs=CRS)
    at = snap(network, *places([(50, 0), (550, 0)]))
    times = travel_times(network, at, at, ONE_M_A_SECOND)
    assert np.isinf(times).tolist() == [[False, True], [True, False]]
    nobody = snap(network, [], [])
    assert travel_times(network, at, nobody, ONE_M_A_SECOND).shape == (2, 0)


def test_speeds_are_stated_and_checked() -> None:
    assert DRIVING.as_dict()["kmh"]["trunk"] == 60
    with pytest.raises(InputError, match="speed of alley is 0"):
        SpeedProfile("slow", "1", {"alley": 0.0}, 5.0)
    network = road_network(roads_of([[(0, 0), (100, 0)], [(0, 0), (0, 100)]], ["primary", "canal"]), crs=CRS)
    at = snap(network, *places([(50, 0)]))
    with pytest.raises(InputError, match="Row 2 of the roads, column road_class: 'canal' has no speed") as caught:
        travel_times(network, at, at)
    assert caught.value.remedy
    with pytest.raises(CoordinateError, match="Row 2 is no place"):
        snap(network, [117.0, np.nan], [34.0, 34.0])

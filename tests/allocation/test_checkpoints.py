import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from spatialgov.allocation.checkpoints import Checkpoints, checkpoints
from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.errors import InputError
from spatialgov.topology import metric_shapes
from tests.allocation.streets import CRS, chessboard, degrees, roads_of

AREA = degrees(shapely.box(250, 250, 550, 450))


def sides(network: RoadNetwork, area: BaseGeometry, belt_m: float) -> tuple[set[int], set[int]]:
    ground = metric_shapes(np.array([area]), network.crs)[0]
    away = shapely.distance(shapely.points(network.xy_m), ground)
    return set(np.flatnonzero(away == 0).tolist()), set(np.flatnonzero(away > belt_m).tolist())


def least_cut(network: RoadNetwork, area: BaseGeometry, belt_m: float, posts: dict[str, int]) -> int:
    inside, outside = sides(network, area, belt_m)
    graph = nx.Graph()
    for a, b, name in zip(network.tail.tolist(), network.head.tolist(), network.road_class, strict=True):
        one, two = ("in" if n in inside else "out" if n in outside else n for n in (a, b))
        if one != two:
            more = graph.edges[one, two]["capacity"] if graph.has_edge(one, two) else 0
            graph.add_edge(one, two, capacity=more + posts.get(name, 1))
    return int(nx.minimum_cut(graph, "in", "out")[0])


def check_closed(network: RoadNetwork, area: BaseGeometry, belt_m: float, found: Checkpoints) -> None:
    inside, outside = sides(network, area, belt_m)
    open_ways = np.setdiff1d(np.arange(len(network.tail)), found.segments)
    graph = nx.Graph(zip(network.tail[open_ways].tolist(), network.head[open_ways].tolist(), strict=True))
    reached = {node for start in inside & set(graph) for node in nx.node_connected_component(graph, start)}
    assert not reached & outside


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), belt=st.sampled_from([0.0, 120.0, 260.0]), weighed=st.booleans())
def test_as_few_posts_as_networkx_and_no_way_out(seed: int, belt: float, weighed: bool) -> None:
    rng = np.random.default_rng(seed)
    roads = chessboard(8, 7)
    whole = road_network(roads, crs=CRS)
    some = whole.frame(np.flatnonzero(rng.random(len(whole.tail)) < 0.75)).drop(columns="length_m")
    some["road_class"] = rng.choice(["primary", "alley"], len(some))
    network = road_network(some, crs=CRS)
    posts = {"primary": 3} if weighed else {}
    found = checkpoints(network, AREA, belt_m=belt, posts=posts)
    assert found.posts == least_cut(network, AREA, belt, posts)
    assert found.posts == found.frame["posts"].sum()
    assert found.posts <= found.posts_at_border
    check_closed(network, AREA, belt, found)


def test_one_bridge_beyond_the_border_is_enough() -> None:
    roads = roads_of(
        [
            [(0, 0), (300, 0), (300, 100), (0, 100), (0, 0)],
            [(200, 0), (200, 100)],
            [(300, 50), (500, 50)],
            [(500, 50), (700, 150)],
            [(500, 50), (700, -50)],
        ],
        ["alley", "alley", "trunk", "primary", "primary"],
    )
    network = road_network(roads, crs=CRS)
    found = checkpoints(network, degrees(shapely.box(-10, -10, 250, 110)), belt_m=300)
    assert found.posts == 1
    assert found.posts_at_border == 2
    assert found.frame["road_class"].tolist() == ["trunk"]
    assert found.frame["road_id"].tolist() == ["R3"]
    assert found.frame.geometry.geom_type.tolist() == ["Point"]
    assert found.frame["distance_m"].iloc[0] == pytest.approx(50, abs=0.1)


def test_what_cannot_be_is_refused() -> None:
    network = road_network(chessboard(2, 2), crs=CRS)
    town = degrees(shapely.box(-10, -10, 210, 210))
    with pytest.raises(InputError, match="No road leads farther than 500 m"):
        checkpoints(network, town, belt_m=500)
    with pytest.raises(InputError, match="No junction"):
        checkpoints(network, degrees(shapely.box(20, 20, 60, 60)), belt_m=10)
    with pytest.raises(InputError, match="no sound polygon"):
        checkpoints(network, shapely.Point(117, 34))
    with pytest.raises(InputError, match="-1 m wide"):
        checkpoints(network, town, belt_m=-1)
    with pytest.raises(InputError, match="takes 0 posts"):
        checkpoints(network, town, posts={"alley": 0})


def test_roads_that_were_cut_at_the_border_lead_out_there() -> None:
    town = degrees(shapely.box(0, 0, 300, 200))
    across = [[(0, 100), (300, 100)], [(100, 0), (100, 200)], [(200, 60), (200, 140)]]
    network = road_network(roads_of(across, ["trunk", "alley", "residential"]), crs=CRS)
    with pytest.raises(InputError, match="No road leads farther"):
        checkpoints(network, town)
    found = checkpoints(network, town, cut_at=town)
    assert sorted(found.frame["road_class"]) == ["alley", "alley", "trunk", "trunk"]  # the inner dead ends are no exits
    assert found.posts == found.posts_at_border == 4
    half = checkpoints(network, degrees(shapely.box(150, 0, 300, 200)), cut_at=town)
    assert half.frame["road_class"].tolist() == ["trunk", "trunk"]
    assert half.frame["distance_m"].tolist() == [0, 0]

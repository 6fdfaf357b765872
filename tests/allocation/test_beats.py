import networkx as nx
import numpy as np
import pytest
import shapely

from spatialgov.allocation.beats import Beats, patrol_beats
from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.allocation.walks import least_repetition
from spatialgov.errors import InfeasibleError, InputError
from spatialgov.topology import metric_shapes
from tests.allocation.streets import CRS, chessboard, roads_of


def check(network: RoadNetwork, found: Beats, k: int) -> None:
    """Hold beats against the issue: closed, connected, all streets, each beat's repetition the least."""
    assert found.frame["beat"].tolist() == list(range(1, k + 1))
    lines = metric_shapes(found.frame.geometry.to_numpy(), network.crs)
    for part, (walk, forward) in enumerate(found.walks):
        own = np.flatnonzero(found.beat == part)
        assert np.array_equal(np.unique(walk), own)
        begins = np.where(forward, network.tail[walk], network.head[walk])
        ends = np.where(forward, network.head[walk], network.tail[walk])
        assert np.array_equal(begins, np.roll(ends, 1))
        graph = nx.MultiGraph(zip(network.tail[own].tolist(), network.head[own].tolist(), strict=True))
        assert nx.is_connected(graph)
        row = found.frame.iloc[part]
        assert row["length_m"] == pytest.approx(network.length_m[walk].sum())
        assert row["length_m"] == pytest.approx(row["streets_m"] + row["repeated_m"])
        assert row["n_segments"] == len(own)
        _, least = least_repetition(network.tail[own], network.head[own], network.length_m[own])
        assert row["repeated_m"] == pytest.approx(least, abs=1e-3)
        assert row["proved"]
        assert shapely.length(lines[part]) == pytest.approx(row["length_m"], rel=1e-5)
        assert shapely.is_closed(lines[part])
    walked = found.frame["length_m"]
    assert found.spread == pytest.approx(walked.max() / walked.min() - 1)
    assert found.bound_m <= found.length_m + 1e-6
    assert found.gap == pytest.approx(1 - found.bound_m / found.length_m)


def test_what_time_did_not_suffice_to_prove_is_flagged() -> None:
    network = road_network(chessboard(9, 7), crs=CRS)
    some = np.random.default_rng(0).permutation(len(network.tail))[: len(network.tail) * 4 // 5]
    hurried, settled = (patrol_beats(network, 1, segments=some, time_limit_s=s).frame.iloc[0] for s in (1e-9, 60))
    assert settled["proved"]
    assert not hurried["proved"]
    assert hurried["repeated_m"] >= settled["repeated_m"]


def test_a_town_is_walked_in_equal_closed_beats() -> None:
    network = road_network(chessboard(9, 7), crs=CRS)
    found = patrol_beats(network, 4, time_limit_s=60)
    check(network, found, 4)
    assert found.spread <= 0.1
    assert (found.beat >= 0).all()
    assert found.gap < 0.25
    again = patrol_beats(network, 4, time_limit_s=60)
    assert np.array_equal(found.beat, again.beat)


def test_one_beat_meets_the_bound() -> None:
    network = road_network(chessboard(4, 3), crs=CRS)
    found = patrol_beats(network, 1)
    check(network, found, 1)
    assert found.gap == pytest.approx(0, abs=1e-9)


def test_what_is_not_joined_belongs_to_no_beat() -> None:
    roads = roads_of([[(0, 0), (400, 0), (400, 300), (0, 300), (0, 0)], [(200, 0), (200, 300)], [(900, 0), (950, 0)]])
    network = road_network(roads, crs=CRS)
    found = patrol_beats(network, 1)
    assert (found.beat == -1).sum() == 1
    some = patrol_beats(network, 1, segments=np.flatnonzero(network.length_m < 400))
    assert set(np.flatnonzero(some.beat >= 0)) < set(np.flatnonzero(network.length_m < 400).tolist())


def test_what_cannot_be_is_refused() -> None:
    network = road_network(chessboard(2, 2), crs=CRS)
    with pytest.raises(InputError, match="20 beats can't be made of 12 segments"):
        patrol_beats(network, 20)
    with pytest.raises(InputError, match="must be some of 0 to 11"):
        patrol_beats(network, 1, segments=[12])
    with pytest.raises(InputError, match="tolerance is 0"):
        patrol_beats(network, 2, tolerance=0)
    long = road_network(roads_of([[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (2000, 0)]]), crs=CRS)
    with pytest.raises(InfeasibleError, match="1800 m long, but 2 beats have 1000 m"):
        patrol_beats(long, 2)

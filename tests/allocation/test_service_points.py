from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely

from spatialgov.allocation.network import RoadNetwork, road_network
from spatialgov.allocation.service_points import place_centres, serve_grids
from spatialgov.allocation.travel import SpeedProfile, snap, travel_times
from spatialgov.errors import InfeasibleError, InputError, MissingColumnError
from spatialgov.topology import metric_shapes
from tests.allocation.streets import CRS, chessboard, degrees, roads_of

SPEEDS = SpeedProfile("test", "1", {"residential": 18.0}, 3.6)


def town() -> tuple[RoadNetwork, gpd.GeoDataFrame]:
    """Give 6 × 4 blocks, each a grid of 100 to 330 households."""
    network = road_network(chessboard(6, 4), crs=CRS)
    blocks = [shapely.box(x * 100, y * 100, x * 100 + 100, y * 100 + 100) for y in range(4) for x in range(6)]
    grids = gpd.GeoDataFrame(
        {"code": [f"G{i:02}" for i in range(24)], "households": 100 + 10 * np.arange(24)},
        geometry=[degrees(block) for block in blocks],
        crs="EPSG:4326",
    )
    return network, grids


def centres_at(*xy: tuple[float, float], capacity: float = 2_000) -> gpd.GeoDataFrame:
    points = [degrees(shapely.Point(*point)) for point in xy]
    columns = {"place_id": [f"P{i}" for i in range(len(xy))], "capacity": capacity}
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")


def seconds(network: RoadNetwork, grids: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> Any:
    inside = grids.geometry.representative_point()
    points = places.geometry
    a, b = snap(network, inside.x, inside.y), snap(network, points.x, points.y)
    return travel_times(network, a, b, SPEEDS)


CORNERS = ((0, 0), (600, 0), (0, 400), (600, 400))


def test_each_grid_goes_to_the_nearest_centre() -> None:
    network, grids = town()
    centres = centres_at(*CORNERS)
    found = serve_grids(network, grids, centres, speeds=SPEEDS)
    times = seconds(network, grids, centres)
    assert found.grids["code"].tolist() == grids["code"].tolist()
    assert found.grids["place_id"].tolist() == [f"P{j}" for j in times.argmin(axis=1)]
    assert found.grids["seconds"].to_numpy() == pytest.approx(times.min(axis=1))
    weights = grids["households"].to_numpy()
    assert found.mean_s == pytest.approx((weights * times.min(axis=1)).sum() / weights.sum())
    assert found.gap == 0
    assert found.centres["n_grids"].sum() == 24
    assert found.centres["demand"].sum() == weights.sum()
    assert found.centres["worst_s"].max() == pytest.approx(times.min(axis=1).max())
    assert found.speeds is SPEEDS


def test_capacities_are_kept_whole_or_divided() -> None:
    network, grids = town()
    centres = centres_at(*CORNERS, capacity=1_400)
    whole = serve_grids(network, grids, centres, capacity="capacity", speeds=SPEEDS)
    divided = serve_grids(network, grids, centres, capacity="capacity", divide=True, speeds=SPEEDS)
    for found in (whole, divided):
        assert (found.centres["demand"] <= 1_400 + 1e-6).all()
        assert found.grids.groupby("code")["demand"].sum().tolist() == pytest.approx(grids["households"].tolist())
    assert len(whole.grids) == 24
    assert len(divided.grids) > 24
    assert divided.mean_s <= whole.bound_s + 1e-9 <= whole.mean_s + 2e-9
    with pytest.raises(InfeasibleError, match="lack room for a load of 1160"):
        serve_grids(network, grids, centres_at(*CORNERS, capacity=1_000), capacity="capacity", speeds=SPEEDS)


def test_a_grid_without_a_road_is_listed_and_the_others_are_served() -> None:
    lines = [[(0, 0), (600, 0)], [(0, 0), (0, 400)], [(5000, 0), (5100, 0)]]
    network, grids = road_network(roads_of(lines), crs=CRS), town()[1]
    shapes = grids.geometry.to_list()
    shapes[3] = degrees(shapely.box(5000, 0, 5100, 100))
    grids = grids.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4326"))
    for capacity in (None, "capacity"):
        found = serve_grids(network, grids, centres_at((0, 0), capacity=9_999), capacity=capacity, speeds=SPEEDS)
        assert found.grids["place_id"].eq("").sum() == 1
        assert np.isinf(found.grids["seconds"].iloc[3])
        assert [(fault.kind, fault.row, fault.item) for fault in found.faults] == [("out_of_reach", 4, "G03")]


@pytest.mark.parametrize("kept", [False, True])
def test_new_centres_stand_where_they_help_most(kept: bool) -> None:
    network, grids = town()
    candidates = centres_at(*[(x * 100.0, y * 100.0) for x in range(7) for y in range(5)])
    existing = centres_at((100, 100)) if kept else None
    times = seconds(network, grids, candidates)
    today = seconds(network, grids, existing).min(axis=1) if existing is not None else np.full(24, np.inf)
    weight = grids["households"].to_numpy(np.float64)
    pairs = [(i, j) for i in range(35) for j in range(i)]
    served = {pair: np.minimum(times[:, pair].min(axis=1), today) for pair in pairs}

    def place(goal: Any, standard_s: float | None = None) -> Any:
        return place_centres(
            network, grids, candidates, 2, goal=goal, standard_s=standard_s, existing=existing, speeds=SPEEDS
        )

    median = place("median")
    assert median.value == pytest.approx(min(weight @ near for near in served.values()) / weight.sum())
    assert median.value == pytest.approx(median.service.mean_s)
    centre = place("centre")
    assert centre.value == pytest.approx(min(near.max() for near in served.values()))
    assert centre.value == pytest.approx(centre.service.centres["worst_s"].max())
    cover = place("cover", 95.0)
    assert cover.value == pytest.approx(max(weight[near <= 95.0].sum() for near in served.values()))
    for found in (median, centre, cover):
        assert len(found.sites) == 2
        assert found.gap == pytest.approx(0, abs=1e-6)
        assert len(found.service.centres) == 2 + kept
    assert (median.before < np.inf) == kept
    assert cover.before == pytest.approx(weight[today <= 95.0].sum())


def test_what_cannot_be_used_is_refused() -> None:
    network, grids = town()
    centres = centres_at(*CORNERS)
    with pytest.raises(MissingColumnError, match="grids have no column “people”"):
        serve_grids(network, grids, centres, demand="people")
    with pytest.raises(MissingColumnError, match="centres have no column “room”"):
        serve_grids(network, grids, centres, capacity="room")
    wrong = grids.astype({"households": object})
    wrong.loc[2, "households"] = "many"
    with pytest.raises(InputError, match="Row 3 of the grids, column households: 'many'"):
        serve_grids(network, wrong, centres)
    with pytest.raises(InputError, match="no centres"):
        serve_grids(network, grids, centres.iloc[:0])
    nowhere = centres.copy()
    nowhere.loc[1, "geometry"] = None
    with pytest.raises(InputError, match="Row 2 of the centres has no place"):
        serve_grids(network, grids, nowhere)
    with pytest.raises(InputError, match="goal 'nearest' is unknown"):
        place_centres(network, grids, centres, 1, goal="nearest")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="standard is None"):
        place_centres(network, grids, centres, 1, goal="cover")
    with pytest.raises(InputError, match="p is 9"):
        place_centres(network, grids, centres, 9)
    with pytest.raises(InputError, match="No grid in reach has any"):
        place_centres(network, grids.assign(households=0), centres, 1)


@pytest.mark.parametrize("seed", range(5))
def test_times_and_centres_are_those_of_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    speeds = SpeedProfile("test", "1", {"residential": 18.0, "alley": 7.2}, 3.6)
    whole = road_network(chessboard(6, 4), crs=CRS)
    some = whole.frame(np.flatnonzero(rng.random(len(whole.tail)) < 0.8)).drop(columns="length_m")
    some["road_class"] = rng.choice(["residential", "alley"], len(some))
    lines = metric_shapes(some.geometry.to_numpy(), CRS)
    pace = {"residential": 1 / 5.0, "alley": 1 / 2.0}
    graph = nx.Graph()
    for i, (line, kind) in enumerate(zip(lines, some["road_class"], strict=True)):
        a, b = (tuple(np.rint(xy).astype(int).tolist()) for xy in (line.coords[0], line.coords[-1]))
        for end in (a, b):  # every segment has a door in its middle, 8 m off the road
            graph.add_edge(end, i, weight=line.length / 2 * pace[kind] + 8.0 / 1.0)
        graph.add_edge(a, b, weight=line.length * pace[kind])
    doors = [shapely.offset_curve(line, 8.0).interpolate(0.5, normalized=True) for line in lines]
    chosen = rng.choice(len(lines), 15, replace=False)
    places = gpd.GeoSeries([doors[i] for i in chosen], crs=CRS).to_crs(4326)
    grids = gpd.GeoDataFrame({"code": chosen[:12].astype(str), "households": 100}, geometry=places[:12])
    centres = gpd.GeoDataFrame({"place_id": chosen[12:].astype(str)}, geometry=places[12:].reset_index(drop=True))
    found = serve_grids(road_network(some, crs=CRS), grids, centres, speeds=speeds).grids.set_index("code")
    for grid in chosen[:12].tolist():
        ways = {
            int(centre): nx.shortest_path_length(graph, grid, int(centre), weight="weight")
            for centre in chosen[12:]
            if nx.has_path(graph, grid, int(centre))
        }
        if ways:
            best = min(ways, key=lambda centre: ways[centre])
            assert found.loc[str(grid), "seconds"] == pytest.approx(ways[best], rel=1e-4)
            assert ways[int(str(found.loc[str(grid), "place_id"]))] == pytest.approx(ways[best], rel=1e-4)
        else:
            assert found.loc[str(grid), "place_id"] == ""


def test_a_grid_that_no_candidate_reaches_does_not_keep_the_others_waiting() -> None:
    lines = [[(0, 0), (600, 0)], [(0, 0), (0, 400)], [(5000, 0), (5100, 0)]]
    network, grids = road_network(roads_of(lines), crs=CRS), town()[1]
    shapes = grids.geometry.to_list()
    shapes[3] = degrees(shapely.box(5000, 0, 5100, 100))
    grids = grids.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4326"))
    found = place_centres(network, grids, centres_at((0, 0), (600, 0)), 1, speeds=SPEEDS)
    assert found.value == pytest.approx(found.service.mean_s)
    assert [fault.item for fault in found.service.faults] == ["G03"]

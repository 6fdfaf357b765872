"""The ground: units, communities and today's grids tile the district exactly; barriers lie on borders."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.projection import metric_frame
from spatialgov.sample.names import COMMUNITIES, SUBDISTRICTS

_Edge = frozenset[tuple[float, ...]]


def _edges(frame: gpd.GeoDataFrame) -> Iterator[list[_Edge]]:
    """Give the edges of each polygon without a hole, or of each line: pairs of vertices, exactly."""
    for shape in frame.geometry:
        line = shapely.get_exterior_ring(shape) if isinstance(shape, shapely.Polygon) else shape
        yield [frozenset(pair) for pair in pairwise(line.coords)]


def _same_ground(left: shapely.Geometry, right: shapely.Geometry) -> bool:
    """Whether two polygons have exactly the same vertices and rings, whatever the order."""
    return bool(shapely.equals_exact(shapely.normalize(left), shapely.normalize(right), 0.0))


def _adjacency(units: gpd.GeoDataFrame) -> "nx.Graph[int]":
    """Give the graph of units that share an edge."""
    owners: dict[_Edge, list[int]] = {}
    for number, edges in enumerate(_edges(units)):
        for edge in edges:
            owners.setdefault(edge, []).append(number)
    assert max(len(pair) for pair in owners.values()) == 2
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(units)))
    graph.add_edges_from((pair[0], pair[1]) for pair in owners.values() if len(pair) == 2)
    return graph


@pytest.fixture(scope="module")
def adjacency(units: gpd.GeoDataFrame) -> "nx.Graph[int]":
    return _adjacency(units)


@pytest.mark.parametrize("seed", ["committed", "other"])
def test_units_tile_the_district_exactly(seed: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(seed)
    polygons = gpd.read_file(folder / "units.geojson").geometry.to_numpy()
    jurisdictions = gpd.read_file(folder / "jurisdictions.geojson")
    areas = {level: own.geometry.to_numpy() for level, own in jurisdictions.groupby("level")}
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons)
    (district,) = areas["district"]
    assert shapely.get_num_interior_rings(district) == 0
    for parts in (polygons, areas["community"], areas["subdistrict"]):
        assert _same_ground(shapely.coverage_union_all(parts), district)


def test_communities_nest_in_subdistricts_by_code_and_by_ground(
    units: gpd.GeoDataFrame, jurisdictions: gpd.GeoDataFrame
) -> None:
    for level, column in (("community", "community_code"), ("subdistrict", "subdistrict_code")):
        own = jurisdictions[jurisdictions["level"] == level].set_index("code")
        assert set(own.index) == set(units[column])
        for code, members in units.groupby(column):
            assert _same_ground(shapely.coverage_union_all(members.geometry.to_numpy()), own.geometry[code])
    assert (units["community_code"].str[:9] + "000" == units["subdistrict_code"]).all()
    codes = set(jurisdictions["code"])
    assert set(jurisdictions.loc[jurisdictions["level"] != "district", "parent_code"]) <= codes


def test_codes_and_names_are_those_of_a_made_up_place(jurisdictions: gpd.GeoDataFrame) -> None:
    assert jurisdictions["code"].str.fullmatch(r"99\d{10}").all()
    assert jurisdictions["level"].value_counts().to_dict() == {"community": 12, "subdistrict": 3, "district": 1}
    assert jurisdictions["name"].is_unique
    assert jurisdictions["name_en"].is_unique
    for code, (name, _) in SUBDISTRICTS.values():
        assert (1 <= int(code[6:9]) <= 99) == name.endswith("街道")
        assert (100 <= int(code[6:9]) <= 199) == name.endswith("镇")
    for code, (name, _) in COMMUNITIES.values():
        assert (200 <= int(code[9:]) <= 399) == name.endswith("村")


def test_communities_and_todays_grids_are_connected_by_borders(
    units: gpd.GeoDataFrame, adjacency: "nx.Graph[int]", committed: Path
) -> None:
    grid_of = pd.read_csv(committed / "grids_today_units.csv", dtype=str).set_index("unit_id")["grid_code"]
    for labels in (units["community_code"], units["unit_id"].map(grid_of)):
        for _, members in labels.groupby(labels).groups.items():
            assert nx.is_connected(adjacency.subgraph(members.tolist()))


def test_counts_lie_in_the_bands_of_a_real_district(units: gpd.GeoDataFrame) -> None:
    assert 2_900 <= len(units) <= 3_400
    assert 47_000 <= units["households"].sum() <= 49_000
    assert 120_000 <= units["population"].sum() <= 130_000
    assert 23e6 <= units["area_m2"].sum() <= 25e6
    assert units["unit_id"].is_unique
    communities = units.groupby("community_code")["households"].sum()
    assert communities.between(2_500, 6_000).all()
    assert units["households"].between(0, 250).all()
    lived_in = units["kind"].isin(["residential", "old_town", "village"])
    assert (units.loc[~lived_in, "households"] == 0).all()
    for kind, low, high in (("residential", 20, 100), ("old_town", 5, 30), ("village", 5, 30)):
        assert low <= units.loc[units["kind"] == kind, "households"].median() <= high
    # Halls of residence: people without households.
    assert (units.loc[units["kind"] == "campus", "population"] > 0).any()


def test_areas_are_those_of_the_metric_plane(units: gpd.GeoDataFrame) -> None:
    np.testing.assert_allclose(units["area_m2"], metric_frame(units).area, rtol=1e-3)


def test_every_kind_of_ground_is_there(units: gpd.GeoDataFrame) -> None:
    assert set(units["kind"]) == {
        "residential", "old_town", "village", "commercial", "market", "industrial", "campus", "park", "farmland",
        "public",
    }  # fmt: skip
    median_m2 = units.groupby("kind")["area_m2"].median()
    assert median_m2["old_town"] < median_m2["village"] < median_m2["residential"] < median_m2["industrial"]


def test_barriers_and_roads_run_along_borders_of_units(committed: Path, units: gpd.GeoDataFrame) -> None:
    borders = {edge for edges in _edges(units) for edge in edges}
    for name in ("barriers", "roads"):
        for edges in _edges(gpd.read_file(committed / f"{name}.geojson")):
            assert borders.issuperset(edges)


def test_no_community_straddles_the_river_or_the_railway(
    committed: Path, units: gpd.GeoDataFrame, adjacency: "nx.Graph[int]"
) -> None:
    barriers = gpd.read_file(committed / "barriers.geojson")
    hard = barriers[barriers["effect"] == "hard"]
    assert set(hard["kind"]) == {"river", "railway"}
    assert set(barriers.loc[barriers["effect"] == "penalty", "kind"]) == {"trunk_road"}
    blocked = {edge for edges in _edges(hard) for edge in edges}
    edges = [set(own) for own in _edges(units)]
    across = [(a, b) for a, b in adjacency.edges if edges[a] & edges[b] & blocked]
    assert len(across) > 40
    communities = units["community_code"]
    assert all(communities[a] != communities[b] for a, b in across)


def test_todays_grids_are_nested_counted_and_unbalanced(
    units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, committed: Path
) -> None:
    grid_of = pd.read_csv(committed / "grids_today_units.csv", dtype=str).set_index("unit_id")["grid_code"]
    assert set(grid_of.index) == set(units["unit_id"])
    assert grid_of.index.is_unique
    members = units.assign(grid=units["unit_id"].map(grid_of))
    assert (members["grid"].str[:12] == members["community_code"]).all()
    sums = members.groupby("grid").agg(
        households=("households", "sum"), population=("population", "sum"), n_units=("unit_id", "size")
    )
    pd.testing.assert_frame_equal(
        sums, grids.set_index("code")[["households", "population", "n_units"]].sort_index(),
        check_names=False, check_dtype=False,
    )  # fmt: skip
    assert shapely.coverage_is_valid(grids.geometry.to_numpy())
    assert grids["code"].str.fullmatch(r"\d{15}").all()
    assert (grids["code"].str[:12] == grids["parent_code"]).all()
    assert 95 <= len(grids) <= 125
    assert set(grids["kind"]) == {"general", "dedicated"}
    general = grids.loc[grids["kind"] == "general", "households"]
    assert general.between(110, 1_000).all()
    outside = ~general.between(300, 500)
    assert outside.mean() > 0.4


def test_geojson_rings_run_as_the_standard_wants_them(committed: Path) -> None:
    for name in ("units", "jurisdictions", "grids_today", "exclusion_zones", "buildings"):
        for feature in json.loads((committed / f"{name}.geojson").read_text(encoding="utf-8"))["features"]:
            outer = shapely.LinearRing(feature["geometry"]["coordinates"][0])
            assert shapely.is_ccw(outer), feature["properties"]

"""``spatialgov partition`` on the census tracts of two states, checked without our own topology."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import numpy.typing as npt
import pytest
import shapely

import spatialgov as sg

TARGET = 8000
PLANE = "EPSG:32619"
"""UTM zone 19 N, where both states lie."""


@dataclass(frozen=True)
class Outcome:
    """A plan as the command left it, and what it is checked against, in metres."""

    figures: dict[str, float]
    grids: gpd.GeoDataFrame
    tracts: gpd.GeoDataFrame
    """With ``grid_code``, in `PLANE`."""
    neighbours: npt.NDArray[np.int64]
    """Pairs of tracts that share a border, by position; a touch in a point is none."""
    border_m: npt.NDArray[np.float64]


@pytest.fixture(scope="module", params=["ri", "nh"])
def outcome(request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    source = real_data / f"{request.param}_tracts.gpkg"
    plan = tmp_path_factory.mktemp(request.param) / "plan.gpkg"
    command: list[Any] = [Path(sys.executable).with_name("spatialgov"), "partition", source, "-o", plan, "--json"]
    command += ["--within", "parent_code", "--households-per-grid", TARGET]
    said = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True, timeout=600)
    tracts = gpd.read_file(source).to_crs(PLANE)
    tracts = tracts.merge(gpd.read_file(plan, layer="units"), on="unit_id", how="left", validate="1:1")
    shapes = tracts.geometry.to_numpy()
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, two = one[one < two], two[one < two]
    boundary = shapely.boundary(shapes)
    border_m = shapely.length(shapely.intersection(boundary[one], boundary[two]))
    shared = border_m > 1e-6
    neighbours = np.column_stack([one[shared], two[shared]])
    grids = gpd.read_file(plan, layer="grids")
    return Outcome(json.loads(said.stdout), grids, tracts, neighbours, border_m[shared])


def test_every_tract_has_one_grid_of_its_county(outcome: Outcome) -> None:
    assert outcome.tracts["grid_code"].notna().all()
    assert set(outcome.tracts["grid_code"]) == set(outcome.grids["code"])
    assert (outcome.tracts["grid_code"].str[:5] == outcome.tracts["parent_code"]).all()
    assert outcome.grids["code"].is_unique
    assert outcome.grids["code"].str.fullmatch(r"\d{5}\d{3}").all()
    assert (outcome.grids["code"].str[:5] == outcome.grids["parent_code"]).all()


def test_grids_are_contiguous(outcome: Outcome) -> None:
    code = outcome.tracts["grid_code"].to_numpy()
    graph = nx.Graph()
    graph.add_nodes_from(range(len(code)))
    graph.add_edges_from((a, b) for a, b in outcome.neighbours.tolist() if code[a] == code[b])
    assert nx.number_connected_components(graph) == len(outcome.grids) == outcome.figures["grids"]
    assert outcome.figures["non_contiguous"] == 0


def test_no_gap_and_no_overlap(outcome: Outcome) -> None:
    grids = outcome.grids.geometry.to_numpy()
    assert shapely.coverage_is_valid(grids)
    assert outcome.figures["gaps"] == outcome.figures["overlaps"] == 0
    in_metres = outcome.grids.to_crs(PLANE)
    apart = in_metres.union_all().symmetric_difference(outcome.tracts.union_all())
    assert apart.area < 1.0  # of thousands of km²
    assert in_metres.area.sum() == pytest.approx(outcome.tracts.area.sum(), rel=1e-9)


def test_sums_are_those_of_the_tracts(outcome: Outcome) -> None:
    grids = outcome.grids.set_index("code")
    held = outcome.tracts.assign(area_m2=outcome.tracts.area).groupby("grid_code")
    for name in ("households", "population"):
        assert grids[name].to_dict() == held[name].sum().to_dict()
    assert grids["n_units"].to_dict() == held.size().to_dict()
    sums = held["area_m2"].sum().reindex(grids.index)
    np.testing.assert_allclose(grids["area_m2"], sums, rtol=1e-9)


def test_figures_are_those_of_geopandas(outcome: Outcome) -> None:
    held = outcome.tracts.groupby("grid_code")["households"].sum()
    deviation = 100 * np.abs(held / TARGET - 1)
    assert outcome.figures["max_deviation_pct"] == pytest.approx(deviation.max())
    assert outcome.figures["mean_deviation_pct"] == pytest.approx(deviation.mean())
    whole = outcome.tracts.dissolve("grid_code")
    compact = 4 * np.pi * whole.area / whole.length**2
    assert outcome.figures["mean_polsby_popper"] == pytest.approx(compact.mean(), rel=1e-6)
    code = outcome.tracts["grid_code"].to_numpy()
    cut = code[outcome.neighbours[:, 0]] != code[outcome.neighbours[:, 1]]
    assert outcome.figures["cut_length_m"] == pytest.approx(outcome.border_m[cut].sum(), rel=1e-6)
    assert outcome.figures["mean_deviation_pct"] < 20  # tracts are coarse: 1,700 households each


def test_the_locator_agrees_with_geopandas(outcome: Outcome) -> None:
    grids = outcome.grids
    west, south, east, north = grids.total_bounds
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(west, east, 100_000), rng.uniform(south, north, 100_000)
    joined = gpd.sjoin(gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=4326), grids, predicate="within")
    expected = np.full(len(lon), -1)
    expected[joined.index] = joined["index_right"]
    assert (expected >= 0).sum() > 30_000
    locator = sg.Locator.build(grids)
    np.testing.assert_array_equal(locator.locate_many(lon, lat), expected)
    assert locator.codes == grids["code"].tolist()

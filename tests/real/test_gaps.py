"""Gaps of the surveillance cameras in central München, from OpenStreetMap: no grids, no units, little known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from spatialgov.coverage import (
    States,
    closure,
    demands,
    gaps,
    measure,
    read_cameras,
    redundancy,
    see,
    states_of,
    study_areas,
    survey_gains,
    views_of,
    visit_sites,
)
from spatialgov.osm_layers import read_buildings, read_roads


@pytest.fixture(scope="module")
def states(real_data: Path) -> States:
    extract = real_data / "osm" / "munchen.osm.pbf"
    cameras, buildings = read_cameras(extract).frame, read_buildings(extract).frame
    found = demands(study_areas(None, None, cameras), buildings=buildings, roads=read_roads(extract).frame)
    return states_of(see(views_of(cameras), buildings, crs=found.crs), found)


def test_nothing_is_covered_by_a_camera_of_unknown_direction(states: States) -> None:
    table: Any = measure(states).set_index("kind")
    blind = states.sight.views.table["azimuth_deg"].isna().to_numpy()
    assert blind.sum() > 50
    assert shapely.is_empty(states.sight.certain[blind]).all()
    seen = shapely.union_all(states.sight.certain[states.working & ~blind])
    ground = states.demands.ground[0]
    assert table.loc["ground", "covered"] == pytest.approx(seen.intersection(ground).area, rel=1e-6)
    possible = shapely.union_all(states.sight.possible[states.working])
    upper = table.loc["ground", "covered"] + table.loc["ground", "uncertain"]
    assert upper == pytest.approx(possible.intersection(ground).area, rel=1e-6)
    assert table.loc["ground", "upper_share"] > 50 * table.loc["ground", "lower_share"] > 0
    parts = table[["covered", "uncertain", "gap"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(table["should_be_seen"].to_numpy(), rel=1e-9)


def test_roads_equal_lines_cut_as_geometries(states: States) -> None:
    table: Any = measure(states).set_index("kind")
    outline, solids = states.demands.outline[0], shapely.union_all(states.sight.obstacles.solids)
    outdoors = shapely.difference(shapely.intersection(states.demands.roads.lines, outline), solids)
    assert table.loc["road", "should_be_seen"] == pytest.approx(shapely.length(outdoors).sum(), rel=1e-6)
    possible = shapely.union_all(states.sight.possible[states.working])
    reached = shapely.length(shapely.intersection(outdoors, possible)).sum()
    assert table.loc["road", "covered"] + table.loc["road", "uncertain"] == pytest.approx(reached, rel=1e-5)


def test_gaps_add_up_and_name_their_causes(states: States) -> None:
    found = gaps(states)
    table: Any = measure(states).set_index("kind")
    for state in ("gap", "uncertain"):
        own: Any = found[found["state"] == state]
        assert own["size_m2"].sum() == pytest.approx(table.loc["ground", state], rel=1e-6)
        assert own["size_m"].sum() == pytest.approx(table.loc["road", state], rel=1e-6)
    assert found["weight"].sum() < 1000
    bounds = found[~found["sliver"]].to_crs(states.demands.crs).bounds
    assert np.maximum(bounds["maxx"] - bounds["minx"], bounds["maxy"] - bounds["miny"]).max() < 200.01
    hidden = found[(found["reason"] == "hidden") & ~found["sliver"]]
    assert hidden["building_id"].str.match(r"(way|relation)/\d+").mean() > 0.99
    lacking = found[(found["reason"] == "data_missing") & ~found["sliver"]]
    assert lacking["attribute"].str.contains("azimuth_deg").any()
    sites = visit_sites(found, states.demands)
    assert sites["weight"].sum() == pytest.approx(found.loc[~found["sliver"], "weight"].sum())


def test_directions_are_what_is_missed_most(states: States) -> None:
    gains: Any = survey_gains(states)
    single = gains[gains["attribute"] != "all"].groupby("attribute")["size_m2"].sum()
    assert {"azimuth_deg", "fov_deg", "range_m"} == set(single.index)
    best = gains.iloc[0]
    assert best["attribute"] == "all"
    uncertain = shapely.union_all(states.uncertain)
    reach = states.sight.possible[int(best["camera"])].intersection(uncertain).area
    assert 0 < best["size_m2"] <= reach * 1.02


def test_redundancy_and_roads_without_units(states: States) -> None:
    shares: Any = redundancy(states).shares.set_index("kind")
    covered: Any = measure(states).set_index("kind")["covered"]
    assert shares.loc["ground", "posts_1"] == pytest.approx(covered["ground"], rel=1e-6)
    assert shares.loc["road", "posts_1"] == pytest.approx(covered["road"], rel=1e-6)
    found = closure(states)
    assert found.compounds.empty
    assert len(found.roads) > 10
    assert (found.roads["state"] == "joined").sum() == 0

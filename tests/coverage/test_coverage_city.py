"""A subdistrict of the sample city: everything together."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatialgov.coverage import (
    DEMAND_KINDS,
    States,
    closure,
    demands,
    gaps,
    measure,
    read_cameras,
    redundancy,
    samples,
    see,
    states_of,
    study_areas,
    survey_gains,
    views_of,
    visit_sites,
)

FOLDER = Path(__file__).parents[2] / "data" / "boundaries" / "sample"
SUBDISTRICT = "990101001"


@pytest.fixture(scope="module")
def states() -> States:
    def layer(name: str) -> gpd.GeoDataFrame:
        return gpd.read_file(FOLDER / f"{name}.geojson")

    grids = layer("grids_today")
    areas = study_areas(grids[grids["code"].str.startswith(SUBDISTRICT)], layer("jurisdictions"))
    box = shapely.box(*areas.frame.total_bounds)
    table = pd.read_csv(FOLDER / "incidents.csv", dtype={"category": str}, nrows=3_000)
    incidents = gpd.GeoDataFrame(
        {"category": table["category"], "occurred_at": pd.to_datetime(table["occurred_at"], utc=True)},
        geometry=gpd.points_from_xy(table["lon"], table["lat"], crs=4326),
    )
    near = {name: layer(name) for name in ("buildings", "roads", "places", "units", "exclusion_zones")}
    near = {name: frame[frame.intersects(box)] for name, frame in near.items()}
    found = demands(
        areas,
        buildings=near["buildings"],
        roads=near["roads"],
        zones=near["exclusion_zones"],
        places=near["places"],
        units=near["units"],
        incidents=incidents,
        timezone="Asia/Shanghai",
    )
    cameras = read_cameras(FOLDER / "cameras.csv", datum="wgs84").frame
    cameras = cameras[cameras.intersects(box)]
    return states_of(see(views_of(cameras), near["buildings"], crs=found.crs), found)


def test_all_that_is_measured_adds_up(states: States) -> None:
    table: Any = measure(states)
    parts = table[["covered", "uncertain", "gap"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(table["should_be_seen"].to_numpy(), rel=1e-9, abs=1e-6)
    whole: Any = measure(states, level="all").set_index("kind")
    assert (whole["covered"] > 0).all()
    assert (whole["lower_share"] <= whole["upper_share"]).all()
    assert whole["covered"].to_numpy() == pytest.approx(table.groupby("kind", sort=False)["covered"].sum().to_numpy())
    communities = measure(states, level="community")
    assert set(communities["name"]) - {""} == set(communities["name"])
    # All the cameras' ground in one union.
    seen = shapely.union_all(states.sight.certain[states.working])
    ground = shapely.union_all(states.demands.ground)
    assert whole.loc["ground", "covered"] == pytest.approx(shapely.intersection(seen, ground).area, rel=1e-6)


def test_gaps_and_visits_hold_all_that_is_not_covered(states: States) -> None:
    found = gaps(states)
    whole: Any = measure(states, level="all").set_index("kind")
    for state in ("gap", "uncertain"):
        own = found[found["state"] == state]
        for kind, column in zip(DEMAND_KINDS, ("size_m2", "size_m", "places", "people", "incidents"), strict=True):
            assert own[column].sum() == pytest.approx(whole.loc[kind, state], rel=1e-6), (state, kind)
    assert found["weight"].is_monotonic_decreasing
    one = found[~found["sliver"]]
    assert (one["camera_id"] == "").equals(one["reason"] == "no_camera")
    assert one.loc[one["reason"] == "hidden", "building_id"].ne("").mean() > 0.99
    assert one.loc[one["reason"] == "data_missing", "attribute"].ne("").all()
    slivers = found[found["sliver"] & (found["form"] == "patch")]
    assert slivers["size_m2"].sum() < 1e-3 * found["size_m2"].sum()
    sites = visit_sites(found, states.demands)
    assert sites["weight"].sum() == pytest.approx(one["weight"].sum())
    assert len(sites) < len(one) / 4
    roads = states.demands.roads
    to_road = shapely.STRtree(roads.lines).query_nearest(
        sites.to_crs(states.demands.crs).geometry, return_distance=True
    )
    assert to_road[1].max() < 1e-3


def test_posts_that_fail_take_what_they_alone_see(states: States) -> None:
    found = redundancy(states, level="all")
    covered: Any = measure(states, level="all")
    assert found.shares["posts_1"].to_numpy() == pytest.approx(covered["covered"].to_numpy(), rel=1e-6)
    shares = found.shares[["share_1", "share_2", "share_3"]].to_numpy()
    assert (np.diff(shares, axis=1) <= 0).all()
    # Without the first post: what was said to go dark is dark.
    first: Any = found.posts.iloc[0]
    table: Any = states.sight.views.table.copy()
    rows = np.flatnonzero(table["post"] == first["post"])
    table.loc[table.index[rows], ["working", "status"]] = [False, "broken"]
    views = type(states.sight.views)(table, states.sight.views.needed, {})
    left: Any = measure(states.after(states.sight.moved(rows, views), rows), level="all")
    lost = dict(zip(covered["kind"], covered["covered"] - left["covered"], strict=True))
    for kind, column in zip(DEMAND_KINDS, ("size_m2", "size_m", "places", "people", "incidents"), strict=True):
        assert first[column] == pytest.approx(lost[kind], rel=1e-5, abs=0.01), kind


def test_samples_estimate_what_is_measured(states: States) -> None:
    drawn = samples(states.demands, 5, ground_m=10)
    ground: Any = drawn[drawn["kind"] == "ground"]
    tree = shapely.STRtree(shapely.points(ground[["x_m", "y_m"]].to_numpy()))
    seen = np.unique(tree.query(states.sight.certain[states.working], predicate="intersects")[1])
    whole: Any = measure(states, level="all").set_index("kind")
    assert ground["amount"].to_numpy()[seen].sum() == pytest.approx(whole.loc["ground", "covered"], rel=0.03)


def test_surveys_settle_no_more_than_there_is(states: States) -> None:
    gains: Any = survey_gains(states)
    uncertain = shapely.union_all(states.uncertain)
    reach = shapely.area(shapely.intersection(states.sight.possible[gains["camera"]], uncertain))
    assert gains["size_m2"].sum() > 0
    assert (gains["size_m2"].to_numpy() <= 1.05 * reach + 50).all()
    assert (gains["covered"] <= gains["weight"]).all()


def test_compounds_and_roads(states: States) -> None:
    found = closure(states)
    assert set(found.compounds["state"]) <= {"closed", "uncertain", "open"}
    assert (found.compounds["perimeter_covered_m"] <= found.compounds["perimeter_m"]).all()
    roads: Any = found.roads
    parts = roads[["covered_m", "uncertain_m", "gap_m"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(roads["length_m"].to_numpy())
    main: Any = measure(states, level="all", split="class")
    main = main[main["class"].isin(["trunk", "primary", "secondary"])]
    for column, name in (("length_m", "should_be_seen"), ("covered_m", "covered")):
        assert roads[column].sum() == pytest.approx(main[name].sum(), rel=1e-3)

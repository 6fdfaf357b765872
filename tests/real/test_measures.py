"""The measures of plans on census tracts against the independent ones of ``partition_metrics.py``."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import spatialgov as sg
from spatialgov.contiguity import ContiguityGraph
from spatialgov.measures import MEASURES
from spatialgov.plan import Plan, PlanSettings
from spatialgov.projection import WGS84, metric_crs
from spatialgov.units import Units

Evaluate = Callable[..., dict[str, float]]
SAME = {
    "grids": "regions", "unassigned_units": "unassigned", "non_contiguous": "noncontig", "max_deviation_pct": "maxdev",
    "mean_deviation_pct": "meandev", "p95_deviation_pct": "p95dev", "cut_edges": "cut_edges", "cut_length_m": "cut_km",
    "mean_polsby_popper": "pp", "moment_of_inertia": "moi",
}  # fmt: skip
"""Our key → theirs."""
TIMES = {"cut_length_m": 1e3, "moment_of_inertia": 1e6}


@pytest.fixture(scope="module")
def evaluate(real_data: Path) -> Evaluate:
    function: Evaluate = runpy.run_path(str(real_data.parent / "bench" / "partition_metrics.py"))["evaluate"]
    return function


def agree(plan: Plan, evaluate: Evaluate) -> None:
    graph = plan.units.graph
    edges, border_m, _ = graph.edges()
    arrays: dict[str, Any] = {
        "n": graph.n, "area": graph.area_m2, "xy": graph.xy_m, "ext": graph.outer_border_m, "edges": edges,
        "w": border_m, "pop": plan.units.frame["population"].to_numpy(dtype=np.float64),
    }  # fmt: skip
    theirs = evaluate(arrays, plan.labels, len(plan.codes))
    for ours, key in SAME.items():
        assert MEASURES[ours].compute(plan) == pytest.approx(theirs[key] * TIMES.get(ours, 1), rel=1e-9), ours


@pytest.mark.parametrize(("state", "grids"), [("ri", 20), ("nh", 30)])
def test_tracts(real_data: Path, evaluate: Evaluate, state: str, grids: int) -> None:
    units = sg.read_units(real_data / f"{state}_tracts.gpkg")
    population = float(units.frame["population"].sum())
    plan = sg.partition(units, population_per_grid=population / grids)
    settings = PlanSettings("population", population / len(plan.codes))  # their target is the mean
    plan = Plan(plan.units, plan.labels, plan.table, settings)
    agree(plan, evaluate)
    metric = plan.grids().to_crs(units.crs)
    reock = metric.area / metric.minimum_bounding_circle().area  # a polygon of 64 corners, a little smaller
    assert plan.metrics()["mean_reock"] == pytest.approx(reock.mean(), rel=0.01)


def test_a_graph_of_pennsylvania(real_data: Path, evaluate: Evaluate) -> None:
    with np.load(real_data / "pa_tract.npz") as file:
        data = dict(file)
    n, people = len(data["pop"]), data["pop"].astype(np.int64)
    graph = ContiguityGraph.from_edges(n, data["edges"], data["w"], data["ext"], data["area"], data["xy"])
    frame = gpd.GeoDataFrame(
        {"unit_id": np.arange(n).astype(str), "households": people, "population": people},
        geometry=shapely.points(np.zeros((n, 2))),  # none is kept; these measures need none
        crs=WGS84,
    )
    units = Units(frame, graph, metric_crs(-77, 41), faults=(), dropped_columns=(), datum="wgs84")
    labels = np.random.default_rng(7).integers(-1, 60, n).astype(np.int32)  # in pieces and with holes: the hard case
    held = labels >= 0
    assignment = {str(unit): f"{labels[unit]:03}" for unit in np.flatnonzero(held).tolist()}
    plan = Plan.from_assignment(units, assignment, PlanSettings("population", people.sum() / 60))
    ours = {key: MEASURES[key].compute(plan) for key in SAME if key not in ("cut_edges", "cut_length_m")}
    theirs = evaluate({**data, "n": n}, labels, 60)
    for key, value in ours.items():
        assert value == pytest.approx(theirs[SAME[key]] * TIMES.get(key, 1), rel=1e-9), key
    agree(Plan.from_labels(units, np.maximum(labels, 0), PlanSettings("population", people.sum() / 60)), evaluate)

"""The demand of grids, from units, incidents and ways."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from spatialgov.allocation import Limits, WorkloadProfile, recommend, workload
from spatialgov.allocation.staffing import DEMAND, Shifts, Targets, grid_demand, handling_cv, staffing
from spatialgov.allocation.workload import DAYS_A_MONTH
from spatialgov.errors import InputError
from spatialgov.plan import Plan

Lattice = Callable[..., Plan]

PROFILE = WorkloadProfile(
    "test", "1", minutes_per_household=10.0, minutes_by_category={"01": 20.0, "02": 60.0}, trips_per_incident=1.0,
    trips_by_category={"02": 2.0}, trip_minutes=8.0,
)  # fmt: skip


def incidents_at(plan: Plan, rows: list[int], categories: list[str]) -> gpd.GeoDataFrame:
    places = [plan.units.frame.geometry.iloc[row].centroid for row in rows]
    return gpd.GeoDataFrame({"category": categories}, geometry=places, crs=4326)


def test_demand_adds_up_to_the_workload(lattice: Lattice) -> None:
    plan = lattice([[100, 200], [300, 0]], ["AA", "B."])
    incidents = incidents_at(plan, [0, 0, 1, 3], ["0101", "0201", "0101", "0101"])
    trips = np.array([4.0, 12.0, 8.0, 8.0])
    found = workload(plan.units, PROFILE, incidents=incidents, months=2.0, trip_minutes=trips)
    demand = grid_demand(plan, found, incidents, trip_minutes=trips, cv=0.5)
    assert list(demand.columns) == ["code", "kind", *DEMAND]
    a, b = demand.to_dict("records")
    took = np.array([20 + 4, 60 + 2 * 4, 20 + 12.0])
    assert a["incidents_a_day"] == pytest.approx(3 / (2 * DAYS_A_MONTH))
    assert a["service_min"] == pytest.approx(took.mean())
    squared = took**2 + (0.5 * np.array([20, 60, 20.0])) ** 2
    assert a["service_cv"] == pytest.approx(np.sqrt(squared.mean() - took.mean() ** 2) / took.mean())
    assert a["way_min"] == pytest.approx((2 + 2 + 6) / 3)
    assert b["incidents_a_day"] == 0
    assert b["service_min"] == pytest.approx(took.mean())  # that of the others
    carried = demand["incidents_a_day"] * demand["service_min"] + demand["other_min_a_day"]
    assert carried.to_numpy() == pytest.approx(found.by_grid(plan)["workload"].to_numpy())
    alone = grid_demand(plan, workload(plan.units, PROFILE), None)
    assert alone["incidents_a_day"].tolist() == [0, 0]
    assert alone["way_min"].tolist() == [4, 4]
    with pytest.raises(InputError, match="variation"):
        grid_demand(plan, found, incidents, cv=-1.0)


def test_handling_times_vary_by_category() -> None:
    rng = np.random.default_rng(4)
    start = pd.Timestamp("2026-01-01T00:00Z")
    took = np.concatenate([rng.lognormal(3.0, 0.8, 2000), rng.lognormal(5.0, 0.8, 2000)])
    took[::50] *= 500  # forgotten cases
    frame = pd.DataFrame({"category": ["01"] * 2000 + ["02"] * 2000, "occurred_at": start})
    frame["closed_at"] = start + pd.to_timedelta(took, unit="min")
    assert handling_cv(frame) == pytest.approx(np.sqrt(np.expm1(0.8**2)), rel=0.1)
    assert handling_cv(frame.head(20)) is None


def test_staffing_and_recommendations_need_the_same_posts(lattice: Lattice) -> None:
    """Where the most work of a post is what staffing lets it do, both say how many posts a grid needs by its work."""
    households = [[1300, 100], [1300, 120]]
    plan = lattice(households, ["AB", "AC"])
    frame = plan.units.frame.assign(workload=workload(plan.units, PROFILE).minutes)
    measured = Plan.from_assignment(
        type(plan.units)(frame, plan.units.graph, plan.units.crs, (), (), "wgs84"),
        dict(zip(frame["unit_id"], ["A", "B", "A", "C"], strict=True)),
        plan.settings,
    )
    shifts, targets = Shifts(), Targets()
    needed = staffing(grid_demand(plan, workload(plan.units, PROFILE), None), shifts, targets).grids
    most = targets.utilisation * shifts.minutes_a_day
    found = recommend(measured, limits=Limits((0, 10**6), workload=(0.0, most)), locked=["B", "C"])
    (one,) = [change for change in found if change.kind == "staff"]
    assert one.posts == {"A": int(needed.set_index("code")["needed"]["A"])}
    assert one.posts["A"] > 1

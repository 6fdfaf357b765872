"""Recommendations against a plan partitioned afresh: the sample city, and a district of 623 grids."""

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from spatialgov.allocation import HOUSEHOLDS, recommend, taken
from spatialgov.barriers import with_barriers
from spatialgov.partition import partition
from spatialgov.plan import Plan, PlanSettings
from spatialgov.sample import boundaries_dir
from spatialgov.units import read_units
from tests.allocation.district import growing_district
from tests.conftest import lattice_plan

__all__ = ["advice_figures", "advice_task"]


def advice_task(_folder: Path, _peer_s: float) -> dict[str, float]:
    """Give the figures of both cases."""
    return {name: value for case in ("city", "district") for name, value in advice_figures(case).items()}


def advice_figures(case: str) -> dict[str, float]:
    """Measure the sample city (``city``) or the district of 623 grids (``district``); each figure bears its name.

    ``not_helping`` recommendations leave as many grids out of band, ``made_worse`` leave a grid further out; ``faults``
    are those of the plan at the end; ``moved`` are households in another grid, ``changed`` today's grids that gain or
    lose units; ``fresh_…`` is a partition afresh.
    """
    figures = _measured(_sample_city() if case == "city" else growing_district(lattice_plan))
    return {f"{case}_{name}": value for name, value in figures.items()}


def _sample_city() -> Plan:
    """Give the sample city's grids of today, with its barriers."""
    city = boundaries_dir() / "sample"
    units = with_barriers(read_units(city / "units.geojson"), gpd.read_file(city / "barriers.geojson"))
    pairs = pd.read_csv(city / "grids_today_units.csv", dtype=str)
    codes = dict(zip(pairs["unit_id"], pairs["grid_code"], strict=True))
    settings = PlanSettings(within="community_code")
    return Plan.from_assignment(units, codes, settings, gpd.read_file(city / "grids_today.geojson"))


def _measured(today: Plan) -> dict[str, float]:
    start = time.process_time()
    found = recommend(today)
    cpu_s = time.process_time() - start
    plan, not_helping, made_worse = today, 0, 0
    for one in found:
        child = taken(plan, [one])
        before, after = _misses(plan), _misses(child)
        not_helping += (after > 0).sum() >= (before > 0).sum()
        made_worse += bool((after > before.reindex(after.index, fill_value=0)).any())
        plan = child
    start = time.process_time()
    fresh = partition(today.units, households_per_grid=400, within="community_code")
    fresh_cpu_s = time.process_time() - start
    figures: dict[str, float] = {
        "grids_before": len(today.codes),
        "grids_after": len(plan.codes),
        "out_before": int((_misses(today) > 0).sum()),
        "out_after": int((_misses(plan) > 0).sum()),
        "households": int(today.tally.households.sum()),
        "moved": _moved(today, plan),
        "changed": _changed(today, plan),
        "recommendations": len(found),
        "not_helping": int(not_helping),
        "made_worse": made_worse,
        "faults": _faults(plan),
        "cpu_s": round(cpu_s, 2),
        "fresh_grids": len(fresh.codes),
        "fresh_out": int((_misses(fresh) > 0).sum()),
        "fresh_moved": _moved(today, fresh),
        "fresh_cpu_s": round(fresh_cpu_s, 2),
    }
    figures["more_out_share"] = max(figures["out_after"] - figures["fresh_out"], 0) / figures["fresh_grids"]
    figures["moved_share_of_fresh"] = figures["moved"] / figures["fresh_moved"]
    figures["moved_share"] = figures["moved"] / figures["households"]
    return figures


def _misses(plan: Plan) -> "pd.Series[int]":
    """Give by how many households each grid misses the band; 0 for those that are not general."""
    held = plan.tally.households
    beyond = np.abs(held - np.clip(held, *HOUSEHOLDS)) * (plan.table["kind"].to_numpy() == "general")
    return pd.Series(beyond, index=pd.Index(plan.codes))


def _moved(before: Plan, after: Plan) -> int:
    """Count the households that change grid, when the grids are called so that as few as possible do."""
    households = before.units.frame["households"].to_numpy(np.float64)
    k, m = len(before.codes), len(after.codes)
    kept = np.bincount(before.labels * m + after.labels, households, k * m).reshape(k, m)
    return round(float(households.sum() - kept[linear_sum_assignment(kept, maximize=True)].sum()))


def _changed(before: Plan, after: Plan) -> int:
    """Count the grids that gain or lose units."""
    then, now = before.assignment().to_numpy(), after.assignment().to_numpy()
    return len({*then[then != now], *now[then != now]} & set(before.codes))


def _faults(plan: Plan) -> int:
    """Count grids in pieces (without hard barriers) and grids of several parents."""
    graph = plan.units.graph
    pieces = graph.without(graph.barrier > 0).components(plan.labels)
    parents = pd.Series(plan.units.frame["community_code"]).groupby(plan.labels).nunique()
    return int((pd.Series(pieces).groupby(plan.labels).nunique() > 1).sum() + (parents > 1).sum())

"""Recommendations against a plan partitioned afresh: the sample city, and a district of 623 grids.

``python -m tests.bench.allocation.advice`` prints what was measured and gives 1 when a goal was missed.
"""

import json
import time
from dataclasses import asdict, dataclass

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

__all__ = ["AdviceFigures", "goals", "measure"]

MOST_MOVED, MOST_MORE_OUT = 0.40, 0.05
"""Share of the households that a fresh partition moves, and of its grids out of band that may be added."""


@dataclass(frozen=True, slots=True)
class AdviceFigures:
    """What taking every recommendation in turn does, and what a fresh partition would do.

    Attributes
    ----------
    recommendations, not_helping, made_worse
        How many there are; how many did not lower the number of grids out of band, or left a grid further out.
    faults
        Of the plan at the end: pieces, broken nesting, hard barriers crossed.
    cpu_s
        Of the recommendations, and of the fresh partition.
    """

    case: str
    grids_before: int
    grids_after: int
    out_before: int
    out_after: int
    moved: int
    recommendations: int
    not_helping: int
    made_worse: int
    faults: int
    cpu_s: float
    fresh_grids: int
    fresh_out: int
    fresh_moved: int
    fresh_cpu_s: float

    @property
    def met(self) -> bool:
        """Whether all goals are met."""
        return all(goals(self).values())


def goals(figures: AdviceFigures) -> dict[str, bool]:
    """Say which goals are met, by what they ask for."""
    return {
        "each lowers the grids out of band": figures.not_helping == 0,
        "none makes another worse": figures.made_worse == 0,
        "sound": figures.faults == 0,
        "out of band ≤ fresh + 5 %": figures.out_after <= figures.fresh_out + MOST_MORE_OUT * figures.fresh_grids,
        "moved ≤ 40 % of fresh": figures.moved <= MOST_MOVED * figures.fresh_moved,
    }


def measure(*, large: bool = True) -> list[AdviceFigures]:
    """Measure the sample city and, when `large`, the district."""
    found = [_figures("sample city", sample_city())]
    return [*found, _figures("district of 623 grids", growing_district(lattice_plan))] if large else found


def sample_city() -> Plan:
    """Give the sample city's grids of today, with its barriers."""
    city = boundaries_dir() / "sample"
    units = with_barriers(read_units(city / "units.geojson"), gpd.read_file(city / "barriers.geojson"))
    pairs = pd.read_csv(city / "grids_today_units.csv", dtype=str)
    codes = dict(zip(pairs["unit_id"], pairs["grid_code"], strict=True))
    settings = PlanSettings(within="community_code")
    return Plan.from_assignment(units, codes, settings, gpd.read_file(city / "grids_today.geojson"))


def _figures(case: str, today: Plan) -> AdviceFigures:
    start = time.process_time()
    found = recommend(today)
    cpu_s = time.process_time() - start
    plan, not_helping, made_worse = today, 0, 0
    for one in found:
        child = taken(plan, [one])
        before, after = misses(plan), misses(child)
        not_helping += (after > 0).sum() >= (before > 0).sum()
        made_worse += bool((after > before.reindex(after.index, fill_value=0)).any())
        plan = child
    start = time.process_time()
    fresh = partition(today.units, households_per_grid=400, within="community_code")
    fresh_cpu_s = time.process_time() - start
    return AdviceFigures(
        case=case,
        grids_before=len(today.codes),
        grids_after=len(plan.codes),
        out_before=int((misses(today) > 0).sum()),
        out_after=int((misses(plan) > 0).sum()),
        moved=_moved(today, plan),
        recommendations=len(found),
        not_helping=int(not_helping),
        made_worse=made_worse,
        faults=_faults(plan),
        cpu_s=round(cpu_s, 2),
        fresh_grids=len(fresh.codes),
        fresh_out=int((misses(fresh) > 0).sum()),
        fresh_moved=_moved(today, fresh),
        fresh_cpu_s=round(fresh_cpu_s, 2),
    )


def misses(plan: Plan) -> "pd.Series[int]":
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


def _faults(plan: Plan) -> int:
    """Count grids in pieces (without hard barriers) and grids of several parents."""
    graph = plan.units.graph
    pieces = graph.without(graph.barrier > 0).components(plan.labels)
    parents = pd.Series(plan.units.frame["community_code"]).groupby(plan.labels).nunique()
    return int((pd.Series(pieces).groupby(plan.labels).nunique() > 1).sum() + (parents > 1).sum())


def main() -> int:
    """Measure and print."""
    found = measure()
    print(json.dumps([asdict(one) | {"goals": goals(one)} for one in found], indent=2))
    return int(not all(one.met for one in found))


if __name__ == "__main__":
    raise SystemExit(main())

"""The sample city: its hand-drawn grids come into the band by a few changes."""

import geopandas as gpd
import pandas as pd

from spatialgov.allocation import recommend, review
from spatialgov.plan import Plan, PlanSettings
from spatialgov.sample import boundaries_dir
from spatialgov.units import read_units


def test_todays_grids_are_put_right() -> None:
    city = boundaries_dir() / "sample"
    units = read_units(city / "units.geojson")
    pairs = pd.read_csv(city / "grids_today_units.csv", dtype=str)
    codes = dict(zip(pairs["unit_id"], pairs["grid_code"], strict=True))
    today = gpd.read_file(city / "grids_today.geojson")
    plan = Plan.from_assignment(units, codes, PlanSettings(within="community_code"), today)
    before = review(plan.grids())["state"].value_counts()
    assert before["over"] + before["under"] > 20

    moved = 0
    for one in recommend(plan):
        plan, moved = plan.move(one.moves), moved + one.households_moved
    assert (plan.tally.n_parts == 1).all()

    after = review(plan.grids())["state"].value_counts()
    assert after.get("over", 0) + after.get("under", 0) <= 0.2 * (before["over"] + before["under"])
    assert after["exempt"] == before["exempt"]
    assert moved < 0.4 * units.frame["households"].sum()

"""The commands of the page on planning."""

from pathlib import Path

from tests.docs.pages import follow
from tests.docs.part_of_city import leave_communities

COMMUNITIES = ["990101001003", "990101001004"]
"""Of the sample city, the first with a campus."""


def test_the_commands_work(checkout: Path) -> None:
    leave_communities(checkout, COMMUNITIES, files=("units.geojson", "barriers.geojson", "grids_today_units.csv"))
    said = follow("docs/planning.md", checkout)
    assert "households change their grid" in said
    names = ("plan.gpkg", "choice-2.gpkg", "steps.csv", "moved.csv", "unit_grids.gpkg", "my-town/spatialgov.db")
    assert [name for name in names if not (checkout / name).is_file()] == []

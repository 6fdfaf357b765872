"""The commands of the page on work in parts."""

from pathlib import Path

from tests.docs.pages import follow
from tests.docs.part_of_city import leave_communities


def test_the_commands_work(checkout: Path) -> None:
    leave_communities(
        checkout,
        ["990101001003", "990101001004"],
        files=("units.geojson", "barriers.geojson", "grids_today_units.csv", "incidents.csv"),
    )
    said = follow("docs/cluster.md", checkout)
    assert said.count("nothing was done") == 2
    assert "0 of them done" in said
    names = ("plan.gpkg", "located.csv", "town/spatialgov.db")
    assert [name for name in names if not (checkout / name).is_file()] == []
    assert not (checkout / "kept").exists()

"""The commands of the page on coverage."""

from pathlib import Path

from tests.docs.pages import check_reports, follow
from tests.docs.part_of_city import leave_communities

COMMUNITIES = ["990101001001", "990101001002", "990101002001"]
"""Of two subdistricts of the sample city."""
FILES = ("jurisdictions", "units", "buildings", "roads", "places", "exclusion_zones")


def test_the_commands_work(checkout: Path) -> None:
    leave_communities(checkout, COMMUNITIES, files=[f"{name}.geojson" for name in FILES] + ["cameras.csv"])
    said = follow("docs/coverage.md", checkout)
    assert "measured by community" in said
    assert "on points that the search did not see" in said
    assert "nothing was changed" in said
    names = ("coverage.gpkg", "gaps.gpkg", "redundancy.gpkg", "closure.gpkg", "sites.gpkg", "plan.csv", "report.html")
    assert [name for name in names if not (checkout / name).is_file()] == []
    check_reports(checkout, ("coverage", "gaps", "sites"))

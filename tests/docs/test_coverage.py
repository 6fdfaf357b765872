"""The commands of the page on coverage."""

from pathlib import Path

from tests.docs.pages import check_reports, follow


def test_the_commands_work(checkout: Path) -> None:
    said = follow("docs/coverage.md", checkout)
    assert "measured by community" in said
    assert "on points that the search did not see" in said
    assert "nothing was changed" in said
    names = ("coverage.gpkg", "gaps.gpkg", "redundancy.gpkg", "closure.gpkg", "sites.gpkg", "plan.csv")
    assert [name for name in names if not (checkout / name).is_file()] == []
    check_reports(checkout, ("coverage", "gaps", "sites"))

"""The commands of the page on coverage."""

from pathlib import Path

from tests.docs.pages import blocks, check_reports, run


def test_the_commands_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/coverage.md", "sh")), checkout)
    assert "measured by community" in said.stderr
    assert "on points that the search did not see" in said.stderr
    assert "nothing was changed" in said.stderr
    names = ("coverage.gpkg", "gaps.gpkg", "redundancy.gpkg", "closure.gpkg", "sites.gpkg", "plan.csv")
    assert [name for name in names if not (checkout / name).is_file()] == []
    check_reports(checkout, ("coverage", "gaps", "sites"))

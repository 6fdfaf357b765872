"""The commands of the page on planning."""

from pathlib import Path

from tests.docs.pages import blocks, run


def test_the_commands_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/planning.md", "sh")), checkout)
    assert "households change their grid" in said.stderr
    names = ("plan.gpkg", "choice-2.gpkg", "steps.csv", "moved.csv", "unit_grids.gpkg", "my-town/spatialgov.db")
    assert [name for name in names if not (checkout / name).is_file()] == []

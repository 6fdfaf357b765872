"""The commands of the page on planning."""

from pathlib import Path

from tests.docs.pages import follow


def test_the_commands_work(checkout: Path) -> None:
    said = follow("docs/planning.md", checkout)
    assert "households change their grid" in said
    names = ("plan.gpkg", "choice-2.gpkg", "steps.csv", "moved.csv", "unit_grids.gpkg", "my-town/spatialgov.db")
    assert [name for name in names if not (checkout / name).is_file()] == []

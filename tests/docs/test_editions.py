"""The commands of the pages on editions and on the national table."""

from pathlib import Path

from tests.docs.pages import follow


def test_the_commands_work(checkout: Path) -> None:
    said = follow("docs/editions.md", checkout)
    assert "grids kept" in said
    assert "with the grids of edition 1" in said
    assert "Edition 3 is in force" in said
    assert (checkout / "changes.csv").is_file()
    said = follow("docs/nation.md", checkout)
    assert "Look locations up" in said
    assert (checkout / "nation" / "nation.json").is_file()

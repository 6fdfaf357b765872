"""The commands of the page on editions."""

from pathlib import Path

from tests.docs.pages import blocks, run


def test_the_commands_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/editions.md", "sh")), checkout)
    assert "grids kept" in said.stderr
    assert "with the grids of edition 1" in said.stderr
    assert "Edition 3 is in force" in said.stderr
    assert (checkout / "changes.csv").is_file()

"""The commands of the page on coverage."""

from pathlib import Path

from tests.docs.pages import blocks, run


def test_the_commands_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/coverage.md", "sh")), checkout)
    assert "measured by community" in said.stderr
    assert "on points that the search did not see" in said.stderr
    assert "nothing was changed" in said.stderr
    names = ("coverage.gpkg", "gaps.gpkg", "redundancy.gpkg", "closure.gpkg", "sites.gpkg", "plan.csv")
    pages = [f"{name}.html" for name in ("coverage", "gaps", "sites")]
    assert [name for name in (*names, *pages) if not (checkout / name).is_file()] == []
    for name in pages:
        page = (checkout / name).read_text(encoding="utf-8")
        assert len(page.encode()) < 1_000_000
        assert "default-src 'none'" in page
        assert str(checkout) not in page

"""The commands of the page on analysis."""

from pathlib import Path

from tests.docs.pages import blocks, check_reports, run


def test_the_commands_work(checkout: Path) -> None:
    said = run("\n".join(blocks("docs/analysis.md", "sh")), checkout)
    assert "Which single cells" in said.stderr
    assert "not where all incidents happen" in said.stderr
    names = ("spots.gpkg", "density.gpkg", "review.gpkg", "emerging.gpkg", "clock.csv", "knox.csv", "forecast.gpkg")
    assert [name for name in (*names, "backtest.csv", "public.csv") if not (checkout / name).is_file()] == []
    check_reports(checkout, ("times", "hotspots", "clock", "change", "forecast"))

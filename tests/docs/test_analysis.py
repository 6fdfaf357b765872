"""The commands of the page on analysis."""

from pathlib import Path

from tests.docs.pages import check_reports, follow


def test_the_commands_work(checkout: Path) -> None:
    said = follow("docs/analysis.md", checkout)
    assert "Which single cells" in said
    assert "not where all incidents happen" in said
    names = ("spots.gpkg", "density.gpkg", "review.gpkg", "emerging.gpkg", "clock.csv", "knox.csv", "forecast.gpkg")
    assert [name for name in (*names, "backtest.csv", "public.csv") if not (checkout / name).is_file()] == []
    check_reports(checkout, ("times", "hotspots", "clock", "change", "forecast"))

"""The commands of the page on analysis."""

import re
from pathlib import Path

from tests.docs.pages import ROOT, check_reports, commands, follow

PAGE = "docs/analysis.md"


def leave_asked_incidents(checkout: Path) -> None:
    """Leave the incidents of the categories that the page asks for: half of them."""
    whole, part = ROOT / "data/boundaries/sample", checkout / "data/boundaries/sample"
    (checkout / "data").unlink()
    part.mkdir(parents=True)
    for file in set(whole.iterdir()) - {whole / "incidents.csv"}:
        (part / file.name).symlink_to(file)
    asked = set(re.findall(r"--category (\d{4})", "\n".join(commands(PAGE))))
    head, *rows = (whole / "incidents.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    left = [row for row in rows if row.split(",")[1] in asked]
    assert len(left) < len(rows) / 2
    (part / "incidents.csv").write_text("".join([head, *left]), encoding="utf-8")


def test_the_commands_work(checkout: Path) -> None:
    leave_asked_incidents(checkout)
    said = follow(PAGE, checkout)
    assert "Which single cells" in said
    assert "not where all incidents happen" in said
    names = ("spots.gpkg", "density.gpkg", "review.gpkg", "emerging.gpkg", "clock.csv", "knox.csv", "forecast.gpkg")
    assert [name for name in (*names, "backtest.csv", "public.csv") if not (checkout / name).is_file()] == []
    check_reports(checkout, ("times", "hotspots", "clock", "change", "forecast"))

"""``map``: one HTML file that needs no network."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from spatialgov import sample

Run = Callable[..., Result]
SAMPLE = sample.boundaries_dir() / "sample"


@pytest.mark.parametrize(
    "what",
    [
        "plan",
        "heatmap",
        "recommendations",
        "assessment",
    ],
)
def test_map(run: Run, analysed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("map", what, "--data-dir", analysed)
    assert result.exit_code == 0
    assert f"Written: {what}.html" in result.stderr
    page = (tmp_path / f"{what}.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert f"{SAMPLE}" not in page
    assert len(page.encode()) < 1_000_000


def test_maps_take_their_options(run: Run, analysed: Path, tmp_path: Path) -> None:
    def page(what: str, *options: str) -> str:
        file = tmp_path / "map.html"
        assert run("map", what, *options, "-o", file, "--data-dir", analysed).exit_code == 0
        return file.read_text(encoding="utf-8")

    assert "Incidents month by month" in page("times", "--by", "month", "--resolution", "8")
    assert "fewer than 5 incidents" in page("heatmap")
    assert "fewer than" not in page("heatmap", "--minimum", "1")
    assert "compared with 2025-" in page("change", "--compared-with", "year", "--category", "0106")
    assert "If every household had as many" in page("hotspots", "--against", "households")
    assert "UTC" in page("clock", "--timezone", "UTC")
    refused = run("map", "clock", "--timezone", "Nowhere", "-o", tmp_path / "m.html", "--data-dir", analysed)
    assert refused.exit_code == 1
    assert "Nowhere" in refused.stderr

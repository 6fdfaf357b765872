"""The options of ``partition`` that need a whole town."""

from collections.abc import Callable
from pathlib import Path

import pyogrio
from click.testing import Result

from spatialgov.sample import boundaries_dir

SAMPLE = boundaries_dir() / "sample"


def test_limits_barriers_and_dedicated_kinds(run: Callable[..., Result], tmp_path: Path) -> None:
    result = run(
        "partition", SAMPLE / "units.geojson", "-o", tmp_path / "plan.gpkg", "--within", "community_code",
        "--minimum", "300", "--maximum", "500", "--barriers", SAMPLE / "barriers.geojson", "--dedicated", "campus",
        "--effort", "quick", "--json",
    )  # fmt: skip
    assert result.exit_code == 0
    grids = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="grids", read_geometry=False)
    general = grids[grids["kind"] == "general"]
    assert (grids["kind"] == "dedicated").sum() >= 1
    assert general["households"].between(300, 500).mean() > 0.95
    missed = general[~general["households"].between(300, 500)]
    for code in missed["code"]:
        assert code in result.stderr

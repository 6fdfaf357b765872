"""The options of ``partition`` that need a whole town."""

import json
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


def test_gaps_are_printed_and_in_the_json(run: Callable[..., Result], tmp_path: Path) -> None:
    town = pyogrio.read_dataframe(SAMPLE / "units.geojson")
    pyogrio.write_dataframe(town[town["community_code"] == "990101100201"], tmp_path / "units.geojson")
    wanted = ["partition", tmp_path / "units.geojson", "-o", tmp_path / "plan.gpkg", "--datum", "wgs84", "--within"]
    wanted += ["community_code", "--minimum", "300", "--maximum", "500", "--objective", "moment_of_inertia", "--gaps"]
    shown = run(*wanted)
    assert shown.exit_code == 0, shown.output
    assert "990101100201  186    7      300–500     feasible" in shown.stdout
    assert "Mean gap 0." in shown.stdout
    found = json.loads(run(*wanted, "--json").stdout)["gaps_to_bound"]
    (ground,) = found["grounds"]
    assert ground["bound"] <= ground["inertia"]
    assert found["mean_gap_pct"] == found["largest_gap_pct"] == ground["gap_pct"] < 3

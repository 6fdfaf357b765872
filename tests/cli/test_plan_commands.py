"""``rebalance``, ``compare`` and ``partition --alternatives`` on a small town with lopsided grids."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from click.testing import Result

from spatialgov.sample import boundaries_dir

Run = Callable[..., Result]
WITHIN = ("--within", "community_code")


@pytest.fixture
def today(town: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """Give grids of 600 and 200 households in either community: rows 0 to 2, and row 3."""
    number = (pd.RangeIndex(16) // 4 == 3).astype(int) + 1
    codes = town["community_code"] + "00" + pd.Series(number).astype(str)
    file = tmp_path / "today.csv"
    pd.DataFrame({"unit_id": town["unit_id"], "grid_code": codes}).to_csv(file, index=False)
    return file


def test_rebalance_moves_no_more_than_it_must(run: Run, units_file: Path, today: Path, tmp_path: Path) -> None:
    plan, steps = tmp_path / "better.gpkg", tmp_path / "steps.csv"
    result = run("rebalance", units_file, today, "-o", plan, "--frontier", steps, "--map", tmp_path / "m.html", *WITHIN)
    assert result.exit_code == 0
    assert "4 grids outside before, 0 afterwards; 200 households change their grid." in result.stderr
    assert "→  200" in result.stdout
    grids = pyogrio.read_dataframe(plan, layer="grids", read_geometry=False)
    assert sorted(grids["households"]) == [300, 300, 500, 500]
    assert (tmp_path / "m.html").stat().st_size > 10_000
    written = pd.read_csv(steps)
    assert written["households_moved"].tolist() == [0, 100, 200]
    assert written["breach"].tolist() == [400, 200, 0]


def test_rebalance_takes_the_step_that_is_asked_for(run: Run, units_file: Path, today: Path, tmp_path: Path) -> None:
    command = ("rebalance", units_file, today, "-o", tmp_path / "better.gpkg", *WITHIN, "--json")
    less = json.loads(run(*command, "--most-moved", 150).stdout)
    assert (less["chosen"]["households_moved"], less["chosen"]["out_of_band"]) == (100, 2)
    assert json.loads(run(*command, "--out-of-band", 2).stdout)["chosen"] == less["chosen"]
    tight = json.loads(run(*command, "--households", 400, 400).stdout)
    assert (tight["chosen"]["households_moved"], tight["chosen"]["breach"]) == (400, 0)
    locked = json.loads(run(*command, "--lock", "990101001001001").stdout)
    assert locked["chosen"]["households_moved"] == 100


def test_wrong_calls_of_rebalance(run: Run, units_file: Path, today: Path, tmp_path: Path) -> None:
    command = ("rebalance", units_file, today, "-o", tmp_path / "better.gpkg", *WITHIN)
    assert run(*command, "--most-moved", 1, "--out-of-band", 1).exit_code == 2
    assert run(*command, "--most-moved", -1).exit_code == 2
    unknown = run(*command, "--lock", "nowhere")
    assert (unknown.exit_code, "There is no grid nowhere to lock." in unknown.stderr) == (1, True)
    assert run(*command, "--households", 500, 300).exit_code == 1
    assert not (tmp_path / "better.gpkg").exists()


def test_compare_lists_what_moves_where(run: Run, units_file: Path, today: Path, tmp_path: Path) -> None:
    plan, moved, shared = tmp_path / "b.gpkg", tmp_path / "moved.csv", tmp_path / "shared.csv"
    run("rebalance", units_file, today, "-o", plan, *WITHIN)
    command = ("compare", units_file, today, plan, *WITHIN)
    result = run(*command, "--moved", moved, "--transfers", shared)
    assert result.exit_code == 0
    assert "200 households (12.5%) and 2 units are in another grid in b.gpkg." in result.stderr
    assert "990101001001001  990101001001002  100" in result.stdout
    assert pd.read_csv(moved)["households"].sum() == 200
    assert pd.read_csv(shared)["households"].sum() == 1600
    told = json.loads(run(*command, "--json").stdout)
    assert (told["households_moved"], told["share_moved"]) == (200, 0.125)
    assert told["metrics"]["max_deviation_pct"] == {"a": 50, "b": 25}
    assert {row["code_a"] for row in told["moved"]} == {"990101001001001", "990101001002001"}
    assert "b.gpkg 中有 200 户" in run(*command, lang="zh").stderr
    same = run("compare", units_file, today, today, *WITHIN)
    assert "0 households" in same.stderr
    assert "from grid" not in same.stdout


def test_alternatives_are_written_beside_each_other(run: Run, units_file: Path, tmp_path: Path) -> None:
    sample = boundaries_dir() / "sample" / "units.geojson"
    command = ("partition", sample, "-o", tmp_path / "plan.gpkg", "--grids", 40, "--effort", "quick")
    result = run(*command, "--alternatives", 2, "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    files = [Path(one["file"]).name for one in told["alternatives"]]
    assert files == ["plan.gpkg", "plan-2.gpkg"]
    assert told["alternatives"][0]["distance_to_best"] == 0 < told["alternatives"][1]["distance_to_best"]
    for name in files:
        assert len(pyogrio.read_dataframe(tmp_path / name, layer="grids")) == 40
    assert "households that differ from plan-2.gpkg" in run(*command, "--alternatives", 2).stdout
    lonely = run("partition", units_file, "-o", tmp_path / "one.gpkg", *WITHIN, "--alternatives", 2, "--json")
    assert len(json.loads(lonely.stdout)["alternatives"]) == 1
    assert "Good plans that differ: only 1 were found." in lonely.stderr

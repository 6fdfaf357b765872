"""``--cluster``, ``--parts``, ``--memory`` and ``--dry-run``: the same results, and what would be done."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import Result

from spatialgov.locate import point_tables

Run = Callable[..., Result]


def test_tables_located_and_loaded_in_parts(
    run: Run, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(point_tables, "_CSV_PIECE", 100)
    points = tmp_path / "points.csv"
    points.write_text("id,lon,lat\n" + "".join(f"{i},{118.3 + i / 5000},35.1005\n" for i in range(30)) + "30,,\n")
    asked = ("locate", points, "--datum", "wgs84", "--data-dir", store)
    assert run(*asked, "-o", tmp_path / "whole.csv").exit_code == 0
    before = sorted(tmp_path.iterdir())
    ahead = run(*asked, "-o", tmp_path / "parts.csv", "--dry-run", "--json")
    assert ahead.exit_code == 0
    plan = json.loads(ahead.stdout)
    assert (plan["parts"][0]["piece"][0], plan["parts"][-1]["piece"][1]) == (0, points.stat().st_size)
    assert not any(part["done"] for part in plan["parts"])
    assert "nothing was done" in ahead.stderr
    assert sorted(tmp_path.iterdir()) == before
    kept = tmp_path / "kept"
    result = run(*asked, "-o", tmp_path / "parts.csv", "--parts", kept, "--memory", "2GiB", "--json")
    assert json.loads(result.stdout) == {"rows": 31, "located": 20, "outside": 10, "unreadable": 1}
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert "Row 31" in result.stderr
    assert not kept.exists()
    _judge_incidents(run, store, tmp_path)


def test_units_divided_in_parts(run: Run, units_file: Path, tmp_path: Path) -> None:
    asked = ("partition", units_file, "--within", "community_code")
    for name, options in (("whole", ()), ("parts", ("--parts", tmp_path / "kept"))):
        assert run(*asked, "-o", tmp_path / f"{name}.gpkg", *options).exit_code == 0
    whole, parts = (gpd.read_file(tmp_path / f"{name}.gpkg", layer="grids") for name in ("whole", "parts"))
    pd.testing.assert_frame_equal(whole, parts)
    ahead = run(*asked, "-o", tmp_path / "none.gpkg", "--dry-run")
    assert ahead.exit_code == 0
    assert "grounds: [0, 1]" in ahead.stdout
    assert "1 parts, 0 of them done" in ahead.stderr
    assert not (tmp_path / "none.gpkg").exists()


def _judge_incidents(run: Run, store: Path, tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    line = "E{0},0101,2026-05-01T08:30:00+08:00,118.3005,35.1005\n"
    events.write_text("source_id,category,occurred_at,lon,lat\n" + "".join(line.format(i) for i in range(9)))
    asked = ("import", "incidents", events, "--datum", "wgs84", "--data-dir", store, "--parts", tmp_path / "kept")
    ahead = run(*asked, "--dry-run", "--json")
    assert "1 parts, 0 of them done" in ahead.stderr
    assert (json.loads(ahead.stdout)["accepted"], json.loads(ahead.stdout)["dry_run"]) == (9, True)
    assert json.loads(run(*asked, "--json").stdout)["located"] == 9


def test_what_can_not_be(run: Run, units_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = run("partition", units_file, "-o", tmp_path / "plan.gpkg", "--memory", "much")
    assert wrong.exit_code == 2
    assert "500MB" in wrong.stderr
    monkeypatch.setattr("spatialgov.bulk.on_dask._WAIT_S", 0.3)
    nobody = run("partition", units_file, "-o", tmp_path / "plan.gpkg", "--cluster", "tcp://127.0.0.1:9")
    assert nobody.exit_code == 1
    assert "The cluster at tcp://127.0.0.1:9 can't be reached" in nobody.stderr
    assert "what is done is kept" in nobody.stderr

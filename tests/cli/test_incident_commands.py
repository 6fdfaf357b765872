"""The commands about incidents, on the sample city."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from spatialgov import sample

Run = Callable[..., Result]
SAMPLE = sample.boundaries_dir() / "sample"

COMMANDS = {
    "hotspots": ("--method", "excess", "--against", "households", "--resolution", "9"),
    "review": ("--every", "month", "--resolution", "9"),
    "emerging": ("--every", "month"),
    "density": ("--bandwidth", "300"),
    "near-repeat": ("--permutations", "9", "--distance", "0", "--distance", "100", "--days", "7"),
    "clock": (),
    "seasons": ("--step", "month"),
    "forecast": ("--days", "28"),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("command", COMMANDS)
def test_tables_for_people(run: Run, sample_dir: Path, command: str, lang: Any) -> None:
    result = run(command, *COMMANDS[command], "--category", "0106", "--data-dir", sample_dir, lang=lang)
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.splitlines()) >= 1
    assert ("Next: " in result.stderr) == (lang == "en")
    assert ("下一步：" in result.stderr) == (lang == "zh")
    assert "nan" not in result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_json_and_files(run: Run, sample_dir: Path, tmp_path: Path, command: str) -> None:
    table = command in ("near-repeat", "clock", "seasons")
    file = tmp_path / ("found.csv" if table else "found.gpkg")
    query = ("--category", "0502", "--data-dir", sample_dir, "-o", file, "--json")
    result = run(command, *COMMANDS[command], *query)
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    found = pd.read_csv(file) if table else gpd.read_file(file)
    assert len(found) > 0
    (listed,) = (said[name] for name in ("hot_spots", "places", "cells", "bands", "hours", "series") if name in said)
    assert 0 < len(listed) <= len(found)


def test_forecasts_say_how_good_they_are(run: Run, sample_dir: Path, tmp_path: Path) -> None:
    table = tmp_path / "backtest.csv"
    result = run("forecast", "--category", "0502", "--backtest", table, "--data-dir", sample_dir)
    assert "plain counts" in result.stderr
    assert "not where all incidents happen" in result.stderr
    assert set(pd.read_csv(table)["method"]) >= {"count", "mixture", "used"}


def test_coarsened_incidents_have_no_exact_place_and_time(run: Run, sample_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "public.csv"
    result = run("coarsen", "-o", file, "--minimum", "10", "--data-dir", sample_dir)
    assert result.exit_code == 0, result.stderr
    found = pd.read_csv(file)
    assert set(found) == {"category", "month", "cell", "resolution", "incidents", "wkt"}
    assert found["incidents"].min() >= 10
    assert found.groupby("cell")["wkt"].nunique().max() == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("density", "--per", "households", "--barriers"), 1),
        (("density", "--before", "2026-01-01T00:00+08:00", "2026-02-01T00:00+08:00"), 1),
        (("density", "--cell", "0"), 1),
        (("density", "--cell", "nan"), 1),
        (("hotspots", "--method", "magic"), 2),
        (("review", "--windows", "1"), 2),
        (("review", "--method", "scan"), 2),
        (("review", "--timezone", "Mars/Olympus"), 1),
        (("emerging", "--resolution", "99"), 1),
        (("near-repeat", "--category", "0106", "--distance", "9", "--distance", "3"), 1),
        (("forecast", "--days", "3"), 2),
        (("forecast", "--cell", "-5"), 1),
        (("seasons", "--category", "nonsense"), 1),
        (("clock", "--timezone", ""), 1),
        (("coarsen",), 2),
        (("coarsen", "-o", "out.exe"), 2),
    ],
)
def test_bad_calls_are_refused(run: Run, sample_dir: Path, arguments: tuple[str, ...], status: int) -> None:
    result = run(*arguments, "--data-dir", sample_dir)
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output


def test_hotspots(run: Run, analysed: Path) -> None:
    result = run("hotspots", "--data-dir", analysed, "--json")
    said = json.loads(result.stdout)
    assert (said["resolution"], said["alpha"]) == (10, 0.05)
    assert len(said["hot_spots"]) > 0
    table = run("hotspots", "--data-dir", analysed)
    assert len(table.stdout.splitlines()) == 1 + len(said["hot_spots"])
    assert "spatialgov map heatmap" in table.stderr


def test_hotspots_finds_what_was_planted(run: Run, analysed: Path) -> None:
    planted = json.loads((SAMPLE / "manifest.json").read_text(encoding="utf-8"))["planted"]
    stable = next(plant for plant in planted if plant["course"] == "stable")
    said = run("hotspots", "--category", stable["category"], "--data-dir", analysed, "--json")
    first = json.loads(said.stdout)["hot_spots"][0]
    assert np.hypot(first["lon"] - stable["lon"], first["lat"] - stable["lat"]) < 0.002


def test_hotspots_of_a_category_and_a_period(run: Run, analysed: Path) -> None:
    period = ("--since", "2026-05-01T00:00+08:00", "--until", "2026-06-01T00:00+08:00")
    result = run("hotspots", "--category", "0502", *period, "--resolution", "9", "--data-dir", analysed, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["resolution"] == 9
    for wrong, expected in (
        (("--category", "9999"), "There is no incident category '9999'"),
        (("--since", "yesterday"), "not a time"),
        (("--since", "2026-05-01T00:00"), "not a time with an offset"),
        ((*period[2:], "--since", "2026-07-01T00:00+08:00"), "ends before it starts"),
    ):
        result = run("hotspots", *wrong, "--data-dir", analysed)
        assert result.exit_code == 1
        assert expected in result.stderr

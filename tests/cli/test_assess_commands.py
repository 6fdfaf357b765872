"""``assess`` and ``standards``."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

from spatialgov.allocation.assessment import INDICATORS
from spatialgov.cli.assess_command import INDICATOR_KEYS

Run = Callable[..., Result]


def test_the_choices_are_those_of_the_registry() -> None:
    assert list(INDICATOR_KEYS) == list(INDICATORS)


def test_assess(run: Run, analysed: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.csv"
    answers.write_text("code,period,answers,satisfied\nnowhere,2026-10,9,9\n", encoding="utf-8")
    output, refused = tmp_path / "october.csv", tmp_path / "refused.csv"
    asked = ("--limit", "24", "--limit", "04=2", "--satisfaction", answers, "--data-dir", analysed)
    said = run("assess", *asked, "-o", output, "--faults", refused, "--json")
    assert said.exit_code == 0, said.output
    answer = json.loads(said.stdout)
    assert answer["basis"]["limits_by_category"] == {"04": 2.0}
    table = pd.read_csv(output, dtype={"code": str})
    assert len(table) == len(answer["grids"])
    assert {row["verdict"] for row in answer["grids"]} >= {"as_peers", "above", "below"}
    assert pd.read_csv(refused)["kind"].tolist() == ["unknown_grid"]
    assert "no grid nowhere" in said.stderr
    assert "Not assessed: satisfaction" in said.stderr


def test_assess_for_people(run: Run, analysed: Path) -> None:
    said = run("assess", "--period", "week", "--data-dir", analysed, lang="zh")
    assert said.exit_code == 0, said.output
    assert "2026-W43" in said.stdout
    assert "办结率" in said.stdout
    assert "同组网格不分先后" in said.stderr
    one = run("assess", "--period", "year", "--indicator", "closure", "--data-dir", analysed)
    rows = [line for line in one.stdout.splitlines() if line.startswith("2025")]
    assert len(rows) > 100
    assert "as its peers" in one.stdout
    assert "2025 is known from 2025-05-01 on only: 245 days." in one.stderr


@pytest.mark.parametrize("wrong", [("--limit", "soon"), ("--limit", "04="), ("--level", "1"), ("--periods", "0")])
def test_options_that_make_no_sense(run: Run, analysed: Path, wrong: tuple[str, ...]) -> None:
    assert run("assess", *wrong, "--data-dir", analysed).exit_code == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--limit", "nan"), "hours"),
        (("--until", "yesterday"), "until"),
        (("--until", "2020-01-01T00:00+08:00"), "no incidents"),
    ],
)
def test_what_is_asked_wrongly_is_said(run: Run, analysed: Path, wrong: tuple[str, ...], words: str) -> None:
    said = run("assess", *wrong, "--data-dir", analysed)
    assert said.exit_code == 1
    assert words in said.stderr


def test_standards(run: Run, analysed: Path, tmp_path: Path) -> None:
    centres, output = tmp_path / "centres.csv", tmp_path / "shortfall.csv"
    centres.write_text(
        "code,posts,floor_area_m2,new_quarter\n990101001000,5,250,\n990101002004,,1000,yes\nx,1,1,\n", encoding="utf-8"
    )
    said = run("standards", centres, "-o", output, "--data-dir", analysed)
    assert said.exit_code == 0, said.output
    assert "990101001000" in said.stdout
    assert "no jurisdiction x" in said.stderr
    assert "Subdistricts without a listed centre (2): 990101002000, 990101100000" in said.stderr
    table = pd.read_csv(output, dtype={"code": str}).set_index("code")
    assert table.loc["990101001000", "posts_short"] == 3

    ours = tmp_path / "ours.json"
    ours.write_text(
        '{"name": "ours", "version": "7", "subdistrict": [{"population_from": 0, "posts": 4, "floor_area_m2": 100}]}',
        encoding="utf-8",
    )
    answer = json.loads(run("standards", centres, "--standard", ours, "--json", "--data-dir", analysed).stdout)
    assert answer["basis"]["standard"]["version"] == "7"
    by_code = {row["code"]: row for row in answer["centres"]}
    assert by_code["990101001000"]["state"] == "meets"
    assert by_code["990101002004"]["state"] == "no_standard"
    assert [fault["row"] for fault in answer["faults"]] == [3]
    missing = run("standards", tmp_path / "missing.csv", "--data-dir", analysed)
    assert missing.exit_code == 1

"""``recommend``: which grids to split, merge or change."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_recommend(run: Run, analysed: Path) -> None:
    result = run("recommend", "--plan", "1", "--households", "300", "500", "--data-dir", analysed, "--json")
    found = json.loads(result.stdout)["recommendations"]
    assert {"split", "move"} <= {item["kind"] for item in found}
    few = run("recommend", "--plan", "1", "--limit", "3", "--data-dir", analysed)
    assert len(few.stdout.splitlines()) == 4
    assert "3 recommendations." in few.stderr
    assert run("recommend", "--plan", "77", "--data-dir", analysed).exit_code == 1


def test_recommend_with_limits_of_work(run: Run, analysed: Path, tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("code,posts\n990101001003017,2\n", encoding="utf-8")
    asked = ("--workload", "0.4", "--area", "0", "5", "--profile", "urban", "--posts", posts, "--data-dir", analysed)
    answer = json.loads(run("recommend", *asked, "--json").stdout)
    assert answer["basis"]["workload"]["profile"]["name"] == "urban"
    assert answer["basis"]["limits"]["area_m2"] == [0.0, 5e6]
    assert all(item["kind"] in ("split", "merge", "move", "dedicate", "staff") for item in answer["recommendations"])
    assert all(set(item["further"]) == {"area_m2", "workload"} for item in answer["recommendations"])


def test_take_makes_a_draft(run: Run, analysed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(analysed, folder)
    listed = json.loads(run("recommend", "--plan", "1", "--data-dir", folder, "--json").stdout)["recommendations"]
    taken = json.loads(
        run("recommend", "--plan", "1", "--take", "2", "--name", "Try", "--data-dir", folder, "--json").stdout
    )
    assert taken["name"] == "Try"
    assert taken["taken"][-1] == listed[1]
    journal = run("journal", str(taken["plan"]), "--data-dir", folder)
    assert listed[1]["reason"][:40] in journal.stdout
    missing = run("recommend", "--plan", "1", "--take", "999", "--data-dir", folder)
    assert missing.exit_code == 1
    assert "no recommendation 999" in missing.stderr


def test_review_lists_the_grids_in_force(run: Run, analysed: Path) -> None:
    rows = json.loads(run("recommend", "--review", "--data-dir", analysed, "--json").stdout)["grids"]
    assert {"code", "households", "broken", "days_out", "trend", "cure", "staffing_minutes"} <= set(rows[0])
    table = run("recommend", "--review", "--households", "395", "405", "--data-dir", analysed)
    assert table.exit_code == 0
    assert "break a limit" in table.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ("--take", "1", "--review"),
        ("--name", "Try"),
        ("--review", "--plan", "1"),
        ("--fit",),
        ("--profile", "rural"),
        ("--limit", "0"),
    ],
)
def test_options_that_do_not_go_together(run: Run, analysed: Path, wrong: tuple[str, ...]) -> None:
    assert run("recommend", *wrong, "--data-dir", analysed).exit_code == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--workload", "0"), "tolerance"),
        (("--workload", "0.3", "--profile", "suburban"), "suburban"),
        (("--workload", "0.3", "--profile", "missing.json"), "missing.json"),
        (("--households", "500", "300"), "500–300"),
        (("--area", "3", "2"), "band"),
        (("--lock", "nowhere"), "nowhere"),
    ],
)
def test_what_is_asked_wrongly_is_said(run: Run, analysed: Path, wrong: tuple[str, ...], said: str) -> None:
    result = run("recommend", *wrong, "--data-dir", analysed)
    assert result.exit_code == 1
    assert said in result.stderr

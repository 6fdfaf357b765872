"""``recommend``: which grids to split, merge or change."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.coverage_town import found_camera_town

Run = Callable[..., Result]


BAND = ("--households", "150", "250")
"""The town's four grids hold 400 households each: every one is to be split."""


@pytest.fixture(scope="module")
def town_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of a small town, only to be read."""
    folder = tmp_path_factory.mktemp("town")
    found_camera_town(folder).close()
    return folder / "town"


def test_recommend(run: Run, town_dir: Path, tmp_path: Path) -> None:
    result = run("recommend", "--plan", "1", *BAND, "--data-dir", town_dir, "--json")
    found = json.loads(result.stdout)
    assert [item["kind"] for item in found["recommendations"]] == ["split"] * 4
    assert found["token"].startswith("1.0.")
    page = tmp_path / "advice.html"
    few = run("recommend", *BAND, "--limit", "3", "--map", page, "--data-dir", town_dir)
    assert len(few.stdout.splitlines()) == 4
    assert "3 recommendations." in few.stderr
    assert page.read_text(encoding="utf-8").count("<li data-number=") == 4
    assert run("recommend", "--plan", "77", "--data-dir", town_dir).exit_code == 1


def test_recommend_with_limits_of_work(run: Run, town_dir: Path, tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("code,posts\n990101001001001,2\n", encoding="utf-8")
    asked = ("--workload", "0.4", "--area", "0", "0.03", "--profile", "urban", "--posts", posts, "--data-dir", town_dir)
    answer = json.loads(run("recommend", *asked, "--json").stdout)
    assert answer["basis"]["workload"]["profile"]["name"] == "urban"
    assert answer["basis"]["limits"]["area_m2"] == [0.0, 30_000.0]
    assert all(item["kind"] in ("split", "merge", "move", "dedicate", "staff") for item in answer["recommendations"])
    assert all(set(item["further"]) == {"area_m2", "workload"} for item in answer["recommendations"])
    posts.write_text("code,posts\n990101001001099,2\n", encoding="utf-8")
    wrong = run("recommend", *asked)
    assert (wrong.exit_code, "990101001001099" in wrong.stderr) == (1, True)


def test_take_makes_a_draft(run: Run, town_dir: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(town_dir, tmp_path / "copy")
    asked = ("recommend", *BAND, "--data-dir", folder)
    listed = json.loads(run(*asked, "--json").stdout)
    taken = json.loads(run(*asked, "--take", "2", "--name", "Try", "--token", listed["token"], "--json").stdout)
    assert taken["name"] == "Try"
    assert taken["taken"][-1] == listed["recommendations"][1]
    journal = run("journal", str(taken["plan"]), "--data-dir", folder)
    assert listed["recommendations"][1]["reason"][:40] in journal.stdout
    missing = run(*asked, "--take", "999")
    assert missing.exit_code == 1
    assert "no recommendation 999" in missing.stderr
    other = run(*asked, "--lock", "990101001001001", "--take", "1", "--token", listed["token"])
    assert other.exit_code == 1
    assert "the question is another one" in other.stderr


def test_review_lists_the_grids_in_force(run: Run, town_dir: Path) -> None:
    rows = json.loads(run("recommend", "--review", "--data-dir", town_dir, "--json").stdout)["grids"]
    assert {"code", "households", "broken", "days_out", "trend", "cure", "staffing_minutes"} <= set(rows[0])
    table = run("recommend", "--review", *BAND, "--data-dir", town_dir)
    assert table.exit_code == 0
    assert "4 of 4 grids break a limit" in table.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        ("--take", "1", "--review"),
        ("--name", "Try"),
        ("--token", "1.0"),
        ("--map", "x.html", "--take", "1"),
        ("--review", "--plan", "1"),
        ("--fit",),
        ("--profile", "rural"),
        ("--limit", "0"),
    ],
)
def test_options_that_do_not_go_together(run: Run, town_dir: Path, wrong: tuple[str, ...]) -> None:
    assert run("recommend", *wrong, "--data-dir", town_dir).exit_code == 2


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
def test_what_is_asked_wrongly_is_said(run: Run, town_dir: Path, wrong: tuple[str, ...], said: str) -> None:
    result = run("recommend", *wrong, "--data-dir", town_dir)
    assert result.exit_code == 1
    assert said in result.stderr

"""``staffing``: posts of a small town's grids, as a table, as JSON and as files."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def busy_store(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with four grids of 400 households, and 300 incidents in the first of them; only to be read."""
    from tests.cli.conftest import town_of_sixteen

    folder = tmp_path_factory.mktemp("busy")
    units, plan, store = folder / "units.gpkg", folder / "first.gpkg", folder / "store"
    town_of_sixteen().to_file(units)
    assert run("partition", units, "-o", plan, "--within", "community_code").exit_code == 0
    assert run("import", "units", units, "--data-dir", store).exit_code == 0
    assert run("publish", plan, "--within", "community_code", "--data-dir", store).exit_code == 0
    days = pd.date_range("2026-01-01T09:00+08:00", periods=300, freq="5h")
    rows = [f"E{i},0101,{day.isoformat()},118.3005,35.1005,open" for i, day in enumerate(days)]
    incidents = folder / "incidents.csv"
    incidents.write_text("source_id,category,occurred_at,lon,lat,status\n" + "\n".join(rows), encoding="utf-8")
    assert run("import", "incidents", incidents, "--datum", "wgs84", "--data-dir", store).exit_code == 0
    return store


def answer(run: Run, *arguments: object) -> dict[str, object]:
    result = run("staffing", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_posts_of_grids(run: Run, busy_store: Path, tmp_path: Path) -> None:
    out = tmp_path / "posts.csv"
    found = answer(run, "--response", "20", "--data-dir", busy_store, "-o", out)
    assert {"totals", "grids", "cover", "posts", "unmet", "faults", "basis"} == set(found)
    table = pd.read_csv(out, dtype={"code": str})
    assert len(table) == 4
    assert table["incidents_a_day"].max() == pytest.approx(300 / 63, rel=0.05)
    shown = run("staffing", "--response", "20", "--data-dir", busy_store)
    assert len(shown.stdout.splitlines()) == 5
    assert f"4 grids need {table['needed'].sum()} posts" in shown.stderr
    chinese = run("staffing", "--budget", "3", "--data-dir", busy_store, lang="zh")
    assert "补位网格" in chinese.stdout
    assert "尚缺" in chinese.stderr
    again = run("staffing", "--posts", out, "--data-dir", busy_store)
    assert "posts stay where they are" in again.stderr
    assert run("recommend", "--posts", out, "--data-dir", busy_store).exit_code == 0


def test_a_roster_is_assigned(run: Run, busy_store: Path, tmp_path: Path) -> None:
    codes = [row["code"] for row in answer(run, "--data-dir", busy_store)["grids"]]  # type: ignore[attr-defined]
    roster, needs, out = tmp_path / "roster.csv", tmp_path / "needs.csv", tmp_path / "assignment.csv"
    lines = [
        "post_id,code,skills,telephone",
        f"P1,{codes[0]},dialect,1",
        f"P2,{codes[1]},,2",
        f"P3,{codes[2]},,3",
        "P4,,,4",
    ]
    roster.write_text("\n".join(lines), encoding="utf-8")
    needs.write_text(f"code,skills\n{codes[1]},dialect\n{codes[2]},drone\n", encoding="utf-8")
    asked = ("--roster", roster, "--skills", needs, "--utilisation", "1", "--data-dir", busy_store)
    result = run("staffing", *asked, "--assignment", out)
    assert result.exit_code == 0
    assert "Columns that were not read: telephone." in result.stderr
    assert "0 posts have drone, 1 are required" in result.stderr
    table = pd.read_csv(out, dtype=str)
    assert list(table["post_id"]) == ["P1", "P2", "P3", "P4"]
    assert table["code"][0] == codes[1]
    assert "telephone" not in table


@pytest.mark.parametrize(
    "wrong",
    [("--posts", "a.csv", "--roster", "b.csv"), ("--skills", "a.csv"), ("--assignment", "a.csv"), ("--budget", "-1")],
)
def test_options_that_do_not_go_together(run: Run, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    assert run("staffing", *wrong, "--data-dir", tmp_path).exit_code == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--hours", "30"), "hours_a_day is 30"),
        (("--share", "0.9"), "no response time"),
        (("--utilisation", "1.2"), "utilisation is 1.2"),
        (("--profile", "suburban"), "suburban"),
        (("--plan", "77"), "77"),
        (("--posts", "missing.csv"), "missing.csv"),
    ],
)
def test_what_is_asked_wrongly_is_said(run: Run, busy_store: Path, wrong: tuple[str, ...], said: str) -> None:
    result = run("staffing", *wrong, "--data-dir", busy_store)
    assert result.exit_code == 1
    assert said in result.stderr


def test_a_grid_that_is_not_there_is_named_with_its_row(run: Run, busy_store: Path, tmp_path: Path) -> None:
    posts = tmp_path / "posts.csv"
    posts.write_text("code,posts\nnowhere,1\n", encoding="utf-8")
    result = run("staffing", "--posts", posts, "--data-dir", busy_store)
    assert result.exit_code == 1
    assert "nowhere" in result.stderr

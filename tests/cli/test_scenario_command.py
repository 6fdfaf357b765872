"""``spatialgov scenario``: worked out, listed, shown, compared and written as a report, on the town."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

JOINED = ("--merge", "990101001001,990101001002", "--how", "keep")


@pytest.fixture
def data(store: Path) -> tuple[str, Path]:
    return "--data-dir", store


def test_scenarios_from_new_to_report(run: Run, data: tuple[str, Path], tmp_path: Path) -> None:
    made = run("scenario", "new", *JOINED, "--name", "One", "--json", *data)
    assert made.exit_code == 0, made.stderr
    first = json.loads(made.stdout)
    assert (first["name"], first["base_id"], first["plan_id"]) == ("One", 1, 2)
    assert first["description"]["merge"] == [["990101001001", "990101001002"]]
    posts = tmp_path / "posts.csv"
    posts.write_text("code,posts\n990101001001001,2\n")
    second = run("scenario", "new", "--change-posts", "-1", "--grid-posts", "990101001001002=1", "--posts", posts,
                 *data)  # fmt: skip
    assert second.exit_code == 0, second.stderr
    assert "grids without a post" in second.stdout
    assert "Next: spatialgov scenario report 2" in second.stderr
    listed = run("scenario", "list", *data)
    assert [line.split()[1] for line in listed.stdout.splitlines()[1:]] == ["One", "Posts"]
    shown = run("scenario", "show", "1", *data, lang="zh")
    assert "网格边界不变。" in shown.stdout
    compared = run("scenario", "compare", "1", "2", *data)
    assert compared.stdout.splitlines()[0].split()[:3] == ["figure", "in", "force"]
    rows = json.loads(run("scenario", "compare", "2", "1", "--json", *data).stdout)
    assert rows["scenarios"] == [2, 1]
    report = tmp_path / "report.html"
    written = run("scenario", "report", "1", "-o", report, *data)
    assert written.exit_code == 0, written.stderr
    assert "<title>One</title>" in report.read_text(encoding="utf-8")


REFUSED = [
    (("--how", "keep"), 1, "no change"),
    (("--merge", "990101001001"), 1, "can't be joined"),
    (("--merge", "990101001001,x"), 1, "No grid nests in x"),
    (("--level", "ward"), 1, "no column 'ward'"),
    (("--grid-posts", "990101001001001=many"), 2, "CODE=N"),
    (("--change-posts", "-9"), 1, "9 can't go"),
    (("--plan", "77"), 1, "no plan 77"),
]


def test_what_can_not_be_leaves_nothing(run: Run, data: tuple[str, Path]) -> None:
    for options, status, said in REFUSED:
        failed = run("scenario", "new", *options, *data)
        assert (failed.exit_code, failed.stdout) == (status, ""), options
        assert said in failed.stderr
    assert json.loads(run("scenario", "list", "--json", *data).stdout) == {"scenarios": []}
    assert run("scenario", "show", "1", *data).exit_code == 1

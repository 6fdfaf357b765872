"""``recommend``: which grids to split, merge or change."""

import json
from collections.abc import Callable
from pathlib import Path

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

"""A few rounds of the crash soak; ``make crash`` does 200 on each backend."""

import os
import random
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spatialgov.workspace import Workspace
from tests.postgres_cluster import NotInstalledError
from tests.soak import crash
from tests.soak.actors import ACTORS
from tests.soak.town import found_town


@pytest.mark.parametrize(("backend", "rounds"), [("sqlite", 2), ("postgis", 4)])
def test_nothing_is_lost(backend: str, rounds: int) -> None:
    try:
        totals = crash.run(rounds, backend=backend)
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    assert totals["ready"] == rounds * 5
    assert totals["clients killed"] + totals["server stopped"] == rounds
    assert min(totals[kind] for kind in ("incidents", "plan", "read")) > 0, "the actors did something"


@pytest.fixture
def town(tmp_path: Path) -> crash.Town:
    """Give a town that every actor has worked on once, with all that they were answered."""
    town = crash.Town(tmp_path, None)
    with Workspace.open(town.folder) as workspace:
        found_town(workspace, tmp_path / "sources")
        for number, actor in enumerate(ACTORS.values()):
            next(actor(workspace, np.random.default_rng(number), number, lambda **line: town.answered.append(line)))
    crash.examine(town, random.Random(0))
    return town


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM incident", "lost: .*incidents"),
        ("DELETE FROM incident WHERE id = 1", "half batches: .*39"),
        ("UPDATE plan_unit SET grid_code = NULL WHERE plan_id = 2 AND unit_row = 1", "lost: .*plan"),
        ("DELETE FROM edition_grid WHERE edition_id = 2 AND id % 2", "lost: .*edition"),
        ("UPDATE edition SET valid_to = valid_from WHERE id = 1", "It ends at"),
    ],
)
def test_what_is_lost_is_noticed(town: crash.Town, statement: str, message: str) -> None:
    connection = sqlite3.connect(town.folder / "spatialgov.db")
    with connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(crash.LostError, match=message):
        crash.examine(town, random.Random(0))


def test_what_an_actor_may_not_meet() -> None:
    lines: list[dict[str, Any]] = [{"kind": "cut off", "text": "out of reach"}]
    crash.judge(lines, server_killed=True)
    with pytest.raises(crash.LostError, match="out of reach"):
        crash.judge(lines, server_killed=False)
    with pytest.raises(crash.LostError, match="Traceback"):
        crash.judge([{"kind": "failed", "text": "Traceback"}], server_killed=True)

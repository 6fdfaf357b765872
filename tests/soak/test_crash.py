"""A few rounds of the crash soak; ``make crash`` does 200 on each backend."""

import os

import pytest

from tests.postgres_cluster import NotInstalledError
from tests.soak import crash


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

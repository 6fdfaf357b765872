"""``jobs``: the work that runs beside the server."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from spatialgov.workspace import Workspace

Run = Callable[..., Result]


def test_jobs_are_listed_and_cancelled(run: Run, store: Path) -> None:
    with Workspace.open(store) as workspace:
        for kind in ("coverage", "partition"):
            workspace.jobs.submit(kind, {}, who="planning office")
    listed = run("jobs", "--data-dir", store, "--json")
    assert [(job["id"], job["kind"], job["state"]) for job in json.loads(listed.stdout)["jobs"]] == [
        (2, "partition", "waiting"),
        (1, "coverage", "waiting"),
    ]
    cancelled = run("jobs", "cancel", 1, "--data-dir", store)
    assert (cancelled.exit_code, cancelled.stderr) == (0, "Job 1 is cancelled.\n")
    lines = run("jobs", "--limit", 2, "--data-dir", store).stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["2", "partition", "waiting"], ["1", "coverage", "cancelled"]]
    again = run("jobs", "cancel", 1, "--data-dir", store)
    assert (again.exit_code, "Job 1 has ended already." in again.stderr) == (1, True)
    assert run("jobs", "cancel", 9, "--data-dir", store).exit_code == 1
    for wrong in (("cancel",), ("cancel", "x"), ("stop", "1")):
        assert run("jobs", *wrong, "--data-dir", store).exit_code == 2

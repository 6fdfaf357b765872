"""Jobs from end to end: what each kind leaves, and that one which does not end well leaves nothing."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pytest

from spatialgov.bulk import Hands
from spatialgov.errors import ConflictError, InputError, NotFoundError
from spatialgov.partition import Step
from spatialgov.store import JobRecord
from spatialgov.workspace import Workspace
from spatialgov.workspace.job_runner import JobRunner

LONG = {"alternatives": 10, "effort": "default", "within": "community_code"}
"""Takes far longer than a test waits for its end."""


@contextmanager
def running(workspace: Workspace, processes: int = 1) -> Iterator[JobRunner]:
    runner = JobRunner(workspace.store, workspace.data_dir, workspace.jobs, processes=processes)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def until(workspace: Workspace, job_id: int, holds: Callable[[JobRecord], bool]) -> JobRecord:
    end = time.monotonic() + 300
    while not holds(job := workspace.jobs.record(job_id)):
        assert time.monotonic() < end, job
        time.sleep(0.05)
    return job


def ended(job: JobRecord) -> bool:
    return job.ended_at is not None


def left(workspace: Workspace) -> list[str]:
    """Give the names of the files that jobs have left."""
    return sorted(path.name for path in (workspace.data_dir / "jobs").rglob("*") if path.is_file())


def here(workspace: Workspace, kind: Any, **options: Any) -> tuple[JobRecord, list[Step]]:
    """Do a job in this process, as `job_process` does, and give it with the steps that it told of."""
    steps: list[Step] = []
    job_id = workspace.jobs.submit(kind, options, who="planning office").id
    job = workspace.store.jobs.claim("here", at_most=1)
    assert job is not None
    assert job.id == job_id
    with workspace.store.as_one_change():
        workspace.store.jobs.finish(job_id, "here", workspace.jobs.run(job, steps.append))
    return workspace.jobs.done(job_id), steps


def test_plans_are_made_and_checked(sample_copy: Workspace) -> None:
    made, steps = here(sample_copy, "partition", name="n", within=["community_code"], effort="quick")
    assert made.result == {"plans": [3]}
    assert steps[-1].done == steps[-1].total > 1
    assert sample_copy.plans.record(3).name == "n"
    checked, _ = here(sample_copy, "check", plan=3)
    listed = json.loads(sample_copy.jobs.file(checked).read_text(encoding="utf-8"))
    assert (checked.result["errors"], checked.result["warnings"]) == (0, len(listed))
    assert sample_copy.plans.record(3).state == "checked"


def test_analyses_leave_their_frames(sample_copy: Workspace) -> None:
    covered, steps = here(sample_copy, "coverage")
    frame = gpd.read_parquet(sample_copy.jobs.file(covered))
    assert len(frame) == 120
    assert [step.done for step in steps] == [2, 3]
    period = {"since": "2026-01-01T00:00:00+08:00", "until": None, "category": ["0101"]}
    spots, _ = here(sample_copy, "hot_spots", resolution=9, alpha=0.05, **period)
    assert spots.result["resolution"] == 9
    assert "rank" in gpd.read_parquet(sample_copy.jobs.file(spots))


@pytest.mark.parametrize(
    ("what", "suffix", "rows"),
    [("plan", "gpkg", 120), ("plan", "geojson", 120), ("grids", "gpkg", 120), ("cameras", "csv", None),
     ("incidents", "parquet", None)],
)  # fmt: skip
def test_exports_are_files_with_every_row(sample_copy: Workspace, what: str, suffix: str, rows: int | None) -> None:
    plan = 2 if what == "plan" else None
    job, _ = here(sample_copy, "export", what=what, format=suffix, plan=plan)
    file = sample_copy.jobs.file(job)
    assert file.suffix == f".{suffix}"
    if suffix == "csv":
        assert len(file.read_text(encoding="utf-8").splitlines()) == len(sample_copy.store.cameras()) + 1
    else:
        layer = "grids" if (what, suffix) == ("plan", "gpkg") else None
        read = gpd.read_parquet(file) if suffix == "parquet" else gpd.read_file(file, layer=layer)
        assert len(read) == (rows or len(sample_copy.store.incidents()))
    if (what, suffix) == ("plan", "gpkg"):
        assert sample_copy.plans.adopt(file).metrics["grids"] == 120


def test_what_can_t_be_done_is_refused_when_asked_for(sample_workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="no plan 99"):
        sample_workspace.jobs.submit("check", {"plan": 99})
    with pytest.raises(NotFoundError, match="no plan 98"):
        sample_workspace.jobs.submit("partition", {"today": 98})
    with pytest.raises(InputError, match="ends before"):
        sample_workspace.jobs.submit("hot_spots", {"since": "2026-02-01T00:00Z", "until": "2026-01-01T00:00Z"})
    assert sample_workspace.jobs.records() == []


def test_a_job_runs_in_a_process_of_its_own_which_is_kept_for_the_next(sample_copy: Workspace) -> None:
    wrong = sample_copy.jobs.submit("rebalance", {"plan": 1, "locked": ["no such grid"]}).id
    good = sample_copy.jobs.submit("export", {"what": "grids", "format": "geojson"}).id
    with pytest.raises(ConflictError, match="not done yet"):
        sample_copy.jobs.done(good)
    with running(sample_copy) as runner:
        failed = until(sample_copy, wrong, ended)
        process = runner._slots[0]._process
        done = until(sample_copy, good, ended)
        assert runner._slots[0]._process is process
    assert (failed.state, failed.result) == ("failed", {})
    assert "no such grid" in failed.error["message"]
    assert (done.state, done.starts, left(sample_copy)) == ("done", 1, ["grids-edition-2.geojson"])
    assert process is not None
    assert process._process.returncode == -signal.SIGKILL, "stopping the server ends it"
    with pytest.raises(ConflictError, match="no such grid"):
        sample_copy.jobs.done(wrong)


def test_a_cancelled_job_ends_soon_and_leaves_nothing(sample_copy: Workspace) -> None:
    job_id = sample_copy.jobs.submit("alternatives", LONG).id
    with running(sample_copy):
        until(sample_copy, job_id, lambda job: job.step.get("total", 0) > 0)
        begun = time.monotonic()
        sample_copy.jobs.cancel(job_id)
        job = until(sample_copy, job_id, ended)
        assert time.monotonic() - begun < 20
        assert (job.state, job.result, job.error) == ("cancelled", {}, {})
    assert len(sample_copy.plans.records()) == 2
    assert left(sample_copy) == []
    with pytest.raises(ConflictError, match="was cancelled"):
        sample_copy.jobs.done(job_id)


def test_a_job_that_is_stopped_waits_and_one_whose_process_dies_has_failed(sample_copy: Workspace) -> None:
    job_id = sample_copy.jobs.submit("alternatives", LONG).id
    with running(sample_copy):
        until(sample_copy, job_id, lambda job: job.state == "running")
    waiting = sample_copy.jobs.record(job_id)
    assert (waiting.state, waiting.starts) == ("waiting", 0)
    with running(sample_copy) as runner:
        until(sample_copy, job_id, lambda job: job.step.get("total", 0) > 0)
        process = runner._slots[0]._process
        assert process is not None
        os.kill(process._process.pid, signal.SIGKILL)
        job = until(sample_copy, job_id, ended)
    assert (job.state, job.error["code"]) == ("failed", "job_process_ended")
    assert "SIGKILL" in job.error["message"]
    assert len(sample_copy.plans.records()) == 2


def test_a_file_that_was_removed_is_not_found(sample_copy: Workspace, tmp_path: Path) -> None:
    job, _ = here(sample_copy, "export", what="grids", format="geojson")
    sample_copy.jobs.file(job).unlink()
    with pytest.raises(NotFoundError, match="is not there"):
        sample_copy.jobs.file(job)


def test_a_partition_goes_to_the_cluster_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    job: Any = SimpleNamespace(id=3, starts=1, kind="partition", options={"grids": 4})

    def make(**options: Any) -> Any:
        asked.append(options)
        return SimpleNamespace(id=7)

    with Workspace.open(tmp_path) as workspace:
        monkeypatch.setattr(workspace.plans, "make", make)
        assert workspace.jobs.run(job, print) == {"plans": [7]}
        monkeypatch.setenv("SPATIALGOV_CLUSTER", "tcp://10.0.0.5:8786")
        workspace.jobs.run(job, print)
    assert [options["hands"] for options in asked] == [
        None,
        Hands(tmp_path / "jobs" / "parts" / "000003-1", "tcp://10.0.0.5:8786", lone_here=True),
    ]

"""Jobs of the service whose parts are done by a cluster: the same results, and nothing left of those that don't end."""

import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from distributed import LocalCluster

from spatialgov.bulk import Part, on_dask
from spatialgov.coverage.in_parts import ground, looking
from spatialgov.errors import ClusterError
from spatialgov.incidents.in_parts import CellCounts, cell_counts
from spatialgov.incidents.in_parts.backtests import WalkInParts
from spatialgov.store import JobRecord, Store
from spatialgov.workspace import Workspace
from tests.coverage_town import fill_with_cameras
from tests.incident_town import ZONE, found_incident_town
from tests.object_store import BUCKET, object_store
from tests.workspace.test_jobs import ended, here, running, until

PERIOD = {"since": "2026-03-01T00:00:00+08:00", "until": "2026-07-01T00:00:00+08:00"}
SPOTS = {"resolution": 10, "alpha": 0.05, "against": "incidents", "category": ["0101"], **PERIOD}
FORECAST = {"horizon_days": 7, "cell_m": 100.0, "zone": ZONE, "category": ["0101"], **PERIOD}
NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Give two workers that are threads of this process: they see what a test has changed."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", host="127.0.0.1", memory_limit=0,
        dashboard_address=":0",
    ) as started:  # fmt: skip
        yield started


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the data folder of a town with incidents and cameras."""
    folder = tmp_path_factory.mktemp("founded")
    with found_incident_town(folder) as workspace:
        fill_with_cameras(workspace)
        workspace.cubes.newest()
    return folder / "town"


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(Path(shutil.copytree(founded, tmp_path / "town"))) as workspace:
        yield workspace


@pytest.fixture
def _in_several_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell_counts, "_PART", 100)
    monkeypatch.setattr(looking, "_CAMERAS", 2)
    monkeypatch.setattr(ground, "cut", lambda n, *_: [(k, min(k + 120, n), 1) for k in range(0, n, 120)])


def kept(workspace: Workspace) -> list[str]:
    """Give what is kept of parts."""
    return sorted(path.name for path in (workspace.data_dir / "jobs" / "parts").rglob("*"))


def done(cluster: LocalCluster) -> int:
    return sum(worker.state.executed_count for worker in cluster.workers.values())


def outcome(workspace: Workspace, kind: str, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes, list[float]]:
    """Do a job; give its result, its file, and how far it said it was."""
    job, steps = here(workspace, kind, **options)
    about = {name: value for name, value in job.result.items() if name != "file"}
    return about, workspace.jobs.file(job).read_bytes(), [step.done / step.total for step in steps]


@pytest.mark.usefixtures("_in_several_parts")
@pytest.mark.parametrize(
    ("kind", "options", "parts"),
    [("hot_spots", SPOTS, 5), ("forecast", FORECAST, 4), ("coverage", {}, 6), ("sites", {"p": 1}, 4)],
)
def test_the_same_to_the_last_bit(
    town: Workspace,
    tmp_path: Path,
    cluster: LocalCluster,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    options: dict[str, Any],
    parts: int,
) -> None:
    expected = outcome(town, kind, options)
    shutil.rmtree(town.data_dir / "results", ignore_errors=True)
    monkeypatch.setenv("SPATIALGOV_CLUSTER", cluster.scheduler_address)
    before = done(cluster)
    with Workspace.open(tmp_path / "town") as fresh:
        found = outcome(fresh, kind, options)
    assert found[:2] == expected[:2]
    assert done(cluster) - before >= parts
    assert len(found[2]) > parts
    assert found[2] == sorted(found[2])
    assert found[2][-1] <= 1
    assert kept(town) == []


@pytest.mark.usefixtures("_in_several_parts")
def test_a_job_that_is_begun_again_goes_on(
    town: Workspace, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPATIALGOV_CLUSTER", cluster.scheduler_address)
    worked: list[int] = []
    usual = CellCounts.work

    def work(job: CellCounts, part: Part, result: Path) -> Mapping[str, Any]:
        worked.append(part.number)
        if worked.count(2) == 1 and part.number == 2:
            while len(list(result.parent.parent.glob("*.outcome.json"))) < 2:
                threading.Event().wait(0.01)
            raise MemoryError
        return usual(job, part, result)

    monkeypatch.setattr(CellCounts, "work", work)
    options = {**SPOTS, "against": "even"}
    job_id = town.jobs.submit("hot_spots", {**options, "category": None}).id
    first = claimed(town, "first")
    with pytest.raises(MemoryError):
        town.jobs.run(first, print)
    town.jobs.tidy()
    assert {"part-000000.arrays", "part-000001.arrays"} <= set(kept(town))
    second = claimed(town, "second")  # the first one's server was killed
    assert (second.id, second.starts) == (job_id, 2)
    town.store.jobs.finish(job_id, "second", town.jobs.run(second, print))
    assert sorted(worked) == [0, 1, 2, 2, *range(3, len(worked) - 1)]
    town.jobs.tidy()
    assert kept(town) == []
    assert town.jobs.file(town.jobs.done(job_id)).is_file()


@pytest.mark.usefixtures("_in_several_parts")
def test_a_job_that_is_cancelled_while_it_waits_to_go_on_leaves_nothing(
    town: Workspace, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPATIALGOV_CLUSTER", cluster.scheduler_address)

    def stopped(found: Any, *_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(CellCounts, "finish", stopped)
    job_id = town.jobs.submit("hot_spots", SPOTS).id
    with pytest.raises(KeyboardInterrupt):
        town.jobs.run(claimed(town, "here"), print)
    town.store.jobs.release(job_id, "here")
    assert "part-000000.arrays" in kept(town)
    assert town.jobs.cancel(job_id).state == "cancelled"
    assert kept(town) == []


def claimed(workspace: Workspace, runner: str) -> JobRecord:
    """Take a job, whoever has it."""
    job = workspace.store.jobs.claim(runner, at_most=1, lease_s=-1)
    assert job is not None
    return job


def test_a_cancelled_job_leaves_nothing(
    town: Workspace, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPATIALGOV_CLUSTER", cluster.scheduler_address)
    going_on = threading.Event()
    usual = WalkInParts.work

    def work(job: WalkInParts, part: Part, result: Path) -> Mapping[str, Any]:
        if part.number > 0:
            going_on.wait(60)
        return usual(job, part, result)

    monkeypatch.setattr(WalkInParts, "work", work)
    job_id = town.jobs.submit("forecast", FORECAST).id
    with running(town):
        until(town, job_id, lambda _: "part-000000.arrays" in kept(town))
        town.jobs.cancel(job_id)
        assert until(town, job_id, ended).state == "cancelled"
    going_on.set()
    assert kept(town) == []


@pytest.mark.usefixtures("_in_several_parts")
def test_without_its_cluster_a_job_fails_and_can_be_asked_for_again(
    town: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_dask, "_WAIT_S", 0.3)
    monkeypatch.setenv("SPATIALGOV_CLUSTER", NOBODY)
    with pytest.raises(ClusterError, match="can't be reached") as failed:
        here(town, "hot_spots", **SPOTS)
    assert "ask for the same again" in failed.value.remedy
    job_id = town.jobs.records()[0].id
    town.store.jobs.fail(job_id, "here", {"message": failed.value.message, "remedy": failed.value.remedy})
    town.jobs.tidy()
    assert kept(town) == []
    monkeypatch.delenv("SPATIALGOV_CLUSTER")
    assert here(town, "hot_spots", **SPOTS)[0].state == "done"


def test_what_is_one_part_needs_no_cluster(town: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPATIALGOV_CLUSTER", NOBODY)
    assert here(town, "hot_spots", **SPOTS)[0].state == "done"
    assert kept(town) == []


def test_the_parts_lie_in_the_shared_folder(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPATIALGOV_CLUSTER", NOBODY)
    asked: list[Any] = []

    def make(**options: Any) -> Any:
        asked.append(options)
        return SimpleNamespace(id=7)

    shared = tmp_path / "shared"
    with Workspace(Store.open(f"sqlite:///{founded}/spatialgov.db"), tmp_path / "host", str(shared)) as workspace:
        monkeypatch.setattr(workspace.plans, "make", make)
        job: Any = SimpleNamespace(id=3, starts=2, kind="partition", options={"grids": 4})
        with pytest.raises(ClusterError, match="is not there"):
            workspace.jobs.run(job, print)
        (shared / "parts" / "000003-1" / "partition-0").mkdir(parents=True)
        workspace.jobs.run(job, print)
    assert asked[0]["hands"].folder == shared / "parts" / "000003-2"
    assert (shared / "parts" / "000003-2" / "partition-0").is_dir(), "what an earlier start has kept goes on"


@pytest.mark.usefixtures("_in_several_parts")
def test_the_parts_lie_in_the_object_store_that_the_hosts_share(
    town: Workspace, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = outcome(town, "hot_spots", SPOTS)
    monkeypatch.setenv("SPATIALGOV_CLUSTER", cluster.scheduler_address)
    database = Store.open(f"sqlite:///{town.data_dir}/spatialgov.db")
    with object_store() as objects, Workspace(database, town.data_dir, f"s3://{BUCKET}/hosts") as workspace:
        with monkeypatch.context() as failing:
            failing.setattr(CellCounts, "work", fail)
            with pytest.raises(MemoryError):
                here(workspace, "hot_spots", **SPOTS)
        left = objects.names("hosts/parts")
        assert {Path(name).suffix for name in left} >= {".json", ".cube"}, "the workers need no other place"
        job_id = workspace.jobs.records()[0].id
        workspace.jobs.tidy()
        assert set(objects.names("hosts/parts")) >= set(left), "the job goes on with it"
        workspace.store.jobs.fail(job_id, "here", {"message": "", "remedy": ""})
        before = done(cluster)
        assert outcome(workspace, "hot_spots", SPOTS)[:2] == expected[:2]
        assert done(cluster) > before
        assert kept(workspace) == []
        objects.write("hosts/parts/notes/of somebody else", b"")
        workspace.jobs.tidy()
        assert objects.names("hosts/parts") == ["hosts/parts/notes/of somebody else"]


def fail(*_: object) -> None:
    raise MemoryError

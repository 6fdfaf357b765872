"""Long work that runs beside the requests: what there is, how it is asked for, and what it leaves behind.

`Jobs.submit` only writes down what is wanted. `spatialgov.workspace.job_runner` finds it and has it done by
`Jobs.run`, in a process of its own (`spatialgov.workspace.job_process`).
"""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, Literal, get_args

import geopandas as gpd

from spatialgov.allocation import Scenario
from spatialgov.bulk import Hands, Shelf
from spatialgov.bulk import Progress as PartsProgress
from spatialgov.errors import ClusterError, ConflictError, NotFoundError, SpatialGovError
from spatialgov.language import t
from spatialgov.partition import Progress, Step
from spatialgov.places import Place, absolute
from spatialgov.store import JobRecord, JobState, Store
from spatialgov.vector_io import write_vector
from spatialgov.workspace.analysis import Analysis, Period
from spatialgov.workspace.areas import Area, Areas, beyond_area
from spatialgov.workspace.coverage_analysis import CoverageAnalysis, RemedyWish
from spatialgov.workspace.coverage_results import plan_about
from spatialgov.workspace.coverage_scenes import CoverageQuestion
from spatialgov.workspace.incident_results import about_hot_spots
from spatialgov.workspace.incident_times import IncidentTimes
from spatialgov.workspace.plans import Plans
from spatialgov.workspace.scenarios import Scenarios
from spatialgov.workspace.shared_files import SharedFiles
from spatialgov.workspace.time_steps import DEFAULT_ZONE

__all__ = ["ANALYSES", "JOB_KINDS", "JobKind", "Jobs"]

JobKind = Literal[
    "partition", "alternatives", "rebalance", "check", "coverage", "sites", "hot_spots", "forecast", "near_repeat",
    "export", "scenario",
]  # fmt: skip
JOB_KINDS: tuple[JobKind, ...] = get_args(JobKind)

ANALYSES: frozenset[JobKind] = frozenset({"coverage", "sites", "hot_spots", "forecast", "near_repeat"})
"""Those that read incidents and cameras and change nothing: for whoever may see single ones, on the ground that is
theirs."""

_TIDY_S = 10.0
"""So long the folder with the parts is waited for: one of a server that is gone would hold up all jobs for ever."""


class Jobs:
    """The jobs of a workspace.

    A job keeps what it makes in one change with its own end (`Store.as_one_change`), and its files in a folder of its
    own. So one that is cancelled, fails or is killed leaves nothing, and any of them can be begun again.

    Where the environment names a cluster (``SPATIALGOV_CLUSTER``), its workers do what can be done in parts. What is
    done of them is kept in another folder, which they see: the shared one where there is one. It goes on there when a
    job is begun again, and is removed when the job has ended.
    """

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        plans: Plans,
        areas: Areas,
        analysis: Analysis,
        incident_times: IncidentTimes,
        coverage_analysis: CoverageAnalysis,
        scenarios: Scenarios,
        shared: SharedFiles,
    ) -> None:
        self._store = store
        self.shared = shared
        self._folder = data_dir / "jobs"
        self._parts: Place = (self._folder.absolute() if shared.place is None else absolute(shared.place)) / "parts"
        self._plans = plans
        self._areas = areas
        self._analysis = analysis
        self._incident_times = incident_times
        self._coverage_analysis = coverage_analysis
        self._scenarios = scenarios

    def submit(
        self,
        kind: JobKind,
        options: Mapping[str, Any],
        *,
        who: str = "local",
        area: Area | None = None,
        minimum: int = 1,
    ) -> JobRecord:
        """Ask for long work.

        Parameters
        ----------
        kind, options
            ``partition``: those of `Plans.make`. ``alternatives``: the same, and how many ``alternatives``.
            ``rebalance``: ``plan`` and those of `Plans.rebalance`. ``check``: ``plan``.
            ``scenario``: ``plan`` (the one in force for None), ``name``, and the ``scenario`` (`Scenario.of`).
            ``coverage``: ``needed``, ``level``, ``zone`` and the period. ``sites``: ``needed``, those of `RemedyWish`
            (``device`` a mapping), ``zone`` and the period.
            ``hot_spots``: ``resolution``, ``alpha``, ``method``, ``against``, ``since``, ``until`` (ISO 8601),
            ``category`` (a list or None).
            ``forecast``: ``horizon_days``, ``cell_m``, ``zone`` and the period. ``near_repeat``: ``distances_m``,
            ``days``, ``permutations`` and the period.
            ``export``: ``what`` (``plan``, ``grids``, ``incidents``, ``cameras``), its ``plan``, the period of
            incidents, and the ``format`` (a suffix that `write_vector` takes).
        who
            The account that asks.
        area
            What it is limited to.
        minimum
            Fewest incidents that it may see counted.

        Raises
        ------
        NotFoundError
            When a plan that is named is not there, or not wholly in the area.
        ForbiddenError
            When the work concerns ground outside the area.
        InputError
            When the period ends before it starts.
        """
        if kind == "scenario":
            options = {**options, "plan": self._scenarios.base(options.get("plan"))}
            Scenario.of(options["scenario"])  # what can't be asked is refused at once
        for name in ("plan", "today"):
            if options.get(name) is not None:
                self._plans.require_plan(options[name], area)
        if kind in ("partition", "alternatives"):
            self._plans.require_units(area)
        elif kind in ANALYSES:
            # the work is done later, by nobody: it must know on whose ground, and what they may see
            limits = {"jurisdictions": None if area is None else sorted(area.granted), "minimum": minimum}
            options = {**options, **limits}
        elif area is not None and options.get("plan") is None:
            raise beyond_area(t("The data of this job", "此任务的数据"), area)
        _period(options)
        return self._store.jobs.add(kind, options, who=who)

    def records(
        self, *, state: JobState | None = None, who: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[JobRecord]:
        """Give jobs, the newest first, of one state or of all, of one account or of all."""
        return self._store.jobs.records(state=state, who=who, limit=limit, offset=offset)

    def record(self, job_id: int, *, who: str | None = None) -> JobRecord:
        """Give a job, or raise `NotFoundError`; that of another account than `who` is as if it were not there."""
        return self._store.jobs.record(job_id, who=who)

    def cancel(self, job_id: int) -> JobRecord:
        """Ask for the end of a job: at once where it waits, within a second or two where it runs.

        Raises
        ------
        ConflictError
            When it has ended.
        """
        job = self._store.jobs.cancel(job_id)
        if job.ended_at is not None:  # nobody runs it who would
            self.tidy()
        return job

    def done(self, job_id: int) -> JobRecord:
        """Give a job that is done, for its result.

        Raises
        ------
        ConflictError
            When it is not done; the message says why.
        """
        job = self._store.jobs.record(job_id)
        if job.state == "done":
            return job
        if job.state == "failed":
            message = t("Job {id} has failed: {why}", "任务 {id} 已失败：{why}", id=job_id, why=job.error["message"])
            raise ConflictError(message, remedy=job.error["remedy"])
        if job.state == "cancelled":
            raise ConflictError(t("Job {id} was cancelled.", "任务 {id} 已取消。", id=job_id))
        raise ConflictError(
            t("Job {id} is not done yet.", "任务 {id} 尚未完成。", id=job_id),
            remedy=t("Ask for its state until it is done.", "请查询任务状态，完成后再取结果。"),
        )

    def file(self, job: JobRecord) -> Path:
        """Give the file that a job has left.

        Raises
        ------
        NotFoundError
            When it is neither in this data folder nor handed out.
        """
        path: Path = self._folder / job.result["file"]
        if not path.is_file() and not self.shared.fetch(_shared_name(job.result["file"]), path):
            raise NotFoundError(
                t("The file of job {id} is not there.", "任务 {id} 的结果文件不存在。", id=job.id),
                remedy=t(
                    "Ask for the work again. Several servers need a shared folder (SPATIALGOV_SHARED_URL).",
                    "请重新提交任务。多台服务器须设置共享文件夹（SPATIALGOV_SHARED_URL）。",
                ),
            )
        return path

    def discard(self, job: JobRecord) -> None:
        """Remove what a start of a job has left in its folder."""
        shutil.rmtree(self._folder_of(job), ignore_errors=True)

    def tidy(self) -> None:
        """Remove what is kept of parts of jobs that have ended, whoever has run them."""

        def remove() -> None:
            with suppress(SpatialGovError, OSError):  # out of reach just now: the next one removes them
                for name in Shelf.at(self._parts).shelves():
                    number = name.partition("-")[0]
                    if number.isdecimal() and self._has_ended(int(number)):
                        Shelf.at(self._parts / name).remove()

        removing = Thread(target=remove, name="job parts", daemon=True)
        removing.start()
        removing.join(_TIDY_S)

    def _folder_of(self, job: JobRecord) -> Path:
        return self._folder / _start_of(job)

    def run(self, job: JobRecord, progress: Progress) -> dict[str, Any]:
        """Do the work of a job, here and now; gives its result, which names its ``file`` where there is one."""
        work = {
            "partition": self._partition,
            "alternatives": self._alternatives,
            "rebalance": self._rebalance,
            "check": self._check,
            "coverage": self._coverage,
            "sites": self._sites,
            "hot_spots": self._hot_spots,
            "forecast": self._forecast,
            "near_repeat": self._near_repeat,
            "export": self._export,
            "scenario": self._scenario,
        }[job.kind]
        result = work(job, dict(job.options), progress)
        if "file" in result:
            self.shared.hand_out(self._folder / result["file"], _shared_name(result["file"]))
        return result

    def _partition(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        return {"plans": [self._plans.make(**options, hands=self._hands(job), progress=progress).id]}

    def _alternatives(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        wanted, hands = options.pop("alternatives"), self._hands(job)
        found = self._plans.alternatives(wanted, **options, hands=hands, progress=progress)
        return {"plans": [record.id for record in found]}

    def _has_ended(self, job_id: int) -> bool:
        try:
            return self._store.jobs.record(job_id).ended_at is not None
        except NotFoundError:  # nothing of ours
            return False

    def _hands(self, job: JobRecord, told: PartsProgress | None = None) -> Hands | None:
        """Give the workers of the cluster, where the environment names one; `told` is told of their parts."""
        cluster = os.environ.get("SPATIALGOV_CLUSTER")
        if not cluster:
            return None
        if isinstance(shared := self.shared.place, Path) and not shared.is_dir():
            # a folder of our own making is none that the workers see
            raise ClusterError(
                t("The shared folder {folder} is not there.", "共享文件夹 {folder} 不存在。", folder=shared),
                remedy=t("Bring it back, then ask for the work again.", "请恢复该文件夹，然后重新提交任务。"),
            )
        folder = self._parts / _start_of(job)
        earlier = [name for name in Shelf.at(self._parts).shelves() if name.startswith(f"{job.id:06d}-")]
        if not isinstance(folder, Path):
            folder = self._parts / max(earlier, default=folder.name)
        for name in reversed(earlier):
            if isinstance(folder, Path) and not folder.exists():
                with suppress(OSError):  # removed just now
                    (folder.parent / name).rename(folder)  # whoever was taken for dead finds it no more
        return Hands(folder, cluster, told, lone_here=True)

    def _rebalance(self, _job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        child, frontier, step = self._plans.rebalance(options.pop("plan"), **options, progress=progress)
        steps = [one.as_dict() for one in frontier.steps]
        return {"plans": [child.id], "chosen": step.as_dict(), "steps": steps}

    def _check(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        plan_id = options["plan"]
        faults = self._plans.check(plan_id, progress=progress)
        path = self._new_file(job, "check.json")
        listed = [fault.as_dict() for fault in faults]
        path.write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")
        errors = sum(fault.severity == "error" for fault in faults)
        return {"plan": plan_id, "errors": errors, "warnings": len(faults) - errors, "file": self._named(path)}

    def _scenario(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        made = self._scenarios.make(
            Scenario.of(options["scenario"]), name=options.get("name"), plan_id=options["plan"], who=job.who,
            progress=progress,
        )  # fmt: skip
        return {"plans": [made.plan_id], "scenario": made.id}

    def _coverage(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        question, stages = self._question(options), _Stages(progress, 4)
        hands = self._hands(job, stages.part)
        self._coverage_analysis.scene(question, hands)
        stages.reach(2)
        found = self._coverage_analysis.by_area(question, level=options.get("level"))
        stages.reach(3)
        # which are kept: of a large city a request has no time for them
        self._coverage_analysis.gaps(question, hands=hands)
        return {
            "about": self._coverage_analysis.about(question),
            "file": self._frame(job, "coverage.parquet", found),
        }

    def _sites(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        question, stages = self._question(options), _Stages(progress, 3)
        self._coverage_analysis.scene(question, self._hands(job, stages.part))
        stages.reach(2)
        plan = self._coverage_analysis.remedies(question, RemedyWish.of(options))
        return {
            "about": {**plan_about(plan), "needed": question.needed},
            "file": self._frame(job, "sites.parquet", plan.steps),
        }

    def _hot_spots(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        minimum, against = options.get("minimum", 1), options.get("against", "even")
        stages = _Stages(progress, 3 if against == "incidents" else 2)  # those of all categories are counted too
        found = self._analysis.hot_spots(
            options["resolution"],
            _period(options),
            alpha=options["alpha"],
            method=options.get("method", "gi_star"),
            against=against,
            minimum=minimum,
            area=self._area(options),
            hands=self._hands(job, stages.part),
        )
        return {**about_hot_spots(found, minimum), "file": self._frame(job, "hot_spots.parquet", found.spots)}

    def _forecast(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        stages = _Stages(progress, 2)  # the surfaces of the back-test, then what is made of them
        hands = self._hands(job, stages.part)
        found = self._incident_times.forecast(
            _period(options),
            horizon_days=options["horizon_days"],
            cell_m=options["cell_m"],
            zone=options["zone"],
            area=self._area(options),
            progress=progress if hands is None else lambda step: stages.part(step.done, step.total),
            hands=hands,
        )
        return {"about": found.about(), "file": self._frame(job, "forecast.parquet", found.cells())}

    def _near_repeat(self, _job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        found = self._incident_times.near_repeat(
            _period(options),
            distances_m=options["distances_m"],
            days=options["days"],
            permutations=options["permutations"],
            area=self._area(options),
            progress=progress,
        )
        return {"about": found.about()}

    def _question(self, options: Mapping[str, Any]) -> CoverageQuestion:
        return CoverageQuestion(
            options.get("needed", "detect"),
            _period(options),
            options.get("zone", DEFAULT_ZONE),
            self._area(options),
        )

    def _area(self, options: Mapping[str, Any]) -> Area | None:
        codes = options.get("jurisdictions")
        return None if codes is None else self._areas.of(codes)

    def _export(self, job: JobRecord, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
        what, suffix = options["what"], options["format"]
        progress(Step(0, 2))
        if what == "plan":
            plan = self._plans.load(options["plan"])
            progress(Step(1, 2))
            path = self._new_file(job, f"plan-{options['plan']}.{suffix}")
            if suffix in ("gpkg", "zip"):  # the formats that take the units beside the grids, to be imported again
                plan.write(path)
            else:
                write_vector(plan.grids(), path)
            return {"file": self._named(path)}
        if what == "grids":
            edition = self._store.edition()
            name, frame = f"grids-edition-{edition.id}", self._store.edition_grids(edition.id)
        elif what == "incidents":
            name, frame = what, self._analysis.incidents(_period(options))
        else:
            name, frame = what, self._store.cameras()
        progress(Step(1, 2))
        return {"file": self._frame(job, f"{name}.{suffix}", frame)}

    def _frame(self, job: JobRecord, name: str, frame: gpd.GeoDataFrame) -> str:
        path = self._new_file(job, name)
        write_vector(frame, path)
        return self._named(path)

    def _new_file(self, job: JobRecord, name: str) -> Path:
        folder = self._folder_of(job)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def _named(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


class _Stages:
    """Tells how far work of several stages is: each counts the same, however many parts it has."""

    def __init__(self, progress: Progress, stages: int) -> None:
        self._progress, self._stages = progress, stages
        self._reached = 0

    def part(self, done: int, total: int) -> None:
        """Say that so many parts of the stage are done; with the last of them the next stage begins."""
        self._progress(Step(self._reached * total + done, self._stages * total))
        if done == total:
            self._reached = min(self._reached + 1, self._stages - 1)

    def reach(self, stage: int) -> None:
        """Say that so many stages are done: some may have had nothing to do."""
        self._reached = stage
        self._progress(Step(stage, self._stages))


def _start_of(job: JobRecord) -> str:
    # one that was taken for dead may still be writing to its own
    return f"{job.id:06d}-{job.starts}"


def _shared_name(file: str) -> str:
    return f"jobs/{file}"


def _period(options: Mapping[str, Any]) -> Period:
    return Period.parse(options.get("since"), options.get("until"), options.get("category") or ())

"""Jobs: who runs which one is settled here, in transactions, however many processes and hosts ask."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.errors import ConflictError, NotFoundError
from spatialgov.language import current_language, language_of, t, using_language
from spatialgov.store.database import Database
from spatialgov.store.models import JobRow, table_of
from spatialgov.store.records import JOB_STATES, JobRecord, JobState

__all__ = ["LEASE_S", "MOST_STARTS", "JobTable"]

LEASE_S = 30.0
"""So long a running job counts as running without a sign of life; then somebody else may take it up."""

MOST_STARTS = 3
"""A job whose server is killed that often is not begun again: it may be what kills it."""

_JOB = table_of(JobRow)


class JobTable:
    """The jobs of a store; a method is one transaction, like those of `Store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, kind: str, options: Mapping[str, Any], *, who: str) -> JobRecord:
        """Put a job behind those that wait; what it says to people will be in the current language."""
        values = {
            "kind": kind,
            "options": options,
            "who": who,
            "language": current_language(),
            "state": "waiting",
            "created_at": datetime.now(UTC),
            "starts": 0,
            "runner": "",
            "cancel_asked": False,
            "step": {},
            "result": {},
            "error": {},
        }
        with self._database.write() as connection:
            job_id = cast("int", connection.scalar(sa.insert(_JOB).returning(_JOB.c.id), values))
            return _existing(connection, job_id)

    def records(
        self, *, state: JobState | None = None, who: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[JobRecord]:
        """Give jobs, the newest first, of one state or of all, of one account or of all."""
        query = sa.select(_JOB).order_by(_JOB.c.id.desc()).limit(limit).offset(offset)
        if state is not None:
            query = query.where(_JOB.c.state == state)
        if who is not None:
            query = query.where(_JOB.c.who == who)
        with self._database.read() as connection:
            return [JobRecord(**row._mapping) for row in connection.execute(query)]

    def record(self, job_id: int, *, who: str | None = None) -> JobRecord:
        """Give a job, or raise `NotFoundError`; that of another account than `who` is as if it were not there."""
        with self._database.read() as connection:
            found = _existing(connection, job_id)
        if who not in (None, found.who):
            raise _no_such_job(job_id)
        return found

    def counts(self, *, who: str | None = None) -> dict[JobState, int]:
        """Give how many jobs are in each state, of one account or of all."""
        query = sa.select(_JOB.c.state, sa.func.count()).group_by(_JOB.c.state)
        if who is not None:
            query = query.where(_JOB.c.who == who)
        with self._database.read() as connection:
            found = {state: n for state, n in connection.execute(query)}  # noqa: C416
        return {state: found.get(state, 0) for state in JOB_STATES}

    def claim(self, runner: str, *, at_most: int, lease_s: float = LEASE_S) -> JobRecord | None:
        """Take the job that has waited longest, unless as many run as may.

        Parameters
        ----------
        runner
            Who takes it: a name that nobody else has.
        at_most
            How many may run at once, on all hosts together.
        lease_s
            A running job without a sign of life for so long has lost its runner. It waits again, or has failed when
            it was begun `MOST_STARTS` times, or is cancelled when that was asked for.
        """
        with self._database.read() as connection:  # writers are not kept waiting while there is nothing to do
            if not _worth_claiming(connection, at_most, lease_s):
                return None
        with self._database.write() as connection:
            for row in connection.execute(sa.select(_JOB).where(_lost(lease_s))).all():
                _take_back(connection, JobRecord(**row._mapping))
            running = connection.scalar(sa.select(sa.func.count()).where(_JOB.c.state == "running")) or 0
            first = connection.scalar(sa.select(sa.func.min(_JOB.c.id)).where(_JOB.c.state == "waiting"))
            if first is None or running >= at_most:
                return None
            now = datetime.now(UTC)
            begun = {"state": "running", "runner": runner, "started_at": now, "beaten_at": now, "step": {}}
            _set(connection, _JOB.c.id == first, **begun, starts=_JOB.c.starts + 1)
            return _existing(connection, first)

    def wanted(self, job_id: int, runner: str) -> bool:
        """Whether a job is still the runner's and nobody wants it to end, or it has come to its end already."""
        going_well = sa.or_(_JOB.c.state == "done", sa.and_(_JOB.c.state == "running", ~_JOB.c.cancel_asked))
        query = sa.select(_JOB.c.id).where(_JOB.c.id == job_id, _JOB.c.runner == runner, going_well)
        with self._database.read() as connection:
            return connection.scalar(query) is not None

    def beat(self, job_id: int, runner: str, step: Mapping[str, Any]) -> None:
        """Say that the job still runs, and how far it is; nothing happens when it is no longer the runner's."""
        with self._database.write() as connection:
            _set(connection, _held(job_id, runner), beaten_at=datetime.now(UTC), step=step)

    def finish(self, job_id: int, runner: str, result: Mapping[str, Any]) -> None:
        """Keep what came of a job. In one change with what the job writes, both are there or neither.

        Raises
        ------
        ConflictError
            When it is no longer the runner's, or somebody wants it to end.
        """
        held = sa.and_(_held(job_id, runner), ~_JOB.c.cancel_asked)
        with self._database.write() as connection:
            if not _set(connection, held, state="done", ended_at=datetime.now(UTC), result=result):
                raise ConflictError(
                    t(
                        "Job {id} was cancelled, or is run by somebody else by now.",
                        "任务 {id} 已被取消，或已由其他进程接手。",
                        id=job_id,
                    )
                )

    def fail(self, job_id: int, runner: str, error: Mapping[str, Any]) -> None:
        """End a job without a result: ``failed``, or ``cancelled`` where that was asked for.

        Nothing happens when it is no longer the runner's.
        """
        with self._database.write() as connection:
            row = connection.execute(sa.select(_JOB).where(_held(job_id, runner))).one_or_none()
            if row is not None:
                _end(connection, JobRecord(**row._mapping), error)

    def release(self, job_id: int, runner: str) -> None:
        """Let a job wait again, as if it had not been begun: its runner is being stopped in good order."""
        with self._database.write() as connection:
            waiting = {"state": "waiting", "runner": "", "step": {}, "starts": _JOB.c.starts - 1}
            _set(connection, sa.and_(_held(job_id, runner), ~_JOB.c.cancel_asked), **waiting)
            _set(connection, _held(job_id, runner), state="cancelled", ended_at=datetime.now(UTC))

    def cancel(self, job_id: int) -> JobRecord:
        """Ask for the end of a job; one that waits, or has lost its runner, is ended at once.

        Raises
        ------
        ConflictError
            When it has ended.
        """
        with self._database.write() as connection:
            job = _existing(connection, job_id)
            if job.ended_at is not None:
                raise ConflictError(t("Job {id} has ended already.", "任务 {id} 已结束。", id=job_id))
            at_once = sa.or_(_JOB.c.state == "waiting", _lost(LEASE_S))
            this = _JOB.c.id == job_id
            _set(connection, this, cancel_asked=True)
            _set(connection, sa.and_(this, at_once), state="cancelled", ended_at=datetime.now(UTC))
            return _existing(connection, job_id)


def _existing(connection: Connection, job_id: int) -> JobRecord:
    row = connection.execute(sa.select(_JOB).where(_JOB.c.id == job_id)).one_or_none()
    if row is None:
        raise _no_such_job(job_id)
    return JobRecord(**row._mapping)


def _no_such_job(job_id: int) -> NotFoundError:
    return NotFoundError(
        t("There is no job {id}.", "没有编号为 {id} 的任务。", id=job_id),
        remedy=t("List the jobs to see their numbers.", "请查看任务列表中的编号。"),
    )


def _lost(lease_s: float) -> sa.ColumnElement[bool]:
    """Give the condition of a running job without a sign of life. Hosts that share a store must agree on the time."""
    return sa.and_(_JOB.c.state == "running", _JOB.c.beaten_at < datetime.now(UTC) - timedelta(seconds=lease_s))


def _held(job_id: int, runner: str) -> sa.ColumnElement[bool]:
    return sa.and_(_JOB.c.id == job_id, _JOB.c.state == "running", _JOB.c.runner == runner)


def _set(connection: Connection, which: sa.ColumnElement[bool], **values: Any) -> bool:
    """Change jobs; gives whether there were any."""
    return connection.execute(sa.update(_JOB).where(which).values(**values)).rowcount > 0


def _worth_claiming(connection: Connection, at_most: int, lease_s: float) -> bool:
    lost, waiting, running = connection.execute(
        sa.select(
            sa.func.count().filter(_lost(lease_s)),
            sa.func.count().filter(_JOB.c.state == "waiting"),
            sa.func.count().filter(_JOB.c.state == "running"),
        ).where(_JOB.c.state.in_(("waiting", "running")))
    ).one()
    return lost > 0 or (waiting > 0 and running < at_most)


def _take_back(connection: Connection, job: JobRecord) -> None:
    """Decide about a job that has lost its runner. Nothing was kept of it, so it can be begun again."""
    if not job.cancel_asked and job.starts < MOST_STARTS:
        _set(connection, _JOB.c.id == job.id, state="waiting", runner="", step={})
        return
    with using_language(language_of(job.language)):
        message = t(
            "The server was killed while the job ran, {n} times.", "任务运行期间服务器被终止，共 {n} 次。", n=job.starts
        )
        remedy = t(
            "Look into the server's log; it may lack memory for this job.",
            "请查看服务器日志；可能是内存不足以完成该任务。",
        )
    _end(connection, job, {"code": "job_killed", "message": message, "remedy": remedy})


def _end(connection: Connection, job: JobRecord, error: Mapping[str, Any]) -> None:
    """End a job without a result."""
    ended = {"state": "cancelled", "error": {}} if job.cancel_asked else {"state": "failed", "error": error}
    _set(connection, _JOB.c.id == job.id, ended_at=datetime.now(UTC), **ended)

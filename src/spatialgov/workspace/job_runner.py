"""Have the jobs of a store done beside the requests, in processes of their own."""

import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

from spatialgov.errors import StoreError
from spatialgov.language import language_of, t, using_language
from spatialgov.store import JobRecord, Store
from spatialgov.store.jobs import LEASE_S
from spatialgov.workspace.jobs import Jobs

__all__ = ["JobRunner"]

_LOOK_S = 1.0
"""So often the store is asked for a job to be done."""

_WATCH_S = 0.5
"""So often it is asked whether a job that runs is to be cancelled."""

_IDLE_S = 60.0
"""A process that has loaded everything is kept for so long, for the next job."""

_log = logging.getLogger("spatialgov.jobs")


class JobRunner:
    """Threads that take jobs from the store and have them done; the threads only wait, the processes work.

    Parameters
    ----------
    store, data_dir, jobs
        Those of the workspace.
    processes
        How many jobs may run at once, of all servers of this store together.
    """

    def __init__(self, store: Store, data_dir: Path, jobs: Jobs, *, processes: int) -> None:
        self._stopping = Event()
        self._slots = [_Slot(store, data_dir, jobs, processes, self._stopping) for _ in range(processes)]
        self._threads = [Thread(target=slot.work, name="jobs", daemon=True) for slot in self._slots]

    def start(self) -> None:
        """Begin to look for jobs."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop in good order: a job that runs is broken off and waits again."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()


class _Slot:
    """One job at a time."""

    def __init__(self, store: Store, data_dir: Path, jobs: Jobs, at_most: int, stopping: Event) -> None:
        self._store, self._data_dir, self._jobs = store, data_dir, jobs
        self._at_most = at_most
        self._stopping = stopping
        self._name = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self._process: _Process | None = None
        self._used = 0.0

    def work(self) -> None:
        """Take jobs until the server stops."""
        self._jobs.tidy()  # nobody else may have, where a server was killed
        while not self._stopping.is_set():
            try:
                job = self._store.jobs.claim(self._name, at_most=self._at_most)
                if job is not None:
                    self._run(job)
                    continue
            except StoreError as error:  # out of reach or busy: a later look may find it better
                _log.warning("%s", error)
            except Exception:
                _log.exception("a job could not be run")
            if self._process is not None and time.monotonic() - self._used > _IDLE_S:
                self._end_process()
            self._stopping.wait(_LOOK_S)
        self._end_process()

    def _run(self, job: JobRecord) -> None:
        """Have a job done to its end, or to that of the server."""
        _log.info("job begun", extra={"job": job.id, "kind": job.kind, "who": job.who})
        begun = time.monotonic()
        if self._process is None:
            self._process = _Process(self._store.url, self._data_dir, self._jobs.shared.url)
        error = self._watched(self._process, job)
        self._used = time.monotonic()
        if error is not None and self._stopping.is_set():
            self._store.jobs.release(job.id, self._name)
        elif error is not None:
            self._store.jobs.fail(job.id, self._name, error)
        now = self._store.jobs.record(job.id)  # it may have ended well just before it was broken off
        if (now.state, now.starts) != ("done", job.starts):
            self._jobs.discard(job)
        self._jobs.tidy()
        seconds = round(time.monotonic() - begun, 3)
        _log.info("job ended", extra={"job": job.id, "kind": job.kind, "state": now.state, "seconds": seconds})

    def _watched(self, process: "_Process", job: JobRecord) -> Mapping[str, Any] | None:
        """Wait for the end of a job and give its error, if there is one; say meanwhile that it runs, and how far it is.

        The process is killed when the job is no longer wanted: what it has not committed is as if it had not begun.
        """
        process.begin(job.id, self._name)
        step: Mapping[str, Any] = {}
        said, beaten = step, time.monotonic()
        while True:
            heard = process.heard(_WATCH_S)
            if "done" in heard:
                return None
            if "error" in heard:
                if "traceback" in heard:
                    _log.error("job failed\n%s", heard["traceback"], extra={"job": job.id, "kind": job.kind})
                return dict(heard["error"])
            if "ended" in heard:
                self._end_process()
                return _ended(job, heard["ended"])
            step = heard.get("step", step)
            if self._stopping.is_set() or not self._wanted(job):
                self._end_process()
                return {}
            since = time.monotonic() - beaten
            if since > LEASE_S / 6 or (step != said and since > _LOOK_S):
                self._beat(job, step)
                said, beaten = step, time.monotonic()

    def _wanted(self, job: JobRecord) -> bool:
        try:
            return self._store.jobs.wanted(job.id, self._name)
        except StoreError:  # not to be asked just now
            return True

    def _beat(self, job: JobRecord, step: Mapping[str, Any]) -> None:
        try:
            self._store.jobs.beat(job.id, self._name, step)
        except StoreError as error:
            _log.warning("%s", error, extra={"job": job.id})

    def _end_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


def _ended(job: JobRecord, status: int) -> dict[str, Any]:
    """Say that a process has ended that nobody told to."""
    reason = signal.Signals(-status).name if status < 0 else str(status)
    _log.error("the process of a job has ended: %s", reason, extra={"job": job.id, "kind": job.kind})
    with using_language(language_of(job.language)):
        message = t("The job's process ended unexpectedly ({reason}).", "任务进程意外终止（{reason}）。", reason=reason)
        remedy = t("It may have run out of memory: see the server's log.", "可能是内存不足，请查看服务器日志。")
    return {"code": "job_process_ended", "message": message, "remedy": remedy}


class _Process:
    """A process of `spatialgov.workspace.job_process`, and what it says."""

    def __init__(self, url: str, data_dir: Path, shared_url: str | None) -> None:
        command = [sys.executable, "-m", "spatialgov.workspace.job_process"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", process_group=0
        )  # Ctrl+C is for the server, which ends it in good order. No session: by those Linux shares out the time
        # first, and its niceness would count for nothing against the server's
        self._said: SimpleQueue[dict[str, Any]] = SimpleQueue()
        Thread(target=self._listen, name="job process", daemon=True).start()
        # not as arguments: those can be seen by everybody
        self._tell({"url": url, "data_dir": str(data_dir), "shared_url": shared_url})

    def begin(self, job_id: int, runner: str) -> None:
        """Tell it to do a job."""
        self._tell({"job": job_id, "runner": runner})

    def heard(self, wait_s: float) -> dict[str, Any]:
        """Give what it says next, or nothing when it says nothing for so long; its ``ended`` status is the last."""
        try:
            return self._said.get(timeout=wait_s)
        except Empty:
            return {}

    def kill(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(OSError):  # what it was not told any more
            self._process.stdin.close()

    def _tell(self, what: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended: `heard` says so
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._said.put(json.loads(line))
        self._said.put({"ended": self._process.wait()})

"""A process that does jobs, one after the other, for the server that began it (``python -m`` this module).

It reads lines of JSON: first the store's URL, the data folder and the shared one, then a job's number and its runner at
a time. It writes lines of JSON: how far the job is (``step``), and at its end ``done`` or ``error``, with a
``traceback`` where the error is ours. It ends when nobody is left to read to: so a server that is killed leaves no
process behind.
"""

import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TextIO

from spatialgov.errors import FaultyDataError, SpatialGovError
from spatialgov.language import language_of, t, using_language
from spatialgov.partition import Step
from spatialgov.store import Store
from spatialgov.workspace import Workspace

__all__ = ["main"]

_SAY_S = 0.2
"""So often it is said at most how far a job is."""

_NICENESS = 19
"""The requests go first."""

_MOST_FAULTS = 100


def main() -> None:
    """Do jobs until the input ends."""
    gc.freeze()  # what is imported stays: it need not be looked through for garbage
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not stand among the answers
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    orders: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_listen, args=(orders,), daemon=True).start()
    place = orders.get()
    with Workspace(Store.open(place["url"]), Path(place["data_dir"]), place["shared_url"]) as workspace:
        while True:
            order = orders.get()
            _say(answers, _do(workspace, order["job"], order["runner"], answers))


def _listen(orders: "SimpleQueue[dict[str, Any]]") -> None:
    for line in sys.stdin:
        orders.put(json.loads(line))
    os._exit(0)  # whatever is being done: what it has not committed is as if it had not begun


def _say(answers: TextIO, what: Mapping[str, Any]) -> None:
    answers.write(json.dumps(what, ensure_ascii=False) + "\n")


def _do(workspace: Workspace, job_id: int, runner: str, answers: TextIO) -> dict[str, Any]:
    said = 0.0

    def progress(step: Step) -> None:
        nonlocal said
        if time.monotonic() - said >= _SAY_S or step.done == step.total:
            said = time.monotonic()
            _say(answers, {"step": {"done": step.done, "total": step.total, "cost": step.cost}})

    try:
        job = workspace.jobs.record(job_id)
        with using_language(language_of(job.language)):
            try:
                with workspace.store.as_one_change():
                    result = workspace.jobs.run(job, progress)
                    workspace.store.jobs.finish(job_id, runner, result)
            except SpatialGovError as error:
                return {"error": _problem(error)}
            except Exception:
                message = t("Something went wrong in the job.", "任务执行时发生内部错误。")
                remedy = t("The server's log says what.", "详情见服务器日志。")
                problem = {"code": "internal", "message": message, "remedy": remedy}
                return {"error": problem, "traceback": traceback.format_exc()}
    except SpatialGovError as error:  # the store is out of reach
        return {"error": _problem(error)}
    return {"done": True}


def _problem(error: SpatialGovError) -> dict[str, Any]:
    problem: dict[str, Any] = {"code": error.code, "message": error.message, "remedy": error.remedy}
    if isinstance(error, FaultyDataError):
        problem["faults"] = [fault.as_dict() for fault in error.faults[:_MOST_FAULTS]]
    return problem


if __name__ == "__main__":
    main()

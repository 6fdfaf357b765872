"""The server as its operator meets it: a real process that is watched, stopped in good order, and killed."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from spatialgov.store import JobRecord
from spatialgov.store.models import JobRow
from spatialgov.workspace import Workspace

SCRIPT = Path(sys.executable).with_name("spatialgov")
LONG = {"kind": "alternatives", "options": {"alternatives": 10, "within": "community_code"}}


def log_of(folder: Path) -> str:
    return (folder.parent / "log").read_text(encoding="utf-8")


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Start a server and wait until it answers; gives its address and the process."""
    command = [str(SCRIPT), "serve", "--port", "0", "--data-dir", str(folder), *options]
    # a file, not a pipe: one that nobody reads is full one day, and then the server stands still
    with (folder.parent / "log").open("w") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            wait_for(lambda: "http://" in log_of(folder))
            url = re.search(r"http://127\.0\.0\.1:\d+", log_of(folder))
            assert url is not None
            wait_for(lambda: answers(f"{url[0]}/readyz"))
            yield url[0], process
        finally:
            process.kill()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=300).close()
    except OSError:
        return False
    return True


def wait_for(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def ask(url: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
    """Give the status, the body and the headers of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            text = answer.read().decode()
            return answer.status, json.loads(text) if "json" in answer.headers["content-type"] else text, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), error.headers


@pytest.fixture
def folder(sample_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_dir, tmp_path / "served"))


def test_two_workers_are_watched_and_stopped_in_good_order(folder: Path) -> None:
    with serving(folder, "--workers", "2", "--access-log") as (url, process):
        status, problem, headers = ask(f"{url}/api/v1/plans/99", **{"x-request-id": "desk-7"})
        assert (status, problem["request_id"], headers["x-request-id"]) == (404, "desk-7", "desk-7")
        _, _, headers = ask(f"{url}/api/v1/plans", **{"x-request-id": "<script>"})
        assert re.fullmatch("[0-9a-f]{16}", headers["x-request-id"])
        for _ in range(30):
            ask(f"{url}/api/v1/summary")
        _, figures, _ = ask(f"{url}/metrics")
        found = re.search(r'requests_total\{method="GET",route="/api/v1/summary",status="200"\} (\S+)', figures)
        assert found is not None
        assert float(found[1]) == 30, "whichever worker answers"
        assert 'spatialgov_jobs{state="waiting"} 0.0' in figures
        assert "spatialgov_edition 2.0" in figures
        _, job, _ = ask(f"{url}/api/v1/jobs", LONG)
        wait_for(lambda: ask(f"{url}/api/v1/jobs/{job['id']}")[1]["fraction"])
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=300) as begun:
            body = json.dumps({"datum": "wgs84", "lon": [116.61], "lat": [33.915]}).encode()
            head = f"POST /api/v1/locate HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
            begun.sendall(f"{head}content-type: application/json\r\n\r\n".encode() + body[:9])
            time.sleep(2)
            process.send_signal(signal.SIGTERM)
            time.sleep(2)
            begun.sendall(body[9:])
            assert begun.recv(100).startswith(b"HTTP/1.1 200"), "a request that was begun is finished"
        assert process.wait(timeout=300) == 0
    errors = log_of(folder)
    lines = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
    assert "Traceback" not in errors
    named = {line["request_id"]: line for line in lines if line["message"] == "request"}
    assert named["desk-7"]["route"] == "/api/v1/plans/{plan_id}"
    assert (named["desk-7"]["status"], named["desk-7"]["who"], named["desk-7"]["level"]) == (404, "local", "info")
    assert {line["message"] for line in lines} >= {"job begun", "job ended"}
    with Workspace.open(folder) as workspace:
        waiting = workspace.jobs.record(job["id"])
        assert (waiting.state, waiting.starts) == ("waiting", 0)
        assert len(workspace.plans.records()) == 2


def test_a_killed_server_leaves_a_job_that_the_next_one_takes_up(folder: Path) -> None:
    with Workspace.open(folder) as workspace:

        def job() -> JobRecord:
            return workspace.jobs.record(1)

        with serving(folder) as (url, process):
            ask(f"{url}/api/v1/jobs", LONG)
            wait_for(lambda: job().step)
            child = children(process.pid)
            process.kill()
        assert len(child) == 1
        wait_for(lambda: not Path(f"/proc/{child[0]}").exists())
        assert job().state == "running", "nobody knows yet"
        with workspace.store._database.write() as connection:  # half a minute later
            connection.execute(sa.update(JobRow).values(beaten_at=datetime.now(UTC) - timedelta(minutes=1)))
        with serving(folder) as (url, process):
            wait_for(lambda: job().starts == 2 and job().step)
            assert ask(f"{url}/api/v1/jobs/1/cancel", {})[0] == 202
            wait_for(lambda: job().state == "cancelled")
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=300)
        assert len(workspace.plans.records()) == 2


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] or [
        int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
    ]
